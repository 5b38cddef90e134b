package tools

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// absentJob says what NOT_FOUND means where a job of the account was named.
const absentJob = "OpenTrain has no such job, or it belongs to another account. Ids come from " + createDraftName + " and " + listJobsName + "."

// maxIssues is how many faults of one call are told.
const maxIssues = 12

// Refuse words a refusal of the call by this server, before the tool was run.
func (t Tool) Refuse(call Call, args json.RawMessage, refusal *opentrain.Error) *Failure {
	return t.explain(call, args, refusal)
}

// explain words an error of this tool's function.
func (t Tool) explain(call Call, args json.RawMessage, err error) *Failure {
	var bad *schema.ArgumentError
	if errors.As(err, &bad) {
		return t.explainArguments(bad)
	}
	if errors.Is(err, errStale) {
		return t.explainStale(args)
	}
	var refusal *opentrain.Error
	if !errors.As(err, &refusal) {
		return Panicked(t.Spec)
	}
	f := &Failure{
		Code: opentrain.Code(plain(string(refusal.Code), 60)), Status: refusal.Status, RequestID: plain(refusal.RequestID, 100),
		RetryAfterSeconds: int(math.Ceil(refusal.RetryAfter.Seconds())), cause: err,
	}
	if len(refusal.Details) > 0 && len(refusal.Details) < maxFailureText {
		f.Details = refusal.Details
	}
	switch {
	case refusal.Code == opentrain.CodeInvalidArgument:
		f.say("%s was not called: %s.", t.Name, plain(refusal.Message, 300))
		f.say("Job ids come from %s, %s and %s.", createDraftName, listJobsName, searchJobsName)
		f.Next = t.mendArguments()
	case refusal.Code == opentrain.CodeBusy:
		t.explainBusy(f, refusal, args)
	case refusal.Code == opentrain.CodeNoToken:
		t.explainNoToken(f, call.Caller)
	case refusal.Status >= 500: // whatever code it bears, it is no answer of the API's own
		t.explainOutage(f, refusal, args)
	case refusal.Code == opentrain.CodeUnauthorized:
		t.explainUnauthorized(f, call.Caller)
	case refusal.Code == opentrain.CodeForbidden:
		t.explainForbidden(f, refusal, args)
	case refusal.Code == opentrain.CodeNotFound:
		t.explainAbsent(f, call.Caller)
	case refusal.Code == opentrain.CodeConflict:
		t.explainConflict(f, refusal, args)
	case refusal.Code == opentrain.CodeRateLimited:
		t.explainRateLimit(f, refusal, args)
	case refusal.Status == 0, refusal.Code == opentrain.CodeBadResponse:
		t.explainOutage(f, refusal, args)
	default:
		t.explainBadRequest(f, refusal, args)
	}
	return f
}

func (t Tool) explainArguments(bad *schema.ArgumentError) *Failure {
	shown := slices.Clone(bad.Problems[:min(len(bad.Problems), maxIssues)])
	for i := range shown {
		shown[i].Path, shown[i].Message = plain(shown[i].Path, 200), plain(shown[i].Message, 1500)
		shown[i].Allowed = plainAll(shown[i].Allowed, 60, 60)
	}
	f := &Failure{Code: opentrain.CodeInvalidArgument, Details: map[string]any{"problems": shown}, cause: bad}
	f.say("%s was not called; nothing was changed. Send the call again with these arguments mended:", t.Name)
	for _, problem := range shown {
		f.say("- %s", problem)
	}
	if more := len(bad.Problems) - len(shown); more > 0 {
		f.say("- and %d more", more)
	}
	f.Next = t.mendArguments()
	return f
}

// explainStale words a call that continues a form which is over. Nothing was
// sent: to make the draft anew could double it.
func (t Tool) explainStale(args json.RawMessage) *Failure {
	f := &Failure{Code: opentrain.CodeInvalidArgument, cause: errStale}
	f.say("The form that this call continues is over, or belongs to another call. Nothing was changed; the form's answers were not saved.")
	f.say("The draft is among the account's jobs. Ask its open questions in the conversation.")
	f.Next = &Next{Action: CallTool, Tool: listJobsName, Arguments: map[string]any{"status": opentrain.StatusDraft}, Note: "Find the draft."}
	if t.Name == patchDraftName {
		f.Next = &Next{Action: CallTool, Tool: patchDraftName, Arguments: argumentsOf(args), Note: "Setting the same fields again is harmless, and the result has the open questions."}
	}
	return f
}

// mendArguments is the step after a call whose arguments are not taken.
func (t Tool) mendArguments() *Next {
	return &Next{Action: Fix, By: "agent", Problem: "The arguments are not taken as they are; send the call again with them mended.", Tool: t.Name}
}

func (t Tool) explainNoToken(f *Failure, caller Caller) {
	problem := caller.TokenProblem
	if problem == "" {
		problem = "There is no API token."
	}
	f.say("%s needs an OpenTrain API token. %s Nothing was sent to OpenTrain.", t.Name, problem)
	f.say("%s", t.kit.TokenHelp)
	f.Next = &Next{Action: Fix, By: "human", Problem: problem, URL: opentrain.DefaultBaseURL}
}

// explainBusy words a call that would have to wait for its turn.
func (t Tool) explainBusy(f *Failure, refusal *opentrain.Error, args json.RawMessage) {
	f.RetryAfterSeconds = max(1, f.RetryAfterSeconds)
	f.Retryable = true
	f.say("%s was not carried out: %s", t.Name, unchanged(refusal.Message))
	f.say("Call again in %d seconds.", f.RetryAfterSeconds)
	f.Next = &Next{Action: Wait, RetryAfterSeconds: f.RetryAfterSeconds, Tool: t.Name, Arguments: argumentsOf(args)}
}

func (t Tool) explainUnauthorized(f *Failure, caller Caller) {
	from := ""
	if caller.TokenFrom != "" {
		from = " It was read from " + caller.TokenFrom + "."
	}
	f.say("OpenTrain did not accept the API token: it is wrong, expired or revoked.%s Nothing was changed.", from)
	f.say("%s", t.kit.TokenHelp)
	f.Next = &Next{Action: Fix, By: "human", Problem: "The API token is not accepted.", URL: opentrain.DefaultBaseURL}
}

func (t Tool) explainForbidden(f *Failure, refusal *opentrain.Error, args json.RawMessage) {
	var d struct {
		Reason         string   `json:"reason"`
		FeatureKey     string   `json:"featureKey"`
		RequiredScopes []string `json:"requiredScopes"`
		GrantedScopes  []string `json:"grantedScopes"`
	}
	refusal.DecodeDetails(&d)
	if refusal.NotSent {
		f.say("%s was not called: %s", t.Name, unchanged(refusal.Message))
	} else {
		f.say("OpenTrain refused %s: %s", t.Name, unchanged(refusal.Message))
	}
	f.Next = &Next{Action: Fix, By: "human"}
	switch {
	case len(d.RequiredScopes) > 0:
		scopes := strings.Join(plainAll(d.RequiredScopes, 20, 60), ", ")
		f.say("The token lacks the scope %s; it has %s. A token with that scope comes from Settings → API keys in the app.", scopes, listOr(plainAll(d.GrantedScopes, 20, 60), "none"))
		f.Next.Problem, f.Next.URL = "The API token lacks the scope "+scopes+".", opentrain.DefaultBaseURL
	case d.FeatureKey != "":
		feature := plain(d.FeatureKey, 100)
		f.say("The feature %s is not enabled for this account; OpenTrain enables it per account. Repeating the call does not help. %s shows the account's features.", feature, getAccountName)
		f.Next.Problem = "The feature " + feature + " is not enabled for this account."
	case t.advise(f, d.Reason, refusal, args):
	default:
		f.Next.Problem = "OpenTrain does not allow this account to do it: " + sentence(refusal.Message)
	}
}

func (t Tool) explainAbsent(f *Failure, caller Caller) {
	absent := t.Absent
	if absent == "" {
		absent = absentJob
	}
	f.say("%s Nothing was changed.", absent)
	switch {
	case t.Name == getAccountName:
		f.Next = &Next{Action: Fix, By: "human", Problem: "The API token belongs to no user any more.", URL: opentrain.DefaultBaseURL}
	case caller.ID == "":
		f.Next = &Next{Action: CallTool, Tool: searchJobsName, Arguments: map[string]any{}, Note: "Find the job's id."}
	default:
		f.Next = &Next{Action: CallTool, Tool: listJobsName, Arguments: map[string]any{}, Note: "Find the job's id."}
	}
}

func (t Tool) explainConflict(f *Failure, refusal *opentrain.Error, args json.RawMessage) {
	var d struct {
		Reason         string `json:"reason"`
		Status         string `json:"status"`
		RequiredStatus string `json:"requiredStatus"`
	}
	refusal.DecodeDetails(&d)
	f.say("OpenTrain refused %s: %s", t.Name, unchanged(refusal.Message))
	f.Next = &Next{Action: CallTool, Tool: listJobsName, Arguments: map[string]any{}, Note: "See the job's status."}
	if t.advise(f, d.Reason, refusal, args) || d.Status == "" {
		return
	}
	f.say("The job is %s; this needs %s.", plain(d.Status, 40), listOr([]string{plain(d.RequiredStatus, 40)}, "another status"))
	arguments, note := fieldsOf(args)
	switch {
	case d.Status == opentrain.StatusDraft && t.Name == updateJobName:
		f.say("A draft is changed with %s.", patchDraftName)
		f.Next = &Next{Action: CallTool, Tool: patchDraftName, Arguments: arguments, Note: note}
	case d.Status == opentrain.StatusOpen && t.Name == patchDraftName:
		f.say("A published job is changed with %s, and everyone sees the change.", updateJobName)
		f.Next = &Next{Action: ConfirmWithHuman, Show: arguments, Tool: updateJobName, Arguments: arguments, Note: strings.TrimSpace("The job is public: the change becomes visible to everyone. " + note)}
	default:
		f.say("No tool changes a job in this status. A new job starts with %s.", createDraftName)
	}
}

func (t Tool) explainRateLimit(f *Failure, refusal *opentrain.Error, args json.RawMessage) {
	var d struct {
		Limit       int `json:"limit"`
		WindowHours int `json:"windowHours"`
	}
	refusal.DecodeDetails(&d)
	d.Limit, d.WindowHours = max(0, d.Limit), min(max(0, d.WindowHours), 30*24)
	f.Retryable = true
	f.Next = &Next{Action: Wait, Tool: t.Name, Arguments: argumentsOf(args)}
	switch {
	case d.WindowHours > 0:
		f.say("The daily limit is used up: %d publishes in %d hours. The job was not published and stays a draft.", d.Limit, d.WindowHours)
		if f.RetryAfterSeconds == 0 {
			f.RetryAfterSeconds, f.Next.AtMost = int((time.Duration(d.WindowHours) * time.Hour).Seconds()), true
		}
		f.say("Repeating the call sooner does not help; the oldest publish leaves the window within %d hours.", d.WindowHours)
	default:
		if f.RetryAfterSeconds == 0 {
			f.RetryAfterSeconds, f.Next.AtMost = 60, true
		}
		f.say("OpenTrain is limiting requests: %s", unchanged(refusal.Message))
		f.say("Call again in %d seconds.", f.RetryAfterSeconds)
	}
	f.Next.RetryAfterSeconds = f.RetryAfterSeconds
}

// explainOutage words a failure in which OpenTrain gave no answer of its own.
func (t Tool) explainOutage(f *Failure, refusal *opentrain.Error, args json.RawMessage) {
	f.say("%s failed: %s", t.Name, sentence(refusal.Message))
	switch {
	case t.Kind.ReadOnly():
		f.say("Nothing was changed. The failure says nothing about what exists: it could not be read.")
	case refusal.NotSent:
		f.say("The request did not reach OpenTrain: nothing was changed.")
	default:
		f.say("%s", t.Lost)
	}
	switch {
	case errors.Is(refusal, opentrain.ErrTooLarge) && !t.Kind.ReadOnly():
		f.Next = &Next{Action: Fix, By: "human", Problem: "The answer was too large to be read; the app shows the job.", URL: opentrain.DefaultBaseURL}
		return
	case errors.Is(refusal, opentrain.ErrTooLarge):
		f.Next = &Next{Action: Fix, By: "agent", Problem: "The answer was too large; ask for less, with a smaller limit or narrower filters.", Tool: t.Name}
		return
	case refusal.Status != 0 && refusal.Status < 500 && refusal.Status != http.StatusOK && refusal.Status != http.StatusCreated:
		f.Next = &Next{Action: Fix, By: "human", Problem: "Something between this server and OpenTrain answers in its place; the base URL and the proxy settings should be checked."}
		return
	}
	f.Retryable = true
	if f.RetryAfterSeconds == 0 {
		f.RetryAfterSeconds = 5
	}
	f.Next = &Next{Action: Wait, RetryAfterSeconds: f.RetryAfterSeconds, Tool: t.Name, Arguments: argumentsOf(args)}
}

func (t Tool) explainBadRequest(f *Failure, refusal *opentrain.Error, args json.RawMessage) {
	f.say("OpenTrain refused %s: %s", t.Name, unchanged(refusal.Message))
	var d struct {
		Reason            string   `json:"reason"`
		SupportedFormats  []string `json:"supportedFormats"`
		SupportedStatuses []string `json:"supportedStatuses"`
		SupportedPayTypes []string `json:"supportedPayTypes"`
	}
	refusal.DecodeDetails(&d)
	issues := issuesOf(refusal.Details)
	for _, issue := range issues[:min(len(issues), maxIssues)] {
		f.say("- %s", issue.line())
	}
	if more := len(issues) - maxIssues; more > 0 {
		f.say("- and %d more", more)
	}
	if values := slices.Concat(d.SupportedFormats, d.SupportedStatuses, d.SupportedPayTypes); len(values) > 0 {
		f.say("Supported: %s.", strings.Join(plainAll(values, 40, 60), ", "))
	}
	f.Next = t.mendArguments()
	t.advise(f, d.Reason, refusal, args)
}

// fieldsOf makes the arguments of another tool that sets the same fields. Long
// fields are left to the model, which has them; note says so.
func fieldsOf(args json.RawMessage) (arguments map[string]any, note string) {
	var call struct {
		JobID  string          `json:"jobId"`
		Fields json.RawMessage `json:"fields"`
	}
	if json.Unmarshal(args, &call) != nil {
		return nil, "Send the same jobId and fields."
	}
	arguments = map[string]any{"jobId": call.JobID}
	if len(call.Fields) > 500 {
		return arguments, "Send the same fields again."
	}
	arguments["fields"] = call.Fields
	return arguments, ""
}

// argumentsOf repeats a call's arguments in a next step, unless they are long:
// the model has them.
func argumentsOf(args json.RawMessage) map[string]any {
	var arguments map[string]any
	if len(args) > 500 || json.Unmarshal(args, &arguments) != nil {
		return nil
	}
	return arguments
}
