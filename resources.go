package opentrainmcp

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"

	"opentrain-mcp/tools"
)

const (
	fieldsURI     = "opentrain://fields"
	fieldTemplate = "opentrain://fields/{key}"
	jobTemplate   = "opentrain://jobs/{jobId}"

	// getJobName is the tool that reads the same as jobTemplate.
	getJobName = "opentrain_get_job"
	// maxCompletions is how many values one completion may have.
	maxCompletions = 100
)

// addResources offers what people attach to a conversation. The lists are the
// same for every caller; what is read is the caller's own.
func (s *Server) addResources() {
	s.mcp.AddResource(mcp.NewResource(fieldsURI, "Fields of a draft",
		mcp.WithResourceDescription("Every field of a job draft on OpenTrain: its key, type and values."),
		mcp.WithMIMEType("text/markdown"),
	), guarded(s, s.readFields))
	s.mcp.AddResourceTemplate(mcp.NewResourceTemplate(fieldTemplate, "A field of a draft",
		mcp.WithTemplateDescription("One field of a job draft on OpenTrain, by its key."),
		mcp.WithTemplateMIMEType("text/markdown"),
	), guarded(s, s.readField))
	if !s.serves(narrowing{}, getJobName) {
		return
	}
	s.mcp.AddResourceTemplate(mcp.NewResourceTemplate(jobTemplate, "A public job",
		mcp.WithTemplateDescription("One public job on OpenTrain, with its whole text as its owner wrote it."),
		mcp.WithTemplateMIMEType("text/plain"),
	), guarded(s, s.readJob))
}

func (s *Server) readFields(ctx context.Context, caller tools.Caller, request mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
	return content(request, "text/markdown", s.reference.Fields(ctx, caller)), nil
}

func (s *Server) readField(ctx context.Context, caller tools.Caller, request mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
	key := variable(request, "key")
	text, found := s.reference.Field(ctx, caller, key)
	if !found {
		return nil, fmt.Errorf("there is no field %q; %s lists them", key, fieldsURI)
	}
	return content(request, "text/markdown", text), nil
}

func (s *Server) readJob(ctx context.Context, _ tools.Caller, request mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
	if !s.serves(requestFrom(ctx).narrowing, getJobName) {
		return nil, errNarrowed
	}
	text, err := s.reference.PublicJob(ctx, variable(request, "jobId"))
	if err != nil {
		return nil, err
	}
	return content(request, "text/plain", text), nil
}

func content(request mcp.ReadResourceRequest, mimeType, text string) []mcp.ResourceContents {
	return []mcp.ResourceContents{mcp.TextResourceContents{URI: request.Params.URI, MIMEType: mimeType, Text: text}}
}

// variable is the value that a request's URI has for a template's variable.
func variable(request mcp.ReadResourceRequest, name string) string {
	values, _ := request.Params.Arguments[name].([]string)
	return strings.Join(values, ",")
}

// completer completes what people type for prompts and resources. It shows a
// caller their own drafts alone. What cannot be completed has no values, and no
// error either: people type on.
type completer struct{ *Server }

// CompletePromptArgument implements server.PromptCompletionProvider.
func (c completer) CompletePromptArgument(ctx context.Context, prompt string, argument mcp.CompleteArgument, _ mcp.CompleteContext) (*mcp.Completion, error) {
	if prompt != promptReviewDraft || argument.Name != "jobId" || !c.serves(requestFrom(ctx).narrowing, promptTools(prompt)...) {
		return completion(nil), nil
	}
	return guarded(c.Server, func(ctx context.Context, caller tools.Caller, typed string) (*mcp.Completion, error) {
		if caller.ID == "" {
			return completion(nil), nil
		}
		ids, err := c.reference.DraftIDs(ctx, typed)
		if err != nil {
			c.cfg.Logger.DebugContext(ctx, "no completion", "error", err)
		}
		return completion(ids), nil
	})(ctx, argument.Value)
}

// CompleteResourceArgument implements server.ResourceCompletionProvider.
func (c completer) CompleteResourceArgument(ctx context.Context, uri string, argument mcp.CompleteArgument, _ mcp.CompleteContext) (*mcp.Completion, error) {
	if uri != fieldTemplate || argument.Name != "key" {
		return completion(nil), nil
	}
	return guarded(c.Server, func(ctx context.Context, caller tools.Caller, typed string) (*mcp.Completion, error) {
		keys := slices.DeleteFunc(c.reference.FieldKeys(ctx, caller), func(key string) bool {
			return !strings.Contains(strings.ToLower(key), strings.ToLower(typed))
		})
		return completion(keys), nil
	})(ctx, argument.Value)
}

func completion(values []string) *mcp.Completion {
	shown := append([]string{}, values[:min(len(values), maxCompletions)]...)
	return &mcp.Completion{Values: shown, Total: len(values), HasMore: len(values) > len(shown)}
}
