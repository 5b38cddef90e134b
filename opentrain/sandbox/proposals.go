package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// The statuses of a proposal (developers/api-reference/jobs/list-proposals).
const (
	unreviewed = "UNREVIEWED"
	hired      = "HIRED"
)

// proposal is an application to a job.
type proposal struct {
	record
	job          *job
	person       *person
	status       string
	bid          float64 // 0 for none
	unit         string  // the payment type of the job
	interviewed  bool
	conversation *conversation
	contract     *contract
}

// listProposals is GET /jobs/{id}/proposals (developers/api-reference/jobs/list-proposals). A cursor is the id of a proposal.
func (s *Sandbox) listProposals(c *call) *reply {
	statuses := []string{unreviewed, "SHORTLISTED", "MAYBE", hired, "DECLINED", "NOT_A_FIT", "RESUME_SENT"}
	status := strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToUpper(c.URL.Query().Get("status")))
	if status != "" && !slices.Contains(statuses, status) {
		return badRequest(fmt.Sprintf("status %q is unknown.", status), object{"supportedStatuses": statuses})
	}
	p := pager[*proposal]{list: "proposals", standard: 25, most: 100, show: s.listed, id: func(p *proposal) string { return p.id }}
	return p.page(c, c.job.proposals, func(p *proposal) bool { return status == "" || p.status == status })
}

// listed is a proposal in a list, in the form of developers/guides/evaluate-candidates or of the reference.
func (s *Sandbox) listed(p *proposal) object {
	who, guide := p.person, s.cfg.Variant == Guide
	unit := map[string]string{payPerHour: "PER_HOUR", payPerLabel: "PER_LABEL", fixedPrice: "FIXED_PRICE"}[p.unit]
	candidate := object{"id": who.id, "profileSlug": who.slug, "displayName": who.name, "firstName": who.First,
		"lastNameInitial": who.Initial, "profileTitle": who.title, "profilePhotoUrl": nil, "countryCode": who.country.code,
		"country": who.country.name, "talentType": "FREELANCER", "highestEarningsUsd": who.Earned, "reviewCount": who.Reviews}
	metrics := object{"interviewScore": s.score(p), "matchScore": float64(who.Match) / 100}
	if guide {
		unit = strings.ToLower(unit)
		candidate["lastNameInitial"], candidate["talentType"] = who.Initial+".", "Individual"
		delete(candidate, "countryCode")
		metrics["matchScore"] = who.Match
	}
	return object{"id": p.id, "jobId": p.job.id, "jobTitle": p.job.title(), "createdAt": timestamp(p.created),
		"updatedAt": timestamp(p.updated), "status": object{"raw": p.status, "label": displayLabel(p.status)},
		"bid":       object{"amountUsd": orNull(p.bid), "unit": textOrNull(unit), "labelerHourlyRateUsd": nil},
		"candidate": candidate, "metrics": metrics}
}

// score is that of the interview: up to 10 in the guide, up to 100 in the reference.
func (s *Sandbox) score(p *proposal) any {
	switch {
	case !p.interviewed:
		return nil
	case s.cfg.Variant == Guide:
		return float64(p.person.Score) / 10
	}
	return p.person.Score
}

// getProposal is GET /proposals/{proposalId} (developers/api-reference/proposals/get).
func (s *Sandbox) getProposal(_ *call, p *proposal) *reply {
	shown := s.listed(p)
	shown["aiInterview"], shown["openLabel"], shown["contract"] = nil, nil, nil
	if p.interviewed {
		shown["aiInterview"] = object{"score": s.score(p), "summary": p.person.Summary, "transcriptAvailable": true}
	}
	shown["verification"] = object{"location": object{"status": "PASSED", "method": "GPS", "checkedAt": timestamp(p.created)},
		"identity": object{"verified": p.person.Verified}}
	if p.contract != nil {
		shown["contract"] = s.showContract(p.contract)
	}
	return ok(object{"proposal": shown})
}

// interview is GET /proposals/{proposalId}/interview (developers/api-reference/proposals/interview).
func (s *Sandbox) interview(_ *call, p *proposal) *reply {
	if !p.interviewed {
		return refuse(http.StatusNotFound, "There is no interview for this proposal.", object{"proposalId": p.id})
	}
	years := map[bool]string{true: "a year", false: fmt.Sprintf("%d years", p.person.Years)}[p.person.Years == 1]
	fill := strings.NewReplacer("{work}", p.person.work, "{years}", years, "{languages}", strings.Join(p.person.languages, ", "))
	messages, id := []object{}, "interview_"+p.id
	for i, line := range theCast().Interview {
		sent := p.created.Add(time.Duration(i-len(theCast().Interview)) * time.Minute)
		messages = append(messages, object{"id": fmt.Sprintf("%s_%d", id, i+1), "role": line[0], "content": fill.Replace(line[1]),
			"sentAt": timestamp(sent)})
	}
	return ok(object{"interview": object{"proposalId": p.id, "interviewId": id, "score": s.score(p), "summary": p.person.Summary,
		"messages": messages}})
}

// terms are those of a milestone. The amount is in US dollars, the volume in hours or labels.
type terms struct {
	name, description, due string
	amount, volume         float64
}

// readTerms reads a milestone in which the amount has this name. The limit of an amount is our assumption.
func (s *Sandbox) readTerms(body rawObject, path []any, amount string) (t terms, issues []object) {
	set, issues := s.read(body, path, "name?", "description?", "dueDate?", amount+"#?", "volume#?")
	t = terms{name: set.text("name"), description: set.text("description"), due: set.text("dueDate")}
	t.amount, _ = set[amount].(float64)
	t.volume, _ = set["volume"].(float64)
	if _, valid := readTime(t.due); t.due != "" && !valid {
		issues = append(issues, custom("dueDate must be a date such as 2026-07-01.").at(append(path, "dueDate")...)...)
	}
	if t.amount > 1_000_000 {
		issues = append(issues, custom("%s must be at most 1,000,000.", amount).at(append(path, amount)...)...)
	}
	return t, issues
}

// hire is POST /proposals/{proposalId}/hire (developers/api-reference/proposals/hire). That a second hire is a conflict is our
// assumption.
func (s *Sandbox) hire(c *call, p *proposal) *reply {
	var milestone rawObject
	if raw := c.body["milestone"]; json.Unmarshal(raw, &milestone) != nil || milestone == nil {
		return invalid(wrongType("object", raw).at("milestone"))
	}
	t, issues := s.readTerms(milestone, []any{"milestone"}, "amount")
	switch {
	case issues != nil:
	case t.amount == 0:
		issues = wrongType("number", nil).at("milestone", "amount")
	case t.name == "" && t.description == "":
		issues = custom("A milestone needs a name or a description.").at("milestone", "name")
	}
	switch {
	case issues != nil:
		return invalid(issues)
	case p.contract != nil:
		return conflict("proposal_already_hired", "This candidate is hired.", "contractId", p.contract.id)
	case p.bid > 0 && p.unit != fixedPrice:
		t.volume = t.amount / p.bid
	}
	return s.ask(c, approval{kind: approvalHire, job: p.job, proposal: p, terms: t, cost: withFee(t.amount) + initiationFee})
}
