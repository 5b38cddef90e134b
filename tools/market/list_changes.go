package market

import (
	"cmp"
	"context"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

type listChangesInput struct {
	Since  string `json:"since,omitempty" jsonschema:"maxLength=40"`
	Limit  int    `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100,default=10" jsonschema_description:"Events per page."`
	Cursor string `json:"cursor,omitempty" jsonschema:"maxLength=2000"`
}

func (listChangesInput) JSONSchemaExtend(s *schema.Node) {
	schema.Describe(s, map[string]string{
		"since":  "Date or RFC 3339 time, such as 2026-06-01T00:00:00Z. Required without cursor.",
		"cursor": "nextCursor of the previous page, instead of since.",
	})
}

type listChangesOutput struct {
	Changes     []change  `json:"changes" jsonschema_description:"Latest event of each job, oldest first."`
	NextCursor  string    `json:"nextCursor,omitempty" jsonschema_description:"Pass as cursor for the next page."`
	Until       string    `json:"until,omitempty" jsonschema_description:"Pass as since next time; on the last page only."`
	Interpreted []string  `json:"interpreted,omitempty"`
	Next        tool.Next `json:"next" jsonschema_description:"What to do now."`
}

// change is the latest event of one job.
type change struct {
	JobID      string `json:"jobId"`
	EventType  string `json:"eventType" jsonschema_description:"PUBLISHED, UPDATED or CLOSED."`
	OccurredAt string `json:"occurredAt"`

	position position
}

func (m market) listChanges() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.ListChanges, Title: "List job changes", Kind: tool.KindPublicRead,
		Description: "List the jobs on OpenTrain that were published, updated or closed since a given time: the latest event of each, " +
			"oldest first. " +
			"Use it to follow the market or to keep a copy of it up to date. " +
			"To see a job, use opentrain_get_job. Drafts don't appear. Events can be five minutes late. Changes nothing.",
	}, m.follow)
}

func (m market) follow(ctx context.Context, call tool.Call, in listChangesInput) (listChangesOutput, *tool.Ask, error) {
	after, err := in.start()
	if err != nil {
		return listChangesOutput{}, nil, err
	}
	if in.Cursor != "" && in.Since != "" {
		call.Interpreted = append(call.Interpreted, "since: ignored, because cursor is set")
	}
	answer, err := m.api.ListChanges(ctx, after.time)
	if err != nil {
		return listChangesOutput{}, nil, err
	}
	limit := cmp.Or(in.Limit, tool.DefaultPage)
	out := listChangesOutput{Changes: []change{}, Interpreted: call.Interpreted, Next: tool.Next{Action: tool.Done}}
	for _, event := range sortedChanges(answer.Changes) {
		if event.position.compare(after) <= 0 {
			continue
		}
		if shown := len(out.Changes); shown == limit || shown > 0 && shown%20 == 0 && tool.Size(out) > tool.MaxResult*3/4 {
			out.NextCursor = after.cursor()
			return out, nil, nil
		}
		out.Changes, after = append(out.Changes, event), event.position
	}
	if len(answer.Changes) >= opentrain.MaxChanges && len(out.Changes) > 0 {
		out.NextCursor = after.cursor() // the API has more than it returns at once
		return out, nil, nil
	}
	out.Until = text.Stranger(answer.Until, 40)
	return out, nil, nil
}

// start is the position after which the page begins.
func (in listChangesInput) start() (position, error) {
	switch {
	case in.Cursor != "":
		data, err := base64.RawURLEncoding.DecodeString(in.Cursor)
		at, jobID, found := strings.Cut(string(data), " ")
		since, errTime := time.Parse(time.RFC3339Nano, at)
		if err != nil || errTime != nil || !found {
			return position{}, tool.Problem("cursor", "is not a cursor from this tool; pass nextCursor unchanged")
		}
		return position{since, jobID}, nil
	case in.Since == "":
		return position{}, tool.Problem("since", "is required: a date or RFC 3339 time, such as 2026-06-01T00:00:00Z")
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly, "2006-01-02T15:04:05", "2006-01-02 15:04:05"} {
		if since, err := time.Parse(layout, in.Since); err == nil {
			return position{time: since}, nil // before every job of that time: an id is never empty
		}
	}
	return position{}, tool.Problem("since", "is not a time; send a date or RFC 3339 time, such as 2026-06-01T00:00:00Z")
}

// sortedChanges cleans events and sorts them: the API's pages promise no order.
func sortedChanges(changes []opentrain.Change) []change {
	events := make([]change, 0, len(changes))
	for _, c := range changes {
		at, err := time.Parse(time.RFC3339Nano, c.OccurredAt)
		if err != nil || c.JobID == "" {
			continue // not an event
		}
		events = append(events, change{
			JobID: text.Stranger(c.JobID, 64), EventType: text.Stranger(c.EventType, 40), OccurredAt: text.Stranger(c.OccurredAt, 40),
			position: position{at, c.JobID},
		})
	}
	slices.SortFunc(events, func(a, b change) int { return a.position.compare(b.position) })
	return events
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

func (o listChangesOutput) Text() string {
	var l text.Lines
	if len(o.Changes) > 0 {
		l.Add("%s on this page, oldest first.", text.Count(len(o.Changes), "change"))
	} else {
		l.Add("There are no changes.")
	}
	l.Fields("Interpreted", o.Interpreted)
	for _, change := range o.Changes {
		l.Add("%s %s (id %s)", change.OccurredAt, change.EventType, change.JobID)
	}
	if o.NextCursor != "" {
		l.Add("More: pass cursor %s.", text.Exact(o.NextCursor))
	}
	l.Field("Next time pass since", o.Until)
	return l.With(o.Next)
}
