package sandbox

import (
	"cmp"
	"slices"
	"time"
)

// The kinds of events in the change feed (developers/api-reference/jobs/changes).
const (
	eventPublished = "PUBLISHED"
	eventUpdated   = "UPDATED"
	eventClosed    = "CLOSED"
)

// maxChanges is how many events one call returns.
const maxChanges = 5000

// listChanges is GET /jobs/changes, open to everyone: the latest event of each
// job since a time (developers/api-reference/jobs/changes).
func (s *Sandbox) listChanges(c *call) (reply, *apiError) {
	since, err := time.Parse(time.RFC3339Nano, c.request.URL.Query().Get("since"))
	if err != nil {
		failure := badRequest("since is required: an ISO 8601 time such as 2026-06-01T00:00:00Z.")
		failure.details = details{"field": "since"}
		return reply{}, failure
	}
	market, now := s.snapshot()
	type change struct {
		JobID      string `json:"jobId"`
		EventType  string `json:"eventType"`
		OccurredAt string `json:"occurredAt"`
	}
	latest := map[string]listing{}
	for _, l := range market {
		if known, found := latest[l.public.ID]; !found || !l.changed.Before(known.changed) {
			latest[l.public.ID] = l
		}
	}
	events := make([]listing, 0, len(latest))
	for _, l := range latest {
		if !l.changed.Before(since) {
			events = append(events, l)
		}
	}
	slices.SortFunc(events, func(a, b listing) int {
		return cmp.Or(a.changed.Compare(b.changed), cmp.Compare(a.seq, b.seq))
	})
	until := now
	if len(events) > maxChanges {
		events = events[:maxChanges]
		until = events[maxChanges-1].changed
	}
	changes := make([]change, 0, len(events))
	for _, l := range events {
		changes = append(changes, change{JobID: l.public.ID, EventType: l.event, OccurredAt: timestamp(l.changed)})
	}
	return public(map[string]any{
		"since": timestamp(since), "until": timestamp(until), "changes": changes, "generatedAt": timestamp(now),
	})
}

// facetCount is one value of a facet.
type facetCount struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

// listFacets is GET /jobs/facets, open to everyone
// (developers/api-reference/jobs/facets).
func (s *Sandbox) listFacets(*call) (reply, *apiError) {
	market, now := s.snapshot()
	total := 0
	categories, languages, countries, payTypes := map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}
	for _, l := range market {
		if l.event == eventClosed {
			continue
		}
		total++
		count(categories, l.public.Category)
		count(payTypes, l.public.Pay.PaymentType)
		count(languages, l.public.Languages...)
		count(countries, l.public.Countries...)
	}
	return public(map[string]any{
		"totalJobs": total, "categories": sorted(categories), "languages": sorted(languages),
		"countries": sorted(countries), "payTypes": sorted(payTypes), "generatedAt": timestamp(now),
	})
}

func count(counts map[string]int, values ...string) {
	for _, value := range values {
		if value != "" {
			counts[value]++
		}
	}
}

// sorted lists counts, the largest first.
func sorted(counts map[string]int) []facetCount {
	list := make([]facetCount, 0, len(counts))
	for value, n := range counts {
		list = append(list, facetCount{value, n})
	}
	slices.SortFunc(list, func(a, b facetCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	return list
}

// snapshot returns the marketplace and the time. The list may be read without
// the lock: it is added to or replaced, never changed.
func (s *Sandbox) snapshot() ([]listing, time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.market[:len(s.market):len(s.market)], s.now()
}

// public is an answer that everyone may read and caches may keep
// (developers/api-reference/jobs/search).
func public(body any) (reply, *apiError) {
	return reply{status: 200, body: body, header: map[string]string{
		"Access-Control-Allow-Origin": "*",
		"Cache-Control":               "public, s-maxage=300, stale-while-revalidate=3600",
	}}, nil
}
