package sandbox_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"opentrain-mcp/opentrain/sandbox"
)

func TestSearchNeedsNoToken(t *testing.T) {
	for _, token := range []string{"", "ot_pat_wrong"} {
		a := newAPI(t, sandbox.Config{}).as(token)
		resp, got := a.do("GET", "/jobs", nil)
		equal(t, "status", resp.StatusCode, 200)
		equal(t, "page size", len(ids(got)), 20)
		equal(t, "cache", resp.Header.Get("Cache-Control"), "public, s-maxage=300, stale-while-revalidate=3600")
		equal(t, "cors", resp.Header.Get("Access-Control-Allow-Origin"), "*")
	}
}

func TestSearchFilters(t *testing.T) {
	a := newAPI(t, sandbox.Config{})
	all := len(ids(a.want(200, "GET", "/jobs?limit=50", nil)))
	if all < 35 || all > 50 {
		t.Fatalf("%d seeded jobs", all)
	}
	each := func(query string, ok func(job any) bool) {
		t.Helper()
		jobs := list(a.want(200, "GET", "/jobs?limit=50&"+query, nil)["jobs"])
		if len(jobs) == 0 || len(jobs) == all {
			t.Errorf("%s finds %d of %d", query, len(jobs), all)
		}
		for _, j := range jobs {
			if !ok(j) {
				t.Errorf("%s finds %v", query, j)
			}
		}
	}
	has := func(key, value string) func(any) bool {
		return func(j any) bool { return slices.Contains(list(dig(j, key)), any(value)) }
	}
	for _, payType := range []string{"PAY_PER_HOUR", "FIXED_PRICE", "PAY_PER_LABEL"} {
		each("payType="+payType, func(j any) bool { return dig(j, "pay", "paymentType") == payType })
	}
	each("language=spanish", has("languages", "Spanish"))
	each("country=ke", has("countries", "KE"))
	each("category=audio+annotation", func(j any) bool { return dig(j, "category") == "Audio Annotation" })
	each("q=Bounding+BOXES", func(j any) bool {
		return strings.Contains(strings.ToLower(str(dig(j, "title"))+str(dig(j, "descriptionText"))), "bounding boxes")
	})
	each("q=transcription&language=German", has("labelTypes", "Transcription"))
	equal(t, "no such job", a.want(200, "GET", "/jobs?q=zeppelin", nil)["jobs"], []any{})
}

func TestSearchRefusals(t *testing.T) {
	a := newAPI(t, sandbox.Config{})
	for _, query := range []string{"payType=HOURLY", "payType=pay_per_hour", "country=Kenya", "limit=0", "limit=-1", "limit=51", "limit=x", "limit=",
		"cursor=!!", "cursor=" + url.QueryEscape("bWluZTo1"), "cursor=am9iczp4", "cursor=am9iczow"} {
		equal(t, query, a.want(400, "GET", "/jobs?"+query, nil)["code"], "BAD_REQUEST")
	}
	reference := newAPI(t, sandbox.Config{Variant: sandbox.Reference})
	reference.want(200, "GET", "/jobs?limit=100", nil)
	reference.want(400, "GET", "/jobs?limit=101", nil)
}

func TestSearchCursorIsStable(t *testing.T) {
	a := newAPI(t, sandbox.Config{Now: newClock().Now})
	before := ids(a.want(200, "GET", "/jobs?limit=50", nil))
	var seen []string
	cursor := ""
	for page := 0; ; page++ {
		got := a.want(200, "GET", "/jobs?limit=7"+cursor, nil)
		seen = append(seen, ids(got)...)
		a.publishNew("published between two pages")
		if got["nextCursor"] == nil {
			break
		}
		cursor = "&cursor=" + url.QueryEscape(str(got["nextCursor"]))
	}
	equal(t, "all pages", seen, before)
	equal(t, "the newest", dig(a.want(200, "GET", "/jobs?limit=1", nil), "jobs", 0, "title"), "published between two pages")
	dates := []string{}
	for _, j := range list(a.want(200, "GET", "/jobs?limit=50", nil)["jobs"]) {
		dates = append(dates, str(dig(j, "datePosted")))
	}
	slices.Reverse(dates)
	if !slices.IsSorted(dates) {
		t.Errorf("not newest first: %v", dates)
	}
}

func TestSearchExactLastPage(t *testing.T) {
	a := newAPI(t, sandbox.Config{})
	got := a.want(200, "GET", "/jobs?q=sentiment", nil)
	n := len(ids(got))
	equal(t, "cursor after the last job", got["nextCursor"], nil)
	got = a.want(200, "GET", "/jobs?q=sentiment&limit="+string(rune('0'+n)), nil)
	equal(t, "cursor after a full last page", got["nextCursor"], nil)
}

func TestPublishedJobInSearch(t *testing.T) {
	a := newAPI(t, sandbox.Config{Now: newClock().Now, Accounts: []sandbox.Account{{Token: "one", Name: "Acme & Co", Scopes: []string{"jobs:write"}}}})
	a.create("Entry-level annotators in Kenya and the UK to draw bounding boxes on 50 photos for $5 per hour.\n\nEnglish required <b>now</b>.")
	a.want(200, "PATCH", "/job-drafts/job_1", object{"jobTitle": "Über boxes: Ünïque!", "labelingSoftware": "CVAT"})
	a.want(200, "POST", "/jobs/job_1/publish", nil)
	got := dig(a.want(200, "GET", "/jobs?q=cvat", nil), "jobs", 0)
	equal(t, "software is not searched", got, nil)
	got = dig(a.want(200, "GET", "/jobs?q=unique%21", nil), "jobs", 0)
	equal(t, "folding is not searched", got, nil)
	got = dig(a.want(200, "GET", "/jobs?country=GB&q=english", nil), "jobs", 0)
	text := "Entry-level annotators in Kenya and the UK to draw bounding boxes on 50 photos for $5 per hour.\n\nEnglish required <b>now</b>."
	equal(t, "job", got, object{
		"id": "job_1", "slug": "ber-boxes-n-que", "title": "Über boxes: Ünïque!", "companyName": "Acme & Co", "descriptionText": text,
		"descriptionHtml": "<p>Entry-level annotators in Kenya and the UK to draw bounding boxes on 50 photos for $5 per hour.</p><p>English required &lt;b&gt;now&lt;/b&gt;.</p>",
		"seoTitle":        nil, "summary": nil, "status": "OPEN", "datePosted": "2026-06-10T09:00:00.000Z", "validThrough": "2026-08-05T09:00:00.000Z",
		"updatedAt": "2026-06-10T09:00:00.000Z", "employmentTypes": []string{"CONTRACTOR"}, "countries": []string{"KE", "GB"}, "languages": []string{"English"},
		"category": "Image Annotation", "dataType": "Image", "labelTypes": []string{"Bounding Box"}, "labelingSoftware": "CVAT", "experienceLevel": "Entry Level",
		"skills": []string{"Bounding Box"},
		"pay":    object{"paymentType": "PAY_PER_HOUR", "currency": "USD", "hourlyRate": 5, "hourlyMin": nil, "hourlyMax": nil, "fixedPrice": nil, "perLabelRate": nil},
		"url":    "https://app.opentrain.ai/jobs/ber-boxes-n-que-job_1", "applyUrl": "https://app.opentrain.ai/api/out?job=job_1&src=www_seo",
	})
}

func TestListOwnJobs(t *testing.T) {
	now := newClock()
	a := newAPI(t, sandbox.Config{Now: now.Now, Accounts: []sandbox.Account{writer("one"), writer("two")}})
	equal(t, "no jobs", a.want(200, "GET", "/jobs/mine", nil), object{"jobs": []any{}, "nextCursor": nil})
	a.publishNew("Open job")
	a.as("two").create(readyText)
	for range 4 {
		a.create(readyText)
	}
	page := a.want(200, "GET", "/jobs/mine?limit=3", nil)
	equal(t, "first page", ids(page), []string{"job_6", "job_5", "job_4"})
	a.create(readyText)
	rest := a.want(200, "GET", "/jobs/mine?limit=3&cursor="+str(page["nextCursor"]), nil)
	equal(t, "second page", ids(rest), []string{"job_3", "job_1"})
	equal(t, "end", rest["nextCursor"], nil)
	equal(t, "open jobs", a.want(200, "GET", "/jobs/mine?status=OPEN", nil)["jobs"], []object{{
		"id": "job_1", "title": "Open job", "status": "OPEN", "published": true, "acceptingApplicants": true,
		"createdAt": "2026-06-10T09:00:00.000Z", "updatedAt": "2026-06-10T09:00:00.000Z", "jobUrl": "https://app.opentrain.ai/jobs/job_1",
		"proposalCounts": object{"total": 0, "unreviewed": 0},
	}})
	equal(t, "drafts", len(ids(a.want(200, "GET", "/jobs/mine?status=DRAFT", nil))), 5)
	got := a.want(400, "GET", "/jobs/mine?status=open", nil)
	equal(t, "statuses", dig(got, "details", "supportedStatuses"), []string{"DRAFT", "OPEN", "ONGOING", "COMPLETED", "ARCHIVED", "PENDING_APPROVAL"})
	for _, query := range []string{"limit=0", "limit=x", "limit=101", "cursor=x"} {
		a.want(400, "GET", "/jobs/mine?"+query, nil)
	}
}
