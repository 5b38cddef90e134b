package sandbox

import (
	"bytes"
	"slices"
)

// kind is the type of a draft field.
type kind int

const (
	kindString kind = iota
	kindNumber      // greater than zero
	kindCount       // a whole number greater than zero
	kindEnum
	kindStrings  // a list of strings
	kindEnumList // a list of enum values
	kindBool
)

// field is one key that PATCH accepts.
type field struct {
	key  string
	kind kind
}

// updateFields lists the update keys in the order of the capabilities page, then those that only
// developers/api-reference/job-drafts/update documents. Keys without a documented type are strings here.
// ndaRequired is not documented: the documented lists are incomplete, and a client must accept that.
func updateFields() []field {
	return []field{
		{"jobTitle", kindString}, {"jobDescription", kindString},
		{"labelingOverview", kindString}, {"datasetDescription", kindString},
		{"dataType", kindString}, {"subjectMatter", kindString},
		{"dataVolume", kindNumber}, {"dataVolumeUnit", kindEnum},
		{"labelingSoftware", kindString}, {"headcount", kindCount},
		{"experienceLevel", kindEnum}, {"paymentType", kindEnum},
		{"pricePerHour", kindNumber}, {"pricePerLabel", kindNumber}, {"fixedPrice", kindNumber},
		{"countries", kindStrings}, {"languages", kindStrings}, {"labelTypes", kindEnumList},
		{"aiInterviewRequirements", kindString}, {"budgetRange", kindString},
		{"workloadDesc", kindString}, {"timeRequirement", kindString},
		{"projectDuration", kindString}, {"freelancerType", kindString},
		{"projectScope", kindString}, {"visibility", kindString},
		{"ndaRequired", kindBool},
	}
}

// The payment types, and the unit that means "not known" (developers/api-reference/job-drafts/capabilities).
const (
	payPerLabel = "PAY_PER_LABEL"
	payPerHour  = "PAY_PER_HOUR"
	fixedPrice  = "FIXED_PRICE"

	unitHours   = "HOURS_OF_RECORDING_AUDIO_VIDEO"
	unitFiles   = "NUMBER_OF_FILES"
	unitWords   = "NUMBER_OF_WORDS"
	unitUnknown = "UNKNOWN_NOT_SPECIFIED"

	levelExpert       = "EXPERT"
	levelIntermediate = "INTERMEDIATE"
	levelEntry        = "ENTRY_LEVEL"
	levelAny          = "ANY_EXPERIENCE_LEVEL"
)

// enum returns the values of an enum field, nil for another field. The pages list the experience levels in
// different orders.
func (v Variant) enum(key string) []string {
	switch key {
	case "paymentType":
		return []string{payPerLabel, payPerHour, fixedPrice}
	case "dataVolumeUnit":
		return []string{unitHours, unitFiles, unitWords, unitUnknown}
	case "experienceLevel":
		if v == Reference {
			return []string{levelExpert, levelEntry, levelIntermediate, levelAny}
		}
		return []string{levelExpert, levelIntermediate, levelEntry, levelAny}
	case "labelTypes":
		return labelTypes()
	}
	return nil
}

// rateKey returns the key that holds the amount of a payment type.
func rateKey(paymentType string) string {
	switch paymentType {
	case payPerHour:
		return "pricePerHour"
	case payPerLabel:
		return "pricePerLabel"
	case fixedPrice:
		return "fixedPrice"
	}
	return ""
}

// values are the fields of a draft by update key: string, float64, bool or []string. They marshal in the
// order of updateFields.
type values map[string]any

// MarshalJSON implements json.Marshaler.
func (v values) MarshalJSON() ([]byte, error) {
	var buf bytes.Buffer
	buf.WriteByte('{')
	for _, f := range updateFields() {
		value, set := v[f.key]
		if !set {
			continue
		}
		if buf.Len() > 1 {
			buf.WriteByte(',')
		}
		buf.WriteString(`"` + f.key + `":`)
		buf.Write(bytes.TrimSpace(encode(value)))
	}
	buf.WriteByte('}')
	return buf.Bytes(), nil
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
	return slices.Clone(l)
}
