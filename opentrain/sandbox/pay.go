package sandbox

import (
	"fmt"
	"slices"
	"strings"
)

// The units of pay.
const (
	perHour  = "hour"
	perLabel = "label"
	perPiece = "piece" // an item or a word: probably a label
	perJob   = "job"
	perOther = "other" // a unit without a payment type
	perNone  = ""
)

// amount is a sum of money in the text.
type amount struct {
	low, high  float64 // equal unless a range is given
	currency   string
	per        string
	unit       string // the unit as written
	first, end int    // tokens, end exclusive
	sure       bool
	bonus      bool // a bonus or the like
}

// findPay sets the payment type and its rate.
func (r *reader) findPay() {
	var main *amount
	var others []amount
	for _, a := range r.amounts() {
		switch {
		case a.bonus:
			r.addUnmappedAmount(a, "A bonus fits no field.")
		case a.per == perOther:
			r.addUnmappedAmount(a, fmt.Sprintf("Pay per %s is not a payment type.", a.unit))
		case a.per == perNone:
			others = append(others, a)
		case main == nil:
			main = &a
		case main.per != a.per || main.low != a.low:
			r.addUnmappedAmount(a, "A job has one rate; this is another.")
		}
	}
	hint := r.payHint()
	if main == nil && hint != "" && len(others) > 0 {
		main, others = &others[0], others[1:]
		main.per, main.unit = hint, "piece"
	}
	for _, a := range others {
		if r.nearPay(a.first) {
			r.addUnmappedAmount(a, "The text does not say what this amount is paid for.")
		}
	}
	if main != nil {
		r.setPay(*main)
	} else if hint != "" {
		r.fields["paymentType"] = paymentTypeOf(hint)
		if hint == perPiece {
			r.addGuess("paymentType", "The text pays per piece; it was read as per label.")
		}
	}
}

func (r *reader) setPay(a amount) {
	paymentType := paymentTypeOf(a.per)
	r.fields["paymentType"] = paymentType
	if a.currency != "USD" {
		r.addUnmappedAmount(a, "Rates are in US dollars; this one is in "+a.currency+".")
		return
	}
	key := rateKey(paymentType)
	r.fields[key] = a.low
	switch {
	case a.low != a.high:
		r.addGuess(key, fmt.Sprintf("The text gives a range from %v to %v; the lower end was used.", a.low, a.high))
	case a.per == perPiece:
		r.addGuess(key, "The text gives a rate per "+a.unit+"; it was used as the rate per label.")
	case !a.sure:
		r.addGuess(key, "The text gives the amount but doesn't clearly say what it is paid for.")
	}
	if a.per == perPiece || !a.sure {
		r.addGuess("paymentType", "The text doesn't clearly name the payment type.")
	}
}

func paymentTypeOf(per string) string {
	switch per {
	case perHour:
		return payPerHour
	case perJob:
		return fixedPrice
	}
	return payPerLabel
}

func (r *reader) addUnmappedAmount(a amount, reason string) {
	r.addUnmapped(r.tokens[a.first].start, r.tokens[a.end-1].end, reason)
}

// amounts finds every amount of money and its unit.
func (r *reader) amounts() []amount {
	var list []amount
	for i := 0; i < len(r.tokens); i++ {
		a, found := r.amountAt(i)
		if !found {
			continue
		}
		for k := a.first; k < a.end; k++ {
			r.used[k] = true
		}
		r.unitAfter(&a)
		if a.per == perNone {
			r.unitBefore(&a)
		}
		for k := a.end; k < a.end+2; k++ {
			a.bonus = a.bonus || slices.Contains([]string{"bonus", "bonuses", "referral", "voucher"}, r.at(k).low)
		}
		a.bonus = a.bonus || r.at(a.first-2).low == "bonus" || r.at(a.first-1).low == "bonus"
		i = a.end - 1
		if a.low > 0 && a.low < 1e9 {
			list = append(list, a)
		}
	}
	return list
}

// amountAt reads "$18", "$15-20", "18 USD", "8 cents", "USD 18" at token i.
func (r *reader) amountAt(i int) (amount, bool) {
	a := amount{first: i, sure: true}
	j := i
	if a.currency = currencyOf(r.at(j).low); a.currency != "" && r.at(j).low != "c" {
		if foreign := foreignDollar(r.at(j - 1).low); r.at(j).text == "$" && r.at(j).adjacent && foreign != "" {
			a.currency = foreign
		}
		j++
		if currencyOf(r.at(j).low) != "" { // "USD $18"
			j++
		}
	} else {
		a.currency = ""
	}
	if !r.at(j).number {
		return a, false
	}
	a.low, a.high = r.at(j).value, r.at(j).value
	j++
	if k := j + 1; slices.Contains([]string{"-", "–", "—", "to"}, r.at(j).low) {
		if currencyOf(r.at(k).low) != "" {
			k++
		}
		if r.at(k).number && r.at(k).value > a.low {
			a.high = r.at(k).value
			j = k + 1
		}
	}
	after := r.at(j).low
	switch c := currencyOf(after); {
	case c == "" || after == "c" && !r.at(j).adjacent:
	case a.currency == "" || r.at(i).text == "$":
		if a.currency == "" || len(after) == 3 {
			a.currency = c
			j++
		}
	}
	if slices.Contains([]string{"cent", "cents", "c", "¢"}, r.at(j-1).low) {
		a.low, a.high = a.low/100, a.high/100
	}
	a.end = j
	return a, a.currency != ""
}

// unitAfter reads "/hour", "per label", "a word", "hourly" after an amount.
func (r *reader) unitAfter(a *amount) {
	j := a.end
	switch t := r.at(j); t.low {
	case "hourly":
		a.per, a.unit, a.end = perHour, "hour", j+1
		return
	case "total", "flat", "fixed", "overall", "altogether":
		a.per, a.unit, a.end = perJob, "job", j+1
		return
	case "in":
		if r.at(j+1).low == "total" {
			a.per, a.unit, a.end = perJob, "job", j+2
		}
		return
	case "p", "/", "per", "a", "an", "each", "every", "pr", "for":
		j++
		if t.low == "p" && r.at(j).low == "/" || t.low == "for" && slices.Contains([]string{"each", "every", "an"}, r.at(j).low) {
			j++
		}
	default:
		return
	}
	start := j
	for j < start+3 && slices.Contains([]string{"audio", "recorded", "video", "media", "finished", "completed", "source", "target",
		"single", "correct", "approved", "accepted", "labeled", "labelled", "annotated", "the", "whole"}, r.at(j).low) {
		j++
	}
	r.unitAt(a, start, j)
}

// unitAt sets the unit of an amount from the noun at token j. Its adjectives begin at start.
func (r *reader) unitAt(a *amount, start, j int) {
	noun := r.at(j).low
	span := timeUnit(noun)
	recorded := j > start && span != ""
	if next, isItem := itemOf(r.at(j + 2).low); span != "" && r.at(j+1).low == "of" && isItem && next.recording {
		recorded, j = true, j+2
	}
	_, isItem := itemOf(noun)
	_, isPlural := itemOf(noun + "s")
	switch {
	case span == "hour" && !recorded:
		a.per = perHour
	case span != "":
		a.per = perOther
	case noun == "label" || noun == "annotation":
		a.per = perLabel
	case noun == "project" || noun == "job" || noun == "everything" || noun == "contract" && start == j:
		a.per = perJob
	case isItem || isPlural || slices.Contains([]string{"word", "box", "entry", "story", "query", "piece", "polygon", "object"}, noun):
		a.per = perPiece
	case r.at(j).word && slices.Contains([]string{"per", "/"}, r.at(start-1).low):
		a.per = perOther
	default:
		return
	}
	a.unit = strings.ToLower(strings.Join(strings.Fields(r.text[r.tokens[start].start:r.tokens[j].end]), " "))
	a.end = j + 1
}

// unitBefore reads "hourly rate of", "fixed price of", "paid per label:" before an amount.
func (r *reader) unitBefore(a *amount) {
	sentence := r.at(a.first).sentence
	for j := a.first - 1; j >= a.first-7 && r.at(j).sentence == sentence && !r.used[j]; j-- {
		switch low := r.at(j).low; low {
		case "hourly", "hour":
			a.per, a.unit = perHour, "hour"
		case "label", "per-label", "annotation":
			if before := r.at(j - 1).low; low == "per-label" || before == "per" || before == "each" {
				a.per, a.unit = perLabel, "label"
			}
		case "fixed", "flat", "lump", "fixed-price", "total":
			a.per, a.unit = perJob, "job"
		case "budget":
			a.per, a.unit, a.sure = perJob, "job", false
		}
		if a.per != perNone {
			return
		}
	}
}

// nearPay reports whether a word for pay is shortly before token i.
func (r *reader) nearPay(i int) bool {
	for j := i - 1; j >= i-5 && r.at(j).sentence == r.at(i).sentence; j-- {
		if slices.Contains([]string{"pay", "paid", "pays", "paying", "payment", "rate", "compensation", "salary", "offer", "offering", "wage"}, r.at(j).low) {
			return true
		}
	}
	return false
}

var (
	hintLabel = compile(`(?i)\b(?:pa(?:y|id|ying|yment)|rates?|compensat\w+)\b[^.;\n]{0,30}\b(?:per|by the)[ -](?:label|annotation)\b|\bpay-per-label\b`)
	hintPiece = compile(`(?i)\b(?:pa(?:y|id|ying|yment)|rates?|compensat\w+)\b[^.;\n]{0,30}\b(?:per|by the)[ -](?:item|image|task|file|photo|video|word)\b|\bpiece[ -]?(?:rate|work)\b`)
	hintHour  = compile(`(?i)\b(?:pa(?:y|id|ying|yment)|rates?|compensat\w+)\b[^.;\n]{0,30}\b(?:(?:per|by the|an)[ -]hour|hourly)\b|\bhourly (?:pay|rate|wage|contract|work)\b|\bpay-per-hour\b`)
	hintJob   = compile(`(?i)\bfixed[ -](?:price|fee|budget)\b|\bflat (?:fee|rate)\b|\blump sum\b`)
)

// payHint returns the unit of pay in a text without an amount.
func (r *reader) payHint() string {
	switch {
	case hintLabel.in(r):
		return perLabel
	case hintHour.in(r):
		return perHour
	case hintJob.in(r):
		return perJob
	case hintPiece.in(r):
		return perPiece
	}
	return perNone
}

// currencyOf returns the ISO code of a currency sign or word, or "" for other words.
func currencyOf(low string) string {
	switch low {
	case "$", "usd", "us$", "dollar", "dollars", "bucks", "cent", "cents", "¢", "c":
		return "USD"
	case "€", "eur", "euro", "euros":
		return "EUR"
	case "£", "gbp", "pound", "pounds", "quid":
		return "GBP"
	case "₹", "inr", "rupee", "rupees":
		return "INR"
	case "¥", "jpy", "yen":
		return "JPY"
	case "cad", "aud", "nzd", "chf", "brl", "mxn", "php", "kes", "ngn", "zar", "sgd", "pln", "cny", "krw", "sek", "nok", "dkk":
		return strings.ToUpper(low)
	case "₱", "pesos", "peso":
		return "PHP"
	case "₦", "naira":
		return "NGN"
	case "₩", "won":
		return "KRW"
	case "reais", "r$":
		return "BRL"
	}
	return ""
}

// foreignDollar returns the currency of "C$" and the like from the text before the sign.
func foreignDollar(low string) string {
	return map[string]string{"c": "CAD", "ca": "CAD", "a": "AUD", "au": "AUD", "nz": "NZD", "hk": "HKD", "s": "SGD", "r": "BRL", "mx": "MXN"}[low]
}
