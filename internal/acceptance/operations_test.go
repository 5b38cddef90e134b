package acceptance_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/opentrain/sandbox"
)

// TestMetrics: what is counted, and that no caller chooses a label.
func TestMetrics(t *testing.T) {
	s := startHTTP(t, nil, nil)
	token := []string{demoHeader, sandbox.DemoToken}
	s.call("opentrain_search_jobs", map[string]any{"q": "evil\"} 1\n"}, token...)
	s.call("opentrain_search_jobs", map[string]any{"q": "evil\"} 1\n"}, token...)
	s.call("opentrain_list_jobs", map[string]any{}, token...)
	s.call("opentrain_list_jobs", map[string]any{}, demoHeader, "ot_pat_stranger_of_1")
	s.call("opentrain_get_job", map[string]any{"jobId": 7})
	s.call("tool_of_mine", map[string]any{})
	s.do("GET", "/path/of/mine", "", "Origin", "https://evil.example")
	stream := s.open(token...)
	defer stream.close()
	got := s.do("GET", "/metrics", "")
	for _, line := range []string{
		`opentrain_mcp_tool_calls_total{outcome="ok",tool="opentrain_search_jobs"} 2`,
		`opentrain_mcp_tool_calls_total{outcome="ok",tool="opentrain_list_jobs"} 1`,
		`opentrain_mcp_tool_calls_total{outcome="UNAUTHORIZED",tool="opentrain_list_jobs"} 1`,
		`opentrain_mcp_tool_call_duration_seconds_count{tool="opentrain_search_jobs"} 2`,
		`opentrain_mcp_upstream_requests_total{method="GET",status="200"} 2`,
		`opentrain_mcp_upstream_requests_total{method="GET",status="401"} 1`,
		`opentrain_mcp_public_reads_total{source="miss"} 2`,
		`opentrain_mcp_public_reads_total{source="hit"} 1`,
		`opentrain_mcp_http_refused_total{status="403"} 1`,
		`opentrain_mcp_open_streams 1`,
		`opentrain_mcp_sessions 0`,
	} {
		if !strings.Contains(got.body, line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
	for _, chosen := range []string{"evil", "mine", "stranger", sandbox.DemoToken, "127.0.0.1"} {
		if strings.Contains(got.body, chosen) {
			t.Errorf("%q is in the metrics", chosen)
		}
	}
}

// TestMetricsKnowTheirCodes: a code that only the API made up is no label.
func TestMetricsKnowTheirCodes(t *testing.T) {
	s := startHTTPWith(t, answering(400, `{"error":"no","code":"CODE_OF_TODAY_17"}`), nil)
	if got := s.call("opentrain_list_jobs", map[string]any{}, demoHeader, sandbox.DemoToken); got.Result.Meta.Failure.Code != "CODE_OF_TODAY_17" {
		t.Errorf("%+v", got)
	}
	if got := s.do("GET", "/metrics", ""); strings.Contains(got.body, "CODE_OF_TODAY") || !strings.Contains(got.body, `outcome="OTHER"`) {
		t.Error(got.body)
	}
}

// TestLog: one line for each call, one more for each write, with the request,
// a short hash for the token and no argument.
func TestLog(t *testing.T) {
	s := startHTTP(t, nil, nil)
	token := []string{demoHeader, sandbox.DemoToken}
	draft := s.do("POST", "/mcp", rpc(1, "opentrain_create_draft", map[string]any{"description": "Label 100 photos of secretfruit"}), token...)
	s.call("opentrain_publish", map[string]any{"jobId": "job_1"}, token...)
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
	for i, want := range [][3]string{{"opentrain_create_draft", "job_1", "DRAFT"}, {"opentrain_publish", "job_1", "DRAFT"}, {"opentrain_close_job", "job_none", "NOT_FOUND"}} {
		if a := audits[i]; a["tool"] != want[0] || a["job"] != want[1] || a["outcome"] != want[2] || a["caller"] != calls[0]["caller"] || a["request"] == "" {
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

// TestRequestIDs: a proxy's id is taken, a caller's is not.
func TestRequestIDs(t *testing.T) {
	open := startHTTP(t, nil, nil)
	behind := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) { c.BehindProxy = true })
	for id, taken := range map[string]bool{"abc-123.X_9": true, "two words": false, strings.Repeat("x", 65): false, "": false} {
		if got := open.do("GET", "/healthz", "", "X-Request-Id", id).header.Get("X-Request-Id"); got == id || len(got) != 16 {
			t.Errorf("%q became %q", id, got)
		}
		if got := behind.do("GET", "/healthz", "", "X-Request-Id", id).header.Get("X-Request-Id"); (got == id) != taken {
			t.Errorf("behind a proxy %q became %q", id, got)
		}
	}
}

// TestTraceparent: a caller's trace goes on upstream, from the header or from
// _meta; what is no trace does not.
func TestTraceparent(t *testing.T) {
	var seen []string
	box := sandbox.New(sandbox.Config{}).Transport()
	s := startHTTPWith(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		seen = append(seen, r.Header.Get("Traceparent")+"|"+r.Header.Get("Tracestate"))
		return box.RoundTrip(r)
	}), nil)
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	token := []string{demoHeader, sandbox.DemoToken}
	s.call("opentrain_list_jobs", map[string]any{}, append(token, "Traceparent", parent, "Tracestate", "vendor=1")...)
	s.call("opentrain_list_jobs", map[string]any{}, append(token, "Traceparent", "00-xyz", "Tracestate", "vendor=1")...)
	s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"opentrain_list_jobs","arguments":{},"_meta":{"traceparent":"`+parent+`"}}}`, token...)
	s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"opentrain_list_jobs","arguments":{},"_meta":{"traceparent":"00-xyz\r\nX-Evil: 1"}}}`, token...)
	if want := []string{parent + "|vendor=1", "|", parent + "|", "|"}; fmt.Sprint(seen) != fmt.Sprint(want) {
		t.Errorf("%q", seen)
	}
}

// TestPanicOverHTTP: a fault of this server is a plain tool error, and the
// server goes on.
func TestPanicOverHTTP(t *testing.T) {
	s := startHTTPWith(t, roundTripper(func(*http.Request) (*http.Response, error) { panic("secretfruit") }), nil)
	for _, tool := range []string{"opentrain_list_jobs", "opentrain_search_jobs"} {
		got := s.call(tool, map[string]any{}, demoHeader, sandbox.DemoToken)
		if got.Result.Meta.Failure.Code != "INTERNAL_ERROR" || strings.Contains(got.text(), "secretfruit") {
			t.Errorf("%s: %+v", tool, got)
		}
	}
	if len(s.logged("panic in a tool")) != 2 {
		t.Error("the log does not tell")
	}
	stream := s.open(demoHeader, sandbox.DemoToken)
	if got := stream.call(1, "opentrain_list_jobs", map[string]any{}); got.Result.Meta.Failure.Code != "INTERNAL_ERROR" {
		t.Errorf("%+v", got)
	}
}
