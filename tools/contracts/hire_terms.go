package contracts

import (
	"cmp"
	"context"
	"math"
	"strings"

	"opentrain-mcp/internal/draft"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// check checks what the schema can't, and returns the cost.
func (c contracts) check(in hireProposalInput) (*cost, error) {
	nameless := error(nil)
	if strings.TrimSpace(in.Name+in.Description) == "" {
		nameless = tool.Problem("name", "is required without a description: the milestone needs one of them")
	}
	cents, err := tool.Cents("amountUsd", in.AmountUSD)
	if err := tool.Problems(c.checkDate("dueDate", in.DueDate), nameless, err); err != nil {
		return nil, err
	}
	return costOf(cents), nil
}

// terms are the arguments that a yes is for.
func (in hireProposalInput) terms() map[string]any {
	terms := map[string]any{"proposalId": in.ProposalID, "amountUsd": in.AmountUSD, "dueDate": in.DueDate}
	for name, value := range map[string]string{"name": in.Name, "description": in.Description} {
		if value != "" {
			terms[name] = value
		}
	}
	return terms
}

// shown is what the human sees before a yes.
func (in hireProposalInput) shown(proposal opentrain.Proposal, cost cost) []string {
	bid, buys := "", ""
	if b := proposal.Bid; b != nil && b.AmountUSD != nil {
		bid = ", whose bid is " + text.Join(" ", text.Dollars(b.AmountUSD), b.UnitWords())
		units, found := strings.CutPrefix(b.UnitWords(), "per ")
		if volume := in.AmountUSD / *b.AmountUSD; found && volume >= 2 && volume < 1e9 {
			digits := map[bool]float64{true: 1, false: 10}[units == "label"] // no one does a part of a label
			buys = "about " + text.Counted(number(math.Round(volume*digits)/digits), units) + " at that bid"
		}
	}
	milestone := text.Join(", ", wholeLine(in.Name), "due "+in.DueDate, buys)
	who := candidate(proposal) + " (proposal " + text.Stranger(text.Visible(proposal.ID), 100) + ")"
	shown := []string{"Hire " + who + bid, "First milestone: " + milestone}
	if in.Description != "" {
		shown = append(shown, "Description: "+wholeLine(in.Description))
	}
	return append(shown, "Cost: "+cost.words())
}

// unhired is what a no to a hire means.
func (c contracts) unhired(call tool.Call, subject string) string {
	if asked, found := c.Confirm.Approvals.Of(call.Caller, tool.HireProposal, subject); found {
		return "Approval " + asked.ID + ", which was requested before, stays as it is."
	}
	return "No one is hired."
}

// withoutRate warns of a contract that may get no rate, because the proposal has no bid. A fixed price needs none.
func withoutRate(b *opentrain.Bid) []string {
	if b != nil && (b.AmountUSD != nil && *b.AmountUSD > 0 || b.UnitWords() == "fixed price") {
		return nil
	}
	return []string{"The proposal has no bid. If the job pays per hour or label, the contract gets no rate: " +
		"no milestone can be added after the first until someone sets a rate in OpenTrain's app."}
}

// candidate names the AI trainer of a proposal.
func candidate(proposal opentrain.Proposal) string {
	who := proposal.Candidate
	if who == nil {
		return person("", "")
	}
	return person(who.Name(), cmp.Or(who.Country, who.CountryCode))
}

// hireable reads a proposal before a hire, and refuses one that can't be hired here.
func (c contracts) hireable(ctx context.Context, proposalID string) (*opentrain.Proposal, error) {
	proposal, err := c.API.GetProposal(ctx, proposalID)
	if err != nil {
		return nil, draft.Unsent(err)
	}
	return proposal, hireable(*proposal)
}

func hireable(proposal opentrain.Proposal) error {
	jobID := map[string]any{"jobId": text.Clean(proposal.JobID, 64)}
	refuse := func(problem, remedy string, next tool.Next) error {
		return &tool.Refusal{Code: opentrain.CodeConflict, Lines: []string{problem + " Nothing was changed.", remedy}, Next: next}
	}
	switch proposal.Status.Value() {
	case opentrain.ProposalHired:
		next := tool.Next{Action: tool.CallTool, Tool: tool.ListContracts, Arguments: jobID, Note: "See the job's contracts."}
		if proposal.Contract != nil && proposal.Contract.Status == opentrain.ContractEnded {
			next = tool.Next{Action: tool.CallTool, Tool: tool.ListJobs, Arguments: map[string]any{"status": "OPEN"}, Note: "Find another live job."}
			return refuse("The AI trainer was hired for this proposal, and that contract has ended.",
				"To hire them again, invite them to another job with "+tool.InviteTrainer+".", next)
		}
		if proposal.Contract != nil && proposal.Contract.ID != "" {
			id := map[string]any{"contractId": text.Clean(proposal.Contract.ID, 100)}
			next = tool.Next{Action: tool.CallTool, Tool: tool.GetContract, Arguments: id, Note: "See the contract."}
		}
		return refuse("The AI trainer of this proposal is already hired.", "For more work, add a milestone to the contract.", next)
	case opentrain.ProposalDeclined:
		next := tool.Next{Action: tool.CallTool, Tool: tool.ListProposals, Arguments: jobID, Note: "See the job's other proposals."}
		return refuse("This proposal was declined, so it can't be hired here.", "The human can change that in OpenTrain's app.", next)
	case opentrain.ProposalNotAFit:
		const problem = "This proposal was marked as not a fit. A hire needs a confirmation of that, which no tool can send."
		const remedy = "If the human wants to hire this person anyway, they can do it in OpenTrain's app."
		return refuse(problem, remedy, tool.Next{Action: tool.Fix, By: "human", Problem: problem + " " + remedy, URL: opentrain.DefaultBaseURL})
	}
	return nil
}
