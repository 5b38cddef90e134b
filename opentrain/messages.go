package opentrain

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
)

// MaxMessage is the length limit of a message, in characters (developers/api-reference/messages/send).
const MaxMessage = 10_000

// ConversationQuery filters the caller's conversations.
type ConversationQuery struct {
	Filter     string // job (after a hire, and channels) or proposal (before a hire); "" means all
	UnreadOnly bool
	Limit      int    // page size, 1 to 100; 0 means the API's default (20)
	Cursor     string // NextCursor of the previous page
}

// ListConversations lists the caller's conversations, the latest activity first. It marks nothing as read. It needs the
// scope messages:read, and no claimed account (developers/api-reference/messages/list).
func (c *Client) ListConversations(ctx context.Context, query ConversationQuery) (*Page[Conversation], error) {
	unread := ""
	if query.UnreadOnly {
		unread = "true"
	}
	values := newQuery(query.Limit, "filter", query.Filter, "unreadOnly", unread, "cursor", query.Cursor)
	return fetchPage[Conversation](ctx, c, request{path: "/messages", query: values, member: "conversations"})
}

// Conversation is a conversation without its messages.
type Conversation struct {
	ID              string   `json:"id"`
	Type            string   `json:"type"`        // such as DIRECT_MESSAGE
	Bucket          string   `json:"bucket"`      // such as proposal
	JobID           string   `json:"jobId"`       // "" if it has none
	ProposalID      string   `json:"proposalId"`  // "" if it has none
	ChannelName     string   `json:"channelName"` // "" if it is no channel
	UpdatedAt       string   `json:"updatedAt"`   // RFC 3339
	LastMessage     *Message `json:"lastMessage"` // with its ID, content, sender and time only
	UnreadCount     int      `json:"unreadCount"`
	NeedsReplyCount int      `json:"needsReplyCount"`
	More
}

// MessageQuery selects messages of a conversation.
type MessageQuery struct {
	Direction string // older (than the cursor) or newer; "" means older
	Limit     int    // page size, 1 to 100; 0 means the API's default (20)
	Cursor    string // NextCursor of the previous page
}

// ListMessages lists messages of a conversation. It marks nothing as read. It needs the scope messages:read, and no
// claimed account. No page names the member that holds the list: if it isn't "messages", the only list of the response
// is used (developers/api-reference/messages/list).
func (c *Client) ListMessages(ctx context.Context, conversationID string, query MessageQuery) (*Page[Message], error) {
	if strings.TrimSpace(conversationID) == "" { // the API would list conversations
		return nil, invalidArgument("conversationId is empty")
	}
	values := newQuery(query.Limit, "conversationId", conversationID, "direction", query.Direction, "cursor", query.Cursor)
	return fetchPage[Message](ctx, c, request{path: "/messages", query: values, member: "messages", anyMember: true})
}

// Message is a message of a conversation. Its content is not trusted.
type Message struct {
	ID              string          `json:"id"`
	CreatedAt       string          `json:"createdAt"` // RFC 3339
	UpdatedAt       string          `json:"updatedAt"` // RFC 3339
	ConversationID  string          `json:"conversationId"`
	JobID           string          `json:"jobId"`
	SenderUserID    string          `json:"senderUserId"`
	IsFromViewer    bool            `json:"isFromViewer"` // the caller's side wrote it
	Content         string          `json:"content"`
	MessageType     string          `json:"messageType"`
	System          json.RawMessage `json:"system"` // no page shows its form
	HasUnreadFlag   bool            `json:"hasUnreadFlag"`
	AttachmentCount int             `json:"attachmentCount"`
	HasAudio        bool            `json:"hasAudio"`
	EditedAt        string          `json:"editedAt"` // RFC 3339, "" if it was not edited
	ReactionCount   int             `json:"reactionCount"`
	More
}

// SendMessage sends a message of up to MaxMessage characters. It makes no conversation: see StartConversation. It needs
// the scope messages:write, FeatureMessaging and a claimed account. It fails with BAD_REQUEST and details.issues
// (developers/api-reference/messages/send).
func (c *Client) SendMessage(ctx context.Context, conversationID, content string) (*Message, error) {
	body := map[string]string{"conversationId": conversationID, "content": content}
	req := request{method: http.MethodPost, path: "/messages", body: body, member: "message"}
	return fetch(ctx, c, req, "message", func(m *Message) bool { return m.ID != "" })
}
