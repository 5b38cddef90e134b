// Command raw is the least that mcp-go can do: it passes on the bytes of the API.
package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"peers/mcpgo"
	"peers/peer"
)

func main() {
	api := &http.Client{Transport: peer.Transport()}
	forward := func(ctx context.Context, request mcp.CallToolRequest, path string) (*mcp.CallToolResult, error) {
		body, err := peer.Get(ctx, api, peer.URL(path), peer.Authorization(request.Header))
		if err != nil {
			return nil, err
		}
		return mcp.NewToolResultStructured(json.RawMessage(body), string(body)), nil
	}
	s := server.NewMCPServer("raw", "1", server.WithToolCapabilities(false))
	s.AddTool(mcp.NewTool("list_jobs"), func(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return forward(ctx, request, peer.JobsPath)
	})
	s.AddTool(mcp.NewTool("get_job", mcp.WithString("jobId", mcp.Required())),
		func(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return forward(ctx, request, peer.JobPath+url.PathEscape(request.GetString("jobId", "")))
		})
	mcpgo.Serve(s)
}
