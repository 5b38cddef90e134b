package web

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"opentrain-mcp/internal/adapter"
	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/edge"
	"opentrain-mcp/internal/metrics"
	"opentrain-mcp/internal/seal"
	"opentrain-mcp/internal/store"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
)

// limited limits the calls of each caller, at one moment.
func limited(perSecond float64, burst int) edge.Limiter {
	now := time.Now()
	return store.Calls(store.InMemory(func() time.Time { return now }), "callers", perSecond, burst)
}

// fakeServer is a Server with three toy tools: whoami returns what is known of the
// request, wait reports a step and waits until release is closed, and ask opens a form.
type fakeServer struct {
	*adapter.Server
	limiter edge.Limiter
	started chan struct{}
	release chan struct{}
	stopped atomic.Bool
}

type identity struct {
	Transport caller.Transport
	Token     caller.Token
	Owner     string
	Narrowing caller.Narrowing
	Trace     caller.Trace
}

type said string

func (s said) Text() string { return string(s) }

func (said) Effect() tool.Effect { return tool.Effect{} }

func newFakeServer() *fakeServer {
	f := &fakeServer{started: make(chan struct{}, 1000), release: make(chan struct{})}
	type nothing struct{}
	type output struct{ said }
	whoami := tool.New(tool.Spec{Name: "whoami", Kind: tool.KindRead},
		func(ctx context.Context, _ tool.Call, _ nothing) (output, *tool.Ask, error) {
			r := *caller.From(ctx)
			r.Token.Value = strings.Join(strings.Split(r.Token.Value, ""), "·") // a result shows no token
			return output{said(text.JSON(identity{r.Transport, r.Token, r.Owner, r.Narrowing, r.Trace}))}, nil, nil
		})
	wait := tool.New(tool.Spec{Name: "wait", Kind: tool.KindRead},
		func(ctx context.Context, call tool.Call, _ nothing) (output, *tool.Ask, error) {
			call.Step("Waiting")
			f.started <- struct{}{}
			select {
			case <-f.release:
				return output{"released"}, nil, nil
			case <-ctx.Done():
				return output{"ended"}, nil, nil
			}
		})
	ask := tool.New(tool.Spec{Name: "ask", Kind: tool.KindCreate},
		func(_ context.Context, call tool.Call, _ nothing) (output, *tool.Ask, error) {
			if call.Form == tool.FormNone {
				return output{}, &tool.Ask{Message: "Yes?", Fields: []tool.Field{{Name: "yes", Type: "boolean", Label: "Yes"}}}, nil
			}
			if call.Form == tool.FormAnswered {
				return output{"accepted"}, nil, nil
			}
			return output{"no answer"}, nil, nil
		})
	box, err := seal.New()
	if err != nil {
		panic(err)
	}
	f.Server = adapter.New(adapter.Config{
		Name: "fake", Version: "1", Timeout: time.Minute, FormTimeout: time.Minute, Box: box, Now: time.Now,
		Logger: slog.New(slog.DiscardHandler),
		Token:  func(ctx context.Context) caller.Token { return caller.From(ctx).Token },
		Served: tool.Served{Sets: []tool.Set{
			{Name: "people", Tools: []tool.Tool{whoami, ask}}, {Name: "time", Tools: []tool.Tool{wait}},
		}},
	})
	return f
}

func (f *fakeServer) Admit(ctx context.Context) time.Duration {
	return f.limiter.Take(caller.From(ctx).RateKey())
}

func (f *fakeServer) StopForms() {
	f.stopped.Store(true)
	f.Server.StopForms()
}

// lockedLog is a log that several goroutines write to.
type lockedLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// remote is a Handler and how to reach it.
type remote struct {
	t       *testing.T
	fake    *fakeServer
	log     *lockedLog
	handler *Handler
	url     string
}

func newHandler(t *testing.T, change func(*Config)) *remote {
	t.Helper()
	s := &remote{t: t, fake: newFakeServer(), log: &lockedLog{}}
	cfg := Config{
		Server: s.fake, Auth: AuthCallers, MaxStreams: 100, MaxSessions: 100, MaxRequests: 100, SessionIdle: time.Hour, Metrics: metrics.New(),
		Logger: slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&cfg)
	}
	var err error
	if s.handler, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	return s
}

// start serves a Handler at a URL.
func start(t *testing.T, change func(*Config)) *remote {
	t.Helper()
	s := newHandler(t, change)
	listener := httptest.NewServer(s.handler)
	s.url = listener.URL
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := s.handler.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		listener.Close()
	})
	return s
}

func withSessions(c *Config) { c.Sessions = true }

type reply struct {
	status int
	header http.Header
	body   string
}

// send sends a request and returns the open response. Headers are names and values.
func (s *remote) send(method, path, body string, headers ...string) *http.Response {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	return response
}

func (s *remote) do(method, path, body string, headers ...string) reply {
	s.t.Helper()
	response := s.send(method, path, body, headers...)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, string(text)}
}

func (s *remote) post(body string, headers ...string) reply {
	s.t.Helper()
	return s.do(http.MethodPost, "/mcp", body, headers...)
}

// openSession returns the headers of a new session.
func (s *remote) openSession(headers ...string) []string {
	s.t.Helper()
	got := s.post(initialize, headers...)
	if got.status != http.StatusOK || got.header.Get("Mcp-Session-Id") == "" {
		s.t.Fatalf("initialize: %d %s", got.status, got.body)
	}
	return append([]string{"Mcp-Session-Id", got.header.Get("Mcp-Session-Id")}, headers...)
}

const (
	initialize = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25",` +
		`"capabilities":{"elicitation":{}},"clientInfo":{"name":"test","version":"1"}}}`
	ping       = `{"jsonrpc":"2.0","id":1,"method":"ping"}`
	answer     = `{"jsonrpc":"2.0","id":1,"result":{}}`
	modernMeta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",` +
		`"io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}`
)

func call(id any, tool string) string {
	raw, err := json.Marshal(id)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"method":"tools/call","params":{"name":%q,"arguments":{}}}`, raw, tool)
}

// whoami returns what the tool whoami says in a response.
func whoami(t *testing.T, body string) (who identity) {
	t.Helper()
	var rpc struct {
		Result struct{ Content []struct{ Text string } }
	}
	if err := json.Unmarshal([]byte(body), &rpc); err != nil || len(rpc.Result.Content) == 0 {
		t.Fatalf("%v in %s", err, body)
	}
	if err := json.Unmarshal([]byte(rpc.Result.Content[0].Text), &who); err != nil {
		t.Fatal(err)
	}
	who.Token.Value = strings.ReplaceAll(who.Token.Value, "·", "")
	return who
}

// events is an open stream.
type events struct {
	t     *testing.T
	body  io.ReadCloser
	lines *bufio.Reader
}

func readEvents(t *testing.T, response *http.Response) *events {
	t.Helper()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("status %d", response.StatusCode)
	}
	t.Cleanup(func() { response.Body.Close() })
	return &events{t: t, body: response.Body, lines: bufio.NewReader(response.Body)}
}

// next returns the data of the next event, and false at the end of the stream.
func (e *events) next() (string, bool) {
	for {
		line, err := e.lines.ReadString('\n')
		if err != nil {
			return "", false
		}
		if data, ok := strings.CutPrefix(strings.TrimRight(line, "\r\n"), "data:"); ok {
			return strings.TrimSpace(data), true
		}
	}
}

func (e *events) mustNext() string {
	e.t.Helper()
	data, ok := e.next()
	if !ok {
		e.t.Fatal("the stream ended")
	}
	return data
}

// openStream opens /sse and returns the path for messages too.
func (s *remote) openStream(headers ...string) (*events, string) {
	s.t.Helper()
	e := readEvents(s.t, s.send(http.MethodGet, "/sse", "", headers...))
	return e, e.mustNext()
}

// localHost is the Host of a request with a localContext.
const localHost = "127.0.0.1:8080"

// localContext is the context of a request over a loopback connection.
func localContext(t *testing.T) context.Context {
	t.Helper()
	address := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(localHost))
	return context.WithValue(t.Context(), http.LocalAddrContextKey, address)
}
