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
		"jobId":    "The draft's id.",
		"askHuman": draft.AskHumanHelp,
		"fields": `Fields to set, such as {"headcount":10}; null clears one. Also labelingOverview, datasetDescription, dataType, ` +
			"subjectMatter, labelingSoftware, aiInterviewRequirements, budgetRange, workloadDesc, timeRequirement, projectDuration, " +
			"freelancerType, projectScope, visibility and any key that a question names.",
	})
}

func (p posting) patchDraft() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.PatchDraft, Title: "Edit a draft", Kind: tool.KindUpdate,
		Description: "Set fields of a draft and return the updated report with the next question or the finished draft to show. " +
			"Use it to save the human's answers, several in one call if you have them, and for later changes. " +
			"Fields that you leave out stay as they are. Nothing goes live. " +
			"To see a draft, use opentrain_get_draft. To edit a live job, use opentrain_update_job.",
		Scope: "jobs:write", Feature: draftingFeature("draftUpdate"), Live: p.Live,
		Instead:        map[string]tool.Next{opentrain.StatusOpen: sameFields(tool.UpdateJob)},
		OutcomeUnknown: "It's unclear whether the fields were set. Setting the same values again is harmless.",
	}, p.patch)
}

func (p posting) patch(ctx context.Context, call tool.Call, in patchDraftInput) (draft.Report, *tool.Ask, error) {
	form, err := draft.FormOf(call)
	if err != nil {
		return draft.Report{}, nil, err
	}
	if form != nil { // the call's own fields are set
		report, ask, err := p.Resume(ctx, call, *form)
		draft.Shorten(call, report, whole)
		return report, ask, err
	}
	fields := opentrain.Fields(in.Fields)
	call.Step("Setting the fields")
	report, err := p.Change(ctx, call, in.JobID, fields)
	if err != nil {
		return draft.Report{}, nil, err
	}
	draft.Shorten(call, report, whole)
	ask, err := p.Ask(ctx, call, in.AskHuman, report, draft.FormState{Set: fields})
	return report, ask, err
}

// sameFields is the step that sets the call's fields with another tool.
func sameFields(name string) tool.Next {
	return tool.Next{Action: tool.CallTool, Tool: name, Arguments: map[string]any{"jobId": nil, "fields": nil}}
}

// whole is the report in a result that is nothing else.
func whole(out *draft.Report) *draft.Report { return out }
