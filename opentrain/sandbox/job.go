package sandbox

import (
	"time"
)

// The states of a job (developers/api-reference/jobs/mine).
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

// job is a draft and what becomes of it. Guarded by Sandbox.mu.
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

// demands are what the description asks of a draft beyond its field values.
type demands struct {
	dataset  bool // the work is on a given amount of data
	language bool // the work needs a language
	nda      bool // secrecy is mentioned, but not whether an NDA is required
}

// guess is an entry of lowConfidenceFields, for a human to confirm. The pages
// print no entry; this is our reading.
type guess struct {
	Field  string `json:"field"`
	Value  any    `json:"value"`
	Reason string `json:"reason"`
}

// unmapped is an entry of unmappedFields
// (developers/api-reference/job-drafts/create).
type unmapped struct {
	Path         string `json:"path"`
	Reason       string `json:"reason"`
	ValuePreview string `json:"valuePreview"`
}

// own returns the caller's job that the path names, nil when there is none.
// Another account's job is none. The caller holds s.mu.
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
