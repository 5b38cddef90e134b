package tools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

const (
	// maxFormFields is how many fields a form has: more are not filled in.
	maxFormFields = 7
	// maxForms is how many forms one call puts to a human.
	maxForms = 2
	// formLasts is how long a human may take over a form.
	formLasts = 24 * time.Hour
	// noAnswer says that a form brought nothing. Why is not known: hosts decline
	// forms that nobody saw.
	noAnswer = "No answer came by form; ask in the conversation."
)

// draftForm is what a form about a draft carries to the next round.
type draftForm struct {
	Report Draft            `json:"report"`
	Open   int              `json:"open"`
	Key    string           `json:"key,omitempty"` // idempotency key of a create
	Asked  []string         `json:"asked"`         // update keys
	Set    opentrain.Fields `json:"set,omitempty"` // by the forms so far
	Forms  int              `json:"forms"`         // shown so far
	At     time.Time        `json:"at"`            // when the report was made
}

// askFor makes a form of what is open in a draft; nil when no form can be
// shown, or nothing that a form can hold is open.
func (k Kit) askFor(ctx context.Context, call Call, askHuman *bool, report Draft, form draftForm) (*Ask, error) {
	if !call.CanAsk || askHuman != nil && !*askHuman || form.Forms >= maxForms || report.Status != "" && report.Status != opentrain.StatusDraft {
		return nil, nil
	}
	fields := questionFields(report.MissingFields, call.CanAskLists)
	if len(fields) == 0 {
		return nil, nil
	}
	for _, guess := range guessFields(withoutFields(report.LowConfidenceFields, form.Set), k.forms(ctx, call.Caller), fields) {
		if len(fields) < maxFormFields && (guess.Type != "array" || call.CanAskLists) {
			fields = append(fields, guess)
		}
	}
	form.Asked = nil
	for _, field := range fields {
		form.Asked = append(form.Asked, field.Name)
	}
	form.Report, form.Open, form.Forms, form.At = report, report.open, form.Forms+1, k.Now()
	form.Report.Next = Next{} // made anew afterwards
	state, err := json.Marshal(form)
	if err != nil {
		return nil, err
	}
	return &Ask{
		Message: "OpenTrain needs some answers for your draft" + draftTitle(report) + ". Leave out what you do not know; it will be asked later.",
		Fields:  fields, State: state, Lasts: formLasts, Done: report.effect(),
	}, nil
}

// draftTitle names a draft after its title, as far as it is known.
func draftTitle(report Draft) string {
	var title string
	if json.Unmarshal(orFields(report.NormalizedFields, report.FieldsSet)["jobTitle"], &title) != nil || title == "" {
		return ""
	}
	return " “" + plain(title, 100) + "”"
}

// questionFields are the open questions that a flat form can hold.
func questionFields(questions []Question, lists bool) []AskField {
	var fields []AskField
	for _, q := range questions {
		inputs := q.Inputs
		if len(q.Keys) == 1 {
			inputs = []NextInput{{Key: q.Keys[0], Type: q.Type, Options: q.Options}}
		}
		var some []AskField
		for i, input := range inputs {
			field := AskField{Name: input.Key, Label: capitalised(wordsOf(input.Key)), Type: input.Type, Choices: choices(input.Options)}
			if i == 0 {
				field.Prompt = q.Question
			}
			if len(inputs) == 1 && q.label != "" {
				field.Label = q.label
			}
			if !field.fits() || field.Type == "array" && !lists {
				some = nil // an answer in part is none
				break
			}
			some = append(some, field)
		}
		if q.more || len(some) == 0 || len(fields)+len(some) > maxFormFields || named(fields, some) {
			continue
		}
		fields = append(fields, some...)
	}
	return fields
}

// guessFields ask the human to confirm what OpenTrain guessed, with the guess as
// default, beside other fields.
func guessFields(guesses []Remark, forms fieldForms, beside []AskField) []AskField {
	var fields []AskField
	for _, guess := range guesses {
		form := forms[guess.Field]
		if form.Type == "" {
			form.Type = typeOfJSON(guess.Value)
		}
		field := AskField{
			Name: guess.Field, Label: capitalised(wordsOf(guess.Field)), Type: form.Type, Choices: choices(form.Options), Default: guess.Value,
			Prompt: strings.TrimSpace("OpenTrain guessed this; correct it if it is wrong. " + asSentence(guess.Reason)),
		}
		one := []AskField{field}
		if field.Name == "" || !field.fits() || !field.takes(guess.Value) || named(beside, one) || named(fields, one) {
			continue
		}
		fields = append(fields, field)
	}
	return fields
}

// named reports whether a name is in both lists.
func named(fields, others []AskField) bool {
	return slices.ContainsFunc(others, func(other AskField) bool {
		return slices.ContainsFunc(fields, func(field AskField) bool { return field.Name == other.Name })
	})
}

// fits reports whether a flat form can hold a field.
func (f AskField) fits() bool {
	cut := slices.ContainsFunc(f.Choices, func(c Choice) bool { return c.Value == "…" })
	switch f.Type {
	case "enum", "array": // a list of anything is no field of a form
		return len(f.Choices) > 0 && !cut
	case "string", "number", "boolean":
		return true
	}
	return false
}

// takes reports whether a value can stand in a field.
func (f AskField) takes(value json.RawMessage) bool {
	var text string
	var texts []string
	var number float64
	var yes bool
	allowed := func(value string) bool {
		return slices.ContainsFunc(f.Choices, func(c Choice) bool { return c.Value == value })
	}
	switch f.Type {
	case "enum":
		return json.Unmarshal(value, &text) == nil && allowed(text)
	case "array":
		return json.Unmarshal(value, &texts) == nil && texts != nil && !slices.ContainsFunc(texts, func(text string) bool { return !allowed(text) })
	case "number":
		return json.Unmarshal(value, &number) == nil && string(value) != "null"
	case "boolean":
		return json.Unmarshal(value, &yes) == nil && string(value) != "null"
	}
	return json.Unmarshal(value, &text) == nil && utf8.RuneCountInString(text) < maxRemark // a longer one was cut
}

func choices(options []string) []Choice {
	all := make([]Choice, 0, len(options))
	for _, option := range options {
		all = append(all, Choice{Value: option, Title: orWord(plain(titleOf(option), 100), "(no name)")})
	}
	return all
}

// titleOf writes a value as people read it: ANY_EXPERIENCE_LEVEL becomes "Any
// experience level".
func titleOf(value string) string {
	if !enumValue.MatchString(value) {
		return value
	}
	return capitalised(strings.ToLower(strings.ReplaceAll(value, "_", " ")))
}

// enumValue is how the API writes enum values.
var enumValue = regexp.MustCompile(`^[A-Z]+(_[A-Z]+)+$|^[A-Z]{4,}$`)

func capitalised(words string) string {
	first, size := utf8.DecodeRuneInString(words)
	return string(unicode.ToUpper(first)) + words[size:]
}

func asSentence(words string) string {
	if words == "" {
		return ""
	}
	return sentence(words)
}

// errStale is what a call is told that continues a form which is over.
var errStale = errors.New("the form is over")

// formOf returns what the form of the round before carried.
func formOf(call Call) (draftForm, error) {
	var form draftForm
	if err := json.Unmarshal(call.State, &form); err != nil || form.Report.JobID == "" {
		return form, errStale
	}
	form.Report.open = form.Open
	return form, nil
}

// resume puts a form's answers into the draft. What is still open is asked in
// another form, or comes back as the next question.
func (k Kit) resume(ctx context.Context, call Call, form draftForm) (Draft, *Ask, error) {
	forms := k.forms(ctx, call.Caller)
	report := form.Report
	report.Interpreted = call.Interpreted
	understood := len(call.Interpreted)
	fields := k.answers(ctx, &call, form.Asked)
	if len(fields) == 0 {
		note := noAnswer
		if len(call.Interpreted) > understood {
			note = "The form's answers were not taken; ask in the conversation."
		}
		report = k.asChat(call, forms, report, note)
		report.unchanged = true
		return report, nil, nil
	}
	call.report("Saving the answers")
	set := opentrain.Fields{}
	maps.Copy(set, form.Set)
	maps.Copy(set, fields)
	// What the form's report says of a draft that was changed since is old.
	old := k.Replicated || k.changes.since(call.Caller, report.JobID, form.At)
	after, err := k.change(ctx, call, report.JobID, fields, set, func(draft *opentrain.Draft) { report.complete(draft, set, old) })
	if err != nil {
		return k.unsaved(call, forms, report, fields, err), nil, nil
	}
	form.Set = set
	ask, err := k.askFor(ctx, call, nil, after, form)
	if err != nil || ask != nil {
		return Draft{}, ask, err
	}
	return after, nil, nil
}

// complete adds to a draft what the API said of it earlier in this call, and did
// not say again: it answers changes in a short form too.
func (d Draft) complete(draft *opentrain.Draft, set opentrain.Fields, old bool) {
	draft.DraftURL, draft.ReviewURL = orWord(draft.DraftURL, d.DraftURL), orWord(draft.ReviewURL, d.ReviewURL)
	if old {
		return
	}
	if draft.NormalizedFields == nil && d.NormalizedFields != nil {
		draft.NormalizedFields = opentrain.Fields{}
		maps.Copy(draft.NormalizedFields, opentrain.Fields(d.NormalizedFields))
		maps.Copy(draft.NormalizedFields, set)
	}
	if draft.LowConfidenceFields == nil {
		for _, guess := range withoutFields(d.LowConfidenceFields, set) {
			draft.LowConfidenceFields = append(draft.LowConfidenceFields, opentrain.Note{Field: guess.Field, Message: guess.Message, Reason: guess.Reason, Value: guess.Value})
		}
	}
}

// answers are the fields that a form was filled in with, in the form that the
// API wants. What is no value of its field is left out and said: the draft keeps
// its question.
func (k Kit) answers(ctx context.Context, call *Call, asked []string) opentrain.Fields {
	given := opentrain.Fields{}
	for _, key := range asked {
		value, answered := call.Answers[key]
		if blank := strings.Trim(string(value), " \t\r\n"); !answered || blank == "null" || blank == `""` || blank == "[]" {
			continue
		}
		given[key] = value
	}
	for len(given) > 0 {
		before := len(given)
		accepted, err := k.accept(ctx, call, given)
		var bad *schema.ArgumentError
		if !errors.As(err, &bad) {
			return accepted
		}
		for _, problem := range bad.Problems {
			path := strings.TrimPrefix(problem.Path, "fields.")
			for key := range given {
				if path != key && !strings.HasPrefix(path, key+"[") && !strings.HasPrefix(path, key+".") {
					continue
				}
				delete(given, key)
				call.Interpreted = append(call.Interpreted, fmt.Sprintf("the form's answer for %s was not taken: %s", key, plain(problem.Message, 200)))
			}
		}
		if len(given) == before {
			return nil
		}
	}
	return nil
}

// asChat makes a report whose next step is asked in the conversation.
func (k Kit) asChat(call Call, forms fieldForms, report Draft, note string) Draft {
	report.Interpreted = call.Interpreted
	report.Next = report.next(forms, nil) // without a confirmation: the draft may be another by now
	if report.Next.Note = strings.TrimSpace(note + " " + report.Next.Note); report.Next.Tool == patchDraftName {
		report.Next.Arguments["askHuman"] = false
	}
	return report
}

// unsaved makes the report after answers that could not be saved: nothing that
// a human filled in is lost.
func (k Kit) unsaved(call Call, forms fieldForms, report Draft, fields opentrain.Fields, err error) Draft {
	report.unsaved = true
	var refusal *opentrain.Error
	errors.As(err, &refusal)
	if good := withoutNamed(fields, refusal); refusal != nil && refusal.Code == opentrain.CodeBadRequest && len(good) < len(fields) {
		// Ask again for what was refused; what was not goes along.
		report.MissingFields = slices.DeleteFunc(slices.Clone(report.MissingFields), func(q Question) bool {
			return !slices.ContainsFunc(q.Keys, func(key string) bool { _, answered := good[key]; return !answered })
		})
		report.open = len(report.MissingFields)
		report = k.asChat(call, forms, report, "OpenTrain did not take all of the form's answers: "+sentence(refusal.Message))
		if values, ok := report.Next.Arguments["fields"].(map[string]any); ok {
			for key, value := range good {
				if _, asked := values[key]; !asked {
					values[key] = value
				}
			}
		}
		return report
	}
	report.Interpreted = call.Interpreted
	report.Next = Next{
		Action: CallTool, Tool: patchDraftName, Arguments: map[string]any{"jobId": report.JobID, "fields": fields, "askHuman": false},
		Note: "The human answered in a form, and it is not known whether the answers were saved: " + sentence(reasonOf(err)) + " Set them again; that is harmless.",
	}
	if refused(err) {
		report.Next.Note = "The human answered in a form, and the answers were not saved: " + sentence(reasonOf(err)) + " Set them with this call."
	}
	if refusal != nil && (refusal.Code == opentrain.CodeRateLimited || refusal.Code == opentrain.CodeBusy) {
		report.Next.Action, report.Next.RetryAfterSeconds = Wait, max(5, int(math.Ceil(refusal.RetryAfter.Seconds())))
	}
	return report
}

// withoutNamed leaves out the fields that a refusal names.
func withoutNamed(fields opentrain.Fields, refusal *opentrain.Error) opentrain.Fields {
	good := maps.Clone(fields)
	if refusal == nil {
		return good
	}
	for _, issue := range issuesOf(refusal.Details) {
		key, _, _ := strings.Cut(strings.TrimPrefix(string(issue.Path), "fields."), "[")
		key, _, _ = strings.Cut(key, ".")
		delete(good, key)
	}
	return good
}
