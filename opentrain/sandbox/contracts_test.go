package sandbox_test

import (
	"strings"
	"testing"
	"time"

	"opentrain-mcp/opentrain/sandbox"
)

// TestMilestones pays by the hour, label and in total.
func TestMilestones(t *testing.T) {
	for kind, rate := range map[string]string{"PAY_PER_HOUR": "pricePerHour", "PAY_PER_LABEL": "pricePerLabel", "FIXED_PRICE": "fixedPrice"} {
		l := newLive(t, sandbox.Config{}, object{"paymentType": kind, "pricePerHour": nil, rate: 10})
		id, first := l.hired()
		contract := obj(l.want(200, "GET", "/contracts/"+id, nil)["contract"])
		bid := num(contract["rateUsd"])
		equal(t, kind, contract["paymentType"], kind)
		made := object{"description": "More", "amountUsd": 10 * bid, "dueDate": "2026-08-01"}
		if kind != "FIXED_PRICE" {
			equal(t, "volume of the first", dig(contract, "milestones", 0, "volume"), 300/bid)
			made = object{"description": "More", "volume": 10}
			equal(t, "mismatch", l.field(id, object{"description": "x", "volume": 10, "amountUsd": 1}), "amountUsd")
			equal(t, "no volume", l.field(id, object{"description": "x", "amountUsd": 1}), "volume")
		} else {
			equal(t, "no amount", l.field(id, object{"description": "x"}), "amountUsd")
		}
		second := obj(l.want(201, "POST", "/contracts/"+id+"/milestones", made)["milestone"])
		equal(t, "amount", []any{second["amountUsd"], second["status"], second["invoiceId"], second["name"], second["milestoneNumber"]},
			[]any{10 * bid, "NOT_FUNDED", nil, "Milestone 2", 2})
		equal(t, "no text", l.field(id, object{"name": "x"}), "description")
		equal(t, "below zero", l.field(id, object{"description": "x", "amountUsd": -1}), "amountUsd")
		equal(t, "too much", l.field(id, object{"description": "x", "amountUsd": 1e7}), "amountUsd")
		equal(t, "no date", l.field(id, object{"description": "x", "dueDate": "soon"}), "dueDate")
		l.reason("milestone_not_fundable", "/milestones/"+first+"/fund")
		l.reason("milestone_not_funded", "/milestones/"+str(second["id"])+"/approve")
	}
}

// field is details.field of a milestone that is refused.
func (l live) field(contract string, milestone object) any {
	l.t.Helper()
	return dig(l.want(400, "POST", "/contracts/"+contract+"/milestones", milestone), "details", "field")
}

func (l live) reason(want, path string) {
	l.t.Helper()
	equal(l.t, path, dig(l.want(409, "POST", path, nil), "details", "reason"), want)
}

// TestMoney funds, pays and ends, and looks at everything on the way.
func TestMoney(t *testing.T) {
	bothVariants(t, func(t *testing.T, v sandbox.Variant) {
		l := newLive(t, sandbox.Config{Variant: v, AppURL: "http://127.0.0.1:8090"}, object{"paymentType": "FIXED_PRICE", "fixedPrice": 500, "pricePerHour": nil})
		id, first := l.hired()
		second := str(dig(l.want(201, "POST", "/contracts/"+id+"/milestones", object{"description": "More", "amountUsd": 100}), "milestone", "id"))

		fund := obj(l.want(202, "POST", "/milestones/"+second+"/fund", nil)["approval"])
		equal(t, "again", dig(l.want(202, "POST", "/milestones/"+second+"/fund", nil), "approval", "id"), fund["id"])
		equal(t, "ids", []any{fund["type"], fund["contractId"], fund["milestoneId"], fund["proposalId"]}, []any{"milestone_fund", id, second, nil})
		pending := obj(dig(l.want(200, "GET", "/payments/pending", nil), "payments", 0))
		equal(t, "pending", []any{pending["status"], pending["amountUsd"], dig(pending, "milestone", "id")}, []any{"PENDING_FUNDING", 100, second})
		equal(t, "waits", dig(l.want(200, "GET", "/contracts/"+id, nil), "contract", "milestones", 1, "pendingApproval"), true)
		l.says("http://127.0.0.1:8090/", "Waiting for you", "Fund a milestone")
		l.says(str(fund["approvalUrl"]), "Fund a milestone", "Confirm and pay $100")
		l.decide(fund["approvalUrl"], "confirmed")
		result := obj(dig(l.want(200, "GET", "/approvals/"+str(fund["id"]), nil), "approval", "result"))
		equal(t, "invoice", result["invoiceId"], pending["id"])
		equal(t, "payment of the guide", result["paymentIntentId"] != nil, v == sandbox.Guide)

		pay := obj(l.want(202, "POST", "/milestones/"+first+"/approve", nil)["approval"])
		equal(t, "payout", dig(l.want(200, "GET", "/payments/pending", nil), "payments", 0, "status"), "PENDING_PAYOUT")
		l.says(str(pay["approvalUrl"]), "Pay for a milestone", "You pay", "$0")
		l.decide(pay["approvalUrl"], "confirmed")
		equal(t, "nothing pending", l.want(200, "GET", "/payments/pending", nil)["payments"], []any{})
		equal(t, "paid", dig(l.want(200, "GET", "/contracts?status=active&jobId="+l.job, nil), "contracts", 0, "milestones", 0, "status"), "PAID")

		end := obj(l.want(202, "POST", "/contracts/"+id+"/end", nil)["approval"])
		waiting := obj(l.want(202, "POST", "/milestones/"+second+"/approve", nil)["approval"])
		l.decide(end["approvalUrl"], "confirmed")
		equal(t, "ended", dig(l.want(200, "GET", "/approvals/"+str(end["id"]), nil), "approval", "result", "contractEnded"), true)
		equal(t, "expires with it", dig(l.want(200, "GET", "/approvals/"+str(waiting["id"]), nil), "approval", "status"), "expired")
		contract := obj(dig(l.want(200, "GET", "/contracts?status=ended", nil), "contracts", 0))
		equal(t, "refunded ones are left out", len(list(contract["milestones"])), 1)
		equal(t, "end", contract["endDate"], contract["updatedAt"])
		equal(t, "none active", l.want(200, "GET", "/contracts?status=active", nil)["contracts"], []any{})
		for _, path := range []string{"/contracts/" + id + "/end", "/milestones/" + second + "/fund"} {
			l.reason("contract_ended", path)
		}
		got := l.want(409, "POST", "/contracts/"+id+"/milestones", object{"description": "x", "amountUsd": 1})
		equal(t, "reason", dig(got, "details", "reason"), "contract_ended")
	})
}

// TestEndWithoutMoney: no one is asked if nothing is funded.
func TestEndWithoutMoney(t *testing.T) {
	l := newLive(t, sandbox.Config{}, nil)
	id, first := l.hired()
	l.decide(dig(l.want(202, "POST", "/milestones/"+first+"/approve", nil), "approval", "approvalUrl"), "confirmed")
	equal(t, "ended", l.want(200, "POST", "/contracts/"+id+"/end", nil), object{"ok": true, "contractId": id, "status": "ended"})
}

// TestNoRate: a job whose rate was cleared before anyone applied.
func TestNoRate(t *testing.T) {
	clock := newClock()
	a := newAPI(t, sandbox.Config{Now: clock.Now})
	l := live{a, clock, a.publishNew("Boxes")}
	l.want(200, "PATCH", "/jobs/"+l.job, object{"pricePerHour": nil})
	clock.add(time.Minute)
	id, _ := l.hired()
	got := l.want(409, "POST", "/contracts/"+id+"/milestones", object{"description": "x", "volume": 1})
	equal(t, "reason", dig(got, "details", "reason"), "contract_rate_missing")
}

// TestCredits: without a payment method, only credits pay.
func TestCredits(t *testing.T) {
	l := newLive(t, sandbox.Config{NoPaymentMethod: true, AppURL: "http://127.0.0.1:8090"}, nil)
	equal(t, "empty", l.want(200, "GET", "/credits", nil)["credits"],
		object{"availableCents": 0, "reservedCents": 0, "currency": "usd", "recentEntries": []any{}})
	refused := l.want(409, "POST", "/proposals/"+l.proposal(1)+"/hire", object{"milestone": object{"name": "x", "amount": 300}})
	equal(t, "details", refused["details"], object{"reason": "payment_method_required", "billingUrl": "http://127.0.0.1:8090/billing"})
	for _, body := range []object{{}, {"amountUsd": 9}, {"amountUsd": 10001}, {"amountUsd": "50"}, {"amount": 1}} {
		equal(t, "amount", l.want(400, "POST", "/credits/top-ups", body)["details"], object{"field": "amountUsd"})
	}
	made := l.want(201, "POST", "/credits/top-ups", object{"amountUsd": 400.25})
	equal(t, "top-up", []any{dig(made, "topUp", "status"), dig(made, "topUp", "amountCents"), made["checkoutUrl"], made["expiresAt"]},
		[]any{"PENDING", 40025, "http://127.0.0.1:8090/checkout/" + str(made["topUpId"]), "2026-06-11T09:00:10.000Z"})
	lapsed := str(l.want(201, "POST", "/credits/top-ups", object{"amount": 20})["topUpId"])
	l.says(str(made["checkoutUrl"]), "Add credits", "$400.25", "nothing is charged")
	l.says("http://127.0.0.1:8090/", "Waiting for you", "Add credits", "$400.25")
	for range 2 { // only the first time counts
		l.decide(made["checkoutUrl"], "pay")
	}
	equal(t, "paid", dig(l.want(200, "GET", "/credits/top-ups/"+str(made["topUpId"]), nil), "topUp", "completedAt"), "2026-06-10T09:00:10.000Z")
	first, second := l.ask(202, 1, 300), l.ask(202, 2, 300)
	l.decide(first["approvalUrl"], "confirmed")
	l.decide(second["approvalUrl"], "confirmed") // the credits don't cover both
	equal(t, "second", dig(l.want(200, "GET", "/approvals/"+str(second["id"]), nil), "approval", "status"), "declined")
	id := str(dig(l.want(200, "GET", "/approvals/"+str(first["id"]), nil), "approval", "result", "contractId"))
	equal(t, "left", dig(l.want(200, "GET", "/credits", nil), "credits", "availableCents"), 40025-33000-995)
	newest := l.want(200, "GET", "/credits/ledger?limit=1", nil)
	entry := obj(dig(newest, "entries", 0))
	equal(t, "entry", []any{entry["type"], entry["amountCents"], entry["jobofferId"], entry["contractId"], entry["topUpId"]},
		[]any{"CAPTURE", -33995, l.proposal(1), id, nil})
	older := l.want(200, "GET", "/credits/ledger?limit=1&cursor="+str(newest["nextCursor"]), nil)
	equal(t, "older", []any{dig(older, "entries", 0, "type"), dig(older, "entries", 0, "topUpId"), older["nextCursor"]}, []any{"TOP_UP", made["topUpId"], nil})
	more := obj(l.want(201, "POST", "/contracts/"+id+"/milestones", object{"description": "More", "volume": 2})["milestone"])
	l.decide(dig(l.want(202, "POST", "/milestones/"+str(more["id"])+"/fund", nil), "approval", "approvalUrl"), "confirmed")
	funded := dig(l.want(200, "GET", "/credits/ledger?limit=1", nil), "entries", 0)
	equal(t, "funded without fees", []any{dig(funded, "milestoneId"), dig(funded, "amountCents")}, []any{more["id"], -100 * num(more["amountUsd"])})
	for _, limit := range []string{"0", "101"} {
		equal(t, "limit", l.want(400, "GET", "/credits/ledger?limit="+limit, nil)["details"], object{"field": "limit"})
	}
	l.clock.add(24 * time.Hour)
	equal(t, "expired", dig(l.want(200, "GET", "/credits/top-ups/"+lapsed, nil), "topUp", "status"), "EXPIRED")
	l.decide("http://127.0.0.1:8090/checkout/"+lapsed, "pay")
	l.says("http://127.0.0.1:8090/checkout/"+lapsed, "Expired", "you can't pay here anymore")
	equal(t, "too late", dig(l.want(200, "GET", "/credits/top-ups/"+lapsed, nil), "topUp", "status"), "EXPIRED")
}

// TestDecisionsAreTheHumans: other sites can't decide, and pages show texts as texts.
func TestDecisionsAreTheHumans(t *testing.T) {
	const attack = `<script>alert(1)</script>`
	l := newLive(t, sandbox.Config{AppURL: "http://127.0.0.1:8090"}, object{"jobTitle": attack})
	body := object{"milestone": object{"name": attack, "description": attack, "amount": 300}}
	approval := obj(l.want(202, "POST", "/proposals/"+l.proposal(1)+"/hire", body)["approval"])
	address := str(approval["approvalUrl"])
	equal(t, "another site", l.submit(address, "confirmed", "https://evil.example"), 403)
	equal(t, "nonsense", l.submit(address, "yes", ""), 303)
	equal(t, "own site", l.submit(address, "", "http://127.0.0.1:8090"), 303)
	equal(t, "status", dig(l.want(200, "GET", "/approvals/"+str(approval["id"]), nil), "approval", "status"), "pending")
	resp, source, _ := l.fetch("GET", address)
	if strings.Contains(source, "<script") || !strings.Contains(resp.Header.Get("Content-Security-Policy"), "form-action 'self'") {
		t.Errorf("%s\n%v", source, resp.Header)
	}
	for method, want := range map[string]int{"HEAD": 200, "DELETE": 404} {
		resp, _, _ := l.fetch(method, address)
		equal(t, method, resp.StatusCode, want)
	}
	l.wantPage(404, "http://127.0.0.1:8090/approvals/none", "There is nothing to decide")
	l.wantPage(404, "http://127.0.0.1:8090/checkout/"+l.proposal(1), "There is nothing to decide")
}
