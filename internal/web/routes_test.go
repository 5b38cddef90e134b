package web

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"opentrain-mcp/internal/edge"
	"opentrain-mcp/internal/jsonrpc"
)

func TestRefusals(t *testing.T) {
	s := start(t, func(c *Config) { c.RequireToken, c.MaxStreams = true, 0 })
	token := []string{tokenHeader, one}
	many := token
	for i := range maxHeaderLines {
		many = append(many, fmt.Sprint("X-", i), "1")
	}
	for name, test := range map[string]struct {
		method, path, body string
		headers            []string
		status, code       int
		header             string // that the response must have
	}{
		"not JSON":     {"POST", "/mcp", "{", token, 400, mcp.PARSE_ERROR, ""},
		"no method":    {"POST", "/mcp", `{"jsonrpc":"2.0"}`, token, 400, mcp.INVALID_REQUEST, ""},
		"no token":     {"POST", "/mcp", ping, nil, 401, mcp.INVALID_REQUEST, "Www-Authenticate"},
		"method":       {"PUT", "/mcp", "", token, 405, mcp.INVALID_REQUEST, "Allow"},
		"unknown id":   {"POST", "/message?sessionId=x", answer, token, 404, mcp.INVALID_REQUEST, ""},
		"stream limit": {"GET", "/sse", "", token, 503, jsonrpc.CodeBusy, "Retry-After"},
		"headers":      {"GET", "/sse", "", many, 431, mcp.INVALID_REQUEST, ""},
		"with a slash": {"GET", "/sse/", "", token, 503, jsonrpc.CodeBusy, "Retry-After"},
	} {
		got := s.do(test.method, test.path, test.body, test.headers...)
		var rpc map[string]any
		if err := json.Unmarshal([]byte(got.body), &rpc); err != nil {
			t.Fatalf("%s: %v in %s", name, err, got.body)
		}
		reason, _ := rpc["error"].(map[string]any)
		id, found := rpc["id"]
		if got.status != test.status || got.header.Get("Content-Type") != "application/json" ||
			test.header != "" && got.header.Get(test.header) == "" ||
			reason["code"] != float64(test.code) || reason["message"] == "" || !found || id != nil || rpc["jsonrpc"] != "2.0" {
			t.Errorf("%s: %d %s %v", name, got.status, got.body, got.header)
		}
	}
	w := httptest.NewRecorder()
	answerError(w, context.Canceled, nil)
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "canceled") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestRefusalsNameTheRequest: a client waits for the response to its own request, and sends it again only if it may.
func TestRefusalsNameTheRequest(t *testing.T) {
	request := func(id string) string { return `{"jsonrpc":"2.0","id":` + id + `,"method":"ping"}` }
	notification := `{"jsonrpc":"2.0","method":"notifications/initialized"}`
	limited := func(c *Config) { c.Sessions, c.MaxSessions, c.MaxRequests = true, 0, 100 }
	for name, test := range map[string]struct {
		change       func(*Config)
		prepare      func(*remote) (path string)
		body, id     string
		status, code int
	}{
		"a caller's rate":           {nil, slow, request("7"), "7", 429, jsonrpc.CodeBusy},
		"a caller's rate, a name":   {nil, slow, request(`"a"`), `"a"`, 429, jsonrpc.CodeBusy},
		"a notification":            {nil, slow, notification, "null", 429, jsonrpc.CodeBusy},
		"an answer":                 {nil, slow, answer, "null", 429, jsonrpc.CodeBusy},
		"an address's rate":         {func(c *Config) { c.Addresses = usedUp() }, nil, request("7"), "null", 429, jsonrpc.CodeBusy},
		"requests in progress":      {func(c *Config) { c.MaxRequests = 0 }, impatient, request("7"), "7", 429, jsonrpc.CodeBusy},
		"the same, a tool call":     {func(c *Config) { c.MaxRequests = 0 }, impatient, call(8, "whoami"), "8", 429, jsonrpc.CodeBusy},
		"sessions":                  {limited, nil, initialize, "0", 429, jsonrpc.CodeBusy},
		"the server shuts down":     {nil, turnAway, request("7"), "7", 503, jsonrpc.CodeBusy},
		"an unknown session":        {withSessions, nil, request("7"), "7", 400, jsonrpc.CodeInvalidRequest},
		"an unknown stream":         {nil, noStream, request("7"), "7", 404, jsonrpc.CodeInvalidRequest},
		"an answer to no stream":    {nil, noStream, answer, "null", 404, jsonrpc.CodeInvalidRequest},
		"a message that isn't good": {nil, nil, `{"jsonrpc":"2.0","id":7,"method":5}`, "7", 400, jsonrpc.CodeInvalidRequest},
	} {
		s, path := start(t, test.change), "/mcp"
		if test.prepare != nil {
			path = test.prepare(s)
		}
		for range 2 { // a refusal keeps nothing of the request before
			for _, body := range []string{strings.Replace(test.body, `"id":7`, `"id":70`, 1), test.body} {
				got := s.do("POST", path, body)
				id := test.id
				if id == "7" && body != test.body {
					id = "70"
				}
				var rpc struct {
					ID    json.RawMessage
					Error struct{ Code int }
				}
				if err := json.Unmarshal([]byte(got.body), &rpc); err != nil || got.status != test.status || rpc.Error.Code != test.code ||
					string(rpc.ID) != id || (test.code == jsonrpc.CodeBusy) != (got.header.Get("Retry-After") != "") {
					t.Errorf("%s: %v %d %s %v", name, err, got.status, got.body, got.header)
				}
			}
		}
	}
}

// slow uses up the rate of callers.
func slow(s *remote) (path string) {
	s.fake.limiter = usedUp()
	return "/mcp"
}

// usedUp returns a limit that is used up for this machine.
func usedUp() *edge.Limiter {
	limiter := edge.NewLimiter(0.001, 1)
	for _, key := range []string{"127.0.0.1", "address 127.0.0.1"} {
		limiter.Take(key)
	}
	return limiter
}

func impatient(s *remote) (path string) {
	s.handler.requestWait = time.Millisecond
	return "/mcp"
}

func noStream(*remote) (path string) { return "/message?sessionId=x" }

func turnAway(s *remote) (path string) {
	s.handler.TurnAway()
	return "/mcp"
}

// TestRateLimit: messages other than tool calls, which count themselves.
func TestRateLimit(t *testing.T) {
	s := start(t, nil)
	s.fake.limiter = edge.NewLimiter(0.1, 1)
	s.post(ping, tokenHeader, one)
	got := s.post(ping, tokenHeader, one)
	if got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") != "10" || !strings.Contains(got.body, "faster than this server allows") {
		t.Errorf("%d %s %v", got.status, got.body, got.header)
	}
	for name, status := range map[string]int{
		"a tool call":   s.post(call(1, "whoami"), tokenHeader, one).status,
		"another token": s.post(ping, tokenHeader, two).status,
		"no token":      s.post(ping).status,
	} {
		if status != http.StatusOK {
			t.Errorf("%s: %d", name, status)
		}
	}
}

// TestNoResponseIsStored: caches must not keep what one caller may see.
func TestNoResponseIsStored(t *testing.T) {
	check := func(t *testing.T, header http.Header, what ...any) {
		t.Helper()
		if got := header.Values("Cache-Control"); len(got) != 1 || got[0] != "no-store" {
			t.Errorf("%v: %q", what, got)
		}
	}
	const page = "https://app.example.com"
	for _, sessions := range []bool{false, true} {
		s := start(t, func(c *Config) { c.Sessions, c.AllowedOrigins = sessions, []string{page} })
		var session []string
		if sessions {
			session = s.openSession()
			response := s.send("GET", "/mcp", "", session...)
			defer response.Body.Close()
			check(t, response.Header, "GET stream")
			form := s.send("POST", "/mcp", call(1, "ask"), session...)
			defer form.Body.Close()
			check(t, form.Header, "POST stream")
			if kind := form.Header.Get("Content-Type"); kind != "text/event-stream" {
				t.Errorf("the POST stream is %s", kind)
			}
		}
		stream := s.send("GET", "/sse", "", "Origin", page)
		defer stream.Body.Close()
		check(t, stream.Header, "SSE stream")
		path := readEvents(t, stream).mustNext()
		large := `{"jsonrpc":"2.0","id":1,"method":"` + strings.Repeat("x", maxBody) + `"}`
		for _, request := range [][3]string{
			{"POST", "/mcp", initialize}, {"POST", "/mcp", call(1, "whoami")}, {"POST", "/mcp", "{"}, {"POST", "/mcp", answer},
			{"POST", "/mcp", large}, {"PUT", "/mcp", ""}, {"HEAD", "/mcp", ""}, {"OPTIONS", "/mcp", ""},
			{"POST", path, ping}, {"POST", path, "{"}, {"POST", "/message", ping}, {"POST", "/sse", ping}, {"GET", "/nothing", ""},
			{"GET", "/healthz", ""}, {"HEAD", "/readyz", ""}, {"POST", "/healthz", ""}, {"GET", "/metrics", ""}, {"DELETE", "/mcp", ""},
		} {
			check(t, s.do(request[0], request[1], request[2], session...).header, request[0], request[1])
		}
		check(t, s.do("POST", "/mcp", ping, "Origin", "https://evil.example").header, "foreign page")
		check(t, s.do("OPTIONS", "/mcp", "", "Origin", page, "Access-Control-Request-Method", "POST").header, "preflight")
		check(t, s.do("POST", "/mcp", ping, tokenHeader, "").header, "bad token")
		s.fake.limiter = edge.NewLimiter(0.001, 1)
		s.post(ping, session...)
		check(t, s.post(ping, session...).header, "rate limit")
		s.handler.TurnAway()
		check(t, s.post(ping, session...).header, "turned away")
		check(t, s.do("GET", "/readyz", "").header, "not ready")
	}
	broken := httptest.NewRecorder()
	newHandler(t, nil).handler.observe(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("bug") })).
		ServeHTTP(broken, httptest.NewRequest(http.MethodGet, "/mcp", nil))
	check(t, broken.Header(), "panic")
}

func TestOpsHandler(t *testing.T) {
	s := start(t, func(c *Config) { c.SeparateOps, c.AllowedOrigins = true, []string{"https://app.example.com"} })
	listener := httptest.NewServer(s.handler.Ops())
	defer listener.Close()
	ops := &remote{t: t, url: listener.URL}
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		if got := s.do("GET", path, ""); got.status != http.StatusNotFound {
			t.Errorf("%s is on the main handler: %d", path, got.status)
		}
		if got := ops.do("GET", path, ""); got.status != http.StatusOK {
			t.Errorf("%s: %d", path, got.status)
		}
		if got := ops.do("GET", path, "", "Origin", "https://evil.example"); got.status != http.StatusForbidden {
			t.Errorf("%s: %d", path, got.status)
		}
	}
	if got := ops.do("POST", "/mcp", ping); got.status != http.StatusNotFound {
		t.Errorf("/mcp: %d", got.status)
	}
	for origin, allowed := range map[string]string{"https://app.example.com": "https://app.example.com", s.url: ""} {
		response := s.send("GET", "/sse", "", "Origin", origin)
		response.Body.Close()
		if got := response.Header.Get("Access-Control-Allow-Origin"); response.StatusCode != http.StatusOK || got != allowed {
			t.Errorf("%s: %d, allowed %q", origin, response.StatusCode, got)
		}
	}
}

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
	defer conn.Close()
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

// TestNoRedirects: a redirect could leave the base path, and a client would send its token there.
func TestNoRedirects(t *testing.T) {
	s := start(t, func(c *Config) { c.BasePath = "/opentrain" })
	ops := httptest.NewServer(s.handler.Ops())
	defer ops.Close()
	for _, path := range []string{"//", "//mcp", "/mcp//", "/./mcp", "/x/../mcp", "/mcp/../sse", "//sse", "//message", "//metrics", "/x/../healthz"} {
		for _, url := range []string{s.url, ops.URL} {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+path, strings.NewReader(ping))
			if err != nil {
				t.Fatal(err)
			}
			response, err := http.DefaultTransport.RoundTrip(request)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode != http.StatusNotFound {
				t.Errorf("%s: %d", path, response.StatusCode)
			}
		}
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

func TestPanics(t *testing.T) {
	for name, started := range map[string]bool{"before the response": false, "during the response": true} {
		s := newHandler(t, nil)
		listener := httptest.NewServer(s.handler.observe(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if started {
				w.Write([]byte("half")) //nolint:errcheck // it panics anyway
			}
			panic("secret cause")
		})))
		response, err := http.Get(listener.URL) //nolint:noctx // a test
		if started != (err != nil) {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			if response.Body.Close(); response.StatusCode != http.StatusInternalServerError {
				t.Errorf("%s: %d", name, response.StatusCode)
			}
		}
		if listener.Close(); !strings.Contains(s.log.String(), "secret cause") {
			t.Errorf("%s: no log", name)
		}
	}
}

// TestRefusalsAreSampled: refused requests get a few lines in the log, without anything of their headers. Metrics
// count them all.
func TestRefusalsAreSampled(t *testing.T) {
	s := newHandler(t, func(c *Config) { c.BehindProxy = true })
	send := func(n int, method, path string) {
		r := httptest.NewRequestWithContext(localContext(t), method, path, strings.NewReader("{"))
		r.Host = localHost
		r.Header.Set("X-Forwarded-For", fmt.Sprintf("192.0.2.%d", n%2))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Mcp-Session-Id", "ot_pat_secret")
		r.Header.Set(tokenHeader, fmt.Sprint("ot_pat_secret", n))
		s.handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	for n := range 1100 {
		send(n, "POST", "/mcp")
		send(n, "GET", "/nothing")
	}
	if lines := strings.Count(s.log.String(), "\n"); lines != 4 || strings.Count(s.log.String(), `"level":"INFO","msg":"http"`) != 4 {
		t.Errorf("%d lines\n%s", lines, s.log)
	}
	if err := s.handler.Shutdown(t.Context()); err != nil { // the rest comes at the end
		t.Error(err)
	}
	if log := s.log.String(); strings.Count(log, "\n") != 8 || strings.Count(log, `"times":549`) != 4 || strings.Contains(log, "secret") {
		t.Error(log)
	}
	w, r := httptest.NewRecorder(), httptest.NewRequestWithContext(localContext(t), http.MethodGet, "/metrics", nil)
	r.Host = localHost
	s.handler.ServeHTTP(w, r)
	for _, status := range []string{"400", "404"} {
		if !strings.Contains(w.Body.String(), `opentrain_mcp_http_refused_total{http_response_status_code="`+status+`"} 1100`) {
			t.Errorf("not every %s is counted", status)
		}
	}
}
