package market

import (
	"cmp"
	"encoding/base64"
	"slices"
	"time"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/opentrain"
)

// change is the latest event of one job.
type change struct {
	JobID      string `json:"jobId"`
	EventType  string `json:"eventType" jsonschema_description:"PUBLISHED, UPDATED or CLOSED."`
	OccurredAt string `json:"occurredAt"`

	position position
}

// readTime reads a time in ISO 8601. It has a zone if its text says so; else it is in UTC. A date is midnight in UTC.
func readTime(s string) (at time.Time, zoned, ok bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", time.DateOnly} {
		if at, err := time.Parse(layout, s); err == nil {
			return at, true, true
		}
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", time.DateTime, "2006-01-02 15:04"} {
		if at, err := time.Parse(layout, s); err == nil {
			return at, false, true
		}
	}
	return time.Time{}, false, false
}

// sortedChanges cleans events and sorts them: the API's pages promise no order. It counts those that say no job or no time.
func sortedChanges(changes []opentrain.Change) (events []change, unreadable int) {
	events = make([]change, 0, len(changes))
	for _, c := range changes {
		at, _, ok := readTime(c.OccurredAt)
		if !ok || c.JobID == "" {
			unreadable++
			continue
		}
		events = append(events, change{
			JobID: text.Stranger(c.JobID, 64), EventType: text.Stranger(c.EventType, 40), OccurredAt: text.Stranger(c.OccurredAt, 40),
			position: position{at, c.JobID},
		})
	}
	slices.SortFunc(events, func(a, b change) int { return a.position.compare(b.position) })
	return events, unreadable
}

// position is a point in the order of events: by time, then by job.
type position struct {
	time  time.Time
	jobID string
}

func (p position) compare(other position) int {
	return cmp.Or(p.time.Compare(other.time), cmp.Compare(p.jobID, other.jobID))
}

// cursor leads to what comes after a position. The API has no cursor for changes, but takes a time.
func (p position) cursor() string {
	return base64.RawURLEncoding.EncodeToString([]byte(p.time.UTC().Format(time.RFC3339Nano) + " " + p.jobID))
}
