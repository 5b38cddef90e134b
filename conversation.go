package opentrainmcp

import (
	"context"
	"encoding/json"
	"runtime/debug"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"opentrain-mcp/opentrain"
	"opentrain-mcp/tools"
)

// conversation is one call of a tool, with what it asks the human on its way.
type conversation struct {
	server    *Server
	tool      tools.Tool
	request   mcp.CallToolRequest
	arguments json.RawMessage
	notices   *notices

	call tools.Call
	way  way
	took time.Duration // by the tool; a human's time is their own
}

// hold runs the tool until it has an answer. A client of 2026-07-28 is told what
// is asked, and calls again; with an older one the call waits for the human.
func (c *conversation) hold(ctx context.Context) (*mcp.CallToolResult, error) {
	for round := range maxRounds {
		result, ask, failure := c.round(ctx, round)
		switch {
		case failure != nil:
			c.record(ctx, string(failure.Code), c.tool.EffectOf(result, failure, c.arguments), failure)
			return errorResult(failure), nil
		case ask == nil:
			c.record(ctx, "ok", c.tool.EffectOf(result, nil, c.arguments), nil)
			return mcp.NewToolResultStructured(result.Structured, result.Text), nil
		case c.way == byResult:
			c.record(ctx, "input_required", ask.Done, nil)
			return c.server.asker.inputRequired(c.call, c.tool.Name, ask, c.arguments)
		}
		c.audit(ctx, ask.Done)
		c.notices.tell(ctx, "Waiting for the human's answer")
		c.call.Answers = c.server.asker.ask(ctx, c.call.Caller, ask, func(step string) { c.notices.tell(ctx, step) })
		c.call.State = ask.State
	}
	failure := tools.Panicked(c.tool.Spec) // a tool that asks for ever
	c.record(ctx, string(failure.Code), tools.Effect{}, failure)
	return errorResult(failure), nil
}

// round runs the tool once. A panic becomes a failure that tells nothing of its
// cause.
func (c *conversation) round(ctx context.Context, number int) (result tools.Result, ask *tools.Ask, failure *tools.Failure) {
	start, whole := time.Now(), ctx
	ctx, caller, cancel := c.server.begin(ctx)
	defer cancel()
	defer func() {
		c.took += time.Since(start)
		if cause := recover(); cause != nil {
			c.server.cfg.Logger.ErrorContext(ctx, "panic in a tool", "tool", c.tool.Name, "panic", cause, "stack", string(debug.Stack()))
			failure = tools.Panicked(c.tool.Spec)
		}
	}()
	c.call.Caller = caller
	if number == 0 {
		if refused := c.begin(whole, caller); refused != nil {
			return tools.Result{}, nil, c.tool.Refuse(c.call, c.arguments, refused)
		}
	}
	return c.tool.Call(ctx, c.call, c.arguments)
}

// begin counts the call, and reads what the round before left.
func (c *conversation) begin(ctx context.Context, caller tools.Caller) *opentrain.Error {
	if refused := c.server.admit(ctx); refused != nil {
		return refused
	}
	c.way = c.server.asker.wayOf(ctx, c.request, caller)
	c.call.CanAsk, c.call.CanAskLists = c.way != noWay, hasTitledChoices(server.RequestProtocolVersion(ctx))
	c.server.asker.continued(&c.call, c.tool.Name, c.request, c.arguments)
	if c.notices.token != nil {
		c.call.Progress = func(step string) { c.notices.tell(ctx, step) }
	}
	return nil
}

// record logs and counts the call. Neither arguments nor tokens are logged.
func (c *conversation) record(ctx context.Context, outcome string, effect tools.Effect, failure *tools.Failure) {
	log := c.server.logger(ctx, c.call.Caller)
	if failure != nil {
		log.DebugContext(ctx, "tool failed", "tool", c.tool.Name, "error", failure)
	}
	c.server.metrics.call(c.tool.Name, outcome, c.took)
	log.InfoContext(ctx, "tool call", "tool", c.tool.Name, "status", outcome, "duration_ms", milliseconds(c.took))
	c.audit(ctx, effect)
}

// audit tells the log what a write did.
func (c *conversation) audit(ctx context.Context, effect tools.Effect) {
	if !c.tool.Kind.ReadOnly() && effect.Outcome != "" {
		c.server.logger(ctx, c.call.Caller).InfoContext(ctx, "audit", "tool", c.tool.Name, "job", effect.JobID, "outcome", effect.Outcome)
	}
}
