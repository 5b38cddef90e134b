// Package metrics counts what the server does, for Prometheus.
package metrics

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"opentrain-mcp/opentrain"
)

// Metrics holds the server's metrics. Callers cannot choose the value of a label, so the number of series is
// bounded. A nil *Metrics counts nothing.
type Metrics struct {
	registry      *prometheus.Registry
	calls         *prometheus.CounterVec
	callDurations *prometheus.HistogramVec
	sent          *prometheus.CounterVec
	sentDurations prometheus.Histogram
	reads         *prometheus.CounterVec
	refused       *prometheus.CounterVec
}

// New returns metrics with a registry of their own.
func New() *Metrics {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	auto := promauto.With(registry)
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return auto.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	return &Metrics{
		registry: registry,
		calls: counter("opentrain_mcp_tool_calls_total",
			"Tool calls by tool and outcome: ok, input_required or an error code.", "tool", "outcome"),
		callDurations: auto.NewHistogramVec(prometheus.HistogramOpts{
			Name: "opentrain_mcp_tool_call_duration_seconds", Help: "Duration of tool calls.",
			Buckets: []float64{.001, .005, .02, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"tool"}),
		sent: counter("opentrain_mcp_upstream_requests_total",
			"Requests to OpenTrain by method and HTTP status. Status 0 means no response.", "method", "status"),
		sentDurations: auto.NewHistogram(prometheus.HistogramOpts{
			Name: "opentrain_mcp_upstream_duration_seconds", Help: "Time until OpenTrain starts to respond.",
			Buckets: []float64{.01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}),
		reads: counter("opentrain_mcp_public_reads_total",
			"Public reads by source: hit, stale, joined (shared another caller's request) or miss.", "source"),
		refused: counter("opentrain_mcp_http_refused_total", "Rejected HTTP requests by status.", "status"),
	}
}

// maxPages limits the pages of metrics that are made at once.
const maxPages = 4

// Handler serves the metrics. The handler of a nil *Metrics answers 404.
func (m *Metrics) Handler() http.Handler {
	if m == nil {
		return http.NotFoundHandler()
	}
	// Compressing a page takes more memory than the page, for each request.
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{DisableCompression: true, MaxRequestsInFlight: maxPages})
}

// ToolCall counts a tool call. The outcome is "ok", "input_required" or an error code.
func (m *Metrics) ToolCall(tool, outcome string, duration time.Duration) {
	if m == nil {
		return
	}
	m.calls.WithLabelValues(tool, boundedOutcome(outcome)).Inc()
	m.callDurations.WithLabelValues(tool).Observe(duration.Seconds())
}

// boundedOutcome replaces codes that OpenTrain does not document: the API could return any number of them.
func boundedOutcome(outcome string) string {
	switch opentrain.Code(outcome) {
	case "ok", "input_required",
		opentrain.CodeBadRequest, opentrain.CodeUnauthorized, opentrain.CodeForbidden, opentrain.CodeNotFound, opentrain.CodeConflict,
		opentrain.CodeRateLimited, opentrain.CodeInternal, opentrain.CodeInvalidArgument, opentrain.CodeNoToken, opentrain.CodeNetwork,
		opentrain.CodeTimeout, opentrain.CodeBadResponse, opentrain.CodeBusy:
		return outcome
	default:
		return "OTHER"
	}
}

// Sent counts a request to OpenTrain.
func (m *Metrics) Sent(request opentrain.Sent) {
	if m == nil {
		return
	}
	m.sent.WithLabelValues(request.Method, strconv.Itoa(request.Status)).Inc()
	m.sentDurations.Observe(request.Duration.Seconds())
}

// Read counts a public read.
func (m *Metrics) Read(source opentrain.ReadSource) {
	if m != nil {
		m.reads.WithLabelValues(string(source)).Inc()
	}
}

// Refused counts a refused HTTP request.
func (m *Metrics) Refused(status int) {
	if m != nil {
		m.refused.WithLabelValues(strconv.Itoa(status)).Inc()
	}
}

// CountOpen sets who counts the open event streams and sessions. Call it once.
func (m *Metrics) CountOpen(streams, sessions func() int) {
	if m == nil {
		return
	}
	gauge := func(name, help string, count func() int) {
		opts := prometheus.GaugeOpts{Name: name, Help: help}
		m.registry.MustRegister(prometheus.NewGaugeFunc(opts, func() float64 { return float64(count()) }))
	}
	gauge("opentrain_mcp_open_streams", "Open event streams.", streams)
	gauge("opentrain_mcp_sessions", "Open sessions of Streamable HTTP.", sessions)
}
