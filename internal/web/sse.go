package web

import (
	"context"
	"net/http"

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

type streamIDKey struct{}

// newSSE returns mcp-go's implementation of HTTP+SSE, the transport of older hosts: a stream at /sse, and
// /message for the calls, whose answers go to the stream. This package adds what mcp-go lacks: a stream belongs
// to the token that opened it, and its calls end with it; streams are limited, and a shutdown waits for answers.
func newSSE(cfg Config) *server.SSEServer {
	return server.NewSSEServer(cfg.Server.MCP(),
		server.WithStaticBasePath(cfg.BasePath), server.WithSSEEndpoint("/sse"), server.WithMessageEndpoint("/message"),
		server.WithSSEDisableLocalhostProtection(true), // edge.Guard is stricter
		server.WithSessionIDGenerator(func(ctx context.Context, _ *http.Request) (string, error) {
			id, _ := ctx.Value(streamIDKey{}).(string) //nolint:errcheck // mcp-go refuses ""
			return id, nil
		}),
	)
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
	release, err := h.acquireStream(w, r)
	if err != nil {
		return err
	}
	defer release()
	caller.From(r.Context()).Transport = caller.SSE
	s, id := newStream(h.closing, w, r), h.cfg.newID()
	defer s.close()
	defer context.AfterFunc(h.closing, func() { s.settle() })()
	h.streams.Store(id, s)
	defer h.streams.Delete(id)
	//nolint:contextcheck // s.ctx is the request's
	h.sse.SSEHandler().ServeHTTP(s, r.WithContext(context.WithValue(s.ctx, streamIDKey{}, id)))
	return nil
}

// acquireStream counts a stream of either transport as open, until release.
func (h *Handler) acquireStream(w http.ResponseWriter, r *http.Request) (release func(), err error) {
	if h.closing.Err() != nil {
		return nil, errClosing
	}
	release, ok := h.streamQuota.Acquire(caller.From(r.Context()).Address)
	if !ok {
		return nil, errStreamLimit
	}
	w.Header().Set("X-Accel-Buffering", "no") // nginx passes events on at once
	return release, nil
}

// postMessage serves /message.
func (h *Handler) postMessage(w http.ResponseWriter, r *http.Request, received message) error {
	if r.Method != http.MethodPost {
		return refuseMethod(http.MethodPost, sseMethods)
	}
	request := caller.From(r.Context())
	found, _ := h.streams.Load(r.URL.Query().Get("sessionId"))
	s, ok := found.(*stream)
	switch {
	case !ok:
		return errStreamUnknown
	case s.owner != request.Owner:
		return errStreamOwner
	case received.answer: // this transport sends no requests to clients
		w.WriteHeader(http.StatusAccepted)
		return nil
	}
	request.Transport, request.Stream = caller.SSE, s.ctx
	request.Narrowing = request.Narrowing.And(s.narrowing)
	if !received.isCall() {
		h.sse.MessageHandler().ServeHTTP(w, r)
		return nil
	}
	id := canonicalID(received.id)
	if err := s.expect(id); err != nil {
		return err
	}
	answer := &recorder{ResponseWriter: w}
	h.sse.MessageHandler().ServeHTTP(answer, r)
	if answer.status != http.StatusAccepted {
		s.settle(id) // mcp-go refused the call
	}
	return nil
}
