package contracts

import (
	"cmp"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// approval is a request that a human decides on in OpenTrain's app.
type approval struct {
	ID        string `json:"id"`
	Status    string `json:"status"`
	URL       string `json:"url,omitempty"`
	ExpiresAt string `json:"expiresAt,omitempty"`

	requestedBefore bool // by an earlier call with the same arguments
}

func (approval) JSONSchema() *schema.Node { return tool.PlainObject("id, status, url, expiresAt.") }

func approvalOf(a opentrain.Approval) *approval {
	return &approval{
		ID: text.Stranger(a.ID, 100), Status: text.Stranger(cmp.Or(a.Status, opentrain.ApprovalPending), 40),
		URL: text.SecureURL(a.ApprovalURL), ExpiresAt: text.Stranger(a.ExpiresAt, 40),
	}
}

// next is the step in which the human decides.
func (a approval) next() tool.Next {
	next := tool.Next{Action: tool.CallTool, Tool: tool.GetApproval, Arguments: map[string]any{"approvalId": a.ID}, Note: "See its result."}
	if a.Status != opentrain.ApprovalPending {
		return next
	}
	next = next.OnPage(a.URL, "The human confirms or declines it on that page. Nothing happens until then.",
		"OpenTrain sent no safe link to the approval's page. The human finds the approval in the app.")
	if a.requestedBefore {
		next.Note = "It was requested before, so nothing was sent again. " + next.Note
	}
	return next
}

// outcome is what a call did, for logs and metrics.
func (a *approval) outcome() string {
	if a.requestedBefore {
		return "requested before"
	}
	return "approval requested"
}

// lines add the approval to a result's lines.
func (a *approval) lines(l *text.Lines) {
	if a == nil {
		return
	}
	l.Field("Approval", a.ID+" ("+a.Status+")")
	l.Field("Approval page", a.URL)
	l.Field("Expires", a.ExpiresAt)
}

// approvalType is what a type of approval means.
type approvalType struct {
	before string // while it isn't confirmed
	done   string // once it is
	tool   string // that asks for it
}

func approvalWords(kind string) approvalType {
	switch kind {
	case opentrain.ApprovalHire:
		return approvalType{
			"No one was hired and nothing was charged.", "The AI trainer is hired, and the first milestone is funded.", tool.HireProposal,
		}
	case opentrain.ApprovalMilestoneFund:
		return approvalType{"Nothing was charged.", "The milestone is funded.", tool.RequestMilestoneFunding}
	case opentrain.ApprovalMilestoneApprove:
		return approvalType{"Nothing was paid.", "The work is accepted, and the AI trainer is paid for it.", tool.RequestMilestoneApproval}
	case opentrain.ApprovalContractEnd:
		return approvalType{"It hasn't ended the contract.", "The contract has ended.", tool.EndContract}
	}
	return approvalType{"What it asks for hasn't happened.", "What it asked for is done.", "the same tool"}
}
