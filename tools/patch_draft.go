package tools

import (
	"context"

	"opentrain-mcp/opentrain"
)

const patchDraftName = "opentrain_patch_draft"

// PatchDraftInput are the arguments of opentrain_patch_draft.
type PatchDraftInput struct {
	JobID    string `json:"jobId" jsonschema:"minLength=1,maxLength=64" jsonschema_description:"Id of the draft, from opentrain_create_draft."`
	Fields   Fields `json:"fields" jsonschema_description:"Draft fields to set, any number at once; null clears one. Besides the keys typed here: labelingOverview, datasetDescription, dataType, subjectMatter, labelingSoftware, aiInterviewRequirements, budgetRange, workloadDesc, timeRequirement, projectDuration, freelancerType, projectScope, visibility, and any key that a question names."`
	AskHuman *bool  `json:"askHuman,omitempty" jsonschema:"default=true" jsonschema_description:"False: no form, ask in chat."`
}

func newPatchDraft(kit Kit) (Tool, error) {
	return define(kit, Spec{
		Name:  patchDraftName,
		Title: "Answer a draft's questions",
		Kind:  KindUpdate,
		Description: "Set fields of an unpublished draft on OpenTrain, any number in one call. " +
			"Use it for the human's answers to the questions of opentrain_create_draft, and to change anything about the draft later. " +
			"Send values of the type that the question names, enums exactly as listed. " +
			"The draft is checked anew each time: next holds the following question, or asks you to show the finished draft to the human. " +
			"Fields not named stay as they are, null clears one; nothing becomes public. " +
			"Not for published jobs: use opentrain_update_job.",
		Scope:  "jobs:write",
		Lost:   "It is not known whether the fields were set. Setting the same values again is harmless.",
		Absent: absentJob,
		gate:   gate{"draftUpdate", opentrain.FeatureDrafting},
	}, kit.patchDraft)
}

func (k Kit) patchDraft(ctx context.Context, call Call, in PatchDraftInput) (Draft, *Ask, error) {
	if call.BadState {
		return Draft{}, nil, errStale
	}
	if call.State != nil { // the fields of the call are set
		form, err := formOf(call)
		if err != nil {
			return Draft{}, nil, err
		}
		return k.resume(ctx, call, form)
	}
	fields, err := k.accept(ctx, &call, opentrain.Fields(in.Fields))
	if err != nil {
		return Draft{}, nil, err
	}
	call.report("Setting the fields")
	report, err := k.change(ctx, call, in.JobID, fields, fields, func(*opentrain.Draft) {})
	if err != nil {
		return Draft{}, nil, err
	}
	ask, err := k.askFor(ctx, call, in.AskHuman, report, draftForm{Set: fields})
	return report, ask, err
}
