package sandbox

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// token is a word, a number or a single other character of a description.
type token struct {
	text       string // as written
	low        string // lower case
	start, end int    // bytes
	word       bool
	number     bool
	value      float64
	adjacent   bool // follows the previous token without a space
	sentence   int
}

// lex splits a description into tokens, in linear time.
func lex(text string) []token {
	l := lexer{text: text}
	for l.pos < len(text) {
		r, size := utf8.DecodeRuneInString(text[l.pos:])
		switch {
		case r == '\n':
			l.newline()
		case unicode.IsSpace(r):
			l.pos += size
		case r >= '0' && r <= '9':
			l.number()
		case unicode.IsLetter(r):
			l.word()
		default:
			l.add(token{end: l.pos + size})
			if r == '.' || r == '!' || r == '?' || r == ';' || r == '。' {
				l.sentence++
			}
		}
	}
	return mergeNumbers(dropCodes(l.tokens))
}

type lexer struct {
	text     string
	pos      int
	sentence int
	tokens   []token
}

// add appends a token from the current position to its end.
func (l *lexer) add(t token) {
	t.start = l.pos
	t.text = l.text[t.start:t.end]
	t.low = strings.ToLower(t.text)
	t.sentence = l.sentence
	t.adjacent = len(l.tokens) > 0 && l.tokens[len(l.tokens)-1].end == t.start
	l.tokens = append(l.tokens, t)
	l.pos = t.end
}

// newline ends a sentence before an empty line or a list item. Other lines continue the sentence.
func (l *lexer) newline() {
	l.pos++
	rest := strings.TrimLeft(l.text[l.pos:min(len(l.text), l.pos+8)], " \t\r")
	if rest == "" || strings.ContainsAny(rest[:1], "\n-*#") || strings.HasPrefix(rest, "•") {
		l.sentence++
	}
}

// number reads "1,500.5", and the multiplier of "50k" and "1.5M".
func (l *lexer) number() {
	end := l.pos
	for end < len(l.text) && isNumberByte(l.text, end) {
		end++
	}
	suffixEnd := end
	for suffixEnd < len(l.text) && (isASCIILetter(l.text[suffixEnd]) || isDigit(l.text[suffixEnd])) {
		suffixEnd++
	}
	value, valid := parseNumber(l.text[l.pos:end])
	suffix := strings.ToLower(l.text[end:suffixEnd])
	switch scale := map[string]float64{"k": 1e3, "m": 1e6, "mn": 1e6, "mio": 1e6}[suffix]; {
	case scale > 0 && !l.resolution(suffixEnd):
		l.add(token{end: suffixEnd, number: valid, value: value * scale})
	case suffix == "":
		l.add(token{end: end, number: valid, value: value})
	case timeUnit(suffix) != "" || suffix == "c" || currencyOf(suffix) != "" || len(suffix) > 3 && !strings.ContainsAny(suffix, "0123456789"):
		l.add(token{end: end, number: valid, value: value}) // the suffix is a separate word
	default:
		l.add(token{end: suffixEnd, word: true}) // "3D", "2nd"
	}
}

// resolution reports whether "4K" at the position is a resolution.
func (l *lexer) resolution(end int) bool {
	if s := l.text[l.pos:end]; s != "4K" && s != "8K" {
		return false
	}
	rest := strings.TrimLeft(l.text[end:min(len(l.text), end+16)], " ")
	return strings.HasPrefix(rest, "video") || strings.HasPrefix(rest, "footage") || strings.HasPrefix(rest, "resolution")
}

// word reads letters with apostrophes and inner hyphens, and "U.S.".
func (l *lexer) word() {
	end := l.pos
	for end < len(l.text) {
		r, size := utf8.DecodeRuneInString(l.text[end:])
		if !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) && !l.joins(r, end, size) {
			break
		}
		end += size
	}
	written := l.text[l.pos:end]
	if head, _, compound := strings.Cut(strings.ToLower(written), "-"); compound && wordNumber(head) > 0 && wordNumber(strings.ToLower(written)) == 0 {
		end = l.pos + len(head) // "six-week" is a number, a hyphen and a word
		if end > len(l.text) || !strings.EqualFold(l.text[l.pos:end], head) {
			end = l.pos + len(written)
		}
	}
	value := wordNumber(strings.ToLower(l.text[l.pos:end]))
	l.add(token{end: end, word: value == 0, number: value > 0, value: value})
}

func (l *lexer) joins(r rune, at, size int) bool {
	if r != '-' && r != '\'' && r != '’' && r != '.' {
		return false
	}
	next, _ := utf8.DecodeRuneInString(l.text[at+size:])
	if !unicode.IsLetter(next) {
		return false
	}
	// A full stop joins only the single letters of an abbreviation.
	return r != '.' || at-l.pos == 1 || at-l.pos >= 3 && l.text[at-2] == '.'
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

func isASCIILetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

// isNumberByte reports whether the byte at i belongs to a number: a digit, or a comma or full stop between
// digits.
func isNumberByte(text string, i int) bool {
	if isDigit(text[i]) {
		return true
	}
	return (text[i] == ',' || text[i] == '.') && i > 0 && isDigit(text[i-1]) && i+1 < len(text) && isDigit(text[i+1])
}

// parseNumber reads "2,500", "1.5", "0,5" and "1.500.000". Other forms, such as a date or a version, are not
// numbers.
func parseNumber(s string) (float64, bool) {
	if len(s) > 20 {
		return 0, false
	}
	commas, dots := strings.Split(s, ","), strings.Split(s, ".")
	switch {
	case len(commas) == 1 && len(dots) == 1:
	case len(dots) <= 2 && len(commas) > 1 && thousands(commas, dots):
		s = strings.ReplaceAll(s, ",", "")
	case len(commas) == 1 && len(dots) == 2 && !thousandGroups(dots):
	case len(commas) == 1 && thousandGroups(dots):
		s = strings.ReplaceAll(s, ".", "")
	case len(commas) == 2 && len(dots) == 1:
		s = strings.Replace(s, ",", ".", 1)
	default:
		return 0, false
	}
	value, err := strconv.ParseFloat(s, 64)
	return value, err == nil
}

// thousands reports whether commas group the digits before a decimal point.
func thousands(commas, dots []string) bool {
	if len(dots) == 2 {
		if strings.Contains(dots[1], ",") {
			return false
		}
		commas = strings.Split(dots[0], ",")
	}
	return thousandGroups(commas)
}

func thousandGroups(groups []string) bool {
	for _, group := range groups[1:] {
		if len(group) != 3 {
			return false
		}
	}
	return len(groups) > 1 && len(groups[0]) >= 1 && len(groups[0]) <= 3 && groups[0] != "0"
}

// wordNumber returns the value of "ten" or "twenty-five", or 0 for other words.
func wordNumber(low string) float64 {
	small := []string{"one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
		"thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"}
	for i, name := range small {
		if low == name {
			return float64(i + 1)
		}
	}
	head, tail, compound := strings.Cut(low, "-")
	for i, name := range []string{"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"} {
		if head != name {
			continue
		}
		if !compound {
			return float64(10 * (i + 2))
		}
		for j, unit := range small[:9] {
			if tail == unit {
				return float64(10*(i+2) + j + 1)
			}
		}
	}
	return 0
}
