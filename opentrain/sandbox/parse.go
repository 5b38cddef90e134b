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
	start, end int // bytes
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
	r.findData()
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
	r.remarks = append(r.remarks, remark{r.tokens[first].start, r.tokens[end-1].end, reason})
}

const onlyEnglish = "This sandbox reads only English; OpenTrain may read more."

// setForeignAside takes sentences in other languages out of the tokens and reports them.
func (r *reader) setForeignAside() {
	total := 0
	var kept []token
	for first, end := 0, 0; first < len(r.tokens); first = end {
		score := 0
		for end = first; end < len(r.tokens) && r.tokens[end].sentence == r.tokens[first].sentence; end++ {
			score += englishness(r.tokens[end].low)
		}
		total += score
		if score < 0 || score == 0 && total < 0 {
			r.setAside(r.tokens[first].start, r.tokens[end-1].end)
		} else {
			kept = append(kept, r.tokens[first:end]...)
		}
	}
	if len(kept) < len(r.tokens) {
		r.demands.language, r.demands.dataset = true, true
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
		r.remarks = append(r.remarks, remark{start, cut, onlyEnglish})
		start = cut
	}
}

// englishness is positive for a word that is common in English descriptions, negative for one of another language.
func englishness(low string) int {
	switch first, _ := utf8.DecodeRuneInString(low); {
	case unicode.IsLetter(first) && !unicode.Is(unicode.Latin, first):
		return -2
	case oneOf(low, englishWords), isWorker(low), isItem(low), oneOf(low, otherPeople):
		return 1
	case oneOf(low, otherWords):
		return -2
	}
	return 0
}

const (
	englishWords = "the and of for with we need our you your are is on to or from must should have this that at by be pay paid per " +
		"required looking work label native speakers hour english boxes each rate"
	otherWords = "de la el los las y con para por del und der die das für mit von wir auf pro im zum le les des et pour avec nous " +
		"il di che per una een het voor wij och att som um uma em na się do jest w z i bir için ve dan untuk yang ile của cho một"
)

// maxPreview is the maximum length of a part that is shown, in bytes, and maxUnmapped the maximum number of parts.
const (
	maxPreview = 200
	maxParts   = 50
)

// report records what was seen and not used, one entry for each sentence and reason.
func (r *reader) report() {
	for _, q := range r.quantities {
		if t := r.tokens[q.end-1]; !t.used && !(t.low == "one" && !isItem(r.at(q.end).low+"s") && !isWorker(r.at(q.end).low+"s")) {
			r.remark(q.first, q.end, "No field was set from these numbers.")
		}
	}
	slices.SortStableFunc(r.remarks, func(a, b remark) int { return cmp.Compare(a.start, b.start) })
	for i := 0; i < len(r.remarks); i++ {
		part := r.remarks[i]
		for i+1 < len(r.remarks) && r.remarks[i+1].reason == part.reason && r.remarks[i+1].end-part.start < maxPreview/2 &&
			!strings.Contains(r.text[part.end:r.remarks[i+1].start], ". ") {
			i++
			part.end = max(part.end, r.remarks[i].end)
		}
		r.unmapped = append(r.unmapped, unmapped{Path: "source.text", Reason: part.reason, ValuePreview: r.around(part)})
	}
	if more := len(r.unmapped) - maxParts; more > 0 {
		r.unmapped = append(r.unmapped[:maxParts-1], unmapped{Path: "source.text", Reason: fmt.Sprintf("%d more parts set no field.", more+1)})
	}
}

// around returns the sentence around a part, or what fits of it.
func (r *reader) around(part remark) string {
	if part.reason == onlyEnglish {
		return strings.TrimSpace(r.text[part.start:part.end])
	}
	room := (maxPreview - (part.end - part.start)) / 2
	before, after := r.text[max(0, part.start-room):part.start], r.text[part.end:min(len(r.text), part.end+room)]
	if i := strings.LastIndexAny(before, ".!?\n"); i >= 0 {
		before = before[i+1:]
	} else if len(before) == room {
		_, before, _ = strings.Cut(before, " ")
	}
	if i := strings.IndexAny(after, "!?\n"); i >= 0 {
		after = after[:i]
	}
	return strings.Join(strings.Fields(strings.ToValidUTF8(before+r.text[part.start:part.end]+after, "")), " ")
}

// capitalize returns a word with a capital first letter.
func capitalize(word string) string {
	r, size := utf8.DecodeRuneInString(word)
	if size == 0 {
		return word
	}
	return string(unicode.ToUpper(r)) + word[size:]
}
