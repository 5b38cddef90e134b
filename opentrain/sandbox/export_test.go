package sandbox

// SetStatus puts a job into a state that no endpoint leads to yet.
func (s *Sandbox) SetStatus(id, status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.jobs[id].status = status
}
