// Command resty is an mcp-go server with types and schemas that checks arguments and results, and reads the API with resty.
package main

import (
	"context"
	"fmt"
	"net/http"

	"github.com/go-resty/resty/v2"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"peers/mcpgo"
	"peers/peer"
)

func main() {
	api := resty.NewWithClient(&http.Client{Transport: peer.Transport()})
	s := server.NewMCPServer("resty", "1", server.WithToolCapabilities(false),
		server.WithInputSchemaValidation(), server.WithOutputSchemaValidation())
	s.AddTool(mcp.NewTool("list_jobs", mcp.WithInputSchema[peer.Arguments](), mcp.WithOutputSchema[peer.Jobs]()),
		mcp.NewStructuredToolHandler(func(ctx context.Context, request mcp.CallToolRequest, _ peer.Arguments) (peer.Jobs, error) {
			var jobs peer.Jobs
			answer, err := api.R().SetContext(ctx).SetHeader("Authorization", peer.Authorization(request.Header)).
				SetResult(&jobs).Get(peer.URL(peer.JobsPath))
			if err == nil && answer.IsError() {
				err = fmt.Errorf("the API answered %s", answer.Status())
			}
			return jobs, err
		}))
	mcpgo.Serve(s)
}
