package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"opentrain-mcp/internal/caller"
)

// TestSessionsBelongToTheirOwner is the table of who may use a session for what.
func TestSessionsBelongToTheirOwner(t *testing.T) {
	s := start(t, func(c *Config) { c.Sessions, c.ReplicaID = true, "r1" })
	mine := s.openSession(tokenHeader, one)
	id := mine[1]
	if !strings.HasPrefix(id, "r1.") || len(id) < 25 {
		t.Fatalf("session %q", id)
	}
	for name, test := range map[string]struct {
		method  string
		headers []string
		status  int
	}{
		"own":               {"POST", mine, 200},
		"another token":     {"POST", []string{"Mcp-Session-Id", id, tokenHeader, two}, 404},
		"no token":          {"POST", []string{"Mcp-Session-Id", id}, 404},
		"foreign stream":    {"GET", []string{"Mcp-Session-Id", id, tokenHeader, two}, 404},
		"foreign end":       {"DELETE", []string{"Mcp-Session-Id", id, tokenHeader, two}, 404},
		"made up":           {"POST", []string{"Mcp-Session-Id", "r1.AAAAAAAAAAAAAAAAAAAAAAAAAA", tokenHeader, one}, 404},
		"too long":          {"POST", []string{"Mcp-Session-Id", strings.Repeat("x", 129), tokenHeader, one}, 400},
		"none":              {"POST", []string{tokenHeader, one}, 400},
		"stream of none":    {"GET", []string{tokenHeader, one}, 400},
		"modern, no stream": {"GET", append(slices.Clone(mine), "Mcp-Protocol-Version", "2026-07-28"), 405},
		"unknown method":    {"PUT", mine, 405},
	} {
		if got := s.do(test.method, "/mcp", ping, test.headers...); got.status != test.status {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	who := whoami(t, s.post(call(1, "whoami"), mine...).body)
	if who.Transport != caller.StreamableSession || who.Owner != caller.Hash(one) {
		t.Errorf("%+v", who)
	}
	modern := strings.Replace(call(1, "whoami"), `"params":{`, `"params":{`+modernMeta+",", 1)
	got := s.post(modern, tokenHeader, one, "Mcp-Protocol-Version", "2026-07-28", "Mcp-Method", "tools/call", "Mcp-Name", "whoami")
	if who := whoami(t, got.body); who.Transport != caller.StreamableHTTP {
		t.Errorf("%+v", who)
	}
	if got := s.do("DELETE", "/mcp", "", mine...); got.status != 200 {
		t.Errorf("end: %d", got.status)
	}
	if got := s.post(ping, mine...); got.status != 404 {
		t.Errorf("after the end: %d", got.status)
	}
}

func TestStatelessRequests(t *testing.T) {
	s := start(t, nil)
	if got := s.post(initialize); got.status != 200 || got.header.Get("Mcp-Session-Id") != "" {
		t.Errorf("%d %v", got.status, got.header)
	}
	if who := whoami(t, s.post(call(1, "whoami")).body); who.Transport != caller.StreamableHTTP {
		t.Errorf("%+v", who)
	}
	for _, method := range []string{"GET", "DELETE", "PUT"} {
		got := s.do(method, "/mcp", "", "Mcp-Session-Id", "x")
		if got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") != "POST" {
			t.Errorf("%s: %d %v", method, got.status, got.header)
		}
	}
}

// TestCancellationsReachOwnCallsOnly: every client counts its calls from one.
func TestCancellationsReachOwnCallsOnly(t *testing.T) {
	const cancel = `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`
	s := start(t, nil)
	answers := make(chan reply)
	go func() { answers <- s.post(call(1, "wait"), tokenHeader, one) }()
	<-s.fake.started
	for _, token := range []string{one, two} {
		if got := s.post(cancel, tokenHeader, token); got.status != http.StatusAccepted {
			t.Errorf("%d %s", got.status, got.body)
		}
	}
	close(s.fake.release)
	if got := <-answers; !strings.Contains(got.body, "released") {
		t.Errorf("%d %s", got.status, got.body)
	}
	kept := start(t, withSessions)
	session := kept.openSession()
	go func() { answers <- kept.post(call(1, "wait"), session...) }()
	<-kept.fake.started
	kept.post(cancel, kept.openSession()...)
	kept.post(cancel, session...)
	if got := <-answers; got.status != http.StatusAccepted || got.body != "" {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// TestUnaskedAnswersAreLimitedAndNotLogged: unrequested answers count
// against the rate limit, and no header gets into the log.
func TestUnaskedAnswersAreLimitedAndNotLogged(t *testing.T) {
	const burst = 5
	long := strings.Repeat("session", 60<<10/7)
	bodies := []string{
		answer, `{"jsonrpc":"2.0","id":1,"result":{"action":"accept"}}`, `{"jsonrpc":"2.0","id":"x","error":{"code":1,"message":"x"}}`,
	}
	for name, test := range map[string]struct {
		sessions bool
		id       string // "" for an open session
		status   int    // before the limit is reached
		calls    bool   // a tool call comes before each answer
	}{
		"stateless, long id":      {false, long, 400, false},
		"stateless, made up id":   {false, "secret-made-up", 202, false},
		"sessions, long id":       {true, long, 400, false},
		"sessions, made up id":    {true, "secret-made-up", 404, false},
		"sessions, open, unasked": {true, "", 202, false},
		"sessions, open, calls":   {true, "", 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, func(c *Config) { c.Sessions = test.sessions })
			id := test.id
			if id == "" {
				id = s.openSession()[1]
			}
			s.fake.limiter = limited(0.001, burst)
			for i := range 4 * burst {
				if test.calls {
					s.post(call(1, "whoami"), "Mcp-Session-Id", id)
					s.post(call(2, "unknown"), "Mcp-Session-Id", id)
				}
				got := s.post(bodies[i%len(bodies)], "Mcp-Session-Id", id)
				switch {
				case i >= burst && got.status != http.StatusTooManyRequests, i < burst && got.status == http.StatusTooManyRequests,
					i < burst && test.status != 0 && got.status != test.status:
					t.Errorf("answer %d: %d %s", i, got.status, got.body)
				case i >= burst && got.header.Get("Retry-After") == "":
					t.Error("no Retry-After")
				}
			}
			for line := range strings.Lines(s.log.String()) {
				if len(line) > 500 || strings.Contains(line, id) || test.id != "" && strings.Contains(line, "ERROR") {
					t.Errorf("%.200s", line)
				}
			}
		})
	}
	s := start(t, nil)
	_, messages := s.openStream()
	s.fake.limiter = limited(0.001, 1)
	for _, want := range []int{http.StatusAccepted, http.StatusTooManyRequests} {
		if got := s.do("POST", messages, answer); got.status != want {
			t.Errorf("SSE: %d", got.status)
		}
	}
}

// TestAnswersToFormsAreFree: a caller without calls left can still answer a form.
func TestAnswersToFormsAreFree(t *testing.T) {
	s := start(t, withSessions)
	session := s.openSession()
	s.fake.limiter = limited(0.001, 1)
	s.post(ping, session...)
	if got := s.post(ping, session...); got.status != http.StatusTooManyRequests {
		t.Fatalf("%d", got.status)
	}
	form := readEvents(t, s.send("POST", "/mcp", call(1, "ask"), session...))
	asked := form.mustNext()
	_, id, _ := strings.Cut(asked, `"id":`)
	id, _, _ = strings.Cut(id, ",")
	accept := fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"action":"accept","content":{}}}`, id)
	// What isn't this form's answer doesn't use up its place: a pong, and an answer under another session or none.
	for _, other := range [][]string{{`{"jsonrpc":"2.0","id":9,"result":{}}`, session[1]}, {accept, "made-up"}, {accept, ""}} {
		if got := s.post(other[0], "Mcp-Session-Id", other[1]); got.status != http.StatusTooManyRequests {
			t.Errorf("%v: %d", other, got.status)
		}
	}
	if got := s.post(accept, session...); got.status != http.StatusAccepted {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := form.mustNext(); !strings.Contains(got, "accept") {
		t.Error(got)
	}
	if got := s.post(accept, session...); got.status != http.StatusTooManyRequests {
		t.Errorf("a second answer: %d", got.status)
	}
}

// TestSessionLimitHoldsForEveryInitialize: no _meta, spelling or header opens more sessions than allowed.
func TestSessionLimitHoldsForEveryInitialize(t *testing.T) {
	const limit = 3
	withMeta := func(meta string) string {
		return strings.Replace(initialize, `"params":{`, `"params":{"_meta":{`+meta+`},`, 1)
	}
	const version = `"io.modelcontextprotocol/protocolVersion":"2026-07-28"`
	modernHeader := []string{"Mcp-Protocol-Version", "2026-07-28", "Mcp-Method", "initialize"}
	for name, test := range map[string]struct {
		body    string
		headers []string
		opens   bool // sessions, up to the limit
	}{
		"plain":                   {initialize, nil, true},
		"prefix in capitals":      {withMeta(`"IO.modelcontextprotocol/protocolVersion":"2026-07-28"`), nil, true},
		"name in lower case":      {withMeta(`"io.modelcontextprotocol/protocolversion":"2026-07-28"`), nil, true},
		"name in capitals":        {withMeta(`"io.modelcontextprotocol/PROTOCOLVERSION":"2026-07-28"`), nil, true},
		"long s":                  {withMeta(`"io.modelcontextprotocol/protocolVer\u017fion":"2026-07-28"`), nil, true},
		"older version":           {withMeta(`"io.modelcontextprotocol/protocolVersion":"2025-11-25"`), nil, true},
		"version of another kind": {withMeta(`"io.modelcontextprotocol/protocolVersion":["2026-07-28"]`), nil, true},
		"modern":                  {withMeta(version), nil, false},
		"modern, invalid":         {withMeta(version + `,"progressToken":{}`), nil, false},
		"modern, twice":           {withMeta(version + `,"io.modelcontextprotocol/protocolVersion":"2025-11-25"`), nil, false},
		"modern header":           {initialize, modernHeader, false},
		"modern header and _meta": {withMeta(version), modernHeader, false},
		"_meta twice":             {strings.Replace(withMeta(version), `"params":{`, `"params":{"_meta":{},`, 1), nil, false},
		"_META":                   {strings.Replace(withMeta(version), `"_meta"`, `"_META"`, 1), nil, false},
		"PARAMS":                  {strings.Replace(initialize, `"params":`, `"PARAMS":{"_meta":{`+version+`}},"params":`, 1), nil, false},
		"method twice":            {strings.Replace(initialize, `"id":0,`, `"id":0,"method":"ping","Method":"initialize",`, 1), nil, false},
	} {
		s := start(t, func(c *Config) { c.Sessions, c.MaxSessions = true, limit })
		opened := 0
		for range 3 * limit {
			got := s.post(test.body, test.headers...)
			hasID := got.header.Get("Mcp-Session-Id") != ""
			if hasID {
				opened++
			}
			if !hasID && strings.Contains(got.body, `"serverInfo"`) {
				t.Errorf("%s: initialized without a session: %s", name, got.body)
			}
			refused := got.status == http.StatusTooManyRequests && got.header.Get("Retry-After") != "" &&
				strings.Contains(got.body, "limit of sessions")
			if test.opens && !hasID && !refused {
				t.Errorf("%s: %d %s", name, got.status, got.body)
			}
		}
		inUse, kept := s.handler.sessions.places.Held(), len(s.handler.sessions.byID)
		if opened > limit || inUse != opened || kept != opened || test.opens != (opened == limit) {
			t.Errorf("%s: %d sessions opened, %d in use, %d kept", name, opened, inUse, kept)
		}
	}
}

// TestUnansweredInitializeKeepsNoSession: no client knows the id of such a session.
func TestUnansweredInitializeKeepsNoSession(t *testing.T) {
	s := newHandler(t, func(c *Config) { c.Sessions, c.AllowedHosts = true, []string{"example.com"} })
	initializeIn := func(ctx context.Context) {
		r := httptest.NewRequestWithContext(ctx, "POST", "/mcp", strings.NewReader(initialize))
		r.Header.Set("Content-Type", "application/json")
		s.handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	initializeIn(gone)
	if inUse := s.handler.sessions.places.Held(); inUse != 0 {
		t.Errorf("%d sessions of a client that has gone", inUse)
	}
	initializeIn(t.Context())
	if inUse := s.handler.sessions.places.Held(); inUse != 1 {
		t.Errorf("%d sessions of a client that waits", inUse)
	}
}

// TestSessionFreesItsPlaceOnce: however often a session is ended.
func TestSessionFreesItsPlaceOnce(t *testing.T) {
	fake := newFakeServer()
	s := newSessions(Config{MaxSessions: 1000, SessionIdle: time.Hour, ReplicaID: "r"})
	me := &caller.Request{Address: "192.0.2.1", Owner: "me"}
	s.open(fake, me, func(s *session) { s.end() })
	for range 300 {
		opened, _ := s.open(fake, me, func(s *session) { s.end() })
		var all sync.WaitGroup
		for range 4 {
			all.Go(opened.end)
		}
		all.Wait()
	}
	if s.places.Held() != 1 || len(s.byID) != 1 {
		t.Errorf("%d in use, %d open", s.places.Held(), len(s.byID))
	}
}

func TestDeleteTwice(t *testing.T) {
	s := start(t, func(c *Config) { c.Sessions, c.MaxSessions = true, 2 })
	first := s.openSession()
	s.openSession()
	for _, want := range []int{200, 404, 404} {
		if got := s.do("DELETE", "/mcp", "", first...); got.status != want {
			t.Errorf("%d, want %d", got.status, want)
		}
	}
	s.openSession()
	if got := s.post(initialize); got.status != http.StatusTooManyRequests {
		t.Errorf("a third session: %d", got.status)
	}
}

func hasMetrics(t *testing.T, s *remote, lines ...string) {
	t.Helper()
	body := s.do("GET", "/metrics", "").body
	for _, line := range lines {
		if !strings.Contains(body, line) {
			t.Errorf("no %q in %s", line, body)
		}
	}
}

// TestStreamEndsWithItsSession: by DELETE.
func TestStreamEndsWithItsSession(t *testing.T) {
	s := start(t, withSessions)
	session := s.openSession()
	stream := readEvents(t, s.send("GET", "/mcp", "", session...))
	hasMetrics(t, s, "opentrain_mcp_open_streams 1\n", "opentrain_mcp_sessions 1\n")
	s.do("DELETE", "/mcp", "", session...)
	if data, ok := stream.next(); ok {
		t.Errorf("the stream goes on: %s", data)
	}
	s.handler.wait(t.Context()) //nolint:errcheck // it is only slow
	hasMetrics(t, s, "opentrain_mcp_open_streams 0\n", "opentrain_mcp_sessions 0\n")
}

// TestStreamOfIdleSessionEnds: a stream alone, with its heartbeats, doesn't keep a session.
func TestStreamOfIdleSessionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newHandler(t, func(c *Config) {
			c.Sessions, c.SessionIdle, c.AllowedHosts = true, 3*heartbeat, []string{"example.com"}
		})
		opened := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, "/mcp", strings.NewReader(initialize))
		r.Header.Set("Content-Type", "application/json")
		s.handler.ServeHTTP(opened, r)
		ctx, cancel := context.WithTimeout(t.Context(), 10*heartbeat)
		defer cancel()
		listen := httptest.NewRequestWithContext(ctx, http.MethodGet, "/mcp", nil)
		listen.Header.Set("Mcp-Session-Id", opened.Header().Get("Mcp-Session-Id"))
		began, stream := time.Now(), httptest.NewRecorder()
		s.handler.ServeHTTP(stream, listen)
		if duration := time.Since(began); stream.Code != 200 || duration != 3*heartbeat {
			t.Errorf("status %d, ended after %v", stream.Code, duration)
		}
		synctest.Wait()
		if s.handler.sessions.places.Held() != 0 {
			t.Error("the session is still open")
		}
		if err := s.handler.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
