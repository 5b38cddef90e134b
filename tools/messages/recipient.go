package messages

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// preview is the whole message and who gets it.
func (m messages) preview(ctx context.Context, in sendMessageInput) (tool.Preview, error) {
	to, err := m.recipient(ctx, in.ConversationID)
	if err != nil {
		return tool.Preview{}, err
	}
	preview := tool.Preview{Changes: []string{"To: " + to, "In conversation: " + text.Visible(in.ConversationID), "Message:"}}
	for line := range strings.Lines(in.Content) {
		preview.Changes = append(preview.Changes, "> "+text.Visible(strings.TrimRight(line, "\r\n")))
	}
	if !confirm.Shows(preview) {
		return preview, tool.Problem("content", "is too long to show it to the human for a yes; send it in two messages")
	}
	return preview, nil
}

// recipient says who reads a conversation, as far as OpenTrain says. It fails if there is no such conversation.
func (m messages) recipient(ctx context.Context, conversationID string) (string, error) {
	page, err := m.API.ListConversations(ctx, opentrain.ConversationQuery{Limit: 100})
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(page.Items, func(c opentrain.Conversation) bool { return c.ID == conversationID })
	if i < 0 { // an older one, or none
		_, err := m.API.ListMessages(ctx, conversationID, opentrain.MessageQuery{Limit: 1})
		return "whoever is in the conversation (OpenTrain doesn't say who)", err
	}
	found := page.Items[i]
	name, about := "", ""
	if found.ProposalID != "" {
		about = "the candidate of proposal " + text.Stranger(text.Visible(found.ProposalID), maxID)
		if proposal, err := m.API.GetProposal(ctx, found.ProposalID); err == nil && proposal.Candidate != nil {
			who := proposal.Candidate
			name = text.Stranger(cmp.Or(who.DisplayName, text.Join(" ", who.FirstName, who.LastNameInitial)), 80)
		}
	}
	switch last := found.LastMessage; {
	case name != "":
		return text.JSON(name) + ", " + about, nil
	case about != "":
		return about, nil
	case found.ChannelName != "":
		return "everyone in the channel " + text.JSON(text.Stranger(found.ChannelName, 80)), nil
	case last != nil && !last.IsFromViewer && last.SenderUserID != "":
		return "user " + text.Stranger(last.SenderUserID, maxID), nil
	case found.JobID != "":
		return "whoever is in the conversation about job " + text.Stranger(found.JobID, maxID), nil
	}
	return "whoever is in the conversation (OpenTrain doesn't say who)", nil
}
