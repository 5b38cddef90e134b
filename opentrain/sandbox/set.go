package sandbox

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// says returns the reason for a guess, "" if the fact is certain.
func (r *reader) says(f fact, doubt string) string {
	if doubt == "" {
		return ""
	}
	number := strconv.FormatFloat(f.number, 'f', -1, 64)
	return fmt.Sprintf("The text says %q; %s %s.", r.phrase(f.first, f.end), number, doubt)
}

// setPay sets the payment type and the rate, if the text names only one.
func (r *reader) setPay() {
	var kinds []string
	var rates []fact
	sure := false
	for _, f := range r.facts["paymentType"] {
		kinds, sure = append(kinds, f.value), sure || f.doubt == ""
	}
	for _, kind := range []string{payPerHour, payPerLabel, fixedPrice} {
		for _, f := range r.facts[rateKey(kind)] {
			kinds, rates, sure = append(kinds, kind), append(rates, f), sure || f.guess == ""
		}
	}
	others := slices.Concat(r.facts["otherRate"], r.facts["limit"], r.facts["money"])
	several := slices.ContainsFunc(rates, func(f fact) bool { return f.field != rates[0].field || f.number != rates[0].number })
	known := len(kinds) > 0 && len(r.facts["otherRate"]) == 0 && len(slices.Compact(slices.Sorted(slices.Values(kinds)))) == 1
	if known {
		reason := "The text doesn't clearly say how the work is paid."
		r.set("paymentType", kinds[0], map[bool]string{false: reason}[sure && !several])
	}
	if usable := known && len(rates) > 0 && !several; usable {
		best := rates[0]
		if best.doubt == "" && len(others) > 0 {
			best.doubt = "is not the only amount in the text"
		}
		r.set(best.field, best.number, r.says(best, best.doubt))
		for _, f := range rates {
			r.use(f.first, f.end)
		}
	} else {
		others = append(others, rates...)
	}
	for _, f := range others {
		reason := map[string]string{
			"otherRate": "it's not a plain rate per hour, per label or for the whole job.",
			"limit":     "it only limits the rate, so the rate is asked.",
			"money":     "the text doesn't clearly say what it's paid for.",
		}[f.field]
		if slices.ContainsFunc(r.tokens[f.first:f.end], func(t token) bool { return r.in(&t, "@foreign") }) {
			reason = "it's not in US dollars, and this sandbox does not convert."
		} else if reason == "" {
			reason = "the text names several rates, so the rate is asked."
		}
		r.remark(f.first, f.end, reason)
	}
}

// setOne sets a field if its facts agree. A number beside another that may count the same is a guess.
func (r *reader) setOne(field string) {
	facts := r.facts[field]
	if len(facts) == 0 {
		return
	}
	f := facts[0]
	agree := !slices.ContainsFunc(facts, func(other fact) bool { return other.number != f.number || other.value != f.value })
	for _, f := range facts {
		if r.use(f.first, f.end); !agree && len(f.numbers) > 0 {
			r.remark(f.first, f.end, "the text gives several numbers for this, so none was used.")
		}
	}
	switch {
	case !agree:
	case field == "experienceLevel":
		r.set(field, f.value, "")
	case field == "ndaRequired":
		r.set(field, f.value == "true", "")
	case field == "projectDuration":
		first := f.at
		if r.in(r.at(first-1), "@about") {
			first--
		}
		r.set(field, r.phrase(first, f.end), "")
	case field == "headcount" && (f.number != math.Trunc(f.number) || f.number > 100_000):
	case f.doubt == "" && r.hasRival(f):
		f.doubt = "may not be the whole number"
		fallthrough
	default:
		r.set(field, f.number, r.says(f, f.doubt))
	}
}

// hasRival reports whether another number in the sentence counts the same, or something that isn't known.
func (r *reader) hasRival(f fact) bool {
	for i := range r.tokens {
		t := r.at(i)
		if t.kind != number || t.sentence != r.at(f.at).sentence || t.value == f.number || t.field != "" {
			continue
		}
		next := r.at(i + 1)
		known := next.kind != word || r.in(next, "@time") || r.in(next, "@hours") || r.in(next, "@days") || r.counts(i, "@item")
		if f.field == "headcount" && (r.counts(i, "@person") || !known && r.at(i-1).kind == stop) ||
			f.field == "dataVolume" && r.counts(i, "@item") {
			return true
		}
	}
	return false
}

// counts reports whether a number is before a word of a group, with up to three words between.
func (r *reader) counts(i int, group string) bool {
	for j := i + 1; j < i+5; j++ {
		switch t := r.at(j); {
		case r.in(t, group):
			return true
		case t.kind != word || r.in(t, "@ends"):
			return false
		}
	}
	return false
}

// setPlaces sets languages or countries, and reports the others. If the work needs a language, the others are a guess.
func (r *reader) setPlaces(field, group, reason string) {
	var list []string
	doubt, guesses := "", group == "@language" && len(r.facts[field]) == 0 && needsLanguage(r.fields.list("labelTypes"))
	add := func(first, end int, why string) {
		for i := first; i < end; i++ {
			if t := r.at(i); r.in(t, group) && !slices.Contains(list, t.name) && t.name != "Georgia" { // a state of the US too
				list, doubt = append(list, t.name), doubt+why
			}
		}
	}
	for _, f := range r.facts[field] {
		add(f.first, f.end, f.doubt)
	}
	for i := range r.tokens {
		t := r.at(i)
		if guesses && !r.clauses[t.clause].negated {
			add(i, i+1, "guessed")
		}
		if r.in(t, group) && !slices.Contains(list, t.name) {
			r.remark(i, i+1, reason)
			r.demands.language = r.demands.language || group == "@language"
		}
	}
	if len(list) > 0 {
		r.set(field, list, map[bool]string{false: capitalize(reason)}[doubt == ""])
	}
}

// setData sets the unit and the type of the data that was counted. It returns what the data is, for the title.
func (r *reader) setData() string {
	if !r.fields.has("dataVolume") {
		return ""
	}
	f, items := r.facts["dataVolume"][0], ""
	unit := cmp.Or(f.value, unitFiles)
	for i := f.at + 1; i < f.end; i++ {
		t := r.at(i)
		for _, kind := range []string{"IMAGE", "VIDEO", "TEXT"} {
			if r.in(t, "@"+kind) {
				r.fields["dataType"] = kind
			}
		}
		if r.in(t, "@recording") && f.value == "" { // counted in files or in hours
			unit = ""
		}
		switch {
		case r.in(t, "@vague") || r.in(t, "@language"):
		case items == "":
			items = capitalize(r.phrase(i, i+1))
		default:
			items += map[bool]string{true: "-", false: " "}[r.text[t.start-1] == '-'] + capitalize(r.phrase(i, i+1))
		}
	}
	if unit != "" {
		r.fields["dataVolumeUnit"] = unit
	}
	return items
}

// setTitle takes the title that the text names, or makes one from the work and its items, or from the first words.
func (r *reader) setTitle(items string) {
	line, _, _ := strings.Cut(strings.TrimSpace(r.text), "\n")
	for _, label := range []string{"# ", "Title:", "Job title:"} {
		if title, titled := strings.CutPrefix(line, label); titled && strings.TrimSpace(title) != "" && len(title) < 120 {
			r.set("jobTitle", strings.TrimSpace(title), "")
			return
		}
	}
	types, languages := r.fields.list("labelTypes"), r.fields.list("languages")
	if len(types) == 0 {
		words := strings.Fields(line)
		title := strings.Trim(strings.Join(words[:min(len(words), 8)], " "), " .,;:!?-*#")
		if strings.ContainsFunc(title, unicode.IsLetter) {
			r.set("jobTitle", strings.ToValidUTF8(title[:min(len(title), 80)], ""), "Taken from the first words of the text.")
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
		r.fields["labelTypes"] = types
	}
}

// remarkNumbers reports the numbers that set no field, and finds out what to ask.
func (r *reader) remarkNumbers() {
	for i := range r.tokens {
		t := r.at(i)
		r.demands.nda = r.demands.nda || r.in(t, "@nda")
		r.demands.dataset = r.demands.dataset || r.in(t, "@dataset") || r.in(t, "@item") && !r.fields.has("labelTypes")
		if t.kind != number || t.used {
			continue
		}
		next, reason := r.at(i+1), "no field was set from it."
		switch {
		case r.counts(i, "@person"):
			reason = "this may not be the number of people that you need."
		case r.counts(i, "@item"):
			reason, r.demands.dataset = "this may not be the amount of data.", true
		case t.low == "one":
			continue
		}
		end := i + 1
		if next.kind == word && next.clause == t.clause {
			end++
		}
		r.remark(i, end, reason)
	}
}
