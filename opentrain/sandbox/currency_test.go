package sandbox_test

import (
	"slices"
	"strings"
	"testing"

	"opentrain-mcp/opentrain/sandbox"
)

// TestOtherDollars: where a text says that its amounts are in another currency, no amount with a dollar sign is in US dollars.
func TestOtherDollars(t *testing.T) {
	t.Parallel()
	for _, pay := range []string{
		"$20/hr in Canadian dollars", "$20/hr (Canadian dollars)", "$20 per hour, Australian dollars", "$20 per hour in Hong Kong dollars",
		"20 Canadian dollars per hour", "20 new zealand dollars per hour", "$20 Jamaican dollars per hour", "20 NZ dollars an hour",
		"Singapore dollars 20 per hour", "Canadian $20 per hour", "$20 Canadian per hour", "Pay in Australian dollars: $20 per hour",
		"Rates are in Canadian dollars. $20 per hour", "$20 per hour. All amounts in New Zealand dollars.",
		"Pay in dollars (Canadian): $20 per hour",
		"$20/hr CAD", "$20/hr (CAD)", "$20/hr, paid in CAD", "$20 per hour. All amounts are AUD.", "Currency: SGD. Pay: $20/hr",
		"Amounts are quoted in HKD. We pay 20 dollars per hour", "$500 total, in Canadian dollars", "Fixed price: $500 (Australian dollars)",
		"Fixed price: $500 (CAD)", "$0.05 per label, canadian dollars", "$300 per hour. Prices in Mexican pesos.", "$20/hr, paid in euros",
	} {
		t.Run(pay, func(t *testing.T) {
			got := newAPI(t, sandbox.Config{}).create("Polygons on 10 photos. " + pay)
			for _, key := range []string{"pricePerHour", "pricePerLabel", "fixedPrice", "countries"} {
				equal(t, key, dig(got, "normalizedFields", key), nil)
			}
			if said := remarksOf(got); !strings.Contains(said, "it's not in US dollars") {
				t.Errorf("reported: %s", said)
			}
			if !slices.ContainsFunc(missing(got), func(key string) bool { return key == "pay" || strings.Contains(key, "rice") }) {
				t.Errorf("gaps: %v", missing(got))
			}
		})
	}
	for _, pay := range []string{
		"$20/hr", "Pay$20 per hour", "20 US dollars per hour", "20 U.S. dollars per hour", "$20 American dollars per hour",
		"$20 USD per hour. We also pay in Canadian dollars.",
		"US$20 per hour. All others in Canadian dollars.", "$20 per hour, paid in US dollars", "We don't pay in Canadian dollars. $20 per hour",
		"$20/hr. Experience in CAD, PHP and R.", "Rate CAD drawings, $20/hr", "Draw polygons in CAD at $20/hr",
		"Classify Canadian dollar bills, $20/hr",
		"Polygons around Australian dollars at $20/hr", "$20/hr, Canada only", "Annotators in Australia at $20 per hour",
		"$20/hr, parcels weighed in pounds",
	} {
		t.Run(pay, func(t *testing.T) {
			got := newAPI(t, sandbox.Config{}).create("Polygons on 10 photos. " + pay)
			equal(t, "pricePerHour", dig(got, "normalizedFields", "pricePerHour"), 20)
			if said := remarksOf(got); said != "" {
				t.Errorf("reported: %s", said)
			}
		})
	}
	for _, pay := range []string{"Can$20 per hour", "Cdn$20 per hour", "Mex$20 per hour", "C$20 per hour"} {
		got := newAPI(t, sandbox.Config{}).create("Polygons on 10 photos. " + pay)
		equal(t, pay, dig(got, "normalizedFields", "pricePerHour"), nil)
	}
	said := newAPI(t, sandbox.Config{}).create("Polygons on 10 photos. $20/hr (27 Canadian dollars)")
	if !isGuess(said, "pricePerHour") || dig(said, "normalizedFields", "pricePerHour") != 20.0 {
		t.Errorf("got %v", said)
	}
}
