package contracts

import (
	"context"
	"strings"

	"opentrain-mcp/internal/draft"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// milestone is a milestone as a contract shows it.
type milestone struct {
	ID              string   `json:"id"`
	Number          int      `json:"number,omitempty"`
	Name            string   `json:"name,omitempty"`
	Description     string   `json:"description,omitempty"`
	Status          string   `json:"status"`
	AmountUSD       *float64 `json:"amountUsd,omitempty"`
	Volume          *float64 `json:"volume,omitempty"`
	DueDate         string   `json:"dueDate,omitempty"`
	PendingApproval bool     `json:"pendingApproval,omitempty"`
	ApprovalID      string   `json:"approvalId,omitempty"` // of the pending approval, if this server knows it
	NeedsReview     bool     `json:"needsReview,omitempty"`
	InvoiceID       string   `json:"invoiceId,omitempty"`
}

func (milestone) JSONSchema() *schema.Node {
	return tool.PlainObject("id, number, name, description, status, amountUsd, volume (hours or labels), dueDate, pendingApproval, " +
		"approvalId, needsReview, invoiceId.")
}

func shownMilestone(m opentrain.Milestone) milestone {
	return milestone{
		ID: text.Stranger(m.ID, 100), Number: m.MilestoneNumber, Name: text.Stranger(m.Name, 200),
		Description: text.Stranger(m.Description, 1000),
		Status:      text.Stranger(m.Status, 40), AmountUSD: m.AmountUSD, Volume: m.Volume, DueDate: text.Stranger(m.DueDate, 40),
		PendingApproval: m.PendingApproval, NeedsReview: m.NeedsReview, InvoiceID: text.Stranger(m.InvoiceID, 100),
	}
}

// volumeWords writes hours or labels, as the type of payment counts them.
func volumeWords(volume *float64, paymentType string) string {
	if volume == nil {
		return ""
	}
	return countedVolume(number(*volume), paymentType)
}

// countedVolume is volumeWords for a number as it is written.
func countedVolume(number, paymentType string) string {
	if unit := unitOf(paymentType); unit != "" {
		return text.Counted(number, unit)
	}
	return "volume " + number
}

// unitOf is what a contract counts, "" for a fixed price.
func unitOf(paymentType string) string {
	switch paymentType {
	case opentrain.PayPerHour:
		return "hour"
	case opentrain.PayPerLabel:
		return "label"
	}
	return ""
}

// milestoneName names a milestone in a question.
func milestoneName(m opentrain.Milestone) string {
	if m.Name == "" {
		return text.Visible(text.Clean(m.ID, 100))
	}
	return text.InQuotes(m.Name, 80)
}

// brief is what a list shows of a milestone.
func (m milestone) brief() milestone {
	return milestone{
		ID: m.ID, Name: text.Clip(m.Name, 60), Status: m.Status, AmountUSD: m.AmountUSD, Volume: m.Volume,
		PendingApproval: m.PendingApproval, ApprovalID: m.ApprovalID,
	}
}

// words are a milestone in one line.
func (m milestone) words() string {
	return text.Join(" · ", m.ID, text.Clip(m.Name, 60), text.Dollars(m.AmountUSD), statusWords(m.Status), m.pending())
}

// pending says that an approval of the milestone is pending, and which.
func (m milestone) pending() string {
	switch {
	case !m.PendingApproval:
		return ""
	case m.ApprovalID != "":
		return "approval " + m.ApprovalID + " is pending"
	}
	return "an approval is pending"
}

// statusWords writes the status of a milestone.
func statusWords(status string) string { return strings.ToLower(tool.Label(text.Stranger(status, 40))) }

// findMilestone finds a milestone among the account's contracts. If OpenTrain sent only some of them, all that is known of the
// milestone may be its id.
func (c contracts) findMilestone(ctx context.Context, id string) (opentrain.Contract, opentrain.Milestone, error) {
	all, err := c.API.ListContracts(ctx, opentrain.ContractQuery{})
	if err != nil {
		return opentrain.Contract{}, opentrain.Milestone{}, draft.Unsent(err)
	}
	for _, contract := range all.Items {
		for _, m := range contract.Milestones {
			if m.ID == id {
				return contract, m, nil
			}
		}
	}
	if all.NextCursor != "" {
		return opentrain.Contract{}, opentrain.Milestone{ID: id}, nil
	}
	return opentrain.Contract{}, opentrain.Milestone{}, &opentrain.Error{
		Code: opentrain.CodeNotFound, NotSent: true, Message: "no contract of this account has the milestone " + text.Clean(id, 100),
	}
}

// milestone is a milestone with its pending approval, if the caller asked for it through this server.
func (c contracts) milestone(call tool.Call, m opentrain.Milestone) milestone {
	shown, name := shownMilestone(m), tool.RequestMilestoneApproval
	if m.Status == opentrain.MilestoneNotFunded {
		name = tool.RequestMilestoneFunding
	}
	if asked, found := c.Confirm.Approvals.Of(call.Caller, name, "milestone "+m.ID); found && m.PendingApproval {
		shown.ApprovalID = asked.ID
	}
	return shown
}

func (c contracts) milestones(call tool.Call, all []opentrain.Milestone) []milestone {
	return tool.Map(all, func(m opentrain.Milestone) milestone { return c.milestone(call, m) })
}
