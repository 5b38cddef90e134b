// Command typed is an mcp-go server with types and schemas.
package main

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"peers/mcpgo"
	"peers/peer"
)

func main() {
	api := &http.Client{Transport: peer.Transport()}
	s := server.NewMCPServer("typed", "1", server.WithToolCapabilities(false))
	s.AddTool(mcp.NewTool("list_jobs", mcp.WithInputSchema[peer.Arguments](), mcp.WithOutputSchema[peer.Jobs]()),
		mcp.NewStructuredToolHandler(func(ctx context.Context, request mcp.CallToolRequest, _ peer.Arguments) (peer.Jobs, error) {
			var jobs peer.Jobs
			body, err := peer.Get(ctx, api, peer.URL(peer.JobsPath), peer.Authorization(request.Header))
			if err != nil {
				return jobs, err
			}
			err = json.Unmarshal(body, &jobs)
			return jobs, err
		}))
	mcpgo.Serve(s)
}
