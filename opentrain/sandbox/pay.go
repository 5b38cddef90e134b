package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/currency"
)

// money is what a sign, code or word says of an amount.
type money int

const (
	noMoney money = iota
	dollars
	cents   // of a currency that isn't named
	foreign // not US dollars
)

func moneyOf(s string) money {
	sign, size := utf8.DecodeRuneInString(s)
	switch low := strings.ToLower(s); {
	case oneOf(low, "$ us$ usd usd$ dollar dollars"):
		return dollars
	case oneOf(low, "cent cents ¢"):
		return cents
	case oneOf(low, "eur euro euros gbp pound pounds quid pence inr rupee rupees rs cad aud yen yuan rmb baht peso pesos rub ruble rubles "+
		"naira rand ksh shillings zł zloty kr kronor francs lira tl dirham dirhams riyals ringgit rp rupiah reais bucks usdt btc"),
		s == "R", size < len(s) && strings.HasSuffix(s, "$"), size == len(s) && unicode.Is(unicode.Sc, sign):
		return foreign
	case len(s) == 3 && s == strings.ToUpper(s) && s != "ALL" && s != "TOP":
		if _, err := currency.ParseISO(s); err == nil {
			return foreign
		}
	}
	return noMoney
}

// What low is of a quantity.
const (
	atMost  = "the upper limit"
	atLeast = "a lower limit"
)

// quantity is a number or an amount of money with what is said of it.
type quantity struct {
	first, end int     // tokens
	low        float64 // 0 if it isn't clear
	scale      float64
	money      money
	doubt      string // what low is, if it isn't the number
}

// findQuantities finds all numbers.
func (r *reader) findQuantities() {
	for i := 0; i < len(r.tokens); i++ {
		if q, found := r.quantityAt(i); found {
			r.quantities = append(r.quantities, q)
			i = q.end - 1
		}
	}
}

// quantityAt reads "$15", "15 USD", "10-20k", "between $15 and $20", "about 500", "15+".
func (r *reader) quantityAt(i int) (quantity, bool) {
	q, found := r.sum(i)
	if !found {
		return q, false
	}
	separator := r.at(q.end)
	if high, found := r.sum(q.end + 1); found && r.at(high.end-1).sentence == r.at(q.end-1).sentence &&
		(oneOf(separator.low, "- – — ~ 〜 to or") || separator.low == "and" && r.at(i-1).low == "between") {
		if q.scale == 1 && q.low < high.low/high.scale { // "10-20k"
			q.low = times(q.low, high.scale)
		}
		if q.low >= high.low {
			q.low = 0
		}
		q.end, q.money, q.doubt = high.end, max(q.money, high.money), "the lower end of a range"
	}
	if r.at(q.end).low == "+" || r.at(q.end).low == "or" && r.at(q.end+1).low == "more" {
		q.end, q.doubt = q.end+1, atLeast
	}
	r.hedge(&q)
	return q, true
}

// sum reads a number with signs or words for money before and after it.
func (r *reader) sum(i int) (quantity, bool) {
	q := quantity{first: i, end: i}
	for n := r.at(q.end); n.money != noMoney && q.end < i+2 && (!n.word || len(n.low) <= 4); n = r.at(q.end) {
		q.money = max(q.money, n.money)
		q.end++
	}
	n := r.at(q.end)
	if !n.number {
		return q, false
	}
	q.low, q.scale = n.value, n.scale
	q.end++
	if oneOf(n.low, "a half") {
		q.doubt = "an estimate"
	}
	unit := r.at(q.end)
	if spelled := r.at(q.end + 1); unit.word && unit.money == noMoney && oneOf(spelled.low, "dollars pounds rupees pesos francs") {
		unit.money, q.end = foreign, q.end+1 // "20 Canadian dollars"
	}
	if unit.clause == n.clause && (unit.word || unit.start == n.end || r.at(q.end+1).start > unit.end) {
		if unit.low == "c" && unit.start == n.end {
			unit.money = cents
		}
		if unit.money != noMoney {
			q.money = max(q.money, unit.money)
			q.end++
		}
	}
	if q.money == cents {
		q.low /= 100
	}
	return q, true
}

// hedge reads the words before a number that say how exact it is.
func (r *reader) hedge(q *quantity) {
	one := r.at(q.first - 1).low
	two := r.at(q.first-2).low + "_" + one
	switch {
	case oneOf(two, "up_to at_most less_than fewer_than maximum_of max_of capped_at"), two == "more_than" && oneOf(r.at(q.first-3).low, "no not"):
		q.first, q.low, q.doubt = q.first-2, 0, atMost
	case oneOf(one, "under below max maximum < ≤ within"):
		q.first, q.low, q.doubt = q.first-1, 0, atMost
	case oneOf(two, "at_least more_than starting_at starting_from minimum_of"):
		q.first, q.doubt = q.first-2, atLeast
	case oneOf(one, "over above from min minimum > ≥"):
		q.first, q.doubt = q.first-1, atLeast
	case oneOf(one, "about around approximately approx roughly circa ca nearly almost some ~ ≈"):
		q.first, q.doubt = q.first-1, "an estimate"
	case one == "between":
		q.first--
	}
}

// The units of pay besides the payment types.
const (
	perPiece = "piece" // probably a label
	perOther = "other"
)

// rate is an amount of money and its unit, "" if the text names none.
type rate struct {
	quantity
	unit  string
	plain bool
}

// findRates finds the amounts of money and their units.
func (r *reader) findRates() {
	for _, q := range r.quantities {
		if q.money != noMoney {
			r.rates = append(r.rates, r.rateOf(q))
		}
	}
}

// findPay sets the payment type and the rate, if the text names only one.
func (r *reader) findPay() {
	kinds := r.payWords()
	sure := len(kinds) > 0 && !slices.Contains(kinds, perPiece)
	var main *rate
	several := false
	for i := range r.rates {
		a := &r.rates[i]
		if a.unit == "" {
			continue
		}
		if r.clauses[r.at(a.first).clause].negated {
			a.unit = perOther
		}
		a.plain = r.isPlain(*a)
		sure = sure || a.plain && a.unit != perPiece && (a.low > 0 || a.doubt == atMost)
		several = several || main != nil && (main.unit != a.unit || main.low != a.low || main.money != a.money)
		main = a
		kinds = append(kinds, a.unit)
	}
	for i, kind := range kinds {
		if kind == perPiece {
			kinds[i] = payPerLabel
		}
	}
	slices.Sort(kinds)
	known := len(slices.Compact(kinds)) == 1 && kinds[0] != perOther
	if known {
		r.set("paymentType", kinds[0], unless(sure && !several, "The text doesn't clearly say how the work is paid."))
	}
	usable := known && main != nil && !several && main.low > 0 && main.money != foreign
	if usable {
		r.set(rateKey(kinds[0]), main.low, r.whyUnsure(*main, len(r.rates)))
	}
	for _, a := range r.rates {
		if usable && a.unit != "" {
			r.use(a.first, a.end)
		} else {
			r.remark(a.first, a.end, whyUnused(a, several))
		}
	}
}

func unless(sure bool, reason string) string {
	if sure {
		return ""
	}
	return reason
}

// whyUnsure returns why a rate is a guess, "" if it is sure.
func (r *reader) whyUnsure(a rate, amounts int) string {
	says := fmt.Sprintf("The text says %q; ", r.phrase(a.first, a.end))
	switch {
	case a.doubt != "":
		return says + fmt.Sprintf("%v is %s.", a.low, a.doubt)
	case a.money == cents:
		return says + "that was read as US cents."
	case a.unit == perPiece:
		return says + "that was read as the pay per label."
	case amounts > 1:
		return says + "it names other amounts too."
	}
	return unless(a.plain, says+"confirm that this is the pay for all of the work.")
}

// whyUnused returns why an amount is not the rate.
func whyUnused(a rate, several bool) string {
	switch {
	case a.money == foreign:
		return "not in US dollars, and this sandbox does not convert."
	case a.unit == "":
		return "the text doesn't clearly say what this is paid for."
	case a.unit == perOther:
		return "this isn't a plain rate per hour, per label or for the whole job."
	case several:
		return "the text names several rates, so the rate is asked."
	case a.doubt == atMost:
		return "this only limits the rate, so the rate is asked."
	}
	return "this amount isn't clear, so the rate is asked."
}

// isPlain reports whether nothing around a rate can change its meaning.
func (r *reader) isPlain(a rate) bool {
	before := r.at(a.first - 1).low
	lead := r.starts(a.first) && before != ":" || before == ":" && oneOf(r.at(a.first-2).low, payLabels) ||
		oneOf(before, "pay pays paid paying is at for of offer offering rate price are earn =")
	return lead && r.ends(a.end) && !r.clauses[r.at(a.first).clause].special
}

const payLabels = "pay rate price payment compensation hourly hour label salary wage fixed job"

// rateOf reads the unit after or before an amount.
func (r *reader) rateOf(q quantity) rate {
	unit, end := r.unitAt(q.end)
	switch before := r.unitBefore(q.first); {
	case unit == "":
		unit = before
	case before != "" && before != unit:
		unit = perOther
	}
	q.end = end
	for i := q.first; i < q.end; i++ {
		r.tokens[i].rate = true
	}
	return rate{quantity: q, unit: unit}
}

// unitAt reads "/hour", "per label", "a word", "hourly", "in total" at a token, and returns where it ends.
func (r *reader) unitAt(i int) (unit string, end int) {
	t := r.at(i)
	switch {
	case oneOf(t.low, "hourly ph"):
		return payPerHour, i + 1
	case oneOf(t.low, "total fixed flat overall"):
		return fixedPrice, i + 1
	case t.low == "in" && r.at(i+1).low == "total":
		return fixedPrice, i + 2
	case !oneOf(t.low, "/ per a an each every p by for"), t.low == "for" && !oneOf(r.at(i+1).low, "each every an"):
		return "", i
	}
	noun := i + 1
	for noun < i+3 && oneOf(r.at(noun).low, "/ the each every a an single") {
		noun++
	}
	if r.at(noun).clause != t.clause || r.at(noun).stop {
		return perOther, i + 1 // "$0.05 each"
	}
	if next := r.at(noun + 1).low; r.kindOf(noun) == "" && (isItem(next+"s") || oneOf(next, labelNouns)) {
		noun++ // "per labeled image"
	}
	if unit = r.kindOf(noun); unit != "" {
		return unit, noun + 1
	}
	for end = noun + 1; end < noun+3 && r.at(end).word && r.at(end).clause == t.clause && !(oneOf(r.at(end).low, endWords) && r.at(end).low != "of"); {
		end++ // "per audio minute", "per hour of audio"
	}
	return perOther, end
}

const labelNouns = "label labels annotation annotations"

// kindOf returns the unit that a noun names.
func (r *reader) kindOf(i int) string {
	switch low := r.at(i).low; {
	case timeUnit(low) == "hour" && !strings.HasSuffix(low, "s") && r.at(i+1).low != "of":
		return payPerHour
	case oneOf(low, labelNouns):
		return payPerLabel
	case oneOf(low, "project job"):
		return fixedPrice
	case isItem(low), isItem(low + "s"), oneOf(low, "word box cuboid polygon object entry story query"):
		return perPiece
	}
	return ""
}

// unitBefore reads "hourly rate of", "fixed price of", "paid per label:" before an amount.
func (r *reader) unitBefore(i int) string {
	for j := i - 1; j > i-7 && r.at(j).sentence == r.at(i).sentence; j-- {
		switch low := r.at(j).low; {
		case low == "hourly":
			return payPerHour
		case oneOf(low, "fixed flat lump total"):
			return fixedPrice
		case oneOf(r.at(j-1).low, "per each by"):
			return r.kindOf(j)
		case !oneOf(low, "of is : rate price pay paid fee sum at the a an are for we payment = hour label"):
			return ""
		}
	}
	return ""
}

// payWords returns the units of "paid per label", "hourly rate", "fixed price".
func (r *reader) payWords() []string {
	var kinds []string
	for i, t := range r.tokens {
		if !oneOf(t.low, "pay paid pays paying payment payments compensation price rate fee") || r.clauses[t.clause].negated {
			continue
		}
		before := r.at(i - 1).low
		after := i + 1
		if oneOf(r.at(after).low, "is are") {
			after++
		}
		if unit, _ := r.unitAt(after); unit != "" && unit != perOther && t.low != "rate" {
			kinds = append(kinds, unit)
		}
		if before == "hourly" {
			kinds = append(kinds, payPerHour)
		}
		if oneOf(before, "fixed flat") {
			kinds = append(kinds, fixedPrice)
		}
	}
	return kinds
}

// clauseFlags tell what words in a clause do to the facts in it.
type clauseFlags struct {
	negated bool // "not", "no"
	special bool // "bonus", "depending"
	paced   bool // "per", "each"
}

// markClauses finds the words that change the meaning of facts beside them.
func (r *reader) markClauses() {
	if len(r.tokens) == 0 {
		return
	}
	r.clauses = make([]clauseFlags, r.tokens[len(r.tokens)-1].clause+1)
	until := -1 // the sentence in which a negation goes on
	for i, t := range r.tokens {
		flags := &r.clauses[t.clause]
		switch {
		case oneOf(t.low, "not never without except excluding instead unlike nor neither cannot outside"), strings.HasSuffix(t.low, "n't"):
			until = t.sentence
		case t.low == "but":
			until = -1
		case oneOf(t.low, "no non"):
			flags.negated = true
		case oneOf(t.low, "bonus bonuses extra overtime additional referral deposit penalty negotiable depending depends max minimum trial "+
			"training weekend weekends night nights worth revenue client clients customers"):
			flags.special = true
		case !t.rate && (oneOf(t.low, "per each every / daily weekly") || oneOf(t.low, "a an") && timeUnit(r.at(i+1).low) != ""):
			flags.paced = true
		}
		flags.negated = flags.negated || until == t.sentence
	}
}
