package account

import (
	"context"
	"math"
	"time"

	"opentrain-mcp/internal/account"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
)

type claimStatusOutput struct {
	Status      account.ClaimState `json:"status" jsonschema_description:"pending, claimed, expired or delivered (to someone else)."`
	Scopes      []string           `json:"scopes,omitempty" jsonschema_description:"What the new token can do."`
	SavedTo     string             `json:"savedTo,omitempty" jsonschema_description:"Where the new token is."`
	Problem     string             `json:"problem,omitempty" jsonschema_description:"Why the new token couldn't be saved."`
	Interpreted []string           `json:"interpreted,omitempty"`
	Next        tool.Next          `json:"next" jsonschema_description:"What to do now."`

	before bool // nothing was left to do
}

func (t tools) claimStatus() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.ClaimStatus, Title: "Check the claim of the account", Kind: tool.KindRenew, Local: true,
		Description: "Check whether a human has claimed the account from opentrain_register_agent, and switch to its new token. " +
			"Use it after opentrain_claim_account, once the human says that they are done; until then the status is pending. " +
			"It waits a few seconds where OpenTrain asks for that. All servers on this machine use the new token from their next " +
			"call on, without a restart. You never see it.",
		OutcomeUnknown: "It's unclear whether the account is claimed; check again.",
	}, t.checkClaim)
}

func (t tools) checkClaim(ctx context.Context, call tool.Call, _ struct{}) (claimStatusOutput, *tool.Ask, error) {
	call.Step("Checking the claim")
	claim, err := t.person.CheckClaim(ctx)
	if err != nil {
		return claimStatusOutput{}, nil, t.refusal(call, tool.ClaimStatus, err)
	}
	out := claimStatusOutput{
		Status: claim.State, Scopes: text.CleanAll(claim.Scopes, 50, 60), before: claim.Before, Interpreted: call.Interpreted,
	}
	switch claim.State {
	case account.Pending:
		out.Next = t.pending(claim)
	case account.Claimed:
		out.SavedTo, out.Problem = t.kept(claim.Unsaved)
		out.Next = t.Accounts.Resume(tool.Next{Action: tool.Done})
	case account.Expired:
		out.Next = again()
	case account.Delivered:
		const problem = "OpenTrain has delivered the account's new token to another program."
		out.Next = tool.Next{Action: tool.Fix, By: "human", Problem: problem + " " + pasteToken}
	}
	return out, nil, nil
}

// pending is the step while the human hasn't finished.
func (t tools) pending(claim account.Claim) tool.Next {
	next := tool.Next{
		Action: tool.Wait, RetryAfterSeconds: int(math.Ceil(max(1, claim.Wait.Seconds()))), Tool: tool.ClaimStatus, Arguments: map[string]any{},
	}
	switch attempt := claim.Attempt; {
	case attempt == nil:
		return tool.ClaimNext("If the human already has a link, call " + tool.ClaimStatus + " when they're done.")
	case time.Now().After(attempt.Expires):
		return tool.ClaimNext("The human's link has expired. Start again.")
	default:
		again := t.claiming(*attempt)
		next.URL, next.Note = again.URL, again.Note
	}
	return next
}

func (o claimStatusOutput) Effect() tool.Effect {
	if o.Status != account.Claimed || o.before {
		return tool.Effect{}
	}
	return tool.Effect{Outcome: "claimed"}
}

func (o claimStatusOutput) Text() string {
	var l text.Lines
	switch o.Status {
	case account.Pending:
		l.Add("No human has claimed the account yet.")
	case account.Claimed:
		if o.before {
			l.Add("There is no open claim: the token on this machine belongs to an account that is claimed.")
		} else {
			l.Add("A human has claimed the account, and this server uses its new token from now on.")
		}
	case account.Expired:
		l.Add("The account can't be claimed anymore: more than 24 hours have passed since it was registered. To hire, register a new one.")
	case account.Delivered:
		l.Add("The claim is over, but this machine doesn't have the new token.")
	}
	l.Field("Token saved in", o.SavedTo)
	l.Field("Problem", o.Problem)
	l.Fields("Interpreted", o.Interpreted)
	return l.With(o.Next)
}
