package sandbox

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// parsed is what a description says, as far as the rules below understand it.
// They are a simulator's: ordered and plain, so that a reader can foretell
// them. What they are not sure of goes into guesses.
type parsed struct {
	fields   values
	guesses  []guess
	unmapped []unmapped
	demands  demands
}

// reader works through one description.
type reader struct {
	parsed
	text   string
	folded string // what patterns look for their stems in
	tokens []token
	spent  []bool // numbers that have got a meaning
	tasks  []task
	items  string // what is worked on, as a title would say it; "" when unknown
	data   string // dataType that the items tell
	// languages are the known languages by their names in lower case.
	languages map[string]string
}

// parse reads a description.
func parse(text string) parsed {
	r := &reader{text: text, folded: fold(text), tokens: lex(text), languages: languageNames()}
	r.spent = make([]bool, len(r.tokens))
	r.fields = values{"jobDescription": text}
	r.findTasks()
	r.findPay()
	r.findCounts()
	r.findItems()
	r.findLanguages()
	r.findCountries()
	r.findLevel()
	r.findSubject()
	r.findSecrecy()
	r.findUnmapped()
	r.findTitle()
	return r.parsed
}

// guess sets a field and notes that a human should confirm it.
func (r *reader) guess(key string, value any, reason string) {
	r.fields[key] = value
	r.doubt(key, reason)
}

// doubt notes that the value of a field should be confirmed, once.
func (r *reader) doubt(key, reason string) {
	if slices.ContainsFunc(r.guesses, func(g guess) bool { return g.Field == key }) {
		return
	}
	r.guesses = append(r.guesses, guess{Field: key, Value: r.fields[key], Reason: reason})
}

// leave notes a part of the text that fits no field.
func (r *reader) leave(start, end int, reason string) {
	preview := []rune(strings.Join(strings.Fields(r.text[start:end]), " "))
	if len(preview) > 80 {
		preview = append(preview[:79], '…')
	}
	r.unmapped = append(r.unmapped, unmapped{Path: "source.text", Reason: reason, ValuePreview: string(preview)})
}

// at returns the token at i, an empty one beyond the ends.
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
	if len(all) > 1 { // a plain "classify" only says again what a named task says
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

// capital writes a word with a capital first letter.
func capital(word string) string {
	r, size := utf8.DecodeRuneInString(word)
	if size == 0 {
		return word
	}
	return string(unicode.ToUpper(r)) + word[size:]
}
