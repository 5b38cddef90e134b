package adapter

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// addPrompts offers the prompts whose tools are served. People start them in their host.
func (s *Server) addPrompts(prompts []tool.Prompt) {
	for _, p := range prompts {
		if !s.cfg.Served.Has(p.Needs...) {
			continue
		}
		s.prompts = append(s.prompts, p)
		argument := []mcp.ArgumentOption{mcp.ArgumentDescription(p.Argument.Description)}
		if p.Argument.Required {
			argument = append(argument, mcp.RequiredArgument())
		}
		s.mcp.AddPrompt(mcp.NewPrompt(p.Name,
			mcp.WithPromptTitle(p.Title), mcp.WithPromptDescription(p.Description),
			mcp.WithArgument(p.Argument.Name, argument...),
		), handler(s, func(ctx context.Context, by caller.Caller, request mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			callFrom(ctx).operation.Prompt = p.Name
			for _, name := range slices.Sorted(maps.Keys(request.Params.Arguments)) {
				if name != p.Argument.Name {
					return nil, noArgument(p.Name, name, p.Argument.Name)
				}
			}
			title, words := p.Text(ctx, by, strings.TrimSpace(request.Params.Arguments[p.Argument.Name]))
			token := opentrain.TokenFrom(ctx)
			message := mcp.NewPromptMessage(mcp.RoleUser, mcp.NewTextContent(hideText(token, words)))
			return mcp.NewGetPromptResult(hideText(token, title), []mcp.PromptMessage{message}), nil
		}))
	}
}

// filterPrompts hides the prompts that need a tool which the caller gave up, in lists and in prompts/get.
func (s *Server) filterPrompts(ctx context.Context, listed []mcp.Prompt) []mcp.Prompt {
	served := s.servedTo(ctx)
	return slices.DeleteFunc(slices.Clone(listed), func(prompt mcp.Prompt) bool {
		return slices.ContainsFunc(s.prompts, func(p tool.Prompt) bool { return p.Name == prompt.Name && !served.Has(p.Needs...) })
	})
}

// addResources offers the resources whose tools are served. Lists are equal for all callers, contents may differ.
func (s *Server) addResources(resources []tool.Resource) {
	for _, r := range resources {
		if !s.cfg.Served.Has(r.Needs...) {
			continue
		}
		s.resources = append(s.resources, r)
		read := handler(s, func(ctx context.Context, by caller.Caller, request mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
			if !s.servedTo(ctx).Has(r.Needs...) {
				return nil, &unknown{"This request's headers exclude tools that this resource needs.", text.Clean(request.Params.URI, maxNamed)}
			}
			values, _ := request.Params.Arguments[variableOf(r.URI)].([]string) // none without a variable
			words, err := r.Read(ctx, by, strings.Join(values, ","))
			if err != nil {
				return nil, readError(request.Params.URI, err)
			}
			words = hideText(opentrain.TokenFrom(ctx), text.Plain(words))
			return []mcp.ResourceContents{mcp.TextResourceContents{URI: request.Params.URI, MIMEType: r.MIMEType, Text: words}}, nil
		})
		if variableOf(r.URI) == "" {
			s.mcp.AddResource(mcp.NewResource(r.URI, r.Title, mcp.WithResourceDescription(r.Description), mcp.WithMIMEType(r.MIMEType)), read)
			continue
		}
		s.mcp.AddResourceTemplate(mcp.NewResourceTemplate(r.URI, r.Title,
			mcp.WithTemplateDescription(r.Description), mcp.WithTemplateMIMEType(r.MIMEType)), read)
	}
}

// variableOf returns the name of a template's variable, "" for an address without one.
func variableOf(uri string) string {
	_, rest, _ := strings.Cut(uri, "{")
	name, _, _ := strings.Cut(rest, "}")
	return name
}

// maxCompletions is how many values the protocol allows in one completion.
const maxCompletions = 100

// completer implements server.PromptCompletionProvider and server.ResourceCompletionProvider. It returns no values
// instead of an error, also for what doesn't exist: people just type on.
type completer struct{ *Server }

func (c completer) CompletePromptArgument(
	ctx context.Context, prompt string, argument mcp.CompleteArgument, _ mcp.CompleteContext,
) (*mcp.Completion, error) {
	for _, p := range c.prompts {
		if p.Name == prompt && p.Argument.Name == argument.Name {
			return c.complete(ctx, p.Needs, p.Complete, argument.Value)
		}
	}
	return completion(nil, nil), nil
}

func (c completer) CompleteResourceArgument(
	ctx context.Context, uri string, argument mcp.CompleteArgument, _ mcp.CompleteContext,
) (*mcp.Completion, error) {
	for _, r := range c.resources {
		if r.URI == uri && variableOf(uri) == argument.Name {
			return c.complete(ctx, r.Needs, r.Complete, argument.Value)
		}
	}
	return completion(nil, nil), nil
}

func (c completer) complete(
	ctx context.Context, needs []string, values func(context.Context, caller.Caller, string) ([]string, error), typed string,
) (*mcp.Completion, error) {
	if values == nil || !c.servedTo(ctx).Has(needs...) {
		return completion(nil, nil), nil
	}
	return handler(c.Server, func(ctx context.Context, by caller.Caller, typed string) (*mcp.Completion, error) {
		matching, err := values(ctx, by, typed)
		if err != nil {
			c.cfg.Logger.DebugContext(ctx, "no completion", "error", err)
		}
		token := opentrain.TokenFrom(ctx)
		return completion(matching, func(value string) string { return hideText(token, text.Plain(value)) }), nil
	})(ctx, typed)
}

func completion(values []string, clean func(string) string) *mcp.Completion {
	shown := tool.Map(values[:min(len(values), maxCompletions)], clean)
	return &mcp.Completion{Values: shown, Total: len(values), HasMore: len(values) > len(shown)}
}
