package acceptance_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"testing"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/demo"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/opentrain/sandbox"
	"strings"
)

// BenchmarkToolCall is a whole tools/call: a client's request over stdio, the
// tool, the API's client, the sandbox in memory, and the way back.
func BenchmarkToolCall(b *testing.B) {
	for _, bench := range []struct {
		name, tool string
		arguments  map[string]any
	}{
		{"search_jobs", "opentrain_search_jobs", map[string]any{"q": "image", "limit": 10}},
		{"get_job", "opentrain_get_job", map[string]any{"jobId": "market_001"}},
		{"list_jobs", "opentrain_list_jobs", map[string]any{}},
		{"create_draft", "opentrain_create_draft", map[string]any{"description": demo.SampleDescription, "idempotencyKey": "one"}},
		{"patch_draft", "opentrain_patch_draft", map[string]any{"jobId": "job_1", "fields": map[string]any{"experienceLevel": "expert", "headcount": "4"}}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			host := benchHost(b)
			var request mcp.CallToolRequest
			request.Params.Name, request.Params.Arguments = bench.tool, bench.arguments
			b.ReportAllocs()
			for b.Loop() {
				result, err := host.CallTool(b.Context(), request)
				if err != nil || result.IsError {
					b.Fatal(err, result)
				}
			}
		})
	}
}

// benchHost is a host of a server on a sandbox with one draft, without a log.
func benchHost(b *testing.B) *client.Client {
	b.Helper()
	api, err := opentrain.New(opentrain.Config{Transport: sandbox.New(sandbox.Config{}).Transport(), PublicReadBudget: -1})
	if err != nil {
		b.Fatal(err)
	}
	server, err := opentrainmcp.New(opentrainmcp.Config{API: api, Token: fixed(sandbox.DemoToken), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	toServer, fromClient := io.Pipe()
	toClient, fromServer := io.Pipe()
	go func() { fromServer.CloseWithError(server.ServeStdio(context.Background(), toServer, fromServer)) }()
	host := client.NewClient(transport.NewIO(toClient, fromClient, io.NopCloser(strings.NewReader(""))))
	b.Cleanup(func() { host.Close() }) //nolint:errcheck // it is over
	if err := host.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	var hello mcp.InitializeRequest
	hello.Params.ProtocolVersion = mcp.LATEST_LEGACY_PROTOCOL_VERSION
	if _, err := host.Initialize(b.Context(), hello); err != nil {
		b.Fatal(err)
	}
	var draft mcp.CallToolRequest
	draft.Params.Name, draft.Params.Arguments = "opentrain_create_draft", map[string]any{"description": demo.SampleDescription, "idempotencyKey": "one"}
	if _, err := host.CallTool(b.Context(), draft); err != nil {
		b.Fatal(err)
	}
	return host
}

// FuzzToolCall: whatever a model sends as arguments, the answer is a result or
// an error in words, no longer than its bound, and nothing reaches another
// endpoint than the tool's own.
func FuzzToolCall(f *testing.F) {
	for _, seed := range [][2]string{
		{"opentrain_create_draft", `{"description":"Label 100 photos"}`}, {"opentrain_create_draft", `{"format":"hr_xml","xml":"<a/>"}`},
		{"opentrain_patch_draft", `{"jobId":"job_1","fields":{"headcount":"3","languages":"Spanish"}}`}, {"opentrain_publish", `{"jobId":"../tokens"}`},
		{"opentrain_update_job", `{"jobId":"job_1","fields":"{\"headcount\":1e999}"}`}, {"opentrain_list_changes", `{"since":"2026-06-01","cursor":"eA"}`},
		{"opentrain_search_jobs", `{"limit":"5","payType":"fixed price"}`}, {"opentrain_invite_trainer", `{"jobId":"%2e%2e","freelancerId":"f"}`},
		{"opentrain_get_job", `{"jobId":"\u202e"}`}, {"opentrain_list_facets", `[]`}, {"opentrain_get_account", `null`}, {"opentrain_close_job", `{"jobId":{}}`}, {"opentrain_list_jobs", `{"cursor":"\u0000"}`},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, tool, arguments string) {
		if !json.Valid([]byte(arguments)) || len(tool) > 64 {
			return
		}
		s := start(t, sandbox.Guide)
		var request mcp.CallToolRequest
		request.Params.Name, request.Params.Arguments = tool, json.RawMessage(arguments)
		result, err := s.host.CallTool(t.Context(), request)
		if err != nil {
			return // no such tool, or no object
		}
		content, ok := result.Content[0].(mcp.TextContent)
		limit := 20_000
		if result.IsError {
			limit = 2000
		}
		if n := len([]rune(content.Text)); !ok || n == 0 || n > limit {
			t.Errorf("%d characters: %s", n, content.Text)
		}
		for _, made := range s.api.seen() {
			_, path, _ := strings.Cut(made, " /api/public/v1/")
			if first, _, _ := strings.Cut(path, "/"); first != "jobs" && first != "job-drafts" && path != "auth/me" {
				t.Errorf("%s went out", made)
			}
		}
	})
}
