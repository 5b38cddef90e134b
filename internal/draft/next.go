package draft

import (
	"cmp"
	"slices"
	"strings"

	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// Lead says what a report's next step has to take into account.
type Lead struct {
	// Set is what this call set; nil when it set nothing.
	Set opentrain.Fields
	// Repeated says what a repeated create means when the job is no longer a draft.
	Repeated string

	note      string           // what comes before the step's own note
	inChat    bool             // the questions are asked in the conversation, not in another form
	also      opentrain.Fields // answers that go along with the next one
	token     string           // the confirmation of the draft as it is reported
	overtaken bool             // something else changed the draft meanwhile
}

// noteBefore puts the lead's note before a step's own.
func (lead Lead) noteBefore(own string) string { return strings.TrimSpace(lead.note + " " + own) }

// next says what follows from the state of a draft.
func (r Report) next(types fieldTypes, lead Lead) tool.Next {
	switch {
	case r.Status != "" && r.Status != opentrain.StatusDraft:
		note := strings.TrimSpace("This job is " + r.Status + " already, no longer a draft. " + lead.Repeated)
		return tool.Next{Action: tool.Done, Note: lead.noteBefore(note)}
	case r.PublishReady:
		return r.confirm(lead)
	case len(r.MissingFields) > 0:
		return r.MissingFields[0].next(r, lead)
	case len(r.Issues) > 0:
		return r.resolve(types, r.Issues[0], lead)
	}
	return tool.Next{
		Action: tool.Fix, By: "human", URL: r.DraftURL, Note: lead.note,
		Problem: "OpenTrain says that the draft is not ready to publish and does not say why. The draft's page in the app " +
			"shows what is missing.",
	}
}

// confirm makes the step that shows a finished draft to the human.
func (r Report) confirm(lead Lead) tool.Next {
	arguments := map[string]any{"jobId": r.JobID}
	if lead.token != "" {
		arguments["confirmationToken"] = lead.token
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
	shown := r.shown()
	return tool.Next{
		Action: tool.ConfirmWithHuman, Show: &shown, Tool: tool.Publish, Arguments: arguments, Otherwise: tool.PatchDraft,
		Note: lead.noteBefore(note),
	}
}

// shown is what a human sees of a draft before it is published.
func (r Report) shown() tool.Shown {
	shown := tool.Shown{JobID: r.JobID, Guesses: r.LowConfidenceFields, DraftURL: r.DraftURL}
	if fields := r.fields(); len(fields) > 0 {
		shown.Fields = fields
	}
	return shown
}

// fields are what is known of the draft's content.
func (r Report) fields() opentrain.Fields {
	if r.NormalizedFields != nil {
		return opentrain.Fields(r.NormalizedFields)
	}
	return opentrain.Fields(r.FieldsSet)
}

// resolve makes the step that answers an issue for which the API has no question.
func (r Report) resolve(types fieldTypes, issue tool.Remark, lead Lead) tool.Next {
	words := cmp.Or(issue.Message, issue.Reason)
	if issue.Field == "" || strings.ContainsAny(issue.Field, ".[") {
		return tool.Next{Action: tool.Fix, By: "human", Problem: words, URL: r.DraftURL, Note: lead.note}
	}
	return types.question(opentrain.MissingField{Field: issue.Field, Prompt: words}).ask(r.JobID, len(r.Issues), lead, "")
}

// next makes the step that asks the first open question of a report.
func (q Question) next(r Report, lead Lead) tool.Next {
	if len(q.Keys) == 0 {
		return tool.Next{
			Action: tool.Fix, By: "human", URL: r.DraftURL, Note: lead.note,
			Problem: "OpenTrain asks “" + q.Question + "” and names no field for the answer. It can be given on the draft's page in the app.",
		}
	}
	note := ""
	if slices.ContainsFunc(q.Keys, func(key string) bool { _, answered := lead.Set[key]; return answered }) {
		note = q.Message // says why the question comes again
	}
	return q.ask(r.JobID, r.open, lead, note)
}

// ask makes the step that asks a question about a draft.
func (q Question) ask(jobID string, remaining int, lead Lead, note string) tool.Next {
	fields := map[string]any{}
	for key, value := range lead.also {
		fields[key] = value
	}
	for _, key := range q.Keys {
		fields[key] = tool.AnswerTo(key)
	}
	if len(q.Keys) == 1 {
		fields[q.Keys[0]] = tool.Answer
	}
	if q.more {
		note = strings.TrimSpace(note + " More values are taken than fit here; the draft's page lists them all.")
	}
	arguments := map[string]any{"jobId": jobID, "fields": fields}
	if lead.inChat {
		arguments["askHuman"] = false
	}
	return tool.Next{
		Action: tool.AskHuman, Question: q.Question, Note: lead.noteBefore(note), Field: q.Field,
		Type: q.Type, Options: q.Options, Inputs: q.Inputs, Remaining: remaining,
		Tool: tool.PatchDraft, Arguments: arguments,
	}
}
