package sandbox

import (
	"time"
)

// Statuses of a job (developers/api-reference/jobs/mine).
const (
	statusDraft    = "DRAFT"
	statusOpen     = "OPEN"
	statusOngoing  = "ONGOING"
	statusComplete = "COMPLETED"
	statusArchived = "ARCHIVED"
	statusPending  = "PENDING_APPROVAL"
)

func statuses() []string {
	return []string{statusDraft, statusOpen, statusOngoing, statusComplete, statusArchived, statusPending}
}

// job is a draft or a published job. It is guarded by Sandbox.mu.
type job struct {
	seq              int // position in the order of creation, from 1
	id               string
	owner            *account
	status           string
	externalID       string
	fields           values
	demands          demands
	guesses          []guess
	unmapped         []unmapped
	invited          []string // ids of freelancers
	created, updated time.Time
}

// demands are the requirements of the description that are not field values.
type demands struct {
	dataset  bool // the work has a given amount of data
	language bool // the work needs a language
	nda      bool // confidentiality is mentioned, but no NDA
}

// guess is an entry of lowConfidenceFields, for a human to confirm. Its form is our assumption: the pages
// show no entry.
type guess struct {
	Field  string `json:"field"`
	Value  any    `json:"value"`
	Reason string `json:"reason"`
}

// unmapped is an entry of unmappedFields (developers/api-reference/job-drafts/create).
type unmapped struct {
	Path         string `json:"path"`
	Reason       string `json:"reason"`
	ValuePreview string `json:"valuePreview"`
}

// own returns the caller's job with the id in the path, or nil. It does not return another account's job. The
// caller holds s.mu.
func (s *Sandbox) own(c *call) *job {
	j := s.jobs[c.id]
	if j == nil || j.owner != c.account {
		return nil
	}
	return j
}

func noSuchJob() *apiError {
	return notFound("There is no such job, or it belongs to another account.")
}
