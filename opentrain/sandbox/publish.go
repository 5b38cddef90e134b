package sandbox

import (
	"fmt"
	"net/http"
	"time"
)

// publishWindow is the window of the daily limit. That it slides, and that only successful publishes count,
// is our assumption.
const publishWindow = 24 * time.Hour

// publishLimit is the number of jobs that an account may publish per day
// (developers/api-reference/jobs/publish).
func (a *account) publishLimit() int {
	if a.Claimed {
		return 20
	}
	return 3
}

type publication struct {
	OK               bool        `json:"ok"`
	JobID            string      `json:"jobId"`
	Status           string      `json:"status"`
	AlreadyPublished bool        `json:"alreadyPublished"`
	JobURL           string      `json:"jobUrl"`
	PublishAttemptID *string     `json:"publishAttemptId"`
	Warnings         []string    `json:"warnings"`
	SideEffects      sideEffects `json:"sideEffects"`
}

type sideEffects struct {
	Dispatched bool   `json:"dispatched"`
	Status     string `json:"status"`
}

// publish is POST /jobs/{id}/publish (developers/api-reference/jobs/publish).
func (s *Sandbox) publish(c *call) (reply, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.own(c)
	if j == nil {
		return reply{}, noSuchJob()
	}
	answer := publication{
		OK: true, JobID: j.id, Status: statusOpen, JobURL: s.jobURL(j.id),
		Warnings: []string{}, SideEffects: sideEffects{Dispatched: true, Status: "queued"},
	}
	if j.status == statusOpen {
		answer.AlreadyPublished = true
		answer.SideEffects = sideEffects{Status: "skipped"}
		return ok(answer)
	}
	if failure := s.mayPublish(j); failure != nil {
		return reply{}, failure
	}
	now := s.now()
	j.status, j.updated = statusOpen, now
	j.owner.published = append(j.owner.published, now)
	s.addListing(s.publicJob(j, now), now)
	s.attempts++
	attempt := fmt.Sprintf("attempt_%d", s.attempts)
	answer.PublishAttemptID = &attempt
	answer.Warnings = payWarnings(j.fields)
	return ok(answer)
}

// mayPublish checks status, validation, moderation and the daily limit, in this order. The caller holds s.mu.
func (s *Sandbox) mayPublish(j *job) *apiError {
	if j.status != statusDraft {
		return conflict("Only a draft can be published; this job is "+j.status+".",
			details{"jobId": j.id, "status": j.status, "requiredStatus": statusDraft})
	}
	if gaps := j.gaps(); len(gaps) > 0 {
		failure := badRequest("The draft is not ready to be published: fields are missing.")
		failure.details = details{"validation": s.validation(gaps)}
		if s.variant == Guide {
			failure.details["missingFields"] = s.missing(gaps)
		}
		return failure
	}
	if reasons := moderate(j.fields.text("jobTitle"), j.fields.text("jobDescription")); reasons != nil {
		return forbidden("Content moderation blocked this job. It stays a draft.",
			details{"reason": "moderation_blocked", "reasons": reasons})
	}
	limit, since := j.owner.publishLimit(), s.now().Add(-publishWindow)
	for len(j.owner.published) > 0 && !j.owner.published[0].After(since) {
		j.owner.published = j.owner.published[1:]
	}
	if len(j.owner.published) >= limit {
		return &apiError{status: http.StatusTooManyRequests, code: "RATE_LIMITED",
			message: fmt.Sprintf("The limit of %d published jobs in 24 hours is reached.", limit),
			details: details{"limit": limit, "windowHours": int(publishWindow.Hours())}}
	}
	return nil
}

func (s *Sandbox) jobURL(id string) string {
	return s.appURL + "/jobs/" + id
}
