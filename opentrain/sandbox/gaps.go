package sandbox

import (
	"slices"
	"strings"
	"unicode"
)

// gap is a field that a draft needs before it can be published, and the question to ask for it.
type gap struct {
	field, label  string
	kind          string // "enum", "number", "string", "boolean", "array" or, for several keys, "object"
	question      string
	keys          []string
	example       values
	hint          string
	refQuestion   string // the question in the reference, if it differs
	refMissing    string // the label in the reference, if it differs
	offersOptions bool   // the values of keys[0] are listed
}

// gaps returns the missing fields in the order of their questions. The pages do not document the required
// fields. They show a missing experience level, data volume unit and rate; the rest is our assumption.
func (j *job) gaps() []gap {
	var list []gap
	for _, f := range []string{"jobTitle", "jobDescription", "labelTypes", "experienceLevel"} {
		if !j.fields.has(f) || f == "labelTypes" && len(j.fields.list(f)) == 0 {
			list = append(list, question(f))
		}
	}
	switch rate := rateKey(j.fields.text("paymentType")); {
	case rate == "":
		list = append(list, question("pay"))
	case !j.fields.has(rate):
		list = append(list, question(rate))
	}
	list = append(list, j.dataGaps()...)
	if len(j.fields.list("languages")) == 0 && (j.demands.language || needsLanguage(j.fields.list("labelTypes"))) {
		list = append(list, question("languages"))
	}
	if j.demands.nda && !j.fields.has("ndaRequired") {
		list = append(list, question("ndaRequired"))
	}
	return list
}

// dataGaps asks for the data volume and its unit. With the unit UNKNOWN_NOT_SPECIFIED, the volume is
// optional.
func (j *job) dataGaps() []gap {
	volume, unit := j.fields.has("dataVolume"), j.fields.text("dataVolumeUnit")
	switch {
	case volume && unit == "":
		return []gap{question("dataVolumeUnit")}
	case volume || unit == unitUnknown || !j.demands.dataset && !worksOnDataset(j.fields.list("labelTypes")):
		return nil
	case unit != "":
		amount := question("dataVolume")
		amount.kind, amount.keys = "number", []string{"dataVolume"}
		amount.question, amount.example = "How much data is there, in the unit given?", values{"dataVolume": 5000.0}
		return []gap{amount}
	}
	return []gap{question("dataVolume")}
}

// question returns the question about a field.
func question(name string) gap {
	for _, q := range questions() {
		if q.field == name {
			return q
		}
	}
	return gap{field: name, label: name, kind: "string", question: "What is the " + name + "?", keys: []string{name}}
}

func questions() []gap {
	list := []gap{
		{field: "jobTitle", label: "Job title", kind: "string",
			question: "What is the title of this job?", example: values{"jobTitle": "Bounding Box Annotation for Street Images"}},
		{field: "jobDescription", label: "Job description", kind: "string",
			question: "What is the description of this job?", example: values{"jobDescription": "Draw boxes around every car."}},
		{field: "labelTypes", label: "Label types", kind: "array", offersOptions: true,
			question: "What kind of labeling does this job need?", example: values{"labelTypes": []string{"BOUNDING_BOX"}},
			hint: "Name all that apply."},
		{field: "experienceLevel", label: "Experience level", kind: "enum", offersOptions: true,
			question:    "What experience level should AI trainers have for this job?",
			refQuestion: "What experience level should AI trainers have?",
			example:     values{"experienceLevel": levelIntermediate},
			hint:        "Pick the minimum level the work realistically needs."},
		{field: "pay", label: "Pay", kind: "object", keys: []string{"paymentType", "pricePerHour"},
			question: "How will AI trainers be paid (per hour, per label or a fixed price), and how much (USD)?",
			example:  values{"paymentType": payPerHour, "pricePerHour": 18.0}, refMissing: "A payment type and rate",
			hint: "paymentType is PAY_PER_LABEL, PAY_PER_HOUR or FIXED_PRICE; its rate goes in pricePerLabel, pricePerHour or fixedPrice."},
		{field: "pricePerHour", label: "Price per hour", kind: "number", refMissing: "A pay rate",
			question: "How much will you pay per hour (USD)?", example: values{"pricePerHour": 18.0}},
		{field: "pricePerLabel", label: "Price per label", kind: "number", refMissing: "A pay rate",
			question: "How much will you pay per label (USD)?", example: values{"pricePerLabel": 0.05}},
		{field: "fixedPrice", label: "Fixed price", kind: "number", refMissing: "A pay rate",
			question: "How much will you pay in total (USD)?", example: values{"fixedPrice": 2500.0}},
		{field: "dataVolume", label: "Data volume", kind: "object", keys: []string{"dataVolume", "dataVolumeUnit"},
			question: "How much data is there, and in what unit is it counted?",
			example:  values{"dataVolume": 5000.0, "dataVolumeUnit": unitFiles},
			hint:     "An estimate is enough. Send UNKNOWN_NOT_SPECIFIED as the unit when there is none."},
		{field: "dataVolumeUnit", label: "Data volume unit", kind: "enum", offersOptions: true,
			question: "In what unit is the data volume counted?", example: values{"dataVolumeUnit": unitFiles}},
		{field: "languages", label: "Languages", kind: "array",
			question: "Which languages must AI trainers know?", example: values{"languages": []string{"English", "Spanish"}},
			hint: "English names of the languages."},
		{field: "ndaRequired", label: "NDA required", kind: "boolean",
			question: "Must AI trainers sign a non-disclosure agreement (NDA)?", example: values{"ndaRequired": true}},
	}
	for i, q := range list {
		if q.keys == nil {
			list[i].keys = []string{q.field}
		}
	}
	return list
}

// guideGap is a gap in the form of developers/guides/post-a-job.
type guideGap struct {
	Field      string   `json:"field"`
	Label      string   `json:"label"`
	Message    string   `json:"message"`
	Code       string   `json:"code"`
	Prompt     string   `json:"prompt"`
	Type       string   `json:"type"`
	EnumValues []string `json:"enumValues,omitempty"`
	UpdateKeys []string `json:"updateKeys"`
	Example    values   `json:"example"`
}

func (g gap) guide() guideGap {
	return guideGap{
		Field: g.field, Label: g.label, Message: g.label + " is required", Code: "MISSING_" + upperSnake(g.field),
		Prompt: g.question, Type: g.kind, EnumValues: g.options(Guide), UpdateKeys: g.keys, Example: g.example,
	}
}

// referenceGap is a gap in the form of developers/api-reference/job-drafts/create.
type referenceGap struct {
	Field      string   `json:"field"`
	Label      string   `json:"label"`
	Message    string   `json:"message"`
	Code       string   `json:"code"`
	Prompt     string   `json:"prompt"`
	Type       string   `json:"type"`
	EnumValues []string `json:"enumValues"` // null if there are none
	UpdateKeys []string `json:"updateKeys"`
	Example    any      `json:"example"`
	Hint       *string  `json:"hint"`
}

func (g gap) reference() referenceGap {
	ref := referenceGap{
		Field: g.field, Label: g.label, Code: "missing_required_field", Type: g.kind,
		EnumValues: g.options(Reference), UpdateKeys: g.keys, Example: g.example,
	}
	missing, question := g.label, g.question
	if g.refMissing != "" {
		missing = g.refMissing
	}
	if g.refQuestion != "" {
		question = g.refQuestion
	}
	ref.Message = missing + " is required before publishing."
	ref.Prompt = "ask: " + question
	if ref.EnumValues != nil {
		ref.Prompt += " (" + strings.Join(ref.EnumValues, ", ") + ")"
	}
	if len(g.keys) == 1 {
		ref.Example = bareExample(g.example[g.keys[0]])
	}
	if g.hint != "" {
		ref.Hint = &g.hint
	}
	return ref
}

func (g gap) options(v Variant) []string {
	if !g.offersOptions {
		return nil
	}
	return v.enum(g.keys[0])
}

// bareExample returns an example in the form of the reference: a string, even for a number.
func bareExample(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case []string:
		return strings.Join(v, ", ")
	}
	return strings.TrimSpace(string(encode(value)))
}

// upperSnake turns "dataVolumeUnit" into "DATA_VOLUME_UNIT".
func upperSnake(camel string) string {
	var b strings.Builder
	for _, r := range camel {
		if unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToUpper(r))
	}
	return b.String()
}

// names returns the field of every gap.
func names(gaps []gap) []string {
	list := make([]string, len(gaps))
	for i, g := range gaps {
		list[i] = g.field
	}
	return slices.Clip(list)
}
