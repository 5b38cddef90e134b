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

// Fit makes cuts, one after another, until a part of a result isn't too long. Shorten does that for a whole result, and measures it
// only once.
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

// Shorten has cuts made, one after another, until the result of a call isn't too long. Out is the type of the result.
func Shorten[Out Output](call Call, cuts ...func(*Out)) {
	for _, cut := range cuts {
		//nolint:errcheck,forcetypeassert // a wrong type shows in the first test of the tool's length
		call.fitting.cuts = append(call.fitting.cuts, func(out any) { cut(out.(*Out)) })
	}
}

// fitting is how the result of a call is kept short.
type fitting struct {
	cuts []func(out any) // of a result that is too long; out is a pointer to it

	limit, count int  // the entries of a page; the tool runs again, with a smaller limit, if the result is too long
	kept         any  // see Once
	lostCursor   bool // the API has more entries, but no cursor that the tools accept
}

// render writes an output, with its next step as the caller can take it. It makes cuts until the output isn't too long, or no cuts are
// left. possible may ask the API, so it isn't called after every cut.
func (p *fitting) render(out any, possible func(Next) Next) (result Result, size int, err error) {
	next := nextOf(out)
	if next == nil { // the output has no step
		next = new(Next)
	}
	made := *next
	*next = possible(made)
	result, size, err = render(out)
	if err != nil || size <= MaxResult-Headroom || len(p.cuts) == 0 {
		return result, size, err
	}
	*next = made // cuts may make another one
	for _, cut := range p.cuts {
		cut(out)
		if result, size, err = render(out); err != nil || size <= MaxResult-Headroom {
			break
		}
	}
	if err != nil {
		return result, size, err
	}
	*next = possible(*next)
	return render(out)
}

// again reports whether a result of some characters must have fewer entries, and sets the limit for it.
func (p *fitting) again(size int) bool {
	if size <= MaxResult-Headroom || p.count <= 1 {
		return false
	}
	p.limit = max(1, min(p.count-1, p.count*(MaxResult-Headroom)/size))
	return true
}

// FitPage reads a page of at most limit entries. If the call's result turns out too long, the call runs again with a shorter page, so
// that the page's cursor leads to the first entry that isn't shown. If the API returns more entries than requested then, the page is
// cut. note says what is missing.
func FitPage[Out Output, Entry any](
	call Call, limit int, read func(limit int) (Out, error), entries func(*Out) *[]Entry,
) (out Out, note string, err error) {
	shorter := call.fitting.limit > 0
	if shorter {
		limit = min(limit, call.fitting.limit)
	}
	call.fitting.lostCursor = false
	if out, err = read(limit); err != nil {
		return out, "", err
	}
	page := entries(&out)
	switch count := len(*page); {
	case shorter && count > limit:
		*page = (*page)[:limit]
		const cut = "Only %d of %s fit: OpenTrain sent more than requested; use narrower filters to find the rest."
		note = fmt.Sprintf(cut, limit, text.Count(count, "entry"))
	case shorter:
		note = fmt.Sprintf("Only %s, to keep the result short; use the cursor for the rest.", text.Count(count, "entry"))
	}
	if call.fitting.lostCursor {
		note = fmt.Sprintf("There are more than these %s, but OpenTrain's cursor can't be passed on; the rest is in OpenTrain's app.",
			text.Count(len(*page), "entry"))
	}
	call.fitting.count = len(*page)
	return out, note, nil
}

// Once reads a list that a call shows a page of. When the call runs again with a shorter page, the list is there.
func Once[List any](call Call, read func() (List, error)) (List, error) {
	if kept, found := call.fitting.kept.(List); found {
		return kept, nil
	}
	list, err := read()
	if err == nil {
		call.fitting.kept = list
	}
	return list, err
}

// PageOf returns a page of a list that the API returns whole: the entries after the one whose id is the cursor. next is the
// cursor of the page after it. The page of an empty list is a list too, not nil.
func PageOf[Entry any](call Call, list []Entry, id func(Entry) string, cursor string, limit int) (page []Entry, next string, err error) {
	if cursor != "" {
		at := slices.IndexFunc(list, func(entry Entry) bool { return id(entry) == cursor })
		if at < 0 {
			return nil, "", Problem("cursor", "isn't valid; pass nextCursor unchanged, or no cursor for the first page")
		}
		list = list[at+1:]
	}
	if len(list) > limit {
		list = list[:limit]
		next = call.Cursor(id(list[limit-1]))
	}
	return append([]Entry{}, list...), next, nil
}

// Cursor returns the cursor of the rest of a list unchanged, or "" if the tools don't accept it. Then FitPage says that there is more.
func (c Call) Cursor(next string) string {
	passed := Cursor(next)
	c.fitting.lostCursor = passed != next
	return passed
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
