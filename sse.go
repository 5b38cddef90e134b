package opentrainmcp

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/server"
)

const (
	// maxPending is how many calls of one stream may be under way at once.
	maxPending = 64
	// heartbeat is how often an idle stream is written to, so that proxies keep
	// it and a caller who is gone is noticed.
	heartbeat = 25 * time.Second
	// lastWrite is how long the end of a stream may take when the server ends.
	lastWrite = 500 * time.Millisecond
)

// sse serves HTTP+SSE, the transport of older hosts: a stream at /sse, and
// /message for the calls whose answers go to the stream. mcp-go speaks the
// protocol; what it does not do is done here: a stream belongs to the token that
// opened it, its calls end with it, its number is bounded, and it is closed only
// when its calls are answered.
type sse struct {
	transport *server.SSEServer
	prefix    string

	mu      sync.Mutex
	streams map[string]*stream // by session id
	places  places             // by the address that opened them
	closed  bool
}

func newSSE(s *server.MCPServer, cfg HTTPConfig) *sse {
	e := &sse{prefix: sessionPrefix(cfg.ReplicaID), streams: map[string]*stream{}, places: newPlaces(cfg.MaxStreams)}
	e.transport = server.NewSSEServer(s, server.WithStaticBasePath(cfg.BasePath),
		server.WithSSEEndpoint("/sse"), server.WithMessageEndpoint("/message"),
		server.WithSessionIDGenerator(e.name),
		server.WithSSEDisableLocalhostProtection(true), // edge.Guard is stricter
	)
	return e
}

// stream is one open stream.
type stream struct {
	*recorder
	id        string
	owner     string // as request.owner
	origin    string // what CORS allows, set before mcp-go allows every page
	narrowing narrowing
	done      context.Context
	end       context.CancelFunc

	writing  sync.Mutex // held while something is written
	begun    bool
	answered int // answers written and not yet flushed

	mu       sync.Mutex
	pending  int // calls without an answer
	draining bool
	closed   bool
	beat     *time.Timer
}

var (
	errStreams  = &refusal{http.StatusServiceUnavailable, "This server has as many open streams as it may have. Try again later, or use /mcp."}
	errClosing  = &refusal{http.StatusServiceUnavailable, "This server is shutting down."}
	errUnknown  = &refusal{http.StatusNotFound, "There is no such session here: it ended, or was never opened. Open a new stream at /sse."}
	errForeign  = &refusal{http.StatusForbidden, "This session was opened with another token, or with none. Send the same token to /sse and /message."}
	errTooMany  = &refusal{http.StatusTooManyRequests, "Too many calls of this session are waiting for their answer."}
	errNotEvent = &refusal{http.StatusMethodNotAllowed, "Open a stream with GET, and send messages with POST to the address in its first event."}
)

const allowOrigin = "Access-Control-Allow-Origin"

type streamKey struct{}

// open serves GET /sse, until the caller goes or the server ends.
func (e *sse) open(w http.ResponseWriter, r *http.Request) *refusal {
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		return errNotEvent
	}
	known := requestFrom(r.Context())
	if refused := e.reserve(known.address); refused != nil {
		return refused
	}
	defer e.release(known.address)
	s := &stream{recorder: &recorder{ResponseWriter: w}, owner: known.owner, narrowing: known.narrowing}
	s.done, s.end = context.WithCancel(r.Context())
	s.origin = w.Header().Get(allowOrigin)
	s.mu.Lock()
	s.beat = time.AfterFunc(heartbeat, s.keepAlive)
	s.mu.Unlock()
	defer e.forget(s)
	w.Header().Set("X-Accel-Buffering", "no") // nginx passes events on at once
	//nolint:contextcheck // s.done is the request's
	e.transport.SSEHandler().ServeHTTP(s, r.WithContext(context.WithValue(s.done, streamKey{}, s)))
	return nil
}

// reserve takes the place of a stream that is about to open.
func (e *sse) reserve(address string) *refusal {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.closed:
		return errClosing
	case e.places.full(address):
		return errStreams
	}
	e.places.take(address)
	return nil
}

func (e *sse) release(address string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.places.free(address)
}

// name is a server.SessionIDGenFunc: it gives a stream its id.
func (e *sse) name(ctx context.Context, _ *http.Request) (string, error) {
	s, ok := ctx.Value(streamKey{}).(*stream)
	if !ok {
		return "", errors.New("no stream")
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		s.end() // it was reserved a moment before
	}
	s.id = e.prefix + rand.Text()
	e.streams[s.id] = s
	return s.id, nil
}

// forget ends a stream: whatever it still waited for is cancelled. Nothing may
// write to it afterwards.
func (e *sse) forget(s *stream) {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.mu.Lock()
	s.closed = true
	s.beat.Stop()
	s.mu.Unlock()
	s.end()
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.streams, s.id)
}

func (e *sse) count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.streams)
}

// message serves POST /message.
func (e *sse) message(w http.ResponseWriter, r *http.Request, received rpcMessage) *refusal {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return errNotEvent
	}
	e.mu.Lock()
	s := e.streams[r.URL.Query().Get("sessionId")]
	e.mu.Unlock()
	known := requestFrom(r.Context())
	switch {
	case s == nil:
		return errUnknown
	case s.owner != known.owner:
		return errForeign
	}
	if received.isAnswer() { // this transport asks clients nothing
		w.WriteHeader(http.StatusAccepted)
		return nil
	}
	known.narrowing, known.done = known.narrowing.and(s.narrowing), s.done
	call := received.wantsAnswer()
	if call {
		if refused := s.expect(); refused != nil {
			return refused
		}
	}
	answer := &recorder{ResponseWriter: w}
	e.transport.MessageHandler().ServeHTTP(answer, r)
	if call && answer.status != http.StatusAccepted {
		s.settle(1) // refused: no event will follow
	}
	return nil
}

// expect counts a call, unless too many are under way.
func (s *stream) expect() *refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return errUnknown
	case s.draining:
		return errClosing
	case s.pending >= maxPending:
		return errTooMany
	}
	s.pending++
	return nil
}

// settle crosses out calls; the last one ends a stream that is draining.
func (s *stream) settle(calls int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending = max(0, s.pending-calls)
	if s.draining && s.pending == 0 {
		s.endSoon()
	}
}

// endSoon ends the stream; a caller who does not read must not hold it up.
func (s *stream) endSoon() {
	s.end()
	s.setDeadline(time.Now().Add(lastWrite))
}

// drain ends the stream as soon as its calls are answered.
func (s *stream) drain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.draining = true
	if s.pending == 0 {
		s.endSoon()
	}
}

// Write implements io.Writer for mcp-go, which writes one event at a time and
// flushes it.
func (s *stream) Write(p []byte) (int, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	if !s.begun {
		s.begun = true
		s.Header().Del(allowOrigin)
		if s.origin != "" {
			s.Header().Set(allowOrigin, s.origin)
		}
	}
	if answers(p) {
		s.answered++
	}
	n, err := s.recorder.Write(p)
	if err != nil {
		s.end()
	}
	return n, err
}

// Flush implements http.Flusher.
func (s *stream) Flush() {
	s.writing.Lock()
	answered := s.answered
	s.answered = 0
	err := s.flush()
	s.writing.Unlock()
	if err != nil {
		s.end()
	}
	s.settle(answered)
}

// keepAlive writes a comment, which clients pass over.
func (s *stream) keepAlive() {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.mu.Lock()
	closed := s.closed
	s.mu.Unlock()
	if closed {
		return
	}
	_, err := s.recorder.Write([]byte(": keep-alive\n\n"))
	if err == nil {
		err = s.flush()
	}
	if err != nil {
		s.end()
		return
	}
	s.beat.Reset(heartbeat)
}

// answers reports whether an event is the answer to a call.
func answers(event []byte) bool {
	data, found := bytes.CutPrefix(event, []byte("event: message\ndata: "))
	if !found {
		return false
	}
	var message struct {
		Method string `json:"method"`
	}
	return json.Unmarshal(data, &message) != nil || message.Method == ""
}

// shutdown ends every stream, each as soon as its calls are answered.
func (e *sse) shutdown() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	for _, s := range e.streams {
		s.drain()
	}
}
