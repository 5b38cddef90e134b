package schema

import (
	"strings"

	"github.com/agext/levenshtein"
)

// ArgumentError says what is wrong with the arguments of a call, in words for
// the model that sent them.
type ArgumentError struct {
	Problems []Problem
}

// Problem is one fault in the arguments.
type Problem struct {
	// Path names the argument, for example "fields.experienceLevel"; "" is the whole.
	Path string `json:"path"`
	// Message is a whole clause without a full stop: what is wrong and what to send.
	Message string `json:"message"`
	// Allowed are the values or names that are taken, nil when there is no list.
	Allowed []string `json:"allowed,omitempty"`
}

// Error implements error: one line a problem.
func (e *ArgumentError) Error() string {
	lines := make([]string, 0, len(e.Problems))
	for _, p := range e.Problems {
		lines = append(lines, p.String())
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

// Nearest returns the name that a misspelt one most likely means, "" when none
// is close.
func Nearest(name string, names []string) string {
	const longest = 100 // no name is; the comparison takes the product of the lengths
	if len(name) > longest {
		return ""
	}
	best, bestScore := "", 0.6 // below that a suggestion misleads more than it helps
	for _, candidate := range names {
		if score := levenshtein.Similarity(fold(name), fold(candidate), nil); score > bestScore {
			best, bestScore = candidate, score
		}
	}
	return best
}
