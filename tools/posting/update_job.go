package posting

import (
	"cmp"
	"context"

	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/draft"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

type updateJobInput struct {
	JobID             string     `json:"jobId" jsonschema:"minLength=1,maxLength=64"`
	Fields            EditFields `json:"fields" jsonschema_description:"Fields to set, with keys and values as in opentrain_patch_draft."`
	ConfirmationToken string     `json:"confirmationToken,omitempty" jsonschema_description:"Only as given in a next step."`
}

func (updateJobInput) JSONSchemaExtend(s *schema.Node) {
	schema.Describe(s, map[string]string{
		"jobId": "Id of an open job of the account.",
	})
}

// EditFields are draft.Fields whose schema refers to that of opentrain_patch_draft: the same keys twice would
// cost every host's context.
type EditFields opentrain.Fields

// JSONSchema describes EditFields as an object that takes any key.
func (EditFields) JSONSchema() *schema.Node { return &schema.Node{Type: "object"} }

type updateJobOutput struct {
	JobID       string        `json:"jobId"`
	Applied     bool          `json:"applied" jsonschema_description:"True when the fields were changed."`
	Status      string        `json:"status,omitempty"`
	FieldsSet   draft.Content `json:"fieldsSet,omitzero"`
	Reasons     []string      `json:"reasons,omitempty" jsonschema_description:"What the content check found."`
	Interpreted []string      `json:"interpreted,omitempty"`
	Next        tool.Next     `json:"next" jsonschema_description:"What to do now."`
}

func (updateJobOutput) JSONSchemaExtend(s *schema.Node) {
	schema.Describe(s, map[string]string{
		"status": "OPEN when still public; DRAFT when the content check took it down.",
	})
}

func updateJob(desk *draft.Desk) tool.Tool {
	return tool.New(tool.Spec{
		Name:  tool.UpdateJob,
		Title: "Edit a published job",
		Kind:  tool.KindPublish,
		Description: "Change fields of a job that is published on OpenTrain; everyone sees the change. " +
			"Use it only for what the human has seen and approved. Drafts are changed with opentrain_patch_draft. " +
			"Fields not named stay as they are, null clears one. " +
			"The content check runs again: an edit that it blocks is applied all the same and takes the job off the marketplace, back to a draft.",
		Scope: "jobs:write",
		Lost: "It is not known whether the edit took effect. " + tool.GetJob +
			" shows the public job; setting the same values again is harmless.",
		Feature: publishing(),
	}, editor{desk}.edit)
}

type editor struct{ *draft.Desk }

func (e editor) edit(ctx context.Context, call tool.Call, in updateJobInput) (updateJobOutput, *tool.Ask, error) {
	fields, err := e.Accept(ctx, &call, opentrain.Fields(in.Fields))
	if err != nil {
		return updateJobOutput{}, nil, err
	}
	ask, next := e.Confirm.Confirm(call, confirm.Request{
		Tool: tool.UpdateJob, JobID: in.JobID, Fields: fields, Token: in.ConfirmationToken,
		Show: func() tool.Shown {
			return tool.Shown{JobID: in.JobID, Fields: opentrain.Fields(draft.Shortened(fields))}
		},
		Question: "Change this public job on OpenTrain?", Undone: "Not changed",
		Note: "The job is public: everyone sees the change.",
	})
	switch {
	case ask != nil:
		return updateJobOutput{}, ask, nil
	case next != nil:
		return updateJobOutput{JobID: in.JobID, Interpreted: call.Interpreted, Next: *next}.fit(), nil, nil
	}
	call.Report("Changing the job")
	end := e.Confirm.Ledger.Begin(call.Caller, in.JobID)
	edit, err := e.API.UpdateJob(ctx, in.JobID, fields)
	end(err)
	e.Forget(call.Caller, in.JobID)
	out := updateJobOutput{JobID: in.JobID, Applied: true, FieldsSet: draft.Shortened(fields), Interpreted: call.Interpreted}
	check := verdictOfEdit(edit, err)
	out.Reasons = check.reasons
	switch {
	case check.blocked:
		out.Status = opentrain.StatusDraft
		out.Next = changeContent(in.JobID, "The edit was applied, and OpenTrain's content check took the job off the marketplace.")
	case err != nil:
		return out, nil, err
	default:
		out.Status = cmp.Or(text.Clean(edit.Status, 40), opentrain.StatusOpen) // the content check allowed it
		out.Next = tool.Next{
			Action: tool.CallTool, Tool: tool.GetJob, Arguments: map[string]any{"jobId": in.JobID},
			Note: "Check the public job. An edit can take five minutes to show.",
		}
	}
	return out.fit(), nil, nil
}

// verdictOfEdit finds the answer to an edit that the content check blocked: a CONFLICT in the reference, an
// ordinary report in the posting guide.
func verdictOfEdit(edit *opentrain.Edit, err error) verdict {
	if err != nil {
		return verdictOfError(err, opentrain.CodeConflict)
	}
	check := verdictOf(edit.Moderation)
	check.blocked = edit.Status == opentrain.StatusDraft || edit.Status == "" && check.blocked
	return check
}

// fit cuts what was set until the result isn't too long: the caller has it.
func (o updateJobOutput) fit() updateJobOutput {
	return tool.Fit(o,
		func(o *updateJobOutput) {
			o.FieldsSet = draft.Content(confirm.ShortFields(opentrain.Fields(o.FieldsSet), 100))
		},
		func(o *updateJobOutput) { o.FieldsSet = nil })
}

func (o updateJobOutput) Effect() tool.Effect {
	return tool.Effect{JobID: o.JobID, Outcome: cmp.Or(o.Status, "not changed")}
}

func (o updateJobOutput) Text() string {
	var l text.Lines
	switch {
	case !o.Applied:
		l.Add("Job %s is not changed yet: the human has to confirm the change first.", o.JobID)
	case o.Status == opentrain.StatusDraft:
		l.Add("The edit of job %s was applied, but the content check blocked it: the job is a draft again and no longer public.", o.JobID)
	default:
		l.Add("Job %s is changed; its status is %s.", o.JobID, o.Status)
	}
	if len(o.FieldsSet) > 0 {
		l.Field("Set", text.JSON(o.FieldsSet))
	}
	l.Fields("Reason", o.Reasons)
	l.Fields("Understood", o.Interpreted)
	return l.With(o.Next.Text())
}
