package sandbox

import (
	"fmt"
	"slices"
	"strings"
)

// counted is a number that may be one of people or of data.
type counted struct {
	quantity
	certainty int    // 2: sure, 1: a guess, 0: something else
	unit      string // of data, "" if it isn't clear
	noun      int
}

// findCounts reads the numbers that are not money.
func (r *reader) findCounts() {
	var people, data []counted
	for _, q := range r.quantities {
		if q.money != noMoney || r.duration(q) {
			continue
		}
		c := counted{quantity: q, noun: r.nounAfter(q.end)}
		noun := r.at(c.noun).low
		switch {
		case isPerson(noun), r.peopleLabel(q):
			c.certainty = r.peopleCertainty(c)
			people = append(people, c)
		case isItem(noun) || noun == "words" || oneOf(timeUnit(noun), "hour minute") && r.recording(c.noun) >= 0:
			c.certainty = r.dataCertainty(&c)
			data = append(data, c)
		}
	}
	r.settle("headcount", people, "this may not be the number of people that you need.")
	c := r.settle("dataVolume", data, "this may not be the amount of data.")
	r.findDataType(c)
	r.demands.dataset = r.demands.dataset || len(data) > 0
	for _, t := range r.tokens {
		r.demands.dataset = r.demands.dataset || len(r.tasks) == 0 && isItem(t.low) || oneOf(t.low, "dataset datasets corpus")
	}
	if c != nil && c.unit != "" {
		r.fields["dataVolumeUnit"] = c.unit
	}
	if c != nil && c.unit != unitWords {
		r.items = r.title(c.end, c.noun+1)
	}
}

// settle sets a field to the count that is certain, if there is only one. It returns that count.
func (r *reader) settle(key string, counts []counted, unused string) *counted {
	var best *counted
	several := false
	for i := range counts {
		c := &counts[i]
		switch {
		case c.low == 0 || c.certainty == 0:
		case best == nil || c.certainty > best.certainty:
			best, several = c, false
		case c.certainty == best.certainty && c.low != best.low:
			several = true
		}
	}
	for _, c := range counts {
		switch {
		case best != nil && !several && c.low == best.low && c.certainty > 0:
			r.use(c.first, max(c.end, c.noun+1))
		case several && c.certainty > 0:
			r.remark(c.first, max(c.end, c.noun+1), "the text names several such numbers, so none was used.")
		default:
			r.remark(c.first, max(c.end, c.noun+1), unused)
		}
	}
	if best == nil || several {
		return nil
	}
	reason := ""
	switch says := fmt.Sprintf("The text says %q; ", r.phrase(best.first, max(best.end, best.noun+1))); {
	case best.doubt != "":
		reason = says + fmt.Sprintf("%v is %s.", best.low, best.doubt)
	case best.certainty == 1:
		reason = says + "confirm that this is the number that you mean."
	}
	r.set(key, best.low, reason)
	return best
}

// nounAfter returns the token of the noun that a number counts, with at most two words between, or -1.
func (r *reader) nounAfter(i int) int {
	if r.at(i).joined {
		return -1 // "10-person", "5-star"
	}
	for j, words := i, 0; words < 3; j++ {
		t := r.at(j)
		if !t.word || t.clause != r.at(i-1).clause || oneOf(t.low, endWords) {
			return -1
		}
		isNoun := isItem(t.low) || isPerson(t.low) || t.low == "words" || timeUnit(t.low) != ""
		if isNoun || r.at(i-1).value == 1 && (isItem(t.low+"s") || isWorker(t.low+"s") || t.low == "person") {
			return j
		}
		if !r.at(j + 1).joined {
			words++
		}
	}
	return -1
}

// peopleLabel reports whether a number stands alone behind "Headcount:" or "Annotators needed:".
func (r *reader) peopleLabel(q quantity) bool {
	label := q.first - 2
	if oneOf(r.at(label).low, "needed wanted required") {
		label--
	}
	low := r.at(label).low
	return r.at(q.first-1).low == ":" && r.starts(label) && r.ends(q.end) && (isWorker(low) || oneOf(low, otherPeople+" headcount"))
}

// peopleCertainty tells how certain it is that a number is the number of people that are needed.
func (r *reader) peopleCertainty(c counted) int {
	flags, noun, before := r.clauses[r.at(c.first).clause], r.at(c.noun), r.at(c.first-1).low
	certainty := 0
	switch {
	case flags.negated || flags.paced || c.low != float64(int(c.low)) || c.low > 100_000:
		return 0
	case c.noun < 0:
		return 2
	case !r.ends(c.noun+1) && !oneOf(r.at(c.noun+1).low, "for to in from with who based required needed wanted only and at fluent living"):
		return 0
	case r.starts(c.first):
		certainty = 2
		if oneOf(before, ": (") || before == "," && !isWorker(noun.low) {
			certainty = 1
		}
	case before == "for" && oneOf(r.at(c.first-2).low, "looking searching"):
		certainty = 2
	case oneOf(before, "need hire hiring seeking recruit recruiting want require"):
		certainty = 1
		if r.starts(c.first-1) || oneOf(r.at(c.first-2).low, "we i we're i'm are to will currently also urgently now") {
			certainty = 2
		}
	case oneOf(before, "needs requires of"):
		certainty = 1
	}
	if r.at(c.noun+2).clause == noun.clause && oneOf(r.at(c.noun+2).low, "a an one any") || r.otherCount(c.quantity) {
		certainty = min(certainty, 1)
	}
	return certainty
}

// otherCount reports whether a number beside this one counts something unknown, perhaps people.
func (r *reader) otherCount(q quantity) bool {
	return slices.ContainsFunc(r.quantities, func(other quantity) bool {
		return other.money == noMoney && r.starts(other.first) && r.at(other.first).sentence == r.at(q.first).sentence &&
			r.at(other.end).word && r.nounAfter(other.end) < 0
	})
}

// dataCertainty tells how certain it is that a number is the amount of data, and finds the unit.
func (r *reader) dataCertainty(c *counted) int {
	noun := r.at(c.noun)
	c.unit = unitFiles
	switch unit := timeUnit(noun.low); {
	case unit != "":
		end := r.recording(c.noun)
		if end < 0 {
			return 0
		}
		if unit == "minute" {
			c.low, c.doubt = c.low/60, "that time in hours"
		}
		c.noun, c.unit = end, unitHours
	case noun.low == "words":
		c.unit = unitWords
	case r.recorded(c.end, c.noun+1):
		c.unit = ""
	}
	flags, after := r.clauses[r.at(c.first).clause], r.at(c.noun+1).low
	if flags.negated || flags.paced ||
		!r.ends(c.noun+1) && !oneOf(after, "for to in from with of and at by that which into are is need must using taken") {
		return 0
	}
	lead := c.first - 1
	for oneOf(r.at(lead).low, "all the our these") {
		lead--
	}
	before, word := r.at(lead-1), r.at(lead)
	certainty := 0
	switch {
	case word.work, word.low == "have" && before.low == "we", word.low == "are" && before.low == "there", oneOf(word.low, "on in for of with") && before.work && before.clause == word.clause,
		word.low == "of" && oneOf(before.low, "dataset corpus archive collection"),
		oneOf(word.low, "on in for") && c.low >= 100 && !strings.HasSuffix(before.low, "ed"):
		certainty = 2
	case r.starts(c.first):
		certainty = 1
		if (word.low != ":" || oneOf(before.low, "volume data dataset size amount corpus")) && c.low >= 100 {
			certainty = 2
		}
	}
	if next := r.at(c.noun + 2); after == "in" && oneOf(next.low, "a an one any") || after == "and" && next.number {
		certainty = min(certainty, 1)
	}
	return certainty
}

// recording returns the noun of the recordings in "hours of customer calls" or "recorded hours", or -1.
func (r *reader) recording(hours int) int {
	if r.recorded(hours-1, hours) {
		return hours
	}
	if r.at(hours+1).low == "of" {
		for i := hours + 2; i < hours+6 && r.at(i).word && !oneOf(r.at(i).low, endWords); i++ {
			if r.recorded(i, i+1) {
				for r.recorded(i+1, i+2) {
					i++
				}
				return i
			}
		}
	}
	return -1
}

// recorded reports whether one of the tokens means audio or video.
func (r *reader) recorded(first, end int) bool {
	for i := first; i < end; i++ {
		if oneOf(r.at(i).low, recordings) {
			return true
		}
	}
	return false
}

// duration sets projectDuration from "the project runs about six weeks" or "a 6-week project".
func (r *reader) duration(q quantity) bool {
	const works = "work project job task contract engagement"
	verb, subject := r.at(q.first-1).low, r.at(q.first-2).low
	named := oneOf(verb, "runs lasts takes") && oneOf(subject, works+" it") || verb == ":" && oneOf(subject, "duration length")
	compound := r.at(q.end).joined && oneOf(r.at(q.end+1).low, works)
	if !oneOf(timeUnit(r.at(q.end).low), "day week month") || !(named && r.ends(q.end+1)) && !compound || r.fields.has("projectDuration") {
		return false
	}
	r.fields["projectDuration"] = r.phrase(q.first, q.end+1)
	r.use(q.first, q.end)
	return true
}
