package contracts

import (
	"context"
	"math"
	"strconv"
	"strings"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// budget says how much of the funded work of a contract is done, as OpenTrain sent it.
type budget struct {
	State            string   `json:"state,omitempty"`
	FundedUSD        *float64 `json:"fundedUsd,omitempty"`
	FundedVolume     *float64 `json:"fundedVolume,omitempty"`
	ConsumedVolume   *float64 `json:"consumedVolume,omitempty"`
	RemainingVolume  *float64 `json:"remainingVolume,omitempty"`
	ConsumedFraction *float64 `json:"consumedFraction,omitempty"`
	LastUsageAt      string   `json:"lastUsageAt,omitempty"`
}

func (budget) JSONSchema() *schema.Node {
	return tool.PlainObject("state (OK, LOW or DEPLETED), fundedUsd, fundedVolume, consumedVolume, remainingVolume (hours or labels), " +
		"consumedFraction, lastUsageAt.")
}

func budgetOf(b *opentrain.Budget) *budget {
	if b == nil {
		return nil
	}
	return &budget{
		State: text.Stranger(b.State, 40), FundedUSD: b.FundedAmountUSD, FundedVolume: b.FundedVolume, ConsumedVolume: b.ConsumedVolume,
		RemainingVolume: b.RemainingVolume, ConsumedFraction: b.Fraction, LastUsageAt: text.Stranger(b.LastUsageAt, 40),
	}
}

// number writes a number with at most two decimals, and more only of one below 1.
func number(n float64) string {
	digits := 1e2
	if math.Abs(n) < 1 {
		digits = 1e4
	}
	return text.Thousands(strconv.FormatFloat(math.Round(n*digits)/digits, 'f', -1, 64))
}

// recorded says how much work OpenTrain has recorded on a contract, nothing where zero says nothing.
func (c contracts) recorded(ctx context.Context, contractID string) []string {
	unknown := []string{"OpenTrain didn't say how much work is recorded."}
	if contractID == "" {
		return unknown
	}
	contract, err := c.API.GetContract(ctx, contractID)
	if err != nil || contract.Budget == nil {
		return unknown
	}
	var parts []string
	known := false
	for _, part := range []struct {
		amount *float64
		unit   string
	}{
		{contract.Budget.Consumed.Hours, "hour"}, {contract.Budget.Consumed.Labels, "label"}, {contract.Budget.Consumed.Tasks, "task"},
	} {
		if known = known || part.amount != nil; part.amount != nil && *part.amount > 0 {
			parts = append(parts, text.Counted(number(*part.amount), part.unit))
		}
	}
	switch {
	case !known:
		return unknown
	case parts == nil && unitOf(contract.PaymentType) == "": // for a fixed price, zero says nothing
		return nil
	case parts == nil:
		return []string{"OpenTrain has recorded no work on this contract yet."}
	}
	return []string{"Work recorded on the contract so far: " + strings.Join(parts, ", ") + "."}
}

// words say how much of the funded work is done. A fixed price has no volume.
func (b *budget) words(paymentType string) string {
	if b == nil {
		return ""
	}
	funded, fraction, unit := "", "", unitOf(paymentType)
	part := func(n *float64, done string) string {
		if n == nil {
			return ""
		}
		return text.Counted(number(*n), unit) + " " + done
	}
	if b.FundedUSD != nil {
		funded = text.Dollars(b.FundedUSD) + " funded"
	}
	if unit == "" {
		if b.ConsumedFraction != nil && *b.ConsumedFraction > 0 {
			fraction = "consumed fraction " + number(*b.ConsumedFraction)
		}
		return text.Join(", ", b.State, funded, fraction)
	}
	return text.Join(", ", b.State, funded, part(b.FundedVolume, "funded"), part(b.ConsumedVolume, "used"),
		part(b.RemainingVolume, "left"))
}
