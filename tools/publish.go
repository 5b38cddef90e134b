package tools

import (
	"context"
	"errors"
	"strings"
	"unicode"

	"opentrain-mcp/opentrain"
)

const publishName = "opentrain_publish"

// PublishInput are the arguments of opentrain_publish.
type PublishInput struct {
	JobID             string `json:"jobId" jsonschema:"minLength=1,maxLength=64" jsonschema_description:"Id of the draft, from opentrain_create_draft."`
	ConfirmationToken string `json:"confirmationToken,omitempty" jsonschema_description:"Only as given in the arguments of a next step; leave out otherwise."`
}

// PublishOutput is the result of opentrain_publish.
type PublishOutput struct {
	JobID            string     `json:"jobId"`
	Published        bool       `json:"published"`
	Status           string     `json:"status,omitempty" jsonschema_description:"OPEN when public."`
	AlreadyPublished bool       `json:"alreadyPublished,omitempty"`
	JobURL           string     `json:"jobUrl,omitempty"`
	Warnings         []Remark   `json:"warnings,omitempty" jsonschema_description:"Remarks on the published job."`
	MissingFields    []Question `json:"missingFields,omitempty" jsonschema_description:"Open questions that kept it from being published."`
	Issues           []Remark   `json:"issues,omitempty" jsonschema_description:"Faults that kept it from being published."`
	Reasons          []string   `json:"reasons,omitempty" jsonschema_description:"Why the content check blocked it."`
	Interpreted      []string   `json:"interpreted,omitempty"`
	Next             Next       `json:"next" jsonschema_description:"What to do now."`
}

func newPublish(kit Kit) (Tool, error) {
	return define(kit, Spec{
		Name:  publishName,
		Title: "Publish a job",
		Kind:  KindPublish,
		Description: "Publish a finished draft on OpenTrain, so that everyone sees the job and AI trainers can apply. " +
			"Use it only after the human has seen the draft as the confirm_with_human step shows it and said yes. " +
			"Not for finding out what is missing: every result of opentrain_patch_draft says that. " +
			"OpenTrain checks the content again; a draft that is incomplete or blocked stays unpublished and the result says why. " +
			"Publishing twice does no harm. An account may publish 20 jobs a day, 3 while no human has claimed it.",
		Scope:  "jobs:write",
		Lost:   "It is not known whether the job was published. " + listJobsName + " shows its status (OPEN when published); publishing again is harmless.",
		Absent: absentJob,
		gate:   gate{"publish", opentrain.FeaturePublishing},
	}, kit.publish)
}

func (k Kit) publish(ctx context.Context, call Call, in PublishInput) (PublishOutput, *Ask, error) {
	out := PublishOutput{JobID: in.JobID, Interpreted: call.Interpreted}
	ask, next := k.confirm(call, confirming{
		tool: publishName, jobID: in.JobID, token: in.ConfirmationToken, undone: "Not published", otherwise: patchDraftName,
		show: func() map[string]any { return k.show(ctx, call.Caller, in.JobID) },
		note: publicNote, ask: "Publish this job on OpenTrain?",
	})
	switch {
	case ask != nil:
		return out, ask, nil
	case next != nil:
		out.Next = *next
		return out, nil, nil
	}
	call.report("Publishing")
	publication, err := k.API.PublishJob(ctx, in.JobID)
	if err != nil {
		return k.refused(ctx, call, out, err)
	}
	out.Status, out.Warnings = plain(publication.Status, 40), remarksOf(publication.Warnings)
	out.Warnings = out.Warnings[:min(len(out.Warnings), 10)]
	if publication.Status != opentrain.StatusOpen {
		return k.withheld(ctx, call, out, publication)
	}
	out.Published, out.AlreadyPublished, out.JobURL = true, publication.AlreadyPublished, link(publication.JobURL)
	out.Next = k.checkListing(ctx, in.JobID)
	return out, nil, nil
}

// refused turns the two refusals that are answers, not failures, into a result:
// the draft is not ready, or the content check blocked it. The API reference
// gives them as errors, the posting guide as a report; see withheld.
func (k Kit) refused(ctx context.Context, call Call, o PublishOutput, err error) (PublishOutput, *Ask, error) {
	var refusal *opentrain.Error
	var details struct {
		Reason        string                   `json:"reason"`
		Reasons       []string                 `json:"reasons"`
		Validation    *opentrain.Validation    `json:"validation"`
		MissingFields []opentrain.MissingField `json:"missingFields"`
	}
	if !errors.As(err, &refusal) || !refusal.DecodeDetails(&details) {
		return o, nil, err
	}
	switch {
	case refusal.Code == opentrain.CodeForbidden && details.Reason == reasonModeration:
		return o.blocked(details.Reasons), nil, nil
	case refusal.Code == opentrain.CodeBadRequest && details.Validation != nil:
		return k.notReady(ctx, call, o, details.Validation, details.MissingFields), nil, nil
	}
	return o, nil, err
}

// withheld reads the same refusals out of an answer with status 200.
func (k Kit) withheld(ctx context.Context, call Call, o PublishOutput, publication *opentrain.Publication) (PublishOutput, *Ask, error) {
	switch {
	case blocks(publication.Moderation) && (publication.Status == opentrain.StatusDraft || publication.Status == ""):
		return o.blocked(publication.Moderation.Reasons), nil, nil
	case publication.Validation != nil:
		return k.notReady(ctx, call, o, publication.Validation, publication.MissingFields), nil, nil
	case len(publication.MissingFields) > 0:
		return k.notReady(ctx, call, o, &opentrain.Validation{}, publication.MissingFields), nil, nil
	case publication.Status == "":
		return o, nil, &opentrain.Error{Code: opentrain.CodeBadResponse, Message: "the answer does not say whether the job was published"}
	}
	if publication.Moderation != nil {
		o.Reasons = plainAll(publication.Moderation.Reasons, maxReasons, maxReason)
	}
	o.Next = callListJobs("OpenTrain answered that the job is " + o.Status + ".")
	return o, nil, nil
}

func (o PublishOutput) blocked(reasons []string) PublishOutput {
	o.Status, o.Reasons = opentrain.StatusDraft, plainAll(reasons, maxReasons, maxReason)
	o.Next = mendContent(o.JobID, "OpenTrain's content check blocked the job.")
	return o
}

const (
	// reasonModeration is details.reason of what the content check blocked.
	reasonModeration = "moderation_blocked"
	// maxReasons and maxReason bound what is told of its reasons.
	maxReasons, maxReason = 20, 400
)

// blocks reports whether the content check found something.
func blocks(verdict *opentrain.Moderation) bool {
	return verdict != nil && (len(verdict.Reasons) > 0 || verdict.Decision != "" && verdict.Decision != "ALLOW")
}

// mendContent is the step after the content check blocked a job.
func mendContent(jobID, problem string) Next {
	return Next{
		Action: Fix, By: "human", Tool: patchDraftName,
		Arguments: map[string]any{"jobId": jobID, "fields": map[string]any{"jobDescription": Answer}},
		Problem:   problem + " The human should change what the reasons name, in jobDescription or another field; set it, then publish again.",
	}
}

func (k Kit) notReady(ctx context.Context, call Call, o PublishOutput, validation *opentrain.Validation, full []opentrain.MissingField) PublishOutput {
	draft := &opentrain.Draft{JobID: o.JobID, Status: opentrain.StatusDraft, Validation: *validation, MissingFields: full}
	report := k.report(ctx, call, draft, nil)
	o.Status, o.MissingFields, o.Issues, o.Next = opentrain.StatusDraft, report.MissingFields, report.Issues, report.Next
	if o.Next.Action == ConfirmWithHuman {
		o.Next = callListJobs("OpenTrain refused to publish and named nothing that is missing.")
	}
	return o
}

// checkListing makes the check that the posting guide advises: search for the
// job's own keywords. The title is looked up among the caller's jobs; without
// it the check is their list.
func (k Kit) checkListing(ctx context.Context, jobID string) Next {
	ctx, cancel := context.WithTimeout(ctx, sideRead)
	defer cancel()
	page, err := k.API.ListOwnJobs(ctx, opentrain.OwnJobQuery{Status: opentrain.StatusOpen, Limit: 50})
	if err == nil {
		for _, job := range page.Jobs {
			if words := keywords(job.Title); job.ID == jobID && words != "" {
				return Next{
					Action: CallTool, Tool: searchJobsName, Arguments: map[string]any{"q": words},
					Note: "Check that the job appears as intended. A new listing can take five minutes to show.",
				}
			}
		}
	}
	return callListJobs("Check that the job is listed as OPEN.")
}

func callListJobs(note string) Next {
	return Next{Action: CallTool, Tool: listJobsName, Arguments: map[string]any{}, Note: note}
}

// keywords are the words of a title, without punctuation.
func keywords(title string) string {
	words := strings.Fields(plain(title, 200))
	kept := words[:0]
	for _, word := range words {
		word = strings.TrimFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
		if word != "" {
			kept = append(kept, word)
		}
	}
	return clip(strings.Join(kept, " "), 200)
}

// Text implements output.
func (o PublishOutput) Text() string {
	var p page
	switch {
	case o.AlreadyPublished:
		p.line("Job %s was published before and is %s.", o.JobID, o.Status)
	case o.Published:
		p.line("Job %s is published: %s.", o.JobID, o.Status)
	case len(o.Reasons) > 0 && o.Status == opentrain.StatusDraft:
		p.line("Job %s was not published: the content check blocked it.", o.JobID)
	case o.Next.Action == ConfirmWithHuman:
		p.line("Job %s is not published yet: the human has to confirm it first.", o.JobID)
	default:
		p.line("Job %s was not published.", o.JobID)
	}
	p.say("Job page", o.JobURL)
	p.sayAll("Reason", o.Reasons)
	p.remarks("Warning", o.Warnings)
	p.remarks("Issue", o.Issues)
	p.sayAll("Understood", o.Interpreted)
	p.alsoMissing(o.MissingFields)
	return p.end(o.Next)
}
