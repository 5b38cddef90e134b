package hosts

import "bytes"

// deepest is the deepest nesting that is read, far more than any settings have. Functions that call themselves for each
// level would end the program at some depth.
const deepest = 1000

// tooDeep says what is wrong with a file that is nested deeper.
const tooDeep = "this is nested too deep"

// deepJSON is where JSON is nested too deep, or -1. The parser itself has no limit.
func deepJSON(data []byte) int {
	depth := 0
	for i := 0; i < len(data); i++ {
		switch rest := data[i:]; {
		case rest[0] == '[', rest[0] == '{':
			if depth++; depth > deepest {
				return i
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
	return -1
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
