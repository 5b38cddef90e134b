package tools

import (
	"encoding/json"
	"fmt"
	"strings"

	"opentrain-mcp/schema"
)

// Action is the kind of step that comes next.
type Action string

// The actions of a Next.
const (
	// AskHuman: ask Question, put the answer where Arguments has Answer, call Tool.
	AskHuman Action = "ask_human"
	// ConfirmWithHuman: show Show; call Tool with Arguments only after a yes,
	// else Otherwise.
	ConfirmWithHuman Action = "confirm_with_human"
	// CallTool: call Tool with Arguments.
	CallTool Action = "call_tool"
	// Wait: wait RetryAfterSeconds, then call Tool with Arguments, or with the
	// same arguments as before when there are none.
	Wait Action = "wait"
	// Fix: Problem stands in the way; By says who can mend it, Tool or URL where.
	Fix Action = "fix"
	// Done: nothing is left to do.
	Done Action = "done"
)

// Answer stands in Arguments where the human's answer goes.
const Answer = "<answer>"

// answerTo stands in Arguments where the answer for one of several keys goes.
func answerTo(key string) string { return "<answer:" + key + ">" }

// Next is the step that follows a result or a failure. It alone is enough to
// drive the loop from a description to a published job.
type Next struct {
	Action Action `json:"action"`
	// Question is the API's own prompt, to be asked as it is.
	Question string `json:"question,omitempty"`
	// Note says why a question comes again, or what to know about this step.
	Note  string `json:"note,omitempty"`
	Field string `json:"field,omitempty"`
	// Type is the JSON type of the answer: enum, string, number, boolean or
	// array (with Options: choose several).
	Type    string   `json:"type,omitempty"`
	Options []string `json:"options,omitempty"`
	// Inputs are set instead of Type and Options when a question has several keys.
	Inputs []NextInput `json:"inputs,omitempty"`
	// Remaining counts the open questions, this one included.
	Remaining int            `json:"remaining,omitempty"`
	Show      map[string]any `json:"show,omitempty"`
	Problem   string         `json:"problem,omitempty"`
	// By is "human" or "agent".
	By  string `json:"by,omitempty"`
	URL string `json:"url,omitempty"`
	// RetryAfterSeconds is how long to wait, at most that long when AtMost is set.
	RetryAfterSeconds int            `json:"retryAfterSeconds,omitempty"`
	AtMost            bool           `json:"atMost,omitempty"`
	Tool              string         `json:"tool,omitempty"`
	Arguments         map[string]any `json:"arguments,omitempty"`
	// Otherwise is the tool to call when the human says no.
	Otherwise string `json:"otherwise,omitempty"`
}

// NextInput is one of several values that a question asks for.
type NextInput struct {
	Key     string   `json:"key"`
	Type    string   `json:"type"`
	Options []string `json:"options,omitempty"`
}

// JSONSchema describes a Next as a plain object: spelt out, it would cost every
// host's context once a tool.
func (Next) JSONSchema() *schema.Node {
	return &schema.Node{Type: "object"}
}

// Text says the step in lines of a fixed form, "Name: value", for clients that
// show the model no structured content. Values that a program needs are JSON.
func (n Next) Text() string {
	var p page
	p.say("Next", string(n.Action)+n.gloss())
	p.say("Question", n.Question)
	p.say("Problem", n.Problem)
	p.say("Note", n.Note)
	p.say("Type", n.Type)
	if len(n.Options) > 0 {
		p.say("Options", compact(n.Options))
	}
	for _, input := range n.Inputs {
		p.say("Input "+input.Key, input.Type+optionsText(input.Options))
	}
	if len(n.Show) > 0 {
		p.say("Show", compact(n.Show))
	}
	p.say("By", n.By)
	p.say("Open", n.URL)
	if n.RetryAfterSeconds > 0 {
		p.say("Wait", fmt.Sprintf("%s%d seconds", map[bool]string{true: "at most "}[n.AtMost], n.RetryAfterSeconds))
	}
	switch {
	case n.Tool == "":
	case n.Arguments == nil && n.Action == Wait:
		p.say("Call", n.Tool+" (with the same arguments)")
	case n.Arguments == nil:
		p.say("Call", n.Tool)
	default:
		p.say("Call", n.Tool+" "+compact(n.Arguments))
	}
	p.say("Otherwise", n.Otherwise)
	return strings.Join(p.lines, "\n")
}

// gloss explains the action to a reader who has no schema before them.
func (n Next) gloss() string {
	switch n.Action {
	case AskHuman:
		if len(n.Inputs) > 0 {
			return " (ask the human, put each answer in place of its <answer:KEY>, then call)"
		}
		return " (ask the human, put the answer in place of " + Answer + ", then call)"
	case ConfirmWithHuman:
		return " (show this to the human; call only after a yes)"
	default:
		return "" // the others speak for themselves
	}
}

// compact writes a value as one line of JSON, < and > left as they are.
func compact(v any) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return "{}"
	}
	return strings.TrimSpace(b.String())
}
