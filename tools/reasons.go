package tools

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"opentrain-mcp/opentrain"
)

// advice is what to do about a refusal with a certain details.reason.
type advice struct {
	words string // for the model, a sentence or two
	by    string // who can mend it, as in Next.By
	tool  string // what mends it, "" for none
}

// adviceFor knows every details.reason on the API's pages, those of endpoints
// that no tool calls yet too.
func adviceFor(reason string) (advice, bool) {
	switch reason {
	case "account_claim_required":
		return advice{"A human must claim this account first. Then call again.", "human", ""}, true
	case reasonModeration:
		return advice{"OpenTrain's content check blocked it. The human should change what the reasons name.", "human", patchDraftName}, true
	case "job_not_published":
		return advice{"People can be invited only to a published job. The human decides whether to publish it, with " + publishName + ".", "human", publishName}, true
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

// advise adds what is known about a refusal's reason, and reports whether it
// gave one. An unknown reason is told as it came.
func (t Tool) advise(f *Failure, reason string, refusal *opentrain.Error, args json.RawMessage) bool {
	var d struct {
		Reasons    []string `json:"reasons"`
		ClaimURL   string   `json:"claimUrl"`
		BillingURL string   `json:"billingUrl"`
	}
	refusal.DecodeDetails(&d)
	if reason == "" {
		return false
	}
	known, found := adviceFor(reason)
	if !found {
		known = advice{words: "The reason that OpenTrain gives: " + plain(reason, 100) + ".", by: "human"}
	}
	f.say("%s", known.words)
	for _, why := range plainAll(d.Reasons, maxReasons, maxReason) {
		f.say("- %s", why)
	}
	f.Next = &Next{Action: Fix, By: known.by, Problem: known.words, Tool: known.tool, URL: plain(cmp.Or(d.ClaimURL, d.BillingURL), 300)}
	// The job is the one that was named in the call, whatever the answer says.
	if jobID, named := argumentsOf(args)["jobId"]; named && known.tool != "" {
		f.Next.Arguments = map[string]any{"jobId": jobID}
	}
	if f.Next.URL != "" {
		f.say("Page: %s", f.Next.URL)
	}
	return true
}

// issue is one fault of a request body in the API's details.
type issue struct {
	Path     opentrain.FieldPath `json:"path"`
	Message  string              `json:"message"`
	Keys     []string            `json:"keys"`
	Options  []string            `json:"options"`
	Expected string              `json:"expected"`
}

// issuesOf reads the faults of a body out of details. The pages name the zod
// library and print no form: a list of issues, the same as member issues, and
// messages by field are known of it.
func issuesOf(details json.RawMessage) []issue {
	var d struct {
		Issues      []issue             `json:"issues"`
		FormErrors  []string            `json:"formErrors"`
		FieldErrors map[string][]string `json:"fieldErrors"`
	}
	if json.Unmarshal(details, &d.Issues) == nil || json.Unmarshal(details, &d) != nil {
		return d.Issues
	}
	for _, message := range d.FormErrors {
		d.Issues = append(d.Issues, issue{Message: message})
	}
	for _, key := range slices.Sorted(maps.Keys(d.FieldErrors)) {
		d.Issues = append(d.Issues, issue{Path: opentrain.FieldPath(key), Message: strings.Join(d.FieldErrors[key], " ")})
	}
	return d.Issues
}

func (i issue) line() string {
	words := plain(i.Message, 200)
	if i.Path != "" {
		words = plain(string(i.Path), 100) + ": " + words
	}
	if len(i.Keys) > 0 && !strings.Contains(words, i.Keys[0]) {
		words += " (" + plain(strings.Join(i.Keys, ", "), 200) + ")"
	}
	if len(i.Options) > 0 && !strings.Contains(words, i.Options[0]) {
		words += "; send one of " + plain(strings.Join(i.Options, ", "), 400)
	}
	return words
}
