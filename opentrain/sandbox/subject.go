package sandbox

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// setItems sets what the work is on, from the nouns of a volume.
func (r *reader) setItems(first, noun int) {
	if r.items != "" || r.data != "" {
		return
	}
	kind, _ := itemOf(r.at(noun).low)
	r.data = kind.data
	if r.data == "" && meansRecordings(r.at(noun).low) {
		r.data = "AUDIO"
	}
	if kind.generic && noun == first {
		return
	}
	var words []string
	for _, t := range r.tokens[first : noun+1] {
		if t.word && t.low != "of" && t.low != "and" && r.languageName(t) == "" && !isFiller(t.low) {
			words = append(words, titleWord(t.text))
		}
	}
	r.items = strings.Join(words, " ")
}

func isFiller(low string) bool {
	switch low {
	case "short", "long", "raw", "different", "unique", "unlabeled", "unlabelled", "additional", "existing", "high-quality":
		return true
	}
	return false
}

// findItems finds what the work is on if no number did, and derives the type of data.
func (r *reader) findItems() {
	for i := 0; i < len(r.tokens) && r.items == "" && r.data == ""; i++ {
		kind, isItem := itemOf(r.tokens[i].low)
		if !isItem || kind.generic || r.at(i-1).low == "per" {
			continue
		}
		first := i
		for first > i-3 && first > 0 && r.at(first-1).word && r.at(first-1).sentence == r.at(i).sentence &&
			!endsPhrase(r.at(first-1).low) && !isPerson(r.at(first-1).low) {
			first--
		}
		r.setItems(first, i)
		r.demands.dataset = len(r.tasks) == 0
	}
	for _, t := range r.tasks {
		if r.data == "" || t.category != "" && t.data != "" {
			r.data = t.data
		}
		if r.data != "" {
			break
		}
	}
	if r.data != "" {
		r.fields["dataType"] = r.data
	}
	r.demands.language = r.data == "TEXT"
	r.demands.dataset = r.demands.dataset || datasetPattern.in(r)
}

var datasetPattern = compile(`(?i)\bdata ?sets?\b|\bcorpus\b|\barchive of\b`)

// findTitle makes a title from the task and its items, or else from the first words of the text.
func (r *reader) findTitle() {
	if m := titleLine.FindStringSubmatch(r.text); m != nil && strings.TrimSpace(m[1]) != "" {
		r.fields["jobTitle"] = strings.TrimSpace(m[1])
		return
	}
	switch {
	case len(r.tasks) > 0:
		r.fields["jobTitle"] = r.taskTitle(r.tasks[0])
	case r.items != "" && genericWork.in(r):
		r.guess("jobTitle", "Data Labeling for "+r.items, "The text does not name the kind of labeling.")
	default:
		if title := firstWords(r.text); title != "" {
			r.guess("jobTitle", title, "Taken from the first words of the text.")
		}
	}
}

var (
	titleLine   = compile(`^\s*(?:(?i:job )?(?i:title):|#)[ \t]*([^\n]{3,100})`)
	genericWork = compile(`(?i)\b(?:label|annotat|tag|mark)\w*`)
	fromTo      = compile(`(?i)\bfrom (\p{L}+) (?:in)?to (\p{L}+)\b|\b(\p{L}+)[- ]to[- ](\p{L}+) translat`)
)

func (r *reader) taskTitle(t task) string {
	languages := r.fields.list("languages")
	title := t.title
	if t.value == "CLASSIFICATION" && r.data != "" {
		title = *displayLabel(r.data) + " " + title
	}
	if t.value == "TRANSLATION" {
		if m := fromTo.FindStringSubmatch(r.text); m != nil && len(languages) > 1 {
			title = capitalize(strings.ToLower(m[1]+m[3])) + " to " + capitalize(strings.ToLower(m[2]+m[4])) + " Translation"
			languages = nil
		}
	}
	if !t.language {
		if r.items != "" && !strings.Contains(strings.ToLower(title), strings.ToLower(strings.TrimSuffix(r.items, "s"))) {
			return title + " for " + r.items
		}
		return title
	}
	switch {
	case len(languages) > 2:
		title = "Multilingual " + title
	case len(languages) > 0:
		title = strings.Join(languages, " and ") + " " + title
	}
	if r.items != "" {
		title += " — " + r.items
	}
	return title
}

// firstWords returns up to eight words of the first line that has letters.
func firstWords(text string) string {
	for line := range strings.Lines(text) {
		if !strings.ContainsFunc(line, unicode.IsLetter) {
			continue
		}
		words := strings.Fields(line)
		title := strings.Trim(strings.Join(words[:min(len(words), 8)], " "), " .,;:!?-*#")
		if utf8.RuneCountInString(title) > 80 {
			title = string([]rune(title)[:80])
		}
		return strings.ToValidUTF8(title, "")
	}
	return ""
}

// titleWord returns a word in title case: "X-rays" becomes "X-Rays".
func titleWord(word string) string {
	parts := strings.Split(word, "-")
	for i, part := range parts {
		parts[i] = capitalize(part)
	}
	return strings.Join(parts, "-")
}

// subject is a subject matter and the words that indicate it.
type subject struct {
	name    string
	pattern pattern
}

var subjects = []subject{
	{"Autonomous Driving", compile(`(?i)\bdash-?cams?\b|\bself-driving\b|\bautonomous (?:driving|vehicles?|cars?)\b|\btraffic (?:signs?|lights?)\b|\blidar\b|\bdriving footage\b`)},
	{"Medicine", compile(`(?i)\bx-?rays?\b|\bradiolog\w*|\bmedical\b|\bclinical\b|\bpatients?\b|\bMRIs?\b|\bpatholog\w*|\bdermatolog\w*`)},
	{"Law", compile(`(?i)\blegal\b|\bcourt\b|\blawyers?\b|\bcontract clauses?\b`)},
	{"Finance", compile(`(?i)\binvoices?\b|\breceipts?\b|\bfinancial\b|\bearnings calls?\b`)},
	{"Social Media", compile(`(?i)\bsocial[ -]media\b|\btweets?\b|\binstagram\b|\btiktok\b`)},
	{"E-commerce", compile(`(?i)\be-?commerce\b|\bproducts? (?:categori|classif|listing|review|photo|image)\w*|\bonline shop\b`)},
	{"Customer Service", compile(`(?i)\bcustomer (?:calls?|service|support)\b|\bcall cent(?:er|re)s?\b|\bsupport tickets?\b`)},
	{"Agriculture", compile(`(?i)\bcrops?\b|\bagricultur\w*|\bfarm(?:s|ing)?\b|\bweeds?\b|\blivestock\b`)},
	{"Software", compile(`(?i)\bsource code\b|\bpython\b|\bjavascript\b|\bcode review\w*`)},
	{"Conversational AI", compile(`(?i)\bchat-?bots?\b|\bLLMs?\b|\bRLHF\b|\blanguage models?\b`)},
}

// findSubject sets subjectMatter if the words are clear.
func (r *reader) findSubject() {
	for _, s := range subjects {
		if s.pattern.in(r) {
			r.fields["subjectMatter"] = s.name
			return
		}
	}
}
