package sandbox

import (
	"fmt"
	"net/http"
	"time"
)

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
	shown := page{Title: "Add credits", State: displayLabel(t.status), Rows: [][2]string{{"You pay", dollars(t.cents)}},
		About: t.id + " · expires " + t.expires().UTC().Format(minutes)}
	if t.status == "PENDING" {
		shown.Actions = [][2]string{{"pay", "Pay " + dollars(t.cents) + " (nothing is charged)"}}
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
