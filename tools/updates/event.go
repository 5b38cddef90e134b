package updates

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// event is something that happened, in words, with the tool that shows it.
type event struct {
	ID        string         `json:"id"`
	At        string         `json:"at,omitempty"`
	Type      string         `json:"type"`
	What      string         `json:"what"`
	JobID     string         `json:"jobId,omitempty"`
	Tool      string         `json:"tool,omitempty"`
	Arguments map[string]any `json:"arguments,omitzero"`
}

func (event) JSONSchema() *schema.Node {
	return tool.PlainObject("id, at, type, what (in words), jobId, and the tool that shows it with its arguments.")
}

// inWords describes an event. The tool is named only where it is served.
func inWords(e opentrain.Event, served tool.Served) event {
	said := event{ID: text.Stranger(string(e.ID), 64), At: text.Stranger(e.CreatedAt, 40), Type: text.Stranger(e.Type, 60),
		JobID: cmp.Or(text.Stranger(e.JobID, 64), member(e, "jobId"))}
	said.What, said.Tool, said.Arguments = describe(e)
	onJob := ""
	if said.JobID != "" {
		onJob = " (job " + said.JobID + ")"
	}
	said.What += onJob + "."
	complete := true
	for _, value := range said.Arguments {
		id, _ := value.(string)
		complete = complete && id != "" && !strings.HasSuffix(id, "…") // a cut id leads nowhere
	}
	if said.Tool == "" || !complete || !served.Has(said.Tool) {
		said.Tool, said.Arguments = "", nil
	}
	return said
}

// describe says what happened, and which tool shows it.
func describe(e opentrain.Event) (what, name string, arguments map[string]any) {
	get := func(key string) string { return member(e, key) }
	about := func(key string) string { return cmp.Or(get(key), text.Stranger(e.ResourceID, 64)) }
	status := cmp.Or(tool.Label(get("status")), "in another status")
	switch e.Type {
	case opentrain.EventProposalReceived:
		id := about("proposalId")
		return "A new proposal came in: " + id, tool.GetProposal, map[string]any{"proposalId": id}
	case opentrain.EventProposalStatusChanged:
		id := about("proposalId")
		return "Proposal " + id + " is now: " + status, tool.GetProposal, map[string]any{"proposalId": id}
	case opentrain.EventMessageReceived:
		id := get("conversationId")
		return "A new message came in, in conversation " + cmp.Or(id, "(no id)"), tool.ReadMessages, map[string]any{"conversationId": id}
	case opentrain.EventContractCreated:
		id := about("contractId")
		return text.Join(" ", "Contract "+id+" was created", text.Labeled("for proposal", get("proposalId"))), tool.GetContract,
			map[string]any{"contractId": id}
	case opentrain.EventMilestoneStatusChanged:
		id := get("contractId")
		what := text.Join(" ", "Milestone "+about("milestoneId"), text.Labeled("of contract", id), "is now: "+status)
		if lower := strings.ToLower(status); strings.Contains(lower, "refund") || strings.Contains(lower, "cancel") {
			return what + ", which only OpenTrain's app shows", "", nil
		}
		return what, tool.GetContract, map[string]any{"contractId": id}
	case opentrain.EventPaymentPending:
		return text.Join(" ", "A payment is pending: invoice "+about("invoiceId"), text.Labeled("for milestone", get("milestoneId")),
			text.Labeled("of contract", get("contractId"))), tool.ListPendingPayments, map[string]any{}
	case opentrain.EventApprovalConfirmed: // for every end of an approval
		id := about("approvalId")
		ended := map[string]string{
			opentrain.ApprovalConfirmed: "was confirmed", opentrain.ApprovalDeclined: "was declined",
			opentrain.ApprovalExpired: "has expired or was replaced",
		}
		what := "Approval " + id + " " + cmp.Or(ended[get("status")], "was decided or has expired")
		return what, tool.GetApproval, map[string]any{"approvalId": id}
	case opentrain.EventContractBudgetChanged:
		id := about("contractId")
		return "The budget of contract " + id + " is now: " + budget(get), tool.GetContract, map[string]any{"contractId": id}
	}
	what = "An event of the type " + cmp.Or(text.Stranger(e.Type, 60), "(none)")
	return text.Join(" ", what, text.Labeled("about", text.Stranger(e.ResourceID, 64))), "", nil
}

// budget says how the budget of a contract stands. Volumes come in the contract's own unit, which the event doesn't name.
func budget(get func(key string) string) string {
	words := cmp.Or(tool.Label(get("state")), "in another state")
	if was := get("previousState"); was != "" {
		words += ", before: " + tool.Label(was)
	}
	if left, of := get("remainingVolume"), get("fundedVolume"); left != "" && of != "" {
		words += fmt.Sprintf("; %s of %s left", left, of)
	}
	return words
}

// member is a text or a number of an event's data.
func member(e opentrain.Event, key string) string {
	var s string
	if json.Unmarshal(e.Data[key], &s) == nil {
		return text.Stranger(s, 64)
	}
	var n json.Number
	if json.Unmarshal(e.Data[key], &n) == nil {
		return text.Stranger(n.String(), 64)
	}
	return ""
}

// line writes an event as a line.
func (e event) line() string {
	show := ""
	if e.Tool != "" {
		show = "Show: " + e.Tool + " " + text.Exact(e.Arguments)
	}
	return text.Join(" ", e.At, e.What, show)
}

func eventsInWords(events []opentrain.Event, served tool.Served) []event {
	return tool.Map(events, func(e opentrain.Event) event { return inWords(e, served) })
}
