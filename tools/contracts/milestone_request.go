package contracts

import (
	"context"
	"slices"
	"strconv"

	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

type milestoneRequestInput struct {
	MilestoneID string `json:"milestoneId" jsonschema:"minLength=1,maxLength=100"`

	confirm.Asking
}

func (milestoneRequestInput) JSONSchemaExtend(s *schema.Node) {
	schema.Describe(s, map[string]string{"milestoneId": "Id of a milestone of an active contract, from its contract."})
}

type milestoneRequestOutput struct {
	MilestoneID string    `json:"milestoneId"`
	ContractID  string    `json:"contractId,omitempty"`
	JobID       string    `json:"jobId,omitempty"`
	Trainer     string    `json:"trainer,omitempty" jsonschema_description:"Who works on the milestone."`
	AmountUSD   *float64  `json:"amountUsd,omitempty"`
	Approval    *approval `json:"approval,omitempty"`
	Interpreted []string  `json:"interpreted,omitempty"`
	Next        tool.Next `json:"next" jsonschema_description:"What to do now."`

	what string // what is requested: "The funding"
}

// milestoneRequest is a request about a milestone that a human decides on in OpenTrain's app.
type milestoneRequest struct {
	tool   string
	what   string // as in "The funding wasn't requested by this call."
	status string // that the milestone needs
	reason string // the API's for another status
	doing  string // before the milestone and the AI trainer, in a question
	means  string // what a yes does
	pays   bool   // for work, so that the human sees how much is recorded

	question string
	send     func(ctx context.Context, milestoneID string) (*opentrain.Approval, error)
}

// made makes the tool.
func (r milestoneRequest) made(c contracts, title, description string) tool.Tool {
	return tool.New(tool.Spec{
		Name: r.tool, Title: title, Kind: tool.KindRequest, Description: description,
		Scope: opentrain.ScopePaymentsWrite, Claimed: true, Feature: paymentsFeature(),
		OutcomeUnknown: "It's unclear whether the approval was requested. " + tool.ListContracts + " shows whether one is pending.",
		NotFound:       "No contract of this account has a milestone with that id.", Find: findContracts(), Check: pendingIn(),
	}, func(ctx context.Context, call tool.Call, in milestoneRequestInput) (milestoneRequestOutput, *tool.Ask, error) {
		return r.run(ctx, c, call, in)
	})
}

// run asks the human, and then OpenTrain for an approval.
func (r milestoneRequest) run(
	ctx context.Context, c contracts, call tool.Call, in milestoneRequestInput,
) (milestoneRequestOutput, *tool.Ask, error) {
	out := milestoneRequestOutput{MilestoneID: in.MilestoneID, Interpreted: call.Interpreted, what: r.what}
	subject := "milestone " + in.MilestoneID
	unlock, err := c.Confirm.Ledger.Lock(ctx, call.Caller, subject)
	if err != nil {
		return out, nil, err
	}
	defer unlock()
	intent := confirm.Intent{
		Tool: r.tool, Subject: subject, Arguments: map[string]any{"milestoneId": in.MilestoneID}, Asking: in.Asking,
		Question: r.question, Means: r.means, IfNo: "The milestone stays as it is.",
	}
	if declined := c.Confirm.Declined(call, intent); declined != nil {
		out.Next = *declined
		return out, nil, nil
	}
	same, warnings := c.pending(ctx, call, intent) // first: what it has become may have changed the milestone
	contract, m, err := r.find(ctx, c, in.MilestoneID)
	if err != nil {
		return out, nil, err
	}
	out.ContractID, out.JobID = text.Clean(contract.ID, 100), text.Clean(contract.JobID, 64)
	if same != nil {
		out.Trainer, out.AmountUSD, out.Approval, out.Next = trainer(contract), m.AmountUSD, same, same.next()
		return out, nil, nil
	}
	preview := r.preview(contract, m)
	preview.Warnings = slices.Concat(preview.Warnings, warnings, c.endRequested(ctx, call, contract.ID))
	if r.pays {
		preview.Notes = append(preview.Notes, c.recorded(ctx, contract.ID)...) // it may grow until the yes, so the yes isn't for it
	}
	intent.Status = strconv.FormatBool(m.PendingApproval) // a yes is for one request
	yes, ask, next := c.Confirm.Approve(call, intent, preview)
	if out.Next = next; !yes {
		return out, ask, nil
	}
	call.Step("Asking for the approval")
	requested, err := r.send(ctx, in.MilestoneID)
	c.Confirm.Ledger.Record(call.Caller, subject, err)
	if err != nil {
		return out, nil, overtaken(err, func() error {
			_, _, err := r.find(ctx, c, in.MilestoneID)
			return err
		})
	}
	out.Trainer, out.AmountUSD, out.Approval = trainer(contract), m.AmountUSD, c.requested(call, intent, *requested, preview)
	out.Next = out.Approval.next()
	return out, nil, nil
}

func (o milestoneRequestOutput) Effect() tool.Effect {
	effect := tool.Effect{JobID: o.JobID, Subject: "milestone " + o.MilestoneID, Outcome: "not requested"}
	if o.Approval != nil {
		effect.Outcome = o.Approval.outcome()
	}
	return effect
}

func (o milestoneRequestOutput) Text() string {
	var l text.Lines
	switch {
	case o.Approval != nil && o.Approval.Status != opentrain.ApprovalPending:
		l.Add("%s: the approval is %s.", o.what, o.Approval.Status)
	case o.Approval != nil:
		l.Add("%s is pending approval in OpenTrain's app. No money has moved.", o.what)
	case o.Next.Action == tool.ConfirmWithHuman:
		l.Add("%s wasn't requested by this call. Ask the human first.", o.what)
	default:
		l.Add("%s was not requested by this call.", o.what)
	}
	l.Field("Milestone", o.MilestoneID)
	l.Field("Contract", o.ContractID)
	l.Field("For", o.Trainer)
	l.Field("Amount", text.Dollars(o.AmountUSD))
	o.Approval.lines(&l)
	l.Fields("Interpreted", o.Interpreted)
	return l.With(o.Next)
}
