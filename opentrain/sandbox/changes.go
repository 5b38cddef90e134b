package sandbox

import (
	"cmp"
	"slices"
	"time"
)

// maxChanges is how many events one call returns; pass until as since to get more.
const maxChanges = 5000

// readTime parses an ISO 8601 date or a date and time. Without an offset, the time is UTC.
func readTime(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// listChanges is GET /jobs/changes, open to everyone: the latest event of each job since a time
// (developers/api-reference/jobs/changes).
func (s *Sandbox) listChanges(c *call) (reply, *apiError) {
	since, valid := readTime(c.request.URL.Query().Get("since"))
	if !valid {
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
