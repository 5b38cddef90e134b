package contracts

import (
	"fmt"
	"math"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// cost is what a hire costs, in dollars.
type cost struct {
	MilestoneUSD      float64 `json:"milestoneUsd"`
	MarketplaceFeeUSD float64 `json:"marketplaceFeeUsd"`
	ContractFeeUSD    float64 `json:"contractFeeUsd"`
	TotalUSD          float64 `json:"totalUsd"`

	milestone, marketplaceFee, contractFee, total int64 // the same in cents
}

func (cost) JSONSchema() *schema.Node {
	return tool.PlainObject("milestoneUsd, marketplaceFeeUsd, contractFeeUsd, totalUsd.")
}

// costOf is the cost of a hire whose first milestone has an amount in cents. Half a cent of the fee is rounded up.
func costOf(milestone int64) *cost {
	c := cost{milestone: milestone}
	c.marketplaceFee = (milestone*opentrain.MarketplaceFeePercent + 50) / 100
	c.contractFee = int64(math.Round(opentrain.ContractFeeUSD * 100))
	c.total = c.milestone + c.marketplaceFee + c.contractFee
	usd := func(cents int64) float64 { return float64(cents) / 100 }
	c.MilestoneUSD, c.MarketplaceFeeUSD = usd(c.milestone), usd(c.marketplaceFee)
	c.ContractFeeUSD, c.TotalUSD = usd(c.contractFee), usd(c.total)
	return &c
}

func (c cost) words() string {
	in := func(cents int64) string { return text.Cents(cents, "") }
	return fmt.Sprintf("%s milestone + %s marketplace fee (%d%%) + %s contract fee = %s in total",
		in(c.milestone), in(c.marketplaceFee), opentrain.MarketplaceFeePercent, in(c.contractFee), in(c.total))
}
