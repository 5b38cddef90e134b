package contracts

import (
	"context"
	"strings"

	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

type createMilestoneInput struct {
	ContractID  string  `json:"contractId" jsonschema:"minLength=1,maxLength=100"`
	Description string  `json:"description" jsonschema:"minLength=1,maxLength=2000"`
	Name        string  `json:"name,omitempty" jsonschema:"maxLength=200"`
	AmountUSD   float64 `json:"amountUsd,omitempty" jsonschema:"exclusiveMinimum=0,maximum=1000000"`
	Volume      float64 `json:"volume,omitempty" jsonschema:"exclusiveMinimum=0,maximum=1000000000"`
	DueDate     string  `json:"dueDate,omitempty" jsonschema:"maxLength=10"`

	confirm.Asking
}

func (createMilestoneInput) JSONSchemaExtend(s *schema.Node) {
	schema.Describe(s, map[string]string{
		"contractId": "Id of an active contract.", "description": "The work to do.", "name": "A short name.",
		"amountUsd": "Dollars, for a contract with a fixed price.",
		"volume":    "Hours or labels, for a contract that pays per hour or per label.",
		"dueDate":   "Such as 2026-07-15.",
	})
}

type createMilestoneOutput struct {
	ContractID  string     `json:"contractId"`
	JobID       string     `json:"jobId,omitempty"`
	Milestone   *milestone `json:"milestone,omitempty"`
	Interpreted []string   `json:"interpreted,omitempty"`
	Next        tool.Next  `json:"next" jsonschema_description:"What to do now."`

	paymentType string
}

func (c contracts) createMilestone() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.CreateMilestone, Title: "Add a milestone", Kind: tool.KindAdd,
		Description: "Add a milestone to an active contract and return it, not funded yet. " +
			"Use it when the human wants more work from a hired AI trainer; the amount or volume comes from the human. " +
			"The human approves it first, because the trainer sees it. No money moves: to fund it, use opentrain_request_milestone_funding. " +
			"A hire's first milestone comes with opentrain_hire_proposal. Each call adds another milestone.",
		Scope: opentrain.ScopePaymentsWrite, Claimed: true, Feature: paymentsFeature(),
		OutcomeUnknown: "It's unclear whether the milestone was added. " + tool.GetContract + " shows the contract's milestones.",
		NotFound:       "This account has no contract with that id.", Find: findContracts(),
		Check: tool.Next{
			Action: tool.CallTool, Tool: tool.GetContract, Arguments: map[string]any{"contractId": nil},
			Note: "If the milestone isn't there, add it again.",
		},
	}, c.addMilestone)
}

func (c contracts) addMilestone(ctx context.Context, call tool.Call, in createMilestoneInput) (createMilestoneOutput, *tool.Ask, error) {
	out := createMilestoneOutput{ContractID: in.ContractID, Interpreted: call.Interpreted}
	if err := c.checkDate("dueDate", in.DueDate); err != nil {
		return out, nil, err
	}
	subject := "contract " + in.ContractID
	unlock, err := c.Confirm.Ledger.Lock(ctx, call.Caller, subject)
	if err != nil {
		return out, nil, err
	}
	defer unlock()
	intent := confirm.Intent{
		Tool: tool.CreateMilestone, Subject: subject, Arguments: in.terms(), Asking: in.Asking,
		Question: "Add this milestone to the contract?", Means: "The AI trainer sees the milestone.", IfNo: "The contract stays as it is.",
	}
	if declined := c.Confirm.Declined(call, intent); declined != nil {
		out.Next = *declined
		return out, nil, nil
	}
	contract, err := c.readContract(ctx, in.ContractID)
	if err == nil && contract.Status == opentrain.ContractEnded {
		err = conflict(opentrain.ReasonContractEnded, in.ContractID, "")
	}
	if err != nil {
		return out, nil, err
	}
	price, err := in.price(*contract)
	if err != nil {
		return out, nil, err
	}
	out.JobID, out.paymentType = text.Clean(contract.JobID, 64), contract.PaymentType
	preview := tool.Preview{JobID: out.JobID, Title: text.Stranger(text.Visible(contract.Title), 200), Changes: in.shown(*contract, price)}
	preview.Warnings = append(c.endRequested(ctx, call, in.ContractID), in.already(contract.Milestones)...)
	preview.Notes = []string{"No money moves: the milestone is funded later, and you confirm that in OpenTrain's app."}
	intent.Status = state(*contract) // each yes is for one milestone more than there are
	if err := tooLong(preview); err != nil {
		return out, nil, err
	}
	yes, ask, next := c.Confirm.Approve(call, intent, preview)
	if out.Next = next; !yes {
		return out, ask, nil
	}
	call.Step("Adding the milestone")
	made, err := c.API.CreateMilestone(ctx, in.ContractID, opentrain.NewMilestone{
		Name: in.Name, Description: in.Description, AmountUSD: in.AmountUSD, Volume: in.Volume, DueDate: in.DueDate,
	})
	c.Confirm.Ledger.Record(call.Caller, subject, err)
	if err != nil {
		return out, nil, err
	}
	shown := shownMilestone(*made)
	out.Milestone = &shown
	out.Next = tool.Next{
		Action: tool.CallTool, Tool: tool.RequestMilestoneFunding, Arguments: map[string]any{"milestoneId": shown.ID},
		Note: "Only if the human wants to fund it now.",
	}
	return out, nil, nil
}

func (o createMilestoneOutput) Effect() tool.Effect {
	effect := tool.Effect{JobID: o.JobID, Subject: "contract " + o.ContractID, Outcome: "no milestone added"}
	if o.Milestone != nil {
		effect.Subject, effect.Outcome = "milestone "+o.Milestone.ID, "added"
	}
	return effect
}

func (o createMilestoneOutput) Text() string {
	var l text.Lines
	switch {
	case o.Milestone != nil:
		l.Add("Milestone %s was added to contract %s. It is %s.", o.Milestone.ID, o.ContractID, statusWords(o.Milestone.Status))
		l.Field("Amount", text.Dollars(o.Milestone.AmountUSD))
		l.Field("Volume", strings.TrimPrefix(volumeWords(o.Milestone.Volume, o.paymentType), "volume "))
		l.Field("Due", o.Milestone.DueDate)
		l.Quoted("", text.Join(": ", o.Milestone.Name, o.Milestone.Description))
	case o.Next.Action == tool.ConfirmWithHuman:
		l.Add("The milestone hasn't been added to contract %s yet. Ask the human first.", o.ContractID)
	default:
		l.Add("No milestone was added to contract %s by this call.", o.ContractID)
	}
	l.Fields("Interpreted", o.Interpreted)
	return l.With(o.Next)
}
