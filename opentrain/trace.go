package opentrain

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// Trace observes the calls made with a context, like [net/http/httptrace] does for HTTP. Its functions may be
// nil. They may be called from other goroutines and, if a read is shared or renewed in the background, after
// the call has returned.
type Trace struct {
	// Traceparent and Tracestate are sent with every request (W3C Trace Context), "" for none. They must be
	// valid header values.
	Traceparent, Tracestate string
	// Sent is called for every request when the header of the response has arrived or the request has failed.
	Sent func(Sent)
	// Read is called for every public read with the source of its result.
	Read func(ReadSource)
}

// Sent describes a request to the API.
type Sent struct {
	Method   string
	Status   int   // HTTP status of the response, 0 if none
	Err      error // why there is no response
	Duration time.Duration
}

// ReadSource says where the result of a public read came from.
type ReadSource string

// Sources of a public read.
const (
	ReadHit    ReadSource = "hit"    // a fresh response from the cache
	ReadStale  ReadSource = "stale"  // a stale response from the cache, which is renewed in the background
	ReadJoined ReadSource = "joined" // a request that another caller had already started
	ReadShared ReadSource = "shared" // a request of another client (see Config.Shared)
	ReadMiss   ReadSource = "miss"   // a request of this caller
)

type traceKey struct{}

// WithTrace returns a context whose calls are observed by trace.
func WithTrace(ctx context.Context, trace *Trace) context.Context {
	return context.WithValue(ctx, traceKey{}, trace)
}

// traceFrom returns the Trace of a context, or an empty one.
func traceFrom(ctx context.Context) *Trace {
	if trace, ok := ctx.Value(traceKey{}).(*Trace); ok && trace != nil {
		return trace
	}
	return &Trace{}
}

// header returns the headers to send with a request.
func (t *Trace) header() map[string]string {
	switch {
	case t.Traceparent == "":
		return nil
	case t.Tracestate == "":
		return map[string]string{"Traceparent": t.Traceparent}
	}
	return map[string]string{"Traceparent": t.Traceparent, "Tracestate": t.Tracestate}
}

func (t *Trace) sent(r *http.Request, res *http.Response, err error, start time.Time) {
	if t.Sent == nil {
		return
	}
	status := 0
	if res != nil {
		status = res.StatusCode
	}
	t.Sent(Sent{Method: strings.ToUpper(r.Method), Status: status, Err: err, Duration: time.Since(start)})
}

func (t *Trace) read(source ReadSource) {
	if t.Read != nil {
		t.Read(source)
	}
}
