package tool

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"opentrain-mcp/internal/text"
)

const (
	// MaxResult bounds each of a result's two forms, in characters. Hosts cut larger results anywhere.
	MaxResult = 20_000
	// Headroom is what a tool may add to a result after it was cut.
	Headroom = 500
	// DefaultPage is the page size when the caller names none: enough to choose from, few tokens.
	DefaultPage = 10
	maxCursor   = 2000 // the longest cursor that the tools' schemas allow
)

// Size returns the length of the longer form of a result, in characters.
func Size(out Output) int {
	return max(text.Length(out), utf8.RuneCountInString(out.Text()))
}

// Fit makes cuts, one after another, until a result isn't too long.
func Fit[Out Output](out Out, cuts ...func(*Out)) Out {
	for _, cut := range cuts {
		if Size(out) <= MaxResult-Headroom {
			break
		}
		cut(&out)
	}
	return out
}

// FitEntries drops entries at the end of a list in a result until the result isn't too long. The first one stays. out is a
// pointer to the result, entries to its list.
func FitEntries[Entry any](out Output, entries *[]Entry) {
	for size := Size(out); size > MaxResult-Headroom && len(*entries) > 1; size = Size(out) {
		*entries = (*entries)[:max(1, min(len(*entries)*(MaxResult-Headroom)/size, len(*entries)-1))]
	}
}

// FitText shortens a text in a result until the result isn't too long, and reports whether it did. out is a pointer to the
// result, words to its text.
func FitText(out Output, words *string) (cut bool) {
	for size := Size(out); size > MaxResult-Headroom && *words != ""; size = Size(out) {
		shown := []rune(*words)
		*words, cut = string(shown[:min(len(shown)*(MaxResult-Headroom)/size, len(shown)-1)]), true
	}
	return cut
}

// FitPage reads a page of at most limit entries that fits into a result. If it doesn't fit, a shorter page is
// read instead, so that its cursor leads to the first entry that isn't shown. If the API returns more entries
// than requested, the page is cut. note says what is missing.
func FitPage[Out Output, Entry any](
	limit int, read func(limit int) (Out, error), entries func(*Out) *[]Entry,
) (out Out, note string, err error) {
	for {
		out, err := read(limit)
		page := entries(&out)
		count, size := len(*page), Size(out)
		if err != nil || size <= MaxResult-Headroom || count <= 1 {
			return out, note, err
		}
		fitting := max(1, count*(MaxResult-Headroom)/size)
		if count > limit {
			for *page = (*page)[:fitting]; Size(out) > MaxResult-Headroom && len(*page) > 1; {
				*page = (*page)[:len(*page)/2]
			}
			const cut = "Only %d of %s fit: OpenTrain sent more than requested; use narrower filters to find the rest."
			return out, fmt.Sprintf(cut, len(*page), text.Count(count, "entry")), nil
		}
		limit = min(count-1, fitting)
		note = fmt.Sprintf("Only %s, to keep the result short; use the cursor for the rest.", text.Count(limit, "entry"))
	}
}

// PageOf returns a page of a list that the API returns whole: the entries after the one whose id is the cursor. next is the
// cursor of the page after it.
func PageOf[Entry any](list []Entry, id func(Entry) string, cursor string, limit int) (page []Entry, next string, err error) {
	if cursor != "" {
		at := slices.IndexFunc(list, func(entry Entry) bool { return id(entry) == cursor })
		if at < 0 {
			return nil, "", Problem("cursor", "isn't valid; pass nextCursor unchanged, or no cursor for the first page")
		}
		list = list[at+1:]
	}
	if len(list) > limit {
		list = list[:limit]
		next = Cursor(id(list[limit-1]))
	}
	return list, next, nil
}

// Cursor returns a cursor unchanged, or "" if it is longer than the tools accept or has characters that no cursor needs.
func Cursor(next string) string {
	if len(next) > maxCursor || strings.ContainsFunc(next, func(r rune) bool { return r < ' ' || r > '~' }) {
		return ""
	}
	return next
}

// Map converts every entry of a list. The result is never nil: in JSON it is a list.
func Map[From, To any](list []From, convert func(From) To) []To {
	converted := make([]To, 0, len(list))
	for _, entry := range list {
		converted = append(converted, convert(entry))
	}
	return converted
}
