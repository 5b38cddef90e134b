package opentrain

import (
	"context"
	"net/http"
)

// Statuses of a contract and of a milestone (developers/api-reference/contracts).
const (
	ContractActive = "active"
	ContractEnded  = "ended"

	// Types of payment, of jobs and contracts.
	PayPerHour  = "PAY_PER_HOUR"
	PayPerLabel = "PAY_PER_LABEL"
	FixedPrice  = "FIXED_PRICE"

	MilestoneNotFunded = "NOT_FUNDED"
	MilestoneFunded    = "ACTIVE_FUNDED"
)

// ContractQuery filters the caller's contracts.
type ContractQuery struct {
	JobID  string // one of the caller's jobs; "" means all
	Status string // ContractActive or ContractEnded; "" means both
}

// ListContracts lists the caller's contracts, newest first. The API's pages name no parameters for pages of it. It needs
// the scope payments:read, and no claimed account. It fails with BAD_REQUEST and details.field for an unknown status, and
// with FORBIDDEN for another account's job (developers/api-reference/contracts/list).
func (c *Client) ListContracts(ctx context.Context, query ContractQuery) (*Page[Contract], error) {
	values := newQuery(0, "jobId", query.JobID, "status", query.Status)
	return fetchPage[Contract](ctx, c, request{path: "/contracts", query: values, member: "contracts"})
}

// GetContract returns one contract with its budget. It needs the scope payments:read
// (developers/api-reference/contracts/get).
func (c *Client) GetContract(ctx context.Context, contractID string) (*Contract, error) {
	req := request{path: "/contracts/{contractId}", id: contractID, member: "contract"}
	return fetch(ctx, c, req, "contract", func(c *Contract) bool { return c.ID != "" })
}

// Contract is the work of one hired AI trainer on one job.
type Contract struct {
	ID                 string              `json:"id"`
	Status             string              `json:"status"` // ContractActive or ContractEnded
	Title              string              `json:"title"`
	JobID              string              `json:"jobId"`
	ProposalID         string              `json:"proposalId"`
	PaymentType        string              `json:"paymentType"`       // PAY_PER_HOUR, FIXED_PRICE or PAY_PER_LABEL
	RateUSD            *float64            `json:"rateUsd"`           // per hour or label; for FIXED_PRICE the price
	EstimatedTotalUSD  *float64            `json:"estimatedTotalUsd"` // nil if unknown
	EstimatedVolume    *float64            `json:"estimatedVolume"`   // in hours or labels; nil for FIXED_PRICE
	HasActiveMilestone bool                `json:"hasActiveMilestone"`
	StartDate          string              `json:"startDate"` // RFC 3339
	EndDate            string              `json:"endDate"`   // RFC 3339, "" while it is active
	CreatedAt          string              `json:"createdAt"` // RFC 3339
	UpdatedAt          string              `json:"updatedAt"` // RFC 3339
	Freelancer         *ContractFreelancer `json:"freelancer"`
	Milestones         []Milestone         `json:"milestones"` // without refunded and canceled ones

	// Only GetContract sets these.
	JobDMConversationID string  `json:"jobDmConversationId"` // for ListMessages and SendMessage
	Budget              *Budget `json:"budget"`
	More
}

// ContractFreelancer is the AI trainer of a contract, without a full name or contact details.
type ContractFreelancer struct {
	UserID      string `json:"userId"`
	DisplayName string `json:"displayName"`
	Country     string `json:"country"`
	ProfilePath string `json:"profilePath"` // below the app's origin
	More
}

// Milestone is a part of a contract that is paid for on its own.
type Milestone struct {
	ID              string   `json:"id"`
	Name            string   `json:"name"`
	Description     string   `json:"description"`
	Status          string   `json:"status"` // MilestoneNotFunded, MilestoneFunded or another one
	AmountUSD       *float64 `json:"amountUsd"`
	Volume          *float64 `json:"volume"` // in hours or labels; nil for a fixed price
	MilestoneNumber int      `json:"milestoneNumber"`
	DueDate         string   `json:"dueDate"`         // RFC 3339
	PendingApproval bool     `json:"pendingApproval"` // an Approval waits for a human
	NeedsReview     bool     `json:"needsReview"`
	InvoiceID       string   `json:"invoiceId"` // "" before it is funded
	CreatedAt       string   `json:"createdAt"` // RFC 3339
	More
}

// Budget says how much of the funded work of a contract is done.
type Budget struct {
	ContractID      string     `json:"contractId"`
	PaymentType     string     `json:"paymentType"`
	State           string     `json:"state"`        // OK, LOW or DEPLETED
	FundedVolume    *float64   `json:"fundedVolume"` // volumes are in hours or labels
	FundedAmountUSD *float64   `json:"fundedAmountUsd"`
	Consumed        Consumed   `json:"consumed"`
	ConsumedVolume  *float64   `json:"consumedVolume"`
	RemainingVolume *float64   `json:"remainingVolume"`
	Fraction        *float64   `json:"consumedFraction"`
	ActiveMilestone *Milestone `json:"activeMilestone"` // with its ID, name, amount, volume and status only
	LastUsageAt     string     `json:"lastUsageAt"`     // RFC 3339, "" if there was none
	More
}

// Consumed is the work that was done on a contract.
type Consumed struct {
	Seconds *float64 `json:"seconds"`
	Hours   *float64 `json:"hours"`
	Labels  *float64 `json:"labels"`
	Tasks   *float64 `json:"tasks"`
	More
}

// NewMilestone describes a milestone to be made. With both an amount and a volume, the amount must be rate times volume.
type NewMilestone struct {
	Name        string  `json:"name,omitempty"`
	Description string  `json:"description"`         // must not be empty
	AmountUSD   float64 `json:"amountUsd,omitempty"` // for a fixed price; 0 means none
	Volume      float64 `json:"volume,omitempty"`    // hours or labels, for those payment types; 0 means none
	DueDate     string  `json:"dueDate,omitempty"`   // such as 2026-07-15
}

// CreateMilestone adds a milestone that is not funded to an active contract. No money moves. It needs the scope
// payments:write, FeaturePayments and a claimed account (no claimed account on the page about scopes). It fails with
// BAD_REQUEST and details.field, and with CONFLICT and details.reason contract_ended or contract_rate_missing
// (developers/api-reference/contracts/create-milestone).
func (c *Client) CreateMilestone(ctx context.Context, contractID string, milestone NewMilestone) (*Milestone, error) {
	req := request{
		method: http.MethodPost, path: "/contracts/{contractId}/milestones", id: contractID, body: milestone, member: "milestone",
	}
	return fetch(ctx, c, req, "milestone", func(m *Milestone) bool { return m.ID != "" })
}

// EndContract ends a contract. If it has funded milestones, a human must confirm that in OpenTrain's app, and the result has
// an approval. It needs what CreateMilestone needs. It fails with CONFLICT and details.reason contract_ended if it has
// ended before. Therefore it is not repeated after a lost response (developers/api-reference/contracts/end).
func (c *Client) EndContract(ctx context.Context, contractID string) (*ContractEnd, error) {
	req := request{method: http.MethodPost, path: "/contracts/{contractId}/end", id: contractID}
	return fetch(ctx, c, req, "end of a contract", func(e *ContractEnd) bool {
		return e.Status != "" || e.Approval != nil && e.Approval.ID != ""
	})
}

// ContractEnd is the result of EndContract.
type ContractEnd struct {
	ContractID string    `json:"contractId"` // "" if there is an approval
	Status     string    `json:"status"`     // ContractEnded; "" if there is an approval
	Approval   *Approval `json:"approval"`   // nil if the contract has ended
	Message    string    `json:"message"`    // with an approval
	More
}
