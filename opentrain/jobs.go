package opentrain

import (
	"context"
	"net/http"
)

// PublishJob publishes a draft: it becomes visible to everyone. Publishing an
// open job again changes nothing and sets AlreadyPublished. A draft that is
// not ready is refused with BAD_REQUEST and details.validation, one that
// moderation blocks with FORBIDDEN and details.reason "moderation_blocked", a
// used-up daily limit with RATE_LIMITED (developers/api-reference/jobs/publish).
func (c *Client) PublishJob(ctx context.Context, jobID string) (*Publication, error) {
	path, err := idPath("/jobs", jobID, "/publish")
	if err != nil {
		return nil, err
	}
	var publication Publication
	if err := c.call(ctx, request{method: http.MethodPost, path: path, changes: true}, &publication); err != nil {
		return nil, err
	}
	return &publication, nil
}

// Publication is the answer to PublishJob.
//
// The posting guide reads as if a draft that is not ready or blocked were
// answered in the same form, with the report or the moderation result in it;
// then Status is not StatusOpen.
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
	Extra            Extra          `json:"-"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (p *Publication) UnmarshalJSON(data []byte) error {
	type plain Publication
	return decodeLenient(data, (*plain)(p))
}

// MarshalJSON implements json.Marshaler.
func (p Publication) MarshalJSON() ([]byte, error) {
	type plain Publication
	return marshalWithExtra(plain(p), p.Extra)
}

// Moderation is the verdict of the content check.
type Moderation struct {
	Decision string   `json:"decision"` // "ALLOW" when nothing was found
	Reasons  []string `json:"reasons"`
}

// UpdateJob changes fields of an open job; they are those of UpdateDraft. The
// content check runs again: an edit that it blocks is applied and takes the job
// back to a draft. The reference answers that with CONFLICT and details.reason
// "moderation_blocked", the posting guide reads as if it were an Edit whose
// Status is StatusDraft. A job that is not open is a CONFLICT with
// details.status (developers/api-reference/jobs/update).
func (c *Client) UpdateJob(ctx context.Context, jobID string, fields Fields) (*Edit, error) {
	path, err := idPath("/jobs", jobID, "")
	if err != nil {
		return nil, err
	}
	var edit Edit
	if err := c.call(ctx, request{method: http.MethodPatch, path: path, body: fields, changes: true}, &edit); err != nil {
		return nil, err
	}
	if edit.Status == "" && edit.Moderation == nil {
		return nil, errNot("the result of an edit")
	}
	return &edit, nil
}

// Edit is the answer to UpdateJob.
type Edit struct {
	JobID      string      `json:"jobId"`
	Status     string      `json:"status"`
	Moderation *Moderation `json:"moderation,omitempty"`
	Extra      Extra       `json:"-"`
}

// CloseJob takes a job off the marketplace: it gets StatusArchived and no new
// proposals. Contracts on it go on. Closing a closed job changes nothing and
// sets AlreadyClosed (developers/api-reference/jobs/close).
func (c *Client) CloseJob(ctx context.Context, jobID string) (*Closing, error) {
	path, err := idPath("/jobs", jobID, "/close")
	if err != nil {
		return nil, err
	}
	var closing Closing
	if err := c.call(ctx, request{method: http.MethodPost, path: path, changes: true}, &closing); err != nil {
		return nil, err
	}
	if closing.Status == "" {
		return nil, errNot("the job's status")
	}
	return &closing, nil
}

// Closing is the answer to CloseJob.
type Closing struct {
	JobID         string `json:"jobId"`
	Status        string `json:"status"`
	AlreadyClosed bool   `json:"alreadyClosed"`
	Extra         Extra  `json:"-"`
}

// InviteTrainer invites an AI trainer, by user id, to an open job of the
// caller's. It needs the scope proposals:write and a claimed account. Inviting
// again changes nothing and sets AlreadyInvited. A CONFLICT says in
// details.reason why not: job_not_published, not_a_freelancer or
// freelancer_unavailable (developers/api-reference/jobs/invite).
func (c *Client) InviteTrainer(ctx context.Context, jobID, freelancerID string) (*Invitation, error) {
	path, err := idPath("/jobs", jobID, "/invites")
	if err != nil {
		return nil, err
	}
	body := map[string]string{"freelancerId": freelancerID}
	var invitation Invitation
	if err := c.call(ctx, request{method: http.MethodPost, path: path, body: body}, &invitation); err != nil {
		return nil, err
	}
	if invitation.ProposalID == "" && invitation.FreelancerID == "" {
		return nil, errNot("an invitation")
	}
	return &invitation, nil
}

// Invitation is the answer to InviteTrainer.
type Invitation struct {
	ProposalID     string `json:"proposalId"`
	JobID          string `json:"jobId"`
	FreelancerID   string `json:"freelancerId"`
	AlreadyInvited bool   `json:"alreadyInvited"`
	Extra          Extra  `json:"-"`
}

// OwnJobQuery narrows a list of the caller's own jobs.
type OwnJobQuery struct {
	Status string // one of the Status constants; "" means all
	Limit  int    // page size, 1 to 100; 0 leaves it to the API (25)
	Cursor string // NextCursor of the page before
}

// ListOwnJobs lists the caller's jobs in any status, drafts included, newest
// first. It needs the scope jobs:read (developers/api-reference/jobs/mine).
func (c *Client) ListOwnJobs(ctx context.Context, query OwnJobQuery) (*OwnJobPage, error) {
	values := queryOf("status", query.Status, "cursor", query.Cursor)
	setLimit(values, query.Limit)
	var page OwnJobPage
	if err := c.call(ctx, request{method: http.MethodGet, path: "/jobs/mine", query: values}, &page); err != nil {
		return nil, err
	}
	if page.Jobs == nil {
		return nil, errNot("a list of jobs")
	}
	return &page, nil
}

// OwnJobPage is one page of the caller's own jobs.
type OwnJobPage struct {
	Jobs       []OwnJob `json:"jobs"`
	NextCursor string   `json:"nextCursor"` // "" on the last page
	Extra      Extra    `json:"-"`
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
	Extra               Extra           `json:"-"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (j *OwnJob) UnmarshalJSON(data []byte) error {
	type plain OwnJob
	return decodeLenient(data, (*plain)(j))
}

// MarshalJSON implements json.Marshaler.
func (j OwnJob) MarshalJSON() ([]byte, error) {
	type plain OwnJob
	return marshalWithExtra(plain(j), j.Extra)
}

// ProposalCounts counts the proposals on a job.
type ProposalCounts struct {
	Total      int `json:"total"`
	Unreviewed int `json:"unreviewed"`
}
