package sandbox

import (
	"cmp"
	_ "embed"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// grammarText says what the sandbox reads of a description, and explains its own form.
//
//go:embed grammar.txt
var grammarText string

type grammar struct {
	values map[string]float64 // of the words for numbers
	groups map[string]set     // of a word, with the word itself
	bits   map[string]set     // of words, groups and signs
	parts  map[string][]rule
	rules  []rule // those for fields
	tasks  map[string]task
	types  []string // of labeling: the keys of tasks in their order
}

// set is a set of words, groups of words and signs like "^".
type set [6]uint64

func (s *set) meets(o *set) bool {
	return s[0]&o[0]|s[1]&o[1]|s[2]&o[2]|s[3]&o[3]|s[4]&o[4]|s[5]&o[5] != 0
}

func (s set) with(other set) set {
	for i := range s {
		s[i] |= other[i]
	}
	return s
}

// prune leaves out of a pattern what a text with these groups can't have, and reports whether it can have the rest.
func (s *set) prune(steps []step) (kept []step, possible bool) {
	for _, one := range steps {
		all := one.rules
		one.rules = nil
		for _, sub := range all {
			if sub.steps, possible = s.prune(sub.steps); possible {
				one.rules = append(one.rules, sub)
			}
		}
		if s.meets(&one.any) || one.rules != nil {
			kept = append(kept, one)
		} else if !one.optional {
			return nil, false
		}
	}
	return kept, true
}

// rule is a pattern and what it says of a field. guess is why that may be wrong.
type rule struct {
	field, value, guess string
	steps               []step
}

// step is an element of a pattern: one of several words, groups and other patterns.
type step struct {
	any             set
	rules           []rule
	ahead, optional bool // it is only looked at; it can be missing
}

// theGrammar reads grammarText when it is first needed.
var theGrammar = sync.OnceValue(func() *grammar {
	g := &grammar{values: map[string]float64{}, groups: map[string]set{}, bits: map[string]set{}, parts: map[string][]rule{},
		tasks: map[string]task{}}
	for line := range strings.Lines(grammarText) {
		head, body, found := strings.Cut(strings.TrimSuffix(line, "\n"), " = ")
		if !found || strings.HasPrefix(line, "# ") {
			continue
		}
		head, guess, _ := strings.Cut(strings.TrimSuffix(head, ")"), " (")
		name, value, _ := strings.Cut(head, " ")
		switch name[0] {
		case '@':
			for word := range strings.FieldsSeq(body) {
				g.groups[word] = g.groups[word].with(g.bit(name))
				g.values[word], _ = strconv.ParseFloat(value, 64) // most groups have no value
			}
			continue
		case 'T': // TASK
			columns := strings.Split(body, "|")
			g.tasks[value] = task{columns[0], columns[1], columns[2], columns[3]}
			g.types = append(g.types, value)
			continue
		}
		for pattern := range strings.SplitSeq(body, " ; ") {
			one := rule{field: name, value: value, guess: guess, steps: g.steps(pattern)}
			if name[0] == '&' {
				g.parts[name] = append(g.parts[name], one)
			} else {
				g.rules = append(g.rules, one)
			}
		}
	}
	return g
})

func (g *grammar) steps(pattern string) (steps []step) {
	for text := range strings.FieldsSeq(strings.ReplaceAll(pattern, "…", "_? _? _?")) {
		text, optional := strings.CutSuffix(text, "?")
		s := step{optional: optional, ahead: text == "^" || text == "^^" || text == "." || strings.HasPrefix(text, "&>")}
		for name := range strings.SplitSeq(text, "|") {
			if part := g.parts[name]; part != nil {
				s.rules = append(s.rules, part...)
			} else {
				s.any = s.any.with(g.bit(name))
			}
		}
		steps = append(steps, s)
	}
	return steps
}

// bit returns the set of one word, group or sign.
func (g *grammar) bit(name string) set {
	one, known := g.bits[name]
	if !known {
		one[len(g.bits)/64] = 1 << (len(g.bits) % 64)
		if g.bits[name] = one; !strings.ContainsAny(name[:1], "@^.#_") { // no group or sign
			g.groups[name] = g.groups[name].with(one)
		}
	}
	return one
}

// in reports whether a token is in one of some groups.
func (g *grammar) in(t *token, groups ...string) bool {
	return slices.ContainsFunc(groups, func(name string) bool {
		bits := g.bits[name]
		return t.groups.meets(&bits)
	})
}

// finding is what a pattern found in the text.
type finding struct {
	first, end int    // tokens
	numbers    [2]int // the tokens of the first two
	count      int    // of numbers
	doubt      string
}

// then returns a finding that goes on with another one.
func (f finding) then(next finding) finding {
	for _, n := range next.numbers[:min(next.count, 2-f.count)] {
		f.numbers[f.count] = n
		f.count++
	}
	f.end, f.doubt = next.end, cmp.Or(f.doubt, next.doubt)
	return f
}

// match matches steps at the end of a finding, and returns the longer finding.
func (r *reader) match(f finding, steps []step) (whole finding, matched bool) {
	if len(steps) == 0 {
		return f, true
	}
	s, rest, here := &steps[0], steps[1:], r.at(f.end)
	try := func(found finding) bool {
		if s.ahead {
			found = finding{end: f.end}
		}
		whole, matched = r.match(f.then(found), rest)
		return matched
	}
	if here.groups.meets(&s.any) {
		found := finding{end: f.end + 1}
		if here.kind == number {
			found.numbers[0], found.count = f.end, 1
		}
		if try(found) {
			return whole, true
		}
	}
	for i := range s.rules {
		found, isThere := r.match(finding{end: f.end}, s.rules[i].steps)
		if found.doubt = cmp.Or(found.doubt, s.rules[i].guess); isThere && try(found) {
			return whole, true
		}
	}
	if s.optional {
		return r.match(f, rest)
	}
	return f, false
}

// markSigns puts the signs of patterns into the groups of tokens, and finds what is negated or asked: a "not" reaches to
// the end of its sentence, a question mark to its start.
func (r *reader) markSigns() {
	r.negated = make([]int, r.clause+1)
	until, asked := -1, -1 // the sentence of the last "not", the last question mark
	for i := range r.tokens {
		t, before := r.at(i), r.at(i-1)
		reaches := r.in(t, "@not") || strings.HasSuffix(t.low, "n't") || t.low == "but" && r.in(before, "@all")
		switch {
		case reaches:
			until = t.sentence
		case t.low == "but":
			until = -1
		case t.low == "?":
			for n := i; n > asked && r.at(n).sentence == t.sentence; n-- {
				r.negated[r.at(n).clause] = 2
			}
			asked = i
		case until == t.sentence:
			r.negated[t.clause] = max(r.negated[t.clause], 1)
		}
		if reaches || r.in(t, "@no") {
			r.negated[t.clause] = 2
		}
		starts := before.kind == stop && !r.in(before, "@open")
		r.mark(t, "^", starts)
		r.mark(t, "^^", starts && before.sentence != t.sentence)
		r.mark(t, ".", t.kind == stop && t.low != ":")
		r.mark(t, "_", t.kind == word && !r.in(t, "@ends") && !r.measures(i))
		r.mark(t, "##", t.kind == number)
		r.mark(t, "#", t.kind == number && t.value > 0)
		r.mark(t, "#100", t.kind == number && t.value >= 100)
		r.present = r.present.with(t.groups)
	}
}

// measures reports whether a token makes the number before it one that counts nothing: "30 second clips", "1080p videos",
// "two-page reports".
func (r *reader) measures(i int) bool {
	t, before := r.at(i), r.at(i-1)
	if r.in(t, "@measure") && before.low == "+" {
		before = r.at(i - 2)
	}
	return before.kind == number && (r.in(t, "@measure") || before.end == t.start || strings.TrimSpace(r.text[before.end:t.start]) != "")
}

func (r *reader) mark(t *token, group string, holds bool) {
	if holds {
		t.groups = t.groups.with(r.bits[group])
		r.present = r.present.with(r.bits[group])
	}
}

func (r *reader) findFacts() {
	for n := range r.rules {
		one, end := &r.rules[n], 0
		steps, possible := r.present.prune(one.steps)
		if !possible {
			continue
		}
		for i := range r.tokens {
			if found, matched := r.match(finding{first: i, end: i}, steps); matched && i >= end {
				if f := (fact{finding: found, rule: one, at: i}); r.holds(&f) {
					r.facts[one.field] = append(r.facts[one.field], f)
					end = f.end
				}
			}
		}
	}
}

// holds reports whether nothing around a fact makes it false, and completes it.
func (r *reader) holds(f *fact) bool {
	low, high := r.at(f.numbers[0]), r.at(f.numbers[1])
	if f.count > 0 {
		f.at, f.number = f.numbers[0], low.value
	}
	if f.count > 1 && f.field != "left" {
		if low.scale == 1 && high.scale > 1 && low.value < high.value/high.scale { // "10-20k"
			f.number *= high.scale
		}
		if f.number >= high.value {
			return false
		}
	}
	f.doubt = cmp.Or(f.doubt, f.guess)
	claim := cmp.Or(map[string]string{"rate": "pay", "amount": "pay", "perTask": "dataVolume"}[f.field], f.field)
	few := f.field == "dataVolume" && f.number < 10 && f.value != unitHours // "compare two answers", "two photos per item"
	anyway := f.value == "false" || f.field == "amount" || strings.HasPrefix(f.field, "ask") || strings.HasPrefix(f.field, "left")
	negated := r.negated[r.at(f.at).clause]
	switch {
	case !anyway && (negated == 2 || negated == 1 && claim != "pay"), f.field == "headcount" && r.near(f, "@pace"),
		few && (r.in(r.at(f.first), "@work") || r.near(f, "@pace")),
		f.field == "headcount" && (f.number != math.Trunc(f.number) || f.number > 1e5),
		slices.ContainsFunc(r.tokens[f.first:f.end], func(t token) bool {
			return t.claim == claim || claim != "pay" && r.in(&t, "@cents") // only pay is in cents
		}):
		return false
	case f.field == "dataVolume" && r.near(f, "@pace"):
		f.doubt = cmp.Or(f.doubt, "may not be the amount of all data")
	case claim == "pay" && r.near(f, "@special"):
		f.doubt = cmp.Or(f.doubt, "may not be the pay for all of the work")
	case oneOf(f.field, "rate headcount dataVolume") && r.qualified(f.end):
		f.doubt = cmp.Or(f.doubt, "is qualified by the words after it")
	}
	cents := slices.ContainsFunc(r.tokens[f.first:f.end], func(t token) bool { return r.in(&t, "@cents") })
	if cents {
		f.number /= 100
	}
	for i := f.first; i < f.end; i++ {
		t := r.at(i)
		t.claim = claim
		r.mark(t, "@work", claim == "labelTypes" && !r.in(t, "@person"))
	}
	if claim == "currency" {
		r.setDollarsAside()
	}
	return true
}

// qualified reports whether a qualifier like ", max." or "(per shift)" starts at a token.
func (r *reader) qualified(at int) bool {
	return slices.ContainsFunc(r.parts["&>qualifier"], func(one rule) bool {
		_, matched := r.match(finding{end: at}, one.steps)
		return matched
	})
}

// setDollarsAside makes dollars foreign, because the text says that amounts are in another currency, which can have this sign
// and name too. It leaves those that are plainly American.
func (r *reader) setDollarsAside() {
	for i := range r.tokens {
		t, usd := r.at(i), r.bits["@usd"]
		plain := r.in(r.at(i-1), "@american") || r.at(i+1).kind == number && r.in(r.at(i+2), "@usd", "@american")
		if oneOf(t.low, "$ dollar dollars bucks") && !plain {
			for n := range usd {
				t.groups[n] &^= usd[n]
			}
			r.mark(t, "@foreign", true)
		}
	}
}

// near reports whether a word of a group is in the clause of a fact, outside other facts.
func (r *reader) near(f *fact, group string) bool {
	for i := f.at - 20; i < f.at+20; i++ {
		if t := r.at(i); t.clause == r.at(f.at).clause && t.claim == "" && r.in(t, group) {
			return true
		}
	}
	return false
}

// task is a kind of labeling work: its title in the title of a job, its label, its category in the marketplace, "" if that
// follows from the data, and what it needs: a language, a given amount of data.
type task struct{ title, label, category, needs string }

// need reports whether one of some kinds of work needs something.
func need(types []string, what string) bool {
	return slices.ContainsFunc(types, func(value string) bool { return strings.Contains(theGrammar().tasks[value].needs, what) })
}
