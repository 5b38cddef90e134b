package market

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
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
	Cut         string    `json:"cut,omitempty" jsonschema_description:"What was left out."`
	Interpreted []string  `json:"interpreted,omitempty"`
	Next        tool.Next `json:"next" jsonschema_description:"What to do now."`
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
	after, reading, err := in.start()
	if err != nil {
		return listChangesOutput{}, nil, err
	}
	if reading != "" {
		call.Interpreted = append(call.Interpreted, "since: "+reading)
	}
	answer, err := m.api.ListChanges(ctx, after.time)
	if err != nil {
		return listChangesOutput{}, nil, err
	}
	limit := cmp.Or(in.Limit, tool.DefaultPage)
	out := listChangesOutput{Changes: []change{}, Interpreted: call.Interpreted, Next: tool.Next{Action: tool.Done}}
	events, unreadable := sortedChanges(answer.Changes)
	if unreadable > 0 {
		out.Cut = text.Count(unreadable, "event") + " whose job or time this server can't read"
		out.Next.Note = "Pass the same since next time: these events may be readable then."
	}
	for _, event := range events {
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
	if unreadable == 0 { // else the next call would pass over what isn't shown
		out.Until = text.Stranger(answer.Until, 40)
	}
	return out, nil, nil
}

// start is the position after which the page begins, and how since was read if that isn't plain.
func (in listChangesInput) start() (after position, reading string, err error) {
	switch {
	case in.Cursor != "":
		data, err := base64.RawURLEncoding.DecodeString(in.Cursor)
		at, jobID, found := strings.Cut(string(data), " ")
		since, errTime := time.Parse(time.RFC3339Nano, at)
		if err != nil || errTime != nil || !found {
			return position{}, "", tool.Problem("cursor", "is not a cursor from this tool; pass nextCursor unchanged")
		}
		if in.Since != "" {
			reading = "ignored, because cursor is set"
		}
		return position{since, jobID}, reading, nil
	case in.Since == "":
		return position{}, "", tool.Problem("since", "is required: a date or RFC 3339 time, such as 2026-06-01T00:00:00Z")
	}
	since, zoned, ok := readTime(in.Since)
	switch {
	case !ok:
		return position{}, "", tool.Problem("since", "is not a time; send a date or RFC 3339 time, such as 2026-06-01T00:00:00Z")
	case !zoned:
		reading = fmt.Sprintf("%q was read as %s", in.Since, since.Format(time.RFC3339))
	}
	return position{time: since}, reading, nil // before every job of that time: an id is never empty
}

func (o listChangesOutput) Text() string {
	var l text.Lines
	switch {
	case len(o.Changes) > 0:
		l.Add("%s on this page, oldest first.", text.Count(len(o.Changes), "change"))
	case o.Cut != "":
		l.Add("There are no changes that this server can read.")
	default:
		l.Add("There are no changes.")
	}
	l.Fields("Interpreted", o.Interpreted)
	for _, change := range o.Changes {
		l.Add("%s %s (id %s)", change.OccurredAt, change.EventType, change.JobID)
	}
	l.Field("Left out", o.Cut)
	if o.NextCursor != "" {
		l.Add("More: pass cursor %s.", text.Exact(o.NextCursor))
	}
	l.Field("Next time pass since", o.Until)
	return l.With(o.Next)
}
