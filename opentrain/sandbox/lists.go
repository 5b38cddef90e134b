package sandbox

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

// place is a language or a country that the text names.
type place struct {
	first, end int
	name       string
}

// groups returns the languages or countries of the text, with those of one list together.
func (r *reader) groups(at func(int) (string, int)) [][]place {
	var all [][]place
	for i := 0; i < len(r.tokens); i++ {
		name, end := at(i)
		if name == "" {
			continue
		}
		found := place{i, end, name}
		i = end - 1
		if n := len(all); n > 0 && r.joinsList(all[n-1][len(all[n-1])-1].end, found.first) {
			all[n-1] = append(all[n-1], found)
			continue
		}
		all = append(all, []place{found})
	}
	return all
}

// joinsList reports whether only commas, "and" and the like are between two tokens.
func (r *reader) joinsList(first, end int) bool {
	for i := first; i < end; i++ {
		if !oneOf(r.at(i).low, ", and or / & + to the") {
			return false
		}
	}
	return end-first <= 3 && r.at(end).sentence == r.at(first).sentence
}

// languageAt returns the language that a token names, and where it ends.
func (r *reader) languageAt(i int) (string, int) {
	t := r.tokens[i]
	if !t.word || t.low == "polish" && !r.upper(i) || !r.upper(i) && len(t.low) <= 4 {
		return "", 0
	}
	if next := r.at(i + 1); next.word && r.upper(i+1) {
		if name, known := namedLanguage(t.low + " " + next.low); known {
			return name, i + 2
		}
	}
	name, _ := namedLanguage(t.low)
	return name, i + 1
}

// upper reports whether a token starts with a capital letter, or one of a script without capitals.
func (r *reader) upper(i int) bool {
	letter, _ := utf8.DecodeRuneInString(r.text[r.tokens[i].start:])
	return !unicode.IsLower(letter)
}

// findLanguages sets the languages that AI trainers must know. If the work needs a language and none is required
// plainly, those that the text names are a guess.
func (r *reader) findLanguages() {
	var sure, unsure, rest []place
	for _, group := range r.groups(r.languageAt) {
		first, end := group[0].first, group[len(group)-1].end
		alternatives := slices.ContainsFunc(r.tokens[first:end], func(t token) bool { return oneOf(t.low, "or /") })
		switch certain := r.requires(first, end); {
		case certain && !alternatives:
			sure = append(sure, group...)
		case certain:
			unsure = append(unsure, group...)
		default:
			rest = append(rest, group...)
		}
	}
	if len(sure)+len(unsure) == 0 && slices.ContainsFunc(r.tasks, func(t task) bool { return t.language }) {
		unsure, rest = rest, nil
	}
	r.setPlaces("languages", sure, unsure, rest, "the text doesn't clearly say that AI trainers must know this.")
	r.demands.language = r.demands.language || len(rest) > 0
}

// setPlaces sets the languages or countries of the text, and reports the rest.
func (r *reader) setPlaces(key string, sure, unsure, rest []place, reason string) {
	var list []string
	for _, p := range slices.Concat(sure, unsure) {
		if !slices.Contains(list, p.name) {
			list = append(list, p.name)
		}
	}
	if len(list) > 0 {
		r.set(key, list, unless(len(unsure) == 0, capitalize(reason)))
	}
	for _, p := range rest {
		if !slices.Contains(list, p.name) {
			r.remark(p.first, p.end, reason)
		}
	}
}

// requires reports whether the words beside languages say that AI trainers must know them.
func (r *reader) requires(first, end int) bool {
	before, lead, after := r.at(first-1).low, r.at(first-2).low, end
	if r.clauses[r.at(first).clause].negated || r.clauses[r.at(end-1).clause].negated || isItem(r.at(end).low) {
		return false
	}
	for i := end; i < end+5 && r.at(i).clause == r.at(end-1).clause; i++ {
		if oneOf(r.at(i).low, "plus preferred optional nice ideally helpful bonus advantage") {
			return false
		}
	}
	for oneOf(r.at(after).low, "language languages is are skills a") {
		after++
	}
	listed := r.starts(first) && r.ends(end) && !oneOf(before, ": ( [ \" “") && !oneOf(r.at(end).low, ": ) ] ” \"")
	return listed || oneOf(before, "fluent native bilingual speak speaks") || before == ":" && oneOf(lead, "language languages") ||
		before == "in" && oneOf(lead, "fluent proficient fluency proficiency native") ||
		before == "of" && oneOf(lead, "speakers knowledge command fluency") ||
		r.at(after).clause == r.at(end-1).clause && (oneOf(r.at(after).low, "speakers speaking native natives fluent required mandatory "+
			"essential fluency only proficiency needed") || r.at(after).low == "must" && r.ends(after+1))
}

// countryAt returns the country that begins at a token, and where it ends.
func (r *reader) countryAt(i int) (string, int) {
	t := r.tokens[i]
	if !t.word || !r.upper(i) || oneOf(r.at(i-1).low, "new latin north south central") {
		return "", 0
	}
	for end := min(i+5, len(r.tokens)); end > i; end-- {
		if last := r.tokens[end-1]; last.word {
			name := r.phrase(i, end)
			found, known := namedCountry(name)
			if !known {
				found, known = namedCountry(name + ".") // U.S.
			}
			if name == "US" {
				found, known = codedCountry(name)
			}
			if known {
				return found.name, end
			}
		}
	}
	return "", 0
}

// findCountries sets the countries that AI trainers must be in.
func (r *reader) findCountries() {
	var sure, rest []place
	for _, group := range r.groups(r.countryAt) {
		first, end := group[0].first, group[len(group)-1].end
		lead := first - 1
		if r.at(lead).low == "the" {
			lead--
		}
		who := r.at(lead - 1)
		certain := oneOf(r.at(lead).low, "in from within") && (isWorker(who.low) || isPerson(who.low) && who.used ||
			oneOf(who.low, "based located living residing live reside")) && (r.ends(end) || oneOf(r.at(end).low, "for to with only who and")) ||
			oneOf(r.at(end).low, "only residents nationals citizens based") || r.at(lead).low == ":" && oneOf(who.low, "country countries location")
		if certain && !r.clauses[r.at(first).clause].negated && !slices.ContainsFunc(group, func(p place) bool { return p.name == "Georgia" }) {
			sure = append(sure, group...)
		} else {
			rest = append(rest, group...)
		}
	}
	r.setPlaces("countries", sure, nil, rest, "the text doesn't clearly say that AI trainers must be there.")
}

// findLevel sets the experience level if the text names exactly one for the workers.
func (r *reader) findLevel() {
	found, sure := "", false
	for i := range r.tokens {
		level, end := r.levelAt(i)
		if level == "" || r.clauses[r.at(i).clause].negated {
			continue
		}
		if found != "" && found != level {
			return
		}
		found = level
		if oneOf(r.at(end).low, "level levels") {
			end++
		}
		noun := r.at(r.nounAfter(end)).low
		listed := (r.starts(i) || r.at(i-1).low == "for" && r.starts(i-1)) && r.ends(end) && (r.at(i-1).low != ":" || oneOf(r.at(i-2).low, "level experience"))
		sure = sure || listed || r.at(end).low == "work" || isPerson(noun) || r.at(i).low == "experts" && (r.starts(i) || r.at(i).used)
	}
	if sure {
		r.fields["experienceLevel"] = found
	}
}

// levelAt returns the experience level that is named at a token, and where its name ends.
func (r *reader) levelAt(i int) (string, int) {
	switch low, next := r.at(i).low, r.at(i+1).low; {
	case oneOf(low, "any all") && (oneOf(next, "level levels") || next == "experience" && oneOf(r.at(i+2).low, "level levels")):
		return levelAny, i + 2
	case low == "entry" && next == "level":
		return levelEntry, i + 2
	case oneOf(low, "beginner beginners junior"):
		return levelEntry, i + 1
	case low == "mid" && next == "level":
		return levelIntermediate, i + 2
	case low == "intermediate":
		return levelIntermediate, i + 1
	case oneOf(low, "expert experts senior"):
		return levelExpert, i + 1
	}
	return "", 0
}

// findNDA sets ndaRequired if the text is clear about it, and asks if the text only mentions it.
func (r *reader) findNDA() {
	for i, t := range r.tokens {
		if !oneOf(t.low, "nda ndas confidential confidentiality disclosure") {
			continue
		}
		required, before := false, r.at(i-1).low
		for j := i - 6; j < i+6; j++ {
			required = required || r.at(j).clause == t.clause && oneOf(r.at(j).low, "must required requires mandatory needed sign")
		}
		value := !r.clauses[t.clause].negated
		known := value && required || !value && (required || oneOf(before, "no without"))
		if old, set := r.fields["ndaRequired"]; !known || set && old != value {
			delete(r.fields, "ndaRequired")
			r.demands.nda = true
			return
		}
		r.fields["ndaRequired"] = value
	}
}
