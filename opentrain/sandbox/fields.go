package sandbox

import (
	_ "embed"
	"encoding/json"
	"slices"
	"sync"
)

// fieldsJSON lists the update keys in the order of the capabilities page, then those that only
// developers/api-reference/job-drafts/update documents. Keys without a documented type are strings here. ndaRequired is not
// documented: the documented lists are incomplete, and a client must accept that.
//
//go:embed fields.json
var fieldsJSON []byte

// field is one key that PATCH accepts, and the question for it if a draft needs it before it can be published.
type field struct {
	Key    string
	Type   string // in a report: a JSON type or enum; numbers are greater than zero
	Of     string // what values must be: "whole" numbers, "countries" or "languages"
	Enum   []string
	Label  string // its name for people
	Name   string // its name in questions
	Prompt string // the question; "" if it is never asked
	// Example is a value, or one for each of Keys if an answer needs several.
	Example any
	Keys    []string
	Hint    string
	// RefEnum, RefPrompt and RefMissing are the values, the question and what is missing in the reference, if they differ.
	RefEnum               []string
	RefPrompt, RefMissing string
}

// updateFields reads fieldsJSON when it is first needed.
var updateFields = sync.OnceValue(func() (fields []field) {
	if err := json.Unmarshal(fieldsJSON, &fields); err != nil {
		panic(err) // the file is part of the program
	}
	for i := range fields {
		f := &fields[i]
		if f.Name == "" {
			f.Name = f.Key
		}
		if f.Key == "labelTypes" {
			f.Enum = theGrammar().labelTypes
		}
	}
	return fields
})

// fieldOf returns the field of an update key.
func fieldOf(key string) (f field, known bool) {
	i := slices.IndexFunc(updateFields(), func(f field) bool { return f.Key == key })
	if i < 0 {
		return field{}, false
	}
	return updateFields()[i], true
}

// options are the values of an enum field, or of the items of a list. The pages list the experience levels in different orders.
func (f field) options(v Variant) []string {
	if v == Reference && f.RefEnum != nil {
		return f.RefEnum
	}
	return f.Enum
}

// Values of enum fields (developers/api-reference/job-drafts/capabilities).
const (
	payPerLabel = "PAY_PER_LABEL"
	payPerHour  = "PAY_PER_HOUR"
	fixedPrice  = "FIXED_PRICE"

	unitHours   = "HOURS_OF_RECORDING_AUDIO_VIDEO"
	unitFiles   = "NUMBER_OF_FILES"
	unitWords   = "NUMBER_OF_WORDS"
	unitUnknown = "UNKNOWN_NOT_SPECIFIED"
)

// rateKey returns the key that holds the amount of a payment type.
func rateKey(paymentType string) string {
	return map[string]string{payPerHour: "pricePerHour", payPerLabel: "pricePerLabel", fixedPrice: "fixedPrice"}[paymentType]
}

// values are the fields of a draft by update key: string, float64, bool or []string.
type values map[string]any

// object has the fields in the order of updateFields.
func (v values) object() object {
	all := object{}
	for _, f := range updateFields() {
		if v.has(f.Key) {
			all = append(all, f.Key, v[f.Key])
		}
	}
	return all
}

func (v values) has(key string) bool {
	_, set := v[key]
	return set
}

func (v values) text(key string) string {
	s, _ := v[key].(string)
	return s
}

func (v values) number(key string) float64 {
	n, _ := v[key].(float64)
	return n
}

func (v values) list(key string) []string {
	l, _ := v[key].([]string)
	return append([]string{}, l...)
}
