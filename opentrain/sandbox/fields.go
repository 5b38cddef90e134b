package sandbox

// kind is the type of a draft field: in a report, and what else is asked of its values.
type kind string

const (
	kindString    kind = "string"
	kindNumber    kind = "number" // greater than zero
	kindCount     kind = "count"  // a whole number greater than zero
	kindEnum      kind = "enum"
	kindEnums     kind = "enums"     // a list of enum values
	kindCountries kind = "countries" // a list of countries
	kindLanguages kind = "languages" // a list of languages
	kindBool      kind = "boolean"
)

// field is one key that PATCH accepts, and the question for it if a draft needs it before it can be published.
type field struct {
	key    string
	kind   kind
	alias  string // its name in questions, if it isn't the key
	label  string // its name for people
	prompt string // the question; "" if it is never asked
	// example is a value, or one for each of keys if an answer needs several.
	example any
	keys    []string
	hint    string
	// refPrompt and refMissing are the question and what is missing in the reference, if they differ.
	refPrompt, refMissing string
}

// updateFields lists the update keys in the order of the capabilities page, then those that only
// developers/api-reference/job-drafts/update documents. Keys without a documented type are strings here. ndaRequired is not
// documented: the documented lists are incomplete, and a client must accept that.
func updateFields() []field {
	const rate = "A pay rate"
	return []field{
		{key: "jobTitle", kind: kindString, label: "Job title", prompt: "What is the title of this job?",
			example: "Bounding Box Annotation for Street Images"},
		{key: "jobDescription", kind: kindString, label: "Job description", prompt: "What is the description of this job?",
			example: "Draw boxes around every car."},
		{key: "labelingOverview", kind: kindString, label: "Labeling overview"},
		{key: "datasetDescription", kind: kindString, label: "Dataset"},
		{key: "dataType", kind: kindString, label: "Data type"}, {key: "subjectMatter", kind: kindString, label: "Subject matter"},
		{key: "dataVolume", kind: kindNumber, label: "Data volume", keys: []string{"dataVolume", "dataVolumeUnit"},
			prompt:  "How much data is there, and in what unit is it counted?",
			example: values{"dataVolume": 5000.0, "dataVolumeUnit": unitFiles},
			hint:    "An estimate is enough. Send UNKNOWN_NOT_SPECIFIED as the unit when there is none."},
		{key: "dataVolumeUnit", kind: kindEnum, label: "Data volume unit", prompt: "In what unit is the data volume counted?",
			example: unitFiles},
		{key: "labelingSoftware", kind: kindString, label: "Labeling software"}, {key: "headcount", kind: kindCount, label: "AI trainers"},
		{key: "experienceLevel", kind: kindEnum, label: "Experience level", example: levelIntermediate,
			prompt:    "What experience level should AI trainers have for this job?",
			refPrompt: "What experience level should AI trainers have?", hint: "Pick the minimum level the work realistically needs."},
		{key: "paymentType", alias: "pay", kind: kindEnum, label: "Pay", keys: []string{"paymentType", "pricePerHour"},
			prompt:  "How will AI trainers be paid (per hour, per label or a fixed price), and how much (USD)?",
			example: values{"paymentType": payPerHour, "pricePerHour": 18.0}, refMissing: "A payment type and rate",
			hint: "paymentType is PAY_PER_LABEL, PAY_PER_HOUR or FIXED_PRICE; its rate goes in pricePerLabel, pricePerHour or fixedPrice."},
		{key: "pricePerHour", kind: kindNumber, label: "Price per hour", prompt: "How much will you pay per hour (USD)?",
			example: 18.0, refMissing: rate},
		{key: "pricePerLabel", kind: kindNumber, label: "Price per label", prompt: "How much will you pay per label (USD)?",
			example: 0.05, refMissing: rate},
		{key: "fixedPrice", kind: kindNumber, label: "Fixed price", prompt: "How much will you pay in total (USD)?",
			example: 2500.0, refMissing: rate},
		{key: "countries", kind: kindCountries, label: "Countries"},
		{key: "languages", kind: kindLanguages, label: "Languages", prompt: "Which languages must AI trainers know?",
			example: []string{"English", "Spanish"}, hint: "English names of the languages."},
		{key: "labelTypes", kind: kindEnums, label: "Label types", prompt: "What kind of labeling does this job need?",
			example: []string{"BOUNDING_BOX"}, hint: "Name all that apply."},
		{key: "aiInterviewRequirements", kind: kindString, label: "AI interview"}, {key: "budgetRange", kind: kindString, label: "Budget"},
		{key: "workloadDesc", kind: kindString, label: "Workload"}, {key: "timeRequirement", kind: kindString, label: "Time requirement"},
		{key: "projectDuration", kind: kindString, label: "Duration"}, {key: "freelancerType", kind: kindString, label: "Freelancer type"},
		{key: "projectScope", kind: kindString, label: "Project scope"}, {key: "visibility", kind: kindString, label: "Visibility"},
		{key: "ndaRequired", kind: kindBool, label: "NDA required", prompt: "Must AI trainers sign a non-disclosure agreement (NDA)?",
			example: true},
	}
}

// jsonType is the type of a field in a report.
func (f field) jsonType() string {
	switch f.kind {
	case kindCount:
		return "number"
	case kindEnums, kindCountries, kindLanguages:
		return "array"
	default:
		return string(f.kind)
	}
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
	levels := []string{levelExpert, levelIntermediate, levelEntry, levelAny}
	if v == Reference {
		levels = []string{levelExpert, levelEntry, levelIntermediate, levelAny}
	}
	switch key {
	case "paymentType":
		return []string{payPerLabel, payPerHour, fixedPrice}
	case "dataVolumeUnit":
		return []string{unitHours, unitFiles, unitWords, unitUnknown}
	case "experienceLevel":
		return levels
	case "labelTypes":
		return labelTypes()
	}
	return nil
}

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
		if v.has(f.key) {
			all = append(all, f.key, v[f.key])
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
