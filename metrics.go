package opentrainmcp

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"opentrain-mcp/opentrain"
)

// metrics counts what the server does. No label takes a value that a caller
// chooses: there are as many series as tools, codes and statuses. The nil
// metrics count nothing.
type metrics struct {
	registry *prometheus.Registry
	calls    *prometheus.CounterVec
	duration *prometheus.HistogramVec
	upstream *prometheus.CounterVec
	waiting  prometheus.Histogram
	reads    *prometheus.CounterVec
	refused  *prometheus.CounterVec
}

func newMetrics(streams, sessions func() float64) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "opentrain_mcp_tool_calls_total", Help: "Tool calls by tool and outcome: ok, or the code of the error.",
		}, []string{"tool", "outcome"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "opentrain_mcp_tool_call_duration_seconds", Help: "Time of tool calls.",
			Buckets: []float64{.001, .005, .02, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"tool"}),
		upstream: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "opentrain_mcp_upstream_requests_total", Help: "Requests sent to OpenTrain by method and HTTP status, 0 when no answer came.",
		}, []string{"method", "status"}),
		waiting: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "opentrain_mcp_upstream_duration_seconds", Help: "Time until OpenTrain's answers began.",
			Buckets: []float64{.01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}),
		reads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "opentrain_mcp_public_reads_total", Help: "Public reads by source: hit, stale, joined (another caller's request) or miss.",
		}, []string{"source"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "opentrain_mcp_http_refused_total", Help: "HTTP requests refused, by status.",
		}, []string{"status"}),
	}
	m.registry.MustRegister(m.calls, m.duration, m.upstream, m.waiting, m.reads, m.refused,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "opentrain_mcp_open_streams", Help: "Open event streams."}, streams),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "opentrain_mcp_sessions", Help: "Sessions of Streamable HTTP."}, sessions),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// call counts a tool call.
func (m *metrics) call(tool, outcome string, took time.Duration) {
	if m == nil {
		return
	}
	if !slices.Contains(knownOutcomes, outcome) {
		outcome = "OTHER" // a code of the API that no page names
	}
	m.calls.WithLabelValues(tool, outcome).Inc()
	m.duration.WithLabelValues(tool).Observe(took.Seconds())
}

var knownOutcomes = []string{
	"ok", "input_required",
	string(opentrain.CodeBadRequest), string(opentrain.CodeUnauthorized), string(opentrain.CodeForbidden), string(opentrain.CodeNotFound),
	string(opentrain.CodeConflict), string(opentrain.CodeRateLimited), string(opentrain.CodeInternal), string(opentrain.CodeInvalidArgument),
	string(opentrain.CodeNoToken), string(opentrain.CodeNetwork), string(opentrain.CodeTimeout), string(opentrain.CodeBadResponse), string(opentrain.CodeBusy),
}

func (m *metrics) sent(request opentrain.Sent) {
	if m == nil {
		return
	}
	m.upstream.WithLabelValues(request.Method, strconv.Itoa(request.Status)).Inc()
	m.waiting.Observe(request.Duration.Seconds())
}

func (m *metrics) read(source opentrain.ReadSource) {
	if m != nil {
		m.reads.WithLabelValues(string(source)).Inc()
	}
}

func (m *metrics) refuse(status int) {
	if m != nil {
		m.refused.WithLabelValues(strconv.Itoa(status)).Inc()
	}
}
