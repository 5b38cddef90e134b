package draft

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

const (
	// maxFormFields is how many fields a form has: people don't fill in more.
	maxFormFields = 7
	// maxForms is how many forms one call shows to a human.
	maxForms = 2
	// formLifetime is how long a human may take over a form.
	formLifetime = 24 * time.Hour
)

// Form is what a form about a draft carries to the next round.
type Form struct {
	Report Report           `json:"report"`
	Open   int              `json:"open"`
	Key    string           `json:"key,omitempty"` // idempotency key of a create
	Asked  []string         `json:"asked"`         // update keys
	Set    opentrain.Fields `json:"set,omitempty"` // by the forms so far
	Forms  int              `json:"forms"`         // shown so far
	At     time.Time        `json:"at"`            // when the report was made
}

// FormOf returns what the form of the round before carried. Its error is tool.ErrFormOver.
func FormOf(call tool.Call) (Form, error) {
	var form Form
	if err := json.Unmarshal(call.State, &form); err != nil || form.Report.JobID == "" {
		return form, tool.ErrFormOver
	}
	form.Report.open = form.Open
	return form, nil
}

// Ask makes a form of what is open in a draft. It returns nil when the client can't show one, the caller
// doesn't want one, or nothing open fits into a form.
func (d *Desk) Ask(ctx context.Context, call tool.Call, wanted *bool, report Report, form Form) (*tool.Ask, error) {
	isDraft := report.Status == "" || report.Status == opentrain.StatusDraft
	if !call.CanAsk || wanted != nil && !*wanted || form.Forms >= maxForms || !isDraft {
		return nil, nil
	}
	fields := questionFields(report.MissingFields, call.CanAskLists)
	if len(fields) == 0 {
		return nil, nil
	}
	for _, guess := range guessFields(withoutFields(report.LowConfidenceFields, form.Set), d.typesFor(ctx, call.Caller), fields) {
		if len(fields) < maxFormFields && (guess.Type != "array" || call.CanAskLists) {
			fields = append(fields, guess)
		}
	}
	form.Asked = nil
	for _, field := range fields {
		form.Asked = append(form.Asked, field.Name)
	}
	form.Report, form.Open, form.Forms, form.At = report, report.open, form.Forms+1, d.Now()
	form.Report.Next = tool.Next{} // the next round makes its own
	state, err := json.Marshal(form)
	if err != nil {
		return nil, err
	}
	return &tool.Ask{
		Message: "OpenTrain needs some answers for your draft" + report.title() + ". Leave out what you do not know; it will be asked later.",
		Fields:  fields, State: state, Lifetime: formLifetime, Done: report.Effect(),
	}, nil
}

// title is the draft's title in quotes, "" when it isn't known.
func (r Report) title() string {
	var title string
	if json.Unmarshal(r.fields()["jobTitle"], &title) != nil || title == "" {
		return ""
	}
	return " “" + text.Clean(title, 100) + "”"
}

// questionFields are the open questions that a flat form can hold.
func questionFields(questions []Question, lists bool) []tool.Field {
	var fields []tool.Field
	for _, q := range questions {
		some := q.fields(lists)
		if q.more || len(some) == 0 || len(fields)+len(some) > maxFormFields || overlap(fields, some) {
			continue
		}
		fields = append(fields, some...)
	}
	return fields
}

// fields are the form fields that answer a question, none when one of them doesn't fit: half an answer is no
// answer.
func (q Question) fields(lists bool) []tool.Field {
	inputs := q.inputs()
	fields := make([]tool.Field, 0, len(inputs))
	for i, input := range inputs {
		field := tool.Field{Name: input.Key, Label: label(input.Key), Type: input.Type, Choices: choices(input.Options)}
		if i == 0 {
			field.Prompt = q.Question
		}
		if len(inputs) == 1 {
			field.Label = cmp.Or(q.label, field.Label)
		}
		if !fitsForm(field) || field.Type == "array" && !lists {
			return nil
		}
		fields = append(fields, field)
	}
	return fields
}

// guessFields ask the human to confirm what OpenTrain guessed, with the guess as default.
func guessFields(guesses []tool.Remark, types fieldTypes, taken []tool.Field) []tool.Field {
	var fields []tool.Field
	for _, guess := range guesses {
		known := types[guess.Field]
		reason := ""
		if guess.Reason != "" {
			reason = text.Sentence(guess.Reason)
		}
		field := tool.Field{
			Name: guess.Field, Label: label(guess.Field), Type: cmp.Or(known.Type, typeOfJSON(guess.Value)), Choices: choices(known.Options),
			Default: guess.Value, Prompt: strings.TrimSpace("OpenTrain guessed this; correct it if it is wrong. " + reason),
		}
		one := []tool.Field{field}
		if field.Name == "" || !fitsForm(field) || !accepts(field, guess.Value) || overlap(taken, one) || overlap(fields, one) {
			continue
		}
		fields = append(fields, field)
	}
	return fields
}

func label(key string) string { return text.Capitalize(text.Words(key)) }

// overlap reports whether a name is in both lists.
func overlap(fields, others []tool.Field) bool {
	return slices.ContainsFunc(others, func(other tool.Field) bool {
		return slices.ContainsFunc(fields, func(field tool.Field) bool { return field.Name == other.Name })
	})
}

// fitsForm reports whether a flat form can hold a field.
func fitsForm(f tool.Field) bool {
	cut := slices.ContainsFunc(f.Choices, func(c tool.Choice) bool { return c.Value == ellipsis })
	switch f.Type {
	case "enum", "array": // a form has no list of free values
		return len(f.Choices) > 0 && !cut
	case "string", "number", "boolean":
		return true
	}
	return false
}

// accepts reports whether a field can have a value as its default.
func accepts(f tool.Field, value json.RawMessage) bool {
	var one string
	var list []string
	var number float64
	var yes bool
	allowed := func(value string) bool {
		return slices.ContainsFunc(f.Choices, func(c tool.Choice) bool { return c.Value == value })
	}
	switch f.Type {
	case "enum":
		return json.Unmarshal(value, &one) == nil && allowed(one)
	case "array":
		return json.Unmarshal(value, &list) == nil && list != nil && !slices.ContainsFunc(list, func(one string) bool { return !allowed(one) })
	case "number":
		return json.Unmarshal(value, &number) == nil && string(value) != "null"
	case "boolean":
		return json.Unmarshal(value, &yes) == nil && string(value) != "null"
	}
	return json.Unmarshal(value, &one) == nil && utf8.RuneCountInString(one) < maxRemark // a longer one was cut
}

func choices(options []string) []tool.Choice {
	all := make([]tool.Choice, 0, len(options))
	for _, option := range options {
		all = append(all, tool.Choice{Value: option, Title: cmp.Or(text.Clean(confirm.Label(option), 100), "(no name)")})
	}
	return all
}
