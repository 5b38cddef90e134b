package sandbox

import (
	"cmp"
	"math"
	"regexp"
	"slices"
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
	value, scale     float64 // of a number: the value, 0 if it isn't clear, and what multiplied it
	name             string  // of a language or country
	claim            string  // the field of the rule that it belongs to
	used             bool    // it set a field, or is reported
}

type tokenKind int

const (
	mark tokenKind = iota
	stop           // a mark that ends a clause
	word
	number
)

var tokenPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\n|\dD\b|(?:[A-Z]{0,3}|Can|Cdn|Mex)\$|[A-Z][a-zA-Z]{0,2}\p{Nd}+(?:[.,]\p{Nd}+)*|\p{L}(?:\.\p{L})+` +
		`|\p{L}[\p{L}\p{M}\p{N}]*(?:['’]\p{L}+|-\d[\p{L}\p{N}]*)*|\.?\p{N}+(?:[.,'’:/ \x{a0}\x{202f}]\p{Nd}+)*(?:%|[kKM]\b)?|[^\s\p{Z}]`)
})

// split splits the text into tokens in one pass.
func (r *reader) split() {
	line := 0 // where the line starts
	found := tokenPattern().FindAllStringIndex(r.text, -1)
	r.tokens = make([]token, 0, len(found))
	for _, at := range found {
		start, end := at[0], at[1]
		switch first, _ := utf8.DecodeRuneInString(r.text[start:]); {
		case first == '\n':
			r.addLineBreak(line, start)
			line = end
		case unicode.IsLetter(first), r.text[end-1] == 'D': // "3D"
			r.addWord(start, end)
		case unicode.IsNumber(first), first == '.' && end > start+1 && r.startsFraction(start): // ".50"
			r.addNumber(start, end)
		case first == '.' && end > start+1: // "labels.50", "3..5"
			r.addMark(start, start+1)
			r.addNumber(start+1, end)
		case strings.TrimSpace(r.text[line:start]) != "" || !strings.ContainsRune("-*•#", first): // no bullet
			r.addMark(start, end)
		}
	}
	r.sentences = append(r.sentences, len(r.text))
}

func (r *reader) word(written string) token {
	low := strings.ToLower(written)
	return token{kind: word, low: low, groups: r.groups[low].with(r.groups[written])}
}

func (r *reader) add(kind tokenKind, value float64, start, end int) *token {
	t := r.word(strings.ReplaceAll(r.text[start:end], "’", "'"))
	t.kind, t.value, t.scale, t.start, t.end, t.sentence, t.clause = kind, value, 1, start, end, len(r.sentences)-1, r.clause
	r.tokens = append(r.tokens, t)
	return r.at(len(r.tokens) - 1)
}

// addLineBreak ends a sentence, unless it seems to go on in the next line.
func (r *reader) addLineBreak(line, at int) {
	before, rest := strings.TrimSpace(r.text[line:at]), strings.TrimLeft(r.text[at+1:min(len(r.text), at+60)], " \t\r")
	next, _ := utf8.DecodeRuneInString(rest)
	last, upper := r.at(len(r.tokens)-1), unicode.IsUpper(next) && len(rest) > 1 && unicode.IsLower(rune(rest[1])) // not "SEK"
	complete := r.in(last, "@item", "@person") && !unicode.IsLower(next) || upper && (labeled(rest) || labeled(before) && last.low != ":")
	if before == "" || complete || strings.ContainsRune("\n-*•#", next) {
		if last.low != "\n" {
			r.add(stop, 0, at, at+1)
		}
		r.sentences = append(r.sentences, at+1)
		r.clause++
	}
}

// labeled reports whether a line is like "Pay: $18".
func labeled(line string) bool {
	label, _, found := strings.Cut(line, ":")
	return found && !strings.ContainsAny(label, "\n.,;!?/–")
}

// addMark adds punctuation. A hyphen between words is a space.
func (r *reader) addMark(start, end int) {
	before := r.at(len(r.tokens) - 1)
	next, _ := utf8.DecodeRuneInString(r.text[end:])
	after := strings.TrimLeft(r.text[end:min(len(r.text), end+9)], " \n\u00a0")
	between := before.kind == number && strings.IndexAny(strings.TrimPrefix(after, "."), "0123456789$") == 0 // "$15 – 20"
	text, touches := r.text[start:end], before.end == start && before.kind >= word
	follows, _ := utf8.DecodeRuneInString(after)
	dotted := before.kind == word && strings.Contains(before.low, ".") // "U.S. based"
	short := r.in(before, "@abbreviation") || unicode.IsLower(follows) && (dotted || r.in(before, "@company"))
	if text == "-" && touches && unicode.IsLetter(next) || text == "." && touches && short {
		return
	}
	t := r.add(mark, 0, start, end)
	ends := r.in(t, "@end") && (!touches || !unicode.IsLower(next))
	if ends || r.in(t, "@stop") || !between && (text == "–" || text == "—" || text == "-" && unicode.IsSpace(next)) {
		t.kind = stop
		r.clause++
	}
	if ends {
		r.sentences = append(r.sentences, end)
	}
}

// addWord adds a word, or what it does to the number before.
func (r *reader) addWord(start, end int) {
	text := r.text[start:end]
	if digits := strings.IndexFunc(text, unicode.IsDigit); digits > 0 {
		before := r.at(len(r.tokens) - 1)
		if code := r.word(text[:digits]); r.in(&code, "@usd", "@foreign") || before.low == "$" && before.end == start { // "USD15", "$A15"
			r.add(word, 0, start, start+digits)
			r.addNumber(start+digits, end)
			return
		}
	}
	t, last := r.word(text), r.at(len(r.tokens)-1)
	scale, scales := r.values[text], r.in(&t, "@scale")
	suffix := last.kind == number && last.end == start
	switch {
	case last.kind == number && (scales || r.in(&t, "@number")), // "5 million", "5 mil", "two hundred five"
		suffix && t.groups == set{} && (len(text) < 4 || text[0] >= utf8.RuneSelf || strings.Contains(text, "-")): // "2nd", "12万"
		if !scales {
			scale = 0
		}
		last.value, last.scale, last.end = math.Round(last.value*scale), scale, end
	case r.in(&t, "@number"): // "ten"
		r.add(number, r.values[t.low], start, end)
	case scales && len(text) > 2: // "dozens"
		r.add(number, 0, start, end)
	default:
		r.add(word, 0, start, end)
	}
}

// addNumber adds a number. If it can mean several things, like "1.500", ",50" or a date, its value is 0.
func (r *reader) addNumber(start, end int) {
	digits := strings.TrimRight(r.text[start:end], "kKM")
	value, scale := figure(digits), max(1, r.values[r.text[start+len(digits):end]])
	before, last := " "+r.text[max(0, start-2):start], r.at(len(r.tokens)-1)
	resolution := scale == 1e3 && (value == 4 || value == 8)
	slip := last.low == "." && last.end == start || strings.HasSuffix(before, " ,") || strings.HasSuffix(before, "$,") // "$,50"
	if resolution || slip || strings.HasSuffix(before, " -") || strings.HasSuffix(before, "#") || strings.HasSuffix(before, "+") {
		value = 0
	}
	r.add(number, math.Round(value*scale*1e6)/1e6, start, end).scale = scale
}

// startsFraction reports whether the point before a digit belongs to the number. After a word, a mark that ends something or
// another number, it can be a full stop, a part of a longer number or a slip.
func (r *reader) startsFraction(at int) bool {
	last := r.at(len(r.tokens) - 1)
	touching, _ := utf8.DecodeLastRuneInString(r.text[:at])
	switch {
	case last.kind == number && strings.Trim(r.text[last.end:at], " \u00a0\u202f") == "": // "5 .50"
		return false
	case unicode.IsLetter(touching): // "USD.50", not "dollars.50" or "Rs.50"
		code := r.text[last.start:at]
		return r.in(last, "@usd", "@foreign") && code == strings.ToUpper(code)
	}
	return !unicode.IsNumber(touching) && !strings.ContainsRune(".…,;!?)]}%/_", touching)
}

// figure returns the value of "2,500", "1.5", ".5", "50 000" and "1,00,000", and 0 for anything else.
func figure(s string) float64 {
	whole, fraction, _ := strings.Cut(s, ".")
	whole = cmp.Or(whole, "0")
	groups := strings.FieldsFunc(whole, func(r rune) bool { return strings.ContainsRune(",'’ \u00a0\u202f", r) })
	for i, group := range groups[1:] {
		if len(groups[0]) > 3 || len(group) != 3 && (len(group) != 2 || i == len(groups)-2) {
			return 0
		}
	}
	value, err := strconv.ParseFloat(strings.Join(groups, "")+"."+fraction+"0", 64)
	if err != nil || value > 1e12 || len(fraction) == 3 && whole != "0" || len(whole) > 1 && whole[0] == '0' {
		return 0
	}
	return value
}

// setForeignAside takes the sentences that aren't in English out of the tokens, and reports them.
func (r *reader) setForeignAside() {
	scores, whole, last := map[int]int{}, 0, -1
	for i := range r.tokens {
		score := r.englishness(r.at(i))
		scores[r.at(i).sentence] += score
		whole += score
	}
	r.tokens = slices.DeleteFunc(r.tokens, func(t token) bool {
		foreign := cmp.Or(scores[t.sentence], whole) < 0
		if foreign && t.sentence != last {
			r.addUnmapped(t.sentence, "This sandbox reads only English; OpenTrain may read more.")
			last, r.demands.language, r.demands.dataset = t.sentence, true, true
		}
		return foreign
	})
}

// englishness is positive for a word that is common in English descriptions, negative for one of another language.
func (r *reader) englishness(t *token) int {
	first, _ := utf8.DecodeRuneInString(r.text[t.start:])
	switch lower := unicode.IsLower(first); {
	case t.kind != word, r.in(t, "@foreign"):
	case r.in(t, "@english", "@person", "@item"):
		return 1
	case unicode.IsLetter(first) && !unicode.Is(unicode.Latin, first), lower && r.in(t, "@other"):
		return -2
	case lower && strings.ContainsFunc(t.low, func(r rune) bool { return r > unicode.MaxASCII && unicode.IsLetter(r) }):
		return -1
	}
	return 0
}

// findPlaces makes one token of the name of a language or country.
func (r *reader) findPlaces() {
	tokens := r.tokens
	r.tokens = tokens[:0]
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		first, _ := utf8.DecodeRuneInString(r.text[t.start:])
		lower := unicode.IsLower(first)
		named := t.kind == word && (!lower || !r.in(&t, "@common")) // "polish", "us"
		for size := min(5, len(tokens)-i); size > 0 && named; size-- {
			last := tokens[i+size-1]
			name := strings.Join(strings.Fields(r.text[t.start:last.end]), " ")
			language, spoken := namedPlace("languages", name)
			land, known := namedPlace("countries", name)
			known = known && name != "Us"
			if spoken = spoken && (!lower || size == 1 && len(name) > 4); last.kind == word && (spoken || known) {
				r.mark(&t, "@language", spoken)
				small := lower && name == strings.ToLower(name)
				r.mark(&t, "@country", !spoken && !small)
				r.mark(&t, "@land", !spoken && small)
				t.name, t.end = cmp.Or(language.name, land.name), last.end
				if before := r.at(len(r.tokens) - 1); spoken && r.in(before, "@language") && before.name != t.name &&
					strings.Trim(r.text[before.end:t.start], " \u00a0") == "" { // "Irish English" is English
					before.groups = r.groups[before.low].with(r.bits["@variety"])
				}
				i += size - 1
				break
			}
		}
		r.tokens = append(r.tokens, t)
	}
}
