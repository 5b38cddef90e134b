package sandbox

import (
	"cmp"
	"math"
	"strings"
)

// fact is what a rule says in the text.
type fact struct {
	finding
	*rule
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
		if r.in(t, "@not") || strings.HasSuffix(t.low, "n't") {
			until = t.sentence
		} else if t.low == "but" {
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

// findFacts applies the rules.
func (r *reader) findFacts() {
	for n := range r.rules {
		one, end := &r.rules[n], 0
		for i := range r.tokens {
			if i < end || !r.tokens[i].groups.meets(&one.begins) {
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
	pay, counted := f.field == "rate" || f.field == "amount", f.field == "headcount" || f.field == "dataVolume"
	anyway := f.value == "false" || strings.Contains("amount left askData askLanguage askNDA", f.field)
	flags, claimed := &r.clauses[r.at(f.at).clause], r.at(f.at).claim
	switch {
	case flags.negated && !anyway, counted && flags.paces > 0,
		claimed != "" && (pay || claimed == f.field || claimed == "left"), f.field == "headcount" && (f.number != math.Trunc(f.number) || f.number > 1e5):
		return false
	case flags.special && pay:
		f.doubt = cmp.Or(f.doubt, "may not be the pay for all of the work")
	}
	for i := f.first; i < f.end; i++ {
		t := r.at(i)
		if r.in(t, "@cents") {
			f.number /= 100
		}
		if pay && t.claim == "" {
			r.clauses[t.clause].paces -= r.paces(i)
		}
		if pay || counted || f.field == "left" {
			t.claim = f.field
		}
		if f.field == "labelTypes" && !r.in(t, "@person") {
			t.groups = t.groups.and(r.bits["@work"])
		}
	}
	return true
}
