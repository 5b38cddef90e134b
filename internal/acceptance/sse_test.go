package acceptance_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/opentrain/sandbox"
)

// TestSSEBelongsToItsOpener: a stream only accepts messages with the token that opened
// it.
func TestSSEBelongsToItsOpener(t *testing.T) {
	t.Parallel()
	s := startHTTP(t, []sandbox.Account{employer(1), employer(2)}, func(c *opentrainmcp.HTTPConfig) { c.ReplicaID, c.MaxStreams = "b", 2 })
	mine := s.open(tokenHeader, employer(1).Token)
	if !strings.HasPrefix(mine.message, "/message?sessionId=b.") {
		t.Errorf("%s", mine.message)
	}
	anonymous := s.open()
	request := rpc(1, "opentrain_get_account", map[string]any{})
	for name, test := range map[string]struct {
		path    string
		headers []string
		status  int
	}{
		"another token":                   {mine.message, as(2), 403},
		"no token":                        {mine.message, nil, 403},
		"a token for an anonymous stream": {anonymous.message, as(2), 403},
		"no session":                      {"/message", as(1), 404},
		"made up":                         {"/message?sessionId=b.AAAA", as(1), 404},
		"own, other form":                 {mine.message, []string{"Authorization", "Bearer " + employer(1).Token}, 202},
	} {
		if got := s.do("POST", test.path, request, test.headers...); got.status != test.status {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if got := parseAnswer(t, mine.next("message")); !strings.Contains(got.text, "Employer 001") {
		t.Errorf("%s", got.text)
	}
	if got := s.do("GET", "/sse", ""); got.status != http.StatusServiceUnavailable {
		t.Errorf("above the limit: %d", got.status)
	}
	if got := s.do("POST", "/sse", hello); got.status != http.StatusMethodNotAllowed {
		t.Errorf("POST /sse: %d", got.status) // newer clients try this first, and then GET
	}
	if off := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) { c.NoSSE = true }); off.do("GET", "/sse", "").status != 404 ||
		off.do("POST", "/message?sessionId=x", "{}").status != 404 {
		t.Error("NoSSE leaves a route of HTTP+SSE")
	}
}

// TestStreamsCountTheirCalls: messages without an answer do not block a stream or its
// end. Too many calls are refused.
func TestStreamsCountTheirCalls(t *testing.T) {
	t.Parallel()
	api := newHeld()
	s := startHTTPWith(t, api, func(c *opentrainmcp.HTTPConfig) { c.CallsPerSecond, c.Timeout = opentrainmcp.NoLimit, time.Hour })
	stream := s.open(tokenHeader, sandbox.DemoToken)
	for range 30 {
		for _, odd := range []string{
			`{"jsonrpc":"2.0","method":"notifications/cancelled","params":[]}`, `{"jsonrpc":"2.0","method":"notifications/initialized"}`,
			`{"jsonrpc":"2.0","id":7,"result":{}}`, `{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"x"}}`,
		} {
			if got := stream.post(odd); got.status != http.StatusAccepted {
				t.Fatalf("%s: %d %s", odd, got.status, got.body)
			}
		}
	}
	for _, bad := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}`, `{"jsonrpc":"2.0","id":1}`, `{}`, `{"jsonrpc":"2.0","id":{},"method":"ping"}`,
		`{"jsonrpc":"2.0","id":null,"method":"ping"}`,
		`{"jsonrpc":"2.0","id":"` + strings.Repeat("x", 300) + `","method":"ping"}`, `7`,
	} {
		for _, got := range []reply{stream.post(bad), s.do("POST", "/mcp", bad)} {
			if got.status != http.StatusBadRequest {
				t.Errorf("%.60s: %d", bad, got.status)
			}
		}
	}
	refused := 0
	for id := range 80 {
		if got := stream.post(rpc(id+1, "opentrain_list_jobs", map[string]any{})); got.status == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused != 16 {
		t.Errorf("%d of 80 calls were refused", refused)
	}
	api.release()
	answers := map[string]bool{}
	for len(answers) < 64 {
		answers[fmt.Sprint(parseAnswer(t, stream.next("message")).id)] = true
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := s.handler.Shutdown(ctx); err != nil {
		t.Errorf("after %d answers: %v", len(answers), err)
	}
}

// TestBasePath: behind a proxy that strips a prefix, the stream names the path that
// callers use.
func TestBasePath(t *testing.T) {
	t.Parallel()
	s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) { c.BasePath = "/opentrain" })
	front := httptest.NewServer(http.StripPrefix("/opentrain", s.handler))
	t.Cleanup(front.Close)
	there := &endpoint{t, front.URL + "/opentrain", front.Client()}
	stream := there.open()
	if !strings.HasPrefix(stream.message, "/opentrain/message?sessionId=") {
		t.Fatal(stream.message)
	}
	there.url = front.URL // the event has the whole path
	if got := stream.call(1, "opentrain_search_jobs", map[string]any{"limit": 1}); got.isError {
		t.Error(got.text)
	}
	stream.close()
	for _, path := range []string{"/mcp/", "/sse/"} {
		method := map[string]string{"/mcp/": "POST", "/sse/": "PUT"}[path]
		if got := s.do(method, path, hello); got.status == http.StatusNotFound {
			t.Errorf("%s: %d", path, got.status)
		}
	}
}

// TestIdleStreams holds 2,000 idle streams for a minute, logs the memory of each, and
// checks that nothing is left of them.
func TestIdleStreams(t *testing.T) {
	slow(t, "takes a minute")
	const count, openFor = 2000, time.Minute
	s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) { c.CallsPerSecond = opentrainmcp.NoLimit })
	s.do("GET", "/healthz", "")
	http.DefaultClient.CloseIdleConnections()
	u, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	leaks := goleak.IgnoreCurrent()
	before := memory()
	streams := make([]net.Conn, 0, count)
	for range count {
		conn, err := net.Dial("tcp", u.Host)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprintf(conn, "GET /sse HTTP/1.1\r\nHost: %s\r\n%s: %s\r\n\r\n", u.Host, tokenHeader, sandbox.DemoToken); err != nil {
			t.Fatal(err)
		}
		streams = append(streams, conn)
	}
	for _, conn := range streams {
		readUntil(t, conn, "event: endpoint")
	}
	opened := time.Now()
	for _, conn := range streams { // the second heartbeat comes after 50 s
		readUntil(t, conn, "keep-alive")
		readUntil(t, conn, "keep-alive")
	}
	<-time.After(time.Until(opened.Add(openFor)))
	if metrics := s.do("GET", "/metrics", "").body; !strings.Contains(metrics, fmt.Sprintf("opentrain_mcp_open_streams %d", count)) {
		t.Errorf("not all streams are open")
	}
	during := memory()
	for _, conn := range streams {
		conn.Close() //nolint:errcheck // no longer needed
	}
	http.DefaultClient.CloseIdleConnections()
	if err := goleak.Find(leaks); err != nil {
		t.Error(err)
	}
	after := memory()
	t.Logf("%d streams for %v: %.1f KB each, %.1f MB in all; afterwards %.1f MB", count, time.Since(opened).Round(time.Second),
		float64(during-before)/count/1e3, float64(during-before)/1e6, float64(after-before)/1e6)
	if after > before+(during-before)/4 {
		t.Errorf("%d bytes before, %d during, %d after", before, during, after)
	}
}

// memory is the size of the heap and the stacks after a collection.
func memory() int64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc + stats.StackInuse)
}

// readUntil reads lines and keeps no buffer for the connection.
func readUntil(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	reader := bufio.NewReaderSize(conn, 16) // no line is lost: the next read begins after this event
	for {
		line, err := reader.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(line, text) {
			return
		}
	}
}
