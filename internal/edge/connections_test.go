package edge_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"opentrain-mcp/internal/edge"
	"opentrain-mcp/internal/pipetest"
)

// callersListener accepts connections that seem to come from other addresses, one after the other, and then fails.
type callersListener struct {
	net.Listener
	addresses chan string
}

type callersConn struct {
	net.Conn
	address string
}

func (c callersConn) RemoteAddr() net.Addr {
	return &net.TCPAddr{IP: net.ParseIP(c.address), Port: 1}
}

func (l callersListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return callersConn{conn, <-l.addresses}, nil
}

// limited is a server with limited connections. Its path /wait answers after release is closed, and /answer too, with a response that
// seems to be on its way.
type limited struct {
	t         *testing.T
	server    *httptest.Server
	listener  *pipetest.Listener
	addresses chan string
	started   chan struct{}
	release   chan struct{}

	mu  sync.Mutex
	log bytes.Buffer
}

func (s *limited) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(p)
}

func (s *limited) logged(message string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Count(s.log.String(), message)
}

func limit(t *testing.T, connections int, oneCaller, secure bool) *limited {
	t.Helper()
	s := &limited{t: t, addresses: make(chan string, 100), started: make(chan struct{}, 100), release: make(chan struct{})}
	s.server = httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/answer" {
			edge.Served(r.Context())
		}
		if r.URL.Path != "/" {
			s.started <- struct{}{}
			<-s.release
		}
	}))
	edgeLimit := edge.NewConnections(connections, oneCaller, slog.New(slog.NewTextHandler(s, nil)))
	s.listenTo(func(listener net.Listener) net.Listener {
		return edgeLimit.Limit(s.server.Config, callersListener{listener, s.addresses})
	})
	s.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)
	if secure {
		s.server.StartTLS()
	} else {
		s.server.Start()
	}
	t.Cleanup(s.server.Close)
	return s
}

// listenTo has the server listen to pipes, so that it may be in a bubble.
func (s *limited) listenTo(wrapped func(net.Listener) net.Listener) {
	s.t.Helper()
	s.server.Listener.Close() //nolint:errcheck // a socket
	s.listener = pipetest.Listen(s.t)
	s.server.Listener = wrapped(s.listener)
}

// client is one connection.
type client struct {
	net.Conn
	reader *bufio.Reader
}

func (s *limited) connect(address string) *client {
	s.t.Helper()
	s.addresses <- address
	conn, err := s.listener.Dial(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	if s.server.TLS != nil {
		conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
	}
	s.t.Cleanup(func() { conn.Close() }) //nolint:errcheck // the server may have closed it
	return &client{conn, bufio.NewReader(conn)}
}

func (c *client) send(path string) error {
	_, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: test\r\n\r\n")
	return err
}

// served reports whether a request is answered.
func (c *client) served(path string) bool {
	if c.send(path) != nil {
		return false
	}
	response, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// ended waits until the server has closed the connection.
func (c *client) ended() bool {
	_, err := c.reader.ReadByte()
	return err != nil
}

// TestIdleConnectionsMakeRoom: connections that wait for a next request, or never sent one, make room for others.
func TestIdleConnectionsMakeRoom(t *testing.T) { synctest.Test(t, testIdleConnectionsMakeRoom) }

func testIdleConnectionsMakeRoom(t *testing.T) {
	for _, secure := range []bool{false, true} {
		s := limit(t, 4, true, secure)
		defer close(s.release)
		busy := s.connect("192.0.2.1")
		if err := busy.send("/wait"); err != nil {
			t.Fatal(err)
		}
		<-s.started
		var silent []*client
		for range 20 {
			if idle := s.connect("192.0.2.1"); !idle.served("/") {
				t.Fatal("a connection is not served")
			}
			silent = append(silent, s.connect("192.0.2.1"))
		}
		if !s.connect("192.0.2.2").served("/") {
			t.Error("another caller is locked out")
		}
		for _, conn := range silent[:len(silent)-2] {
			if !secure && !conn.ended() {
				t.Error("a connection that never sent anything is still open")
			}
		}
		if n := s.logged("an idle connection was closed to make room"); n != 1 {
			t.Errorf("%d lines", n)
		}
	}
}

// TestBusyConnectionsStay: a connection in use is never closed. Others wait together for a place, and are refused then.
func TestBusyConnectionsStay(t *testing.T) { synctest.Test(t, testBusyConnectionsStay) }

func testBusyConnectionsStay(t *testing.T) {
	s := limit(t, 2, true, false)
	var busy []*client
	for range 2 {
		busy = append(busy, s.connect("192.0.2.1"))
		if err := busy[len(busy)-1].send("/wait"); err != nil {
			t.Fatal(err)
		}
		<-s.started
	}
	start := time.Now()
	for range 10 {
		if refused := s.connect("192.0.2.2"); !refused.ended() {
			t.Error("a connection too many stays open")
		}
	}
	if took := time.Since(start); took > 2*time.Second { // alone, each would wait as long
		t.Errorf("ten connections were refused in %v", took)
	}
	if n := s.logged("a connection was refused: all are in use"); n != 1 {
		t.Errorf("%d lines", n)
	}
	close(s.release)
	for _, conn := range busy {
		response, err := http.ReadResponse(conn.reader, nil)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
	}
	synctest.Wait() // net/http notices the end of the requests
	if !s.connect("192.0.2.2").served("/") {
		t.Error("there is no room after the requests")
	}
}

// TestConnectionsOfOneAddress: an address makes room for itself when it has half of the connections.
func TestConnectionsOfOneAddress(t *testing.T) { synctest.Test(t, testConnectionsOfOneAddress) }

func testConnectionsOfOneAddress(t *testing.T) {
	for name, test := range map[string]struct {
		address   string
		oneCaller bool
		closed    int // of ten connections
	}{
		"an address": {"192.0.2.1", false, 5},
		"a /64":      {"2001:db8::1", false, 5},
		"loopback":   {"127.0.0.1", false, 0},
		"the proxy":  {"192.0.2.1", true, 0},
	} {
		s := limit(t, 11, test.oneCaller, false) // one more than come: with all in use, each serves one request
		var conns []*client
		for range 10 {
			conn := s.connect(test.address)
			if !conn.served("/") {
				t.Fatalf("%s: not served", name)
			}
			conns = append(conns, conn)
		}
		closed := 0
		for _, conn := range conns {
			if !conn.served("/") {
				closed++
			}
		}
		if closed != test.closed {
			t.Errorf("%s: %d connections are closed, want %d", name, closed, test.closed)
		}
	}
}

// TestOneRequestPerConnection: with all connections in use, none of them serves request after request while others wait.
func TestOneRequestPerConnection(t *testing.T) { synctest.Test(t, testOneRequestPerConnection) }

func testOneRequestPerConnection(t *testing.T) {
	s := limit(t, 2, false, false)
	greedy := s.connect("127.0.0.1")
	for n := range 3 {
		if !greedy.served("/") {
			t.Fatalf("request %d isn't served", n)
		}
	}
	defer close(s.release)
	if err := s.connect("127.0.0.1").send("/wait"); err != nil {
		t.Fatal(err)
	}
	<-s.started
	if !greedy.served("/") || greedy.served("/") {
		t.Error("with all connections in use, a connection didn't serve exactly one more request")
	}
}

// TestClosingConnectionsTakeRoom: a connection that was closed to make room takes room until its handler has ended. Only a few may
// do so at once; others wait to be accepted.
func TestClosingConnectionsTakeRoom(t *testing.T) { synctest.Test(t, testClosingConnectionsTakeRoom) }

func testClosingConnectionsTakeRoom(t *testing.T) {
	s := limit(t, 4, true, false)
	answer := func() {
		if err := s.connect("192.0.2.1").send("/answer"); err != nil {
			t.Fatal(err)
		}
		<-s.started
	}
	for range 5 { // one of them closes
		answer()
	}
	start := time.Now()
	answer()
	answer()
	if waited := time.Since(start); waited != 2*time.Second {
		t.Errorf("a third one closed after %v", waited)
	}
	close(s.release)
	if !s.connect("192.0.2.1").served("/") {
		t.Error("a caller is locked out")
	}
}

// failingListener fails once, as with too many open files.
type failingListener struct {
	net.Listener
	failures chan error
}

func (l failingListener) Accept() (net.Conn, error) {
	select {
	case err := <-l.failures:
		return nil, err
	default:
		return l.Listener.Accept()
	}
}

// tooMany is a temporary error, as net/http expects it.
type tooMany struct{ error }

func (tooMany) Timeout() bool   { return false }
func (tooMany) Temporary() bool { return true }

func TestAcceptFailuresAreLogged(t *testing.T) { synctest.Test(t, testAcceptFailuresAreLogged) }

func testAcceptFailuresAreLogged(t *testing.T) {
	s := &limited{t: t, addresses: make(chan string, 1)}
	s.server = httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	failures := make(chan error, 10)
	for range 3 {
		failures <- tooMany{errors.New("too many open files")}
	}
	connections := edge.NewConnections(10, true, slog.New(slog.NewTextHandler(s, nil)))
	s.listenTo(func(listener net.Listener) net.Listener {
		return connections.Limit(s.server.Config, failingListener{listener, failures})
	})
	s.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)
	s.server.Start()
	defer s.server.Close()
	if !s.connect("").served("/") {
		t.Error("the listener gave up")
	}
	if n := s.logged("too many open files"); n != 1 {
		t.Errorf("%d lines", n)
	}
}
