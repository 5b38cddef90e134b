package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// The types and statuses of an approval (developers/api-reference/approvals/get), and how long one is pending.
const (
	approvalHire    = "proposal_hire"
	approvalFund    = "milestone_fund"
	approvalApprove = "milestone_approve"
	approvalEnd     = "contract_end"

	pending   = "pending"
	confirmed = "confirmed"
	declined  = "declined"
	expired   = "expired"

	approvalLifetime = 72 * time.Hour
)

// approval is a request to a human.
type approval struct {
	record
	kind, status string
	job          *job
	proposal     *proposal
	contract     *contract
	milestone    *milestone
	terms        terms  // of a hire
	cost         int    // cents
	hold         *entry // of credits; nil if the payment method pays
	invoice      string
	resolved     time.Time
	result       object
	reads        int
}

// ask is a request for an approval. While the same request is pending, it returns the same approval. A request with other terms
// replaces the one before, which expires. That credits pay if they cover everything is our assumption.
func (s *Sandbox) ask(c *call, a approval) *reply {
	b, now := c.account.books, s.cfg.Now()
	var before *approval
	for _, other := range b.approvals {
		if other.status == pending && other.kind == a.kind && other.proposal == a.proposal && other.contract == a.contract &&
			other.milestone == a.milestone {
			before = other
		}
	}
	if before != nil && before.terms == a.terms {
		return s.asked(before)
	}
	available := b.available()
	if before != nil && before.hold != nil {
		available -= before.hold.cents
	}
	if a.cost > available && s.cfg.NoPaymentMethod {
		return conflict("payment_method_required", "Add a payment method or enough credits first.", "billingUrl", s.cfg.AppURL+"/billing")
	}
	if failure := s.charge(b, a.terms.name, a.terms.description, a.terms.due); failure != nil {
		return failure
	}
	if before != nil {
		s.resolve(before, expired, now)
	}
	a.record, a.status = s.newRecord(b, "approval", now), pending
	b.approvals = append(b.approvals, &a)
	s.records[a.id] = &a
	if a.cost > 0 && a.cost <= available {
		a.hold = b.enter(s, entry{kind: "HOLD", cents: -a.cost, open: true, approval: &a}, now)
	}
	if a.milestone != nil {
		s.numbered++
		a.invoice = fmt.Sprintf("invoice_%d", s.numbered)
		s.tell(b, now, "payment.pending", a.invoice, a.job.id,
			object{"invoiceId": a.invoice, "milestoneId": a.milestone.id, "contractId": a.contract.id})
	}
	s.later(now.Add(approvalLifetime), func(at time.Time) { s.resolve(&a, expired, at) })
	return s.asked(&a)
}

func (s *Sandbox) asked(a *approval) *reply {
	return &reply{status: http.StatusAccepted, body: object{"approval": s.showApproval(a),
		"message": "A human must confirm this at approvalUrl. Nothing happens before."}}
}

// showApproval has null for ids that don't apply.
func (s *Sandbox) showApproval(a *approval) object {
	shown := object{"id": a.id, "type": a.kind, "status": a.status, "contractId": nil, "milestoneId": nil, "jobId": a.job.id,
		"proposalId": nil, "approvalUrl": s.cfg.AppURL + "/approvals/" + a.id, "expiresAt": timestamp(a.created.Add(approvalLifetime)),
		"resolvedAt": timeOrNull(a.resolved), "result": nil, "createdAt": timestamp(a.created)}
	if a.contract != nil {
		shown["contractId"] = a.contract.id
	}
	if a.milestone != nil {
		shown["milestoneId"] = a.milestone.id
	}
	if a.proposal != nil {
		shown["proposalId"] = a.proposal.id
	}
	if a.result != nil {
		shown["result"] = a.result
	}
	return shown
}

// getApproval is GET /approvals/{approvalId} (developers/api-reference/approvals/get).
func (s *Sandbox) getApproval(_ *call, a *approval) *reply {
	a.reads++
	if after := s.cfg.DecideAfter; after > 0 && a.reads >= after {
		s.resolve(a, map[bool]string{true: declined, false: confirmed}[s.cfg.Decline], s.cfg.Now())
	}
	return ok(object{"approval": s.showApproval(a)})
}

// resolve ends a pending approval, and does what a confirmed one asks for.
func (s *Sandbox) resolve(a *approval, status string, at time.Time) {
	if a.status != pending {
		return
	}
	a.status, a.resolved, a.updated = status, at, at
	if a.hold != nil {
		a.hold.open = false
		a.books.enter(s, entry{kind: "HOLD_RELEASE", cents: a.cost, hold: a.hold, approval: a}, at)
	}
	s.tell(a.books, at, "approval.confirmed", a.id, a.job.id, object{"approvalId": a.id, "status": status})
	if status != confirmed {
		return
	}
	switch a.kind {
	case approvalHire:
		s.hireNow(a, at)
		a.result = object{"hired": true, "contractId": a.contract.id, "jobId": a.job.id, "freelancerUserId": a.proposal.person.id}
	case approvalFund:
		s.setMilestone(a.milestone, milestoneFunded, at)
		a.milestone.invoice = a.invoice
		a.result = object{"invoiceId": a.invoice, "paymentIntentId": "payment_" + a.id}
		if s.cfg.Variant == Reference {
			delete(a.result, "paymentIntentId")
		}
	case approvalApprove:
		s.setMilestone(a.milestone, milestonePaid, at)
		a.result = object{"invoiceId": a.invoice, "payoutTransactionId": "payout_" + a.id}
	case approvalEnd:
		s.endNow(a.contract, at)
		a.result = object{"contractEnded": true}
	}
	if a.hold != nil {
		a.milestone.credits = cents(a.milestone.amount)
		a.books.enter(s, entry{kind: "CAPTURE", cents: -a.cost, hold: a.hold, approval: a}, at)
	}
}

// waiting are the approvals that a human can decide, none if the token was revoked.
func (a *account) waiting() (list []*approval) {
	if a == nil {
		return nil
	}
	for _, asked := range a.books.approvals {
		if asked.status == pending {
			list = append(list, asked)
		}
	}
	return list
}

// pendingPayments is GET /payments/pending (developers/api-reference/payments/pending).
func (s *Sandbox) pendingPayments(c *call) *reply {
	payments := []object{}
	for i, a := range slices.Backward(c.account.books.approvals) {
		if a.status != pending || a.milestone == nil {
			continue
		}
		status, kind := "PENDING_FUNDING", "FUNDING"
		if a.kind == approvalApprove {
			status, kind = "PENDING_PAYOUT", "PAYOUT"
		}
		payments = append(payments, object{"id": a.invoice, "status": status, "invoiceKind": kind, "viewerRole": "EMPLOYER",
			"amountUsd": orNull(a.milestone.amount), "createdAt": timestamp(a.created), "invoiceNumber": 1001 + i,
			"job": object{"id": a.job.id, "title": a.job.title()}, "milestone": object{"id": a.milestone.id, "name": a.milestone.name}})
	}
	return ok(object{"payments": payments})
}
