package web

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/server"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/text"
)

const (
	maxPending   = 64                     // limits the calls of one stream that wait for their answer
	drainTimeout = 500 * time.Millisecond // limits the last write to a stream when the server shuts down
	allowOrigin  = "Access-Control-Allow-Origin"
	sseMethods   = "Open a stream with GET, and send messages with POST to the address in its first event."
)

var (
	errStreamUnknown = refuse(http.StatusNotFound,
		"There is no such session here: it ended, or was never opened. Open a new stream at /sse.")
	errStreamOwner = refuse(http.StatusForbidden,
		"This session was opened with another token, or with none. Send the same token to /sse and /message.")
	errPendingLimit = refuse(http.StatusTooManyRequests, "Too many calls in this session are waiting for answers.")
)

type streamIDKey struct{}

// newSSE returns mcp-go's HTTP+SSE, the transport of older hosts: /sse is a stream, and gets the answers to calls
// at /message. This package adds owners and limits, and ends calls with their stream.
func newSSE(cfg Config) *server.SSEServer {
	return server.NewSSEServer(cfg.Server.MCP(),
		server.WithStaticBasePath(cfg.BasePath), server.WithSSEEndpoint("/sse"), server.WithMessageEndpoint("/message"),
		server.WithSSEDisableLocalhostProtection(true), // edge.Guard is stricter
		server.WithSessionIDGenerator(func(ctx context.Context, _ *http.Request) (string, error) {
			id, _ := ctx.Value(streamIDKey{}).(string) // mcp-go refuses ""
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
	s, id := newStream(h.closing, w, r), h.cfg.newID() //nolint:contextcheck // the handler's, beside the request's
	defer s.close()
	defer context.AfterFunc(h.closing, func() { s.settle() })() //nolint:contextcheck // the handler's
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
	case received.response: // this transport sends no requests to clients
		w.WriteHeader(http.StatusAccepted)
		return nil
	}
	request.Transport, request.Stream = caller.SSE, s.ctx
	request.Narrowing = slices.Concat(request.Narrowing, s.narrowing)
	if !received.isCall() {
		h.sse.MessageHandler().ServeHTTP(w, r)
		return nil
	}
	id := canonicalID(received.id)
	if err := s.expect(id); err != nil {
		return err
	}
	response := &recorder{ResponseWriter: w}
	h.sse.MessageHandler().ServeHTTP(response, r)
	if response.status != http.StatusAccepted {
		s.settle(id) // mcp-go refused the call
	}
	return nil
}

// stream is an open stream of HTTP+SSE.
type stream struct {
	*recorder
	owner     string // as caller.Request.Owner
	narrowing caller.Narrowing
	closing   context.Context // ends when the server shuts down
	ctx       context.Context
	end       context.CancelFunc

	writing   sync.Mutex // held during a write
	heartbeat *time.Timer
	events    eventReader
	written   []string // ids of answers that were written but not flushed

	mu      sync.Mutex
	pending []string // ids of the calls that wait for their answer
}

func newStream(closing context.Context, w http.ResponseWriter, r *http.Request) *stream {
	request := caller.From(r.Context()) //nolint:contextcheck // the request's
	origin := w.Header().Values(allowOrigin)
	restore := func() { w.Header()[allowOrigin] = origin } // mcp-go allows every origin
	s := &stream{
		recorder: &recorder{ResponseWriter: w, start: restore},
		owner:    request.Owner, narrowing: request.Narrowing, closing: closing,
	}
	s.ctx, s.end = context.WithCancel(r.Context())
	s.writing.Lock()
	defer s.writing.Unlock()
	s.heartbeat = time.AfterFunc(heartbeat, s.keepAlive)
	return s
}

// close ends the stream and cancels its calls. Nothing can write to it afterwards.
func (s *stream) close() {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heartbeat.Stop()
	s.end()
}

// expect adds a pending call, unless there are too many.
func (s *stream) expect(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closing.Err() != nil:
		return errClosing
	case s.ctx.Err() != nil:
		return errStreamUnknown
	case len(s.pending) >= maxPending:
		return errPendingLimit
	}
	s.pending = append(s.pending, id)
	return nil
}

// settle removes answered calls. While the server shuts down, it ends a stream without pending calls.
func (s *stream) settle(ids ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if at := slices.Index(s.pending, id); at >= 0 {
			s.pending = slices.Delete(s.pending, at, at+1)
		}
	}
	if len(s.pending) == 0 && s.closing.Err() != nil && s.ctx.Err() == nil {
		s.end()
		s.setDeadline(time.Now().Add(drainTimeout)) // a caller who doesn't read must not delay the shutdown
	}
}

// canonicalID returns an id as it is in the answer: mcp-go reads it in this way too.
func canonicalID(raw json.RawMessage) string {
	var id any
	if json.Unmarshal(raw, &id) != nil {
		id = nil // such as 1e999
	}
	return text.JSON(id)
}

func (s *stream) Write(p []byte) (int, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	for _, data := range s.events.read(p) {
		if id, ok := answeredID(data); ok {
			s.written = append(s.written, id)
		}
	}
	return s.write(p)
}

func (s *stream) write(p []byte) (int, error) {
	n, err := s.recorder.Write(p)
	if err != nil {
		s.end()
	}
	return n, err
}

// Flush settles the calls whose answers it sends.
func (s *stream) Flush() {
	s.writing.Lock()
	answered := s.written
	s.written = nil
	err := s.flush()
	s.writing.Unlock()
	if err != nil {
		s.end()
	}
	s.settle(answered...)
}

// keepAlive writes a comment, which clients ignore.
func (s *stream) keepAlive() {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.ctx.Err() != nil {
		return
	}
	if _, err := s.write([]byte(": keep-alive\n\n")); err == nil && s.flush() == nil {
		s.heartbeat.Reset(heartbeat)
		return
	}
	s.end()
}

// eventReader finds the data of events. It accepts every framing, because mcp-go may change its own.
type eventReader struct{ line, data []byte }

// read returns the data of the events that end in p.
func (e *eventReader) read(p []byte) (events [][]byte) {
	for len(p) > 0 {
		part, rest, complete := bytes.Cut(p, []byte("\n"))
		e.line, p = append(e.line, part...), rest
		if !complete {
			break
		}
		line := bytes.TrimSuffix(e.line, []byte("\r"))
		e.line = nil
		if value, ok := bytes.CutPrefix(line, []byte("data:")); ok {
			e.data = append(append(e.data, bytes.TrimPrefix(value, []byte(" "))...), '\n')
		}
		if len(line) == 0 && len(e.data) > 0 {
			events = append(events, e.data)
			e.data = nil
		}
	}
	return events
}

// answeredID returns the id of the call that an event answers, if it answers one.
func answeredID(data []byte) (id string, ok bool) {
	var event struct {
		ID     json.RawMessage `json:"id"`
		Method string          `json:"method"`
	}
	if json.Unmarshal(data, &event) != nil || event.Method != "" {
		return "", false
	}
	return canonicalID(event.ID), true
}
