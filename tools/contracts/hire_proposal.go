package contracts

import (
	"context"

	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

type hireProposalInput struct {
	ProposalID  string  `json:"proposalId" jsonschema:"minLength=1,maxLength=100"`
	AmountUSD   float64 `json:"amountUsd" jsonschema:"exclusiveMinimum=0,maximum=1000000"`
	DueDate     string  `json:"dueDate" jsonschema:"maxLength=10"`
	Name        string  `json:"name,omitempty" jsonschema:"maxLength=200"`
	Description string  `json:"description,omitempty" jsonschema:"maxLength=2000"`

	confirm.Asking
}

func (hireProposalInput) JSONSchemaExtend(s *schema.Node) {
	schema.Describe(s, map[string]string{
		"proposalId": "Id of a proposal for a job in the account.",
		"amountUsd":  "Dollars of the first milestone, without fees, from the human.",
		"dueDate":    "The milestone's due date, such as 2026-07-01.",
		"name":       "The milestone's name. It needs a name or a description.", "description": "The work to do for it.",
	})
}

type hireProposalOutput struct {
	ProposalID  string    `json:"proposalId"`
	JobID       string    `json:"jobId,omitempty"`
	Trainer     string    `json:"trainer,omitempty" jsonschema_description:"Who would be hired."`
	Cost        *cost     `json:"cost,omitempty"`
	Approval    *approval `json:"approval,omitempty"`
	Interpreted []string  `json:"interpreted,omitempty"`
	Next        tool.Next `json:"next" jsonschema_description:"What to do now."`
}

func (c contracts) hireProposal() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.HireProposal, Title: "Ask to hire an AI trainer", Kind: tool.KindRequest,
		Description: "Ask to hire the AI trainer of a proposal with a first milestone, and return the page in OpenTrain's app where a human " +
			"confirms the hire. Use it once the human has chosen someone, an amount and a due date. " +
			"Before that, compare people with opentrain_list_proposals. " +
			"The human sees the whole cost and approves the request first; no one is hired and nothing is charged until they confirm it " +
			"in the app, within about 72 hours. The same terms again return the same approval; other terms replace it.",
		Scope: opentrain.ScopeProposalsWrite, Claimed: true, Feature: tool.Feature{Capability: "hiring", Key: opentrain.FeatureHiring},
		OutcomeUnknown: "It's unclear whether the approval was requested; calling again with the same arguments returns the same one.",
		NotFound:       "No proposal for a job in this account has this id.",
		Find: tool.Next{
			Action: tool.CallTool, Tool: tool.ListJobs, Arguments: map[string]any{},
			Note: "Find the job. " + tool.ListProposals + " lists its proposals.",
		},
	}, c.hire)
}

func (c contracts) hire(ctx context.Context, call tool.Call, in hireProposalInput) (hireProposalOutput, *tool.Ask, error) {
	out := hireProposalOutput{ProposalID: in.ProposalID, Interpreted: call.Interpreted}
	cost, err := c.check(in)
	if err != nil {
		return out, nil, err
	}
	subject := "proposal " + in.ProposalID
	unlock, err := c.Confirm.Ledger.Lock(ctx, call.Caller, subject)
	if err != nil {
		return out, nil, err
	}
	defer unlock()
	intent := confirm.Intent{
		Tool: tool.HireProposal, Subject: subject, Arguments: in.terms(), Asking: in.Asking,
		Question: "Request this hire?", IfNo: c.unhired(call, subject),
		Means: "A yes only requests the hire. No one is hired and nothing is charged until you confirm it in OpenTrain's app.",
	}
	if declined := c.Confirm.Declined(call, intent); declined != nil {
		out.Next = *declined
		return out, nil, nil
	}
	same, warnings := c.pending(ctx, call, intent) // first: what it has become may have changed the proposal
	intent.IfNo = c.unhired(call, subject)         // what is gone is forgotten by now
	proposal, err := c.hireable(ctx, in.ProposalID)
	if err != nil {
		return out, nil, err
	}
	out.JobID = text.Clean(proposal.JobID, 64)
	preview := tool.Preview{
		JobID: out.JobID, Title: text.Stranger(text.Visible(proposal.JobTitle), 200), Changes: in.shown(*proposal, *cost),
		Warnings: append(warnings, withoutRate(proposal.Bid)...),
	}
	if err := tooLong(preview); err != nil {
		return out, nil, err
	}
	if same != nil {
		out.Trainer, out.Cost, out.Approval, out.Next = candidate(*proposal), cost, same, same.next()
		return out, nil, nil
	}
	yes, ask, next := c.Confirm.Approve(call, intent, preview)
	if out.Next = next; !yes {
		return out, ask, nil
	}
	call.Step("Asking for the hire")
	requested, err := c.API.HireProposal(ctx, in.ProposalID, opentrain.HireRequest{Milestone: opentrain.HireMilestone{
		Name: in.Name, Description: in.Description, AmountUSD: in.AmountUSD, DueDate: in.DueDate,
	}})
	if err != nil { // a lost answer voids no yes: the same terms return the same approval
		return out, nil, overtaken(err, func() error {
			_, err := c.hireable(ctx, in.ProposalID)
			return err
		})
	}
	c.Confirm.Ledger.Record(call.Caller, subject, nil)
	out.Trainer, out.Cost, out.Approval = candidate(*proposal), cost, c.requested(call, intent, *requested, preview)
	out.Next = out.Approval.next()
	return out, nil, nil
}

func (o hireProposalOutput) Effect() tool.Effect {
	effect := tool.Effect{JobID: o.JobID, Subject: "proposal " + o.ProposalID, Outcome: "not requested"}
	if o.Approval != nil {
		effect.Outcome = o.Approval.outcome()
	}
	return effect
}

func (o hireProposalOutput) Text() string {
	var l text.Lines
	switch {
	case o.Approval != nil && o.Approval.Status != opentrain.ApprovalPending:
		l.Add("The approval of the hire is %s.", o.Approval.Status)
	case o.Approval != nil:
		l.Add("The hire is pending approval in OpenTrain's app. No one is hired and nothing is charged yet.")
	case o.Next.Action == tool.ConfirmWithHuman:
		l.Add("The hire wasn't requested by this call. Ask the human first.")
	default:
		l.Add("The hire was not requested.")
	}
	l.Field("Proposal", o.ProposalID)
	l.Field("Hire", o.Trainer)
	if o.Cost != nil {
		l.Field("Cost", o.Cost.words())
	}
	o.Approval.lines(&l)
	l.Fields("Interpreted", o.Interpreted)
	return l.With(o.Next)
}
