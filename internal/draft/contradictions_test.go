package draft

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"opentrain-mcp/opentrain"
)

// TestContradictions: where the fields of a draft and its description have come apart.
func TestContradictions(t *testing.T) {
	const text = "Ten people label 50k images for $18/hour."
	for name, test := range map[string]struct {
		description, set string // the text before the call, and the fields that it sets
		want             []string
	}{
		"the same":                 {text, `{"headcount":10}`, nil},
		"a price":                  {text, `{"pricePerHour":21}`, []string{"The description still says “$18”, but “Price per hour” is now $21."}},
		"a number in words":        {text, `{"headcount":12}`, []string{"The description still says “Ten”, but “Number of people” is now 12."}},
		"thousands":                {text, `{"dataVolume":60000}`, []string{"The description still says “50k”, but “Data volume” is now 60,000."}},
		"both together":            {text, `{"pricePerHour":21,"jobDescription":"Ten people, 50k images, $21."}`, nil},
		"a number that is nowhere": {"People label images.", `{"headcount":12}`, nil},
		"another text":             {text, `{"jobDescription":"People label images."}`, nil},
		"euros":                    {text, `{"jobDescription":"10 people, 50,000 images, €18, or $18."}`, []string{"The description says “€18”, but the job pays $18 per hour (US dollars)."}},
		"euros in words":           {text, `{"jobDescription":"10 people, 50,000 images, 18 euros; $18."}`, []string{"The description says “18 euros”, but the job pays $18 per hour (US dollars)."}},
		"euros an hour":            {text, `{"jobDescription":"10 people, 50,000 images, 25 euros an hour."}`, []string{"The description says “25 euros”, but the job pays $18 per hour (US dollars)."}},
		"francs":                   {text, `{"jobDescription":"10 people, 50,000 images. Pay: 30 CHF per hour."}`, []string{"The description says “30 CHF”, but the job pays $18 per hour (US dollars)."}},
		"francs, code first":       {text, `{"jobDescription":"10 people, 50,000 images. CHF 30.- per hour."}`, []string{"The description says “CHF 30”, but the job pays $18 per hour (US dollars)."}},
		"rupees":                   {text, `{"jobDescription":"10 people, 50,000 images. We pay ₹300."}`, []string{"The description says “₹300”, but the job pays $18 per hour (US dollars)."}},
		"rupees in words":          {text, `{"jobDescription":"10 people, 50,000 images. We pay Rs. 300 for each hour."}`, []string{"The description says “Rs 300”, but the job pays $18 per hour (US dollars)."}},
		"Canadian dollars":         {text, `{"jobDescription":"10 people, 50,000 images. C$18."}`, []string{"The description says “C$18”, but the job pays $18 per hour (US dollars)."}},
		"Australian dollars":       {text, `{"jobDescription":"10 people, 50,000 images. The rate is 25 AUD."}`, []string{"The description says “25 AUD”, but the job pays $18 per hour (US dollars)."}},
		"pesos":                    {text, `{"jobDescription":"10 people, 50,000 images. Pays 300 pesos."}`, []string{"The description says “300 pesos”, but the job pays $18 per hour (US dollars)."}},
		"US dollars":               {text, `{"jobDescription":"10 people, 50,000 images, pay: US$18, 18 USD, 18usd, USD 18, $18 ALL tasks, $18 per hour."}`, nil},
		"cents":                    {text, `{"jobDescription":"10 people, 50,000 images, pay 5¢ and $18."}`, nil},
		"dollars in other words":   {text, `{"jobDescription":"10 people, 50,000 images, pay USD$18, U.S.$18, approx.$18, ＄18."}`, nil},
		"trades":                   {text, `{"jobDescription":"We pay 10 PHP experts, 50,000 images, 40 CAD models. WE PAY ALL 20 PEOPLE $18."}`, nil},
		"words that are codes too": {text, `{"jobDescription":"10 people, 50,000 images. We pay 18 all in, $18 top rate; try 18 a day."}`, nil},
		"coins":                    {text, `{"jobDescription":"10 people, 50,000 images of 2 euro coins and of a receipt over €12.50; $18 an hour."}`, nil},
		"euros that are earned":    {text, `{"jobDescription":"10 people, 50,000 images. Earn up to €25 for each."}`, []string{"The description says “€25”, but the job pays $18 per hour (US dollars)."}},
		"receipts":                 {text, `{"jobDescription":"10 people label 50,000 receipts of €20 and more, and price tags of 5 euros. $18."}`, nil},
		"a weight":                 {text, `{"jobDescription":"10 people, 50,000 images of dogs that weigh 50 pounds, $18."}`, nil},
		"another payment type": {text, `{"paymentType":"PAY_PER_LABEL","pricePerLabel":0.05}`, []string{
			"The payment type is “Per label”, but $18 per hour is still set.", "The description still says “$18”, but “Price per label” is now $0.05.",
		}},
		"another payment type alone": {text, `{"paymentType":"FIXED_PRICE","fixedPrice":500,"pricePerHour":null}`, []string{
			"The description still says “$18”, but “Fixed price” is now $500 in total.",
		}},
		"another payment type of a text without pay": {"Ten people label images.", `{"paymentType":"FIXED_PRICE","fixedPrice":500,"pricePerHour":null}`, nil},
		"the same number of dollars":                 {text, `{"paymentType":"FIXED_PRICE","fixedPrice":18,"pricePerHour":null}`, nil},
		"words that only start as numbers do":        {"People draw 10D boxes, the 10th time, in 10K and mp10.", `{"headcount":12}`, nil},
		"a sum that countries write in two ways":     {"People label 1,0 images.", `{"headcount":12}`, nil},
		"a fraction without its zero":                {"People are paid .10 per label, or $.10, or .50,000.", `{"headcount":12}`, nil},
		"a number after an ellipsis":                 {"We need...10 people.", `{"headcount":12}`, nil},
		"a number after points":                      {"We need ...10, people.", `{"headcount":12}`, []string{"The description still says “10”, but “Number of people” is now 12."}},
		"no text":                                    {text, `{"jobDescription":null,"pricePerHour":21}`, nil},
		"other dollars":                              {text, `{"jobDescription":"10 people, 50,000 images. Pay is $25 per hour."}`, []string{"The description says “$25 per hour”, but the job pays $18 per hour."}},
		"other dollars/hour":                         {text, `{"jobDescription":"10 people, 50,000 images, 25 USD/h."}`, []string{"The description says “25 USD/h”, but the job pays $18 per hour."}},
		"other dollars an hour":                      {text, `{"jobDescription":"10 people, 50,000 images. $1,030.50 an hour!"}`, []string{"The description says “$1,030.50 an hour”, but the job pays $18 per hour."}},
		"a range above":                              {text, `{"jobDescription":"10 people, 50,000 images, $25-30 per hour"}`, []string{"The description says “$25-30 per hour”, but the job pays $18 per hour."}},
		"dollars in words":                           {text, `{"jobDescription":"10 people, 50,000 images. You get 25 dollars each hour"}`, []string{"The description says “25 dollars each hour”, but the job pays $18 per hour."}},
		"the price in a range":                       {text, `{"jobDescription":"10 people, 50,000 images, $15–$20/hour, $15 to 20 an hour, 15 and $18 hourly."}`, nil},
		"the price and another":                      {text, `{"jobDescription":"10 people, 50,000 images, $18/hr, later $25/hr."}`, []string{"The description says “$25/hr”, but the job pays $18 per hour."}},
		"a choice":                                   {text, `{"jobDescription":"10 people, 50,000 images, $18 or $25 per hour."}`, []string{"The description says “$18 or $25 per hour”, but the job pays $18 per hour."}},
		"a choice of units":                          {text, `{"jobDescription":"10 people, 50,000 images, 18 dollars per hour or 8 dollars per hour."}`, []string{"The description says “8 dollars per hour”, but the job pays $18 per hour."}},
		"several":                                    {text, `{"jobDescription":"10 people, 50,000 images, $5/h, $6/h, $5/h, $7/h, $8/h or 9 euros an hour."}`, []string{"The description says “9 euros”, but the job pays $18 per hour (US dollars).", "The description says “$5/h”, “$6/h”, “$7/h” and 1 more, but the job pays $18 per hour."}},
		"the old one and another":                    {"Pay is $18 per hour, or $8 per hour.", `{"pricePerHour":21}`, []string{"The description still says “$18”, but “Price per hour” is now $21.", "The description says “$8 per hour”, but the job pays $21 per hour."}},
		"bounds":                                     {text, `{"jobDescription":"10 people, 50,000 images: up to $30/h, from $12 an hour, at least $10 per hour."}`, nil},
		"an open end":                                {text, `{"jobDescription":"10 people, 50,000 images, $15+/hour."}`, nil},
		"other units":                                {text, `{"jobDescription":"10 people, 50,000 images, $0.05 per label, $900 per month, $25, a $25 hour, $30 hourlong, $500 in total."}`, nil},
		"hours of something":                         {text, `{"jobDescription":"10 people, 50,000 images, 30 per hour, 40 hourly."}`, nil},
		"a fraction of a euro":                       {text, `{"jobDescription":"10 people, 50,000 images of €.18 coins, $18."}`, nil},
		"rupees without a space":                     {text, `{"jobDescription":"10 people, 50,000 images. We pay Rs.300 for each hour."}`, []string{"The description says “Rs.300”, but the job pays $18 per hour (US dollars)."}},
		"a pay with its fraction":                    {text, `{"jobDescription":"10 people, 50,000 images, €18.00."}`, []string{"The description says “€18.00”, but the job pays $18 per hour (US dollars)."}},
		"dollars before and after":                   {"Pay is US$18.", `{"pricePerHour":20}`, []string{"The description still says “US$18”, but “Price per hour” is now $20."}},
	} {
		fields := opentrain.Fields{
			"headcount": []byte("10"), "dataVolume": []byte("50000"), "pricePerHour": []byte("18"), "paymentType": []byte(`"PAY_PER_HOUR"`),
		}
		description, err := json.Marshal(test.description)
		if err != nil {
			t.Fatal(err)
		}
		fields["jobDescription"] = description
		var set opentrain.Fields
		if err := json.Unmarshal([]byte(test.set), &set); err != nil {
			t.Fatal(err)
		}
		before := known{draft: &opentrain.Draft{NormalizedFields: fields}}
		now := known{draft: &opentrain.Draft{NormalizedFields: merged(fields, set)}}
		now.outdated = outdated(before, now, set)
		if got := now.contradictions(); !slices.Equal(got.warnings, test.want) || (len(got.patch) > 0) != (test.want != nil) {
			t.Errorf("%s: %q, %v", name, got.warnings, got.patch)
		}
		// The next call leaves things as they are.
		later := known{draft: now.draft}
		later.outdated = outdated(now, later, nil)
		if got := later.contradictions(); !slices.Equal(got.warnings, test.want) {
			t.Errorf("%s, later: %q", name, got.warnings)
		}
	}
}

// TestAFractionWithoutItsZero: the description's .05 is the price.
func TestAFractionWithoutItsZero(t *testing.T) {
	for written, foreign := range map[string]string{".05": "", "$.05": "", ".05 USD": "", "€.05": "€.05", ".05 euros": ".05 euros", "EUR .05": "EUR .05"} {
		description, err := json.Marshal("We want labels for " + written + ", 7 people.")
		if err != nil {
			t.Fatal(err)
		}
		before := known{draft: &opentrain.Draft{NormalizedFields: opentrain.Fields{
			"jobDescription": description, "paymentType": []byte(`"PAY_PER_LABEL"`), "pricePerLabel": []byte("0.05"), "headcount": []byte("5"),
		}}}
		if got := before.contradictions().warnings; len(got) != min(len(foreign), 1) || foreign != "" && !strings.Contains(got[0], "“"+foreign+"”") {
			t.Errorf("%s: %q", written, got)
		}
		set := opentrain.Fields{"pricePerLabel": []byte("0.07"), "headcount": []byte("6")}
		now := known{draft: &opentrain.Draft{NormalizedFields: merged(before.draft.NormalizedFields, set)}}
		now.outdated = outdated(before, now, set)
		got := now.contradictions().warnings
		if len(got) != 1 || !strings.Contains(got[0], "“Price per label” is now $0.07") {
			t.Errorf("%s: %q", written, got)
		}
	}
}

// TestOldNumbersAreRemembered until they leave the text, whatever the fields are meanwhile.
func TestOldNumbersAreRemembered(t *testing.T) {
	const still = "The description still says “$18”, but “"
	for name, steps := range map[string][][2]string{ // what is set, and a part of the warnings then, "" for none
		"the price is gone for a step": {{`{"pricePerHour":null}`, ""}, {`{"pricePerHour":25}`, still + "Price per hour” is now $25."}},
		"the type changes in between": {
			{`{"pricePerHour":25}`, still}, {`{"paymentType":"FIXED_PRICE"}`, "$25 per hour is still set."},
			{`{"fixedPrice":700}`, still + "Fixed price” is now $700 in total."}, {`{"pricePerHour":null}`, still + "Fixed price”"},
		},
		"there and back": {{`{"pricePerHour":25}`, still}, {`{"pricePerHour":18}`, ""}, {`{"pricePerHour":19}`, still + "Price per hour” is now $19."}},
		"another text":   {{`{"pricePerHour":25}`, still}, {`{"jobDescription":"For fair pay."}`, ""}, {`{"pricePerHour":26}`, ""}},
		"no text":        {{`{"pricePerHour":25}`, still}, {`{"jobDescription":null}`, ""}, {`{"pricePerHour":26}`, ""}},
		"a rate that paid nothing": {
			{`{"jobDescription":"Maybe 0.05 per box, or $8 per hour.","pricePerLabel":0.05}`, "says “$8 per hour”"},
			{`{"pricePerLabel":null}`, "says “$8 per hour”"}, {`{"jobDescription":"Maybe 0.05 per box."}`, ""},
		},
		"one warning only": {{`{"jobDescription":"Now $30 an hour."}`, "says “$30 an hour”"}, {`{"pricePerHour":30}`, ""}, {`{"pricePerHour":31}`, "still says “$30”"}},
	} {
		k := known{source: "We pay $18 an hour.", draft: &opentrain.Draft{NormalizedFields: opentrain.Fields{
			"jobDescription": []byte(`"We pay $18 an hour."`), "pricePerHour": []byte("18"), "paymentType": []byte(`"PAY_PER_HOUR"`),
		}}}
		for _, step := range steps {
			var set opentrain.Fields
			if err := json.Unmarshal([]byte(step[0]), &set); err != nil {
				t.Fatal(err)
			}
			now := known{source: k.source, set: map[string]bool{}, draft: &opentrain.Draft{NormalizedFields: merged(k.draft.NormalizedFields, set)}}
			now.outdated = outdated(k, now, set)
			k = now
			got := strings.Join(k.contradictions().warnings, "\n")
			if (got == "") != (step[1] == "") || !strings.Contains(got, step[1]) || strings.Contains(got, "but the job pays") && strings.Contains(got, "still says") {
				t.Errorf("%s: after %s: %q", name, step[0], got)
			}
		}
	}
}

// TestClearedTextsSayNothing, whether the API repeats the empty description or leaves it out.
func TestClearedTextsSayNothing(t *testing.T) {
	fields := opentrain.Fields{"paymentType": []byte(`"PAY_PER_HOUR"`), "pricePerHour": []byte("20")}
	for name, test := range map[string]struct {
		set   map[string]bool
		value string // of the description
		warns int
	}{
		"never said":   {warns: 1},
		"cleared":      {set: map[string]bool{"jobDescription": true}},
		"null":         {value: "null"},
		"empty":        {value: `""`},
		"another text": {value: `"We pay well."`},
	} {
		k := known{source: "Pay 18 euros an hour.", set: test.set, draft: &opentrain.Draft{NormalizedFields: merged(fields, nil)}}
		if test.value != "" {
			k.draft.NormalizedFields["jobDescription"] = []byte(test.value)
		}
		if got := k.contradictions().warnings; len(got) != test.warns {
			t.Errorf("%s: %q", name, got)
		}
	}
}
