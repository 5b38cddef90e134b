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
	numbers, scales map[string]float64  // of a word
	groups          map[string][]string // of a word
	parts           map[string][]rule
	rules           []rule // those that set fields
	tasks           []task
}

// rule is a pattern and the field that it sets.
type rule struct {
	field, value, guess string
	pattern             [][]string // the alternatives of each part; "" is nothing
}

// theGrammar reads grammarText when it is first needed.
var theGrammar = sync.OnceValue(func() *grammar {
	g := &grammar{numbers: map[string]float64{}, scales: map[string]float64{}, groups: map[string][]string{}, parts: map[string][]rule{}}
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
		case name[0] == '@', err == nil:
			for _, word := range strings.Fields(body) {
				switch name[0] {
				case '@':
					g.groups[word] = append(g.groups[word], name)
				case 'n':
					g.numbers[word] = number
				case 'x':
					g.scales[word] = number
				}
			}
		default:
			for pattern := range strings.SplitSeq(body, " ; ") {
				one := rule{field: name, value: value, guess: doubt}
				for part := range strings.FieldsSeq(pattern) {
					part, optional := strings.CutSuffix(part, "?")
					one.pattern = append(one.pattern, strings.Split(part, "|"))
					if optional {
						one.pattern[len(one.pattern)-1] = append(one.pattern[len(one.pattern)-1], "")
					}
				}
				if name[0] == '&' {
					g.parts[name] = append(g.parts[name], one)
				} else {
					g.rules = append(g.rules, one)
				}
			}
		}
	}
	return g
})

// finding is what a pattern found in the text.
type finding struct {
	first, end int   // tokens
	numbers    []int // tokens
	names      []string
	doubt      string
}

// match matches a pattern at the end of a finding, and returns the longer finding.
func (r *reader) match(f finding, pattern [][]string) (finding, bool) {
	if len(pattern) == 0 {
		return f, true
	}
	for _, one := range pattern[0] {
		switch part := r.grammar.parts[one]; {
		case part != nil:
			for _, sub := range part {
				inner, found := r.match(f, sub.pattern)
				if inner.doubt = cmp.Or(inner.doubt, sub.guess); one[1] == '>' {
					inner = f
				}
				if whole, matched := r.match(inner, pattern[1:]); found && matched {
					return whole, true
				}
			}
		case one == "…":
			for next := f; next.end <= f.end+3; next.end++ {
				if whole, matched := r.match(next, pattern[1:]); matched {
					return whole, true
				}
				if t := r.at(next.end); t.kind != word || t.in("@ends") {
					break
				}
			}
		default:
			if next, found := r.step(f, one); found {
				if whole, matched := r.match(next, pattern[1:]); matched {
					return whole, true
				}
			}
		}
	}
	return f, false
}

// step matches one part of a pattern.
func (r *reader) step(f finding, part string) (finding, bool) {
	here, before := r.at(f.end), r.at(f.end-1)
	starts := before.kind == stop && (before.low == "" || !strings.Contains("([:\"“", before.low))
	switch part {
	case "":
		return f, true
	case "^":
		return f, starts
	case "^^":
		return f, starts && before.sentence != here.sentence
	case ".":
		return f, here.kind == stop && here.low != ":"
	case "#", "##":
		f.numbers = append(slices.Clip(f.numbers), f.end)
		f.end++
		return f, here.kind == number && (here.value > 0 && part == "#" || here.value >= 100)
	}
	f.names = append(slices.Clip(f.names), here.names...)
	f.end++
	return f, here.low == part || here.in(part)
}
