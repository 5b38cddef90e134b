package schema

import (
	"cmp"
	"unicode"
)

const (
	// maxValues is how many values the arguments of one call may have, with those inside of texts and the words of lists in one text:
	// each takes many times its bytes when it is decoded.
	maxValues = 10_000
	// longest is the length of the longest text, in bytes, that may mean a number, a value of an enum or another text.
	longest = 4_000
)

// affords reports whether the arguments may have more values. The first time that they may not is a problem. It is asked before the
// values are decoded.
func (d *decoder) affords(path string, more int) bool {
	if d.values <= maxValues && d.values+more > maxValues {
		d.reject(cmp.Or(path, "arguments"), "more than %d values; send fewer in a call", maxValues)
	}
	d.values += more
	return d.values <= maxValues
}

// valuesIn is how many values JSON has, names not counted.
func valuesIn[T ~string | ~[]byte](data T) int {
	values, inString := 1, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case !inString && (c == '{' || c == '[' || c == ','):
			values++
		}
	}
	return values
}

// partsIn is how many parts a text has at most, wherever it is split.
func partsIn(text string) int {
	parts := 1
	for _, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			parts++
		}
	}
	return parts
}
