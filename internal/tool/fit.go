package tool

import (
	"fmt"
	"unicode/utf8"

	"opentrain-mcp/internal/text"
)

const (
	// MaxResult bounds each of a result's two forms, in characters. Hosts move larger results to a file or
	// cut them where they like.
	MaxResult = 20_000
	// Spare is how much a result may grow after it was cut: the members that a tool adds to a shared report.
	Spare = 500
	// DefaultPage is the page size when the caller names none: enough to choose from, few tokens.
	DefaultPage = 10
	// maxCursor is the longest cursor that the tools' schemas allow.
	maxCursor = 2000
)

// Size returns the length of the longer form of a result, in characters.
func Size(out Output) int {
	return max(text.Length(out), utf8.RuneCountInString(out.Text()))
}

// Fit makes cuts, one after another, until a result isn't too long.
func Fit[Out Output](out Out, cuts ...func(*Out)) Out {
	for _, cut := range cuts {
		if Size(out) <= MaxResult-Spare {
			break
		}
		cut(&out)
	}
	return out
}

// FitPage reads a page of at most limit entries that fits into a result. If it doesn't fit, a shorter page is
// read instead, so that its cursor leads to the first entry that isn't shown. If the API gives more than it
// is asked for, cut shortens the page. note says what is missing.
func FitPage[Out Output](
	limit int, read func(limit int) (out Out, entries int, err error), cut func(out *Out, entries int),
) (out Out, note string, err error) {
	for {
		out, entries, err := read(limit)
		size := Size(out)
		if err != nil || size <= MaxResult-Spare || entries <= 1 {
			return out, note, err
		}
		if entries > limit {
			shown := max(1, entries*(MaxResult-Spare)/size)
			for cut(&out, shown); Size(out) > MaxResult-Spare && shown > 1; cut(&out, shown) {
				shown /= 2
			}
			return out, fmt.Sprintf("Only %d of %d entries, to keep the result short; narrower filters find the others.", shown, entries), nil
		}
		limit = max(1, min(entries-1, entries*(MaxResult-Spare)/size))
		note = fmt.Sprintf("Only %d entries, to keep the result short; the others follow with the cursor.", limit)
	}
}

// Cursor passes a cursor on as it came, unless it is longer than the tools take.
func Cursor(next string) string {
	if len(next) > maxCursor {
		return ""
	}
	return next
}
