package acceptance_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/opentrain/sandbox"
)

// everyRoute are the requests that a page could try.
var everyRoute = [][2]string{
	{"POST", "/mcp"}, {"GET", "/mcp"}, {"DELETE", "/mcp"}, {"OPTIONS", "/mcp"}, {"GET", "/sse"}, {"POST", "/sse"}, {"POST", "/message?sessionId=x"}, {"OPTIONS", "/message"},
	{"GET", "/healthz"}, {"GET", "/readyz"}, {"GET", "/metrics"}, {"GET", "/"}, {"GET", "/.well-known/oauth-protected-resource"},
}

// TestStrangePagesAreRefused: an Origin or a Host that is not expected is
// refused on every route, whatever else the request has.
func TestStrangePagesAreRefused(t *testing.T) {
	for _, sessions := range []bool{false, true} {
		s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) {
			c.Sessions, c.AllowedOrigins, c.AllowedHosts = sessions, []string{"https://app.example.com"}, []string{"mcp.example.com", "other.example.com:99"}
		})
		port := s.url[strings.LastIndex(s.url, ":")+1:]
		for _, route := range everyRoute {
			for _, bad := range [][]string{
				{"Origin", "https://evil.example"}, {"Origin", "null"}, {"Origin", "http://localhost:1"}, {"Origin", "http://localhost"}, {"Origin", "https://app.example.com.evil.example"},
				{"Origin", "https://app.example.com", "Origin", "https://evil.example"}, {"Origin", "HTTPS://APP.EXAMPLE.COM/"}, {"Origin", ""}, {"Origin", "http://evil@localhost:" + port}, {"Origin", "http://localhost:" + port + "/x"}, {"Sec-Fetch-Site", "cross-site"},
				{"Host", "evil.example"}, {"Host", "evil.example:" + port}, {"Host", "localhost:1"}, {"Host", "10.0.0.1:" + port}, {"Host", "other.example.com:98"}, {"Host", "mcp.example.com.evil.example"},
			} {
				headers := append([]string{demoHeader, sandbox.DemoToken, "Access-Control-Request-Method", "POST"}, bad...)
				if got := s.do(route[0], route[1], helloRPC, headers...); got.status != http.StatusForbidden || got.header.Get("Access-Control-Allow-Origin") != "" {
					t.Errorf("%v with %v: %d %v", route, bad, got.status, got.header)
				}
			}
		}
		for _, good := range [][]string{
			{"Host", "localhost:" + port}, {"Host", "127.0.0.1:" + port}, {"Host", "[::1]:" + port}, {"Host", "MCP.example.com"}, {"Host", "mcp.example.com:8443"}, {"Host", "other.example.com:99"},
			{"Origin", "http://localhost:" + port}, {"Origin", "http://127.0.0.1:" + port}, {"Origin", "https://app.example.com"},
		} {
			if got := s.do("POST", "/mcp", helloRPC, good...); got.status != http.StatusOK {
				t.Errorf("%v: %d %s", good, got.status, got.body)
			}
		}
	}
}

// TestCORS: headers for pages come only for the origins that are allowed.
func TestCORS(t *testing.T) {
	const app = "https://app.example.com"
	s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) { c.AllowedOrigins = []string{app} })
	ask := []string{"Origin", app, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type,mcp-method,mcp-name,mcp-protocol-version,mcp-session-id,x-opentrain-token"}
	got := s.do("OPTIONS", "/mcp", "", ask...)
	if got.status != http.StatusNoContent || got.header.Get("Access-Control-Allow-Origin") != app ||
		!strings.Contains(strings.ToLower(got.header.Get("Access-Control-Allow-Headers")), "x-opentrain-token") || got.header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("%d %v", got.status, got.header)
	}
	got = s.do("POST", "/mcp", helloRPC, "Origin", app)
	if got.header.Get("Access-Control-Allow-Origin") != app || !strings.Contains(got.header.Get("Access-Control-Expose-Headers"), "Mcp-Session-Id") {
		t.Errorf("%v", got.header)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/sse", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", app)
	stream, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	stream.Body.Close()
	if stream.Header.Get("Access-Control-Allow-Origin") != app {
		t.Errorf("stream: %v", stream.Header)
	}
	closed := startHTTP(t, nil, nil)
	for _, origin := range []string{"", closed.url} {
		headers := []string{}
		if origin != "" {
			headers = []string{"Origin", origin}
		}
		if got := closed.do("POST", "/mcp", helloRPC, headers...); got.status != 200 || got.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("without allowed origins: %d %v", got.status, got.header)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, closed.url+"/sse", nil)
		if err != nil {
			t.Fatal(err)
		}
		stream, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		stream.Body.Close()
		if stream.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("stream: %v", stream.Header)
		}
	}
}

// TestBodies: what is too large, of another type or broken is told as such.
func TestBodies(t *testing.T) {
	s := startHTTP(t, nil, nil)
	stream := s.open()
	for name, test := range map[string]struct {
		body   string
		kind   string
		status int
	}{
		"too large":  {strings.Repeat(" ", 1<<20) + helloRPC, "application/json", 413},
		"large":      {helloRPC + strings.Repeat(" ", 1<<20-len(helloRPC)), "application/json", 200},
		"plain text": {helloRPC, "text/plain", 415},
		"form":       {"a=b", "application/x-www-form-urlencoded", 415},
		"no type":    {helloRPC, "", 415},
		"charset":    {helloRPC, "application/json; charset=utf-8", 200},
		"broken":     {"{", "application/json", 400},
		"nothing":    {"", "application/json", 400},
		"garbage":    {helloRPC + " x", "application/json", 400},
		"two":        {helloRPC + helloRPC, "application/json", 400},
		"a batch":    {"[" + helloRPC + "]", "application/json", 400},
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
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/mcp", io.MultiReader(strings.NewReader(strings.Repeat(" ", 2<<20))))
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

// TestCallersAddress: only behind a proxy, and only its own word, names the
// address whose limit counts.
func TestCallersAddress(t *testing.T) {
	for _, behindProxy := range []bool{false, true} {
		s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) {
			c.BehindProxy, c.CallsPerSecond, c.Burst = behindProxy, 0.001, 1
		})
		refused := 0
		for n := range 5 {
			hops := fmt.Sprintf("10.9.9.9, 192.0.2.%d", n)
			if got := s.call("opentrain_list_facets", map[string]any{}, "X-Forwarded-For", hops); got.Result.IsError {
				refused++
			}
		}
		if want := map[bool]int{false: 4, true: 0}[behindProxy]; refused != want {
			t.Errorf("behind a proxy %v: %d refused, want %d", behindProxy, refused, want)
		}
		// The hops that a caller can write do not count, nor does another of its
		// own /64.
		for n := range 3 {
			got := s.call("opentrain_list_facets", map[string]any{}, "X-Forwarded-For", fmt.Sprintf("192.0.2.%d, 2001:db8::%d", n+100, n))
			if behindProxy && got.Result.IsError != (n > 0) {
				t.Errorf("call %d: refused %v", n, got.Result.IsError)
			}
		}
	}
}

// TestOps: health and metrics can have an address of their own, which answers
// to any address, and to no page.
func TestOps(t *testing.T) {
	s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) { c.SeparateOps = true })
	ops := httptest.NewServer(s.handler.Ops())
	t.Cleanup(ops.Close)
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		if got := s.do("GET", path, ""); got.status != http.StatusNotFound {
			t.Errorf("%s is on the main listener: %d", path, got.status)
		}
		there := &remote{t: t, url: ops.URL}
		if got := there.do("GET", path, "", "Host", "10.1.2.3:9090"); got.status != http.StatusOK {
			t.Errorf("%s: %d", path, got.status)
		}
		for _, bad := range [][]string{{"Origin", "https://evil.example"}, {"Host", "evil.example"}} {
			if got := there.do("GET", path, "", bad...); got.status != http.StatusForbidden {
				t.Errorf("%s with %v: %d", path, bad, got.status)
			}
		}
		if got := there.do("POST", "/mcp", helloRPC); got.status != http.StatusNotFound {
			t.Errorf("/mcp on the ops listener: %d", got.status)
		}
	}
	if sent := s.api.seen(); len(sent) != 0 {
		t.Errorf("health asked the API: %v", sent)
	}
}

// TestRawRequests: requests that no client library sends are answered and end
// nothing.
func TestRawRequests(t *testing.T) {
	s := startHTTP(t, nil, nil)
	u, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	for _, raw := range []string{
		"GET /healthz HTTP/1.1\r\n\r\n", "GET /healthz HTTP/1.0\r\n\r\n", "GET http://evil.example/mcp HTTP/1.1\r\nHost: " + u.Host + "\r\n\r\n",
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
		conn.Close() //nolint:errcheck // it is over
	}
	if got := s.do("GET", "/healthz", ""); got.status != http.StatusOK {
		t.Errorf("%d", got.status)
	}
}
