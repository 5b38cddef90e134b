package tools

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"opentrain-mcp/opentrain"
)

// Reference is what people look up beside the tools. Nothing that a model
// needs is only here.
type Reference struct{ kit Kit }

// untypedKeys are the update keys that the API's pages name and do not type
// (developers/api-reference/job-drafts/update).
func untypedKeys() []string {
	return []string{
		"labelingOverview", "datasetDescription", "dataType", "subjectMatter", "labelingSoftware", "aiInterviewRequirements",
		"budgetRange", "workloadDesc", "timeRequirement", "projectDuration", "freelancerType", "projectScope", "visibility",
	}
}

// FieldKeys are the keys of a draft's fields: those of the caller's account
// where it can be asked, else those of the API's pages.
func (r Reference) FieldKeys(ctx context.Context, caller Caller) []string {
	known, _ := r.kit.capabilities.of(ctx, caller)
	if isWhole(known.Draft.UpdateKeys) {
		return plainAll(known.Draft.UpdateKeys, 200, 60)
	}
	keys := append(slices.Collect(r.kit.draftFields.Properties.KeysFromOldest()), untypedKeys()...)
	for _, key := range plainAll(known.Draft.UpdateKeys, 200, 60) {
		if !isEllipsis(key) && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// Fields describes every field of a draft, as Markdown.
func (r Reference) Fields(ctx context.Context, caller Caller) string {
	var b strings.Builder
	b.WriteString("# Fields of a draft on OpenTrain\n\nSet them with " + patchDraftName + ". Fields without a type are not typed in OpenTrain's documentation; most are texts.\n\n")
	b.WriteString("| Field | Type | Values | Meaning |\n|---|---|---|---|\n")
	forms := r.kit.forms(ctx, caller)
	for _, key := range r.FieldKeys(ctx, caller) {
		form := forms[key]
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", key, form.Type, strings.Join(plainAll(form.Options, 100, 100), ", "), r.meaning(key))
	}
	return b.String()
}

// Field describes one field, as Markdown. It reports whether there is such a field.
func (r Reference) Field(ctx context.Context, caller Caller, key string) (text string, found bool) {
	if !slices.Contains(r.FieldKeys(ctx, caller), key) {
		return "", false
	}
	form := r.kit.forms(ctx, caller)[key]
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n", key)
	if meaning := r.meaning(key); meaning != "" {
		b.WriteString(meaning + "\n\n")
	}
	example := any("…")
	switch {
	case len(form.Options) > 0:
		fmt.Fprintf(&b, "Type: %s, one of %s\n\n", form.Type, strings.Join(plainAll(form.Options, 100, 100), ", "))
		example = form.Options[0]
	case form.Type != "":
		fmt.Fprintf(&b, "Type: %s\n\n", form.Type)
	}
	switch form.Type {
	case "number":
		example = 18
	case "boolean":
		example = true
	case "array":
		example = []any{example}
	}
	fmt.Fprintf(&b, "Set it with %s: %s\n", patchDraftName, compact(map[string]any{"jobId": "…", "fields": map[string]any{key: example}}))
	return b.String(), true
}

// meaning is what the published schema says of a field, "" where it says nothing.
func (r Reference) meaning(key string) string {
	property, found := r.kit.draftFields.Properties.Get(key)
	if !found {
		return ""
	}
	return property.Description
}

// PublicJob is the whole text of a public job. Its errors are words for people.
func (r Reference) PublicJob(ctx context.Context, jobID string) (string, error) {
	job, err := r.kit.API.GetJob(ctx, jobID)
	if errors.Is(err, &opentrain.Error{Code: opentrain.CodeNotFound}) {
		return "", errors.New("there is no public job with this id; a draft is not public")
	}
	if err != nil {
		return "", errors.New("the job could not be read: " + sentence(reasonOf(err)))
	}
	out := publicJob(*job)
	if out.Status == opentrain.StatusClosed {
		return "Job " + out.JobID + " is not public (closed).\n", nil
	}
	p := out.page()
	return p.text(), nil
}

// OwnJob returns one of the caller's own jobs, nil when it is not among the
// newest 500, and whether its title is shown exactly as it is.
func (r Reference) OwnJob(ctx context.Context, jobID string) (own *OwnJob, exact bool, err error) {
	query := opentrain.OwnJobQuery{Limit: 100}
	for range 5 {
		page, err := r.kit.API.ListOwnJobs(ctx, query)
		if err != nil {
			return nil, false, err
		}
		for _, job := range page.Jobs {
			if job.ID == jobID {
				own := ownJob(job)
				return &own, own.Title == job.Title, nil
			}
		}
		if query.Cursor = page.NextCursor; query.Cursor == "" {
			break
		}
	}
	return nil, false, nil
}

// DraftIDs are the ids of the caller's newest drafts, at most 100, whose id or
// title has what was typed so far.
func (r Reference) DraftIDs(ctx context.Context, typed string) ([]string, error) {
	page, err := r.kit.API.ListOwnJobs(ctx, opentrain.OwnJobQuery{Status: opentrain.StatusDraft, Limit: 100})
	if err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(page.Jobs))
	for _, job := range page.Jobs {
		if holds(job.ID, typed) || holds(job.Title, typed) {
			ids = append(ids, plain(job.ID, 64))
		}
	}
	return ids, nil
}

// holds reports whether a text has a part, whatever the case.
func holds(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}
