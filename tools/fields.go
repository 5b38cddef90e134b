package tools

import (
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

// fieldForm is what is known of an update key.
type fieldForm struct {
	Type    string // as in Next.Type
	Options []string
}

// fieldForms are the forms of update keys, by key.
type fieldForms map[string]fieldForm

// typedForms are the forms that the API's pages give.
func typedForms() fieldForms {
	forms := fieldForms{}
	for key, property := range (Fields{}).JSONSchema().Properties.FromOldest() {
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
