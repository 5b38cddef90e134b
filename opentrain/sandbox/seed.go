package sandbox

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"time"
)

// seedJSON has the jobs that are there from the start, oldest first. They are fictional, including companies and people.
//
//go:embed seed.json
var seedJSON []byte

// seed creates the jobs of the marketplace, and those of the first account if it has a history.
func (s *Sandbox) seed() {
	s.jobs = map[string]*job{}
	var seeds []struct {
		Company string // "" for the first account
		Posted  int    // minutes before the sandbox was started
		Changed int    // minutes before too; 0 if it was never changed
		Status  string // "" for a live job
		Fields  map[string]json.RawMessage
	}
	if err := json.Unmarshal(seedJSON, &seeds); err != nil {
		panic(err) // the file is part of the program
	}
	own, known := s.accounts[s.cfg.Accounts[0].Token]
	for _, seed := range seeds {
		fields, _ := s.cfg.Variant.decodeAll(seed.Fields)
		posted := s.started.Add(-time.Duration(seed.Posted) * time.Minute)
		j := &job{owner: &account{Account: Account{Name: seed.Company}}, status: statusOpen, fields: fields, created: posted, updated: posted}
		switch {
		case seed.Company != "":
			j.id = fmt.Sprintf("market_%03d", len(s.jobs)-len(s.created)+1)
			s.jobs[j.id] = j
		case known && s.cfg.History:
			j.owner = own
			s.add(j)
		default:
			continue
		}
		if seed.Status != statusDraft {
			s.list(j, posted)
		}
		if seed.Changed > 0 {
			j.changed = s.started.Add(-time.Duration(seed.Changed) * time.Minute)
			j.updated, j.event = j.changed, eventUpdated
		}
		switch seed.Status {
		case statusDraft:
			j.status = statusDraft
		case statusArchived:
			j.close(j.changed)
		}
	}
}
