package sandbox

import (
	"fmt"
	"slices"
)

// ownJob is an entry of GET /jobs/mine.
type ownJob struct {
	ID                  string         `json:"id"`
	Title               string         `json:"title"`
	Status              string         `json:"status"`
	Published           bool           `json:"published"`
	AcceptingApplicants bool           `json:"acceptingApplicants"`
	CreatedAt           string         `json:"createdAt"`
	UpdatedAt           string         `json:"updatedAt"`
	JobURL              string         `json:"jobUrl"`
	ProposalCounts      proposalCounts `json:"proposalCounts"`
}

type proposalCounts struct {
	Total      int `json:"total"`
	Unreviewed int `json:"unreviewed"`
}

// listOwnJobs is GET /jobs/mine (developers/api-reference/jobs/mine).
func (s *Sandbox) listOwnJobs(c *call) (reply, *apiError) {
	values := c.request.URL.Query()
	status := values.Get("status")
	if status != "" && !slices.Contains(statuses(), status) {
		failure := badRequest(fmt.Sprintf("status %q is unknown.", status))
		failure.details = details{"supportedStatuses": statuses()}
		return reply{}, failure
	}
	limit, failure := readLimit(values, 25, 100)
	if failure != nil {
		return reply{}, failure
	}
	before, failure := readCursor(values, "mine")
	if failure != nil {
		return reply{}, failure
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	jobs := []ownJob{}
	var next *string
	last := 0
	for _, j := range slices.Backward(s.order) {
		if j.owner != c.account || before > 0 && j.seq >= before || status != "" && j.status != status {
			continue
		}
		if len(jobs) == limit {
			next = cursor("mine", last)
			break
		}
		jobs = append(jobs, s.ownJob(j))
		last = j.seq
	}
	return ok(map[string]any{"jobs": jobs, "nextCursor": next})
}

func (s *Sandbox) ownJob(j *job) ownJob {
	title := j.fields.text("jobTitle")
	if title == "" {
		title = "Untitled job"
	}
	return ownJob{
		ID: j.id, Title: title, Status: j.status,
		Published: j.status != statusDraft && j.status != statusPending, AcceptingApplicants: j.status == statusOpen,
		CreatedAt: timestamp(j.created), UpdatedAt: timestamp(j.updated), JobURL: s.jobURL(j.id),
	}
}
