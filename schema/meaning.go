package schema

import (
	"slices"
	"strings"
	"unicode"
)

// Match returns the allowed value that text means: the value itself, the same in other case, spacing or number, or the
// one value that has every word of text in its name or label. If several have, none is meant. label may be nil.
func Match(text string, allowed []string, label func(value string) string) (string, bool) {
	if slices.Contains(allowed, text) {
		return text, true
	}
	if len(text) > longest {
		return "", false
	}
	given := words(text)
	if !slices.ContainsFunc(given, carriesMeaning) {
		return "", false
	}
	match, candidates := "", 0
	for _, value := range allowed {
		name, shown := words(value), []string(nil)
		if label != nil {
			shown = words(label(value))
		}
		if fold(text) == fold(value) || slices.Equal(given, name) || slices.Equal(given, shown) {
			return value, true
		}
		if !containsAll(slices.Concat(name, shown), given) {
			continue
		}
		if candidates++; containsAll(slices.Concat(usable(name, given), usable(shown, given)), given) {
			match = value
		}
	}
	if candidates != 1 || match == "" {
		return "", false
	}
	return match, true
}

func containsAll(list, wanted []string) bool {
	return !slices.ContainsFunc(wanted, func(word string) bool { return !slices.Contains(list, word) })
}

// usable are the words of a name that an answer may consist of. A word that turns the meaning of those after it can't
// be left out: "sure" does not mean "Not sure", and "experience level" not "Any experience level". Nor can what is
// counted: "audio" does not mean "Hours of audio".
func usable(name, given []string) []string {
	for i, word := range name {
		isCounted := word == "of" && i > 0 && name[i-1] != "number" && !slices.Contains(given, name[i-1])
		if isCounted || turnsMeaning(word) && !slices.Contains(given, word) {
			return name[:i]
		}
	}
	return name
}

// matchFor is Match for the value of an argument. The argument's own words may be left out: "Expert level" as the
// experienceLevel is EXPERT.
func matchFor(path, text string, allowed []string, label func(value string) string) (string, bool) {
	if value, found := Match(text, allowed, label); found || len(text) > longest {
		return value, found
	}
	own := keyWords(path)
	others := slices.DeleteFunc(words(text), func(word string) bool { return slices.Contains(own, word) })
	return Match(strings.Join(others, " "), allowed, label)
}

// keyWords are the words of the last name in a path: experience and level in fields.experienceLevel.
func keyWords(path string) []string {
	key, _, _ := strings.Cut(path[strings.LastIndexByte(path, '.')+1:], "[")
	var spaced strings.Builder
	for _, r := range key {
		if unicode.IsUpper(r) {
			spaced.WriteByte(' ')
		}
		spaced.WriteRune(r)
	}
	return words(spaced.String())
}

func turnsMeaning(word string) bool {
	return slices.Contains([]string{"not", "no", "non", "without", "any", "all"}, word)
}

// carriesMeaning reports whether a word alone can name a value.
func carriesMeaning(word string) bool {
	return !slices.Contains([]string{"a", "an", "and", "for", "in", "no", "non", "not", "of", "or", "per", "the", "to", "without"}, word)
}

// words are the words of a name or a text, in small letters and the singular.
func words(text string) []string {
	all := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for i, word := range all {
		all[i] = singular(word)
	}
	return all
}

// singular takes the plural off an English word, as far as values need it: boxes, files, polylines.
func singular(word string) string {
	for _, end := range []string{"xes", "ches", "shes", "sses"} {
		if strings.HasSuffix(word, end) {
			return strings.TrimSuffix(word, "es")
		}
	}
	if len(word) > 3 && !strings.HasSuffix(word, "ss") {
		return strings.TrimSuffix(word, "s")
	}
	return word
}

// isChoice reports whether a text leaves open which of several things it means: "English or Spanish". At its beginning or end,
// "or" is a code.
func isChoice(text string) bool {
	words := strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("/()", r) })
	return len(words) > 2 && slices.ContainsFunc(words[1:len(words)-1], func(word string) bool { return strings.EqualFold(word, "or") })
}

// ParseNumber reads a number as people write one: "18", ".5", "50,000", "5k", and with dollars "$18" and "18 USD". A comma
// separates thousands only before exactly three digits: "18,50" is no number.
func ParseNumber(text string, dollars bool) (number string, ok bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	if dollars {
		text = withoutDollars(text)
	}
	text, isThousands := strings.CutSuffix(text, "k")
	whole, fraction, hasFraction := strings.Cut(strings.TrimSpace(text), ".")
	if whole == "" && hasFraction {
		whole = "0"
	}
	groups := strings.Split(whole, ",")
	if len(groups) > 1 && strings.HasPrefix(whole, "0") { // half a thing, as some countries write it
		return "", false
	}
	for i, group := range groups {
		if !digits(group) || len(groups) > 1 && (len(group) > 3 || i > 0 && len(group) < 3) {
			return "", false
		}
	}
	if hasFraction && !digits(fraction) {
		return "", false
	}
	whole = strings.Join(groups, "")
	if len(fraction) == 3 && len(groups) == 1 && !isThousands && strings.Trim(whole, "0") != "" { // 5.000 may be five thousand
		return "", false
	}
	if isThousands {
		fraction += strings.Repeat("0", max(0, 3-len(fraction)))
		whole, fraction = whole+fraction[:3], strings.TrimRight(fraction[3:], "0")
	}
	number = strings.TrimLeft(whole[:len(whole)-1], "0") + whole[len(whole)-1:]
	if fraction != "" {
		number += "." + fraction
	}
	return number, true
}

// withoutUnit takes a unit off a number: "/ hour" or "people".
func withoutUnit(text string, units []string) string {
	text = strings.Join(strings.Fields(strings.ReplaceAll(strings.ToLower(text), "/", " / ")), " ")
	for _, unit := range units {
		if number, found := strings.CutSuffix(text, " "+unit); found {
			return number
		}
	}
	return text
}

// withoutDollars takes the currency off an amount, once on each side: "US$18", "$18 USD".
func withoutDollars(text string) string {
	for _, prefix := range []string{"us$", "usd", "$"} {
		if rest, found := strings.CutPrefix(text, prefix); found {
			text = strings.TrimSpace(rest)
			break
		}
	}
	for _, suffix := range []string{"us dollars", "dollars", "usd", "$"} {
		if rest, found := strings.CutSuffix(text, suffix); found {
			return strings.TrimSpace(rest)
		}
	}
	return text
}

func digits(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool { return r < '0' || r > '9' })
}
