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

// The bounds of what is shown of the content check's reasons.
const (
	MaxReasons = 20
	MaxReason  = 400 // characters of one
)

// reason explains an error's details.reason. An unknown one is shown unchanged, with OpenTrain's own words.
func (e explainer) reason() Next {
	reason := e.details.Reason
	problem, remedy := adviceFor(reason)
	known := problem != ""
	if !known {
		problem, remedy = e.refusal(), "OpenTrain's reason: "+text.Clean(reason, 100)+"."
	}
	e.wrong(problem)
	for _, why := range text.CleanAll(e.details.Reasons, MaxReasons, MaxReason) {
		e.say("- %s", why)
	}
	if status := e.details.Status; status != "" && e.apiError.NotSent { // a milestone's, which this server read
		e.say("Its status is %s.", strings.ToLower(Label(text.Clean(status, 40))))
	}
	e.say("%s", remedy)
	problem = text.Join(" ", problem, remedy)
	if !known && e.apiError.Code == opentrain.CodeConflict && e.page() == "" {
		return e.look(problem)
	}
	return e.afterReason(problem)
}

// page is the page that OpenTrain names for the human, "" for none.
func (e explainer) page() string {
	return text.SecureURL(cmp.Or(e.details.ClaimURL, e.details.BillingURL))
}

// afterReason is the step that leads on from a details.reason. What it names is what the call named, whatever the API says.
func (e explainer) afterReason(problem string) Next {
	switch e.details.Reason {
	case opentrain.ReasonPaymentMethod:
		billing := cmp.Or(text.SecureURL(e.details.BillingURL), opentrain.DefaultBaseURL)
		return Next{
			Action: OpenURL, URL: billing, Tool: e.tool.Name, Arguments: argumentsOf(e.args), Note: "After that, call with the same arguments.",
		}
	case opentrain.ReasonContractEnded, opentrain.ReasonMilestoneNotOpen, opentrain.ReasonMilestoneNotFunded, opentrain.ReasonNotReady:
		return e.look(problem)
	case opentrain.ReasonEmailFailed:
		return Next{Action: CallTool, Tool: GetTeam, Arguments: map[string]any{}, Note: "It lists the invitations."}
	}
	next := Next{Action: Fix, By: "human", Problem: problem, URL: e.page()}
	switch e.details.Reason {
	case opentrain.ReasonModeration:
		next.Tool = PatchDraft
	case opentrain.ReasonJobNotPublished:
		next.Tool = Publish
	case opentrain.ReasonContractRate, opentrain.ReasonNoTeams, opentrain.ReasonClaimRequired:
		next.URL = cmp.Or(next.URL, opentrain.DefaultBaseURL)
	}
	if next.Tool != "" && e.names("jobId") {
		next.Arguments = map[string]any{"jobId": nil}
		return e.named(next)
	}
	return next
}

// check is the step after a write that may have worked.
func (e explainer) check(problem string) Next {
	if e.tool.Check.Action == CallTool {
		return e.named(e.tool.Check)
	}
	return e.look(problem)
}

// look is the step that shows what the call is about: what it names, or the list that has it. Otherwise a human solves the problem.
func (e explainer) look(problem string) Next {
	const contract = "See the contract's milestones and their status."
	if e.apiError.NotSent && e.details.ContractID != "" { // this server found it
		id := text.Clean(e.details.ContractID, 100)
		return Next{Action: CallTool, Tool: GetContract, Arguments: map[string]any{"contractId": id}, Note: contract}
	}
	for _, way := range []struct{ argument, tool, note string }{
		{"proposalId", GetProposal, "See its status."},
		{"contractId", GetContract, contract},
		{"conversationId", ReadMessages, "See the conversation."},
	} {
		if e.names(way.argument) {
			return e.named(Next{Action: CallTool, Tool: way.tool, Arguments: map[string]any{way.argument: nil}, Note: way.note})
		}
	}
	switch {
	case e.names("milestoneId"):
		return Next{Action: CallTool, Tool: ListContracts, Arguments: map[string]any{}, Note: contract}
	case e.tool.Find.Action != "":
		return e.tool.Find
	case e.names("jobId"):
		return ListJobsNext("See the job's status.")
	}
	return fixInApp(problem)
}

// adviceFor says what a details.reason means and what to do about it. It covers every reason on the API's pages.
func adviceFor(reason string) (problem, remedy string) {
	advice := map[string][2]string{
		opentrain.ReasonClaimRequired: {"A human must claim this account first.", "They can do it in OpenTrain's app."},
		opentrain.ReasonModeration:    {"OpenTrain's content check blocked the job.", "Ask the human what to change."},
		opentrain.ReasonJobNotPublished: {
			"AI trainers can be invited only to a live job.", "The human decides whether to publish it, with " + Publish + ".",
		},
		opentrain.ReasonNotAFreelancer: {
			"This user id doesn't belong to an AI trainer.", "Ask the human for the URL of the trainer's profile.",
		},
		opentrain.ReasonUnavailable: {"This AI trainer isn't accepting invitations.", "Ask the human for another one."},
		opentrain.ReasonPaymentMethod: {
			"The account has no payment method or too little credit.",
			"The human adds a payment method on the billing page. For credits, use " + CreateCreditTopUp + ".",
		},
		opentrain.ReasonMilestoneNotOpen: {
			"This milestone can't be funded in its current state.", "You can fund only an unfunded milestone.",
		},
		opentrain.ReasonMilestoneNotFunded: {"This milestone isn't funded, so its work can't be approved."},
		opentrain.ReasonContractEnded:      {"The contract has ended."},
		opentrain.ReasonContractRate:       {"The contract has no rate.", "The human must set one in the app."},
		opentrain.ReasonEmployerFirst: {
			"The employer must write the first message of this conversation.", "Use a token of the employer's account.",
		},
		opentrain.ReasonNotReady:    {"This proposal doesn't accept messages yet."},
		opentrain.ReasonNoTeams:     {"Teams are not enabled for this account.", "The human can ask OpenTrain to enable them."},
		opentrain.ReasonEmailFailed: {"OpenTrain couldn't send the invitation's email."},
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
		return schema.NotAllowed(path, i.Received, i.Options, Label)
	case len(i.Options) > 0:
		if message == "" || strings.Contains(message, i.Options[0]) {
			message = "has a value that is not allowed"
		}
	case len(i.Keys) > 0 && !strings.Contains(message, i.Keys[0]):
		message += " (" + strings.Join(text.CleanAll(i.Keys, 20, 60), ", ") + ")"
	case valueOf(i.Expected) != "" && i.Received != "undefined" && !strings.Contains(i.Message, "undefined"):
		message = "must be " + valueOf(i.Expected)
	}
	return schema.Problem{Path: path, Message: message, Allowed: i.Options}
}

// valueOf says what to send where the API expects a type; "" for a type that this doesn't know.
func valueOf(expected string) string {
	return map[string]string{
		"boolean": "a boolean; send true or false", "string": "a text; send it in quotation marks", "array": `a list; send ["…"]`,
		"number": "a number; send digits without quotation marks", "integer": "a whole number; send digits without quotation marks",
		"int": "a whole number; send digits without quotation marks", "object": `an object; send {"name": value}`,
	}[expected]
}
