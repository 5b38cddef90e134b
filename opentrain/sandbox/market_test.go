package sandbox_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"opentrain-mcp/opentrain/sandbox"
)

// TestPublicRoutes checks what all reads without a token have in common.
func TestPublicRoutes(t *testing.T) {
	for _, token := range []string{"", "ot_pat_wrong"} {
		a := newAPI(t, sandbox.Config{}).as(token)
		for _, path := range []string{"/jobs", "/jobs/market_001", "/jobs/facets", "/jobs/changes?since=2026-06-01"} {
			for _, method := range []string{"GET", "HEAD"} {
				resp, _ := a.do(method, path, nil)
				equal(t, path, resp.StatusCode, 200)
				equal(t, path, resp.Header.Get("Cache-Control"), "public, s-maxage=300, stale-while-revalidate=3600")
				equal(t, path, resp.Header.Get("Access-Control-Allow-Origin"), "*")
			}
			resp, none := a.do("OPTIONS", path, nil)
			equal(t, path, resp.StatusCode, 204)
			equal(t, path, resp.Header.Get("Access-Control-Allow-Origin"), "*")
			equal(t, path, none, nil)
			resp, _ = a.do("DELETE", path, nil)
			equal(t, path, resp.StatusCode, 405)
		}
		for path, status := range map[string]int{"/jobs?limit=0": 400, "/jobs/none": 404, "/jobs/changes": 400} {
			resp, _ := a.do("GET", path, nil)
			equal(t, path, resp.StatusCode, status)
			equal(t, path, resp.Header.Get("Access-Control-Allow-Origin"), "*")
			equal(t, path, resp.Header.Get("Cache-Control"), "no-store")
		}
		for _, r := range [][2]string{{"GET", "/jobs/mine"}, {"PATCH", "/jobs/market_001"}} { // share a path or its form with a read
			resp, _ := a.do(r[0], r[1], nil)
			equal(t, r[1], resp.StatusCode, 401)
			equal(t, r[1], resp.Header.Get("Access-Control-Allow-Origin"), "")
		}
	}
}

func TestGetJob(t *testing.T) {
	a := newAPI(t, sandbox.Config{})
	for _, listed := range list(a.want(200, "GET", "/jobs?limit=50", nil)["jobs"]) {
		equal(t, "job", a.want(200, "GET", "/jobs/"+str(dig(listed, "id")), nil), listed)
	}
	draft := str(a.create(readyText)["jobId"])
	for id, status := range map[string]int{draft: 404, "none": 404, strings.Repeat("é", 64): 404, strings.Repeat("x", 65): 400, " ": 400} {
		a.want(status, "GET", "/jobs/"+url.PathEscape(id), nil)
	}
}

func TestFacets(t *testing.T) {
	now := newClock()
	a := newAPI(t, sandbox.Config{Now: now.Now})
	before := a.want(200, "GET", "/jobs/facets", nil)
	equal(t, "total", before["totalJobs"], len(ids(a.want(200, "GET", "/jobs?limit=50", nil))))
	equal(t, "time", before["generatedAt"], "2026-06-10T09:00:00.000Z")
	for name, param := range map[string]string{"categories": "category", "languages": "language", "countries": "country", "payTypes": "payType"} {
		last := 1e9
		for _, entry := range list(before[name]) {
			value := str(dig(entry, "value"))
			n, _ := dig(entry, "count").(float64)
			if n < 1 || n > last || value == "" {
				t.Errorf("%s: %v", name, before[name])
			}
			equal(t, value, n, len(ids(a.want(200, "GET", "/jobs?limit=50&"+param+"="+url.QueryEscape(value), nil))))
			last = n
		}
	}
	id := a.publishNew("Street photo boxes")
	count, _ := before["totalJobs"].(float64)
	equal(t, "published", a.want(200, "GET", "/jobs/facets", nil)["totalJobs"], count+1)
	a.want(200, "POST", "/jobs/"+id+"/close", nil)
	equal(t, "closed", a.want(200, "GET", "/jobs/facets", nil), before)
}

// events are the changes since a time as "job EVENT time".
func (a api) events(since string) []string {
	a.t.Helper()
	all := []string{}
	for _, c := range list(a.want(200, "GET", "/jobs/changes?since="+url.QueryEscape(since), nil)["changes"]) {
		all = append(all, fmt.Sprint(dig(c, "jobId"), " ", dig(c, "eventType"), " ", dig(c, "occurredAt")))
	}
	return all
}

func TestChanges(t *testing.T) {
	now := newClock()
	a := newAPI(t, sandbox.Config{Now: now.Now})
	seeded := a.events("2000-01-01")
	if len(seeded) < 35 || !strings.Contains(seeded[0], " PUBLISHED 2026-0") {
		t.Errorf("%d seeded events: %v", len(seeded), seeded)
	}
	now.add(time.Hour)
	for _, title := range []string{"Untouched", "Edited", "Closed", "Blocked", "Published again"} {
		a.publishNew(title)
	}
	edit := func(id, title string) { a.want(200, "PATCH", "/jobs/"+id, object{"jobTitle": title}) }
	now.add(time.Minute)
	edit("job_2", "Edited once")
	edit("job_3", "Edited before it is closed")
	edit("job_4", "Scam test phrase")
	edit("job_5", "Scam test phrase")
	now.add(time.Minute)
	edit("job_2", "Edited twice")
	a.want(200, "POST", "/jobs/job_3/close", nil)
	a.want(200, "PATCH", "/job-drafts/job_5", object{"jobTitle": "Fine"})
	a.want(200, "POST", "/jobs/job_5/publish", nil)
	now.add(time.Minute)
	a.want(200, "POST", "/jobs/job_3/close", nil) // already closed: no event
	a.create(readyText)                           // a draft has no event

	late := []string{"job_2 UPDATED 2026-06-10T10:02:00.000Z", "job_3 CLOSED 2026-06-10T10:02:00.000Z", "job_5 PUBLISHED 2026-06-10T10:02:00.000Z"}
	all := append([]string{"job_1 PUBLISHED 2026-06-10T10:00:00.000Z", "job_4 CLOSED 2026-06-10T10:01:00.000Z"}, late...)
	for since, want := range map[string][]string{
		"2026-06-10T10:00:00Z": all, "2026-06-10T10:00": all, "2026-06-10T10:00:00": all, "2026-06-10T12:00:00.000+02:00": all, "2026-06-10T10:00Z": all,
		"2026-06-10T10:00:00.001Z": all[1:], "2026-06-10T10:02:00.000Z": late, "2026-06-10T10:02:00.001Z": {}, "2026-06-11": {},
	} {
		equal(t, since, a.events(since), want)
	}
	equal(t, "answer", a.want(200, "GET", "/jobs/changes?since=2026-06-11", nil), object{"since": "2026-06-11T00:00:00.000Z",
		"until": "2026-06-10T10:03:00.000Z", "changes": []any{}, "generatedAt": "2026-06-10T10:03:00.000Z"})
	for _, query := range []string{"", "?since=", "?since=yesterday", "?since=1749546000", "?since=2026-06-10T12:00:00+02:00", "?since=2026-02-30"} {
		equal(t, query, dig(a.want(400, "GET", "/jobs/changes"+query, nil), "details", "field"), "since")
	}
}

// TestChangesLimit reads a feed of more than 5,000 events in two calls.
func TestChangesLimit(t *testing.T) {
	now := newClock()
	a := newAPI(t, sandbox.Config{Now: now.Now})
	now.add(time.Hour)
	a.box.ListJobs(5000)
	now.add(time.Hour)
	last := a.publishNew("The last one")
	now.add(time.Hour)
	page := a.want(200, "GET", "/jobs/changes?since=2026-06-10T10:00:00Z", nil)
	equal(t, "events", len(list(page["changes"])), 5000)
	equal(t, "until", page["until"], "2026-06-10T10:00:00.000Z")
	rest := a.want(200, "GET", "/jobs/changes?since=2026-06-10T10:00:00.001Z", nil)
	equal(t, "the rest", dig(rest, "changes", 0, "jobId"), last)
	equal(t, "until", rest["until"], "2026-06-10T12:00:00.000Z")
}

func TestPublicReadLimit(t *testing.T) {
	now := newClock()
	box := sandbox.New(sandbox.Config{Now: now.Now, PublicReadLimit: 4})
	get := func(method, path, address, token string) *http.Response {
		req := httptest.NewRequest(method, "/api/public/v1"+path, nil)
		req.RemoteAddr = address
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		box.ServeHTTP(w, req)
		return w.Result()
	}
	statuses := func(address string, paths ...string) (got []int) {
		for _, path := range paths {
			got = append(got, get("GET", path, address, "").StatusCode)
		}
		return got
	}
	reads := []string{"/jobs", "/jobs/none", "/jobs/facets", "/jobs/changes", "/jobs"}
	equal(t, "one address", statuses("192.0.2.1:1000", reads...), []int{200, 404, 200, 400, 429})
	equal(t, "another port", statuses("192.0.2.1:2000", "/jobs/market_001"), []int{429})
	equal(t, "another address", statuses("[2001:db8::1]:1000", reads...), []int{200, 404, 200, 400, 429})
	equal(t, "an address without a port", statuses("192.0.2.9", reads...), []int{200, 404, 200, 400, 429})
	for method, status := range map[string]int{"OPTIONS": 204, "HEAD": 429, "DELETE": 405} {
		equal(t, method, get(method, "/jobs", "192.0.2.1:1000", "").StatusCode, status)
	}
	equal(t, "with a token", get("GET", "/jobs", "192.0.2.1:1000", sandbox.DemoToken).StatusCode, 429)
	equal(t, "another endpoint", get("GET", "/jobs/mine", "192.0.2.1:1000", sandbox.DemoToken).StatusCode, 200)
	refused := get("GET", "/jobs", "192.0.2.1:1000", "")
	equal(t, "headers", []string{refused.Header.Get("Retry-After"), refused.Header.Get("Cache-Control"), refused.Header.Get("Access-Control-Allow-Origin")},
		[]string{"", "no-store", "*"})
	now.add(59 * time.Second)
	equal(t, "a second before", statuses("192.0.2.1:1000", "/jobs"), []int{429})
	now.add(time.Second)
	equal(t, "a minute later", statuses("192.0.2.1:1000", reads...), []int{200, 404, 200, 400, 429})
	now.add(-time.Hour)
	equal(t, "a clock put back", statuses("192.0.2.1:1000", "/jobs"), []int{200})

	a := newAPI(t, sandbox.Config{Now: now.Now, PublicReadLimit: 1}).as("")
	a.want(200, "GET", "/jobs?limit=1", nil)
	got := a.want(429, "GET", "/jobs?limit=1", nil)
	equal(t, "refusal", []any{got["code"], got["details"]}, []any{"RATE_LIMITED", object{"limit": 1, "windowSeconds": 60}})
	a = newAPI(t, sandbox.Config{Now: now.Now}).as("")
	for range 130 {
		a.want(200, "GET", "/jobs?limit=1", nil)
	}
}

func TestFault(t *testing.T) {
	var asked []string
	a := newAPI(t, sandbox.Config{Fault: func(r *http.Request) http.Handler {
		asked = append(asked, r.Method+" "+r.URL.Path)
		switch r.URL.Query().Get("fault") {
		case "503":
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "2")
				w.WriteHeader(http.StatusServiceUnavailable)
			})
		case "abort":
			return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		}
		return nil
	}})
	a.create(readyText) // the body is still there for the API
	resp, _ := a.as("").do("POST", "/jobs/job_1/publish?fault=503", nil)
	equal(t, "fault", []any{resp.StatusCode, resp.Header.Get("Retry-After")}, []any{503, "2"})
	equal(t, "nothing done", dig(a.want(200, "GET", "/jobs/mine", nil), "jobs", 0, "status"), "DRAFT")
	req := httptest.NewRequest(http.MethodGet, "/nowhere?fault=abort", nil)
	if _, err := a.box.Transport().RoundTrip(req); err == nil {
		t.Error("a broken connection went unreported")
	}
	want := []string{"POST /api/public/v1/job-drafts", "POST /api/public/v1/jobs/job_1/publish", "GET /api/public/v1/jobs/mine", "GET /nowhere"}
	if !slices.Equal(asked, want) {
		t.Errorf("asked about %q", asked)
	}
}
