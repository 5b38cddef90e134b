package adapter_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"opentrain-mcp/internal/adapter"
	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/jsonrpc"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// news is a resource that a test changes.
type news struct {
	mu    sync.Mutex
	fresh bool
	err   error
	hangs bool // until the look is canceled
	looks []time.Time
}

func (n *news) set() tool.Set {
	read := func(context.Context, caller.Caller, string) (string, error) { return "news", nil }
	return tool.Set{Resources: []tool.Resource{
		{URI: "test://news", Title: "News", Interval: 30 * time.Second, Read: read, Changed: n.changed},
		{URI: "test://rock", Title: "Rock", Read: read},
		{URI: "test://rocks/{rock}", Title: "Rocks", Read: read},
	}}
}

func (n *news) changed(ctx context.Context, _ caller.Caller) (bool, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.looks = append(n.looks, time.Now())
	if n.hangs {
		<-ctx.Done()
		return false, ctx.Err()
	}
	fresh := n.fresh
	n.fresh = false
	return fresh, n.err
}

func (n *news) change(fresh bool, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.fresh, n.err = fresh, err
}

// taken returns the number of looks since the last call, and checks that there are 30 seconds between two.
func (n *news) taken(t *testing.T) int {
	t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	for i := 1; i < len(n.looks); i++ {
		if n.looks[i].Sub(n.looks[i-1]) < 30*time.Second {
			t.Errorf("looked twice within %v", n.looks[i].Sub(n.looks[i-1]))
		}
	}
	count := len(n.looks)
	if count > 0 {
		n.looks = n.looks[count-1:]
		count--
	}
	return count
}

// listener is a client over stdio that keeps what it gets.
type listener struct {
	t    *testing.T
	peer *adapter.Peer
	ctx  context.Context //nolint:containedctx // a test's

	mu   sync.Mutex
	got  []string
	open sync.WaitGroup
}

func newListener(t *testing.T, s *adapter.Server) *listener {
	t.Helper()
	l := &listener{t: t, peer: s.NewPeer("x"), ctx: caller.With(t.Context(), &caller.Request{Transport: caller.Stdio})}
	l.peer.Push(l.take)
	return l
}

func (l *listener) take(message []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.got = append(l.got, string(message))
}

// all returns what came since the last call.
func (l *listener) all() string {
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	all := strings.Join(l.got, "\n")
	l.got = nil
	return all
}

// send sends a request, whose answer comes with the other messages.
func (l *listener) send(id, method, params string) {
	l.t.Helper()
	m, err := jsonrpc.Parse(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%q,"method":%q,"params":{%s}}`, id, method, params))
	if err != nil {
		l.t.Fatal(err)
	}
	ctx, call := l.peer.Begin(l.ctx, m)
	l.open.Go(func() {
		defer call.End()
		if response, _ := call.Serve(ctx, l.take); response != nil {
			l.take(slices.Concat(response...))
		}
	})
}

func (l *listener) cancel(id string) {
	l.t.Helper()
	m, err := jsonrpc.Parse(fmt.Appendf(nil, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":%q}}`, id))
	if err != nil || !l.peer.Receive(context.Background(), m) {
		l.t.Error(err)
	}
}

const (
	modernMeta = `,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},` +
		`"io.modelcontextprotocol/clientInfo":{"name":"x","version":"1"}}`
	updated = `"method":"notifications/resources/updated"`
)

func listenTo(uris string) string {
	return `"notifications":{"resourceSubscriptions":[` + uris + `]}` + modernMeta
}

func withSubscriptions(cfg *adapter.Config) { cfg.Subscriptions = true }

// TestSubscriptionsOfOlderClients: nothing is looked at without a subscriber, and then once in 30 seconds, however often one
// comes and goes.
func TestSubscriptionsOfOlderClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &news{}
		s := newServer(t, n.set(), withSubscriptions)
		l := newListener(t, s)
		l.send("0", "initialize", `"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"x","version":"1"}`)
		if got := l.all(); !strings.Contains(got, `"subscribe":true`) {
			t.Fatal(got)
		}
		time.Sleep(time.Hour) //nolint:forbidigo // of the bubble
		if n.taken(t) != 0 || len(n.looks) != 0 {
			t.Error("looked without a subscriber")
		}
		l.send("1", "resources/subscribe", `"uri":"test://news"`)
		if got := l.all(); !strings.Contains(got, `"result":{}`) || len(n.looks) != 1 {
			t.Errorf("%s after %d looks", got, len(n.looks))
		}
		n.change(true, nil)
		time.Sleep(29 * time.Second) //nolint:forbidigo // of the bubble
		if got := l.all(); got != "" {
			t.Errorf("too early: %s", got)
		}
		time.Sleep(time.Second) //nolint:forbidigo // of the bubble
		if got := l.all(); strings.Count(got, updated) != 1 || !strings.Contains(got, `"uri":"test://news"`) || strings.Contains(got, `"id"`) {
			t.Errorf("got %s", got)
		}
		for range 20 {
			l.send("2", "resources/unsubscribe", `"uri":"test://news"`)
			l.all()
			l.send("3", "resources/subscribe", `"uri":"test://news"`)
			l.send("4", "resources/subscribe", `"uri":"test://news"`)
			l.all()
			time.Sleep(time.Second) //nolint:forbidigo // of the bubble
		}
		n.change(true, nil)
		time.Sleep(5 * time.Minute) //nolint:forbidigo // of the bubble
		if got := l.all(); strings.Count(got, updated) != 1 {
			t.Errorf("got %s", got)
		}
		if looks := n.taken(t); looks < 10 || looks > 12 {
			t.Errorf("%d looks in five minutes", looks)
		}
		l.send("5", "resources/unsubscribe", `"uri":"test://news"`)
		l.all()
		time.Sleep(time.Hour) //nolint:forbidigo // of the bubble
		if looks := n.taken(t); looks != 0 {
			t.Errorf("%d looks after the end", looks)
		}
		for uri, want := range map[string]string{"test://rock": `"result":{}`, "test://rocks/1": `"result":{}`, "test://nope": "There is no resource test://nope."} {
			l.send("6", "resources/subscribe", `"uri":"`+uri+`"`)
			if got := l.all(); !strings.Contains(got, want) {
				t.Errorf("%s: %s", uri, got)
			}
		}
		l.send("7", "resources/subscribe", `"uri":"test://news"`)
		l.all()
		s.StopForms()         // as at the end of the input
		time.Sleep(time.Hour) //nolint:forbidigo // of the bubble
		if looks := n.taken(t); looks > 1 {
			t.Errorf("%d looks after the client is gone", looks)
		}
		l.open.Wait()
	})
}

// TestListeningClients of 2026-07-28 get the acknowledgment first, then what changes, marked with their request. They end with
// a cancellation, or with the server.
func TestListeningClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &news{fresh: true}
		s := newServer(t, n.set(), withSubscriptions)
		l := newListener(t, s)
		l.send("a", "subscriptions/listen", listenTo(`"test://news","test://nope","test://rock","test://news"`))
		got := l.all()
		ack, announced, found := strings.Cut(got, "\n")
		if !found || !strings.Contains(ack, "notifications/subscriptions/acknowledged") || !strings.Contains(ack, `"test://news"`) || strings.Contains(ack, "nope") ||
			strings.Count(announced, updated) != 1 || !strings.Contains(announced, `"io.modelcontextprotocol/subscriptionId":"a"`) {
			t.Fatalf("got %s", got)
		}
		l.send("b", "subscriptions/listen", listenTo(`"test://news"`))
		l.all()
		n.change(true, nil)
		time.Sleep(30 * time.Second) //nolint:forbidigo // of the bubble
		if got := l.all(); strings.Count(got, updated) != 2 || !strings.Contains(got, `subscriptionId":"b"`) {
			t.Errorf("got %s", got)
		}
		l.cancel("a")
		n.change(true, nil)
		time.Sleep(time.Minute) //nolint:forbidigo // of the bubble
		if got := l.all(); strings.Count(got, updated) != 1 || strings.Contains(got, `"a"`) {
			t.Errorf("got %s", got)
		}
		if looks := n.taken(t); looks != 3 {
			t.Errorf("%d looks in a minute and a half", looks)
		}
		s.StopForms()
		if got := l.all(); !strings.Contains(got, `"id":"b","result":`) {
			t.Errorf("got %s", got)
		}
		l.open.Wait()
		time.Sleep(time.Hour) //nolint:forbidigo // of the bubble
		if looks := n.taken(t); looks != 0 {
			t.Errorf("%d looks after the end", looks)
		}
	})
}

// TestFailedLooks come less and less often, as long as OpenTrain asks for it, and a panic is one.
func TestFailedLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &news{err: errors.New("away")}
		s := newServer(t, n.set(), withSubscriptions)
		l := newListener(t, s)
		l.send("a", "subscriptions/listen", listenTo(`"test://news"`))
		time.Sleep(time.Hour) //nolint:forbidigo // of the bubble
		if looks := n.taken(t); looks < 8 || looks > 10 {
			t.Errorf("%d looks in an hour", looks)
		}
		n.change(false, &opentrain.Error{Code: opentrain.CodeRateLimited, Status: 429, RetryAfter: 2 * time.Hour})
		time.Sleep(90 * time.Minute) //nolint:forbidigo // of the bubble
		if looks := n.taken(t); looks != 1 {
			t.Errorf("%d looks", looks)
		}
		n.change(true, nil)
		time.Sleep(time.Hour) //nolint:forbidigo // of the bubble
		if got := l.all(); strings.Count(got, updated) != 1 {
			t.Errorf("got %s", got)
		}
		s.StopForms()
		l.open.Wait()
	})
}

// TestCanceledLooks are no failures: they say nothing about OpenTrain, so the first failure after them is the first.
func TestCanceledLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &news{hangs: true}
		s := newServer(t, n.set(), withSubscriptions)
		l := newListener(t, s)
		for range 5 {
			l.send("a", "subscriptions/listen", listenTo(`"test://news"`))
			l.all()
			l.cancel("a")
			l.open.Wait()
			time.Sleep(30 * time.Second) //nolint:forbidigo // of the bubble
		}
		if looks := n.taken(t); looks != 4 {
			t.Errorf("%d looks after the first", looks)
		}
		n.hangs = false
		n.change(false, errors.New("away"))
		l.send("a", "subscriptions/listen", listenTo(`"test://news"`))
		time.Sleep(30 * time.Second) //nolint:forbidigo // of the bubble
		synctest.Wait()
		if looks := n.taken(t); looks != 2 {
			t.Errorf("%d looks in half a minute", looks)
		}
		s.StopForms()
		l.open.Wait()
	})
}

// TestChangeBetweenSubscribers: a change that is found just when the only subscriber leaves is announced to the next one.
func TestChangeBetweenSubscribers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		found := make(chan struct{})
		set := (&news{}).set()
		looks := 0
		set.Resources[0].Changed = func(context.Context, caller.Caller) (bool, error) {
			looks++
			if looks > 1 {
				return false, nil
			}
			<-found
			return true, nil
		}
		s := newServer(t, set, withSubscriptions)
		l := newListener(t, s)
		l.send("a", "subscriptions/listen", listenTo(`"test://news"`))
		l.all()
		l.cancel("a")
		l.all()
		l.send("b", "subscriptions/listen", listenTo(`"test://news"`))
		l.all()
		close(found)
		if got := l.all(); strings.Count(got, updated) != 1 || !strings.Contains(got, `subscriptionId":"b"`) {
			t.Errorf("got %s", got)
		}
		s.StopForms()
		l.open.Wait()
	})
}

// TestSubscribersAreApart: a host that is gone hears nothing more, however it subscribed, and the others still do.
func TestSubscribersAreApart(t *testing.T) {
	for method, params := range map[string]string{
		"resources/subscribe": `"uri":"test://news"`, "subscriptions/listen": listenTo(`"test://news"`),
	} {
		synctest.Test(t, func(t *testing.T) {
			n := &news{}
			s := newServer(t, n.set(), withSubscriptions)
			gone, stays := newListener(t, s), newListener(t, s)
			subscribe := func(l *listener) {
				l.send("a", method, params)
				l.all()
			}
			subscribe(gone)
			subscribe(stays)
			gone.peer.End(caller.Stdio)
			gone.open.Wait()
			gone.all()
			subscribe(gone)
			n.change(true, nil)
			time.Sleep(30 * time.Second) //nolint:forbidigo // of the bubble
			if got := stays.all(); strings.Count(got, updated) != 1 {
				t.Errorf("%s: who stays got %q", method, got)
			}
			if got := gone.all(); strings.Contains(got, updated) {
				t.Errorf("%s: who is gone got %s", method, got)
			}
			s.StopForms()
			stays.open.Wait()
			if looks := n.taken(t); looks != 1 {
				t.Errorf("%s: %d looks after the first", method, looks)
			}
		})
	}
}

// TestNoSubscriptions where the transport can't announce anything: the capability is missing, and nothing is looked at.
func TestNoSubscriptions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &news{fresh: true}
		l := newListener(t, newServer(t, n.set(), nil))
		l.send("1", "resources/subscribe", `"uri":"test://news"`)
		l.send("a", "subscriptions/listen", listenTo(`"test://news"`))
		got := l.all()
		if !strings.Contains(got, `"code":-32601`) || !strings.Contains(got, `"id":"a","result":`) || strings.Contains(got, updated) || len(n.looks) != 0 {
			t.Errorf("got %s", got)
		}
		l.open.Wait()
	})
}
