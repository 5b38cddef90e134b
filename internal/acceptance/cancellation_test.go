package acceptance_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/opentrain/sandbox"
)

// TestLostCallerCancels: a call ends when its caller disconnects.
func TestLostCallerCancels(t *testing.T) {
	t.Parallel()
	for _, route := range []string{"/mcp", "/sse"} {
		t.Run(route, func(t *testing.T) {
			asked, ended := make(chan struct{}), make(chan struct{})
			s := startHTTPWith(t, roundTripper(func(r *http.Request) (*http.Response, error) {
				close(asked)
				<-r.Context().Done()
				close(ended)
				return nil, r.Context().Err()
			}), nil)
			if route == "/mcp" {
				ctx, cancel := context.WithCancel(t.Context())
				go func() { <-asked; cancel() }()
				r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/mcp",
					strings.NewReader(rpc(1, "opentrain_list_jobs", map[string]any{})))
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set(tokenHeader, sandbox.DemoToken)
				if answer, err := http.DefaultClient.Do(r); err == nil {
					answer.Body.Close()
					t.Error("answered")
				}
			} else {
				stream := s.open(tokenHeader, sandbox.DemoToken)
				stream.post(rpc(1, "opentrain_list_jobs", map[string]any{}))
				<-asked
				stream.close()
			}
			<-ended
		})
	}
}

// TestCallersCannotCancelEachOther: every client numbers its calls from one, so a
// cancellation of call 1 must reach only the caller's own call.
func TestCallersCannotCancelEachOther(t *testing.T) {
	t.Parallel()
	const cancelled = `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`
	const modernCancelled = `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1,` + modernMeta + `}}`
	for _, sessions := range []bool{false, true} {
		api := newHeld(employer(1), employer(2))
		s := startHTTPWith(t, api, func(c *opentrainmcp.HTTPConfig) { c.Sessions = sessions })
		calls := map[string][2]any{
			"modern": {modernRPC("opentrain_close_job", map[string]any{"jobId": "j"}, "{}"),
				modernHeaders("tools/call", "opentrain_close_job", as(1)...)},
		}
		if sessions {
			id := s.do("POST", "/mcp", hello, tokenHeader, employer(1).Token).header.Get("Mcp-Session-Id")
			calls["with a session"] = [2]any{rpc(1, "opentrain_close_job", map[string]any{"jobId": "j"}),
				[]string{tokenHeader, employer(1).Token, "Mcp-Session-Id", id}}
		} else {
			calls["without a session"] = [2]any{rpc(1, "opentrain_close_job", map[string]any{"jobId": "j"}),
				as(1)}
		}
		answers := make(chan reply, len(calls))
		for _, one := range calls {
			body, _ := one[0].(string)
			headers, _ := one[1].([]string)
			go func() { answers <- s.do("POST", "/mcp", body, headers...) }()
			<-api.asked
		}
		for _, headers := range [][]string{nil, {tokenHeader, employer(2).Token}, {tokenHeader, employer(1).Token}} {
			s.do("POST", "/mcp", cancelled, headers...)
			s.do("POST", "/mcp", modernCancelled, modernHeaders("notifications/cancelled", "", headers...)...)
			theirs := s.do("POST", "/mcp", hello, headers...).header.Get("Mcp-Session-Id")
			s.do("POST", "/mcp", cancelled, append(headers, "Mcp-Session-Id", theirs)...)
		}
		api.release()
		for range calls {
			if got := <-answers; got.status != 200 || !strings.Contains(got.body, "NOT_FOUND") {
				t.Errorf("sessions %v: %d %s", sessions, got.status, got.body)
			}
		}
	}
}

// TestCallersCancelTheirOwnCalls: callers can cancel their own calls, in a session and
// on a stream.
func TestCallersCancelTheirOwnCalls(t *testing.T) {
	t.Parallel()
	const cancelled = `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`
	api := newHeld()
	s := startHTTPWith(t, api, func(c *opentrainmcp.HTTPConfig) { c.Sessions = true })
	token := []string{tokenHeader, sandbox.DemoToken}
	with := append([]string{"Mcp-Session-Id", s.do("POST", "/mcp", hello, token...).header.Get("Mcp-Session-Id")}, token...)
	answer := make(chan reply, 1)
	go func() { answer <- s.do("POST", "/mcp", rpc(1, "opentrain_list_jobs", map[string]any{}), with...) }()
	<-api.asked
	s.do("POST", "/mcp", cancelled, with...)
	<-answer
	stream := s.open(token...)
	stream.post(rpc(1, "opentrain_list_jobs", map[string]any{}))
	<-api.asked
	stream.post(cancelled) // it gets no answer
	stream.post(`{"jsonrpc":"2.0","id":2,"method":"ping"}`)
	if got := stream.next("message"); !strings.Contains(got, `"id":2,`) {
		t.Error(got)
	}
}
