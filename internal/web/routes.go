package web

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/edge"
	"opentrain-mcp/internal/jsonrpc"
	"opentrain-mcp/internal/text"
)

func (h *Handler) routes(guard edge.Guard) {
	main, ops := http.NewServeMux(), http.NewServeMux()
	main.Handle("/{$}", h.serveHome())
	main.HandleFunc("/", h.notFound())
	h.handle(main, "/mcp", h.serveMCP)
	if !h.cfg.NoSSE {
		h.handle(main, "/sse", h.openStream)
		h.handle(main, "/message", h.postMessage)
	}
	nothing := func(w http.ResponseWriter, _ *http.Request) {
		sayError(w, http.StatusNotFound, "not_found", "There is nothing at this path. This address serves /healthz, /readyz and /metrics.")
	}
	ops.HandleFunc("/", nothing)
	ops.Handle("/metrics", get(h.cfg.Metrics.Handler().ServeHTTP))
	if h.cfg.SeparateOps {
		h.main = h.observe(guard.Wrap(asWritten(main, h.notFound())))
	} else {
		main.Handle("/metrics", get(func(w http.ResponseWriter, r *http.Request) {
			if wait := h.cfg.Addresses.Take(caller.From(r.Context()).Address); wait > 0 {
				answerError(w, refuseFor(wait, addressRate), nil)
				return
			}
			h.cfg.Metrics.Handler().ServeHTTP(w, r)
		}))
		h.main = h.observe(h.withProbes(guard, guard.Wrap(asWritten(main, h.notFound()))))
	}
	anyAddress := guard
	anyAddress.AnyAddress = true
	h.ops = h.observe(h.withProbes(guard, anyAddress.Wrap(asWritten(ops, nothing))))
}

// asWritten serves only paths as they are registered. The mux redirects others, such as //mcp: out of the base path that a proxy strips,
// to where the client then sends its token.
func asWritten(mux *http.ServeMux, notFound http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.TrimSuffix(r.URL.Path, "/") != strings.TrimSuffix(path.Clean(r.URL.Path), "/") {
			r.Pattern = "/"
			notFound(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// withProbes adds health to a handler. Probes may send any Host.
func (h *Handler) withProbes(guard edge.Guard, next http.Handler) http.Handler {
	guard.AnyHost = true
	health := guard.Wrap(get(func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") }))
	readiness := guard.Wrap(get(func(w http.ResponseWriter, _ *http.Request) {
		if h.draining.Load() {
			say(w, http.StatusServiceUnavailable, "draining")
			return
		}
		say(w, http.StatusOK, "ready")
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/healthz":
			r.Pattern = "/healthz"
			health.ServeHTTP(w, r)
		case "/readyz":
			r.Pattern = "/readyz"
			readiness.ServeHTTP(w, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func say(w http.ResponseWriter, status int, line string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	io.WriteString(w, line+"\n") //nolint:errcheck,gosec // the client may be gone
}

// addressRate is why requests of an address are refused.
const addressRate = "Your network is sending requests faster than this server allows."

// requestWait is how long a request waits for its place among those in progress.
const requestWait = 5 * time.Second

const (
	maxUnread = 50              // limits the responses that wait until their client reads
	lastWrite = 2 * time.Second // what such a response may still take when another needs its place: the server may be busy
)

// write limits a write to a client that may not read, until end.
func (h *Handler) write(w http.ResponseWriter, address string) (end func()) {
	limit := &writeLimit{w: w}
	limit.set(writeTimeout)
	var hurried atomic.Bool
	place := h.unread.Push(address, func() {
		hurried.Store(true)
		h.warn("a response must end to make room: its client doesn't read", address)
		limit.set(lastWrite)
	})
	goOn := context.AfterFunc(h.closing, func() { limit.set(drainTimeout) })
	return func() {
		goOn()
		place.Leave()
		if hurried.Load() && h.closing.Err() == nil {
			limit.set(writeTimeout) // net/http may have the end of the response in its buffer
		}
		limit.end()
	}
}

// observe names each request, logs it, and keeps panics from the client.
func (h *Handler) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start, body := time.Now(), &trackedBody{ReadCloser: r.Body, complete: r.ContentLength == 0}
		response := &recorder{ResponseWriter: w, body: body}
		edge.LimitBodyTime(w, r)
		request := newRequest(r, h.cfg.BehindProxy)
		response.begin = func() (end func()) { return h.write(w, request.Address) }
		r = r.WithContext(caller.With(r.Context(), request))
		r.Body = body
		w.Header().Set("X-Request-Id", request.ID)
		if h.draining.Load() {
			w.Header().Set("Connection", "close") // sends the client's next request to another replica
		}
		defer func() { //nolint:contextcheck // it has the request's
			cause, started := recover(), response.status != 0
			if cause != nil {
				h.cfg.Logger.ErrorContext(r.Context(), "panic in a request",
					"request", request.ID, "panic", cause, "stack", string(debug.Stack()))
				if !started {
					http.Error(response, "internal server error", http.StatusInternalServerError)
				}
			}
			h.logRequest(r, response.status, time.Since(start))
			if cause != nil && started {
				panic(http.ErrAbortHandler) // closes the connection, so that the client sees a broken response
			}
		}()
		next.ServeHTTP(response, r)
	})
}

// logRequest logs a request, but not its path: people put tokens into paths. Refused requests are sampled.
func (h *Handler) logRequest(r *http.Request, status int, duration time.Duration) {
	if status < http.StatusBadRequest && !h.cfg.Logger.Enabled(r.Context(), slog.LevelDebug) {
		return
	}
	request := caller.From(r.Context())
	line := []any{
		"request", request.ID, "method", text.Clip(r.Method, 64), "route", r.Pattern,
		"status", status, "duration_ms", float64(duration.Microseconds()) / 1000, "address", request.Address,
	}
	if status < http.StatusBadRequest {
		h.cfg.Logger.DebugContext(r.Context(), "http", line...)
		return
	}
	h.cfg.Metrics.Refused(status)
	ctx := context.WithoutCancel(r.Context())
	h.samples.Log(fmt.Sprint(status, r.Pattern), request.Address, func(address string, times int) {
		line[len(line)-1] = address
		if times > 1 {
			h.cfg.Logger.WarnContext(ctx, "http", append(line, "times", times)...)
			return
		}
		h.cfg.Logger.InfoContext(ctx, "http", line...)
	})
}

// routeFunc serves one route of the protocol. The message is empty unless the request is a POST.
type routeFunc func(http.ResponseWriter, *http.Request, jsonrpc.Message, *hold) error

// hold is what a request uses of the limits.
type hold struct {
	release func() // its place among the requests in progress; nil for streams, which have a limit of their own
	share   *edge.Share
}

// take passes everything on to a call that goes on after the request.
func (h *hold) take() *hold {
	taken := *h
	*h = hold{}
	return &taken
}

// close gives everything back. Further calls have no effect.
func (h *hold) close() {
	if h.release != nil {
		h.release()
	}
	if h.share != nil {
		h.share.Close()
	}
	*h = hold{}
}

// handle serves a route with and without a trailing slash, because people write both. It limits each address before
// it reads anything that the caller chose: with a new made-up token, every request has a caller of its own.
func (h *Handler) handle(mux *http.ServeMux, path string, serve routeFunc) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		address := caller.From(r.Context()).Address
		if wait := h.cfg.Addresses.Take(address); wait > 0 {
			answerError(w, refuseFor(wait, addressRate), nil)
			return
		}
		if r.Method == http.MethodGet && isBrowser(r) { // a link must open no stream
			h.helpBrowser(w, r)
			return
		}
		held := &hold{share: h.bodies.Share(address)}
		defer func() { held.close() }() // after a panic
		received, err := h.prepare(w, r, held.share)
		if err == nil && r.Method != http.MethodGet { // only now, because a body can take long to arrive
			var ok bool
			if held.release, ok = h.requests.Acquire(r.Context(), address, h.requestWait); !ok {
				err = errRequestLimit
			}
		}
		if err == nil {
			err = serve(w, r, received, held)
		}
		held.close() // not while a client doesn't read
		if err != nil {
			answerError(w, err, received.RequestID())
		}
	})
	mux.Handle(path, handler)
	mux.Handle(path+"/{$}", handler)
}

// prepare identifies the caller, reads the message and checks the rate limit.
func (h *Handler) prepare(w http.ResponseWriter, r *http.Request, share *edge.Share) (received jsonrpc.Message, err error) {
	request := caller.From(r.Context())
	if countLines(r.Header) > maxHeaderLines {
		return received, errHeaderLines
	}
	if err := h.identify(r, request); err != nil {
		return received, err
	}
	if request.Narrowing, err = readNarrowing(r.Header, h.cfg.Server.Served().Sets); err != nil {
		return received, err
	}
	if r.Method != http.MethodPost {
		return received, h.admit(r)
	}
	body, err := receiveBody(w, r, share)
	if err != nil {
		return received, err
	}
	if received, err = jsonrpc.Parse(body); err != nil {
		return received, refuseMessage(err)
	}
	share.Shrink(len(body) - received.Size) // such as spaces
	// The trace of a message is its sender's, the one in the headers may be a proxy's.
	request.Trace = caller.ParseTrace(received.Traceparent, received.Tracestate).Or(request.Trace)
	// A tool counts its calls itself, so that it can answer as a tool. A human's answer to a form must not be lost.
	call := received.Kind == jsonrpc.Request && received.Method == string(mcp.MethodToolsCall)
	if call || h.receiveAnswer(r, received) {
		return received, nil
	}
	return received, h.admit(r)
}

// admit counts a request against its caller's limit.
func (h *Handler) admit(r *http.Request) error {
	if wait := h.cfg.Server.Admit(r.Context()); wait > 0 {
		return refuseFor(wait, "You're sending requests faster than this server allows.")
	}
	return nil
}
