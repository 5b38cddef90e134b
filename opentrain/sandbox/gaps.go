package sandbox

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// question asks for a field that a draft needs before it can be published.
type question struct {
	field, code string // code is in the form of the guide
	prompt      string
	example     any      // a value of the field, or values for several keys
	keys        []string // update keys; nil for the field alone
	hint        string
	refPrompt   string // the prompt in the reference, if it differs
	refMissing  string // what is missing in the reference, if it isn't the label
}

func questions() []question {
	const rate = "A pay rate"
	return []question{
		{field: "jobTitle", code: "JOB_TITLE", prompt: "What is the title of this job?",
			example: "Bounding Box Annotation for Street Images"},
		{field: "jobDescription", code: "JOB_DESCRIPTION", prompt: "What is the description of this job?",
			example: "Draw boxes around every car."},
		{field: "labelTypes", code: "LABEL_TYPES", prompt: "What kind of labeling does this job need?",
			example: []string{"BOUNDING_BOX"}, hint: "Name all that apply."},
		{field: "experienceLevel", code: "EXPERIENCE_LEVEL",
			prompt:    "What experience level should AI trainers have for this job?",
			refPrompt: "What experience level should AI trainers have?",
			example:   levelIntermediate, hint: "Pick the minimum level the work realistically needs."},
		{field: "pay", code: "PAY", keys: []string{"paymentType", "pricePerHour"}, refMissing: "A payment type and rate",
			prompt:  "How will AI trainers be paid (per hour, per label or a fixed price), and how much (USD)?",
			example: values{"paymentType": payPerHour, "pricePerHour": 18.0},
			hint:    "paymentType is PAY_PER_LABEL, PAY_PER_HOUR or FIXED_PRICE; its rate goes in pricePerLabel, pricePerHour or fixedPrice."},
		{field: "pricePerHour", code: "PRICE_PER_HOUR", prompt: "How much will you pay per hour (USD)?", example: 18.0, refMissing: rate},
		{field: "pricePerLabel", code: "PRICE_PER_LABEL", prompt: "How much will you pay per label (USD)?", example: 0.05, refMissing: rate},
		{field: "fixedPrice", code: "FIXED_PRICE", prompt: "How much will you pay in total (USD)?", example: 2500.0, refMissing: rate},
		{field: "dataVolume", code: "DATA_VOLUME", keys: []string{"dataVolume", "dataVolumeUnit"},
			prompt:  "How much data is there, and in what unit is it counted?",
			example: values{"dataVolume": 5000.0, "dataVolumeUnit": unitFiles},
			hint:    "An estimate is enough. Send UNKNOWN_NOT_SPECIFIED as the unit when there is none."},
		{field: "dataVolumeUnit", code: "DATA_VOLUME_UNIT", prompt: "In what unit is the data volume counted?", example: unitFiles},
		{field: "languages", code: "LANGUAGES", prompt: "Which languages must AI trainers know?",
			example: []string{"English", "Spanish"}, hint: "English names of the languages."},
		{field: "ndaRequired", code: "NDA_REQUIRED", prompt: "Must AI trainers sign a non-disclosure agreement (NDA)?", example: true},
	}
}

// gaps returns the questions about a job in their order. The pages do not document the required fields. They
// show a missing experience level, data volume unit and rate; the rest is our assumption.
func (j *job) gaps() []question {
	var missing []string
	f, types := j.fields, j.fields.list("labelTypes")
	ask := func(field string, open bool) {
		if open {
			missing = append(missing, field)
		}
	}
	ask("jobTitle", !f.has("jobTitle"))
	ask("jobDescription", !f.has("jobDescription"))
	ask("labelTypes", len(types) == 0)
	ask("experienceLevel", !f.has("experienceLevel"))
	rate := rateKey(f.text("paymentType"))
	ask("pay", rate == "")
	ask(rate, rate != "" && !f.has(rate))
	// With the unit UNKNOWN_NOT_SPECIFIED, the volume is optional.
	volume, unit := f.has("dataVolume"), f.text("dataVolumeUnit")
	ask("dataVolumeUnit", volume && unit == "")
	ask("dataVolume", !volume && unit != unitUnknown && (j.demands.dataset || worksOnDataset(types)))
	ask("languages", len(f.list("languages")) == 0 && (j.demands.language || needsLanguage(types)))
	ask("ndaRequired", j.demands.nda && !f.has("ndaRequired"))

	gaps := slices.DeleteFunc(questions(), func(q question) bool { return !slices.Contains(missing, q.field) })
	for i, q := range gaps {
		if q.field == "dataVolume" && unit != "" {
			gaps[i].prompt, gaps[i].example, gaps[i].keys = "How much data is there, in the unit given?", 5000.0, nil
		}
	}
	return gaps
}

// gap is a question in a report. A variant leaves out members that are nil; an empty pointer or slice is null.
type gap struct {
	Field      string   `json:"field"`
	Label      string   `json:"label"`
	Message    string   `json:"message"`
	Code       string   `json:"code"`
	Prompt     string   `json:"prompt"`
	Type       string   `json:"type"`
	EnumValues any      `json:"enumValues,omitempty"`
	UpdateKeys []string `json:"updateKeys"`
	Example    any      `json:"example"`
	Hint       any      `json:"hint,omitempty"`
}

// gap puts a question in the form of developers/guides/post-a-job, or of
// developers/api-reference/job-drafts/create.
func (q question) gap(v Variant) gap {
	g := gap{Field: q.field, Label: "Pay", Type: "object", UpdateKeys: q.keys, Example: q.example}
	if f, known := fieldOf(q.field); known {
		g.Label = f.label
		if q.keys == nil {
			g.Type, g.UpdateKeys, g.Example = f.kind.name(), []string{q.field}, values{q.field: q.example}
		}
	}
	options := v.enum(q.field)
	if v == Guide {
		g.Message, g.Code, g.Prompt = g.Label+" is required", "MISSING_"+q.code, q.prompt
		if options != nil {
			g.EnumValues = options
		}
		return g
	}
	g.Message = cmp.Or(q.refMissing, g.Label) + " is required before publishing."
	g.Code, g.Prompt, g.EnumValues = "missing_required_field", "ask: "+cmp.Or(q.refPrompt, q.prompt), options
	if options != nil {
		g.Prompt += " (" + strings.Join(options, ", ") + ")"
	}
	if q.keys == nil {
		g.Example = bare(q.example)
	}
	g.Hint = textOrNull(q.hint)
	return g
}

// name is the type of a field in a report.
func (k kind) name() string {
	switch k {
	case kindNumber, kindCount:
		return "number"
	case kindEnum:
		return "enum"
	case kindEnums, kindCountries, kindLanguages:
		return "array"
	case kindBool:
		return "boolean"
	case kindString:
	}
	return "string"
}

// bare returns an example in the form of the reference: a string, even for a number.
func bare(example any) string {
	if list, isList := example.([]string); isList {
		return strings.Join(list, ", ")
	}
	return fmt.Sprint(example)
}

// report is the response to create and patch. Members that a variant omits are nil.
type report struct {
	OK                  bool       `json:"ok"`
	JobID               string     `json:"jobId"`
	Status              string     `json:"status"`
	DraftURL            string     `json:"draftUrl"`
	ReviewURL           string     `json:"reviewUrl,omitempty"`
	Validation          validation `json:"validation"`
	MissingFields       any        `json:"missingFields,omitempty"`
	NormalizedFields    any        `json:"normalizedFields,omitempty"`
	LowConfidenceFields any        `json:"lowConfidenceFields,omitempty"`
	Warnings            any        `json:"warnings,omitempty"`
	UnmappedFields      any        `json:"unmappedFields,omitempty"`
}

// validation tells whether a draft can be published.
type validation struct {
	PublishReady      bool    `json:"publishReady"`
	IssueCount        int     `json:"issueCount"`
	MissingFieldCount int     `json:"missingFieldCount"`
	MissingFields     any     `json:"missingFields"`
	Issues            []issue `json:"issues"`
}

// validate returns the validation of a job and its gaps. The guide lists the gaps by name in the validation, the reference in
// full.
func (s *Sandbox) validate(j *job) (validation, []gap) {
	gaps, names := []gap{}, []string{}
	for _, q := range j.gaps() {
		gaps, names = append(gaps, q.gap(s.cfg.Variant)), append(names, q.field)
	}
	v := validation{PublishReady: len(gaps) == 0, MissingFieldCount: len(gaps), MissingFields: names, Issues: []issue{}}
	if s.cfg.Variant == Reference {
		v.MissingFields = gaps
	}
	return v, gaps
}

// report is the response to POST /job-drafts, and to PATCH /job-drafts/{jobId} in the guide. If not full, it is the response
// to a PATCH in the reference.
func (s *Sandbox) report(j *job, full bool) report {
	v, gaps := s.validate(j)
	rep := report{OK: true, JobID: j.id, Status: j.status, Validation: v, DraftURL: s.draftURL(j)}
	if !full {
		return rep
	}
	if s.cfg.Variant == Reference { // the list is empty, but the count is not 0
		rep.ReviewURL, rep.Validation.MissingFields = rep.DraftURL, []string{}
	}
	rep.MissingFields, rep.Warnings = gaps, payWarnings(j.fields)
	rep.NormalizedFields = maps.Clone(j.fields) // the report is written after the lock is released
	rep.LowConfidenceFields, rep.UnmappedFields = emptyNotNull(slices.Clone(j.guesses)), emptyNotNull(j.unmapped)
	return rep
}

// payWarnings warns about pay that is far from the usual.
func payWarnings(fields values) []string {
	key := rateKey(fields.text("paymentType"))
	rate, low, high := fields.number(key), 0.0, math.Inf(1)
	switch key {
	case "pricePerHour":
		low, high = 3, 200
	case "pricePerLabel":
		low, high = 0.002, 20
	}
	far := ""
	switch {
	case rate > 0 && rate < low:
		far = "below"
	case rate > high:
		far = "above"
	default:
		return []string{}
	}
	return []string{fmt.Sprintf("%s of $%v is far %s what such work usually pays.", key, rate, far)}
}
