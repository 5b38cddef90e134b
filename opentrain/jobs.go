package opentrain

import (
	"context"
	"net/http"
)

// PublishJob publishes a draft, which makes it visible to everyone. Publishing an open job changes nothing
// and sets AlreadyPublished. It fails with BAD_REQUEST and details.validation if the draft is not ready, with
// FORBIDDEN and details.reason "moderation_blocked" if moderation blocks it, and with RATE_LIMITED if the
// daily limit is reached (developers/api-reference/jobs/publish).
func (c *Client) PublishJob(ctx context.Context, jobID string) (*Publication, error) {
	req := request{method: http.MethodPost, path: "/jobs/{jobId}/publish", id: jobID, invalidates: true, idempotent: true}
	return fetch[Publication](ctx, c, req, "", nil)
}

// Publication is the result of PublishJob. According to the posting guide, a draft that is not ready or is
// blocked may also have this form, with the validation or moderation result. Then Status is not StatusOpen.
type Publication struct {
	JobID            string         `json:"jobId"`
	Status           string         `json:"status"`
	AlreadyPublished bool           `json:"alreadyPublished"`
	JobURL           string         `json:"jobUrl,omitempty"`
	PublishAttemptID string         `json:"publishAttemptId,omitempty"`
	Warnings         []Note         `json:"warnings,omitempty"`
	Validation       *Validation    `json:"validation,omitempty"`
	MissingFields    []MissingField `json:"missingFields,omitempty"`
	Moderation       *Moderation    `json:"moderation,omitempty"`

	Dated
}

// Moderation is the result of the content check.
type Moderation struct {
	Decision string   `json:"decision"` // "ALLOW" if the check found nothing
	Reasons  []string `json:"reasons"`
}

// UpdateJob changes fields of an open job, with the same keys as UpdateDraft. The content check runs again.
// If it blocks the edit, the API still applies it and turns the job back into a draft. According to the
// reference, the call then fails with CONFLICT and details.reason "moderation_blocked". According to the
// posting guide, it returns an Edit with StatusDraft. It fails with CONFLICT and details.status if the job is
// not open (developers/api-reference/jobs/update).
func (c *Client) UpdateJob(ctx context.Context, jobID string, fields Fields) (*Edit, error) {
	req := request{method: http.MethodPatch, path: "/jobs/{jobId}", id: jobID, body: fields, invalidates: true}
	return fetch(ctx, c, req, "result of an edit", func(e *Edit) bool { return e.Status != "" || e.Moderation != nil })
}

// Edit is the result of UpdateJob.
type Edit struct {
	JobID      string      `json:"jobId"`
	Status     string      `json:"status"`
	Moderation *Moderation `json:"moderation,omitempty"`

	Dated
}

// CloseJob takes a job off the marketplace: its status becomes StatusArchived and it gets no new proposals.
// Its contracts continue. Closing a closed job changes nothing and sets AlreadyClosed
// (developers/api-reference/jobs/close).
func (c *Client) CloseJob(ctx context.Context, jobID string) (*Closing, error) {
	req := request{method: http.MethodPost, path: "/jobs/{jobId}/close", id: jobID, invalidates: true, idempotent: true}
	return fetch(ctx, c, req, "job status", func(c *Closing) bool { return c.Status != "" })
}

// Closing is the result of CloseJob.
type Closing struct {
	JobID         string `json:"jobId"`
	Status        string `json:"status"`
	AlreadyClosed bool   `json:"alreadyClosed"`
}

// InviteTrainer invites an AI trainer, by user ID, to one of the caller's open jobs. It needs the scope proposals:write
// and a claimed account. Inviting again changes nothing and sets AlreadyInvited. It fails with CONFLICT and
// details.reason job_not_published, not_a_freelancer or freelancer_unavailable (developers/api-reference/jobs/invite).
func (c *Client) InviteTrainer(ctx context.Context, jobID, freelancerID string) (*Invitation, error) {
	body := map[string]string{"freelancerId": freelancerID}
	req := request{method: http.MethodPost, path: "/jobs/{jobId}/invites", id: jobID, body: body, idempotent: true}
	return fetch(ctx, c, req, "invitation", func(i *Invitation) bool { return i.ProposalID != "" || i.FreelancerID != "" })
}

// Invitation is the result of InviteTrainer.
type Invitation struct {
	ProposalID     string `json:"proposalId"`
	JobID          string `json:"jobId"`
	FreelancerID   string `json:"freelancerId"`
	AlreadyInvited bool   `json:"alreadyInvited"`
}

// OwnJobQuery filters the caller's own jobs.
type OwnJobQuery struct {
	Status string // one of the Status constants; "" means all
	Limit  int    // page size, 1 to 100; 0 means the API's default (25)
	Cursor string // NextCursor of the previous page
}

// ListOwnJobs lists the caller's jobs, newest first, in any status including drafts. It needs the scope
// jobs:read (developers/api-reference/jobs/mine).
func (c *Client) ListOwnJobs(ctx context.Context, query OwnJobQuery) (*OwnJobPage, error) {
	values := newQuery(query.Limit, "status", query.Status, "cursor", query.Cursor)
	req := request{path: "/jobs/mine", query: values}
	return fetch(ctx, c, req, "list of jobs", func(p *OwnJobPage) bool { return p.Jobs != nil })
}

// OwnJobPage is one page of the caller's own jobs.
type OwnJobPage struct {
	Jobs       []OwnJob `json:"jobs"`
	NextCursor string   `json:"nextCursor"` // "" on the last page
}

// OwnJob is one of the caller's jobs.
type OwnJob struct {
	ID                  string          `json:"id"`
	Title               string          `json:"title"`
	Status              string          `json:"status"`
	Published           bool            `json:"published"`
	AcceptingApplicants bool            `json:"acceptingApplicants"`
	CreatedAt           string          `json:"createdAt,omitempty"` // RFC 3339
	UpdatedAt           string          `json:"updatedAt,omitempty"` // RFC 3339
	JobURL              string          `json:"jobUrl,omitempty"`
	ProposalCounts      *ProposalCounts `json:"proposalCounts,omitempty"`
}

// ProposalCounts counts the proposals for a job.
type ProposalCounts struct {
	Total      int `json:"total"`
	Unreviewed int `json:"unreviewed"`
}
