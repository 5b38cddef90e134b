package acceptance_test

import (
	"os/exec"
	"testing"
	"time"
)

// TestStdioEndsWithItsParent: when the host is killed and another process, here the test, holds standard input open,
// the program notices, answers the call in flight and ends.
func TestStdioEndsWithItsParent(t *testing.T) {
	t.Parallel()
	skipWithoutSIGTERM(t)
	slow(t, "the program looks for its parent every two seconds")
	api := newHeld()
	cmd := exec.Command("sh", "-c", `exec 3<&0; "$0" <&3 & wait`, binary)
	cmd.Env = environment(t, "OPENTRAIN_API_BASE_URL="+api.serve(t))
	host := startProgram(t, cmd)
	host.send(hello)
	host.receive()
	host.send(rpc(2, "opentrain_search_jobs", map[string]any{}))
	<-api.asked
	<-time.After(3 * time.Second) // until then, a parent that ends may be a launcher
	if err := host.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	host.waitFor("the parent process has ended")
	api.release()
	if m := host.receive(); m.Error != nil {
		t.Errorf("got %+v", m.Error)
	}
	host.end() //nolint:errcheck // the host was killed; its output ends with the program's
}
