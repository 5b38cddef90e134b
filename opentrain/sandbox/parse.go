package sandbox

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// parsed holds what the rules below understand of a description. They are simple and ordered, so that a
// reader can predict the result. Uncertain values go into guesses.
type parsed struct {
	fields   values
	guesses  []guess
	unmapped []unmapped
	demands  demands
}

// reader parses one description.
type reader struct {
	parsed
	text   string
	folded string // lower case; patterns search it for their stems
	tokens []token
	used   []bool // numbers with a known meaning
	tasks  []task
	items  string // what the work is on, as in a title; "" if unknown
	data   string // dataType of the items
	// languages are the known languages by their names in lower case.
	languages map[string]string
}

// parse reads a description.
func parse(text string) parsed {
	r := &reader{text: text, folded: fold(text), tokens: lex(text), languages: languageNames()}
	r.used = make([]bool, len(r.tokens))
	r.fields = values{"jobDescription": text}
	r.findTasks()
	r.findPay()
	r.findCounts()
	r.findItems()
	r.findLanguages()
	r.findCountries()
	r.findLevel()
	r.findSubject()
	r.findNDA()
	r.findUnmapped()
	r.findTitle()
	return r.parsed
}

// guess sets a field and records that a human should confirm it.
func (r *reader) guess(key string, value any, reason string) {
	r.fields[key] = value
	r.addGuess(key, reason)
}

// addGuess records, once, that a human should confirm the value of a field.
func (r *reader) addGuess(key, reason string) {
	if slices.ContainsFunc(r.guesses, func(g guess) bool { return g.Field == key }) {
		return
	}
	r.guesses = append(r.guesses, guess{Field: key, Value: r.fields[key], Reason: reason})
}

// addUnmapped records a part of the text that matches no field.
func (r *reader) addUnmapped(start, end int, reason string) {
	preview := []rune(strings.Join(strings.Fields(r.text[start:end]), " "))
	if len(preview) > 80 {
		preview = append(preview[:79], '…')
	}
	r.unmapped = append(r.unmapped, unmapped{Path: "source.text", Reason: reason, ValuePreview: string(preview)})
}

// at returns the token at i, or an empty one if i is out of range.
func (r *reader) at(i int) token {
	if i < 0 || i >= len(r.tokens) {
		return token{sentence: -1}
	}
	return r.tokens[i]
}

// findTasks sets labelTypes to the tasks that the text names.
func (r *reader) findTasks() {
	type found struct {
		task
		at int
	}
	var all []found
	for _, t := range taskTable {
		if t.pattern.Regexp == nil || !t.pattern.mayMatch(r.folded) {
			continue
		}
		if at := t.pattern.FindStringIndex(r.text); at != nil {
			all = append(all, found{t, at[0]})
		}
	}
	if len(all) > 1 { // a plain "classify" adds nothing to a named task
		all = slices.DeleteFunc(all, func(f found) bool { return f.value == "CLASSIFICATION" })
	}
	slices.SortStableFunc(all, func(a, b found) int { return a.at - b.at })
	all = all[:min(len(all), 4)]
	types := make([]string, 0, len(all))
	for _, f := range all {
		r.tasks = append(r.tasks, f.task)
		types = append(types, f.value)
	}
	if len(types) > 0 {
		r.fields["labelTypes"] = types
	}
}

// capitalize returns a word with a capital first letter.
func capitalize(word string) string {
	r, size := utf8.DecodeRuneInString(word)
	if size == 0 {
		return word
	}
	return string(unicode.ToUpper(r)) + word[size:]
}
