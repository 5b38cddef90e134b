package acceptance_test

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// deafStreams are pipes for a stream of the program that no one reads.
func deafStreams(t *testing.T) map[string]*os.File {
	t.Helper()
	pipe := func() (r, w *os.File) {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		for _, end := range []io.Closer{r, w} {
			t.Cleanup(func() { end.Close() })
		}
		return r, w
	}
	_, full := pipe()
	if err := full.SetWriteDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, err := full.Write(make([]byte, 16<<20)); err == nil {
		t.Fatalf("a pipe holds %d bytes", n)
	}
	reader, gone := pipe()
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	return map[string]*os.File{"full": full, "gone": gone}
}

// TestStdioOutlivesItsLog: if the host never reads standard error, or stops reading it, calls are answered, and the
// program ends with code 0.
func TestStdioOutlivesItsLog(t *testing.T) {
	t.Parallel()
	for name, stderr := range deafStreams(t) {
		cmd := exec.Command(binary, "--sandbox", "--log-level", "debug")
		cmd.Env, cmd.Stderr = environment(t), stderr
		p := startProgram(t, cmd)
		p.send(hello)
		p.receive()
		for range 3 {
			if got := p.call("opentrain_create_draft", map[string]any{"description": "Label 100 images"}); got.isError {
				t.Errorf("%s: %s", name, got.text)
			}
		}
		p.stdin.Close()
		if err := p.end(); err != nil {
			t.Errorf("%s: it ended with %v", name, err)
		}
	}
}

// TestHTTPOutlivesItsLog: the same over HTTP.
func TestHTTPOutlivesItsLog(t *testing.T) {
	t.Parallel()
	skipWithoutSIGTERM(t)
	for name, stderr := range deafStreams(t) {
		address := freePort(t)
		cmd := exec.Command(binary, "http", "--sandbox", "--listen", address)
		cmd.Env, cmd.Stderr = environment(t), stderr
		p := startProgram(t, cmd)
		e := &endpoint{t, "http://" + address, http.DefaultClient}
		eventually(t, "the program listens", func() bool {
			got, err := e.try("GET", "/healthz", "")
			return err == nil && got.status == http.StatusOK
		})
		for range 3 {
			if got := e.call("opentrain_list_jobs", map[string]any{}); got.isError {
				t.Errorf("%s: %s", name, got.text)
			}
		}
		p.signal(syscall.SIGTERM)
		if err := p.end(); err != nil {
			t.Errorf("%s: it ended with %v", name, err)
		}
	}
}

// TestUsageErrorsOutliveTheirReader: a usage error ends the program with its code, even if no one reads it.
func TestUsageErrorsOutliveTheirReader(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(binary, "--timeout", "0s")
	cmd.Env, cmd.Stderr = environment(t), deafStreams(t)["full"]
	p := startProgram(t, cmd)
	p.end() //nolint:errcheck // the exit code is checked
	if code := cmd.ProcessState.ExitCode(); code != 2 {
		t.Errorf("exit code %d", code)
	}
}

// TestStdioEndsWithItsReader: if the host no longer reads standard output, the program says so and ends with
// code 1, although standard input stays open.
func TestStdioEndsWithItsReader(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(binary, "--sandbox")
	cmd.Env, cmd.Stdout = environment(t), deafStreams(t)["gone"]
	p := startProgram(t, cmd)
	p.send(hello)
	p.end() //nolint:errcheck // the exit code is checked
	if code := cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(p.stderr.String(), "the host no longer reads standard output") {
		t.Errorf("exit code %d\n%s", code, &p.stderr)
	}
}
