package tool

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/opentrain"
)

// Refusal is the error of a call that can't be made as things are, in words for people. Nothing was changed.
type Refusal struct {
	Code  opentrain.Code
	Lines []string // what is wrong, and what to do
	Next  Next
	Cause error // OpenTrain's answer, if it led to this
}

func (r *Refusal) Error() string { return text.Join(" ", r.Lines...) }

// explainRefusal puts a tool's own refusal in the form of every failure.
func explainRefusal(refused *Refusal) *Failure {
	next := refused.Next
	f := &Failure{Code: refused.Code, Next: &next, cause: refused}
	for _, line := range refused.Lines {
		f.say("%s", line)
	}
	if apiError, ok := errors.AsType[*opentrain.Error](refused.Cause); ok {
		f.Status, f.RequestID = apiError.Status, text.Clean(apiError.RequestID, 100)
		f.Details = cleanDetails(apiError.Details)
	}
	if next.Action == Wait {
		f.Retryable, f.RetryAfterSeconds = true, next.RetryAfterSeconds
	}
	return f
}

// ClaimNext is the step that begins a claim: it needs the email of the person who is to own the account. note says why.
func ClaimNext(note string) Next {
	return Next{
		Action: AskHuman, Question: "Which email address should own this OpenTrain account? It must not have an OpenTrain account yet.",
		Note: note, Field: "email", Type: "string", Tool: ClaimAccount, Arguments: map[string]any{"email": Answer},
	}
}

// register explains a missing token where an account can be registered.
func (e explainer) register() Next {
	e.say("%s needs an OpenTrain account, and none is set up on this machine. Nothing was sent.", e.tool.Name)
	e.say("%s asks the human whether to register one.", RegisterAgent)
	e.say("%s", text.Join(" ", e.runner.TokenHelp, e.runner.TrialHelp))
	return e.runner.Register(e.call)
}

// claimFirst explains what only a claimed account can do. It reports whether the caller can start a claim.
func (e explainer) claimFirst() (Next, bool) {
	if !e.call.Caller.Claims || !e.call.Served.Has(ClaimAccount, ClaimStatus) {
		return Next{}, false
	}
	e.wrong("A human must claim this account before " + e.tool.Name + " works.")
	if e.call.Caller.Claiming {
		e.say("The claim has begun: the human has a link, and finishes there.")
		const note = "Call it when the human says that they're done."
		return Next{Action: CallTool, Tool: ClaimStatus, Arguments: map[string]any{}, Note: note}, true
	}
	e.say("Ask the human for their email address, and start the claim with %s.", ClaimAccount)
	if scopes := e.details.RequiredScopes; len(scopes) > 0 && !claimAdds(scopes) {
		e.say("After that, the human creates a token with %s in the app, under Settings → API keys.",
			strings.Join(text.CleanAll(scopes, 20, 60), ", "))
	}
	return ClaimNext("If the human already has a link, call " + ClaimStatus + " when they're done."), true
}

// claimAdds reports whether a claim gives an account all these scopes (developers/concepts/scopes-and-capabilities).
func claimAdds(scopes []string) bool {
	return len(scopes) > 0 && !slices.ContainsFunc(scopes, func(scope string) bool {
		return !slices.Contains([]string{"proposals:write", "messages:write", "team:write"}, scope)
	})
}

// beforeClaim reports whether a token has exactly the scopes of an account that no human has claimed.
func beforeClaim(granted []string) bool {
	all := []string{"jobs:read", "jobs:write", "messages:read", "payments:read", "proposals:read", "team:read"}
	return slices.Equal(slices.Sorted(slices.Values(granted)), all)
}

// unclaimed adds to the step after a publish that the account waits for a human: after a day it can't be claimed anymore.
func (r Runner) unclaimed(t Tool, call Call, next Next) Next {
	goesOn := next.Action == CallTool || next.Action == Done
	if t.Name == Publish && goesOn && call.Caller.Claims && call.Served.Has(ClaimAccount) {
		next.Note = text.Join(" ", next.Note, "A human must claim this account within 24 hours of its registration, or no one can hire "+
			"with it: ask for their email address and call "+ClaimAccount+".")
	}
	return next
}

// interrupt remembers a call that waits for an account, or for a human who claims it. Only one person uses a server that
// can do this.
func (a *Accounts) interrupt(t Tool, next Next, args json.RawMessage) {
	if a == nil || t.Local || !slices.Contains([]string{RegisterAgent, ClaimAccount, ClaimStatus}, next.Tool) {
		return
	}
	step := CallAgain(t.Name, args, "This call was waiting. Go on with it if the human still wants that.")
	delete(step.Arguments, "confirmationToken") // it's the yes of another token's caller
	a.interrupted.Store(&interruption{step, time.Now()})
}

// CallAgain is the step that repeats a call. The model sends those arguments that are too long to repeat.
func CallAgain(name string, args json.RawMessage, note string) Next {
	step := Next{Action: CallTool, Tool: name, Arguments: map[string]any{}, Note: note}
	var members map[string]json.RawMessage
	if json.Unmarshal(args, &members) != nil {
		return step
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if len(members[name]) > maxRepeated {
			step.Note += " Send " + name + " again, unchanged."
			continue
		}
		step.Arguments[name] = members[name]
	}
	return step
}

// interruption is a call that waits for an account.
type interruption struct {
	step Next
	at   time.Time
}

// interruptionTime is how long a call is worth going back to.
const interruptionTime = time.Hour

// Resume returns the call that waited for an account, or otherwise.
func (a *Accounts) Resume(otherwise Next) Next {
	if waiting := a.interrupted.Swap(nil); waiting != nil && time.Since(waiting.at) < interruptionTime {
		return waiting.step
	}
	return otherwise
}

// went takes note of a call that went well: it waits no longer.
func (a *Accounts) went(t Tool) {
	if a == nil {
		return
	}
	if waiting := a.interrupted.Load(); waiting != nil && waiting.step.Tool == t.Name {
		a.interrupted.CompareAndSwap(waiting, nil)
	}
}
