package acceptance_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	opentrainmcp "opentrain-mcp"
)

// TestHTTPUnderSlowAndLargeRequests: a body of 200 MB is refused and takes no memory.
// Slow senders hold up no other caller, and are disconnected.
func TestHTTPUnderSlowAndLargeRequests(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("reads /proc")
	}
	p := runHTTP(t, environment(t), "--sandbox")
	var senders []net.Conn
	for n := range 200 {
		conn, err := net.Dial("tcp", p.address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() }) //nolint:errcheck // no longer needed
		head := "POST /mcp HTTP/1.1\r\nHost: " + p.address + "\r\n"
		if n%2 == 0 {
			head += "Content-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{"
		}
		if _, err := io.WriteString(conn, head); err != nil {
			t.Fatal(err)
		}
		senders = append(senders, conn)
	}
	for range 4 {
		request, err := http.NewRequest(http.MethodPost, "http://"+p.address+"/mcp", io.LimitReader(endless{}, 200<<20))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			// The answer came while the body was still being sent.
			t.Logf("the upload was cut: %v", err)
		} else {
			answer.Body.Close()
			if answer.StatusCode != http.StatusRequestEntityTooLarge {
				t.Errorf("200 MB: %d", answer.StatusCode)
			}
		}
	}
	if status := declared(t, p.address, 200<<20); status != http.StatusRequestEntityTooLarge {
		t.Errorf("200 MB declared: %d", status)
	}
	for range 50 {
		if got := p.call("opentrain_list_jobs", map[string]any{}); got.isError {
			t.Fatal(got.text)
		}
	}
	if kb := peak(t, p.program.cmd.Process.Pid); kb > 40_000 {
		t.Errorf("the process had %d KB", kb)
	}
	t.Run("slow senders are disconnected", func(t *testing.T) {
		slow(t, "takes fifteen seconds")
		for _, conn := range senders {
			if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, conn); err != nil && !strings.Contains(err.Error(), "reset") {
				t.Fatalf("a slow sender is still connected: %v", err)
			}
		}
	})
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// declared announces a body of a length and sends none of it.
func declared(t *testing.T, address string, length int) int {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // no longer needed
	if _, err := fmt.Fprintf(conn, "POST /mcp HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", address,
		length); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}

// peak is the most memory that a process had, in KB.
func peak(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	if found == nil {
		t.Fatalf("%s", status)
	}
	kb, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return kb
}

// TestSlowReaderIsLetGo: the server disconnects a caller who sends requests and reads
// no answers.
func TestSlowReaderIsLetGo(t *testing.T) {
	t.Parallel()
	slow(t, "takes twenty seconds")
	s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) { c.CallsPerSecond = opentrainmcp.NoLimit })
	u, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // no longer needed
	const list = `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`
	one := fmt.Sprintf("POST /mcp HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", u.Host,
		len(list), list)
	if err := conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	for { // until the server hangs up; before, it is stuck with an answer
		if _, err := io.WriteString(conn, one); err != nil {
			if strings.Contains(err.Error(), "timeout") {
				t.Error("the connection is still open")
			}
			return
		}
	}
}
