package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

const topUpLifetime = 24 * time.Hour

// entry is a change of the credits (developers/api-reference/credits/ledger).
type entry struct {
	record
	kind     string
	cents    int
	open     bool      // a hold that counts
	hold     *entry    // that this entry is about
	approval *approval // nil for a top-up
	topUp    *topUp
}

// enter adds an entry.
func (b *books) enter(s *Sandbox, e entry, at time.Time) *entry {
	e.record = s.newRecord(b, "entry", at)
	b.ledger = append(b.ledger, &e)
	return &e
}

func (b *books) available() (cents int) {
	for _, e := range b.ledger {
		cents += e.cents
	}
	return cents
}

func (e *entry) show() object {
	shown := object{"id": e.id, "type": e.kind, "amountCents": e.cents, "createdAt": timestamp(e.created), "holdEntryId": nil,
		"jobofferId": nil, "contractId": nil, "milestoneId": nil, "topUpId": nil, "note": nil}
	if e.hold != nil {
		shown["holdEntryId"] = e.hold.id
	}
	if e.topUp != nil {
		shown["topUpId"] = e.topUp.id
	}
	if a := e.approval; a != nil {
		if a.proposal != nil {
			shown["jobofferId"] = a.proposal.id
		}
		if a.contract != nil {
			shown["contractId"] = a.contract.id
		}
		if a.milestone != nil {
			shown["milestoneId"] = a.milestone.id
		}
	}
	return shown
}

// credits is GET /credits (developers/api-reference/credits/balance).
func (s *Sandbox) credits(c *call) *reply {
	b, reserved, recent := c.account.books, 0, []object{}
	for _, e := range slices.Backward(b.ledger) {
		if e.open {
			reserved -= e.cents
		}
		if len(recent) < 10 {
			recent = append(recent, e.show())
		}
	}
	return ok(object{"credits": object{"availableCents": b.available(), "reservedCents": reserved, "currency": "usd", "recentEntries": recent}})
}

// listLedger is GET /credits/ledger (developers/api-reference/credits/ledger).
func (s *Sandbox) listLedger(c *call) *reply {
	p := pager[*entry]{name: "ledger", list: "entries", standard: 50, most: 100, show: (*entry).show}
	return p.page(c, c.account.books.ledger, func(*entry) bool { return true })
}

// topUp is a purchase of credits.
type topUp struct {
	record
	cents     int
	status    string // PENDING, COMPLETED or EXPIRED
	completed time.Time
	reads     int
}

// createTopUp is POST /credits/top-ups (developers/api-reference/credits/create-top-up).
func (s *Sandbox) createTopUp(c *call) *reply {
	raw := c.body["amountUsd"]
	if len(raw) == 0 {
		raw = c.body["amount"]
	}
	set, issues := s.read(rawObject{"amountUsd": raw}, nil, param{key: "amountUsd", kind: "number"})
	amount, _ := set["amountUsd"].(float64)
	if issues != nil || amount < 10 || amount > 10_000 {
		return badRequest("amountUsd must be from 10 to 10,000.", object{"field": "amountUsd"})
	}
	if failure := s.charge(c.account.books); failure != nil {
		return failure
	}
	t := &topUp{record: s.newRecord(c.account.books, "topup", s.cfg.Now()), cents: cents(amount), status: "PENDING"}
	s.records[t.id] = t
	s.later(t.expires(), func(time.Time) {
		if t.status == "PENDING" {
			t.status = "EXPIRED"
		}
	})
	return &reply{status: http.StatusCreated, body: object{"topUpId": t.id, "checkoutUrl": s.cfg.AppURL + "/checkout/" + t.id,
		"expiresAt": timestamp(t.expires()), "topUp": t.show(), "message": "A human must pay at checkoutUrl. Nothing is charged before."}}
}

func (t *topUp) expires() time.Time { return t.created.Add(topUpLifetime) }

func (t *topUp) show() object {
	return object{"id": t.id, "status": t.status, "amountCents": t.cents, "createdAt": timestamp(t.created),
		"completedAt": timeOrNull(t.completed), "expiresAt": timestamp(t.expires())}
}

// getTopUp is GET /credits/top-ups/{topUpId} (developers/api-reference/credits/get-top-up).
func (s *Sandbox) getTopUp(_ *call, t *topUp) *reply {
	t.reads++
	if after := s.cfg.DecideAfter; after > 0 && t.reads >= after && !s.cfg.Decline {
		s.pay(t, s.cfg.Now())
	}
	return ok(object{"topUp": t.show()})
}

func (s *Sandbox) pay(t *topUp, at time.Time) {
	if t.status == "PENDING" {
		t.status, t.completed, t.updated = "COMPLETED", at, at
		t.books.enter(s, entry{kind: "TOP_UP", cents: t.cents, topUp: t}, at)
	}
}

// rawObject is a JSON object whose members aren't decoded.
type rawObject = map[string]json.RawMessage

// decodeObject decodes an object that is a part of a valid body.
func decodeObject(raw json.RawMessage) (members rawObject) {
	_ = json.Unmarshal(raw, &members)
	return members
}
