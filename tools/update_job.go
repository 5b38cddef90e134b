package tools

import (
	"context"
	"errors"

	"opentrain-mcp/opentrain"
)

const updateJobName = "opentrain_update_job"

// UpdateJobInput are the arguments of opentrain_update_job.
type UpdateJobInput struct {
	JobID             string     `json:"jobId" jsonschema:"minLength=1,maxLength=64" jsonschema_description:"Id of an open job of the account."`
	Fields            EditFields `json:"fields" jsonschema_description:"Fields to set, with keys and values as in opentrain_patch_draft."`
	ConfirmationToken string     `json:"confirmationToken,omitempty" jsonschema_description:"Only as given in a next step."`
}

// UpdateJobOutput is the result of opentrain_update_job.
type UpdateJobOutput struct {
	JobID       string   `json:"jobId"`
	Applied     bool     `json:"applied" jsonschema_description:"True when the fields were changed."`
	Status      string   `json:"status,omitempty" jsonschema_description:"OPEN when still public; DRAFT when the content check took it down."`
	FieldsSet   Content  `json:"fieldsSet,omitzero"`
	Reasons     []string `json:"reasons,omitempty" jsonschema_description:"What the content check found."`
	Interpreted []string `json:"interpreted,omitempty"`
	Next        Next     `json:"next" jsonschema_description:"What to do now."`
}

func newUpdateJob(kit Kit) (Tool, error) {
	return define(kit, Spec{
		Name:  updateJobName,
		Title: "Edit a published job",
		Kind:  KindPublish,
		Description: "Change fields of a job that is published on OpenTrain; everyone sees the change. " +
			"Use it only for what the human has seen and approved. Drafts are changed with opentrain_patch_draft. " +
			"Fields not named stay as they are, null clears one. " +
			"The content check runs again: an edit that it blocks is applied all the same and takes the job off the marketplace, back to a draft.",
		Scope:  "jobs:write",
		Lost:   "It is not known whether the edit took effect. " + getJobName + " shows the public job; setting the same values again is harmless.",
		Absent: absentJob,
		gate:   gate{"publish", opentrain.FeaturePublishing},
	}, kit.updateJob)
}

func (k Kit) updateJob(ctx context.Context, call Call, in UpdateJobInput) (UpdateJobOutput, *Ask, error) {
	fields, err := k.accept(ctx, &call, opentrain.Fields(in.Fields))
	if err != nil {
		return UpdateJobOutput{}, nil, err
	}
	ask, next := k.confirm(call, confirming{
		tool: updateJobName, jobID: in.JobID, fields: fields, token: in.ConfirmationToken, undone: "Not changed",
		show: func() map[string]any { return map[string]any{"jobId": in.JobID, "fields": shortened(fields)} },
		note: "The job is public: everyone sees the change.", ask: "Change this public job on OpenTrain?",
	})
	switch {
	case ask != nil:
		return UpdateJobOutput{}, ask, nil
	case next != nil:
		return UpdateJobOutput{JobID: in.JobID, Interpreted: call.Interpreted, Next: *next}.fit(), nil, nil
	}
	out := UpdateJobOutput{JobID: in.JobID, Applied: true, FieldsSet: shortened(fields), Interpreted: call.Interpreted}
	call.report("Changing the job")
	end := k.changes.begin(call.Caller, in.JobID, k.Now)
	edit, err := k.API.UpdateJob(ctx, in.JobID, fields)
	end(err)
	k.forget(call.Caller, in.JobID)
	reasons, blocked := blockedEdit(edit, err)
	out.Reasons = reasons
	if blocked {
		out.Status, out.Next = opentrain.StatusDraft, mendContent(in.JobID, "The edit was applied, and OpenTrain's content check took the job off the marketplace.")
		return out.fit(), nil, nil
	}
	if err != nil {
		return out, nil, err
	}
	out.Status = plain(edit.Status, 40)
	if out.Status == "" {
		out.Status = opentrain.StatusOpen // the content check allowed it
	}
	out.Next = Next{
		Action: CallTool, Tool: getJobName, Arguments: map[string]any{"jobId": in.JobID},
		Note: "Check the public job. An edit can take five minutes to show.",
	}
	return out.fit(), nil, nil
}

// fit cuts what was set until the result is not too long: the caller has it.
func (o UpdateJobOutput) fit() UpdateJobOutput {
	cut := func(limit int) func(*UpdateJobOutput) {
		return func(o *UpdateJobOutput) { o.FieldsSet = shorten(opentrain.Fields(o.FieldsSet), limit) }
	}
	none := func(o *UpdateJobOutput) { o.FieldsSet = nil }
	return trim(o, func(*UpdateJobOutput) {}, cut(100), none)
}

// blockedEdit finds the answer to an edit that the content check blocked: a
// CONFLICT in the reference, an ordinary report in the posting guide.
func blockedEdit(edit *opentrain.Edit, err error) (reasons []string, blocked bool) {
	if err == nil {
		blocked = edit.Status == opentrain.StatusDraft || edit.Status == "" && blocks(edit.Moderation)
		if edit.Moderation != nil { // told also of an edit that went through
			reasons = plainAll(edit.Moderation.Reasons, maxReasons, maxReason)
		}
		return reasons, blocked
	}
	var refusal *opentrain.Error
	var details struct {
		Reason  string   `json:"reason"`
		Reasons []string `json:"reasons"`
	}
	if errors.As(err, &refusal) && refusal.Code == opentrain.CodeConflict && refusal.DecodeDetails(&details) && details.Reason == reasonModeration {
		return plainAll(details.Reasons, maxReasons, maxReason), true
	}
	return nil, false
}

// Text implements output.
func (o UpdateJobOutput) Text() string {
	var p page
	switch {
	case !o.Applied:
		p.line("Job %s is not changed yet: the human has to confirm the change first.", o.JobID)
	case o.Status == opentrain.StatusDraft:
		p.line("The edit of job %s was applied, but the content check blocked it: the job is a draft again and no longer public.", o.JobID)
	default:
		p.line("Job %s is changed; its status is %s.", o.JobID, o.Status)
	}
	if len(o.FieldsSet) > 0 {
		p.say("Set", compact(o.FieldsSet))
	}
	p.sayAll("Reason", o.Reasons)
	p.sayAll("Understood", o.Interpreted)
	return p.end(o.Next)
}
