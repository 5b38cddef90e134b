// Package adapter serves tools, prompts and resources over mcp-go, whatever the transport.
package adapter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/edge"
	"opentrain-mcp/internal/jsonrpc"
	"opentrain-mcp/internal/metrics"
	"opentrain-mcp/internal/seal"
	"opentrain-mcp/internal/tool"
)

// Config says what a Server serves. Fields are required unless they say otherwise.
type Config struct {
	Name, Version string // that introduce the server to clients
	// Instructions returns the words that introduce what is served to a client; nil for none.
	Instructions func(tool.Served) string
	// Served is what to serve. Prompts and resources are left out unless all the tools that they need are served.
	Served tool.Served
	Runner tool.Runner
	Token  func(context.Context) caller.Token // that API requests are made with
	// Timeout limits one round of a tool call, without the time that a human needs for a form.
	Timeout  time.Duration
	FormsOff bool // for every client
	// FormTimeout is how long a human has for a form while a call waits (protocols before 2026-07-28).
	FormTimeout time.Duration
	Box         *seal.Box        // seals the state that clients carry from one round of a call to the next
	Now         func() time.Time // the clock of that state, which all replicas share
	// Subscriptions says that clients can subscribe to resources: the transport can send a message at any time.
	Subscriptions bool
	Limiter       edge.Limiter     // nil limits nothing
	Metrics       *metrics.Metrics // nil counts nothing
	// Logger never gets arguments or tokens. Every write is logged, whatever the logger's level.
	Logger *slog.Logger
}

// Server serves tools, prompts and resources over MCP.
type Server struct {
	cfg       Config
	mcp       *server.MCPServer
	forms     *forms
	refusals  edge.Sampler
	lists     *toolLists
	prompts   []tool.Prompt
	resources []tool.Resource
	watches   map[string]*watch // of the resources that can change, by URI
	ended     context.Context   //nolint:containedctx // of all that waits for humans or changes: it outlives requests
	end       context.CancelFunc
}

// New builds a Server.
func New(cfg Config) *Server {
	s := &Server{cfg: cfg, lists: newToolLists(cfg.Served)}
	s.ended, s.end = context.WithCancel(context.Background())
	var hooks server.Hooks
	hooks.AddAfterSubscriptionsListen(keepSubscriptionID)
	hooks.AddBeforeSubscriptionsListen(s.keepResources)
	hooks.AddOnError(s.keepProblem)
	s.addServed(&hooks)
	s.mcp = server.NewMCPServer(cfg.Name, cfg.Version,
		server.WithTitle("OpenTrain"), server.WithHooks(&hooks), server.WithPromptFilter(s.filterPrompts),
		server.WithToolCapabilities(false), server.WithPromptCapabilities(false),
		server.WithResourceCapabilities(s.announces(), false), server.WithCompletions(),
		server.WithPromptCompletionProvider(completer{s}),
		server.WithResourceCompletionProvider(completer{s}),
	)
	s.forms = newForms(cfg)
	s.mcp.AddTool(mcp.NewTool(notServed), s.refusalHandler)
	for _, t := range cfg.Served.Tools() {
		s.mcp.AddTool(mcp.NewTool(t.Name), s.toolHandler(t)) // only to be called: lists are made when they are asked for
	}
	for _, set := range cfg.Served.Sets {
		s.addPrompts(set.Prompts)
		s.addResources(set.Resources)
	}
	s.watches = s.newWatches()
	return s
}

// Served returns what is served to callers who give nothing up.
func (s *Server) Served() tool.Served { return s.cfg.Served }

// Definitions returns the tools as tools/list shows them, as indented JSON.
func (s *Server) Definitions() ([]byte, error) {
	return json.MarshalIndent(tool.Map(s.cfg.Served.Tools(), definition), "", "  ")
}

// Admit counts a message against its caller's rate limit. It returns 0, or how long the caller must wait.
func (s *Server) Admit(ctx context.Context) (wait time.Duration) {
	return s.cfg.Limiter.Take(caller.From(ctx).RateKey())
}

// announces reports whether a client can subscribe to a resource.
func (s *Server) announces() bool {
	return s.cfg.Subscriptions && slices.ContainsFunc(s.cfg.Served.Sets, func(set tool.Set) bool {
		return slices.ContainsFunc(set.Resources, func(r tool.Resource) bool {
			return r.Changed != nil && s.cfg.Served.Has(r.Needs...)
		})
	})
}

// StopForms ends the forms that wait for an answer, and prevents new ones. It also ends all subscriptions, and writes the
// log lines that wait.
func (s *Server) StopForms() {
	s.end()
	s.Flush()
}

// Flush writes the log lines that wait.
func (s *Server) Flush() { s.refusals.Flush() }

// keepSubscriptionID is a hook: the result of a subscription has the id that its sender wrote.
func keepSubscriptionID(ctx context.Context, _ any, _ *mcp.SubscriptionsListenRequest, result *mcp.SubscriptionsListenResult) {
	result.EnsureResultMeta().SetSubscriptionID(callFrom(ctx).message.ID)
}

// keepProblem is a hook. It keeps what is wrong with the params of a request, in words for people: mcp-go would call it an
// internal error, or describe it in terms of Go.
func (s *Server) keepProblem(ctx context.Context, _ any, method mcp.MCPMethod, request any, err error) {
	call := callFrom(ctx)
	if call.problem = s.problemOf(ctx, request, err); call.problem != nil {
		return
	}
	if _, unreadable := errors.AsType[*server.UnparsableMessageError](err); !unreadable {
		return
	}
	call.problem = &problem{
		code: jsonrpc.CodeInvalidParams, message: "The params of " + string(method) + " don't have the form that the protocol gives them.",
	}
	if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && mismatch.Field != "" {
		call.problem.message = fmt.Sprintf("%s can't be of the type %s.", mismatch.Field, mismatch.Value)
	}
}

// definition describes a tool in the protocol's terms.
func definition(t tool.Tool) mcp.Tool {
	hints := t.Kind.Hints()
	// Not mcp.NewTool: it presets hints, and a tool with both its schema and a raw one can't be marshaled.
	schemas := t.Schemas()
	d := mcp.NewToolWithRawSchema(t.Name, t.Description, schemas.Input)
	d.Title = t.Title
	d.RawOutputSchema = schemas.Output
	d.Annotations = mcp.ToolAnnotation{
		Title:           t.Title,
		ReadOnlyHint:    &hints.ReadOnly,
		DestructiveHint: &hints.Destructive,
		IdempotentHint:  &hints.Idempotent,
		OpenWorldHint:   &hints.OpenWorld,
	}
	return d
}
