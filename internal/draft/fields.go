package draft

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// Fields are draft fields by update key, as a caller sends them.
type Fields opentrain.Fields

// typedFields are the update keys with a type in developers/api-reference/job-drafts/update.
type typedFields struct {
	JobTitle        string   `json:"jobTitle,omitempty" jsonschema:"minLength=1" jsonschema_description:"Title."`
	JobDescription  string   `json:"jobDescription,omitempty" jsonschema_description:"Full text of the job."`
	DataVolume      float64  `json:"dataVolume,omitempty" jsonschema:"exclusiveMinimum=0"`
	DataVolumeUnit  string   `json:"dataVolumeUnit,omitempty" jsonschema_description:"Unit of dataVolume."`
	Headcount       int      `json:"headcount,omitempty" jsonschema:"minimum=1" jsonschema_description:"People to hire."`
	ExperienceLevel string   `json:"experienceLevel,omitempty" jsonschema_description:"Experience that people need."`
	PaymentType     string   `json:"paymentType,omitempty" jsonschema:"enum=PAY_PER_HOUR,enum=PAY_PER_LABEL,enum=FIXED_PRICE"`
	PricePerHour    float64  `json:"pricePerHour,omitempty" jsonschema:"exclusiveMinimum=0" jsonschema_description:"US dollars per hour."`
	PricePerLabel   float64  `json:"pricePerLabel,omitempty" jsonschema:"exclusiveMinimum=0" jsonschema_description:"US dollars per label."`
	FixedPrice      float64  `json:"fixedPrice,omitempty" jsonschema:"exclusiveMinimum=0"`
	Countries       []string `json:"countries,omitempty" jsonschema_description:"Countries to hire from."`
	Languages       []string `json:"languages,omitempty" jsonschema_description:"Languages that people need."`
	LabelTypes      []string `json:"labelTypes,omitempty" jsonschema_description:"Kinds of labeling, such as bounding boxes."`
}

func (typedFields) JSONSchemaExtend(s *schema.Node) {
	schema.Enum(s, "dataVolumeUnit", "HOURS_OF_RECORDING_AUDIO_VIDEO", "NUMBER_OF_FILES", "NUMBER_OF_WORDS", "UNKNOWN_NOT_SPECIFIED")
	schema.Enum(s, "experienceLevel", "EXPERT", "INTERMEDIATE", "ENTRY_LEVEL", "ANY_EXPERIENCE_LEVEL")
	schema.Describe(s, map[string]string{
		"fixedPrice":  "US dollars in total.",
		"dataVolume":  "Amount of data, in dataVolumeUnit.",
		"paymentType": "How the work is paid. Set the matching price too.",
	})
	for _, key := range rates() {
		schema.ReadProperty(s, key, schema.Reading{Dollars: true, Units: tool.Units(key)})
	}
	schema.ReadProperty(s, "headcount", schema.Reading{Units: tool.Units("headcount")})
	schema.ReadProperty(s, "labelTypes", schema.Reading{Split: splitLabelTypes})
	schema.ReadProperty(s, "countries", schema.Reading{Split: splitCountries, OrIsAnd: true})
	schema.ReadEntries(s, "countries", schema.Reading{Text: country})
	schema.ReadProperty(s, "languages", schema.Reading{Split: splitLanguages})
	schema.ReadEntries(s, "languages", schema.Reading{Text: language})
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

// Live decodes the arguments of a call with the fields as the caller's account has them. It is for tool.Spec.
func (d *Desk) Live(ctx context.Context, by caller.Caller, decode func(map[string]*schema.Node) error) error {
	var err error
	confirmed := d.Accounts.Check(ctx, by, func(known *opentrain.Capabilities) error {
		err = decode(map[string]*schema.Node{"fields": d.fieldsFor(known).schema})
		if bad, ok := errors.AsType[*schema.ArgumentError](err); ok && slices.ContainsFunc(bad.Problems, isLive) {
			return err // and read the capabilities again
		}
		return nil
	})
	if confirmed != nil {
		return confirmed
	}
	return err
}

// isLive reports whether a problem depends on the account's capabilities.
func isLive(problem schema.Problem) bool {
	return len(problem.Allowed) > 0 && strings.HasPrefix(problem.Path, "fields.")
}

// DecodeFields decodes the answers of a form.
func (d *Desk) DecodeFields(ctx context.Context, call *tool.Call, fields opentrain.Fields) (opentrain.Fields, error) {
	raw, err := json.Marshal(fields)
	if err != nil {
		return nil, tool.Problem("fields", "can't be read")
	}
	var accepted opentrain.Fields
	err = d.Live(ctx, call.Caller, func(live map[string]*schema.Node) error {
		clean, interpreted, err := schema.DecodePart(live["fields"], "fields", raw, tool.Dialect())
		if err != nil {
			return err
		}
		call.Interpreted = append(call.Interpreted, interpreted...)
		return json.Unmarshal(clean, &accepted)
	})
	return accepted, err
}

// fieldsOf is the schema of a draft's fields for an account: the types of the API's pages, with the keys and values of
// the account's capabilities, which name some that this release doesn't know.
func fieldsOf(form opentrain.DraftForm) *schema.Node {
	node := Fields{}.JSONSchema()
	reading := schema.Reading{
		Noun: "a job field", Instead: insteadOf(),
		Empty: "name at least one field. " + tool.GetDraft + " shows a draft, " + tool.GetJob + " a live job",
	}
	if isComplete(form.UpdateKeys) {
		reading.Members = form.UpdateKeys
	}
	for _, key := range slices.Sorted(maps.Keys(form.Enums)) {
		values := tool.Map(form.Enums[key], func(value string) any { return value })
		property, typed := node.Properties.Get(key)
		switch {
		case len(values) == 0:
		case typed && property.Type == "array":
			property.Items.Enum = values
			schema.Read(property.Items, schema.Reading{Complete: true})
		case typed && property.Type == "string":
			property.Enum = values
			schema.Read(property, schema.Reading{Complete: true})
		default:
			node.Properties.Set(key, schema.Read(&schema.Node{Enum: values}, schema.Reading{Complete: true}))
		}
	}
	return schema.Read(node, reading)
}

// insteadOf says where words belong for which people expect a field.
func insteadOf() map[string]string {
	const deadline, pay = "put it in jobDescription", "set paymentType and pricePerHour, pricePerLabel or fixedPrice"
	return map[string]string{
		"STATUS":   "a job can't be paused: " + tool.Publish + " publishes a draft, " + tool.CloseJob + " closes a job for good",
		"DEADLINE": deadline, "DUEDATE": deadline, "ENDDATE": deadline, "STARTDATE": deadline, "TIMELINE": deadline,
		"PAY": pay, "PRICE": pay, "RATE": pay, "SALARY": pay, "BUDGET": pay, "RATEAMOUNT": pay,
	}
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
		known, values := tool.Input{Key: key, Type: normalType(property.Type)}, property.Enum
		if known.Type == "array" {
			values = property.Items.Enum
		} else if len(values) > 0 {
			known.Type = "enum"
		}
		for _, value := range values {
			known.Options = append(known.Options, fmt.Sprint(value))
		}
		types[key] = known
	}
	return types
}

// typesFor are the types for the caller's account.
func (d *Desk) typesFor(ctx context.Context, by caller.Caller) fieldTypes {
	return d.fieldsFor(d.Accounts.Capabilities(ctx, by)).types
}

// accountFields are the fields of drafts as an account has them. They don't change.
type accountFields struct {
	account *opentrain.Capabilities
	schema  *schema.Node
	types   fieldTypes
}

// fieldsFor returns the fields for an account. Those of the last one are kept: most calls come from the same.
func (d *Desk) fieldsFor(account *opentrain.Capabilities) *accountFields {
	last := d.fields.Load()
	if last == nil || last.account != account {
		node := fieldsOf(account.Draft)
		last = &accountFields{account, node, typesOf(node)}
		d.fields.Store(last)
	}
	return last
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
