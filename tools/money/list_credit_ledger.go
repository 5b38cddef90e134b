package money

import (
	"cmp"
	"context"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

type listCreditLedgerInput struct {
	Limit  int    `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100,default=10" jsonschema_description:"Entries per page."`
	Cursor string `json:"cursor,omitempty" jsonschema:"maxLength=2000" jsonschema_description:"nextCursor of the previous page."`
}

type listCreditLedgerOutput struct {
	Entries     []entry   `json:"entries" jsonschema_description:"Changes to the balance, in OpenTrain's order."`
	NextCursor  string    `json:"nextCursor,omitempty" jsonschema_description:"Pass as cursor for the next page."`
	Cut         string    `json:"cut,omitempty" jsonschema_description:"What was left out."`
	Interpreted []string  `json:"interpreted,omitempty"`
	Next        tool.Next `json:"next" jsonschema_description:"What to do now."`
}

func (m money) listCreditLedger() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.ListCreditLedger, Title: "List changes to the credits", Kind: tool.KindRead,
		Description: "List the changes to the account's credits: credits bought, reserved, released, spent and refunded. It returns the signed " +
			"amount of each, and the proposal, contract, milestone or top-up that it belongs to. " +
			"Use it to explain the balance or to find a past top-up. For the balance itself, use opentrain_get_credits. " +
			"Payments that wait for someone are in opentrain_list_pending_payments. Changes nothing.",
		Scope: opentrain.ScopePaymentsRead, Feature: creditsFeature(), Find: tool.GetAccountNext("See what the account can do."),
	}, m.ledger)
}

func (m money) ledger(ctx context.Context, call tool.Call, in listCreditLedgerInput) (listCreditLedgerOutput, *tool.Ask, error) {
	out, cut, err := tool.FitPage(call, cmp.Or(in.Limit, tool.DefaultPage), func(limit int) (listCreditLedgerOutput, error) {
		page, err := m.api.ListLedger(ctx, opentrain.PageQuery{Limit: limit, Cursor: in.Cursor})
		if err != nil {
			return listCreditLedgerOutput{}, err
		}
		return listCreditLedgerOutput{
			Entries: tool.Map(page.Items, entryOf), NextCursor: call.Cursor(page.NextCursor), Interpreted: call.Interpreted,
			Next: tool.Next{Action: tool.Done},
		}, nil
	}, func(out *listCreditLedgerOutput) *[]entry { return &out.Entries })
	out.Cut = cut
	return out, nil, err
}

func (o listCreditLedgerOutput) Text() string {
	var l text.Lines
	if len(o.Entries) == 0 {
		l.Add("There are no changes to the credits here.")
	} else {
		l.Add("%s to the credits on this page.", text.Count(len(o.Entries), "change"))
	}
	l.Fields("Interpreted", o.Interpreted)
	for _, e := range o.Entries {
		e.lines(&l)
	}
	l.Field("Left out", o.Cut)
	if o.NextCursor != "" {
		l.Add("More: pass cursor %s.", text.Exact(o.NextCursor))
	}
	return l.With(o.Next)
}
