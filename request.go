package opentrainmcp

import (
	"context"
	"crypto/rand"
	"net/http"
	"regexp"

	"github.com/mark3labs/mcp-go/mcp"

	"opentrain-mcp/opentrain"
)

// request is what is known of an HTTP request that carries a call. Over stdio it
// is empty.
type request struct {
	id    string // for the log; the answer's X-Request-Id
	token Token
	// owner is a hash of what the caller showed, "" for nothing: sessions and
	// streams belong to it.
	owner     string
	shared    bool   // everybody shows the same
	address   string // of the caller, as edge.Address
	narrowing narrowing
	// done ends the call with the stream that its answer would go to; nil when
	// the answer goes to the request itself.
	done context.Context
	// traceparent and tracestate are passed on to the API.
	traceparent, tracestate string
}

type requestKey struct{}

func withRequest(ctx context.Context, r *request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// requestFrom returns the request of a context, an empty one when there is none.
func requestFrom(ctx context.Context) *request {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r
	}
	return &request{}
}

// bucket names who is limited: an owner of a token, or everybody without one at
// an address.
func (r *request) bucket() string {
	if r.owner != "" && !r.shared {
		return "token " + r.owner
	}
	return "address " + r.address
}

var (
	// A trace's id as W3C Trace Context writes it, and the id of a request as
	// proxies do.
	validTraceparent = regexp.MustCompile(`^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$`)
	validTracestate  = regexp.MustCompile(`^[ -~]{1,512}$`)
	validRequestID   = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
)

// newRequest begins a request; its id is the proxy's when there is one in front.
func newRequest(r *http.Request, address string, behindProxy bool) *request {
	known := &request{id: rand.Text()[:16], address: address}
	if id := r.Header.Get("X-Request-Id"); behindProxy && validRequestID.MatchString(id) {
		known.id = id
	}
	if parent := r.Header.Get("Traceparent"); validTraceparent.MatchString(parent) {
		known.traceparent = parent
		if state := r.Header.Get("Tracestate"); validTracestate.MatchString(state) {
			known.tracestate = state
		}
	}
	return known
}

// traceFromMeta takes a trace's id from a call's _meta, where clients put it
// that have no HTTP header for it (SEP-414).
func traceFromMeta(ctx context.Context, meta *mcp.Meta) {
	known, ok := ctx.Value(requestKey{}).(*request)
	if !ok || meta == nil || known.traceparent != "" {
		return
	}
	if parent, ok := meta.AdditionalFields["traceparent"].(string); ok && validTraceparent.MatchString(parent) {
		known.traceparent = parent
		if state, ok := meta.AdditionalFields["tracestate"].(string); ok && validTracestate.MatchString(state) {
			known.tracestate = state
		}
	}
}

// trace watches the API calls made for a request.
func (s *Server) trace(r *request) *opentrain.Trace {
	return &opentrain.Trace{
		Traceparent: r.traceparent, Tracestate: r.tracestate,
		Sent: s.metrics.sent, Read: s.metrics.read,
	}
}
