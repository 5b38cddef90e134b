package acceptance_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server" //nolint:depguard // without the root is what is measured
)

// These make the test binary a bare server: where it listens, and the address
// that its tool reads.
const (
	bareListen   = "BARE_LISTEN"
	bareUpstream = "BARE_UPSTREAM"
)

// bareTool is the one tool of the bare server.
const bareTool = "list_jobs"

// serveBare serves the least that answers the same calls over mcp-go: one tool
// that passes on what it reads, as text and as structured content. It returns
// only on a failure.
func serveBare(listen, upstream string) error {
	transport, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return fmt.Errorf("the default transport is a %T", http.DefaultTransport)
	}
	transport = transport.Clone()
	transport.MaxIdleConnsPerHost = 64 // as many as callers: none has to dial
	api := &http.Client{Transport: transport}
	bare := server.NewMCPServer("bare", "1", server.WithToolCapabilities(false))
	bare.AddTool(mcp.NewTool(bareTool), func(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		body, err := readUpstream(ctx, api, upstream, request.Header.Get("Authorization"))
		if err != nil {
			return nil, err
		}
		return mcp.NewToolResultStructured(json.RawMessage(body), string(body)), nil
	})
	mux := http.NewServeMux()
	mux.Handle("/mcp", server.NewStreamableHTTPServer(bare, server.WithStateLess(true), server.WithDisableStreaming(true)))
	return http.ListenAndServe(listen, mux)
}

func readUpstream(ctx context.Context, api *http.Client, url, authorization string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", authorization)
	answer, err := api.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("upstream answered %s", answer.Status)
	}
	return io.ReadAll(answer.Body)
}
