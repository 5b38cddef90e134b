package edge

import "net"

// maxUnsent limits what the system keeps of a connection's responses until the client reads them, in bytes. Systems keep megabytes
// otherwise, and a client that never reads could make the server write dozens of responses. Few responses are longer than 80 KB.
const maxUnsent = 64 << 10

// LimitUnsent returns a listener whose connections keep few responses that their clients haven't read.
func LimitUnsent(listener net.Listener) net.Listener { return unsentListener{listener} }

type unsentListener struct{ net.Listener }

func (l unsentListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetWriteBuffer(maxUnsent) //nolint:errcheck,gosec // without it, the system has its own limit
	}
	return conn, err
}
