package web

import (
	"net/http"
	"runtime"
	"strings"
	"testing"
)

// TestBodiesInProgress: what calls in progress keep of their messages has a common limit. Small messages always fit, and
// padding counts only until the message is read.
func TestBodiesInProgress(t *testing.T) {
	s := start(t, nil)
	stream, messages := s.openStream()
	large := strings.Replace(call(1, "wait"), `"params":{`, `"params":{"x":"`+strings.Repeat("x", maxBody-1000)+`",`, 1)
	padded := call(1, "wait") + strings.Repeat(" ", maxBody-1000)
	served := make(chan int, 10)
	wait := func(body string) {
		go func() { served <- s.post(body).status }()
		<-s.fake.started
	}
	for range 6 {
		wait(padded)
	}
	for range maxBodies/maxBody - 1 {
		wait(large)
	}
	if got := s.do("POST", messages, large); got.status != http.StatusAccepted { // it counts once, until its answer
		t.Errorf("%d %s", got.status, got.body)
	}
	<-s.fake.started
	if got := s.post(large); got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") == "" {
		t.Errorf("%d %s %v", got.status, got.body, got.header)
	}
	if got := s.post(ping); got.status != http.StatusOK {
		t.Errorf("a small message: %d %s", got.status, got.body)
	}
	close(s.fake.release)
	for range 6 + maxBodies/maxBody - 1 {
		if status := <-served; status != http.StatusOK {
			t.Errorf("a call in progress: %d", status)
		}
	}
	if got := s.post(large); got.status != http.StatusOK {
		t.Errorf("after them: %d %s", got.status, got.body)
	}
	stream.mustNext()
	stream.body.Close()
	s.handler.wait(t.Context()) //nolint:errcheck // it is only slow
	for used(s.handler.requests, 100) > 0 {
		runtime.Gosched() // a request ends after its response
	}
	if bytes := used(s.handler.bodies, maxBodies); bytes != 0 {
		t.Errorf("%d bytes in use at the end", bytes)
	}
}

// TestHeadersOccurOnce: a proxy may judge a request by another one of them than this server.
func TestHeadersOccurOnce(t *testing.T) {
	s := start(t, nil)
	for _, name := range []string{"Mcp-Session-Id", "Mcp-Protocol-Version", "Mcp-Method", "Mcp-Name", "Content-Type"} {
		if got := s.post(ping, name, "application/json", name, "application/json"); got.status < 400 {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
}
