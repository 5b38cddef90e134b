package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"opentrain-mcp/internal/adapter"
	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/edge"
	"opentrain-mcp/internal/jsonrpc"
)

const (
	maxPending = 64        // limits the calls of one stream that wait for their answer
	maxUnsent  = 4 << 20   // limits the messages that wait for all streams, in bytes
	maxQueue   = 256 << 10 // limits those that wait for one stream
	ownQueue   = 16 << 10  // of them, what never counts: others can't take it
	sseMethods = "Open a stream with GET, and send messages with POST to the address in its first event."
)

var (
	errStreamUnknown = refuse(http.StatusNotFound,
		"There is no such session here: it ended, or was never opened. Open a new stream at /sse.")
	errStreamOwner = refuse(http.StatusForbidden,
		"This session was opened with another token, or with none. Send the same token to /sse and /message.")
	errPendingLimit = refuse(http.StatusTooManyRequests, "Too many calls in this session are waiting for answers.")
)

// openStream serves /sse, the transport of older hosts, until the caller or the server ends the stream. It gets the
// answers to calls at /message.
func (h *Handler) openStream(w http.ResponseWriter, r *http.Request, _ jsonrpc.Message, _ *hold) error {
	if r.Method != http.MethodGet {
		return refuseMethod(http.MethodGet, sseMethods)
	}
	defer h.enter()()
	if h.draining.Load() {
		return errClosing
	}
	ctx, leave, err := h.takeStream(r)
	if err != nil {
		return err
	}
	defer leave()
	request, id := caller.From(r.Context()), h.cfg.newID()
	s := &stream{
		peer: h.cfg.Server.NewPeer(id), owner: request.Owner, narrowing: request.Narrowing,
		share: h.unsent.Share(request.Address), closing: h.closing, wake: make(chan struct{}, 1),
	}
	s.ctx, s.end = context.WithCancel(ctx)
	defer s.close()
	defer s.peer.End(caller.SSE)
	h.streams.Store(id, s)
	defer h.streams.Delete(id)
	// A caller who doesn't read must not hold up the end.
	limit := &writeLimit{w: w}
	defer limit.end()
	defer context.AfterFunc(s.ctx, func() { limit.set(0) })() //nolint:contextcheck // the stream's
	startEvents(w)
	if writeEvent(w, "endpoint", []byte(h.cfg.BasePath+"/message?sessionId="+url.QueryEscape(id))) == nil {
		s.serve(w)
	}
	return nil
}

// takeStream counts a stream of either transport as open, until leave. The context ends when others need its place.
func (h *Handler) takeStream(r *http.Request) (ctx context.Context, leave func(), err error) {
	if h.closing.Err() != nil {
		return nil, nil, errClosing
	}
	ctx, end := context.WithCancel(r.Context())
	address := caller.From(ctx).Address
	place := h.streamPlaces.Take(address, func() {
		h.warn("a stream was ended to make room", address)
		end()
	})
	if place == nil {
		end()
		return nil, nil, errStreamLimit
	}
	clear(r.Header) // a stream lasts, and they can be 12 KB
	return ctx, func() { place.Leave(); end() }, nil
}

// postMessage serves /message.
//
//nolint:contextcheck // a call belongs to its stream, because the answer outlives this request
func (h *Handler) postMessage(w http.ResponseWriter, r *http.Request, received jsonrpc.Message, held *hold) error {
	if r.Method != http.MethodPost {
		return refuseMethod(http.MethodPost, sseMethods)
	}
	request := *caller.From(r.Context())
	found, _ := h.streams.Load(r.URL.Query().Get("sessionId"))
	s, ok := found.(*stream)
	switch {
	case !ok:
		return errStreamUnknown
	case s.owner != request.Owner:
		return errStreamOwner
	}
	request.Transport = caller.SSE
	request.Narrowing = slices.Concat(request.Narrowing, s.narrowing)
	if received.Kind == jsonrpc.Request {
		if err := s.expect(); err != nil {
			return err
		}
		held := held.take()
		leave := h.enter()
		ctx, call := s.peer.Begin(caller.With(s.ctx, &request), received)
		go func() {
			defer leave()
			defer call.End()
			response, _ := call.Serve(ctx, s.send)
			held.close()
			s.settle(response)
		}()
	} else {
		s.peer.Receive(r.Context(), received)
	}
	w.WriteHeader(http.StatusAccepted)
	return nil
}

// stream is an open stream of HTTP+SSE.
type stream struct {
	peer      *adapter.Peer
	owner     string // as caller.Request.Owner
	narrowing caller.Narrowing
	ctx       context.Context // ends with the stream
	end       context.CancelFunc
	closing   context.Context // ends when the server shuts down
	share     *edge.Share     // of the bytes that wait for all streams
	wake      chan struct{}   // gets a value when there is something to do

	mu      sync.Mutex
	pending int // calls without an answer
	queue   [][]byte
	unsent  int // bytes of the queue and of the message that is being written
	counted int // of them, what is in share
}

// expect adds a pending call, unless there are too many.
func (s *stream) expect() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closing.Err() != nil:
		return errClosing
	case s.ctx.Err() != nil:
		return errStreamUnknown
	case s.pending >= maxPending:
		return errPendingLimit
	}
	s.pending++
	return nil
}

// settle sends the response to a pending call, nil if the client canceled the call.
func (s *stream) settle(response [][]byte) {
	if response != nil {
		s.send(slices.Concat(response...))
	}
	s.mu.Lock()
	s.pending--
	s.mu.Unlock()
	s.wakeUp()
}

// send puts a message into the queue. A stream ends when too much waits for a client that doesn't read. A client that
// reads always gets its message, whatever waits for others.
func (s *stream) send(message []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return
	}
	waits := s.unsent > 0
	if waits && s.unsent+len(message) > maxQueue || !s.account(s.unsent+len(message)) && waits {
		s.end()
		return
	}
	s.queue = append(s.queue, message)
	s.unsent += len(message)
	s.wakeUp()
}

// account makes the share fit what waits, and reports whether there is room for it.
func (s *stream) account(unsent int) (room bool) {
	wanted := max(0, unsent-ownQueue)
	if wanted > s.counted && !s.share.Grow(wanted-s.counted) {
		return false
	}
	if wanted < s.counted {
		s.share.Shrink(s.counted - wanted)
	}
	s.counted = wanted
	return true
}

func (s *stream) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// serve writes what is in the queue, until the stream ends. When the server closes, it ends after the pending calls.
func (s *stream) serve(w http.ResponseWriter) {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	closed := s.closing.Done()
	for {
		message, drained := s.next()
		var err error
		switch {
		case message != nil:
			err = writeEvent(w, "message", message)
			s.sent(len(message))
		case drained && s.closing.Err() != nil:
			return
		default:
			select {
			case <-s.wake:
			case <-beat.C:
				err = writeHeartbeat(w)
			case <-closed:
				closed = nil
			case <-s.ctx.Done():
				return
			}
		}
		if err != nil || s.ctx.Err() != nil {
			return
		}
	}
}

// next takes the next message out of the queue. Its bytes count as unsent until sent. Without one, drained reports
// whether no call is pending.
func (s *stream) next() (message []byte, drained bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		return nil, s.pending == 0
	}
	message, s.queue = s.queue[0], s.queue[1:]
	return message, false
}

func (s *stream) sent(size int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unsent -= size
	s.account(min(s.unsent, s.counted+ownQueue)) // a message that found no room was never counted
}

// close ends the stream and cancels its calls.
func (s *stream) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end()
	s.queue = nil
	s.share.Close()
}
