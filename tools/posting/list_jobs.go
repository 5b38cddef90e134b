package posting

import (
	"cmp"
	"context"
	"fmt"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

type listJobsInput struct {
	Status string `json:"status,omitempty" jsonschema:"enum=DRAFT,enum=OPEN,enum=ONGOING,enum=COMPLETED,enum=ARCHIVED,enum=PENDING_APPROVAL"`
	Limit  int    `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100,default=10" jsonschema_description:"Jobs a page."`
	Cursor string `json:"cursor,omitempty" jsonschema:"maxLength=2000"`
}

func (listJobsInput) JSONSchemaExtend(s *schema.Node) {
	schema.Describe(s, map[string]string{
		"status": "Only jobs in this status; all when absent.",
		"cursor": "nextCursor of the page before, with the same status.",
	})
}

type listJobsOutput struct {
	Jobs        []ownJob  `json:"jobs" jsonschema_description:"The account's jobs, newest first."`
	NextCursor  string    `json:"nextCursor,omitempty" jsonschema_description:"Pass as cursor for the next page."`
	Cut         string    `json:"cut,omitempty" jsonschema_description:"What was left out."`
	Interpreted []string  `json:"interpreted,omitempty"`
	Next        tool.Next `json:"next" jsonschema_description:"What to do now."`
}

// ownJob is one of the account's jobs.
type ownJob struct {
	ID                  string `json:"id"`
	Title               string `json:"title"`
	Status              string `json:"status"`
	AcceptingApplicants bool   `json:"acceptingApplicants"`
	CreatedAt           string `json:"createdAt,omitempty"`
	UpdatedAt           string `json:"updatedAt,omitempty"`
	JobURL              string `json:"jobUrl,omitempty"`
	Proposals           *int   `json:"proposals,omitempty"`
	UnreviewedProposals *int   `json:"unreviewedProposals,omitempty"`
}

func (ownJob) JSONSchema() *schema.Node {
	return tool.PlainObject("id, title, status, acceptingApplicants, createdAt, updatedAt, jobUrl, proposals, unreviewedProposals.")
}

func (p posting) listJobs() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.ListJobs, Title: "List your jobs", Kind: tool.KindRead,
		Description: "List the account's own jobs on OpenTrain in any status, drafts included, newest first. " +
			"Use it to find a job's id, to see which drafts are unfinished and how many proposals a job has, " +
			"and after a broken answer to find out whether a job was created or published. " +
			"It does not return a draft's fields or its open questions: call opentrain_patch_draft for those. " +
			"For other people's published jobs use opentrain_search_jobs. " +
			"Changes nothing.",
		Scope: "jobs:read",
	}, p.list)
}

func (p posting) list(ctx context.Context, call tool.Call, in listJobsInput) (listJobsOutput, *tool.Ask, error) {
	out, cut, err := tool.FitPage(cmp.Or(in.Limit, tool.DefaultPage), func(limit int) (listJobsOutput, error) {
		page, err := p.API.ListOwnJobs(ctx, opentrain.OwnJobQuery{Status: in.Status, Limit: limit, Cursor: in.Cursor})
		if err != nil {
			return listJobsOutput{}, err
		}
		note := ""
		if len(page.Jobs) == 0 {
			note = "There is no such job in this account. " + tool.CreateDraft + " makes a draft."
		}
		return listJobsOutput{
			Jobs: tool.Map(page.Jobs, summarize), NextCursor: tool.Cursor(page.NextCursor),
			Interpreted: call.Interpreted, Next: tool.Next{Action: tool.Done, Note: note},
		}, nil
	}, func(out *listJobsOutput) *[]ownJob { return &out.Jobs })
	out.Cut = cut
	return out, nil, err
}

func summarize(job opentrain.OwnJob) ownJob {
	own := ownJob{
		ID: text.Clean(job.ID, 64), Title: text.Clean(job.Title, 200), Status: text.Clean(job.Status, 40),
		AcceptingApplicants: job.AcceptingApplicants, CreatedAt: text.Clean(job.CreatedAt, 40),
		UpdatedAt: text.Clean(job.UpdatedAt, 40), JobURL: text.Clean(job.JobURL, 300),
	}
	if counts := job.ProposalCounts; counts != nil {
		own.Proposals, own.UnreviewedProposals = &counts.Total, &counts.Unreviewed
	}
	return own
}

func (o listJobsOutput) Text() string {
	var l text.Lines
	l.Add("%s of this account on this page.", text.Count(len(o.Jobs), "job"))
	l.Fields("Interpreted", o.Interpreted)
	for i, job := range o.Jobs {
		l.Add("%d. %s", i+1, job.line())
	}
	l.Field("Cut", o.Cut)
	if o.NextCursor != "" {
		l.Add("More: pass cursor %s with the same status.", text.JSON(o.NextCursor))
	}
	return l.With(o.Next.Text())
}

func (j ownJob) line() string {
	line := fmt.Sprintf("%s (id %s) · %s", j.Title, j.ID, j.Status)
	if j.Proposals != nil {
		line += fmt.Sprintf(" · %s, %d unreviewed", text.Count(*j.Proposals, "proposal"), *j.UnreviewedProposals)
	}
	if j.CreatedAt != "" {
		line += " · created " + j.CreatedAt
	}
	if j.JobURL != "" {
		line += " · " + j.JobURL
	}
	return line
}
