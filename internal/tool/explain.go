package tool

import (
	"cmp"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"slices"
	"strings"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// Explain describes the error of a call to a model.
func (r Runner) Explain(t Tool, call Call, args json.RawMessage, err error) *Failure {
	if bad, ok := errors.AsType[*schema.ArgumentError](err); ok {
		return t.explainArguments(bad)
	}
	if errors.Is(err, ErrFormOver) {
		return t.explainFormOver(args)
	}
	apiError, ok := errors.AsType[*opentrain.Error](err)
	if !ok {
		return Internal(t.Spec, err)
	}
	f := &Failure{
		Code: opentrain.Code(text.Clean(string(apiError.Code), 60)), Status: apiError.Status, RequestID: text.Clean(apiError.RequestID, 100),
		RetryAfterSeconds: int(math.Ceil(apiError.RetryAfter.Seconds())), cause: err,
	}
	if len(apiError.Details) > 0 && len(apiError.Details) < maxFailureText {
		f.Details = apiError.Details
	}
	e := explainer{Failure: f, tool: t, by: call.Caller, args: args, apiError: apiError, tokenHelp: r.TokenHelp}
	apiError.DecodeDetails(&e.details)
	next := e.explain()
	f.Next = &next
	return f
}

// explainFormOver points to the draft of a form that has ended. Creating it again could make a second one.
func (t Tool) explainFormOver(args json.RawMessage) *Failure {
	next := Next{Action: CallTool, Tool: ListJobs, Arguments: map[string]any{"status": opentrain.StatusDraft}, Note: "Find the draft."}
	if t.Name == PatchDraft {
		next = Next{
			Action: CallTool, Tool: PatchDraft, Arguments: argumentsOf(args),
			Note: "Setting the same fields again is harmless, and the result has the open questions.",
		}
	}
	f := &Failure{Code: opentrain.CodeInvalidArgument, cause: ErrFormOver, Next: &next}
	f.say("The form that this call continues is over, or belongs to another call. Nothing was changed; the form's answers were not saved.")
	f.say("The draft is among the account's jobs. Ask its open questions in the conversation.")
	return f
}

func (t Tool) fixArguments() Next {
	const problem = "Some arguments are invalid. Fix them and call again."
	return Next{Action: Fix, By: "agent", Problem: problem, Tool: t.Name}
}

// explainer explains an error of the API or its client. Each of its methods adds lines and returns the next step.
type explainer struct {
	*Failure
	tool      Tool
	by        caller.Caller
	args      json.RawMessage
	apiError  *opentrain.Error
	tokenHelp string
	details   struct {
		Reason            string   `json:"reason"`
		Reasons           []string `json:"reasons"`
		ClaimURL          string   `json:"claimUrl"`
		BillingURL        string   `json:"billingUrl"`
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
		e.say("%s was not called: %s.", e.tool.Name, text.Clean(apiError.Message, 300))
		e.say("Job ids come from %s, %s and %s.", CreateDraft, ListJobs, SearchJobs)
		return e.tool.fixArguments()
	case apiError.Code == opentrain.CodeBusy:
		return e.busy()
	case apiError.Code == opentrain.CodeNoToken:
		return e.noToken()
	case apiError.Status >= 500: // whatever its code, the API itself didn't answer
		return e.outage()
	case apiError.Code == opentrain.CodeUnauthorized:
		return e.unauthorized()
	case apiError.Code == opentrain.CodeForbidden:
		return e.forbidden()
	case apiError.Code == opentrain.CodeNotFound:
		return e.notFound()
	case apiError.Code == opentrain.CodeConflict:
		return e.conflict()
	case apiError.Code == opentrain.CodeRateLimited:
		return e.rateLimit()
	case apiError.Status == 0, apiError.Code == opentrain.CodeBadResponse:
		return e.outage()
	}
	return e.badRequest()
}

// busy explains a call that would have to wait for its turn.
func (e explainer) busy() Next {
	e.say("%s was not carried out: %s", e.tool.Name, e.nothingChanged())
	return e.callAgain(max(1, e.RetryAfterSeconds), false)
}

func (e explainer) noToken() Next {
	problem := cmp.Or(e.by.TokenProblem, "There is no API token.")
	e.say("%s needs an OpenTrain API token. %s Nothing was sent to OpenTrain.", e.tool.Name, problem)
	e.say("%s", e.tokenHelp)
	return fixInApp(problem)
}

func (e explainer) unauthorized() Next {
	from := ""
	if e.by.TokenSource != "" {
		from = " It was read from " + e.by.TokenSource + "."
	}
	e.say("OpenTrain did not accept the API token: it is wrong, expired or revoked.%s Nothing was changed.", from)
	e.say("%s", e.tokenHelp)
	return fixInApp("The API token is not accepted.")
}

func (e explainer) forbidden() Next {
	if e.apiError.NotSent {
		e.say("%s was not called: %s", e.tool.Name, e.nothingChanged())
	} else {
		e.sayRefused()
	}
	switch {
	case len(e.details.RequiredScopes) > 0:
		scopes := strings.Join(text.CleanAll(e.details.RequiredScopes, 20, 60), ", ")
		granted := cmp.Or(strings.Join(text.CleanAll(e.details.GrantedScopes, 20, 60), ", "), "none")
		e.say("The token lacks the scope %s; it has %s. A token with that scope comes from Settings → API keys in the app.", scopes, granted)
		return fixInApp("The API token lacks the scope " + scopes + ".")
	case e.details.FeatureKey != "":
		feature := text.Clean(e.details.FeatureKey, 100)
		e.say("The feature %s is not enabled for this account; OpenTrain enables it per account. Repeating the call does not "+
			"help. %s shows the account's features.", feature, GetAccount)
		return Next{Action: Fix, By: "human", Problem: "The feature " + feature + " is not enabled for this account."}
	case e.details.Reason != "":
		return e.reason()
	}
	return Next{Action: Fix, By: "human", Problem: "OpenTrain does not allow this account to do it: " + text.Sentence(e.apiError.Message)}
}

func (e explainer) notFound() Next {
	const ownJob = "OpenTrain has no such job, or it belongs to another account. Ids come from " + CreateDraft + " and " + ListJobs + "."
	e.say("%s Nothing was changed.", cmp.Or(e.tool.NotFound, ownJob))
	switch {
	case e.tool.Name == GetAccount:
		return fixInApp("The user of the API token no longer exists.")
	case e.by.ID == "":
		return Next{Action: CallTool, Tool: SearchJobs, Arguments: map[string]any{}, Note: "Find the job's id."}
	}
	return ListJobsNext("Find the job's id.")
}

func (e explainer) conflict() Next {
	e.sayRefused()
	status := text.Clean(e.details.Status, 40)
	switch {
	case e.details.Reason != "":
		return e.reason()
	case e.details.Status == "":
		return ListJobsNext("See the job's status.")
	}
	e.say("The job is %s; this needs %s.", status, cmp.Or(text.Clean(e.details.RequiredStatus, 40), "another status"))
	arguments, shown, note := sameFields(e.args)
	switch {
	case e.details.Status == opentrain.StatusDraft && e.tool.Name == UpdateJob:
		e.say("A draft is changed with %s.", PatchDraft)
		return Next{Action: CallTool, Tool: PatchDraft, Arguments: arguments, Note: note}
	case e.details.Status == opentrain.StatusOpen && e.tool.Name == PatchDraft:
		e.say("A published job is changed with %s, and everyone sees the change.", UpdateJob)
		return Next{
			Action: ConfirmWithHuman, Show: shown, Tool: UpdateJob, Arguments: arguments,
			Note: text.Join(" ", "The job is public: the change becomes visible to everyone.", note),
		}
	}
	e.say("No tool changes a job in this status. A new job starts with %s.", CreateDraft)
	return ListJobsNext("See the job's status.")
}

func (e explainer) rateLimit() Next {
	atMost := e.RetryAfterSeconds == 0 // the API doesn't say how long
	if hours := min(max(0, e.details.WindowHours), 30*24); hours > 0 {
		limit := max(0, e.details.Limit)
		e.say("You have reached the limit of %s in %d hours. The job was not published and stays a draft.",
			text.Count(limit, "published job"), hours)
		e.say("Repeating the call sooner does not help; the oldest publish leaves the window within %d hours.", hours)
		return e.retry(cmp.Or(e.RetryAfterSeconds, hours*60*60), atMost)
	}
	e.say("OpenTrain is limiting requests: %s", e.nothingChanged())
	return e.callAgain(cmp.Or(e.RetryAfterSeconds, 60), atMost)
}

func (e explainer) callAgain(seconds int, atMost bool) Next {
	e.say("Call again in %d seconds.", seconds)
	return e.retry(seconds, atMost)
}

// outage explains a failure in which OpenTrain gave no answer of its own.
func (e explainer) outage() Next {
	readOnly, status := e.tool.Kind.ReadOnly(), e.apiError.Status
	e.say("%s failed: %s", e.tool.Name, text.Sentence(e.apiError.Message))
	switch {
	case readOnly:
		e.say("Nothing was changed. The failure says nothing about what exists: it could not be read.")
	case e.apiError.NotSent:
		e.say("The request did not reach OpenTrain: nothing was changed.")
	default:
		e.say("%s", e.tool.OutcomeUnknown)
	}
	tooLarge := errors.Is(e.apiError, opentrain.ErrTooLarge)
	switch {
	case tooLarge && readOnly:
		const problem = "The answer was too large; ask for less, with a smaller limit or narrower filters."
		return Next{Action: Fix, By: "agent", Problem: problem, Tool: e.tool.Name}
	case tooLarge:
		return fixInApp("The answer was too large to be read; the app shows the job.")
	case status != 0 && status < 500 && status != http.StatusOK && status != http.StatusCreated:
		const problem = "Something between this server and OpenTrain answers in its place; the base URL and the proxy settings should be checked."
		return Next{Action: Fix, By: "human", Problem: problem}
	}
	return e.retry(cmp.Or(e.RetryAfterSeconds, 5), false)
}

func (e explainer) badRequest() Next {
	e.sayRefused()
	issues := IssuesOf(e.apiError.Details)
	const room = 500 // for the lines after the issues, and the next step
	e.sayProblems(Map(issues, Issue.problem), maxFailureText-room)
	supported := slices.Concat(e.details.SupportedFormats, e.details.SupportedStatuses, e.details.SupportedPayTypes)
	if len(supported) > 0 {
		e.say("Supported: %s.", strings.Join(text.CleanAll(supported, 40, 60), ", "))
	}
	if e.details.Reason != "" {
		return e.reason()
	}
	return e.tool.fixArguments()
}

func (e explainer) sayRefused() { e.say("OpenTrain refused %s: %s", e.tool.Name, e.nothingChanged()) }

// nothingChanged is the API's message, and that nothing was changed. A conflict without a known cause may have
// changed something.
func (e explainer) nothingChanged() string {
	message := text.Sentence(e.apiError.Message)
	if opentrain.MayHaveChanged(e.apiError) && e.details.Status+e.details.Reason == "" && !e.tool.Kind.ReadOnly() {
		return message + " It is not known whether anything was changed."
	}
	return message + " Nothing was changed."
}

// retry is the step of a call that can be repeated later.
func (e explainer) retry(seconds int, atMost bool) Next {
	e.Retryable, e.RetryAfterSeconds = true, seconds
	return Next{Action: Wait, RetryAfterSeconds: seconds, AtMost: atMost, Tool: e.tool.Name, Arguments: argumentsOf(e.args)}
}

// fixInApp is the step of a problem that a human solves in OpenTrain's app.
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

// sameFields are a call's arguments for another tool that sets the same fields, and what they show to a human.
// note asks the model for fields that are too long to repeat.
func sameFields(args json.RawMessage) (arguments map[string]any, shown *Preview, note string) {
	var call struct {
		JobID  string          `json:"jobId"`
		Fields json.RawMessage `json:"fields"`
	}
	if json.Unmarshal(args, &call) != nil {
		return nil, nil, "Send the same jobId and fields."
	}
	arguments, shown = map[string]any{"jobId": call.JobID}, &Preview{JobID: call.JobID}
	if len(call.Fields) > maxRepeated {
		return arguments, shown, "Send the same fields again."
	}
	arguments["fields"] = call.Fields
	var fields opentrain.Fields
	if json.Unmarshal(call.Fields, &fields) == nil { // they may have come as a string
		shown.Fields = fields
	}
	return arguments, shown, ""
}
