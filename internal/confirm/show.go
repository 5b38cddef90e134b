package confirm

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
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
		l.Field(text.Clean(tool.FieldLabel(key), 100), text.Clean(tool.Readable(key, fields[key]), maxMessage+1))
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
