package contracts

import (
	"cmp"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// undecided warns of the approvals that are pending when a contract is to end.
func (c contracts) undecided(call tool.Call, contract opentrain.Contract) (warnings []string) {
	for _, m := range contract.Milestones {
		if pending := c.milestone(call, m).pending(); pending != "" {
			warnings = append(warnings, text.Capitalize(pending)+" for the milestone "+milestoneName(m)+".")
		}
	}
	if more := len(warnings) - maxMilestones; more > 0 {
		warnings = append(warnings[:maxMilestones], text.Count(more, "more approval")+" pending.")
	}
	return warnings
}

// ending is what the human sees before a yes. The API's pages name only two statuses, so others are
// shown as they came.
func ending(contract opentrain.Contract) []string {
	shown, held, funded := []string{"End the contract with " + trainer(contract)}, 0, false
	for _, m := range contract.Milestones {
		if m.Status == opentrain.MilestoneNotFunded || statusWords(m.Status) == "paid" {
			continue
		}
		funded = funded || m.Status == opentrain.MilestoneFunded
		if held++; held <= maxMilestones {
			status := cmp.Or(statusWords(m.Status), "status unknown")
			shown = append(shown, "Milestone: "+text.Join(", ", milestoneName(m), text.Dollars(m.AmountUSD), status))
		}
	}
	if more := held - maxMilestones; more > 0 {
		shown = append(shown, "and "+text.Count(more, "more milestone")+", perhaps funded")
	}
	budgeted := contract.Budget != nil && contract.Budget.FundedAmountUSD != nil && *contract.Budget.FundedAmountUSD > 0
	switch {
	case funded:
		return append(shown, "A milestone is funded, so you confirm the end in OpenTrain's app, which says what happens to its money.")
	case held == 0 && !contract.HasActiveMilestone && (!budgeted || len(contract.Milestones) > 0):
		return append(shown, "No milestone is funded, so the contract ends at once, with this yes.")
	}
	return append(shown, "If a milestone is funded, you confirm the end in OpenTrain's app, which says what happens to its money.")
}
