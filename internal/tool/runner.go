package tool

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// Runner runs tools for callers.
type Runner struct {
	Accounts *Accounts
	// TokenHelp tells a model in one or two sentences how its human can give this server a token.
	TokenHelp string
}

// Run runs a tool on the arguments as they came. It returns a result, a form for the human, or a failure in words
// for the model.
func (r Runner) Run(ctx context.Context, t Tool, call Call, args json.RawMessage) (Result, *Ask, *Failure) {
	result, ask, err := t.run(ctx, call, args, func() error { return r.Accounts.Require(ctx, call.Caller, t.Feature) })
	if err != nil {
		if FeatureOf(err) != "" {
			r.Accounts.Forget(call.Caller)
		}
		return Result{}, nil, r.Explain(t, call, args, err)
	}
	return result, ask, nil
}

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
