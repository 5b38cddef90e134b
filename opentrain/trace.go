package opentrain

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// Trace watches the calls made under a context, as [net/http/httptrace] does
// for HTTP. Its functions may be nil; they are called from other goroutines
// too, and, where a read is shared or renewed in the background, after the
// call itself has ended.
type Trace struct {
	// Traceparent and Tracestate go along with every request (W3C Trace
	// Context); "" for none. They must be valid header values.
	Traceparent, Tracestate string
	// Sent is told of every request once its answer's header came, or none.
	Sent func(Sent)
	// Read is told how a public read was answered.
	Read func(ReadSource)
}

// Sent is a request that was sent to the API.
type Sent struct {
	Method string
	// Status is the HTTP status of the answer, 0 when none came.
	Status   int
	Duration time.Duration
}

// ReadSource is where the answer to a public read came from.
type ReadSource string

// The sources of an answer.
const (
	// ReadHit: from the cache, still fresh.
	ReadHit ReadSource = "hit"
	// ReadStale: from the cache, while it is renewed in the background.
	ReadStale ReadSource = "stale"
	// ReadJoined: from the same request of another caller.
	ReadJoined ReadSource = "joined"
	// ReadMiss: from the API.
	ReadMiss ReadSource = "miss"
)

type traceKey struct{}

// WithTrace returns a context whose calls are watched.
func WithTrace(ctx context.Context, trace *Trace) context.Context {
	return context.WithValue(ctx, traceKey{}, trace)
}

// traceFrom returns the Trace of a context, an empty one when there is none.
func traceFrom(ctx context.Context) *Trace {
	if trace, ok := ctx.Value(traceKey{}).(*Trace); ok && trace != nil {
		return trace
	}
	return &Trace{}
}

// header is what goes along with a request.
func (t *Trace) header() map[string]string {
	header := map[string]string{}
	if t.Traceparent != "" {
		header["Traceparent"] = t.Traceparent
		if t.Tracestate != "" {
			header["Tracestate"] = t.Tracestate
		}
	}
	return header
}

func (t *Trace) sent(r *http.Request, answer *http.Response, start time.Time) {
	if t.Sent == nil {
		return
	}
	status := 0
	if answer != nil {
		status = answer.StatusCode
	}
	t.Sent(Sent{Method: strings.ToUpper(r.Method), Status: status, Duration: time.Since(start)})
}

func (t *Trace) read(source ReadSource) {
	if t.Read != nil {
		t.Read(source)
	}
}
