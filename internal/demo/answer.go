package demo

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"opentrain-mcp/internal/tool"
	"opentrain-mcp/schema"
)

// parse reads an answer as people give it. problem says what doesn't fit, and is "" when all does.
func parse(input tool.Input, line string) (value any, problem string) {
	if plainWords(line) == "" {
		return nil, "Please answer, or press Ctrl-C to stop."
	}
	switch input.Type {
	case "number":
		return number(input.Key, line)
	case "boolean":
		return yesOrNo(line)
	case "enum":
		return choose(input.Options, line)
	case "array":
		return chooseSeveral(input, line)
	}
	return line, ""
}

func yesOrNo(line string) (yes any, problem string) {
	switch plainWords(line) {
	case "y", "yes", "yep", "yeah", "yes please", "sure", "ok", "okay", "true":
		return true, ""
	case "n", "no", "nope", "no thanks", "not yet", "false":
		return false, ""
	}
	return false, "Please answer yes or no."
}

// number reads an amount, a price or a count of people.
func number(key, line string) (value any, problem string) {
	if isPrice(key) {
		amount, unit, ok := price(line)
		if !ok || amount == 0 || unit != "" && unit != key {
			return nil, "Please give the " + noun(key) + " as one amount in US dollars, such as " + priceExample(key) + "."
		}
		return amount, ""
	}
	line = plainWords(line)
	if key == "headcount" {
		line = withoutEnd(line, peopleWords)
	}
	amount, ok := quantity(line, false)
	switch {
	case !ok:
		return nil, "Please give one number, such as 10 or 5,000."
	case key == "headcount" && amount != float64(int64(amount)):
		return nil, "Please give a whole number."
	}
	return amount, ""
}

// choose finds the option that an answer names by number or in words. Without options, any text will do.
func choose(options []string, line string) (value any, problem string) {
	if len(options) == 0 {
		return strings.TrimSpace(line), ""
	}
	digits := withoutStart(plainWords(line), []string{"#", "no.", "number", "option"})
	if n, err := strconv.Atoi(digits); err == nil && n >= 1 && n <= len(options) {
		return options[n-1], ""
	}
	if option, found := named(options, line); found {
		return option, ""
	}
	return nil, fmt.Sprintf("“%s” isn't one of the options. Type a number from 1 to %d, or a name.", strings.TrimSpace(line), len(options))
}

// named finds the option that has the words of an answer.
func named(options []string, line string) (option string, found bool) {
	if option, found = schema.Match(line, options, tool.Label); found {
		return option, true
	}
	known := ""
	for _, option := range options {
		known += " " + plainWords(option) + " " + plainWords(tool.Label(option)) + " "
	}
	between := func(r rune) bool { return strings.ContainsRune(" ,/-", r) }
	var words []string
	for word := range strings.FieldsFuncSeq(plainWords(line), between) {
		if slices.Contains(emptyWords, word) {
			continue
		}
		isKnown := func(word string) bool { return strings.Contains(known, " "+word) }
		if at := slices.IndexFunc(meanings(word), isKnown); at >= 0 && !isKnown(word+" ") {
			word = meanings(word)[at]
		}
		words = append(words, word)
	}
	meant := strings.Join(words, " ")
	return schema.Match(meant, options, tool.Label)
}

// chooseSeveral reads a list: "1 and 7", "files, words", "English and Spanish".
func chooseSeveral(input tool.Input, line string) (value any, problem string) {
	if option, found := named(input.Options, line); found {
		return []any{option}, ""
	}
	commas := []string{";", ",", "&", ",", "+", ","}
	if input.Key != "countries" { // Trinidad and Tobago is one
		commas = append(commas, " and ", ",")
	}
	parts := strings.Split(strings.NewReplacer(commas...).Replace(line), ",")
	if fields := strings.Fields(line); !slices.ContainsFunc(fields, func(f string) bool { return !isDigits(f) }) {
		parts = fields
	}
	var list []any
	for _, part := range parts {
		if part = strings.TrimPrefix(strings.TrimSpace(part), "and "); part == "" {
			continue
		}
		one, problem := choose(input.Options, part)
		if problem != "" {
			return nil, problem
		}
		if !slices.Contains(list, one) {
			list = append(list, one)
		}
	}
	if len(list) == 0 {
		return nil, "Please name at least one."
	}
	return list, ""
}

// pay is how people are paid and how much; "" and 0 as long as they aren't known.
type pay struct {
	key    string // pricePerHour, pricePerLabel or fixedPrice
	amount float64
}

// add reads an answer to a question about pay, all of it or a part. problem asks for the rest.
func (p *pay) add(line string) (problem string) {
	amount, key, ok := price(line)
	if ok && key != "" {
		p.key = key
	}
	if ok && amount > 0 {
		p.amount = amount
	}
	switch {
	case !ok:
		return "Please give one amount in US dollars per hour, per label, or in total, such as $18 per hour."
	case p.key == "":
		return "Is that per hour, per label, or in total?"
	case p.amount == 0:
		return "How much is the " + noun(p.key) + ", in US dollars?"
	}
	return ""
}

// volume is how much data there is, and in what unit.
type volume struct {
	unit   string
	amount float64
}

// add reads an answer to a question about the data, all of it or a part. problem asks for the rest.
func (v *volume) add(units []string, line string) (problem string) {
	count, noun := plainWords(line), ""
	amount, ok := quantity(count, false)
	for ; !ok && count != ""; amount, ok = quantity(count, false) {
		at := strings.LastIndex(count, " ") + 1 // words move from the count to the noun, one by one
		count, noun = strings.TrimSpace(count[:at]), strings.TrimSpace(count[at:]+" "+noun)
	}
	unit, found := named(units, noun)
	isPlain := found || ok && noun == "" // "5 batches" is neither a unit nor a bare number
	if isPlain && found {
		v.unit = unit
	}
	if isPlain && ok {
		v.amount = amount
	}
	switch {
	case !isPlain:
		return "Please say how much, such as 5,000 files, 20 hours of video, or 10,000 words."
	case v.unit == unknownUnit:
		return ""
	case v.unit == "":
		return "Are these files, words, or hours of audio or video?"
	case v.amount == 0:
		return "About how many?"
	}
	return ""
}

// price reads an amount of dollars with what it pays for, or either alone.
func price(line string) (amount float64, key string, ok bool) {
	line = plainWords(line)
	if line == "hour" || line == "label" {
		line = "per " + line
	}
	for _, unit := range priceUnits() {
		if rest := withoutEnd(withoutStart(line, unit.words), unit.words); rest != line {
			line, key = rest, unit.key
			break
		}
	}
	if line == "" {
		return 0, key, key != ""
	}
	amount, ok = quantity(line, true)
	return amount, key, ok
}

// quantity reads a number as people write it: 5k, 50,000, two million, and with dollars $18, 18 dollars, 5 cents.
func quantity(words string, dollars bool) (float64, bool) {
	words = withoutStart(words, []string{"about", "around", "approximately", "roughly", "~"})
	if whole, fraction, found := strings.Cut(words, "."); found && len(fraction) == 3 && strings.Trim(whole, "$0") != "" {
		return 0, false // 5.000 is five thousand for some people
	}
	if dollars {
		words = withoutEnd(words, []string{"us dollars", "us dollar", "dollars", "dollar", "bucks"})
	}
	scale := 1.0
	for _, unit := range scales(dollars) {
		if rest := withoutEnd(words, unit.words); rest != words {
			words, scale = rest, unit.scale
			break
		}
	}
	if n := slices.Index(numberWords, words); n > 0 {
		return float64(n) * scale, true
	}
	node := schema.Read(&schema.Node{Type: "number"}, schema.Reading{Dollars: dollars})
	given, err := json.Marshal(words)
	if err != nil {
		return 0, false
	}
	raw, _, err := schema.DecodePart(node, "", given, tool.Dialect())
	var amount float64
	if err != nil || json.Unmarshal(raw, &amount) != nil || amount <= 0 {
		return 0, false
	}
	if scale < 1 {
		return amount / (1 / scale), true // 5 cents are 0.05 exactly
	}
	return amount * scale, true
}
