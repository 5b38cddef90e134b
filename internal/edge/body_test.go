package edge_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"opentrain-mcp/internal/edge"
)

const maxBody = 10

// TestReadBody sends raw requests over a connection in memory, so that a body
// that never arrives costs no real time.
func TestReadBody(t *testing.T) {
	for _, test := range []struct {
		name, request string
		cut           bool // close the connection after the request
		body          string
		err           error
		after         time.Duration // until ReadBody returns
		finished      time.Duration // until the server is ready for the next request, or gives up
	}{
		{name: "whole", request: "Content-Length: 10\r\n\r\n0123456789", body: "0123456789"},
		{name: "empty", request: "\r\n"},
		{name: "whole, in chunks", request: "Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n", body: "0123456789"},
		{name: "too large by its header", request: "Content-Length: 11\r\n\r\n", err: edge.ErrTooLarge, finished: 15 * time.Second},
		{name: "too large by its chunks", err: edge.ErrTooLarge,
			request: "Transfer-Encoding: chunked\r\n\r\n8\r\n01234567\r\n3\r\n89a\r\n0\r\n\r\n"},
		{name: "too slow", request: "Content-Length: 10\r\n\r\n01234", err: edge.ErrTooSlow, after: 15 * time.Second, finished: 15 * time.Second},
		{name: "too slow, in chunks", request: "Transfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n", err: edge.ErrTooSlow,
			after: 15 * time.Second, finished: 15 * time.Second},
		{name: "cut", request: "Content-Length: 10\r\n\r\n01234", cut: true, err: io.ErrUnexpectedEOF},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				client := connect(t, func(w http.ResponseWriter, r *http.Request) {
					edge.LimitBodyTime(w, r)
					body, err := edge.ReadBody(w, r, maxBody, 0, edge.NewQuota(2*maxBody).Share("a"))
					if string(body) != test.body || !errors.Is(err, test.err) || time.Since(start) != test.after {
						t.Errorf("got %q, %v after %v", body, err, time.Since(start))
					}
				})
				send(t, client, "POST / HTTP/1.1\r\nHost: test\r\n"+test.request)
				if test.cut {
					client.Close() //nolint:errcheck // a pipe cannot fail to close
					return
				}
				answer := make([]byte, 1)
				if _, err := client.Read(answer); err != nil || time.Since(start) != test.finished {
					t.Errorf("the answer comes after %v (%v)", time.Since(start), err)
				}
			})
		})
	}
}

// TestBodyTimeEndsWithTheBody: the limit applies neither to the call nor to the
// next request on the connection.
func TestBodyTimeEndsWithTheBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := connect(t, func(w http.ResponseWriter, r *http.Request) {
			edge.LimitBodyTime(w, r)
			if _, err := edge.ReadBody(w, r, maxBody, 0, edge.NewQuota(2*maxBody).Share("a")); err != nil {
				t.Error(err)
			}
			select {
			case <-r.Context().Done():
				t.Error("the call is cancelled")
			case <-time.After(time.Hour):
			}
		})
		for range 2 {
			send(t, client, "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\n01234")
			answer := make([]byte, 1000)
			n, err := client.Read(answer)
			if err != nil || !strings.HasPrefix(string(answer[:n]), "HTTP/1.1 200") {
				t.Errorf("%q %v", answer[:n], err)
			}
		}
	})
}

// TestBodiesShareTheirRoom: bytes count as they arrive, whatever a header announces, until the share is closed.
func TestBodiesShareTheirRoom(t *testing.T) {
	quota := edge.NewQuota(2 * maxBody)
	read := func(address, body string) (*edge.Share, error) {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.ContentLength = -1
		share := quota.Share(address)
		_, err := edge.ReadBody(w, r, maxBody, 0, share)
		return share, err
	}
	first, err := read("a", "012345")
	if err != nil || used(quota, 2*maxBody) != 6 {
		t.Fatalf("%v, %d in use", err, used(quota, 2*maxBody))
	}
	if _, err := read("a", "01234"); !errors.Is(err, edge.ErrNoRoom) {
		t.Errorf("more than half for one address: %v", err)
	}
	if _, err := read("b", "0123456789"); err != nil {
		t.Errorf("another address: %v", err)
	}
	if _, err := read("c", "01234"); !errors.Is(err, edge.ErrNoRoom) {
		t.Errorf("more than all: %v", err)
	}
	first.Close()
	if _, err := read("a", "01234"); err != nil {
		t.Errorf("after the first was served: %v", err)
	}
}

// TestReadBodyWithoutDeadlines: a ResponseWriter may not support deadlines.
func TestReadBodyWithoutDeadlines(t *testing.T) {
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", strings.NewReader("01234"))
	edge.LimitBodyTime(w, r)
	if body, err := edge.ReadBody(w, r, maxBody, 0, edge.NewQuota(2*maxBody).Share("a")); err != nil || string(body) != "01234" {
		t.Errorf("got %q, %v", body, err)
	}
}

func send(t *testing.T, client net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(client, text); err != nil {
		t.Fatal(err)
	}
}

// connect serves a handler on one connection in memory and returns its client side.
func connect(t *testing.T, handler http.HandlerFunc) net.Conn {
	t.Helper()
	client, conn := net.Pipe()
	listener := &oneConn{conns: make(chan net.Conn, 1)}
	listener.conns <- conn
	closed := make(chan struct{})
	server := &http.Server{Handler: handler, ConnState: func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			close(closed)
		}
	}}
	go server.Serve(listener) //nolint:errcheck // ends with the listener
	t.Cleanup(func() {
		client.Close() //nolint:errcheck // a pipe cannot fail to close
		<-closed
		server.Close() //nolint:errcheck // its only connection is closed
	})
	return client
}

// oneConn is a net.Listener with one connection.
type oneConn struct{ conns chan net.Conn }

func (l *oneConn) Accept() (net.Conn, error) {
	conn, open := <-l.conns
	if !open {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (l *oneConn) Close() error {
	close(l.conns)
	return nil
}

func (l *oneConn) Addr() net.Addr { return &net.TCPAddr{} }
