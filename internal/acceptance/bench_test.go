package acceptance_test

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/demo"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/opentrain/sandbox"
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
