package messages

import (
	"cmp"
	"slices"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// conversation is a conversation with its last message.
type conversation struct {
	ID         string   `json:"id"`
	About      string   `json:"about,omitempty"`
	JobID      string   `json:"jobId,omitempty"`
	ProposalID string   `json:"proposalId,omitempty"`
	Channel    string   `json:"channel,omitempty"`
	UpdatedAt  string   `json:"updatedAt,omitempty"`
	Unread     int      `json:"unread"`
	NeedsReply int      `json:"needsReply"`
	Last       *message `json:"lastMessage,omitempty"`
}

func (conversation) JSONSchema() *schema.Node {
	return tool.PlainObject("id, about (proposal or job), jobId, proposalId, channel, updatedAt, unread, needsReply, " +
		"lastMessage (from, senderUserId, sentAt, content).")
}

func summarize(c opentrain.Conversation) conversation {
	s := conversation{
		ID: text.Stranger(c.ID, maxID), About: text.Stranger(cmp.Or(c.Bucket, c.Type), 40), JobID: text.Stranger(c.JobID, maxID),
		ProposalID: text.Stranger(c.ProposalID, maxID), Channel: text.Stranger(c.ChannelName, 80), UpdatedAt: text.Stranger(c.UpdatedAt, 40),
		Unread: c.UnreadCount, NeedsReply: c.NeedsReplyCount,
	}
	if c.LastMessage != nil {
		last := cleaned(*c.LastMessage, 300)
		s.Last = &last
	}
	return s
}

func (c conversation) line() string {
	unread, waiting := "", ""
	if c.Unread > 0 {
		unread = text.Count(c.Unread, "unread message")
	}
	if c.NeedsReply > 0 {
		waiting = "needs a reply"
	}
	about := text.Join(" · ", c.About, text.Labeled("proposal", c.ProposalID), text.Labeled("job", c.JobID))
	return text.Join(" · ", "Conversation "+c.ID, about, unread, waiting, c.UpdatedAt)
}

// afterConversations opens the first conversation that needs a reply, or the only one.
func (o readMessagesOutput) afterConversations() tool.Next {
	i := slices.IndexFunc(o.Conversations, func(c conversation) bool { return c.NeedsReply > 0 || c.Unread > 0 })
	switch {
	case i >= 0, len(o.Conversations) == 1:
		return tool.Next{
			Action: tool.CallTool, Tool: tool.ReadMessages, Arguments: map[string]any{"conversationId": o.Conversations[max(i, 0)].ID},
			Note: "To read another one, use its id.",
		}
	case len(o.Conversations) > 0:
		return tool.Next{Action: tool.Done, Note: "To read one, pass its id as conversationId."}
	case o.filtered && !o.later:
		return tool.Next{Action: tool.CallTool, Tool: tool.ReadMessages, Arguments: map[string]any{}, Note: "See all conversations."}
	case o.later:
		return tool.Next{Action: tool.Done}
	}
	return tool.Next{Action: tool.Done,
		Note: "To write to a candidate, use " + tool.StartProposalConversation + " with the id of a proposal from " + tool.ListProposals + ".",
	}
}
