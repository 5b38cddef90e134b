package adapter_test

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"opentrain-mcp/internal/jsonrpc"
)

// view is what a decoder of a request saw. Names are "" where the method has none.
type view struct {
	method, name, uri, version string
	modern                     bool
}

// library returns what mcp-go sees of a message, nil if it refuses it before a handler, or answers nothing.
func library(t *testing.T, message []byte) *view {
	t.Helper()
	var seen *view
	var hooks server.Hooks
	hooks.AddBeforeAny(func(ctx context.Context, _ any, method mcp.MCPMethod, request any) {
		seen = &view{method: string(method)}
		if info := server.RequestProtocolInfoFromContext(ctx); info != nil {
			seen.version, seen.modern = info.ProtocolVersion, info.Modern
		}
		switch r := request.(type) {
		case *mcp.CallToolRequest:
			seen.name = r.Params.Name
		case *mcp.GetPromptRequest:
			seen.name = r.Params.Name
		case *mcp.ReadResourceRequest:
			seen.uri = r.Params.URI
		}
	})
	s := server.NewMCPServer("x", "1", server.WithHooks(&hooks), server.WithToolCapabilities(false),
		server.WithPromptCapabilities(false), server.WithResourceCapabilities(false, false), server.WithCompletions())
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // nothing waits
	s.HandleMessage(s.WithContext(ctx, server.NewInProcessSession("x", nil)), message)
	return seen
}

// own returns what this server's parser sees.
func own(m jsonrpc.Message) view {
	v := view{method: m.Method, version: m.Version, modern: mcp.IsModernProtocol(m.Version)}
	var params map[string]any
	json.Unmarshal(m.Params(), &params) //nolint:errcheck // there may be none
	switch m.Method {
	case string(mcp.MethodToolsCall), string(mcp.MethodPromptsGet):
		v.name, _ = params["name"].(string)
	case string(mcp.MethodResourcesRead):
		v.uri, _ = params["uri"].(string)
	}
	return v
}

// FuzzMessage: mcp-go sees what was checked, both in what is passed on to it and in the message itself. Where the two
// would differ, the message is refused.
func FuzzMessage(f *testing.F) {
	const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}`
	for _, seed := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"x":1}}}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","NAME":"b"}}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a",` + meta + `}}`,
		`{"jsonrpc":"2.0","id":1.0,"method":"ping","Method":"tools/call"}`, `{"jsonrpc":"2.0","id":null,"method":"ping"}`,
		`{"jsonrpc":"2.0","id":"a","method":"prompts/get","params":{"name":"p","arguments":[]}}`,
		`{"jsonrpc":"2.0","id":9007199254740993,"method":"resources/read","params":{"uri":"u"}}`,
		`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":[],"clientInfo":[]}}`,
		`{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{"_meta":{"IO.modelcontextprotocol/protocolVersion":"2026-07-28"}}}`,
		`{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":["2026-07-28"]}}}`,
		`{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}`, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`,
		`{"jsonrpc":"2.0","id":1,"method":"ping","param\u017f":{"_meta":{}},"params":{}}`, "\ufeff{}", `[]`, `{"id":1e999}`,
		`{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"x"},"argument":[]}}`,
		`{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":[],` + meta + `}}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"x","Cursor":"y"}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := jsonrpc.Parse(data)
		if err != nil || m.Kind != jsonrpc.Request {
			return
		}
		want, forwarded := own(m), m.Forward(7)
		if _, err := jsonrpc.Parse(forwarded); err != nil {
			t.Fatalf("%v in %s", err, forwarded)
		}
		seen := library(t, forwarded)
		if seen != nil && *seen != want {
			t.Errorf("%s\nparsed %+v\nmcp-go sees %+v in %s", data, want, *seen, forwarded)
		}
		if direct := library(t, data); direct != nil && *direct != want {
			t.Errorf("%s\nparsed %+v\nmcp-go sees %+v", data, want, *direct)
		}
		var answer struct {
			ID json.RawMessage `json:"id"`
		}
		if json.Unmarshal(jsonrpc.Answer(m.ID, struct{}{}), &answer) != nil || string(answer.ID) != string(m.ID) {
			t.Errorf("the id %s comes back as %s", m.ID, answer.ID)
		}
	})
}

// TestForwardedParamsAreComplete: nothing that mcp-go reads is lost on the way, apart from what the tool reads itself.
func TestForwardedParamsAreComplete(t *testing.T) {
	for _, params := range []string{
		`{"protocolVersion":"2025-11-25","capabilities":{"elicitation":{"form":{}}},"clientInfo":{"name":"x","version":"1"}}`,
		`{"name":"x","inputResponses":{"a":{"action":"accept"}},"requestState":"s","_meta":{"traceparent":"t"}}`,
		`{"ref":{"type":"ref/prompt","name":"x"},"argument":{"name":"a","value":"b"},"context":{"arguments":{"c":"d"}}}`,
		`{"uri":"x"}`, `{"cursor":"x"}`, `{"notifications":{"toolsListChanged":true}}`,
	} {
		m, err := jsonrpc.Parse([]byte(`{"jsonrpc":"2.0","id":1,"method":"m","params":` + params + `}`))
		if err != nil {
			t.Fatal(err)
		}
		var want, got any
		forwarded := string(m.Forward(1))
		_, rest, _ := strings.Cut(forwarded, `"params":`)
		if json.Unmarshal([]byte(params), &want) != nil || json.Unmarshal([]byte(strings.TrimSuffix(rest, "}")), &got) != nil ||
			!reflect.DeepEqual(got, want) {
			t.Errorf("%s became %s", params, forwarded)
		}
	}
}
