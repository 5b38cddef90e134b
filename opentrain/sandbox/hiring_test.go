package sandbox_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"opentrain-mcp/opentrain/sandbox"
)

// live is a sandbox with a job that three AI trainers have applied to.
type live struct {
	api
	clock *clock
	job   string
}

func newLive(t *testing.T, cfg sandbox.Config, fields object) live {
	t.Helper()
	clock := newClock()
	cfg.Now = clock.Now
	l := live{newAPI(t, cfg), clock, ""}
	l.job = str(l.create(readyText)["jobId"])
	if fields != nil {
		l.want(200, "PATCH", "/job-drafts/"+l.job, fields)
	}
	l.want(200, "POST", "/jobs/"+l.job+"/publish", nil)
	clock.add(10 * time.Second)
	return l
}

func (l live) proposal(n int) string { return "proposal_" + l.job + "_" + string(rune('0'+n)) }

// ask requests a hire for an amount.
func (l live) ask(status, n int, amount any) object {
	l.t.Helper()
	body := object{"milestone": object{"name": "Pilot", "description": "First batch", "amount": amount, "dueDate": "2026-07-01"}}
	return obj(l.want(status, "POST", "/proposals/"+l.proposal(n)+"/hire", body)["approval"])
}

// decide sends the form of a page.
func (l live) decide(address any, decision string) {
	l.t.Helper()
	if status := l.submit(str(address), decision, ""); status != 303 {
		l.t.Fatalf("%v: %d", address, status)
	}
}

// hired is a contract of the first applicant with a funded milestone of $300.
func (l live) hired() (contract, milestone string) {
	l.t.Helper()
	approval := l.ask(202, 1, 300)
	l.decide(approval["approvalUrl"], "confirmed")
	done := obj(l.want(200, "GET", "/approvals/"+str(approval["id"]), nil)["approval"])
	contract = str(dig(done, "result", "contractId"))
	return contract, str(dig(l.want(200, "GET", "/contracts/"+contract, nil), "contract", "milestones", 0, "id"))
}

func TestApplicants(t *testing.T) {
	bothVariants(t, func(t *testing.T, v sandbox.Variant) {
		clock := newClock()
		a := newAPI(t, sandbox.Config{Variant: v, Now: clock.Now})
		id := str(a.create(readyText)["jobId"])
		a.want(200, "PATCH", "/job-drafts/"+id, object{"languages": []string{"Spanish"}, "countries": []string{"Kenya", "ES"}, "pricePerHour": 20})
		a.want(200, "POST", "/jobs/"+id+"/publish", nil)
		for n := range 4 { // one every three seconds
			page := a.want(200, "GET", "/jobs/"+id+"/proposals", nil)
			equal(t, "proposals", len(list(page["proposals"])), n)
			equal(t, "counts", dig(a.want(200, "GET", "/jobs/mine", nil), "jobs", 0, "proposalCounts"), object{"total": n, "unreviewed": n})
			clock.add(3 * time.Second)
		}
		names := map[string]bool{}
		for i, p := range list(a.want(200, "GET", "/jobs/"+id+"/proposals", nil)["proposals"]) {
			equal(t, "job", dig(p, "jobId"), id)
			equal(t, "newest first", dig(p, "id"), "proposal_"+id+"_"+string(rune('3'-i)))
			country, bid := str(dig(p, "candidate", "country")), num(dig(p, "bid", "amountUsd"))
			if country != "Kenya" && country != "Spain" || bid > 20 || bid < 10 {
				t.Errorf("%s, %v", country, bid)
			}
			profile := dig(a.want(200, "GET", "/freelancers/"+str(dig(p, "candidate", "id")), nil), "freelancer")
			equal(t, "by slug", dig(a.want(200, "GET", "/freelancers/"+str(dig(p, "candidate", "profileSlug")), nil), "freelancer"), profile)
			equal(t, "country of the profile", dig(profile, "country"), country)
			equal(t, "language", dig(profile, "languages", 0, "language"), "Spanish")
			equal(t, "rate", dig(profile, "hourlyRateUsd"), bid)
			equal(t, "work", dig(profile, "skills", "labelTypes"), []string{"BOUNDING_BOX"})
			names[str(dig(p, "candidate", "displayName"))] = true
			guide := v == sandbox.Guide
			equal(t, "country code", dig(p, "candidate", "countryCode") == nil, guide)
			equal(t, "initial", strings.HasSuffix(str(dig(p, "candidate", "lastNameInitial")), "."), guide)
			equal(t, "unit", dig(p, "bid", "unit"), map[bool]string{true: "per_hour", false: "PER_HOUR"}[guide])
			equal(t, "interview up to 10", num(dig(p, "metrics", "interviewScore")) <= 10, guide)
			equal(t, "match up to 1", num(dig(p, "metrics", "matchScore")) <= 1, !guide)
		}
		equal(t, "names", len(names), 3)
	})
}

// TestApplicantsOfOddJobs: whatever a job leaves open, who applies has it.
func TestApplicantsOfOddJobs(t *testing.T) {
	for name, fields := range map[string]object{
		"experts":      {"experienceLevel": "EXPERT"},
		"nothing said": {"experienceLevel": "ANY_EXPERIENCE_LEVEL", "countries": nil, "languages": nil},
		"tiny rate":    {"paymentType": "PAY_PER_LABEL", "pricePerLabel": 0.00001, "pricePerHour": nil},
		"fixed price":  {"paymentType": "FIXED_PRICE", "fixedPrice": 1, "pricePerHour": nil, "labelingSoftware": "CVAT"},
	} {
		l := newLive(t, sandbox.Config{Variant: sandbox.Reference}, fields)
		for _, p := range list(l.want(200, "GET", "/jobs/"+l.job+"/proposals", nil)["proposals"]) {
			if bid, _ := dig(p, "bid", "amountUsd").(float64); bid <= 0 || bid > 12 || name == "tiny rate" && bid != 0.00001 {
				t.Errorf("%s: a bid of %v", name, bid)
			}
			profile := dig(l.want(200, "GET", "/freelancers/"+str(dig(p, "candidate", "id")), nil), "freelancer")
			if name == "experts" && str(dig(profile, "memberSince")) > "2022-12" {
				t.Errorf("an expert since %v", dig(profile, "memberSince"))
			}
			if dig(profile, "countryCode") == "" || dig(profile, "languages", 0, "language") == "" || dig(profile, "expertiseLevel") == "ANY_EXPERIENCE_LEVEL" {
				t.Errorf("%s: %v", name, profile)
			}
		}
	}
}

// TestNobodyAppliesTwice: a job that was blocked and published again, closed ones and other people's.
func TestNobodyAppliesTwice(t *testing.T) {
	l := newLive(t, sandbox.Config{}, nil)
	l.want(200, "PATCH", "/jobs/"+l.job, object{"jobTitle": "Scam test phrase"})
	l.want(200, "PATCH", "/job-drafts/"+l.job, object{"jobTitle": "Boxes"})
	l.want(200, "POST", "/jobs/"+l.job+"/publish", nil)
	closed := l.publishNew("Closed at once")
	l.want(200, "POST", "/jobs/"+closed+"/close", nil)
	l.clock.add(time.Hour)
	equal(t, "applicants", len(list(l.want(200, "GET", "/jobs/"+l.job+"/proposals", nil)["proposals"])), 3)
	equal(t, "of a closed job", l.want(200, "GET", "/jobs/"+closed+"/proposals", nil)["proposals"], []any{})
	history := newAPI(t, sandbox.Config{History: true, Now: l.clock.Now})
	job := str(dig(history.want(200, "GET", "/jobs/mine?status=OPEN", nil), "jobs", 0, "id"))
	equal(t, "of the history", len(list(history.want(200, "GET", "/jobs/"+job+"/proposals", nil)["proposals"])), 3)
}

func TestProposalPages(t *testing.T) {
	l := newLive(t, sandbox.Config{}, nil)
	path := "/jobs/" + l.job + "/proposals?limit=2"
	first := l.want(200, "GET", path, nil)
	equal(t, "cursor", first["nextCursor"], l.proposal(2)) // an id
	rest := l.want(200, "GET", path+"&cursor="+l.proposal(2), nil)
	equal(t, "rest", dig(rest, "proposals", 0, "id"), l.proposal(1))
	equal(t, "end", rest["nextCursor"], nil)
	for _, query := range []string{"limit=0", "limit=101", "limit=x", "cursor=proposal_x"} {
		l.want(400, "GET", "/jobs/"+l.job+"/proposals?"+query, nil)
	}
	got := l.want(400, "GET", "/jobs/"+l.job+"/proposals?status=great", nil)
	equal(t, "statuses", len(list(dig(got, "details", "supportedStatuses"))), 7)
	equal(t, "spelling", l.want(200, "GET", "/jobs/"+l.job+"/proposals?status=not-a%20fit", nil)["proposals"], []any{})
	equal(t, "filter", len(list(l.want(200, "GET", "/jobs/"+l.job+"/proposals?status=unreviewed", nil)["proposals"])), 3)
}

func TestInterviews(t *testing.T) {
	bothVariants(t, func(t *testing.T, v sandbox.Variant) {
		l := newLive(t, sandbox.Config{Variant: v}, nil)
		proposal := obj(l.want(200, "GET", "/proposals/"+l.proposal(1), nil)["proposal"])
		got := obj(l.want(200, "GET", "/proposals/"+l.proposal(1)+"/interview", nil)["interview"])
		equal(t, "score", got["score"], dig(proposal, "aiInterview", "score"))
		equal(t, "available", dig(proposal, "aiInterview", "transcriptAvailable"), true)
		equal(t, "location", dig(proposal, "verification", "location", "status"), "PASSED")
		equal(t, "role", dig(got, "messages", 0, "role"), "interviewer")
		for _, m := range list(got["messages"]) {
			if strings.ContainsAny(str(dig(m, "content")), "{}") || str(dig(m, "sentAt")) >= str(proposal["createdAt"]) {
				t.Error(m)
			}
		}
		// Who is invited has a proposal at once, and applies later, without an interview.
		invited := l.want(201, "POST", "/jobs/"+l.job+"/invites", object{"freelancerId": sandbox.FreelancerAvailable})
		now := obj(l.want(200, "GET", "/proposals/"+str(invited["proposalId"]), nil)["proposal"])
		equal(t, "at once", []any{dig(now, "status", "raw"), dig(now, "bid", "amountUsd")}, []any{"INVITED", nil})
		equal(t, "listed", dig(l.want(200, "GET", "/jobs/"+l.job+"/proposals", nil), "proposals", 0, "id"), invited["proposalId"])
		l.clock.add(3 * time.Second)
		later := obj(l.want(200, "GET", "/proposals/"+str(invited["proposalId"]), nil)["proposal"])
		equal(t, "applied", []any{dig(later, "status", "raw"), dig(later, "bid", "amountUsd") != nil}, []any{"UNREVIEWED", true})
		equal(t, "person", dig(later, "candidate", "id"), sandbox.FreelancerAvailable)
		equal(t, "interview", later["aiInterview"], nil)
		equal(t, "score", dig(later, "metrics", "interviewScore"), nil)
		none := l.want(404, "GET", "/proposals/"+str(invited["proposalId"])+"/interview", nil)
		equal(t, "details", none["details"], object{"proposalId": invited["proposalId"]})
		again := l.want(200, "POST", "/jobs/"+l.job+"/invites", object{"freelancerId": dig(proposal, "candidate", "id")})
		equal(t, "applied already", again["proposalId"], l.proposal(1))
		l.want(200, "GET", "/freelancers/"+sandbox.FreelancerUnavailable, nil)
		// An invitation takes a user id. Only a profile is found by its slug too.
		slug := str(dig(l.want(200, "GET", "/freelancers/"+sandbox.FreelancerAlsoAvailable, nil), "freelancer", "profileSlug"))
		l.want(200, "GET", "/freelancers/"+slug, nil)
		for _, one := range []string{slug, str(dig(proposal, "candidate", "profileSlug"))} {
			l.want(404, "POST", "/jobs/"+l.job+"/invites", object{"freelancerId": one})
		}
	})
}

func TestHire(t *testing.T) {
	bothVariants(t, func(t *testing.T, v sandbox.Variant) {
		l := newLive(t, sandbox.Config{Variant: v, AppURL: "http://127.0.0.1:8090"}, nil)
		first := l.ask(202, 1, 300)
		equal(t, "approval", object{"type": first["type"], "status": first["status"], "result": first["result"], "url": first["approvalUrl"],
			"contractId": first["contractId"], "proposalId": first["proposalId"], "expires": first["expiresAt"]},
			object{"type": "proposal_hire", "status": "pending", "result": nil, "url": "http://127.0.0.1:8090/approvals/" + str(first["id"]),
				"contractId": nil, "proposalId": l.proposal(1), "expires": "2026-06-13T09:00:10.000Z"})
		equal(t, "same terms", l.ask(202, 1, 300)["id"], first["id"])
		second := l.ask(202, 1, 300.5)
		equal(t, "superseded", dig(l.want(200, "GET", "/approvals/"+str(first["id"]), nil), "approval", "status"), "expired")
		equal(t, "nothing yet", l.want(200, "GET", "/contracts", nil)["contracts"], []any{})
		l.says(str(second["approvalUrl"]), "Hire an AI trainer", "Pending", "Pilot", "$300.50", "Fees", "$40", "You pay", "$340.50", "Confirm", "Decline")
		l.decide(second["approvalUrl"], "confirmed")
		l.decide(second["approvalUrl"], "declined") // too late
		done := obj(l.want(200, "GET", "/approvals/"+str(second["id"]), nil)["approval"])
		equal(t, "status", done["status"], "confirmed")
		equal(t, "hired", dig(done, "result", "hired"), true)
		contract := obj(l.want(200, "GET", "/contracts/"+str(dig(done, "result", "contractId")), nil)["contract"])
		equal(t, "milestone", dig(contract, "milestones", 0, "status"), "ACTIVE_FUNDED")
		equal(t, "budget", dig(contract, "budget", "state"), "OK")
		equal(t, "funded", dig(contract, "budget", "fundedAmountUsd"), 300.5)
		proposal := dig(l.want(200, "GET", "/proposals/"+l.proposal(1), nil), "proposal")
		equal(t, "proposal", dig(proposal, "status", "raw"), "HIRED")
		equal(t, "its contract", dig(proposal, "contract", "id"), contract["id"])
		equal(t, "counts", dig(l.want(200, "GET", "/jobs/mine", nil), "jobs", 0, "proposalCounts"), object{"total": 3, "unreviewed": 2})
		equal(t, "conversation", dig(l.want(200, "GET", "/messages?filter=job", nil), "conversations", 0, "id"), contract["jobDmConversationId"])
		again := l.want(409, "POST", "/proposals/"+l.proposal(1)+"/hire", object{"milestone": object{"name": "x", "amount": 1}})
		equal(t, "reason", dig(again, "details", "reason"), "proposal_already_hired")
		l.says(str(second["approvalUrl"]), "Confirmed")
		declined := l.ask(202, 2, 50)
		l.decide(declined["approvalUrl"], "declined")
		equal(t, "declined", dig(l.want(200, "GET", "/approvals/"+str(declined["id"]), nil), "approval", "status"), "declined")
		lapsed := l.ask(202, 3, 50)
		l.clock.add(72 * time.Hour)
		got := obj(l.want(200, "GET", "/approvals/"+str(lapsed["id"]), nil)["approval"])
		equal(t, "expired", []any{got["status"], got["resolvedAt"]}, []any{"expired", lapsed["expiresAt"]})
		l.says(str(lapsed["approvalUrl"]), "Expired", "closed on June 13, 2026", "Cost", "nothing is charged")
	})
}

// TestDecidedBySwitch: a human seems to decide after some reads.
func TestDecidedBySwitch(t *testing.T) {
	for _, decline := range []bool{false, true} {
		l := newLive(t, sandbox.Config{DecideAfter: 2, Decline: decline}, nil)
		id := str(l.ask(202, 1, 300)["id"])
		topUp := str(l.want(201, "POST", "/credits/top-ups", object{"amount": 10})["topUpId"])
		for n, want := range []string{"pending", map[bool]string{true: "declined", false: "confirmed"}[decline]} {
			equal(t, "status", dig(l.want(200, "GET", "/approvals/"+id, nil), "approval", "status"), want)
			paid := map[bool]string{true: "COMPLETED", false: "PENDING"}[n == 1 && !decline]
			equal(t, "top-up", dig(l.want(200, "GET", "/credits/top-ups/"+topUp, nil), "topUp", "status"), paid)
		}
	}
}

// submit sends a page's form from a site, "" for its own.
func (a api) submit(address, decision, origin string) int {
	a.t.Helper()
	req, _ := http.NewRequest(http.MethodPost, address, strings.NewReader(url.Values{"decision": {decision}}.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if origin != "" {
		req.Header.Set("Origin", origin)
	}
	resp, err := a.box.Transport().RoundTrip(req)
	if err != nil {
		a.t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// says checks the words of a page where a human decides.
func (a api) says(address string, words ...string) {
	a.t.Helper()
	resp, _, text := a.fetch("GET", address)
	equal(a.t, address, resp.StatusCode, 200)
	for _, word := range append(words, "Nothing here is real") {
		if !strings.Contains(text, word) {
			a.t.Errorf("%s doesn't say %q: %s", address, word, text)
		}
	}
}
