package sandbox

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// token is a word, a number, a currency sign or another mark of a description.
type token struct {
	low              string // as written, in lower case
	start, end       int    // bytes
	word, number     bool
	value            float64 // of a number; 0 if it isn't clear
	scale            float64 // what "k" or "million" multiplies a number by
	money            money
	joined           bool // to the token before by a hyphen
	stop             bool // a mark that ends a clause
	sentence, clause int  // they only grow
	work             bool // part of the name of a kind of work
	rate             bool // part of an amount and its unit
	used             bool // set a field, or is reported
}

// lexer splits a text into tokens in one pass.
type lexer struct {
	text             string
	pos, line        int // line is the start of the line
	sentence, clause int
	hyphen           bool
	tokens           []token
}

func lex(text string) []token {
	l := lexer{text: text}
	for l.pos < len(text) {
		switch r, size := utf8.DecodeRuneInString(text[l.pos:]); {
		case r == '\n':
			l.endLine()
		case unicode.IsSpace(r):
			l.pos += size
		case unicode.IsNumber(r):
			l.readNumber()
		case unicode.IsLetter(r):
			l.readWord()
		default:
			l.readMark(r, size)
		}
	}
	return l.tokens
}

// add appends a token that ends at a position.
func (l *lexer) add(t token, end int) {
	t.start, t.end = l.pos, end
	t.low = strings.ReplaceAll(strings.ToLower(l.text[l.pos:end]), "’", "'")
	t.sentence, t.clause = l.sentence, l.clause
	t.joined, l.hyphen = l.hyphen, false
	l.tokens = append(l.tokens, t)
	l.pos = end
}

// last returns the token before the current position, if it is in the same clause.
func (l *lexer) last() *token {
	if n := len(l.tokens); n > 0 && l.tokens[n-1].clause == l.clause {
		return &l.tokens[n-1]
	}
	return &token{}
}

// follows returns the rune at a distance from the current position.
func (l *lexer) follows(distance int) rune {
	r, _ := utf8.DecodeRuneInString(l.text[l.pos+distance:])
	return r
}

// endLine ends a sentence, unless it seems to go on in the next line.
func (l *lexer) endLine() {
	line := strings.TrimSpace(l.text[l.line:l.pos])
	l.pos++
	l.line = l.pos
	rest := strings.TrimLeft(l.text[l.pos:min(len(l.text), l.pos+60)], " \t\r")
	next, _ := utf8.DecodeRuneInString(rest)
	word := l.last().low
	label, _, labeled := strings.Cut(rest, ":")
	labeled = labeled && unicode.IsUpper(next) && !strings.ContainsAny(label, "\n.,;!?/–")
	switch {
	case line == "", strings.ContainsAny(line[len(line)-1:], ".;!?"), strings.ContainsRune("\n-*•#", next),
		labeled, !unicode.IsLower(next) && (isItem(word) || isPerson(word)):
		l.sentence++
		l.clause++
	}
}

// readMark reads punctuation. A hyphen within a word only joins.
func (l *lexer) readMark(r rune, size int) {
	before, next := l.last(), l.follows(size)
	touches := before.end == l.pos && (before.word || before.number)
	if r == '-' && touches && unicode.IsLetter(next) || r == '.' && touches && oneOf(before.low, "approx max min ca e.g i.e vs rs") {
		l.hyphen = r == '-'
		l.pos += size
		return
	}
	ends := strings.ContainsRune(".!?。！？", r) && !(touches && unicode.IsLower(next))
	stops := ends || strings.ContainsRune(",;:()[]–—•|“”\"、，；：→", r) || r == '-' && unicode.IsSpace(next)
	l.add(token{money: moneyOf(string(r)), stop: stops}, l.pos+size)
	if stops {
		l.clause++
	}
	if ends {
		l.sentence++
	}
}

// readWord reads a word, such as "don't", "U.S", "US$", "GPT-4", or the number that it spells.
func (l *lexer) readWord() {
	end, text := l.pos, l.text
	for end < len(text) {
		r, size := utf8.DecodeRuneInString(text[end:])
		letter, digit := unicode.IsLetter(r) || unicode.IsMark(r), unicode.IsDigit(r)
		switch next := l.follows(end + size - l.pos); r {
		case '\'', '’':
			letter = unicode.IsLetter(next)
		case '.': // between single letters
			letter = unicode.IsLetter(next) && (end == l.pos+1 || end > l.pos+2 && text[end-2] == '.')
		case '-':
			digit = unicode.IsDigit(next)
		}
		if !letter && !(digit && moneyOf(text[l.pos:end]) == noMoney) {
			break
		}
		end += size
	}
	if end-l.pos <= 3 && strings.HasPrefix(text[end:], "$") { // "US$", "C$"
		end++
	}
	low, before := strings.ToLower(text[l.pos:end]), l.last()
	value, scale := wordNumber(low), scaleOf(low)
	switch {
	case value > 0 && value < 10 && before.number && l.hyphen: // "twenty-five"
		before.value, before.end = before.value+value, end
		l.pos, l.hyphen = end, false
	case value > 0:
		l.add(token{number: true, value: value, scale: 1}, end)
	case scale > 0 && before.number: // "5 million"
		before.value, before.scale, before.end = times(before.value, scale), scale, end
		l.pos = end
	case scale > 0 && oneOf(before.low, "a an"): // "a dozen", "half a dozen"
		first := before
		if n := len(l.tokens); n > 1 && l.tokens[n-2].low == "half" {
			first, scale = &l.tokens[n-2], scale/2
			l.tokens = l.tokens[:n-1]
		}
		first.word, first.number, first.value, first.scale, first.end = false, true, scale, scale, end
		l.pos = end
	case scale > 0, oneOf(low, "dozens hundreds thousands millions billion billions mil"): // "hundreds of images"
		l.add(token{number: true}, end)
	default:
		l.add(token{word: true, money: moneyOf(text[l.pos:end])}, end)
	}
}

// readNumber reads "2,500", "50k", "50 000" and the first half of "10-20". The value of anything else, such as a
// date, is 0.
func (l *lexer) readNumber() {
	text, end := l.text, l.pos
	for end < len(text) {
		r, size := utf8.DecodeRuneInString(text[end:])
		if !unicode.IsNumber(r) && !(strings.ContainsRune(",.'’:/-–~〜", r) && unicode.IsDigit(l.follows(end+size-l.pos))) {
			break
		}
		end += size
	}
	run := text[l.pos:end]
	if cut := strings.IndexAny(run, "-–~〜"); cut > 0 && cut == strings.LastIndexAny(run, "-–~〜") && !strings.ContainsAny(run, ":/") {
		run, end = run[:cut], l.pos+cut
	}
	value := figure(run)
	if len(run) <= 3 && value >= 1 {
		for size, group := digitGroup(text[end:]); size > 0; size, group = digitGroup(text[end:]) {
			value = value*1000 + group
			end += size
		}
	}
	if l.pos > 0 && strings.ContainsAny(text[l.pos-1:l.pos], "#+-") && (l.pos == 1 || strings.ContainsAny(text[l.pos-2:l.pos-1], " \n(")) {
		value = 0 // "#5", "+1", "-5"
	}
	l.addNumber(value, end)
}

// addNumber adds a number and reads its suffix.
func (l *lexer) addNumber(value float64, end int) {
	rest, scale := l.text[end:], 1.0
	size := strings.IndexFunc(rest, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
	if size < 0 {
		size = len(rest)
	}
	suffix := strings.ToLower(rest[:size])
	switch {
	case size == 0 && strings.HasPrefix(rest, "%"):
		value, size = 0, 1
	case size == 0:
	case suffix == "k" && value != 4 && value != 8: // 4K and 8K are resolutions
		scale = 1e3
	case rest[:size] == "M", oneOf(suffix, "mn mln mio"):
		scale = 1e6
	case suffix == "c", timeUnit(suffix) != "", moneyOf(rest[:size]) != noMoney, size > 3 && suffix[0] < utf8.RuneSelf:
		size = 0 // a word of its own
	case suffix == "d": // "3D"
		l.add(token{word: true}, end+size)
		return
	default: // "2nd", "12万"
		value = 0
	}
	l.add(token{number: true, value: times(value, scale), scale: scale}, end+size)
}

// times multiplies without a rounding error for "66.1M".
func times(value, scale float64) float64 {
	if scale == 1 {
		return value
	}
	return math.Round(value * scale)
}

// digitGroup reads a space and exactly three digits at the start of a text.
func digitGroup(s string) (size int, value float64) {
	r, space := utf8.DecodeRuneInString(s)
	if size = space + 3; !strings.ContainsRune(" \u00a0\u202f\u2009", r) || len(s) < size || strings.Trim(s[space:size], "0123456789") != "" {
		return 0, 0
	}
	if next, _ := utf8.DecodeRuneInString(s[size:]); unicode.IsNumber(next) {
		return 0, 0
	}
	value, _ = strconv.ParseFloat(s[space:size], 64) // three digits
	return size, value
}

// figure returns the value of "2,500", "1.5" or "1,00,000", and 0 for what can mean several things, like "1.500".
func figure(s string) float64 {
	s = strings.NewReplacer("'", ",", "’", ",").Replace(s)
	if strings.Count(s, ".") > 1 && !strings.Contains(s, ",") { // "2.500.000"
		s = strings.ReplaceAll(s, ".", ",")
	}
	whole, fraction, _ := strings.Cut(s, ".")
	groups := strings.Split(whole, ",")
	for i, group := range groups[1:] {
		if len(group) != 3 && (len(group) != 2 || i == len(groups)-2) {
			return 0
		}
	}
	if len(fraction) == 3 && whole != "0" || len(groups) > 1 && len(groups[0]) > 3 || len(whole) > 1 && whole[0] == '0' {
		return 0
	}
	value, err := strconv.ParseFloat(strings.Join(groups, "")+"."+fraction+"0", 64)
	if err != nil || value > 1e12 {
		return 0
	}
	return value
}

// wordNumber returns the value of "ten", or 0 for other words.
func wordNumber(low string) float64 {
	if i := slices.Index(tens, low); i >= 0 {
		return float64(30 + 10*i)
	}
	return float64(slices.Index(smallNumbers, low) + 1)
}

var (
	smallNumbers = []string{"one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
		"thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"}
	tens = []string{"thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"}
)

func scaleOf(low string) float64 {
	switch low {
	case "dozen":
		return 12
	case "hundred":
		return 100
	case "thousand":
		return 1e3
	case "lakh", "lakhs":
		return 1e5
	case "million":
		return 1e6
	case "crore", "crores":
		return 1e7
	}
	return 0
}

// timeUnit returns "minute", "hour", "day", "week", "month" or "year".
func timeUnit(low string) string {
	switch low {
	case "min", "mins", "minute", "minutes":
		return "minute"
	case "h", "hr", "hrs", "hour", "hours":
		return "hour"
	case "day", "days", "week", "weeks", "month", "months", "year", "years":
		return strings.TrimSuffix(low, "s")
	}
	return ""
}

// oneOf reports whether a word is in a list.
func oneOf(word, list string) bool {
	for word != "" {
		before, after, found := strings.Cut(list, word)
		if !found {
			return false
		}
		if (before == "" || strings.HasSuffix(before, " ")) && (after == "" || after[0] == ' ') {
			return true
		}
		_, list, _ = strings.Cut(after, " ")
	}
	return false
}
