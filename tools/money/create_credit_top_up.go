package money

import (
	"cmp"
	"context"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

type createCreditTopUpInput struct {
	AmountUSD float64 `json:"amountUsd" jsonschema:"minimum=10,maximum=10000"`
}

func (createCreditTopUpInput) JSONSchemaExtend(s *schema.Node) {
	schema.Describe(s, map[string]string{"amountUsd": "Dollars to buy credits for, from the human."})
}

type createCreditTopUpOutput struct {
	TopUpID     string    `json:"topUpId,omitempty"`
	Amount      string    `json:"amount" jsonschema_description:"What the human would pay, such as $100.00."`
	CheckoutURL string    `json:"checkoutUrl,omitempty" jsonschema_description:"Page where the human pays."`
	ExpiresAt   string    `json:"expiresAt,omitempty" jsonschema_description:"When the page expires."`
	Interpreted []string  `json:"interpreted,omitempty"`
	Next        tool.Next `json:"next" jsonschema_description:"What to do now."`
}

func (m money) createCreditTopUp() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.CreateCreditTopUp, Title: "Create a checkout page for credits", Kind: tool.KindAdd,
		Description: "Create a checkout page on which a human can buy credits for $10 to $10,000, and return its link. " +
			"Use it when the human wants to top up, or when credits don't cover a hire or a milestone. " +
			"It charges nothing by itself: the human pays on the page, which works for about 24 hours. " +
			"Then opentrain_get_credit_top_up shows whether they have. Each call creates another page; unpaid ones expire. " +
			"For the balance, use opentrain_get_credits.",
		Scope: opentrain.ScopePaymentsWrite, Claimed: true, Feature: creditsFeature(), Find: tool.GetAccountNext("See what the account can do."),
		OutcomeUnknown: "It's unclear whether a checkout page was made, but nothing was charged; an unpaid page expires by itself.",
		Check:          tool.Next{Action: tool.Wait, Note: "Create the page again."},
	}, m.topUp)
}

func (m money) topUp(ctx context.Context, call tool.Call, in createCreditTopUpInput) (createCreditTopUpOutput, *tool.Ask, error) {
	cents, err := tool.Cents("amountUsd", in.AmountUSD)
	if err != nil {
		return createCreditTopUpOutput{}, nil, err
	}
	checkout, err := m.api.CreateTopUp(ctx, in.AmountUSD)
	if err != nil {
		return createCreditTopUpOutput{}, nil, err
	}
	out := createCreditTopUpOutput{
		TopUpID: text.Clean(cmp.Or(checkout.TopUpID, checkout.TopUp.ID), 100), Amount: text.Cents(cents, ""),
		CheckoutURL: text.SecureURL(checkout.CheckoutURL), ExpiresAt: text.Clean(cmp.Or(checkout.ExpiresAt, checkout.TopUp.ExpiresAt), 40),
		Interpreted: call.Interpreted,
	}
	next := tool.Next{Tool: tool.GetCreditTopUp, Arguments: map[string]any{"topUpId": out.TopUpID}}
	if out.TopUpID == "" {
		next = tool.Next{Tool: tool.GetCredits, Arguments: map[string]any{}}
	}
	out.Next = next.OnPage(out.CheckoutURL, "The human decides there whether to pay.",
		"OpenTrain sent no safe link to the checkout page. The human can buy credits in the app.")
	return out, nil, nil
}

func (o createCreditTopUpOutput) Effect() tool.Effect {
	return tool.Effect{Subject: "top-up " + o.TopUpID, Outcome: "checkout page made"}
}

func (o createCreditTopUpOutput) Text() string {
	var l text.Lines
	l.Add("A checkout page for %s in credits is ready. Nothing has been charged: the human pays there.", o.Amount)
	l.Field("Top-up", o.TopUpID)
	l.Field("Checkout page", o.CheckoutURL)
	l.Field("Open until", o.ExpiresAt)
	l.Fields("Interpreted", o.Interpreted)
	return l.With(o.Next)
}
