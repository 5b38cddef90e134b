package sandbox

import (
	"fmt"
	"slices"
	"strconv"
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
	text       string
	tokens     []token
	quantities []quantity
	rates      []rate // the quantities that are money
	clauses    []clauseFlags
	tasks      []task
	items      string // what the work is on, for the title
	remarks    []remark
}

// remark is a part of the text that set no field.
type remark struct {
	first, end int // tokens
	reason     string
}

// parse reads a description.
func parse(text string) parsed {
	r := &reader{text: text, tokens: lex(text)}
	r.fields = values{"jobDescription": text}
	r.setForeignAside()
	r.findQuantities()
	r.findRates()
	r.markClauses()
	r.findTasks()
	r.findPay()
	r.findCounts()
	r.findLanguages()
	r.findCountries()
	r.findLevel()
	r.findNDA()
	r.findTitle()
	r.report()
	return r.parsed
}

// at returns the token at i, or an empty one that ends every sentence.
func (r *reader) at(i int) token {
	if i < 0 || i >= len(r.tokens) {
		return token{stop: true, sentence: -1, clause: -1}
	}
	return r.tokens[i]
}

// starts reports whether a clause starts with the token at i.
func (r *reader) starts(i int) bool { return r.at(i-1).stop || r.at(i-1).clause != r.at(i).clause }

// ends reports whether a clause ends before the token at i.
func (r *reader) ends(i int) bool { return r.at(i).stop || r.at(i-1).clause != r.at(i).clause }

// phrase returns the text of tokens with single spaces.
func (r *reader) phrase(first, end int) string {
	return strings.Join(strings.Fields(r.text[r.tokens[first].start:r.tokens[end-1].end]), " ")
}

// use marks tokens that set a field.
func (r *reader) use(first, end int) {
	for i := first; i < end; i++ {
		r.tokens[i].used = true
	}
}

// set sets a field. With a reason, it is a guess.
func (r *reader) set(key string, value any, reason string) {
	r.fields[key] = value
	if reason != "" {
		r.guesses = append(r.guesses, guess{Field: key, Value: value, Reason: reason})
	}
}

// remark records that tokens set no field.
func (r *reader) remark(first, end int, reason string) {
	r.use(first, end)
	r.remarks = append(r.remarks, remark{first, end, reason})
}

const onlyEnglish = "This sandbox reads only English; OpenTrain may read more."

// setForeignAside takes sentences in other languages out of the tokens and reports them.
func (r *reader) setForeignAside() {
	var scores, words []int // by sentence
	total := 0
	for _, t := range r.tokens {
		for len(scores) <= t.sentence {
			scores, words = append(scores, 0), append(words, 0)
		}
		if t.word && t.money == noMoney {
			n := englishness(t.low, r.text[t.start:t.end])
			scores[t.sentence], total = scores[t.sentence]+n, total+n
			words[t.sentence]++
		}
	}
	var kept []token
	for first, end := 0, 0; first < len(r.tokens); first = end {
		sentence := r.tokens[first].sentence
		for end = first; r.at(end).sentence == sentence; end++ {
		}
		if score := scores[sentence]; score < 0 || score == 0 && (total < 0 || total == 0 && words[sentence] > 3) {
			r.setAside(r.tokens[first].start, r.tokens[end-1].end)
			r.demands.language, r.demands.dataset = true, true
		} else {
			kept = append(kept, r.tokens[first:end]...)
		}
	}
	r.tokens = kept
}

// setAside reports a part of the text as not read, in pieces that can be shown.
func (r *reader) setAside(start, end int) {
	for start < end {
		cut := min(end, start+maxPreview)
		if space := strings.LastIndexByte(r.text[start:cut], ' '); cut < end && space > 0 {
			cut = start + space + 1
		}
		for cut < end && (!utf8.RuneStart(r.text[cut]) || r.text[cut] >= '0' && r.text[cut] <= '9') {
			cut++
		}
		r.addUnmapped(strings.TrimSpace(r.text[start:cut]), onlyEnglish)
		start = cut
	}
}

// englishness is positive for a word that is common in English descriptions, negative for one of another language.
func englishness(low, written string) int {
	switch first, _ := utf8.DecodeRuneInString(written); {
	case unicode.IsLetter(first) && !unicode.Is(unicode.Latin, first):
		return -2
	case oneOf(low, englishWords), isWorker(low), isItem(low), oneOf(low, otherPeople):
		return 1
	case oneOf(written, otherWords):
		return -2
	case unicode.IsLower(first) && strings.ContainsFunc(low, func(r rune) bool { return r > unicode.MaxASCII && unicode.IsLetter(r) }):
		return -1
	}
	return 0
}

const (
	englishWords = "the and of for with we need our you your are is on to or from must should have this that at by be pay paid per " +
		"required looking work label native speakers hour english boxes each rate"
	otherWords = "de la el los las y con para por del und der das für mit von wir auf zum le les des et pour avec nous il di che " +
		"una een het voor wij och att som um uma na się jest z bir için ve untuk yang ile của cho một pago nur bitte bis"
)

// maxPreview is the usual length of a part that is shown, in bytes. maxParts is how many are shown.
const (
	maxPreview = 200
	maxParts   = 50
)

// report records what was seen and not used, one entry for each sentence.
func (r *reader) report() {
	for _, q := range r.quantities {
		noun := r.at(q.end)
		if isNumber := r.at(q.end - 1); isNumber.used || isNumber.low == "one" && !isItem(noun.low+"s") && !isPerson(noun.low+"s") {
			continue
		}
		if end := q.end; noun.word && noun.clause == r.at(q.first).clause {
			r.remark(q.first, end+1, "no field was set from this.")
		} else {
			r.remark(q.first, end, "no field was set from this.")
		}
	}
	slices.SortStableFunc(r.remarks, func(a, b remark) int { return a.first - b.first })
	for n := 0; len(r.remarks) > 0; r.remarks = r.remarks[n:] {
		n = 1
		first := r.tokens[r.remarks[0].first]
		for n < len(r.remarks) && r.tokens[r.remarks[n].first].sentence == first.sentence &&
			r.tokens[r.remarks[n].end-1].end-first.start < maxPreview {
			n++
		}
		r.addUnmapped(r.around(r.remarks[0].first, r.remarks[n-1].end), r.reasons(r.remarks[:n]))
	}
	if more := len(r.unmapped) - maxParts; more > 0 {
		r.unmapped = r.unmapped[:maxParts-1]
		r.addUnmapped("…", fmt.Sprintf("%d more parts of the text set no field.", more+1))
	}
}

func (r *reader) addUnmapped(preview, reason string) {
	r.unmapped = append(r.unmapped, unmapped{Path: "source.text", Reason: reason, ValuePreview: preview})
}

// reasons joins the reasons of remarks, with the parts of the text that each is about.
func (r *reader) reasons(remarks []remark) string {
	var parts []string
	for i, one := range remarks {
		quoted := ""
		for _, other := range remarks[i:] {
			if other.reason == one.reason {
				quoted += ", " + strconv.Quote(r.phrase(other.first, other.end))
			}
		}
		if !slices.ContainsFunc(remarks[:i], func(earlier remark) bool { return earlier.reason == one.reason }) {
			parts = append(parts, quoted[2:]+": "+one.reason)
		}
	}
	return strings.Join(parts, " ")
}

// around returns the sentence around tokens, or what fits of it.
func (r *reader) around(first, end int) string {
	sentence := r.at(first).sentence
	for r.at(first-1).sentence == sentence && r.at(end-1).end-r.at(first-1).start < maxPreview {
		first--
	}
	for r.at(end).sentence == sentence && r.at(end).end-r.at(first).start < maxPreview {
		end++
	}
	return r.phrase(first, end)
}

// capitalize returns a word with a capital first letter.
func capitalize(word string) string {
	r, size := utf8.DecodeRuneInString(word)
	if size == 0 {
		return word
	}
	return string(unicode.ToUpper(r)) + word[size:]
}
