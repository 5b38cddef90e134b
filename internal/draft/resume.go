package draft

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// noAnswer says that a form brought nothing. Why is unknown: hosts decline forms that no human saw.
const noAnswer = "No answer came by form; ask in the conversation."

// Resume puts a form's answers into the draft. What is still open is asked in another form, or comes back as
// the next question.
func (d *Desk) Resume(ctx context.Context, call tool.Call, form Form) (Report, *tool.Ask, error) {
	types, report := d.typesFor(ctx, call.Caller), form.Report
	notes := len(call.Interpreted)
	fields := d.answers(ctx, &call, form.Asked)
	if len(fields) == 0 {
		note := noAnswer
		if len(call.Interpreted) > notes {
			note = "The form's answers were not taken; ask in the conversation."
		}
		return report.inChat(call, types, Lead{note: note}, ""), nil, nil
	}
	call.Report("Saving the answers")
	set := merged(form.Set, fields)
	// The form's report is out of date if the draft was changed since.
	old := d.replicated || d.Confirm.Ledger.ChangedSince(call.Caller, report.JobID, form.At)
	after, err := d.Change(ctx, call, report.JobID, fields, set, func(draft *opentrain.Draft) { report.complete(draft, set, old) })
	if err != nil {
		return report.unsaved(call, types, fields, err), nil, nil
	}
	form.Set = set
	ask, err := d.Ask(ctx, call, nil, after, form)
	if err != nil || ask != nil {
		return Report{}, ask, err
	}
	return after, nil, nil
}

// complete adds to a draft what the API said of it earlier in this call and didn't say again: it answers
// changes in a short form too.
func (r Report) complete(draft *opentrain.Draft, set opentrain.Fields, old bool) {
	draft.DraftURL, draft.ReviewURL = cmp.Or(draft.DraftURL, r.DraftURL), cmp.Or(draft.ReviewURL, r.ReviewURL)
	if old {
		return
	}
	if draft.NormalizedFields == nil && r.NormalizedFields != nil {
		draft.NormalizedFields = merged(opentrain.Fields(r.NormalizedFields), set)
	}
	if draft.LowConfidenceFields == nil {
		for _, guess := range withoutFields(r.LowConfidenceFields, set) {
			note := opentrain.Note{Field: guess.Field, Message: guess.Message, Reason: guess.Reason, Value: guess.Value}
			draft.LowConfidenceFields = append(draft.LowConfidenceFields, note)
		}
	}
}

// answers are the fields that a form was filled in with, as the API wants them. A value that doesn't fit its
// field is left out and reported: the draft keeps its question.
func (d *Desk) answers(ctx context.Context, call *tool.Call, asked []string) opentrain.Fields {
	given := opentrain.Fields{}
	for _, key := range asked {
		value, answered := call.Answers[key]
		if blank := strings.Trim(string(value), " \t\r\n"); !answered || blank == "null" || blank == `""` || blank == "[]" {
			continue
		}
		given[key] = value
	}
	for len(given) > 0 {
		accepted, err := d.Accept(ctx, call, given)
		var bad *schema.ArgumentError
		if !errors.As(err, &bad) {
			return accepted
		}
		before := len(given)
		for _, problem := range bad.Problems {
			if key := keyOf(problem.Path); given[key] != nil {
				delete(given, key)
				call.Interpreted = append(call.Interpreted, fmt.Sprintf("the form's answer for %s was not taken: "+
					"%s", key, text.Clean(problem.Message, 200)))
			}
		}
		if len(given) == before {
			return nil
		}
	}
	return nil
}

// keyOf returns the update key in the path of a problem: fields.languages[0] is about languages.
func keyOf(path string) string {
	key, _, _ := strings.Cut(strings.TrimPrefix(path, "fields."), "[")
	key, _, _ = strings.Cut(key, ".")
	return key
}

// inChat is the report when the questions go on in the conversation. It has no confirmation: the draft may
// have changed.
func (r Report) inChat(call tool.Call, types fieldTypes, lead Lead, outcome string) Report {
	lead.inChat = true
	r.Interpreted, r.outcome, r.Next = call.Interpreted, outcome, r.next(types, lead)
	return r
}

// notSaved is the outcome of answers that could not be saved.
const notSaved = "answers not saved"

// unsaved is the report when the answers could not be saved. Nothing that a human filled in is lost.
func (r Report) unsaved(call tool.Call, types fieldTypes, fields opentrain.Fields, err error) Report {
	var refusal *opentrain.Error
	isAPI := errors.As(err, &refusal)
	if isAPI && refusal.Code == opentrain.CodeBadRequest {
		if good := withoutRefused(fields, refusal); len(good) < len(fields) {
			// Ask again for what was refused; the other answers go along.
			r.MissingFields = slices.DeleteFunc(slices.Clone(r.MissingFields), func(q Question) bool {
				return !slices.ContainsFunc(q.Keys, func(key string) bool { return good[key] == nil })
			})
			r.open = len(r.MissingFields)
			note := "OpenTrain did not take all of the form's answers: " + text.Sentence(refusal.Message)
			return r.inChat(call, types, Lead{note: note, also: good}, notSaved)
		}
	}
	r.Interpreted, r.outcome = call.Interpreted, notSaved
	reason := tool.Reason(err)
	action, wait := tool.CallTool, 0
	if isAPI && (refusal.Code == opentrain.CodeRateLimited || refusal.Code == opentrain.CodeBusy) {
		action, wait = tool.Wait, max(5, int(math.Ceil(refusal.RetryAfter.Seconds())))
	}
	note := "The human answered in a form, and the answers were not saved: " + reason + " Set them with this call."
	if opentrain.MayHaveChanged(err) {
		note = "The human answered in a form, and it is not known whether the answers were saved: " +
			"" + reason + " Set them again; that is harmless."
	}
	r.Next = tool.Next{
		Action: action, RetryAfterSeconds: wait, Note: note, Tool: tool.PatchDraft,
		Arguments: map[string]any{"jobId": r.JobID, "fields": fields, "askHuman": false},
	}
	return r
}

// withoutRefused leaves out the fields that a refusal names.
func withoutRefused(fields opentrain.Fields, refusal *opentrain.Error) opentrain.Fields {
	good := maps.Clone(fields)
	for _, issue := range tool.IssuesOf(refusal.Details) {
		delete(good, keyOf(string(issue.Path)))
	}
	return good
}
