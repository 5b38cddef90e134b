package adapter

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/jsonrpc"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// maxPause is the longest time between two looks while they fail.
const maxPause = 10 * time.Minute

// newWatches makes the watches of the resources that can change.
func (s *Server) newWatches() map[string]*watch {
	watches := map[string]*watch{}
	for _, r := range s.resources {
		if r.Changed != nil {
			look := handler(s, func(ctx context.Context, by caller.Caller, _ struct{}) (bool, error) { return r.Changed(ctx, by) })
			watches[r.URI] = &watch{server: s, uri: r.URI, interval: r.Interval, look: look, subscribers: map[int]func(){}}
		}
	}
	return watches
}

// watch looks for changes of one resource, as long as someone is subscribed to it: never twice within its interval, whoever comes and
// goes.
type watch struct {
	server   *Server
	uri      string
	interval time.Duration
	look     func(context.Context, struct{}) (bool, error)

	mu          sync.Mutex
	subscribers map[int]func() // by the order in which they came
	last        int
	stop        context.CancelFunc // set while there are subscribers
	notBefore   time.Time          // the time of the next look
	failures    int                // in a row
}

// subscribe calls changed after every change, until the returned function is called or ctx ends.
func (w *watch) subscribe(ctx context.Context, changed func()) (unsubscribe func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last++
	id := w.last
	w.subscribers[id] = changed
	if w.stop == nil {
		var looking context.Context
		looking, w.stop = context.WithCancel(caller.With(w.server.ended, &caller.Request{Transport: caller.Stdio}))
		go w.run(looking) //nolint:contextcheck // it looks for all who are subscribed
	}
	leave := func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.subscribers, id)
		if len(w.subscribers) == 0 && w.stop != nil {
			w.stop()
			w.stop = nil
		}
	}
	forget := context.AfterFunc(ctx, leave)
	return func() {
		forget()
		leave()
	}
}

// run looks until ctx ends.
func (w *watch) run(ctx context.Context) {
	for {
		w.mu.Lock()
		timer := time.NewTimer(time.Until(w.notBefore))
		w.mu.Unlock()
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		for _, changed := range w.once(ctx) {
			changed()
		}
	}
}

// once looks once, and returns those who must know of a change.
func (w *watch) once(ctx context.Context) (subscribers []func()) {
	w.mu.Lock()
	if ctx.Err() != nil || time.Now().Before(w.notBefore) { // another run has looked
		w.mu.Unlock()
		return nil
	}
	w.notBefore = time.Now().Add(w.interval)
	w.mu.Unlock()
	changed, err := w.look(ctx, struct{}{})
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case err == nil:
		w.failures = 0
	case ctx.Err() == nil: // else the last subscriber has left
		w.failures++
		w.notBefore = time.Now().Add(w.pause(err))
		w.server.cfg.Logger.DebugContext(ctx, "can't look for changes", "resource", w.uri, "error", err)
	}
	if !changed {
		return nil
	}
	for _, subscriber := range w.subscribers {
		subscribers = append(subscribers, subscriber)
	}
	return subscribers
}

// pause is the time until the next look after some have failed: longer each time, and as long as the API asks for.
func (w *watch) pause(err error) time.Duration {
	pause := min(w.interval<<min(w.failures-1, 10), max(maxPause, w.interval))
	if apiError, ok := errors.AsType[*opentrain.Error](err); ok {
		pause = max(pause, apiError.RetryAfter)
	}
	return pause
}

var _ server.SessionWithResourceSubscriptionsErr = callSession{}

// SubscribeToResourceErr subscribes the client to a resource. Until 2025-11-25 that holds for the conversation, later for
// the request, once the client knows that it is subscribed. A resource that never changes is never announced.
func (s callSession) SubscribeToResourceErr(uri string) error {
	c := s.call
	w, changes := c.peer.server.watches[uri]
	switch {
	case !changes && !c.peer.server.hasResource(uri):
		clean := text.Clean(uri, maxNamed)
		return &unknown{"There is no resource " + clean + ".", clean}
	case !changes:
	case c.message.Method == string(mcp.MethodSubscriptionsListen):
		if slices.Contains(c.listening, w) {
			return nil
		}
		c.listening = append(c.listening, w)
	default:
		c.peer.subscribe(w)
	}
	return nil
}

// SubscribeToResource is not called: there is SubscribeToResourceErr.
func (callSession) SubscribeToResource(string) {}

// UnsubscribeFromResource ends what SubscribeToResourceErr began.
func (s callSession) UnsubscribeFromResource(uri string) {
	if s.call.message.Method != string(mcp.MethodSubscriptionsListen) { // a listening request ends by itself
		s.call.peer.unsubscribe(uri)
	}
}

// SubscribedResources is for broadcasts of mcp-go, which this server doesn't use.
func (callSession) SubscribedResources() []string { return nil }

// IsSubscribedToResource is for them too.
func (callSession) IsSubscribedToResource(string) bool { return false }

// keepResources is a hook: a client learns which of the resources that it named are there, and subscribes to those.
func (s *Server) keepResources(_ context.Context, _ any, request *mcp.SubscriptionsListenRequest) {
	wanted := &request.Params.Notifications.ResourceSubscriptions
	*wanted = slices.DeleteFunc(*wanted, func(uri string) bool { return !s.hasResource(uri) })
}

// hasResource reports whether there is a resource at an address, or may be one.
func (s *Server) hasResource(uri string) bool {
	for _, r := range s.resources {
		before, _, isTemplate := strings.Cut(r.URI, "{")
		if r.URI == uri || isTemplate && strings.HasPrefix(uri, before) {
			return true
		}
	}
	return false
}

// Push lets the peer get messages that belong to no request of its own.
func (p *Peer) Push(send func(message []byte)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.push = send
}

// subscribe announces the changes of a resource outside of requests.
func (p *Peer) subscribe(w *watch) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, twice := p.subscribed[w.uri]; twice || p.push == nil {
		return
	}
	push := p.push
	p.subscribed[w.uri] = w.subscribe(p.ended, func() {
		push(jsonrpc.Call(0, mcp.MethodNotificationResourceUpdated, map[string]any{"uri": w.uri}))
	})
}

func (p *Peer) unsubscribe(uri string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if end := p.subscribed[uri]; end != nil {
		end()
		delete(p.subscribed, uri)
	}
}

// listen serves a request that stays open for notifications: they are sent as they come. It ends with the conversation, too.
func (c *Call) listen(ctx context.Context) (answer mcp.JSONRPCMessage) {
	defer context.AfterFunc(c.peer.ended, c.end)() //nolint:contextcheck // it ends with the conversation
	answered := make(chan struct{})
	var passing sync.WaitGroup
	passing.Go(func() {
		for {
			select {
			case n := <-c.session.notifications:
				c.pass(n)
				if n.Method == mcp.MethodNotificationSubscriptionsAcknowledged {
					defer c.follow()()
				}
			case <-answered:
				return
			}
		}
	})
	answer = c.handle(ctx)
	close(answered)
	passing.Wait()
	return answer
}

// follow announces the changes of what the request subscribes to.
func (c *Call) follow() (end func()) {
	ends := tool.Map(c.listening, func(w *watch) func() {
		return w.subscribe(c.peer.ended, func() { c.announce(w.uri) })
	})
	return func() {
		for _, end := range ends {
			end()
		}
	}
}

// announce tells a listening client about a change.
func (c *Call) announce(uri string) {
	c.notify(mcp.MethodNotificationResourceUpdated, map[string]any{
		"uri": uri, "_meta": map[string]any{mcp.MetaKeySubscriptionID: c.message.ID},
	})
}
