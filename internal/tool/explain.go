package tool

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// Explain describes the error of a call to a model, which can use only what is served.
func (r Runner) Explain(t Tool, call Call, args json.RawMessage, err error) *Failure {
	f := r.explain(t, call, args, err)
	f.lines = slices.DeleteFunc(Map(f.lines, call.Served.Text), func(line string) bool { return line == "" })
	if f.Next != nil {
		next := call.Served.Next(*f.Next, true)
		f.Next = &next
	}
	return f
}

func (r Runner) explain(t Tool, call Call, args json.RawMessage, err error) *Failure {
	if bad, ok := errors.AsType[*schema.ArgumentError](err); ok {
		return t.explainArguments(call.Served, bad)
	}
	if errors.Is(err, ErrFormOver) {
		return t.explainFormOver(args)
	}
	if refused, ok := errors.AsType[*Refusal](err); ok {
		return explainRefusal(refused)
	}
	apiError, ok := errors.AsType[*opentrain.Error](err)
	if !ok {
		return t.internal(args, err)
	}
	f := &Failure{
		Code: opentrain.Code(text.Clean(string(apiError.Code), 60)), Status: apiError.Status, RequestID: text.Clean(apiError.RequestID, 100),
		RetryAfterSeconds: int(math.Ceil(apiError.RetryAfter.Seconds())), Details: cleanDetails(apiError.Details), cause: err,
	}
	e := explainer{Failure: f, tool: t, call: call, by: call.Caller, args: args, apiError: apiError, runner: r}
	apiError.DecodeDetails(&e.details)
	next := e.explain()
	f.Next = &next
	return f
}

// explainFormOver points to the draft of a form that has ended. Creating it again could make a second one.
func (t Tool) explainFormOver(args json.RawMessage) *Failure {
	next := Next{Action: CallTool, Tool: ListJobs, Arguments: map[string]any{"status": opentrain.StatusDraft}, Note: "Find the draft."}
	if arguments := argumentsOf(args); t.Name == PatchDraft && arguments != nil {
		arguments["askHuman"] = false // another form may end like this one
		next = Next{
			Action: CallTool, Tool: PatchDraft, Arguments: arguments,
			Note: "Setting the same fields again is harmless, and the result has the open questions.",
		}
	}
	f := &Failure{Code: opentrain.CodeInvalidArgument, cause: ErrFormOver, Next: &next}
	f.say("The form has expired or belongs to another call. Nothing was changed, and the form's answers were not saved.")
	f.say("Ask the draft's open questions in the conversation.")
	return f
}

// fixArguments is the step after invalid arguments. The failure's lines name them.
func (t Tool) fixArguments() Next {
	return Next{Action: Fix, By: "agent", Problem: "Some arguments are invalid. Fix them and call again.", Tool: t.Name}
}

// explainer explains an error of the API or its client. Each of its methods adds lines and returns the next step.
type explainer struct {
	*Failure
	tool     Tool
	call     Call
	by       caller.Caller
	args     json.RawMessage
	apiError *opentrain.Error
	runner   Runner
	details  struct {
		Reason            string   `json:"reason"`
		Reasons           []string `json:"reasons"`
		ClaimURL          string   `json:"claimUrl"`
		BillingURL        string   `json:"billingUrl"`
		ContractID        string   `json:"contractId"`
		FeatureKey        string   `json:"featureKey"`
		RequiredScopes    []string `json:"requiredScopes"`
		GrantedScopes     []string `json:"grantedScopes"`
		Status            string   `json:"status"`
		RequiredStatus    string   `json:"requiredStatus"`
		Limit             int      `json:"limit"`
		WindowHours       int      `json:"windowHours"`
		SupportedFormats  []string `json:"supportedFormats"`
		SupportedStatuses []string `json:"supportedStatuses"`
		SupportedPayTypes []string `json:"supportedPayTypes"`
	}
}

func (e explainer) explain() Next {
	switch apiError := e.apiError; {
	case apiError.Code == opentrain.CodeInvalidArgument:
		e.say("Invalid arguments; nothing was sent. Fix these and call %s again:", e.tool.Name)
		e.say("- %s", text.Sentence(apiError.Message))
		if e.names("jobId") {
			e.say("Job ids come from %s, %s and %s.", CreateDraft, ListJobs, SearchJobs)
		}
		return e.tool.fixArguments()
	case apiError.Code == opentrain.CodeBusy:
		e.wrong(e.tool.Name + " did not run: " + text.Sentence(apiError.Message))
		return e.retry(max(1, e.RetryAfterSeconds), false)
	case apiError.Code == opentrain.CodeNoToken && e.by.Registers && e.runner.Register != nil && e.call.Served.Has(RegisterAgent):
		return e.register()
	case apiError.Code == opentrain.CodeNoToken:
		problem := cmp.Or(e.by.TokenProblem, "There is no API token.")
		e.wrong(text.Join(" ", e.tool.Name+" needs an OpenTrain API token.", e.by.TokenProblem))
		e.say("%s", text.Join(" ", e.runner.TokenHelp, e.runner.TrialHelp))
		return fixInApp(problem)
	case opentrain.IsOutage(apiError):
		return e.outage()
	case apiError.Code == opentrain.CodeUnauthorized:
		problem := "OpenTrain rejected " + e.token() + ": it is invalid, expired or revoked."
		e.wrong(problem)
		if e.by.Claims && e.call.Served.Has(ClaimStatus) { // OpenTrain revokes it when a human claims the account
			e.say("A human may have claimed the account. Then a new token waits for you.")
			return Next{Action: CallTool, Tool: ClaimStatus, Arguments: map[string]any{}, Note: "Fetch the new token."}
		}
		return e.fixToken(problem)
	case apiError.Code == opentrain.CodeForbidden:
		return e.forbidden()
	case apiError.Code == opentrain.CodeNotFound:
		return e.notFound()
	case apiError.Code == opentrain.CodeConflict:
		return e.conflict()
	case apiError.Code == opentrain.CodeRateLimited:
		return e.rateLimit()
	}
	return e.badRequest()
}

// wrong adds the line that says what is wrong and, for a write, whether it changed anything.
func (e explainer) wrong(problem string) {
	outcome := ""
	switch conflict := e.apiError.Status == http.StatusConflict; {
	case e.tool.Kind.ReadOnly(), e.tool.Kind == KindShow:
	case !opentrain.MayHaveChanged(e.apiError), conflict && e.details.Status != "" && e.details.Reason == "":
		outcome = "Nothing was changed."
	case conflict && e.details.Reason != "": // the invitation whose email failed or the blocked edit may be there
		outcome = cmp.Or(e.tool.OutcomeUnknown, "It's unclear whether anything was changed.")
	case conflict:
		outcome = "It's unclear whether anything was changed."
	default:
		outcome = e.tool.OutcomeUnknown
	}
	e.say("%s", text.Join(" ", problem, outcome))
}

// token names the caller's token.
func (e explainer) token() string {
	if e.by.TokenSource == "" {
		return "the API token"
	}
	return "the API token from " + e.by.TokenSource
}

// fixToken is the step of a token that is missing or doesn't work.
func (e explainer) fixToken(problem string) Next {
	e.say("%s", e.runner.TokenHelp)
	return fixInApp(problem)
}

func (e explainer) forbidden() Next {
	seemsUnclaimed := e.tool.Claimed && beforeClaim(e.details.GrantedScopes)
	if e.details.Reason == opentrain.ReasonClaimRequired || claimAdds(e.details.RequiredScopes) || seemsUnclaimed {
		if next, can := e.claimFirst(); can {
			return next
		}
	}
	switch {
	case len(e.details.RequiredScopes) > 0:
		scopes := strings.Join(text.CleanAll(e.details.RequiredScopes, 20, 60), ", ")
		granted := cmp.Or(strings.Join(text.CleanAll(e.details.GrantedScopes, 20, 60), ", "), "none")
		noun := "scope"
		if len(e.details.RequiredScopes) > 1 {
			noun = "scopes"
		}
		problem := fmt.Sprintf("%s lacks the %s %s; it has %s.", text.Capitalize(e.token()), scopes, noun, granted)
		e.wrong(problem)
		if seemsUnclaimed {
			e.say("Its scopes are those of an account that no human has claimed, so the human probably has to claim it first.")
		}
		if HasPages(e.runner.App) {
			e.say("Create another token with %s in the app, under Settings → API keys.", scopes)
		}
		return e.fixToken(problem)
	case e.details.FeatureKey != "":
		problem := "The feature " + text.Clean(e.details.FeatureKey, 100) + " is not enabled for this account."
		e.wrong(problem)
		e.say("OpenTrain enables features per account, so calling again doesn't help. %s lists them.", GetAccount)
		return fixInApp(problem)
	case e.details.Reason != "":
		return e.reason()
	}
	e.wrong(e.refusal())
	if e.tool.Find.Action != "" { // the API answers so for some objects of other accounts
		return e.tool.Find
	}
	return fixInApp(e.refusal())
}

func (e explainer) notFound() Next {
	const ownJob = "This account has no job with that id."
	if e.tool.Name == InviteTrainer && !e.apiError.NotSent { // the job or the person: only OpenTrain's message says which
		e.wrong(e.refusal())
		e.say("%s", e.tool.NotFound)
		return Next{Action: Fix, By: "human", Problem: e.refusal() + " " + e.tool.NotFound, Tool: InviteTrainer}
	}
	problem := cmp.Or(e.tool.NotFound, ownJob)
	if e.apiError.NotSent && e.tool.Name == InviteTrainer { // the job isn't among the caller's
		problem = ownJob
	}
	e.wrong(problem)
	switch {
	case e.tool.Find.Action != "":
		return e.tool.Find
	case e.tool.Name == GetAccount:
		return fixInApp(problem)
	case e.by.ID == "":
		return Next{Action: CallTool, Tool: SearchJobs, Arguments: map[string]any{}, Note: "Find the job's id."}
	}
	return ListJobsNext("Find the job's id.")
}

func (e explainer) conflict() Next {
	status := text.Clean(e.details.Status, 40)
	switch {
	case e.details.Reason != "":
		return e.reason()
	case e.tool.Find.Action != "":
		e.wrong(e.refusal())
		return e.tool.Find
	case status == "":
		e.wrong(e.refusal())
		return e.look(e.refusal())
	}
	problem := "The job is " + StatusWords(status) + "."
	if required := text.Clean(e.details.RequiredStatus, 40); required != "" {
		works := map[string]string{opentrain.StatusDraft: "on drafts", opentrain.StatusOpen: "on live jobs"}[required]
		problem += " " + e.tool.Name + " works only " + cmp.Or(works, "when it is "+StatusWords(required)) + "."
	}
	e.wrong(problem)
	if instead, found := e.tool.Instead[status]; found {
		return e.named(instead)
	}
	switch status {
	case opentrain.StatusPendingApproval:
		return Next{Action: Done, Note: "Nothing is left to do until OpenTrain has decided. " + ListJobs + " shows the job's status."}
	case opentrain.StatusArchived, opentrain.StatusCompleted:
		return Next{Action: Done, Note: "It can't be changed or reopened here. To post a new job, use " + CreateDraft + "."}
	}
	return ListJobsNext("See the account's jobs.")
}

func (e explainer) rateLimit() Next {
	atMost := e.RetryAfterSeconds == 0 // the API doesn't say how long
	if hours := min(max(0, e.details.WindowHours), 30*24); hours > 0 {
		problem := fmt.Sprintf("This account has reached its limit of %s in %s.",
			text.Count(max(0, e.details.Limit), "published job"), text.Count(hours, "hour"))
		e.say("%s Nothing was changed.", problem)
		if e.by.Claims && e.call.Served.Has(ClaimAccount, ClaimStatus) {
			e.say("Once a human has claimed this account, it can publish more.")
			next := ClaimNext("Or publish again later: the limit is for " + text.Count(hours, "hour") + ".")
			next.Problem = problem
			return next
		}
		next := e.retry(cmp.Or(e.RetryAfterSeconds, hours*60*60), atMost)
		next.Problem = problem
		return next
	}
	e.wrong("OpenTrain is rate-limiting requests: " + text.Sentence(e.apiError.Message))
	return e.retry(cmp.Or(e.RetryAfterSeconds, 60), atMost)
}

func (e explainer) badRequest() Next {
	if e.details.Reason != "" {
		return e.reason()
	}
	e.wrong(e.refusal())
	const most = 50 // more than there is room for: suggestions cost time
	issues := IssuesOf(e.apiError.Details)
	issues = issues[:min(len(issues), most)]
	if e.names("cursor") && strings.Contains(strings.ToLower(e.apiError.Message), "cursor") {
		e.say("Pass %s", e.otherCursor())
	}
	const room = 500 // for the lines after the issues, and the next step
	e.sayProblems(Map(issues, Issue.problem), maxFailureText-room)
	supported := slices.Concat(e.details.SupportedFormats, e.details.SupportedStatuses, e.details.SupportedPayTypes)
	if len(supported) > 0 {
		e.say("Supported: %s.", strings.Join(text.CleanAll(supported, 40, 60), ", "))
	}
	return e.tool.fixArguments()
}

// otherCursor says what to pass instead of a cursor that OpenTrain rejects, as far as its message doesn't.
func (e explainer) otherCursor() string {
	unchanged, restart := "nextCursor unchanged, or ", "no cursor for the first page."
	if e.tool.Name == PollUpdates {
		restart = "newest: true without a cursor."
	}
	if strings.Contains(e.apiError.Message, "nextCursor") {
		return restart
	}
	return unchanged + restart
}

// refusal is what OpenTrain said.
func (e explainer) refusal() string {
	return "OpenTrain rejected " + e.tool.Name + ": " + text.Sentence(e.apiError.Message)
}

// retry is the step of a call that can be repeated later.
func (e explainer) retry(seconds int, atMost bool) Next {
	e.Retryable, e.RetryAfterSeconds = true, seconds
	arguments := argumentsOf(e.args)
	if seconds >= int(YesLifetime.Seconds()) || e.tool.Kind.spends() && opentrain.MayHaveChanged(e.apiError) {
		delete(arguments, "confirmationToken") // it's no longer valid
	}
	return Next{Action: Wait, RetryAfterSeconds: seconds, AtMost: atMost, Tool: e.tool.Name, Arguments: arguments}
}

// YesLifetime is how long a human's yes in the conversation is valid.
const YesLifetime = 10 * time.Minute

// fixInApp is the step of a problem that a human solves in OpenTrain's app. The failure's lines say the problem too.
// The app's pages have no documented addresses below its own, so the lines name the page.
func fixInApp(problem string) Next {
	return Next{Action: Fix, By: "human", Problem: problem, URL: opentrain.DefaultBaseURL}
}

// maxRepeated bounds the arguments that a next step repeats, in bytes. The model has longer ones.
const maxRepeated = 500

// argumentsOf repeats a call's arguments in a next step.
func argumentsOf(args json.RawMessage) map[string]any {
	var arguments map[string]any
	if len(args) > maxRepeated || json.Unmarshal(args, &arguments) != nil {
		return nil
	}
	return arguments
}

// names reports whether the call has an argument.
func (e explainer) names(argument string) bool {
	var sent map[string]json.RawMessage
	return json.Unmarshal(e.args, &sent) == nil && sent[argument] != nil
}

// named is a step with those of the call's arguments that it names. The model sends those that are too long to repeat.
func (e explainer) named(step Next) Next {
	var sent map[string]json.RawMessage
	arguments := map[string]any{}
	if json.Unmarshal(e.args, &sent) == nil {
		for _, name := range slices.Sorted(maps.Keys(step.Arguments)) {
			switch value, found := sent[name]; {
			case found && len(value) <= maxRepeated:
				arguments[name] = value
			case found:
				step.Note = text.Join(" ", step.Note, "Send the same "+name+" again.")
			}
		}
	}
	step.Arguments = arguments
	return step
}
