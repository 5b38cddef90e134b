package edge_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"opentrain-mcp/internal/edge"
)

func TestAddress(t *testing.T) {
	for _, test := range []struct {
		name, remote string
		forwarded    []string // one X-Forwarded-For header each
		direct       string   // without a proxy
		behindProxy  string
	}{
		{"IPv4", "192.0.2.1:5000", nil, "192.0.2.1", "192.0.2.1"},
		{"IPv6 counts as its /64", "[2001:db8:1:2:3:4:5:6]:5000", nil, "2001:db8:1:2::/64", "2001:db8:1:2::/64"},
		{"zone", "[fe80::1%eth0]:5000", nil, "fe80::/64", "fe80::/64"},
		{"IPv4 mapped to IPv6", "[::ffff:192.0.2.1]:5000", nil, "192.0.2.1", "192.0.2.1"},
		{"IPv6 loopback", "[::1]:5000", nil, "::1", "::1"},
		{"neighbor of the IPv6 loopback", "[::2]:5000", nil, "::/64", "::/64"},
		{"no port", "192.0.2.1", nil, "192.0.2.1", "192.0.2.1"},
		{"not an address", "@", nil, "@", "@"},
		{"one hop", "10.0.0.1:5000", []string{"192.0.2.1"}, "10.0.0.1", "192.0.2.1"},
		{"last of several hops", "10.0.0.1:5000", []string{"203.0.113.9, 198.51.100.7,192.0.2.1 "}, "10.0.0.1", "192.0.2.1"},
		{"last of several headers", "10.0.0.1:5000", []string{"203.0.113.9", "198.51.100.7, 2001:db8::1"}, "10.0.0.1", "2001:db8::/64"},
		{"hop with zone", "10.0.0.1:5000", []string{"fe80::1%eth0"}, "10.0.0.1", "fe80::/64"},
		{"mapped hop", "10.0.0.1:5000", []string{"::ffff:192.0.2.1"}, "10.0.0.1", "192.0.2.1"},
		{"port", "10.0.0.1:5000", []string{"1.2.3.4:5678"}, "10.0.0.1", "1.2.3.4"},
		{"another port", "10.0.0.1:5000", []string{"1.2.3.4:9"}, "10.0.0.1", "1.2.3.4"},
		{"port of the last of several hops", "10.0.0.1:5000", []string{"9.9.9.9:1, 1.2.3.4:5678"}, "10.0.0.1", "1.2.3.4"},
		{"IPv6 and port", "10.0.0.1:5000", []string{"[2001:db8::1]:443"}, "10.0.0.1", "2001:db8::/64"},
		{"IPv6 in brackets", "10.0.0.1:5000", []string{"[2001:db8::1]"}, "10.0.0.1", "2001:db8::/64"},
		{"IPv6 in quotes", "10.0.0.1:5000", []string{`"[2001:db8::1]"`}, "10.0.0.1", "2001:db8::/64"},
		{"IPv6 and port in quotes", "10.0.0.1:5000", []string{`"[2001:db8::1]:443"`}, "10.0.0.1", "2001:db8::/64"},
		{"IPv4 in quotes", "10.0.0.1:5000", []string{`"1.2.3.4"`}, "10.0.0.1", "1.2.3.4"},
		{"zone and port", "10.0.0.1:5000", []string{"[fe80::1%eth0]:80"}, "10.0.0.1", "fe80::/64"},
		{"mapped hop and port", "10.0.0.1:5000", []string{"[::ffff:192.0.2.1]:80"}, "10.0.0.1", "192.0.2.1"},
		{"capitals", "10.0.0.1:5000", []string{"2001:DB8::1"}, "10.0.0.1", "2001:db8::/64"},
		{"spaces", "10.0.0.1:5000", []string{"9.9.9.9 ,\t 1.2.3.4:5678 \t"}, "10.0.0.1", "1.2.3.4"},
		{"loopback hop and port", "10.0.0.1:5000", []string{"127.0.0.1:80"}, "10.0.0.1", "127.0.0.1"},
		{"the last hop has a bad port", "10.0.0.1:5000", []string{"1.2.3.4:99999"}, "10.0.0.1", "10.0.0.1"},
		{"the last hop is only a port", "10.0.0.1:5000", []string{"1.2.3.4, :80"}, "10.0.0.1", "10.0.0.1"},
		{"the last hop has open brackets", "10.0.0.1:5000", []string{"[2001:db8::1"}, "10.0.0.1", "10.0.0.1"},
		{"the last hop is a name", "10.0.0.1:5000", []string{"1.2.3.4, evil.example:80"}, "10.0.0.1", "10.0.0.1"},
		{"the last hop is hidden", "10.0.0.1:5000", []string{"1.2.3.4, _hidden"}, "10.0.0.1", "10.0.0.1"},
		{"IPv4 in brackets", "10.0.0.1:5000", []string{"[1.2.3.4]"}, "10.0.0.1", "10.0.0.1"},
		{"leading zeros", "10.0.0.1:5000", []string{"01.2.3.4"}, "10.0.0.1", "10.0.0.1"},
		{"the last hop is garbage", "10.0.0.1:5000", []string{"192.0.2.1, unknown"}, "10.0.0.1", "10.0.0.1"},
		{"the last hop is empty", "10.0.0.1:5000", []string{"192.0.2.1,"}, "10.0.0.1", "10.0.0.1"},
		{"empty header", "10.0.0.1:5000", []string{""}, "10.0.0.1", "10.0.0.1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = test.remote
			for _, header := range test.forwarded {
				r.Header.Add("X-Forwarded-For", header)
			}
			if got := edge.Address(r, false); got != test.direct {
				t.Errorf("direct: got %q, want %q", got, test.direct)
			}
			if got := edge.Address(r, true); got != test.behindProxy {
				t.Errorf("behind a proxy: got %q, want %q", got, test.behindProxy)
			}
		})
	}
}

func TestLoopback(t *testing.T) {
	for name, want := range map[string]bool{
		"127.0.0.1": true, "127.8.9.10": true, "::1": true, "::ffff:127.0.0.1": true, "localhost": true,
		"192.0.2.1": false, "::/64": false, "::2": false, "2001:db8::/64": false, "localhost.example.com": false, "0.0.0.0": false, "": false,
	} {
		if got := edge.Loopback(name); got != want {
			t.Errorf("Loopback(%q) = %v", name, got)
		}
	}
}
