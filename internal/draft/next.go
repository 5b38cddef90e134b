package draft

import (
	"cmp"
	"slices"
	"strings"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// ReportOptions are what a report's next step has to take into account.
type ReportOptions struct {
	Set      opentrain.Fields // what this call set; nil when it set nothing
	Repeated string           // what a repeated create means when the job is no longer a draft

	note      string           // comes before the step's own note
	noForm    bool             // the questions are asked in the conversation, not in another form
	answers   opentrain.Fields // are sent along with the next answer
	token     string           // the confirmation of the draft as it is reported
	overtaken bool             // something else changed the draft meanwhile
}

func (r Report) next(types fieldTypes, options ReportOptions) tool.Next {
	switch {
	case r.Status != "" && r.Status != opentrain.StatusDraft:
		note := text.Join(" ", options.note, "This job is "+r.Status+" already, no longer a draft.", options.Repeated)
		return tool.Next{Action: tool.Done, Note: note}
	case r.PublishReady:
		return r.confirm(options)
	case len(r.MissingFields) > 0:
		return r.askQuestion(r.MissingFields[0], options)
	case len(r.Issues) > 0:
		return r.resolve(r.Issues[0], types, options)
	}
	return r.fix("OpenTrain says that the draft is not ready to publish and does not say why. The draft's page in the app "+
		"shows what is missing.", options)
}

func (r Report) confirm(options ReportOptions) tool.Next {
	arguments := map[string]any{"jobId": r.JobID}
	if options.token != "" {
		arguments["confirmationToken"] = options.token
	}
	at := ""
	if r.DraftURL != "" {
		at = "; the whole draft is at " + r.DraftURL
	}
	note := "Publishing makes the job visible to everyone."
	switch {
	case r.NormalizedFields == nil && r.FieldsSet == nil:
		note += " The draft's fields are not shown here" + at + "."
	case r.NormalizedFields == nil:
		note += " Only the fields of the last call are shown" + at + "."
	}
	preview := r.preview()
	return tool.Next{
		Action: tool.ConfirmWithHuman, Show: &preview, Tool: tool.Publish, Arguments: arguments, Otherwise: tool.PatchDraft,
		Note: text.Join(" ", options.note, note),
	}
}

// preview is what a human sees of a draft before it is published.
func (r Report) preview() tool.Preview {
	preview := tool.Preview{JobID: r.JobID, Guesses: r.LowConfidenceFields, DraftURL: r.DraftURL}
	if fields := r.fields(); len(fields) > 0 {
		preview.Fields = fields
	}
	return preview
}

// fields are what is known of the draft's content.
func (r Report) fields() opentrain.Fields {
	if r.NormalizedFields != nil {
		return opentrain.Fields(r.NormalizedFields)
	}
	return opentrain.Fields(r.FieldsSet)
}

// askQuestion makes the step that asks an open question.
func (r Report) askQuestion(q Question, options ReportOptions) tool.Next {
	if len(q.Keys) == 0 {
		return r.fix("OpenTrain asks “"+q.Question+"” and names no field for the answer. "+
			"It can be given on the draft's page in the app.", options)
	}
	note := ""
	if slices.ContainsFunc(q.Keys, func(key string) bool { return options.Set[key] != nil }) {
		note = q.Message // says why the question comes again
	}
	return r.ask(q, r.open, note, options)
}

// resolve makes the step that answers an issue for which the API has no question.
func (r Report) resolve(issue tool.Remark, types fieldTypes, options ReportOptions) tool.Next {
	problem := cmp.Or(issue.Message, issue.Reason)
	if issue.Field == "" || strings.ContainsAny(issue.Field, ".[") {
		return r.fix(problem, options)
	}
	return r.ask(types.question(opentrain.MissingField{Field: issue.Field, Prompt: problem}), len(r.Issues), "", options)
}

// fix makes the step for a problem that a human solves on the draft's page.
func (r Report) fix(problem string, options ReportOptions) tool.Next {
	return tool.Next{Action: tool.Fix, By: "human", URL: r.DraftURL, Note: options.note, Problem: problem}
}

func (r Report) ask(q Question, remaining int, note string, options ReportOptions) tool.Next {
	fields := map[string]any{}
	for key, value := range options.answers {
		fields[key] = value
	}
	for _, key := range q.Keys {
		fields[key] = tool.AnswerTo(key)
	}
	if len(q.Keys) == 1 {
		fields[q.Keys[0]] = tool.Answer
	}
	arguments := map[string]any{"jobId": r.JobID, "fields": fields}
	if options.noForm {
		arguments["askHuman"] = false
	}
	more := ""
	if q.more {
		more = "There are more values than fit here. The draft's page lists them all."
	}
	return tool.Next{
		Action: tool.AskHuman, Question: q.Question, Note: text.Join(" ", options.note, note, more), Field: q.Field,
		Type: q.Type, Options: q.Options, Inputs: q.Inputs, Remaining: remaining,
		Tool: tool.PatchDraft, Arguments: arguments,
	}
}
