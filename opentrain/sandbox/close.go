package sandbox

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
		s.removeListing(j.id, j.updated)
	}
	return ok(map[string]any{"ok": true, "jobId": j.id, "status": statusArchived, "alreadyClosed": already})
}
