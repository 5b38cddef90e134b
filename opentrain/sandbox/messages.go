package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"
)

// conversation is one with a candidate. Its messages are in the order in which they were sent.
type conversation struct {
	record
	proposal *proposal
	messages []*note
}

// note is a message.
type note struct {
	record
	content string
	own     bool // the employer's
}

// converse is POST /proposals/{proposalId}/conversation (developers/api-reference/proposals/conversation). That a proposal to a
// closed job isn't ready for messages is our assumption.
func (s *Sandbox) converse(_ *call, p *proposal) *reply {
	created := p.conversation == nil
	if created && p.job.status != statusOpen {
		return conflict("proposal_not_ready_for_messaging", "The job isn't open anymore.", "proposalId", p.id)
	}
	if created {
		s.openConversation(p, s.cfg.Now())
	}
	return ok(object{"ok": true, "conversationId": p.conversation.id, "proposalId": p.id, "jobId": p.job.id, "created": created})
}

func (s *Sandbox) openConversation(p *proposal, at time.Time) {
	p.conversation = &conversation{record: s.newRecord(p.books, "conversation", at), proposal: p}
	p.books.conversations = append(p.books.conversations, p.conversation)
	s.records[p.conversation.id] = p.conversation
}

// bucket says whether the candidate is hired.
func (v *conversation) bucket() string {
	return map[bool]string{true: "job", false: "proposal"}[v.proposal.contract != nil]
}

// unread is the number of messages since the employer's last one: no endpoint marks one as read.
func (v *conversation) unread() int {
	n := 0
	for n < len(v.messages) && !v.messages[len(v.messages)-1-n].own {
		n++
	}
	return n
}

// listMessages is GET /messages (developers/api-reference/messages/list): conversations, or the messages of one. No page names the
// members of the latter. Older messages come newest first, newer ones oldest first: that is our assumption.
func (s *Sandbox) listMessages(c *call) *reply {
	query := c.URL.Query()
	for _, allowed := range [][]string{{"direction", "", "older", "newer"}, {"filter", "", "all", "job", "proposal"},
		{"unreadOnly", "", "true", "1", "false", "0"}} {
		if !slices.Contains(allowed[1:], query.Get(allowed[0])) {
			return badRequest(fmt.Sprintf("%s must be one of %s.", allowed[0], quoted(allowed[2:], ", ")), object{"field": allowed[0]})
		}
	}
	if id := query.Get("conversationId"); id != "" {
		found, known := s.records[id].(*conversation)
		if !known || found.books != c.account.books {
			return refuse(http.StatusNotFound, "There is no such conversation.", object{"conversationId": id})
		}
		p := pager[*note]{name: "messages", list: "messages", standard: 20, most: 100, forward: query.Get("direction") == "newer",
			show: func(n *note) object { return found.show(n) }}
		return p.page(c, found.messages, func(*note) bool { return true })
	}
	filter, unreadOnly := query.Get("filter"), query.Get("unreadOnly") == "true" || query.Get("unreadOnly") == "1"
	latest := slices.SortedStableFunc(slices.Values(c.account.books.conversations), func(a, b *conversation) int {
		return a.updated.Compare(b.updated)
	})
	p := pager[*conversation]{list: "conversations", standard: 20, most: 100, show: (*conversation).listed,
		id: func(v *conversation) string { return v.id }}
	return p.page(c, latest, func(v *conversation) bool {
		return (filter == "" || filter == "all" || filter == v.bucket()) && (!unreadOnly || v.unread() > 0)
	})
}

func (v *conversation) listed() object {
	unread, last := v.unread(), any(nil)
	if n := len(v.messages); n > 0 {
		full := v.show(v.messages[n-1])
		last = object{"id": full["id"], "content": full["content"], "senderUserId": full["senderUserId"],
			"isFromViewer": full["isFromViewer"], "createdAt": full["createdAt"]}
	}
	return object{"id": v.id, "type": "DIRECT_MESSAGE", "bucket": v.bucket(), "jobId": v.jobID(), "proposalId": v.proposal.id,
		"channelName": nil, "updatedAt": timestamp(v.updated), "lastMessage": last, "unreadCount": unread, "needsReplyCount": min(unread, 1)}
}

// jobID is null before a hire.
func (v *conversation) jobID() *string {
	return textOrNull(map[string]string{"job": v.proposal.job.id}[v.bucket()])
}

func (v *conversation) show(n *note) object {
	sender := map[bool]string{true: v.proposal.job.owner.user(), false: v.proposal.person.id}[n.own]
	return object{"id": n.id, "createdAt": timestamp(n.created), "updatedAt": timestamp(n.updated), "conversationId": v.id,
		"jobId": v.jobID(), "senderUserId": sender, "isFromViewer": n.own, "content": n.content, "messageType": "TEXT", "system": nil,
		"hasUnreadFlag": false, "attachmentCount": 0, "hasAudio": false, "editedAt": nil, "reactionCount": 0}
}

const maxMessage = 10_000 // characters (developers/api-reference/messages/send)

// sendMessage is POST /messages (developers/api-reference/messages/send). The candidate answers each message.
func (s *Sandbox) sendMessage(c *call) *reply {
	set, issues := s.read(c.body, nil, "conversationId", "content")
	content := set.text("content")
	if issues == nil && utf8.RuneCountInString(content) > maxMessage {
		issues = tooLong(maxMessage).at("content")
	}
	v, known := s.records[set.text("conversationId")].(*conversation)
	switch {
	case issues != nil:
		return invalid(issues)
	case !known || v.books != c.account.books:
		return refuse(http.StatusNotFound, "There is no such conversation.", object{"conversationId": set.text("conversationId")})
	}
	sent := s.addMessage(v, content, true, s.cfg.Now())
	replies := theCast().Replies
	answer := replies[(len(v.messages)/2)%len(replies)]
	s.later(sent.created.Add(s.cfg.Pace), func(at time.Time) {
		n := s.addMessage(v, answer, false, at)
		s.tell(v.books, at, "message.received", n.id, v.proposal.job.id, object{"conversationId": v.id, "messageId": n.id})
	})
	return &reply{status: http.StatusCreated, body: object{"ok": true, "message": v.show(sent)}}
}

func (s *Sandbox) addMessage(v *conversation, content string, own bool, at time.Time) *note {
	n := &note{s.newRecord(v.books, "message", at), content, own}
	v.messages, v.updated = append(v.messages, n), at
	return n
}
