package acceptance_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/opentrain/sandbox"
)

// TestCallerLimit: a caller who calls too often learns how long to wait. Other callers
// are not affected.
func TestCallerLimit(t *testing.T) {
	t.Parallel()
	s := startHTTP(t, []sandbox.Account{employer(1), employer(2)}, func(c *opentrainmcp.HTTPConfig) { c.CallsPerSecond, c.Burst = 0.1, 3 })
	first, second := as(1), as(2)
	for range 3 {
		if got := s.call("opentrain_list_jobs", map[string]any{}, first...); got.isError {
			t.Fatal(got.text)
		}
	}
	sent := len(s.api.seen())
	got := s.call("opentrain_list_jobs", map[string]any{}, first...)
	if f := got.failure; f.Code != "BUSY" || f.RetryAfterSeconds < 1 || f.RetryAfterSeconds > 10 ||
		!strings.Contains(got.text, fmt.Sprintf("Wait: %d seconds", f.RetryAfterSeconds)) {
		t.Errorf("%+v", got)
	}
	read := s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"opentrain://fields"}}`, first...)
	if read.status != http.StatusTooManyRequests || read.header.Get("Retry-After") == "" || !strings.Contains(read.body, "faster than this server allows") {
		t.Errorf("%d %s", read.status, read.body)
	}
	if len(s.api.seen()) != sent {
		t.Error("a refused call reached the API")
	}
	for name, headers := range map[string][]string{"another token": second, "no token": nil} {
		if got := s.call("opentrain_search_jobs", map[string]any{}, headers...); got.isError {
			t.Errorf("%s: %s", name, got.text)
		}
	}
}

// TestCallersAddress: the address that counts for limits comes from the connection, or
// from the proxy's own X-Forwarded-For entry behind a proxy.
func TestCallersAddress(t *testing.T) {
	t.Parallel()
	for _, behindProxy := range []bool{false, true} {
		s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) {
			c.BehindProxy, c.CallsPerSecond, c.Burst = behindProxy, 0.001, 1
		})
		refused := 0
		for n := range 5 {
			hops := fmt.Sprintf("10.9.9.9, 192.0.2.%d", n)
			if got := s.call("opentrain_list_facets", map[string]any{}, "X-Forwarded-For", hops); got.isError {
				refused++
			}
		}
		want := 4 // all but the first: the calls come over one connection's address
		if behindProxy {
			want = 0 // each hop is a caller of its own
		}
		if refused != want {
			t.Errorf("behind a proxy %v: %d refused, want %d", behindProxy, refused, want)
		}
		// The hops that a caller can write do not count, nor does another of its
		// own /64.
		for n := range 3 {
			got := s.call("opentrain_list_facets", map[string]any{}, "X-Forwarded-For", fmt.Sprintf("192.0.2.%d, 2001:db8::%d", n+100, n))
			if behindProxy && got.isError != (n > 0) {
				t.Errorf("call %d: refused %v", n, got.isError)
			}
		}
	}
}

// TestOneAddressCannotUseUpTheQuota: one address gets at most half of the sessions and
// streams.
func TestOneAddressCannotUseUpTheQuota(t *testing.T) {
	t.Parallel()
	s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) {
		c.BehindProxy, c.Sessions, c.MaxSessions, c.MaxStreams = true, true, 4, 4
	})
	greedy, other := []string{"X-Forwarded-For", "192.0.2.1"}, []string{"X-Forwarded-For", "192.0.2.2"}
	for n, want := range []int{200, 200, 429, 429} {
		if got := s.do("POST", "/mcp", hello, append(greedy, tokenHeader, fmt.Sprint("ot_pat_made_up_", n))...); got.status != want {
			t.Errorf("session %d: %d", n, got.status)
		}
	}
	s.open(greedy...)
	s.open(greedy...)
	if got := s.do("GET", "/sse", "", greedy...); got.status != http.StatusServiceUnavailable {
		t.Errorf("a third stream: %d", got.status)
	}
	if got := s.do("POST", "/mcp", hello, other...); got.status != 200 {
		t.Errorf("another address: %d", got.status)
	}
	s.open(other...)
}
