package tool

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/opentrain"
)

// ReasonModeration is details.reason of a job that the content check blocked.
const ReasonModeration = "moderation_blocked"

// MaxReasons and MaxReason bound what is shown of the content check's reasons.
const MaxReasons, MaxReason = 20, 400

// advice is what to do about a refusal with a certain details.reason.
type advice struct {
	words string // for the model, a sentence or two
	by    string // who can solve it, as in Next.By
	tool  string // that solves it, "" for none
}

// adviceFor covers every details.reason on the API's pages, also those of endpoints that no tool calls yet.
func adviceFor(reason string) (advice, bool) {
	switch reason {
	case "account_claim_required":
		return advice{"A human must claim this account first. Then call again.", "human", ""}, true
	case ReasonModeration:
		return advice{"OpenTrain's content check blocked it. The human should change what the reasons name.", "human", PatchDraft}, true
	case "job_not_published":
		return advice{"People can be invited only to a published job. The human decides whether to publish it, with " +
			"" + Publish + ".", "human", Publish}, true
	case "not_a_freelancer":
		return advice{"The user id is not an AI trainer's. Ask the human for the id in the trainer's profile.", "human", ""}, true
	case "freelancer_unavailable":
		return advice{"This AI trainer takes no invitations now. Ask the human for another one.", "human", ""}, true
	case "payment_method_required":
		return advice{"The account has no payment method or too little credit. The human adds one in the app.", "human", ""}, true
	case "milestone_not_fundable":
		return advice{"This milestone cannot be funded in its present state.", "human", ""}, true
	case "milestone_not_funded":
		return advice{"This milestone is not funded, so it cannot be approved.", "human", ""}, true
	case "contract_ended":
		return advice{"The contract has ended; nothing on it can be changed.", "human", ""}, true
	case "contract_rate_missing":
		return advice{"The contract has no rate. The human sets one in the app.", "human", ""}, true
	case "employer_first_message_required":
		return advice{"The employer must write the first message of this conversation.", "human", ""}, true
	case "proposal_not_ready_for_messaging":
		return advice{"This proposal takes no messages yet.", "human", ""}, true
	case "teams_not_enabled":
		return advice{"Teams are not enabled for this account.", "human", ""}, true
	case "invite_email_send_failed":
		return advice{"The invitation was not sent: its e-mail failed. Trying again later may help.", "agent", ""}, true
	}
	return advice{}, false
}

// reason explains a refusal's details.reason. An unknown one is shown as it came.
func (e explainer) reason(reason string) *Next {
	var d struct {
		Reasons    []string `json:"reasons"`
		ClaimURL   string   `json:"claimUrl"`
		BillingURL string   `json:"billingUrl"`
	}
	e.refusal.DecodeDetails(&d)
	known, found := adviceFor(reason)
	if !found {
		known = advice{words: "The reason that OpenTrain gives: " + text.Clean(reason, 100) + ".", by: "human"}
	}
	e.say("%s", known.words)
	for _, why := range text.CleanAll(d.Reasons, MaxReasons, MaxReason) {
		e.say("- %s", why)
	}
	page := text.Clean(cmp.Or(d.ClaimURL, d.BillingURL), 300)
	if page != "" {
		e.say("Page: %s", page)
	}
	// The job is the one that the call named, whatever the answer says.
	var arguments map[string]any
	if jobID, named := argumentsOf(e.args)["jobId"]; named && known.tool != "" {
		arguments = map[string]any{"jobId": jobID}
	}
	return &Next{Action: Fix, By: known.by, Problem: known.words, Tool: known.tool, URL: page, Arguments: arguments}
}

// Issue is one problem with a request body in the API's details.
type Issue struct {
	Path     opentrain.FieldPath `json:"path"`
	Message  string              `json:"message"`
	Keys     []string            `json:"keys"`
	Options  []string            `json:"options"`
	Expected string              `json:"expected"`
}

// IssuesOf reads the problems with a body out of details. The API's pages name the zod library and print no
// form. Three are known of it: a list of issues, the same as the member issues, and messages by field.
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

func (i Issue) line() string {
	words := text.Clean(i.Message, 200)
	if i.Path != "" {
		words = text.Clean(string(i.Path), 100) + ": " + words
	}
	if len(i.Keys) > 0 && !strings.Contains(words, i.Keys[0]) {
		words += " (" + text.Clean(strings.Join(i.Keys, ", "), 200) + ")"
	}
	if len(i.Options) > 0 && !strings.Contains(words, i.Options[0]) {
		words += "; send one of " + text.Clean(strings.Join(i.Options, ", "), 400)
	}
	return words
}
