package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// lateWriter is a writer of HTTP/2, less the panic: a deadline after the handler's return is an error.
type lateWriter struct {
	*httptest.ResponseRecorder
	t       *testing.T
	blocked chan struct{} // Write waits until it is closed; nil if it doesn't
	over    atomic.Bool   // the handler has returned
}

func (w *lateWriter) Write(p []byte) (int, error) {
	if w.blocked != nil {
		<-w.blocked
	}
	return w.ResponseRecorder.Write(p)
}

func (w *lateWriter) SetWriteDeadline(time.Time) error {
	if w.over.Load() {
		w.t.Error("a deadline after the handler has returned")
	}
	return nil
}

func (w *lateWriter) serve(h http.Handler, r *http.Request) {
	h.ServeHTTP(w, r)
	w.over.Store(true)
}

// heldLog is a log that can't be written until it is released.
type heldLog struct{ released chan struct{} }

func (l heldLog) Write(p []byte) (int, error) {
	<-l.released
	return len(p), nil
}

// TestLateEvictionSetsNoDeadline: the response that must make room has ended meanwhile.
func TestLateEvictionSetsNoDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := heldLog{make(chan struct{})}
		s := newHandler(t, func(c *Config) {
			c.AllowedHosts, c.Logger = []string{"example.com"}, slog.New(slog.NewTextHandler(log, nil))
		})
		first := &lateWriter{ResponseRecorder: httptest.NewRecorder(), t: t, blocked: make(chan struct{})}
		others := make(chan struct{})
		var all sync.WaitGroup
		for n := range maxUnread + 1 {
			w := first
			if n > 0 {
				w = &lateWriter{ResponseRecorder: httptest.NewRecorder(), t: t, blocked: others}
			}
			all.Go(func() { w.serve(s.handler, httptest.NewRequest(http.MethodGet, "/healthz", nil)) })
			synctest.Wait()
		}
		close(first.blocked)
		synctest.Wait()
		if !first.over.Load() {
			t.Error("the first response goes on")
		}
		close(log.released)
		close(others)
		all.Wait()
	})
}

// TestStrangerEndsNoProcess: a client that leaves its stream over HTTP/2.
func TestStrangerEndsNoProcess(t *testing.T) {
	s := newHandler(t, nil)
	listener := httptest.NewUnstartedServer(s.handler)
	listener.EnableHTTP2 = true
	listener.StartTLS()
	defer listener.Close()
	for range 200 {
		ctx, leave := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, listener.URL+"/sse", nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := listener.Client().Do(r)
		if err != nil || response.ProtoMajor != 2 {
			t.Fatal(response, err)
		}
		leave()
		io.Copy(io.Discard, response.Body) //nolint:errcheck // it was canceled
		response.Body.Close()
	}
	if err := s.handler.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}
