package opentrain

import (
	"context"
	"encoding/json"
	"net/http"
)

// Limits of a top-up (developers/api-reference/credits/create-top-up).
const (
	MinTopUpUSD = 10
	MaxTopUpUSD = 10_000
)

// Statuses of a top-up (developers/api-reference/credits/get-top-up).
const (
	TopUpPending   = "PENDING"
	TopUpCompleted = "COMPLETED"
	TopUpExpired   = "EXPIRED"
)

// PageQuery selects one page of a list.
type PageQuery struct {
	Limit  int    // page size; 0 means the API's default
	Cursor string // NextCursor of the previous page
}

// Credits returns the balance of the account. It needs the scope payments:read and FeatureCredits
// (developers/api-reference/credits/balance).
func (c *Client) Credits(ctx context.Context) (*Credits, error) {
	req := request{path: "/credits", member: "credits"}
	return fetch(ctx, c, req, "balance", func(c *Credits) bool { return c.AvailableCents != nil })
}

// Credits is the balance of an account.
type Credits struct {
	AvailableCents *int64        `json:"availableCents"`
	ReservedCents  *int64        `json:"reservedCents"`
	Currency       string        `json:"currency"` // ISO 4217 in lower case, such as usd
	RecentEntries  []LedgerEntry `json:"recentEntries"`
	More
}

// LedgerEntry is a change of the balance.
type LedgerEntry struct {
	ID          string `json:"id"`
	Type        string `json:"type"`        // TOP_UP, HOLD, HOLD_RELEASE, CAPTURE, REFUND or ADJUSTMENT
	AmountCents *int64 `json:"amountCents"` // negative if it lowers the balance
	CreatedAt   string `json:"createdAt"`   // RFC 3339
	HoldEntryID string `json:"holdEntryId"` // IDs are "" where they don't apply
	ProposalID  string `json:"jobofferId"`
	ContractID  string `json:"contractId"`
	MilestoneID string `json:"milestoneId"`
	TopUpID     string `json:"topUpId"`
	Note        string `json:"note"`
	More
}

// ListLedger lists the changes of the balance, with up to 100 entries per page (50 by default). It needs what Credits needs.
// It fails with BAD_REQUEST and details.field for another limit (developers/api-reference/credits/ledger).
func (c *Client) ListLedger(ctx context.Context, query PageQuery) (*Page[LedgerEntry], error) {
	values := newQuery(query.Limit, "cursor", query.Cursor)
	return fetchPage[LedgerEntry](ctx, c, request{path: "/credits/ledger", query: values, member: "entries"})
}

// CreateTopUp makes a page on which a human pays for credits, from MinTopUpUSD to MaxTopUpUSD. It charges nothing itself. It
// needs the scope payments:write, FeatureCredits and a claimed account. It fails with BAD_REQUEST and details.field for
// another amount (developers/api-reference/credits/create-top-up).
func (c *Client) CreateTopUp(ctx context.Context, amountUSD float64) (*Checkout, error) {
	body := map[string]float64{"amountUsd": amountUSD}
	req := request{method: http.MethodPost, path: "/credits/top-ups", body: body}
	return fetch(ctx, c, req, "checkout page", func(c *Checkout) bool { return c.CheckoutURL != "" })
}

// Checkout is the result of CreateTopUp.
type Checkout struct {
	TopUpID     string `json:"topUpId"`
	CheckoutURL string `json:"checkoutUrl"` // the page for the human
	ExpiresAt   string `json:"expiresAt"`   // RFC 3339, after about 24 hours
	TopUp       TopUp  `json:"topUp"`
	Message     string `json:"message"`
	More
}

// TopUp is a purchase of credits.
type TopUp struct {
	ID          string `json:"id"`
	Status      string `json:"status"` // TopUpPending, TopUpCompleted or TopUpExpired
	AmountCents *int64 `json:"amountCents"`
	CreatedAt   string `json:"createdAt"`   // RFC 3339
	CompletedAt string `json:"completedAt"` // RFC 3339, "" if it is not completed
	ExpiresAt   string `json:"expiresAt"`   // RFC 3339
	More
}

// GetTopUp returns a top-up. It needs what Credits needs (developers/api-reference/credits/get-top-up).
func (c *Client) GetTopUp(ctx context.Context, topUpID string) (*TopUp, error) {
	req := request{path: "/credits/top-ups/{topUpId}", id: topUpID, member: "topUp"}
	return fetch(ctx, c, req, "top-up", func(t *TopUp) bool { return t.ID != "" })
}

// ListPendingPayments lists what the account has to pay or to approve, in one page. It needs the scope payments:read, and no
// claimed account (developers/api-reference/payments/pending).
func (c *Client) ListPendingPayments(ctx context.Context) (*Page[PendingPayment], error) {
	return fetchPage[PendingPayment](ctx, c, request{path: "/payments/pending", member: "payments"})
}

// PendingPayment is an invoice that waits for someone.
type PendingPayment struct {
	ID            string      `json:"id"`
	Status        string      `json:"status"`      // PENDING_FUNDING or PENDING_PAYOUT
	InvoiceKind   string      `json:"invoiceKind"` // such as FUNDING
	ViewerRole    string      `json:"viewerRole"`  // EMPLOYER
	AmountUSD     *float64    `json:"amountUsd"`
	CreatedAt     string      `json:"createdAt"` // RFC 3339
	InvoiceNumber json.Number `json:"invoiceNumber,omitempty"`
	Job           struct {
		ID    string `json:"id"`
		Title string `json:"title"`
		More
	} `json:"job"`
	Milestone struct {
		ID   string `json:"id"`
		Name string `json:"name"`
		More
	} `json:"milestone"`
	More
}
