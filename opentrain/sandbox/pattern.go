package sandbox

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// pattern is a regular expression that is only tried on texts with one of its stems. Most texts have no stem
// of most rules, and searching for a word is many times faster than matching an expression.
type pattern struct {
	*regexp.Regexp
	stems []string // every match has one of them, folded; nil if unknown
}

// compile compiles an expression, which must be valid.
func compile(expr string) pattern {
	p := pattern{Regexp: regexp.MustCompile(expr)}
	if tree, err := syntax.Parse(expr, syntax.Perl); err == nil {
		p.stems = stems(tree.Simplify())
	}
	return p
}

// fold removes the case from a text, like in stems.
func fold(text string) string {
	return strings.ReplaceAll(strings.ToLower(text), "ſ", "s") // the one letter that only (?i) folds
}

// mayMatch reports whether a folded text contains one of the stems.
func (p pattern) mayMatch(folded string) bool {
	return p.stems == nil || slices.ContainsFunc(p.stems, func(stem string) bool { return strings.Contains(folded, stem) })
}

// in reports whether the description that r reads has a match.
func (p pattern) in(r *reader) bool {
	return p.mayMatch(r.folded) && p.MatchString(r.text)
}

// stems returns words such that every match of an expression contains one of them, or nil. In a sequence, it
// uses the part with the longest words, because that rules out the most texts.
func stems(e *syntax.Regexp) []string {
	var all []string
	switch e.Op {
	case syntax.OpLiteral:
		return []string{fold(string(e.Rune))}
	case syntax.OpCapture, syntax.OpPlus:
		return stems(e.Sub[0])
	case syntax.OpAlternate:
		for _, part := range e.Sub {
			some := stems(part)
			if some == nil {
				return nil
			}
			all = append(all, some...)
		}
	case syntax.OpConcat:
		for _, part := range e.Sub {
			if some := stems(part); some != nil && shortest(some) > shortest(all) {
				all = some
			}
		}
	default:
	}
	return all
}

// shortest returns the length of the shortest word, or 0 if there is none.
func shortest(words []string) int {
	if len(words) == 0 {
		return 0
	}
	return len(slices.MinFunc(words, func(a, b string) int { return len(a) - len(b) }))
}
