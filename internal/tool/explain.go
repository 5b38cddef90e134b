package tool

import (
	"cmp"
	"encoding/json"
	"errors"
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

// MaxProblems is how many problems of one call are named.
const MaxProblems = 12

// Explain puts the error of a call into words.
func (r Runner) Explain(t Tool, call Call, args json.RawMessage, err error) *Failure {
	var refusal *opentrain.Error
	var bad *schema.ArgumentError
	switch {
	case errors.As(err, &bad):
		return t.explainArguments(bad)
	case errors.Is(err, ErrFormOver):
		return t.explainFormOver(args)
	case !errors.As(err, &refusal):
		return Panicked(t.Spec)
	}
	f := &Failure{
		Code: opentrain.Code(text.Clean(string(refusal.Code), 60)), Status: refusal.Status, RequestID: text.Clean(refusal.RequestID, 100),
		RetryAfterSeconds: int(math.Ceil(refusal.RetryAfter.Seconds())), cause: err,
	}
	if len(refusal.Details) > 0 && len(refusal.Details) < maxFailureText {
		f.Details = refusal.Details
	}
	e := explainer{Failure: f, tool: t, by: call.Caller, args: args, refusal: refusal, tokenHelp: r.TokenHelp}
	f.Next = e.explain()
	return f
}

func (t Tool) explainArguments(bad *schema.ArgumentError) *Failure {
	shown := slices.Clone(bad.Problems[:min(len(bad.Problems), MaxProblems)])
	for i := range shown {
		shown[i].Path, shown[i].Message = text.Clean(shown[i].Path, 200), text.Clean(shown[i].Message, 1500)
		shown[i].Allowed = text.CleanAll(shown[i].Allowed, 60, 60)
	}
	f := &Failure{Code: opentrain.CodeInvalidArgument, Details: map[string]any{"problems": shown}, cause: bad, Next: t.fixArguments()}
	f.say("%s was not called; nothing was changed. Send the call again with these arguments mended:", t.Name)
	for _, problem := range shown {
		f.say("- %s", problem)
	}
	if more := len(bad.Problems) - len(shown); more > 0 {
		f.say("- and %d more", more)
	}
	return f
}

// explainFormOver explains a call that continues a form which is over. Nothing was sent: creating the draft
// again could double it.
func (t Tool) explainFormOver(args json.RawMessage) *Failure {
	f := &Failure{Code: opentrain.CodeInvalidArgument, cause: ErrFormOver}
	f.say("The form that this call continues is over, or belongs to another call. Nothing was changed; the form's answers were not saved.")
	f.say("The draft is among the account's jobs. Ask its open questions in the conversation.")
	f.Next = &Next{Action: CallTool, Tool: ListJobs, Arguments: map[string]any{"status": opentrain.StatusDraft}, Note: "Find the draft."}
	if t.Name == PatchDraft {
		f.Next = &Next{
			Action: CallTool, Tool: PatchDraft, Arguments: argumentsOf(args),
			Note: "Setting the same fields again is harmless, and the result has the open questions.",
		}
	}
	return f
}

// fixArguments is the step after invalid arguments.
func (t Tool) fixArguments() *Next {
	return &Next{Action: Fix, By: "agent", Problem: "The arguments are not taken as they are; send the call again with " +
		"them mended.", Tool: t.Name}
}

// explainer explains an error of the API or its client. Each of its methods adds lines and returns the next
// step.
type explainer struct {
	*Failure
	tool      Tool
	by        caller.Caller
	args      json.RawMessage
	refusal   *opentrain.Error
	tokenHelp string
}

func (e explainer) explain() *Next {
	switch refusal := e.refusal; {
	case refusal.Code == opentrain.CodeInvalidArgument:
		e.say("%s was not called: %s.", e.tool.Name, text.Clean(refusal.Message, 300))
		e.say("Job ids come from %s, %s and %s.", CreateDraft, ListJobs, SearchJobs)
		return e.tool.fixArguments()
	case refusal.Code == opentrain.CodeBusy:
		return e.busy()
	case refusal.Code == opentrain.CodeNoToken:
		return e.noToken()
	case refusal.Status >= 500: // whatever its code, the API itself didn't answer
		return e.outage()
	case refusal.Code == opentrain.CodeUnauthorized:
		return e.unauthorized()
	case refusal.Code == opentrain.CodeForbidden:
		return e.forbidden()
	case refusal.Code == opentrain.CodeNotFound:
		return e.absent()
	case refusal.Code == opentrain.CodeConflict:
		return e.conflict()
	case refusal.Code == opentrain.CodeRateLimited:
		return e.rateLimit()
	case refusal.Status == 0, refusal.Code == opentrain.CodeBadResponse:
		return e.outage()
	}
	return e.badRequest()
}

func (e explainer) noToken() *Next {
	problem := cmp.Or(e.by.TokenProblem, "There is no API token.")
	e.say("%s needs an OpenTrain API token. %s Nothing was sent to OpenTrain.", e.tool.Name, problem)
	e.say("%s", e.tokenHelp)
	return &Next{Action: Fix, By: "human", Problem: problem, URL: opentrain.DefaultBaseURL}
}

// busy explains a call that would have to wait for its turn.
func (e explainer) busy() *Next {
	e.RetryAfterSeconds = max(1, e.RetryAfterSeconds)
	e.Retryable = true
	e.say("%s was not carried out: %s", e.tool.Name, nothingChanged(e.refusal.Message))
	e.say("Call again in %d seconds.", e.RetryAfterSeconds)
	return e.wait(false)
}

// wait is the step of a call that can be repeated later.
func (e explainer) wait(atMost bool) *Next {
	return &Next{Action: Wait, RetryAfterSeconds: e.RetryAfterSeconds, AtMost: atMost, Tool: e.tool.Name, Arguments: argumentsOf(e.args)}
}

func (e explainer) unauthorized() *Next {
	from := ""
	if e.by.TokenFrom != "" {
		from = " It was read from " + e.by.TokenFrom + "."
	}
	e.say("OpenTrain did not accept the API token: it is wrong, expired or revoked.%s Nothing was changed.", from)
	e.say("%s", e.tokenHelp)
	return &Next{Action: Fix, By: "human", Problem: "The API token is not accepted.", URL: opentrain.DefaultBaseURL}
}

func (e explainer) forbidden() *Next {
	var d struct {
		Reason         string   `json:"reason"`
		FeatureKey     string   `json:"featureKey"`
		RequiredScopes []string `json:"requiredScopes"`
		GrantedScopes  []string `json:"grantedScopes"`
	}
	e.refusal.DecodeDetails(&d)
	if e.refusal.NotSent {
		e.say("%s was not called: %s", e.tool.Name, nothingChanged(e.refusal.Message))
	} else {
		e.say("OpenTrain refused %s: %s", e.tool.Name, nothingChanged(e.refusal.Message))
	}
	switch {
	case len(d.RequiredScopes) > 0:
		scopes := strings.Join(text.CleanAll(d.RequiredScopes, 20, 60), ", ")
		granted := text.JoinOr(text.CleanAll(d.GrantedScopes, 20, 60), "none")
		e.say("The token lacks the scope %s; it has %s. A token with that scope comes from Settings → API keys in the app.", scopes, granted)
		return &Next{Action: Fix, By: "human", Problem: "The API token lacks the scope " + scopes + ".", URL: opentrain.DefaultBaseURL}
	case d.FeatureKey != "":
		feature := text.Clean(d.FeatureKey, 100)
		e.say("The feature %s is not enabled for this account; OpenTrain enables it per account. Repeating the call does not "+
			"help. %s shows the account's features.", feature, GetAccount)
		return &Next{Action: Fix, By: "human", Problem: "The feature " + feature + " is not enabled for this account."}
	case d.Reason != "":
		return e.reason(d.Reason)
	}
	return &Next{Action: Fix, By: "human", Problem: "OpenTrain does not allow this account to do it: " + text.Sentence(e.refusal.Message)}
}

// absentJob says what NOT_FOUND means where the call names a job of the account.
const absentJob = "OpenTrain has no such job, or it belongs to another account. Ids come from " + CreateDraft + " and " + ListJobs + "."

func (e explainer) absent() *Next {
	e.say("%s Nothing was changed.", cmp.Or(e.tool.Absent, absentJob))
	switch {
	case e.tool.Name == GetAccount:
		return &Next{Action: Fix, By: "human", Problem: "The API token belongs to no user any more.", URL: opentrain.DefaultBaseURL}
	case e.by.ID == "":
		return &Next{Action: CallTool, Tool: SearchJobs, Arguments: map[string]any{}, Note: "Find the job's id."}
	}
	return &Next{Action: CallTool, Tool: ListJobs, Arguments: map[string]any{}, Note: "Find the job's id."}
}

func (e explainer) conflict() *Next {
	var d struct {
		Reason         string `json:"reason"`
		Status         string `json:"status"`
		RequiredStatus string `json:"requiredStatus"`
	}
	e.refusal.DecodeDetails(&d)
	e.say("OpenTrain refused %s: %s", e.tool.Name, nothingChanged(e.refusal.Message))
	status := &Next{Action: CallTool, Tool: ListJobs, Arguments: map[string]any{}, Note: "See the job's status."}
	switch {
	case d.Reason != "":
		return e.reason(d.Reason)
	case d.Status == "":
		return status
	}
	e.say("The job is %s; this needs %s.", text.Clean(d.Status, 40), cmp.Or(text.Clean(d.RequiredStatus, 40), "another status"))
	fields := fieldsOf(e.args)
	switch {
	case d.Status == opentrain.StatusDraft && e.tool.Name == UpdateJob:
		e.say("A draft is changed with %s.", PatchDraft)
		return &Next{Action: CallTool, Tool: PatchDraft, Arguments: fields.arguments, Note: fields.note}
	case d.Status == opentrain.StatusOpen && e.tool.Name == PatchDraft:
		e.say("A published job is changed with %s, and everyone sees the change.", UpdateJob)
		return &Next{
			Action: ConfirmWithHuman, Show: fields.show, Tool: UpdateJob, Arguments: fields.arguments,
			Note: strings.TrimSpace("The job is public: the change becomes visible to everyone. " + fields.note),
		}
	}
	e.say("No tool changes a job in this status. A new job starts with %s.", CreateDraft)
	return status
}

func (e explainer) rateLimit() *Next {
	var d struct {
		Limit       int `json:"limit"`
		WindowHours int `json:"windowHours"`
	}
	e.refusal.DecodeDetails(&d)
	limit, hours := max(0, d.Limit), min(max(0, d.WindowHours), 30*24)
	e.Retryable = true
	atMost := e.RetryAfterSeconds == 0
	if hours > 0 {
		e.say("The daily limit is used up: %d publishes in %d hours. The job was not published and stays a draft.", limit, hours)
		if atMost {
			e.RetryAfterSeconds = int((time.Duration(hours) * time.Hour).Seconds())
		}
		e.say("Repeating the call sooner does not help; the oldest publish leaves the window within %d hours.", hours)
		return e.wait(atMost)
	}
	if atMost {
		e.RetryAfterSeconds = 60
	}
	e.say("OpenTrain is limiting requests: %s", nothingChanged(e.refusal.Message))
	e.say("Call again in %d seconds.", e.RetryAfterSeconds)
	return e.wait(atMost)
}

// outage explains a failure in which OpenTrain gave no answer of its own.
func (e explainer) outage() *Next {
	readOnly, status := e.tool.Kind.ReadOnly(), e.refusal.Status
	e.say("%s failed: %s", e.tool.Name, text.Sentence(e.refusal.Message))
	switch {
	case readOnly:
		e.say("Nothing was changed. The failure says nothing about what exists: it could not be read.")
	case e.refusal.NotSent:
		e.say("The request did not reach OpenTrain: nothing was changed.")
	default:
		e.say("%s", e.tool.Lost)
	}
	tooLarge := errors.Is(e.refusal, opentrain.ErrTooLarge)
	switch {
	case tooLarge && readOnly:
		return &Next{Action: Fix, By: "agent", Problem: "The answer was too large; ask for less, with a smaller limit or " +
			"narrower filters.", Tool: e.tool.Name}
	case tooLarge:
		return &Next{Action: Fix, By: "human", Problem: "The answer was too large to be read; the app shows the " +
			"job.", URL: opentrain.DefaultBaseURL}
	case status != 0 && status < 500 && status != http.StatusOK && status != http.StatusCreated:
		return &Next{
			Action: Fix, By: "human",
			Problem: "Something between this server and OpenTrain answers in its place; the base URL and the proxy settings should be checked.",
		}
	}
	e.Retryable = true
	e.RetryAfterSeconds = cmp.Or(e.RetryAfterSeconds, 5)
	return e.wait(false)
}

func (e explainer) badRequest() *Next {
	e.say("OpenTrain refused %s: %s", e.tool.Name, nothingChanged(e.refusal.Message))
	var d struct {
		Reason            string   `json:"reason"`
		SupportedFormats  []string `json:"supportedFormats"`
		SupportedStatuses []string `json:"supportedStatuses"`
		SupportedPayTypes []string `json:"supportedPayTypes"`
	}
	e.refusal.DecodeDetails(&d)
	issues := IssuesOf(e.refusal.Details)
	for _, issue := range issues[:min(len(issues), MaxProblems)] {
		e.say("- %s", issue.line())
	}
	if more := len(issues) - MaxProblems; more > 0 {
		e.say("- and %d more", more)
	}
	if values := slices.Concat(d.SupportedFormats, d.SupportedStatuses, d.SupportedPayTypes); len(values) > 0 {
		e.say("Supported: %s.", strings.Join(text.CleanAll(values, 40, 60), ", "))
	}
	if d.Reason != "" {
		return e.reason(d.Reason)
	}
	return e.tool.fixArguments()
}

// nothingChanged adds to a message of the API, unless it says so itself, that nothing was changed.
func nothingChanged(message string) string {
	const words = "Nothing was changed."
	if message = text.Sentence(message); strings.Contains(message, words) {
		return message
	}
	return message + " " + words
}

// sameFields are the fields of a call, for another tool that sets the same ones. Long fields are left to the
// model, which has them; note says so.
type sameFields struct {
	arguments map[string]any
	show      *Shown
	note      string
}

func fieldsOf(args json.RawMessage) sameFields {
	var call struct {
		JobID  string          `json:"jobId"`
		Fields json.RawMessage `json:"fields"`
	}
	if json.Unmarshal(args, &call) != nil {
		return sameFields{note: "Send the same jobId and fields."}
	}
	same := sameFields{arguments: map[string]any{"jobId": call.JobID}, show: &Shown{JobID: call.JobID}}
	if len(call.Fields) > maxRepeated {
		same.note = "Send the same fields again."
		return same
	}
	same.arguments["fields"] = call.Fields
	if json.Unmarshal(call.Fields, &same.show.Fields) != nil {
		same.show.Fields = nil // fields that came as a string
	}
	return same
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
