package acceptance_test

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// endings are how a host ends the server.
var endings = map[string]func(*process){
	"end of input": func(p *process) { p.stdin.Close() },
	"SIGTERM": func(p *process) {
		if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			p.t.Fatal(err)
		}
	},
}

// quick is how soon the process ends once nothing is in flight. The best of
// several runs is compared with it: the machine may be busy with other tests.
const quick = 50 * time.Millisecond

// TestStdioEndAnswersCallsInFlight: at the end of input, and on SIGTERM, the calls
// that are running are answered first; then the process ends at once, with code 0.
func TestStdioEndAnswersCallsInFlight(t *testing.T) {
	for name, end := range endings {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" && name == "SIGTERM" {
				t.Skip("Windows has no SIGTERM")
			}
			best := time.Hour
			for range 5 {
				best = min(best, endWithCallsInFlight(t, end))
			}
			t.Logf("ended %v after the last answer", best)
			if best > quick {
				t.Errorf("it took %v to end", best)
			}
		})
	}
}

func endWithCallsInFlight(t *testing.T, end func(*process)) time.Duration {
	t.Helper()
	base, arrived, release := heldAPI(t)
	p := run(t, environment(t, "OPENTRAIN_API_BASE_URL="+base))
	p.send(hello)
	p.receive()
	for id := range 3 {
		p.send(fmt.Sprintf(searchCall, id+10))
	}
	for range 3 {
		<-arrived
	}
	end(p)
	select {
	case err := <-p.ended:
		t.Fatalf("it ended with calls in flight: %v", err)
	case <-time.After(50 * time.Millisecond): // at least that long it must still be there
	}
	release()
	for range 3 {
		if m := p.receive(); m.Error != nil || !strings.Contains(string(m.Result), "0 open jobs") {
			t.Errorf("got %+v %s", m.Error, m.Result)
		}
	}
	took, err := p.end()
	if err != nil {
		t.Errorf("ended with %v\n%s", err, p.stderr)
	}
	return took
}

func TestIdleServerExitsImmediately(t *testing.T) {
	best := time.Hour
	for range 5 {
		p := run(t, environment(t), "--sandbox")
		p.send(hello)
		p.receive()
		p.stdin.Close()
		took, err := p.end()
		if err != nil {
			t.Errorf("ended with %v", err)
		}
		best = min(best, took)
	}
	t.Logf("ended after %v", best)
	if best > quick {
		t.Errorf("it took %v to end", best)
	}
}

// TestHTTPEndsWithItsCalls: on SIGTERM the calls in flight are answered, on /mcp
// and on a stream; idle streams end; then the process ends within a second, with
// code 0.
func TestHTTPEndsWithItsCalls(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no SIGTERM")
	}
	base, arrived, release := heldAPI(t)
	p := startProgram(t, environment(t, "OPENTRAIN_API_BASE_URL="+base), "--ops-listen", "127.0.0.1:0")
	idle, _ := stream(t, p.address)
	busy, message := stream(t, p.address)
	answer, err := http.Post("http://"+p.address+message, "application/json", strings.NewReader(fmt.Sprintf(searchCall, 5)))
	if err != nil || answer.StatusCode != http.StatusAccepted {
		t.Fatalf("%v %v", answer, err)
	}
	answer.Body.Close()
	direct := make(chan string, 1)
	go func() {
		_, body := p.post("opentrain_search_jobs", `{"q":"direct"}`)
		direct <- body
	}()
	<-arrived
	<-arrived
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(idle); err != nil || len(rest) != 0 {
		t.Errorf("an idle stream: %q %v", rest, err)
	}
	ready, err := http.Get("http://" + p.ops + "/readyz")
	if err != nil || ready.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("readyz: %v %v", ready, err)
	}
	select {
	case err := <-p.ended:
		t.Fatalf("it ended with calls in flight: %v\n%s", err, p.logged())
	default:
	}
	release()
	if body := <-direct; !strings.Contains(body, "0 open jobs") {
		t.Error(body)
	}
	rest, err := io.ReadAll(busy)
	if err != nil || !strings.Contains(string(rest), "0 open jobs") || !strings.Contains(string(rest), `"id":5`) {
		t.Errorf("%q %v", rest, err)
	}
	answered := time.Now()
	if err := <-p.ended; err != nil {
		t.Errorf("it ended with %v\n%s", err, p.logged())
	}
	took := time.Since(answered)
	t.Logf("ended %v after the last answer", took)
	if took > time.Second {
		t.Errorf("it took %v", took)
	}
}

// TestHTTPDrainTimeout: a call that does not end is cut at last, and that is told.
func TestHTTPDrainTimeout(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no SIGTERM")
	}
	base, arrived, _ := heldAPI(t)
	p := startProgram(t, environment(t, "OPENTRAIN_API_BASE_URL="+base), "--drain-timeout", "200ms")
	_, message := stream(t, p.address)
	answer, err := http.Post("http://"+p.address+message, "application/json", strings.NewReader(fmt.Sprintf(searchCall, 5)))
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	<-arrived
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-p.ended; err == nil || p.cmd.ProcessState.ExitCode() != 1 || !strings.Contains(p.logged(), "calls in flight were cut") {
		t.Errorf("%v\n%s", err, p.logged())
	}
}
