package sandbox_test

import (
	"strings"
	"testing"
	"time"

	"opentrain-mcp/opentrain/sandbox"
)

func TestEditLiveJob(t *testing.T) {
	bothVariants(t, func(t *testing.T, v sandbox.Variant) {
		now := newClock()
		a := newAPI(t, sandbox.Config{Variant: v, Now: now.Now})
		id := a.publishNew("Street photo boxes")
		now.add(time.Hour)
		got := a.want(200, "PATCH", "/jobs/"+id, object{"jobDescription": "Now with night-time driving.", "pricePerHour": 14})
		equal(t, "answer", got, object{"ok": true, "jobId": id, "status": "OPEN", "moderation": object{"decision": "ALLOW", "reasons": []any{}}})
		found := a.want(200, "GET", "/jobs?q=night-time+driving", nil)
		equal(t, "found", ids(found), []string{id})
		equal(t, "rate", dig(found, "jobs", 0, "pay", "hourlyRate"), 14)
		equal(t, "posted", dig(found, "jobs", 0, "datePosted"), "2026-06-10T09:00:00.000Z")
		equal(t, "updated", dig(found, "jobs", 0, "updatedAt"), "2026-06-10T10:00:00.000Z")
		equal(t, "mine", dig(a.want(200, "GET", "/jobs/mine", nil), "jobs", 0, "updatedAt"), "2026-06-10T10:00:00.000Z")
		a.want(200, "PATCH", "/jobs/"+id, object{"pricePerHour": nil})
		equal(t, "no rate", dig(a.want(200, "GET", "/jobs/"+id, nil), "pay", "hourlyRate"), nil)
	})
}

// TestEditLiveJobBlocked checks that a blocked edit is applied and turns the job back into a draft that can
// be published again.
func TestEditLiveJobBlocked(t *testing.T) {
	reasons := []string{"Contains the phrase that tests moderation."}
	bothVariants(t, func(t *testing.T, v sandbox.Variant) {
		a := newAPI(t, sandbox.Config{Variant: v})
		id := a.publishNew("Street photo boxes")
		edit := object{"jobTitle": "Scam test phrase"}
		if v == sandbox.Guide {
			equal(t, "answer", a.want(200, "PATCH", "/jobs/"+id, edit),
				object{"ok": true, "jobId": id, "status": "DRAFT", "moderation": object{"decision": "BLOCK", "reasons": reasons}})
		} else {
			blocked := a.want(409, "PATCH", "/jobs/"+id, edit)
			equal(t, "code", blocked["code"], "CONFLICT")
			equal(t, "details", blocked["details"], object{"jobId": id, "reason": "moderation_blocked", "reasons": reasons, "status": "DRAFT"})
		}
		equal(t, "found", len(ids(a.want(200, "GET", "/jobs?q=entry-level+street+photos", nil))), 0)
		resp, gone := a.do("GET", "/jobs/"+id, nil)
		equal(t, "status", resp.StatusCode, 404)
		equal(t, "public", gone, object{"id": id, "status": "closed"})
		mine := dig(a.want(200, "GET", "/jobs/mine", nil), "jobs", 0)
		equal(t, "status", dig(mine, "status"), "DRAFT")
		equal(t, "title", dig(mine, "title"), "Scam test phrase")
		draft := a.want(409, "PATCH", "/jobs/"+id, object{"headcount": 2})
		equal(t, "details", draft["details"], object{"jobId": id, "status": "DRAFT", "requiredStatus": "OPEN"})
		if !strings.Contains(str(draft["error"]), "PATCH /job-drafts/{jobId}") {
			t.Errorf("message: %v", draft["error"])
		}
		a.want(403, "POST", "/jobs/"+id+"/publish", nil)

		a.want(200, "PATCH", "/job-drafts/"+id, object{"jobTitle": "Street photo boxes"})
		equal(t, "again", a.want(200, "POST", "/jobs/"+id+"/publish", nil)["alreadyPublished"], false)
		equal(t, "found", ids(a.want(200, "GET", "/jobs?q=street+photo+boxes", nil)), []string{id})
		equal(t, "public", a.want(200, "GET", "/jobs/"+id, nil)["status"], "OPEN")
	})
}

func TestEditLiveJobRefusals(t *testing.T) {
	a := newAPI(t, sandbox.Config{Accounts: []sandbox.Account{writer("one"), writer("two")}})
	a.create(readyText)
	id := a.publishNew("Street photo boxes")
	before := a.want(200, "GET", "/jobs/"+id, nil)
	for _, body := range []any{nil, `{`, `{}`, `[1]`, `null`, object{"nope": 1, "jobTitle": "Changed"}, object{"headcount": 1.5, "jobTitle": "Changed"},
		object{"experienceLevel": "Intermediate"}, object{"languages": []any{nil}}, object{"jobTitle": ""}} {
		live, draft := a.want(400, "PATCH", "/jobs/"+id, body), a.want(400, "PATCH", "/job-drafts/job_1", body)
		equal(t, "as for a draft", live["details"], draft["details"])
		equal(t, "code", live["code"], "BAD_REQUEST")
	}
	got := a.want(400, "PATCH", "/jobs/"+id, object{"nope": 1})
	equal(t, "unknown key", dig(got, "details", "issues", 0, "code"), "unrecognized_keys")
	equal(t, "null in a list", dig(a.want(400, "PATCH", "/jobs/"+id, object{"languages": []any{nil}}), "details", "issues", 0, "received"), "null")
	a.want(404, "PATCH", "/jobs/none", object{"headcount": 1})
	a.want(404, "PATCH", "/jobs/market_001", object{"headcount": 1})
	a.as("two").want(404, "PATCH", "/jobs/"+id, object{"headcount": 1})
	equal(t, "the job", a.want(200, "GET", "/jobs/"+id, nil), before)
	for _, status := range []string{"ARCHIVED", "ONGOING", "COMPLETED", "PENDING_APPROVAL"} {
		a.box.SetStatus(id, status)
		got := a.want(409, "PATCH", "/jobs/"+id, object{"headcount": 1})
		equal(t, status, got["details"], object{"jobId": id, "status": status, "requiredStatus": "OPEN"})
		if strings.Contains(str(got["error"]), "job-drafts") {
			t.Errorf("%s: %v", status, got["error"])
		}
	}
}

func TestCloseJob(t *testing.T) {
	a := newAPI(t, sandbox.Config{Accounts: []sandbox.Account{writer("one"), writer("two")}})
	id := a.publishNew("Street photo boxes")
	path := "/jobs/" + id + "/close"
	a.as("two").want(404, "POST", path, nil)
	a.want(404, "POST", "/jobs/none/close", nil)
	a.want(404, "POST", "/jobs/market_001/close", nil)
	equal(t, "first", a.want(200, "POST", path, nil), object{"ok": true, "jobId": id, "status": "ARCHIVED", "alreadyClosed": false})
	equal(t, "again", a.want(200, "POST", path, nil), object{"ok": true, "jobId": id, "status": "ARCHIVED", "alreadyClosed": true})
	equal(t, "found", len(ids(a.want(200, "GET", "/jobs?q=street+photo+boxes", nil))), 0)
	resp, gone := a.do("GET", "/jobs/"+id, nil)
	equal(t, "status", resp.StatusCode, 404)
	equal(t, "public", gone, object{"id": id, "status": "closed"})
	mine := dig(a.want(200, "GET", "/jobs/mine?status=ARCHIVED", nil), "jobs", 0)
	equal(t, "applicants", []any{dig(mine, "published"), dig(mine, "acceptingApplicants")}, []bool{true, false})
	a.want(409, "POST", "/jobs/"+id+"/publish", nil)
	a.want(409, "PATCH", "/jobs/"+id, object{"headcount": 1})

	draft := str(a.create(readyText)["jobId"])
	equal(t, "a draft", a.want(200, "POST", "/jobs/"+draft+"/close", nil)["alreadyClosed"], false)
	a.want(404, "GET", "/jobs/"+draft, nil) // it was never public
}

func TestInvites(t *testing.T) {
	scopes := []string{"jobs:write", "proposals:write"}
	a := newAPI(t, sandbox.Config{AppURL: "https://app.test", Accounts: []sandbox.Account{
		{Token: "full", Scopes: scopes, Claimed: true}, {Token: "other", Scopes: scopes, Claimed: true},
		{Token: "unclaimed", Scopes: scopes}, writer("writer"),
		{Token: "off", Scopes: scopes, Claimed: true, Disabled: []string{"public_api_hiring"}},
	}})
	draft := str(a.create(readyText)["jobId"])
	id := a.publishNew("Street photo boxes")
	path, body := "/jobs/"+id+"/invites", object{"freelancerId": sandbox.FreelancerAvailable}
	first := a.want(201, "POST", path, body)
	equal(t, "first", first, object{"ok": true, "proposalId": first["proposalId"], "jobId": id,
		"freelancerId": sandbox.FreelancerAvailable, "alreadyInvited": false})
	again := a.want(200, "POST", path, body)
	equal(t, "again", []any{again["alreadyInvited"], again["proposalId"]}, []any{true, first["proposalId"]})
	second := a.want(201, "POST", path, object{"freelancerId": sandbox.FreelancerAlsoAvailable})
	if str(first["proposalId"]) == "" || second["proposalId"] == first["proposalId"] {
		t.Errorf("proposals %v and %v", first["proposalId"], second["proposalId"])
	}
	for freelancer, reason := range map[string]string{sandbox.FreelancerUnavailable: "freelancer_unavailable", sandbox.NotAFreelancer: "not_a_freelancer"} {
		got := a.want(409, "POST", path, object{"freelancerId": freelancer})
		equal(t, freelancer, []any{got["code"], dig(got, "details", "reason")}, []string{"CONFLICT", reason})
	}
	equal(t, "a draft", dig(a.want(409, "POST", "/jobs/"+draft+"/invites", body), "details", "reason"), "job_not_published")
	a.want(404, "POST", path, object{"freelancerId": "nobody"})
	a.want(404, "POST", "/jobs/none/invites", body)
	a.as("other").want(404, "POST", path, body)

	equal(t, "missing", a.want(400, "POST", path, `{}`)["details"], object{"issues": []object{
		{"code": "invalid_type", "expected": "string", "received": "undefined", "path": []string{"freelancerId"}, "message": "Required"}}})
	for raw, code := range map[string]string{`7`: "invalid_type", `null`: "invalid_type", `""`: "too_small", `" "`: "too_small"} {
		equal(t, raw, dig(a.want(400, "POST", path, `{"freelancerId":`+raw+`}`), "details", "issues", 0, "code"), code)
	}
	a.want(400, "POST", path, nil)

	equal(t, "unclaimed", a.as("unclaimed").want(403, "POST", path, body)["details"],
		object{"reason": "account_claim_required", "action": "invite AI trainers", "claimUrl": "https://app.test/claim"})
	equal(t, "scope", dig(a.as("writer").want(403, "POST", path, body), "details", "requiredScopes"), []string{"proposals:write"})
	equal(t, "feature", dig(a.as("off").want(403, "POST", path, body), "details", "featureKey"), "public_api_hiring")
}
