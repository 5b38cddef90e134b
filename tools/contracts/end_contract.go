package contracts

import (
	"context"
	"errors"

	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

type endContractInput struct {
	ContractID string `json:"contractId" jsonschema:"minLength=1,maxLength=100"`

	confirm.Asking
}

func (endContractInput) JSONSchemaExtend(s *schema.Node) {
	schema.Describe(s, map[string]string{"contractId": "Id of an active contract of the account."})
}

type endContractOutput struct {
	ContractID   string    `json:"contractId"`
	JobID        string    `json:"jobId,omitempty"`
	Trainer      string    `json:"trainer,omitempty" jsonschema_description:"The AI trainer whose contract it is."`
	Ended        bool      `json:"ended"`
	AlreadyEnded bool      `json:"alreadyEnded,omitempty"`
	Approval     *approval `json:"approval,omitempty" jsonschema_description:"Set if a human must confirm the end in the app."`
	Interpreted  []string  `json:"interpreted,omitempty"`
	Next         tool.Next `json:"next" jsonschema_description:"What to do now."`
}

func (c contracts) endContract() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.EndContract, Title: "End a contract", Kind: tool.KindEnd,
		Description: "End the contract with a hired AI trainer for good, and return whether it has ended. " +
			"Use it when the human wants no more work from this person on the job. The human approves it first. " +
			"Without funded milestones the contract ends at once; with some, the result has the page in OpenTrain's app where a human " +
			"confirms the end, within about 72 hours. To pay for finished work before that, use opentrain_request_milestone_approval. " +
			"No tool reopens a contract. To stop new proposals for a job, use opentrain_close_job.",
		Scope: opentrain.ScopePaymentsWrite, Claimed: true, Feature: paymentsFeature(),
		OutcomeUnknown: "It's unclear whether the contract has ended. " + tool.GetContract + " shows its status.",
		NotFound:       "This account has no contract with that id.", Find: findContracts(),
		Check: tool.Next{
			Action: tool.CallTool, Tool: tool.GetContract, Arguments: map[string]any{"contractId": nil},
			Note: "If the contract is still active, end it again.",
		},
	}, c.end)
}

func (c contracts) end(ctx context.Context, call tool.Call, in endContractInput) (endContractOutput, *tool.Ask, error) {
	out := endContractOutput{ContractID: in.ContractID, Interpreted: call.Interpreted}
	subject := "contract " + in.ContractID
	unlock, err := c.Confirm.Ledger.Lock(ctx, call.Caller, subject)
	if err != nil {
		return out, nil, err
	}
	defer unlock()
	intent := confirm.Intent{
		Tool: tool.EndContract, Subject: subject, Arguments: map[string]any{"contractId": in.ContractID}, Asking: in.Asking,
		Question: "End this contract?", Means: "The contract can't be reopened here.", IfNo: "The contract stays active.",
	}
	if declined := c.Confirm.Declined(call, intent); declined != nil {
		out.Next = *declined
		return out, nil, nil
	}
	same, warnings := c.pending(ctx, call, intent) // first: what it has become may have ended the contract
	contract, err := c.readContract(ctx, in.ContractID)
	if err != nil {
		return out, nil, err
	}
	out.JobID = text.Clean(contract.JobID, 64)
	if contract.Status == opentrain.ContractEnded {
		out.AlreadyEnded, out.Trainer = true, trainer(*contract)
		return out.ended(), nil, nil
	}
	preview := tool.Preview{
		JobID: out.JobID, Title: text.Stranger(text.Visible(contract.Title), 200), Changes: ending(*contract),
		Warnings: append(warnings, c.undecided(call, *contract)...),
	}
	if same != nil {
		out.Trainer, out.Approval, out.Next = trainer(*contract), same, same.next()
		return out, nil, nil
	}
	intent.Status = state(*contract)
	yes, ask, next := c.Confirm.Approve(call, intent, preview)
	if out.Next = next; !yes {
		return out, ask, nil
	}
	out.Trainer = trainer(*contract)
	call.Step("Ending the contract")
	end, err := c.API.EndContract(ctx, in.ContractID)
	c.Confirm.Ledger.Record(call.Caller, subject, err)
	switch {
	case errors.Is(err, &opentrain.Error{Code: opentrain.CodeConflict}) && c.hasEnded(ctx, in.ContractID): // meanwhile
		out.AlreadyEnded = !opentrain.MayHaveChanged(err)
		return out.ended(), nil, nil
	case err != nil:
		return out, nil, err
	case end.Approval != nil && end.Approval.ID != "":
		out.Approval = c.requested(call, intent, *end.Approval, preview)
		out.Next = out.Approval.next()
		return out, nil, nil
	case end.Status != "" && end.Status != opentrain.ContractEnded:
		message := "the response says that the contract is " + text.Clean(end.Status, 40)
		return out, nil, &opentrain.Error{Code: opentrain.CodeBadResponse, Message: message}
	}
	return out.ended(), nil, nil
}

func (o endContractOutput) ended() endContractOutput {
	o.Ended = true
	o.Next = tool.Next{Action: tool.Done, Note: "To hire someone else for the job, see its proposals with " + tool.ListProposals + "."}
	return o
}

func (o endContractOutput) Effect() tool.Effect {
	effect := tool.Effect{JobID: o.JobID, Subject: "contract " + o.ContractID, Outcome: "not ended"}
	switch {
	case o.Approval != nil:
		effect.Outcome = o.Approval.outcome()
	case o.Ended:
		effect.Outcome = "ended"
	}
	return effect
}

func (o endContractOutput) Text() string {
	var l text.Lines
	switch {
	case o.Approval != nil:
		l.Add("The end of contract %s is pending approval in OpenTrain's app. The contract is still active.", o.ContractID)
	case o.AlreadyEnded:
		l.Add("Contract %s has already ended.", o.ContractID)
	case o.Ended:
		l.Add("Contract %s has ended.", o.ContractID)
	case o.Next.Action == tool.ConfirmWithHuman:
		l.Add("Contract %s wasn't ended by this call. Ask the human first.", o.ContractID)
	default:
		l.Add("Contract %s was not ended by this call.", o.ContractID)
	}
	l.Field("With", o.Trainer)
	o.Approval.lines(&l)
	l.Fields("Interpreted", o.Interpreted)
	return l.With(o.Next)
}
