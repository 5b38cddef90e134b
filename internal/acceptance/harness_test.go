package acceptance_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/opentrain/sandbox"
)

// upstream counts the calls that reach the API and remembers them.
type upstream struct {
	api http.RoundTripper

	mu    sync.Mutex
	calls []string // "METHOD /path"
	sent  []string // bodies
}

func (u *upstream) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
	}
	u.mu.Lock()
	u.calls, u.sent = append(u.calls, r.Method+" "+r.URL.Path), append(u.sent, string(body))
	u.mu.Unlock()
	return u.api.RoundTrip(r)
}

func (u *upstream) seen() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]string(nil), u.calls...)
}

// body is the body of the last call of a form "METHOD /path".
func (u *upstream) body(call string) string {
	u.mu.Lock()
	defer u.mu.Unlock()
	for i, made := range slices.Backward(u.calls) {
		if made == call {
			return u.sent[i]
		}
	}
	return ""
}

// setup is a server on a sandbox, and a host that talks to it over stdio.
type setup struct {
	host  *client.Client
	hello *mcp.InitializeResult
	api   *upstream
	log   *lockedBuffer
}

func start(t *testing.T, variant sandbox.Variant) setup {
	t.Helper()
	return startWith(t, sandbox.New(sandbox.Config{Variant: variant}).Transport(), func(*opentrainmcp.Config) {})
}

func startWith(t *testing.T, api http.RoundTripper, change func(*opentrainmcp.Config)) setup {
	t.Helper()
	s := setup{api: &upstream{api: api}, log: &lockedBuffer{}}
	apiClient, err := opentrain.New(opentrain.Config{Transport: s.api, PublicReadBudget: -1})
	if err != nil {
		t.Fatal(err)
	}
	cfg := opentrainmcp.Config{
		API: apiClient, Version: "test", Logger: slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Token:     fixed(sandbox.DemoToken),
		TokenHelp: "Set a token so and so.", PublishConfirm: opentrainmcp.Off, // confirm_test.go has it on
	}
	change(&cfg)
	s.host = overPipes(t, cfg, nil)
	s.hello = initialize(t, s.host)
	return s
}

// fixed is a caller who always has the same token.
func fixed(token string) func(context.Context) opentrainmcp.Token {
	return func(context.Context) opentrainmcp.Token { return opentrainmcp.Token{Value: token, From: "the test"} }
}

func initialize(t *testing.T, host *client.Client) *mcp.InitializeResult {
	t.Helper()
	if err := host.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	var hello mcp.InitializeRequest
	hello.Params.ProtocolVersion = mcp.LATEST_LEGACY_PROTOCOL_VERSION
	hello.Params.ClientInfo = mcp.Implementation{Name: "test", Version: "1"}
	result, err := host.Initialize(t.Context(), hello)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// answer is a tool's answer as a client sees it.
type answer struct {
	text       string
	structured json.RawMessage
	isError    bool
	failure    tool.Failure // of an error
}

func (a answer) next(t *testing.T) tool.Next {
	t.Helper()
	var out struct {
		Next tool.Next `json:"next"`
	}
	if err := json.Unmarshal(a.structured, &out); err != nil {
		t.Fatalf("%v in %s", err, a.structured)
	}
	return out.Next
}

func call(t *testing.T, host *client.Client, tool string, arguments any) answer {
	t.Helper()
	var request mcp.CallToolRequest
	request.Params.Name, request.Params.Arguments = tool, arguments
	result, err := host.CallTool(t.Context(), request)
	if err != nil {
		t.Fatalf("%s: %v", tool, err)
	}
	var a answer
	a.isError = result.IsError
	if len(result.Content) != 1 {
		t.Fatalf("%s: %d contents", tool, len(result.Content))
	}
	content, ok := result.Content[0].(mcp.TextContent)
	if !ok {
		t.Fatalf("%s: the content is a %T", tool, result.Content[0])
	}
	a.text = content.Text
	if result.StructuredContent != nil {
		if a.structured, err = json.Marshal(result.StructuredContent); err != nil {
			t.Fatal(err)
		}
	}
	if a.isError {
		if a.structured != nil {
			t.Errorf("%s: an error with structuredContent: %s", tool, a.structured)
		}
		meta, err := json.Marshal(result.Meta.AdditionalFields["opentrain/error"])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(meta, &a.failure); err != nil || a.failure.Code == "" {
			t.Errorf("%s: _meta is %s (%v)", tool, meta, err)
		}
	}
	return a
}

// lockedBuffer is a log that several goroutines write.
type lockedBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// shownFields are the fields that a step shows to the human, as values.
func shownFields(t *testing.T, next tool.Next) map[string]any {
	t.Helper()
	values := map[string]any{}
	if next.Show == nil {
		return values
	}
	data, err := json.Marshal(next.Show.Fields)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &values); err != nil {
		t.Fatal(err)
	}
	return values
}
