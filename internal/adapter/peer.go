package adapter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"opentrain-mcp/internal/jsonrpc"
	"opentrain-mcp/internal/metrics"
	"opentrain-mcp/internal/text"
)

// Peer is the other end of a conversation: a host on stdio, a stream of HTTP+SSE, a session of Streamable HTTP, or one
// request of it without sessions. Transports read and write messages; Peer passes on to mcp-go what was checked.
type Peer struct {
	server  *Server
	session *session

	mu    sync.Mutex
	last  int64                            // the id of the last request in either direction
	calls map[int64]*Call                  // in progress or waiting
	asked map[int64]chan<- jsonrpc.Message // requests to the client that wait for a response

	push       func(message []byte) // nil for a client that gets nothing outside of its requests
	subscribed map[string]func()    // by resource; ends the subscription

	start time.Time       // of its session
	ended context.Context //nolint:containedctx // of its forms and subscriptions
	end   context.CancelFunc
}

// NewPeer returns a Peer. The id, which no other has, names its session; call End when that is over. It is "" for a Peer of a single
// request.
func (s *Server) NewPeer(id string) *Peer {
	p := &Peer{
		server: s, session: &session{id: id}, calls: map[int64]*Call{}, asked: map[int64]chan<- jsonrpc.Message{},
		subscribed: map[string]func(){}, ended: s.ended,
	}
	if id != "" {
		p.start = time.Now()
		p.ended, p.end = context.WithCancel(s.ended)
	}
	return p
}

// Call is a request that a Peer has sent.
type Call struct {
	peer     *Peer
	session  callSession
	message  jsonrpc.Message
	id       int64 // for mcp-go
	end      context.CancelFunc
	canceled atomic.Bool // by the client
	busy     bool
	send     func(message []byte)
	problem  *problem        // with the params, nil for none
	tools    json.RawMessage // the list that answers tools/list

	listening []*watch // what a request that stays open subscribes to

	start     time.Time
	operation metrics.Operation // as it is counted
}

// Begin makes a request known, so that the client can cancel it: then the returned context ends. Call End when the
// request is over.
func (p *Peer) Begin(ctx context.Context, m jsonrpc.Message) (context.Context, *Call) {
	c := &Call{peer: p, message: m, start: time.Now()}
	c.session = callSession{p.session, make(chan mcp.JSONRPCNotification, maxNotifications), c}
	ctx, c.end = context.WithCancel(context.WithValue(ctx, callKey{}, c))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last++
	c.id = p.last
	p.calls[c.id] = c
	return ctx, c
}

// End forgets the request.
func (c *Call) End() {
	c.end()
	c.peer.mu.Lock()
	defer c.peer.mu.Unlock()
	delete(c.peer.calls, c.id)
}

// Serve serves the request, with the context from Begin. It returns the response in parts, which others may share, with its error
// code, 0 for a result. The response is nil if the client canceled the request. send carries what belongs to the request, forms and
// reports of progress. It may be nil if the transport can't send them.
func (c *Call) Serve(ctx context.Context, send func(message []byte)) (response [][]byte, code int) {
	c.send = send
	defer func() { c.count(ctx, code) }()
	serve := c.handle
	if c.message.Method == string(mcp.MethodSubscriptionsListen) {
		serve = c.listen
	}
	answer := serve(ctx)
	c.forward()
	if c.canceled.Load() {
		return nil, 0
	}
	switch answer := answer.(type) {
	case mcp.JSONRPCResponse:
		switch result := answer.Result.(type) {
		case mcp.ListToolsResult:
			return c.answerTools(result), 0
		case *mcp.CallToolResult:
			return c.answerCall(*result), 0
		}
		return whole(jsonrpc.Answer(c.message.ID, answer.Result)), 0
	case mcp.JSONRPCError:
		details := answer.Error
		details.Message = text.Clean(details.Message, maxMessage) // mcp-go repeats what the client sent
		if c.problem != nil {
			details.Code, details.Message, details.Data = c.problem.code, c.problem.message, c.problem.data
		}
		return whole(jsonrpc.Refusal(c.message.ID, details.Code, details.Message, details.Data)), details.Code
	}
	return whole(jsonrpc.Refusal(c.message.ID, jsonrpc.CodeInternalError, errInternal.Error(), nil)), jsonrpc.CodeInternalError
}

// whole is a response in one part.
func whole(response []byte) [][]byte { return [][]byte{response} }

// Busy answers a request for which the transport has no room. Models see the results of tools, but not errors.
func (c *Call) Busy(ctx context.Context) [][]byte {
	if c.message.Method != string(mcp.MethodToolsCall) {
		return whole(jsonrpc.Refusal(c.message.ID, jsonrpc.CodeBusy, "Too many requests are waiting. Try again in a few seconds.", nil))
	}
	c.busy = true
	response, _ := c.Serve(ctx, nil)
	return response
}

// handle passes the request on to mcp-go. Only the log gets the cause of a panic.
func (c *Call) handle(ctx context.Context) (answer mcp.JSONRPCMessage) {
	s := c.peer.server
	defer func() {
		if cause := recover(); cause != nil {
			s.cfg.Logger.ErrorContext(ctx, "panic", "panic", cause, "stack", string(debug.Stack()))
			answer = nil
		}
	}()
	return s.mcp.HandleMessage(s.mcp.WithContext(ctx, c.session), c.message.Forward(c.id))
}

// forward sends the notifications that mcp-go has left for the client while it handled the request.
func (c *Call) forward() {
	for {
		select {
		case n := <-c.session.notifications:
			c.pass(n)
		default:
			return
		}
	}
}

// pass sends a notification of mcp-go to the client.
func (c *Call) pass(n mcp.JSONRPCNotification) {
	if _, ok := n.Params.Meta[mcp.MetaKeySubscriptionID]; ok {
		n.Params.Meta[mcp.MetaKeySubscriptionID] = c.message.ID // as its sender wrote it
	}
	c.notify(n.Method, n.Params)
}

func (c *Call) notify(method string, params any) {
	if c.send != nil {
		c.send(jsonrpc.Call(0, method, params))
	}
}

// errNoForms says that a client can't be asked.
var errNoForms = errors.New("the client can't be asked")

// ask sends a request to the client and waits for the result.
func (c *Call) ask(ctx context.Context, method string, params any) (json.RawMessage, error) {
	if c.send == nil {
		return nil, errNoForms
	}
	p, response := c.peer, make(chan jsonrpc.Message, 1)
	p.mu.Lock()
	p.last++
	id := p.last
	p.asked[id] = response
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.asked, id)
	}()
	start := time.Now()
	c.send(jsonrpc.Call(id, method, params))
	select {
	case m := <-response:
		if m.Error != nil {
			c.countAsked(ctx, method, metrics.Other, start)
			return nil, fmt.Errorf("the client refused %s", method)
		}
		c.countAsked(ctx, method, "", start)
		return m.Result, nil
	case <-ctx.Done():
		c.countAsked(ctx, method, metrics.FailureOf(ctx.Err()), start)
		return nil, ctx.Err()
	}
}

// Receive takes in a notification or a response. It reports whether something waited for it.
func (p *Peer) Receive(ctx context.Context, m jsonrpc.Message) bool {
	if m.Kind == jsonrpc.Notification {
		p.countNotification(ctx, m)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if m.Kind == jsonrpc.Response {
		for id, waiting := range p.asked {
			if fmt.Sprint(id) == jsonrpc.Key(m.ID) {
				delete(p.asked, id)
				waiting <- m
				return true
			}
		}
		return false // it came too late
	}
	found := false
	for _, call := range p.calls {
		if key := jsonrpc.Key(m.Canceled); key != "" && key == jsonrpc.Key(call.message.ID) {
			found = true
			call.canceled.Store(true)
			call.end()
		}
	}
	return found
}

type callKey struct{}

// callFrom returns the call of a context, or nil.
func callFrom(ctx context.Context) *Call {
	c, _ := ctx.Value(callKey{}).(*Call)
	return c
}

// maxMessage limits the message of an error, in characters.
const maxMessage = 1000

// maxNotifications is more than mcp-go leaves during one request.
const maxNotifications = 8

// session is what mcp-go knows of a Peer.
type session struct {
	id          string
	initialized atomic.Bool

	mu      sync.Mutex
	forms   bool // the client can show forms
	version string
}

// callSession is the session as one request sees it: its notifications belong to this request.
type callSession struct {
	*session
	notifications chan mcp.JSONRPCNotification
	call          *Call
}

var _ server.SessionWithClientInfo = callSession{}

func (s callSession) NotificationChannel() chan<- mcp.JSONRPCNotification { return s.notifications }

func (s *session) SessionID() string { return s.id }

func (s *session) Initialize() { s.initialized.Store(true) }

func (s *session) Initialized() bool { return s.initialized.Load() }

// SetClientInfo keeps nothing: nothing needs it, and clients could fill the memory with it.
func (*session) SetClientInfo(mcp.Implementation) {}

func (*session) GetClientInfo() mcp.Implementation { return mcp.Implementation{} }

// SetClientCapabilities keeps only what this server asks for.
func (s *session) SetClientCapabilities(capabilities mcp.ClientCapabilities) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forms = showsForms(capabilities.Elicitation)
}

func (*session) GetClientCapabilities() mcp.ClientCapabilities { return mcp.ClientCapabilities{} }

func (s *session) showsForms() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.forms
}

func (s *session) ProtocolVersion() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.version
}

func (s *session) SetProtocolVersion(version string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version = version
}
