package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"opentrain-mcp/internal/metrics"
	"opentrain-mcp/opentrain"
)

// scrape returns the lines of the metrics page.
func scrape(t *testing.T, m *metrics.Metrics) map[string]bool {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("status %d", w.Code)
	}
	lines := map[string]bool{}
	for line := range strings.Lines(w.Body.String()) {
		lines[strings.TrimSpace(line)] = true
	}
	return lines
}

// publish is a call of a tool over HTTP.
func publish() metrics.Operation {
	return metrics.Operation{Method: "tools/call", Tool: "opentrain_publish", Session: metrics.Session{Version: "2026-07-28"}}
}

func use(m *metrics.Metrics) {
	m.Served(publish(), 15*time.Millisecond)
	m.Served(publish(), 15*time.Second)
	failed := publish()
	failed.Error = metrics.ToolError
	m.Served(failed, time.Second)
	m.Served(metrics.Operation{Method: metrics.Other, Code: -32601, Session: metrics.Session{Pipe: true}}, 0)
	m.Served(metrics.Operation{Method: "prompts/get", Prompt: "post_job"}, 0)
	m.Asked(metrics.Operation{Method: "elicitation/create", Error: metrics.Timeout}, time.Hour)
	m.Ended(metrics.Session{Version: "2025-11-25"}, time.Minute)
	m.ToolCall("opentrain_publish", "ok")
	m.ToolCall("opentrain_publish", "input_required")
	m.ToolCall("opentrain_publish", string(opentrain.CodeBusy))
	m.ToolCall("opentrain_publish", "NEW_CODE")
	m.ToolCall("opentrain_publish", "")
	m.Sent(opentrain.Sent{Method: "GET", Status: 200, Duration: 30 * time.Millisecond})
	m.Sent(opentrain.Sent{Method: "GET", Status: 503, Duration: 30 * time.Millisecond})
	m.Sent(opentrain.Sent{Method: "POST", Err: errors.New("connection refused"), Duration: time.Minute})
	m.Sent(opentrain.Sent{Method: "POST", Err: fmt.Errorf("post: %w", context.DeadlineExceeded), Duration: time.Minute})
	m.Sent(opentrain.Sent{Method: "POST", Err: context.Canceled})
	m.Read(opentrain.ReadHit)
	m.Read(opentrain.ReadHit)
	m.Read(opentrain.ReadJoined)
	m.Refused(429)
}

func TestCounters(t *testing.T) {
	m, state := metrics.New(), metrics.State{Sessions: 2, Ready: true}
	m.Observe(func() metrics.State { return state })
	if got := scrape(t, m); !got["opentrain_mcp_open_streams 0"] || !got["opentrain_mcp_ready 1"] {
		t.Error("no state")
	}
	state.Streams, state.Ready = 1, false
	use(m)
	got := scrape(t, m)
	const (
		call = `error_type="",gen_ai_operation_name="execute_tool",gen_ai_prompt_name="",gen_ai_tool_name="opentrain_publish",` +
			`mcp_method_name="tools/call",mcp_protocol_version="2026-07-28",network_protocol_name="http",network_transport="tcp",rpc_response_status_code=""`
		unknown = `error_type="-32601",gen_ai_operation_name="",gen_ai_prompt_name="",gen_ai_tool_name="",` +
			`mcp_method_name="_OTHER",mcp_protocol_version="",network_protocol_name="",network_transport="pipe",rpc_response_status_code="-32601"`
		prompt = `error_type="",gen_ai_operation_name="",gen_ai_prompt_name="post_job",gen_ai_tool_name="",` +
			`mcp_method_name="prompts/get",mcp_protocol_version="",network_protocol_name="http",network_transport="tcp",rpc_response_status_code=""`
	)
	for _, line := range []string{
		`mcp_server_operation_duration_seconds_bucket{` + call + `,le="0.01"} 0`,
		`mcp_server_operation_duration_seconds_bucket{` + call + `,le="0.02"} 1`,
		`mcp_server_operation_duration_seconds_bucket{` + call + `,le="10"} 1`,
		`mcp_server_operation_duration_seconds_bucket{` + call + `,le="300"} 2`,
		`mcp_server_operation_duration_seconds_count{` + call + `} 2`,
		`mcp_server_operation_duration_seconds_count{` + strings.Replace(call, `""`, `"tool_error"`, 1) + `} 1`,
		`mcp_server_operation_duration_seconds_count{` + unknown + `} 1`,
		`mcp_server_operation_duration_seconds_count{` + prompt + `} 1`,
		`mcp_client_operation_duration_seconds_count{error_type="timeout",mcp_method_name="elicitation/create",mcp_protocol_version="",` +
			`network_protocol_name="http",network_transport="tcp"} 1`,
		`mcp_server_session_duration_seconds_sum{mcp_protocol_version="2025-11-25",network_protocol_name="http",network_transport="tcp"} 60`,
		`opentrain_mcp_tool_calls_total{gen_ai_tool_name="opentrain_publish",outcome="ok"} 1`,
		`opentrain_mcp_tool_calls_total{gen_ai_tool_name="opentrain_publish",outcome="input_required"} 1`,
		`opentrain_mcp_tool_calls_total{gen_ai_tool_name="opentrain_publish",outcome="BUSY"} 1`,
		`opentrain_mcp_tool_calls_total{gen_ai_tool_name="opentrain_publish",outcome="_OTHER"} 2`,
		`http_client_request_duration_seconds_bucket{error_type="",http_request_method="GET",http_response_status_code="200",le="0.05"} 1`,
		`http_client_request_duration_seconds_count{error_type="503",http_request_method="GET",http_response_status_code="503"} 1`,
		`http_client_request_duration_seconds_count{error_type="_OTHER",http_request_method="POST",http_response_status_code=""} 1`,
		`http_client_request_duration_seconds_count{error_type="timeout",http_request_method="POST",http_response_status_code=""} 1`,
		`http_client_request_duration_seconds_count{error_type="cancelled",http_request_method="POST",http_response_status_code=""} 1`,
		`opentrain_mcp_public_reads_total{source="hit"} 2`,
		`opentrain_mcp_public_reads_total{source="joined"} 1`,
		`opentrain_mcp_http_refused_total{http_response_status_code="429"} 1`,
		`opentrain_mcp_open_streams 1`,
		`opentrain_mcp_sessions 2`,
		`opentrain_mcp_ready 0`,
		`# TYPE go_goroutines gauge`,
	} {
		if !got[line] {
			t.Errorf("no %s", line)
		}
	}
}

// TestCountingCostsNoMemory: what is counted in every call has its series already.
func TestCountingCostsNoMemory(t *testing.T) {
	m, call, sent := metrics.New(), publish(), opentrain.Sent{Method: "GET", Status: 200}
	for name, count := range map[string]func(){
		"an operation": func() { m.Served(call, time.Second) },
		"a tool call":  func() { m.ToolCall("opentrain_publish", "ok") },
		"a request":    func() { m.Sent(sent) },
		"a read":       func() { m.Read(opentrain.ReadHit) },
	} {
		if allocations := testing.AllocsPerRun(100, count); allocations != 0 {
			t.Errorf("%s: %v allocations", name, allocations)
		}
	}
}

// TestMetricsOfTwoServers: a process can have several servers.
func TestMetricsOfTwoServers(t *testing.T) {
	first, second := metrics.New(), metrics.New()
	first.Observe(func() metrics.State { return metrics.State{Sessions: 1} })
	second.Observe(func() metrics.State { return metrics.State{} })
	first.Refused(429)
	if got := scrape(t, second); !got["opentrain_mcp_sessions 0"] || got[`opentrain_mcp_http_refused_total{http_response_status_code="429"} 1`] {
		t.Error("the servers share a counter")
	}
}

func TestNilMetrics(t *testing.T) {
	var m *metrics.Metrics
	use(m)
	m.Observe(nil)
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("status %d", w.Code)
	}
}

func BenchmarkServed(b *testing.B) {
	m, call := metrics.New(), publish()
	for b.Loop() {
		m.Served(call, time.Millisecond)
	}
}
