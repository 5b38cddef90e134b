package draft

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// Fields are draft fields by update key, as a caller sends them.
type Fields opentrain.Fields

// typedFields are the update keys with a type in developers/api-reference/job-drafts/update.
type typedFields struct {
	JobTitle        string   `json:"jobTitle,omitempty" jsonschema_description:"Title of the job."`
	JobDescription  string   `json:"jobDescription,omitempty" jsonschema_description:"The full job text."`
	DataVolume      float64  `json:"dataVolume,omitempty" jsonschema:"exclusiveMinimum=0"`
	DataVolumeUnit  string   `json:"dataVolumeUnit,omitempty" jsonschema_description:"What dataVolume counts."`
	Headcount       int      `json:"headcount,omitempty" jsonschema:"minimum=1" jsonschema_description:"How many people to hire."`
	ExperienceLevel string   `json:"experienceLevel,omitempty" jsonschema_description:"Experience that the people need."`
	PaymentType     string   `json:"paymentType,omitempty" jsonschema:"enum=PAY_PER_HOUR,enum=PAY_PER_LABEL,enum=FIXED_PRICE"`
	PricePerHour    float64  `json:"pricePerHour,omitempty" jsonschema:"exclusiveMinimum=0" jsonschema_description:"US dollars an hour."`
	PricePerLabel   float64  `json:"pricePerLabel,omitempty" jsonschema:"exclusiveMinimum=0" jsonschema_description:"US dollars a label."`
	FixedPrice      float64  `json:"fixedPrice,omitempty" jsonschema:"exclusiveMinimum=0"`
	Countries       []string `json:"countries,omitempty" jsonschema_description:"Countries that people may work from."`
	Languages       []string `json:"languages,omitempty" jsonschema_description:"Languages that people must know: Spanish."`
	LabelTypes      []string `json:"labelTypes,omitempty" jsonschema_description:"Kinds of labeling: bounding boxes."`
}

func (typedFields) JSONSchemaExtend(s *schema.Node) {
	schema.Enum(s, "dataVolumeUnit", "HOURS_OF_RECORDING_AUDIO_VIDEO", "NUMBER_OF_FILES", "NUMBER_OF_WORDS", "UNKNOWN_NOT_SPECIFIED")
	schema.Enum(s, "experienceLevel", "EXPERT", "INTERMEDIATE", "ENTRY_LEVEL", "ANY_EXPERIENCE_LEVEL")
	schema.Describe(s, map[string]string{
		"fixedPrice":  "US dollars for the whole job.",
		"dataVolume":  "Amount of data, counted in dataVolumeUnit.",
		"paymentType": "How the work is paid; set the rate key of the same name too.",
	})
}

// JSONSchema types the known keys and accepts every other key: the API may add some.
func (Fields) JSONSchema() *schema.Node { return schema.Open[typedFields]() }

// untypedKeys are the update keys without a type on the same page.
func untypedKeys() []string {
	return []string{
		"labelingOverview", "datasetDescription", "dataType", "subjectMatter", "labelingSoftware", "aiInterviewRequirements",
		"budgetRange", "workloadDesc", "timeRequirement", "projectDuration", "freelancerType", "projectScope", "visibility",
	}
}

// DecodeFields converts the fields of a call into what the API expects. The types of its pages decide first, then the
// live capabilities of the account: they name keys and values that this release doesn't know.
func (d *Desk) DecodeFields(ctx context.Context, call *tool.Call, fields opentrain.Fields) (opentrain.Fields, error) {
	if len(fields) == 0 {
		return nil, tool.Problem("fields", "is empty; name at least one field, for example {\"experienceLevel\": \"EXPERT\"}")
	}
	if err := tool.Placeholders(fields); err != nil { // of fields that came as a JSON string
		return nil, err
	}
	raw, err := json.Marshal(fields)
	if err != nil {
		return nil, tool.Problem("fields", "cannot be read")
	}
	raw, interpreted, err := schema.DecodePart(d.schema, "fields", raw)
	if err != nil {
		return nil, err
	}
	var typed, accepted opentrain.Fields
	if err := json.Unmarshal(raw, &typed); err != nil {
		return nil, tool.Problem("fields", "cannot be read")
	}
	for key, value := range typed { // what a human is shown is what is sent: a member that occurs twice is sent once
		typed[key] = json.RawMessage(text.Canonical(value))
	}
	var matched []string
	err = d.Accounts.Check(ctx, call.Caller, func(known *opentrain.Capabilities) error {
		accepted = maps.Clone(typed)
		var problems []schema.Problem
		if matched, problems = matchFields(accepted, known.Draft); len(problems) > 0 {
			return &schema.ArgumentError{Problems: problems}
		}
		return nil
	})
	notes := slices.Concat(call.Interpreted, interpreted, matched)
	if more := len(notes) - maxNotes; more > 0 {
		notes = append(notes[:maxNotes], fmt.Sprintf("and %d more", more))
	}
	call.Interpreted = notes
	return accepted, err
}

// maxNotes is how many notes about its arguments a result has.
const maxNotes = 10

// matchFields checks fields against the keys and values that the API names, and spells values as it does; notes
// say which. The API decides on everything that it doesn't name.
func matchFields(fields opentrain.Fields, form opentrain.DraftForm) (notes []string, problems []schema.Problem) {
	complete := isComplete(form.UpdateKeys)
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if len(problems) > tool.MaxProblems {
			break
		}
		path, allowed := "fields."+key, form.Enums[key]
		if complete && !slices.Contains(form.UpdateKeys, key) {
			message := "is not a field of a draft" + schema.Suggestion(key, form.UpdateKeys) + " Fields: " + strings.Join(form.UpdateKeys, ", ")
			problems = append(problems, schema.Problem{Path: path, Message: message, Allowed: form.UpdateKeys})
			continue
		}
		if len(allowed) == 0 {
			continue
		}
		value, unknown := matchValues(fields[key], allowed)
		switch {
		case unknown != "":
			problems = append(problems, schema.Problem{Path: path, Message: schema.NotAllowed(unknown, allowed), Allowed: allowed})
		case value != nil:
			given, read := text.Clip(text.JSON(fields[key]), 80), text.Clip(text.JSON(value), 80)
			notes = append(notes, fmt.Sprintf("%s: %s was read as %s", path, given, read))
			fields[key] = value
		}
	}
	return notes, problems
}

// matchValues spells a string, or each string of a list, as the allowed values do. It returns the value if its
// spelling changed, or the first string that isn't allowed. A value of another type stays as it is.
func matchValues(raw json.RawMessage, allowed []string) (value json.RawMessage, unknown string) {
	var one string
	var list []string
	isOne := json.Unmarshal(raw, &one) == nil && string(raw) != "null"
	if isOne {
		list = []string{one}
	} else if json.Unmarshal(raw, &list) != nil {
		return nil, ""
	}
	matches := make([]string, 0, len(list))
	for _, entry := range list {
		match, found := schema.Match(entry, allowed)
		if !found {
			return nil, entry
		}
		matches = append(matches, match)
	}
	switch {
	case slices.Equal(matches, list):
		return nil, ""
	case isOne:
		return json.RawMessage(text.JSON(matches[0])), ""
	}
	return json.RawMessage(text.JSON(matches)), ""
}

// isComplete reports whether a list has all update keys: one page has a list that ends in "…".
func isComplete(keys []string) bool {
	return len(keys) > 0 && !slices.ContainsFunc(keys, isEllipsis)
}

func isEllipsis(key string) bool { return strings.Trim(key, ".…") == "" }

// fieldTypes are the types and options of update keys, by key.
type fieldTypes map[string]tool.Input

func typesOf(fields *schema.Node) fieldTypes {
	types := fieldTypes{}
	for key, property := range fields.Properties.FromOldest() {
		known := tool.Input{Key: key, Type: normalType(property.Type)}
		for _, value := range property.Enum {
			if option, ok := value.(string); ok {
				known.Type, known.Options = "enum", append(known.Options, option)
			}
		}
		types[key] = known
	}
	return types
}

// typesFor are the types for the caller's account: those of the API's pages, with the values of its capabilities.
func (d *Desk) typesFor(ctx context.Context, by caller.Caller) fieldTypes {
	types := maps.Clone(d.types)
	for key, options := range d.Accounts.Capabilities(ctx, by).Draft.Enums {
		kind := "enum"
		if types[key].Type == "array" {
			kind = "array"
		}
		types[key] = tool.Input{Key: key, Type: kind, Options: options}
	}
	return types
}

// normalType converts the API's name of a type to one of tool.Next.Type.
func normalType(name string) string {
	switch name {
	case "enum", "string", "number", "boolean", "array":
		return name
	case "integer", "float", "int":
		return "number"
	case "bool":
		return "boolean"
	case "list", "string[]", "multiselect", "multi_enum":
		return "array"
	case "select":
		return "enum"
	}
	return "string"
}
