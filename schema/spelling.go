package schema

import (
	"slices"
	"strings"
	"unicode"
)

// misspelled returns the allowed value that a text means once its typos are corrected, "" when none is. A similar text may
// mean the opposite, so everything but typos counts as in matchFor: "not exprt" is no value.
func misspelled(path, text string, allowed []string, label func(value string) string) string {
	if len(text) > 100 { // each word is compared with all words of the values
		return ""
	}
	var known []string
	for _, value := range allowed {
		known = append(known, words(value)...)
		known = append(known, strings.ToLower(fold(value)))
		if label != nil {
			known = append(known, words(label(value))...)
		}
	}
	given, hasTypo := words(text), false
	for i, word := range given {
		given[i] = corrected(word, known)
		hasTypo = hasTypo || given[i] != word
	}
	if !hasTypo {
		return ""
	}
	value, _ := matchFor(path, strings.Join(given, " "), allowed, label)
	return value
}

// corrected is the one known word that a word is a typo of, or else the word itself.
func corrected(word string, known []string) string {
	meant := word
	for _, other := range known {
		switch {
		case other == word:
			return word
		case other == meant || !isTypo(word, other):
		case meant != word: // it may be either
			return word
		default:
			meant = other
		}
	}
	return meant
}

// isTypo reports whether a word is another with one letter added, left out or replaced, or two neighbors swapped, after its
// first letter: what begins differently may mean the opposite, as in internal and external, or active and inactive.
func isTypo(typed, word string) bool {
	const shortest = 4 // shorter words are like too many others
	a, b := []rune(typed), []rune(word)
	if turnsMeaning(typed) || len(b) < shortest || a[0] != b[0] {
		return false
	}
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if slices.ContainsFunc(slices.Concat(a, b), unicode.IsDigit) {
		return false // another number, not a typo
	}
	isSwapped := len(a) == 2 && len(b) == 2 && a[0] == b[1] && a[1] == b[0]
	return len(a) < 2 && len(b) < 2 || isSwapped
}
