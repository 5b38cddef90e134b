package acceptance_test

import (
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// otherBinary is the variable that names another build. It is attacked too, for the table.
const otherBinary = "OPENTRAIN_MCP_ATTACK_BINARY"

// The most memory that a server may have under attack, in MB.
const (
	strangersLimit = 60  // if no one sends a valid token
	callersLimit   = 120 // if callers do, or the API attacks
)

// few is how many lines a server may log while strangers send it thousands of requests.
const few = 300

// attack is an attempt to hurt a server.
type attack struct {
	name  string
	args  []string
	env   []string
	stdio bool // not over HTTP
	deaf  bool // no one reads what it writes to its standard output
	mute  bool // no one reads its log
	tls   bool
	files int // descriptors that it may have; 0 for the default
	limit int // of its memory, in MB
	lines int // the most that it logs; 0 for any number
	// alone means that other callers are not served meanwhile: there is no room for them, and they learn that.
	alone bool
	run   func(*victim)
}

// damage is what an attack did.
type damage struct {
	peak, left     float64 // MB
	lines, logged  int     // logged is in bytes
	upstream       int64   // requests of the API that were not the honest caller's
	served, failed int     // calls of the honest caller
	slowest        time.Duration
	duration       time.Duration
	notes          string
}

func (d damage) String() string {
	s := fmt.Sprintf("%.0f MB, then %.0f; %d lines, %d KB; %d upstream; ", d.peak, d.left, d.lines, d.logged>>10, d.upstream)
	if d.served+d.failed > 0 {
		s += fmt.Sprintf("%d of %d served, ≤ %d ms; ", d.served, d.served+d.failed, d.slowest.Milliseconds())
	}
	return s + fmt.Sprintf("%s (%.1f s)", d.notes, d.duration.Seconds())
}

// TestAttacks attacks the real program in many ways, and another build if a variable names one. What an operator sees
// must stay within bounds: memory, log, requests of the API, and the calls of an honest caller.
func TestAttacks(t *testing.T) {
	slow(t, "takes a minute")
	if runtime.GOOS != "linux" || raced {
		t.Skip("reads /proc, and attackers must be fast")
	}
	table, other := "| attack | this build |\n|---|---|\n", os.Getenv(otherBinary)
	if other != "" {
		table = "| attack | other build | this build |\n|---|---|---|\n"
	}
	all := slices.Concat(connectionAttacks(), bodyAttacks(), callerAttacks(), streamAttacks(), sessionAttacks(), secureAttacks(),
		answerAttacks(), waitingAttacks(), hostAttacks(), lineAttacks())
	for _, a := range all {
		t.Run(a.name, func(t *testing.T) {
			row := []string{a.name}
			if other != "" {
				row = append(row, a.against(t, other).String())
			}
			row = append(row, a.against(t, binary).String())
			table += "| " + strings.Join(row, " | ") + " |\n"
		})
	}
	t.Logf("\n%s", table)
}

// against attacks a build.
func (a attack) against(t *testing.T, build string) (d damage) {
	t.Helper()
	name := "this build"
	if build != binary {
		name = "other build"
	}
	t.Run(name, func(t *testing.T) { d = a.once(t, build) })
	return d
}

func (a attack) once(t *testing.T, build string) (d damage) {
	t.Helper()
	v := startVictim(t, build, a)
	start, before := time.Now(), v.memory("VmRSS")
	if !a.stdio && !a.alone {
		v.beHonest()
	}
	a.run(v)
	if v.honest.stop != nil {
		v.honest.stop()
	}
	d = damage{
		peak: v.memory("VmHWM"), left: v.memory("VmRSS"), upstream: v.api.strangers.Load(), duration: time.Since(start),
		served: v.honest.served, failed: len(v.honest.failed), slowest: v.honest.slowest, notes: strings.Join(v.notes, "; "),
	}
	d.lines, d.logged = v.log.count()
	t.Logf("from %.0f MB: %v", before, d)
	v.want(v.program.running(), "the server ended: %v\n%.2000s", v.program.err, v.log)
	v.want(d.peak <= float64(a.limit), "it had %.0f MB, the limit is %d", d.peak, a.limit)
	v.want(a.lines == 0 || d.lines <= a.lines, "it logged %d lines, the limit is %d:\n%.1500s", d.lines, a.lines, v.log)
	v.want(d.served >= 9*d.failed, "the honest caller was served %d times, and not %d times: %.1700q", d.served, d.failed, v.honest.failed)
	return d
}

// counted shows how many responses had each status; 0 is no response.
func counted(statuses map[int]int) string {
	var parts []string
	for _, status := range slices.Sorted(maps.Keys(statuses)) {
		parts = append(parts, fmt.Sprintf("%d×%d", statuses[status], status))
	}
	return strings.Join(parts, " ")
}
