package posting

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/draft"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

type updateJobInput struct {
	JobID string `json:"jobId" jsonschema:"minLength=1,maxLength=64" jsonschema_description:"Id of a live job in the account."`
	// Fields has no schema of its own: the keys of opentrain_patch_draft twice would fill every host's context.
	Fields draft.Content `json:"fields"`

	confirm.Asking
}

func (updateJobInput) JSONSchemaExtend(s *schema.Node) {
	schema.Describe(s, map[string]string{
		"fields": `Fields to set, such as {"pricePerHour":25}; keys as in opentrain_patch_draft.`,
	})
}

type updateJobOutput struct {
	JobID   string `json:"jobId"`
	Applied bool   `json:"applied" jsonschema_description:"True when the fields were changed."`
	Already bool   `json:"alreadySet,omitempty" jsonschema_description:"True when the job had these values before."`
	Status  string `json:"status,omitempty" jsonschema_description:"OPEN when still live; DRAFT when the content check took it down."`

	FieldsSet   draft.Content `json:"fieldsSet,omitzero"`
	NotSet      []string      `json:"notSet,omitempty" jsonschema_description:"What the live job lacks."`
	Reasons     []string      `json:"reasons,omitempty" jsonschema_description:"What the content check found."`
	Interpreted []string      `json:"interpreted,omitempty"`
	Next        tool.Next     `json:"next" jsonschema_description:"What to do now."`
}

func (p posting) updateJob() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.UpdateJob, Title: "Edit a live job", Kind: tool.KindPublish,
		Description: "Edit fields of a live job on OpenTrain and return its new status. The human approves the edit first. " +
			"Fields that you leave out stay as they are. For drafts, use opentrain_patch_draft. " +
			"OpenTrain checks the content again. An edit that fails the check is still saved, and turns the job back into a draft.",
		Scope: "jobs:write", Feature: publishingFeature(), Live: p.Live,
		Instead:        map[string]tool.Next{opentrain.StatusDraft: sameFields(tool.PatchDraft)},
		OutcomeUnknown: "It's unclear whether the edit took effect. " + tool.GetJob + " shows the live job.",
		Check: tool.Next{
			Action: tool.CallTool, Tool: tool.GetJob, Arguments: map[string]any{"jobId": nil},
			Note: "An edit can take five minutes to show. If it isn't there then, make it again.",
		},
	}, p.update)
}

func (p posting) update(ctx context.Context, call tool.Call, in updateJobInput) (updateJobOutput, *tool.Ask, error) {
	fields := opentrain.Fields(in.Fields)
	unlock, err := p.Confirm.Ledger.Lock(ctx, call.Caller, in.JobID)
	if err != nil {
		return updateJobOutput{}, nil, err
	}
	defer unlock()
	out := updateJobOutput{JobID: in.JobID, Interpreted: call.Interpreted}
	intent := confirm.Intent{
		Tool: tool.UpdateJob, JobID: in.JobID, Arguments: map[string]any{"fields": fields}, Asking: in.Asking,
		Question: "Edit this live job on OpenTrain?", Means: "The job is live, so the edit shows right away.", IfNo: "The job stays as it is.",
	}
	answer := p.Confirm.Read(call, &intent)
	if answer.Declined != nil {
		out.Next = *answer.Declined
		return out, nil, nil
	}
	own, err := p.FindOwn(ctx, in.JobID, opentrain.StatusOpen)
	if err == nil {
		err = own.Require(opentrain.StatusOpen)
	}
	if err != nil {
		return out, nil, err
	}
	view := own.View()
	if answer.Yes && p.Moved(own, answer.View) {
		answer, view.Again = confirm.Answer{Why: "The job has changed since the human saw it."}, 1
	}
	ask := func(view confirm.View, why string) (updateJobOutput, *tool.Ask, error) {
		preview, resolve, already := p.Changes(ctx, call.Caller, own, fields)
		if already {
			out.Already, out.Status, out.Next = true, text.Clean(own.Status, 40), tool.Next{Action: tool.Done}
			return out, nil, nil
		}
		if !confirm.Shows(preview.Visible()) {
			return out, nil, tool.Problem("fields", "is too long to show to the human for approval at once; set some of the fields in another call")
		}
		ask, next := p.Confirm.Ask(call, intent, preview, view, why)
		next.Change = resolve
		out.Next = next
		return out, ask, nil
	}
	if answer = p.Confirm.Spend(call, intent, answer); !answer.Yes {
		return ask(view, answer.Why)
	}
	call.Step("Editing the job")
	edit, err := p.API.UpdateJob(p.Recheck(ctx, &own, p.Unchanged(call.Caller, own, answer.View)), in.JobID, fields)
	if errors.Is(err, draft.ErrChanged) {
		p.Record(call.Caller, in.JobID, nil) // by someone else: earlier confirmations are void
		view = own.View()
		view.Again = 1
		return ask(view, "The job was changed while it was being edited.")
	}
	p.Record(call.Caller, in.JobID, err)
	out, err = p.edited(call, own, fields, out, edit, err)
	return out, nil, err
}

// edited reads OpenTrain's answer.
func (p posting) edited(
	call tool.Call, own draft.Own, fields opentrain.Fields, out updateJobOutput, edit *opentrain.Edit, err error,
) (updateJobOutput, error) {
	if err != nil {
		moderation := blockedBy(err, opentrain.CodeConflict)
		if moderation == nil {
			p.Forget(call.Caller, own.ID)
			return updateJobOutput{}, err
		}
		// The API reference has an error for a blocked edit, the posting guide an ordinary answer.
		edit = &opentrain.Edit{Status: opentrain.StatusDraft, Moderation: moderation}
	}
	blocked, reasons := contentCheck(edit.Moderation)
	out.Applied, out.FieldsSet, out.Reasons = true, draft.Shortened(fields), reasons
	if edit.Status == opentrain.StatusDraft || edit.Status == "" && blocked {
		p.Forget(call.Caller, own.ID)
		out.Status = opentrain.StatusDraft
		out.Next = changeContent(own.ID, "The content check took the job off the marketplace.", fields)
	} else {
		p.WentLive(call.Caller, own, fields, edit.Date)
		out.NotSet = p.NotSet(call.Caller, own.ID)
		out.Status = cmp.Or(text.Clean(edit.Status, 40), opentrain.StatusOpen)
		out.Next = tool.Next{
			Action: tool.CallTool, Tool: tool.GetJob, Arguments: map[string]any{"jobId": own.ID},
			Note: "Check how the job is listed. An edit can take five minutes to show.", Page: own.Page,
		}
	}
	tool.Shorten(call, // of what was set: the caller has it
		func(o *updateJobOutput) { o.FieldsSet = o.FieldsSet.Short(100) },
		func(o *updateJobOutput) { o.FieldsSet = nil })
	return out, nil
}

func (o updateJobOutput) Effect() tool.Effect {
	if !o.Applied {
		return tool.Effect{JobID: o.JobID, Outcome: "not changed"}
	}
	return tool.Effect{JobID: o.JobID, Outcome: o.Status}
}

func (o updateJobOutput) Text() string {
	var l text.Lines
	switch {
	case o.Next.Action == tool.ConfirmWithHuman:
		l.Add("Job %s wasn't edited by this call. Ask the human first.", o.JobID)
	case o.Already:
		l.Add("Job %s already has these values. Nothing was changed.", o.JobID)
	case !o.Applied:
		l.Add("Job %s was not changed.", o.JobID)
	case o.Status == opentrain.StatusDraft:
		l.Add("Job %s was changed, but the change failed the content check: the job is a draft again and no longer live.", o.JobID)
	default:
		l.Add("Job %s was changed and is %s.", o.JobID, tool.StatusWords(o.Status))
	}
	l.Fields("Reason", o.Reasons)
	l.Field("Not set, though a job needs it", strings.Join(o.NotSet, ", "))
	l.Fields("Interpreted", o.Interpreted)
	return l.With(o.Next)
}
