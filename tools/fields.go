package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// Fields are draft fields by update key, as a caller sends them.
type Fields opentrain.Fields

// draftFields types the update keys whose form the API's pages give
// (developers/api-reference/job-drafts/update).
type draftFields struct {
	JobTitle        string   `json:"jobTitle,omitempty" jsonschema_description:"Title of the job."`
	JobDescription  string   `json:"jobDescription,omitempty" jsonschema_description:"The full job text."`
	DataVolume      float64  `json:"dataVolume,omitempty" jsonschema:"exclusiveMinimum=0" jsonschema_description:"Amount of data, counted in dataVolumeUnit."`
	DataVolumeUnit  string   `json:"dataVolumeUnit,omitempty" jsonschema:"enum=HOURS_OF_RECORDING_AUDIO_VIDEO,enum=NUMBER_OF_FILES,enum=NUMBER_OF_WORDS,enum=UNKNOWN_NOT_SPECIFIED" jsonschema_description:"What dataVolume counts."`
	Headcount       int      `json:"headcount,omitempty" jsonschema:"minimum=1" jsonschema_description:"How many people to hire."`
	ExperienceLevel string   `json:"experienceLevel,omitempty" jsonschema:"enum=EXPERT,enum=INTERMEDIATE,enum=ENTRY_LEVEL,enum=ANY_EXPERIENCE_LEVEL" jsonschema_description:"Experience that the people need."`
	PaymentType     string   `json:"paymentType,omitempty" jsonschema:"enum=PAY_PER_HOUR,enum=PAY_PER_LABEL,enum=FIXED_PRICE" jsonschema_description:"How the work is paid; set the rate key of the same name too."`
	PricePerHour    float64  `json:"pricePerHour,omitempty" jsonschema:"exclusiveMinimum=0" jsonschema_description:"US dollars an hour."`
	PricePerLabel   float64  `json:"pricePerLabel,omitempty" jsonschema:"exclusiveMinimum=0" jsonschema_description:"US dollars a label."`
	FixedPrice      float64  `json:"fixedPrice,omitempty" jsonschema:"exclusiveMinimum=0" jsonschema_description:"US dollars for the whole job."`
	Countries       []string `json:"countries,omitempty" jsonschema_description:"Countries that people may work from."`
	Languages       []string `json:"languages,omitempty" jsonschema_description:"Languages that people must know: Spanish."`
	LabelTypes      []string `json:"labelTypes,omitempty" jsonschema_description:"Kinds of labelling: bounding boxes."`
}

// JSONSchema types the known keys and lets every other key pass: the API adds
// keys without asking this server.
func (Fields) JSONSchema() *schema.Node {
	return schema.Open[draftFields]()
}

// EditFields are Fields in a schema that only refers to that of
// opentrain_patch_draft: twice the same keys would cost every host's context.
type EditFields opentrain.Fields

// JSONSchema describes EditFields as an object that takes any key.
func (EditFields) JSONSchema() *schema.Node { return &schema.Node{Type: "object"} }

// accept brings the fields of a call into the form that the API wants. The
// types of its pages decide first, then the live capabilities of the account:
// they know keys and values that this release does not.
func (k Kit) accept(ctx context.Context, call *Call, fields opentrain.Fields) (opentrain.Fields, error) {
	if len(fields) == 0 {
		return nil, problem("fields", "is empty; name at least one field, for example {\"experienceLevel\": \"EXPERT\"}")
	}
	if problems := placeholders(fields); len(problems) > 0 { // of fields that came as a JSON string
		return nil, &schema.ArgumentError{Problems: problems}
	}
	raw, err := json.Marshal(fields)
	if err != nil {
		return nil, problem("fields", "cannot be read")
	}
	typed, interpreted, err := schema.DecodePart(k.draftFields, "fields", raw)
	if err != nil {
		return nil, err
	}
	var accepted opentrain.Fields
	var taken []string
	err = k.capabilities.settle(ctx, call.Caller, func(known *opentrain.Capabilities) error {
		accepted = opentrain.Fields{}
		if err := json.Unmarshal(typed, &accepted); err != nil {
			return problem("fields", "cannot be read")
		}
		var problems []schema.Problem
		if taken, problems = matchFields(accepted, known.Draft); len(problems) > 0 {
			return &schema.ArgumentError{Problems: problems}
		}
		return nil
	})
	call.Interpreted = understood(slices.Concat(call.Interpreted, interpreted, taken))
	return accepted, err
}

func problem(path, message string) error {
	return &schema.ArgumentError{Problems: []schema.Problem{{Path: path, Message: message}}}
}

// matchFields checks fields against the keys and values that the API names,
// and spells values as it does; taken says which. What the API does not name,
// it is left to decide.
func matchFields(fields opentrain.Fields, form opentrain.DraftForm) (taken []string, problems []schema.Problem) {
	whole := isWhole(form.UpdateKeys)
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if len(problems) > maxIssues {
			break
		}
		path := "fields." + key
		if whole && !slices.Contains(form.UpdateKeys, key) {
			problems = append(problems, unknownKey(path, key, form.UpdateKeys))
			continue
		}
		allowed := form.Enums[key]
		if len(allowed) == 0 {
			continue
		}
		value, spelt, bad := matchValues(fields[key], allowed)
		if bad != "" {
			problems = append(problems, schema.Problem{Path: path, Message: schema.NotAllowed(bad, allowed), Allowed: allowed})
		}
		if spelt {
			taken = append(taken, fmt.Sprintf("%s: %s was read as %s", path, clip(compact(fields[key]), 80), clip(compact(value), 80)))
			fields[key] = value
		}
	}
	return taken, problems
}

// isWhole reports whether a list of update keys has all of them. One page's
// list ends in "…": such a list is not the whole.
func isWhole(keys []string) bool {
	return len(keys) > 0 && !slices.ContainsFunc(keys, isEllipsis)
}

func isEllipsis(key string) bool { return strings.Trim(key, ".…") == "" }

func unknownKey(path, key string, keys []string) schema.Problem {
	message := "is not a field of a draft" + schema.Suggestion(key, keys) + " Fields: " + strings.Join(keys, ", ")
	return schema.Problem{Path: path, Message: message, Allowed: keys}
}

// matchValues spells a string, or each string of a list, as it stands among the
// allowed values. bad is the first that does not; a value of another type is
// left as it is.
func matchValues(raw json.RawMessage, allowed []string) (value json.RawMessage, spelt bool, bad string) {
	var text string
	if json.Unmarshal(raw, &text) == nil && string(raw) != "null" {
		match, found := schema.Match(text, allowed)
		if !found {
			return raw, false, text
		}
		return json.RawMessage(compact(match)), match != text, ""
	}
	var texts []string
	if json.Unmarshal(raw, &texts) != nil || texts == nil {
		return raw, false, ""
	}
	for i, text := range texts {
		match, found := schema.Match(text, allowed)
		if !found {
			return raw, false, text
		}
		texts[i], spelt = match, spelt || match != text
	}
	return json.RawMessage(compact(texts)), spelt, ""
}

// unanswered refuses a call in which a model left a question's placeholder. It
// comes before the types are looked at: "is not a number" would have the model
// send a number of its own.
func unanswered(raw json.RawMessage) error {
	var args struct {
		Fields opentrain.Fields `json:"fields"`
	}
	// Arguments of another form are taken or refused by decoding.
	if json.Unmarshal(raw, &args) == nil && len(placeholders(args.Fields)) > 0 {
		return &schema.ArgumentError{Problems: placeholders(args.Fields)}
	}
	return nil
}

// placeholders are the fields that still hold the placeholder of a question.
func placeholders(fields opentrain.Fields) []schema.Problem {
	var problems []schema.Problem
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		var text string
		if json.Unmarshal(fields[key], &text) == nil && (text == Answer || text == answerTo(key)) {
			problems = append(problems, schema.Problem{Path: "fields." + key, Message: "still holds the placeholder; ask the human and put the answer there"})
		}
	}
	return problems
}

// fieldForm is what is known of an update key.
type fieldForm struct {
	Type    string // as in Next.Type
	Options []string
}

// fieldForms are the forms of update keys, by key.
type fieldForms map[string]fieldForm

// typedForms are the forms that a schema of draft fields gives.
func typedForms(draftFields *schema.Node) fieldForms {
	forms := fieldForms{}
	for key, property := range draftFields.Properties.FromOldest() {
		form := fieldForm{Type: normalType(property.Type)}
		for _, value := range property.Enum {
			if text, ok := value.(string); ok {
				form.Type, form.Options = "enum", append(form.Options, text)
			}
		}
		forms[key] = form
	}
	return forms
}

// forms are the forms of update keys for the caller's account: those of the
// pages, with the values that its capabilities name.
func (k Kit) forms(ctx context.Context, caller Caller) fieldForms {
	forms := maps.Clone(k.typedForms)
	known, _ := k.capabilities.of(ctx, caller)
	for key, options := range known.Draft.Enums {
		form := forms[key]
		if form.Type != "array" {
			form.Type = "enum"
		}
		form.Options = options
		forms[key] = form
	}
	return forms
}

// normalType brings the names that a field's type may have to those of Next.Type.
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
