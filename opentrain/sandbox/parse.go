package sandbox

import (
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
	text    string
	tokens  []token
	edge    token // after the last one
	clauses []clauseFlags
	facts   map[string][]fact // by field
	remarks []remark
}

// remark is why tokens set no field.
type remark struct {
	first, end int
	reason     string
}

// parse reads a description.
func parse(text string) parsed {
	r := &reader{grammar: theGrammar(), text: text, facts: map[string][]fact{}}
	r.fields = values{"jobDescription": text}
	r.tokens = r.findPlaces(r.english(lex(r.grammar, text)))
	r.markSigns()
	r.markClauses()
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

// markSigns puts the signs of patterns into the groups of the tokens.
func (r *reader) markSigns() {
	r.edge = token{kind: stop, sentence: -1, groups: r.bits["."]}
	for i := range r.tokens {
		t, before := r.at(i), r.at(i-1)
		starts := before.kind == stop && (before.low == "" || !strings.Contains("([:\"“", before.low))
		sign := func(sign string, holds bool) {
			if holds {
				t.groups = t.groups.and(r.bits[sign])
			}
		}
		sign("^", starts)
		sign("^^", starts && before.sentence != t.sentence)
		sign(".", t.kind == stop && t.low != ":")
		sign("##", t.kind == number)
		sign("#", t.kind == number && t.value > 0)
		sign("#100", t.kind == number && t.value >= 100)
	}
}

// phrase returns the text of tokens with single spaces.
func (r *reader) phrase(first, end int) string {
	return strings.Join(strings.Fields(r.text[r.tokens[first].start:r.tokens[end-1].end]), " ")
}

// set sets a field. With a reason, it is a guess.
func (r *reader) set(key string, value any, reason string) {
	r.fields[key] = value
	if reason != "" {
		r.guesses = append(r.guesses, guess{Field: key, Value: value, Reason: reason})
	}
}

// use marks the tokens of a fact that set a field or is reported.
func (r *reader) use(f fact) {
	for i := f.first; i < f.end; i++ {
		r.tokens[i].used = true
	}
}

// remark records why a fact set no field.
func (r *reader) remark(f fact, reason string) {
	r.use(f)
	r.remarks = append(r.remarks, remark{f.first, f.end, fmt.Sprintf("%q: %s.", r.phrase(f.first, f.end), reason)})
}

// maxPreview is how much of a text is shown of a part that isn't used, in bytes. maxParts is how many are shown.
const (
	maxPreview = 300
	maxParts   = 50
)

// english returns the tokens of the sentences in English, and reports the others as not read.
func (r *reader) english(tokens []token) []token {
	var kept []token
	scores, words := map[int]int{}, map[int]int{} // by sentence; -1: all
	for _, t := range tokens {
		if t.kind == word && !r.in(&t, "@usd") && !r.in(&t, "@foreign") {
			score := r.englishness(&t)
			scores[t.sentence], scores[-1] = scores[t.sentence]+score, scores[-1]+score
			words[t.sentence]++
		}
	}
	for first, end := 0, 0; first < len(tokens); first = end {
		sentence := tokens[first].sentence
		for end = first; end < len(tokens) && tokens[end].sentence == sentence; end++ {
		}
		if score, all := scores[sentence], scores[-1]; score > 0 || score == 0 && (all > 0 || all == 0 && words[sentence] < 4) {
			kept = append(kept, tokens[first:end]...)
			continue
		}
		r.demands.language, r.demands.dataset = true, true
		preview := r.text[tokens[first].start:tokens[end-1].end]
		if len(preview) > maxPreview {
			preview = strings.ToValidUTF8(preview[:maxPreview], "") + "…"
		}
		r.addUnmapped(preview, "This sandbox reads only English; OpenTrain may read more.")
	}
	return kept
}

// englishness is positive for a word that is common in English descriptions, negative for one of another language.
func (r *reader) englishness(t *token) int {
	first, _ := utf8.DecodeRuneInString(r.text[t.start:])
	accented := strings.ContainsFunc(t.low, func(r rune) bool { return r > unicode.MaxASCII && unicode.IsLetter(r) })
	switch {
	case r.in(t, "@english"), r.in(t, "@person"), r.in(t, "@item"):
		return 1
	case !unicode.Is(unicode.Latin, first), unicode.IsLower(first) && r.in(t, "@other"):
		return -2
	case unicode.IsLower(first) && accented:
		return -1
	}
	return 0
}

// report makes one entry of the remarks on each sentence.
func (r *reader) report() {
	slices.SortStableFunc(r.remarks, func(a, b remark) int { return a.first - b.first })
	for i := 0; i < len(r.remarks); {
		first, end, reasons := r.remarks[i].first, r.remarks[i].end, " "+r.remarks[i].reason
		near := func(i int) bool { // within the sentence, and not too far
			t := r.at(i)
			return t.sentence == r.at(first).sentence && t.end-r.at(first).start < maxPreview && r.at(end-1).end-t.start < maxPreview
		}
		for i++; i < len(r.remarks) && near(r.remarks[i].first); i++ {
			end, reasons = max(end, r.remarks[i].end), reasons+" "+r.remarks[i].reason
		}
		for near(first - 1) {
			first--
		}
		for near(end) {
			end++
		}
		r.addUnmapped(r.phrase(first, end), reasons[1:])
	}
	if more := len(r.unmapped) - maxParts; more > 0 {
		r.unmapped = r.unmapped[:maxParts-1]
		r.addUnmapped("…", fmt.Sprintf("%d more parts of the text set no field.", more+1))
	}
}

func (r *reader) addUnmapped(preview, reason string) {
	r.unmapped = append(r.unmapped, unmapped{Path: "source.text", Reason: reason, ValuePreview: preview})
}

// findPlaces makes one token of the name of a language or country.
func (r *reader) findPlaces(tokens []token) []token {
	var out []token
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		first, _ := utf8.DecodeRuneInString(r.text[t.start:])
		lower := unicode.IsLower(first)
		for size := min(5, len(tokens)-i); size > 0 && t.kind == word && !(lower && (len(t.low) < 5 || t.low == "polish")); size-- {
			last := tokens[i+size-1]
			name := strings.Join(strings.Fields(r.text[t.start:last.end]), " ")
			tongue, spoken := namedLanguage(name)
			land, known := namedCountry(strings.Replace(name, "US", "USA", map[bool]int{true: 1}[name == "US"]))
			if !known {
				land, known = namedCountry(name + ".") // U.S.
			}
			switch {
			case known && !lower:
				t.name, t.groups = land.name, r.bits["@country"]
			case spoken && (size == 1 || !lower):
				t.name, t.groups = tongue, t.groups.and(r.bits["@language"])
			default:
				continue
			}
			t.end = last.end
			i += size - 1
			break
		}
		out = append(out, t)
	}
	return out
}

// capitalize returns a word with a capital first letter.
func capitalize(word string) string {
	r, size := utf8.DecodeRuneInString(word)
	if size == 0 {
		return word
	}
	return string(unicode.ToUpper(r)) + word[size:]
}
