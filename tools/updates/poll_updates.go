package updates

import (
	"cmp"
	"context"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

type pollUpdatesInput struct {
	Cursor string `json:"cursor,omitempty" jsonschema:"maxLength=2000"`
	Newest bool   `json:"newest,omitempty"`
	Limit  int    `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100,default=10" jsonschema_description:"Updates per page."`
}

func (pollUpdatesInput) JSONSchemaExtend(s *schema.Node) {
	schema.Describe(s, map[string]string{
		"cursor": "nextCursor of the previous call. Without it, the feed starts at the account's first update.",
		"newest": "Skip to the newest updates.",
	})
}

type pollUpdatesOutput struct {
	Updates     []event   `json:"updates" jsonschema_description:"What happened, oldest first."`
	NextCursor  string    `json:"nextCursor,omitempty" jsonschema_description:"Pass as cursor next time, even after an empty page."`
	HasMore     bool      `json:"hasMore" jsonschema_description:"There are more updates now."`
	FromStart   bool      `json:"fromStart,omitempty" jsonschema_description:"These are the account's oldest updates."`
	Older       bool      `json:"older,omitempty" jsonschema_description:"There are older updates, which were skipped."`
	Cut         string    `json:"cut,omitempty" jsonschema_description:"What was left out."`
	Interpreted []string  `json:"interpreted,omitempty"`
	Next        tool.Next `json:"next" jsonschema_description:"What to do now."`

	newest bool
}

func (u updates) pollUpdates() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.PollUpdates, Title: "Poll updates", Kind: tool.KindRead,
		Description: "List what happened to the account: new proposals and messages, changes to contracts, milestones, payments and " +
			"approvals, with the tool that shows each. " +
			"Use newest to catch up, then pass nextCursor on every later call: no update is lost, even after an empty page. " +
			"To be notified instead, use opentrain_create_webhook. For all proposals of one job, use opentrain_list_proposals. " +
			"Leaves out what the token's scopes (proposals, messages, payments) don't cover. Changes nothing.",
		NotFound: "OpenTrain finds no updates for this account.", Find: tool.GetAccountNext("See which account it is."),
	}, u.poll)
}

func (u updates) poll(ctx context.Context, call tool.Call, in pollUpdatesInput) (pollUpdatesOutput, *tool.Ask, error) {
	limit := cmp.Or(in.Limit, tool.DefaultPage)
	if in.Newest {
		out, err := u.pollNewest(ctx, call, in.Cursor, limit)
		return out, nil, err
	}
	sent := 0
	out, cut, err := tool.FitPage(call, limit, func(limit int) (pollUpdatesOutput, error) {
		page, err := u.page(ctx, opentrain.EventID(in.Cursor), limit)
		if err != nil {
			return pollUpdatesOutput{}, err
		}
		sent = len(page.Events)
		return pollUpdatesOutput{
			Updates: eventsInWords(page.Events, call.Served), NextCursor: tool.Cursor(string(page.NextCursor)), HasMore: page.HasMore,
			FromStart: in.Cursor == "", Interpreted: call.Interpreted,
		}, nil
	}, func(out *pollUpdatesOutput) *[]event { return &out.Updates })
	if err != nil {
		return out, nil, err
	}
	if shown := len(out.Updates); shown > 0 && shown < sent { // the API sent more than was asked for
		out.NextCursor, out.HasMore = out.Updates[shown-1].ID, true
	}
	out.Cut = cut
	out.Next = out.next(in, limit)
	return out, nil, nil
}

// pollNewest shows the last updates of the feed.
func (u updates) pollNewest(ctx context.Context, call tool.Call, cursor string, limit int) (pollUpdatesOutput, error) {
	found, err := u.newest(ctx, call.Caller, cursor, limit)
	if err != nil {
		return pollUpdatesOutput{}, err
	}
	cut := (*pollUpdatesOutput).cutOldest
	tool.Shorten(call, cut, cut, cut)
	out := pollUpdatesOutput{
		Updates: eventsInWords(found.events, call.Served), NextCursor: tool.Cursor(string(found.cursor)), HasMore: found.more,
		Older: found.older, Interpreted: call.Interpreted, newest: true,
	}
	out.Next = out.next(pollUpdatesInput{Newest: true}, limit)
	return out, nil
}

// cutOldest leaves out the older half.
func (o *pollUpdatesOutput) cutOldest() {
	o.Older, o.Updates = true, o.Updates[len(o.Updates)/2:]
	o.Cut = "Only " + text.Count(len(o.Updates), "update") + ", to keep the result short."
}

func (o pollUpdatesOutput) Text() string {
	var l text.Lines
	count, order := text.Count(len(o.Updates), "update"), ""
	if len(o.Updates) > 1 {
		order = ", oldest first"
	}
	switch {
	case len(o.Updates) == 0 && o.HasMore:
		l.Add("There are no updates on this page that your token can read.")
	case len(o.Updates) == 0:
		l.Add("There are no new updates.")
	case o.newest && len(o.Updates) == 1:
		l.Add("The newest update.")
	case o.newest:
		l.Add("The newest %s%s.", count, order)
	case o.FromStart:
		l.Add("%s from the beginning of the account's history%s.", count, order)
	default:
		l.Add("%s%s.", count, order)
	}
	if o.Older {
		l.Add("Older updates were skipped. To read them, call without newest.")
	}
	l.Fields("Interpreted", o.Interpreted)
	for _, e := range o.Updates {
		l.Add("- %s", e.line())
	}
	l.Field("Left out", o.Cut)
	if o.NextCursor != "" {
		l.Add("Next cursor: %s", text.Exact(o.NextCursor))
	}
	return l.With(o.Next)
}
