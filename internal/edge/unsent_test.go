package edge_test

import (
	"net"
	"runtime"
	"testing"
	"time"

	"opentrain-mcp/internal/edge"
)

// TestUnreadResponsesStop: a client that reads nothing soon holds up the server, instead of having megabytes written to it.
func TestUnreadResponsesStop(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems have other buffers")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close() //nolint:errcheck // the test is over
	client, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close() //nolint:errcheck // the test is over
	conn, err := edge.LimitUnsent(listener).Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // the test is over
	if err := conn.SetWriteDeadline(time.Now().Add(300 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if written, err := conn.Write(make([]byte, 32<<20)); err == nil || written > 1<<20 {
		t.Errorf("%d bytes were written to a client that doesn't read (%v)", written, err)
	}
}
