// Package money has the tools about the account's credits and payments. None of them moves money: credits are paid for by a
// human, on a checkout page.
package money

import (
	"cmp"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// Toolset returns the tools.
func Toolset(api *opentrain.Client) tool.Set {
	m := money{api}
	return tool.Set{Name: "money", OffByDefault: true, Tools: []tool.Tool{
		m.getCredits(), m.listCreditLedger(), m.createCreditTopUp(), m.getCreditTopUp(), m.listPendingPayments(),
	}}
}

type money struct{ api *opentrain.Client }

// creditsFeature is what an account needs for credits.
func creditsFeature() tool.Feature {
	return tool.Feature{Capability: "credits", Key: opentrain.FeatureCredits}
}

// entry is a change of the balance.
type entry struct {
	ID          string `json:"id"`
	Type        string `json:"type"`
	What        string `json:"what"`
	AmountCents *int64 `json:"amountCents,omitempty"`
	CreatedAt   string `json:"createdAt,omitempty"`
	ProposalID  string `json:"proposalId,omitempty"`
	ContractID  string `json:"contractId,omitempty"`
	MilestoneID string `json:"milestoneId,omitempty"`
	TopUpID     string `json:"topUpId,omitempty"`
	Note        string `json:"note,omitempty"`
}

func (entry) JSONSchema() *schema.Node {
	return tool.PlainObject("id, type, what (in words), amountCents (signed), createdAt, proposalId, contractId, milestoneId, topUpId, note.")
}

func entryOf(e opentrain.LedgerEntry) entry {
	return entry{
		ID: text.Stranger(e.ID, 100), Type: text.Stranger(e.Type, 40), What: entryWords(e), AmountCents: e.AmountCents,
		CreatedAt: text.Stranger(e.CreatedAt, 40), ProposalID: text.Stranger(e.ProposalID, 100), ContractID: text.Stranger(e.ContractID, 100),
		MilestoneID: text.Stranger(e.MilestoneID, 100), TopUpID: text.Stranger(e.TopUpID, 100), Note: text.Stranger(e.Note, 200),
	}
}

// entryWords writes a change of the balance: its signed amount and what it was.
func entryWords(e opentrain.LedgerEntry) string {
	what := map[string]string{
		"TOP_UP": "credits bought", "HOLD": "reserved for a payment", "HOLD_RELEASE": "reservation released",
		"CAPTURE": "reserved credits spent", "REFUND": "refunded", "ADJUSTMENT": "adjusted by OpenTrain",
	}[e.Type]
	what = cmp.Or(what, tool.Label(text.Stranger(e.Type, 40)), "a change")
	if e.AmountCents == nil {
		return "amount unknown: " + what
	}
	sign := ""
	if *e.AmountCents > 0 {
		sign = "+"
	}
	return sign + text.Cents(*e.AmountCents, "") + ": " + what
}

// lines add the entry to a result's lines.
func (e entry) lines(l *text.Lines) {
	about := []string{e.CreatedAt, e.What}
	for _, id := range []struct{ name, value string }{
		{"proposal", e.ProposalID}, {"contract", e.ContractID}, {"milestone", e.MilestoneID}, {"top-up", e.TopUpID},
	} {
		if id.value != "" {
			about = append(about, id.name+" "+id.value)
		}
	}
	l.Add("- %s", text.Join(" · ", about...))
	l.Quoted("  ", e.Note)
}
