package sandbox

import "slices"

// kind is the type of a draft field.
type kind int

const (
	kindString kind = iota
	kindNumber      // greater than zero
	kindCount       // a whole number greater than zero
	kindEnum
	kindEnums     // a list of enum values
	kindCountries // a list of countries
	kindLanguages // a list of languages
	kindBool
)

// field is one key that PATCH accepts, and its name for people.
type field struct {
	key   string
	kind  kind
	label string
}

func (f field) isList() bool {
	return f.kind == kindEnums || f.kind == kindCountries || f.kind == kindLanguages
}

// updateFields lists the update keys in the order of the capabilities page, then those that only
// developers/api-reference/job-drafts/update documents. Keys without a documented type are strings here. ndaRequired is not
// documented: the documented lists are incomplete, and a client must accept that.
func updateFields() []field {
	return []field{
		{"jobTitle", kindString, "Job title"}, {"jobDescription", kindString, "Job description"},
		{"labelingOverview", kindString, "Labeling overview"}, {"datasetDescription", kindString, "Dataset"},
		{"dataType", kindString, "Data type"}, {"subjectMatter", kindString, "Subject matter"},
		{"dataVolume", kindNumber, "Data volume"}, {"dataVolumeUnit", kindEnum, "Data volume unit"},
		{"labelingSoftware", kindString, "Labeling software"}, {"headcount", kindCount, "AI trainers"},
		{"experienceLevel", kindEnum, "Experience level"}, {"paymentType", kindEnum, "Payment type"},
		{"pricePerHour", kindNumber, "Price per hour"}, {"pricePerLabel", kindNumber, "Price per label"},
		{"fixedPrice", kindNumber, "Fixed price"}, {"countries", kindCountries, "Countries"},
		{"languages", kindLanguages, "Languages"}, {"labelTypes", kindEnums, "Label types"},
		{"aiInterviewRequirements", kindString, "AI interview"}, {"budgetRange", kindString, "Budget"},
		{"workloadDesc", kindString, "Workload"}, {"timeRequirement", kindString, "Time requirement"},
		{"projectDuration", kindString, "Project duration"}, {"freelancerType", kindString, "Freelancer type"},
		{"projectScope", kindString, "Project scope"}, {"visibility", kindString, "Visibility"},
		{"ndaRequired", kindBool, "NDA required"},
	}
}

// fieldOf returns the field of an update key.
func fieldOf(key string) (field, bool) {
	for _, f := range updateFields() {
		if f.key == key {
			return f, true
		}
	}
	return field{}, false
}

// The values of enum fields (developers/api-reference/job-drafts/capabilities).
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

// enum returns the values of an enum field, nil for another field. The pages list the experience levels in different orders.
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

// values are the fields of a draft by update key: string, float64, bool or []string.
type values map[string]any

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
