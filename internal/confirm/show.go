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

// message is the text above a form: what the yes is for, with a link. why says why the human is asked again.
func (intent Intent) message(preview tool.Preview, why string) string {
	var l text.Lines
	if why != "" {
		l.Add("%s", why)
	}
	l.Add("%s", intent.Question)
	l.Field("Title", preview.Title)
	l.Field("Job id", text.Clean(intent.JobID, 64))
	for _, key := range readingOrder(preview.Fields) {
		l.Field(text.Clean(text.Visible(tool.FieldLabel(key)), 100), text.Clean(tool.WithoutUnit(key, preview.Fields[key]), maxMessage+1))
	}
	for _, change := range preview.Changes {
		l.Add("%s", change)
	}
	for _, guess := range preview.Guesses {
		l.Field("Guessed by OpenTrain", text.Clean(guess.Labeled().Line(), 500))
	}
	l.Fields("Warning", preview.Warnings)
	l.Fields("Note", preview.Notes)
	l.Field("Page", cmp.Or(preview.DraftURL, preview.URL))
	return l.String()
}

// readingOrder begins with the title and ends with the long text.
func readingOrder(fields opentrain.Fields) []string {
	rank := map[string]int{"jobTitle": -1, "jobDescription": 1}
	return slices.SortedFunc(maps.Keys(fields), func(a, b string) int {
		return cmp.Or(cmp.Compare(rank[a], rank[b]), cmp.Compare(a, b))
	})
}

// Shows reports whether a confirmation can show all of this.
func Shows(preview tool.Preview) bool { return text.Length(preview) <= maxShown }

// Shorten cuts what is shown until it isn't too long.
func Shorten(preview tool.Preview) tool.Preview {
	if text.Length(preview) > maxShown {
		preview.Fields = ShortFields(preview.Fields, 100)
	}
	if text.Length(preview) > maxShown {
		preview.Fields, preview.Changes, preview.Guesses = nil, nil, nil
		preview.Notes = append(preview.Notes, "This is too long to show here. Look at the page.")
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
