package adapter

import (
	"context"

	"github.com/mark3labs/mcp-go/mcp"

	"opentrain-mcp/internal/caller"
)

// maxCompletions is how many values the protocol allows in one completion.
const maxCompletions = 100

// completer completes what people type. It returns no values instead of an error: people just type on.
type completer struct{ *Server }

// CompletePromptArgument implements server.PromptCompletionProvider.
func (c completer) CompletePromptArgument(
	ctx context.Context, prompt string, argument mcp.CompleteArgument, _ mcp.CompleteContext,
) (*mcp.Completion, error) {
	for _, p := range c.prompts {
		if p.Name == prompt && p.Argument.Name == argument.Name {
			return c.complete(ctx, p.Needs, p.Complete, argument.Value)
		}
	}
	return completion(nil), nil
}

// CompleteResourceArgument implements server.ResourceCompletionProvider.
func (c completer) CompleteResourceArgument(
	ctx context.Context, uri string, argument mcp.CompleteArgument, _ mcp.CompleteContext,
) (*mcp.Completion, error) {
	for _, r := range c.resources {
		if r.URI == uri && variableOf(uri) == argument.Name {
			return c.complete(ctx, r.Needs, r.Complete, argument.Value)
		}
	}
	return completion(nil), nil
}

func (c completer) complete(
	ctx context.Context, needs []string, values func(context.Context, caller.Caller, string) ([]string, error), typed string,
) (*mcp.Completion, error) {
	if values == nil || !c.serves(needs, caller.From(ctx).Narrowing) {
		return completion(nil), nil
	}
	return handler(c.Server, func(ctx context.Context, by caller.Caller, typed string) (*mcp.Completion, error) {
		matching, err := values(ctx, by, typed)
		if err != nil {
			c.cfg.Logger.DebugContext(ctx, "no completion", "error", err)
		}
		return completion(matching), nil
	})(ctx, typed)
}

func completion(values []string) *mcp.Completion {
	shown := append([]string{}, values[:min(len(values), maxCompletions)]...)
	return &mcp.Completion{Values: shown, Total: len(values), HasMore: len(values) > len(shown)}
}
