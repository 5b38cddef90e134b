package contracts

import (
	"cmp"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/opentrain"
)

// ending is what the human sees before a yes. The API's pages name only two statuses, so others are
// shown as they came.
func ending(contract opentrain.Contract) []string {
	shown, held := []string{"End the contract with " + trainer(contract)}, 0
	for _, m := range contract.Milestones {
		if m.Status == opentrain.MilestoneNotFunded {
			continue
		}
		if held++; held <= maxMilestones {
			status := cmp.Or(statusWords(m.Status), "status unknown")
			shown = append(shown, "Milestone: "+text.Join(", ", quoted(m.Name, 80), text.Dollars(m.AmountUSD), status))
		}
	}
	if more := held - maxMilestones; more > 0 {
		shown = append(shown, "and "+text.Count(more, "more milestone")+", perhaps funded")
	}
	budgeted := contract.Budget != nil && contract.Budget.FundedAmountUSD != nil && *contract.Budget.FundedAmountUSD > 0
	if held == 0 && !contract.HasActiveMilestone && !budgeted {
		return append(shown, "Funded milestones: none, so it ends at once")
	}
	return append(shown, "If a milestone is funded, a human confirms the end in OpenTrain's app, which says what happens to its money")
}
