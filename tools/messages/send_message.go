package messages

import (
	"context"

	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/draft"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

type sendMessageInput struct {
	ConversationID string `json:"conversationId" jsonschema:"minLength=1,maxLength=100"`
	Content        string `json:"content" jsonschema:"minLength=1,maxLength=10000"`

	confirm.Asking
}

func (sendMessageInput) JSONSchemaExtend(s *schema.Node) {
	schema.Describe(s, map[string]string{
		"conversationId": "From opentrain_start_proposal_conversation or opentrain_read_messages.",
		"content":        "The whole message, as the other side will read it.",
	})
}

type sendMessageOutput struct {
	ConversationID string    `json:"conversationId"`
	Sent           bool      `json:"sent"`
	MessageID      string    `json:"messageId,omitempty"`
	SentAt         string    `json:"sentAt,omitempty"`
	Interpreted    []string  `json:"interpreted,omitempty"`
	Next           tool.Next `json:"next" jsonschema_description:"What to do now."`
}

func (m messages) sendMessage() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.SendMessage, Title: "Send a message", Kind: tool.KindSend,
		Description: "Send a message in a conversation with an AI trainer on OpenTrain and return its id. " +
			"Use it to write to a candidate or to answer one. Before a first message, call opentrain_start_proposal_conversation. " +
			"To read what was written, use opentrain_read_messages. " +
			"The human sees the whole text and who gets it, and approves it first. " +
			"A message can't be taken back, and calling again sends it again.",
		Scope: opentrain.ScopeMessagesWrite, Claimed: true, Feature: messaging(),
		OutcomeUnknown: "It's unclear whether the message was sent. Look with " + tool.ReadMessages + " before you send it again.",
		NotFound:       "This account has no conversation with that id.", Find: listConversations(),
		Check: tool.Next{
			Action: tool.CallTool, Tool: tool.ReadMessages, Arguments: map[string]any{"conversationId": nil},
			Note: "See whether the message is there.",
		},
	}, m.send)
}

func (m messages) send(ctx context.Context, call tool.Call, in sendMessageInput) (sendMessageOutput, *tool.Ask, error) {
	out := sendMessageOutput{ConversationID: in.ConversationID, Interpreted: call.Interpreted}
	subject := "conversation " + in.ConversationID
	unlock, err := m.Confirm.Ledger.Lock(ctx, call.Caller, subject)
	if err != nil {
		return out, nil, err
	}
	defer unlock()
	intent := confirm.Intent{
		Tool: tool.SendMessage, Subject: subject, Arguments: map[string]any{"conversationId": in.ConversationID, "content": in.Content},
		Asking: in.Asking, Question: "Send this message?",
		Means: "It is sent right away and can't be taken back.", IfNo: "Nothing is sent.",
	}
	if declined := m.Confirm.Declined(call, intent); declined != nil {
		out.Next = *declined
		return out, nil, nil
	}
	preview := tool.Preview{}
	if m.Confirm.Asks(call.Caller) {
		// Each yes is for one message more than there are.
		if preview, intent.Status, err = m.preview(ctx, in); err != nil {
			return out, nil, draft.Unsent(err)
		}
	}
	yes, ask, next := m.Confirm.Approve(call, intent, preview)
	if out.Next = next; !yes {
		return out, ask, nil
	}
	call.Step("Sending the message")
	sent, err := m.API.SendMessage(ctx, in.ConversationID, in.Content)
	m.Confirm.Ledger.Record(call.Caller, subject, err)
	if err != nil {
		return out, nil, err
	}
	out.Sent, out.MessageID, out.SentAt = true, text.Stranger(sent.ID, maxID), text.Stranger(sent.CreatedAt, 40)
	out.Next = tool.Next{Action: tool.Done, Note: "The answer will be in " + tool.ReadMessages + " with this conversationId. " +
		tool.PollUpdates + " says when there is one."}
	return out, nil, nil
}

func (o sendMessageOutput) Effect() tool.Effect {
	outcome := "not sent"
	if o.Sent {
		outcome = "sent"
	}
	return tool.Effect{Subject: "conversation " + o.ConversationID, Outcome: outcome}
}

func (o sendMessageOutput) Text() string {
	var l text.Lines
	switch {
	case o.Sent:
		l.Add("The message was sent in conversation %s.", o.ConversationID)
	case o.Next.Action == tool.ConfirmWithHuman:
		l.Add("The message wasn't sent by this call. Ask the human first.")
	default:
		l.Add("The message was not sent by this call.")
	}
	l.Field("Message id", o.MessageID)
	l.Field("Sent at", o.SentAt)
	l.Fields("Interpreted", o.Interpreted)
	return l.With(o.Next)
}
