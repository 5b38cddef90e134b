package edge

import (
	"cmp"
	"container/list"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Connections limits the open connections of an http.Server: a number in total, and half of it (but at least one) per
// address. When there is no room for a new connection, it closes the one that has waited longest for a request. So a
// caller who only holds connections open can't lock others out.
type Connections struct {
	limit, perAddress int
	log               *slog.Logger
	sampler           Sampler

	mu        sync.Mutex
	freed     chan struct{} // closed when a connection ends or waits
	open      map[net.Conn]*connection
	closing   map[net.Conn]struct{} // those that made room: net/http may not have noticed yet, and keeps their memory
	waiting   waiting               // the connections without a request in progress
	byAddress map[string]*connections
	changed   time.Time // when a connection took or made room
}

// connections are those of one address.
type connections struct {
	open    int
	waiting waiting
}

// waiting holds connections in the order in which they make room: those that had a request, then new ones, the longest
// waiting first. A new connection may be about to send its first request.
type waiting struct{ used, fresh list.List }

func (w *waiting) of(conn *connection) *list.List {
	if conn.used {
		return &w.used
	}
	return &w.fresh
}

type connection struct {
	net.Conn
	address          string
	serving          int           // requests in progress
	used             bool          // it had a request
	since            time.Time     // when it was accepted, or its last response was made
	inAll, ofAddress *list.Element // nil during a request
}

// NewConnections returns a limit. With oneCaller, all connections come from one address, such as a proxy's, which can
// use all of them. Loopback addresses always can, as in a Quota.
func NewConnections(limit int, oneCaller bool, log *slog.Logger) *Connections {
	c := &Connections{
		limit: limit, freed: make(chan struct{}), perAddress: max(1, limit/2), log: log,
		open: map[net.Conn]*connection{}, closing: map[net.Conn]struct{}{}, byAddress: map[string]*connections{},
	}
	if oneCaller {
		c.perAddress = limit
	}
	return c
}

// Limit limits a server's connections. It returns the listener to serve. It wraps the server's handler, because only a
// connection that a handler serves must stay: net/http calls one active too that it is about to close.
func (c *Connections) Limit(server *http.Server, listener net.Listener) net.Listener {
	server.ConnState = c.track
	server.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		return context.WithValue(ctx, connectionKey{}, conn)
	}
	next := server.Handler
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _ := r.Context().Value(connectionKey{}).(net.Conn)
		gone, full := c.state(conn)
		if gone { // with further requests in net/http's buffer
			panic(http.ErrAbortHandler)
		}
		begin := sync.OnceFunc(func() { c.serve(conn, 1) })
		if r.ContentLength == 0 {
			begin()
		}
		r.Body = &arrivingBody{r.Body, begin}
		end := sync.OnceFunc(func() {
			begin()
			c.serve(conn, -1)
		})
		defer end()
		if full { // others may wait
			w.Header().Set("Connection", "close")
			c.warn("a connection serves one more request: all are in use", peer(r.RemoteAddr))
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), servedKey{}, end)))
	})
	return &reportingListener{listener, c}
}

// state reports whether a connection was closed to make room, and whether a new one would need the place of another.
func (c *Connections) state(conn net.Conn) (gone, full bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, gone = c.closing[conn]
	return gone, len(c.open) >= c.limit
}

type connectionKey struct{}

type servedKey struct{}

// Served says that only the response of a request is left to write: its connection counts as waiting again, because the
// client may not read.
func Served(ctx context.Context) {
	if end, ok := ctx.Value(servedKey{}).(func()); ok {
		end()
	}
}

// arrivingBody is a body that may take long to arrive. Until then, its connection counts as waiting.
type arrivingBody struct {
	io.ReadCloser
	arrived func()
}

func (b *arrivingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.arrived()
	}
	return n, err
}

// serve counts the requests that a connection has in progress.
func (c *Connections) serve(conn net.Conn, more int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	tracked := c.open[conn]
	if tracked == nil { // it was closed to make room
		return
	}
	if tracked.serving += more; tracked.serving > 0 {
		c.stopWaiting(tracked)
		tracked.used = true
	} else {
		c.wait(tracked)
	}
}

// track implements http.Server.ConnState.
func (c *Connections) track(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	tracked := c.open[conn]
	switch {
	case state == http.StateNew:
		c.add(conn)
	case tracked == nil: // it was closed to make room
		if state == http.StateClosed || state == http.StateHijacked {
			delete(c.closing, conn)
			c.free()
		}
	case state == http.StateClosed, state == http.StateHijacked:
		c.remove(tracked)
	}
}

func (c *Connections) add(conn net.Conn) {
	added := &connection{Conn: conn, address: peer(conn.RemoteAddr().String()), since: time.Now()}
	same := c.byAddress[added.address]
	if same == nil {
		same = &connections{}
	}
	full := same.open >= c.perAddress && !Loopback(added.address)
	if full && !c.closeOldest(&same.waiting) || len(c.open) >= c.limit && !c.closeOldest(&c.waiting) {
		c.warn("a connection was refused: all are in use", added.address)
		c.closeNow(conn)
		return
	}
	c.open[conn], c.byAddress[added.address], c.changed = added, same, time.Now()
	same.open++
	c.wait(added)
}

// How long connections stay while others wait to be accepted: new ones for their first request, used ones for their last response, which
// a busy server may write late.
const (
	newTime  = 250 * time.Millisecond
	lastTime = 600 * time.Millisecond
)

// left returns how long a connection stays while others wait.
func (c *connection) left() time.Duration {
	if c.used {
		return lastTime - time.Since(c.since)
	}
	return newTime - time.Since(c.since)
}

// roomTime limits how long others wait to be accepted, each of them, and all of them when nothing makes room.
const roomTime = 2 * time.Second

// closingShare is the share of the limit by which connections may exceed it while some of them close: 4 means a quarter.
const closingShare = 4

// waitForRoom waits until a connection can make room that has waited for a while, and until most of those that made room have
// ended. A burst of callers waits in the system's queue then, and none of them loses its connection or its last response.
func (c *Connections) waitForRoom() {
	for start := time.Now(); ; {
		c.mu.Lock()
		freed, full, left := c.freed, len(c.open) >= c.limit, roomTime-max(time.Since(start), time.Since(c.changed))
		crowded := len(c.open)+len(c.closing) > c.limit+c.limit/closingShare && time.Since(start) < roomTime
		for _, front := range []*list.Element{c.waiting.used.Front(), c.waiting.fresh.Front()} {
			if front != nil {
				oldest, _ := front.Value.(*connection)
				left = min(left, oldest.left())
			}
		}
		c.mu.Unlock()
		switch {
		case crowded:
			left = roomTime - time.Since(start)
		case !full || left <= 0:
			return
		}
		select {
		case <-freed:
		case <-time.After(left):
		}
	}
}

func (c *Connections) free() {
	close(c.freed)
	c.freed = make(chan struct{})
}

func (c *Connections) wait(conn *connection) {
	if conn.used {
		conn.since = time.Now()
		c.changed = conn.since
		defer c.free()
	}
	if conn.inAll == nil {
		conn.inAll, conn.ofAddress = c.waiting.of(conn).PushBack(conn), c.byAddress[conn.address].waiting.of(conn).PushBack(conn)
	}
}

func (c *Connections) stopWaiting(conn *connection) {
	if conn.inAll != nil {
		c.waiting.of(conn).Remove(conn.inAll)
		c.byAddress[conn.address].waiting.of(conn).Remove(conn.ofAddress)
		conn.inAll, conn.ofAddress = nil, nil
	}
}

func (c *Connections) remove(conn *connection) {
	defer c.free()
	c.changed = time.Now()
	c.stopWaiting(conn)
	delete(c.open, conn.Conn)
	same := c.byAddress[conn.address]
	if same.open--; same.open == 0 {
		delete(c.byAddress, conn.address)
	}
}

// closeOldest closes the first of the waiting connections, if there is one.
func (c *Connections) closeOldest(among *waiting) bool {
	first := cmp.Or(among.used.Front(), among.fresh.Front())
	if first == nil {
		return false
	}
	oldest, _ := first.Value.(*connection)
	if front := among.fresh.Front(); front != nil && oldest.left() > 0 { // its response may be on its way
		if fresh, _ := front.Value.(*connection); fresh.left() <= 0 {
			oldest = fresh
		}
	}
	c.remove(oldest)
	c.closeNow(oldest.Conn)
	c.warn("an idle connection was closed to make room", oldest.address)
	return true
}

// closeNow closes a connection without a last TLS message, which would wait for a peer who doesn't read.
func (c *Connections) closeNow(conn net.Conn) {
	c.closing[conn] = struct{}{}
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	conn.Close() //nolint:errcheck,gosec // nothing was promised
}

func (c *Connections) warn(message, address string, more ...any) {
	c.sampler.Log(message, address, func(address string, times int) {
		c.log.Warn(message, append([]any{"address", address, "times", times, "limit", c.limit}, more...)...)
	})
}

// reportingListener logs why connections can't be accepted, and makes room.
type reportingListener struct {
	net.Listener
	connections *Connections
}

func (l *reportingListener) Accept() (net.Conn, error) {
	l.connections.waitForRoom()
	conn, err := l.Listener.Accept()
	if err != nil && !errors.Is(err, net.ErrClosed) { // such as too many open files
		c := l.connections
		c.warn("no connection can be accepted", "", "error", err)
		c.mu.Lock()
		c.closeOldest(&c.waiting)
		c.mu.Unlock()
	}
	return conn, err // net/http tries again after a pause
}

// Close stops accepting and logs what wasn't logged yet.
func (l *reportingListener) Close() error {
	defer l.connections.sampler.Flush()
	return l.Listener.Close()
}
