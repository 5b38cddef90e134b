package schema

import (
	"cmp"
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
	// Message says what is wrong and what to send, without a final period and without the list of allowed values.
	Message string `json:"message"`
	// Advice is what the model that sent the call must do besides, such as ask a human. A human needs no such words.
	Advice string `json:"-"`
	// Allowed lists the allowed values or names, if there is such a list.
	Allowed []string `json:"allowed,omitempty"`

	before, after string // stand around the list in a message that has it
}

// Error implements error, with one line per problem.
func (e *ArgumentError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// String joins path, message and allowed values.
func (p Problem) String() string {
	if len(p.Allowed) == 0 {
		return p.Short()
	}
	return p.WithList(strings.Join(p.Allowed, ", "))
}

// Short joins path, message and advice.
func (p Problem) Short() string { return p.at(p.Advised()) }

// Advised joins message and advice.
func (p Problem) Advised() string {
	if p.Advice == "" {
		return p.Message
	}
	return p.Message + "; " + p.Advice
}

// WithList joins path and message, with a list of the allowed values in it.
func (p Problem) WithList(list string) string {
	p.Message = cmp.Or(p.before, p.Message+": ") + list + p.after
	return p.Short()
}

func (p Problem) at(message string) string {
	if p.Path == "" {
		return message
	}
	for _, verb := range []string{"is ", "isn't ", "must ", "has ", "can't ", "still "} {
		if strings.HasPrefix(message, verb) { // a sentence about the path
			return p.Path + " " + message
		}
	}
	return p.Path + ": " + message
}

// NotAllowed is the problem with a text that is not an allowed value. label may be nil.
func NotAllowed(path, text string, allowed []string, label func(value string) string) Problem {
	is, nearest := `"`+truncate(text)+`" is not one of`, ""
	if value := misspelled(path, text, allowed, label); value != "" {
		nearest = "; did you mean " + value + "?"
	}
	return Problem{Path: path, Message: is + " the allowed values" + nearest, Allowed: allowed, before: is + ": ", after: nearest}
}

// notAText is the problem with a value of another type where one of some texts belongs.
func notAText(path, value string, allowed []string) Problem {
	is := value + " is not a string; send one of"
	return Problem{Path: path, Message: is + " the allowed values", Allowed: allowed, before: is + " "}
}

// unknownName is the problem with a name that an object does not have. plural names the list of names.
func unknownName(path, name, noun, plural string, names []string) Problem {
	message := "is not " + noun + suggestion(name, names)
	return Problem{Path: path, Message: strings.TrimSuffix(message, "."), Allowed: names, before: message + " " + plural + ": "}
}

// suggestion completes a sentence about an unknown name: "; did you mean jobId?", or "." when no name is close.
func suggestion(name string, names []string) string {
	if nearest := Nearest(name, names); nearest != "" {
		return "; did you mean " + nearest + "?"
	}
	return "."
}

// Nearest returns the name that a misspelled one most likely means, or "" when none is close.
func Nearest(name string, names []string) string {
	if len(name) > 100 { // the comparison takes time in proportion to both lengths
		return ""
	}
	best, bestScore := "", 0.6 // below this, a suggestion misleads more than it helps
	shared := sharedPrefix(names)
	typed := fold(strings.TrimPrefix(name, shared))
	for _, candidate := range names {
		if score := levenshtein.Similarity(typed, fold(candidate[len(shared):]), nil); score > bestScore {
			best, bestScore = candidate, score
		}
	}
	return best
}

// sharedPrefix is how all names begin, up to an underscore. It says nothing about which of them is meant.
func sharedPrefix(names []string) string {
	if len(names) < 2 {
		return ""
	}
	shared := names[0][:strings.LastIndexByte(names[0], '_')+1]
	for _, name := range names {
		for !strings.HasPrefix(name, shared) {
			shared = shared[:strings.LastIndexByte(shared[:len(shared)-1], '_')+1]
		}
	}
	return shared
}
