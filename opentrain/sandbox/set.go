package sandbox

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// setAll sets the fields that facts agree on, and reports what is left.
func (r *reader) setAll() {
	r.setTasks()
	r.setPay()
	if f := r.agreed("headcount"); f != nil {
		r.set("headcount", f.number, r.doubts(f))
	}
	if f := r.agreed("projectDuration"); f != nil {
		first := f.at
		if r.in(r.at(first-1), "@about") {
			first--
		}
		r.set("projectDuration", r.phrase(first, f.end), "")
	}
	if f := r.agreed("experienceLevel"); f != nil {
		r.set("experienceLevel", f.value, "")
	}
	if f := r.agreed("ndaRequired"); f != nil {
		r.set("ndaRequired", f.value == "true", "")
	}
	r.setPlaces("languages", "@language", needsLanguage(r.fields.list("labelTypes")))
	r.setPlaces("countries", "@country", false)
	r.setTitle(r.setData())
	r.demands.nda = len(r.facts["askNDA"]) > 0
	r.demands.dataset = r.demands.dataset || len(r.facts["askData"]) > 0
	r.demands.language = r.demands.language || len(r.facts["askLanguage"]) > 0
	for _, f := range r.facts["left"] {
		if t := r.at(f.at); !t.used && (t.low != "one" || f.end > f.first+1) {
			r.remark(f, f.guess)
		}
	}
}

// agreed returns what the facts on a field agree on, nil if they don't. A guess counts only if nothing is certain.
func (r *reader) agreed(field string) *fact {
	facts := slices.Clone(r.facts[field])
	guessed := func(f fact) bool { return f.guess != "" }
	if field != "rate" && slices.ContainsFunc(facts, func(f fact) bool { return !guessed(f) }) {
		facts = slices.DeleteFunc(facts, guessed)
	}
	slices.SortStableFunc(facts, func(a, b fact) int { return cmp.Compare(a.doubt, b.doubt) })
	for _, f := range facts {
		if f.number != facts[0].number || f.value != facts[0].value {
			for _, f := range facts {
				r.remark(f, "the text says several such things, so none was used")
			}
			return nil
		}
	}
	for _, f := range facts {
		r.use(f)
	}
	if len(facts) == 0 {
		return nil
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

// setPay sets the payment type and the rate, if the text names only one.
func (r *reader) setPay() {
	named := slices.Concat(r.facts["paymentType"], r.facts["rate"])
	amounts, best := r.facts["amount"], r.agreed("rate")
	for _, f := range amounts {
		r.remark(f, f.guess)
	}
	if len(named) == 0 {
		return
	}
	kind := named[0].value
	sure := slices.ContainsFunc(named, func(f fact) bool { return f.guess == "" && !strings.HasPrefix(f.doubt, "may") })
	switch other := slices.ContainsFunc(named, func(f fact) bool { return f.value != kind || f.value == "other" }); {
	case other && best != nil:
		r.remark(*best, cmp.Or(best.guess, "the text says something else about the pay too"))
		return
	case other:
		return
	case !sure || best == nil && len(r.facts["rate"]) > 0:
		r.set("paymentType", kind, "The text doesn't clearly say how the work is paid.")
	default:
		r.set("paymentType", kind, "")
	}
	if best != nil {
		if best.doubt == "" && len(amounts) > 0 {
			best.doubt = "is not the only amount in the text"
		}
		r.set(rateKey(kind), best.number, r.doubts(best))
	}
}

// setPlaces sets languages or countries. If the text requires none, those that it names are a guess where one is wanted.
func (r *reader) setPlaces(field, group string, guess bool) {
	facts := slices.DeleteFunc(slices.Clone(r.facts[field]), func(f fact) bool { return f.guess != "" })
	if len(facts) == 0 && guess {
		facts = r.facts[field]
	}
	var list []string
	doubt := ""
	for _, f := range facts {
		for i := f.first; i < f.end; i++ {
			t := r.at(i)
			if r.in(t, group) && !slices.Contains(list, t.name) && t.name != "Georgia" { // a state of the US too
				list, doubt = append(list, t.name), cmp.Or(doubt, f.doubt)
			}
		}
	}
	for i := range r.tokens {
		t := r.at(i)
		t.used = t.used || r.in(t, group) && slices.Contains(list, t.name)
	}
	if len(list) > 0 && doubt != "" {
		doubt = capitalize(doubt) + "."
	}
	if len(list) > 0 {
		r.set(field, list, doubt)
	}
}

// setTasks sets labelTypes to the kinds of work that the text names, in their order.
func (r *reader) setTasks() {
	facts := r.facts["labelTypes"]
	slices.SortStableFunc(facts, func(a, b fact) int { return a.first - b.first })
	var types []string
	for _, f := range facts {
		if !slices.Contains(types, f.value) {
			types = append(types, f.value)
		}
	}
	if i := slices.Index(types, "CLASSIFICATION"); i >= 0 && len(types) > 1 { // it adds nothing to another kind
		types = slices.Delete(types, i, i+1)
	}
	if len(types) > 0 {
		r.set("labelTypes", types, "")
	}
}

// setData sets the amount of data, its unit and its type. It returns what the data is, for the title.
func (r *reader) setData() (items string) {
	f := r.agreed("dataVolume")
	if f == nil {
		return ""
	}
	unit := cmp.Or(f.value, unitFiles)
	for i := f.at + 1; i < f.end; i++ {
		t := r.at(i)
		for _, kind := range []string{"IMAGE", "VIDEO", "TEXT"} {
			if r.in(t, "@"+kind) {
				r.set("dataType", kind, "")
			}
		}
		if r.in(t, "@recording") && f.value == "" { // counted in files or in hours
			unit = ""
		}
		if !r.in(t, "@vague") && !r.in(t, "@language") {
			items += map[bool]string{true: "-", false: " "}[r.text[t.start-1] == '-'] + capitalize(r.text[t.start:t.end])
		}
	}
	r.set("dataVolume", f.number, r.doubts(f))
	if unit != "" {
		r.set("dataVolumeUnit", unit, "")
	}
	return strings.TrimSpace(items)
}

// setTitle makes a title from the work and its items, or else from the first words.
func (r *reader) setTitle(items string) {
	types, languages := r.fields.list("labelTypes"), r.fields.list("languages")
	if len(types) == 0 {
		words := strings.Fields(r.text)
		title := strings.Trim(strings.Join(words[:min(len(words), 8)], " "), " .,;:!?-*#")
		if title = strings.ToValidUTF8(title[:min(len(title), 80)], ""); strings.ContainsFunc(title, unicode.IsLetter) {
			r.set("jobTitle", title, "Taken from the first words of the text.")
		}
		return
	}
	work, joint := taskOf(types[0]), " for "
	title := work.title
	if work.needs("language") {
		joint = " — "
		if len(languages) == 1 {
			title = languages[0] + " " + title
		}
	}
	if items != "" {
		title += joint + items
	}
	r.set("jobTitle", title, map[bool]string{false: "The text names several kinds of work."}[len(types) == 1])
}
