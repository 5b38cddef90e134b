package contracts

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// price is what the milestone pays, in words. It fails where the contract needs another price.
func (in createMilestoneInput) price(contract opentrain.Contract) (string, error) {
	if _, err := tool.Cents("amountUsd", in.AmountUSD); err != nil {
		return "", err
	}
	fixed := contract.PaymentType == opentrain.FixedPrice
	volume := countedVolume(text.Thousands(strconv.FormatFloat(in.Volume, 'f', -1, 64)), contract.PaymentType) // a yes is for all its digits
	switch {
	case lacksRate(contract):
		return "", conflict(opentrain.ReasonContractRate, contract.ID, "")
	case fixed && in.AmountUSD == 0:
		return "", tool.Problem("amountUsd", "is required: the contract has a fixed price")
	case !fixed && contract.PaymentType != "" && in.Volume == 0:
		return "", tool.Problem("volume", "is required: the contract pays "+
			strings.ToLower(tool.Label(text.Clean(contract.PaymentType, 40)))+", so an amount alone isn't enough")
	case in.Volume == 0 && in.AmountUSD == 0:
		return "", tool.Problem("amountUsd", "is required, or volume")
	case in.Volume == 0:
		return text.Money(in.AmountUSD, ""), nil
	case fixed:
		return text.Join(", ", volume, amountWords(in.AmountUSD)), nil
	}
	product := in.Volume * *contract.RateUSD
	switch {
	case product > 1e9:
		return "", tool.Problem("volume", "is too large: it costs more than a billion dollars")
	case product <= 0 || math.IsNaN(product):
		return "", conflict(opentrain.ReasonContractRate, contract.ID, "")
	case math.Round(product*100) == 0:
		return "", tool.Problem("volume", "is too small: it costs less than a cent")
	}
	total := text.Money(math.Round(product*100)/100, "")
	if in.AmountUSD != 0 && math.Abs(product-in.AmountUSD) > 0.005 {
		return "", tool.Problem("amountUsd", "must be the contract's rate times volume, "+total+", or left out")
	}
	return fmt.Sprintf("%s × %s = %s", volume, text.Dollars(contract.RateUSD), total), nil
}

// lacksRate reports whether a contract has no price for an hour or a label. OpenTrain takes no milestones for it.
func lacksRate(contract opentrain.Contract) bool {
	return contract.PaymentType != opentrain.FixedPrice && contract.RateUSD == nil
}

func amountWords(usd float64) string {
	if usd == 0 {
		return ""
	}
	return text.Money(usd, "")
}

// terms are the arguments that a yes is for.
func (in createMilestoneInput) terms() map[string]any {
	terms := map[string]any{"contractId": in.ContractID, "description": in.Description}
	for name, value := range map[string]string{"name": in.Name, "dueDate": in.DueDate} {
		if value != "" {
			terms[name] = value
		}
	}
	for name, value := range map[string]float64{"amountUsd": in.AmountUSD, "volume": in.Volume} {
		if value != 0 {
			terms[name] = value
		}
	}
	return terms
}

// shown is what the human sees before a yes.
func (in createMilestoneInput) shown(contract opentrain.Contract, price string) []string {
	due := ""
	if in.DueDate != "" {
		due = "due " + in.DueDate
	}
	return []string{
		"Add a milestone to the contract with " + trainer(contract),
		"Milestone: " + text.Join(", ", wholeLine(in.Name), price, due),
		"Description: " + wholeLine(in.Description),
	}
}

// already warns of the same milestones. OpenTrain may have named them, and writes their dates in another way.
func (in createMilestoneInput) already(milestones []opentrain.Milestone) []string {
	differs := func(wanted float64, there *float64) bool {
		return wanted != 0 && there != nil && math.Abs(wanted-*there) > 0.005
	}
	return tool.Already(milestones, func(m opentrain.Milestone) bool {
		return strings.TrimSpace(m.Description) == strings.TrimSpace(in.Description) && (in.Name == "" || m.Name == in.Name) &&
			!differs(in.AmountUSD, m.AmountUSD) && !differs(in.Volume, m.Volume)
	}, func(m opentrain.Milestone) string {
		name := ""
		if m.Name != "" {
			name = text.InQuotes(m.Name, 80)
		}
		return "The contract already has this milestone: " +
			text.Join(", ", text.Stranger(m.ID, 100), name, text.Dollars(m.AmountUSD), statusWords(m.Status)) + "."
	}, "A yes adds another one.")
}

// state tells two states of a contract's milestones apart.
func state(contract opentrain.Contract) string {
	state := contract.Status
	for _, m := range contract.Milestones {
		state += "\n" + m.ID + " " + m.Status
	}
	return state
}

// payWords is what a contract pays.
func payWords(contract opentrain.Contract) string {
	words := strings.ToLower(tool.Label(text.Stranger(contract.PaymentType, 40)))
	if lacksRate(contract) && contract.Status != opentrain.ContractEnded {
		return text.Join(", ", words, "no rate set")
	}
	return text.Join(" ", text.Dollars(contract.RateUSD), words)
}
