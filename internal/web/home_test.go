package web

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"opentrain-mcp/internal/caller"
)

const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

// TestUnknownPaths: hosts that look for OAuth, or that have a wrong path, learn in JSON which header and path to use.
func TestUnknownPaths(t *testing.T) {
	oauth := []string{
		"/register", "/authorize", "/token", "/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource",
		"/.well-known/openid-configuration",
	}
	paths := []string{"/mcp/x", "/sse/x", "/v1/mcp", "/favicon.ico", "/ot_pat_secret"}
	for _, path := range oauth {
		paths = append(paths, path, path+"/mcp", path+"/sse", "/mcp"+path, path+"?resource=x")
	}
	for name, test := range map[string]struct {
		change func(*Config)
		words  string
	}{
		"callers' tokens": {func(*Config) {}, "X-OpenTrain-Token: ot_pat_..."},
		"required tokens": {func(c *Config) { c.RequireToken = true }, "Authorization: Bearer ot_pat_..."},
		"shared account": {func(c *Config) {
			c.Auth, c.ServerToken, c.OwnToken = AuthShared, "secret", func(context.Context) caller.Token { return caller.Token{} }
		}, "Send this server's token"},
		"sandbox": {func(c *Config) {
			c.Anonymous = func(context.Context) caller.Token { return caller.Token{} }
		}, "no token is needed"},
		"base path": {func(c *Config) { c.BasePath = "/opentrain" }, "MCP is at /opentrain/mcp, and for older clients at /opentrain/sse;"},
		"no SSE":    {func(c *Config) { c.NoSSE = true }, "MCP is at /mcp;"},
	} {
		s := start(t, test.change)
		for _, path := range paths {
			for _, method := range []string{"GET", "POST", "OPTIONS", "TRACE"} {
				got := s.do(method, path, `{"redirect_uris":["http://localhost"]}`)
				var answer map[string]string
				if err := json.Unmarshal([]byte(got.body), &answer); err != nil {
					t.Fatalf("%s: %s %s: %v in %s", name, method, path, err, got.body)
				}
				help := answer["error_description"]
				if got.status != http.StatusNotFound || answer["error"] != "not_found" || got.header.Get("Content-Type") != "application/json" ||
					!strings.Contains(help, test.words) || !strings.Contains(help, "no OAuth") || strings.Contains(help, "secret") {
					t.Errorf("%s: %s %s: %d %v %s", name, method, path, got.status, got.header, got.body)
				}
			}
		}
		if got := s.do("POST", "/", ping); got.status != http.StatusMethodNotAllowed || !strings.Contains(got.body, "/mcp") {
			t.Errorf("%s: POST /: %d %s", name, got.status, got.body)
		}
	}
}

func TestHome(t *testing.T) {
	for name, test := range map[string]struct {
		change  func(*Config)
		headers []string
		want    []string
		not     string
	}{
		"callers' tokens": {nil, nil, []string{"URL/mcp", "URL/sse", "URL/healthz", `"X-OpenTrain-Token": "ot_pat_..."`}, "sandbox"},
		"sandbox": {func(c *Config) {
			c.Anonymous = func(context.Context) caller.Token { return caller.Token{} }
		}, nil, []string{"no token is needed", `"url": "URL/mcp"`}, "ot_pat_"},
		"shared account": {func(c *Config) {
			c.Auth, c.ServerToken, c.OwnToken = AuthShared, "secret", func(context.Context) caller.Token { return caller.Token{} }
		}, nil, []string{`"Authorization": "Bearer ..."`, "Ask its operator"}, "secret"},
		"no SSE, health elsewhere": {func(c *Config) { c.NoSSE, c.SeparateOps = true, true }, nil, []string{"URL/mcp"}, "/sse"},
		"behind a proxy": {func(c *Config) {
			c.BehindProxy, c.BasePath, c.AllowedHosts = true, "/opentrain", []string{"mcp.example.com"}
		}, []string{"Host", "mcp.example.com", "X-Forwarded-Proto", "https"}, []string{`"https://mcp.example.com/opentrain/mcp"`}, "127.0.0.1"},
		"last of several proxies": {func(c *Config) { c.BehindProxy = true }, []string{"X-Forwarded-Proto", "http, HTTPS"},
			[]string{"https://"}, "http://127"},
		"a strange scheme":         {func(c *Config) { c.BehindProxy = true }, []string{"X-Forwarded-Proto", "javascript"}, []string{"URL/mcp"}, "javascript"},
		"a scheme without a proxy": {nil, []string{"X-Forwarded-Proto", "https"}, []string{"URL/mcp"}, "https://127"},
	} {
		s := start(t, test.change)
		for _, accept := range []string{browser, "*/*", ""} {
			request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			request = request.WithContext(localContext(t))
			request.Host = localHost
			request.Header.Set("Accept", accept)
			for i := 0; i < len(test.headers); i += 2 {
				if test.headers[i] == "Host" {
					request.Host = test.headers[i+1]
				}
				request.Header.Set(test.headers[i], test.headers[i+1])
			}
			w := httptest.NewRecorder()
			s.handler.ServeHTTP(w, request)
			body := strings.ReplaceAll(w.Body.String(), "&#34;", `"`)
			for _, words := range test.want {
				if words = strings.ReplaceAll(words, "URL", "http://"+localHost); !strings.Contains(body, words) {
					t.Errorf("%s, %q: %q is missing in\n%s", name, accept, words, body)
				}
			}
			if strings.Contains(body, test.not) {
				t.Errorf("%s, %q: %q is in\n%s", name, accept, test.not, body)
			}
			kind, policy := w.Header().Get("Content-Type"), w.Header().Get("Content-Security-Policy")
			if isPage := strings.HasPrefix(kind, "text/html"); w.Code != http.StatusOK || isPage != (accept == browser) ||
				isPage != strings.HasPrefix(policy, "default-src 'none'; style-src 'unsafe-inline'") ||
				w.Header().Get("X-Content-Type-Options") != "nosniff" || w.Header().Get("Referrer-Policy") != "no-referrer" ||
				w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%s, %q: %d %v", name, accept, w.Code, w.Header())
			}
			if strings.Contains(body, "<script") || strings.Contains(body, "src=") || w.Body.Len() > 4000 {
				t.Errorf("%s: the page is not small and self-contained: %d bytes", name, w.Body.Len())
			}
		}
	}
}

// TestHomeEscapesTheHost: also where a Host gets past the guard.
func TestHomeEscapesTheHost(t *testing.T) {
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
	r.Host = `"><script>alert(1)</script>`
	r.Header.Set("Accept", browser)
	newHandler(t, nil).handler.serveHome().ServeHTTP(w, r)
	if strings.Contains(w.Body.String(), "<script") || !strings.Contains(w.Body.String(), "&lt;script") {
		t.Error(w.Body)
	}
}

// TestBrowserOpensTheEndpoint: people open the address that they gave to their client.
func TestBrowserOpensTheEndpoint(t *testing.T) {
	for _, sessions := range []bool{false, true} {
		s := start(t, func(c *Config) { c.Sessions, c.RequireToken = sessions, true })
		got := s.do("GET", "/mcp", "", "Accept", browser)
		if got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") != "POST" ||
			!strings.Contains(got.body, "see "+s.url+"/") || !strings.HasPrefix(got.header.Get("Content-Type"), "text/plain") {
			t.Errorf("%d %v %s", got.status, got.header, got.body)
		}
		if got := s.do("GET", "/mcp", "", "Accept", "text/html, text/event-stream"); got.status != http.StatusUnauthorized {
			t.Errorf("a client: %d %s", got.status, got.body)
		}
	}
}

// TestLinksOpenPagesOnly: a page can send a person anywhere, so a link shows words and changes nothing.
func TestLinksOpenPagesOnly(t *testing.T) {
	for _, sessions := range []bool{false, true} {
		s := start(t, func(c *Config) { c.Sessions = sessions })
		_, path := s.openStream()
		session := []string(nil)
		if sessions {
			session = s.openSession()
		}
		for at, want := range map[string]int{
			"/": 200, "/healthz": 200, "/readyz": 200, "/metrics": 200, "/nothing": 404, "/register": 404,
			"/mcp": 405, "/mcp/": 405, "/sse": 405, "/sse/": 405, path: 405, "/message": 405,
		} {
			for _, method := range []string{"GET", "HEAD"} {
				for _, accept := range []string{browser, "*/*", "text/event-stream", ""} {
					headers := append([]string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document",
						"Accept", accept}, session...)
					got := s.do(method, at, "", headers...)
					if got.status != want || got.header.Get("Access-Control-Allow-Origin") != "" {
						t.Errorf("%s %s, %q: %d %v %s", method, at, accept, got.status, got.header, got.body)
					}
				}
			}
			image := s.do("GET", at, "", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image")
			if image.status != http.StatusForbidden {
				t.Errorf("an image at %s: %d", at, image.status)
			}
		}
		if streams := s.handler.streamPlaces.Held(); streams != 1 {
			t.Errorf("%d streams are open", streams)
		}
		if home := s.do("GET", "/", "", "Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document",
			"Accept", browser); !strings.Contains(home.body, "<html") {
			t.Errorf("a link to the first page: %d %s", home.status, home.body)
		}
	}
}

// TestProbes: health answers under any name, but not to web pages.
func TestProbes(t *testing.T) {
	s := newHandler(t, nil)
	for _, test := range []struct {
		handler      http.Handler
		method, path string
		host, origin string
		status       int
	}{
		{s.handler, "GET", "/healthz", "10.1.2.3:8080", "", 200},
		{s.handler, "GET", "/healthz", "evil.example", "", 200},
		{s.handler, "HEAD", "/readyz", "", "", 200},
		{s.handler, "GET", "/readyz", "127.0.0.1", "", 200},
		{s.handler, "POST", "/readyz", "evil.example", "", 405},
		{s.handler, "GET", "/healthz", localHost, "https://evil.example", 403},
		{s.handler, "GET", "/metrics", "10.1.2.3:8080", "", 403},
		{s.handler, "GET", "//healthz", "evil.example", "", 403},
		{s.handler, "GET", "/", "evil.example", "", 403},
		{s.handler, "GET", "/nothing", "evil.example", "", 403},
		{s.handler, "POST", "/mcp", "evil.example", "", 403},
		{s.handler, "POST", "/mcp", "127.0.0.1", "", 415},
		{s.handler.Ops(), "GET", "/healthz", "evil.example", "", 200},
		{s.handler.Ops(), "GET", "/readyz", localHost, "https://evil.example", 403},
		{s.handler.Ops(), "GET", "/metrics", "evil.example", "", 403},
		{s.handler.Ops(), "GET", "/metrics", "10.1.2.3:8080", "", 200},
		{s.handler.Ops(), "DELETE", "/metrics", "10.1.2.3:8080", "", 405},
		{s.handler.Ops(), "GET", "/mcp", "10.1.2.3:8080", "", 404},
	} {
		w, r := httptest.NewRecorder(), httptest.NewRequestWithContext(localContext(t), test.method, test.path, nil)
		r.Host = test.host
		if test.origin != "" {
			r.Header.Set("Origin", test.origin)
		}
		test.handler.ServeHTTP(w, r)
		if w.Code != test.status {
			t.Errorf("%s %s of %q by %q: %d", test.method, test.path, test.host, test.origin, w.Code)
		}
	}
}

// TestAddressLimit: an address has a limit whatever tokens it sends, on every route and with every method, and before
// anything else is checked.
func TestAddressLimit(t *testing.T) {
	for _, test := range [][3]string{
		{"POST", "/mcp", call(1, "whoami")}, {"POST", "/mcp", "{"}, {"POST", "/mcp/", ping}, {"GET", "/mcp", ""}, {"DELETE", "/mcp", ""},
		{"PUT", "/mcp", ""}, {"GET", "/sse", ""}, {"GET", "/sse/", ""}, {"POST", "/message?sessionId=x", ping},
	} {
		for _, token := range []string{"ot_pat_made_up", "not a token", "", "Basic"} {
			s := start(t, func(c *Config) { c.BehindProxy, c.Addresses = true, limited(0.1, 2) })
			status := func(address, token string) (int, http.Header) {
				response := s.send(test[0], test[1], test[2], "X-Forwarded-For", address, tokenHeader, token)
				response.Body.Close()
				return response.StatusCode, response.Header
			}
			for n := range 2 {
				if got, _ := status("2001:db8::1", token+"1"); got == http.StatusTooManyRequests {
					t.Errorf("%v: request %d is refused", test, n)
				}
			}
			got, header := status("[2001:db8::2]:443", token+"2") // another token in the same network
			if got != http.StatusTooManyRequests || header.Get("Retry-After") != "10" {
				t.Errorf("%v with %q: %d %v", test, token, got, header)
			}
			if got, _ := status("192.0.2.1:80", token+"2"); got == http.StatusTooManyRequests {
				t.Errorf("%v: another address is refused", test)
			}
			if health := s.do("GET", "/healthz", "", "X-Forwarded-For", "2001:db8::1"); health.status != http.StatusOK {
				t.Errorf("health: %d", health.status)
			}
		}
	}
}

// TestCallerLimitCountsStreams: opening and deleting count as messages do.
func TestCallerLimitCountsStreams(t *testing.T) {
	for _, request := range [][2]string{{"GET", "/sse"}, {"GET", "/mcp"}, {"DELETE", "/mcp"}} {
		s := start(t, withSessions)
		s.fake.limiter = limited(0.1, 1)
		for _, limited := range []bool{false, true} {
			response := s.send(request[0], request[1], "", tokenHeader, one)
			response.Body.Close()
			if got := response.StatusCode == http.StatusTooManyRequests; got != limited {
				t.Errorf("%v: %d, want limited %v", request, response.StatusCode, limited)
			}
		}
	}
}
