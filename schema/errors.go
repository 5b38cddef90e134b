package schema

import (
	"fmt"
	"strings"

	"github.com/agext/levenshtein"
)

// ArgumentError tells the model that sent a call what is wrong with its arguments.
type ArgumentError struct {
	Problems []Problem
}

// Problem is one problem with the arguments.
type Problem struct {
	// Path names the argument, such as "fields.experienceLevel". "" means the arguments as a whole.
	Path string `json:"path"`
	// Message says what is wrong and what to send, without a final period.
	Message string `json:"message"`
	// Allowed lists the allowed values or names, if there is such a list.
	Allowed []string `json:"allowed,omitempty"`
}

// Error implements error, with one line per problem.
func (e *ArgumentError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// String joins path and message.
func (p Problem) String() string {
	if p.Path == "" {
		return p.Message
	}
	return p.Path + ": " + p.Message
}

// Suggestion completes a sentence about an unknown name: "; did you mean jobId?", or "." when no name is close.
func Suggestion(name string, names []string) string {
	if nearest := Nearest(name, names); nearest != "" {
		return "; did you mean " + nearest + "?"
	}
	return "."
}

// NotAllowed says that text is not an allowed value, and lists the allowed ones.
func NotAllowed(text string, allowed []string) string {
	message := fmt.Sprintf("\"%s\" is not one of: %s", truncate(text), strings.Join(allowed, ", "))
	if nearest := Nearest(text, allowed); nearest != "" {
		message += "; nearest: " + nearest
	}
	return message
}

// Nearest returns the name that a misspelled one most likely means, or "" when none is close.
func Nearest(name string, names []string) string {
	if len(name) > 100 { // the comparison takes time in proportion to both lengths
		return ""
	}
	best, bestScore := "", 0.6 // below this, a suggestion misleads more than it helps
	for _, candidate := range names {
		if score := levenshtein.Similarity(fold(name), fold(candidate), nil); score > bestScore {
			best, bestScore = candidate, score
		}
	}
	return best
}
