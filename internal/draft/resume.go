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

// Resume puts a form's answers into the draft. What is still open is asked in another form, or comes back as the
// next question.
func (d *Desk) Resume(ctx context.Context, call tool.Call, form FormState) (Report, *tool.Ask, error) {
	types, report := d.typesFor(ctx, call.Caller), form.Report
	notes := len(call.Interpreted)
	fields := d.answers(ctx, &call, form.Asked)
	if len(fields) == 0 {
		note := "The form returned no answers. Ask in the conversation."
		switch {
		case len(call.Interpreted) > notes:
			note = "The form's answers weren't valid. Ask in the conversation."
		case call.Form == tool.FormDeclined:
			note = "The human declined the form. Ask in the conversation."
		}
		return report.withoutForm(call, types, ReportOptions{note: note}, ""), nil, nil
	}
	if d.Confirm.Ledger.ChangedSince(call.Caller, report.JobID, form.At) { // or the form was answered already
		return report.outOfDate(call, fields), nil, nil
	}
	call.Step("Saving the answers")
	form.Set = merged(form.Set, fields)
	after, err := d.Change(ctx, call, report.JobID, fields, form.Set)
	if err != nil {
		return report.unsaved(call, types, fields, err), nil, nil
	}
	after = after.withAnswered(report.Answered, fields)
	ask, err := d.Ask(ctx, call, nil, after, form)
	return after, ask, err
}

// answers are the fields that a form was filled in with, as the API expects them. A value that doesn't fit its
// field is left out and reported: the draft keeps its question.
func (d *Desk) answers(ctx context.Context, call *tool.Call, asked []string) opentrain.Fields {
	given := opentrain.Fields{}
	for _, key := range asked {
		switch value := call.Answers[key]; strings.TrimSpace(string(value)) {
		case "", "null", `""`, "[]": // no answer
		default:
			given[key] = value
		}
	}
	for len(given) > 0 {
		fields, err := d.DecodeFields(ctx, call, given)
		bad, refused := errors.AsType[*schema.ArgumentError](err)
		if !refused {
			return fields
		}
		before := len(given)
		for _, problem := range bad.Problems {
			if key := keyOf(problem.Path); given[key] != nil {
				delete(given, key)
				note := fmt.Sprintf("the form's answer for %s wasn't valid: %s", key, text.Clean(problem.Message, 200))
				call.Interpreted = append(call.Interpreted, note)
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

// withoutForm is the report when the questions continue in the conversation. It has no confirmation: the draft may
// have changed.
func (r Report) withoutForm(call tool.Call, types fieldTypes, options ReportOptions, outcome string) Report {
	options.noForm = true
	r.Interpreted, r.outcome = call.Interpreted, outcome
	return r.with(r.next(types, options))
}

// outOfDate is the report when the draft was changed after the form was shown: its answers would overwrite newer ones.
func (r Report) outOfDate(call tool.Call, fields opentrain.Fields) Report {
	r.Interpreted, r.outcome = call.Interpreted, "answers not saved"
	return r.with(tool.Next{
		Action: tool.ConfirmWithHuman, Show: &tool.Preview{JobID: r.JobID, DraftURL: r.DraftURL, Fields: fields}, Tool: tool.PatchDraft,
		Arguments: map[string]any{"jobId": r.JobID, "fields": fields, "askHuman": false}, Otherwise: "The draft stays as it is.",
		Note: "The draft was changed after this form was shown, so these answers were not saved. Save them?",
	})
}

// unsaved is the report when the answers could not be saved. Nothing that a human filled in is lost.
func (r Report) unsaved(call tool.Call, types fieldTypes, fields opentrain.Fields, err error) Report {
	const outcome = "answers not saved"
	reason := tool.Reason(err)
	apiError, _ := errors.AsType[*opentrain.Error](err)
	apiError = cmp.Or(apiError, &opentrain.Error{})
	if good := withoutRefused(fields, apiError); apiError.Code == opentrain.CodeBadRequest && len(good) < len(fields) {
		// Ask again for the refused answers, and send the others along.
		r.questions = slices.DeleteFunc(slices.Clone(r.questions), func(q Question) bool {
			return !slices.ContainsFunc(q.Keys, func(key string) bool { return good[key] == nil })
		})
		r.open = len(r.questions)
		note := "OpenTrain rejected some of the form's answers: " + reason
		return r.withoutForm(call, types, ReportOptions{note: note, answers: good}, outcome)
	}
	action, wait := tool.CallTool, 0
	if apiError.Code == opentrain.CodeRateLimited || apiError.Code == opentrain.CodeBusy {
		action, wait = tool.Wait, max(5, int(math.Ceil(apiError.RetryAfter.Seconds())))
	}
	note := "The human answered in a form, but the answers were not saved: " + reason + " Save them with this call."
	if opentrain.MayHaveChanged(err) {
		note = "The human answered in a form, but it's unclear whether the answers were saved: " + reason +
			" Save them again; that is harmless."
	}
	r.Interpreted, r.outcome = call.Interpreted, outcome
	return r.with(tool.Next{
		Action: action, RetryAfterSeconds: wait, Note: note, Tool: tool.PatchDraft,
		Arguments: map[string]any{"jobId": r.JobID, "fields": fields, "askHuman": false},
	})
}

// withoutRefused leaves out the fields that an error names.
func withoutRefused(fields opentrain.Fields, apiError *opentrain.Error) opentrain.Fields {
	good := maps.Clone(fields)
	for _, issue := range tool.IssuesOf(apiError.Details) {
		delete(good, keyOf(string(issue.Path)))
	}
	return good
}
