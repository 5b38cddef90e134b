package sandbox

import (
	"cmp"
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// grammarText says what the sandbox reads of a description, and explains its own form.
//
//go:embed grammar.txt
var grammarText string

// grammar is what grammarText says.
type grammar struct {
	numbers, scales map[string]float64 // of a word
	groups          map[string]group   // of a word
	groupNames      map[string]group
	parts           map[string]*part
	rules           []rule // those that set fields
	tasks           []task
}

// group is a set of groups of words, with a bit for each.
type group uint64

// rule is a pattern and the field that it sets.
type rule struct {
	field, value, guess string
	pattern             [][]choice // the choices for each part of it
}

// choice is a word, a group, a pattern that others use, or a sign like "^". "" is nothing.
type choice struct {
	text  string
	group group
	part  *part
}

type part struct {
	rules []rule
	ahead bool // it comes next, but isn't taken
}

// theGrammar reads grammarText when it is first needed.
var theGrammar = sync.OnceValue(func() *grammar {
	g := &grammar{map[string]float64{}, map[string]float64{}, map[string]group{}, map[string]group{}, map[string]*part{}, nil, nil}
	for line := range strings.Lines(grammarText) {
		head, body, found := strings.Cut(strings.TrimSuffix(line, "\n"), " = ")
		if !found || strings.HasPrefix(line, "# ") {
			continue
		}
		head, doubt, _ := strings.Cut(strings.TrimSuffix(head, ")"), " (")
		name, value, _ := strings.Cut(head, " ")
		number, err := strconv.ParseFloat(name[1:], 64)
		switch {
		case name == "TASK":
			columns := strings.Split(body, "|")
			g.tasks = append(g.tasks, task{value, columns[0], columns[1], columns[2], columns[3]})
		case name[0] == '@':
			for _, word := range strings.Fields(body) {
				g.groups[word] |= g.groupNamed(name)
			}
		case err == nil:
			for _, word := range strings.Fields(body) {
				map[byte]map[string]float64{'n': g.numbers, 'x': g.scales}[name[0]][word] = number
			}
		default:
			for pattern := range strings.SplitSeq(body, " ; ") {
				one := rule{name, value, doubt, g.compile(pattern)}
				if name[0] == '&' {
					g.partNamed(name).rules = append(g.partNamed(name).rules, one)
				} else {
					g.rules = append(g.rules, one)
				}
			}
		}
	}
	return g
})

func (g *grammar) groupNamed(name string) group {
	if g.groupNames[name] == 0 {
		g.groupNames[name] = 1 << len(g.groupNames)
	}
	return g.groupNames[name]
}

func (g *grammar) partNamed(name string) *part {
	if g.parts[name] == nil {
		g.parts[name] = &part{ahead: name[1] == '>'}
	}
	return g.parts[name]
}

func (g *grammar) compile(pattern string) [][]choice {
	var all [][]choice
	for text := range strings.FieldsSeq(pattern) {
		var choices []choice
		text, optional := strings.CutSuffix(text, "?")
		for one := range strings.SplitSeq(text, "|") {
			c := choice{text: one}
			switch {
			case one[0] == '&' && len(one) > 1:
				c.part = g.partNamed(one)
			case one[0] == '@':
				c.group = g.groupNamed(one)
			}
			choices = append(choices, c)
		}
		if optional {
			choices = append(choices, choice{})
		}
		all = append(all, choices)
	}
	return all
}

// in reports whether a token is in a group of words.
func (g *grammar) in(t token, name string) bool { return t.groups&g.groupNames[name] != 0 }

// finding is what a pattern found in the text.
type finding struct {
	first, end int   // tokens
	numbers    []int // tokens
	doubt      string
}

// match matches a pattern at the end of a finding, and returns the longer finding.
func (r *reader) match(f finding, pattern [][]choice) (whole finding, matched bool) {
	if len(pattern) == 0 {
		return f, true
	}
	for _, one := range pattern[0] {
		for _, next := range r.step(f, one) {
			if whole, matched = r.match(next, pattern[1:]); matched {
				return whole, true
			}
		}
	}
	return f, false
}

// step matches one choice, in all ways.
func (r *reader) step(f finding, one choice) []finding {
	here, before := r.at(f.end), r.at(f.end-1)
	starts := before.kind == stop && (before.low == "" || !strings.Contains("([:\"“", before.low))
	found := false
	switch {
	case one.part != nil:
		return r.matchPart(f, one.part)
	case one.text == "…":
		all := []finding{f}
		for ; len(all) < 4 && r.at(f.end).kind == word && !r.in(r.at(f.end), "@ends"); all = append(all, f) {
			f.end++
		}
		return all
	case one.text == "", one.text == "^" && starts, one.text == "^^" && starts && before.sentence != here.sentence,
		one.text == "." && here.kind == stop && here.low != ":":
		return []finding{f}
	case one.text[0] == '#':
		f.numbers = append(slices.Clip(f.numbers), f.end)
		found = here.kind == number && (here.value >= 100 || here.value > 0 && one.text == "#")
	case one.group != 0:
		found = here.groups&one.group != 0
	default:
		found = here.low == one.text
	}
	if f.end++; found {
		return []finding{f}
	}
	return nil
}

// matchPart matches a pattern that others use. It finds out once for each token.
func (r *reader) matchPart(f finding, p *part) []finding {
	key := partAt{p, f.end}
	inner, known := r.found[key]
	if !known {
		for _, sub := range p.rules {
			if one, matched := r.match(finding{first: f.end, end: f.end}, sub.pattern); matched {
				one.doubt = cmp.Or(one.doubt, sub.guess)
				inner = append(inner, one)
			}
		}
		r.found[key] = inner
	}
	var all []finding
	for _, one := range inner {
		next := finding{f.first, one.end, slices.Concat(f.numbers, one.numbers), cmp.Or(one.doubt, f.doubt)}
		if p.ahead {
			next.end = f.end
		}
		all = append(all, next)
	}
	return all
}
