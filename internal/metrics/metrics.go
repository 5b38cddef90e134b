// Package metrics counts what the server does, for Prometheus. What OpenTelemetry has a name for has that name
// (https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/mcp.md).
package metrics

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"golang.org/x/sync/semaphore"

	"opentrain-mcp/opentrain"
)

// Other is the value of a label for everything that isn't known.
const Other = "_OTHER"

// Values of Operation.Error that aren't the code of an error.
const (
	ToolError = "tool_error" // the result of a tool says so
	Canceled  = "cancelled"  // by the client, as in notifications/cancelled
	Timeout   = "timeout"
)

// Metrics holds the server's metrics. Callers cannot choose the value of a label, so the number of series is
// bounded. A nil *Metrics counts nothing.
type Metrics struct {
	page       *metrics.Set
	pages      *semaphore.Weighted // that are made now
	operations *durations[Operation]
	asked      *durations[Operation]
	sessions   *durations[Session]
	sent       *durations[exchange]
	calls      *counters[toolCall]
	reads      *counters[opentrain.ReadSource]
	refused    *counters[int]
}

// Operation describes a request or notification of MCP. Its values must come from the server, never from a caller.
type Operation struct {
	Session

	Method string
	Tool   string // that is called, "" for none
	Prompt string // that is read, "" for none
	Code   int    // of the error in the response, 0 for none
	Error  string // without a Code, why it failed anyway
}

// Session describes the other end of a conversation.
type Session struct {
	Version string // of the protocol
	Pipe    bool   // over standard input and output, not HTTP
}

// exchange is a request to OpenTrain and its response.
type exchange struct {
	method string
	status int
	err    string
}

type toolCall struct{ tool, outcome string }

// New returns metrics with a page of their own.
func New() *Metrics {
	page := metrics.NewSet()
	showProcess(page)
	return &Metrics{
		page: page, pages: semaphore.NewWeighted(maxPages),
		operations: newDurations(page, "mcp_server_operation_duration_seconds",
			"Duration of requests and notifications of MCP, from their arrival to the result.", conventionBuckets(), Operation.labels,
			"mcp_method_name", "gen_ai_operation_name", "gen_ai_tool_name", "gen_ai_prompt_name", "error_type", "rpc_response_status_code",
			"mcp_protocol_version", "network_transport", "network_protocol_name"),
		asked: newDurations(page, "mcp_client_operation_duration_seconds",
			"Duration of this server's requests to clients, such as forms, until the human's answer.", conventionBuckets(), Operation.labels,
			"mcp_method_name", "error_type", "mcp_protocol_version", "network_transport", "network_protocol_name"),
		sessions: newDurations(page, "mcp_server_session_duration_seconds",
			"Duration of sessions and of streams at /sse that have ended.", conventionBuckets(), Session.labels,
			"mcp_protocol_version", "network_transport", "network_protocol_name"),
		sent: newDurations(page, "http_client_request_duration_seconds",
			"Time until OpenTrain starts to respond. Without a status there was no response.",
			[]float64{.005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10}, exchange.labels,
			"http_request_method", "http_response_status_code", "error_type"),
		calls: newCounters(page, "opentrain_mcp_tool_calls_total",
			"Tool calls by tool and outcome: ok, input_required or an error code.", toolCall.labels, "gen_ai_tool_name", "outcome"),
		reads: newCounters(page, "opentrain_mcp_public_reads_total",
			"Public reads by source: hit, stale, joined (another caller's request), shared (another replica's response) or miss.",
			sourceLabels, "source"),
		refused: newCounters(page, "opentrain_mcp_http_refused_total", "Rejected HTTP requests by status.", statusLabels,
			"http_response_status_code"),
	}
}

func (o Operation) labels() map[string]string {
	labels := o.Session.labels()
	labels["mcp_method_name"], labels["gen_ai_tool_name"], labels["gen_ai_prompt_name"] = o.Method, o.Tool, o.Prompt
	labels["error_type"] = o.Error
	if o.Code != 0 {
		code := strconv.Itoa(o.Code)
		labels["error_type"], labels["rpc_response_status_code"] = code, code
	}
	if o.Tool != "" {
		labels["gen_ai_operation_name"] = "execute_tool"
	}
	return labels
}

func (s Session) labels() map[string]string {
	labels := map[string]string{"mcp_protocol_version": s.Version, "network_transport": "tcp", "network_protocol_name": "http"}
	if s.Pipe {
		labels["network_transport"], labels["network_protocol_name"] = "pipe", ""
	}
	return labels
}

func (e exchange) labels() map[string]string {
	labels := map[string]string{"http_request_method": e.method, "error_type": e.err}
	if e.status == 0 {
		return labels
	}
	status := strconv.Itoa(e.status)
	labels["http_response_status_code"] = status
	if e.status >= http.StatusBadRequest {
		labels["error_type"] = status
	}
	return labels
}

func (c toolCall) labels() map[string]string {
	return map[string]string{"gen_ai_tool_name": c.tool, "outcome": c.outcome}
}

func sourceLabels(source opentrain.ReadSource) map[string]string {
	return map[string]string{"source": string(source)}
}

func statusLabels(status int) map[string]string {
	return map[string]string{"http_response_status_code": strconv.Itoa(status)}
}

// maxPages limits the pages of metrics that are made at once.
const maxPages = 4

// Handler serves the metrics. The handler of a nil *Metrics answers 404.
func (m *Metrics) Handler() http.Handler {
	if m == nil {
		return http.NotFoundHandler()
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !m.pages.TryAcquire(1) {
			http.Error(w, "Too many requests for metrics. Try again later.", http.StatusServiceUnavailable)
			return
		}
		defer m.pages.Release(1)
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		m.page.WritePrometheus(w)
	})
}

// Served counts a request or notification that was served.
func (m *Metrics) Served(operation Operation, duration time.Duration) {
	if m != nil {
		m.operations.of(operation).Update(duration.Seconds())
	}
}

// Asked counts a request to a client.
func (m *Metrics) Asked(operation Operation, duration time.Duration) {
	if m != nil {
		m.asked.of(operation).Update(duration.Seconds())
	}
}

// Ended counts a session that has ended.
func (m *Metrics) Ended(session Session, duration time.Duration) {
	if m != nil {
		m.sessions.of(session).Update(duration.Seconds())
	}
}

// ToolCall counts a tool call. The outcome is "ok", "input_required" or an error code.
func (m *Metrics) ToolCall(tool, outcome string) {
	if m != nil {
		m.calls.of(toolCall{tool, boundedOutcome(outcome)}).Inc()
	}
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
		return Other
	}
}

// Sent counts a request to OpenTrain.
func (m *Metrics) Sent(request opentrain.Sent) {
	if m == nil {
		return
	}
	done := exchange{method: request.Method, status: request.Status}
	if done.status == 0 {
		done.err = FailureOf(request.Err)
	}
	m.sent.of(done).Update(request.Duration.Seconds())
}

// FailureOf names why there was no response.
func FailureOf(err error) string {
	if errors.Is(err, context.Canceled) { // the caller is gone
		return Canceled
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return Timeout
	}
	return Other
}

// Read counts a public read.
func (m *Metrics) Read(source opentrain.ReadSource) {
	if m != nil {
		m.reads.of(source).Inc()
	}
}

// Refused counts a refused HTTP request.
func (m *Metrics) Refused(status int) {
	if m != nil {
		m.refused.of(status).Inc()
	}
}

// State is what is open now, and whether the server is ready for calls.
type State struct {
	Streams, Sessions int
	Ready             bool
}

// Observe sets who tells the state. Call it once.
func (m *Metrics) Observe(state func() State) {
	if m == nil {
		return
	}
	gauge := func(name, help string, value func(State) int) {
		show(m.page, name, "gauge", help, func() int { return value(state()) })
	}
	gauge("opentrain_mcp_open_streams", "Open event streams.", func(s State) int { return s.Streams })
	gauge("opentrain_mcp_sessions", "Open sessions of Streamable HTTP.", func(s State) int { return s.Sessions })
	gauge("opentrain_mcp_ready", "1 if /readyz says ready, 0 if the server is shutting down.", func(s State) int {
		if s.Ready {
			return 1
		}
		return 0
	})
}
