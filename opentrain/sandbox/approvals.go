package sandbox

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"time"
)

// The types and statuses of an approval (developers/api-reference/approvals/get), and a type of our own.
const (
	approvalHire    = "proposal_hire"
	approvalFund    = "milestone_fund"
	approvalApprove = "milestone_approve"
	approvalEnd     = "contract_end"
	approvalTopUp   = "top_up"

	pending, confirmed, declined, expired = "pending", "confirmed", "declined", "expired"

	initiationFee = 995 // cents, once per contract (developers/api-reference/proposals/hire)
)

// inCents converts US dollars, and withFee adds the marketplace fee of 10% that a hire costs. Half a cent is rounded up.
func inCents(amount float64) int { return int(math.Round(amount * 100)) }
func withFee(cents int) int      { return cents + (cents*10+50)/100 }

// approval is a request to a human.
type approval struct {
	record
	kind, status      string
	proposal          *proposal // nil for a top-up
	contract          *contract
	milestone         *milestone
	terms             terms
	cost, reads       int // cost is in cents; a top-up's is negative
	expires, resolved time.Time
	ids, result       object // ids are those of what it is about
}

// topUp is a purchase of credits: an approval that only its checkout page shows, and that can't be declined.
type topUp struct{ *approval }

// await makes a request wait for a human.
func (s *Sandbox) await(a *approval, b *books, kind string, lifetime time.Duration) {
	now := s.cfg.Now()
	a.record, a.status, a.expires = s.newRecord(b, kind, now), pending, now.Add(lifetime)
	s.later(a.expires, func(at time.Time) { s.resolve(a, expired, at) })
}

// ask is a request for an approval. While the same request is pending, it returns the same approval. A request with other terms
// replaces the one before, which expires.
func (s *Sandbox) ask(c *call, a *approval) *reply {
	b := c.account.books
	same := slices.IndexFunc(b.approvals, func(other *approval) bool {
		return other.status == pending && other.kind == a.kind && other.proposal == a.proposal && other.milestone == a.milestone
	})
	switch {
	case same >= 0 && b.approvals[same].terms == a.terms:
		return s.asked(b.approvals[same])
	case !s.canPay(b, a.cost):
		return conflict("payment_method_required", "Add a payment method or enough credits first.", "billingUrl", s.cfg.AppURL+"/billing")
	case same >= 0:
		s.resolve(b.approvals[same], expired, s.cfg.Now())
	}
	s.await(a, b, "approval", 72*time.Hour)
	b.approvals, s.records[a.id] = append(b.approvals, a), a
	if a.milestone != nil {
		s.tell(b, a.created, "payment.pending", a.invoice(), a.proposal.job.id,
			object{"invoiceId": a.invoice(), "milestoneId": a.milestone.id, "contractId": a.contract.id})
	}
	return s.asked(a)
}

// canPay reports whether the account can pay for something. That credits pay if they cover it is our assumption.
func (s *Sandbox) canPay(b *books, cost int) bool {
	return cost == 0 || !s.cfg.NoPaymentMethod || b.credits >= cost
}

func (a *approval) invoice() string { return "invoice_" + a.id }

func (s *Sandbox) asked(a *approval) *reply {
	return &reply{status: http.StatusAccepted, body: object{"approval": s.showApproval(a),
		"message": "A human must confirm this at approvalUrl. Nothing happens until then."}}
}

func (s *Sandbox) showApproval(a *approval) object {
	shown := object{"id": a.id, "type": a.kind, "status": a.status, "contractId": nil, "milestoneId": nil, "jobId": a.proposal.job.id,
		"proposalId": nil, "approvalUrl": s.cfg.AppURL + "/approvals/" + a.id, "expiresAt": timestamp(a.expires),
		"resolvedAt": timeOrNull(a.resolved), "result": a.result, "createdAt": timestamp(a.created)}
	maps.Copy(shown, a.ids)
	return shown
}

// getApproval is GET /approvals/{approvalId} (developers/api-reference/approvals/get).
func (s *Sandbox) getApproval(_ *call, a *approval) *reply {
	s.look(a)
	return ok(object{"approval": s.showApproval(a)})
}

// look counts a read, after which a human may seem to have decided.
func (s *Sandbox) look(a *approval) {
	if a.reads++; s.cfg.DecideAfter > 0 && a.reads >= s.cfg.DecideAfter {
		s.resolve(a, map[bool]string{true: declined, false: confirmed}[s.cfg.Decline], s.cfg.Now())
	}
}

// resolve ends a pending approval, and does what a confirmed one asks for.
func (s *Sandbox) resolve(a *approval, status string, at time.Time) {
	if status == confirmed && !s.canPay(a.books, a.cost) {
		status = declined // other things were paid meanwhile
	}
	isTopUp := a.kind == approvalTopUp
	if a.status != pending || isTopUp && status == declined {
		return
	}
	a.status, a.resolved = status, at
	if !isTopUp {
		s.tell(a.books, at, "approval.confirmed", a.id, a.proposal.job.id, object{"approvalId": a.id, "status": status})
	}
	if status != confirmed {
		return
	}
	switch a.kind {
	case approvalHire:
		s.hireNow(a, at)
		a.ids["contractId"] = a.contract.id
		a.result = object{"hired": true, "contractId": a.contract.id, "jobId": a.proposal.job.id, "freelancerUserId": a.proposal.person.id}
	case approvalFund:
		a.milestone.invoice = a.invoice()
		s.setMilestone(a.milestone, milestoneFunded, at)
		a.result = object{"invoiceId": a.invoice()}
		if s.cfg.Variant == Guide { // as in developers/concepts/human-approvals
			a.result["paymentIntentId"] = "payment_" + a.id
		}
	case approvalApprove:
		s.setMilestone(a.milestone, milestonePaid, at)
		a.result = object{"invoiceId": a.invoice(), "payoutTransactionId": "payout_" + a.id}
	case approvalEnd:
		s.endNow(a.contract, at)
		a.result = object{"contractEnded": true}
	}
	if a.cost != 0 && a.books.credits >= a.cost {
		a.books.enter(s, map[bool]string{true: "TOP_UP", false: "CAPTURE"}[isTopUp], -a.cost, at, a.ids)
	}
}

// pendingPayments is GET /payments/pending (developers/api-reference/payments/pending).
func (s *Sandbox) pendingPayments(c *call) *reply {
	all := c.account.books.approvals
	return ok(object{"payments": newest(all, func(a *approval) object {
		kind := map[string]string{approvalFund: "FUNDING", approvalApprove: "PAYOUT"}[a.kind]
		if a.status != pending || kind == "" {
			return nil
		}
		job := a.proposal.job
		return object{"id": a.invoice(), "status": "PENDING_" + kind, "invoiceKind": kind, "viewerRole": "EMPLOYER",
			"amountUsd": orNull(a.terms.amount), "createdAt": timestamp(a.created), "invoiceNumber": 1001 + slices.Index(all, a),
			"job": object{"id": job.id, "title": job.title()}, "milestone": object{"id": a.milestone.id, "name": a.terms.name}}
	})})
}

// page shows an approval to the human.
func (a *approval) page() page {
	titles := map[string]string{approvalHire: "Hire an AI trainer", approvalFund: "Fund a milestone", approvalApprove: "Pay for a milestone",
		approvalEnd: "End a contract"}
	total := cmp.Or(map[string]string{pending: "You pay", confirmed: "You paid"}[a.status], "Cost")
	job, who, t, at := a.proposal.job, a.proposal.person, a.terms, a.resolved.UTC().Format(minutes)
	notes := map[string]string{pending: "Your agent asks for this. Nothing happens until you confirm it.",
		confirmed: "Confirmed on " + at + ". You can close this page and go back to your agent.",
		declined:  "Declined on " + at + ". Nothing has changed and nothing is charged. You can close this page.",
		expired:   "This request closed on " + at + ". Nothing has changed and nothing is charged."}
	shown := page{Title: titles[a.kind], State: capitalize(a.status), About: a.about(), Note: notes[a.status]}
	shown.Rows = [][2]string{{"Job", job.title()}, {"AI trainer", who.name + ", " + who.country.name}, {"Milestone", t.name},
		{"Description", t.description}, {"Due", t.due}, {"Amount", dollars(inCents(t.amount))},
		{"Fees", dollars(max(0, a.cost-inCents(t.amount)))}, {total, dollars(a.cost)}}
	shown.Rows = slices.DeleteFunc(shown.Rows, func(row [2]string) bool { return row[1] == "" || row[1] == "$0" && row[0] != total })
	if a.status == pending {
		shown.Actions = [][2]string{{confirmed, "Confirm"}, {declined, "Decline"}}
		if a.cost > 0 {
			shown.Actions[0][1] = "Confirm and pay " + dollars(a.cost)
		}
	}
	return shown
}

// about names a request, and says how long it waits.
func (a *approval) about() string {
	return a.id + map[string]string{pending: " · expires " + a.expires.UTC().Format(minutes)}[a.status]
}

// summary tells approvals apart.
func (a *approval) summary() string {
	cost := map[bool]string{true: dollars(a.cost) + " · "}[a.cost > 0]
	return cost + a.proposal.person.name + " · " + a.proposal.job.title()
}

// enter adds a change of the credits, as it is shown (developers/api-reference/credits/ledger). The sandbox holds and reserves
// nothing. ids are those of what it is about.
func (b *books) enter(s *Sandbox, kind string, cents int, at time.Time, ids object) {
	b.ledger = append(b.ledger, object{"id": s.newRecord(b, "entry", at).id, "type": kind, "amountCents": cents, "createdAt": timestamp(at),
		"holdEntryId": nil, "jobofferId": ids["proposalId"], "contractId": ids["contractId"], "milestoneId": ids["milestoneId"],
		"topUpId": ids["topUpId"], "note": nil})
	b.credits += cents
}

// getCredits is GET /credits (developers/api-reference/credits/balance).
func (s *Sandbox) getCredits(c *call) *reply {
	recent := newest(c.account.books.ledger, maps.Clone[object])
	return ok(object{"credits": object{"availableCents": c.account.books.credits, "reservedCents": 0, "currency": "usd",
		"recentEntries": recent[:min(10, len(recent))]}})
}

// listLedger is GET /credits/ledger (developers/api-reference/credits/ledger).
func (s *Sandbox) listLedger(c *call) *reply {
	p := pager[object]{name: "ledger", list: "entries", standard: 50, most: 100, show: maps.Clone[object]}
	return p.page(c, c.account.books.ledger, nil)
}

// createTopUp is POST /credits/top-ups (developers/api-reference/credits/create-top-up).
func (s *Sandbox) createTopUp(c *call) *reply {
	set, issues := s.read(c.body, nil, "amountUsd#?", "amount#?")
	amount := cmp.Or(set.number("amountUsd"), set.number("amount"))
	if issues != nil || amount < 10 || amount > 10_000 {
		return badRequest("amountUsd must be from 10 to 10,000.", object{"field": "amountUsd"})
	}
	t := topUp{&approval{kind: approvalTopUp, cost: -inCents(amount)}}
	s.await(t.approval, c.account.books, "topup", 24*time.Hour)
	t.ids, s.records[t.id] = object{"topUpId": t.id}, t
	t.books.topUps = append(t.books.topUps, t)
	return &reply{status: http.StatusCreated, body: object{"topUpId": t.id, "checkoutUrl": s.cfg.AppURL + "/checkout/" + t.id,
		"expiresAt": timestamp(t.expires), "topUp": t.show(), "message": "A human must pay at checkoutUrl. Nothing is charged until then."}}
}

func (t topUp) status() string {
	return map[string]string{pending: "PENDING", confirmed: "COMPLETED", expired: "EXPIRED"}[t.approval.status]
}

func (t topUp) show() object {
	completed := map[string]time.Time{confirmed: t.resolved}[t.approval.status]
	return object{"id": t.id, "status": t.status(), "amountCents": -t.cost, "createdAt": timestamp(t.created),
		"completedAt": timeOrNull(completed), "expiresAt": timestamp(t.expires)}
}

// getTopUp is GET /credits/top-ups/{topUpId} (developers/api-reference/credits/get-top-up).
func (s *Sandbox) getTopUp(_ *call, t topUp) *reply {
	s.look(t.approval)
	return ok(object{"topUp": t.show()})
}

func dollars(cents int) string { return "$" + inDigits(float64(cents)/100) }

// page shows the checkout of a top-up. The real one is Stripe's.
func (t topUp) page() page {
	amount, status := dollars(-t.cost), t.approval.status
	notes := map[string]string{pending: "Credits pay for hires and milestones. In the sandbox, nothing is charged.",
		confirmed: "Paid on " + t.resolved.UTC().Format(minutes) + ". The credits are in your account. You can close this page.",
		expired:   "This page has expired, so you can't pay here anymore. Ask your agent for a new one."}
	shown := page{Title: "Add credits", State: displayLabel(t.status()), About: t.about(), Note: notes[status],
		Rows: [][2]string{{"Account", t.books.name}, {"Credits now", dollars(t.books.credits)}}}
	switch status {
	case pending:
		shown.Actions = [][2]string{{"pay", "Pay " + amount}}
		shown.Rows = append(shown.Rows, [2]string{"Credits you buy", amount}, [2]string{"You pay", amount})
	case confirmed:
		shown.Rows = append(shown.Rows, [2]string{"You paid", amount})
	}
	return shown
}

// decide returns the page of an approval or a top-up, after what the human decided.
func (s *Sandbox) decide(id, decision string) page {
	switch found := s.records[id].(type) {
	case *approval:
		if decision == confirmed || decision == declined {
			s.resolve(found, decision, s.cfg.Now())
		}
		return found.page()
	case topUp:
		if decision == "pay" {
			s.resolve(found.approval, confirmed, s.cfg.Now())
		}
		return found.page()
	}
	return page{Problem: fmt.Sprintf("There is nothing to decide with the id %q here. %s", id, forgets)}
}
