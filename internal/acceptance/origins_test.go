package acceptance_test

import (
	"net/http"
	"strings"
	"testing"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/opentrain/sandbox"
)

// everyRoute are the requests that a web page could try.
func everyRoute() [][2]string {
	return [][2]string{
		{"POST", "/mcp"}, {"GET", "/mcp"}, {"DELETE", "/mcp"}, {"OPTIONS", "/mcp"}, {"GET", "/sse"}, {"POST", "/sse"},
		{"POST", "/message?sessionId=x"}, {"OPTIONS", "/message"},
		{"GET", "/healthz"}, {"GET", "/readyz"}, {"GET", "/metrics"}, {"GET", "/"}, {"GET", "/.well-known/oauth-protected-resource"},
	}
}

// TestStrangePagesAreRefused: every route refuses an unexpected Origin, and all but health an unexpected Host,
// whatever else the request has.
func TestStrangePagesAreRefused(t *testing.T) {
	t.Parallel()
	for _, sessions := range []bool{false, true} {
		s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) {
			c.Sessions, c.AllowedOrigins, c.AllowedHosts = sessions, []string{"https://app.example.com"},
				[]string{"mcp.example.com", "other.example.com:99"}
		})
		port := s.url[strings.LastIndex(s.url, ":")+1:]
		for _, route := range everyRoute() {
			for _, bad := range [][]string{
				{"Origin", "https://evil.example"}, {"Origin", "null"}, {"Origin", "http://localhost:1"}, {"Origin", "http://localhost"},
				{"Origin", "https://app.example.com.evil.example"},
				{"Origin", "https://app.example.com", "Origin", "https://evil.example"}, {"Origin", "HTTPS://APP.EXAMPLE.COM/"}, {"Origin", ""},
				{"Origin", "http://evil@localhost:" + port}, {"Origin", "http://localhost:" + port + "/x"}, {"Sec-Fetch-Site", "cross-site"},
				{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image"},
				{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"},
				{"Host", "evil.example"}, {"Host", "evil.example:" + port}, {"Host", "localhost:1"}, {"Host", "10.0.0.1:" + port},
				{"Host", "other.example.com:98"}, {"Host", "mcp.example.com.evil.example"},
			} {
				if bad[0] == "Host" && (route[1] == "/healthz" || route[1] == "/readyz") {
					continue // probes may send any Host
				}
				headers := append([]string{tokenHeader, sandbox.DemoToken, "Access-Control-Request-Method", "POST"}, bad...)
				if got := s.do(route[0], route[1], hello, headers...); got.status != http.StatusForbidden ||
					got.header.Get("Access-Control-Allow-Origin") != "" {
					t.Errorf("%v with %v: %d %v", route, bad, got.status, got.header)
				}
			}
		}
		for _, good := range [][]string{
			{"Host", "localhost:" + port}, {"Host", "127.0.0.1:" + port}, {"Host", "[::1]:" + port}, {"Host", "MCP.example.com"},
			{"Host", "mcp.example.com:8443"}, {"Host", "other.example.com:99"},
			{"Origin", "http://localhost:" + port}, {"Origin", "http://127.0.0.1:" + port}, {"Origin", "https://app.example.com"},
		} {
			if got := s.do("POST", "/mcp", hello, good...); got.status != http.StatusOK {
				t.Errorf("%v: %d %s", good, got.status, got.body)
			}
		}
	}
}

// TestLinksLeadToTheServer: a person can follow a link on any page. It opens no stream, and a page can't do more with it.
func TestLinksLeadToTheServer(t *testing.T) {
	t.Parallel()
	s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) { c.Sessions = true })
	for _, route := range everyRoute() {
		for _, site := range []string{"cross-site", "same-site"} {
			got := s.do(route[0], route[1], "", "Sec-Fetch-Site", site, "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document",
				"Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
			if (got.status == http.StatusForbidden) == (route[0] == "GET") || got.header.Get("Content-Type") == "text/event-stream" {
				t.Errorf("%v from %s: %d %s", route, site, got.status, got.body)
			}
		}
	}
}

// TestCORS: only allowed origins get CORS headers.
func TestCORS(t *testing.T) {
	t.Parallel()
	const app = "https://app.example.com"
	s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) { c.AllowedOrigins = []string{app} })
	preflight := []string{"Origin", app, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers",
		"authorization,content-type,mcp-method,mcp-name,mcp-protocol-version,mcp-session-id,x-opentrain-token"}
	got := s.do("OPTIONS", "/mcp", "", preflight...)
	if got.status != http.StatusNoContent || got.header.Get("Access-Control-Allow-Origin") != app ||
		!strings.Contains(strings.ToLower(got.header.Get("Access-Control-Allow-Headers")), "x-opentrain-token") ||
		got.header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("%d %v", got.status, got.header)
	}
	got = s.do("POST", "/mcp", hello, "Origin", app)
	if got.header.Get("Access-Control-Allow-Origin") != app ||
		!strings.Contains(got.header.Get("Access-Control-Expose-Headers"), "Mcp-Session-Id") {
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
		if got := closed.do("POST", "/mcp", hello, headers...); got.status != 200 || got.header.Get("Access-Control-Allow-Origin") != "" {
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
