package posting

import (
	"context"

	"opentrain-mcp/internal/draft"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

type patchDraftInput struct {
	JobID    string       `json:"jobId" jsonschema:"minLength=1,maxLength=64"`
	Fields   draft.Fields `json:"fields"`
	AskHuman *bool        `json:"askHuman,omitempty" jsonschema:"default=true"`
}

func (patchDraftInput) JSONSchemaExtend(s *schema.Node) {
	schema.Describe(s, map[string]string{
		"jobId":    "Id of the draft, from opentrain_create_draft.",
		"askHuman": askHumanHelp,
		"fields": "Draft fields to set, any number at once; null clears one. Besides the keys typed here: " +
			"labelingOverview, datasetDescription, dataType, subjectMatter, labelingSoftware, " +
			"aiInterviewRequirements, budgetRange, workloadDesc, timeRequirement, projectDuration, " +
			"freelancerType, projectScope, visibility, and any key that a question names.",
	})
}

func (p posting) patchDraft() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.PatchDraft, Title: "Answer a draft's questions", Kind: tool.KindUpdate,
		Description: "Set fields of an unpublished draft on OpenTrain, any number in one call. " +
			"Use it for the human's answers to the questions of opentrain_create_draft, and to change anything about the draft later. " +
			"Send values of the type that the question names, enums exactly as listed. " +
			"OpenTrain checks the draft again each time: next holds the following question, or asks you to show the finished draft to the human. " +
			"Fields not named stay as they are, null clears one; nothing becomes public. " +
			"Not for published jobs: use opentrain_update_job.",
		Scope: "jobs:write", Feature: draftingFeature("draftUpdate"), Live: p.Live,
		OutcomeUnknown: "It is not known whether the fields were set. Setting the same values again is harmless.",
	}, p.patch)
}

func (p posting) patch(ctx context.Context, call tool.Call, in patchDraftInput) (draft.Report, *tool.Ask, error) {
	form, err := draft.FormOf(call)
	if err != nil {
		return draft.Report{}, nil, err
	}
	if form != nil { // the call's own fields are set
		return p.Resume(ctx, call, *form)
	}
	fields := opentrain.Fields(in.Fields)
	call.Step("Setting the fields")
	report, err := p.Change(ctx, call, in.JobID, fields, fields)
	if err != nil {
		return draft.Report{}, nil, err
	}
	ask, err := p.Ask(ctx, call, in.AskHuman, report, draft.FormState{Set: fields})
	return report, ask, err
}
