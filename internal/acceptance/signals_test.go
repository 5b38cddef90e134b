package acceptance_test

import (
	"os/exec"
	"syscall"
	"testing"
)

// TestHangupAnswersCallsInFlight: SIGHUP ends the program as SIGTERM does.
func TestHangupAnswersCallsInFlight(t *testing.T) {
	t.Parallel()
	skipWithoutSIGTERM(t)
	endWithCallsInFlight(t, func(p *program) { p.signal(syscall.SIGHUP) })
}

// TestSecondSignalEndsAtOnce: with a call in flight, a second signal ends the program.
func TestSecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	skipWithoutSIGTERM(t)
	for _, signal := range []syscall.Signal{syscall.SIGHUP, syscall.SIGTERM} {
		api := newHeld()
		p := run(t, environment(t, "OPENTRAIN_API_BASE_URL="+api.serve(t)))
		p.send(hello)
		p.receive()
		p.send(rpc(1, "opentrain_search_jobs", map[string]any{}))
		<-api.asked
		eventually(t, "the program ends", func() bool {
			p.cmd.Process.Signal(signal) //nolint:errcheck // it may have ended
			return !p.running()
		})
		api.release()
	}
}

// TestNohup: a program that was started to survive its terminal does so.
func TestNohup(t *testing.T) {
	t.Parallel()
	skipWithoutSIGTERM(t)
	cmd := exec.Command("sh", "-c", `trap "" HUP; exec "$0" --sandbox`, binary)
	cmd.Env = environment(t)
	p := startProgram(t, cmd)
	p.send(hello)
	p.receive()
	p.signal(syscall.SIGHUP)
	if got := p.call("opentrain_list_jobs", map[string]any{}); got.isError {
		t.Error(got.text)
	}
	p.stdin.Close()
	if err := p.end(); err != nil {
		t.Error(err)
	}
}
