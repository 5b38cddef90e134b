package sandbox

import (
	"net/http"
	"slices"
	"time"
)

// editJob is PATCH /jobs/{id} (developers/api-reference/jobs/update). A blocked
// edit is applied and takes the job back to a draft: the reference answers 409,
// the posting guide reads as if the answer were a report.
func (s *Sandbox) editJob(c *call) (reply, *apiError) {
	set, failure := s.readPatch(c)
	if failure != nil {
		return reply{}, failure
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.own(c)
	if j == nil {
		return reply{}, noSuchJob()
	}
	if j.status != statusOpen {
		message := "Only an open job can be edited here; this one is " + j.status + "."
		if j.status == statusDraft {
			message = "This job is a draft. Edit it with PATCH /job-drafts/{jobId}."
		}
		return reply{}, conflict(message, details{"jobId": j.id, "status": j.status, "requiredStatus": statusOpen})
	}
	now := s.now()
	j.apply(set)
	j.updated = now
	reasons := moderate(j.fields.text("jobTitle"), j.fields.text("jobDescription"))
	if reasons == nil {
		s.relist(j, now)
		return ok(map[string]any{"ok": true, "jobId": j.id, "status": statusOpen,
			"moderation": map[string]any{"decision": "ALLOW", "reasons": []string{}}})
	}
	j.status = statusDraft
	s.unlist(j.id, now)
	if s.variant == Guide {
		return ok(map[string]any{"ok": true, "jobId": j.id, "status": statusDraft,
			"moderation": map[string]any{"decision": "BLOCK", "reasons": reasons}})
	}
	return reply{}, conflict("Content moderation blocked the edit. It was applied, and the job was unpublished.",
		details{"jobId": j.id, "reason": "moderation_blocked", "reasons": reasons, "status": statusDraft})
}

// closeJob is POST /jobs/{id}/close (developers/api-reference/jobs/close).
func (s *Sandbox) closeJob(c *call) (reply, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.own(c)
	if j == nil {
		return reply{}, noSuchJob()
	}
	already := j.status == statusArchived
	if !already {
		j.status, j.updated = statusArchived, s.now()
		s.unlist(j.id, j.updated)
	}
	return ok(map[string]any{"ok": true, "jobId": j.id, "status": statusArchived, "alreadyClosed": already})
}

// unlist takes a job off the marketplace. The caller holds s.mu. The list is
// replaced, not changed: a search may be reading it.
func (s *Sandbox) unlist(id string, now time.Time) {
	s.market = slices.Clone(s.market)
	for i := range s.market {
		if s.market[i].public.ID == id && s.market[i].event != eventClosed {
			s.market[i].event, s.market[i].changed = eventClosed, now
		}
	}
}

// relist brings a listing up to date with its job. The caller holds s.mu.
func (s *Sandbox) relist(j *job, now time.Time) {
	s.market = slices.Clone(s.market)
	for i, l := range s.market {
		if l.public.ID != j.id || l.event == eventClosed {
			continue
		}
		fresh := newListing(l.seq, s.publicJob(j, now))
		fresh.public.DatePosted, fresh.public.ValidThrough = l.public.DatePosted, l.public.ValidThrough
		fresh.event, fresh.changed = eventUpdated, now
		s.market[i] = fresh
	}
}

// The people that can be invited, by id: one who can be hired, and two who
// cannot.
const (
	FreelancerAvailable   = "freelancer_1"
	FreelancerUnavailable = "freelancer_2"
	NotAFreelancer        = "employer_1"
)

// inviteTrainer is POST /jobs/{id}/invites (developers/api-reference/jobs/invite).
func (s *Sandbox) inviteTrainer(c *call) (reply, *apiError) {
	body, failure := c.object()
	if failure != nil {
		return reply{}, failure
	}
	id, issues := decodeString(0, body["freelancerId"], []any{"freelancerId"})
	if issues != nil {
		failure := badRequest("freelancerId is missing or invalid.")
		failure.details = details{"issues": issues}
		return reply{}, failure
	}
	freelancer, _ := id.(string)
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.own(c)
	if j == nil {
		return reply{}, noSuchJob()
	}
	refuse := func(reason string) (reply, *apiError) {
		return reply{}, conflict("This person cannot be invited to this job.", details{"reason": reason})
	}
	switch {
	case j.status != statusOpen:
		return refuse("job_not_published")
	case freelancer == NotAFreelancer:
		return refuse("not_a_freelancer")
	case freelancer == FreelancerUnavailable:
		return refuse("freelancer_unavailable")
	case freelancer != FreelancerAvailable:
		return reply{}, notFound("There is no such user.")
	}
	already := slices.Contains(j.invited, freelancer)
	status := http.StatusOK
	if !already {
		j.invited, status = append(j.invited, freelancer), http.StatusCreated
	}
	return reply{status: status, body: map[string]any{
		"ok": true, "proposalId": "proposal_" + j.id + "_" + freelancer, "jobId": j.id, "freelancerId": freelancer, "alreadyInvited": already,
	}}, nil
}
