package draft

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// contradictions are the places where a draft says two things, and the patch that resolves them.
type contradictions struct {
	warnings []string
	patch    map[string]any // empty when there are none; the text is for the human to word
}

// contradictions finds a rate that belongs to another payment type, numbers that were changed but are still in the
// description, and a pay in another currency.
func (k known) contradictions() contradictions {
	found := contradictions{patch: map[string]any{}}
	fields, description := k.draft.NormalizedFields, k.description()
	stray := strayRates(fields)
	for _, key := range stray {
		found.patch[key] = nil
		found.warnings = append(found.warnings, fmt.Sprintf("The payment type is “%s”, but %s is still set.",
			tool.Label(textOf(fields["paymentType"])), tool.Readable(key, fields[key])))
	}
	for _, key := range slices.Sorted(maps.Keys(k.outdated)) {
		if slices.Contains(stray, key) {
			continue
		}
		found.patch["jobDescription"] = tool.Answer
		found.warnings = append(found.warnings, stillSays(description, key, k.outdated[key], fields[key]))
	}
	rate := ownRate(fields)
	if amount := foreignAmount(description, numberOf(fields[rate])); amount != "" {
		found.patch["jobDescription"] = tool.Answer
		found.warnings = append(found.warnings, fmt.Sprintf("The description says “%s”, but the job pays %s (US dollars).",
			amount, tool.Readable(rate, fields[rate])))
	}
	return found
}

// strayRates are the rates that are set beside the one of the payment type.
func strayRates(fields opentrain.Fields) []string {
	own := ownRate(fields)
	return slices.DeleteFunc([]string{"fixedPrice", "pricePerHour", "pricePerLabel"}, func(key string) bool {
		return own == "" || key == own || numberOf(fields[key]) == ""
	})
}

// ownRate is the key of the rate that belongs to the payment type, "" for none.
func ownRate(fields opentrain.Fields) string {
	switch textOf(fields["paymentType"]) {
	case "PAY_PER_HOUR":
		return "pricePerHour"
	case "PAY_PER_LABEL":
		return "pricePerLabel"
	case "FIXED_PRICE":
		return "fixedPrice"
	}
	return ""
}

// outdated are the values that fields had when the description was written, as long as it still has their numbers.
func outdated(before, now known, set opentrain.Fields) opentrain.Fields {
	old := merged(nil, before.outdated)
	for key := range set {
		if was := before.draft.NormalizedFields[key]; old[key] == nil && numberOf(was) != "" {
			old[key] = was
		}
	}
	numbers := sync.OnceValue(func() map[string]string { return numbersIn(now.description()) })
	maps.DeleteFunc(old, func(key string, was json.RawMessage) bool {
		before, current := numberOf(was), numberOf(now.draft.NormalizedFields[key])
		if current == "" || current == before {
			return true
		}
		rewritten := set["jobDescription"] != nil && numbers()[current] != ""
		return rewritten || numbers()[before] == ""
	})
	return old
}

// foreignAmount is the first pay in a text that isn't in dollars: "pays €18", "18 euros an hour". An amount counts as pay if it
// equals the job's price or the words around it are about pay. Others are coins, weights or sums on receipts.
func foreignAmount(s, price string) string {
	if price == "" {
		return ""
	}
	words := amountWords(s)
	for i, word := range words {
		sign := strings.HasPrefix(word, "€") || strings.HasPrefix(word, "£") || strings.HasSuffix(word, "€") || strings.HasSuffix(word, "£")
		if !isAmount(word) || strings.Trim(word, "€£") != price && !nearPay(words, i) {
			continue
		}
		if sign {
			return word
		}
		if i+1 < len(words) && isCurrency(words[i+1]) {
			return word + " " + words[i+1]
		}
	}
	return ""
}

func isAmount(word string) bool { return strings.ContainsFunc(word, unicode.IsDigit) }

// nearPay reports whether the words around an amount say that it's pay: "pays at least €18", "18 euros an hour", "€18/hour".
func nearPay(words []string, at int) bool {
	const near = 3
	before := words[max(0, at-near):at]
	for i, word := range slices.Backward(before) {
		if isAmount(word) { // what is before it is about that one
			before = before[i+1:]
			break
		}
	}
	after := words[at+1:]
	if len(after) > 0 && isCurrency(after[0]) {
		after = after[1:]
	}
	if len(after) > 1 && slices.Contains([]string{"per", "a", "an", "each", "every"}, strings.ToLower(after[0])) {
		after = after[1:]
	}
	units := []string{"hour", "hr", "h", "hourly"}
	return slices.ContainsFunc(before, aboutPay) || len(after) > 0 && slices.Contains(units, strings.ToLower(after[0]))
}

// aboutPay reports whether a word before an amount says that it's pay.
func aboutPay(word string) bool {
	word = strings.ToLower(word)
	return strings.HasPrefix(word, "pay") || slices.Contains([]string{
		"paid", "earn", "earns", "rate", "rates", "salary", "wage", "wages", "compensation", "budget", "offer", "offers",
	}, word)
}

func isCurrency(word string) bool {
	return slices.Contains([]string{"euro", "euros", "eur", "gbp", "pounds"}, strings.ToLower(word))
}

// amountWords are the words and numbers of a text, with the signs of currencies.
func amountWords(s string) []string {
	words := strings.FieldsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(".,$€£", r)
	})
	for i, word := range words {
		words[i] = strings.Trim(word, ".,")
	}
	return words
}

// description is the draft's text, or else what it was made from.
func (k known) description() string {
	return cmp.Or(textOf(k.draft.NormalizedFields["jobDescription"]), k.source)
}

// stillSays is the warning about a number in the description that a change of a field made wrong.
func stillSays(description, key string, was, now json.RawMessage) string {
	current := tool.WithoutUnit(key, now)
	return fmt.Sprintf("The description still says “%s”, but “%s” is now %s.",
		numbersIn(description)[numberOf(was)], tool.FieldLabel(key), current)
}

func textOf(value json.RawMessage) (s string) {
	if !bytes.HasPrefix(value, []byte(`"`)) || json.Unmarshal(value, &s) != nil {
		return ""
	}
	return s
}

// numberOf is a JSON number in its shortest form, "" for any other value.
func numberOf(value json.RawMessage) string {
	if len(value) == 0 || value[0] != '-' && (value[0] < '0' || value[0] > '9') {
		return ""
	}
	number, err := strconv.ParseFloat(string(value), 64)
	if err != nil {
		return ""
	}
	return strconv.FormatFloat(number, 'f', -1, 64)
}

// numbersIn are the numbers in a text as they are written, by their shortest form: 50,000 and 50k are 50000, ten is 10.
func numbersIn(s string) map[string]string {
	spelled := []string{ // "one" is seldom a number
		"", "", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
		"eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
	}
	numbers := map[string]string{}
	add := func(number float64, written string) {
		key := strconv.FormatFloat(number, 'f', -1, 64)
		numbers[key] = cmp.Or(numbers[key], written)
	}
	for _, written := range amountWords(s) {
		word := strings.ToLower(strings.TrimLeft(written, "$€£"))
		if n := slices.Index(spelled, word); n > 1 {
			add(float64(n), written)
			continue
		}
		if !strings.ContainsAny(word, "0123456789") {
			continue
		}
		number, err := strconv.ParseFloat(strings.TrimRightFunc(strings.ReplaceAll(word, ",", ""), unicode.IsLetter), 64)
		if err != nil {
			continue
		}
		if strings.HasSuffix(word, "k") {
			number *= 1000
		}
		add(number, written)
	}
	return numbers
}
