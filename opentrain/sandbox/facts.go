package sandbox

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// fact is what a rule says in the text.
type fact struct {
	finding
	*rule
	number float64
	at     int // the token of the number, or the first one
}

// markSigns puts the signs of patterns into the groups of the tokens, and finds what is negated. A "not" reaches to the
// end of its sentence.
func (r *reader) markSigns() {
	r.negated = make([]bool, r.clause+1)
	until := -1
	for i := range r.tokens {
		t, before := r.at(i), r.at(i-1)
		if r.in(t, "@not") || strings.HasSuffix(t.low, "n't") {
			until = t.sentence
		} else if t.low == "but" {
			until = -1
		}
		r.negated[t.clause] = r.negated[t.clause] || until == t.sentence || r.in(t, "@no")
		starts := before.kind == stop && (before.low == "" || !strings.Contains("([:\"“", before.low))
		r.mark(t, "^", starts)
		r.mark(t, "^^", starts && before.sentence != t.sentence)
		r.mark(t, ".", t.kind == stop && t.low != ":")
		r.mark(t, "~", t.kind == word && !r.in(t, "@ends"))
		r.mark(t, "##", t.kind == number)
		r.mark(t, "#", t.kind == number && t.value > 0)
		r.mark(t, "#100", t.kind == number && t.value >= 100)
	}
}

// mark puts a token into a group.
func (r *reader) mark(t *token, group string, holds bool) {
	if holds {
		t.groups = t.groups.with(r.bits[group])
	}
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
		if f.number >= t.value && f.field != "left" {
			return false
		}
	}
	pay, counted := f.field == "rate" || f.field == "amount", f.field == "headcount" || f.field == "dataVolume"
	anyway := f.value == "false" || strings.Contains("amount left askData askLanguage askNDA", f.field)
	claim := cmp.Or(map[bool]string{true: "pay"}[pay], f.field)
	switch {
	case r.negated[r.at(f.at).clause] && !anyway, counted && r.near(f, "@pace"),
		slices.ContainsFunc(r.tokens[f.first:f.end], func(t token) bool { return t.claim == claim }),
		f.field == "headcount" && (f.number != math.Trunc(f.number) || f.number > 1e5):
		return false
	case pay && r.near(f, "@special"):
		f.doubt = cmp.Or(f.doubt, "may not be the pay for all of the work")
	}
	for i := f.first; i < f.end; i++ {
		t := r.at(i)
		if r.in(t, "@cents") {
			f.number /= 100
		}
		if pay || counted || f.field == "left" || f.field == "languages" && r.in(t, "@language") {
			t.claim = claim
		}
		r.mark(t, "@work", f.field == "labelTypes" && !r.in(t, "@person"))
	}
	return true
}

// near reports whether a word of a group is in the clause of a fact, outside amounts of money.
func (r *reader) near(f *fact, group string) bool {
	for i := f.at - 20; i < f.at+20; i++ {
		if t := r.at(i); t.clause == r.at(f.at).clause && t.claim == "" && r.in(t, group) {
			return true
		}
	}
	return false
}
