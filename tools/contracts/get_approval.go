package contracts

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

type getApprovalInput struct {
	ApprovalID string `json:"approvalId,omitempty" jsonschema:"maxLength=100" jsonschema_description:"Leave it out to see what is pending."`
}

type getApprovalOutput struct {
	ApprovalID  string    `json:"approvalId,omitempty"`
	Type        string    `json:"type,omitempty" jsonschema_description:"proposal_hire, milestone_fund, milestone_approve or contract_end."`
	Status      string    `json:"status,omitempty" jsonschema_description:"pending, confirmed, declined or expired."`
	Outcome     string    `json:"outcome" jsonschema_description:"What that means, in words."`
	About       []string  `json:"about,omitempty" jsonschema_description:"What the human was shown when it was requested."`
	Requests    []request `json:"requests,omitempty" jsonschema_description:"Without approvalId: what this server requested, newest first."`
	ContractID  string    `json:"contractId,omitempty"`
	MilestoneID string    `json:"milestoneId,omitempty"`
	JobID       string    `json:"jobId,omitempty"`
	ProposalID  string    `json:"proposalId,omitempty"`
	InvoiceID   string    `json:"invoiceId,omitempty"`
	ExpiresAt   string    `json:"expiresAt,omitempty"`
	ResolvedAt  string    `json:"resolvedAt,omitempty"`
	Interpreted []string  `json:"interpreted,omitempty"`
	Next        tool.Next `json:"next" jsonschema_description:"What to do now."`
}

func (c contracts) getApproval() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.GetApproval, Title: "Show an approval", Kind: tool.KindRead,
		Description: "Show whether a human has confirmed or declined a request in OpenTrain's app, and return what has happened. " +
			"Without approvalId, list what this server requested, with what waits for the human. " +
			"Use it after opentrain_hire_proposal, opentrain_request_milestone_funding, opentrain_request_milestone_approval or " +
			"opentrain_end_contract has returned an approval, when the human says that they have decided. " +
			"While it is pending, the result has the page for the human again. It doesn't decide anything: only a human can, in the app. " +
			"An approval expires after about 72 hours. Changes nothing.",
		Scope:    opentrain.ScopePaymentsRead,
		NotFound: "There is no approval with this id, or another token asked for it.",
		Find: tool.Next{
			Action: tool.CallTool, Tool: tool.GetApproval, Arguments: map[string]any{}, Note: "See what this server requested.",
		},
	}, c.approval)
}

func (c contracts) approval(ctx context.Context, call tool.Call, in getApprovalInput) (getApprovalOutput, *tool.Ask, error) {
	if in.ApprovalID == "" {
		out, err := c.requests(ctx, call)
		return out, nil, err
	}
	a, _, err := c.Approval(ctx, call.Caller, in.ApprovalID)
	if err != nil {
		return getApprovalOutput{}, nil, err
	}
	result := opentrain.ApprovalResult{}
	if a.Result != nil {
		result = *a.Result
	}
	out := getApprovalOutput{
		ApprovalID: in.ApprovalID, Type: text.Clean(a.Type, 40), Status: text.Clean(a.Status, 40),
		ContractID: text.Clean(cmp.Or(a.ContractID, result.ContractID), 100), MilestoneID: text.Clean(a.MilestoneID, 100),
		JobID: text.Clean(cmp.Or(a.JobID, result.JobID), 64), ProposalID: text.Clean(a.ProposalID, 100),
		InvoiceID: text.Clean(result.InvoiceID, 100), ExpiresAt: text.Clean(a.ExpiresAt, 40), ResolvedAt: text.Clean(a.ResolvedAt, 40),
		Interpreted: call.Interpreted, About: c.about(call, in.ApprovalID),
	}
	if a.Status != opentrain.ApprovalPending {
		c.Confirm.Approvals.Forget(call.Caller, in.ApprovalID)
	}
	about := approvalWords(a.Type)
	switch a.Status {
	case opentrain.ApprovalPending:
		out.Outcome = "No one has decided yet. " + about.before
		waiting := approvalOf(*a)
		waiting.ID = in.ApprovalID
		out.Next = waiting.next()
	case opentrain.ApprovalConfirmed:
		out.Outcome, out.Next = about.done, out.result()
	case opentrain.ApprovalDeclined:
		out.Outcome = "The human declined it. " + about.before
		out.Next = tool.Next{Action: tool.Done, Note: "To ask again, call " + about.tool + " with what the human wants instead."}
	case opentrain.ApprovalExpired:
		out.Outcome = "It ended without a decision. " + about.before
		const note = "If the human still wants it and there is no newer request, call %s again."
		out.Next = tool.Next{Action: tool.Done, Note: fmt.Sprintf(note, about.tool)}
	default:
		out.Outcome = "OpenTrain's status for it is " + cmp.Or(out.Status, "missing") + "."
		out.Next = tool.Next{Action: tool.Done, Note: "The human can look at it in OpenTrain's app.", URL: text.SecureURL(a.ApprovalURL)}
	}
	return out, nil, nil
}

// result is the step that shows what a confirmed approval did.
func (o getApprovalOutput) result() tool.Next {
	next := tool.Next{Action: tool.CallTool, Tool: tool.ListContracts, Arguments: map[string]any{}, Note: "See the contract."}
	switch {
	case o.ContractID != "":
		next.Tool, next.Arguments = tool.GetContract, map[string]any{"contractId": o.ContractID}
	case o.JobID != "":
		next.Arguments = map[string]any{"jobId": o.JobID}
	}
	return next
}

func (o getApprovalOutput) Text() string {
	var l text.Lines
	if o.ApprovalID == "" {
		return o.listText()
	}
	l.Add("Approval %s is %s. %s", o.ApprovalID, cmp.Or(o.Status, "without a status"), o.Outcome)
	l.Quote("For", strings.Join(o.About, "\n"))
	for _, field := range []struct{ name, value string }{
		{"Type", o.Type}, {"Proposal", o.ProposalID}, {"Job", o.JobID}, {"Contract", o.ContractID}, {"Milestone", o.MilestoneID},
		{"Invoice", o.InvoiceID}, {"Ended", o.ResolvedAt},
	} {
		l.Field(field.name, field.value)
	}
	if o.Status == opentrain.ApprovalPending {
		l.Field("Open until", o.ExpiresAt)
	}
	l.Fields("Interpreted", o.Interpreted)
	return l.With(o.Next)
}
