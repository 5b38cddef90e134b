package confirm

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// message is the text above a form: a whole edit, or a draft with its long texts cut and a link.
func (intent Intent) message(preview tool.Preview) string {
	var l text.Lines
	l.Add("%s", intent.Question)
	l.Field("Job id", text.Clean(intent.JobID, 64))
	l.Field("Title", preview.Title)
	fields := preview.Fields
	if intent.Fields != nil {
		fields = intent.Fields
	}
	for _, key := range readingOrder(fields) {
		l.Field(text.Clean(text.Capitalize(text.Words(key)), 100), cmp.Or(readable(fields[key]), "(emptied)"))
	}
	for _, guess := range preview.Guesses {
		l.Field("Guessed by OpenTrain", text.Clean(guess.Line(), 500))
	}
	l.Field("The whole draft, as it is now", preview.DraftURL)
	return l.String()
}

// readingOrder begins with the title and ends with the long text.
func readingOrder(fields opentrain.Fields) []string {
	rank := map[string]int{"jobTitle": -1, "jobDescription": 1}
	return slices.SortedFunc(maps.Keys(fields), func(a, b string) int {
		return cmp.Or(cmp.Compare(rank[a], rank[b]), cmp.Compare(a, b))
	})
}

// readable writes a value for people: no quotes, lists with commas, enum values in words.
func readable(value json.RawMessage) string {
	if string(value) == "null" {
		return "(cleared)"
	}
	words := string(value)
	visible := func(s string) string { return text.Visible(Label(s)) }
	var one string
	var list []string
	if json.Unmarshal(value, &one) == nil {
		words = visible(one)
	} else if json.Unmarshal(value, &list) == nil {
		words = strings.Join(tool.Map(list, visible), ", ")
	}
	return text.Clean(words, maxMessage+1)
}

// Label writes a value as people read it: ANY_EXPERIENCE_LEVEL becomes "Any experience level".
func Label(value string) string {
	if !isEnumValue(value) {
		return value
	}
	return text.Capitalize(strings.ToLower(strings.ReplaceAll(value, "_", " ")))
}

// isEnumValue reports whether a value looks like the API's enums: CAPITALS joined by underscores. A single word has
// at least four letters.
func isEnumValue(value string) bool {
	words := strings.Split(value, "_")
	for _, word := range words {
		if word == "" || strings.ContainsFunc(word, func(r rune) bool { return r < 'A' || r > 'Z' }) {
			return false
		}
	}
	return len(words) > 1 || len(value) >= 4
}

// shorten cuts what is shown until it isn't too long.
func shorten(preview tool.Preview) tool.Preview {
	if text.Length(preview) > maxShown {
		preview.Fields = ShortFields(preview.Fields, 100)
	}
	if text.Length(preview) > maxShown {
		preview.Fields, preview.Guesses, preview.Cut = nil, nil, "The fields are too long to be shown here."
	}
	return preview
}

// ShortFields cuts the values that are longer than limit characters.
func ShortFields(fields opentrain.Fields, limit int) opentrain.Fields {
	if fields == nil {
		return nil
	}
	short := make(opentrain.Fields, len(fields))
	for key, value := range fields {
		short[key] = ShortValue(value, limit)
	}
	return short
}

// ShortValue turns a long value into a text that says how long it is.
func ShortValue(value json.RawMessage, limit int) json.RawMessage {
	var s string
	if json.Unmarshal(value, &s) != nil {
		s = string(value) // a list or an object, as it is written
	}
	length := utf8.RuneCountInString(s)
	if length <= limit {
		return value
	}
	return json.RawMessage(text.JSON(fmt.Sprintf("%s… (%d characters in all)", string([]rune(s)[:limit]), length)))
}
