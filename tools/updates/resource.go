package updates

import (
	"context"
	"errors"
	"time"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
)

// pollInterval is how often the feed is read for subscribers.
const pollInterval = 30 * time.Second

// resource is the end of the feed, for hosts that attach it to a conversation or subscribe to it.
func (u updates) resource() tool.Resource {
	return tool.Resource{
		URI: "opentrain://updates", Title: "Latest updates", MIMEType: "text/plain",
		Description: "The latest updates of the OpenTrain account: new proposals, messages, and changes to contracts and payments.",
		Needs:       []string{tool.PollUpdates},
		Read: func(ctx context.Context, by caller.Caller, _ string) (string, error) {
			found, err := u.newest(ctx, by, "", tool.DefaultPage)
			if err != nil {
				return "", errors.New("the updates couldn't be read: " + tool.Reason(err))
			}
			var l text.Lines
			if len(found.events) == 0 {
				l.Add("There are no updates yet.")
			}
			for _, e := range found.events {
				l.Add("- %s", inWords(e, tool.Served{}).line())
			}
			if found.more {
				l.Add("There are newer updates. Read this again.")
			}
			l.Field("Next cursor", string(found.cursor))
			return l.String() + "\n", nil
		},
		Changed: u.changed, Interval: pollInterval,
	}
}
