package tools

import (
	"errors"
	"fmt"
	"strings"

	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// Failure is a failed call, told to a model: what failed, why, what to do
// instead, and what was changed. The exported members are the _meta of the
// answer.
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

// maxFailureText bounds the words of a failure, in characters.
const maxFailureText = 2000

// Text is what the model reads, at most 2,000 characters.
func (f *Failure) Text() string {
	tail := ""
	if f.RequestID != "" {
		tail += "\nRequest id: " + f.RequestID
	}
	if f.Next != nil {
		tail += "\n\n" + f.Next.Text()
	}
	return clip(strings.Join(f.lines, "\n"), max(200, maxFailureText-len([]rune(tail)))) + tail
}

// Error implements error, for logs. Of refused arguments it names the paths
// alone: arguments are not logged.
func (f *Failure) Error() string {
	var bad *schema.ArgumentError
	if !errors.As(f.cause, &bad) {
		return f.cause.Error()
	}
	paths := make([]string, 0, len(bad.Problems))
	for _, problem := range bad.Problems {
		paths = append(paths, problem.Path)
	}
	return "arguments refused: " + strings.Join(paths, ", ")
}

// Unwrap returns the error that is explained.
func (f *Failure) Unwrap() error { return f.cause }

func (f *Failure) say(format string, args ...any) {
	f.lines = append(f.lines, plain(fmt.Sprintf(format, args...), maxFailureText)) // one line, whatever is in it
}

// Panicked is the Failure of a bug: nothing of it is told but that it happened.
func Panicked(spec Spec) *Failure {
	f := &Failure{Code: opentrain.CodeInternal, cause: errors.New("panic")}
	f.say("%s failed by a fault of this server, not of your arguments.", spec.Name)
	if !spec.Kind.ReadOnly() {
		f.say("It is not known whether anything was changed; %s shows the account's jobs.", listJobsName)
	}
	return f
}

func listOr(values []string, none string) string {
	if text := strings.Join(values, ", "); text != "" {
		return text
	}
	return none
}

// sentence cleans a message of the API and ends it with a full stop.
func sentence(message string) string {
	message = strings.TrimRight(plain(message, 400), " ")
	if message == "" {
		return "it gave no reason."
	}
	if !strings.HasSuffix(message, ".") && !strings.HasSuffix(message, "!") && !strings.HasSuffix(message, "…") {
		message += "."
	}
	return message
}

// unchanged adds to a message of the API, unless it says so itself, that
// nothing was changed.
func unchanged(message string) string {
	const words = "Nothing was changed."
	if message = sentence(message); strings.Contains(message, words) {
		return message
	}
	return message + " " + words
}

// clip cuts a text after limit characters.
func clip(text string, limit int) string {
	runes := []rune(text)
	switch {
	case limit <= 0:
		return ""
	case len(runes) <= limit:
		return text
	}
	return string(runes[:limit-1]) + "…"
}
