package edge

import (
	"errors"
	"net"
	"sync/atomic"
)

// maxHello limits what a client may send before the first answer, in bytes. crypto/tls would keep 64 KiB of a message
// that never ends. Messages of real clients have less than 4 KiB.
const maxHello = 8 << 10

var errHello = errors.New("the first message of the TLS handshake is too long")

// LimitHello returns a listener for TLS whose connections can't begin with a long message.
func LimitHello(listener net.Listener) net.Listener { return helloListener{listener} }

type helloListener struct{ net.Listener }

func (l helloListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	hello := &helloConn{Conn: conn}
	hello.left.Store(maxHello)
	return hello, nil
}

// helloConn counts what it reads until it writes.
type helloConn struct {
	net.Conn
	left atomic.Int64 // -1 after the first write
}

func (c *helloConn) Read(p []byte) (int, error) {
	left := c.left.Load()
	switch {
	case left < 0:
		return c.Conn.Read(p)
	case left == 0:
		return 0, errHello
	}
	n, err := c.Conn.Read(p[:min(len(p), int(left))])
	c.left.CompareAndSwap(left, left-int64(n))
	return n, err
}

func (c *helloConn) Write(p []byte) (int, error) {
	c.left.Store(-1)
	return c.Conn.Write(p)
}
