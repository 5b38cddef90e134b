package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// The kinds of events in the change feed (developers/api-reference/jobs/changes).
const (
	eventPublished = "PUBLISHED"
	eventUpdated   = "UPDATED"
	eventClosed    = "CLOSED"
)

// listing is a published job in the marketplace.
type listing struct {
	seq    int // position in the order of publication, from 1
	public publicJob
	words  string // lower case; searched for q
	// event is the latest event, at the time changed.
	event   string
	changed time.Time
}

// addListing adds a job to the marketplace. The caller holds s.mu.
func (s *Sandbox) addListing(p publicJob, now time.Time) {
	l := newListing(len(s.market)+1, p)
	l.changed = now
	s.market = append(s.market, l)
}

func newListing(seq int, p publicJob) listing {
	words := strings.Join([]string{p.Title, p.DescriptionText, strings.Join(p.LabelTypes, " "), p.Category}, "\n")
	return listing{seq: seq, public: p, words: strings.ToLower(words), event: eventPublished}
}

// removeListing removes a job from the marketplace. The caller holds s.mu. It replaces the list, because a
// search may be reading the old one.
func (s *Sandbox) removeListing(id string, now time.Time) {
	s.market = slices.Clone(s.market)
	for i := range s.market {
		if s.market[i].public.ID == id && s.market[i].event != eventClosed {
			s.market[i].event, s.market[i].changed = eventClosed, now
		}
	}
}

// updateListing updates the listing of a job. The caller holds s.mu.
func (s *Sandbox) updateListing(j *job, now time.Time) {
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

// snapshot returns the marketplace and the time. The list may be read without the lock: it is appended to or
// replaced, never modified.
func (s *Sandbox) snapshot() ([]listing, time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.market[:len(s.market):len(s.market)], s.now()
}

// public is a cacheable response for everyone (developers/api-reference/jobs/search).
func public(body any) (reply, *apiError) {
	header := openToAll()
	header["Cache-Control"] = "public, s-maxage=300, stale-while-revalidate=3600"
	return reply{status: http.StatusOK, header: header, body: body}, nil
}

// openToAll is the header that lets pages of any origin read a response.
func openToAll() map[string]string {
	return map[string]string{"Access-Control-Allow-Origin": "*"}
}
