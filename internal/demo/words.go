package demo

import (
	"strings"
	"unicode"

	"opentrain-mcp/internal/tool"
)

const unknownUnit = "UNKNOWN_NOT_SPECIFIED"

// meanings are words of options that people may mean by another word.
func meanings(word string) []string {
	switch word {
	case "senior", "seniors", "specialist", "specialists", "professional", "professionals", "advanced", "seasoned":
		return []string{"expert"}
	case "mid", "middle", "midlevel", "medium", "intermediates":
		return []string{"intermediate"}
	case "junior", "juniors", "beginner", "beginners", "novice", "novices", "newcomers", "starter", "starters":
		return []string{"entry"}
	case "anyone", "anybody", "everyone", "everybody", "whoever":
		return []string{"any"}
	case "image", "images", "picture", "pictures", "photo", "photos":
		return []string{"image", "file"}
	case "document", "documents", "pdf", "pdfs", "item", "items":
		return []string{"document", "file"}
	case "hourly", "hr", "hrs", "h":
		return []string{"hour"}
	case "flat", "total":
		return []string{"fixed"}
	case "bbox", "bboxes":
		return []string{"bounding"}
	case "idk", "dunno", "unsure":
		return []string{"unknown"}
	case "no", "don't", "don’t", "dont":
		return []string{"not"}
	case "know", "idea":
		return []string{"sure"}
	}
	return nil
}

// emptyWords can be left out of an answer.
var emptyWords = []string{
	"a", "an", "the", "please", "only", "just", "i", "think", "we", "need", "want", "people", "folks", "one", "ones", "annotators", "trainers",
	"labelers", "workers", "level", "by", "in", "it's", "its",
}

// peopleWords may stand behind a number of people.
var peopleWords = []string{
	"people", "persons", "person", "annotators", "annotator", "trainers", "trainer", "labelers", "labeler", "workers", "worker",
	"experts", "expert", "reviewers", "reviewer", "folks", "of them",
}

// numberWords are the numbers that people write as words, each at its own place.
var numberWords = []string{
	"", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
}

// priceUnit is what an amount pays for, in the words that stand beside it.
type priceUnit struct {
	key   string
	words []string
}

func priceUnits() []priceUnit {
	return []priceUnit{
		{"pricePerHour", []string{
			"per hour", "an hour", "a hour", "each hour", "every hour", "by the hour", "hourly", "per hr",
			"/ hour", "/hour", "/ hr", "/hr", "/ h", "/h",
		}},
		{"pricePerLabel", []string{
			"per label", "a label", "each label", "every label", "by the label", "/ label", "/label", "per annotation", "/annotation",
		}},
		{"fixedPrice", []string{
			"in total", "total", "altogether", "overall", "fixed price of", "fixed price", "a fixed", "fixed", "flat fee of", "flat fee", "flat",
			"for everything", "for all", "for the whole job", "for the job",
		}},
	}
}

// paymentType is the one that an amount under this key goes with.
func paymentType(key string) string {
	switch key {
	case "pricePerHour":
		return "PAY_PER_HOUR"
	case "pricePerLabel":
		return "PAY_PER_LABEL"
	}
	return "FIXED_PRICE"
}

func isPrice(key string) bool {
	return key == "pricePerHour" || key == "pricePerLabel" || key == "fixedPrice"
}

func priceExample(key string) string {
	switch key {
	case "pricePerLabel":
		return "5 cents"
	case "fixedPrice":
		return "$2,000"
	}
	return "$18"
}

type scaleUnit struct {
	scale float64
	words []string
}

func scales(dollars bool) []scaleUnit {
	units := []scaleUnit{{1000, []string{"thousand"}}, {1e6, []string{"million", "mio", "m"}}}
	if dollars {
		units = append(units, scaleUnit{0.01, []string{"us cents", "cents", "cent", "ct", "¢", "c"}})
	}
	return units
}

// plainWords writes an answer in small letters, with single spaces and without the marks of a sentence.
func plainWords(line string) string {
	line = strings.Join(strings.Fields(strings.ToLower(strings.ReplaceAll(line, "_", " "))), " ")
	return strings.TrimRight(strings.Trim(line, " ()[]\"'“”«»"), " .,;:!?)")
}

// withoutStart takes off the first of some words that a text begins with.
func withoutStart(words string, starts []string) string {
	for _, start := range starts {
		if rest, found := strings.CutPrefix(words, start); found && (rest == "" || rest[0] == ' ' || !isLetter(start[len(start)-1])) {
			return strings.TrimSpace(rest)
		}
	}
	return words
}

// withoutEnd takes off the first of some words that a text ends with. A number may stand right before them.
func withoutEnd(words string, ends []string) string {
	for _, end := range ends {
		rest, found := strings.CutSuffix(words, end)
		if found && (rest == "" || !isLetter(rest[len(rest)-1]) || end[0] == '/') {
			return strings.TrimSpace(rest)
		}
	}
	return words
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 0x80 }

func isDigits(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsDigit(r) })
}

// noun names a field within a sentence.
func noun(key string) string {
	label := tool.FieldLabel(key)
	if len(label) > 1 && unicode.IsUpper(rune(label[1])) { // NDA
		return label
	}
	return strings.ToLower(label)
}
