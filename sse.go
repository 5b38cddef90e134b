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
	// writeTime is how long one write to a stream may take. A WriteTimeout of the
	// server would end every stream instead.
	writeTime = 20 * time.Second
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
	max       int

	mu      sync.Mutex
	streams map[string]*stream // by session id
	opening int                // counted, without an id yet
	closed  bool
}

func newSSE(s *server.MCPServer, replicaID string, most int) *sse {
	e := &sse{prefix: sessionPrefix(replicaID), max: most, streams: map[string]*stream{}}
	e.transport = server.NewSSEServer(s,
		server.WithSSEEndpoint("/sse"), server.WithMessageEndpoint("/message"),
		server.WithSessionIDGenerator(e.name),
		server.WithSSEDisableLocalhostProtection(true), // edge.Guard is stricter
	)
	return e
}

// stream is one open stream.
type stream struct {
	http.ResponseWriter
	id        string
	owner     string // the caller's id, "" for anonymous
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
	if refused := e.reserve(); refused != nil {
		return refused
	}
	known := requestFrom(r.Context())
	s := &stream{ResponseWriter: w, owner: callerID(known.token.Value), narrowing: known.narrowing}
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

// reserve counts a stream that is about to open.
func (e *sse) reserve() *refusal {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.closed:
		return errClosing
	case e.opening+len(e.streams) >= e.max:
		return errStreams
	}
	e.opening++
	return nil
}

// name is a server.SessionIDGenFunc: it gives a stream its id.
func (e *sse) name(ctx context.Context, _ *http.Request) (string, error) {
	s, ok := ctx.Value(streamKey{}).(*stream)
	if !ok {
		return "", errors.New("no stream")
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.opening--
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
	if s.id == "" {
		e.opening--
		return
	}
	delete(e.streams, s.id)
}

func (e *sse) count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.streams)
}

// message serves POST /message.
func (e *sse) message(w http.ResponseWriter, r *http.Request, body []byte) *refusal {
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
	case s.owner != callerID(known.token.Value):
		return errForeign
	}
	known.narrowing, known.done = known.narrowing.and(s.narrowing), s.done
	call := wantsAnswer(body)
	if call && !s.expect() {
		return errTooMany
	}
	answer := &recorder{ResponseWriter: w}
	e.transport.MessageHandler().ServeHTTP(answer, r)
	if call && answer.status != http.StatusAccepted {
		s.settle(1) // refused: no event will follow
	}
	return nil
}

// wantsAnswer reports whether a message is a request, which is answered on the
// stream.
func wantsAnswer(body []byte) bool {
	var message struct {
		Method string `json:"method"`
		ID     any    `json:"id"`
	}
	return json.Unmarshal(body, &message) == nil && message.Method != "" && message.ID != nil
}

// expect counts a call, unless too many are under way.
func (s *stream) expect() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.pending >= maxPending {
		return false
	}
	s.pending++
	return true
}

// settle crosses out calls; the last one ends a stream that is draining.
func (s *stream) settle(calls int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending = max(0, s.pending-calls)
	if s.draining && s.pending == 0 {
		s.end()
	}
}

// drain ends the stream as soon as its calls are answered.
func (s *stream) drain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.draining = true
	if s.pending == 0 {
		s.end()
		s.setDeadline(time.Now().Add(lastWrite)) // a caller who does not read must not hold the end up
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
	n, err := s.write(p)
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

// write writes within writeTime, so that a caller who does not read is let go.
func (s *stream) write(p []byte) (int, error) {
	s.setDeadline(time.Now().Add(writeTime))
	return s.ResponseWriter.Write(p)
}

func (s *stream) flush() error {
	err := http.NewResponseController(s.ResponseWriter).Flush()
	if s.done.Err() == nil {
		s.setDeadline(time.Time{}) // the next write may be long after
	}
	return err
}

func (s *stream) setDeadline(at time.Time) {
	//nolint:errcheck,gosec // a writer without deadlines has none
	http.NewResponseController(s.ResponseWriter).SetWriteDeadline(at)
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
	_, err := s.write([]byte(": keep-alive\n\n"))
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
