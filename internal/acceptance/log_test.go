package acceptance_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/demo"
	"opentrain-mcp/opentrain/sandbox"
)

// TestLog: the log has one line for each call and one more for each write, with the
// request, a short hash of the token, and no arguments.
func TestLog(t *testing.T) {
	t.Parallel()
	s := startHTTP(t, nil, nil)
	token := []string{tokenHeader, sandbox.DemoToken}
	draft := s.do("POST", "/mcp", rpc(1, "opentrain_create_draft", map[string]any{"description": "Label 100 photos of secretfruit"}), token...)
	s.call("opentrain_publish", job(), token...)
	s.call("opentrain_close_job", map[string]any{"jobId": "job_none"}, token...)
	s.call("opentrain_search_jobs", map[string]any{"q": "secretfruit"})
	calls, audits := s.logged("tool call"), s.logged("audit")
	if len(calls) != 4 || len(audits) != 3 {
		t.Fatalf("%d calls, %d audits", len(calls), len(audits))
	}
	if calls[0]["request"] != draft.header.Get("X-Request-Id") || calls[0]["tool"] != "opentrain_create_draft" || calls[0]["status"] != "ok" ||
		!regexp.MustCompile(`^[0-9a-f]{12}$`).MatchString(fmt.Sprint(calls[0]["caller"])) || calls[0]["duration_ms"] == nil {
		t.Errorf("%v", calls[0])
	}
	if calls[3]["caller"] != nil || calls[3]["request"] == calls[0]["request"] {
		t.Errorf("%v", calls[3])
	}
	for i, want := range [][3]string{{"opentrain_create_draft", "job_1", "DRAFT"}, {"opentrain_publish", "job_1", "not published"},
		{"opentrain_close_job", "job_none", "NOT_FOUND"}} {
		if a := audits[i]; a["tool"] != want[0] || a["job"] != want[1] || a["outcome"] != want[2] || a["caller"] != calls[0]["caller"] ||
			a["request"] == "" {
			t.Errorf("%v, want %v", a, want)
		}
	}
	s.do("GET", "/"+sandbox.DemoToken, "")
	for _, secret := range []string{sandbox.DemoToken, "secretfruit"} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("%s is in the log", secret)
		}
	}
}

// TestRequestIDs: the server uses the request ID of a proxy, but not that of a caller.
func TestRequestIDs(t *testing.T) {
	t.Parallel()
	open := startHTTP(t, nil, nil)
	behind := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) { c.BehindProxy = true })
	for id, used := range map[string]bool{"abc-123.X_9": true, "two words": false, strings.Repeat("x", 65): false, "": false} {
		if got := open.do("GET", "/healthz", "", "X-Request-Id", id).header.Get("X-Request-Id"); got == id || len(got) != 16 {
			t.Errorf("%q became %q", id, got)
		}
		if got := behind.do("GET", "/healthz", "", "X-Request-Id", id).header.Get("X-Request-Id"); (got == id) != used {
			t.Errorf("behind a proxy %q became %q", id, got)
		}
	}
}

// TestEveryLogLevelKeepsTheAudit: with --log-level error, the program still logs one audit
// line for each write, and nothing else.
func TestEveryLogLevelKeepsTheAudit(t *testing.T) {
	t.Parallel()
	p := run(t, environment(t), "--sandbox", "--log-level", "error", "--log-format", "json")
	p.call("opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
	p.call("opentrain_list_jobs", map[string]any{})
	p.call("opentrain_patch_draft", completing())
	p.stdin.Close()
	if err := p.end(); err != nil {
		t.Error(err)
	}
	log := p.stderr.String()
	audits := entries(log, "audit")
	if len(audits) != 2 || strings.Count(strings.TrimSpace(log), "\n") != 1 {
		t.Fatalf("want two audit lines, got\n%s", log)
	}
	for i, tool := range []string{"opentrain_create_draft", "opentrain_patch_draft"} {
		if a := audits[i]; a["tool"] != tool || a["job"] != "job_1" || a["outcome"] != "DRAFT" {
			t.Errorf("%v", a)
		}
	}
}

// TestAuditTellsCallersApart: over HTTP with --log-level error, audit lines have the
// caller's address, which tells people apart who share an account.
func TestAuditTellsCallersApart(t *testing.T) {
	t.Parallel()
	address := freePort(t)
	env := environment(t, "OPENTRAIN_API_BASE_URL="+serveSandbox(t, sandbox.Config{}),
		"OPENTRAIN_PERSONAL_API_TOKEN="+sandbox.DemoToken, "OPENTRAIN_MCP_SERVER_TOKEN=the-operators-secret")
	p := run(t, env, "http", "--listen", address, "--auth", "shared", "--behind-proxy", "--allowed-hosts", "127.0.0.1",
		"--log-level", "error")
	e := &endpoint{t, "http://" + address, http.DefaultClient}
	eventually(t, "the program listens", func() bool {
		got, err := e.try("GET", "/healthz", "")
		return err == nil && got.status == http.StatusOK
	})
	for n, person := range []string{"192.0.2.1", "192.0.2.2"} {
		e.call("opentrain_create_draft", map[string]any{"description": demo.SampleDescription, "idempotencyKey": fmt.Sprint(n)},
			"Authorization", "Bearer the-operators-secret", "X-Forwarded-For", person)
	}
	log := func() []map[string]any { return entries(p.stderr.String(), "audit") }
	eventually(t, "two audit lines", func() bool { return len(log()) >= 2 })
	audits := log()
	if len(audits) != 2 || audits[0]["address"] != "192.0.2.1" || audits[1]["address"] != "192.0.2.2" ||
		audits[0]["caller"] != audits[1]["caller"] {
		t.Errorf("%v", audits)
	}
}
