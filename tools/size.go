package tools

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// maxResult bounds each of a result's two forms, in characters. Hosts move
// larger results to a file or cut them where they like.
const maxResult = 20_000

// sizeOf returns the length of the longer form of a result, in characters.
func sizeOf(out output) int {
	return max(lengthOf(out), utf8.RuneCountInString(out.Text()))
}

// lengthOf is the length of a value as JSON, in characters.
func lengthOf(v any) int {
	data, err := json.Marshal(v)
	if err != nil {
		return 0 // the call fails on that later
	}
	return utf8.RuneCount(data)
}

// trim makes cuts, one after another, until a result is not too long. After
// each, what follows from the rest is made anew.
func trim[Out output](out Out, follow func(*Out), cuts ...func(*Out)) Out {
	for _, cut := range cuts {
		if sizeOf(out) <= maxResult-spare {
			break
		}
		cut(&out)
		follow(&out)
	}
	return out
}

// spare is what a result may grow by after it was trimmed: the members that a
// tool adds to a shared report.
const spare = 500

// fitting reads a page of at most limit entries that fits into a result. Where
// one does not, a shorter page is read instead, so that the cursor that comes
// with it leads to the first entry that is not shown. An API that gives more
// than it is asked for leaves no such way: then cut shortens the page. note says
// what is not there.
func fitting[Out output](limit int, read func(limit int) (out Out, entries int, err error), cut func(out *Out, entries int)) (out Out, note string, err error) {
	for {
		out, entries, err := read(limit)
		size := sizeOf(out)
		if err != nil || size <= maxResult-spare || entries <= 1 {
			return out, note, err
		}
		if entries > limit {
			shown := max(1, entries*(maxResult-spare)/size)
			for cut(&out, shown); sizeOf(out) > maxResult-spare && shown > 1; cut(&out, shown) {
				shown /= 2
			}
			return out, fmt.Sprintf("Only %d of %d entries, to keep the result short; narrower filters find the others.", shown, entries), nil
		}
		limit = max(1, min(entries-1, entries*(maxResult-spare)/size))
		note = fmt.Sprintf("Only %d entries, to keep the result short; the others follow with the cursor.", limit)
	}
}

// understood keeps a list of what was understood to a readable length.
func understood(notes []string) []string {
	const most = 10
	if len(notes) <= most {
		return notes
	}
	return append(notes[:most:most], fmt.Sprintf("and %d more", len(notes)-most))
}
