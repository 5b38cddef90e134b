package acceptance_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// skipWithoutSIGTERM skips a test that stops the program with SIGTERM.
func skipWithoutSIGTERM(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no SIGTERM")
	}
}

// quick is how soon the process ends once no calls are in flight.
const quick = 50 * time.Millisecond

// TestStdioEndAnswersCallsInFlight: at the end of input and on SIGTERM, the program
// answers the calls in flight. Then it ends immediately with code 0.
func TestStdioEndAnswersCallsInFlight(t *testing.T) {
	for name, end := range map[string]func(*program){
		"end of input": func(p *program) { p.stdin.Close() },
		"SIGTERM":      func(p *program) { p.signal(syscall.SIGTERM) },
	} {
		t.Run(name, func(t *testing.T) {
			if name == "SIGTERM" {
				skipWithoutSIGTERM(t)
			}
			if took := soonest(quick, func() time.Duration { return endWithCallsInFlight(t, end) }); took > quick {
				t.Errorf("it ended %v after the last answer, want at most %v", took, quick)
			}
		})
	}
}

func endWithCallsInFlight(t *testing.T, end func(*program)) time.Duration {
	t.Helper()
	api := newHeld()
	p := run(t, environment(t, "OPENTRAIN_API_BASE_URL="+api.serve(t)))
	p.send(hello)
	p.receive()
	for id := range 3 {
		p.send(rpc(id+10, "opentrain_search_jobs", map[string]any{"q": strings.Repeat("n", id+1)}))
	}
	for range 3 {
		<-api.asked
	}
	end(p)
	select {
	case <-p.ended:
		t.Fatalf("it ended with calls in flight: %v", p.err)
	case <-time.After(quick): // time enough to end if it did not wait
	}
	api.release()
	for range 3 {
		if m := p.receive(); m.Error != nil || !strings.Contains(string(m.Result), "No live jobs match") {
			t.Errorf("got %+v %s", m.Error, m.Result)
		}
	}
	answered := time.Now()
	if err := p.end(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	return time.Since(answered)
}

func TestIdleServerExitsImmediately(t *testing.T) {
	took := soonest(quick, func() time.Duration {
		p := run(t, environment(t), "--sandbox")
		p.send(hello)
		p.receive()
		closed := time.Now()
		p.stdin.Close()
		if err := p.end(); err != nil {
			t.Errorf("it ended with %v", err)
		}
		return time.Since(closed)
	})
	if took > quick {
		t.Errorf("it ended after %v, want at most %v", took, quick)
	}
}

// TestHTTPEndsWithItsCalls: on SIGTERM, the program ends idle streams and answers the
// calls in flight, at /mcp and on a stream. Then it ends within a second with code 0.
func TestHTTPEndsWithItsCalls(t *testing.T) {
	skipWithoutSIGTERM(t)
	if took := soonest(time.Second, func() time.Duration { return endHTTPWithCallsInFlight(t) }); took > time.Second {
		t.Errorf("it ended %v after the last answer", took)
	}
}

func endHTTPWithCallsInFlight(t *testing.T) time.Duration {
	t.Helper()
	api := newHeld()
	p := runHTTP(t, environment(t, "OPENTRAIN_API_BASE_URL="+api.serve(t)), "--ops-listen", "127.0.0.1:0")
	idle, busy := p.open(), p.open()
	if got := busy.post(rpc(5, "opentrain_search_jobs", map[string]any{"q": "stream"})); got.status != http.StatusAccepted {
		t.Fatalf("%d %s", got.status, got.body)
	}
	direct := make(chan answer, 1)
	go func() { direct <- p.call("opentrain_search_jobs", map[string]any{"q": "direct"}) }()
	<-api.asked
	<-api.asked
	p.program.signal(syscall.SIGTERM)
	idle.wantEnd()
	if got := p.ops.do("GET", "/readyz", ""); got.status != http.StatusServiceUnavailable {
		t.Errorf("/readyz: %d", got.status)
	}
	if !p.program.running() {
		t.Fatalf("it ended with calls in flight: %v", p.program.err)
	}
	api.release()
	if got := <-direct; !strings.Contains(got.text, "No live jobs match") {
		t.Errorf("got %+v", got)
	}
	if got := parseAnswer(t, busy.next("message")); !strings.Contains(got.text, "No live jobs match") || got.id != "5" {
		t.Errorf("got %+v", got)
	}
	busy.wantEnd()
	answered := time.Now()
	if err := p.program.end(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	return time.Since(answered)
}

// TestHTTPDrainTimeout: after the drain timeout, the program cuts calls in flight, says
// so in the log, and ends with code 1.
func TestHTTPDrainTimeout(t *testing.T) {
	t.Parallel()
	skipWithoutSIGTERM(t)
	api := newHeld()
	p := runHTTP(t, environment(t, "OPENTRAIN_API_BASE_URL="+api.serve(t)), "--drain-timeout", "200ms")
	p.open().post(rpc(5, "opentrain_search_jobs", map[string]any{}))
	<-api.asked
	p.program.signal(syscall.SIGTERM)
	err := p.program.end()
	if log := p.program.stderr.String(); err == nil || p.program.cmd.ProcessState.ExitCode() != 1 ||
		!strings.Contains(log, "calls in flight were cut") {
		t.Errorf("it ended with %v\n%s", err, log)
	}
}

// TestShutdownWaitsForNoReader: a client that doesn't read its responses can't delay the end of the program.
func TestShutdownWaitsForNoReader(t *testing.T) {
	t.Parallel()
	skipWithoutSIGTERM(t)
	p := runHTTP(t, environment(t), "--sandbox", "--rate", "0")
	conn, err := net.Dial("tcp", p.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // no longer needed
	const list = `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`
	one := fmt.Sprintf("POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(list), list)
	for err == nil { // until the server reads no more, because it can't write
		if err = conn.SetWriteDeadline(time.Now().Add(500 * time.Millisecond)); err == nil {
			_, err = io.WriteString(conn, strings.Repeat(one, 1000))
		}
	}
	start := time.Now()
	p.program.signal(syscall.SIGTERM)
	<-p.program.ended
	if took := time.Since(start); p.program.err != nil || took > 30*time.Second { // calls in flight get 40
		t.Errorf("it ended after %v: %v", took, p.program.err)
	}
}
