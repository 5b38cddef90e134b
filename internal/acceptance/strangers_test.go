package acceptance_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/opentrain/sandbox"
)

// held is an API that keeps requests back until they are released, or given up.
type held struct {
	api     http.RoundTripper
	asked   chan struct{}
	release chan struct{}
}

func newHeld(accounts ...sandbox.Account) *held {
	return &held{sandbox.New(sandbox.Config{Accounts: accounts}).Transport(), make(chan struct{}, 100), make(chan struct{})}
}

func (h *held) RoundTrip(r *http.Request) (*http.Response, error) {
	h.asked <- struct{}{}
	select {
	case <-h.release:
		return h.api.RoundTrip(r)
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// TestNobodyCancelsAnothersCall: every client counts its calls from one; a
// cancellation of call 1 is not one of everybody's.
func TestNobodyCancelsAnothersCall(t *testing.T) {
	const modern = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}`
	const cancelled = `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`
	const modernCancelled = `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1,` + modern + `}}`
	modernHeaders := func(method string) []string {
		return []string{"Mcp-Protocol-Version", "2026-07-28", "Mcp-Method", method, "Mcp-Name", "opentrain_close_job"}
	}
	for _, sessions := range []bool{false, true} {
		api := newHeld(employer(1), employer(2))
		s := startHTTPWith(t, api, func(c *opentrainmcp.HTTPConfig) { c.Sessions = sessions })
		calls := map[string][2]any{
			"modern": {strings.Replace(rpc(1, "opentrain_close_job", map[string]any{"jobId": "j"}), `"params":{`, `"params":{`+modern+`,`, 1), append(modernHeaders("tools/call"), demoHeader, employer(1).Token)},
		}
		if sessions {
			id := s.do("POST", "/mcp", helloRPC, demoHeader, employer(1).Token).header.Get("Mcp-Session-Id")
			calls["with a session"] = [2]any{rpc(1, "opentrain_close_job", map[string]any{"jobId": "j"}), []string{demoHeader, employer(1).Token, "Mcp-Session-Id", id}}
		} else {
			calls["without a session"] = [2]any{rpc(1, "opentrain_close_job", map[string]any{"jobId": "j"}), []string{demoHeader, employer(1).Token}}
		}
		answers := make(chan reply, len(calls))
		for _, one := range calls {
			body, _ := one[0].(string)
			headers, _ := one[1].([]string)
			go func() { answers <- s.do("POST", "/mcp", body, headers...) }()
			<-api.asked
		}
		for _, headers := range [][]string{nil, {demoHeader, employer(2).Token}, {demoHeader, employer(1).Token}} {
			s.do("POST", "/mcp", cancelled, headers...)
			s.do("POST", "/mcp", modernCancelled, append(modernHeaders("notifications/cancelled"), headers...)...)
			theirs := s.do("POST", "/mcp", helloRPC, headers...).header.Get("Mcp-Session-Id")
			s.do("POST", "/mcp", cancelled, append(headers, "Mcp-Session-Id", theirs)...)
		}
		close(api.release)
		for range calls {
			if got := <-answers; got.status != 200 || !strings.Contains(got.body, "NOT_FOUND") {
				t.Errorf("sessions %v: %d %s", sessions, got.status, got.body)
			}
		}
	}
}

// TestOwnCallsAreCancelled: within a session and on a stream a caller ends its
// own call.
func TestOwnCallsAreCancelled(t *testing.T) {
	const cancelled = `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`
	api := newHeld()
	s := startHTTPWith(t, api, func(c *opentrainmcp.HTTPConfig) { c.Sessions = true })
	token := []string{demoHeader, sandbox.DemoToken}
	with := append([]string{"Mcp-Session-Id", s.do("POST", "/mcp", helloRPC, token...).header.Get("Mcp-Session-Id")}, token...)
	answer := make(chan reply, 1)
	go func() { answer <- s.do("POST", "/mcp", rpc(1, "opentrain_list_jobs", map[string]any{}), with...) }()
	<-api.asked
	s.do("POST", "/mcp", cancelled, with...)
	<-answer
	stream := s.open(token...)
	stream.post(rpc(1, "opentrain_list_jobs", map[string]any{}))
	<-api.asked
	stream.post(cancelled)
	stream.next("message")
}

// TestStreamsCountTheirCalls: what is answered by no event does not hold a
// stream, nor its end; too many calls are refused.
func TestStreamsCountTheirCalls(t *testing.T) {
	api := newHeld()
	s := startHTTPWith(t, api, func(c *opentrainmcp.HTTPConfig) { c.CallsPerSecond = -1 })
	stream := s.open(demoHeader, sandbox.DemoToken)
	for range 100 {
		for _, odd := range []string{
			`{"jsonrpc":"2.0","id":null,"method":"ping"}`, `{"jsonrpc":"2.0","method":"notifications/initialized"}`,
			`{"jsonrpc":"2.0","id":7,"result":{}}`, `{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"x"}}`,
		} {
			if got := stream.post(odd); got.status != http.StatusAccepted {
				t.Fatalf("%s: %d %s", odd, got.status, got.body)
			}
		}
	}
	for _, bad := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}`, `{"jsonrpc":"2.0","id":1}`, `{}`, `{"jsonrpc":"2.0","id":{},"method":"ping"}`, `{"jsonrpc":"2.0","id":"` + strings.Repeat("x", 300) + `","method":"ping"}`, `7`,
	} {
		for _, got := range []reply{stream.post(bad), s.do("POST", "/mcp", bad)} {
			if got.status != http.StatusBadRequest {
				t.Errorf("%.60s: %d", bad, got.status)
			}
		}
	}
	refused := 0
	for id := range 80 {
		if got := stream.post(rpc(id+1, "opentrain_list_jobs", map[string]any{})); got.status == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused != 16 {
		t.Errorf("%d of 80 calls were refused", refused)
	}
	close(api.release)
	answers := map[string]bool{}
	for len(answers) < 64 {
		answers[fmt.Sprint(parseRPC(t, stream.next("message")).ID)] = true
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := s.handler.Shutdown(ctx); err != nil {
		t.Errorf("after %d answers: %v", len(answers), err)
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

// TestSlowReaderIsLetGo: who sends requests and reads no answers is let go.
func TestSlowReaderIsLetGo(t *testing.T) {
	if testing.Short() {
		t.Skip("takes twenty seconds")
	}
	t.Parallel()
	s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) { c.CallsPerSecond = -1 })
	u, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // it is over
	const list = `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`
	one := fmt.Sprintf("POST /mcp HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", u.Host, len(list), list)
	if err := conn.SetWriteDeadline(time.Now().Add(60 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for { // until the server hangs up; before, it is stuck with an answer
		if _, err := io.WriteString(conn, one); err != nil {
			if strings.Contains(err.Error(), "timeout") {
				t.Error("the connection is still open")
			}
			return
		}
	}
}

// TestNoAddressTakesAllPlaces: one address has half of the sessions and streams.
func TestNoAddressTakesAllPlaces(t *testing.T) {
	s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) {
		c.BehindProxy, c.Sessions, c.MaxSessions, c.MaxStreams = true, true, 4, 4
	})
	greedy, other := []string{"X-Forwarded-For", "192.0.2.1"}, []string{"X-Forwarded-For", "192.0.2.2"}
	for n, want := range []int{200, 200, 429, 429} {
		if got := s.do("POST", "/mcp", helloRPC, append(greedy, demoHeader, fmt.Sprint("ot_pat_made_up_", n))...); got.status != want {
			t.Errorf("session %d: %d", n, got.status)
		}
	}
	s.open(greedy...)
	s.open(greedy...)
	if got := s.do("GET", "/sse", "", greedy...); got.status != http.StatusServiceUnavailable {
		t.Errorf("a third stream: %d", got.status)
	}
	if got := s.do("POST", "/mcp", helloRPC, other...); got.status != 200 {
		t.Errorf("another address: %d", got.status)
	}
	s.open(other...)
}

// TestSharedAccountsTokenMayChange: with a shared account, sessions and streams
// belong to who shows the secret, whatever the account's token is by now.
func TestSharedAccountsTokenMayChange(t *testing.T) {
	var token atomic.Value
	token.Store(employer(1).Token)
	s := startHTTP(t, employers(3), func(c *opentrainmcp.HTTPConfig) {
		c.Auth, c.ServerToken, c.Sessions = opentrainmcp.AuthShared, "the-operators-secret", true
		c.Token = func(context.Context) opentrainmcp.Token {
			value, _ := token.Load().(string)
			return opentrainmcp.Token{Value: value}
		}
	})
	secret := []string{"Authorization", "Bearer the-operators-secret"}
	stream := s.open(secret...)
	id := s.do("POST", "/mcp", helloRPC, secret...).header.Get("Mcp-Session-Id")
	token.Store(employer(2).Token)
	if got := stream.call(1, "opentrain_get_account", map[string]any{}); !strings.Contains(got.text(), "Employer 002") {
		t.Errorf("%+v", got)
	}
	if got := s.do("POST", "/mcp", rpc(1, "opentrain_get_account", map[string]any{}), append(secret, "Mcp-Session-Id", id)...); !strings.Contains(got.body, "Employer 002") {
		t.Errorf("%s", got.body)
	}
}

// TestBasePath: behind a proxy that takes a prefix off, the stream names the
// address that callers use.
func TestBasePath(t *testing.T) {
	s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) { c.BasePath = "/opentrain" })
	front := httptest.NewServer(http.StripPrefix("/opentrain", s.handler))
	t.Cleanup(front.Close)
	there := &remote{t: t, url: front.URL + "/opentrain", handler: s.handler, api: s.api, log: s.log}
	stream := there.open()
	if !strings.HasPrefix(stream.message, "/opentrain/message?sessionId=") {
		t.Fatal(stream.message)
	}
	there.url = front.URL // the event has the whole path
	if got := stream.call(1, "opentrain_search_jobs", map[string]any{"limit": 1}); got.Result.IsError {
		t.Error(got.text())
	}
	stream.close()
	for _, path := range []string{"/mcp/", "/sse/"} {
		method := map[string]string{"/mcp/": "POST", "/sse/": "PUT"}[path]
		if got := s.do(method, path, helloRPC); got.status == http.StatusNotFound {
			t.Errorf("%s: %d", path, got.status)
		}
	}
}

// TestEndedSessionHasNoStream: DELETE ends the streams of the session.
func TestEndedSessionHasNoStream(t *testing.T) {
	s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) { c.Sessions = true })
	id := s.do("POST", "/mcp", helloRPC).header.Get("Mcp-Session-Id")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/mcp", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Mcp-Session-Id", id)
	r.Header.Set("Accept", "text/event-stream")
	answer, err := http.DefaultClient.Do(r)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%v %v", answer, err)
	}
	defer answer.Body.Close()
	if got := s.do("DELETE", "/mcp", "", "Mcp-Session-Id", id); got.status != 200 {
		t.Errorf("%d", got.status)
	}
	if _, err := bufio.NewReader(answer.Body).ReadString('\n'); err == nil {
		t.Error("the stream goes on")
	}
}
