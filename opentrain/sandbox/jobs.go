package sandbox

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
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

// job is a draft or a published job. It is guarded by Sandbox.mu.
type job struct {
	seq              int // position in Sandbox.created, from 1; 0 for jobs of other companies
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
	listing
}

// demands are the requirements of the description that are not field values.
type demands struct {
	dataset  bool // the work has a given amount of data
	language bool // the work needs a language
	nda      bool // confidentiality is mentioned, but no NDA
}

// guess is an entry of lowConfidenceFields, for a human to confirm. Its form is our assumption: the pages show no entry.
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

// add gives a job to its owner.
func (s *Sandbox) add(j *job) *job {
	s.created = append(s.created, j)
	j.seq, j.id = len(s.created), fmt.Sprintf("job_%d", len(s.created))
	s.jobs[j.id] = j
	return j
}

// title is what the job is called in lists.
func (j *job) title() string { return cmp.Or(j.fields.text("jobTitle"), "Untitled job") }

func (s *Sandbox) jobURL(j *job) string { return s.cfg.AppURL + "/jobs/" + j.id }

func (s *Sandbox) draftURL(j *job) string {
	key := "job"
	if s.cfg.Variant == Reference {
		key = "jobId"
	}
	return s.cfg.AppURL + "/job-post?" + key + "=" + j.id
}

// readPatch reads the fields in the body of a PATCH.
func (s *Sandbox) readPatch(c *call) (values, *apiError) {
	if len(c.body) == 0 {
		return nil, badRequest("The body names no field to change.",
			details{"issues": []issue{{"code": "custom", "path": []any{}, "message": "At least one field is required"}}})
	}
	patch, issues := s.cfg.Variant.decodeAll(c.body)
	if issues != nil {
		return nil, badRequest("The body has invalid fields.", details{"issues": issues})
	}
	return patch, nil
}

// apply sets fields. A nil value clears a field. A field that was set is no longer a guess.
func (j *job) apply(patch values, now time.Time) {
	maps.Copy(j.fields, patch)
	maps.DeleteFunc(j.fields, func(_ string, value any) bool { return value == nil })
	j.guesses = slices.DeleteFunc(j.guesses, func(g guess) bool { return patch.has(g.Field) })
	j.updated = now
}

// patchDraft is PATCH /job-drafts/{jobId} (developers/api-reference/job-drafts/update). It applies all fields or none.
func (s *Sandbox) patchDraft(c *call) (reply, *apiError) {
	patch, failure := s.readPatch(c)
	if failure != nil {
		return reply{}, failure
	}
	if failure := c.job.mustBe(statusDraft, "This job is no longer a draft. Edit a live job with PATCH /jobs/{id}."); failure != nil {
		return reply{}, failure
	}
	c.job.apply(patch, s.cfg.Now())
	return ok(s.report(c.job, false))
}

// mustBe refuses a job with another status.
func (j *job) mustBe(status, message string) *apiError {
	if j.status == status {
		return nil
	}
	return refuse(http.StatusConflict, message, details{"jobId": j.id, "status": j.status, "requiredStatus": status})
}

// editJob is PATCH /jobs/{id} (developers/api-reference/jobs/update). A blocked edit is applied and turns the job back into a
// draft. The reference answers with 409, and the posting guide seems to answer with a report.
func (s *Sandbox) editJob(c *call) (reply, *apiError) {
	j, now, decision := c.job, s.cfg.Now(), "ALLOW"
	patch, failure := s.readPatch(c)
	if failure != nil {
		return reply{}, failure
	}
	message := "Only an open job can be edited here; this one is " + j.status + "."
	if j.status == statusDraft {
		message = "This job is a draft. Edit it with PATCH /job-drafts/{jobId}."
	}
	if failure := j.mustBe(statusOpen, message); failure != nil {
		return reply{}, failure
	}
	j.apply(patch, now)
	j.event, j.changed = eventUpdated, now
	reasons := j.moderate()
	if len(reasons) > 0 {
		decision, j.status, j.event = "BLOCK", statusDraft, eventClosed
		if s.cfg.Variant == Reference {
			return reply{}, refuse(http.StatusConflict, "Content moderation blocked the edit. It was applied, and the job was unpublished.",
				details{"jobId": j.id, "reason": "moderation_blocked", "reasons": reasons, "status": statusDraft})
		}
	}
	return ok(object{"ok", true, "jobId", j.id, "status", j.status, "moderation", object{"decision", decision, "reasons", reasons}})
}

// moderate returns why a job must not be published. It simulates the content moderation of the real service with simple
// rules, so that a test can trigger each of them.
func (j *job) moderate() []string {
	reasons := []string{}
	for _, rule := range []struct{ pattern, reason string }{
		{`(?:send|share|give|provide|enter)\b[^.\n]{0,40}\b(?:passwords?|pin codes?|one-time codes?)`, "Asks for passwords or one-time codes."},
		{`bank(?:ing)?[ -](?:logins?|credentials|passwords?)`, "Asks for bank credentials."},
		{`(?:crypto|bitcoin|nft)[ -]giveaway`, "Advertises a crypto giveaway."},
		{`guaranteed (?:income|earnings|profits?)`, "Promises guaranteed earnings."},
		{`pay (?:a|an|the|us)\b[^.\n]{0,20}\b(?:registration|training|joining|upfront) fee`, "Asks trainers to pay a fee."},
		{`scam test phrase`, "Contains the phrase that tests moderation."},
	} {
		pattern := regexp.MustCompile(`(?i)\b(?:` + rule.pattern + `)\b`)
		if pattern.MatchString(j.fields.text("jobTitle") + "\n" + j.fields.text("jobDescription")) {
			reasons = append(reasons, rule.reason)
		}
	}
	return reasons
}

// publish is POST /jobs/{id}/publish (developers/api-reference/jobs/publish).
func (s *Sandbox) publish(c *call) (reply, *apiError) {
	j, now := c.job, s.cfg.Now()
	answer := func(already bool, attempt *string, warnings []string, status string) (reply, *apiError) {
		return ok(object{"ok", true, "jobId", j.id, "status", statusOpen, "alreadyPublished", already, "jobUrl", s.jobURL(j),
			"publishAttemptId", attempt, "warnings", warnings, "sideEffects", object{"dispatched", !already, "status", status}})
	}
	if j.status == statusOpen {
		return answer(true, nil, []string{}, "skipped")
	}
	if failure := s.mayPublish(j, now); failure != nil {
		return reply{}, failure
	}
	j.status, j.updated = statusOpen, now
	s.list(j, now)
	s.attempts++
	return answer(false, textOrNull(fmt.Sprintf("attempt_%d", s.attempts)), payWarnings(j.fields), "queued")
}

// mayPublish checks status, validation, moderation and the daily limit, in this order. That the day of the limit slides, and
// that a job counts once, is our assumption.
func (s *Sandbox) mayPublish(j *job, now time.Time) *apiError {
	if failure := j.mustBe(statusDraft, "Only a draft can be published; this job is "+j.status+"."); failure != nil {
		return failure
	}
	if gaps, names := s.missing(j); len(gaps) > 0 {
		d := details{"validation": validation(len(gaps), gaps)}
		if s.cfg.Variant == Guide {
			d = details{"validation": validation(len(gaps), names), "missingFields": gaps}
		}
		return badRequest("The draft is not ready to be published: fields are missing.", d)
	}
	if reasons := j.moderate(); len(reasons) > 0 {
		return refuse(http.StatusForbidden, "Content moderation blocked this job. It stays a draft.",
			details{"reason": "moderation_blocked", "reasons": reasons})
	}
	limit, published := 3, 0
	if j.owner.Claimed {
		limit = 20
	}
	for _, other := range s.created {
		if other.owner == j.owner && other.posted.After(now.Add(-24*time.Hour)) {
			published++
		}
	}
	if published >= limit {
		return refuse(http.StatusTooManyRequests, fmt.Sprintf("The limit of %d published jobs in 24 hours is reached.", limit),
			details{"limit": limit, "windowHours": 24})
	}
	return nil
}

// closeJob is POST /jobs/{id}/close (developers/api-reference/jobs/close).
func (s *Sandbox) closeJob(c *call) (reply, *apiError) {
	already := c.job.status == statusArchived
	if !already {
		c.job.close(s.cfg.Now())
	}
	return ok(object{"ok", true, "jobId", c.job.id, "status", statusArchived, "alreadyClosed", already})
}

func (j *job) close(now time.Time) {
	j.status, j.updated = statusArchived, now
	if j.isListed() {
		j.event, j.changed = eventClosed, now
	}
}

// The users of a sandbox, as values of freelancerId. Other ids are not found. The users are fictional and the same for every
// account.
const (
	// FreelancerAvailable can be invited: 201, then 200 with alreadyInvited.
	FreelancerAvailable = "freelancer_1"
	// FreelancerUnavailable does not accept invitations: 409 freelancer_unavailable.
	FreelancerUnavailable = "freelancer_2"
	// FreelancerAlsoAvailable is another user who can be invited.
	FreelancerAlsoAvailable = "freelancer_3"
	// NotAFreelancer is a user of another kind: 409 not_a_freelancer.
	NotAFreelancer = "employer_1"
)

// inviteTrainer is POST /jobs/{id}/invites (developers/api-reference/jobs/invite). The order of its checks is our assumption:
// job, body, status of the job, person.
func (s *Sandbox) inviteTrainer(c *call) (reply, *apiError) {
	value, issues := decodeString(0, c.body["freelancerId"], []any{"freelancerId"})
	if issues != nil {
		return reply{}, badRequest("freelancerId is missing or invalid.", details{"issues": issues})
	}
	j, freelancer := c.job, fmt.Sprint(value)
	conflict := func(message, reason string) (reply, *apiError) {
		return reply{}, refuse(http.StatusConflict, message, details{"jobId": j.id, "freelancerId": freelancer, "reason": reason})
	}
	switch {
	case j.status != statusOpen:
		return conflict("AI trainers can only be invited to a published job; this one is "+j.status+".", "job_not_published")
	case freelancer == FreelancerUnavailable:
		return conflict("This AI trainer isn't accepting invitations.", "freelancer_unavailable")
	case freelancer == NotAFreelancer:
		return conflict("This user is not an AI trainer.", "not_a_freelancer")
	case freelancer != FreelancerAvailable && freelancer != FreelancerAlsoAvailable:
		return reply{}, refuse(http.StatusNotFound, "There is no such user.", nil)
	}
	already, status := slices.Contains(j.invited, freelancer), http.StatusOK
	if !already {
		j.invited, status = append(j.invited, freelancer), http.StatusCreated
	}
	return reply{status: status, body: object{"ok", true, "proposalId", "proposal_" + j.id + "_" + freelancer, "jobId", j.id,
		"freelancerId", freelancer, "alreadyInvited", already}}, nil
}
