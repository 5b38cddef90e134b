// Package confirm asks a human before a tool does something that others see or that can't be undone. A yes is the answer
// to a form, or a sealed token that the model sends back. It counts for one call, for ten minutes, and only while the
// job stays as the human saw it.
package confirm

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/seal"
	"opentrain-mcp/internal/store"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
)

const (
	// Lifetime is how long a confirmation is valid.
	Lifetime = tool.YesLifetime

	maxMessage  = 4000   // the longest words above a form, in characters; longer ones are confirmed in the conversation
	maxShown    = 12_000 // the most that a confirmation shows, in characters: a result holds it in each of its two forms
	maxRepeated = 600    // the longest arguments that a next step repeats, in characters

	field = "confirm" // the one field of a form
)

// Asking has the arguments of every tool that asks for a yes.
type Asking struct {
	// ConfirmationToken is the yes that came back, "" for none.
	ConfirmationToken string `json:"confirmationToken,omitempty" jsonschema_description:"Copy it from a next step's arguments."`
	// AskHuman set to false asks in the conversation, not in a form.
	AskHuman *bool `json:"askHuman,omitempty" jsonschema:"default=true" jsonschema_description:"False asks in the conversation, not in forms."`
}

// Confirmer asks for confirmations and checks them.
type Confirmer struct {
	Ledger    *Ledger
	Approvals *Approvals

	off   bool
	box   *seal.Box
	store store.Store
}

// New makes a Confirmer. With off, every call counts as confirmed.
func New(off bool, box *seal.Box, shared store.Store) *Confirmer {
	return &Confirmer{off: off, box: box, store: shared, Ledger: newLedger(shared), Approvals: newApprovals(shared.Now)}
}

// Asks reports whether calls of the caller need a yes. Without an API token nothing is sent anyway.
func (c *Confirmer) Asks(by caller.Caller) bool { return !c.off && by.ID != "" }

// Off reports whether every call counts as confirmed.
func (c *Confirmer) Off() bool { return c.off }

// Intent is a call that needs a human's yes.
type Intent struct {
	Tool, JobID string         // no job for a call about something else
	Subject     string         // what the call is about if it isn't a job, such as "proposal prop_1"
	Status      string         // of the subject, if a yes is for it only in this status, besides what is shown (see Approve)
	Arguments   map[string]any // the others that the yes is for: an edit's fields, a trainer
	Asking                     // what came with the call
	Question    string         // for the human: "Publish this job on OpenTrain?"
	Means       string         // what a yes does, for the human: "It can't be taken back."
	IfNo        string         // what a no means: "The job stays a draft."
	Anonymous   bool           // the call needs no API token
}

// Answer is what is known of the human's answer to an intent.
type Answer struct {
	Yes      bool
	Declined *tool.Next // the step after a no
	View     View       // what a yes is for
	Why      string     // why the confirmation that came doesn't count

	token string // that a yes came with
	asked store.Point
}

// View is what a human saw before the yes. A confirmation carries it.
type View struct {
	Moment
	Content uint64 // hashes what was shown
	Whole   bool   // the API gave the content with it, so that Content tells two contents apart
	Again   int    // how often in a row the job's time moved although its content stayed the same
}

// Read reads the human's answer from a call: from its token, or from the form that it continues. After a yes in the
// conversation that doesn't count, the conversation asks again: a host that hides its forms would go round in a circle.
func (c *Confirmer) Read(call tool.Call, intent *Intent) Answer {
	token := intent.ConfirmationToken
	switch {
	case !c.Asks(call.Caller) && (c.off || !intent.Anonymous):
		return Answer{Yes: true}
	case call.BadState:
		return Answer{Why: "The form has expired or belongs to another call."}
	case call.State == nil:
	case call.Form == tool.FormDeclined, call.Form == tool.FormAnswered && isNo(call.Answers[field]):
		c.Ledger.decline(call.Caller, intent.Tool, intent.subject())
		return Answer{Declined: intent.declined()}
	case call.Form != tool.FormAnswered: // canceled, timed out, failed or hidden
		return Answer{Why: "The form returned no answer: the human may not have seen it."}
	case string(call.Answers[field]) != "true", json.Unmarshal(call.State, &token) != nil:
		return Answer{Why: "The answer in the form is neither yes nor no."}
	}
	if token == "" {
		return Answer{}
	}
	sealed, err := c.box.Open(intent.purpose(call.Caller), token, Lifetime, c.store.Now())
	view, epoch, ok := viewFrom(sealed.Data)
	if err != nil || !ok {
		return Answer{Why: "This confirmationToken isn't valid: it has expired, is for other arguments, or is from before a restart of this " +
			"server."}
	}
	asked, subject := store.Point{Epoch: epoch, Time: sealed.Issued}, intent.subject()
	times, whole := c.store.Marked(asked, changeKey(subject), unknownKey(call.Caller, subject),
		declinedKey(call.Caller, intent.Tool, subject), spentKey(call.Caller, token))
	switch changed := asked.Time.Before(times[0]) || asked.Time.Before(times[1]); {
	case changed && !times[3].IsZero():
		return Answer{Why: usedBefore, View: view}
	case changed:
		return Answer{Why: intent.changed(), View: view}
	case !times[2].IsZero() && !asked.Time.After(times[2]):
		return Answer{Why: "The human didn't approve this earlier.", View: view}
	case !whole:
		return Answer{Why: notKnown, View: view}
	}
	if call.State == nil {
		intent.AskHuman = new(bool)
	}
	return Answer{Yes: true, View: view, token: token, asked: asked}
}

// isNo reports whether a form was sent without the tick. Hosts leave out a box without one. Another answer, such as a text, is neither
// a yes nor a no.
func isNo(answer json.RawMessage) bool {
	return slices.Contains([]string{"", "null", "false"}, string(answer))
}

// Why a yes doesn't count.
const (
	usedBefore = "This yes was used before, and that call may have worked."
	notKnown   = "This server no longer knows what has changed since the human was asked."
)

// Spend uses up a yes right before the call that it's for. If another call has used it, at any replica, it's no yes. The
// call holds the subject's lock: without a change that it records, the yes comes back when it gives up the lock.
func (c *Confirmer) Spend(call tool.Call, intent Intent, answer Answer) Answer {
	if answer.token == "" {
		return answer
	}
	if why := c.Ledger.spend(call.Caller, intent.subject(), answer.token, answer.asked); why != "" {
		return Answer{Why: why, View: answer.View}
	}
	return answer
}

// Declined returns the step after a human's no to an intent, nil without a no. A call asks this before it reads anything.
func (c *Confirmer) Declined(call tool.Call, intent Intent) *tool.Next {
	return c.Read(call, &intent).Declined
}

// Approve reports whether a human has said yes to an intent, and saw the preview's changes then. Otherwise it returns the form or
// the step that asks, or the step after a no. A call that brings a yes holds the subject's lock, as for Spend.
func (c *Confirmer) Approve(call tool.Call, intent Intent, preview tool.Preview) (yes bool, ask *tool.Ask, next tool.Next) {
	seen := sha256.Sum256([]byte(text.JSON(append(slices.Clone(preview.Changes), intent.Status))))
	view, answer := View{Content: binary.BigEndian.Uint64(seen[:]), Whole: true}, c.Read(call, &intent)
	if answer.Yes && answer.View.Whole && answer.View.Content != view.Content {
		answer = Answer{Why: intent.changed()}
	}
	answer = c.Spend(call, intent, answer)
	switch {
	case answer.Declined != nil:
		return false, nil, *answer.Declined
	case answer.Yes:
		return true, nil, next
	}
	used := answer.Why == usedBefore
	if used {
		intent.AskHuman = new(bool) // the tool's Check comes before another question
	}
	ask, next = c.Ask(call, intent, preview, view, answer.Why)
	next.Again = used
	return false, ask, next
}

// Ask returns a form for the human, or the step that asks in the conversation. why says why the human is asked again.
func (c *Confirmer) Ask(call tool.Call, intent Intent, preview tool.Preview, view View, why string) (*tool.Ask, tool.Next) {
	token := c.Token(call.Caller, intent, view)
	preview = preview.Visible()
	message := intent.message(preview, why)
	inForm := call.CanAsk && call.State == nil && !call.BadState && (intent.AskHuman == nil || *intent.AskHuman)
	if inForm && utf8.RuneCountInString(message) <= maxMessage { // a yes to a cut text isn't a yes
		return &tool.Ask{
			Message: message, State: json.RawMessage(text.JSON(token)), Lifetime: Lifetime,
			Fields: []tool.Field{{
				Name: field, Label: intent.Question, Prompt: "Check this box to approve. " + intent.Means, Type: "boolean", Required: true,
			}},
		}, tool.Next{}
	}
	arguments, again := map[string]any{"confirmationToken": token}, ""
	if intent.JobID != "" {
		arguments["jobId"] = intent.JobID
	}
	if text.Length(intent.Arguments) > maxRepeated {
		again = "Send the other arguments again, unchanged."
	} else {
		maps.Copy(arguments, intent.Arguments)
	}
	preview = Shorten(preview)
	return nil, tool.Next{
		Action: tool.ConfirmWithHuman, Question: text.Join(" ", intent.Question, intent.Means), Show: &preview, Tool: intent.Tool,
		Arguments: arguments, Otherwise: intent.IfNo, Note: text.Join(" ", askAgain(why), again),
	}
}

// askAgain says why the human is asked again.
func askAgain(why string) string {
	if why == "" {
		return ""
	}
	return why + " Nothing was sent. Ask the human again."
}

// Token makes the confirmation of a job as it was seen. It is "" when confirmations are off.
func (c *Confirmer) Token(by caller.Caller, intent Intent, view View) string {
	if c.off {
		return ""
	}
	asked := c.Ledger.Now()
	return c.box.Seal(intent.purpose(by), binary.BigEndian.AppendUint32(view.bytes(), asked.Epoch), asked.Time)
}

// declined is the step after a no.
func (intent Intent) declined() *tool.Next {
	return &tool.Next{Action: tool.Done, Note: "The human didn't approve this. " + intent.IfNo +
		" If they change their mind, call " + intent.Tool + " with askHuman: false."}
}

// subject is what a yes is about, as the ledger knows it.
func (intent Intent) subject() string { return cmp.Or(intent.JobID, intent.Subject) }

func (intent Intent) changed() string {
	if intent.JobID == "" {
		return "Something has changed since the human saw it."
	}
	return "The job has changed since the human saw it."
}

// purpose binds a token to tool, job, caller and the other arguments.
func (intent Intent) purpose(by caller.Caller) []string {
	arguments := ""
	if intent.Arguments != nil {
		arguments = caller.Hash(text.Canonical(json.RawMessage(text.JSON(intent.Arguments))))
	}
	return []string{"confirm", intent.Tool, intent.subject(), by.ID, arguments}
}

// bytes writes a View for a token, short: every result that asks for a yes has one.
func (v View) bytes() []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(v.Time.UnixMicro()))
	b = binary.BigEndian.AppendUint64(b, v.Content)
	flags := byte(min(v.Again, 50)) << 2 //nolint:gosec // never negative
	if v.Rough {
		flags |= isRough
	}
	if v.Whole {
		flags |= isWhole
	}
	return append(b, flags)
}

// viewFrom reads a View and the number of the epoch after it.
func viewFrom(b []byte) (view View, epoch uint32, ok bool) {
	if len(b) != 21 {
		return View{}, 0, false
	}
	at := time.UnixMicro(int64(binary.BigEndian.Uint64(b))) //nolint:gosec // written by bytes
	moment := Moment{Time: at, Rough: b[16]&isRough != 0}
	view = View{Moment: moment, Content: binary.BigEndian.Uint64(b[8:]), Whole: b[16]&isWhole != 0, Again: int(b[16] >> 2)}
	return view, binary.BigEndian.Uint32(b[17:]), true
}

// The flags of a View in a token.
const (
	isRough = 1 << iota
	isWhole
)
