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

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// contradictions are the places where a draft says two things, and the patch that resolves them.
type contradictions struct {
	warnings []string
	patch    map[string]any // empty when there are none; the text is for the human to word
}

// contradictions finds a rate that belongs to another payment type, numbers that were changed but are still in the
// description, and a pay in another currency or of another number of dollars.
func (k known) contradictions() contradictions {
	found := contradictions{patch: map[string]any{}}
	fields, description := k.draft.NormalizedFields, k.description()
	for _, key := range strayRates(fields) {
		found.patch[key] = nil
		found.warnings = append(found.warnings, fmt.Sprintf("The payment type is “%s”, but %s is still set.",
			tool.Label(textOf(fields["paymentType"])), tool.Readable(key, fields[key])))
	}
	if wrong := k.wrongInText(description); len(wrong) > 0 {
		found.patch["jobDescription"] = tool.Answer
		found.warnings = append(found.warnings, wrong...)
	}
	return found
}

// wrongInText are the warnings about what the description says and the fields don't.
func (k known) wrongInText(description string) (warnings []string) {
	fields := k.draft.NormalizedFields
	rate := cmp.Or(ownRate(fields), onlyRate(fields))
	price := numberOf(fields[rate])
	var said []string // the former pay, which needs no other warning
	for _, key := range slices.Sorted(maps.Keys(k.outdated)) {
		now, old := instead(fields, key), numberOf(k.outdated[key])
		if current := numberOf(fields[now]); current != "" && current != old {
			warnings = append(warnings, stillSays(description, now, k.outdated[key], fields))
			if now == rate {
				said = append(said, old)
			}
		}
	}
	differs := func(amounts []string, end string) {
		if len(amounts) > 0 {
			warnings = append(warnings, fmt.Sprintf("The description says %s, but the job pays %s%s.",
				quoted(amounts), tool.Readable(rate, fields[rate]), end))
		}
	}
	differs(foreignAmounts(description, price), " (US dollars)")
	differs(otherRates(description, rate, price, said), "")
	return warnings
}

// quoted writes the first of some amounts.
func quoted(amounts []string) string {
	const most = 3
	words := tool.Map(amounts[:min(len(amounts), most)], func(amount string) string { return "“" + amount + "”" })
	if more := len(amounts) - most; more > 0 {
		words = append(words, fmt.Sprintf("%d more", more))
	}
	last := len(words) - 1
	return text.Join(" and ", strings.Join(words[:last], ", "), words[last])
}

func paymentTypes() []string {
	return []string{opentrain.FixedPrice, opentrain.PayPerHour, opentrain.PayPerLabel}
}

// rates are the fields that say what the job pays. Only the one of the payment type counts.
func rates() []string { return tool.Map(paymentTypes(), rateOf) }

// strayRates are the rates that are set beside the one of the payment type.
func strayRates(fields opentrain.Fields) []string {
	return slices.DeleteFunc(rates(), func(key string) bool { return instead(fields, key) == key || numberOf(fields[key]) == "" })
}

// instead is the field that says what a field says: of a rate, the one of the payment type.
func instead(fields opentrain.Fields, key string) string {
	if !slices.Contains(rates(), key) {
		return key
	}
	return cmp.Or(ownRate(fields), key)
}

// ownRate is the key of the rate that belongs to the payment type, "" for none.
func ownRate(fields opentrain.Fields) string { return rateOf(textOf(fields["paymentType"])) }

// paymentTypeOf is the payment type that a rate belongs to, "" for a key of something else.
func paymentTypeOf(key string) string {
	if i := slices.Index(rates(), key); i >= 0 {
		return paymentTypes()[i]
	}
	return ""
}

// onlyRate is the key of the rate that is set, "" for none or several: without a payment type, it's what the job seems to pay.
func onlyRate(fields opentrain.Fields) string {
	set := slices.DeleteFunc(rates(), func(key string) bool { return numberOf(fields[key]) == "" })
	if len(set) != 1 {
		return ""
	}
	return set[0]
}

func rateOf(paymentType string) string {
	switch paymentType {
	case opentrain.PayPerHour:
		return "pricePerHour"
	case opentrain.PayPerLabel:
		return "pricePerLabel"
	case opentrain.FixedPrice:
		return "fixedPrice"
	}
	return ""
}

// outdated are the values that fields had when the description was written, as long as it still has their numbers: also while a field
// has no value, or that one again.
func outdated(before, now known, set opentrain.Fields) opentrain.Fields {
	old, was, is := merged(nil, before.outdated), before.draft.NormalizedFields, now.draft.NormalizedFields
	changed := slices.Collect(maps.Keys(set))
	if set["paymentType"] != nil {
		changed = append(changed, ownRate(was))
	}
	for _, key := range changed {
		if old[key] == nil && numberOf(was[key]) != "" && instead(was, key) == key { // a rate of another payment type paid nothing
			old[key] = was[key]
		}
	}
	numbers := sync.OnceValue(func() map[string]string { return numbersIn(now.description()) })
	maps.DeleteFunc(old, func(key string, value json.RawMessage) bool {
		before, current := numberOf(value), numberOf(is[instead(is, key)])
		rewritten := set["jobDescription"] != nil && current != before && numbers()[current] != ""
		return rewritten || numbers()[before] == ""
	})
	return old
}

// description is the draft's text, or else what it was made from, unless that was replaced or cleared.
func (k known) description() string {
	value, found := k.draft.NormalizedFields["jobDescription"]
	if found || k.set["jobDescription"] {
		return textOf(value)
	}
	return k.source
}

// stillSays is the warning about a number in the description that a change of a field made wrong.
func stillSays(description, key string, was json.RawMessage, fields opentrain.Fields) string {
	return fmt.Sprintf("The description still says “%s”, but “%s” is now %s.",
		numbersIn(description)[numberOf(was)], tool.FieldLabel(key), tool.WithoutUnit(key, fields[key]))
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
	for _, written := range amountWords(s) {
		word := strings.ToLower(withoutForeignSign(written))
		number := ""
		if n := slices.Index(spelled, word); n > 1 {
			number = strconv.Itoa(n)
		} else if isAmount(word) {
			number = shortest(word)
		}
		if number != "" && numbers[number] == "" {
			numbers[number] = written
		}
	}
	return numbers
}

// shortest is a number as people write one in its shortest form, "" for any other text.
func shortest(written string) string {
	number, _ := schema.ParseNumber(written, true)
	return numberOf(json.RawMessage(number))
}
