package tool

import (
	"encoding/json"
	"maps"
	"slices"

	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// Answer stands in Next.Arguments where the human's answer goes.
const Answer = "<answer>"

// AnswerTo stands in Next.Arguments where the answer for one of several keys goes.
func AnswerTo(key string) string { return "<answer:" + key + ">" }

// unanswered refuses a call that still holds a question's placeholder. It runs before the types are checked:
// "is not a number" would make a model send a number of its own.
func unanswered(raw json.RawMessage) error {
	var args struct {
		Fields opentrain.Fields `json:"fields"`
	}
	if json.Unmarshal(raw, &args) != nil {
		return nil // decoding reads or refuses it
	}
	return Placeholders(args.Fields)
}

// Placeholders refuses fields that still hold the placeholder of a question.
func Placeholders(fields opentrain.Fields) error {
	bad := &schema.ArgumentError{}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		var value string
		if json.Unmarshal(fields[key], &value) == nil && (value == Answer || value == AnswerTo(key)) {
			const message = "still holds the placeholder; ask the human and put the answer there"
			bad.Problems = append(bad.Problems, schema.Problem{Path: "fields." + key, Message: message})
		}
	}
	if len(bad.Problems) == 0 {
		return nil
	}
	return bad
}
