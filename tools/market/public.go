package market

import (
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// public makes a stranger's text safe to show.
func public(s string, limit int) string { return text.Inert(text.Clean(s, limit)) }

func publicAll(list []string, entries, limit int) []string {
	return tool.Map(list[:min(len(list), entries)], func(s string) string { return public(s, limit) })
}

// payText is what a job pays, in words; "" when it does not say.
func payText(pay opentrain.Pay) string {
	amount := func(amount *float64) string { return text.Money(*amount, pay.Currency) }
	switch {
	case pay.HourlyRate != nil:
		return amount(pay.HourlyRate) + " per hour"
	case pay.HourlyMin != nil && pay.HourlyMax != nil:
		return amount(pay.HourlyMin) + " to " + amount(pay.HourlyMax) + " per hour"
	case pay.PerLabelRate != nil:
		return amount(pay.PerLabelRate) + " per label"
	case pay.FixedPrice != nil:
		return amount(pay.FixedPrice) + " fixed price"
	}
	return ""
}
