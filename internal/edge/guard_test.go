package edge_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"opentrain-mcp/internal/edge"
)

// request sends a request over a connection to a local address; headers are
// pairs of name and value.
func request(handler http.Handler, local, method, host string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/", nil)
	r.Host = host
	address := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(local))
	r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, address))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

func ok(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }

// fetch returns the headers with which browsers describe a request.
func fetch(site, mode, dest string) []string {
	return []string{"Sec-Fetch-Site", site, "Sec-Fetch-Mode", mode, "Sec-Fetch-Dest", dest}
}

func TestGuard(t *testing.T) {
	const (
		loopback = "127.0.0.1:8080"
		public   = "203.0.113.1:8080"
		allowed  = "mcp.example.com"
		app      = "https://app.example.com"
	)
	guard := edge.Guard{Hosts: []string{allowed, "other.example.com:99"}, Origins: []string{
		app, "http://localhost:3000", "https://Spelled.example.com", "https://port.example.com:443", "http://port.example.com:80",
	}}
	anyAddress, anyHost := edge.Guard{AnyAddress: true}, edge.Guard{AnyHost: true}
	for _, test := range []struct {
		name        string
		guard       edge.Guard
		local, host string
		headers     []string
		want        bool
	}{
		{"allowed host", guard, public, allowed, nil, true},
		{"allowed host, other case", guard, public, "MCP.Example.com", nil, true},
		{"allowed host, any port", guard, public, allowed + ":8443", nil, true},
		{"allowed host and port", guard, public, "other.example.com:99", nil, true},
		{"other port", guard, public, "other.example.com:98", nil, false},
		{"missing port", guard, public, "other.example.com", nil, false},
		{"longer name", guard, public, allowed + ".evil.example", nil, false},
		{"subdomain", guard, public, "x." + allowed, nil, false},
		{"unknown host", guard, public, "evil.example", nil, false},
		{"no host", guard, public, "", nil, false},
		{"address", guard, public, "203.0.113.1:8080", nil, false},
		{"loopback host on a public connection", guard, public, "localhost:8080", nil, false},

		{"localhost", edge.Guard{}, loopback, "localhost:8080", nil, true},
		{"localhost, other case", edge.Guard{}, loopback, "LocalHost:8080", nil, true},
		{"IPv4 loopback", edge.Guard{}, loopback, "127.0.0.1:8080", nil, true},
		{"another IPv4 loopback", edge.Guard{}, loopback, "127.1.2.3:8080", nil, true},
		{"IPv6 loopback", edge.Guard{}, "[::1]:8080", "[::1]:8080", nil, true},
		{"loopback network", edge.Guard{}, "[::1]:8080", "[::/64]:8080", nil, false},
		{"loopback, other port", edge.Guard{}, loopback, "localhost:8081", nil, false},
		{"loopback, no port", edge.Guard{}, loopback, "localhost", nil, true},
		{"loopback address, no port", edge.Guard{}, loopback, "127.0.0.1", nil, true},
		{"IPv6 loopback, no port", edge.Guard{}, "[::1]:8080", "[::1]", nil, true},
		{"loopback, no port, on a public connection", edge.Guard{}, public, "127.0.0.1", nil, false},
		{"no host on a loopback connection", edge.Guard{}, loopback, "", nil, false},
		{"a name that resolves to loopback", edge.Guard{}, loopback, "evil.example:8080", nil, false},
		{"unspecified address", edge.Guard{}, loopback, "0.0.0.0:8080", nil, false},

		{"any address: IPv4", anyAddress, public, "10.1.2.3:9090", nil, true},
		{"any address: IPv6", anyAddress, public, "[2001:db8::1]", nil, true},
		{"any address: a name", anyAddress, public, "evil.example", nil, false},
		{"any address: an address-like name", anyAddress, public, "10.1.2.3.evil.example", nil, false},
		{"any address: a page", anyAddress, public, "10.1.2.3:9090", []string{"Origin", "http://10.1.2.3:9090"}, false},

		{"any host: a name", anyHost, public, "evil.example", nil, true},
		{"any host: none", anyHost, public, "", nil, true},
		{"any host: a page", anyHost, public, "10.1.2.3:9090", []string{"Origin", "http://10.1.2.3:9090"}, false},
		{"any host: a foreign image", anyHost, public, "evil.example", fetch("cross-site", "no-cors", "image"), false},

		{"allowed origin", guard, public, allowed, []string{"Origin", app}, true},
		{"allowed loopback origin", guard, public, allowed, []string{"Origin", "http://localhost:3000"}, true},
		{"origin listed in another case", guard, public, allowed, []string{"Origin", "https://spelled.example.com"}, true},
		{"origin listed with its port", guard, public, allowed, []string{"Origin", "https://port.example.com"}, true},
		{"plain origin listed with its port", guard, public, allowed, []string{"Origin", "http://port.example.com"}, true},
		{"the other scheme's port", guard, public, allowed, []string{"Origin", "http://port.example.com:443"}, false},
		{"unknown origin", guard, public, allowed, []string{"Origin", "https://evil.example"}, false},
		{"longer origin", guard, public, allowed, []string{"Origin", app + ".evil.example"}, false},
		{"other scheme", guard, public, allowed, []string{"Origin", "http://app.example.com"}, false},
		{"null origin", guard, public, allowed, []string{"Origin", "null"}, false},
		{"empty origin", guard, public, allowed, []string{"Origin", ""}, false},
		{"two origins", guard, public, allowed, []string{"Origin", app, "Origin", "https://evil.example"}, false},
		{"origin of a public connection", guard, public, allowed, []string{"Origin", "http://localhost:8080"}, false},
		{"bad host, allowed origin", guard, public, "evil.example", []string{"Origin", app}, false},

		{"own origin", edge.Guard{}, loopback, "localhost:8080", []string{"Origin", "http://localhost:8080"}, true},
		{"own origin, other form", edge.Guard{}, loopback, "localhost:8080", []string{"Origin", "http://127.0.0.1:8080"}, true},
		{"own origin, TLS", edge.Guard{}, loopback, "localhost:8080", []string{"Origin", "https://[::1]:8080"}, true},
		{"own origin, port 80", edge.Guard{}, "127.0.0.1:80", "localhost", []string{"Origin", "http://localhost"}, true},
		{"own origin, port 443", edge.Guard{}, "127.0.0.1:443", "localhost", []string{"Origin", "https://localhost"}, true},
		{"http without port on 443", edge.Guard{}, "127.0.0.1:443", "localhost", []string{"Origin", "http://localhost"}, false},
		{"another local server's page", edge.Guard{}, loopback, "localhost:8080", []string{"Origin", "http://localhost:3000"}, false},
		{"other scheme on loopback", edge.Guard{}, loopback, "localhost:8080", []string{"Origin", "ftp://localhost:8080"}, false},
		{"user in the origin", edge.Guard{}, loopback, "localhost:8080", []string{"Origin", "http://evil@localhost:8080"}, false},
		{"path in the origin", edge.Guard{}, loopback, "localhost:8080", []string{"Origin", "http://localhost:8080/x"}, false},
		{"broken origin", edge.Guard{}, loopback, "localhost:8080", []string{"Origin", "http://[::1"}, false},

		{"cross-site, no more is known", guard, public, allowed, []string{"Sec-Fetch-Site", "cross-site"}, false},
		{"cross-site image", guard, public, allowed, fetch("cross-site", "no-cors", "image"), false},
		{"same-site image", guard, public, allowed, fetch("same-site", "no-cors", "image"), false},
		{"a form of another site", guard, public, allowed, fetch("cross-site", "navigate", "document"), false},
		{"address bar", guard, public, allowed, []string{"Sec-Fetch-Site", "none"}, true},
		{"own page", guard, public, allowed, []string{"Sec-Fetch-Site", "same-origin"}, true},
		{"cross-site call by an allowed page", guard, public, allowed, []string{"Sec-Fetch-Site", "cross-site", "Origin", app}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			called := false
			handler := test.guard.Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
			got := request(handler, test.local, "POST", test.host, test.headers...)
			if called != test.want || (got.Code == http.StatusOK) != test.want || !test.want && got.Code != http.StatusForbidden {
				t.Errorf("called %v, status %d, want %v", called, got.Code, test.want)
			}
			if !test.want && got.Header().Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("a rejected page gets %v", got.Header())
			}
		})
	}
}

// TestGuardLetsPeopleFollowLinks: a link on any page opens, but no page loads anything from here.
func TestGuardLetsPeopleFollowLinks(t *testing.T) {
	const host = "mcp.example.com"
	for _, test := range []struct {
		method, mode, dest string
		more               []string
		want               bool
	}{
		{"GET", "navigate", "document", nil, true},
		{"HEAD", "navigate", "document", nil, true},
		{"POST", "navigate", "document", nil, false},
		{"DELETE", "navigate", "document", nil, false},
		{"OPTIONS", "navigate", "document", nil, false},
		{"GET", "navigate", "iframe", nil, false},
		{"GET", "navigate", "frame", nil, false},
		{"GET", "navigate", "embed", nil, false},
		{"GET", "navigate", "object", nil, false},
		{"GET", "navigate", "", nil, false},
		{"GET", "", "document", nil, false},
		{"GET", "no-cors", "document", nil, false},
		{"GET", "no-cors", "image", nil, false},
		{"GET", "no-cors", "script", nil, false},
		{"GET", "no-cors", "empty", nil, false},
		{"GET", "cors", "empty", nil, false},
		{"GET", "websocket", "websocket", nil, false},
		{"GET", "navigate", "document", []string{"Origin", "https://evil.example"}, false},
		{"GET", "navigate", "document", []string{"Origin", "null"}, false},
	} {
		for _, site := range []string{"cross-site", "same-site"} {
			for name, guard := range map[string]edge.Guard{
				"":                {Hosts: []string{host}},
				"allowed origins": {Hosts: []string{host}, Origins: []string{"https://app.example.com"}},
				"any host":        {AnyHost: true},
			} {
				headers := append(fetch(site, test.mode, test.dest), test.more...)
				got := request(guard.Wrap(http.HandlerFunc(ok)), "203.0.113.1:443", test.method, host, headers...)
				if (got.Code == http.StatusOK) != test.want || !test.want && got.Code != http.StatusForbidden {
					t.Errorf("%s: %+v, %s: %d", name, test, site, got.Code)
				}
				if len(test.more) == 0 && strings.Contains(got.Body.String(), "--allowed-origins") {
					t.Errorf("%+v: no origin was sent, but it says %s", test, got.Body)
				}
			}
		}
	}
	evil := request(edge.Guard{Hosts: []string{host}}.Wrap(http.HandlerFunc(ok)), "203.0.113.1:443", "GET", "evil.example",
		fetch("cross-site", "navigate", "document")...)
	if evil.Code != http.StatusForbidden {
		t.Errorf("a link to another name: %d", evil.Code)
	}
}

func TestGuardWithoutLocalAddress(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "http://localhost/", nil)
	w := httptest.NewRecorder()
	edge.Guard{}.Wrap(http.HandlerFunc(ok)).ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("status %d", w.Code)
	}
}

func TestGuardCORS(t *testing.T) {
	const local, host, app = "203.0.113.1:443", "mcp.example.com", "https://app.example.com"
	guard := edge.Guard{Hosts: []string{host}, Origins: []string{app}}
	handler := guard.Wrap(http.HandlerFunc(ok))

	got := request(handler, local, "OPTIONS", host, "Origin", app, "Access-Control-Request-Method", "DELETE",
		"Access-Control-Request-Headers", "authorization,content-type,mcp-protocol-version,mcp-session-id,x-opentrain-token")
	header := got.Header()
	if got.Code != http.StatusNoContent || header.Get("Access-Control-Allow-Origin") != app ||
		header.Get("Access-Control-Allow-Methods") != "DELETE" || header.Get("Access-Control-Max-Age") != "600" ||
		!strings.Contains(header.Get("Access-Control-Allow-Headers"), "x-opentrain-token") ||
		header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("preflight: %d %v", got.Code, header)
	}
	for _, denied := range [][]string{
		{"Access-Control-Request-Method", "PUT"},
		{"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "x-other"},
	} {
		got := request(handler, local, "OPTIONS", host, append(denied, "Origin", app)...)
		if got.Header().Get("Access-Control-Allow-Methods") != "" || got.Header().Get("Access-Control-Allow-Headers") != "" {
			t.Errorf("%v: %v", denied, got.Header())
		}
	}
	got = request(handler, local, "POST", host, "Origin", app)
	if got.Code != http.StatusOK || got.Header().Get("Access-Control-Allow-Origin") != app ||
		!strings.Contains(got.Header().Get("Access-Control-Expose-Headers"), "Mcp-Session-Id") {
		t.Errorf("call: %d %v", got.Code, got.Header())
	}
	guard.Origins = nil
	got = request(guard.Wrap(http.HandlerFunc(ok)), local, "POST", host)
	if got.Code != http.StatusOK || got.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("without origins: %d %v", got.Code, got.Header())
	}
}

func TestGuardCheck(t *testing.T) {
	for _, host := range []string{"mcp.example.com", "mcp.example.com:8443", "[2001:db8::1]:8443"} {
		if err := (edge.Guard{Hosts: []string{host}}).Check(); err != nil {
			t.Error(err)
		}
	}
	for _, host := range []string{"", "*", "*.example.com", "https://mcp.example.com", "a b"} {
		if err := (edge.Guard{Hosts: []string{host}}).Check(); err == nil {
			t.Errorf("host %q passes", host)
		}
	}
	for _, origin := range []string{"https://app.example.com", "http://localhost:3000"} {
		if err := (edge.Guard{Origins: []string{origin}}).Check(); err != nil {
			t.Error(err)
		}
	}
	for _, origin := range []string{
		"", "*", "null", "app.example.com", "https://*.example.com", "https://app.example.com/", "https://u@app.example.com", "https://[::1",
	} {
		if err := (edge.Guard{Origins: []string{origin}}).Check(); err == nil {
			t.Errorf("origin %q passes", origin)
		}
	}
}
