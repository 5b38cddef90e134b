// Package confirm asks a human before a job is published, and before a published job is edited. A yes is the
// answer to a form, or a sealed token that the model sends back. It counts for one tool, job, caller and set of
// fields, for ten minutes, and until the job is changed through this process.
package confirm

import (
	"encoding/json"
	"time"
	"unicode/utf8"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/seal"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

const (
	// Lifetime is how long a confirmation is valid.
	Lifetime = 10 * time.Minute

	maxMessage        = 4000   // the longest words above a form, in characters; longer ones are confirmed in the conversation
	maxShown          = 12_000 // the most that a confirmation shows, in characters: a result holds it in each of its two forms
	maxRepeatedFields = 600    // the longest fields that a next step repeats in its arguments, in characters

	field = "confirm" // the one field of a form
)

// Confirmer asks for confirmations and checks them.
type Confirmer struct {
	Ledger *Ledger

	off bool
	box *seal.Box
	now func() time.Time
}

// New makes a Confirmer. With off, every call counts as confirmed.
func New(off bool, box *seal.Box, now func() time.Time) *Confirmer {
	return &Confirmer{off: off, box: box, now: now, Ledger: newLedger(now)}
}

// Intent is a call that needs a human's yes.
type Intent struct {
	Tool, JobID string
	Fields      opentrain.Fields    // of an edit; nil otherwise
	Token       string              // the confirmation that came with the call
	Preview     func() tool.Preview // what becomes public
	Note        string              // what that means
	Question    string              // for a form
	NotDone     string              // what didn't happen without a yes: "Not published"
	Otherwise   string              // the tool to call after a no, if any
}

// Check returns nothing if a human confirmed the call. Otherwise it returns a form for the human, or the step
// that asks in the conversation.
func (c *Confirmer) Check(call tool.Call, intent Intent) (*tool.Ask, *tool.Next) {
	if c.off || call.Caller.ID == "" || c.valid(call.Caller, intent, intent.Token) {
		return nil, nil // without an API token nothing is sent anyway
	}
	why := ""
	if call.State != nil || call.BadState {
		why = intent.NotDone + "; no confirmation came." // for reasons unknown: hosts decline forms that no human saw
	}
	var carried string
	if string(call.Answers[field]) == "true" && json.Unmarshal(call.State, &carried) == nil {
		if c.valid(call.Caller, intent, carried) {
			return nil, nil
		}
		why = intent.NotDone + "; the confirmation came too late, or the job was changed meanwhile."
	}
	token := c.Issue(call.Caller, intent) // issued first: a change while the preview is read voids it
	preview := intent.Preview()
	message := intent.message(preview)
	// A yes to a cut text isn't a yes.
	if why != "" || !call.CanAsk || utf8.RuneCountInString(message) > maxMessage {
		return nil, intent.step(token, preview, why)
	}
	return &tool.Ask{
		Message: message, State: json.RawMessage(text.JSON(token)), Lifetime: Lifetime,
		Fields: []tool.Field{{Name: field, Label: intent.Question, Prompt: intent.Note, Type: "boolean", Required: true}},
	}, nil
}

// Issue makes the token that a confirmed call must carry. It is "" when confirmations are off.
func (c *Confirmer) Issue(by caller.Caller, intent Intent) string {
	if c.off {
		return ""
	}
	return c.box.Seal(intent.purpose(by), nil, c.now())
}

// valid reports whether a token confirms this call: sealed for it, in time, and the job not changed since.
func (c *Confirmer) valid(by caller.Caller, intent Intent, token string) bool {
	sealed, err := c.box.Open(intent.purpose(by), token, Lifetime, c.now())
	return err == nil && !c.Ledger.ChangedSince(by, intent.JobID, sealed.Issued)
}

// purpose binds a token to tool, job, caller and fields.
func (intent Intent) purpose(by caller.Caller) []string {
	fields := ""
	if intent.Fields != nil {
		fields = caller.Hash(text.Canonical(json.RawMessage(text.JSON(intent.Fields))))
	}
	return []string{"confirm", intent.Tool, intent.JobID, by.ID, fields}
}

// step asks for a yes in the conversation.
func (intent Intent) step(token string, preview tool.Preview, why string) *tool.Next {
	arguments, again := map[string]any{"jobId": intent.JobID, "confirmationToken": token}, ""
	switch {
	case intent.Fields == nil:
	case text.Length(intent.Fields) > maxRepeatedFields:
		again = "Send the same fields again."
	default:
		arguments["fields"] = intent.Fields
	}
	preview = shorten(preview)
	return &tool.Next{
		Action: tool.ConfirmWithHuman, Show: &preview, Tool: intent.Tool, Arguments: arguments, Otherwise: intent.Otherwise,
		Note: text.Join(" ", why, intent.Note, again),
	}
}
