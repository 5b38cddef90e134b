package acceptance_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"opentrain-mcp/opentrain/sandbox"
)

// TestShutdownAnswersFirst: streams without calls end at once; calls in flight
// are answered, on every transport; nothing new is let in.
func TestShutdownAnswersFirst(t *testing.T) {
	asked, release := make(chan struct{}, 2), make(chan struct{})
	box := sandbox.New(sandbox.Config{}).Transport()
	s := startHTTPWith(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		asked <- struct{}{}
		<-release
		return box.RoundTrip(r)
	}), nil)
	token := []string{demoHeader, sandbox.DemoToken}
	idle, busy := s.open(token...), s.open(token...)
	busy.post(rpc(7, "opentrain_list_jobs", map[string]any{}))
	direct := make(chan rpcAnswer, 1)
	go func() { direct <- s.call("opentrain_list_jobs", map[string]any{}, token...) }()
	<-asked
	<-asked
	ended := make(chan error, 1)
	go func() { ended <- s.handler.Shutdown(context.Background()) }()
	if _, _, err := idle.read(); err == nil {
		t.Error("an idle stream goes on")
	}
	if got := s.do("GET", "/readyz", ""); got.status != http.StatusServiceUnavailable {
		t.Errorf("ready: %d", got.status)
	}
	if got := s.do("GET", "/sse", "", token...); got.status != http.StatusServiceUnavailable {
		t.Errorf("a new stream: %d", got.status)
	}
	select {
	case err := <-ended:
		t.Fatalf("it ended with calls in flight: %v", err)
	default:
	}
	close(release)
	if got := parseRPC(t, busy.next("message")); fmt.Sprint(got.ID) != "7" || got.Result.IsError {
		t.Errorf("%+v", got)
	}
	if got := <-direct; got.Result.IsError {
		t.Error(got.text())
	}
	if _, _, err := busy.read(); err == nil {
		t.Error("the stream goes on")
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestTurnAwayRefusesOnlyNewCalls: once a handler turns calls away, 503 means that nothing was
// done; what is under way goes on. A proxy in front relies on both.
func TestTurnAwayRefusesOnlyNewCalls(t *testing.T) {
	api := newHeld()
	s := startHTTPWith(t, api, nil)
	token := []string{demoHeader, sandbox.DemoToken}
	stream := s.open(token...)
	answer := make(chan rpcAnswer, 1)
	go func() { answer <- s.call("opentrain_list_jobs", map[string]any{}, token...) }()
	<-api.asked
	s.handler.TurnAway()
	before := len(s.api.seen())
	for _, route := range [][2]string{{"POST", "/mcp"}, {"GET", "/sse"}, {"GET", "/readyz"}} {
		if got := s.do(route[0], route[1], rpc(1, "opentrain_close_job", map[string]any{"jobId": "j"}), token...); got.status != http.StatusServiceUnavailable {
			t.Errorf("%v: %d", route, got.status)
		}
	}
	if len(s.api.seen()) != before {
		t.Error("a call that was turned away went out")
	}
	close(api.release)
	if got := <-answer; got.Result.IsError {
		t.Error(got.text())
	}
	if got := stream.call(1, "opentrain_list_jobs", map[string]any{}); got.Result.IsError {
		t.Error(got.text())
	}
}

// TestBusyCallersDoNotHoldTheEnd: a caller who goes on calling, and one who does
// not read, do not keep the server from ending.
func TestBusyCallersDoNotHoldTheEnd(t *testing.T) {
	api := newHeld()
	s := startHTTPWith(t, api, nil)
	stream := s.open(demoHeader, sandbox.DemoToken)
	stream.post(rpc(1, "opentrain_list_jobs", map[string]any{}))
	<-api.asked
	ended := make(chan error, 1)
	go func() { ended <- s.handler.Shutdown(t.Context()) }()
	for stream.post(rpc(2, "opentrain_list_jobs", map[string]any{})).status == http.StatusAccepted {
		<-api.asked // until the end has begun
	}
	close(api.release)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
