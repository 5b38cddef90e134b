package sandbox

import (
	"cmp"
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
		Company       string // "" for the first account
		Posted, Saved int    // minutes before the sandbox was started; Saved is 0 for a job that wasn't changed
		Status, Event string // "" for a live job that wasn't changed
		Fields        map[string]json.RawMessage
	}
	if err := json.Unmarshal(seedJSON, &seeds); err != nil {
		panic(err) // the file is part of the program
	}
	own := s.accounts[s.cfg.Accounts[0].Token]
	ago := func(minutes int) time.Time { return s.started.Add(-time.Duration(minutes) * time.Minute) }
	for _, seed := range seeds {
		fields, _ := s.cfg.Variant.decodeAll(seed.Fields)
		j := &job{owner: own, status: cmp.Or(seed.Status, statusOpen), parsed: parsed{fields: fields},
			created: ago(seed.Posted), updated: ago(cmp.Or(seed.Saved, seed.Posted))}
		switch {
		case seed.Company != "":
			j.owner, j.id = &account{Account: Account{Name: seed.Company}}, fmt.Sprintf("market_%03d", len(s.jobs)-len(s.created)+1)
			s.jobs[j.id] = j
		case own != nil && s.cfg.History:
			s.add(j)
		default:
			continue
		}
		if j.status != statusDraft {
			s.list(j, j.created)
			j.changed, j.event = j.updated, cmp.Or(seed.Event, eventPublished)
		}
	}
}
