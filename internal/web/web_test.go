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

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/edge"
	"opentrain-mcp/internal/metrics"
	"opentrain-mcp/internal/tool"
)

// fakeServer is a Server with three toy tools: whoami returns what is known of the
// request, wait waits until release is closed, and ask opens a form.
type fakeServer struct {
	mcp     *server.MCPServer
	limiter *edge.Limiter
	started chan struct{}
	release chan struct{}
	stopped atomic.Bool
	forms   atomic.Int64 // open, without an answer
}

type identity struct {
	Transport caller.Transport
	Token     caller.Token
	Owner     string
	Narrowing caller.Narrowing
	Trace     caller.Trace
	Stream    bool
}

func newFakeServer() *fakeServer {
	f := &fakeServer{started: make(chan struct{}, 1000), release: make(chan struct{})}
	f.mcp = server.NewMCPServer("fake", "1", server.WithToolCapabilities(false))
	f.mcp.AddTool(mcp.NewTool("whoami"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		r := caller.From(ctx)
		text, err := json.Marshal(identity{r.Transport, r.Token, r.Owner, r.Narrowing, r.Trace, r.Stream != nil})
		return mcp.NewToolResultText(string(text)), err
	})
	f.mcp.AddTool(mcp.NewTool("wait"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		f.started <- struct{}{}
		stream := caller.From(ctx).Stream //nolint:contextcheck // what the test is about
		if stream == nil {
			stream = ctx
		}
		select {
		case <-f.release:
			return mcp.NewToolResultText("released"), nil
		case <-stream.Done():
			return nil, stream.Err()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	})
	f.mcp.AddTool(mcp.NewTool("ask"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		var form mcp.ElicitationRequest
		f.forms.Add(1)
		form.Params.Message, form.Params.RequestedSchema = "Yes?", map[string]any{"type": "object", "properties": map[string]any{}}
		answer, err := f.mcp.RequestElicitation(ctx, form)
		if err != nil {
			return nil, err
		}
		return mcp.NewToolResultText(string(answer.Action)), nil
	})
	return f
}

func (f *fakeServer) MCP() *server.MCPServer { return f.mcp }

func (f *fakeServer) Served() tool.Served {
	named := func(name string, kind tool.Kind) tool.Tool { return tool.Tool{Spec: tool.Spec{Name: name, Kind: kind}} }
	return tool.Served{Sets: []tool.Set{
		{Name: "people", Tools: []tool.Tool{named("whoami", tool.KindRead), named("ask", tool.KindCreate)}},
		{Name: "time", Tools: []tool.Tool{named("wait", tool.KindRead)}},
	}}
}

func (f *fakeServer) Admit(ctx context.Context) time.Duration {
	return f.limiter.Take(caller.From(ctx).RateKey())
}

func (f *fakeServer) TakeFormAnswer(context.Context) bool {
	if f.forms.Add(-1) < 0 {
		f.forms.Add(1)
		return false
	}
	return true
}

func (f *fakeServer) StopForms() { f.stopped.Store(true) }

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
		Server: s.fake, Auth: AuthCallers, MaxStreams: 100, MaxSessions: 100, SessionIdle: time.Hour, Metrics: metrics.New(),
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
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
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
