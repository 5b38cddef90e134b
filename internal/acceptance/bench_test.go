package acceptance_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/demo"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/opentrain/sandbox"
)

// BenchmarkToolCall measures a whole tools/call: a client's request over stdio, the
// tool, the API client, the sandbox in memory, and the way back.
func BenchmarkToolCall(b *testing.B) {
	for _, bench := range []struct {
		name, tool string
		arguments  map[string]any
	}{
		{"search_jobs", "opentrain_search_jobs", map[string]any{"q": "image", "limit": 10}},
		{"get_job", "opentrain_get_job", map[string]any{"jobId": "market_001"}},
		{"list_jobs", "opentrain_list_jobs", map[string]any{}},
		{"create_draft", "opentrain_create_draft", map[string]any{"description": demo.SampleDescription, "idempotencyKey": "one"}},
		{"patch_draft", "opentrain_patch_draft", map[string]any{"jobId": "job_1",
			"fields": map[string]any{"experienceLevel": "expert", "headcount": "4"}}},
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
	cfg := newSetup(sandbox.New(sandbox.Config{}).Transport()).config(b)
	cfg.Logger = slog.New(slog.DiscardHandler)
	host := overPipes(b, cfg, legacy)
	initialize(b, host, legacy)
	call(b, host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription, "idempotencyKey": "one"})
	return host
}

// BenchmarkHTTPCall measures a POST to /mcp without the network: what a call costs where calls are counted.
func BenchmarkHTTPCall(b *testing.B) {
	api, err := opentrain.New(opentrain.Config{Transport: sandbox.New(sandbox.Config{}).Transport()})
	if err != nil {
		b.Fatal(err)
	}
	handler, err := opentrainmcp.NewHTTPHandler(opentrainmcp.HTTPConfig{CallsPerSecond: opentrainmcp.NoLimit, AllowedHosts: []string{"mcp.example"}, Config: opentrainmcp.Config{
		API: api, Version: "test", Logger: slog.New(slog.DiscardHandler),
	}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { handler.Shutdown(context.Background()) }) //nolint:errcheck // it has no calls
	for _, bench := range []struct{ name, message string }{
		{"ping", `{"jsonrpc":"2.0","id":1,"method":"ping"}`},
		{"get_job", rpc(1, "opentrain_get_job", map[string]any{"jobId": "market_001"})},
		{"list_jobs", rpc(1, "opentrain_list_jobs", map[string]any{})},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "http://mcp.example/mcp", strings.NewReader(bench.message))
				r.RemoteAddr = "127.0.0.1:1"
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set(tokenHeader, sandbox.DemoToken)
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				if w.Code != http.StatusOK || strings.Contains(w.Body.String(), `"isError":true`) {
					b.Fatal(w.Code, w.Body)
				}
			}
		})
	}
}
