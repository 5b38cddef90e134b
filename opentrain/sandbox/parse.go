package sandbox

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// parsed is what a draft has from a description. A value that isn't certain is in guesses too. What was seen and not used is in unmapped.
type parsed struct {
	fields   values
	guesses  []guess
	unmapped []unmapped
	demands  struct{ dataset, language, nda bool } // what is asked for, because the text mentions it
}

// guess is an entry of lowConfidenceFields, for a human to confirm. Its form is our assumption: the pages show no entry.
type guess struct {
	Field  string `json:"field"`
	Value  any    `json:"value"`
	Reason string `json:"reason"`
}

// unmapped is an entry of unmappedFields (developers/api-reference/job-drafts/create).
type unmapped struct {
	Path         string `json:"path"`
	Reason       string `json:"reason"`
	ValuePreview string `json:"valuePreview"`
}

// reader reads one description. It takes a fact only in forms that can mean nothing else.
type reader struct {
	parsed
	*grammar
	given     values // by the document around the text: what the text says of them is not reported
	text      string
	tokens    []token
	edge      token             // before the first one and after the last one
	sentences []int             // where they start, and where the last one ends
	clause    int               // the last one
	negated   []int             // by clause: 2 if it has a "not", 1 if one before may reach it
	facts     map[string][]fact // by field
	remarks   []fact            // that set no field; the doubt says why
	hidden    int               // how many parts of the text are not shown in unmapped
	present   set               // the groups of all tokens
}

// fact is what a rule says in the text.
type fact struct {
	finding
	*rule
	number float64
	at     int // the token of the number, or the first one
}

// parse reads a description. What it says of fields that are given need not set them.
func parse(text string, given values) parsed {
	r := &reader{grammar: theGrammar(), text: text, given: given, facts: map[string][]fact{}, sentences: []int{0}}
	r.edge = token{kind: stop, sentence: -1, clause: -1, groups: r.bits["."]}
	r.present = r.edge.groups
	r.fields = values{"jobDescription": text}
	r.split()
	r.setForeignAside()
	r.findPlaces()
	r.markSigns()
	r.findFacts()
	r.setFields()
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

// maxParts is how many parts of a text or a document are shown, and maxPreview how much of each, in bytes.
const maxParts, maxPreview = 50, 600

// report makes entries of the remarks: one for each sentence, or more where they are many.
func (r *reader) report() {
	slices.SortStableFunc(r.remarks, func(a, b fact) int { return a.first - b.first })
	last := -1
	for _, one := range r.remarks {
		sentence := r.at(one.first).sentence
		if n := len(r.unmapped) - 1; sentence == last && r.hidden == 0 && len(r.unmapped[n].Reason) < 2*maxPreview {
			r.unmapped[n].Reason += " " + one.doubt
		} else {
			r.addUnmapped(sentence, one.doubt)
		}
		last = sentence
	}
	if r.hidden > 0 {
		r.unmapped = append(r.unmapped, unmapped{"source.text", fmt.Sprintf("%d more parts of the text set no field.", r.hidden), "…"})
	}
}

func (r *reader) addUnmapped(sentence int, reason string) {
	if len(r.unmapped) == maxParts {
		r.hidden++
		return
	}
	part := r.text[r.sentences[sentence]:r.sentences[sentence+1]]
	r.unmapped = append(r.unmapped, unmapped{"source.text", reason, preview(part)})
}

// preview is the beginning of a text on one line.
func preview(text string) string {
	line := strings.Join(strings.Fields(strings.ToValidUTF8(text[:min(len(text), maxPreview)], "")), " ")
	if len(text) > maxPreview {
		line += "…"
	}
	return line
}

func capitalize(word string) string {
	r, size := utf8.DecodeRuneInString(word)
	return string(unicode.ToUpper(r)) + word[size:]
}

// setFields sets the fields that facts agree on, and reports what is left.
func (r *reader) setFields() {
	r.setList("labelTypes", "")
	r.setPay()
	if f := r.agreed("headcount"); f != nil {
		r.set("headcount", f.number, r.doubts(f))
	}
	if f := r.agreed("projectDuration"); f != nil {
		r.set("projectDuration", r.phrase(f.first+2, f.end), "")
	}
	if f := r.agreed("experienceLevel"); f != nil {
		r.set("experienceLevel", f.value, "")
	}
	if f := r.agreed("ndaRequired"); f != nil {
		r.set("ndaRequired", f.value == "true", "")
	}
	places := append(r.setList("languages", "@language"), r.setList("countries", "@country")...)
	r.setTitle(r.setData())
	r.demands.nda = len(r.facts["askNDA"]) > 0
	counted := len(r.facts["askData"]) > 0 || len(r.facts["askItem"]) > 0 && !r.fields.has("labelTypes")
	r.demands.dataset = r.demands.dataset || counted && !r.fields.has("dataVolume")
	r.demands.language = r.demands.language || len(r.facts["askLanguage"]) > 0
	for _, f := range slices.Concat(r.facts["leftName"], r.facts["left"]) {
		switch t := r.at(f.at); {
		case t.used, slices.Contains(places, t.name), t.low == "one" && f.end == f.first+1:
		case r.given.has(f.value):
			r.use(f)
		default:
			r.remark(f, f.guess)
		}
	}
}

// certain returns the facts on a field: without the guesses, if something is certain.
func (r *reader) certain(field string) []fact {
	sure := slices.DeleteFunc(slices.Clone(r.facts[field]), func(f fact) bool { return f.guess != "" })
	if len(sure) == 0 || field == "rate" {
		return r.facts[field]
	}
	return sure
}

// agreed returns what the facts on a field agree on, nil if they don't.
func (r *reader) agreed(field string) *fact {
	facts, given := r.certain(field), r.given.has(field)
	slices.SortStableFunc(facts, func(a, b fact) int { return cmp.Compare(a.doubt, b.doubt) })
	several := slices.ContainsFunc(facts, func(f fact) bool { return f.number != facts[0].number || f.value != facts[0].value })
	for _, f := range facts {
		if r.use(f); several && !given {
			r.remark(f, "the text names several, so none was used")
		}
	}
	if several || len(facts) == 0 {
		return nil
	}
	if others := func(f fact) bool { return f.value == field && !given && !r.at(f.at).used }; slices.ContainsFunc(r.facts["left"], others) {
		facts[0].doubt = cmp.Or(facts[0].doubt, "is not the only such number in the text")
	}
	return &facts[0]
}

// doubts returns why what a fact says is a guess, "" if it is certain.
func (r *reader) doubts(f *fact) string {
	if f.doubt == "" {
		return ""
	}
	return fmt.Sprintf("The text says %q; %s %s.", r.phrase(f.first, f.end), strconv.FormatFloat(f.number, 'f', -1, 64), f.doubt)
}

// set sets a field. With a reason, it is a guess.
func (r *reader) set(key string, value any, reason string) {
	r.fields[key] = value
	if reason != "" {
		r.guesses = append(r.guesses, guess{Field: key, Value: value, Reason: capitalize(strings.TrimSuffix(reason, ".")) + "."})
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
	f.doubt = fmt.Sprintf("%q: %s.", r.phrase(f.first, f.end), reason)
	r.remarks = append(r.remarks, f)
}

// setPay sets the payment type and the rate, if the text names only one.
func (r *reader) setPay() {
	for _, f := range r.facts["amount"] {
		r.remark(f, f.guess)
	}
	for _, f := range slices.Concat(r.facts["currency"], r.facts["plain"]) { // no country of trainers
		r.use(f)
	}
	best, hint := r.agreed("rate"), r.agreed("paymentType")
	switch {
	case best == nil && hint != nil && len(r.facts["rate"]) == 0:
		r.set("paymentType", hint.value, hint.guess)
	case best == nil:
	case best.value == "other", hint != nil && hint.value != best.value:
		r.remark(*best, cmp.Or(best.guess, "the text says something else about the pay too"))
	default:
		if len(r.facts["amount"]) > 0 {
			best.doubt = cmp.Or(best.doubt, "is not the only amount in the text")
		}
		reason := "The text doesn't clearly say how the work is paid."
		plain := (best.doubt == "" || strings.HasPrefix(best.doubt, "is ")) && !strings.HasPrefix(best.guess, "was ")
		if plain || hint != nil && hint.guess == "" {
			reason = ""
		}
		r.set("paymentType", best.value, reason)
		r.set(rateKey(best.value), best.number, r.doubts(best))
	}
}

// setList sets the languages or countries of facts, or the kinds of work, in their order, and returns them. If the text
// requires no language plainly and the work needs one, those that it names are a guess.
func (r *reader) setList(field, group string) (list []string) {
	facts, doubt := slices.Clone(r.certain(field)), ""
	if len(facts) == 0 && field == "languages" && need(r.fields.list("labelTypes"), "language") {
		facts = r.facts["named"]
	}
	slices.SortStableFunc(facts, func(a, b fact) int { return a.first - b.first })
	for _, f := range facts {
		for i := f.first; i < f.end; i++ {
			name := f.value
			if t := r.at(i); r.in(t, group) {
				name, doubt = t.name, f.doubt
			}
			if name != "" && name != "Georgia" && !slices.Contains(list, name) { // Georgia is a state of the US too
				list = append(list, name)
			}
		}
	}
	if len(list) > 0 {
		r.set(field, list, doubt)
	}
	return list
}

// setData sets the amount of data, its unit and its type. It returns what the data is, for the title.
func (r *reader) setData() (items string) {
	f := r.agreed("dataVolume")
	if f == nil {
		return ""
	}
	files, recorded := false, false
	for i := f.at + 1; i < f.end; i++ {
		t := r.at(i)
		for _, kind := range []string{"IMAGE", "VIDEO", "TEXT"} {
			if r.in(t, "@"+kind) {
				r.set("dataType", kind, "")
			}
		}
		files, recorded = files || r.in(t, "@file"), recorded || r.in(t, "@recording") // counted in files, or in hours
		if !r.in(t, "@vague") && !r.in(t, "@language") {
			items += map[bool]string{true: "-", false: " "}[r.text[t.start-1] == '-'] + capitalize(r.text[t.start:t.end])
		}
	}
	r.set("dataVolume", f.number, r.doubts(f))
	if unit := cmp.Or(f.value, map[bool]string{true: unitFiles}[files && !recorded]); unit != "" {
		r.set("dataVolumeUnit", unit, "")
	}
	return strings.TrimSpace(items)
}

// opening is the first line of the text, up to the end of a sentence. A word alone, as in "Hiring!", is no sentence here.
func (r *reader) opening() string {
	line, _, _ := strings.Cut(strings.TrimSpace(r.text), "\n")
	start := strings.Index(r.text, line)
	for _, end := range r.sentences[1:] {
		if end -= start; end > 0 && end < len(line) && len(strings.Fields(line[:end])) > 1 {
			return line[:end]
		}
	}
	return line
}

// setTitle makes a title from the work and its items, or else from the first words.
func (r *reader) setTitle(items string) {
	types, languages := r.fields.list("labelTypes"), r.fields.list("languages")
	if len(types) == 0 {
		words := strings.Fields(r.opening())
		title := strings.Trim(strings.Join(words[:min(len(words), 8)], " "), " .,;:!?-*#")
		if title = strings.ToValidUTF8(title[:min(len(title), 80)], ""); strings.ContainsFunc(title, unicode.IsLetter) {
			r.set("jobTitle", title, "Taken from the first words of the text.")
		}
		return
	}
	title, joint := r.tasks[types[0]].title, " for "
	if need(types[:1], "language") {
		joint = " — "
		if len(languages) == 1 && !slices.ContainsFunc(r.guesses, func(g guess) bool { return g.Field == "languages" }) {
			title = languages[0] + " " + title
		}
	}
	if items != "" {
		title += joint + items
	}
	r.set("jobTitle", title, map[bool]string{false: "The text names several kinds of work."}[len(types) == 1])
}
