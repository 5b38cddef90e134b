// Package tool says what a tool is: its spec, its call, its result with the next step, and its failures. It
// imports no toolset and nothing of MCP; it knows the tools' names, because results name the next tool.
package tool

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// Spec is what a tool says about itself.
type Spec struct {
	Name  string // opentrain_<verb>_<noun>, at most 32 characters
	Title string // for people
	// Description is for models. New appends Needs; together they have 300 to 900 characters.
	Description string
	Kind        Kind
	// ReadingDescription, if not empty, describes the tool on a read-only server: it is served there too, and then writes
	// nothing.
	ReadingDescription string
	Scope              string  // the scope that the token needs; "" for a token of any scope, or for no token
	Claimed            bool    // whether a human must have claimed the account
	Local              bool    // whether it works only where the server acts for the person at this machine
	Feature            Feature // what the account must have; the zero Feature asks for nothing
	OutcomeUnknown     string  // what to do when a write's outcome is unknown
	NotFound           string  // what it means when OpenTrain doesn't find what the call names
	Find               Next    // the step that finds what the call names, if it isn't a job
	// Instead has the steps for a job in a status that the call doesn't fit, by that status. Their arguments are the call's of
	// the same names.
	Instead map[string]Next
	// Check, if it has an action, is the step after a write whose answer was lost, in place of a second one. Its arguments
	// are the call's of the same names.
	Check Next

	// Live, if not nil, calls decode with the schemas of arguments that the caller's account decides on, by name.
	Live func(ctx context.Context, by caller.Caller, decode func(map[string]*schema.Node) error) error
}

// Needs names in a sentence what a caller needs for the tool.
func (s Spec) Needs() string {
	switch {
	case s.Kind.claims():
		return "Requires an account from " + RegisterAgent + "."
	case !s.Kind.NeedsToken():
		return "Requires no token."
	case s.Claimed:
		return "Requires the " + s.Scope + " scope and an account that a human has claimed."
	case s.Scope != "":
		return "Requires the " + s.Scope + " scope."
	}
	return "Requires an API token."
}

// Tool is one tool, ready to be served.
type Tool struct {
	Spec
	// Schemas returns the JSON Schemas of the arguments and of the result. They are made when they are first needed: a program
	// that starts doesn't wait for those of tools that no one lists or calls. It panics if a type has no schema.
	Schemas func() Schemas

	// run decodes the arguments, asks whether the account allows the call, and makes it.
	run func(ctx context.Context, call Call, args json.RawMessage, checks checks) (Result, *Ask, error)
}

// Schemas are the two JSON Schemas of a tool.
type Schemas struct{ Input, Output json.RawMessage }

// Reading returns the tool as it is where nothing may be changed, if it can be served there.
func (t Tool) Reading() (reading Tool, ok bool) {
	if t.ReadingDescription != "" {
		t.Kind, t.Scope = KindRead, strings.Replace(t.Scope, ":write", ":read", 1)
		t.Description = t.ReadingDescription + " " + t.Needs()
	}
	return t, t.Kind.ReadOnly()
}

// checks are what a call checks besides its arguments.
type checks struct {
	allowed  func() error         // whether the account allows it
	possible func(next Next) Next // the step after it, as the caller can take it
}

// Output is what a tool's function returns. Its JSON is the structured content.
type Output interface {
	// Text describes the whole result, with its next step.
	Text() string
}

// maxNotes is how many notes about its arguments a result has.
const maxNotes = 10

// New makes a Tool from a spec and a function. It panics on a mistake: the output of a write has no Effect, or a write that a
// human approves has no Check.
func New[In any, Out Output](spec Spec, function func(context.Context, Call, In) (Out, *Ask, error)) Tool {
	if _, hasEffect := any(*new(Out)).(interface{ Effect() Effect }); !hasEffect && !spec.Kind.ReadOnly() {
		panic(spec.Name + ": the output of a write has no Effect")
	}
	if spec.Kind.spends() && spec.Check.Action == "" {
		panic(spec.Name + ": the write has no Check")
	}
	spec.Description += " " + spec.Needs()
	return untyped{
		spec: spec, args: func() any { return new(In) }, result: new(Out),
		function: func(ctx context.Context, call Call, args any) (any, *Ask, error) {
			out, ask, err := function(ctx, call, *args.(*In)) //nolint:errcheck,forcetypeassert // what args made
			return &out, ask, err
		},
	}.tool()
}

// untyped is a tool without its types, so that the program has the code below once.
type untyped struct {
	spec     Spec
	input    func() *schema.Input
	args     func() any // a pointer to new arguments
	result   any        // a pointer to an empty result
	function func(ctx context.Context, call Call, args any) (out any, ask *Ask, err error)
}

func (u untyped) tool() Tool {
	u.input = sync.OnceValue(func() *schema.Input { return must(schema.NewInput(u.args(), Dialect())) })
	output := sync.OnceValue(func() json.RawMessage { return must(schema.Output(u.result)) })
	return Tool{Spec: u.spec, Schemas: func() Schemas { return Schemas{u.input().JSON(), output()} }, run: u.run}
}

func (u untyped) run(ctx context.Context, call Call, raw json.RawMessage, checks checks) (Result, *Ask, error) {
	var args any
	decode := func(live map[string]*schema.Node) (err error) {
		args = u.args() // Live may decode again
		call.Interpreted, err = u.input().Decode(raw, live, args)
		return err
	}
	err := error(nil)
	if u.spec.Live != nil {
		err = u.spec.Live(ctx, call.Caller, decode)
	} else {
		err = decode(nil)
	}
	if err != nil {
		return Result{}, nil, err
	}
	if err := checks.allowed(); err != nil {
		return Result{}, nil, err
	}
	if more := len(call.Interpreted) - maxNotes; more > 0 {
		call.Interpreted = append(call.Interpreted[:maxNotes], fmt.Sprintf("and %d more", more))
	}
	for call.fitting = new(fitting); ; call.fitting.cuts = nil {
		out, ask, err := u.function(ctx, call, args)
		if err != nil || ask != nil {
			return Result{}, ask.plain(), err
		}
		result, size, err := call.fitting.render(out, checks.possible)
		if err != nil {
			return Result{}, nil, err
		}
		if call.fitting.again(size) {
			continue
		}
		if write, ok := out.(interface{ Effect() Effect }); ok {
			result.Effect = write.Effect()
		}
		return result, nil, nil
	}
}

// render writes an output in both forms. size is the length of the longer one, in characters.
func render(out any) (result Result, size int, err error) {
	structured, err := plainJSON(out)
	if err != nil {
		return Result{}, 0, err
	}
	words := text.Plain(out.(Output).Text()) //nolint:errcheck,forcetypeassert // New has only such functions
	result = Result{Structured: structured, Text: words, Effect: Effect{Outcome: "ok"}}
	return result, max(text.LengthOf(structured), utf8.RuneCountInString(words)), nil
}

// must returns a value that is part of the program.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// nextOf returns the step that an output, of which out is a pointer, holds in its field Next, nil if it has none.
func nextOf(out any) *Next {
	value := reflect.ValueOf(out).Elem()
	if value.Kind() != reflect.Struct {
		return nil
	}
	field := value.FieldByName("Next")
	if !field.IsValid() {
		return nil
	}
	next, _ := field.Addr().Interface().(*Next)
	return next
}

// Runner runs tools for callers.
type Runner struct {
	Accounts  *Accounts
	TokenHelp string // how a human can give this server a token, in one or two sentences for a model
	TrialHelp string // how to try this server without an account, in a sentence; "" for none
	Address   Address
	// App is the address of OpenTrain's app, "" for the real one.
	App string
	// Register returns the step that asks the human whether to register an account; nil where callers bring their own.
	Register func(Call) Next
}

// Run runs a tool on raw arguments. It returns a result, a form for the human, or a failure. A tool that isn't served
// needs no more than its name.
func (r Runner) Run(ctx context.Context, t *Tool, call Call, args json.RawMessage) (Result, *Ask, *Failure) {
	if _, hidden := call.Served.hidden[t.Name]; hidden || t.run == nil {
		failure := call.Served.refuse(t.Name)
		failure.Next.URL = r.page(failure.Next.URL)
		return Result{}, nil, failure
	}
	if served := call.Served.Find(t.Name); served != nil { // a request may have narrowed the tool
		t = served
	}
	result, ask, err := t.run(ctx, call, args, checks{
		allowed: func() error { return r.allowed(ctx, call.Caller, *t) },
		possible: func(next Next) Next {
			if next.Again && t.Check.Action == CallTool {
				next = explainer{tool: *t, args: args}.named(t.Check)
				next.Note = "This yes was used before, and that call may have worked. Nothing was sent now. " + next.Note
			}
			return r.unclaimed(*t, call, r.possible(ctx, call, next, false))
		},
	})
	if err != nil {
		r.Accounts.Refused(call.Caller, err)
		failure := r.Explain(*t, call, args, err)
		if failure.Next != nil {
			r.Accounts.interrupt(*t, *failure.Next, args)
			next := r.possible(ctx, call, *failure.Next, true)
			failure.Next = &next
		}
		return Result{}, nil, failure
	}
	r.Accounts.went(*t)
	if made := result.Effect; made.Outcome == opentrain.StatusDraft || made.Outcome == opentrain.StatusOpen {
		r.Accounts.SawOwn(call.Caller, made.JobID) // OpenTrain answered with the job's status
	}
	return result, ask, nil
}

// Call is what a tool knows about a call besides its input.
type Call struct {
	Caller              caller.Caller
	Served              Served      // what the caller can use
	CanAsk, CanAskLists bool        // a form can be shown now; it can have lists for several values
	Form                FormOutcome // what became of the previous round's Ask
	// Answers are the human's answers to the previous round's Ask by field name, nil without an answered form.
	Answers     map[string]json.RawMessage
	State       json.RawMessage   // the State of the previous round's Ask; nil in the first round
	BadState    bool              // the state of a form was changed, belongs to someone else or is too old
	Progress    func(step string) // tells the client what the call does now; nil when it doesn't want to know
	Interpreted []string          // how the tool read arguments that didn't quite match the schema

	fitting *fitting // see FitPage and Shorten
}

// Step tells the client what the call does now.
func (c Call) Step(step string) {
	if c.Progress != nil {
		c.Progress(step)
	}
}

// FormOutcome is what became of a form.
type FormOutcome int

// The outcomes of a form.
const (
	FormNone       FormOutcome = iota // no form was shown
	FormAnswered                      // the human filled it in; Call.Answers has what they entered, if anything
	FormDeclined                      // the human said no
	FormUnanswered                    // no human answered: it was canceled, timed out, failed or was never seen
)

// Ask is a form for the human. The tool is then called again with the answers and the state.
type Ask struct {
	Message  string // above the form: what is asked and why
	Fields   []Field
	State    json.RawMessage // comes back in Call.State, as long as it isn't older than Lifetime
	Lifetime time.Duration
	Done     Effect // what the call did before asking
}

// Field is one input of a form.
type Field struct {
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

// plain is the form without hidden characters in its words.
func (a *Ask) plain() *Ask {
	if a == nil {
		return nil
	}
	clean := *a
	clean.Message = text.Plain(a.Message)
	clean.Fields = Map(a.Fields, func(f Field) Field {
		f.Label, f.Prompt = text.Plain(f.Label), text.Plain(f.Prompt)
		f.Choices = Map(f.Choices, func(c Choice) Choice { return Choice{Value: c.Value, Title: text.Plain(c.Title)} })
		return f
	})
	return &clean
}

// plainJSON writes what a model reads, without hidden characters. What it sends back stays exact: a cursor, and the arguments
// of the next call.
func plainJSON(v any) (json.RawMessage, error) {
	return text.PlainJSON(v, func(path string) bool {
		for _, exact := range []string{"nextCursor", "next.arguments", "next.change.arguments"} {
			if rest, found := strings.CutPrefix(path, exact); found && (rest == "" || rest[0] == '.') {
				return true
			}
		}
		return false
	})
}

// Result is a tool's answer in two forms, each complete by itself: many clients show the model only one.
type Result struct {
	Structured json.RawMessage
	Text       string
	Effect     Effect
}

// Effect is what a write did, for the audit log: what the Effect method of its output returns.
type Effect struct {
	JobID   string // the job that the call made, changed or named; "" for none
	Subject string // what it made, changed or named besides a job, such as "proposal prop_1"
	Outcome string // the job's status afterwards, or a word of the tool's own; "" when nothing was written
}
