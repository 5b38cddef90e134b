package acceptance_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/edge"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/opentrain"
)

// TestOneLoopback: all that treat this machine differently agree on what it is: where plain http is allowed for a base URL, a page, and
// a webhook.
func TestOneLoopback(t *testing.T) {
	t.Parallel()
	s := startWith(t, answering(http.StatusForbidden, `{}`), func(c *opentrainmcp.Config) { c.Toolsets = []string{"updates"} })
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST": true, "LocalHost": true, "127.0.0.1": true, "127.8.9.10": true, "::1": true, "0:0:0:0:0:0:0:1": true,
		"::ffff:127.0.0.1": true, "192.0.2.1": false, "0.0.0.0": false, "::": false, "::2": false, "localhost.example.com": false,
		"localhost.": false, "127.0.0.1.evil.example": false, "evil.localhost": false, "127.1": false, "app.opentrain.ai": false,
	} {
		inURL := host
		if address, err := netip.ParseAddr(host); err == nil && address.Is6() {
			inURL = "[" + host + "]"
		}
		_, err := opentrain.New(opentrain.Config{BaseURL: "http://" + inURL + ":8090"})
		page := text.SecureURL("http://" + inURL + "/a")
		got := call(t, s.host, "opentrain_create_webhook", map[string]any{
			"url": "http://" + inURL + ":8090/hook", "eventTypes": []string{"message.received"},
		})
		hook := !strings.Contains(got.text, "http:// is only for this machine")
		if is := text.Loopback(host); is != want || edge.Loopback(host) != is || (err == nil) != want || (page != "") != want || hook != want {
			t.Errorf("%s: %t, base URL %v, page %q, webhook %s", host, is, err, page, got.text)
		}
	}
	for _, name := range []string{"", "::/64", "[::1]", "127.0.0.1:80"} {
		if text.Loopback(name) || edge.Loopback(name) {
			t.Errorf("%q", name)
		}
	}
}
