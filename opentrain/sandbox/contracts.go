package sandbox

import (
	"cmp"
	"fmt"
	"math"
	"net/http"
	"slices"
	"time"
)

// The statuses of a contract and of a milestone (developers/api-reference/contracts). No page names the last two.
const (
	contractActive, contractEnded       = "active", "ended"
	milestoneNotFunded, milestoneFunded = "NOT_FUNDED", "ACTIVE_FUNDED"
	milestonePaid, milestoneRefunded    = "PAID", "REFUNDED"
)

// contract is what a hire leads to.
type contract struct {
	record
	proposal   *proposal
	status     string
	ended      time.Time
	milestones []*milestone
}

type milestone struct {
	record
	contract *contract
	terms    // of its own
	status   string
	invoice  string
}

// hireNow makes the contract of a confirmed hire.
func (s *Sandbox) hireNow(a *approval, at time.Time) {
	p := a.proposal
	ct := &contract{record: s.newRecord(a.books, "contract", at), proposal: p, status: contractActive}
	ct.books.contracts, s.records[ct.id] = append(ct.books.contracts, ct), ct
	p.contract, p.status, p.updated, a.contract = ct, hired, at, ct
	if p.conversation == nil {
		s.openConversation(p, at)
	}
	s.tell(ct.books, at, "proposal.status_changed", p.id, p.job.id, object{"proposalId": p.id, "status": hired})
	s.tell(ct.books, at, "contract.created", ct.id, p.job.id, object{"contractId": ct.id, "jobId": p.job.id, "proposalId": p.id})
	a.milestone = s.addMilestone(ct, a.terms, at)
	a.terms, a.milestone.invoice = a.milestone.terms, a.invoice()
	s.setMilestone(a.milestone, milestoneFunded, at)
}

func (s *Sandbox) addMilestone(ct *contract, t terms, at time.Time) *milestone {
	t.name = cmp.Or(t.name, fmt.Sprintf("Milestone %d", len(ct.milestones)+1))
	m := &milestone{record: s.newRecord(ct.books, "milestone", at), contract: ct, terms: t, status: milestoneNotFunded}
	ct.milestones, ct.updated, s.records[m.id] = append(ct.milestones, m), at, m
	return m
}

func (s *Sandbox) setMilestone(m *milestone, status string, at time.Time) {
	m.status, m.updated, m.contract.updated = status, at, at
	s.tell(m.books, at, "milestone.status_changed", m.id, m.contract.proposal.job.id,
		object{"milestoneId": m.id, "contractId": m.contract.id, "status": status})
}

// listContracts is GET /contracts (developers/api-reference/contracts/list).
func (s *Sandbox) listContracts(c *call) *reply {
	query := c.URL.Query()
	status, jobID := query.Get("status"), query.Get("jobId")
	switch j := s.jobs[jobID]; {
	case status != "" && status != contractActive && status != contractEnded:
		return badRequest("status must be active or ended.", object{"field": "status"})
	case jobID != "" && j == nil:
		return refuse(http.StatusNotFound, "There is no such job.", object{"jobId": jobID})
	case jobID != "" && j.owner.books != c.account.books:
		return refuse(http.StatusForbidden, "This job belongs to another account.", object{"jobId": jobID})
	}
	return ok(object{"contracts": newest(c.account.books.contracts, func(ct *contract) object {
		if status != "" && status != ct.status || jobID != "" && jobID != ct.proposal.job.id {
			return nil
		}
		return ct.show()
	})})
}

func (ct *contract) show() object {
	p := ct.proposal
	milestones, volume, total := []object{}, 0.0, p.bid
	for _, m := range ct.milestones {
		if m.status != milestoneRefunded {
			milestones = append(milestones, m.show())
			volume += m.volume
		}
	}
	if p.unit != fixedPrice {
		total = float64(inCents(volume*p.bid)) / 100
	}
	return object{"id": ct.id, "status": ct.status, "title": p.job.title(), "jobId": p.job.id, "proposalId": p.id,
		"paymentType": orNull(p.unit), "rateUsd": orNull(p.bid), "estimatedTotalUsd": orNull(total), "estimatedVolume": orNull(volume),
		"hasActiveMilestone": len(ct.funded()) > 0, "startDate": timestamp(ct.created), "endDate": timeOrNull(ct.ended),
		"createdAt": timestamp(ct.created), "updatedAt": timestamp(ct.updated), "milestones": milestones,
		"freelancer": object{"userId": p.person.id, "displayName": p.person.name, "country": p.person.country.name,
			"profilePath": "/profile/" + p.person.slug}}
}

// funded are the milestones that are funded and not paid yet.
func (ct *contract) funded() []*milestone {
	return slices.DeleteFunc(slices.Clone(ct.milestones), func(m *milestone) bool { return m.status != milestoneFunded })
}

func (m *milestone) show() object {
	waits := slices.ContainsFunc(m.books.approvals, func(a *approval) bool { return a.status == pending && a.milestone == m })
	return object{"id": m.id, "name": m.name, "description": m.description, "status": m.status, "amountUsd": orNull(m.amount),
		"volume": orNull(m.volume), "milestoneNumber": 1 + slices.Index(m.contract.milestones, m), "dueDate": orNull(m.due),
		"pendingApproval": waits, "needsReview": false, "invoiceId": orNull(m.invoice), "createdAt": timestamp(m.created)}
}

// getContract is GET /contracts/{contractId} (developers/api-reference/contracts/get). No one works in the sandbox, so nothing of
// a budget is ever used.
func (s *Sandbox) getContract(_ *call, ct *contract) *reply {
	shown, amount, volume, active := ct.show(), 0.0, 0.0, object(nil)
	for _, m := range ct.funded() {
		amount, volume, active = amount+m.amount, volume+m.volume, m.show() // the page shows fewer members
	}
	shown["jobDmConversationId"] = ct.proposal.conversation.id
	shown["budget"] = object{"contractId": ct.id, "paymentType": orNull(ct.proposal.unit), "state": "OK", "fundedVolume": volume,
		"fundedAmountUsd": amount, "consumed": object{"seconds": 0, "hours": 0, "labels": 0, "tasks": 0}, "consumedVolume": 0,
		"remainingVolume": volume, "consumedFraction": 0, "activeMilestone": active, "lastUsageAt": nil}
	return ok(object{"contract": shown})
}

// createMilestone is POST /contracts/{contractId}/milestones (developers/api-reference/contracts/create-milestone).
func (s *Sandbox) createMilestone(c *call, ct *contract) *reply {
	t, issues := s.readTerms(c.body, nil, "amountUsd")
	p := ct.proposal
	wrong := func(field, message string) *reply { return badRequest(message, object{"field": field}) }
	switch fixed := p.unit == fixedPrice; {
	case ct.status == contractEnded:
		return conflict("contract_ended", "This contract has ended.", "contractId", ct.id)
	case issues != nil:
		path, _ := issues[0]["path"].([]any)
		return wrong(fmt.Sprint(path[len(path)-1]), fmt.Sprint(issues[0]["message"]))
	case t.description == "":
		return wrong("description", "description is required.")
	case fixed && t.amount == 0:
		return wrong("amountUsd", "amountUsd is required for a fixed price.")
	case !fixed && t.volume == 0:
		return wrong("volume", "volume is required for pay by the hour or label.")
	case !fixed && p.bid == 0:
		return conflict("contract_rate_missing", "This contract has no rate.", "contractId", ct.id)
	case !fixed && t.amount == 0:
		t.amount = float64(inCents(t.volume*p.bid)) / 100
	case !fixed && math.Abs(t.amount-t.volume*p.bid) > 0.01:
		return wrong("amountUsd", "amountUsd must equal the rate times volume.")
	}
	return &reply{status: http.StatusCreated, body: object{"milestone": s.addMilestone(ct, t, s.cfg.Now()).show()}}
}

// fundMilestone is POST /milestones/{milestoneId}/fund (developers/api-reference/milestones/fund). It costs no fee: the pages name fees
// only for a hire.
func (s *Sandbox) fundMilestone(c *call, m *milestone) *reply {
	switch {
	case m.contract.status == contractEnded:
		return conflict("contract_ended", "This contract has ended.", "milestoneId", m.id)
	case m.status != milestoneNotFunded:
		return conflict("milestone_not_fundable", "This milestone can't be funded: it is "+m.status+".", "milestoneId", m.id)
	}
	return s.askAbout(c, approvalFund, m, inCents(m.amount))
}

// approveMilestone is POST /milestones/{milestoneId}/approve (developers/api-reference/milestones/approve).
func (s *Sandbox) approveMilestone(c *call, m *milestone) *reply {
	if m.status != milestoneFunded {
		return conflict("milestone_not_funded", "This milestone isn't funded: it is "+m.status+".", "milestoneId", m.id)
	}
	return s.askAbout(c, approvalApprove, m, 0)
}

func (s *Sandbox) askAbout(c *call, kind string, m *milestone, cost int) *reply {
	return s.ask(c, &approval{kind: kind, proposal: m.contract.proposal, contract: m.contract, milestone: m, terms: m.terms, cost: cost,
		ids: object{"contractId": m.contract.id, "milestoneId": m.id}})
}

// endContract is POST /contracts/{contractId}/end (developers/api-reference/contracts/end).
func (s *Sandbox) endContract(c *call, ct *contract) *reply {
	switch {
	case ct.status == contractEnded:
		return conflict("contract_ended", "This contract has ended.", "contractId", ct.id)
	case len(ct.funded()) > 0:
		return s.ask(c, &approval{kind: approvalEnd, proposal: ct.proposal, contract: ct, ids: object{"contractId": ct.id}})
	}
	s.endNow(ct, s.cfg.Now())
	return ok(object{"ok": true, "contractId": ct.id, "status": contractEnded})
}

// endNow ends a contract. Funded milestones are refunded and no longer shown; what waits for a human expires.
func (s *Sandbox) endNow(ct *contract, at time.Time) {
	ct.status, ct.ended, ct.updated = contractEnded, at, at
	for _, a := range ct.books.approvals {
		if a.contract == ct {
			s.resolve(a, expired, at)
		}
	}
	for _, m := range ct.funded() {
		s.setMilestone(m, milestoneRefunded, at)
	}
}
