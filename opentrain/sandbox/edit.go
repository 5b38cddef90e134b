package sandbox

// editJob is PATCH /jobs/{id} (developers/api-reference/jobs/update). A blocked edit is applied and turns the
// job back into a draft. The reference answers with 409, and the posting guide seems to answer with a report.
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
		s.updateListing(j, now)
		return ok(map[string]any{"ok": true, "jobId": j.id, "status": statusOpen,
			"moderation": map[string]any{"decision": "ALLOW", "reasons": []string{}}})
	}
	j.status = statusDraft
	s.removeListing(j.id, now)
	if s.variant == Guide {
		return ok(map[string]any{"ok": true, "jobId": j.id, "status": statusDraft,
			"moderation": map[string]any{"decision": "BLOCK", "reasons": reasons}})
	}
	return reply{}, conflict("Content moderation blocked the edit. It was applied, and the job was unpublished.",
		details{"jobId": j.id, "reason": "moderation_blocked", "reasons": reasons, "status": statusDraft})
}
