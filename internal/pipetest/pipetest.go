// Package pipetest connects clients and servers of a test without a network, so that all of them may be in a bubble of synctest.
package pipetest

import (
	"context"
	"net"
	"testing"
)

// backlog is how many connections wait to be accepted.
const backlog = 128

// Listener accepts the connections that are dialed to it. They have no buffers: who writes waits for who reads.
type Listener struct {
	dialed chan net.Conn
	open   context.Context
	close  context.CancelFunc
}

// Listen returns a Listener, which is closed with the test.
func Listen(t testing.TB) *Listener {
	l := &Listener{dialed: make(chan net.Conn, backlog)}
	l.open, l.close = context.WithCancel(context.Background())
	t.Cleanup(l.close)
	return l
}

// Dial returns the client's end of a new connection, which may not be accepted yet.
func (l *Listener) Dial(ctx context.Context) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.dialed <- conn{server}:
		return client, nil
	case <-l.open.Done():
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept implements net.Listener.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case accepted := <-l.dialed:
		return accepted, nil
	case <-l.open.Done():
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *Listener) Close() error {
	l.close()
	return nil
}

// Addr implements net.Listener.
func (l *Listener) Addr() net.Addr { return loopback() }

// conn has the addresses of a connection to this machine.
type conn struct{ net.Conn }

func (conn) LocalAddr() net.Addr  { return loopback() }
func (conn) RemoteAddr() net.Addr { return loopback() }

func loopback() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }
