package adapter_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"opentrain-mcp/internal/adapter"
	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/jsonrpc"
	"opentrain-mcp/internal/metrics"
	"opentrain-mcp/internal/tool"
)

// TestOperationsAreCounted: what a client sends and is asked, with names that the server knows.
func TestOperationsAreCounted(t *testing.T) {
	page := metrics.New()
	about := tool.Prompt{Name: "about", Text: func(context.Context, caller.Caller, string) (string, string) { return "", "" }}
	var h *host
	cancel := func(ctx context.Context, _ tool.Call, _ input) (output, *tool.Ask, error) {
		m, err := jsonrpc.Parse([]byte(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`))
		if err != nil {
			return output{}, nil, err
		}
		h.peer.Receive(ctx, m)
		return output{}, nil, errors.New("canceled")
	}
	h = newHost(t, newServer(t, tool.Set{
		Tools: []tool.Tool{newTool(tool.KindUpdate, asks), newTool(tool.KindRead, cancel)}, Prompts: []tool.Prompt{about},
	}, func(cfg *adapter.Config) { cfg.Metrics = page }), previous, anyForm())
	h.answer = accept
	h.call(tool.KindUpdate, `{}`, nil)
	h.answer = func(context.Context, mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
		return nil, errors.New("no")
	}
	h.call(tool.KindUpdate, `{}`, nil)
	h.call("made_up", `{}`, nil)
	h.send(mcp.MethodPromptsGet, map[string]any{"name": "about"}, nil)
	h.send(mcp.MethodPromptsGet, map[string]any{"name": "made_up"}, nil)
	h.send("made_up", map[string]any{}, nil)
	m, err := jsonrpc.Parse([]byte(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"` + string(tool.KindRead) + `"}}`))
	if err != nil {
		t.Fatal(err)
	}
	ctx, call := h.peer.Begin(caller.With(t.Context(), &h.request), m)
	if response, _ := call.Serve(ctx, nil); response != nil {
		t.Errorf("a canceled call got %s", response)
	}
	call.End()
	h.peer.End(caller.Stdio)

	w := httptest.NewRecorder()
	page.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	served := func(failure, execute, prompt, tool, method, code string) string {
		return `mcp_server_operation_duration_seconds_count{error_type="` + failure + `",gen_ai_operation_name="` + execute +
			`",gen_ai_prompt_name="` + prompt + `",gen_ai_tool_name="` + tool + `",mcp_method_name="` + method + `",mcp_protocol_version="` +
			previous + `",network_protocol_name="",network_transport="pipe",rpc_response_status_code="` + code + `"} `
	}
	asked := func(failure string) string {
		return `mcp_client_operation_duration_seconds_count{error_type="` + failure + `",mcp_method_name="elicitation/create",mcp_protocol_version="` +
			previous + `",network_protocol_name="",network_transport="pipe"} `
	}
	for _, line := range []string{
		served("", "", "", "", "initialize", "") + "1",
		served("", "execute_tool", "", string(tool.KindUpdate), "tools/call", "") + "2",
		served("tool_error", "execute_tool", "", "_OTHER", "tools/call", "") + "1",
		served("cancelled", "execute_tool", "", string(tool.KindRead), "tools/call", "") + "1",
		served("", "", "", "", "notifications/cancelled", "") + "1",
		served("", "", "about", "", "prompts/get", "") + "1",
		served("-32602", "", "", "", "prompts/get", "-32602") + "1",
		served("-32601", "", "", "", "_OTHER", "-32601") + "1",
		asked("") + "1",
		asked("_OTHER") + "1",
		`mcp_server_session_duration_seconds_count{mcp_protocol_version="` + previous + `",network_protocol_name="",network_transport="pipe"} 1`,
	} {
		if !strings.Contains(w.Body.String(), line+"\n") {
			t.Errorf("no %s", line)
		}
	}
	if t.Failed() || strings.Contains(w.Body.String(), "made_up") {
		for line := range strings.Lines(w.Body.String()) {
			if strings.Contains(line, "_count{") {
				t.Log(line)
			}
		}
		t.Error("see above")
	}
}
