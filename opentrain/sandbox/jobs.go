package sandbox

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Statuses of a job (developers/api-reference/jobs/mine).
const (
	statusDraft    = "DRAFT"
	statusOpen     = "OPEN"
	statusArchived = "ARCHIVED"
)

// moderationText simulates the content moderation of the real service.
//
//go:embed moderation.txt
var moderationText string

// job is a draft or a published job. It is guarded by Sandbox.mu.
type job struct {
	id     string
	owner  *account
	status string
	parsed
	proposals        []*proposal
	place            int    // in Sandbox.market, from 1; 0 for a job that was never public
	event            string // the latest event in the marketplace
	created, updated time.Time
	posted, changed  time.Time // in the marketplace
	size             int       // of the bodies that it was made from, in bytes
}

// add gives a job to its owner.
func (s *Sandbox) add(j *job) *job {
	s.created, s.added = append(s.created, j), s.added+1
	j.id = fmt.Sprintf("job_%d", s.added)
	s.jobs[j.id] = j
	return j
}

// maxOfDrafts limits the bodies that jobs were made from, in bytes: strangers may share a sandbox.
const maxOfDrafts = 2 << 20

// grow counts a body that a job was made from. Beyond the limit, the sandbox forgets its oldest drafts.
func (s *Sandbox) grow(j *job, body map[string]json.RawMessage) {
	for key, value := range body {
		j.size += len(key) + len(value)
		s.bodies += len(key) + len(value)
	}
	for s.bodies > maxOfDrafts {
		i := slices.IndexFunc(s.created, func(other *job) bool { return other != j && other.size > 0 && other.status == statusDraft })
		if i < 0 {
			return
		}
		oldest := s.created[i]
		s.bodies -= oldest.size
		s.created = slices.Delete(s.created, i, i+1)
		delete(s.jobs, oldest.id)
		maps.DeleteFunc(oldest.owner.byKey, func(_ string, other *job) bool { return other == oldest })
	}
}

func (j *job) title() string { return cmp.Or(j.fields.text("jobTitle"), "Untitled job") }

func (s *Sandbox) jobURL(j *job) string { return s.cfg.AppURL + "/jobs/" + j.id }

func (s *Sandbox) draftURL(j *job) string {
	return s.cfg.AppURL + map[Variant]string{Guide: "/job-post?job=", Reference: "/job-post?jobId="}[s.cfg.Variant] + j.id
}

// patch changes the caller's job, which must have this status. A field that is null is cleared. A field that was set is no longer a guess.
func (s *Sandbox) patch(c *call, status, otherwise string) *apiError {
	j := c.job
	patch, issues := s.cfg.Variant.decodeAll(c.body)
	switch {
	case issues != nil:
		return badRequest("Some fields are invalid.", object{"issues": issues})
	case j.status != status:
		return refuse(http.StatusConflict, otherwise, object{"jobId": j.id, "status": j.status, "requiredStatus": status})
	}
	maps.Copy(j.fields, patch)
	maps.DeleteFunc(j.fields, func(_ string, value any) bool { return value == nil })
	j.guesses = slices.DeleteFunc(j.guesses, func(g guess) bool { return patch.has(g.Field) })
	j.updated = s.cfg.Now()
	s.grow(j, c.body)
	return nil
}

// patchDraft is PATCH /job-drafts/{jobId} (developers/api-reference/job-drafts/update). It applies all fields or none.
func (s *Sandbox) patchDraft(c *call) *reply {
	if failure := s.patch(c, statusDraft, "This job is no longer a draft. Edit a live job with PATCH /jobs/{id}."); failure != nil {
		return failure
	}
	return ok(s.report(c.job, false))
}

// editJob is PATCH /jobs/{id} (developers/api-reference/jobs/update). A blocked edit is applied and turns the job back into a
// draft. The reference answers with 409, and the posting guide seems to answer with a report.
func (s *Sandbox) editJob(c *call) *reply {
	j, decision := c.job, "ALLOW"
	message := "Only an open job can be edited here; this one is " + j.status + "."
	if j.status == statusDraft {
		message = "This job is a draft. Edit it with PATCH /job-drafts/{jobId}."
	}
	if failure := s.patch(c, statusOpen, message); failure != nil {
		return failure
	}
	j.event, j.changed = eventUpdated, j.updated
	reasons := j.moderate()
	if len(reasons) > 0 {
		decision, j.status, j.event = "BLOCK", statusDraft, eventClosed
		if s.cfg.Variant == Reference {
			return refuse(http.StatusConflict, "Content moderation blocked the edit. It was applied, and the job was unpublished.",
				object{"jobId": j.id, "reason": "moderation_blocked", "reasons": reasons, "status": statusDraft})
		}
	}
	return ok(object{"ok": true, "jobId": j.id, "status": j.status, "moderation": object{"decision": decision, "reasons": reasons}})
}

// moderate returns why a job must not be published, by the rules of moderationText.
func (j *job) moderate() []string {
	reasons := []string{}
	for line := range strings.Lines(moderationText) {
		reason, pattern, isRule := strings.Cut(strings.TrimSpace(line), " = ")
		rule := regexp.MustCompile(`(?i)\b(?:` + pattern + `)\b`)
		if isRule && rule.MatchString(j.fields.text("jobTitle")+"\n"+j.fields.text("jobDescription")) {
			reasons = append(reasons, reason)
		}
	}
	return reasons
}

// publish is POST /jobs/{id}/publish (developers/api-reference/jobs/publish).
func (s *Sandbox) publish(c *call) *reply {
	j, now := c.job, s.cfg.Now()
	answer := object{"ok": true, "jobId": j.id, "status": statusOpen, "alreadyPublished": true, "jobUrl": s.jobURL(j),
		"publishAttemptId": nil, "warnings": []string{}, "sideEffects": object{"dispatched": false, "status": "skipped"}}
	if j.status == statusOpen {
		return ok(answer)
	}
	if failure := s.mayPublish(j, now); failure != nil {
		return failure
	}
	j.status, j.updated = statusOpen, now
	s.list(j, now)
	s.recruit(j, now)
	maps.Copy(answer, object{"alreadyPublished": false, "publishAttemptId": fmt.Sprintf("attempt_%d", j.place),
		"warnings": payWarnings(j.fields), "sideEffects": object{"dispatched": true, "status": "queued"}})
	return ok(answer)
}

// mayPublish checks status, validation, moderation and the daily limit, in this order. That the day of the limit slides, and
// that a job counts once, is our assumption.
func (s *Sandbox) mayPublish(j *job, now time.Time) *apiError {
	if j.status != statusDraft {
		return refuse(http.StatusConflict, "Only a draft can be published; this job is "+j.status+".",
			object{"jobId": j.id, "status": j.status, "requiredStatus": statusDraft})
	}
	if gaps, validation := s.check(j, false); len(gaps) > 0 {
		d := object{"validation": validation}
		if s.cfg.Variant == Guide {
			d["missingFields"] = gaps
		}
		return badRequest("The draft is not ready to be published: fields are missing.", d)
	}
	if reasons := j.moderate(); len(reasons) > 0 {
		return refuse(http.StatusForbidden, "Content moderation blocked this job. It stays a draft.",
			object{"reason": "moderation_blocked", "reasons": reasons})
	}
	limit, published := 3, 0
	if j.owner.Claimed {
		limit = 20
	}
	for _, other := range s.created {
		if other.owner.books == j.owner.books && other.posted.After(now.Add(-24*time.Hour)) {
			published++
		}
	}
	if published >= limit {
		return refuse(http.StatusTooManyRequests, fmt.Sprintf("The limit of %d published jobs in 24 hours is reached.", limit),
			object{"limit": limit, "windowHours": 24})
	}
	return nil
}

// closeJob is POST /jobs/{id}/close (developers/api-reference/jobs/close).
func (s *Sandbox) closeJob(c *call) *reply {
	j, already := c.job, c.job.status == statusArchived
	if !already {
		j.status, j.updated = statusArchived, s.cfg.Now()
	}
	if !already && j.isListed() {
		j.event, j.changed = eventClosed, j.updated
	}
	return ok(object{"ok": true, "jobId": j.id, "status": statusArchived, "alreadyClosed": already})
}

// The users of a sandbox, as values of freelancerId. Other ids are not found. The users are fictional and the same for every account.
const (
	FreelancerAvailable     = "freelancer_1" // can be invited: 201, then 200 with alreadyInvited
	FreelancerUnavailable   = "freelancer_2" // does not accept invitations: 409 freelancer_unavailable
	FreelancerAlsoAvailable = "freelancer_3" // can be invited too
	NotAFreelancer          = "employer_1"   // a user of another kind: 409 not_a_freelancer
)

// inviteTrainer is POST /jobs/{id}/invites (developers/api-reference/jobs/invite). The order of its checks is our assumption:
// job, body, status of the job, person.
func (s *Sandbox) inviteTrainer(c *call) *reply {
	value, issue := s.cfg.Variant.decodeOne(field{}, c.body["freelancerId"])
	if issue != nil {
		return badRequest("freelancerId is missing or invalid.", object{"issues": issue.at("freelancerId")})
	}
	j, freelancer := c.job, fmt.Sprint(value)
	conflict := func(message, reason string) *reply {
		return refuse(http.StatusConflict, message, object{"jobId": j.id, "freelancerId": freelancer, "reason": reason})
	}
	who := s.people[freelancer]
	if who != nil && who.id != freelancer { // by slug
		who = nil
	}
	switch {
	case j.status != statusOpen:
		return conflict("AI trainers can only be invited to a published job; this one is "+j.status+".", "job_not_published")
	case freelancer == FreelancerUnavailable:
		return conflict("This AI trainer isn't accepting invitations.", "freelancer_unavailable")
	case freelancer == NotAFreelancer:
		return conflict("This user is not an AI trainer.", "not_a_freelancer")
	case who == nil:
		return refuse(http.StatusNotFound, "There is no such user.", nil)
	}
	status, p := http.StatusOK, (*proposal)(nil)
	i := slices.IndexFunc(j.proposals, func(p *proposal) bool { return p.person.id == who.id })
	if i >= 0 {
		p = j.proposals[i] // who has applied needs no invitation
	} else {
		status, p = http.StatusCreated, s.propose(j, who, "proposal_"+j.id+"_"+who.id, s.cfg.Now())
		s.later(s.cfg.Now().Add(s.cfg.Pace), func(at time.Time) { s.apply(p, at) })
	}
	return &reply{status: status, body: object{"ok": true, "proposalId": p.id, "jobId": j.id,
		"freelancerId": freelancer, "alreadyInvited": i >= 0}}
}
