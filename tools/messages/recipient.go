package messages

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// preview is the whole message and who gets it. lastOwn is the id of the account's last message before it.
func (m messages) preview(ctx context.Context, in sendMessageInput) (preview tool.Preview, lastOwn string, err error) {
	recent, err := m.API.ListMessages(ctx, in.ConversationID, opentrain.MessageQuery{Limit: 100})
	if err != nil {
		return preview, "", err
	}
	lastOwnAt := ""
	for _, each := range recent.Items {
		if writer(each) == fromYou && (lastOwn == "" || compareTimes(each.CreatedAt, lastOwnAt) > 0) {
			lastOwn, lastOwnAt = each.ID, each.CreatedAt
		}
	}
	to, err := m.recipient(ctx, in.ConversationID, recent.Items)
	if err != nil {
		return preview, "", err
	}
	preview.Warnings = in.sentBefore(recent.Items)
	preview.Changes = []string{"To: " + to, "In conversation: " + text.Visible(in.ConversationID), "Message:"}
	for line := range strings.Lines(in.Content) {
		preview.Changes = append(preview.Changes, "> "+text.VisibleLine(strings.TrimRight(line, "\r\n")))
	}
	if !confirm.Shows(preview) {
		err = tool.Problem("content", "is too long to show to the human for approval; send it as two messages")
	}
	return preview, lastOwn, err
}

// sentBefore warns of the same message from before.
func (in sendMessageInput) sentBefore(recent []opentrain.Message) []string {
	same := func(m opentrain.Message) bool {
		return m.IsFromViewer && strings.TrimSpace(m.Content) == strings.TrimSpace(in.Content)
	}
	return tool.Already(recent, same, func(m opentrain.Message) string {
		return text.Join(" ", "You already sent this message", text.Labeled("at", text.Stranger(m.CreatedAt, 40))) + "."
	}, "A yes sends it again.")
}

// others are the users who wrote to the account, in a fixed order.
func others(messages []opentrain.Message) []string {
	users := map[string]bool{}
	for _, each := range messages {
		if writer(each) == fromOther && each.SenderUserID != "" {
			users["user "+text.Stranger(each.SenderUserID, maxID)] = true
		}
	}
	return slices.Sorted(maps.Keys(users))
}

// recipient says who reads a conversation, as far as OpenTrain says. recent are its last messages.
func (m messages) recipient(ctx context.Context, conversationID string, recent []opentrain.Message) (string, error) {
	found, query := opentrain.Conversation{}, opentrain.ConversationQuery{Limit: 100}
	for range 5 { // 500 conversations, the latest first
		page, err := m.API.ListConversations(ctx, query)
		if err != nil {
			return "", err
		}
		i := slices.IndexFunc(page.Items, func(c opentrain.Conversation) bool { return c.ID == conversationID })
		if i >= 0 {
			found = page.Items[i]
		}
		if query.Cursor = page.NextCursor; i >= 0 || query.Cursor == "" {
			break
		}
	}
	if found.LastMessage != nil {
		recent = append(slices.Clip(recent), *found.LastMessage)
	}
	name, about := "", ""
	if found.ProposalID != "" {
		about = "the candidate of proposal " + text.Stranger(text.Visible(found.ProposalID), maxID)
		proposal, err := m.API.GetProposal(ctx, found.ProposalID)
		apiError, refused := errors.AsType[*opentrain.Error](err)
		if err != nil && (!refused || apiError.Code != opentrain.CodeNotFound && apiError.Code != opentrain.CodeForbidden) {
			return "", err // a name that comes and goes would void a yes
		}
		if err == nil && proposal.Candidate != nil {
			name = text.Stranger(proposal.Candidate.Name(), 80)
		}
	}
	switch {
	case name != "":
		return text.JSON(name) + ", " + about, nil
	case about != "":
		return about, nil
	case found.ChannelName != "":
		return "everyone in the channel " + text.JSON(text.Stranger(found.ChannelName, 80)), nil
	case len(others(recent)) > 0:
		return strings.Join(others(recent), ", "), nil
	case found.JobID != "":
		return "whoever is in the conversation about job " + text.Stranger(found.JobID, maxID), nil
	}
	return "whoever is in the conversation (OpenTrain doesn't say who)", nil
}
