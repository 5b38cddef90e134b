// Package contracts has the tools that hire people and work with their contracts. None of them moves money. A
// human confirms every charge and payout in OpenTrain's app.
package contracts

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/draft"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// Toolset returns the tools in the order of a hire.
func Toolset(desk *draft.Desk) tool.Set {
	c := contracts{desk}
	return tool.Set{Name: "contracts", OffByDefault: true, Tools: []tool.Tool{
		c.hireProposal(), c.listContracts(), c.getContract(), c.createMilestone(), c.requestMilestoneFunding(), c.requestMilestoneApproval(),
		c.endContract(), c.getApproval(),
	}}
}

type contracts struct{ *draft.Desk }

// paymentsFeature is what an account needs to change contracts.
func paymentsFeature() tool.Feature {
	return tool.Feature{Capability: "paymentsWrite", Key: opentrain.FeaturePayments}
}

// findContracts is the step that finds a contract or a milestone.
func findContracts() tool.Next {
	return tool.Next{Action: tool.CallTool, Tool: tool.ListContracts, Arguments: map[string]any{}, Note: "Find the contract or milestone."}
}

// pendingIn is the step that shows whether an approval of a milestone is pending.
func pendingIn() tool.Next {
	return tool.Next{
		Action: tool.CallTool, Tool: tool.ListContracts, Arguments: map[string]any{}, Note: "See whether the milestone's approval is pending.",
	}
}

// wholeLine is a text of the caller in one line, with its hidden characters spelled out: a yes is for all of it.
func wholeLine(s string) string { return text.Clean(text.Visible(s), 1<<20) }

// tooLong refuses a call whose terms can't be shown whole.
func tooLong(preview tool.Preview) error {
	if confirm.Shows(preview) {
		return nil
	}
	return tool.Problem("description", "is too long to show to the human once hidden characters are spelled out")
}

// conflict refuses a call that can't succeed with one of the API's reasons, before anything is sent.
func conflict(reason, contractID, status string) error {
	details := map[string]string{"reason": reason, "contractId": contractID, "status": status}
	return &opentrain.Error{Code: opentrain.CodeConflict, NotSent: true, Message: reason, Details: json.RawMessage(text.JSON(details))}
}

// overtaken explains a conflict that changed nothing by what is the case now, which may have changed since the question. Without a
// better explanation, OpenTrain's own stays.
func overtaken(err error, now func() error) error {
	if !errors.Is(err, &opentrain.Error{Code: opentrain.CodeConflict}) || opentrain.MayHaveChanged(err) {
		return err
	}
	found := now()
	if refused, ok := errors.AsType[*tool.Refusal](found); ok {
		refused.Cause = err
		return refused
	}
	if errors.Is(found, &opentrain.Error{Code: opentrain.CodeConflict}) {
		return found
	}
	return err
}

// person names an AI trainer. Whatever the name says, it stays between its quotation marks.
func person(name, country string) string {
	if country != "" {
		country = ", country " + text.InQuotes(country, 60)
	}
	if name == "" {
		return "an AI trainer without a name" + country
	}
	return "AI trainer " + text.InQuotes(name, 80) + country
}

// trainer names the AI trainer of a contract.
func trainer(contract opentrain.Contract) string {
	if contract.Freelancer == nil {
		return person("", "")
	}
	return person(contract.Freelancer.DisplayName, contract.Freelancer.Country)
}

// checkDate refuses a date in the past. It may be yesterday's here and today's elsewhere.
func (c contracts) checkDate(argument, date string) error {
	if at, err := time.Parse(time.DateOnly, date); err == nil && at.Before(c.Now().AddDate(0, 0, -2)) {
		return tool.Problem(argument, "is in the past")
	}
	return nil
}

// readContract reads a contract before a write, which fails as one that wasn't sent.
func (c contracts) readContract(ctx context.Context, id string) (*opentrain.Contract, error) {
	contract, err := c.API.GetContract(ctx, id)
	if err != nil {
		return nil, draft.Unsent(err)
	}
	return contract, nil
}

// hasEnded reports whether a contract is known to have ended.
func (c contracts) hasEnded(ctx context.Context, id string) bool {
	contract, err := c.API.GetContract(ctx, id)
	return err == nil && contract.Status == opentrain.ContractEnded
}
