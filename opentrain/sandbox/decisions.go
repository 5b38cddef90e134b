package sandbox

import (
	"fmt"
	"math"
	"net/http"
)

// decisionPage is the page of an approval or a top-up, where a human decides. As the other pages, it needs no login; it does nothing
// for a page of another site.
func (s *Sandbox) decisionPage(w http.ResponseWriter, r *http.Request) {
	decision := ""
	switch r.Method {
	case http.MethodGet, http.MethodHead:
	case http.MethodPost:
		if http.NewCrossOriginProtection().Check(r) != nil {
			refuse(http.StatusForbidden, "This page doesn't answer pages of other sites.", nil).write(w)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxAgentBody)
		decision = r.PostFormValue("decision")
	default:
		s.answer(r, nil).write(w)
		return
	}
	s.decide(r.PathValue("id"), decision).write(w, "'self'")
}

// decide returns the page of an approval or a top-up, after what the human decided.
func (s *Sandbox) decide(id, decision string) page {
	s.lock()
	defer s.mu.Unlock()
	switch found := s.records[id].(type) {
	case *approval:
		if decision == confirmed || decision == declined {
			s.resolve(found, decision, s.cfg.Now())
		}
		return found.page()
	case *topUp:
		if decision == "pay" {
			s.pay(found, s.cfg.Now())
		}
		return found.page()
	}
	return page{Problem: fmt.Sprintf("There is nothing to decide with the id %q here. The sandbox forgets everything when it stops.", id)}
}

func cents(amount float64) int { return int(math.Round(amount * 100)) }

func dollars(cents int) string { return "$" + inDigits(float64(cents)/100) }

func (a *approval) title() string {
	return map[string]string{approvalHire: "Hire an AI trainer", approvalFund: "Fund a milestone", approvalApprove: "Pay for a milestone",
		approvalEnd: "End a contract"}[a.kind]
}

// page shows an approval to the human.
func (a *approval) page() page {
	p := a.proposal
	if p == nil {
		p = a.contract.proposal
	}
	shown := page{Title: a.title(), State: capitalize(a.status), About: a.id + " · expires " + a.created.Add(approvalLifetime).UTC().Format(minutes),
		Rows: [][2]string{{"Job", a.job.title()}, {"AI trainer", p.person.name() + ", " + p.person.country.name}}}
	row := func(label, text string) {
		if text != "" {
			shown.Rows = append(shown.Rows, [2]string{label, text})
		}
	}
	t := a.terms
	if a.milestone != nil {
		t = a.milestone.terms
	}
	row("Milestone", t.name)
	row("Description", t.description)
	row("Due", t.due)
	if t.amount > 0 {
		row("Amount", "$"+inDigits(t.amount))
	}
	switch a.kind {
	case approvalHire:
		row("Marketplace fee (10%)", dollars(charged(t.amount)-cents(t.amount)))
		row("Contract initiation fee", dollars(initiationFee))
	case approvalFund:
		row("Marketplace fee (10%)", dollars(charged(t.amount)-cents(t.amount)))
	case approvalEnd:
		row("Funded milestones", "They are refunded.")
	}
	if a.cost > 0 {
		row("You pay", dollars(a.cost)+map[bool]string{true: " from your credits", false: " with your payment method"}[a.hold != nil])
	}
	if a.status == pending {
		shown.Actions = [][2]string{{confirmed, "Confirm"}, {declined, "Decline"}}
	}
	return shown
}

// page shows the checkout of a top-up. The real one is Stripe's.
func (t *topUp) page() page {
	shown := page{Title: "Add credits", State: displayLabel(t.status), About: t.id + " · expires " + t.expires().UTC().Format(minutes),
		Rows: [][2]string{{"You pay", dollars(t.cents)}}}
	if t.status == "PENDING" {
		shown.Actions = [][2]string{{"pay", fmt.Sprintf("Pay %s (nothing is charged)", dollars(t.cents))}}
	}
	return shown
}
