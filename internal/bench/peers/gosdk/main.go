// Command gosdk is a typed server with the official SDK for Go.
package main

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"peers/peer"
)

func main() {
	api := &http.Client{Transport: peer.Transport()}
	s := mcp.NewServer(&mcp.Implementation{Name: "gosdk", Version: "1"}, nil)
	mcp.AddTool(s, &mcp.Tool{Name: "list_jobs"},
		func(ctx context.Context, request *mcp.CallToolRequest, _ peer.Arguments) (*mcp.CallToolResult, peer.Jobs, error) {
			var jobs peer.Jobs
			var header http.Header
			if extra := request.Extra; extra != nil {
				header = extra.Header
			}
			body, err := peer.Get(ctx, api, peer.URL(peer.JobsPath), peer.Authorization(header))
			if err == nil {
				err = json.Unmarshal(body, &jobs)
			}
			return nil, jobs, err
		})
	peer.Serve(
		func() error { return s.Run(context.Background(), &mcp.StdioTransport{}) },
		mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return s },
			&mcp.StreamableHTTPOptions{Stateless: true, JSONResponse: true}),
	)
}
