package opentrain

import (
	"context"
	"net/http"
)

// Types and statuses of an approval (developers/api-reference/approvals/get).
const (
	ApprovalHire             = "proposal_hire"
	ApprovalMilestoneFund    = "milestone_fund"
	ApprovalMilestoneApprove = "milestone_approve"
	ApprovalContractEnd      = "contract_end"

	ApprovalPending   = "pending"
	ApprovalConfirmed = "confirmed" // it is done: see Approval.Result
	ApprovalDeclined  = "declined"
	ApprovalExpired   = "expired"
)

// Approval is a request that a human confirms or declines in OpenTrain's app within about 72 hours. Nothing that it asks
// for happens before (developers/concepts/human-approvals).
type Approval struct {
	ID          string          `json:"id"`
	Type        string          `json:"type"`
	Status      string          `json:"status"`
	ContractID  string          `json:"contractId"` // IDs are "" where they don't apply
	MilestoneID string          `json:"milestoneId"`
	JobID       string          `json:"jobId"`
	ProposalID  string          `json:"proposalId"`
	ApprovalURL string          `json:"approvalUrl"` // the page for the human
	ExpiresAt   string          `json:"expiresAt"`   // RFC 3339
	ResolvedAt  string          `json:"resolvedAt"`  // RFC 3339, "" while it is pending
	Result      *ApprovalResult `json:"result"`      // nil unless it is confirmed
	CreatedAt   string          `json:"createdAt"`   // RFC 3339
	Message     string          `json:"message"`     // of a request; "" from GetApproval
	More
}

// ApprovalResult is what happened when a human confirmed an approval. Which members are set depends on its type.
type ApprovalResult struct {
	Hired               bool   `json:"hired"`
	ContractID          string `json:"contractId"`
	JobID               string `json:"jobId"`
	FreelancerUserID    string `json:"freelancerUserId"`
	InvoiceID           string `json:"invoiceId"`
	PaymentIntentID     string `json:"paymentIntentId"` // not on every page
	PayoutTransactionID string `json:"payoutTransactionId"`
	ContractEnded       bool   `json:"contractEnded"`
	More
}

// GetApproval returns an approval. It needs the scope payments:read, and no claimed account. The owner of the account and
// the token that asked can read it; for others it fails with NOT_FOUND (developers/api-reference/approvals/get).
func (c *Client) GetApproval(ctx context.Context, approvalID string) (*Approval, error) {
	return c.approval(ctx, request{path: "/approvals/{approvalId}", id: approvalID})
}

// RequestMilestoneFunding asks a human to fund a milestone. No page says whether a repeated request makes another. It needs
// what CreateMilestone needs. It fails with CONFLICT and details.reason payment_method_required, milestone_not_fundable or
// others (developers/api-reference/milestones/fund).
func (c *Client) RequestMilestoneFunding(ctx context.Context, milestoneID string) (*Approval, error) {
	return c.requestApproval(ctx, request{path: "/milestones/{milestoneId}/fund", id: milestoneID})
}

// RequestMilestoneApproval asks a human to pay for the finished work of a funded milestone. No page says whether a repeated
// request makes another. It needs what CreateMilestone needs. It fails with CONFLICT and details.reason milestone_not_funded
// or others (developers/api-reference/milestones/approve).
func (c *Client) RequestMilestoneApproval(ctx context.Context, milestoneID string) (*Approval, error) {
	return c.requestApproval(ctx, request{path: "/milestones/{milestoneId}/approve", id: milestoneID})
}

// requestApproval makes a request for an approval.
func (c *Client) requestApproval(ctx context.Context, req request) (*Approval, error) {
	req.method = http.MethodPost
	return c.approval(ctx, req)
}

func (c *Client) approval(ctx context.Context, req request) (*Approval, error) {
	req.member = "approval"
	return fetch(ctx, c, req, "approval", func(a *Approval) bool { return a.ID != "" })
}
