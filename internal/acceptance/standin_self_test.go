package acceptance_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// standInDesk asks a stand-in, and checks what every answer must have.
type standInDesk struct {
	*standIn
	t     *testing.T
	clock *standInClock
}

func newStandInDesk(t *testing.T) *standInDesk {
	t.Helper()
	clock := &standInClock{now: time.Date(2026, 6, 10, 9, 30, 0, 5e6, time.UTC)}
	d := &standInDesk{newStandIn(clock.read), t, clock}
	for _, name := range []string{"a", "b"} {
		d.account(standInAccount{id: name})
		d.token(name, name)
	}
	return d
}

// send sends a request with a token, such as "GET /jobs", and returns status and answer.
func (d *standInDesk) send(token, call, body string) (int, map[string]any) {
	d.t.Helper()
	method, path, _ := strings.Cut(call, " ")
	r := httptest.NewRequestWithContext(d.t.Context(), method, "https://app.opentrain.ai"+standInBase+path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := d.RoundTrip(r)
	if err != nil {
		d.t.Fatalf("%s: %v", call, err)
	}
	var answer map[string]any
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		d.t.Fatalf("%s: %v", call, err)
	}
	if want := d.clock.read().Format(http.TimeFormat); response.Header.Get("Date") != want {
		d.t.Errorf("%s: Date is %q, want %q", call, response.Header.Get("Date"), want)
	}
	return response.StatusCode, answer
}

// want sends a request and checks the status, and that the answer has the sample's shape.
func (d *standInDesk) want(status int, sample, token, call, body string) map[string]any {
	d.t.Helper()
	got, answer := d.send(token, call, body)
	var shape any
	if err := json.Unmarshal([]byte(sample), &shape); err != nil {
		d.t.Fatal(err)
	}
	if problem := standInShape(shape, answer, ""); got != status || problem != "" {
		d.t.Errorf("%s %s: %d, want %d; %s in %v", call, body, got, status, problem, answer)
	}
	return answer
}

// refused checks a refusal: its envelope, its code, and some of its details.
func (d *standInDesk) refused(status int, code, details, token, call, body string) {
	d.t.Helper()
	sample := `{"error":"x","code":"x","requestId":"x"}`
	if details != "" {
		sample = `{"error":"x","code":"x","requestId":"x","details":` + details + `}`
	}
	if answer := d.want(status, sample, token, call, body); answer["code"] != code {
		d.t.Errorf("%s: code %v, want %s", call, answer["code"], code)
	}
}

// standInShape says where a value differs from a sample in keys and types. In a sample,
// null stands for anything, [] for any list, and a list for one of things like its first. Texts
// are equal if the sample's begins with "=".
func standInShape(sample, got any, at string) string {
	switch sample := sample.(type) {
	case nil:
		return ""
	case map[string]any:
		object, _ := got.(map[string]any)
		for key := range object {
			if _, found := sample[key]; !found {
				return "extra " + at + "." + key
			}
		}
		for key, value := range sample {
			if _, found := object[key]; !found {
				return "no " + at + "." + key
			}
			if problem := standInShape(value, object[key], at+"."+key); problem != "" {
				return problem
			}
		}
		return ""
	case []any:
		list, ok := got.([]any)
		switch {
		case ok && len(sample) == 0:
			return ""
		case ok && len(list) > 0:
			return standInShape(sample[0], list[0], at+"[]")
		}
		return at + " is no list, or empty"
	case string:
		if exact, is := strings.CutPrefix(sample, "="); is && got != exact {
			return fmt.Sprintf("%s is %v, not %s", at, got, exact)
		}
	}
	if standInKind(sample) != standInKind(got) {
		return fmt.Sprintf("%s is a %s", at, standInKind(got))
	}
	return ""
}

// Samples of the documentation, with "=" before texts that are part of the format.
const (
	sampleCreate = `{"ok":true,"jobId":"x","status":"=DRAFT","draftUrl":"=https://app.opentrain.ai/job-post?jobId=job_1",
		"reviewUrl":"x","validation":{"publishReady":false,"issueCount":0,"missingFieldCount":2,"missingFields":[],"issues":[]},
		"missingFields":[{"field":"=experienceLevel","label":"=Experience level",
		"message":"=Experience level is required before publishing.","code":"=missing_required_field",
		"prompt":"=ask: What experience level should AI trainers have? (EXPERT, ENTRY_LEVEL, INTERMEDIATE, ANY_EXPERIENCE_LEVEL)",
		"type":"=enum","enumValues":["=EXPERT"],"updateKeys":["=experienceLevel"],"example":"=INTERMEDIATE",
		"hint":"=Pick the minimum level the work realistically needs."}],"normalizedFields":{"jobTitle":"x","jobDescription":"x"}}`
	sampleGuide = `{"ok":true,"jobId":"x","status":"=DRAFT","draftUrl":"=https://app.opentrain.ai/job-post?job=job_2",
		"validation":{"publishReady":false,"issueCount":0,"missingFieldCount":2,"missingFields":["=experienceLevel"],"issues":[]},
		"missingFields":[{"field":"x","label":"=Experience level","message":"=Experience level is required",
		"code":"=MISSING_EXPERIENCE_LEVEL","prompt":"=What experience level should AI trainers have for this job?","type":"=enum",
		"enumValues":["=EXPERT"],"updateKeys":["x"],"example":{"experienceLevel":"=INTERMEDIATE"}}],
		"normalizedFields":null,"lowConfidenceFields":[],"warnings":[],"unmappedFields":[]}`
	sampleShort = `{"ok":true,"jobId":"x","status":"=DRAFT","draftUrl":"x",
		"validation":{"publishReady":true,"issueCount":0,"missingFieldCount":0,"missingFields":[],"issues":[]}}`
	samplePublish = `{"ok":true,"jobId":"x","status":"=OPEN","alreadyPublished":false,"jobUrl":"=https://app.opentrain.ai/jobs/job_1",
		"publishAttemptId":null,"warnings":[],"sideEffects":{"dispatched":true,"status":"x"}}`
	sampleMine = `{"jobs":[{"id":"x","title":"x","status":"x","published":true,"acceptingApplicants":true,
		"createdAt":"=2026-06-10T09:30:00.005Z","updatedAt":"x","jobUrl":"x","proposalCounts":{"total":12,"unreviewed":5}}],"nextCursor":null}`
	samplePublic = `{"id":"x","slug":"x","title":"x","companyName":"x","descriptionText":"x","descriptionHtml":"x","seoTitle":null,
		"summary":null,"status":"=OPEN","datePosted":"x","validThrough":"x","updatedAt":"x","employmentTypes":["x"],"countries":[],
		"languages":[],"category":null,"dataType":null,"labelTypes":[],"labelingSoftware":null,"experienceLevel":"=Expert",
		"skills":[],"pay":{"paymentType":null,"currency":"x","hourlyRate":null,"hourlyMin":null,"hourlyMax":null,"fixedPrice":null,
		"perLabelRate":0.05},"url":"=https://app.opentrain.ai/jobs/cats-job_1",
		"applyUrl":"=https://app.opentrain.ai/api/out?job=job_1&src=www_seo"}`
	sampleEdit    = `{"ok":true,"jobId":"x","status":"=OPEN","moderation":{"decision":"=ALLOW","reasons":[]}}`
	sampleBlocked = `{"jobId":"x","reason":"=moderation_blocked","reasons":["=rude"],"status":"=DRAFT"}`
	sampleNotOpen = `{"jobId":"x","status":"x","requiredStatus":"=OPEN"}`
	sampleClose   = `{"ok":true,"jobId":"x","status":"=ARCHIVED","alreadyClosed":false}`
	sampleInvite  = `{"ok":true,"proposalId":"x","jobId":"x","freelancerId":"=p","alreadyInvited":false}`
	sampleIssues  = `{"issues":[{"code":"=unrecognized_keys","keys":["=color"],"path":[],"message":"x"}]}`
	sampleClaim   = `{"reason":"=account_claim_required","action":"x","claimUrl":"=https://app.opentrain.ai/claim"}`
)

func TestStandInDraftsAreAsDocumented(t *testing.T) {
	d := newStandInDesk(t)
	d.set(func(o *standInOptions) { o.createForm, o.patchForm = referenceForm, referenceForm })
	const create = `{"rawJobDescription":"Cats","idempotencyKey":"k"}`
	d.want(201, sampleCreate, "a", "POST /job-drafts", create)
	d.want(200, sampleCreate, "a", "POST /job-drafts", create) // again
	for how, want := range map[string]int{"": 0, "names": 2, "entries": 2} {
		d.set(func(o *standInOptions) { o.validationMissing = how })
		_, answer := d.send("a", "POST /job-drafts", create)
		validation, _ := answer["validation"].(map[string]any)
		if list, _ := validation["missingFields"].([]any); len(list) != want || how == "entries" && standInKind(list[0]) != "object" {
			t.Errorf("%q: %v", how, list)
		}
	}
	d.set(func(o *standInOptions) { o.createForm, o.validationMissing = guideForm, "" })
	d.want(201, sampleGuide, "b", "POST /job-drafts", `{"source":{"type":"text","text":"Dogs","idempotencyKey":"k"}}`)
	d.refused(400, "BAD_REQUEST",
		`{"validation":{"publishReady":false,"issueCount":0,"missingFieldCount":2,"missingFields":[],"issues":[]}}`,
		"a", "POST /jobs/job_1/publish", "")
	d.want(200, sampleShort, "a", "PATCH /job-drafts/job_1", `{"experienceLevel":"EXPERT","pricePerLabel":0.05,"languages":["Spanish"]}`)
	for _, body := range []string{`{"format":"opentrain_canonical","job":{"title":"T"}}`, `{"format":"indeed_xml","xml":"<job/>"}`,
		`{"format":"schema_org_job_posting","jsonLd":{"title":"T"}}`, `{"source":{"type":"hr_xml","xml":"<a/>"}}`} {
		if status, _ := d.send("a", "POST /job-drafts", body); status != 201 {
			t.Errorf("%s: %d", body, status)
		}
	}
	d.refused(400, "BAD_REQUEST", `{"supportedFormats":["=text"]}`, "a", "POST /job-drafts", `{"format":"pdf"}`)
	d.refused(400, "BAD_REQUEST", "", "a", "POST /job-drafts", `{}`)
	d.refused(400, "BAD_REQUEST", sampleIssues, "a", "PATCH /job-drafts/job_1", `{"color":"red"}`)
	d.refused(400, "BAD_REQUEST",
		`{"issues":[{"code":"=invalid_type","expected":"x","received":"=string","path":["=headcount"],"message":"x"}]}`,
		"a", "PATCH /job-drafts/job_1", `{"headcount":"8"}`)
	d.refused(404, "NOT_FOUND", "", "b", "PATCH /job-drafts/job_1", `{"headcount":8}`)
	d.refused(404, "NOT_FOUND", "", "a", "PATCH /job-drafts/none", `{"headcount":8}`)
	d.edit("job_1", func(j *standInJob) { j.status = "OPEN" })
	notDraft := `{"jobId":"x","status":"=OPEN","requiredStatus":"=DRAFT"}`
	d.refused(409, "CONFLICT", notDraft, "a", "PATCH /job-drafts/job_1", `{"headcount":8}`)
}

func TestStandInJobsAreAsDocumented(t *testing.T) {
	d := newStandInDesk(t)
	d.set(func(o *standInOptions) { o.people = map[string]string{"p": "", "q": "not_a_freelancer"} })
	d.account(standInAccount{id: "a", publishLimit: 2})
	id := d.add(standInJob{owner: "a", fields: map[string]any{"jobTitle": "Cats", "experienceLevel": "EXPERT", "pricePerLabel": 0.05}})
	d.want(404, `{"id":"=job_1","status":"=closed"}`, "", "GET /jobs/job_1", "")
	d.refused(404, "NOT_FOUND", "", "", "GET /jobs/none", "")
	d.refused(409, "CONFLICT", sampleNotOpen, "a", "PATCH /jobs/job_1", `{"headcount":8}`)
	d.refused(409, "CONFLICT", `{"reason":"=job_not_published"}`, "a", "POST /jobs/job_1/invites", `{"freelancerId":"p"}`)
	d.refused(404, "NOT_FOUND", "", "b", "POST /jobs/job_1/publish", "")
	d.want(200, samplePublish, "a", "POST /jobs/job_1/publish", "")
	if again := d.want(200, samplePublish, "a", "POST /jobs/job_1/publish", ""); again["alreadyPublished"] != true {
		t.Error(again)
	}
	d.want(200, samplePublic, "", "GET /jobs/job_1", "")
	d.want(200, `{"jobs":[`+samplePublic+`],"nextCursor":null,"generatedAt":"x"}`, "", "GET /jobs?q=cat", "")
	d.want(200, `{"totalJobs":1,"categories":[],"languages":[],"countries":[],"payTypes":[{"value":"x","count":1}],"generatedAt":"x"}`,
		"", "GET /jobs/facets", "")
	d.want(200, `{"since":"x","until":"x","changes":[{"jobId":"x","eventType":"=PUBLISHED","occurredAt":"x"}],"generatedAt":"x"}`,
		"", "GET /jobs/changes?since=2026-06-01T00:00:00Z", "")
	d.want(200, sampleMine, "a", "GET /jobs/mine?status=OPEN", "")
	d.refused(400, "BAD_REQUEST", `{"supportedStatuses":["=DRAFT"]}`, "a", "GET /jobs/mine?status=open", "")
	d.want(201, sampleInvite, "a", "POST /jobs/job_1/invites", `{"freelancerId":"p"}`)
	d.want(200, sampleInvite, "a", "POST /jobs/job_1/invites", `{"freelancerId":"p"}`)
	d.refused(409, "CONFLICT", `{"reason":"=not_a_freelancer"}`, "a", "POST /jobs/job_1/invites", `{"freelancerId":"q"}`)
	d.want(200, sampleEdit, "a", "PATCH /jobs/job_1", `{"headcount":8}`)
	d.refused(400, "BAD_REQUEST", sampleIssues, "a", "PATCH /jobs/job_1", `{"color":"red"}`)
	d.set(func(o *standInOptions) { o.moderate = func(map[string]any) []string { return []string{"rude"} } })
	d.refused(409, "CONFLICT", sampleBlocked, "a", "PATCH /jobs/job_1", `{"headcount":9}`)
	if job := d.job(id); job.fields["headcount"] != 9.0 || job.status != "DRAFT" {
		t.Errorf("the blocked edit left %v", job)
	}
	d.refused(403, "FORBIDDEN", `{"reason":"=moderation_blocked","reasons":["=rude"]}`, "a", "POST /jobs/job_1/publish", "")
	d.set(func(o *standInOptions) { o.moderate = nil })
	d.want(200, samplePublish, "a", "POST /jobs/job_1/publish", "")
	d.want(200, sampleClose, "a", "POST /jobs/job_1/close", "")
	d.want(200, sampleClose, "a", "POST /jobs/job_1/close", "")
	d.edit(id, func(j *standInJob) { j.status = "DRAFT" })
	d.refused(429, "RATE_LIMITED", `{"limit":2,"windowHours":24}`, "a", "POST /jobs/job_1/publish", "")
	d.clock.advance(24 * time.Hour)
	d.want(200, samplePublish, "a", "POST /jobs/job_1/publish", "")
}

func TestStandInAccessIsAsDocumented(t *testing.T) {
	d := newStandInDesk(t)
	d.account(standInAccount{id: "u", unclaimed: true, off: []string{"public_api_job_drafting"}})
	d.token("u", "u")
	d.token("reader", "a", "jobs:read")
	d.want(200, `{"actor":{"userId":"x","email":"x","firstName":"x","lastName":"x","fullName":"x","userType":"=EMPLOYER"},
		"token":{"id":"x","label":"x","scopes":["x"],"ownerOrganizationId":null},
		"account":{"kind":"=employer_organization","organizationId":"x","ownerUserId":"x","memberRole":"=OWNER"}}`, "reader", "GET /auth/me", "")
	d.want(200, `{"featureKey":"=public_api_job_drafting","namespace":"=job-drafts","rolloutMode":"x","actorIsAdmin":false,
		"capabilities":{"draftImport":true,"draftCreate":true,"draftUpdate":true,"draftUrlRead":true,"publish":true,"hiring":true,
		"messagingWrites":true,"team":true,"paymentsWrite":true,"credits":true,"webhooks":true},
		"draft":{"importFormats":["=text"],"updateKeys":["=jobTitle"],"enums":{"paymentType":["=PAY_PER_LABEL"],
		"experienceLevel":["=EXPERT"],"dataVolumeUnit":["x"]}},"authBootstrap":"=token","enabled":true}`,
		"reader", "GET /job-drafts/capabilities", "")
	d.refused(403, "FORBIDDEN", `{"featureKey":"x","mode":"x"}`, "u", "GET /job-drafts/capabilities", "")
	d.refused(403, "FORBIDDEN", `{"featureKey":"=public_api_job_drafting"}`, "u", "POST /job-drafts", `{}`)
	d.refused(403, "FORBIDDEN", sampleClaim, "u", "POST /jobs/x/invites", `{}`)
	d.refused(403, "FORBIDDEN", `{"requiredScopes":["=jobs:write"],"grantedScopes":["=jobs:read"]}`, "reader", "POST /job-drafts", `{}`)
	d.revoke("reader")
	d.refused(401, "UNAUTHORIZED", "", "reader", "GET /jobs/mine", "")
	d.refused(401, "UNAUTHORIZED", "", "", "GET /auth/me", "")
	d.refused(404, "NOT_FOUND", "", "a", "GET /elsewhere", "")
}

func TestStandInPagesAndTimes(t *testing.T) {
	d := newStandInDesk(t)
	for range 7 {
		d.add(standInJob{owner: "a", fields: map[string]any{"jobTitle": "Cats"}})
		d.add(standInJob{owner: "b"})
	}
	walk := func() (ids []string) {
		cursor, seen := "", map[string]bool{}
		for range 7 {
			_, answer := d.send("a", "GET /jobs/mine?limit=3"+cursor, "")
			jobs, _ := answer["jobs"].([]any)
			for _, job := range jobs {
				job, _ := job.(map[string]any)
				ids = append(ids, standInText(job["id"]))
			}
			if answer["nextCursor"] == nil {
				break
			}
			cursor = fmt.Sprint("&cursor=", answer["nextCursor"])
			if seen[cursor] {
				t.Error("a cursor came twice")
			}
			seen[cursor] = true
		}
		return ids
	}
	if got := strings.Join(walk(), " "); got != "job_13 job_11 job_9 job_7 job_5 job_3 job_1" {
		t.Error(got)
	}
	d.set(func(o *standInOptions) { o.endless = true })
	if got := len(walk()); got != 17 { // 3, 3, 1, and so on
		t.Errorf("an endless list gave %d jobs in 7 pages", got)
	}
	for _, query := range []string{"limit=0", "limit=x", "cursor=!"} {
		d.refused(400, "BAD_REQUEST", "", "a", "GET /jobs/mine?"+query, "")
	}
	moves := func(call, body string) bool {
		before := d.job("job_1").updated
		d.clock.advance(time.Second)
		d.send("a", call, body)
		return d.job("job_1").updated.After(before)
	}
	if !moves("PATCH /job-drafts/job_1", `{"headcount":8}`) || moves("PATCH /job-drafts/job_1", `{"headcount":8}`) ||
		moves("GET /jobs/mine", "") {
		t.Error("updatedAt must move with changes only")
	}
	d.set(func(o *standInOptions) { o.noopMoves, o.readsMove = true, true })
	if !moves("PATCH /job-drafts/job_1", `{"headcount":8}`) || !moves("GET /jobs/mine", "") {
		t.Error("updatedAt must move")
	}
}
