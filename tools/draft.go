package tools

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// Draft is the report on a draft that create_draft and patch_draft return.
// What the API did not say is absent.
type Draft struct {
	JobID               string     `json:"jobId" jsonschema_description:"Id for every later call."`
	Status              string     `json:"status,omitempty" jsonschema_description:"DRAFT until published."`
	PublishReady        bool       `json:"publishReady" jsonschema_description:"True when nothing is missing."`
	DraftURL            string     `json:"draftUrl,omitempty"`
	ReviewURL           string     `json:"reviewUrl,omitempty"`
	MissingFields       []Question `json:"missingFields,omitzero" jsonschema_description:"Every open question."`
	NormalizedFields    Content    `json:"normalizedFields,omitzero" jsonschema_description:"The draft by key; long texts are cut."`
	FieldsSet           Content    `json:"fieldsSet,omitzero" jsonschema_description:"What this call set, when the whole draft is not known."`
	LowConfidenceFields []Remark   `json:"lowConfidenceFields,omitzero" jsonschema_description:"Guesses to confirm with the human: field, value, reason."`
	Warnings            []Remark   `json:"warnings,omitzero" jsonschema_description:"Remarks that do not block publishing."`
	UnmappedFields      []Remark   `json:"unmappedFields,omitzero" jsonschema_description:"Input that fits no field."`
	Issues              []Remark   `json:"issues,omitzero" jsonschema_description:"Faults that block publishing."`
	Cut                 []string   `json:"cut,omitempty" jsonschema_description:"What was left out; it is on the draft's page."`
	Interpreted         []string   `json:"interpreted,omitempty" jsonschema_description:"Arguments understood, not taken literally."`
	Next                Next       `json:"next" jsonschema_description:"What to do now."`

	open int // questions in all, those that were cut included
	// unsaved and unchanged tell the audit log of a report after which nothing
	// was written, or nothing that is known.
	unsaved, unchanged bool
}

// Content is what a draft contains, by update key.
type Content opentrain.Fields

// JSONSchema describes Content as a plain object: the API decides on its keys.
func (Content) JSONSchema() *schema.Node { return &schema.Node{Type: "object"} }

// Remark is a note of the API on a draft.
type Remark struct {
	Field   string          `json:"field,omitempty"`
	Message string          `json:"message,omitempty"`
	Reason  string          `json:"reason,omitempty"`
	Value   json.RawMessage `json:"value,omitempty"`
}

// JSONSchema describes a Remark as a plain object, as Next.JSONSchema does.
func (Remark) JSONSchema() *schema.Node {
	return &schema.Node{Type: "object"}
}

// maxRemark is the longest message, reason or value of a remark, in characters.
const maxRemark = 400

func remarksOf(notes []opentrain.Note) []Remark {
	if notes == nil {
		return nil
	}
	remarks := make([]Remark, 0, len(notes))
	for _, note := range notes {
		remark := Remark{Field: plain(cmp.Or(note.Field, string(note.Path)), 100), Message: plain(note.Message, maxRemark), Reason: plain(note.Reason, maxRemark), Value: note.Value}
		if string(remark.Value) == "null" {
			remark.Value = nil
		}
		if remark.Value == nil && note.ValuePreview != "" {
			remark.Value = json.RawMessage(compact(note.ValuePreview))
		}
		if utf8.RuneCount(remark.Value) > maxRemark {
			remark.Value = shortValue(remark.Value, maxRemark)
		}
		if remark.line() != "" {
			remarks = append(remarks, remark)
		}
	}
	return remarks
}

// line says a remark in one line of a result's text.
func (r Remark) line() string {
	var parts []string
	if r.Field != "" {
		parts = append(parts, r.Field)
	}
	if len(r.Value) > 0 {
		parts = append(parts, "= "+string(r.Value))
	}
	for _, words := range []string{r.Message, r.Reason} {
		if words != "" {
			parts = append(parts, "— "+words)
		}
	}
	return strings.TrimPrefix(strings.Join(parts, " "), "— ")
}

// report makes the report on a draft for the caller. set are the fields of this
// call, nil on a create.
func (k Kit) report(ctx context.Context, call Call, draft *opentrain.Draft, set opentrain.Fields) Draft {
	report := k.forms(ctx, call.Caller).report(draft, set, call.Interpreted)
	k.remember(call.Caller, report, set)
	k.seal(call.Caller, &report)
	return report
}

// change sends a change of a draft and returns the report on it. A report that
// another change overtook is none to be confirmed.
func (k Kit) change(ctx context.Context, call Call, jobID string, fields, set opentrain.Fields, complete func(*opentrain.Draft)) (Draft, error) {
	end := k.changes.begin(call.Caller, jobID, k.Now)
	draft, err := k.API.UpdateDraft(ctx, jobID, fields)
	alone := end(err)
	if err != nil {
		if !refused(err) {
			k.forget(call.Caller, jobID)
		}
		return Draft{}, err
	}
	draft.JobID = jobID // what was patched, whatever the answer says
	complete(draft)
	report := k.report(ctx, call, draft, set)
	if !alone {
		k.forget(call.Caller, jobID)
		delete(report.Next.Arguments, "confirmationToken")
	}
	return report, nil
}

// seal puts a confirmation into the step that publishes the draft as it is.
func (k Kit) seal(caller Caller, d *Draft) {
	if k.AskBeforePublish && d.Next.Action == ConfirmWithHuman {
		d.Next.Arguments["confirmationToken"] = k.token(caller, confirming{tool: publishName, jobID: d.JobID})
	}
}

// report makes the report on a draft. set are the fields of this call, nil on a
// create.
func (f fieldForms) report(draft *opentrain.Draft, set opentrain.Fields, interpreted []string) Draft {
	report := Draft{
		JobID: plain(draft.JobID, 100), Status: plain(draft.Status, 40), PublishReady: draft.Validation.PublishReady,
		DraftURL: link(draft.DraftURL), ReviewURL: link(draft.ReviewURL),
		MissingFields:    f.questions(draft),
		NormalizedFields: shortened(draft.NormalizedFields), LowConfidenceFields: remarksOf(draft.LowConfidenceFields),
		Warnings: remarksOf(draft.Warnings), UnmappedFields: remarksOf(draft.UnmappedFields), Issues: remarksOf(draft.Validation.Issues),
		Interpreted: interpreted,
	}
	if report.NormalizedFields == nil {
		report.FieldsSet = shortened(set)
	}
	report.open = len(report.MissingFields)
	whole := report
	next := func(d *Draft) { d.Next = d.next(f, set) }
	next(&report)
	report = trim(report, next, cutRemarks(10), cutFields(100), cutQuestions(10), cutRemarks(2), cutQuestions(2), cutFields(0), cutRemarks(0))
	report.Cut = report.missingFrom(whole)
	return report
}

// The cuts of a report that is too long, the least needed first. The first
// question always stays as it is.

func cutRemarks(entries int) func(*Draft) {
	return func(d *Draft) {
		for _, list := range []*[]Remark{&d.LowConfidenceFields, &d.Warnings, &d.UnmappedFields, &d.Issues} {
			*list = (*list)[:min(len(*list), entries)]
		}
	}
}

func cutFields(limit int) func(*Draft) {
	return func(d *Draft) {
		if limit == 0 {
			d.NormalizedFields, d.FieldsSet = nil, nil
		}
		d.NormalizedFields, d.FieldsSet = shorten(opentrain.Fields(d.NormalizedFields), limit), shorten(opentrain.Fields(d.FieldsSet), limit)
	}
}

func cutQuestions(entries int) func(*Draft) {
	return func(d *Draft) {
		d.MissingFields = slices.Clone(d.MissingFields[:min(len(d.MissingFields), entries)])
		for i := 1; i < len(d.MissingFields); i++ {
			d.MissingFields[i].cutOptions()
		}
	}
}

// missingFrom says what a cut report lacks of the whole one.
func (d Draft) missingFrom(whole Draft) []string {
	var cut []string
	for _, part := range []struct {
		left int
		what string
	}{
		{len(whole.MissingFields) - len(d.MissingFields), "more questions, which come in their turn"}, {len(whole.LowConfidenceFields) - len(d.LowConfidenceFields), "more guesses"},
		{len(whole.Warnings) - len(d.Warnings), "more warnings"}, {len(whole.UnmappedFields) - len(d.UnmappedFields), "more parts of the input that fit no field"},
		{len(whole.Issues) - len(d.Issues), "more issues"}, {len(whole.NormalizedFields) - len(d.NormalizedFields), "fields of the draft"},
	} {
		if part.left > 0 {
			cut = append(cut, fmt.Sprintf("%d %s, to keep the result short", part.left, part.what))
		}
	}
	return cut
}

func (f fieldForms) questions(draft *opentrain.Draft) []Question {
	gaps := draft.Missing()
	if gaps == nil && !draft.Validation.PublishReady {
		return nil // it cannot be said that there are none
	}
	questions := make([]Question, 0, len(gaps))
	for _, gap := range gaps {
		questions = append(questions, f.question(gap))
	}
	return questions
}

// next says what follows from the state of a draft. set are the fields that
// were answered just now.
func (d Draft) next(forms fieldForms, set opentrain.Fields) Next {
	switch {
	case d.Status != "" && d.Status != opentrain.StatusDraft:
		return Next{Action: Done, Note: "This job is " + d.Status + " already, no longer a draft."}
	case d.PublishReady:
		return d.confirm()
	case len(d.MissingFields) > 0:
		question := d.MissingFields[0]
		if len(question.Keys) == 0 {
			return Next{Action: Fix, By: "human", URL: d.DraftURL, Problem: "OpenTrain asks “" + question.Question + "” and names no field for the answer. It can be given on the draft's page in the app."}
		}
		note := ""
		if slices.ContainsFunc(question.Keys, func(key string) bool { _, answered := set[key]; return answered }) {
			note = question.Message
		}
		return question.ask(d.JobID, d.open, note)
	case len(d.Issues) > 0:
		return d.mend(forms, d.Issues[0])
	}
	return Next{
		Action: Fix, By: "human", URL: d.DraftURL,
		Problem: "OpenTrain says that the draft is not ready to publish and does not say why. The draft's page in the app shows what is missing.",
	}
}

// shown is what a human is shown of a draft before it is published.
func (d Draft) shown() map[string]any {
	show := map[string]any{"jobId": d.JobID}
	if fields := orFields(d.NormalizedFields, d.FieldsSet); len(fields) > 0 {
		show["fields"] = fields
	}
	if len(d.LowConfidenceFields) > 0 {
		show["guesses"] = d.LowConfidenceFields
	}
	if d.DraftURL != "" {
		show["draftUrl"] = d.DraftURL
	}
	return show
}

// confirm makes the step that shows a finished draft to the human.
func (d Draft) confirm() Next {
	next := Next{
		Action: ConfirmWithHuman, Show: d.shown(),
		Tool: publishName, Arguments: map[string]any{"jobId": d.JobID}, Otherwise: patchDraftName,
		Note: "Publishing makes the job visible to everyone.",
	}
	at := ""
	if d.DraftURL != "" {
		at = "; the whole draft is at " + d.DraftURL
	}
	switch {
	case d.NormalizedFields == nil && d.FieldsSet == nil:
		next.Note += " The draft's fields are not shown here" + at + "."
	case d.NormalizedFields == nil:
		next.Note += " Only the fields of the last call are shown" + at + "."
	}
	return next
}

// mend makes the step that answers an issue for which the API has no question.
func (d Draft) mend(forms fieldForms, issue Remark) Next {
	words := issue.Message
	if words == "" {
		words = issue.Reason
	}
	if issue.Field == "" || strings.ContainsAny(issue.Field, ".[") {
		return Next{Action: Fix, By: "human", Problem: words, URL: d.DraftURL}
	}
	question := forms.question(opentrain.MissingField{Field: issue.Field, Prompt: words})
	return question.ask(d.JobID, len(d.Issues), "")
}

func orFields(fields, fallback Content) Content {
	if fields == nil {
		return fallback
	}
	return fields
}

// maxShown is the longest value of a draft that a result repeats, in
// characters: the caller wrote it, so it costs tokens and tells nothing new.
const maxShown = 600

// shortened cuts the long values among fields.
func shortened(fields opentrain.Fields) Content { return shorten(fields, maxShown) }

func shorten(fields opentrain.Fields, limit int) Content {
	if fields == nil {
		return nil
	}
	short := make(Content, len(fields))
	for key, value := range fields {
		short[key] = shortValue(value, limit)
	}
	return short
}

// shortValue turns a long value into a text that says how long it is.
func shortValue(value json.RawMessage, limit int) json.RawMessage {
	var text string
	if json.Unmarshal(value, &text) != nil {
		text = string(value) // a list or an object, as it is written
	}
	if length := utf8.RuneCountInString(text); length > limit {
		return json.RawMessage(compact(fmt.Sprintf("%s… (%d characters in all)", string([]rune(text)[:limit]), length)))
	}
	return value
}

// Text implements output.
func (d Draft) Text() string {
	p := d.page()
	return p.end(d.Next)
}

// page says the report in words, without the next step.
func (d Draft) page() page {
	var p page
	p.line("%s", d.headline())
	p.say("Draft page", d.DraftURL)
	if d.ReviewURL != d.DraftURL {
		p.say("Review page", d.ReviewURL)
	}
	p.sayAll("Understood", d.Interpreted)
	if d.Next.Action != ConfirmWithHuman && len(d.NormalizedFields) > 0 {
		fields := maps.Clone(d.NormalizedFields)
		delete(fields, "jobDescription") // the caller wrote it
		p.say("Draft so far", compact(fields))
	}
	if len(d.FieldsSet) > 0 {
		p.say("Set", compact(d.FieldsSet))
	}
	p.remarks("Guess to confirm", d.LowConfidenceFields)
	p.remarks("Warning", d.Warnings)
	p.remarks("Not used", d.UnmappedFields)
	p.remarks("Issue", d.Issues)
	p.alsoMissing(d.MissingFields)
	p.sayAll("Cut", d.Cut)
	return p
}

func (d Draft) headline() string {
	switch missing := d.open; {
	case d.Status != "" && d.Status != opentrain.StatusDraft:
		return fmt.Sprintf("Job %s exists already and is %s.", d.JobID, d.Status)
	case d.PublishReady:
		return fmt.Sprintf("Draft %s is saved and ready to publish.", d.JobID)
	case missing == 1:
		return fmt.Sprintf("Draft %s is saved. One answer is missing before it can be published.", d.JobID)
	case missing > 1:
		return fmt.Sprintf("Draft %s is saved. %d answers are missing before it can be published.", d.JobID, missing)
	}
	return fmt.Sprintf("Draft %s is saved, but not ready to publish.", d.JobID)
}
