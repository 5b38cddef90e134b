package sandbox

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// parsed is what a draft has from a description. A value that isn't certain is in guesses too. What was seen and
// not used is in unmapped.
type parsed struct {
	fields   values
	guesses  []guess
	unmapped []unmapped
	demands  struct {
		dataset  bool // the work has a given amount of data
		language bool // the work needs a language
		nda      bool // confidentiality is mentioned, but no NDA
	}
}

// guess is an entry of lowConfidenceFields, for a human to confirm. Its form is our assumption: the pages show no entry.
type guess struct {
	Field  string `json:"field"`
	Value  any    `json:"value"`
	Reason string `json:"reason"`
}

// unmapped is an entry of unmappedFields (developers/api-reference/job-drafts/create).
type unmapped struct {
	Path         string `json:"path"`
	Reason       string `json:"reason"`
	ValuePreview string `json:"valuePreview"`
}

// reader reads one description. It takes a fact only in forms that can mean nothing else.
type reader struct {
	parsed
	*grammar
	text      string
	tokens    []token
	edge      token             // before the first one and after the last one
	sentences []int             // where they start, and where the last one ends
	clause    int               // the last one
	negated   []int             // by clause: 2 if it has a "not", 1 if one before may reach it
	facts     map[string][]fact // by field
	remarks   []fact            // that set no field; the doubt says why
	hidden    int               // how many parts of the text are not shown in unmapped
	present   set               // the groups of all tokens
	known     []int32           // by part and token: where found has what the part finds there; 0 if it wasn't tried
	found     [][]finding       // the first two are empty
}

// fact is what a rule says in the text.
type fact struct {
	finding
	*rule
	number float64
	at     int // the token of the number, or the first one
}

// parse reads a description.
func parse(text string) parsed {
	r := &reader{grammar: theGrammar(), text: text, facts: map[string][]fact{}, sentences: []int{0}}
	r.edge = token{kind: stop, sentence: -1, clause: -1, groups: r.bits["."]}
	r.present = r.edge.groups
	r.fields = values{"jobDescription": text}
	r.split()
	r.setForeignAside()
	r.findPlaces()
	r.markSigns()
	r.findFacts()
	r.setFields()
	r.report()
	return r.parsed
}

// at returns a token, or an empty one that ends a clause.
func (r *reader) at(i int) *token {
	if i < 0 || i >= len(r.tokens) {
		return &r.edge
	}
	return &r.tokens[i]
}

// phrase returns the text of tokens with single spaces.
func (r *reader) phrase(first, end int) string {
	return strings.Join(strings.Fields(r.text[r.tokens[first].start:r.tokens[end-1].end]), " ")
}

// markSigns puts the signs of patterns into the groups of tokens, and finds what is negated or asked: a "not" reaches to
// the end of its sentence, a question mark to its start.
func (r *reader) markSigns() {
	r.negated = make([]int, r.clause+1)
	until := -1
	for i := range r.tokens {
		t, before := r.at(i), r.at(i-1)
		reaches := r.in(t, "@not") || strings.HasSuffix(t.low, "n't") || t.low == "but" && r.in(before, "@all")
		switch {
		case reaches:
			until = t.sentence
		case t.low == "but":
			until = -1
		case t.low == "?":
			for n := i; r.at(n).sentence == t.sentence; n-- {
				r.negated[r.at(n).clause] = 2
			}
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
		r.mark(t, "_", t.kind == word && !r.in(t, "@ends"))
		r.mark(t, "##", t.kind == number)
		r.mark(t, "#", t.kind == number && t.value > 0)
		r.mark(t, "#100", t.kind == number && t.value >= 100)
		r.present = r.present.with(t.groups)
	}
}

// mark puts a token into a group.
func (r *reader) mark(t *token, group string, holds bool) {
	if holds {
		t.groups = t.groups.with(r.bits[group])
		r.present = r.present.with(r.bits[group])
	}
}

// findFacts applies the rules.
func (r *reader) findFacts() {
	r.known, r.found = make([]int32, len(r.parts)*(len(r.tokens)+1)), make([][]finding, 2)
	for n := range r.rules {
		one, end := &r.rules[n], 0
		if !r.present.has(*one) {
			continue
		}
		for i := range r.tokens {
			if found, matched := r.match(finding{first: i, end: i}, one.steps); matched && i >= end {
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
	claim := f.field
	if f.field == "rate" || f.field == "amount" {
		claim = "pay"
	}
	anyway := f.value == "false" || f.field == "amount" || strings.HasPrefix(f.field, "ask") || strings.HasPrefix(f.field, "left")
	negated := r.negated[r.at(f.at).clause]
	switch {
	case !anyway && (negated == 2 || negated == 1 && claim != "pay"), f.field == "headcount" && r.near(f, "@pace"),
		f.field == "headcount" && (f.number != math.Trunc(f.number) || f.number > 1e5),
		slices.ContainsFunc(r.tokens[f.first:f.end], func(t token) bool { return t.claim == claim }):
		return false
	case f.field == "dataVolume" && r.near(f, "@pace"):
		f.doubt = cmp.Or(f.doubt, "may not be the amount of all data")
	case claim == "pay" && r.near(f, "@special"):
		f.doubt = cmp.Or(f.doubt, "may not be the pay for all of the work")
	}
	for i := f.first; i < f.end; i++ {
		t := r.at(i)
		if t.claim = claim; r.in(t, "@cents") {
			f.number /= 100
		}
		r.mark(t, "@work", claim == "labelTypes" && !r.in(t, "@person"))
	}
	return true
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

// maxParts is how many parts of a text or a document are shown, and maxPreview how much of each, in bytes.
const (
	maxParts   = 50
	maxPreview = 600
)

// report makes entries of the remarks: one for each sentence, or more where they are many.
func (r *reader) report() {
	slices.SortStableFunc(r.remarks, func(a, b fact) int { return a.first - b.first })
	last := -1
	for _, one := range r.remarks {
		sentence := r.at(one.first).sentence
		if n := len(r.unmapped) - 1; sentence == last && r.hidden == 0 && len(r.unmapped[n].Reason) < 2*maxPreview {
			r.unmapped[n].Reason += " " + one.doubt
		} else {
			r.addUnmapped(sentence, one.doubt)
		}
		last = sentence
	}
	if r.hidden > 0 {
		r.unmapped = append(r.unmapped, unmapped{"source.text", fmt.Sprintf("%d more parts of the text set no field.", r.hidden), "…"})
	}
}

func (r *reader) addUnmapped(sentence int, reason string) {
	if len(r.unmapped) == maxParts {
		r.hidden++
		return
	}
	part := r.text[r.sentences[sentence]:r.sentences[sentence+1]]
	r.unmapped = append(r.unmapped, unmapped{"source.text", reason, preview(part)})
}

// preview is the beginning of a text on one line.
func preview(text string) string {
	start := strings.ToValidUTF8(text[:min(len(text), maxPreview)], "")
	line := strings.Join(strings.Fields(start), " ")
	if len(text) > maxPreview {
		line += "…"
	}
	return line
}

// capitalize returns a word with a capital first letter.
func capitalize(word string) string {
	r, size := utf8.DecodeRuneInString(word)
	if size == 0 {
		return word
	}
	return string(unicode.ToUpper(r)) + word[size:]
}
