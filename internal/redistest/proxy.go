package redistest

import (
	"io"
	"net"
	"sync/atomic"
	"testing"
)

// Proxy passes connections on to a Redis, and has a test decide about its replies.
type Proxy struct {
	Address string
	reply   atomic.Pointer[func(reply []byte) bool]
}

// StartProxy starts a proxy that passes everything on.
func StartProxy(t testing.TB, redis string) *Proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	p := &Proxy{Address: listener.Addr().String()}
	p.Replies(func([]byte) bool { return true })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go p.serve(conn, redis)
		}
	}()
	return p
}

// URL is where the proxy is.
func (p *Proxy) URL() string { return "redis://" + p.Address }

// Replies has a function called before each reply is passed on. It may wait; false closes the connection instead.
func (p *Proxy) Replies(pass func(reply []byte) bool) { p.reply.Store(&pass) }

func (p *Proxy) serve(conn net.Conn, redis string) {
	defer conn.Close() //nolint:errcheck // nothing is lost
	to, err := net.Dial("tcp", redis)
	if err != nil {
		return
	}
	defer to.Close()     //nolint:errcheck // nothing is lost
	go io.Copy(to, conn) //nolint:errcheck // until either end closes
	for chunk := make([]byte, 64<<10); ; {
		n, err := to.Read(chunk)
		if err != nil || !(*p.reply.Load())(chunk[:n]) {
			return
		}
		if _, err := conn.Write(chunk[:n]); err != nil {
			return
		}
	}
}
