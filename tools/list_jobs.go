package tools

import (
	"context"
	"fmt"

	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

const listJobsName = "opentrain_list_jobs"

// ListJobsInput are the arguments of opentrain_list_jobs.
type ListJobsInput struct {
	Status string `json:"status,omitempty" jsonschema:"enum=DRAFT,enum=OPEN,enum=ONGOING,enum=COMPLETED,enum=ARCHIVED,enum=PENDING_APPROVAL" jsonschema_description:"Only jobs in this status; all when absent."`
	Limit  int    `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100,default=10" jsonschema_description:"Jobs a page."`
	Cursor string `json:"cursor,omitempty" jsonschema:"maxLength=2000" jsonschema_description:"nextCursor of the page before, with the same status."`
}

// ListJobsOutput is the result of opentrain_list_jobs.
type ListJobsOutput struct {
	Jobs        []OwnJob `json:"jobs" jsonschema_description:"The account's jobs, newest first."`
	NextCursor  string   `json:"nextCursor,omitempty" jsonschema_description:"Pass as cursor for the next page."`
	Cut         string   `json:"cut,omitempty" jsonschema_description:"What was left out."`
	Interpreted []string `json:"interpreted,omitempty"`
	Next        Next     `json:"next" jsonschema_description:"What to do now."`
}

// OwnJob is one of the account's jobs.
type OwnJob struct {
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

// JSONSchema describes an OwnJob as a plain object, as Next.JSONSchema does.
func (OwnJob) JSONSchema() *schema.Node {
	return &schema.Node{Type: "object", Description: "id, title, status, acceptingApplicants, createdAt, updatedAt, jobUrl, proposals, unreviewedProposals."}
}

func newListJobs(kit Kit) (Tool, error) {
	return define(kit, Spec{
		Name:  listJobsName,
		Title: "List your jobs",
		Kind:  KindRead,
		Description: "List the account's own jobs on OpenTrain in any status, drafts included, newest first. " +
			"Use it to find a job's id, to see which drafts are unfinished and how many proposals a job has, and after a broken answer to find out whether a job was created or published. " +
			"It does not return a draft's fields or its open questions: call opentrain_patch_draft for those. " +
			"For other people's published jobs use opentrain_search_jobs. " +
			"Changes nothing.",
		Scope: "jobs:read",
	}, kit.listJobs)
}

func (k Kit) listJobs(ctx context.Context, call Call, in ListJobsInput) (ListJobsOutput, *Ask, error) {
	if in.Limit == 0 {
		in.Limit = defaultPage
	}
	out, note, err := fitting(in.Limit, func(limit int) (ListJobsOutput, int, error) {
		page, err := k.API.ListOwnJobs(ctx, opentrain.OwnJobQuery{Status: in.Status, Limit: limit, Cursor: in.Cursor})
		if err != nil {
			return ListJobsOutput{}, 0, err
		}
		out := ListJobsOutput{
			Jobs: make([]OwnJob, 0, len(page.Jobs)), NextCursor: cursor(page.NextCursor),
			Interpreted: call.Interpreted, Next: Next{Action: Done},
		}
		for _, job := range page.Jobs {
			out.Jobs = append(out.Jobs, ownJob(job))
		}
		return out, len(out.Jobs), nil
	}, func(out *ListJobsOutput, entries int) { out.Jobs = out.Jobs[:entries] })
	if err != nil {
		return ListJobsOutput{}, nil, err
	}
	out.Cut = note
	if len(out.Jobs) == 0 {
		out.Next.Note = "There is no such job in this account. " + createDraftName + " makes a draft."
	}
	return out, nil, nil
}

func ownJob(job opentrain.OwnJob) OwnJob {
	own := OwnJob{
		ID: plain(job.ID, 64), Title: plain(job.Title, 200), Status: plain(job.Status, 40), AcceptingApplicants: job.AcceptingApplicants,
		CreatedAt: plain(job.CreatedAt, 40), UpdatedAt: plain(job.UpdatedAt, 40), JobURL: plain(job.JobURL, 300),
	}
	if counts := job.ProposalCounts; counts != nil {
		own.Proposals, own.UnreviewedProposals = &counts.Total, &counts.Unreviewed
	}
	return own
}

// Text implements output.
func (o ListJobsOutput) Text() string {
	var p page
	p.line("%s of this account on this page.", counted(len(o.Jobs), "job"))
	p.sayAll("Understood", o.Interpreted)
	for i, job := range o.Jobs {
		line := fmt.Sprintf("%d. %s (id %s) · %s", i+1, job.Title, job.ID, job.Status)
		if job.Proposals != nil {
			line += fmt.Sprintf(" · %s, %d unreviewed", counted(*job.Proposals, "proposal"), *job.UnreviewedProposals)
		}
		if job.CreatedAt != "" {
			line += " · created " + job.CreatedAt
		}
		if job.JobURL != "" {
			line += " · " + job.JobURL
		}
		p.line("%s", line)
	}
	p.say("Cut", o.Cut)
	if o.NextCursor != "" {
		p.line("More: pass cursor %s with the same status.", compact(o.NextCursor))
	}
	return p.end(o.Next)
}
