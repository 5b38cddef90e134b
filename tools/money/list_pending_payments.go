package money

import (
	"cmp"
	"context"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

type listPendingPaymentsInput struct {
	Limit  int    `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100,default=10" jsonschema_description:"Payments per page."`
	Cursor string `json:"cursor,omitempty" jsonschema:"maxLength=2000" jsonschema_description:"nextCursor of the previous page."`
}

type listPendingPaymentsOutput struct {
	Payments    []payment `json:"payments" jsonschema_description:"Payments that wait for someone."`
	NextCursor  string    `json:"nextCursor,omitempty" jsonschema_description:"Pass as cursor for the next page."`
	Cut         string    `json:"cut,omitempty" jsonschema_description:"What was left out."`
	Interpreted []string  `json:"interpreted,omitempty"`
	Next        tool.Next `json:"next" jsonschema_description:"What to do now."`
}

// payment is an invoice that waits for someone.
type payment struct {
	ID            string   `json:"id"`
	Status        string   `json:"status"`
	InvoiceKind   string   `json:"invoiceKind,omitempty"`
	InvoiceNumber string   `json:"invoiceNumber,omitempty"`
	AmountUSD     *float64 `json:"amountUsd,omitempty"`
	CreatedAt     string   `json:"createdAt,omitempty"`
	JobID         string   `json:"jobId,omitempty"`
	JobTitle      string   `json:"jobTitle,omitempty"`
	MilestoneID   string   `json:"milestoneId,omitempty"`
	MilestoneName string   `json:"milestoneName,omitempty"`
}

func (payment) JSONSchema() *schema.Node {
	return tool.PlainObject("id, status, invoiceKind, invoiceNumber, amountUsd, createdAt, jobId, jobTitle, milestoneId, milestoneName.")
}

func (m money) listPendingPayments() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.ListPendingPayments, Title: "List pending payments", Kind: tool.KindRead,
		Description: "List the account's pending payments, and return the amount, job and milestone of each. " +
			"Use it when the human asks what has to be paid. It pays nothing: to fund a milestone, use " +
			"opentrain_request_milestone_funding, and a human confirms it in OpenTrain's app. " +
			"For the credits, use opentrain_get_credits; for past payments with credits, use opentrain_list_credit_ledger. Changes nothing.",
		Scope: opentrain.ScopePaymentsRead, Find: tool.GetAccountNext("See what the account can do."),
	}, m.pending)
}

func (m money) pending(ctx context.Context, call tool.Call, in listPendingPaymentsInput) (listPendingPaymentsOutput, *tool.Ask, error) {
	all, err := tool.Once(call, func() (*opentrain.Page[opentrain.PendingPayment], error) { return m.api.ListPendingPayments(ctx) })
	if err != nil {
		return listPendingPaymentsOutput{}, nil, err
	}
	id := func(p opentrain.PendingPayment) string { return p.ID }
	out, cut, err := tool.FitPage(call, cmp.Or(in.Limit, tool.DefaultPage), func(limit int) (listPendingPaymentsOutput, error) {
		page, next, err := tool.PageOf(call, all.Items, id, in.Cursor, limit)
		return listPendingPaymentsOutput{
			Payments: tool.Map(page, paymentOf), NextCursor: next, Interpreted: call.Interpreted, Next: tool.Next{Action: tool.Done},
		}, err
	}, func(out *listPendingPaymentsOutput) *[]payment { return &out.Payments })
	out.Cut = cut
	for _, p := range out.Payments {
		switch {
		case p.Status == "PENDING_FUNDING" && p.MilestoneID != "":
			out.Next.Note = "To fund a milestone, use " + tool.RequestMilestoneFunding + " with its id. " + seeApprovals
		case out.Next.Note == "":
			out.Next.Note = seeApprovals
		}
	}
	return out, nil, err
}

// seeApprovals says what the list doesn't have.
const seeApprovals = "A payment may also wait for the human's confirmation in OpenTrain's app: " + tool.GetApproval +
	" without an id lists what was requested."

func paymentOf(p opentrain.PendingPayment) payment {
	return payment{
		ID: text.Stranger(p.ID, 100), Status: text.Stranger(p.Status, 40), InvoiceKind: text.Stranger(p.InvoiceKind, 40),
		InvoiceNumber: text.Stranger(string(p.InvoiceNumber), 40), AmountUSD: p.AmountUSD, CreatedAt: text.Stranger(p.CreatedAt, 40),
		JobID: text.Stranger(p.Job.ID, 64), JobTitle: text.Stranger(p.Job.Title, 200),
		MilestoneID: text.Stranger(p.Milestone.ID, 100), MilestoneName: text.Stranger(p.Milestone.Name, 200),
	}
}

// statusWords is what a payment waits for.
func (p payment) statusWords() string {
	switch p.Status {
	case "PENDING_FUNDING":
		return "waits for funding"
	case "PENDING_PAYOUT":
		return "waits for the payout"
	}
	return p.Status
}

func (p payment) amount() string {
	if p.AmountUSD == nil {
		return "amount unknown"
	}
	return text.Money(*p.AmountUSD, "")
}

func (o listPendingPaymentsOutput) Text() string {
	var l text.Lines
	if len(o.Payments) == 0 {
		l.Add("No payments are pending.")
	} else {
		l.Add("%s on this page. Lines starting with > have titles and names that people wrote.", text.Count(len(o.Payments), "pending payment"))
	}
	l.Fields("Interpreted", o.Interpreted)
	for i, p := range o.Payments {
		number := ""
		if p.InvoiceNumber != "" {
			number = "invoice " + p.InvoiceNumber
		}
		l.Add("%d. %s · %s", i+1, p.amount(), text.Join(" · ", p.statusWords(), number, text.DayOf("created", p.CreatedAt)))
		l.Field("   Milestone", p.MilestoneID)
		l.Field("   Job", p.JobID)
		l.Quoted("   ", text.Join(" · ", p.MilestoneName, p.JobTitle))
	}
	l.Field("Left out", o.Cut)
	if o.NextCursor != "" {
		l.Add("More: pass cursor %s.", text.Exact(o.NextCursor))
	}
	return l.With(o.Next)
}
