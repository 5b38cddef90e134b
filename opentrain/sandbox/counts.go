package sandbox

import (
	"fmt"
	"slices"
	"strings"
)

// findCounts reads every number that is not money: people, data, durations. The first of each kind counts.
func (r *reader) findCounts() {
	for i := range r.tokens {
		if r.tokens[i].number && !r.used[i] {
			r.count(i)
		}
	}
}

// count finds the meaning of the number at token i, if it has one.
func (r *reader) count(i int) {
	r.used[i] = true
	low, high, next := r.tokens[i].value, r.tokens[i].value, i+1
	if r.at(next).text == "+" {
		next++
	}
	if slices.Contains([]string{"-", "–", "—", "to"}, r.at(next).low) || r.at(i-1).low == "between" && r.at(next).low == "and" {
		if r.at(next + 1).number {
			high = r.at(next + 1).value
			r.used[next+1] = true
			next += 2
		}
	}
	if r.at(next).text == "-" && r.at(next).adjacent {
		r.compound(i, next+1, low)
		return
	}
	negative := r.at(i-1).text == "-" && r.at(i).adjacent && !r.at(i-1).adjacent
	if negative || low <= 0 || low > 1e12 || slices.Contains([]string{"per", "top", "every", "#"}, r.at(i-1).low) {
		return
	}
	if unit := timeUnit(r.at(next).low); unit != "" {
		r.timeCount(i, next, low, unit)
		return
	}
	noun, isPeople := r.noun(next)
	switch {
	case noun < 0 && r.teamOf(i) || isPeople:
		r.setCount("headcount", low, high, i)
	case noun >= 0:
		r.volume(i, next, noun, low, high)
	}
}

// noun returns the noun at the end of the phrase from token i, or -1 if it is not known, and whether it means
// people.
func (r *reader) noun(i int) (noun int, people bool) {
	noun = -1
	for j := i; j < i+6; j++ {
		t := r.at(j)
		joins := noun < 0 && j > i && (t.low == "," || t.low == "and")
		if !t.word && !joins || t.sentence != r.at(i).sentence || !joins && endsPhrase(t.low) && t.low != "labels" {
			break
		}
		_, isItem := itemOf(t.low)
		isItem = isItem || t.low == "words" || timeUnit(t.low) == "hour" && j > i
		switch {
		case isPerson(t.low):
			noun, people = j, true
		case isItem:
			noun, people = j, false
		case noun >= 0:
			return noun, people
		}
	}
	return noun, people
}

// teamOf reports whether "team of", "headcount" or the like leads to token i.
func (r *reader) teamOf(i int) bool {
	before, lead := r.at(i-1).low, r.at(i-2).low
	return before == "headcount" || r.at(i-1).text == ":" && (lead == "headcount" || isPerson(lead) || lead == "needed" && isPerson(r.at(i-3).low)) ||
		before == "of" && (lead == "team" || lead == "group" || lead == "crew")
}

// compound reads "6-week project" and "10-person team"; "5-star" means nothing.
func (r *reader) compound(i, noun int, value float64) {
	unit := timeUnit(r.at(noun).low)
	after := r.at(noun + 1).low
	switch {
	case r.at(noun).low == "person" && slices.Contains([]string{"team", "crew", "group"}, after):
		r.setCount("headcount", value, value, i)
	case (unit == "week" || unit == "month" || unit == "day") &&
		slices.Contains([]string{"project", "contract", "engagement", "job", "assignment", "task", "gig", "campaign", "pilot"}, after):
		r.setDuration(i, noun)
	}
}

// timeCount reads hours of recordings, hours per week and durations.
func (r *reader) timeCount(i, next int, value float64, unit string) {
	after := r.at(next + 1)
	if unit == "hour" || unit == "minute" {
		if noun := r.recordingAfter(next + 1); noun >= 0 {
			if unit == "minute" {
				value /= 60
			}
			r.setVolume(i, value, value, unitHours)
			r.setItems(next+1, noun)
			return
		}
		period := r.at(next + 2)
		if after.low == "weekly" || slices.Contains([]string{"a", "per", "/", "each", "every"}, after.low) && timeUnit(period.low) != "" {
			if !(timeUnit(period.low) == "day" && value >= 24) && unit == "hour" && !r.fields.has("timeRequirement") {
				r.fields["timeRequirement"] = r.text[r.tokens[i].start:max(after.end, period.end)]
			}
		}
		return
	}
	before := r.at(i - 1).low
	experience := after.low == "experience" || after.low == "'" || after.low == "of" && slices.Contains([]string{"experience", "professional", "relevant", "work"}, r.at(next+2).low)
	if unit == "year" && (experience || strings.HasPrefix(r.at(next+2).low, "experience")) {
		r.levelFromYears(value)
		return
	}
	if slices.Contains([]string{"old", "older", "experience", "notice", "a", "per", "/", "ago"}, after.low) ||
		slices.Contains([]string{"within", "in", "by", "every", "per", "next", "last", "past", "after", "under", "least"}, before) {
		return
	}
	if slices.Contains([]string{"for", "about", "around", "approximately", "roughly", "runs", "run", "lasts", "last", "takes", "take",
		"over", "duration", "lasting", "running", "is", "~", ":", "approx", "of", "expected"}, before) {
		r.setDuration(i, next)
	}
}

// recordingAfter returns the noun for recordings in "of Portuguese customer calls", "of audio", "audio"; -1
// when what was counted is plain time.
func (r *reader) recordingAfter(i int) int {
	found := -1
	for j := i; j < i+7; j++ {
		t := r.at(j)
		if t.low == "of" && j == i {
			continue
		}
		if !t.word || endsPhrase(t.low) {
			break
		}
		kind, isItem := itemOf(t.low)
		switch {
		case isItem && kind.recording || meansRecordings(t.low):
			found = j
		case found >= 0 && !isItem:
			return found
		}
	}
	return found
}

// volume sets the amount of data from a number and its noun.
func (r *reader) volume(i, first, noun int, low, high float64) {
	after := r.at(noun + 1).low
	if slices.Contains([]string{"per", "/", "each", "a", "an", "every", "or"}, after) { // "20 images per batch" is a pace
		return
	}
	switch name := r.at(noun).low; {
	case name == "words":
		r.setVolume(i, low, high, unitWords)
		return
	case timeUnit(name) == "hour": // "300 audio hours"
		if meansRecordings(r.at(noun-1).low) || meansRecordings(r.at(first).low) {
			r.setVolume(i, low, high, unitHours)
			r.setItems(first, noun-1)
		}
		return
	}
	kind, _ := itemOf(r.at(noun).low)
	unit := unitFiles
	for j := first; j < noun; j++ {
		kind.recording = kind.recording || meansRecordings(r.at(j).low)
	}
	if kind.recording { // counted in files or in hours: the text does not say
		unit = ""
	}
	r.setVolume(i, low, high, unit)
	r.setItems(first, noun)
}

func (r *reader) setVolume(i int, low, high float64, unit string) {
	first := !r.fields.has("dataVolume")
	r.setCount("dataVolume", low, high, i)
	if first && unit != "" {
		r.fields["dataVolumeUnit"] = unit
	}
}

// setCount sets a number. A range or a second number makes it a guess.
func (r *reader) setCount(key string, low, high float64, i int) {
	if key == "headcount" && (low != float64(int(low)) || low > 100_000) {
		return
	}
	if r.fields.has(key) {
		if r.fields[key] != low {
			r.addGuess(key, fmt.Sprintf("The text also names another number, %s. The first one was used.", r.tokens[i].text))
		}
		return
	}
	r.fields[key] = low
	if high > low {
		r.addGuess(key, fmt.Sprintf("The text gives a range from %v to %v; the lower end was used.", low, high))
	}
}

// setDuration sets projectDuration to the words of the text.
func (r *reader) setDuration(i, unit int) {
	if r.fields.has("projectDuration") {
		return
	}
	if slices.Contains([]string{"about", "around", "approximately", "roughly"}, r.at(i-1).low) {
		i--
	}
	r.fields["projectDuration"] = r.text[r.tokens[i].start:r.tokens[unit].end]
}
