package applicants

import (
	"cmp"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// hireInApp names the toolset that isn't served. No page of the API's documentation names the page of a proposal.
const hireInApp = "The human can hire the candidate in the app: this server doesn't serve the contracts toolset, " +
	"which has the tool for it."

// afterProposal is what can be done with a proposal: see the contract, hire, or leave it. heard says that the result has the
// interview.
func (a applicants) afterProposal(call tool.Call, proposalID string, o getProposalOutput, heard bool) tool.Next {
	interview := ""
	if !heard {
		interview = tool.GetProposal + " with interview: true shows the screening interview."
	}
	write := "To write to the candidate, use " + tool.StartProposalConversation + "."
	if o.ContractID != "" && call.Served.Has(tool.GetContract) {
		write = "The contract has the conversation with the candidate."
	}
	ways := text.Join(" ", interview, seeProfile(o.Proposal.Candidate.FreelancerID), write)
	asked, requested := a.Confirm.Approvals.Of(call.Caller, tool.HireProposal, "proposal "+proposalID)
	switch status := o.Proposal.Status; {
	case o.ContractID != "" && call.Served.Has(tool.GetContract):
		return tool.Next{
			Action: tool.CallTool, Tool: tool.GetContract, Arguments: map[string]any{"contractId": o.ContractID},
			Note: "This candidate is hired. " + ways,
		}
	case o.ContractID != "", status == opentrain.ProposalHired:
		return tool.Next{Action: tool.Done, Note: "This candidate is hired. The contract is in the app. " + ways, URL: o.JobURL}
	case status == opentrain.ProposalDeclined, status == opentrain.ProposalNotAFit:
		return tool.Next{Action: tool.Done, Note: "This candidate isn't in the running anymore. If the human wants to hire them anyway, " +
			"they can do it in the app. " + ways, URL: o.JobURL}
	case requested && call.Served.Has(tool.GetApproval):
		return tool.Next{
			Action: tool.CallTool, Tool: tool.GetApproval, Arguments: map[string]any{"approvalId": asked.ID},
			Note: "The hire of this candidate was requested. See whether it's confirmed. " + ways,
		}
	case !call.Served.Has(tool.HireProposal):
		note := text.Join(" ", hireInApp, call.Served.TurnOn(tool.HireProposal), ways)
		return tool.Next{Action: tool.Done, Note: note, URL: cmp.Or(o.JobURL, a.API.BaseURL())}
	}
	return tool.Next{
		Action:   tool.AskHuman,
		Question: "Do you want to hire this candidate? If so: what is the first milestone, for how many dollars, and when is it due?",
		Inputs:   []tool.Input{{Key: "description", Type: "string"}, {Key: "amountUsd", Type: "number"}, {Key: "dueDate", Type: "string"}},
		Tool:     tool.HireProposal, Arguments: map[string]any{
			"proposalId": proposalID, "description": tool.AnswerTo("description"), "amountUsd": tool.AnswerTo("amountUsd"),
			"dueDate": tool.AnswerTo("dueDate"),
		},
		Note: "Ask only if the human is deciding about a hire. " + ways,
	}
}
