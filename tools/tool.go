// Package tools holds the tools of the server, one file each: the input and
// output structs, the spec, and the function. It knows OpenTrain's API and
// JSON Schema, and nothing of MCP's transport.
package tools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jellydator/ttlcache/v3"

	"opentrain-mcp/internal/seal"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// Kit is what the tools work with.
type Kit struct {
	API *opentrain.Client
	// Now tells the time; nil means time.Now.
	Now func() time.Time
	// TokenHelp tells a model, in one or two sentences, how its human can give
	// this server a token.
	TokenHelp string
	// AskBeforePublish wants a human's yes before anything becomes public.
	AskBeforePublish bool
	// Seal seals confirmations; nil means one that ends with the process.
	Seal *seal.Box
	// Replicated is true when other processes may change the same drafts: then
	// what this one remembers of them is not shown as what they are.
	Replicated bool

	capabilities *capabilities
	seen         *ttlcache.Cache[string, map[string]any]
	changes      *changes
	draftFields  *schema.Node // of the update keys that the API's pages type
	typedForms   fieldForms   // the same, as forms
}

// All returns every tool, in the order of the posting loop, and what people
// look up beside them.
func All(kit Kit) ([]Tool, Reference, error) {
	if kit.Now == nil {
		kit.Now = time.Now
	}
	if kit.Seal == nil {
		box, err := seal.New()
		if err != nil {
			return nil, Reference{}, err
		}
		kit.Seal = box
	}
	kit.capabilities = newCapabilities(kit.API)
	kit.seen, kit.changes = newSeen(), newChanges()
	kit.draftFields = Fields{}.JSONSchema()
	kit.typedForms = typedForms(kit.draftFields)
	makers := []func(Kit) (Tool, error){
		newCreateDraft,
		newPatchDraft,
		newPublish,
		newSearchJobs,
		newListJobs,
		newGetJob,
		newListFacets,
		newListChanges,
		newUpdateJob,
		newCloseJob,
		newInviteTrainer,
		newGetAccount,
	}
	all := make([]Tool, 0, len(makers))
	faults := make([]error, 0, len(makers))
	for _, newTool := range makers {
		tool, err := newTool(kit)
		all, faults = append(all, tool), append(faults, err)
	}
	return all, Reference{kit}, errors.Join(faults...)
}

// Spec is what a tool says of itself.
type Spec struct {
	Name  string // opentrain_<verb>_<noun>, at most 32 characters
	Title string // for people
	// Description is for models; what Needs says is added to it, and both
	// together have 300 to 900 characters.
	Description string
	Kind        Kind
	// Scope is the token's scope that the tool needs; "" for a token of any
	// scope, or for none.
	Scope string
	// Claimed is true when a human must have claimed the account.
	Claimed bool
	// Lost says what to do when it is not known whether a write took effect.
	Lost string
	// Absent says what it means that OpenTrain does not find what was named.
	Absent string

	gate gate
}

// Needs says, in a sentence, what a caller needs for the tool.
func (s Spec) Needs() string {
	switch {
	case !s.Kind.NeedsToken():
		return "Needs no token."
	case s.Claimed:
		return "Needs an API token with the scope " + s.Scope + " and an account that a human has claimed."
	case s.Scope != "":
		return "Needs an API token with the scope " + s.Scope + "."
	}
	return "Needs an API token."
}

// Tool is one tool, ready to be served.
type Tool struct {
	Spec
	InputSchema  json.RawMessage
	OutputSchema json.RawMessage

	run func(context.Context, Call, json.RawMessage) (Result, *Ask, error)
	kit Kit
}

// Call is what a tool may know of a call besides its input.
type Call struct {
	Caller Caller
	// CanAsk is true when a form can be put to the human now, CanAskLists when it
	// can have lists to choose several values from.
	CanAsk, CanAskLists bool
	// Answers are the human's answers to the Ask of the round before, by field
	// name; nil when no form was answered.
	Answers map[string]json.RawMessage
	// State is the State of the Ask of the round before; nil in the first round.
	State json.RawMessage
	// BadState is true when the call continues a form, and what it carried was
	// changed, is another's or too old.
	BadState bool
	// Progress tells the client what a call of several steps does now; nil when
	// it does not want to know.
	Progress func(step string)
	// Interpreted says how arguments that were not quite of the schema's form
	// were understood.
	Interpreted []string
}

// report tells the client what is done now.
func (c Call) report(step string) {
	if c.Progress != nil {
		c.Progress(step)
	}
}

// Caller is on whose behalf a call is made.
type Caller struct {
	// ID is a hash that tells callers apart; "" is an anonymous caller.
	ID string
	// TokenFrom names the setting that the caller's token was read from.
	TokenFrom string
	// TokenProblem says, in a sentence, why a token that was set cannot be used.
	TokenProblem string
}

// Ask is a tool's wish to put a form to the human before it goes on. The tool
// is then called again with the answers and the state.
type Ask struct {
	// Message says, above the form, what is asked and why.
	Message string
	Fields  []AskField
	// State is carried to the next round, where Call.State holds it, for as long
	// as Lasts.
	State json.RawMessage
	Lasts time.Duration
	// Done is what was done before asking.
	Done Effect
}

// AskField is one input of a form.
type AskField struct {
	Name     string // the key in Call.Answers
	Label    string
	Prompt   string
	Type     string // as in Next.Type
	Choices  []Choice
	Required bool
	Default  json.RawMessage
}

// Choice is one value of an enum or a list, and how people read it.
type Choice struct{ Value, Title string }

// Result is a tool's answer in both of its forms, each complete by itself:
// many clients show the model only one.
type Result struct {
	Structured any
	Text       string
}

// output is what a tool's function returns.
type output interface {
	// Text says the whole result in words, its next step included.
	Text() string
}

// define makes a Tool of a spec and a function with typed input and output.
func define[In any, Out output](kit Kit, spec Spec, function func(context.Context, Call, In) (Out, *Ask, error)) (Tool, error) {
	input, err := schema.NewInput[In]()
	if err != nil {
		return Tool{}, fmt.Errorf("%s: %w", spec.Name, err)
	}
	outputSchema, err := schema.Output[Out]()
	if err != nil {
		return Tool{}, fmt.Errorf("%s: %w", spec.Name, err)
	}
	run := func(ctx context.Context, call Call, raw json.RawMessage) (Result, *Ask, error) {
		if err := unanswered(raw); err != nil {
			return Result{}, nil, err
		}
		args, interpreted, err := input.Decode(raw)
		if err != nil {
			return Result{}, nil, err
		}
		if err := kit.capabilities.pass(ctx, call.Caller, spec.gate); err != nil {
			return Result{}, nil, err
		}
		call.Interpreted = interpreted
		out, ask, err := function(ctx, call, args)
		if err != nil || ask != nil {
			return Result{}, ask, err
		}
		return Result{Structured: out, Text: out.Text()}, nil, nil
	}
	spec.Description += " " + spec.Needs()
	return Tool{Spec: spec, InputSchema: input.JSON(), OutputSchema: outputSchema, run: run, kit: kit}, nil
}

// Call runs the tool on the arguments as they came. It returns a result, a
// wish to ask the human, or a failure told in words for the model.
func (t Tool) Call(ctx context.Context, call Call, args json.RawMessage) (Result, *Ask, *Failure) {
	result, ask, err := t.run(ctx, call, args)
	if err != nil {
		if featureOf(err) != "" {
			t.kit.capabilities.forget(call.Caller)
		}
		return Result{}, nil, t.explain(call, args, err)
	}
	return result, ask, nil
}
