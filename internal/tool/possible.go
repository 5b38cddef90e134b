package tool

import (
	"context"
	"encoding/json"
	"maps"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/text"
)

// allowed returns an error if the account is known not to allow a call of a tool.
func (r Runner) allowed(ctx context.Context, by caller.Caller, t Tool) error {
	if err := r.Accounts.Require(ctx, by, t.Feature); err != nil || !t.Kind.AsksFirst() {
		return err
	}
	return r.Accounts.RequireScope(ctx, by, t.Scope)
}

// possible returns the step as the caller can take it. What the account doesn't allow is left to the human, before they
// are asked for a yes.
func (r Runner) possible(ctx context.Context, call Call, next Next, failed bool) Next {
	next = r.allowedStep(ctx, call, next, failed)
	next.URL = r.page(next.URL)
	return next
}

func (r Runner) allowedStep(ctx context.Context, call Call, next Next, failed bool) Next {
	next = call.Served.Next(next, failed)
	t := call.Served.Find(next.Tool)
	if t == nil || !t.Kind.AsksFirst() || next.Action == Wait || next.Action == Fix {
		return next
	}
	err := r.allowed(ctx, call.Caller, *t)
	if err == nil && t.Name == Publish {
		err = r.Accounts.PublishLimit(call.Caller)
	}
	if err == nil {
		return next
	}
	arguments := maps.Clone(next.Arguments)
	delete(arguments, "confirmationToken") // the yes would come too early
	args := json.RawMessage(text.JSON(arguments))
	instead := r.Explain(*t, call, args, err).Next
	if instead.Action == Wait || instead.Tool == ClaimAccount || instead.Tool == ClaimStatus {
		r.Accounts.interrupt(*t, *instead, args)
		instead.Show, instead.Change = next.Show, next.Change // the result itself doesn't have them
		return *instead
	}
	problem := instead.Problem
	if t.Kind == KindShow && !failed {
		return Next{Action: Done, Note: text.Join(" ", next.Note, problem)}
	}
	return next.forHuman(problem)
}
