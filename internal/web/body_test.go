package web

import (
	"net/http"
	"testing"

	"opentrain-mcp/internal/edge"
)

// TestBodiesInProgress: the bodies of calls in progress have a common limit, and each counts until its call is served.
func TestBodiesInProgress(t *testing.T) {
	s := start(t, nil)
	waiting := call(1, "wait")
	s.handler.bodies = edge.NewQuota(len(waiting) + len(ping))
	served := make(chan int, 1)
	go func() { served <- s.post(waiting).status }()
	<-s.fake.started
	if got := s.post(call(2, "whoami")); got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") == "" {
		t.Errorf("%d %s %v", got.status, got.body, got.header)
	}
	if got := s.post(ping); got.status != http.StatusOK {
		t.Errorf("a message that fits: %d %s", got.status, got.body)
	}
	close(s.fake.release)
	if status := <-served; status != http.StatusOK {
		t.Errorf("the call in progress: %d", status)
	}
	if got := s.post(call(2, "whoami")); got.status != http.StatusOK {
		t.Errorf("after it: %d %s", got.status, got.body)
	}
	if used := s.handler.bodies.InUse(); used != 0 {
		t.Errorf("%d bytes in use at the end", used)
	}
}
