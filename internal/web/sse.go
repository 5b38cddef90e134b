package web

import (
	"context"
	"crypto/rand"
	"net/http"
	"sync"

	"github.com/mark3labs/mcp-go/server"

	"opentrain-mcp/internal/caller"
)

const sseMethods = "Open a stream with GET, and send messages with POST to the address in its first event."

var (
	errStreamUnknown = refuse(http.StatusNotFound,
		"There is no such session here: it ended, or was never opened. Open a new stream at /sse.")
	errStreamOwner = refuse(http.StatusForbidden,
		"This session was opened with another token, or with none. Send the same token to /sse and /message.")
	errPendingLimit = refuse(http.StatusTooManyRequests, "Too many calls of this session are waiting for their answer.")
)

// sse holds the open streams of HTTP+SSE, the transport of older hosts: a stream at /sse, and /message for
// the calls, whose answers go to the stream. mcp-go implements the protocol. This package adds what mcp-go
// lacks: a stream belongs to the token that opened it, and when it ends, its calls end; the number of streams
// is limited, and a shutdown waits for the answers.
type sse struct {
	transport *server.SSEServer

	mu      sync.Mutex
	streams map[string]*stream // by id
	closed  bool
}

type streamIDKey struct{}

func newSSE(cfg Config) *sse {
	return &sse{streams: map[string]*stream{}, transport: server.NewSSEServer(cfg.Server.MCP(),
		server.WithStaticBasePath(cfg.BasePath), server.WithSSEEndpoint("/sse"), server.WithMessageEndpoint("/message"),
		server.WithSSEDisableLocalhostProtection(true), // edge.Guard is stricter
		server.WithSessionIDGenerator(func(ctx context.Context, _ *http.Request) (string, error) {
			if id, ok := ctx.Value(streamIDKey{}).(string); ok {
				return id, nil
			}
			return "", errStreamUnknown
		}),
	)}
}

// openStream serves /sse, until the caller or the server ends the stream.
func (h *Handler) openStream(w http.ResponseWriter, r *http.Request, _ message) error {
	if h.turnsAway.Load() {
		return errClosing
	}
	if r.Method != http.MethodGet {
		return refuseMethod(http.MethodGet, sseMethods)
	}
	defer h.enter()()
	request := caller.From(r.Context())
	request.Transport = caller.SSE
	release, ok := h.streamQuota.Acquire(request.Address)
	if !ok {
		return errStreamLimit
	}
	defer release()
	s, id := newStream(w, r), h.cfg.idPrefix()+rand.Text()
	defer s.close()
	if !h.sse.add(id, s) {
		return errClosing
	}
	defer h.sse.remove(id)
	h.cfg.Metrics.StreamOpened()
	defer h.cfg.Metrics.StreamClosed()
	w.Header().Set("X-Accel-Buffering", "no") // nginx passes events on at once
	//nolint:contextcheck // s.ctx is the request's
	h.sse.transport.SSEHandler().ServeHTTP(s, r.WithContext(context.WithValue(s.ctx, streamIDKey{}, id)))
	return nil
}

func (e *sse) add(id string, s *stream) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.closed {
		e.streams[id] = s
	}
	return !e.closed
}

func (e *sse) remove(id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.streams, id)
}

// postMessage serves /message.
func (h *Handler) postMessage(w http.ResponseWriter, r *http.Request, received message) error {
	if r.Method != http.MethodPost {
		return refuseMethod(http.MethodPost, sseMethods)
	}
	request, s := caller.From(r.Context()), h.sse.find(r.URL.Query().Get("sessionId"))
	switch {
	case s == nil:
		return errStreamUnknown
	case s.owner != request.Owner:
		return errStreamOwner
	case received.answer: // this transport sends no requests to clients
		w.WriteHeader(http.StatusAccepted)
		return nil
	}
	request.Transport, request.Stream = caller.SSE, s.ctx
	request.Narrowing = request.Narrowing.And(s.narrowing)
	if received.isCall() {
		if err := s.expect(received.id); err != nil {
			return err
		}
	}
	answer := &recorder{ResponseWriter: w}
	h.sse.transport.MessageHandler().ServeHTTP(answer, r)
	if received.isCall() && answer.status != http.StatusAccepted {
		s.settle(canonicalID(received.id)) // mcp-go refused the call
	}
	return nil
}

func (e *sse) find(id string) *stream {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.streams[id]
}

// shutdown ends every stream as soon as its calls are answered.
func (e *sse) shutdown() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	for _, s := range e.streams {
		s.drain()
	}
}
