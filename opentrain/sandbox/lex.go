package sandbox

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// token is a word, a number or a mark of a description.
type token struct {
	kind             tokenKind
	low              string // as written, in lower case
	start, end       int    // bytes
	sentence, clause int    // they only grow
	groups           set
	name             string  // of a language or country
	value, scale     float64 // of a number: the value, 0 if it isn't clear, and what multiplied it
	claim            string  // the field of a rule that it belongs to
	used             bool    // set a field, or is reported
}

type tokenKind int

const (
	mark tokenKind = iota
	stop           // a mark that ends a clause
	word
	number
)

var tokenPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\n|[A-Z]{0,3}\$|[A-Z][a-zA-Z]{0,2}\p{Nd}+(?:[.,]\p{Nd}+)*|\p{L}(?:\.\p{L})+|\p{L}[\p{L}\p{M}\p{N}]*(?:['’]\p{L}+|-\d[\p{L}\p{N}]*)*` +
		`|\p{N}+(?:[.,'’:/ \x{a0}\x{202f}]\p{Nd}+)*%?|[^\s\p{Z}]`)
})

// lexer splits a text into tokens in one pass.
type lexer struct {
	*grammar
	text             string
	line             int // where the line starts
	sentence, clause int
	tokens           []token
}

func lex(g *grammar, text string) []token {
	l := lexer{grammar: g, text: text}
	for _, at := range tokenPattern().FindAllStringIndex(text, -1) {
		switch r, _ := utf8.DecodeRuneInString(text[at[0]:]); {
		case r == '\n':
			l.addLineBreak(at[0])
		case unicode.IsNumber(r):
			l.addNumber(at[0], at[1])
		case unicode.IsLetter(r):
			l.addWord(at[0], at[1])
		default:
			l.addMark(r, at[0], at[1])
		}
	}
	return l.tokens
}

func (l *lexer) add(t token, start, end int) {
	written := strings.ReplaceAll(l.text[start:end], "’", "'")
	t.low, t.start, t.end, t.sentence, t.clause, t.scale = strings.ToLower(written), start, end, l.sentence, l.clause, 1
	t.groups = l.groups[t.low].and(l.groups[written])
	l.tokens = append(l.tokens, t)
	if t.kind == stop {
		l.clause++
	}
}

// last returns the token before.
func (l *lexer) last() *token {
	if len(l.tokens) == 0 {
		return &token{kind: stop}
	}
	return &l.tokens[len(l.tokens)-1]
}

// addLineBreak ends a sentence, unless it seems to go on in the next line.
func (l *lexer) addLineBreak(at int) {
	line, last := strings.TrimSpace(l.text[l.line:at]), l.last()
	rest := strings.TrimLeft(l.text[at+1:min(len(l.text), at+60)], " \t\r")
	next, _ := utf8.DecodeRuneInString(rest)
	label, _, labeled := strings.Cut(rest, ":")
	labeled = labeled && unicode.IsUpper(next) && !strings.ContainsAny(label, "\n.,;!?/–")
	l.line = at + 1
	if line == "" || labeled || strings.ContainsRune("\n-*•#", next) || !unicode.IsLower(next) && (l.in(last, "@item") || l.in(last, "@person")) {
		if l.sentence++; l.last().low != "\n" {
			l.add(token{kind: stop}, at, at+1)
		}
	}
}

// addMark adds punctuation. A hyphen between words is a space.
func (l *lexer) addMark(r rune, start, end int) {
	before, t := l.last(), token{}
	next, _ := utf8.DecodeRuneInString(l.text[end:])
	touches := before.end == start && before.kind >= word
	if r == '-' && touches && unicode.IsLetter(next) || r == '.' && touches && l.in(before, "@abbreviation") {
		return
	}
	after := strings.TrimLeft(l.text[end:min(len(l.text), end+9)], " \n\u00a0")
	between := before.kind == number && after != "" && strings.ContainsAny(after[:1], "0123456789$") // "$15 – 20"
	ends := strings.ContainsRune(".!?。！？", r) && !(touches && unicode.IsLower(next))
	if ends || strings.ContainsRune(",;:()[]•|“”\"、，；：→", r) || !between && (strings.ContainsRune("–—", r) || r == '-' && unicode.IsSpace(next)) {
		t.kind = stop
	}
	l.add(t, start, end)
	if ends {
		l.sentence++
	}
}

// addWord adds a word, or what it does to the number before.
func (l *lexer) addWord(start, end int) {
	text := l.text[start:end]
	if digits := strings.IndexFunc(text, unicode.IsDigit); digits > 0 && l.isMoney(text[:digits]) { // "USD15"
		l.addWord(start, start+digits)
		l.addNumber(start+digits, end)
		return
	}
	low, last := strings.ToLower(text), l.last()
	value := l.numbers[low]
	scale, scales := l.scales[text]
	suffix := last.kind == number && last.end == start
	switch {
	case suffix && text == "D": // "3D"
		last.kind, last.low, last.end = word, "3d", end
	case last.kind == number && (scales || value > 0), // "5 million", "5 mil", "two hundred five"
		suffix && l.groups[low] == set{} && !l.isMoney(text) && (len(low) < 4 || low[0] >= utf8.RuneSelf): // "2nd", "12万"
		if scale == 1e3 && (last.value == 4 || last.value == 8) && len(text) == 1 { // "4K" is a resolution
			scale = 0
		}
		last.value, last.scale, last.end = math.Round(last.value*scale), scale, end
	case value > 0 || scales && len(low) > 2: // "ten", "dozens"
		l.add(token{kind: number, value: value}, start, end)
	default:
		l.add(token{kind: word}, start, end)
	}
}

func (l *lexer) isMoney(s string) bool {
	t := token{groups: l.groups[strings.ToLower(s)].and(l.groups[s])}
	return l.in(&t, "@usd") || l.in(&t, "@foreign")
}

// addNumber adds a number. If it can mean several things, like "1.500" or a date, its value is 0.
func (l *lexer) addNumber(start, end int) {
	value, before := figure(l.text[start:end]), " "+l.text[max(0, start-2):start]
	if strings.HasSuffix(before, " -") || strings.HasSuffix(before, "#") || strings.HasSuffix(before, "+") {
		value = 0
	}
	l.add(token{kind: number, value: value}, start, end)
}

// figure returns the value of "2,500", "1.5", "50 000" and "1,00,000", and 0 for anything else.
func figure(s string) float64 {
	s = strings.NewReplacer("'", ",", "’", ",", " ", ",", "\u00a0", ",", "\u202f", ",").Replace(s)
	whole, fraction, _ := strings.Cut(s, ".")
	groups := strings.Split(whole, ",")
	for i, group := range groups[1:] {
		if len(groups[0]) > 3 || len(group) != 3 && (len(group) != 2 || i == len(groups)-2) {
			return 0
		}
	}
	if len(fraction) == 3 && whole != "0" || len(whole) > 1 && whole[0] == '0' {
		return 0
	}
	value, err := strconv.ParseFloat(strings.Join(groups, "")+"."+fraction+"0", 64)
	if err != nil || value > 1e12 {
		return 0
	}
	return value
}
