package sandbox

import "fmt"

// SetStatus sets a status that no endpoint sets.
func (s *Sandbox) SetStatus(id, status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.jobs[id].status = status
}

// ListJobs adds n jobs to the marketplace, without the daily limit.
func (s *Sandbox) ListJobs(n int) {
	s.lock()
	defer s.mu.Unlock()
	for i := range n {
		s.list(&job{id: fmt.Sprintf("bulk_%d", i+1), owner: &account{}}, s.cfg.Now())
	}
}

// NamedCountry and its siblings look up one name or code.
func NamedCountry(name string) (string, bool)  { c, known := namedCountry(name); return c.name, known }
func CodedCountry(code string) (string, bool)  { c, known := codedCountry(code); return c.name, known }
func NamedLanguage(name string) (string, bool) { return namedLanguage(name) }
func CodedLanguage(tag string) (string, bool)  { return codedLanguage(tag) }
