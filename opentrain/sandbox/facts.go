package sandbox

import (
	"cmp"
	"strings"
)

// fact is what a rule says in the text.
type fact struct {
	finding
	rule
	number float64
	at     int // the token of the number, or the first one
}

// clauseFlags tell what words in a clause do to the facts in it.
type clauseFlags struct {
	negated, special bool // "not", "bonus"
	paces            int  // words like "per", outside rates
}

// markClauses finds the words that change the meaning of facts beside them. A "not" reaches to the end of its sentence.
func (r *reader) markClauses() {
	r.clauses = make([]clauseFlags, r.at(len(r.tokens)-1).clause+1)
	until := -1
	for i := range r.tokens {
		t := r.at(i)
		flags := &r.clauses[t.clause]
		switch {
		case r.in(t, "@not"), strings.HasSuffix(t.low, "n't"):
			until = t.sentence
		case t.low == "but":
			until = -1
		}
		flags.negated = flags.negated || until == t.sentence || r.in(t, "@no")
		flags.special = flags.special || r.in(t, "@special")
		flags.paces += r.paces(i)
	}
}

// paces returns 1 for "per", "each" and the "a" of "a day".
func (r *reader) paces(i int) int {
	if t := r.at(i); r.in(t, "@pace") || (t.low == "a" || t.low == "an") && r.in(r.at(i+1), "@time") {
		return 1
	}
	return 0
}

// findFacts applies the rules. Of those on pay, the first that matches an amount counts.
func (r *reader) findFacts() {
	for _, one := range r.rules {
		end := 0
		for i := range r.tokens {
			if i < end || !r.tokens[i].groups.meets(one.begins) {
				continue
			}
			found, matched := r.match(finding{first: i, end: i}, one.pattern)
			f := fact{finding: found, rule: one, at: i}
			if f.doubt = cmp.Or(found.doubt, one.guess); matched && r.holds(&f) {
				r.facts[one.field] = append(r.facts[one.field], f)
				end = f.end
			}
		}
	}
}

// payFields are the fields of rules about amounts of money.
const payFields = "pricePerHour pricePerLabel fixedPrice otherRate limit money"

// holds reports whether nothing around a fact makes it false, and completes it.
func (r *reader) holds(f *fact) bool {
	for n, i := range f.numbers {
		t := r.at(i)
		if n == 0 {
			f.at, f.number = i, t.value
			continue
		}
		if r.at(f.at).scale == 1 && t.scale > 1 && f.number < t.value/t.scale { // "10-20k"
			f.number *= t.scale
		}
		if f.number >= t.value {
			return false
		}
	}
	flags := r.clauses[r.at(f.at).clause]
	counted, claimed := f.field == "headcount" || f.field == "dataVolume", r.at(f.at).field
	pay := strings.Contains(payFields, f.field)
	if flags.negated && f.field != "money" && f.value != "false" || flags.paces > 0 && counted || claimed == f.field || claimed != "" && pay {
		return false
	}
	if flags.special && pay {
		f.doubt = cmp.Or(f.doubt, "may not be the pay for all of the work")
	}
	for i := f.first; i < f.end; i++ {
		if r.in(r.at(i), "@cents") {
			f.number /= 100
		}
		if pay && r.at(i).field == "" {
			r.clauses[r.at(i).clause].paces -= r.paces(i)
		}
		if pay || counted {
			r.tokens[i].field = f.field
		}
		if f.field == "labelTypes" && !r.in(r.at(i), "@person") {
			r.tokens[i].groups = r.tokens[i].groups.and(r.bits["@work"])
		}
	}
	return true
}
