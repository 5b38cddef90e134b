package acceptance_test

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
	"time"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/opentrain/sandbox"
)

// TestSessions: a session belongs to the caller who started it.
func TestSessions(t *testing.T) {
	t.Parallel()
	s := startHTTP(t, []sandbox.Account{employer(1), employer(2)}, func(c *opentrainmcp.HTTPConfig) {
		c.Sessions, c.MaxSessions, c.ReplicaID = true, 2, "r1"
	})
	mine, theirs := as(1), as(2)
	began := s.do("POST", "/mcp", hello, mine...)
	id := began.header.Get("Mcp-Session-Id")
	if began.status != 200 || !strings.HasPrefix(id, "r1.") || len(id) < 25 {
		t.Fatalf("%d, session %q", began.status, id)
	}
	list := `{"jsonrpc":"2.0","id":2,"method":"tools/list"}`
	with := func(headers []string, id string) []string {
		return append(append([]string{}, headers...), "Mcp-Session-Id", id, "Accept", "application/json, text/event-stream")
	}
	for name, test := range map[string]struct {
		method  string
		headers []string
		status  int
	}{
		"own":               {"POST", with(mine, id), 200},
		"foreign":           {"POST", with(theirs, id), 404},
		"foreign, no one":   {"POST", with(nil, id), 404},
		"foreign stream":    {"GET", with(theirs, id), 404},
		"foreign end":       {"DELETE", with(theirs, id), 404},
		"made up":           {"POST", with(mine, "r1.AAAAAAAAAAAAAAAAAAAAAAAAAA"), 404},
		"made up stream":    {"GET", with(mine, "mcp-session-1"), 404},
		"without":           {"POST", mine, 400},
		"stream without":    {"GET", mine, 400},
		"modern, no stream": {"GET", append(with(mine, id), "Mcp-Protocol-Version", "2026-07-28"), 405},
	} {
		if got := s.do(test.method, "/mcp", list, test.headers...); got.status != test.status {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	s.do("POST", "/mcp", hello, mine...)
	if got := s.do("POST", "/mcp", hello, mine...); got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") == "" {
		t.Errorf("above the limit: %d", got.status)
	}
	if got := s.do("DELETE", "/mcp", "", with(mine, id)...); got.status != 200 {
		t.Errorf("end: %d", got.status)
	}
	if got := s.do("POST", "/mcp", list, with(mine, id)...); got.status != 404 {
		t.Errorf("after the end: %d", got.status)
	}
	if got := s.do("POST", "/mcp", hello, mine...); got.status != 200 {
		t.Errorf("a session after one has ended: %d", got.status)
	}
}

// TestIdleSessionsEnd: the server ends sessions that are not used.
func TestIdleSessionsEnd(t *testing.T) {
	t.Parallel()
	s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) {
		c.Sessions, c.SessionIdle, c.ElicitationTimeout = true, 50*time.Millisecond, 10*time.Millisecond
	})
	id := s.do("POST", "/mcp", hello).header.Get("Mcp-Session-Id")
	eventually(t, "the session ends", func() bool {
		return strings.Contains(s.do("GET", "/metrics", "").body, "opentrain_mcp_sessions 0")
	})
	if got := s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":2,"method":"tools/list"}`, "Mcp-Session-Id", id); got.status != 404 {
		t.Errorf("%d", got.status)
	}
}

// TestDeletedSessionHasNoStream: DELETE ends the streams of the session.
func TestDeletedSessionHasNoStream(t *testing.T) {
	t.Parallel()
	s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) { c.Sessions = true })
	id := s.do("POST", "/mcp", hello).header.Get("Mcp-Session-Id")
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
		t.Error("the stream is still open")
	}
}

// TestStateless: without sessions there is no stream that could show a caller another
// caller's notifications.
func TestStateless(t *testing.T) {
	t.Parallel()
	s := startHTTP(t, nil, nil)
	if got := s.do("POST", "/mcp", hello); got.status != 200 || got.header.Get("Mcp-Session-Id") != "" {
		t.Errorf("%d %v", got.status, got.header)
	}
	for _, method := range []string{"GET", "DELETE", "PUT"} {
		if got := s.do(method, "/mcp", "", "Mcp-Session-Id", "x"); got.status != http.StatusMethodNotAllowed ||
			got.header.Get("Allow") != "POST" {
			t.Errorf("%s: %d", method, got.status)
		}
	}
}

// TestClientOf20260728HasNoSession: a client of 2026-07-28 never gets a session, even
// if the server keeps sessions for others.
func TestClientOf20260728HasNoSession(t *testing.T) {
	t.Parallel()
	for _, sessions := range []bool{false, true} {
		s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) { c.Sessions = sessions })
		got := s.do("POST", "/mcp", modernRPC("opentrain_search_jobs", map[string]any{"limit": 1}, "{}"),
			modernHeaders("tools/call", "opentrain_search_jobs", "Accept", "application/json, text/event-stream")...)
		if answer := parseAnswer(t, got.body); got.status != http.StatusOK || !strings.Contains(answer.text, "1 live job") {
			t.Errorf("sessions %v: %d %s", sessions, got.status, got.body)
		}
		if got.header.Get("Mcp-Session-Id") != "" {
			t.Error("a client of 2026-07-28 got a session")
		}
		discover := `{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{` + modernMeta + `}}`
		got = s.do("POST", "/mcp", discover, modernHeaders("server/discover", "")...)
		if got.status != http.StatusOK || !strings.Contains(got.body, "2026-07-28") {
			t.Errorf("discover: %d %s", got.status, got.body)
		}
	}
}

// TestEmptySubscriptionIsAcknowledged: a client of 2026-07-28 that subscribes to
// notifications that the server does not send gets an acknowledgment every time, and
// the stream ends.
func TestEmptySubscriptionIsAcknowledged(t *testing.T) {
	s := startHTTP(t, nil, nil)
	subscribe := `{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true},` +
		modernMeta + `}}`
	headers := modernHeaders("subscriptions/listen", "", "Accept", "application/json, text/event-stream")
	for range 200 {
		got := s.do("POST", "/mcp", subscribe, headers...)
		if got.status != http.StatusOK || !strings.Contains(got.body, "notifications/subscriptions/acknowledged") ||
			!strings.Contains(got.body, `"result"`) {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
}
