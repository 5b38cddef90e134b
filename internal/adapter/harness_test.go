package adapter_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"opentrain-mcp/internal/adapter"
	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/jsonrpc"
	"opentrain-mcp/internal/seal"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/schema"
)

// The protocol versions that differ.
const (
	current  = mcp.LATEST_PROTOCOL_VERSION        // 2026-07-28
	previous = mcp.LATEST_LEGACY_PROTOCOL_VERSION // 2025-11-25
	older    = "2025-06-18"
)

type input struct {
	JobID  string `json:"jobId,omitempty" jsonschema_description:"A job."`
	Fields fields `json:"fields,omitempty" jsonschema_description:"Fields."`
}

// fields take every key, as those of a draft.
type fields map[string]json.RawMessage

func (fields) JSONSchema() *schema.Node {
	return schema.Open[struct {
		A string `json:"a,omitempty" jsonschema_description:"A field."`
	}]()
}

type output struct {
	Said   string `json:"said"`
	effect tool.Effect
}

func (o output) Text() string        { return o.Said }
func (o output) Effect() tool.Effect { return o.effect }

type function = func(context.Context, tool.Call, input) (output, *tool.Ask, error)

// newTool makes a tool that is called like its kind.
func newTool(kind tool.Kind, f function) tool.Tool {
	return tool.New(tool.Spec{Name: string(kind), Title: "A " + string(kind), Kind: kind, Check: tool.Next{Action: tool.Done}}, f)
}

// logs holds the lines of a log.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *logs) at(level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: level, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == "duration_ms" {
			return slog.Attr{}
		}
		return a
	}}))
}

// newServer serves tools to callers whose token is that of their request.
func newServer(t *testing.T, set tool.Set, change func(*adapter.Config)) *adapter.Server {
	t.Helper()
	box, err := seal.New()
	if err != nil {
		t.Fatal(err)
	}
	cfg := adapter.Config{
		Name: "test", Version: "1", Served: tool.Served{Sets: []tool.Set{set}}, Timeout: 30 * time.Second, FormTimeout: 5 * time.Minute,
		Box: box, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
		Token: func(ctx context.Context) caller.Token { return caller.From(ctx).Token },
	}
	if change != nil {
		change(&cfg)
	}
	return adapter.New(cfg)
}

// host is a client of a server. It shows forms.
type host struct {
	t       *testing.T
	server  *adapter.Server
	peer    *adapter.Peer
	version string
	// elicitation is the capability that the host declares, nil for none.
	elicitation map[string]any
	// request is what the transport knows of a request.
	request caller.Request
	// answer answers a form.
	answer func(context.Context, mcp.ElicitationParams) (*mcp.ElicitationResult, error)
	shown  json.RawMessage // the params of the last form

	notifications chan mcp.JSONRPCNotification
}

// newHost greets a server.
func newHost(t *testing.T, s *adapter.Server, version string, elicitation map[string]any) *host {
	t.Helper()
	h := &host{t: t, server: s, version: version, elicitation: elicitation, notifications: make(chan mcp.JSONRPCNotification, 100)}
	h.request.Transport = caller.Stdio
	h.peer = s.NewPeer(rand.Text())
	if version != current {
		h.send(mcp.MethodInitialize, map[string]any{
			"protocolVersion": version, "capabilities": h.capabilities(), "clientInfo": map[string]any{"name": "test", "version": "1"},
		}, nil)
	}
	return h
}

// receive takes in what the server sends before a response.
func (h *host) receive(ctx context.Context, message []byte) {
	var received struct {
		ID     int64
		Method string
		Params json.RawMessage
	}
	if err := json.Unmarshal(message, &received); err != nil {
		h.t.Error(err)
	}
	if received.ID == 0 {
		var n mcp.JSONRPCNotification
		if err := json.Unmarshal(message, &n); err != nil {
			h.t.Error(err)
		}
		h.notifications <- n
		return
	}
	h.shown = received.Params
	var params mcp.ElicitationParams
	if err := json.Unmarshal(received.Params, &params); err != nil {
		h.t.Error(err)
	}
	show := h.answer // the test may change it while a human is slow
	go func() {
		result, err := show(ctx, params)
		answer := jsonrpc.Answer(json.RawMessage(strconv.FormatInt(received.ID, 10)), result)
		if err != nil {
			answer = jsonrpc.Refusal(json.RawMessage(strconv.FormatInt(received.ID, 10)), jsonrpc.CodeInternalError, err.Error(), nil)
		}
		if m, err := jsonrpc.Parse(answer); err == nil {
			h.peer.Receive(ctx, m)
		}
	}()
}

func (h *host) capabilities() map[string]any {
	if h.elicitation == nil {
		return map[string]any{}
	}
	return map[string]any{"elicitation": h.elicitation}
}

// send sends a request and decodes its result. It returns the error.
func (h *host) send(method mcp.MCPMethod, params map[string]any, result any) *mcp.JSONRPCErrorDetails {
	h.t.Helper()
	return h.sendIn(h.t.Context(), method, params, result)
}

func (h *host) sendIn(ctx context.Context, method mcp.MCPMethod, params map[string]any, result any) *mcp.JSONRPCErrorDetails {
	h.t.Helper()
	if h.version == current {
		meta, _ := params["_meta"].(map[string]any)
		if meta == nil {
			meta = map[string]any{}
		}
		meta[mcp.MetaKeyProtocolVersion], meta[mcp.MetaKeyClientCapabilities] = h.version, h.capabilities()
		params["_meta"] = meta
	}
	message, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
	if err != nil {
		h.t.Fatal(err)
	}
	request := h.request
	parsed, err := jsonrpc.Parse(message)
	if err != nil {
		h.t.Fatal(err)
	}
	served, call := h.peer.Begin(caller.With(ctx, &request), parsed)
	defer call.End()
	parts, _ := call.Serve(served, func(message []byte) { h.receive(ctx, message) })
	var envelope struct {
		Result json.RawMessage
		Error  *mcp.JSONRPCErrorDetails
	}
	if err := json.Unmarshal(slices.Concat(parts...), &envelope); err != nil {
		h.t.Fatal(err)
	}
	if envelope.Error == nil && result != nil {
		if err := json.Unmarshal(envelope.Result, result); err != nil {
			h.t.Fatalf("%v in %s", err, envelope.Result)
		}
	}
	return envelope.Error
}

// result is what a host reads of a tool's result.
type result struct {
	Content           []struct{ Text string }
	StructuredContent json.RawMessage
	IsError           bool
	ResultType        string
	RequestState      string
	InputRequests     map[string]struct {
		Method string
		Params json.RawMessage
	}
	Meta map[string]json.RawMessage `json:"_meta"`
}

func (r result) text() string {
	if len(r.Content) == 0 {
		return ""
	}
	return r.Content[0].Text
}

// call calls a tool; more are further parameters.
func (h *host) call(kind tool.Kind, arguments string, more map[string]any) result {
	h.t.Helper()
	return h.callIn(h.t.Context(), kind, arguments, more)
}

func (h *host) callIn(ctx context.Context, kind tool.Kind, arguments string, more map[string]any) (r result) {
	h.t.Helper()
	params := map[string]any{"name": string(kind)}
	if arguments != "" {
		params["arguments"] = json.RawMessage(arguments)
	}
	for name, value := range more {
		params[name] = value
	}
	if err := h.sendIn(ctx, mcp.MethodToolsCall, params, &r); err != nil {
		h.t.Fatal(err.Message)
	}
	return r
}
