package adapter

import (
	"context"
	"slices"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/tool"
)

// addPrompts offers the prompts whose tools are served. People start them in their host.
func (s *Server) addPrompts(prompts []tool.Prompt) {
	for _, p := range prompts {
		if !s.serves(p.Needs, caller.Narrowing{}) {
			continue
		}
		s.prompts = append(s.prompts, p)
		argument := []mcp.ArgumentOption{mcp.ArgumentDescription(p.Argument.Description)}
		if p.Argument.Required {
			argument = append(argument, mcp.RequiredArgument())
		}
		s.mcp.AddPrompt(mcp.NewPrompt(p.Name,
			mcp.WithPromptTitle(p.Title),
			mcp.WithPromptDescription(p.Description),
			mcp.WithArgument(p.Argument.Name, argument...),
		), handler(s, func(ctx context.Context, by caller.Caller, request mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			title, text := p.Text(ctx, by, strings.TrimSpace(request.Params.Arguments[p.Argument.Name]))
			message := mcp.NewPromptMessage(mcp.RoleUser, mcp.NewTextContent(text))
			return mcp.NewGetPromptResult(title, []mcp.PromptMessage{message}), nil
		}))
	}
}

// filterPrompts hides the prompts that need a tool which the caller gave up, in lists and in prompts/get.
func (s *Server) filterPrompts(ctx context.Context, listed []mcp.Prompt) []mcp.Prompt {
	narrowing := caller.From(ctx).Narrowing
	return slices.DeleteFunc(slices.Clone(listed), func(prompt mcp.Prompt) bool {
		return slices.ContainsFunc(s.prompts, func(p tool.Prompt) bool { return p.Name == prompt.Name && !s.serves(p.Needs, narrowing) })
	})
}
