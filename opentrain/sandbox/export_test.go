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

// MissedByStems returns the patterns that match a text without any of their stems.
func MissedByStems(text string) []string {
	all := []pattern{datasetPattern, genericWork, fromTo, titleLine, mentionsNDA, mustSign, noNDA,
		hintLabel, hintPiece, hintHour, hintJob, notExpert, noExperience, professionals}
	for _, t := range taskTable {
		all = append(all, t.pattern)
	}
	for _, s := range subjects {
		all = append(all, s.pattern)
	}
	for _, r := range requirements {
		all = append(all, r.pattern)
	}
	for _, l := range levelWords {
		all = append(all, l.pattern)
	}
	var missed []string
	folded := fold(text)
	for _, p := range all {
		if p.Regexp != nil && p.MatchString(text) && !p.mayMatch(folded) {
			missed = append(missed, p.String())
		}
	}
	return missed
}

// NamedCountry and its siblings look up one name or code.
func NamedCountry(name string) (string, bool)  { c, known := namedCountry(name); return c.name, known }
func CodedCountry(code string) (string, bool)  { c, known := codedCountry(code); return c.name, known }
func NamedLanguage(name string) (string, bool) { return namedLanguage(name) }
func CodedLanguage(tag string) (string, bool)  { return codedLanguage(tag) }
