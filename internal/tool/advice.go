package tool

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// ReasonModeration is details.reason of a job that the content check blocked.
const ReasonModeration = "moderation_blocked"

// reasonUnclaimed is details.reason of a call that needs an account which a human has claimed.
const reasonUnclaimed = "account_claim_required"

// The bounds of what is shown of the content check's reasons.
const (
	MaxReasons = 20
	MaxReason  = 400 // characters of one
)

// reason explains an error's details.reason. An unknown one is shown unchanged, with OpenTrain's own words.
func (e explainer) reason() Next {
	reason := e.details.Reason
	problem, remedy := adviceFor(reason)
	if problem == "" {
		problem, remedy = e.refusal(), "OpenTrain's reason: "+text.Clean(reason, 100)+"."
	}
	e.wrong(problem)
	for _, why := range text.CleanAll(e.details.Reasons, MaxReasons, MaxReason) {
		e.say("- %s", why)
	}
	e.say("%s", remedy)
	by, tool := "human", ""
	switch reason {
	case ReasonModeration:
		tool = PatchDraft
	case "job_not_published":
		tool = Publish
	case "invite_email_send_failed":
		by = "agent"
	}
	// The job is the one that the call named, whatever the answer says.
	var arguments map[string]any
	if jobID, named := argumentsOf(e.args)["jobId"]; named && tool != "" {
		arguments = map[string]any{"jobId": jobID}
	}
	return Next{
		Action: Fix, By: by, Problem: text.Join(" ", problem, remedy), Tool: tool, Arguments: arguments,
		URL: text.URL(cmp.Or(e.details.ClaimURL, e.details.BillingURL)),
	}
}

// adviceFor says what a details.reason means and what to do about it. It covers every reason on the API's pages.
func adviceFor(reason string) (problem, remedy string) {
	advice := map[string][2]string{
		reasonUnclaimed:  {"A human must claim this account first.", "They can do it in OpenTrain's app."},
		ReasonModeration: {"OpenTrain's content check blocked the job.", "Ask the human what to change."},
		"job_not_published": {
			"AI trainers can be invited only to a live job.", "The human decides whether to publish it, with " + Publish + ".",
		},
		"not_a_freelancer": {
			"This user id doesn't belong to an AI trainer.", "Ask the human for the id in the trainer's profile.",
		},
		"freelancer_unavailable": {"This AI trainer isn't accepting invitations.", "Ask the human for another one."},
		"payment_method_required": {
			"The account has no payment method or too little credit.", "The human must add one or top up in the app.",
		},
		"milestone_not_fundable":           {"This milestone can't be funded in its current state."},
		"milestone_not_funded":             {"This milestone is not funded, so it can't be approved."},
		"contract_ended":                   {"The contract has ended."},
		"contract_rate_missing":            {"The contract has no rate.", "The human must set one in the app."},
		"employer_first_message_required":  {"The employer must write the first message of this conversation."},
		"proposal_not_ready_for_messaging": {"This proposal doesn't accept messages yet."},
		"teams_not_enabled":                {"Teams are not enabled for this account."},
		"invite_email_send_failed":         {"The invitation was not sent: the email failed.", "Try again later."},
	}[reason]
	return advice[0], advice[1]
}

// Issue is one problem with a request body in the API's details.
type Issue struct {
	Path     opentrain.FieldPath `json:"path"`
	Message  string              `json:"message"`
	Keys     []string            `json:"keys"`
	Options  []string            `json:"options"`
	Received string              `json:"received"`
	Expected string              `json:"expected"`
}

// IssuesOf reads the problems with a body from details. The API's pages name the zod library, which has three forms:
// a list of issues, the same as the member issues, and messages by field.
func IssuesOf(details json.RawMessage) []Issue {
	var d struct {
		Issues      []Issue             `json:"issues"`
		FormErrors  []string            `json:"formErrors"`
		FieldErrors map[string][]string `json:"fieldErrors"`
	}
	if json.Unmarshal(details, &d.Issues) == nil || json.Unmarshal(details, &d) != nil {
		return d.Issues
	}
	for _, message := range d.FormErrors {
		d.Issues = append(d.Issues, Issue{Message: message})
	}
	for _, key := range slices.Sorted(maps.Keys(d.FieldErrors)) {
		d.Issues = append(d.Issues, Issue{Path: opentrain.FieldPath(key), Message: strings.Join(d.FieldErrors[key], " ")})
	}
	return d.Issues
}

// problem is the issue as a problem with an argument. The API's message may have the allowed values too, cut or not.
func (i Issue) problem() schema.Problem {
	path, message := string(i.Path), text.Clean(i.Message, 200)
	switch {
	case len(i.Options) > 0 && i.Received != "":
		return schema.NotAllowed(path, i.Received, i.Options)
	case len(i.Options) > 0:
		if message == "" || strings.Contains(message, i.Options[0]) {
			message = "has a value that is not allowed"
		}
	case len(i.Keys) > 0 && !strings.Contains(message, i.Keys[0]):
		message += " (" + strings.Join(text.CleanAll(i.Keys, 20, 60), ", ") + ")"
	}
	return schema.Problem{Path: path, Message: message, Allowed: i.Options}
}
