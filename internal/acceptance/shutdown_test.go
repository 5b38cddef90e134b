package acceptance_test

import (
	"context"
	"net/http"
	"testing"

	"opentrain-mcp/opentrain/sandbox"
)

// TestShutdownAnswersFirst: a shutdown ends idle streams, answers the calls in flight on
// every transport, and lets nothing new in.
func TestShutdownAnswersFirst(t *testing.T) {
	t.Parallel()
	api := newHeld()
	s := startHTTPWith(t, api, nil)
	token := []string{tokenHeader, sandbox.DemoToken}
	idle, busy := s.open(token...), s.open(token...)
	busy.post(rpc(7, "opentrain_list_jobs", map[string]any{}))
	direct := make(chan answer, 1)
	go func() { direct <- s.call("opentrain_list_jobs", map[string]any{}, token...) }()
	<-api.asked
	<-api.asked
	ended := make(chan error, 1)
	go func() { ended <- s.handler.Shutdown(context.Background()) }()
	idle.wantEnd()
	if got := s.do("GET", "/readyz", ""); got.status != http.StatusServiceUnavailable {
		t.Errorf("/readyz: %d", got.status)
	}
	if got := s.do("GET", "/sse", "", token...); got.status != http.StatusServiceUnavailable {
		t.Errorf("a new stream: %d", got.status)
	}
	select {
	case err := <-ended:
		t.Fatalf("it ended with calls in flight: %v", err)
	default:
	}
	api.release()
	if got := parseAnswer(t, busy.next("message")); got.id != "7" || got.isError {
		t.Errorf("got %+v", got)
	}
	if got := <-direct; got.isError {
		t.Error(got.text)
	}
	busy.wantEnd()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestTurnAwayRefusesOnlyNewCalls: after TurnAway, 503 means that nothing was done, and
// what is in flight goes on. A proxy in front relies on both.
func TestTurnAwayRefusesOnlyNewCalls(t *testing.T) {
	t.Parallel()
	api := newHeld()
	s := startHTTPWith(t, api, nil)
	token := []string{tokenHeader, sandbox.DemoToken}
	stream := s.open(token...)
	direct := make(chan answer, 1)
	go func() { direct <- s.call("opentrain_list_jobs", map[string]any{}, token...) }()
	<-api.asked
	s.handler.TurnAway()
	before := len(s.api.seen())
	for _, route := range [][2]string{{"POST", "/mcp"}, {"GET", "/sse"}, {"GET", "/readyz"}} {
		got := s.do(route[0], route[1], rpc(1, "opentrain_close_job", map[string]any{"jobId": "j"}), token...)
		if got.status != http.StatusServiceUnavailable {
			t.Errorf("%v: %d", route, got.status)
		}
	}
	if len(s.api.seen()) != before {
		t.Error("a call that was turned away reached the API")
	}
	api.release()
	if got := <-direct; got.isError {
		t.Error(got.text)
	}
	if got := stream.call(1, "opentrain_list_jobs", map[string]any{}); got.isError {
		t.Error(got.text)
	}
}

// TestBusyCallersDoNotHoldTheEnd: a caller who keeps calling, and one who does not read,
// do not keep the server from ending.
func TestBusyCallersDoNotHoldTheEnd(t *testing.T) {
	t.Parallel()
	api := newHeld()
	s := startHTTPWith(t, api, nil)
	stream := s.open(tokenHeader, sandbox.DemoToken)
	stream.post(rpc(1, "opentrain_list_jobs", map[string]any{}))
	<-api.asked
	ended := make(chan error, 1)
	go func() { ended <- s.handler.Shutdown(t.Context()) }()
	for stream.post(rpc(2, "opentrain_list_jobs", map[string]any{})).status == http.StatusAccepted {
		<-api.asked // until the shutdown has begun
	}
	api.release()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
