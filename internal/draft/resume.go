package draft

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// errOutdated says that the draft was changed after the form was shown, or the form was answered already.
var errOutdated = errors.New("the draft was changed after the form was shown")

// Resume puts a form's answers into the draft. What is new or was invalid is asked in another form, or comes back as the
// next question.
func (d *Desk) Resume(ctx context.Context, call tool.Call, form FormState) (Report, *tool.Ask, error) {
	types, report := d.typesFor(ctx, call.Caller), form.Report
	fields, invalid := d.answers(ctx, &call, form.Asked)
	form.note(fields, invalid)
	report.problems = form.Problems
	if len(fields) == 0 {
		k, _ := d.remembered(call.Caller, report.JobID)
		options := ReportOptions{note: form.unanswered(call, invalid), contradictions: k.contradictions()}
		return report.withoutForm(call, types, options, ""), nil, nil
	}
	call.Step("Saving the answers")
	form.Set = merged(form.Set, fields)
	after, err := d.save(ctx, call, form, fields)
	switch {
	case errors.Is(err, errOutdated):
		saved := false
		if after, saved = d.savedBefore(call, types, form, fields); !saved {
			return report.outOfDate(call, fields), nil, nil
		}
	case err != nil:
		return report.unsaved(call, types, fields, err), nil, nil
	}
	after = after.withAnswered(report.Answered, fields)
	ask, err := d.Ask(ctx, call, nil, after, form)
	return after, ask, err
}

// savedBefore is the report on a draft that has the answers already: the form was answered before, and the response was lost.
func (d *Desk) savedBefore(call tool.Call, types fieldTypes, form FormState, fields opentrain.Fields) (report Report, saved bool) {
	k, found := d.remembered(call.Caller, form.Report.JobID)
	if !found || !k.has(fields) {
		return Report{}, false
	}
	report = types.report(k.draft, call.Interpreted, d.options(call, k, ReportOptions{
		Set: form.Set, problems: form.Problems, skipped: form.Skipped,
	}))
	report.outcome = ""
	return report, true
}

// save saves a form's answers, unless the draft was changed after the form was shown.
func (d *Desk) save(ctx context.Context, call tool.Call, form FormState, fields opentrain.Fields) (Report, error) {
	unlock, err := d.Confirm.Ledger.Lock(ctx, call.Caller, form.Report.JobID)
	if err != nil {
		return Report{}, err
	}
	defer unlock()
	if d.Confirm.Ledger.ChangedSince(call.Caller, form.Report.JobID, form.At) {
		return Report{}, errOutdated
	}
	return d.change(ctx, call, form.Report.JobID, fields, ReportOptions{
		Set: form.Set, problems: form.Problems, skipped: form.Skipped, again: len(form.Report.unmapped) == 0,
	})
}

// unanswered says why a form has nothing to save.
func (f FormState) unanswered(call tool.Call, invalid []tool.Remark) string {
	name := "The form"
	if f.Forms > 1 {
		name = "The second form"
	}
	switch {
	case len(invalid) > 0:
		return name + "'s answers weren't valid. Ask in the conversation."
	case call.Form == tool.FormDeclined:
		return "The human declined the form. " + askLater
	case call.Form == tool.FormAnswered:
		return "The human skipped this. " + askLater
	}
	return name + " returned no answers. Ask in the conversation."
}

// note notes which answers weren't valid so far, and what the human left out: another form doesn't ask that again.
func (f *FormState) note(fields opentrain.Fields, invalid []tool.Remark) {
	about := func(problems []tool.Remark, key string) bool {
		return slices.ContainsFunc(problems, func(problem tool.Remark) bool { return problem.Field == key })
	}
	f.Problems = slices.Concat(invalid, slices.DeleteFunc(f.Problems, func(earlier tool.Remark) bool {
		return fields[earlier.Field] != nil || about(invalid, earlier.Field)
	}))
	for _, key := range f.Asked {
		if fields[key] == nil && !about(f.Problems, key) {
			f.Skipped = append(f.Skipped, key)
		}
	}
}

// answers are the fields that a form was filled in with, as the API expects them. A value that doesn't fit its
// field is left out and is a problem: the draft keeps its question.
func (d *Desk) answers(ctx context.Context, call *tool.Call, asked []string) (fields opentrain.Fields, problems []tool.Remark) {
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
			return fields, problems
		}
		before := len(given)
		for _, problem := range bad.Problems {
			if key := keyOf(problem.Path); given[key] != nil {
				delete(given, key)
				problems = append(problems, tool.Remark{Field: key, Message: "the answer wasn't saved: " + text.Clean(problem.Message, 200)})
			}
		}
		if len(given) == before {
			return nil, problems
		}
	}
	return nil, problems
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
		Action: tool.ConfirmWithHuman, Question: "Save these answers?", Tool: tool.PatchDraft,
		Show:      &tool.Preview{JobID: r.JobID, DraftURL: r.DraftURL, Fields: fields, Warnings: tool.Map(r.problems, remarkLine)},
		Arguments: map[string]any{"jobId": r.JobID, "fields": fields, "askHuman": false}, Otherwise: "The draft stays as it is.",
		Note: "The draft was changed after this form was shown, so these answers were not saved.",
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
