package tool

import (
	"context"
	"time"

	"opentrain-mcp/internal/caller"
)

// Set is a toolset: a group of tools, with their prompts and resources.
type Set struct {
	Name         string
	OffByDefault bool // served only where the operator chooses it
	Tools        []Tool
	Prompts      []Prompt
	Resources    []Resource
}

// Prompt starts a conversation in a host. It has one argument.
type Prompt struct {
	Name, Title, Description string
	Argument                 PromptArgument
	Needs                    []string // the tools that its text speaks of; served only with all of them
	// Text returns a title and what the human says with the prompt.
	Text func(ctx context.Context, by caller.Caller, argument string) (title, text string)
	// Complete lists the argument's values that match what was typed; nil when there are none to list.
	Complete func(ctx context.Context, by caller.Caller, typed string) ([]string, error)
}

// PromptArgument describes the argument of a prompt.
type PromptArgument struct {
	Name, Description string
	Required          bool
}

// Resource is something that people attach to a conversation.
type Resource struct {
	URI                          string // an address, or a template with one variable: opentrain://jobs/{jobId}
	Title, Description, MIMEType string
	Needs                        []string // the tools that read the same; served only with all of them
	// Read returns the text for a value of the template's variable. Its errors are words for people. A NotFoundError says that
	// there is no such resource.
	Read func(ctx context.Context, by caller.Caller, value string) (string, error)
	// Complete lists the variable's values that match what was typed; nil when there are none to list.
	Complete func(ctx context.Context, by caller.Caller, typed string) ([]string, error)
	// Changed reports whether there is something new since the last call. It is called every Interval at most, and only for
	// clients that want to know. nil for a resource that no one can subscribe to. It has no variable.
	Changed  func(ctx context.Context, by caller.Caller) (bool, error)
	Interval time.Duration
}

// NotFoundError says in words for people that there is no resource at an address.
type NotFoundError string

func (e NotFoundError) Error() string { return string(e) }
