package acceptance_test

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"

	"opentrain-mcp/internal/pipetest"
)

// bubbled runs a subtest in a bubble, whose time passes only while everyone waits: a slow machine changes nothing.
func bubbled(t *testing.T, name string, test func(*testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

// serveInside serves a handler, and is the client that reaches it without a network, at any URL.
func serveInside(t testing.TB, handler http.Handler) *http.Client {
	t.Helper()
	listener := pipetest.Listen(t)
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) { return listener.Dial(ctx) }
	carrier := &http.Transport{DialContext: dial}
	server := &http.Server{Handler: handler}
	var serving sync.WaitGroup
	serving.Go(func() { server.Serve(listener) }) //nolint:errcheck // it ends with Close
	t.Cleanup(func() {
		server.Close() //nolint:errcheck // the test is over
		serving.Wait()
		carrier.CloseIdleConnections()
	})
	return &http.Client{Transport: carrier}
}
