package acceptance_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	opentrainmcp "opentrain-mcp"
)

// TestMadeUpTokensShareTheirAddressesLimit: a new token for every request gets a stranger no further than one token's
// limit times ten, and fills neither the API's time nor the log.
func TestMadeUpTokensShareTheirAddressesLimit(t *testing.T) {
	t.Parallel()
	p := runHTTP(t, environment(t), "--sandbox", "--rate", "1", "--burst", "3") // each token sends three
	served, start := 0, time.Now()
	for n := range 60 {
		got := p.do("POST", "/mcp", rpc(1, "opentrain_list_jobs", map[string]any{}), tokenHeader, fmt.Sprintf("ot_pat_made_up_%d", n))
		switch got.status {
		case http.StatusOK:
			served++
		case http.StatusTooManyRequests:
			if got.header.Get("Retry-After") == "" || !strings.Contains(got.body, "Your network") {
				t.Errorf("%v %s", got.header, got.body)
			}
		default:
			t.Fatalf("%d %s", got.status, got.body)
		}
		for _, request := range [][2]string{{"GET", "/sse"}, {"DELETE", "/mcp"}} {
			got, err := p.client.Do(p.request(t.Context(), request[0], request[1], "", tokenHeader, fmt.Sprintf("ot_pat_made_up_%d", n)))
			if err != nil {
				t.Fatal(err)
			}
			got.Body.Close() // it may be a stream
			if got.StatusCode != http.StatusTooManyRequests {
				served++
			}
		}
	}
	if most := 30 + int(10*time.Since(start).Seconds()) + 1; served < 30 || served > most {
		t.Errorf("%d of 180 requests were served, want at most %d", served, most)
	}
	if got := p.do("GET", "/healthz", ""); got.status != http.StatusOK {
		t.Errorf("health: %d", got.status)
	}
	if lines := strings.Count(p.program.stderr.String(), `"status":429`); lines > 5*(1+int(time.Since(start).Minutes())) {
		t.Errorf("%d lines about refused requests", lines)
	}
}

// TestAddressLimitIsOffWithoutARate: --rate 0 switches both limits off.
func TestAddressLimitIsOffWithoutARate(t *testing.T) {
	t.Parallel()
	s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) { c.CallsPerSecond, c.Burst = opentrainmcp.NoLimit, 1 })
	for range 30 {
		if got := s.do("POST", "/mcp", hello); got.status != http.StatusOK {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
}

// TestForwardedPortsAreNoAddresses: some proxies write the caller's port too, which changes with every connection.
func TestForwardedPortsAreNoAddresses(t *testing.T) {
	t.Parallel()
	for _, hops := range [][2]string{
		{"1.2.3.4:5678", "1.2.3.4:5679"}, {"1.2.3.4:5678", "1.2.3.4"}, {"[2001:db8::1]:443", "2001:db8::2"},
		{`"[2001:db8::1]:443"`, "[2001:db8::1]"},
	} {
		s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) { c.BehindProxy, c.CallsPerSecond, c.Burst = true, 0.001, 1 })
		for n, hop := range []string{hops[0], hops[1], "5.6.7.8:5678"} {
			got := s.call("opentrain_list_facets", map[string]any{}, "X-Forwarded-For", "9.9.9.9, "+hop)
			if got.isError != (n == 1) {
				t.Errorf("%v: call %d from %s: limited %v", hops, n, hop, got.isError)
			}
		}
	}
}

// TestRefusalsFillNoLog: a flood of refused requests leaves a few lines, without a header's value. Metrics count all.
func TestRefusalsFillNoLog(t *testing.T) {
	t.Parallel()
	s, start := startHTTP(t, nil, nil), time.Now()
	long := strings.Repeat("secretheader", 5000)
	for n := range 60 {
		s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"result":{}}`, "Mcp-Session-Id", long, tokenHeader, fmt.Sprint("secretheader ", n))
		s.do("GET", fmt.Sprint("/secretheader", n), "")
	}
	var lines []map[string]any
	for _, line := range strings.Split(strings.TrimSpace(s.log.String()), "\n") {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		lines = append(lines, entry)
	}
	if most := 2 + 2*int(time.Since(start).Minutes()); len(lines) < 2 || len(lines) > most || strings.Contains(s.log.String(), "secretheader") {
		t.Errorf("%d lines\n%.2000s", len(lines), s.log.String())
	}
	if metrics := s.do("GET", "/metrics", "").body; !strings.Contains(metrics, `opentrain_mcp_http_refused_total{http_response_status_code="401"} 60`) ||
		!strings.Contains(metrics, `opentrain_mcp_http_refused_total{http_response_status_code="404"} 60`) {
		t.Error("metrics don't count every refused request")
	}
}
