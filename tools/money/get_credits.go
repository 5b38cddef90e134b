package money

import (
	"cmp"
	"context"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

type getCreditsOutput struct {
	Available      string    `json:"available" jsonschema_description:"What can be spent, such as $50.00."`
	AvailableCents int64     `json:"availableCents"`
	Reserved       string    `json:"reserved,omitempty" jsonschema_description:"What is set aside for payments that aren't final."`
	ReservedCents  *int64    `json:"reservedCents,omitempty"`
	Currency       string    `json:"currency"`
	RecentEntries  []entry   `json:"recentEntries" jsonschema_description:"The latest changes to the balance."`
	Cut            string    `json:"cut,omitempty" jsonschema_description:"What was left out."`
	Interpreted    []string  `json:"interpreted,omitempty"`
	Next           tool.Next `json:"next" jsonschema_description:"What to do now."`
}

func (m money) getCredits() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.GetCredits, Title: "Show the credits", Kind: tool.KindRead,
		Description: "Show the account's credits: what can be spent, what is reserved, and the latest changes. " +
			"Use it before a hire or a milestone's funding, to see whether the credits cover it, and after a top-up. " +
			"A hire can also be paid with a payment method in OpenTrain's app. For all changes, use opentrain_list_credit_ledger; " +
			"to buy credits, use opentrain_create_credit_top_up. Changes nothing.",
		Scope: opentrain.ScopePaymentsRead, Feature: creditsFeature(), Find: tool.GetAccountNext("See what the account can do."),
	}, m.credits)
}

// maxRecent is how many of the latest changes the balance shows.
const maxRecent = 10

func (m money) credits(ctx context.Context, call tool.Call, _ struct{}) (getCreditsOutput, *tool.Ask, error) {
	credits, err := m.api.Credits(ctx)
	if err != nil {
		return getCreditsOutput{}, nil, err
	}
	out := getCreditsOutput{
		Available: text.Cents(*credits.AvailableCents, credits.Currency), AvailableCents: *credits.AvailableCents,
		ReservedCents: credits.ReservedCents, Currency: cmp.Or(text.Stranger(credits.Currency, 10), "usd"),
		RecentEntries: tool.Map(credits.RecentEntries[:min(len(credits.RecentEntries), maxRecent)], entryOf), Interpreted: call.Interpreted,
		Next: tool.Next{Action: tool.Done, Note: "To buy credits, use " + tool.CreateCreditTopUp + "."},
	}
	if credits.ReservedCents != nil {
		out.Reserved = text.Cents(*credits.ReservedCents, credits.Currency)
	}
	if len(credits.RecentEntries) > maxRecent {
		out.Cut = "Only the latest changes. " + tool.ListCreditLedger + " has all of them."
	}
	return out, nil, nil
}

func (o getCreditsOutput) Text() string {
	var l text.Lines
	l.Add("The account has %s in credits.", o.Available)
	l.Field("Reserved", o.Reserved)
	l.Fields("Interpreted", o.Interpreted)
	if len(o.RecentEntries) > 0 {
		l.Add("Latest changes:")
	}
	for _, e := range o.RecentEntries {
		e.lines(&l)
	}
	l.Field("Left out", o.Cut)
	return l.With(o.Next)
}
