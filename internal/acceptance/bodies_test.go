package acceptance_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestBodies: a body that is too large, has another type or is broken gets the matching
// status.
func TestBodies(t *testing.T) {
	t.Parallel()
	s := startHTTP(t, nil, nil)
	stream := s.open()
	for name, test := range map[string]struct {
		body   string
		kind   string
		status int
	}{
		"too large":  {strings.Repeat(" ", 1<<20) + hello, "application/json", 413},
		"large":      {hello + strings.Repeat(" ", 1<<20-len(hello)), "application/json", 200},
		"plain text": {hello, "text/plain", 415},
		"form":       {"a=b", "application/x-www-form-urlencoded", 415},
		"no type":    {hello, "", 415},
		"charset":    {hello, "application/json; charset=utf-8", 200},
		"broken":     {"{", "application/json", 400},
		"nothing":    {"", "application/json", 400},
		"garbage":    {hello + " x", "application/json", 400},
		"two":        {hello + hello, "application/json", 400},
		"a batch":    {"[" + hello + "]", "application/json", 400},
	} {
		for _, path := range []string{"/mcp", stream.message} {
			want := test.status
			if want == 200 && path != "/mcp" {
				want = 202
			}
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+path, strings.NewReader(test.body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", test.kind)
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			answer.Body.Close()
			if answer.StatusCode != want {
				t.Errorf("%s on %s: %d, want %d", name, path, answer.StatusCode, want)
			}
		}
	}
	// A body that does not say how long it is.
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/mcp",
		io.MultiReader(strings.NewReader(strings.Repeat(" ", 2<<20))))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("chunked: %d", answer.StatusCode)
	}
}

// TestRawRequests: requests that no client library sends get an answer and do not stop
// the server.
func TestRawRequests(t *testing.T) {
	t.Parallel()
	s := startHTTP(t, nil, nil)
	u, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	for _, raw := range []string{
		"GET /healthz HTTP/1.1\r\n\r\n", "GET /mcp HTTP/1.0\r\n\r\n", "GET http://evil.example/mcp HTTP/1.1\r\nHost: " + u.Host + "\r\n\r\n",
		"POST /mcp HTTP/1.1\r\nHost: " + u.Host + "\r\nContent-Type: application/json\r\nContent-Length: -1\r\n\r\n", "\x16\x03\x01\r\n\r\n",
		"POST //mcp HTTP/1.1\r\nHost: " + u.Host + "\r\nContent-Length: 0\r\n\r\n",
	} {
		conn, err := net.Dial("tcp", u.Host)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, raw); err != nil {
			t.Fatal(err)
		}
		if answer, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil {
			if answer.StatusCode == http.StatusOK {
				t.Errorf("%q: %d", raw, answer.StatusCode)
			}
			answer.Body.Close()
		}
		conn.Close() //nolint:errcheck // no longer needed
	}
	if got := s.do("GET", "/healthz", ""); got.status != http.StatusOK {
		t.Errorf("%d", got.status)
	}
}

// TestHTTPRefusesSlowBodiesAtOnce: the server refuses a request before its body
// arrives. A connection that sends nothing does not delay the end of the program.
func TestHTTPRefusesSlowBodiesAtOnce(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no SIGTERM")
	}
	p := runHTTP(t, environment(t), "--sandbox", "--require-token")
	for name, head := range map[string]string{
		"401": "POST /mcp HTTP/1.1\r\nHost: " + p.address + "\r\nContent-Type: application/json\r\n",
		"403": "POST /mcp HTTP/1.1\r\nHost: evil.example\r\n",
		"404": "POST /nothing HTTP/1.1\r\nHost: " + p.address + "\r\n",
		"415": "POST /mcp HTTP/1.1\r\nHost: " + p.address + "\r\nContent-Type: text/plain\r\nX-OpenTrain-Token: ot_pat_x\r\n",
	} {
		conn, err := net.Dial("tcp", p.address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, head+"Content-Length: 100\r\n\r\n{"); err != nil {
			t.Fatal(err)
		}
		if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		answer.Body.Close()
		if fmt.Sprint(answer.StatusCode) != name {
			t.Errorf("%s: %d", name, answer.StatusCode)
		}
		conn.Close() //nolint:errcheck // no longer needed
	}
	if took := soonest(time.Second, func() time.Duration { return endWithHalfRequests(t) }); took > time.Second {
		t.Errorf("it ended after %v", took)
	}
}

// endWithHalfRequests is how long a program takes to end while connections have sent no request, or a part of one.
func endWithHalfRequests(t *testing.T) time.Duration {
	t.Helper()
	p := runHTTP(t, environment(t), "--sandbox", "--require-token")
	silent, err := net.Dial("tcp", p.address)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close() //nolint:errcheck // no longer needed
	slow, err := net.Dial("tcp", p.address)
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close() //nolint:errcheck // no longer needed
	if _, err := io.WriteString(slow, "POST /mcp HTTP/1.1\r\nHost: "+p.address+"\r\nX-OpenTrain-Token: ot_pat_x\r\nContent-Type: "+
		"application/json\r\nContent-Length: 100\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	p.program.signal(syscall.SIGTERM)
	if err := p.program.end(); err != nil {
		t.Errorf("%v\n%s", err, p.program.stderr.String())
	}
	return time.Since(start)
}
