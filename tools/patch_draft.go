package tools

import (
	"context"

	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

const patchDraftName = "opentrain_patch_draft"

// PatchDraftInput are the arguments of opentrain_patch_draft.
type PatchDraftInput struct {
	JobID  string `json:"jobId" jsonschema:"minLength=1,maxLength=64" jsonschema_description:"Id of the draft, from opentrain_create_draft."`
	Fields Fields `json:"fields" jsonschema_description:"Draft fields to set, any number at once; null clears one. Besides the keys typed here: labelingOverview, datasetDescription, dataType, subjectMatter, labelingSoftware, aiInterviewRequirements, budgetRange, workloadDesc, timeRequirement, projectDuration, freelancerType, projectScope, visibility, and any key that a question names."`
}

func newPatchDraft(kit Kit) (Tool, error) {
	return define(kit, Spec{
		Name:  patchDraftName,
		Title: "Answer a draft's questions",
		Kind:  KindUpdate,
		Description: "Set fields of an unpublished draft on OpenTrain, any number in one call. " +
			"Use it to fill in the human's answers to the questions of opentrain_create_draft, and to change anything about the draft later. " +
			"Several answers may go into one call. Send values of the type that the question names; enums exactly as listed. " +
			"The draft is checked anew each time: next holds the following question, or asks you to show the finished draft to the human. " +
			"Fields not named stay as they are, null clears one, and nothing becomes public. " +
			"Not for published jobs. Needs an API token with the scope jobs:write.",
	}, kit.patchDraft)
}

func (k Kit) patchDraft(ctx context.Context, call Call, in PatchDraftInput) (Draft, *Ask, error) {
	if len(in.Fields) == 0 {
		return Draft{}, nil, &schema.ArgumentError{Problems: []schema.Problem{{Path: "fields", Message: "is empty; name at least one field, for example {\"experienceLevel\": \"EXPERT\"}"}}}
	}
	if key, left := placeholder(in.Fields); left {
		return Draft{}, nil, &schema.ArgumentError{Problems: []schema.Problem{{Path: "fields." + key, Message: "still holds the placeholder; ask the human and put the answer there"}}}
	}
	fields := opentrain.Fields(in.Fields)
	draft, err := k.API.UpdateDraft(ctx, in.JobID, fields)
	if err != nil {
		return Draft{}, nil, err
	}
	return k.forms.report(draft, fields, call.Interpreted), nil, nil
}

// placeholder finds a field in which a model left the placeholder of a question.
func placeholder(fields Fields) (key string, found bool) {
	for key, value := range fields {
		if text := string(value); text == compact(Answer) || text == `"\u003canswer\u003e"` || text == compact(answerTo(key)) || text == `"\u003canswer:`+key+`\u003e"` {
			return key, true
		}
	}
	return "", false
}
