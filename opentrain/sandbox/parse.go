package sandbox

import (
	"cmp"
	"fmt"
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
	demands  demands
}

// reader reads one description. It takes a fact only in forms that can mean nothing else.
type reader struct {
	parsed
	*grammar
	text             string
	tokens           []token
	edge             token // before the first one and after the last one
	sentence, clause int
	negated          []bool            // by clause
	facts            map[string][]fact // by field
	remarks          []remark
}

// remark is why tokens set no field.
type remark struct {
	first, end int
	reason     string
}

// parse reads a description.
func parse(text string) parsed {
	r := &reader{grammar: theGrammar(), text: text, facts: map[string][]fact{}}
	r.edge = token{kind: stop, sentence: -1, clause: -1, groups: r.bits["."].with(r.bits["*"])}
	r.fields = values{"jobDescription": text}
	r.split()
	r.setForeignAside()
	r.findPlaces()
	r.markSigns()
	r.findFacts()
	r.setAll()
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

// maxPreview is how much of a text is shown of a part that isn't used, in bytes. maxParts is how many are shown.
const (
	maxPreview = 200
	maxParts   = 50
)

// setForeignAside takes the sentences that aren't in English out of the tokens, and reports them.
func (r *reader) setForeignAside() {
	scores := map[int]int{} // of sentences; -1: of all
	for i := range r.tokens {
		score := r.englishness(r.at(i))
		scores[r.at(i).sentence] += score
		scores[-1] += score
	}
	var kept []token
	first := 0
	for i, t := range r.tokens {
		if t.sentence != r.at(i-1).sentence {
			first = i
		}
		if score := scores[t.sentence]; score > 0 || score == 0 && scores[-1] >= 0 {
			kept = append(kept, t)
		} else if t.sentence != r.at(i+1).sentence {
			r.addUnmapped(r.text[r.tokens[first].start:t.end], "This sandbox reads only English; OpenTrain may read more.")
			r.demands.language, r.demands.dataset = true, true
		}
	}
	r.tokens = kept
}

// englishness is positive for a word that is common in English descriptions, negative for one of another language.
func (r *reader) englishness(t *token) int {
	first, _ := utf8.DecodeRuneInString(r.text[t.start:])
	switch lower := unicode.IsLower(first); {
	case t.kind != word, r.in(t, "@usd", "@foreign"):
	case r.in(t, "@english", "@person", "@item"):
		return 1
	case unicode.IsLetter(first) && !unicode.Is(unicode.Latin, first), lower && r.in(t, "@other"):
		return -2
	case lower && strings.ContainsFunc(t.low, func(r rune) bool { return r > unicode.MaxASCII && unicode.IsLetter(r) }):
		return -1
	}
	return 0
}

// findPlaces makes one token of the name of a language or country.
func (r *reader) findPlaces() {
	tokens := r.tokens
	r.tokens = nil
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		first, _ := utf8.DecodeRuneInString(r.text[t.start:])
		lower := unicode.IsLower(first)
		for size := min(5, len(tokens)-i); size > 0 && t.kind == word && !(lower && (len(t.low) < 5 || t.low == "polish")); size-- {
			last := tokens[i+size-1]
			name := strings.Join(strings.Fields(r.text[t.start:last.end]), " ")
			tongue, spoken := namedLanguage(name)
			land, known := namedCountry(name)
			for _, other := range []string{name + ".", "USA"} { // U.S.
				if !known && (other != "USA" || name == "US") {
					land, known = namedCountry(other)
				}
			}
			if known = known && !lower; last.kind == word && (known || spoken && (size == 1 || !lower)) {
				group := map[bool]string{true: "@country", false: "@language"}[known]
				t.name, t.groups, t.end = cmp.Or(map[bool]string{true: land.name}[known], tongue), t.groups.with(r.bits[group]), last.end
				i += size - 1
				break
			}
		}
		r.tokens = append(r.tokens, t)
	}
}

// report makes an entry of the remarks on each sentence.
func (r *reader) report() {
	slices.SortStableFunc(r.remarks, func(a, b remark) int { return a.first - b.first })
	for i, one := range r.remarks {
		if len(r.unmapped) == maxParts {
			r.addUnmapped("…", fmt.Sprintf("%d more parts of the text set no field.", len(r.remarks)-i))
			break
		}
		first, end := one.first, one.end
		for r.at(first-1).sentence == r.at(one.first).sentence && r.at(one.first).start-r.at(first-1).start < maxPreview {
			first--
		}
		for r.at(end).sentence == r.at(one.first).sentence && r.at(end).end-r.at(one.first).end < maxPreview {
			end++
		}
		part, n := r.phrase(first, end), len(r.unmapped)
		if n > 0 && r.unmapped[n-1].ValuePreview == part && len(r.unmapped[n-1].Reason) < 5*maxPreview {
			r.unmapped[n-1].Reason += " " + one.reason
			continue
		}
		r.addUnmapped(part, one.reason)
	}
}

// addUnmapped reports a part of the text.
func (r *reader) addUnmapped(part, reason string) {
	if len(part) > 3*maxPreview {
		part = strings.ToValidUTF8(part[:3*maxPreview], "") + "…"
	}
	r.unmapped = append(r.unmapped, unmapped{Path: "source.text", Reason: reason, ValuePreview: part})
}

// capitalize returns a word with a capital first letter.
func capitalize(word string) string {
	r, size := utf8.DecodeRuneInString(word)
	if size == 0 {
		return word
	}
	return string(unicode.ToUpper(r)) + word[size:]
}
