package web

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestTurnAwayAndShutdown(t *testing.T) {
	s := start(t, withSessions)
	session := s.openSession()
	listening := readEvents(t, s.send("GET", "/mcp", "", session...))
	idle, _ := s.openStream()
	busy, path := s.openStream()
	s.do("POST", path, call(7, "wait"))
	direct := make(chan reply)
	go func() { direct <- s.post(call(8, "wait"), session...) }()
	<-s.fake.started
	<-s.fake.started
	s.handler.TurnAway()
	for _, request := range [][2]string{{"POST", "/mcp"}, {"GET", "/mcp"}, {"GET", "/sse"}, {"GET", "/readyz"}} {
		if got := s.do(request[0], request[1], ping, session...); got.status != http.StatusServiceUnavailable {
			t.Errorf("%v: %d", request, got.status)
		}
	}
	if got := s.do("POST", path, ping); got.status != http.StatusAccepted {
		t.Errorf("a message to an open stream: %d", got.status)
	}
	if got := busy.mustNext(); !strings.Contains(got, `"id":1`) {
		t.Error(got)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.handler.Shutdown(context.Background()) }()
	for name, stream := range map[string]*events{"a session's": listening, "an idle": idle} {
		if data, ok := stream.next(); ok {
			t.Errorf("%s stream goes on: %s", name, data)
		}
	}
	if got := s.do("POST", path, ping); got.status != http.StatusServiceUnavailable {
		t.Errorf("a new call on a stream: %d", got.status)
	}
	select {
	case err := <-ended:
		t.Fatalf("it ended with calls in progress: %v", err)
	default:
	}
	close(s.fake.release)
	if got := busy.mustNext(); !strings.Contains(got, "released") {
		t.Error(got)
	}
	if got := <-direct; !strings.Contains(got.body, "released") {
		t.Error(got.body)
	}
	if data, ok := busy.next(); ok {
		t.Errorf("the stream goes on: %s", data)
	}
	if err := <-ended; err != nil || !s.fake.stopped.Load() {
		t.Errorf("%v, forms stopped: %v", err, s.fake.stopped.Load())
	}
}

// TestShutdownTurnsLateCallsAway: a call whose body is still arriving at the end isn't begun.
func TestShutdownTurnsLateCallsAway(t *testing.T) {
	s := start(t, nil)
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // the test is over
	body := call(1, "wait")
	fmt.Fprintf(conn, "POST /mcp HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n",
		strings.TrimPrefix(s.url, "http://"), len(body))
	answers := bufio.NewReader(conn)
	if response, err := http.ReadResponse(answers, nil); err != nil || response.StatusCode != http.StatusContinue {
		t.Fatal(response, err)
	}
	if err := s.handler.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	io.WriteString(conn, body) //nolint:errcheck // the answer shows it
	response, err := http.ReadResponse(answers, nil)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusServiceUnavailable || len(s.fake.started) > 0 {
		t.Errorf("%d, and %d calls began", response.StatusCode, len(s.fake.started))
	}
}

func TestShutdownGivesUp(t *testing.T) {
	s := newHandler(t, nil)
	leave := s.handler.enter()
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := s.handler.Shutdown(ctx); err == nil {
		t.Error("no error")
	}
	leave()
	if err := s.handler.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}
