package acceptance_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

const ping = `{"jsonrpc":"2.0","id":1,"method":"ping"}`

// TestDeployLimits: nginx limits what one address can do, and answers in the protocol's
// form. Other addresses notice nothing.
func TestDeployLimits(t *testing.T) {
	const atOnce = 40
	d := deployWith(t, []string{ // smaller, to get there sooner
		"rate=500r/s", "rate=50r/s", "burst=3000", "burst=300", "address_calls         200;", fmt.Sprintf("address_calls %d;", atOnce),
		"address_streams       1000;", "address_streams 3;",
	})
	other := &deployment{endpoint: d.from("127.0.0.2")}
	honest := func(when string) {
		t.Helper()
		if got := other.attempt("opentrain_list_jobs", map[string]any{}); got.problem != "" {
			t.Errorf("another address, %s: %s", when, got.problem)
		}
	}
	d.api.delay("a", "b", "c")
	var calls sync.WaitGroup
	for range atOnce {
		calls.Go(func() {
			if got := d.attempt("opentrain_list_jobs", map[string]any{}); got.problem != "" {
				t.Error(got.problem)
			}
		})
	}
	d.api.waitDelayed(atOnce)
	checkLimited(t, d.do("POST", "/mcp", ping, asDemo()...))
	if got := d.do("GET", "/mcp", ""); got.status == http.StatusTooManyRequests {
		t.Error("calls count as streams")
	}
	d.api.release()
	calls.Wait()
	honest("during many calls at once")

	for range 3 {
		d.open(asDemo()...)
	}
	checkLimited(t, d.do("GET", "/sse", "", asDemo()...))
	other.open(asDemo()...)

	checkLimited(t, d.flood("GET", "/register", ""))
	checkLimited(t, d.flood("POST", "/mcp", ping))
	honest("during a flood")
	other.open(asDemo()...)

	d.nginx.signal(syscall.SIGTERM)
	d.do(http.MethodGet, "/mcp/ot_pat_secret", "")
	if err := d.nginx.end(); err != nil {
		t.Errorf("nginx ended with %v", err)
	}
	if log := d.nginx.stdout.String(); strings.Contains(log, "ot_pat_") || !strings.Contains(log, `"path":"other"`) {
		t.Error("the log has a path with a token")
	}
	limited := 0
	for line := range strings.Lines(d.nginx.stdout.String()) {
		if strings.Contains(line, `"status":"429"`) {
			limited++
			if !strings.Contains(line, `"replica":"","tries":""`) || !strings.Contains(line, `"REJECTED"`) {
				t.Fatalf("the log says %s", line)
			}
		}
	}
	if limited == 0 {
		t.Error("the log has no limited request")
	}
	if log := d.nginx.stderr.String(); strings.Contains(log, "limiting") {
		t.Errorf("the error log repeats it: %s", log)
	}
}

// flood sends requests from one address until one is limited, and returns its answer.
func (d *deployment) flood(method, path, body string) reply {
	d.t.Helper()
	const most = 3000 // far beyond the burst of each limit
	var sent atomic.Int64
	limited := make(chan reply, callersAtOnce)
	var callers sync.WaitGroup
	for range callersAtOnce {
		callers.Go(func() {
			for sent.Add(1) <= most && len(limited) == 0 {
				got, err := d.try(method, path, body)
				if err == nil && got.status == http.StatusTooManyRequests {
					limited <- got
					return
				}
			}
		})
	}
	callers.Wait()
	close(limited)
	return <-limited
}

// checkLimited checks an answer of nginx to an address that does too much.
func checkLimited(t *testing.T, got reply) {
	t.Helper()
	if got.Response == nil {
		t.Error("nothing was limited")
		return
	}
	failed := parseMessage(t, got.body).Error
	if got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") != "1" ||
		got.header.Get("Content-Type") != "application/json" || !strings.Contains(failed.Message, "Too many requests from your address.") {
		t.Errorf("%s, Retry-After %q, %s", got.Status, got.header.Get("Retry-After"), got.body)
	}
}
