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

// The types and statuses of an approval (developers/api-reference/approvals/get).
const (
	approvalHire    = "proposal_hire"
	approvalFund    = "milestone_fund"
	approvalApprove = "milestone_approve"
	approvalEnd     = "contract_end"

	pending, confirmed, declined, expired = "pending", "confirmed", "declined", "expired"

	approvalLifetime = 72 * time.Hour
	initiationFee    = 995 // cents, once per contract (developers/api-reference/proposals/hire)
)

// inCents converts US dollars, and withFee adds the marketplace fee of 10%.
func inCents(amount float64) int { return int(math.Round(amount * 100)) }
func withFee(amount float64) int { return int(math.Round(amount * 110)) }

// approval is a request to a human.
type approval struct {
	record
	kind, status string
	job          *job
	proposal     *proposal // of a hire
	contract     *contract
	milestone    *milestone
	terms        terms // of a hire
	cost, reads  int   // cost is in cents
	resolved     time.Time
	ids, result  object // ids are those of what it is about
}

// ask is a request for an approval. While the same request is pending, it returns the same approval. A request with other terms
// replaces the one before, which expires.
func (s *Sandbox) ask(c *call, a approval) *reply {
	b, now := c.account.books, s.cfg.Now()
	same := slices.IndexFunc(b.approvals, func(other *approval) bool {
		return other.status == pending && other.kind == a.kind && other.proposal == a.proposal && other.contract == a.contract &&
			other.milestone == a.milestone
	})
	if same >= 0 && b.approvals[same].terms == a.terms {
		return s.asked(b.approvals[same])
	}
	if !s.canPay(b, a.cost) {
		return conflict("payment_method_required", "Add a payment method or enough credits first.", "billingUrl", s.cfg.AppURL+"/billing")
	}
	if same >= 0 {
		s.resolve(b.approvals[same], expired, now)
	}
	a.record, a.status = s.newRecord(b, "approval", now), pending
	b.approvals, s.records[a.id] = append(b.approvals, &a), &a
	if a.milestone != nil {
		s.tell(b, now, "payment.pending", a.invoice(), a.job.id,
			object{"invoiceId": a.invoice(), "milestoneId": a.milestone.id, "contractId": a.contract.id})
	}
	s.later(now.Add(approvalLifetime), func(at time.Time) { s.resolve(&a, expired, at) })
	return s.asked(&a)
}

// canPay reports whether the account can pay for something. That credits pay if they cover it is our assumption.
func (s *Sandbox) canPay(b *books, cost int) bool {
	return cost == 0 || !s.cfg.NoPaymentMethod || b.available() >= cost
}

func (a *approval) invoice() string { return "invoice_" + a.id }

func (s *Sandbox) asked(a *approval) *reply {
	return &reply{status: http.StatusAccepted, body: object{"approval": s.showApproval(a),
		"message": "A human must confirm this at approvalUrl. Nothing happens before."}}
}

func (s *Sandbox) showApproval(a *approval) object {
	shown := object{"id": a.id, "type": a.kind, "status": a.status, "contractId": nil, "milestoneId": nil, "jobId": a.job.id, "proposalId": nil,
		"approvalUrl": s.cfg.AppURL + a.path(), "expiresAt": timestamp(a.created.Add(approvalLifetime)),
		"resolvedAt": timeOrNull(a.resolved), "result": a.result, "createdAt": timestamp(a.created)}
	maps.Copy(shown, a.ids)
	return shown
}

// getApproval is GET /approvals/{approvalId} (developers/api-reference/approvals/get).
func (s *Sandbox) getApproval(_ *call, a *approval) *reply {
	if a.reads++; s.cfg.DecideAfter > 0 && a.reads >= s.cfg.DecideAfter {
		s.resolve(a, map[bool]string{true: declined, false: confirmed}[s.cfg.Decline], s.cfg.Now())
	}
	return ok(object{"approval": s.showApproval(a)})
}

// resolve ends a pending approval, and does what a confirmed one asks for.
func (s *Sandbox) resolve(a *approval, status string, at time.Time) {
	if a.status != pending {
		return
	}
	if status == confirmed && !s.canPay(a.books, a.cost) {
		status = declined // other things were paid meanwhile
	}
	a.status, a.resolved = status, at
	s.tell(a.books, at, "approval.confirmed", a.id, a.job.id, object{"approvalId": a.id, "status": status})
	switch {
	case status != confirmed:
		return
	case a.kind == approvalHire:
		s.hireNow(a, at)
		a.ids["contractId"] = a.contract.id
		a.result = object{"hired": true, "contractId": a.contract.id, "jobId": a.job.id, "freelancerUserId": a.proposal.person.id}
	case a.kind == approvalFund:
		a.milestone.invoice = a.invoice()
		s.setMilestone(a.milestone, milestoneFunded, at)
		a.result = object{"invoiceId": a.invoice()}
		if s.cfg.Variant == Guide { // as in developers/concepts/human-approvals
			a.result["paymentIntentId"] = "payment_" + a.id
		}
	case a.kind == approvalApprove:
		s.setMilestone(a.milestone, milestonePaid, at)
		a.result = object{"invoiceId": a.invoice(), "payoutTransactionId": "payout_" + a.id}
	default:
		s.endNow(a.contract, at)
		a.result = object{"contractEnded": true}
	}
	if a.cost > 0 && a.books.available() >= a.cost {
		a.books.enter(s, "CAPTURE", -a.cost, at, a.ids)
	}
}

// pendingPayments is GET /payments/pending (developers/api-reference/payments/pending).
func (s *Sandbox) pendingPayments(c *call) *reply {
	payments := []object{}
	for i, a := range slices.Backward(c.account.books.approvals) {
		if a.status != pending || a.kind != approvalFund && a.kind != approvalApprove {
			continue
		}
		kind := map[string]string{approvalFund: "FUNDING", approvalApprove: "PAYOUT"}[a.kind]
		payments = append(payments, object{"id": a.invoice(), "status": "PENDING_" + kind, "invoiceKind": kind, "viewerRole": "EMPLOYER",
			"amountUsd": orNull(a.milestone.amount), "createdAt": timestamp(a.created), "invoiceNumber": 1001 + i,
			"job": object{"id": a.job.id, "title": a.job.title()}, "milestone": object{"id": a.milestone.id, "name": a.milestone.name}})
	}
	return ok(object{"payments": payments})
}

// page shows an approval to the human.
func (a *approval) page() page {
	t := a.terms
	if a.milestone != nil {
		t = a.milestone.terms
	}
	titles := map[string]string{approvalHire: "Hire an AI trainer", approvalFund: "Fund a milestone", approvalApprove: "Pay for a milestone",
		approvalEnd: "End a contract"}
	total := cmp.Or(map[string]string{pending: "You pay", confirmed: "You paid"}[a.status], "Cost")
	shown := page{Title: titles[a.kind], State: capitalize(a.status), About: a.id, Note: a.note(),
		Rows: [][2]string{{"Job", a.job.title()}, {"AI trainer", a.trainer().name + ", " + a.trainer().country.name}, {"Milestone", t.name},
			{"Description", t.description}, {"Due", t.due}, {"Amount", dollars(inCents(t.amount))},
			{"Fees", dollars(max(0, a.cost-inCents(t.amount)))}, {total, dollars(a.cost)}}}
	shown.Rows = slices.DeleteFunc(shown.Rows, func(row [2]string) bool { return row[1] == "" || row[1] == "$0" && row[0] != total })
	if a.status == pending {
		shown.About += " · expires " + a.created.Add(approvalLifetime).UTC().Format(minutes)
		shown.Actions = [][2]string{{confirmed, "Confirm"}, {declined, "Decline"}}
		if a.cost > 0 {
			shown.Actions[0][1] = "Confirm and pay " + dollars(a.cost)
		}
	}
	return shown
}

func (a *approval) path() string { return "/approvals/" + a.id }

// trainer is whom an approval is about.
func (a *approval) trainer() *person {
	if a.contract != nil {
		return a.contract.proposal.person
	}
	return a.proposal.person
}

// summary tells approvals apart.
func (a *approval) summary() string {
	about := a.trainer().name + " · " + a.job.title()
	if a.cost > 0 {
		about = dollars(a.cost) + " · " + about
	}
	return about
}

// note says where an approval stands, and what the human can do.
func (a *approval) note() string {
	at := a.resolved.UTC().Format(minutes)
	switch a.status {
	case pending:
		return "Your agent asks for this. Nothing happens until you confirm it."
	case confirmed:
		return "Confirmed on " + at + ". You can close this page and go back to your agent."
	case declined:
		return "Declined on " + at + ". Nothing has changed and nothing is charged. You can close this page."
	}
	return "This request closed on " + at + ". Nothing has changed and nothing is charged."
}

// entry is a change of the credits, as it is shown (developers/api-reference/credits/ledger). The sandbox holds and reserves nothing.
type entry struct {
	cents int
	shown object
}

// enter adds an entry. ids are those of what it is about.
func (b *books) enter(s *Sandbox, kind string, cents int, at time.Time, ids object) {
	shown := object{"id": s.newRecord(b, "entry", at).id, "type": kind, "amountCents": cents, "createdAt": timestamp(at), "holdEntryId": nil,
		"jobofferId": ids["proposalId"], "contractId": ids["contractId"], "milestoneId": ids["milestoneId"], "topUpId": ids["topUpId"], "note": nil}
	b.ledger = append(b.ledger, entry{cents, shown})
}

func (b *books) available() (cents int) {
	for _, e := range b.ledger {
		cents += e.cents
	}
	return cents
}

// credits is GET /credits (developers/api-reference/credits/balance).
func (s *Sandbox) credits(c *call) *reply {
	recent := newest(c.account.books.ledger, func(e entry) object { return e.shown })
	return ok(object{"credits": object{"availableCents": c.account.books.available(), "reservedCents": 0, "currency": "usd",
		"recentEntries": recent[:min(10, len(recent))]}})
}

// listLedger is GET /credits/ledger (developers/api-reference/credits/ledger).
func (s *Sandbox) listLedger(c *call) *reply {
	p := pager[entry]{name: "ledger", list: "entries", standard: 50, most: 100, show: func(e entry) object { return e.shown }}
	return p.page(c, c.account.books.ledger, func(entry) bool { return true })
}

// topUp is a purchase of credits.
type topUp struct {
	record
	cents, reads int
	status       string // PENDING, COMPLETED or EXPIRED
	completed    time.Time
}

// createTopUp is POST /credits/top-ups (developers/api-reference/credits/create-top-up).
func (s *Sandbox) createTopUp(c *call) *reply {
	key := "amountUsd"
	if len(c.body[key]) == 0 {
		key = "amount"
	}
	set, issues := s.read(c.body, nil, key+"#")
	amount, _ := set[key].(float64)
	if issues != nil || amount < 10 || amount > 10_000 {
		return badRequest("amountUsd must be from 10 to 10,000.", object{"field": "amountUsd"})
	}
	t := &topUp{record: s.newRecord(c.account.books, "topup", s.cfg.Now()), cents: inCents(amount), status: "PENDING"}
	s.records[t.id] = t
	s.later(t.expires(), func(time.Time) {
		if t.status == "PENDING" {
			t.status = "EXPIRED"
		}
	})
	return &reply{status: http.StatusCreated, body: object{"topUpId": t.id, "checkoutUrl": s.cfg.AppURL + "/checkout/" + t.id,
		"expiresAt": timestamp(t.expires()), "topUp": t.show(), "message": "A human must pay at checkoutUrl. Nothing is charged before."}}
}

func (t *topUp) expires() time.Time { return t.created.Add(24 * time.Hour) }

func (t *topUp) show() object {
	return object{"id": t.id, "status": t.status, "amountCents": t.cents, "createdAt": timestamp(t.created),
		"completedAt": timeOrNull(t.completed), "expiresAt": timestamp(t.expires())}
}

// getTopUp is GET /credits/top-ups/{topUpId} (developers/api-reference/credits/get-top-up).
func (s *Sandbox) getTopUp(_ *call, t *topUp) *reply {
	if t.reads++; s.cfg.DecideAfter > 0 && t.reads >= s.cfg.DecideAfter && !s.cfg.Decline {
		s.pay(t)
	}
	return ok(object{"topUp": t.show()})
}

func (s *Sandbox) pay(t *topUp) {
	if now := s.cfg.Now(); t.status == "PENDING" {
		t.status, t.completed = "COMPLETED", now
		t.books.enter(s, "TOP_UP", t.cents, now, object{"topUpId": t.id})
	}
}

func dollars(cents int) string { return "$" + inDigits(float64(cents)/100) }

// page shows the checkout of a top-up. The real one is Stripe's.
func (t *topUp) page() page {
	shown := page{Title: "Add credits", State: displayLabel(t.status), About: t.id,
		Rows: [][2]string{{"Account", t.books.name}, {"Credits now", dollars(t.books.available())}}}
	switch t.status {
	case "PENDING":
		shown.About += " · expires " + t.expires().UTC().Format(minutes)
		shown.Note = "Credits pay for hires and milestones. In the sandbox, nothing is charged."
		shown.Actions = [][2]string{{"pay", "Pay " + dollars(t.cents)}}
		shown.Rows = append(shown.Rows, [2]string{"Credits you buy", dollars(t.cents)}, [2]string{"You pay", dollars(t.cents)})
	case "COMPLETED":
		shown.Rows = append(shown.Rows, [2]string{"You paid", dollars(t.cents)})
		shown.Note = "Paid on " + t.completed.UTC().Format(minutes) + ". The credits are in your account. You can close this page."
	default:
		shown.Note = "This page has expired, so you can't pay here anymore. Ask your agent for a new one."
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
	case *topUp:
		if decision == "pay" {
			s.pay(found)
		}
		return found.page()
	}
	return page{Problem: fmt.Sprintf("There is nothing to decide with the id %q here. %s", id, forgets)}
}
