package tools

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// Failure is a failed call, told to a model: what failed, why, what to do
// instead, and what was changed. The exported members are the _meta of the
// answer.
type Failure struct {
	Code              opentrain.Code `json:"code"`
	Status            int            `json:"status,omitempty"`
	RequestID         string         `json:"requestId,omitempty"`
	Retryable         bool           `json:"retryable"`
	RetryAfterSeconds int            `json:"retryAfterSeconds,omitempty"`
	Details           any            `json:"details,omitempty"`
	Next              *Next          `json:"next,omitempty"`

	lines []string
	cause error
}

// maxFailureText bounds the words of a failure, in characters.
const maxFailureText = 2000

// Text is what the model reads, at most 2,000 characters.
func (f *Failure) Text() string {
	tail := ""
	if f.RequestID != "" {
		tail += "\nRequest id: " + f.RequestID
	}
	if f.Next != nil {
		tail += "\n\n" + f.Next.Text()
	}
	return clip(strings.Join(f.lines, "\n"), max(200, maxFailureText-len([]rune(tail)))) + tail
}

// Error implements error, for logs.
func (f *Failure) Error() string { return f.cause.Error() }

// Unwrap returns the error that is explained.
func (f *Failure) Unwrap() error { return f.cause }

func (f *Failure) say(format string, args ...any) {
	f.lines = append(f.lines, fmt.Sprintf(format, args...))
}

// Panicked is the Failure of a bug: nothing of it is told but that it happened.
func Panicked(spec Spec) *Failure {
	f := &Failure{Code: opentrain.CodeInternal, cause: errors.New("panic")}
	f.say("%s failed by a fault of this server, not of your arguments.", spec.Name)
	if !spec.Kind.ReadOnly() {
		f.say("It is not known whether anything was changed; %s shows the account's jobs.", listJobsName)
	}
	return f
}

// explain words an error of this tool's function.
func (t Tool) explain(call Call, args json.RawMessage, err error) *Failure {
	var bad *schema.ArgumentError
	if errors.As(err, &bad) {
		return t.explainArguments(bad)
	}
	var refusal *opentrain.Error
	if !errors.As(err, &refusal) {
		return Panicked(t.Spec)
	}
	f := &Failure{
		Code: refusal.Code, Status: refusal.Status, RequestID: plain(refusal.RequestID, 100),
		RetryAfterSeconds: int(math.Ceil(refusal.RetryAfter.Seconds())), cause: err,
	}
	if len(refusal.Details) > 0 && len(refusal.Details) < maxFailureText {
		f.Details = refusal.Details
	}
	switch {
	case refusal.Code == opentrain.CodeInvalidArgument:
		f.say("%s was not called: %s.", t.Name, plain(refusal.Message, 300))
		f.say("Job ids come from %s, %s and %s.", createDraftName, listJobsName, searchJobsName)
	case refusal.Code == opentrain.CodeNoToken:
		t.explainNoToken(f, call.Caller)
	case refusal.Code == opentrain.CodeUnauthorized:
		t.explainUnauthorized(f, call.Caller)
	case refusal.Code == opentrain.CodeForbidden:
		t.explainForbidden(f, refusal)
	case refusal.Code == opentrain.CodeNotFound:
		f.say("OpenTrain has no such job, or it belongs to another account.")
		f.say("Ids come from %s, %s and %s.", createDraftName, listJobsName, searchJobsName)
		f.Next = &Next{Action: CallTool, Tool: listJobsName, Arguments: map[string]any{}, Note: "Find the job's id."}
	case refusal.Code == opentrain.CodeConflict:
		t.explainConflict(f, refusal)
	case refusal.Code == opentrain.CodeRateLimited:
		t.explainRateLimit(f, refusal, args)
	case refusal.Status >= 500, refusal.Status == 0, refusal.Code == opentrain.CodeBadResponse:
		t.explainOutage(f, refusal, args)
	default:
		t.explainBadRequest(f, refusal)
	}
	return f
}

func (t Tool) explainArguments(bad *schema.ArgumentError) *Failure {
	f := &Failure{Code: opentrain.CodeInvalidArgument, Details: map[string]any{"problems": bad.Problems}, cause: bad}
	f.say("%s was not called; nothing was sent to OpenTrain. Send the call again with these arguments mended:", t.Name)
	for _, problem := range bad.Problems {
		f.say("- %s", problem)
	}
	return f
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

func (t Tool) explainUnauthorized(f *Failure, caller Caller) {
	from := ""
	if caller.TokenFrom != "" {
		from = " It was read from " + caller.TokenFrom + "."
	}
	f.say("OpenTrain did not accept the API token: it is wrong, expired or revoked.%s Nothing was changed.", from)
	f.say("%s", t.kit.TokenHelp)
	f.Next = &Next{Action: Fix, By: "human", Problem: "The API token is not accepted.", URL: opentrain.DefaultBaseURL}
}

func (t Tool) explainForbidden(f *Failure, refusal *opentrain.Error) {
	var d struct {
		Reason         string   `json:"reason"`
		ClaimURL       string   `json:"claimUrl"`
		FeatureKey     string   `json:"featureKey"`
		RequiredScopes []string `json:"requiredScopes"`
		GrantedScopes  []string `json:"grantedScopes"`
	}
	refusal.DecodeDetails(&d)
	f.say("OpenTrain refused %s: %s Nothing was changed.", t.Name, sentence(refusal.Message))
	f.Next = &Next{Action: Fix, By: "human"}
	switch {
	case d.Reason == "account_claim_required":
		f.say("A human must claim this account first, at %s. Then call again.", d.ClaimURL)
		f.Next.Problem, f.Next.URL = "The account is not claimed by a human.", d.ClaimURL
	case len(d.RequiredScopes) > 0:
		f.say("The token lacks the scope %s; it has %s. A token with that scope comes from Settings → API keys in the app.", strings.Join(d.RequiredScopes, ", "), listOr(d.GrantedScopes, "none"))
		f.Next.Problem, f.Next.URL = "The API token lacks the scope "+strings.Join(d.RequiredScopes, ", ")+".", opentrain.DefaultBaseURL
	case d.FeatureKey != "":
		f.say("The feature %s is not enabled for this account; OpenTrain enables it per account. Repeating the call does not help.", d.FeatureKey)
		f.Next.Problem = "The feature " + d.FeatureKey + " is not enabled for this account."
	default:
		f.Next.Problem = "OpenTrain does not allow this account to do it."
	}
}

func (t Tool) explainConflict(f *Failure, refusal *opentrain.Error) {
	var d struct {
		Status         string `json:"status"`
		RequiredStatus string `json:"requiredStatus"`
	}
	refusal.DecodeDetails(&d)
	f.say("OpenTrain refused %s: %s Nothing was changed.", t.Name, sentence(refusal.Message))
	if d.Status != "" {
		f.say("The job is %s; this needs %s.", d.Status, listOr([]string{d.RequiredStatus}, "another status"))
	}
	f.Next = &Next{Action: CallTool, Tool: listJobsName, Arguments: map[string]any{}, Note: "See the job's status."}
}

func (t Tool) explainRateLimit(f *Failure, refusal *opentrain.Error, args json.RawMessage) {
	var d struct {
		Limit       int `json:"limit"`
		WindowHours int `json:"windowHours"`
	}
	refusal.DecodeDetails(&d)
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
		f.say("OpenTrain is limiting requests: %s Nothing was changed.", sentence(refusal.Message))
		f.say("Call again in %d seconds.", f.RetryAfterSeconds)
	}
	f.Next.RetryAfterSeconds = f.RetryAfterSeconds
}

// explainOutage words a failure in which OpenTrain gave no answer of its own.
func (t Tool) explainOutage(f *Failure, refusal *opentrain.Error, args json.RawMessage) {
	f.say("%s failed: %s", t.Name, sentence(refusal.Message))
	f.Retryable = refusal.Status == 0 || refusal.Status >= 500 || refusal.Status == http.StatusOK
	switch {
	case t.Kind.ReadOnly():
		f.say("Nothing was changed. This says nothing about which jobs exist; the list could not be read.")
	case refusal.NotSent:
		f.say("The request did not reach OpenTrain: nothing was changed.")
	case t.Kind == KindCreate:
		f.say("It is not known whether the draft was made. Call again with the same arguments: the idempotency key finds it if it was, and no second one is made.")
	case t.Kind == KindUpdate:
		f.say("It is not known whether the fields were set. Setting the same values again is harmless.")
	default:
		f.say("It is not known whether it took effect. %s shows the job's status; repeating the call is harmless.", listJobsName)
	}
	if !f.Retryable {
		f.Next = &Next{Action: Fix, By: "human", Problem: "Something between this server and OpenTrain answers in its place; the base URL and the proxy settings should be checked."}
		return
	}
	if f.RetryAfterSeconds == 0 {
		f.RetryAfterSeconds = 5
	}
	f.Next = &Next{Action: Wait, RetryAfterSeconds: f.RetryAfterSeconds, Tool: t.Name, Arguments: argumentsOf(args)}
}

func (t Tool) explainBadRequest(f *Failure, refusal *opentrain.Error) {
	f.say("OpenTrain refused %s: %s Nothing was changed.", t.Name, sentence(refusal.Message))
	var d struct {
		Issues            []issue  `json:"issues"`
		SupportedFormats  []string `json:"supportedFormats"`
		SupportedStatuses []string `json:"supportedStatuses"`
	}
	refusal.DecodeDetails(&d)
	for _, issue := range d.Issues {
		f.say("- %s", issue.line())
	}
	if values := slices.Concat(d.SupportedFormats, d.SupportedStatuses); len(values) > 0 {
		f.say("Supported: %s.", strings.Join(values, ", "))
	}
}

// issue is one fault of a request body in the API's details.
type issue struct {
	Path     opentrain.FieldPath `json:"path"`
	Message  string              `json:"message"`
	Keys     []string            `json:"keys"`
	Options  []string            `json:"options"`
	Expected string              `json:"expected"`
}

func (i issue) line() string {
	words := plain(i.Message, 200)
	if i.Path != "" {
		words = plain(string(i.Path), 100) + ": " + words
	}
	if len(i.Keys) > 0 && !strings.Contains(words, i.Keys[0]) {
		words += " (" + plain(strings.Join(i.Keys, ", "), 200) + ")"
	}
	if len(i.Options) > 0 {
		words += "; send one of " + plain(strings.Join(i.Options, ", "), 400)
	}
	return words
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

func listOr(values []string, none string) string {
	if text := strings.Join(values, ", "); text != "" {
		return text
	}
	return none
}

// sentence cleans a message of the API and ends it with a full stop.
func sentence(message string) string {
	message = strings.TrimRight(plain(message, 400), " ")
	if message == "" {
		return "it gave no reason."
	}
	if !strings.HasSuffix(message, ".") && !strings.HasSuffix(message, "!") && !strings.HasSuffix(message, "…") {
		message += "."
	}
	return message
}

// clip cuts a text after limit characters.
func clip(text string, limit int) string {
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	return string(runes[:limit-1]) + "…"
}
