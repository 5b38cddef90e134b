package edge

import "net"

// maxUnsent limits what the system keeps of a connection's responses until the client reads them, in bytes. By itself it keeps
// megabytes, and a client that doesn't read has that many responses made. A response is seldom longer than 80 KB.
const maxUnsent = 64 << 10

// LimitUnsent limits the responses that wait in the system for clients to read them.
func LimitUnsent(listener net.Listener) net.Listener { return unsentListener{listener} }

type unsentListener struct{ net.Listener }

func (l unsentListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetWriteBuffer(maxUnsent) //nolint:errcheck,gosec // without it, the system has its own limit
	}
	return conn, err
}
