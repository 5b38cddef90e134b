package tool

import (
	"cmp"
	"encoding/json"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"opentrain-mcp/internal/text"
)

// Label is how people read a value of the API's enums: ENTRY_LEVEL becomes "Entry level". Any other text stays as it is.
func Label(value string) string {
	switch value {
	case "PAY_PER_HOUR", "PER_HOUR":
		return "Per hour"
	case "PAY_PER_LABEL", "PER_LABEL":
		return "Per label"
	case "HOURS_OF_RECORDING_AUDIO_VIDEO":
		return "Hours of audio or video"
	case "UNKNOWN_NOT_SPECIFIED":
		return "Not sure"
	case "CUBOID_3D":
		return "3D cuboid"
	case "ACTIVE_FUNDED":
		return "Active and funded"
	case "RESUME_SENT":
		return "Résumé sent"
	}
	if !isEnumValue(value) {
		return value
	}
	words := strings.Split(value, "_")
	for i, word := range words {
		if !isAcronym(word) {
			words[i] = strings.ToLower(word)
		}
	}
	return text.Capitalize(strings.Join(words, " "))
}

// isEnumValue reports whether a value looks like the API's enums: words in capitals, joined by underscores. A single
// word has at least four letters: "USA" is no enum value.
func isEnumValue(value string) bool {
	words := strings.Split(value, "_")
	letters := false
	for _, word := range words {
		if word == "" || strings.ContainsFunc(word, func(r rune) bool { return !isCapital(r) && (r < '0' || r > '9') }) {
			return false
		}
		letters = letters || strings.ContainsFunc(word, isCapital)
	}
	if len(words) == 1 {
		return len(value) >= 4 && !strings.ContainsFunc(value, func(r rune) bool { return !isCapital(r) })
	}
	return letters
}

func isCapital(r rune) bool { return r >= 'A' && r <= 'Z' }

// isAcronym reports whether a word stays in capitals.
func isAcronym(word string) bool {
	return slices.Contains([]string{"2D", "3D", "AI", "API", "LLM", "NER", "NLP", "OCR", "PDF", "QA", "RLHF", "SFT", "URL"}, word)
}

// FieldLabel is how people read the key of a field: pricePerHour becomes "Price per hour".
func FieldLabel(key string) string {
	switch key {
	case "headcount":
		return "Number of people"
	case "aiInterviewRequirements":
		return "AI interview requirements"
	case "ndaRequired":
		return "NDA required"
	case "workloadDesc":
		return "Workload"
	}
	return text.Capitalize(text.Words(key))
}

// Readable writes a field's value as people read it, with its unit, and spells out hidden characters. It is not cut.
func Readable(key string, value json.RawMessage) string {
	var one string
	var list []*string
	var number json.Number
	switch raw := strings.TrimSpace(string(value)); {
	case raw == "", raw == "null":
		return "not set"
	case raw == "true":
		return "yes"
	case raw == "false":
		return "no"
	case strings.HasPrefix(raw, `"`) && json.Unmarshal(value, &one) == nil:
		return readableText(key, one)
	case strings.HasPrefix(raw, "[") && json.Unmarshal(value, &list) == nil && !slices.Contains(list, nil):
		return readableList(key, Map(list, func(entry *string) string { return *entry }))
	case json.Unmarshal(value, &number) == nil:
		return readableNumber(key, number.String())
	}
	return text.Visible(text.Canonical(value))
}

// WithoutUnit is Readable without the unit, for values beside the label of their field. That of a fixed price has no unit.
func WithoutUnit(key string, value json.RawMessage) string {
	words := Readable(key, value)
	if amount, unit, found := strings.Cut(words, " "); found && key != "fixedPrice" && slices.Contains(Units(key), unit) {
		return amount
	}
	return words
}

// Units are the words after the number of a field as callers may write them. Readable writes the first, except for 1 person.
func Units(key string) []string {
	switch key {
	case "pricePerHour":
		return rateUnits("hour", "hr", "h")
	case "pricePerLabel":
		return rateUnits("label")
	case "fixedPrice":
		return []string{"in total", "total"}
	case "headcount":
		return []string{"people", onePerson}
	}
	return nil
}

const onePerson = "person"

func rateUnits(nouns ...string) []string {
	return slices.Concat(Map(nouns, func(noun string) []string {
		return []string{"per " + noun, "a " + noun, "an " + noun, "/ " + noun}
	})...)
}

func readableText(key, s string) string {
	if isProse(key) {
		return cmp.Or(text.Visible(s), "empty")
	}
	return cmp.Or(text.Visible(Label(s)), "empty")
}

// isProse reports whether a field is free text, in which a word in capitals is no enum value.
func isProse(key string) bool {
	return slices.Contains([]string{
		"jobTitle", "jobDescription", "labelingOverview", "datasetDescription", "aiInterviewRequirements", "workloadDesc",
		"labelingSoftware", "subjectMatter", "timeRequirement", "projectDuration", "budgetRange",
	}, key)
}

// readableList separates entries by semicolons when one of them has a comma of its own.
func readableList(key string, list []string) string {
	if key == "countries" && len(list) == 0 {
		return "all countries" // a job without countries is open to everyone
	}
	separator := ", "
	if slices.ContainsFunc(list, func(entry string) bool { return strings.Contains(entry, ",") }) {
		separator = "; "
	}
	return cmp.Or(strings.Join(Map(list, func(entry string) string { return readableText(key, entry) }), separator), "empty")
}

func readableNumber(key, number string) string {
	units := Units(key)
	switch {
	case key == "dataVolume":
		return text.Thousands(plainDecimal(number))
	case len(units) == 0:
		return number // a year has no thousands
	case key != "headcount":
		return text.Amount(plainDecimal(number), "") + " " + units[0]
	case number == "1":
		return "1 " + onePerson
	}
	return text.Thousands(plainDecimal(number)) + " " + units[0]
}

// plainDecimal writes a number without an exponent, as long as people can read it that way.
func plainDecimal(number string) string {
	value, err := strconv.ParseFloat(number, 64)
	size := math.Abs(value)
	if !strings.ContainsAny(number, "eE") || len(number) > 30 || err != nil || size < 1e-12 || size > 1e15 {
		return number
	}
	exact, ok := new(big.Rat).SetString(number)
	if !ok {
		return number
	}
	digits, _ := exact.FloatPrec()
	return exact.FloatString(digits)
}
