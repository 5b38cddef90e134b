package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// The statuses of a proposal (developers/api-reference/jobs/list-proposals). No page names the one of an invited proposal.
const invited, unreviewed, hired = "INVITED", "UNREVIEWED", "HIRED"

// proposal is an application to a job.
type proposal struct {
	record
	job          *job
	person       *person
	status       string
	bid          float64 // 0 for none
	unit         string  // the payment type of the job
	interviewed  bool
	conversation *conversation
	contract     *contract
}

// listProposals is GET /jobs/{id}/proposals (developers/api-reference/jobs/list-proposals). A cursor is the id of a proposal.
func (s *Sandbox) listProposals(c *call) *reply {
	statuses := []string{unreviewed, "SHORTLISTED", "MAYBE", hired, "DECLINED", "NOT_A_FIT", "RESUME_SENT"}
	status := strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToUpper(c.URL.Query().Get("status")))
	if status != "" && !slices.Contains(statuses, status) {
		return badRequest(fmt.Sprintf("status %q is unknown.", status), object{"supportedStatuses": statuses})
	}
	p := pager[*proposal]{list: "proposals", standard: 25, most: 100, show: s.listed, id: func(p *proposal) string { return p.id }}
	return p.page(c, c.job.proposals, func(p *proposal) bool { return status == "" || p.status == status })
}

// listed is a proposal in a list, in the form of developers/guides/evaluate-candidates or of the reference.
func (s *Sandbox) listed(p *proposal) object {
	who, guide := p.person, s.cfg.Variant == Guide
	unit := map[string]string{payPerHour: "PER_HOUR", payPerLabel: "PER_LABEL", fixedPrice: "FIXED_PRICE"}[p.unit]
	candidate := object{"id": who.id, "profileSlug": who.slug, "displayName": who.name, "firstName": who.First,
		"lastNameInitial": who.Initial, "profileTitle": who.title, "profilePhotoUrl": nil, "countryCode": who.country.code,
		"country": who.country.name, "talentType": "FREELANCER", "highestEarningsUsd": who.Earned, "reviewCount": who.Reviews}
	metrics := object{"interviewScore": s.score(p), "matchScore": float64(who.Match) / 100}
	if guide {
		unit = strings.ToLower(unit)
		candidate["lastNameInitial"], candidate["talentType"] = who.Initial+".", "Individual"
		delete(candidate, "countryCode")
		metrics["matchScore"] = who.Match
	}
	return object{"id": p.id, "jobId": p.job.id, "jobTitle": p.job.title(), "createdAt": timestamp(p.created),
		"updatedAt": timestamp(p.updated), "status": object{"raw": p.status, "label": displayLabel(p.status)},
		"bid":       object{"amountUsd": orNull(p.bid), "unit": orNull(unit), "labelerHourlyRateUsd": nil},
		"candidate": candidate, "metrics": metrics}
}

// score is that of the interview: up to 10 in the guide, up to 100 in the reference.
func (s *Sandbox) score(p *proposal) any {
	if !p.interviewed {
		return nil
	}
	return float64(p.person.Score) / map[Variant]float64{Guide: 10, Reference: 1}[s.cfg.Variant]
}

// getProposal is GET /proposals/{proposalId} (developers/api-reference/proposals/get).
func (s *Sandbox) getProposal(_ *call, p *proposal) *reply {
	shown := s.listed(p)
	shown["aiInterview"], shown["openLabel"], shown["contract"] = nil, nil, nil
	if p.interviewed {
		shown["aiInterview"] = object{"score": s.score(p), "summary": p.person.Summary, "transcriptAvailable": true}
	}
	shown["verification"] = object{"location": object{"status": "PASSED", "method": "GPS", "checkedAt": timestamp(p.created)},
		"identity": object{"verified": p.person.Verified}}
	if p.contract != nil {
		shown["contract"] = p.contract.show()
	}
	return ok(object{"proposal": shown})
}

// interview is GET /proposals/{proposalId}/interview (developers/api-reference/proposals/interview).
func (s *Sandbox) interview(_ *call, p *proposal) *reply {
	if !p.interviewed {
		return refuse(http.StatusNotFound, "There is no interview for this proposal.", object{"proposalId": p.id})
	}
	years := map[bool]string{true: "a year", false: fmt.Sprintf("%d years", p.person.Years)}[p.person.Years == 1]
	fill := strings.NewReplacer("{work}", p.person.work, "{years}", years, "{languages}", strings.Join(p.person.languages, ", "))
	messages, id := []object{}, "interview_"+p.id
	for i, line := range theCast().Interview {
		sent := p.created.Add(time.Duration(i-len(theCast().Interview)) * time.Minute)
		messages = append(messages, object{"id": fmt.Sprintf("%s_%d", id, i+1), "role": line[0], "content": fill.Replace(line[1]),
			"sentAt": timestamp(sent)})
	}
	return ok(object{"interview": object{"proposalId": p.id, "interviewId": id, "score": s.score(p), "summary": p.person.Summary,
		"messages": messages}})
}

// terms are those of a milestone. The amount is in US dollars, the volume in hours or labels.
type terms struct {
	name, description, due string
	amount, volume         float64
}

// readTerms reads a milestone in which the amount has this name. The limit of an amount is our assumption.
func (s *Sandbox) readTerms(body map[string]json.RawMessage, path []any, amount string) (t terms, issues []object) {
	set, issues := s.read(body, path, "name?", "description?", "dueDate?", amount+"#?", "volume#?")
	t = terms{set.text("name"), set.text("description"), set.text("dueDate"), set.number(amount), set.number("volume")}
	if _, valid := readTime(t.due); t.due != "" && !valid {
		issues = append(issues, custom("dueDate must be a date such as 2026-07-01.").at(append(path, "dueDate")...)...)
	}
	if t.amount > 1_000_000 {
		issues = append(issues, custom("%s must be at most 1,000,000.", amount).at(append(path, amount)...)...)
	}
	return t, issues
}

// hire is POST /proposals/{proposalId}/hire (developers/api-reference/proposals/hire). That a second hire is a conflict is our
// assumption.
func (s *Sandbox) hire(c *call, p *proposal) *reply {
	var milestone map[string]json.RawMessage
	if raw := c.body["milestone"]; json.Unmarshal(raw, &milestone) != nil || milestone == nil {
		return invalid(wrongType("object", raw).at("milestone"))
	}
	t, issues := s.readTerms(milestone, []any{"milestone"}, "amount")
	switch {
	case issues != nil:
		return invalid(issues)
	case t.amount == 0:
		return invalid(wrongType("number", nil).at("milestone", "amount"))
	case t.name == "" && t.description == "":
		return invalid(custom("A milestone needs a name or a description.").at("milestone", "name"))
	case p.contract != nil:
		return conflict("proposal_already_hired", "This candidate is hired.", "contractId", p.contract.id)
	case p.bid > 0 && p.unit != fixedPrice:
		t.volume = t.amount / p.bid
	}
	return s.ask(c, &approval{kind: approvalHire, proposal: p, terms: t, cost: withFee(inCents(t.amount)) + initiationFee,
		ids: object{"proposalId": p.id}})
}

// conversation is one with a candidate. Its messages are in the order in which they were sent.
type conversation struct {
	record
	proposal *proposal
	messages []*note
	unread   int // messages since the employer's last one: no endpoint marks one as read
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
	switch {
	case created && p.job.status != statusOpen:
		return conflict("proposal_not_ready_for_messaging", "The job isn't open anymore.", "proposalId", p.id)
	case created:
		s.openConversation(p, s.cfg.Now())
	}
	return ok(object{"ok": true, "conversationId": p.conversation.id, "proposalId": p.id, "jobId": p.job.id, "created": created})
}

func (s *Sandbox) openConversation(p *proposal, at time.Time) {
	v := &conversation{record: s.newRecord(p.books, "conversation", at), proposal: p}
	p.conversation, p.books.conversations, s.records[v.id] = v, append(p.books.conversations, v), v
}

// bucket says whether the candidate is hired.
func (v *conversation) bucket() string {
	return map[bool]string{true: "job", false: "proposal"}[v.proposal.contract != nil]
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
		return p.page(c, found.messages, nil)
	}
	filter, unreadOnly := query.Get("filter"), query.Get("unreadOnly") == "true" || query.Get("unreadOnly") == "1"
	p := pager[*conversation]{list: "conversations", standard: 20, most: 100, show: (*conversation).listed,
		id: func(v *conversation) string { return v.id }}
	return p.page(c, c.account.books.conversations, func(v *conversation) bool {
		return (filter == "" || filter == "all" || filter == v.bucket()) && (!unreadOnly || v.unread > 0)
	})
}

func (v *conversation) listed() object {
	last := object(nil) // the page shows fewer members of a message
	if n := len(v.messages); n > 0 {
		last = v.show(v.messages[n-1])
	}
	return object{"id": v.id, "type": "DIRECT_MESSAGE", "bucket": v.bucket(), "jobId": v.jobID(), "proposalId": v.proposal.id,
		"channelName": nil, "updatedAt": timestamp(v.updated), "lastMessage": last, "unreadCount": v.unread, "needsReplyCount": min(v.unread, 1)}
}

// jobID is null before a hire.
func (v *conversation) jobID() any {
	return orNull(map[string]string{"job": v.proposal.job.id}[v.bucket()])
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
	v, known := s.records[set.text("conversationId")].(*conversation)
	switch {
	case issues != nil:
		return invalid(issues)
	case utf8.RuneCountInString(content) > maxMessage:
		return invalid(tooLong(maxMessage).at("content"))
	case !known || v.books != c.account.books:
		return refuse(http.StatusNotFound, "There is no such conversation.", object{"conversationId": set.text("conversationId")})
	}
	sent, replies := s.addMessage(v, content, true, s.cfg.Now()), theCast().Replies
	answer := replies[(len(v.messages)/2)%len(replies)]
	s.later(sent.created.Add(s.cfg.Pace), func(at time.Time) {
		n := s.addMessage(v, answer, false, at)
		s.tell(v.books, at, "message.received", n.id, v.proposal.job.id, object{"conversationId": v.id, "messageId": n.id})
	})
	return &reply{status: http.StatusCreated, body: object{"ok": true, "message": v.show(sent)}}
}

func (s *Sandbox) addMessage(v *conversation, content string, own bool, at time.Time) *note {
	n := &note{s.newRecord(v.books, "message", at), content, own}
	v.messages, v.unread, v.updated = append(v.messages, n), map[bool]int{false: v.unread + 1}[own], at
	b := v.books
	b.conversations = slices.DeleteFunc(b.conversations, func(other *conversation) bool { return other == v })
	b.conversations = append(b.conversations, v)
	return n
}
