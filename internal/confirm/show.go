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

// message is the text above a form: what the yes is for, with a link. why says why the human is asked again.
func (intent Intent) message(preview tool.Preview, why string) string {
	preview.JobID = cmp.Or(intent.JobID, preview.JobID)
	return text.Join("\n", why, intent.Question, preview.Text())
}

// Shows reports whether a confirmation can show all of this.
func Shows(preview tool.Preview) bool { return text.Length(preview) <= maxShown }

// Shorten cuts what is shown of a job until it isn't too long. Changes stay: a call that would show too much of them
// refuses (see Shows).
func Shorten(preview tool.Preview) tool.Preview {
	for _, limit := range []int{600, 100} {
		if !Shows(preview) {
			preview.Fields = ShortFields(preview.Fields, limit)
		}
	}
	if !Shows(preview) && len(preview.Guesses) > 0 {
		preview.Guesses = nil
		preview.Notes = append(preview.Notes, "OpenTrain's guesses are too long to show here. Look at the page.")
	}
	if !Shows(preview) && preview.Fields != nil {
		preview.Fields = nil
		preview.Notes = append(preview.Notes, "The fields are too long to show here. Look at the page.")
	}
	return WarnOfCuts(preview)
}

// WarnOfCuts warns of fields that are shown only in part: a yes is for all of them.
func WarnOfCuts(preview tool.Preview) tool.Preview {
	for _, key := range slices.Sorted(maps.Keys(preview.Fields)) {
		var s string
		if json.Unmarshal(preview.Fields[key], &s) != nil || !IsCut(s) {
			continue
		}
		warning := "Only a part of “" + text.Clean(tool.FieldLabel(key), 100) + "” is shown. Read all of it on the page before you approve."
		if !slices.Contains(preview.Warnings, warning) {
			preview.Warnings = append(slices.Clone(preview.Warnings), warning)
		}
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
	if len(value) <= limit {
		return value
	}
	var s string
	if json.Unmarshal(value, &s) != nil {
		s = string(value) // a list or an object, as it is written
	}
	if short := Short(s, limit); short != s {
		return json.RawMessage(text.JSON(short))
	}
	return value
}

// Short cuts a text after limit characters, and says so. A text that is cut already may get shorter.
func Short(s string, limit int) string {
	length := utf8.RuneCountInString(s)
	if whole, shown := cutOf(s); whole > 0 {
		if shown <= limit {
			return s
		}
		length = whole
	}
	if length <= limit {
		return s
	}
	return string([]rune(s)[:limit]) + fmt.Sprintf(cut, length, limit)
}

const cut = "… (%d characters in all; only the first %d are shown)"

// cutOf reads how long a text is of which Short left a part, and how much that is. Both are 0 for any other text.
func cutOf(s string) (whole, shown int) {
	at := strings.LastIndex(s, "… (")
	if at < 0 {
		return 0, 0
	}
	n, _ := fmt.Sscanf(s[at:], cut, &whole, &shown)
	if n != 2 || s[at:] != fmt.Sprintf(cut, whole, shown) || utf8.RuneCountInString(s[:at]) != shown {
		return 0, 0
	}
	return whole, shown
}

// IsCut reports whether Short left only a part of a text.
func IsCut(s string) bool {
	whole, _ := cutOf(s)
	return whole > 0
}
