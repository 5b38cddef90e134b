package sandbox_test

import (
	"testing"
	"time"

	"opentrain-mcp/opentrain/sandbox"
)

func TestEditLiveJob(t *testing.T) {
	bothVariants(t, func(t *testing.T, v sandbox.Variant) {
		a := newAPI(t, sandbox.Config{Variant: v})
		id := a.publishNew("Street photo boxes")
		got := a.want(200, "PATCH", "/jobs/"+id, object{"jobDescription": "Now with night-time driving.", "pricePerHour": 14})
		equal(t, "decision", dig(got, "moderation", "decision"), "ALLOW")
		found := a.want(200, "GET", "/jobs?q=night-time+driving", nil)
		equal(t, "found", ids(found), []string{id})
		equal(t, "rate", dig(found, "jobs", 0, "pay", "hourlyRate"), 14.0)

		refused := a.want(400, "PATCH", "/jobs/"+id, object{"nope": 1})
		equal(t, "unknown key", dig(refused, "details", "issues", 0, "code"), "unrecognized_keys")

		status := 200
		if v == sandbox.Reference {
			status = 409
		}
		blocked := a.want(status, "PATCH", "/jobs/"+id, object{"jobDescription": "scam test phrase"})
		if v == sandbox.Reference {
			equal(t, "reason", dig(blocked, "details", "reason"), "moderation_blocked")
			equal(t, "status", dig(blocked, "details", "status"), "DRAFT")
		} else {
			equal(t, "decision", dig(blocked, "moderation", "decision"), "BLOCK")
			equal(t, "status", blocked["status"], "DRAFT")
		}
		// The edit was applied, and the job is a draft again, out of the marketplace.
		equal(t, "found", len(ids(a.want(200, "GET", "/jobs?q=street+photo+boxes", nil))), 0)
		equal(t, "mine", dig(a.want(200, "GET", "/jobs/mine", nil), "jobs", 0, "status"), "DRAFT")
		again := a.want(409, "PATCH", "/jobs/"+id, object{"headcount": 2})
		equal(t, "required", dig(again, "details", "requiredStatus"), "OPEN")

		a.want(200, "PATCH", "/job-drafts/"+id, object{"jobDescription": "Fine again."})
		a.want(200, "POST", "/jobs/"+id+"/publish", nil)
		equal(t, "found", ids(a.want(200, "GET", "/jobs?q=street+photo+boxes", nil)), []string{id})
	})
}

func TestCloseJob(t *testing.T) {
	a := newAPI(t, sandbox.Config{})
	id := a.publishNew("Street photo boxes")
	first := a.want(200, "POST", "/jobs/"+id+"/close", nil)
	equal(t, "status", first["status"], "ARCHIVED")
	equal(t, "already", first["alreadyClosed"], false)
	equal(t, "already", a.want(200, "POST", "/jobs/"+id+"/close", nil)["alreadyClosed"], true)
	equal(t, "found", len(ids(a.want(200, "GET", "/jobs?q=street+photo+boxes", nil))), 0)
	a.want(404, "POST", "/jobs/market_001/close", nil)
	a.want(409, "POST", "/jobs/"+id+"/publish", nil)
}

func TestInvites(t *testing.T) {
	poor := sandbox.Account{Token: "poor", Name: "Poor", Scopes: []string{"jobs:write", "proposals:write"}}
	rich := sandbox.Account{Token: "rich", Name: "Rich", Scopes: []string{"jobs:write", "proposals:write"}, Claimed: true}
	a := newAPI(t, sandbox.Config{Accounts: []sandbox.Account{rich, poor, writer("writer")}})
	draft := str(a.create(readyText)["jobId"])
	id := a.publishNew("Street photo boxes")
	path := "/jobs/" + id + "/invites"
	equal(t, "new", a.want(201, "POST", path, object{"freelancerId": sandbox.FreelancerAvailable})["alreadyInvited"], false)
	equal(t, "again", a.want(200, "POST", path, object{"freelancerId": sandbox.FreelancerAvailable})["alreadyInvited"], true)
	for freelancer, reason := range map[string]string{sandbox.FreelancerUnavailable: "freelancer_unavailable", sandbox.NotAFreelancer: "not_a_freelancer"} {
		equal(t, freelancer, dig(a.want(409, "POST", path, object{"freelancerId": freelancer}), "details", "reason"), reason)
	}
	equal(t, "draft", dig(a.want(409, "POST", "/jobs/"+draft+"/invites", object{"freelancerId": sandbox.FreelancerAvailable}), "details", "reason"), "job_not_published")
	a.want(404, "POST", path, object{"freelancerId": "nobody"})
	a.want(404, "POST", "/jobs/none/invites", object{"freelancerId": sandbox.FreelancerAvailable})
	for _, body := range []object{{}, {"freelancerId": 7}, {"freelancerId": " "}} {
		equal(t, "path", dig(a.want(400, "POST", path, body), "details", "issues", 0, "path", 0), "freelancerId")
	}
	claim := a.as("poor").want(403, "POST", path, object{"freelancerId": sandbox.FreelancerAvailable})
	equal(t, "reason", dig(claim, "details", "reason"), "account_claim_required")
	equal(t, "claim", dig(claim, "details", "claimUrl"), "https://app.opentrain.ai/claim")
	scope := a.as("writer").want(403, "POST", path, object{"freelancerId": sandbox.FreelancerAvailable})
	equal(t, "scope", dig(scope, "details", "requiredScopes", 0), "proposals:write")
}

func TestFacetsAndChanges(t *testing.T) {
	clock := newClock()
	a := newAPI(t, sandbox.Config{Now: clock.Now})
	before, _ := dig(a.want(200, "GET", "/jobs/facets", nil), "totalJobs").(float64)
	clock.add(time.Hour)
	since := clock.Now().UTC().Format(time.RFC3339)
	kept := a.publishNew("Kept open")
	gone := a.publishNew("Soon closed")
	clock.add(time.Minute)
	a.want(200, "PATCH", "/jobs/"+kept, object{"headcount": 3})
	clock.add(time.Minute)
	a.want(200, "POST", "/jobs/"+gone+"/close", nil)

	facets := a.want(200, "GET", "/jobs/facets", nil)
	equal(t, "total", facets["totalJobs"], before+1)
	for _, name := range []string{"categories", "languages", "countries", "payTypes"} {
		last := 1e9
		for _, entry := range list(facets[name]) {
			n, _ := dig(entry, "count").(float64)
			if n < 1 || n > last || str(dig(entry, "value")) == "" {
				t.Errorf("%s: %v", name, facets[name])
			}
			last = n
		}
	}
	changes := list(a.want(200, "GET", "/jobs/changes?since="+since, nil)["changes"])
	if len(changes) != 2 {
		t.Fatalf("got %v", changes)
	}
	equal(t, "first", []any{dig(changes[0], "jobId"), dig(changes[0], "eventType")}, []any{kept, "UPDATED"})
	equal(t, "second", []any{dig(changes[1], "jobId"), dig(changes[1], "eventType")}, []any{gone, "CLOSED"})
	clock.add(time.Minute)
	later := clock.Now().UTC().Format(time.RFC3339)
	equal(t, "later", len(list(a.want(200, "GET", "/jobs/changes?since="+later, nil)["changes"])), 0)
	a.want(400, "GET", "/jobs/changes", nil)
	a.want(400, "GET", "/jobs/changes?since=yesterday", nil)
}
