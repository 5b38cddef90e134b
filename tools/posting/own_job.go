package posting

import (
	"fmt"
	"time"

	"opentrain-mcp/internal/draft"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// ownJob is one of the account's jobs.
type ownJob struct {
	ID                  string `json:"id"`
	Title               string `json:"title"`
	Status              string `json:"status"`
	AcceptingApplicants bool   `json:"acceptingApplicants"`
	CreatedAt           string `json:"createdAt,omitempty"`
	UpdatedAt           string `json:"updatedAt,omitempty"`
	DraftURL            string `json:"draftUrl,omitempty"`
	JobURL              string `json:"jobUrl,omitempty"`
	Proposals           *int   `json:"proposals,omitempty"`
	UnreviewedProposals *int   `json:"unreviewedProposals,omitempty"`
}

func (ownJob) JSONSchema() *schema.Node {
	return tool.PlainObject("id, title, status, acceptingApplicants, createdAt, updatedAt, draftUrl or jobUrl, proposals, " +
		"unreviewedProposals.")
}

func (p posting) summarize(job opentrain.OwnJob) ownJob {
	own := ownJob{
		ID: text.Clean(job.ID, 64), Title: text.Clean(job.Title, 200), Status: text.Clean(job.Status, 40),
		AcceptingApplicants: job.AcceptingApplicants, CreatedAt: text.Clean(job.CreatedAt, 40), UpdatedAt: text.Clean(job.UpdatedAt, 40),
	}
	switch job.Status {
	case opentrain.StatusDraft:
		own.DraftURL = text.URL(p.API.DraftURL(job.ID))
	case opentrain.StatusPendingApproval: // not public yet, and no draft anymore
	default:
		own.JobURL = text.URL(job.JobURL)
	}
	if counts := job.ProposalCounts; counts != nil {
		own.Proposals, own.UnreviewedProposals = &counts.Total, &counts.Unreviewed
	}
	return own
}

func (j ownJob) line() string {
	proposals, created, updated := "", "", ""
	if j.Proposals != nil && j.Status != opentrain.StatusDraft {
		proposals = fmt.Sprintf("%s, %d unreviewed", text.Count(*j.Proposals, "proposal"), *j.UnreviewedProposals)
	}
	if j.CreatedAt != "" {
		created = "created " + text.Day(j.CreatedAt)
	}
	if j.UpdatedAt != "" && text.Day(j.UpdatedAt) != text.Day(j.CreatedAt) {
		updated = "updated " + text.Day(j.UpdatedAt)
	}
	return text.Join(" · ", fmt.Sprintf("%s (id %s)", j.Title, j.ID), j.Status, proposals, created, updated, j.DraftURL, j.JobURL)
}

// listProposals is the step that shows who applied to a job.
func listProposals(jobID, page, note string) tool.Next {
	return tool.Next{
		Action: tool.CallTool, Tool: tool.ListProposals, Arguments: map[string]any{"jobId": jobID},
		Note: text.Join(" ", "See who applied.", note), Page: page,
	}
}

// sameStatus checks the job before a repeated attempt: a yes to close a draft isn't one to close the job that it became. The next
// call asks again.
func sameStatus(own draft.Own) func(now draft.Own) error {
	return func(now draft.Own) error {
		if now.Status == own.Status {
			return nil
		}
		const busy = "the job was changed at the same moment"
		return &opentrain.Error{Code: opentrain.CodeBusy, NotSent: true, RetryAfter: time.Second, Message: busy}
	}
}
