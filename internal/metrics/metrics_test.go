package metrics_test

import (
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

func use(m *metrics.Metrics) {
	m.ToolCall("opentrain_publish", "ok", 3*time.Millisecond)
	m.ToolCall("opentrain_publish", "input_required", time.Minute)
	m.ToolCall("opentrain_publish", string(opentrain.CodeBusy), 200*time.Millisecond)
	m.ToolCall("opentrain_publish", "NEW_CODE", time.Second)
	m.ToolCall("opentrain_publish", "", time.Second)
	m.Sent(opentrain.Sent{Method: "GET", Status: 200, Duration: 30 * time.Millisecond})
	m.Sent(opentrain.Sent{Method: "POST", Duration: time.Minute})
	m.Read(opentrain.ReadHit)
	m.Read(opentrain.ReadHit)
	m.Read(opentrain.ReadJoined)
	m.Refused(429)
}

func TestCounters(t *testing.T) {
	m, streams := metrics.New(), 0
	m.CountOpen(func() int { return streams }, func() int { return 2 })
	if !scrape(t, m)["opentrain_mcp_open_streams 0"] {
		t.Error("no open_streams without a stream")
	}
	streams = 1
	use(m)
	got := scrape(t, m)
	for _, line := range []string{
		`opentrain_mcp_tool_calls_total{outcome="ok",tool="opentrain_publish"} 1`,
		`opentrain_mcp_tool_calls_total{outcome="input_required",tool="opentrain_publish"} 1`,
		`opentrain_mcp_tool_calls_total{outcome="BUSY",tool="opentrain_publish"} 1`,
		`opentrain_mcp_tool_calls_total{outcome="OTHER",tool="opentrain_publish"} 2`,
		`opentrain_mcp_tool_call_duration_seconds_bucket{tool="opentrain_publish",le="0.001"} 0`,
		`opentrain_mcp_tool_call_duration_seconds_bucket{tool="opentrain_publish",le="0.005"} 1`,
		`opentrain_mcp_tool_call_duration_seconds_bucket{tool="opentrain_publish",le="30"} 4`,
		`opentrain_mcp_tool_call_duration_seconds_count{tool="opentrain_publish"} 5`,
		`opentrain_mcp_upstream_requests_total{method="GET",status="200"} 1`,
		`opentrain_mcp_upstream_requests_total{method="POST",status="0"} 1`,
		`opentrain_mcp_upstream_duration_seconds_bucket{le="0.05"} 1`,
		`opentrain_mcp_upstream_duration_seconds_count 2`,
		`opentrain_mcp_public_reads_total{source="hit"} 2`,
		`opentrain_mcp_public_reads_total{source="joined"} 1`,
		`opentrain_mcp_http_refused_total{status="429"} 1`,
		`opentrain_mcp_open_streams 1`,
		`opentrain_mcp_sessions 2`,
		`# TYPE go_goroutines gauge`,
	} {
		if !got[line] {
			t.Errorf("no %s", line)
		}
	}
}

// TestMetricsOfTwoServers: a process can have several servers.
func TestMetricsOfTwoServers(t *testing.T) {
	first, second := metrics.New(), metrics.New()
	first.CountOpen(func() int { return 1 }, func() int { return 1 })
	second.CountOpen(func() int { return 0 }, func() int { return 0 })
	first.Refused(429)
	if got := scrape(t, second); !got["opentrain_mcp_sessions 0"] || got[`opentrain_mcp_http_refused_total{status="429"} 1`] {
		t.Error("the servers share a counter")
	}
}

func TestNilMetrics(t *testing.T) {
	var m *metrics.Metrics
	use(m)
	m.CountOpen(nil, nil)
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("status %d", w.Code)
	}
}
