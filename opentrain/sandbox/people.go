package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// languageName returns the language that a token names, or "". "Polish" must be capitalized.
func (r *reader) languageName(t token) string {
	head, _, _ := strings.Cut(t.low, "-")
	if !t.word || head == "polish" && !startsUpper(t.text) {
		return ""
	}
	return r.languages[head]
}

func startsUpper(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsUpper(r)
}

// findLanguages adds languages that are required ("Spanish speakers", "English required") or listed with one
// that is. If the work is on language, it adds every named language, because that is the language of the
// data.
func (r *reader) findLanguages() {
	cued := r.listed(func(i int) bool { return r.languageName(r.tokens[i]) != "" }, r.languageCue)
	surely := len(r.tasks) > 0 && (r.tasks[0].value == "TRANSCRIPTION" || r.tasks[0].value == "TRANSLATION")
	onLanguage := slices.ContainsFunc(r.tasks, func(t task) bool { return t.language })
	var languages []string
	guessed := false
	for i, t := range r.tokens {
		name := r.languageName(t)
		if name == "" || slices.Contains(languages, name) || slices.Contains([]string{"no", "not", "non", "than"}, r.at(i-1).low) {
			continue
		}
		bySubject := onLanguage && startsUpper(t.text) && (name != "Polish" || i > 0 && r.at(i-1).sentence == t.sentence)
		if !cued[i] && !bySubject {
			continue
		}
		guessed = guessed || !cued[i] && !surely
		languages = append(languages, name)
	}
	if languages == nil {
		return
	}
	r.fields["languages"] = languages
	if guessed {
		r.addGuess("languages", "The text names a language but doesn't clearly say that AI trainers must know it.")
	}
}

func (r *reader) languageCue(i int) bool {
	t := r.at(i)
	if strings.HasSuffix(t.low, "-speaking") {
		return true
	}
	if slices.Contains([]string{"fluent", "native", "speak", "speaks", "speaking", "in", "to", "into", "from", "language", "languages", "know", "bilingual"}, r.at(i-1).low) ||
		r.at(i-1).text == ":" && strings.HasPrefix(r.at(i-2).low, "language") {
		return true
	}
	for j := i + 1; j <= i+2 && r.at(j).sentence == t.sentence; j++ {
		if slices.Contains([]string{"speakers", "speaker", "speaking", "required", "needed", "mandatory", "fluency", "fluent", "natives", "native",
			"proficiency", "skills", "only", "language", "linguists", "transcribers", "translators", "writers", "must"}, r.at(j).low) {
			return true
		}
	}
	return false
}

// listed marks the members with a cue, and those in the same list as such a member. A list is joined by
// commas, "and", "or", "to" or slashes.
func (r *reader) listed(member, cue func(int) bool) map[int]bool {
	marked := map[int]bool{}
	var list []int
	last, hit := -10, false
	flush := func() {
		for _, i := range list {
			marked[i] = hit
		}
		list, hit = nil, false
	}
	for i := range r.tokens {
		if !member(i) {
			continue
		}
		joined := i-last <= 4
		for j := last + 1; joined && j < i; j++ {
			joined = slices.Contains([]string{",", "and", "or", "to", "into", "/", "&", "+", "the"}, r.at(j).low)
		}
		if !joined {
			flush()
		}
		list = append(list, i)
		hit = hit || cue(i)
		last = i
	}
	flush()
	return marked
}

// findCountries adds the countries of the workers, not those of the data.
func (r *reader) findCountries() {
	byName := map[string]string{}
	for _, c := range countryTable() {
		byName[strings.ToLower(c.name)] = c.name
	}
	aliases := countryAliases()
	found, length := map[int]string{}, map[int]int{}
	for i := range r.tokens {
		if name, words := r.countryAt(i, byName, aliases); name != "" {
			found[i], length[i] = name, words
		}
	}
	unsure := map[int]bool{}
	marked := r.listed(func(i int) bool { return found[i] != "" }, func(i int) bool {
		accepted, sure := r.countryCue(i, length[i])
		unsure[i] = accepted && !sure
		return accepted
	})
	var countries []string
	guessed := false
	for i := range r.tokens {
		if marked[i] && !slices.Contains(countries, found[i]) {
			countries = append(countries, found[i])
			guessed = guessed || unsure[i]
		}
	}
	if countries == nil {
		return
	}
	r.fields["countries"] = countries
	if guessed {
		r.addGuess("countries", "The text names a country but doesn't clearly say that AI trainers must be there.")
	}
}

// countryAt returns the country that begins at token i and its length.
func (r *reader) countryAt(i int, byName, aliases map[string]string) (name string, words int) {
	t := r.tokens[i]
	if !t.word || !startsUpper(t.text) {
		return "", 0
	}
	for words := 3; words >= 1; words-- {
		last := r.at(i + words - 1)
		if !last.word || last.sentence != t.sentence {
			continue
		}
		if name := byName[strings.ToLower(r.text[t.start:last.end])]; name != "" {
			return name, words
		}
	}
	head, _, _ := strings.Cut(t.text, "-")
	if name := aliases[head]; name != "" {
		return name, 1
	}
	return byName[strings.ToLower(head)], 1
}

// countryCue reports whether a country restricts the workers, and how certain that is.
func (r *reader) countryCue(i, length int) (accepted, sure bool) {
	t := r.at(i)
	after := r.at(i + length).low
	if strings.HasSuffix(t.low, "-based") || isPerson(after) || slices.Contains([]string{"only", "residents", "nationals", "citizens", "based"}, after) {
		return true, true
	}
	j := i - 1
	if r.at(j).text == "(" && isPerson(r.at(j-1).low) {
		return true, true
	}
	if r.at(j).low == "the" {
		j--
	}
	if !slices.Contains([]string{"in", "from", "within", "across"}, r.at(j).low) {
		return r.at(j).text == ":" && strings.HasPrefix(r.at(j-1).low, "countr"), true
	}
	for k := j - 1; k >= j-8 && r.at(k).sentence == t.sentence; k-- {
		if isPerson(r.at(k).low) || slices.Contains([]string{"based", "located", "living", "residing"}, r.at(k).low) {
			return true, true
		}
		if _, isItem := itemOf(r.at(k).low); isItem {
			return false, false
		}
	}
	return true, false
}

var (
	levelWords = []struct {
		level   string
		pattern pattern
	}{
		{levelAny, compile(`(?i)\b(?:any|all)(?: experience)? levels?\b|\bany experience level\b`)},
		{levelEntry, compile(`(?i)\bentry[- ]level\b|\bbeginners?\b|\bjunior\b`)},
		{levelIntermediate, compile(`(?i)\bintermediate\b|\bmid[- ]level\b`)},
		{levelExpert, compile(`(?i)\bexpert[- ]level\b|\bexperts?\b|\bsenior\b`)},
	}
	notExpert     = compile(`(?i)\b(?:no|not|non)[- ](?:an? )?(?:experts?|seniors?)\b`)
	noExperience  = compile(`(?i)\b(?:no|without)(?: \w+)? experience\b`)
	professionals = compile(`(?i)\b(?:radiologists?|physicians?|doctors|pathologists?|lawyers?|attorneys?|PhDs?|surgeons?|cardiologists?|dentists?|nurses)\b`)
)

// findLevel sets the experience level if the text names one. "Experienced" is too vague.
func (r *reader) findLevel() {
	text, folded := r.text, r.folded
	if notExpert.mayMatch(folded) {
		text = notExpert.ReplaceAllString(text, "")
		folded = fold(text)
	}
	var named []string
	for _, w := range levelWords {
		if w.pattern.mayMatch(folded) && w.pattern.MatchString(text) {
			named = append(named, w.level)
		}
	}
	switch {
	case len(named) == 1:
		r.fields["experienceLevel"] = named[0]
		r.guesses = slices.DeleteFunc(r.guesses, func(g guess) bool { return g.Field == "experienceLevel" })
	case len(named) > 1: // a human must resolve a contradiction
		delete(r.fields, "experienceLevel")
		r.guesses = slices.DeleteFunc(r.guesses, func(g guess) bool { return g.Field == "experienceLevel" })
	case r.fields.has("experienceLevel"):
	case noExperience.mayMatch(folded) && noExperience.MatchString(text):
		r.guess("experienceLevel", levelEntry, "The text asks for no experience.")
	case professionals.mayMatch(folded) && professionals.MatchString(text):
		r.guess("experienceLevel", levelExpert, fmt.Sprintf("The text asks for %s.", professionals.FindString(text)))
	}
}

// levelFromYears guesses a level from years of experience.
func (r *reader) levelFromYears(years float64) {
	level := levelEntry
	switch {
	case years >= 5:
		level = levelExpert
	case years >= 2:
		level = levelIntermediate
	}
	r.guess("experienceLevel", level, fmt.Sprintf("The text asks for %v years of experience.", years))
}
