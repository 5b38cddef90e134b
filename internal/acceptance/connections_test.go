package acceptance_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

// idleConnection opens a connection that sends a text and then stays open. With an answer, it waits for one.
func idleConnection(t *testing.T, address, text string, answer bool) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() }) //nolint:errcheck // the server may have closed it
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	if !answer {
		return
	}
	got, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	if _, err := io.Copy(io.Discard, got.Body); err != nil || got.StatusCode != http.StatusOK {
		t.Fatalf("%d, %v", got.StatusCode, err)
	}
}

// TestIdleConnectionsLockNoOneOut: connections that wait for a next request, send half of one, or never send anything
// make room for others. The log says so once.
func TestIdleConnectionsLockNoOneOut(t *testing.T) {
	t.Parallel()
	const closed, lastRequest = "an idle connection was closed to make room", "a connection serves one more request: all are in use"
	for name, test := range map[string]struct{ text, logged string }{
		"keep-alive": {"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", lastRequest},
		"half":       {"POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-OpenTrain-Token: ot_pat_", closed},
		"silent":     {"", closed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := runHTTP(t, environment(t), "--sandbox", "--max-connections", "10")
			stream := p.open()
			for range 50 {
				idleConnection(t, p.address, test.text, test.logged == lastRequest)
			}
			other := &endpoint{t, p.url, &http.Client{Transport: &http.Transport{}}}
			for range 3 {
				if got := other.call("opentrain_search_jobs", map[string]any{}); got.isError {
					t.Errorf("another caller: %s", got.text)
				}
			}
			stream.call(1, "opentrain_search_jobs", map[string]any{}) // a stream in use isn't idle
			if n := strings.Count(p.program.stderr.String(), test.logged); n != 1 {
				t.Errorf("%d lines in the log", n)
			}
		})
	}
}

// TestStreamsLeaveConnections: streams, which last, use at most half of the connections.
func TestStreamsLeaveConnections(t *testing.T) {
	t.Parallel()
	p := runHTTP(t, environment(t), "--sandbox", "--max-connections", "10")
	opened := 0
	for range 12 {
		stream := &endpoint{t, p.url, &http.Client{Transport: &http.Transport{}}}
		if stream.listen("/sse").response.StatusCode == http.StatusOK {
			opened++
		}
	}
	if opened != 5 {
		t.Errorf("%d streams are open", opened)
	}
	for range 20 {
		other := &endpoint{t, p.url, &http.Client{Transport: &http.Transport{}}}
		if got := other.call("opentrain_search_jobs", map[string]any{}); got.isError {
			t.Errorf("a call: %s", got.text)
		}
	}
}

// TestConnectionsLeaveFilesFree: the limit of connections fits the system's limit of open files.
func TestConnectionsLeaveFilesFree(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such limit")
	}
	t.Parallel()
	cmd := exec.Command("sh", "-c", `ulimit -n 64 && exec "$0" "$@"`, binary, "http", "--listen", "127.0.0.1:0", "--sandbox")
	cmd.Env = environment(t)
	program := startProgram(t, cmd)
	address := listening(program, `"tls":`)
	for range 40 { // few, so that the first is still open when the last one comes
		idleConnection(t, address, "GET /healthz HTTP/1.1\r\n", false)
	}
	other := &endpoint{t, "http://" + address, &http.Client{Transport: &http.Transport{}}}
	if got := other.call("opentrain_search_jobs", map[string]any{}); got.isError {
		t.Errorf("another caller: %s", got.text)
	}
	if log := program.stderr.String(); strings.Contains(log, "too many open files") ||
		strings.Count(log, "fewer connections or streams can be open than the settings say") != 1 ||
		strings.Count(log, "an idle connection was closed to make room") != 1 {
		t.Errorf("%s", log)
	}
}
