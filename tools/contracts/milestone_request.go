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

type milestoneRequestInput struct {
	MilestoneID       string `json:"milestoneId" jsonschema:"minLength=1,maxLength=100"`
	ConfirmationToken string `json:"confirmationToken,omitempty"`
	AskHuman          *bool  `json:"askHuman,omitempty" jsonschema:"default=true"`
}

func (milestoneRequestInput) JSONSchemaExtend(s *schema.Node) {
	describeAsking(s, map[string]string{"milestoneId": "Id of a milestone of an active contract, from its contract."})
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
	what   string // as in "The funding hasn't been requested yet."
	status string // that the milestone needs
	reason string // the API's for another status
	doing  string // before the milestone and the AI trainer, in a question
	note   string // what to know before a yes
	ifNo   string
	send   func(ctx context.Context, milestoneID string) (*opentrain.Approval, error)
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
	contract, m, err := c.findMilestone(ctx, in.MilestoneID)
	if err == nil {
		err = r.possible(contract, m)
	}
	if err != nil {
		return out, nil, err
	}
	out.ContractID, out.JobID, out.AmountUSD = text.Clean(contract.ID, 100), text.Clean(contract.JobID, 64), m.AmountUSD
	out.Trainer = trainer(contract)
	preview := r.preview(contract, m)
	intent := confirm.Intent{
		Tool: r.tool, Subject: subject, Arguments: map[string]any{"milestoneId": in.MilestoneID},
		Token: in.ConfirmationToken, AskHuman: in.AskHuman, Question: "Ask OpenTrain for this?",
		Note: "A yes only asks for it. It is confirmed in OpenTrain's app.", IfNo: r.ifNo,
	}
	yes, ask, next := c.Confirm.Approve(call, intent, preview)
	if out.Next = next; !yes {
		return out, ask, nil
	}
	call.Step("Asking for the approval")
	requested, err := r.send(ctx, in.MilestoneID)
	if err != nil { // a lost answer voids no yes: a pending approval comes again
		return out, nil, err
	}
	c.Confirm.Ledger.Record(call.Caller, subject, nil)
	out.Approval = approvalOf(*requested)
	out.Next = out.Approval.next()
	return out, nil, nil
}

// possible refuses a request that can't succeed.
func (r milestoneRequest) possible(contract opentrain.Contract, m opentrain.Milestone) error {
	switch {
	case contract.Status == opentrain.ContractEnded:
		return conflict(opentrain.ReasonContractEnded, contract.ID, "")
	case m.Status != "" && m.Status != r.status:
		return conflict(r.reason, contract.ID, m.Status)
	}
	return nil
}

func (r milestoneRequest) preview(contract opentrain.Contract, m opentrain.Milestone) tool.Preview {
	preview := tool.Preview{
		JobID: text.Clean(contract.JobID, 64), Title: text.Stranger(text.Visible(contract.Title), 200), Notes: []string{r.note},
	}
	if contract.ID == "" {
		preview.Changes = []string{r.doing + " the milestone with the id " + text.Visible(m.ID)}
		preview.Notes = append(preview.Notes, "This account has too many contracts to find the milestone, so its amount is unknown here.")
		return preview
	}
	preview.Changes = []string{r.doing + " the milestone " + quoted(m.Name, 80) + " of the contract with " + trainer(contract)}
	for _, field := range []struct{ name, value string }{
		{"Amount", dollars(m.AmountUSD)}, {"Volume", strings.TrimPrefix(volumeWords(m.Volume), "volume ")},
		{"Description", text.Stranger(text.Visible(m.Description), 1000)},
	} {
		if field.value != "" {
			preview.Changes = append(preview.Changes, field.name+": "+field.value)
		}
	}
	return preview
}

func (o milestoneRequestOutput) Effect() tool.Effect {
	effect := tool.Effect{JobID: o.JobID, Subject: "milestone " + o.MilestoneID, Outcome: "not requested"}
	if o.Approval != nil {
		effect.Outcome = "approval requested"
	}
	return effect
}

func (o milestoneRequestOutput) Text() string {
	var l text.Lines
	switch {
	case o.Approval != nil:
		l.Add("%s waits for a human's approval in OpenTrain's app. No money has moved.", o.what)
	case o.Next.Action == tool.ConfirmWithHuman:
		l.Add("%s hasn't been requested yet. Ask the human first.", o.what)
	default:
		l.Add("%s was not requested.", o.what)
	}
	l.Field("Milestone", o.MilestoneID)
	l.Field("Contract", o.ContractID)
	l.Field("For", o.Trainer)
	l.Field("Amount", dollars(o.AmountUSD))
	o.Approval.lines(&l)
	l.Fields("Interpreted", o.Interpreted)
	return l.With(o.Next.Text())
}
