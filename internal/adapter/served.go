package adapter

import (
	"context"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
)

// servedTo returns what is served to the caller of a request.
func (s *Server) servedTo(ctx context.Context) tool.Served {
	return s.cfg.Served.Narrow(caller.From(ctx).Narrowing)
}

// notServed is the tool that answers calls of tools which aren't served. mcp-go by itself says only "tool not found".
const notServed = "not_served"

// addServed lets each caller see what is served to it: in the introduction, in the list of tools, and in the answer to
// a call of another tool. The handlers of tools look after what a request's headers leave out.
func (s *Server) addServed(hooks *server.Hooks) {
	introduce := func(ctx context.Context) string {
		if s.cfg.Instructions == nil {
			return ""
		}
		return s.cfg.Instructions(s.servedTo(ctx))
	}
	hooks.AddAfterInitialize(func(ctx context.Context, _ any, _ *mcp.InitializeRequest, result *mcp.InitializeResult) {
		result.Instructions = introduce(ctx)
	})
	hooks.AddAfterDiscover(func(ctx context.Context, _ any, _ *mcp.DiscoverRequest, result *mcp.DiscoverResult) {
		result.Instructions = introduce(ctx)
	})
	hooks.AddAfterListTools(func(ctx context.Context, _ any, _ *mcp.ListToolsRequest, result *mcp.ListToolsResult) {
		callFrom(ctx).tools, result.Tools = s.lists.tools(caller.From(ctx).Narrowing), nil
	})
	hooks.AddBeforeCallTool(func(_ context.Context, _ any, request *mcp.CallToolRequest) {
		if name := request.Params.Name; !s.cfg.Served.Has(name) {
			request.Params.Name, request.Params.Arguments = notServed, name
		}
	})
}

// refusalHandler answers a call of a tool that isn't served. The hook puts the tool's name into the arguments.
func (s *Server) refusalHandler(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	name, _ := request.Params.Arguments.(string)
	return s.toolHandler(tool.Tool{Spec: tool.Spec{Name: text.Clean(name, 64), Kind: tool.KindPublicRead}})(ctx, request)
}
