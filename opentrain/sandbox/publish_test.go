package sandbox_test

import (
	"fmt"
	"testing"
	"time"

	"opentrain-mcp/opentrain/sandbox"
)

func TestPublish(t *testing.T) {
	a := newAPI(t, sandbox.Config{AppURL: "https://app.test/"})
	a.create(readyText)
	got := a.want(200, "POST", "/jobs/job_1/publish", nil)
	equal(t, "answer", got, object{
		"ok": true, "jobId": "job_1", "status": "OPEN", "alreadyPublished": false, "jobUrl": "https://app.test/jobs/job_1",
		"publishAttemptId": got["publishAttemptId"], "warnings": []any{}, "sideEffects": object{"dispatched": true, "status": "queued"},
	})
	if str(got["publishAttemptId"]) == "" {
		t.Error("no publishAttemptId")
	}
	got = a.want(200, "POST", "/jobs/job_1/publish", nil)
	equal(t, "again", got["alreadyPublished"], true)
	equal(t, "attempt", got["publishAttemptId"], nil)
	equal(t, "listed", len(ids(a.want(200, "GET", "/jobs?q=street+photos+entry-level", nil))), 1)
}

func TestPublishNotReady(t *testing.T) {
	bothVariants(t, func(t *testing.T, v sandbox.Variant) {
		a := newAPI(t, sandbox.Config{Variant: v})
		a.create(guideText)
		got := a.want(400, "POST", "/jobs/job_1/publish", nil)
		equal(t, "code", got["code"], "BAD_REQUEST")
		equal(t, "count", dig(got, "details", "validation", "missingFieldCount"), 2)
		if v == sandbox.Guide {
			equal(t, "names", dig(got, "details", "validation", "missingFields"), []string{"experienceLevel", "dataVolumeUnit"})
			equal(t, "gap", dig(got, "details", "missingFields", 1, "code"), "MISSING_DATA_VOLUME_UNIT")
		} else {
			equal(t, "gap", dig(got, "details", "validation", "missingFields", 1, "field"), "dataVolumeUnit")
			equal(t, "no second list", dig(got, "details", "missingFields"), nil)
		}
		equal(t, "status", dig(a.want(200, "GET", "/jobs/mine", nil), "jobs", 0, "status"), "DRAFT")
	})
}

func TestPublishModeration(t *testing.T) {
	a := newAPI(t, sandbox.Config{})
	for i, text := range []string{
		"please send us your email password first", "we need your bank login", "a crypto giveaway for all", "guaranteed income",
		"you pay a small registration fee", "scam test phrase",
	} {
		id := str(a.create(readyText + " " + text)["jobId"])
		got := a.want(403, "POST", "/jobs/"+id+"/publish", nil)
		equal(t, text, dig(got, "details", "reason"), "moderation_blocked")
		equal(t, text, len(list(dig(got, "details", "reasons"))), 1)
		a.want(200, "PATCH", "/job-drafts/"+id, object{"jobDescription": "Nothing to object to.", "jobTitle": fmt.Sprint("Job ", i)})
		a.want(200, "POST", "/jobs/"+id+"/publish", nil)
	}
	id := str(a.create(readyText)["jobId"])
	a.want(200, "PATCH", "/job-drafts/"+id, object{"jobTitle": "Crypto giveaway"})
	a.want(403, "POST", "/jobs/"+id+"/publish", nil)
}

func TestPublishStates(t *testing.T) {
	a := newAPI(t, sandbox.Config{Accounts: []sandbox.Account{writer("one"), writer("two")}})
	a.create(readyText)
	a.want(404, "POST", "/jobs/job_2/publish", nil)
	a.want(404, "POST", "/jobs/market_001/publish", nil)
	a.as("two").want(404, "POST", "/jobs/job_1/publish", nil)
	for _, status := range []string{"ARCHIVED", "ONGOING", "COMPLETED", "PENDING_APPROVAL"} {
		a.box.SetStatus("job_1", status)
		got := a.want(409, "POST", "/jobs/job_1/publish", nil)
		equal(t, status, got["details"], object{"jobId": "job_1", "status": status, "requiredStatus": "DRAFT"})
	}
}

func TestPublishLimit(t *testing.T) {
	for limit, claimed := range map[int]bool{20: true, 3: false} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			now := newClock()
			account := writer("one")
			account.Claimed = claimed
			a := newAPI(t, sandbox.Config{Now: now.Now, Accounts: []sandbox.Account{account}})
			first := a.publishNew("first")
			now.add(time.Hour)
			for i := range limit - 1 {
				a.publishNew(fmt.Sprint("job ", i))
			}
			id := str(a.create(readyText)["jobId"])
			got := a.want(429, "POST", "/jobs/"+id+"/publish", nil)
			equal(t, "code", got["code"], "RATE_LIMITED")
			equal(t, "details", got["details"], object{"limit": limit, "windowHours": 24})
			a.want(200, "POST", "/jobs/"+first+"/publish", nil) // already open: does not count
			now.add(23 * time.Hour)                             // the first one leaves the window
			a.want(200, "POST", "/jobs/"+id+"/publish", nil)
			id = str(a.create(readyText)["jobId"])
			a.want(429, "POST", "/jobs/"+id+"/publish", nil)
		})
	}
}
