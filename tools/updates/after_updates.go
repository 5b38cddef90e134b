package updates

import "opentrain-mcp/internal/tool"

// next is the step after a page. History can be long, so its first page names the way to the newest.
func (o pollUpdatesOutput) next(in pollUpdatesInput, limit int) tool.Next {
	switch {
	case o.HasMore && o.NextCursor != "":
		arguments, note := map[string]any{"cursor": o.NextCursor}, "There are more updates."
		if in.Newest {
			arguments["newest"] = true
		}
		if o.FromStart {
			note += " To skip to the newest ones, pass newest: true without a cursor."
		}
		if limit != tool.DefaultPage {
			arguments["limit"] = limit
		}
		return tool.Next{Action: tool.CallTool, Tool: tool.PollUpdates, Arguments: arguments, Note: note}
	case o.NextCursor == "":
		return tool.Next{Action: tool.Done, Note: "Nothing has happened yet. Call again later, without a cursor."}
	}
	return tool.Next{Action: tool.Done, Note: "That's everything for now. Next time, pass nextCursor to see only what's new."}
}
