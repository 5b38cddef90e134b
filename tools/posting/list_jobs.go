package posting

import (
	"cmp"
	"context"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

type listJobsInput struct {
	Status string `json:"status,omitempty" jsonschema:"enum=DRAFT,enum=OPEN,enum=ONGOING,enum=COMPLETED,enum=ARCHIVED,enum=PENDING_APPROVAL"`
	Limit  int    `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100,default=10" jsonschema_description:"Jobs per page."`
	Cursor string `json:"cursor,omitempty" jsonschema:"maxLength=2000"`
}

func (listJobsInput) JSONSchemaExtend(s *schema.Node) {
	schema.Describe(s, map[string]string{
		"status": "Only jobs with this status.",
		"cursor": "nextCursor of the previous page; keep the status.",
	})
}

type listJobsOutput struct {
	Jobs        []ownJob  `json:"jobs" jsonschema_description:"The account's jobs, newest first."`
	NextCursor  string    `json:"nextCursor,omitempty" jsonschema_description:"Pass as cursor for the next page."`
	Cut         string    `json:"cut,omitempty" jsonschema_description:"What was left out."`
	Interpreted []string  `json:"interpreted,omitempty"`
	Next        tool.Next `json:"next" jsonschema_description:"What to do now."`

	status string // that was asked for
	later  bool   // not the first page
}

func (p posting) listJobs() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.ListJobs, Title: "List your jobs", Kind: tool.KindRead,
		Description: "List the account's own jobs in any status, newest first, with their ids, statuses and proposal counts. " +
			"Use it to find a job, or to check whether a job was created or published. " +
			"For a draft's content, use opentrain_get_draft. For other people's live jobs, use opentrain_search_jobs. Changes nothing.",
		Scope: "jobs:read",
	}, p.list)
}

func (p posting) list(ctx context.Context, call tool.Call, in listJobsInput) (listJobsOutput, *tool.Ask, error) {
	out, cut, err := tool.FitPage(call, cmp.Or(in.Limit, tool.DefaultPage), func(limit int) (listJobsOutput, error) {
		page, err := p.API.ListOwnJobs(ctx, opentrain.OwnJobQuery{Status: in.Status, Limit: limit, Cursor: in.Cursor})
		if err != nil {
			return listJobsOutput{}, err
		}
		for _, job := range page.Jobs {
			p.Accounts.SawOwn(call.Caller, job.ID)
		}
		return listJobsOutput{
			Jobs: tool.Map(page.Jobs, p.summarize), NextCursor: call.Cursor(page.NextCursor), Interpreted: call.Interpreted,
			status: in.Status, later: in.Cursor != "",
		}, nil
	}, func(out *listJobsOutput) *[]ownJob { return &out.Jobs })
	out.Cut, out.Next = cut, out.next()
	return out, nil, err
}

// next opens the only draft or the proposals for the only job that has some, and says how to open one of several.
func (o listJobsOutput) next() tool.Next {
	var drafts []string
	var applied []ownJob
	for _, job := range o.Jobs {
		switch {
		case job.Status == opentrain.StatusDraft:
			drafts = append(drafts, job.ID)
		case job.Proposals != nil && *job.Proposals > 0:
			applied = append(applied, job)
		}
	}
	note := ""
	if len(drafts) > 0 {
		note = "To see a draft, use " + tool.GetDraft + "."
	}
	switch {
	case o.status == opentrain.StatusDraft && !o.later && len(o.Jobs) == 1 && len(drafts) == 1:
		return tool.Next{Action: tool.CallTool, Tool: tool.GetDraft, Arguments: map[string]any{"jobId": drafts[0]}}
	case len(applied) == 1:
		return listProposals(applied[0].ID, applied[0].JobURL, note)
	case len(applied) > 1:
		note = text.Join(" ", note, "To see who applied to a job, use "+tool.ListProposals+".")
	}
	return tool.Next{Action: tool.Done, Note: note}
}

func (o listJobsOutput) Text() string {
	var l text.Lines
	switch {
	case len(o.Jobs) > 0:
		l.Add("%s on this page.", text.Count(len(o.Jobs), "job"))
	case o.later:
		l.Add("There are no more jobs.")
	case o.status != "":
		l.Add("This account has no jobs with status %s.", o.status)
	default:
		l.Add("This account has no jobs yet.")
	}
	l.Fields("Interpreted", o.Interpreted)
	for i, job := range o.Jobs {
		l.Add("%d. %s", i+1, job.line())
	}
	l.Field("Left out", o.Cut)
	if o.NextCursor != "" {
		l.Add("More: pass cursor %s with the same status.", text.Exact(o.NextCursor))
	}
	return l.With(o.Next)
}
