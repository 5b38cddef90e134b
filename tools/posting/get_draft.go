package posting

import (
	"context"
	"errors"

	"opentrain-mcp/internal/draft"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

type getDraftInput struct {
	JobID string `json:"jobId" jsonschema:"minLength=1,maxLength=500"`
}

func (getDraftInput) JSONSchemaExtend(s *schema.Node) {
	schema.Describe(s, map[string]string{"jobId": "The draft's id, its page's URL, or words from its title, such as dashcam."})
	schema.ReadProperty(s, "jobId", schema.Reading{Text: tool.ReadJobName})
}

func (p posting) getDraft() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.GetDraft, Title: "Show a draft", Kind: tool.KindShow,
		Description: "Show one of the account's drafts: its content, its open questions and the next step. " +
			"Use it to continue an earlier draft, or when the human asks what the job will look like. " +
			"For live jobs, use opentrain_get_job. " +
			"OpenTrain shows a draft only when a field is saved, so this saves the title again, unchanged.",
		ReadingDescription: "Show the title and status of one of the account's drafts on OpenTrain, with the link to its page. " +
			"A read-only server can't show its content.",
		Scope: "jobs:write", Feature: draftingFeature("draftUpdate"),
		NotFound:       "This account has no draft with that id or title.",
		OutcomeUnknown: "The draft couldn't be read; its content is unchanged.",
	}, p.get)
}

func (p posting) get(ctx context.Context, call tool.Call, in getDraftInput) (draft.Report, *tool.Ask, error) {
	own, others, err := p.FindDraft(ctx, in.JobID)
	switch {
	case err != nil:
		return draft.Report{}, nil, err
	case len(others) > 0:
		return draft.Choose(in.JobID, own, others), nil, nil
	case own.Unknown:
		return draft.Unchecked(own), nil, nil
	case own.Status != opentrain.StatusDraft:
		return draft.NoLongerDraft(own), nil, nil
	case call.Served.ReadOnly():
		return draft.Listed(own, "Access is read-only, so only the title and status are shown. The draft's page shows the rest."), nil, nil
	}
	unlock, err := p.Confirm.Ledger.Lock(ctx, call.Caller, own.ID)
	if err != nil {
		return draft.Report{}, nil, err
	}
	defer unlock()
	if own, err = p.FindOwn(ctx, own.ID, opentrain.StatusDraft); err != nil { // it may have changed while the call waited
		return draft.Report{}, nil, err
	}
	if own.Unknown {
		return draft.Unchecked(own), nil, nil
	}
	view, err := p.Reread(ctx, call, own)
	if errors.Is(err, draft.ErrNoTitle) {
		return draft.Untitled(own), nil, nil
	}
	return view.Report, nil, err
}
