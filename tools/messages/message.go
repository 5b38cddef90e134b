package messages

import (
	"cmp"
	"slices"
	"time"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// message says who wrote what.
type message struct {
	From        string `json:"from"` // see the constants
	SenderID    string `json:"senderUserId,omitempty"`
	SentAt      string `json:"sentAt,omitempty"`
	Content     string `json:"content"`
	Attachments int    `json:"attachments,omitempty"`
	Audio       bool   `json:"audio,omitempty"`
	Edited      bool   `json:"edited,omitempty"`
	Unread      bool   `json:"unread,omitempty"`
}

// Who wrote a message.
const (
	fromYou    = "you"    // the account's side
	fromOther  = "other"  // somebody else
	fromSystem = "system" // OpenTrain
)

func (message) JSONSchema() *schema.Node {
	return tool.PlainObject("from (you: this account; other: the other side; system: OpenTrain), senderUserId, sentAt, content, attachments " +
		"(how many), audio, edited, unread.")
}

// writer says who wrote a message.
func writer(m opentrain.Message) string {
	switch system := string(m.System); {
	case m.IsFromViewer:
		return fromYou
	case system != "" && system != "null" && system != "false":
		return fromSystem
	}
	return fromOther
}

func cleaned(came opentrain.Message, limit int) message {
	return message{
		From: writer(came), SenderID: text.Stranger(came.SenderUserID, maxID), SentAt: text.Stranger(came.CreatedAt, 40),
		Content: text.StrangerParagraphs(came.Content, limit), Attachments: came.AttachmentCount, Audio: came.HasAudio,
		Edited: came.EditedAt != "", Unread: came.HasUnreadFlag,
	}
}

// oldestFirst compares times. The API doesn't say in which order its messages are.
func oldestFirst(a, b message) int { return compareTimes(a.SentAt, b.SentAt) }

// compareTimes finds equal what isn't a time. Texts of times can't be compared: "00.5Z" is later than "00Z".
func compareTimes(a, b string) int {
	atA, errA := time.Parse(time.RFC3339, a)
	atB, errB := time.Parse(time.RFC3339, b)
	if errA != nil || errB != nil {
		return 0
	}
	return atA.Compare(atB)
}

// afterMessages asks for an answer to what the other side wrote last. forward says that the page has newer messages.
func (o readMessagesOutput) afterMessages(forward bool) tool.Next {
	n := len(o.Messages)
	latest := !forward && !o.later || forward && o.NextCursor == ""
	switch {
	case n == 0 && !o.later:
		return write(o.ConversationID, "", "")
	case n > 0 && latest && o.Messages[n-1].From == fromOther:
		return write(o.ConversationID, "What should the answer say?", "No answer is sent without the human's words or their yes.")
	}
	return tool.Next{Action: tool.Done, Note: "To write, use " + tool.SendMessage + " with this conversationId."}
}

// add adds who wrote the message and when, and quotes what.
func (m message) add(l *text.Lines, indent string) {
	who := map[string]string{fromYou: "You", fromOther: "The other side", fromSystem: "OpenTrain"}[m.From]
	if m.SenderID != "" && m.From == fromOther {
		who += " (user " + m.SenderID + ")"
	}
	files, marks := "", []string{}
	if m.Attachments > 0 {
		files = text.Count(m.Attachments, "attachment")
	}
	for mark, is := range map[string]bool{"audio": m.Audio, "edited": m.Edited, "unread": m.Unread} {
		if is {
			marks = append(marks, mark)
		}
	}
	slices.Sort(marks)
	when := text.Join(", ", append([]string{m.SentAt, files}, marks...)...)
	l.Add("%s%s wrote (%s):", indent, who, cmp.Or(when, "time unknown"))
	l.Quoted(indent, cmp.Or(m.Content, "(no text)"))
}
