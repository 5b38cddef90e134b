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
	s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"method/of/mine"}`)
	s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"another/of/mine"}`)
	s.do("POST", "/mcp", `{"jsonrpc":"2.0","method":"notifications/initialized"}`, "Mcp-Protocol-Version", "2025-06-18")
	s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{"_meta":{`+
		`"io.modelcontextprotocol/protocolVersion":"2999-mine","io.modelcontextprotocol/clientCapabilities":{}}}}`,
		"Mcp-Protocol-Version", "2999-mine", "Mcp-Method", "server/discover")
	s.do("GET", "/path/of/mine", "", "Origin", "https://evil.example")
	stream := s.open(token...)
	defer stream.close()
	got := s.do("GET", "/metrics", "")
	for _, line := range []string{
		operation("tools/call", "opentrain_search_jobs", "", "") + ` 2`,
		operation("tools/call", "opentrain_list_jobs", "", "") + ` 1`,
		operation("tools/call", "opentrain_list_jobs", "tool_error", "") + ` 1`,
		operation("tools/call", "_OTHER", "tool_error", "") + ` 1`,
		operation("_OTHER", "", "-32601", "") + ` 2`,
		operation("server/discover", "", "-32022", "_OTHER") + ` 1`,
		operation("notifications/initialized", "", "", "2025-06-18") + ` 1`,
		`opentrain_mcp_tool_calls_total{gen_ai_tool_name="opentrain_search_jobs",outcome="ok"} 2`,
		`opentrain_mcp_tool_calls_total{gen_ai_tool_name="opentrain_list_jobs",outcome="ok"} 1`,
		`opentrain_mcp_tool_calls_total{gen_ai_tool_name="opentrain_list_jobs",outcome="UNAUTHORIZED"} 1`,
		`http_client_request_duration_seconds_count{error_type="",http_request_method="GET",http_response_status_code="200"} 2`,
		`http_client_request_duration_seconds_count{error_type="401",http_request_method="GET",http_response_status_code="401"} 1`,
		`opentrain_mcp_public_reads_total{source="miss"} 2`,
		`opentrain_mcp_public_reads_total{source="hit"} 1`,
		`opentrain_mcp_http_refused_total{http_response_status_code="403"} 1`,
		`opentrain_mcp_open_streams 1`,
		`opentrain_mcp_sessions 0`,
		`opentrain_mcp_ready 1`,
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

// operation is the beginning of the line that counts an operation of MCP over HTTP. failure is its error.type.
func operation(method, tool, failure, version string) string {
	execute, code := "", ""
	if tool != "" {
		execute = "execute_tool"
	}
	if strings.HasPrefix(failure, "-") {
		code = failure
	}
	return fmt.Sprintf(`mcp_server_operation_duration_seconds_count{error_type=%q,gen_ai_operation_name=%q,gen_ai_prompt_name="",`+
		`gen_ai_tool_name=%q,mcp_method_name=%q,mcp_protocol_version=%q,network_protocol_name="http",network_transport="tcp",`+
		`rpc_response_status_code=%q}`, failure, execute, tool, method, version, code)
}

// TestMetricsOfSessions: sessions and streams are counted when they end, if their client said hello.
func TestMetricsOfSessions(t *testing.T) {
	t.Parallel()
	s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) { c.Sessions = true })
	opened := s.do("POST", "/mcp", hello)
	s.do("DELETE", "/mcp", "", "Mcp-Session-Id", opened.header.Get("Mcp-Session-Id"))
	s.open().close() // it never said hello
	stream := s.open()
	stream.post(hello)
	stream.next("message")
	stream.close()
	const ended = `mcp_server_session_duration_seconds_count{mcp_protocol_version="2025-11-25",network_protocol_name="http",network_transport="tcp"} 2`
	eventually(t, "both sessions are counted", func() bool { return strings.Contains(s.do("GET", "/metrics", "").body, ended+"\n") })
}

// TestMetricsKnowTheirCodes: an error code that the server does not know is not a
// label.
func TestMetricsKnowTheirCodes(t *testing.T) {
	t.Parallel()
	s := startHTTPWith(t, answering(400, `{"error":"no","code":"CODE_OF_TODAY_17"}`), nil)
	if got := s.call("opentrain_list_jobs", map[string]any{}, tokenHeader, sandbox.DemoToken); got.failure.Code != "CODE_OF_TODAY_17" {
		t.Errorf("%+v", got)
	}
	if got := s.do("GET", "/metrics", ""); strings.Contains(got.body, "CODE_OF_TODAY") || !strings.Contains(got.body, `outcome="_OTHER"`) {
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

// TestTraceparent: a caller's trace, from _meta or else from the header, in both eras, goes on to the API with a span of the
// call, and is in every line of the log. An invalid trace is ignored.
func TestTraceparent(t *testing.T) {
	t.Parallel()
	const (
		inHeader = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
		inMeta   = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
	)
	for name, test := range map[string]struct{ header, meta, state, want string }{
		"none":             {"", "", "", ""},
		"in the header":    {inHeader, "", "vendor=1", inHeader},
		"in _meta":         {"", inMeta, "vendor=1", inMeta},
		"in both":          {inHeader, inMeta, "vendor=1", inMeta},
		"invalid in _meta": {inHeader, "00-xyz\\r\\nX-Evil: 1", "", inHeader},
		"invalid":          {"00-xyz", "00-" + strings.Repeat("0", 32) + "-00f067aa0ba902b7-01", "vendor=1", ""},
		"too long":         {"", inMeta + "-" + strings.Repeat("0", 1000), "", ""},
	} {
		for _, era := range []string{"2025-11-25", "2026-07-28"} {
			t.Run(name+" "+era, func(t *testing.T) {
				t.Parallel()
				var sent http.Header
				box := sandbox.New(sandbox.Config{}).Transport()
				s := startHTTPWith(t, roundTripper(func(r *http.Request) (*http.Response, error) {
					sent = r.Header
					return box.RoundTrip(r)
				}), nil)
				headers, meta := []string{tokenHeader, sandbox.DemoToken}, `"x":1`
				if test.header != "" {
					headers = append(headers, "Traceparent", test.header, "Tracestate", test.state)
				}
				if test.meta != "" {
					meta += fmt.Sprintf(`,"traceparent":"%s","tracestate":"%s"`, test.meta, test.state)
				}
				if era == "2026-07-28" {
					headers = append(headers, modernHeaders("tools/call", "opentrain_list_jobs")...)
					meta += `,"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}`
				}
				got := s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"opentrain_list_jobs","arguments":{},"_meta":{`+
					meta+`}}}`, headers...)
				if got.status != http.StatusOK {
					t.Fatal(got.status, got.body)
				}
				lines := append(s.logged("tool call"), s.logged("http")...)
				if len(lines) != 2 {
					t.Fatal(s.log)
				}
				if test.want == "" {
					if sent.Get("Traceparent")+sent.Get("Tracestate") != "" || strings.Contains(s.log.String(), "trace_id") {
						t.Errorf("sent %v, logged %s", sent, s.log)
					}
					return
				}
				for _, line := range lines {
					span := fmt.Sprint(line["span_id"])
					if line["trace_id"] != test.want[3:35] || line["trace_flags"] != test.want[53:] || len(span) != 16 || span == test.want[36:52] {
						t.Errorf("%v", line)
					}
					if passed := test.want[:36] + span + test.want[52:]; sent.Get("Traceparent") != passed || sent.Get("Tracestate") != test.state {
						t.Errorf("sent %v, want %s", sent, passed)
					}
				}
			})
		}
	}
}

// TestTraceOverStdio: a trace in _meta belongs to its call alone.
func TestTraceOverStdio(t *testing.T) {
	t.Parallel()
	p := run(t, environment(t), "--sandbox", "--log-level", "info", "--log-format", "json")
	for _, meta := range []string{`"traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"`, ``} {
		p.send(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"opentrain_list_jobs","arguments":{},"_meta":{` + meta + `}}}`)
		p.receive()
	}
	p.stdin.Close()
	if err := p.end(); err != nil {
		t.Error(err)
	}
	lines := entries(p.stderr.String(), "tool call")
	if len(lines) != 2 || lines[0]["trace_id"] != "4bf92f3577b34da6a3ce929d0e0e4736" || lines[1]["trace_id"] != nil {
		t.Error(p.stderr.String())
	}
}
