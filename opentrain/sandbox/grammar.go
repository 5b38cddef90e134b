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
	groups          map[string]set     // of a word, with the word itself
	bits            map[string]set     // of words, groups and signs
	parts           map[string]*part
	rules           []rule // those that set fields
	tasks           []task
}

// set is a set of words, groups of words and signs like "^".
type set [8]uint64

func (s *set) meets(other *set) bool {
	for i := range s {
		if s[i]&other[i] != 0 {
			return true
		}
	}
	return false
}

func (s set) and(other set) set {
	for i := range s {
		s[i] |= other[i]
	}
	return s
}

func (s set) not() set {
	for i := range s {
		s[i] = ^s[i]
	}
	return s
}

// rule is a pattern and the field that it sets.
type rule struct {
	field, value, guess string
	pattern             []step
	begins              set // what the pattern can begin with
}

// step is the words, groups and parts of which a pattern takes one.
type step struct {
	any                  set
	parts                []*part
	zero, gap, skippable bool // it takes no token; it is "…"; it can be missing
}

// part is a pattern that others use.
type part struct {
	rules []rule
	ahead bool // it comes next, but isn't taken
}

// theGrammar reads grammarText when it is first needed.
var theGrammar = sync.OnceValue(func() *grammar {
	g := &grammar{map[string]float64{}, map[string]float64{}, map[string]set{}, map[string]set{}, map[string]*part{}, nil, nil}
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
				g.groups[word] = g.groups[word].and(g.bit(name))
			}
		case err == nil:
			for _, word := range strings.Fields(body) {
				map[byte]map[string]float64{'n': g.numbers, 'x': g.scales}[name[0]][word] = number
			}
		default:
			for pattern := range strings.SplitSeq(body, " ; ") {
				one := rule{field: name, value: value, guess: doubt, pattern: g.compile(pattern)}
				if name[0] == '&' {
					g.part(name).rules = append(g.part(name).rules, one)
				} else {
					g.rules = append(g.rules, one)
				}
			}
		}
	}
	for _, p := range g.parts {
		setBegins(p.rules)
	}
	setBegins(g.rules)
	return g
})

func setBegins(rules []rule) {
	for i := range rules {
		rules[i].begins = begins(rules[i].pattern)
	}
}

// begins returns what a pattern can begin with: everything, if it can be empty.
func begins(pattern []step) (first set) {
	for _, e := range pattern {
		if e.zero {
			continue
		}
		first = first.and(e.any)
		for _, p := range e.parts {
			for _, sub := range p.rules {
				first = first.and(begins(sub.pattern))
			}
		}
		if !e.gap && !e.skippable {
			return first
		}
	}
	return set{}.not()
}

// bit returns the set of one word, group or sign.
func (g *grammar) bit(name string) set {
	one, known := g.bits[name]
	if !known {
		one[len(g.bits)/64] = 1 << (len(g.bits) % 64)
		g.bits[name] = one
		if name[0] != '@' {
			g.groups[name] = g.groups[name].and(one)
		}
	}
	return one
}

func (g *grammar) part(name string) *part {
	if g.parts[name] == nil {
		g.parts[name] = &part{ahead: name[1] == '>'}
	}
	return g.parts[name]
}

func (g *grammar) compile(pattern string) []step {
	var all []step
	for text := range strings.FieldsSeq(pattern) {
		text, skippable := strings.CutSuffix(text, "?")
		e := step{skippable: skippable, gap: text == "…", zero: text == "^" || text == "^^" || text == "."}
		for one := range strings.SplitSeq(text, "|") {
			if one[0] == '&' && len(one) > 1 {
				e.parts = append(e.parts, g.part(one))
			} else {
				e.any = e.any.and(g.bit(one))
			}
		}
		all = append(all, e)
	}
	return all
}

// in reports whether a token is in a group.
func (g *grammar) in(t *token, name string) bool {
	bits := g.bits[name]
	return t.groups.meets(&bits)
}

// finding is what a pattern found in the text.
type finding struct {
	first, end int   // tokens
	numbers    []int // tokens
	doubt      string
}

// match matches a pattern at the end of a finding, and returns the longer finding.
func (r *reader) match(f finding, pattern []step) (whole finding, matched bool) {
	if len(pattern) == 0 {
		return f, true
	}
	e, rest, here := &pattern[0], pattern[1:], r.at(f.end)
	if here.groups.meets(&e.any) {
		next := f
		if here.kind == number && !e.zero {
			next.numbers = append(slices.Clip(f.numbers), f.end)
		}
		if !e.zero {
			next.end++
		}
		if whole, matched = r.match(next, rest); matched {
			return whole, true
		}
	}
	for _, p := range e.parts {
		for i := range p.rules {
			sub := &p.rules[i]
			if !here.groups.meets(&sub.begins) {
				continue
			}
			inner, found := r.match(f, sub.pattern)
			inner.doubt = cmp.Or(inner.doubt, sub.guess)
			if p.ahead {
				inner = f
			}
			if whole, matched = r.match(inner, rest); found && matched {
				return whole, true
			}
		}
	}
	for n := 0; e.gap && n < 4 && (n == 0 || here.kind == word && !r.in(here, "@ends")); n++ {
		if whole, matched = r.match(f, rest); matched {
			return whole, true
		}
		here = r.at(f.end)
		f.end++
	}
	if e.skippable {
		return r.match(f, rest)
	}
	return f, false
}
