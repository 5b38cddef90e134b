package tool

import (
	"encoding/json"
	"strings"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/schema"
)

// Action is the kind of step that comes next.
type Action string

// The actions of a Next.
const (
	// AskHuman: ask Question, put the answer where Arguments has Answer, call Tool.
	AskHuman Action = "ask_human"
	// ConfirmWithHuman: show Show and ask Question; call Tool with Arguments only after a yes. The field Otherwise says what happens after
	// a no.
	ConfirmWithHuman Action = "confirm_with_human"
	// CallTool: call Tool with Arguments.
	CallTool Action = "call_tool"
	// OpenURL: give the human URL, where they decide; then call Tool with Arguments.
	OpenURL Action = "open_url"
	// Wait: wait RetryAfterSeconds, then call Tool with Arguments, or with the same ones as before.
	Wait Action = "wait"
	// Fix: Problem must be solved first. By says who can solve it, Tool or URL where.
	Fix Action = "fix"
	// Done: nothing is left to do.
	Done Action = "done"
)

// Next is the step after a result or a failure. It is enough to drive the loop from a description to a published job.
type Next struct {
	Action            Action         `json:"action"`
	Question          string         `json:"question,omitempty"` // of ask_human: the API's own prompt, asked word for word
	Note              string         `json:"note,omitempty"`     // for the model: why a question comes again, or what to know about this step
	Field             string         `json:"field,omitempty"`
	Type              string         `json:"type,omitempty"` // enum, string, number, boolean or array (with Options: choose several)
	Options           []string       `json:"options,omitempty"`
	Inputs            []Input        `json:"inputs,omitempty"`    // replace Type and Options when a question has several keys
	Remaining         int            `json:"remaining,omitempty"` // counts the open questions, this one included
	Show              *Preview       `json:"show,omitempty"`
	Problem           string         `json:"problem,omitempty"`
	By                string         `json:"by,omitempty"` // "human" or "agent"
	URL               string         `json:"url,omitempty"`
	RetryAfterSeconds int            `json:"retryAfterSeconds,omitempty"` // how long to wait, at most that long when AtMost is set
	AtMost            bool           `json:"atMost,omitempty"`
	Tool              string         `json:"tool,omitempty"`
	Arguments         map[string]any `json:"arguments,omitzero"`
	Otherwise         string         `json:"otherwise,omitempty"` // what a no means
	Change            *Change        `json:"change,omitempty"`    // resolves what the warnings name, if the human wants that

	// Page is the page on which a human sees what a look is about, if the tool for that isn't served.
	Page string `json:"-"`
	// Again says that a yes came which was used before: what the call does may be done, so its tool's Check comes first.
	Again bool `json:"-"`
}

// Change is a call that changes what a step shows.
type Change struct {
	Tool      string         `json:"tool"`
	Arguments map[string]any `json:"arguments"`
}

// Input is one of several values that a question asks for.
type Input struct {
	Key         string   `json:"key"`
	Type        string   `json:"type"`
	Options     []string `json:"options,omitempty"`
	Alternative bool     `json:"alternative,omitempty"` // may be answered instead of the others
	For         string   `json:"for,omitempty"`         // of a price: the paymentType that it belongs to
}

// Text writes the type of an input and its options.
func (i Input) Text() string {
	words := i.Type
	if len(i.Options) > 0 {
		words += " " + text.Exact(i.Options)
	}
	switch {
	case i.For != "":
		words += ", for " + i.For
	case i.Alternative:
		words += ", as an alternative"
	}
	return words
}

// JSONSchema implements the generator's interface.
func (Next) JSONSchema() *schema.Node { return PlainObject("") }

// Remark is a note of the API on a draft.
type Remark struct {
	Field   string          `json:"field,omitempty"`
	Message string          `json:"message,omitempty"`
	Reason  string          `json:"reason,omitempty"`
	Value   json.RawMessage `json:"value,omitempty"`
}

// JSONSchema implements the generator's interface.
func (Remark) JSONSchema() *schema.Node { return PlainObject("") }

// Labeled names the remark's field as people read it.
func (r Remark) Labeled() Remark {
	r.Field = FieldLabel(r.Field)
	return r
}

// Line writes a remark as one line.
func (r Remark) Line() string {
	value := ""
	if len(r.Value) > 0 {
		value = "= " + text.Shown(r.Value)
	}
	if strings.HasPrefix(r.Field, "source.") && value != "" { // the place in the caller's own text says nothing
		r.Field, value = "", value[2:]
	}
	return text.Join(" — ", text.Join(" ", r.Field, value), r.Message, r.Reason)
}

// AddTo adds the step as lines of a fixed form, "Name: value", for clients that show the model no structured
// content. Values that a program needs are JSON.
func (n Next) AddTo(l *text.Lines) {
	l.Field("Next", string(n.Action)+n.gloss())
	l.Field("Question", n.Question)
	l.Field("Problem", n.Problem)
	l.Field("Note", n.Note)
	if n.Type != "enum" || len(n.Options) == 0 { // the options say it
		l.Field("Type", n.Type)
	}
	if len(n.Options) > 0 {
		l.Field("Options", text.Exact(n.Options))
	}
	for _, input := range n.Inputs {
		l.Field("Input "+input.Key, input.Text())
	}
	if n.Show != nil {
		l.Add("Show:")
		l.Quoted("", n.Show.Text())
	}
	l.Field("By", n.By)
	l.Field("Open", n.URL)
	if n.RetryAfterSeconds > 0 {
		atMost := ""
		if n.AtMost {
			atMost = "at most "
		}
		l.Field("Wait", atMost+text.Count(n.RetryAfterSeconds, "second"))
	}
	switch {
	case n.Tool == "":
	case n.Arguments == nil && n.Action == Wait:
		l.Field("Call", n.Tool+" (with the same arguments)")
	case n.Arguments == nil:
		l.Field("Call", n.Tool)
	default:
		l.Field("Call", n.Tool+" "+text.Exact(n.Arguments))
	}
	l.Field("If no", n.Otherwise)
	if n.Change != nil {
		l.Field("To resolve the warnings, with what the human decides", n.Change.Tool+" "+text.Exact(n.Change.Arguments))
	}
}

// gloss explains the action to a reader who has no schema.
func (n Next) gloss() string {
	switch n.Action {
	case AskHuman:
		if len(n.Inputs) > 0 {
			return " (then call with each answer)"
		}
		return " (then call with the answer)"
	case ConfirmWithHuman:
		return " (show it and ask; call only after a yes)"
	case OpenURL:
		return " (give it to the human, then call)"
	default:
		return ""
	}
}

// Answer is the placeholder for the human's answer in Next.Arguments.
const Answer = "<answer>"

// AnswerTo is the placeholder for the answer to one of several keys.
func AnswerTo(key string) string { return "<answer:" + key + ">" }

// ListJobsNext is the step that looks at the account's jobs.
func ListJobsNext(note string) Next {
	return Next{Action: CallTool, Tool: ListJobs, Arguments: map[string]any{}, Note: note}
}

// GetAccountNext is the step that looks at the account in use.
func GetAccountNext(note string) Next {
	return Next{Action: CallTool, Tool: GetAccount, Arguments: map[string]any{}, Note: note}
}

// PlainObject is a schema that doesn't list members: they would fill every host's context, once per tool.
func PlainObject(description string) *schema.Node {
	return &schema.Node{Type: "object", Description: description}
}
