package acceptance_test

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// TestCeiling: under many attacks at once, the process stays below the ceiling that docs/operations.md states, with the
// GOMEMLIMIT of deploy/.
func TestCeiling(t *testing.T) {
	slow(t, "takes twenty seconds")
	if runtime.GOOS != "linux" || raced {
		t.Skip("reads /proc, and attackers must be fast")
	}
	const ceiling, limit = 270, "256MiB"
	page, err := os.ReadFile("../../docs/operations.md")
	deployed, deployErr := os.ReadFile("../../deploy/compose.yaml")
	if err != nil || deployErr != nil || !strings.Contains(string(page), fmt.Sprintf("**The most that the process uses** | | | **%d MB**", ceiling)) ||
		!strings.Contains(string(deployed), "GOMEMLIMIT: "+limit) {
		t.Errorf("%v, %v; the documents have another ceiling", err, deployErr)
	}
	v := startVictim(t, binary, attack{args: []string{"--sessions"}, env: []string{"GOMEMLIMIT=" + limit}})
	var all sync.WaitGroup
	for _, a := range slices.Concat(connectionAttacks(), bodyAttacks(), callerAttacks(), streamAttacks(), sessionAttacks()) {
		opensMany := slices.ContainsFunc([]string{"10,000 s", "10,000 idle", "12,000", "5,000 sub", "3,000 headers"},
			func(start string) bool { return strings.HasPrefix(a.name, start) && len(a.args) == 0 })
		if a.files > 0 || len(a.args) > 1 || opensMany {
			continue // it needs a program of its own, or more files than this one may open
		}
		// What each attack expects holds for it alone.
		each := &victim{T: t, old: true, api: v.api, log: v.log, out: v.out, program: v.program, address: v.address}
		all.Go(func() { a.run(each) })
	}
	all.Wait()
	if peak := v.memory("VmHWM"); peak > ceiling || !v.program.running() {
		t.Errorf("%.0f MB, running: %v", peak, v.program.running())
	} else {
		t.Logf("%.0f MB", peak)
	}
}
