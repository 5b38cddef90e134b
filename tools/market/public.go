package market

import (
	"opentrain-mcp/internal/text"
	"opentrain-mcp/opentrain"
)

// payText is what a job pays, in words; "" when it does not say.
func payText(pay opentrain.Pay) string {
	amount := func(amount *float64) string { return text.Money(*amount, text.Stranger(pay.Currency, 10)) }
	switch {
	case pay.HourlyRate != nil:
		return amount(pay.HourlyRate) + " per hour"
	case pay.HourlyMin != nil && pay.HourlyMax != nil:
		return amount(pay.HourlyMin) + " to " + amount(pay.HourlyMax) + " per hour"
	case pay.HourlyMin != nil:
		return "from " + amount(pay.HourlyMin) + " per hour"
	case pay.HourlyMax != nil:
		return "up to " + amount(pay.HourlyMax) + " per hour"
	case pay.PerLabelRate != nil:
		return amount(pay.PerLabelRate) + " per label"
	case pay.FixedPrice != nil:
		return amount(pay.FixedPrice) + " fixed price"
	}
	return ""
}
