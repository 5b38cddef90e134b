package hosts

import "bytes"

// deepest is the deepest nesting that is read, far more than any settings have. Functions that call themselves for each
// level would end the program at some depth.
const deepest = 1000

// maxValues is how many values are read from a file. A decoded value can take 500 bytes.
const maxValues = 500_000

// maxPlain is how long a file in TOML or YAML may be, in bytes. Any two of them can be a value.
const maxPlain = 2 * maxValues

// tooMuch finds where JSON is nested too deep or has too many values; -1 if nowhere. The parser itself has no
// limits.
func tooMuch(data []byte) (offset int, what string) {
	depth, values := 0, 0
	for i := 0; i < len(data); i++ {
		if data[i] == ',' || data[i] == '[' || data[i] == '{' {
			if values++; values > maxValues {
				return i, "too many values for a settings file"
			}
		}
		switch rest := data[i:]; {
		case rest[0] == '[', rest[0] == '{':
			if depth++; depth > deepest {
				return i, "this is nested too deep"
			}
		case rest[0] == ']', rest[0] == '}':
			depth--
		case rest[0] == '"':
			for i++; i < len(data) && data[i] != '"'; i++ {
				if data[i] == '\\' {
					i++
				}
			}
		case bytes.HasPrefix(rest, []byte("//")):
			i += before(rest, "\n")
		case bytes.HasPrefix(rest, []byte("/*")):
			i += 2 + before(rest[2:], "*/") + 1 // at its last character
		}
	}
	return -1, ""
}

// before is how much of a text is before its end.
func before(text []byte, end string) int {
	start, _, _ := bytes.Cut(text, []byte(end))
	return len(start)
}

// deeper says whether a decoded document is nested deeper than a number of levels.
func deeper(tree any, levels int) bool {
	switch tree := tree.(type) {
	case map[string]any:
		for _, member := range tree {
			if levels == 0 || deeper(member, levels-1) {
				return true
			}
		}
	case []any:
		for _, member := range tree {
			if levels == 0 || deeper(member, levels-1) {
				return true
			}
		}
	}
	return false
}
