package sandbox

import (
	"fmt"
	"strings"
)

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
func NamedCountry(name string) (string, bool)  { return named("countries", name) }
func CodedCountry(code string) (string, bool)  { return coded("countries", code) }
func NamedLanguage(name string) (string, bool) { return named("languages", name) }
func CodedLanguage(tag string) (string, bool)  { return coded("languages", tag) }

func named(what, name string) (string, bool) {
	p, known := namedPlace(what, name)
	return p.name, known
}

func coded(what, code string) (string, bool) {
	base, _, _ := strings.Cut(strings.ToLower(code), "-")
	p, known := allPlaces()[what].codes[base]
	return p.name, known
}

// HasRoom reports whether the first account has room for one more thing.
func (s *Sandbox) HasRoom() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accounts[s.cfg.Accounts[0].Token].books.used+sizeOfRecord <= maxOfAccount
}

// PrivateRoutes are the methods and paths of all endpoints that need a token.
func PrivateRoutes() (private [][2]string) {
	for _, r := range routes() {
		if !r.public {
			private = append(private, [2]string{r.method, strings.NewReplacer("{", "", "}", "").Replace(r.path)})
		}
	}
	return private
}
