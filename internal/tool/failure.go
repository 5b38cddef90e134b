package tool

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// Failure describes a failed call to a model: what failed, why, what to do instead, and what was changed.
// The exported members are the answer's _meta.
type Failure struct {
	Code              opentrain.Code `json:"code"`
	Status            int            `json:"status,omitempty"`
	RequestID         string         `json:"requestId,omitempty"`
	Retryable         bool           `json:"retryable"`
	RetryAfterSeconds int            `json:"retryAfterSeconds,omitempty"`
	Details           any            `json:"details,omitempty"`
	Next              *Next          `json:"next,omitempty"`

	lines []string
	cause error
}

const (
	maxFailureText   = 2000   // the longest text of a failure, in characters
	maxArgumentsText = 4000   // the same for invalid arguments, whose allowed values are shown whole
	maxDetails       = 15_000 // the longest details of invalid arguments, in characters
)

// Text is what the model reads, at most 2,000 characters, or 4,000 for invalid arguments.
func (f *Failure) Text() string {
	limit, tail := maxFailureText, f.tail()
	if f.Code == opentrain.CodeInvalidArgument {
		limit = maxArgumentsText
	}
	return text.Plain(text.Clip(strings.Join(f.lines, "\n"), max(200, limit-utf8.RuneCountInString(tail))) + tail)
}

// MarshalJSON implements json.Marshaler, without hidden characters.
func (f *Failure) MarshalJSON() ([]byte, error) {
	type members Failure
	return plainJSON((*members)(f))
}

func (f *Failure) tail() string {
	tail := ""
	if f.RequestID != "" {
		tail += "\nRequest id: " + f.RequestID
	}
	if f.Next != nil {
		next := *f.Next
		next.Problem = "" // the lines say it
		if next.Action == Fix && next.By == "agent" && next.Arguments == nil && next.Tool != "" {
			next.By, next.Tool = "", "" // so do they name the tool to call again
		}
		tail += new(text.Lines).With(next)
	}
	return tail
}

// Error implements error, for logs. Arguments aren't logged: of invalid ones it names only the paths.
func (f *Failure) Error() string {
	bad, ok := errors.AsType[*schema.ArgumentError](f.cause)
	if !ok {
		return f.cause.Error()
	}
	paths := Map(bad.Problems, func(p schema.Problem) string { return p.Path })
	return "arguments rejected: " + strings.Join(paths, ", ")
}

// Unwrap returns the error that the failure explains.
func (f *Failure) Unwrap() error { return f.cause }

// say adds one line, whatever the arguments contain. Nothing adds none.
func (f *Failure) say(format string, args ...any) {
	if line := text.Clean(fmt.Sprintf(format, args...), maxArgumentsText); line != "" {
		f.lines = append(f.lines, line)
	}
}

// internal is the Failure for a bug of this server. Its words hide the cause, which is for the log.
func (t Tool) internal(args json.RawMessage, cause error) *Failure {
	problem := t.Name + " failed because of a bug in this server, not because of your arguments."
	f := &Failure{Code: opentrain.CodeInternal, cause: cause}
	f.say("%s", problem)
	next := Next{Action: Fix, By: "human", Problem: problem + " The server's log has the cause."}
	if t.Kind.ReadOnly() {
		f.say("The server's log has the cause.")
	} else {
		f.say("It's unclear whether anything was changed.")
		next = explainer{tool: t, args: args, apiError: new(opentrain.Error)}.check(next.Problem)
	}
	f.Next = &next
	return f
}

// Problem is an error about one argument.
func Problem(path, message string) error {
	return &schema.ArgumentError{Problems: []schema.Problem{{Path: path, Message: message}}}
}

// Problems joins errors about arguments, so that a call gets all of them at once. Another error goes first.
func Problems(errs ...error) error {
	var all schema.ArgumentError
	for _, err := range errs {
		bad, ok := errors.AsType[*schema.ArgumentError](err)
		switch {
		case ok:
			all.Problems = append(all.Problems, bad.Problems...)
		case err != nil:
			return err
		}
	}
	if all.Problems == nil {
		return nil
	}
	return &all
}

// ErrFormOver is the error of a call that continues a form that has ended.
var ErrFormOver = errors.New("the form has expired")

// Reason explains in a sentence why the API refused a call.
func Reason(err error) string {
	if apiError, ok := errors.AsType[*opentrain.Error](err); ok {
		return text.Sentence(apiError.Message)
	}
	return text.Sentence("")
}
