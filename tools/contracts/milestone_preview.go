package contracts

import (
	"cmp"
	"context"
	"strings"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// find finds the milestone before a request, and refuses one that can't succeed.
func (r milestoneRequest) find(ctx context.Context, c contracts, id string) (opentrain.Contract, opentrain.Milestone, error) {
	contract, m, err := c.findMilestone(ctx, id)
	if err == nil {
		err = r.possible(contract, m)
	}
	return contract, m, err
}

// possible refuses a request that can't succeed.
func (r milestoneRequest) possible(contract opentrain.Contract, m opentrain.Milestone) error {
	switch {
	case contract.Status == opentrain.ContractEnded:
		return conflict(opentrain.ReasonContractEnded, contract.ID, "")
	case statusWords(m.Status) == "paid":
		return &tool.Refusal{
			Code: opentrain.CodeConflict, Lines: []string{"This milestone is already paid. Nothing was changed."},
			Next: tool.Next{
				Action: tool.CallTool, Tool: tool.GetContract, Arguments: map[string]any{"contractId": text.Clean(contract.ID, 100)},
				Note: "See the contract.",
			},
		}
	case m.Status != "" && m.Status != r.status:
		return conflict(r.reason, contract.ID, m.Status)
	}
	return nil
}

// preview is what the human sees before a yes. What isn't known is said to be unknown.
func (r milestoneRequest) preview(contract opentrain.Contract, m opentrain.Milestone) tool.Preview {
	preview := tool.Preview{
		JobID: text.Clean(contract.JobID, 64), Title: text.Stranger(text.Visible(contract.Title), 200),
		Changes: []string{
			r.doing + " the milestone " + milestoneName(m) + " of the contract with " + trainer(contract),
			"Amount: " + cmp.Or(text.Dollars(m.AmountUSD), "unknown"),
		},
	}
	if m.PendingApproval {
		preview.Warnings = []string{"An approval for this milestone is already pending. Requesting it again may make a second one."}
	}
	if contract.ID == "" {
		preview.Changes[0] = r.doing + " the milestone with the id " + text.Visible(m.ID)
		preview.Notes = append(preview.Notes, "This account has too many contracts to find the milestone, so its amount is unknown here.")
	}
	if m.Volume != nil {
		preview.Changes = append(preview.Changes, "Volume: "+strings.TrimPrefix(volumeWords(m.Volume, contract.PaymentType), "volume "))
	}
	if m.DueDate != "" {
		preview.Changes = append(preview.Changes, "Due: "+text.Stranger(text.Day(m.DueDate), 40))
	}
	if m.Description != "" {
		preview.Changes = append(preview.Changes, "Description: "+text.Stranger(text.Visible(m.Description), 2000))
	}
	return preview
}
