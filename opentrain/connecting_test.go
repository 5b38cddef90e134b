package opentrain_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"opentrain-mcp/opentrain"
)

// TestCallsThatEndWhileConnecting: nothing was sent. On a connection, of any HTTP version, something may have been.
func TestCallsThatEndWhileConnecting(t *testing.T) {
	for name, test := range map[string]struct {
		http2, connects bool
	}{
		"connecting": {false, false}, "HTTP/1.1": {false, true}, "HTTP/2": {true, true},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(opentrain.WithToken(t.Context(), secret))
			defer cancel()
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if test.http2 != (r.ProtoMajor == 2) {
					t.Error(r.Proto)
				}
				cancel()
				<-r.Context().Done()
			}))
			server.EnableHTTP2 = test.http2
			server.StartTLS()
			defer server.Close()
			transport, ok := server.Client().Transport.(*http.Transport)
			if !ok {
				t.Fatal("no transport")
			}
			if !test.connects {
				transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
					cancel()
					<-ctx.Done()
					return nil, ctx.Err()
				}
			}
			client, err := opentrain.New(opentrain.Config{BaseURL: server.URL, Transport: transport})
			if err != nil {
				t.Fatal(err)
			}
			_, err = client.PublishJob(ctx, "job_1")
			if e := asError(t, err); !errors.Is(e, context.Canceled) || e.NotSent == test.connects {
				t.Errorf("%+v", e)
			}
		})
	}
}
