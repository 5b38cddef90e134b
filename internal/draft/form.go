package draft

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"opentrain-mcp/internal/store"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

const (
	maxFormFields = 7              // how many fields a form has: people don't fill in more
	maxForms      = 2              // how many forms one call shows to a human
	formLifetime  = 24 * time.Hour // how long a human may take over a form
)

// AskHumanHelp describes the argument askHuman of a tool that asks a draft's questions.
const AskHumanHelp = "False asks in the conversation, not in forms."

// FormState is what a form about a draft carries to the next round.
type FormState struct {
	Report  Report           `json:"report"`
	Open    int              `json:"open"`
	More    []bool           `json:"more"`              // of each open question, whether its options were cut
	Key     string           `json:"key,omitempty"`     // idempotency key of a create
	Existed bool             `json:"existed,omitempty"` // an earlier call created the draft
	Asked   []string         `json:"asked"`             // update keys
	Set     opentrain.Fields `json:"set,omitempty"`     // by the forms so far
	Forms   int              `json:"forms"`             // shown so far
	Skipped []string         `json:"skipped,omitempty"` // update keys that the human left out

	Problems []tool.Remark `json:"problems,omitempty"` // the answers that weren't valid
	At       store.Point   `json:"at"`                 // when the form was made
}

// FormOf returns the state of the form that the call continues, nil for none. Its error is tool.ErrFormOver.
func FormOf(call tool.Call) (*FormState, error) {
	if call.State == nil && !call.BadState {
		return nil, nil
	}
	var form FormState
	if call.BadState || json.Unmarshal(call.State, &form) != nil || form.Report.JobID == "" {
		return nil, tool.ErrFormOver
	}
	form.Report = form.Report.restored()
	form.Report.open = form.Open
	for i, more := range form.More[:min(len(form.More), len(form.Report.questions))] {
		form.Report.questions[i].more = more
	}
	return &form, nil
}

// Ask makes a form of a draft's open questions. It returns nil when the client can't show one, the caller doesn't
// want one, or no question fits.
func (d *Desk) Ask(ctx context.Context, call tool.Call, wanted *bool, report Report, form FormState) (*tool.Ask, error) {
	isDraft := report.Status == "" || report.Status == opentrain.StatusDraft
	if !call.CanAsk || wanted != nil && !*wanted || form.Forms >= maxForms || !isDraft {
		return nil, nil
	}
	report = report.Short() // the form carries it, and asks what it carries
	fields := report.questionFields(form, call.CanAskLists)
	if len(fields) == 0 {
		return nil, nil
	}
	guesses := slices.DeleteFunc(withoutFields(report.guesses, form.Set), func(r tool.Remark) bool {
		return slices.Contains(form.Skipped, r.Field)
	})
	fields = d.typesFor(ctx, call.Caller).addGuesses(fields, guesses, call.CanAskLists)
	form.Asked = tool.Map(fields, func(f tool.Field) string { return f.Name })
	form.More = tool.Map(report.questions, func(q Question) bool { return q.more })
	form.At, form.Open, form.Forms = d.Confirm.Ledger.Now(), report.open, form.Forms+1
	report.problems = nil
	form.Report = report.with(tool.Next{}) // the next round makes its own step
	state, err := json.Marshal(form)
	if err != nil {
		return nil, err
	}
	page := ""
	if tool.HasPages(d.API.BaseURL()) {
		page = "\nPage: " + cmp.Or(report.DraftURL, text.URL(d.API.DraftURL(report.JobID)))
	}
	problems := append(tool.Map(form.Problems, remarkLine), "")
	return &tool.Ask{
		Message: strings.Join(problems, "\n") + "Your draft" + report.title() + " needs a few answers before you can publish it. " +
			"Skip anything you don't know yet." + page,
		Fields: fields, State: state, Lifetime: formLifetime, Done: report.Effect(),
	}, nil
}

func (r Report) title() string {
	var title string
	if json.Unmarshal(r.content["jobTitle"], &title) != nil || title == "" {
		return ""
	}
	return " “" + text.Clean(title, 100) + "”"
}

// questionFields are the fields for the questions that the human hasn't skipped: those that are new, and those of which they answered
// a part.
func (r Report) questionFields(form FormState, lists bool) []tool.Field {
	var fields []tool.Field
	for _, q := range r.questions {
		rest, saved := r.remaining(q)
		some, known := rest.fields(lists), cmp.Or(saved, r.paySaid(q))
		fits := len(some) > 0 && len(fields)+len(some) <= maxFormFields && !overlap(fields, some...)
		if skips(form.Skipped, rest) || q.more || !fits {
			continue
		}
		for i, field := range some {
			prompt, help := field.Prompt, r.help(field)
			if prompt != "" && help != "" {
				prompt = text.Stop(prompt)
			}
			some[i].Prompt = text.Join(" ", prompt, help)
			if i == 0 && known != "" && (help == "" || !strings.Contains(known, help)) {
				some[i].Prompt = text.Join(" ", text.Stop(some[i].Prompt), known)
			}
		}
		fields = append(fields, some...)
	}
	return fields
}

// help says what a field's question leaves out: the value that the answer belongs to, or when a rate counts, and in what it is.
func (r Report) help(field tool.Field) string {
	for _, pair := range [][]string{{"dataVolume", "dataVolumeUnit"}, {"dataVolumeUnit", "dataVolume"}} {
		if value, known := r.content[pair[1]]; known && pair[0] == field.Name && string(value) != "null" {
			return tool.FieldLabel(pair[1]) + ": " + tool.WithoutUnit(pair[1], value) + "."
		}
	}
	dollars, condition := "In US dollars.", ""
	if strings.Contains(field.Prompt, "USD") || strings.Contains(field.Prompt, "dollar") {
		dollars = ""
	}
	for _, paymentType := range paymentTypes() {
		if rateOf(paymentType) != field.Name {
			continue
		}
		if textOf(r.content["paymentType"]) != paymentType {
			condition = "Only for the payment type “" + tool.Label(paymentType) + "”."
		}
		return text.Join(" ", dollars, condition)
	}
	return ""
}

// fields are the form fields that answer a question, none when one of them doesn't fit.
func (q Question) fields(lists bool) []tool.Field {
	inputs := q.inputs()
	fields := make([]tool.Field, 0, len(inputs))
	for i, input := range inputs {
		if !fitsForm(input, lists) {
			return nil
		}
		field := formField(input)
		if i == 0 {
			field.Prompt = text.Join(" ", q.Question, field.Prompt)
		}
		if len(inputs) == 1 {
			field.Label = cmp.Or(q.label, field.Label)
		}
		fields = append(fields, field)
	}
	return fields
}

// addGuesses adds fields that ask the human to confirm what OpenTrain guessed, with the guess as default.
func (types fieldTypes) addGuesses(fields []tool.Field, guesses []tool.Remark, lists bool) []tool.Field {
	for _, guess := range guesses {
		known := types[guess.Field]
		input := tool.Input{Key: guess.Field, Type: cmp.Or(known.Type, typeOfJSON(guess.Value)), Options: known.Options}
		field := formField(input)
		field.Default, field.Prompt = guess.Value, "OpenTrain guessed this. Correct it if it's wrong."
		if guess.Reason != "" {
			field.Prompt += " " + text.Sentence(guess.Reason)
		}
		fits := input.Key != "" && fitsForm(input, lists) && allows(input, guess.Value)
		if fits && len(fields) < maxFormFields && !overlap(fields, field) {
			fields = append(fields, field)
		}
	}
	return fields
}

func formField(input tool.Input) tool.Field {
	return tool.Field{
		Name: input.Key, Label: tool.FieldLabel(input.Key), Type: input.Type,
		Choices: tool.Map(input.Options, func(option string) tool.Choice {
			return tool.Choice{Value: option, Title: cmp.Or(text.Clean(tool.Label(option), 100), "(no name)")}
		}),
	}
}

// overlap reports whether two lists have a name in common.
func overlap(fields []tool.Field, others ...tool.Field) bool {
	return slices.ContainsFunc(others, func(other tool.Field) bool {
		return slices.ContainsFunc(fields, func(field tool.Field) bool { return field.Name == other.Name })
	})
}

// fitsForm reports whether a flat form can hold an input.
func fitsForm(input tool.Input, lists bool) bool {
	switch input.Type {
	case "enum", "array": // a form has no list of free values
		return len(input.Options) > 0 && !slices.Contains(input.Options, ellipsis) && (lists || input.Type == "enum")
	case "string", "number", "boolean":
		return true
	}
	return false
}

// allows reports whether an input can have a value as its default.
func allows(input tool.Input, value json.RawMessage) bool {
	var v any
	if json.Unmarshal(value, &v) != nil {
		return false
	}
	isOption := func(v any) bool {
		option, ok := v.(string)
		return ok && slices.Contains(input.Options, option)
	}
	switch v := v.(type) {
	case string:
		// A longer one was cut, and people would send what they can't see.
		whole := utf8.RuneCountInString(v) < maxRemark && text.Plain(v) == v
		return input.Type == "enum" && isOption(v) || input.Type == "string" && whole
	case float64:
		return input.Type == "number"
	case bool:
		return input.Type == "boolean"
	case []any:
		return input.Type == "array" && !slices.ContainsFunc(v, func(entry any) bool { return !isOption(entry) })
	}
	return false
}
