package money

import (
	"context"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

type getCreditTopUpInput struct {
	TopUpID string `json:"topUpId" jsonschema:"minLength=1,maxLength=100" jsonschema_description:"Id of a top-up."`
}

type getCreditTopUpOutput struct {
	TopUpID     string    `json:"topUpId"`
	Status      string    `json:"status" jsonschema_description:"PENDING, COMPLETED or EXPIRED."`
	Amount      string    `json:"amount,omitempty"`
	AmountCents *int64    `json:"amountCents,omitempty"`
	CreatedAt   string    `json:"createdAt,omitempty"`
	CompletedAt string    `json:"completedAt,omitempty"`
	ExpiresAt   string    `json:"expiresAt,omitempty"`
	Interpreted []string  `json:"interpreted,omitempty"`
	Next        tool.Next `json:"next" jsonschema_description:"What to do now."`
}

func (m money) getCreditTopUp() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.GetCreditTopUp, Title: "Show a top-up", Kind: tool.KindRead,
		Description: "Show whether a human has paid for a top-up of credits, and return its status, amount and times. " +
			"Use it after opentrain_create_credit_top_up, when the human says that they have paid. " +
			"It doesn't return the checkout page's link again; if the human has lost it, make another page. " +
			"For past top-ups, use opentrain_list_credit_ledger; for the balance, use opentrain_get_credits. Changes nothing.",
		Scope: opentrain.ScopePaymentsRead, Feature: creditsFeature(),
		NotFound: "This account has no top-up with that id.",
		Find: tool.Next{
			Action: tool.CallTool, Tool: tool.ListCreditLedger, Arguments: map[string]any{}, Note: "Paid top-ups are in the ledger.",
		},
	}, m.paid)
}

// payWait is how long to wait for a payment before looking again, in seconds.
const payWait = 30

func (m money) paid(ctx context.Context, call tool.Call, in getCreditTopUpInput) (getCreditTopUpOutput, *tool.Ask, error) {
	topUp, err := m.api.GetTopUp(ctx, in.TopUpID)
	if err != nil {
		return getCreditTopUpOutput{}, nil, err
	}
	out := getCreditTopUpOutput{
		TopUpID: in.TopUpID, Status: text.Clean(topUp.Status, 40), AmountCents: topUp.AmountCents, CreatedAt: text.Clean(topUp.CreatedAt, 40),
		CompletedAt: text.Clean(topUp.CompletedAt, 40), ExpiresAt: text.Clean(topUp.ExpiresAt, 40), Interpreted: call.Interpreted,
	}
	if topUp.AmountCents != nil {
		out.Amount = text.Cents(*topUp.AmountCents, "")
	}
	switch topUp.Status {
	case opentrain.TopUpPending:
		out.Next = tool.Next{
			Action: tool.Wait, RetryAfterSeconds: payWait, Tool: tool.GetCreditTopUp, Arguments: map[string]any{"topUpId": in.TopUpID},
			Note: "The human pays on the checkout page. If they have lost it, " + tool.CreateCreditTopUp + " makes another.",
		}
		if !tool.HasPages(m.api.BaseURL()) {
			out.Next.Note = tool.NoPage
		}
	case opentrain.TopUpCompleted:
		out.Next = tool.Next{Action: tool.CallTool, Tool: tool.GetCredits, Arguments: map[string]any{}, Note: "See the balance."}
	case opentrain.TopUpExpired:
		out.Next = tool.Next{Action: tool.Done, Note: "If the human still wants to pay, make another page with " + tool.CreateCreditTopUp + "."}
	default:
		out.Next = tool.Next{Action: tool.CallTool, Tool: tool.GetCredits, Arguments: map[string]any{}, Note: "See the balance."}
	}
	return out, nil, nil
}

func (o getCreditTopUpOutput) Text() string {
	var l text.Lines
	switch o.Status {
	case opentrain.TopUpPending:
		l.Add("Top-up %s isn't paid yet.", o.TopUpID)
	case opentrain.TopUpCompleted:
		l.Add("Top-up %s is paid.", o.TopUpID)
	case opentrain.TopUpExpired:
		l.Add("The checkout page of top-up %s has expired.", o.TopUpID)
	default:
		l.Add("Top-up %s has a status that this server doesn't know.", o.TopUpID)
	}
	until := o.ExpiresAt
	if o.Status == opentrain.TopUpCompleted {
		until = "" // the page is done
	}
	for _, field := range []struct{ name, value string }{
		{"Status", o.Status}, {"Amount", o.Amount}, {"Made", o.CreatedAt}, {"Paid", o.CompletedAt}, {"Open until", until},
	} {
		l.Field(field.name, field.value)
	}
	l.Fields("Interpreted", o.Interpreted)
	return l.With(o.Next)
}
