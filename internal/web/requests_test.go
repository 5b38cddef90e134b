package web

import (
	"net/http"
	"testing"
	"time"
)

// TestRequestsInProgress: requests have a common limit, and a call of a stream counts until its answer. Streams don't count.
func TestRequestsInProgress(t *testing.T) {
	s := start(t, func(c *Config) { c.MaxRequests = 3 })
	s.handler.requestWait = time.Millisecond
	stream, path := s.openStream()
	if got := s.do("POST", path, call(1, "wait")); got.status != http.StatusAccepted {
		t.Fatalf("a call of a stream: %d %s", got.status, got.body)
	}
	served := make(chan int, 2)
	for id := range 2 {
		go func() { served <- s.post(call(id, "wait")).status }()
	}
	for range 3 {
		<-s.fake.started
	}
	for _, at := range []string{"/mcp", path} {
		if got := s.do("POST", at, ping); got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") == "" {
			t.Errorf("%s: %d %s %v", at, got.status, got.body, got.header)
		}
	}
	s.openStream()
	s.handler.requestWait = time.Minute
	waited := make(chan int, 1)
	go func() { waited <- s.post(ping).status }()
	close(s.fake.release)
	if status := <-waited; status != http.StatusOK {
		t.Errorf("a request that waited: %d", status)
	}
	for range 2 {
		if status := <-served; status != http.StatusOK {
			t.Errorf("a call in progress: %d", status)
		}
	}
	stream.mustNext()
	if got := s.post(ping); got.status != http.StatusOK {
		t.Errorf("after it: %d %s", got.status, got.body)
	}
	if got := s.do("POST", path, call(3, "whoami")); got.status != http.StatusAccepted {
		t.Errorf("a call of the stream after it: %d %s", got.status, got.body)
	}
}
