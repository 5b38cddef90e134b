package adapter

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/jsonrpc"
	"opentrain-mcp/internal/metrics"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// maxRounds limits how often one call may run the tool: a tool that keeps asking has a bug.
const maxRounds = 6

// busyPause is how long a client should wait when too many of its calls are waiting.
const busyPause = 5 * time.Second

// toolHandler serves the calls of one tool.
func (s *Server) toolHandler(t tool.Tool) server.ToolHandlerFunc {
	counted := s.countedAs(t.Name)
	return func(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		call := callFrom(ctx)
		call.operation.Tool = counted
		c := &toolCall{server: s, tool: &t, counted: counted, request: request, progress: newProgress(ctx)}
		// As they came over the wire, so that large numbers keep their digits.
		if c.arguments = call.message.Arguments; c.arguments == nil {
			c.arguments = json.RawMessage("null")
		}
		return c.run(ctx), nil
	}
}

// toolCall is one call of a tool, with the forms that it shows on the way.
type toolCall struct {
	server    *Server
	tool      *tool.Tool
	counted   string // the tool's name for logs and metrics
	request   mcp.CallToolRequest
	arguments json.RawMessage
	progress  *progress

	call     tool.Call
	delivery delivery
	token    string        // the caller's
	duration time.Duration // of the tool; a human's time for a form doesn't count
}

// run runs the tool until it has a result. To show a form to a client of 2026-07-28, it returns the form and
// the client calls again. To show one to an older client, the call waits for the answer.
func (c *toolCall) run(ctx context.Context) *mcp.CallToolResult {
	for round := range maxRounds {
		result, ask, failure := c.round(ctx, round)
		switch {
		case failure != nil:
			return c.fail(ctx, failure)
		case ask == nil:
			c.record(ctx, "ok", result.Effect)
			structured := json.RawMessage(hide(c.token, result.Structured))
			return mcp.NewToolResultStructured(structured, hideText(c.token, result.Text))
		case c.delivery == inResult:
			c.record(ctx, "input_required", ask.Done)
			return c.server.forms.inputRequired(c.statePurpose(), ask)
		}
		c.audit(ctx, ask.Done)
		c.call.Form, c.call.Answers = c.server.forms.elicit(ctx, c.call.Caller, ask, c.progress)
		c.call.State = ask.State
		c.call.CanAsk = c.server.forms.deliveryTo(ctx, c.request, c.call.Caller) != formsUnavailable
	}
	return c.fail(ctx, c.explain(errors.New("the tool keeps asking")))
}

// round runs the tool once. A panic becomes a failure that says nothing about its cause.
func (c *toolCall) round(ctx context.Context, number int) (result tool.Result, ask *tool.Ask, failure *tool.Failure) {
	start := time.Now()
	bounded, by, cancel := c.server.requestContext(ctx)
	defer cancel()
	defer func() {
		c.duration += time.Since(start)
		if cause := recover(); cause != nil {
			c.server.cfg.Logger.ErrorContext(ctx, "panic in a tool", "tool", c.tool.Name, "panic", cause, "stack", string(debug.Stack()))
			failure = c.explain(errors.New("panic"))
		}
	}()
	c.call.Caller, c.token = by, opentrain.TokenFrom(bounded)
	if number == 0 {
		c.call.Served = c.server.servedTo(ctx)
		if err := c.admit(ctx); err != nil {
			return tool.Result{}, nil, c.explain(err)
		}
		c.prepare(ctx)
	}
	if !c.tool.Kind.ReadOnly() && !bytes.Equal(hide(c.token, c.arguments), c.arguments) {
		const found = "contain an API token or a webhook secret; take it out, since others could read it"
		return tool.Result{}, nil, c.explain(tool.Problem("arguments", found))
	}
	result, ask, failure = c.server.cfg.Runner.Run(bounded, c.tool, c.call, c.arguments)
	if failure == nil || failure.Code != opentrain.CodeUnauthorized {
		return result, ask, failure
	}
	// A claim replaces the token while calls are in progress.
	renewed, by, cancelRenewed := c.server.requestContext(ctx)
	defer cancelRenewed()
	if by.ID == "" || by.ID == c.call.Caller.ID {
		return result, ask, failure
	}
	c.call.Caller, c.token = by, opentrain.TokenFrom(renewed)
	return c.server.cfg.Runner.Run(renewed, c.tool, c.call, c.arguments)
}

// admit returns an error if the server has no room for the call, or its caller calls too fast.
func (c *toolCall) admit(ctx context.Context) error {
	if callFrom(ctx).busy {
		return &opentrain.Error{
			Code: opentrain.CodeBusy, Message: "too many calls are waiting", RetryAfter: busyPause, NotSent: true,
		}
	}
	if wait := c.server.Admit(ctx); wait > 0 {
		return &opentrain.Error{
			Code: opentrain.CodeBusy, Message: "you're calling faster than this server allows", RetryAfter: wait, NotSent: true,
		}
	}
	return nil
}

func (c *toolCall) explain(err error) *tool.Failure {
	return c.server.cfg.Runner.Explain(*c.tool, c.call, c.arguments, err)
}

// prepare finds out what the client can show, and what it brings back from an earlier form.
func (c *toolCall) prepare(ctx context.Context) {
	c.resume(ctx) // first: an answer that no human gave turns forms off
	c.delivery = c.server.forms.deliveryTo(ctx, c.request, c.call.Caller)
	c.call.CanAsk = c.delivery != formsUnavailable
	c.call.CanAskLists = hasTitledChoices(server.RequestProtocolVersion(ctx))
	if c.progress.call != nil {
		c.call.Progress = c.progress.report
	}
}

// resume reads the state and the answers with which a client of 2026-07-28 calls again.
func (c *toolCall) resume(ctx context.Context) {
	params := c.request.Params
	if params.RequestState == "" {
		c.call.BadState = len(params.InputResponses) > 0 // they answer no form
		return
	}
	state, age, ok := c.server.forms.openState(c.statePurpose(), params.RequestState)
	if !ok {
		c.call.BadState = true
		return
	}
	response := server.ElicitationResponse(params.InputResponses, formID)
	c.call.State = state
	c.call.Form, c.call.Answers = c.server.forms.outcome(ctx, c.call.Caller, response, age)
}

// answerCall returns the response to tools/call. The structured content is JSON already, and long: it isn't encoded again.
func (c *Call) answerCall(result mcp.CallToolResult) [][]byte {
	structured, ok := result.StructuredContent.(json.RawMessage)
	if !ok {
		return whole(jsonrpc.Answer(c.message.ID, result))
	}
	result.StructuredContent = nil
	others, err := result.MarshalJSON() // one line; to encode it would read it again
	if err != nil {
		return whole(jsonrpc.Refusal(c.message.ID, jsonrpc.CodeInternalError, errInternal.Error(), nil))
	}
	return jsonrpc.AnswerWith(c.message.ID, "structuredContent", structured, jsonrpc.OneLine(others))
}

// statePurpose binds the state of a form to its caller and call.
func (c *toolCall) statePurpose() []string {
	return []string{"state", c.tool.Name, c.call.Caller.ID, caller.Hash(text.Canonical(c.arguments))}
}

// fail returns a failure without structuredContent, which older clients check against the output schema.
func (c *toolCall) fail(ctx context.Context, failure *tool.Failure) *mcp.CallToolResult {
	log := identified(ctx, c.server.cfg.Logger, c.call.Caller)
	log.DebugContext(ctx, "tool failed", "tool", c.counted, "error", opentrain.HideTokens(failure.Error())) // its JSON has arguments
	effect := named(c.arguments)
	effect.Outcome = string(failure.Code)
	c.record(ctx, string(failure.Code), effect)
	callFrom(ctx).operation.Error = metrics.ToolError
	result := mcp.NewToolResultError(hideText(c.token, failure.Text()))
	if meta, err := json.Marshal(failure); err == nil {
		result.Meta = mcp.NewMetaFromMap(map[string]any{"opentrain/error": json.RawMessage(hide(c.token, meta))})
	}
	return result
}

// named is what the arguments of a call name.
func named(arguments json.RawMessage) tool.Effect {
	var args struct{ JobID, ProposalID, ConversationID, ContractID, MilestoneID, WebhookID, TokenID string }
	if json.Unmarshal(arguments, &args) != nil {
		return tool.Effect{} // args may be half read
	}
	effect := tool.Effect{JobID: text.Clean(args.JobID, 64)}
	for what, id := range map[string]string{
		"proposal": args.ProposalID, "conversation": args.ConversationID, "contract": args.ContractID, "milestone": args.MilestoneID,
		"webhook": args.WebhookID, "token": args.TokenID,
	} {
		if id != "" { // a tool has one of them
			effect.Subject = what + " " + text.Clean(id, 100)
		}
	}
	return effect
}

// minToken is the length from which a caller's token is hidden: a shorter one isn't OpenTrain's, and could be a part of any word.
const minToken = 8

// hideText takes secrets out of a result. OpenTrain's answer may repeat the caller's token in pieces, which cleaning joins, and people
// put tokens into names and texts.
func hideText(token, result string) string {
	if len(token) >= minToken {
		result = strings.ReplaceAll(result, token, "[redacted]")
	}
	return opentrain.HideKeys(result)
}

// hide is hideText for JSON.
func hide(token string, data []byte) []byte {
	if len(token) >= minToken && bytes.Contains(data, []byte(token)) {
		data = bytes.ReplaceAll(data, []byte(token), []byte("[redacted]"))
	}
	return opentrain.HideKeysInJSON(data)
}

// record logs and counts the call. It never logs arguments or tokens. Strangers must not fill the log, so calls that were
// refused for their caller are sampled.
func (c *toolCall) record(ctx context.Context, outcome string, effect tool.Effect) {
	c.server.cfg.Metrics.ToolCall(c.counted, outcome)
	by, ctx := c.call.Caller, context.WithoutCancel(ctx)
	write := func(more ...any) {
		if !c.server.cfg.Logger.Enabled(ctx, slog.LevelInfo) {
			return
		}
		identified(ctx, c.server.cfg.Logger, by).InfoContext(ctx, "tool call", append([]any{
			"tool", c.counted, "status", outcome, "duration_ms", float64(c.duration.Microseconds()) / 1000,
		}, more...)...)
	}
	audit := func(more ...any) { c.audit(ctx, effect, more...) }
	switch opentrain.Code(outcome) {
	case opentrain.CodeBusy, opentrain.CodeNoToken, opentrain.CodeUnauthorized, opentrain.CodeInvalidArgument: // nothing was changed
		c.sample(ctx, outcome+" "+c.counted, func(more ...any) { write(more...); audit(more...) })
	case opentrain.CodeNetwork, opentrain.CodeTimeout: // such as calls that a client ends at once
		c.sample(ctx, outcome+" "+c.counted, write)
		audit()
	default:
		write()
		audit()
	}
}

// countedAs returns a tool's name for logs and metrics: a caller can make up any number of names.
func (s *Server) countedAs(name string) string {
	if !s.cfg.Served.Has(name) {
		return metrics.Other
	}
	return name
}

// sample writes the first line of a kind and address at once, and then one a minute that says how many there were.
func (c *toolCall) sample(ctx context.Context, kind string, write func(more ...any)) {
	c.server.refusals.Log(kind, caller.From(ctx).Address, func(_ string, times int) {
		if times > 1 {
			write("times", times)
			return
		}
		write()
	})
}

// audit logs what the call changed, if anything, at any log level.
func (c *toolCall) audit(ctx context.Context, effect tool.Effect, more ...any) {
	if c.tool.Kind.ReadOnly() || effect.Outcome == "" {
		return
	}
	log := identified(ctx, slog.New(allLevels{c.server.cfg.Logger.Handler()}), c.call.Caller)
	if address := caller.From(ctx).Address; address != "" {
		log = log.With("address", address) // callers who share a token have the same hash
	}
	if effect.Subject != "" {
		log = log.With("subject", opentrain.HideTokens(effect.Subject))
	}
	job := opentrain.HideTokens(effect.JobID)
	log.InfoContext(ctx, "audit", append([]any{"tool", c.counted, "job", job, "outcome", opentrain.HideTokens(effect.Outcome)}, more...)...)
}

// identified returns the log with what identifies a call: the request's id and a short hash of the token.
func identified(ctx context.Context, log *slog.Logger, by caller.Caller) *slog.Logger {
	var who []any
	if id := caller.From(ctx).ID; id != "" {
		who = append(who, slog.String("request", id))
	}
	if by.ID != "" {
		who = append(who, slog.String("caller", by.ID[:12]))
	}
	return log.With(who...)
}

// allLevels handles a log at every level: a higher log level must not hide who changed what.
type allLevels struct{ slog.Handler }

func (allLevels) Enabled(context.Context, slog.Level) bool { return true }

func (h allLevels) WithAttrs(attrs []slog.Attr) slog.Handler {
	return allLevels{h.Handler.WithAttrs(attrs)}
}

func (h allLevels) WithGroup(name string) slog.Handler { return allLevels{h.Handler.WithGroup(name)} }
