package acceptance_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/opentrain/sandbox"
)

// TestMetrics checks what is counted, and that callers cannot create labels.
func TestMetrics(t *testing.T) {
	t.Parallel()
	s := startHTTP(t, nil, nil)
	token := []string{tokenHeader, sandbox.DemoToken}
	s.call("opentrain_search_jobs", map[string]any{"q": "evil\"} 1\n"}, token...)
	s.call("opentrain_search_jobs", map[string]any{"q": "evil\"} 1\n"}, token...)
	s.call("opentrain_list_jobs", map[string]any{}, token...)
	s.call("opentrain_list_jobs", map[string]any{}, tokenHeader, "ot_pat_stranger_of_1")
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

// TestMetricsKnowTheirCodes: an error code that the server does not know is not a
// label.
func TestMetricsKnowTheirCodes(t *testing.T) {
	t.Parallel()
	s := startHTTPWith(t, answering(400, `{"error":"no","code":"CODE_OF_TODAY_17"}`), nil)
	if got := s.call("opentrain_list_jobs", map[string]any{}, tokenHeader, sandbox.DemoToken); got.failure.Code != "CODE_OF_TODAY_17" {
		t.Errorf("%+v", got)
	}
	if got := s.do("GET", "/metrics", ""); strings.Contains(got.body, "CODE_OF_TODAY") || !strings.Contains(got.body, `outcome="OTHER"`) {
		t.Error(got.body)
	}
}

// TestOps: health and metrics can have their own listener. It answers on any address,
// but not to web pages.
func TestOps(t *testing.T) {
	t.Parallel()
	s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) { c.SeparateOps = true })
	ops := httptest.NewServer(s.handler.Ops())
	t.Cleanup(ops.Close)
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		if got := s.do("GET", path, ""); got.status != http.StatusNotFound {
			t.Errorf("%s is on the main listener: %d", path, got.status)
		}
		there := &endpoint{t, ops.URL, ops.Client()}
		if got := there.do("GET", path, "", "Host", "10.1.2.3:9090"); got.status != http.StatusOK {
			t.Errorf("%s: %d", path, got.status)
		}
		if got := there.do("GET", path, "", "Origin", "https://evil.example"); got.status != http.StatusForbidden {
			t.Errorf("%s for a web page: %d", path, got.status)
		}
		if got := there.do("GET", path, "", "Host", "evil.example"); (got.status == http.StatusForbidden) != (path == "/metrics") {
			t.Errorf("%s under another name: %d", path, got.status)
		}
		if got := there.do("POST", "/mcp", hello); got.status != http.StatusNotFound {
			t.Errorf("/mcp on the ops listener: %d", got.status)
		}
	}
	if sent := s.api.seen(); len(sent) != 0 {
		t.Errorf("a health check called the API: %v", sent)
	}
}

// TestTraceparent: a caller's trace is passed to the API, from the header or from
// _meta. An invalid trace is not.
func TestTraceparent(t *testing.T) {
	t.Parallel()
	var seen []string
	box := sandbox.New(sandbox.Config{}).Transport()
	s := startHTTPWith(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		seen = append(seen, r.Header.Get("Traceparent")+"|"+r.Header.Get("Tracestate"))
		return box.RoundTrip(r)
	}), nil)
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	token := []string{tokenHeader, sandbox.DemoToken}
	s.call("opentrain_list_jobs", map[string]any{}, append(token, "Traceparent", parent, "Tracestate", "vendor=1")...)
	s.call("opentrain_list_jobs", map[string]any{}, append(token, "Traceparent", "00-xyz", "Tracestate", "vendor=1")...)
	s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"opentrain_list_jobs","arguments":{},"_meta":{`+
		`"traceparent":"`+parent+`"}}}`, token...)
	s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"opentrain_list_jobs","arguments":{},"_meta":{`+
		`"traceparent":"00-xyz\r\nX-Evil: 1"}}}`, token...)
	if want := []string{parent + "|vendor=1", "|", parent + "|", "|"}; fmt.Sprint(seen) != fmt.Sprint(want) {
		t.Errorf("%q", seen)
	}
}
