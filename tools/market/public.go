package market

import (
	"slices"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/opentrain"
)

// payText is what a job pays, in words; "" when it does not say. A job can still have the rate of another payment type.
func payText(pay opentrain.Pay) string {
	amount := func(amount *float64) string { return text.Money(*amount, text.Stranger(pay.Currency, 10)) }
	known := slices.Contains([]string{opentrain.PayPerHour, opentrain.PayPerLabel, opentrain.FixedPrice}, pay.PaymentType)
	paid := func(as string) bool { return pay.PaymentType == as || !known }
	switch hourly := paid(opentrain.PayPerHour); {
	case hourly && pay.HourlyRate != nil:
		return amount(pay.HourlyRate) + " per hour"
	case hourly && pay.HourlyMin != nil && pay.HourlyMax != nil:
		return amount(pay.HourlyMin) + " to " + amount(pay.HourlyMax) + " per hour"
	case hourly && pay.HourlyMin != nil:
		return "from " + amount(pay.HourlyMin) + " per hour"
	case hourly && pay.HourlyMax != nil:
		return "up to " + amount(pay.HourlyMax) + " per hour"
	case paid(opentrain.PayPerLabel) && pay.PerLabelRate != nil:
		return amount(pay.PerLabelRate) + " per label"
	case paid(opentrain.FixedPrice) && pay.FixedPrice != nil:
		return amount(pay.FixedPrice) + " fixed price"
	}
	return ""
}
