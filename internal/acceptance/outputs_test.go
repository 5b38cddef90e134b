package acceptance_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/demo"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain/sandbox"
)

// TestOutputs compares what every tool answers, over stdio in protocol 2025-11-25, with
// testdata/outputs: one file for each tool, with its main results and refusals. Run it
// with -update to accept a change, and read the diff.
func TestOutputs(t *testing.T) {
	r := recorder{}
	r.loop(t)
	r.refusals(t)
	r.failures(t)
	r.accounts(t)
	r.people(t)
	names := slices.Sorted(maps.Keys(r))
	all, _ := known(t)
	if want := strings.ReplaceAll(strings.Join(all, " "), "opentrain_", ""); strings.Join(names, " ") != want {
		t.Errorf("outputs of %v, want %s", names, want)
	}
	size := 0
	for _, name := range names {
		size += r[name].Len()
		r.compare(t, name)
	}
	if size > 175_000 {
		t.Errorf("the outputs have %d bytes, want at most 175,000", size)
	}
}

// recorder holds the outputs of each tool.
type recorder map[string]*bytes.Buffer

// call calls a tool and records its answer under a title.
func (r recorder) call(t *testing.T, s *setup, title, tool string, arguments any) answer {
	t.Helper()
	got := call(t, s.host, "opentrain_"+tool, arguments)
	if r[tool] == nil {
		r[tool] = &bytes.Buffer{}
	}
	sent, err := json.Marshal(arguments)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(r[tool], "=== %s\n%s\n", title, stable(fmt.Sprintf("%.600s", sent)))
	kind := "text"
	if got.isError {
		kind = "error"
	}
	fmt.Fprintf(r[tool], "--- %s\n%s\n", kind, stable(got.text))
	switch {
	case got.isError:
		var meta bytes.Buffer
		if err := json.NewEncoder(&meta).Encode(got.failure); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(r[tool], "--- _meta\n%s\n", stable(meta.String()))
	default:
		var indented bytes.Buffer
		if err := json.Indent(&indented, got.structured, "", " "); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(r[tool], "--- structured\n%s\n\n", stable(indented.String()))
	}
	return got
}

// confirmed is a call that the human confirms if the server asks.
func (r recorder) confirmed(t *testing.T, s *setup, title, name string, arguments any) {
	t.Helper()
	got := r.call(t, s, title, name, arguments)
	if !got.isError && got.next(t).Action == tool.ConfirmWithHuman && got.next(t).Tool == "opentrain_"+name {
		r.call(t, s, title+", confirmed", name, got.next(t).Arguments)
	}
}

// stable replaces what differs from run to run.
func stable(text string) string {
	confirmation := regexp.MustCompile(`(confirmationToken\\?": ?\\?")[A-Za-z0-9_-]{40,}`)
	times := regexp.MustCompile(`(claimBy|expiresAt|Valid until|claim it by)("?:? "?)[0-9TZ:-]{20}`)
	text = times.ReplaceAllString(text, "${1}${2}<time>")
	requestID := regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	listed := regexp.MustCompile(`(listed at )[0-9TZ:-]+`)
	key := regexp.MustCompile(`mcp-[a-z2-7]{24}`) // of the day
	text = listed.ReplaceAllString(confirmation.ReplaceAllString(text, "${1}<confirmation>"), "${1}<time>")
	return key.ReplaceAllString(requestID.ReplaceAllString(text, "<request>"), "<key>")
}

// compare compares the outputs of a tool with its file.
func (r recorder) compare(t *testing.T, tool string) {
	t.Helper()
	path := filepath.Join("testdata", "outputs", tool+".txt")
	if *update {
		write(t, path, r[tool].String())
		return
	}
	golden, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Split(r[tool].String(), "\n")
	want := strings.Split(strings.ReplaceAll(string(golden), "\r\n", "\n"), "\n")
	title := ""
	for i := range max(len(got), len(want)) {
		if i < len(got) && strings.HasPrefix(got[i], "=== ") {
			title = got[i]
		}
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Errorf("%s:%d: in %q\ngot  %q\nwant %q\n-update accepts the change", path, i+1, title,
				got[min(i, len(got)):min(i+1, len(got))], want[min(i, len(want)):min(i+1, len(want))])
			return
		}
	}
}

// inJune is a sandbox on a fixed day.
func inJune(accounts ...sandbox.Account) http.RoundTripper {
	day := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	return sandbox.New(sandbox.Config{Accounts: accounts, Now: func() time.Time { return day }}).Transport()
}

// asking switches confirmations on.
func asking(c *opentrainmcp.Config) { c.Confirm = opentrainmcp.Auto }

// loop takes a job from a description to its end.
func (r recorder) loop(t *testing.T) {
	s := startWith(t, inJune(), asking)
	r.call(t, s, "the account", "get_account", nil)
	r.call(t, s, "no jobs", "list_jobs", nil)
	create := map[string]any{"description": demo.SampleDescription}
	r.call(t, s, "two questions", "create_draft", create)
	r.call(t, s, "the same call again", "create_draft", create)
	r.call(t, s, "a vague description", "create_draft", map[string]any{"description": "Rate chatbot answers, flexible hours."})
	r.call(t, s, "an import", "create_draft", json.RawMessage(
		`{"job":{"title":"Label dogs","paymentType":"PAY_PER_HOUR","rateAmount":18}}`))
	call(t, s.host, "opentrain_create_draft", json.RawMessage(`{"job":{"title":"Label cats"}}`))
	r.call(t, s, "open questions", "get_draft", job())
	r.call(t, s, "a word of its title", "get_draft", map[string]any{"jobId": "dashcam"})
	r.call(t, s, "several matches", "get_draft", map[string]any{"jobId": "label"})
	r.call(t, s, "no match", "get_draft", map[string]any{"jobId": "penguins"})
	r.confirmed(t, s, "not ready", "publish", job())
	r.call(t, s, "an answer, interpreted", "patch_draft", patch("experienceLevel", "expert"))
	ready := r.call(t, s, "ready", "patch_draft", patch("dataVolumeUnit", "NUMBER_OF_FILES"))
	r.call(t, s, "ready", "get_draft", job())
	r.call(t, s, "a made-up confirmation", "publish", job("confirmationToken", "AAAA"))
	r.call(t, s, "published", "publish", ready.next(t).Arguments)
	r.confirmed(t, s, "published before", "publish", job())
	r.call(t, s, "not a draft", "patch_draft", patch("headcount", 3))
	r.call(t, s, "a live job", "get_draft", job())
	r.call(t, s, "own jobs", "list_jobs", nil)
	r.call(t, s, "open jobs", "list_jobs", map[string]any{"status": "OPEN"})
	r.call(t, s, "found", "search_jobs", map[string]any{"q": "dashcam bounding box", "limit": 2})
	r.call(t, s, "filters", "search_jobs", map[string]any{"payType": "fixed price", "language": "Spanish", "limit": "1"})
	r.call(t, s, "nothing found", "search_jobs", map[string]any{"q": "nothing matches this"})
	r.call(t, s, "own job", "get_job", job())
	r.call(t, s, "another account's job", "get_job", map[string]any{"jobId": "market_001"})
	r.call(t, s, "the facets", "list_facets", nil)
	r.call(t, s, "a page", "list_changes", map[string]any{"since": "2020-01-01", "limit": 2})
	r.call(t, s, "no changes", "list_changes", map[string]any{"since": "2199-01-01"})
	r.confirmed(t, s, "an edit", "update_job", job("fields", map[string]any{"headcount": "4", "projectScope": nil}))
	for _, title := range []string{"invited", "invited before"} {
		r.confirmed(t, s, title, "invite_trainer", job("freelancerId", sandbox.FreelancerAvailable))
	}
	r.confirmed(t, s, "an edit that the content check blocks", "update_job", patch("jobTitle", "Scam test phrase"))
	r.confirmed(t, s, "an edit of a draft", "update_job", patch("headcount", 5))
	r.call(t, s, "a draft, not public", "get_job", job())
	r.confirmed(t, s, "a draft that the content check blocks", "publish", job())
	r.confirmed(t, s, "closed", "close_job", job())
	r.confirmed(t, s, "closed before", "close_job", job())
	r.confirmed(t, s, "a closed job", "publish", job())
	r.call(t, s, "a closed job", "get_draft", job())
}

// valid are arguments that every tool accepts.
func valid() map[string]map[string]any {
	return map[string]map[string]any{
		"create_draft": {"description": "Label 100 photos"}, "patch_draft": patch("headcount", 3), "publish": job(), "get_draft": job(),
		"list_jobs": {}, "update_job": patch("headcount", 3), "close_job": job(), "search_jobs": {}, "get_job": job(),
		"list_facets": {}, "list_changes": {"since": "2026-06-01"}, "get_account": {},
		"invite_trainer": job("freelancerId", sandbox.FreelancerAvailable), "list_proposals": job(), "get_proposal": {"proposalId": "proposal_1"},
		"get_freelancer_profile": {"freelancerId": sandbox.FreelancerAvailable},
	}
}

// refusals are calls that the server refuses, or that the sandbox does.
func (r recorder) refusals(t *testing.T) {
	demo := startWith(t, inJune(), asking)
	readers := startWith(t, inJune(sandbox.Account{Token: sandbox.DemoToken, Name: "Reader", Scopes: []string{"jobs:read"}}), asking)
	anonymous := startWith(t, inJune(), func(c *opentrainmcp.Config) { c.Token, c.Confirm = nil, opentrainmcp.Auto })
	public := []string{"search_jobs", "get_job", "list_facets", "list_changes"}
	for _, tool := range slices.Sorted(maps.Keys(valid())) {
		arguments := valid()[tool]
		r.call(t, demo, "invalid arguments", tool, map[string]any{"job_id": "../x", "jobId": "..", "limit": "many", "fields": 7})
		if _, names := arguments["jobId"]; names {
			r.confirmed(t, demo, "an unknown job", tool, arguments)
		}
		if !slices.Contains(public, tool) { // their answers depend on no account
			r.confirmed(t, readers, "an account that may only read", tool, arguments)
			r.call(t, anonymous, "without a token", tool, arguments)
		}
	}
}

// failures are calls that the API answers with an error.
func (r recorder) failures(t *testing.T) {
	for _, api := range []struct {
		title  string
		status int
		body   string
	}{
		{"a wrong token", 401, `{"error":"Invalid token.","code":"UNAUTHORIZED","requestId":"r-1"}`},
		{"an unclaimed account", 403, `{"error":"A human must claim.","code":"FORBIDDEN",` +
			`"details":{"reason":"account_claim_required","claimUrl":"https://app.opentrain.ai/claim"}}`},
		{"a conflict", 409, `{"error":"Not so.","code":"CONFLICT","details":{"jobId":"job_1","status":"ARCHIVED"}}`},
		{"a limit", 429, `{"error":"Limit.","code":"RATE_LIMITED","details":{"limit":3,"windowHours":24}}`},
		{"an unexpected answer", 200, `{"status":"up"}`},
	} {
		s := on(t, api.status, api.body)
		for _, tool := range slices.Sorted(maps.Keys(valid())) {
			r.call(t, s, api.title, tool, valid()[tool])
		}
	}
}

// people are answers about applicants, in the words of the API's reference.
func (r recorder) people(t *testing.T) {
	const (
		maria = `{"id":"proposal_1","jobId":"job_1","jobTitle":"Label cars","createdAt":"2026-06-01T10:00:00Z","updatedAt":"2026-06-01T11:00:00Z",` +
			`"status":{"raw":"UNREVIEWED","label":"Unreviewed"},"bid":{"amountUsd":0.06,"unit":"PER_LABEL","labelerHourlyRateUsd":null},"candidate":{` +
			`"id":"freelancer_1","profileSlug":"maria-g","displayName":"Maria G.","firstName":"Maria","lastNameInitial":"G",` +
			`"profileTitle":"Text Annotation Specialist","countryCode":"ES","country":"Spain","talentType":"FREELANCER","highestEarningsUsd":2400,` +
			`"reviewCount":7},"metrics":{"interviewScore":86,"matchScore":0.91}`
		ben = `{"id":"proposal_2","jobId":"job_1","createdAt":"2026-05-31T10:00:00Z","status":{"raw":"SHORTLISTED","label":"Shortlisted"},` +
			`"bid":{"amountUsd":18,"unit":"per_hour"},"candidate":{"id":"freelancer_2","displayName":"Ben R.","country":"USA"},` +
			`"metrics":{"interviewScore":8.6,"matchScore":87}}`
		details = `,"aiInterview":{"score":86,"summary":"Precise.","transcriptAvailable":true},"verification":{"location":{"status":"PASSED",` +
			`"method":"GPS","checkedAt":"2026-06-01T09:00:00Z"},"identity":{"verified":true}},"openLabel":null,"contract":null}`
		interview = `"interview":{"proposalId":"proposal_1","interviewId":"interview_1","score":86,"summary":"Precise.","messages":[` +
			`{"id":"m1","role":"interviewer","content":"What have you labeled?","sentAt":"2026-06-01T09:30:00Z"},` +
			`{"id":"m2","role":"candidate","content":"Cars, for two years.","sentAt":"2026-06-01T09:31:00Z"}]}`
		profile = `{"freelancer":{"id":"freelancer_1","profileSlug":"maria-g","profilePath":"/profile/maria-g","displayName":"Maria G.",` +
			`"talentType":"Individual","title":"Text Annotation Specialist","bio":"I label text.","city":"Madrid","country":"Spain","hourlyRateUsd":18,` +
			`"availability":"FULL_TIME","expertiseLevel":"EXPERT","englishLevel":"FLUENT","memberSince":"2024-01-01","identityVerified":true,` +
			`"skills":{"tags":["SENTIMENT_ANALYSIS"],"dataTypes":["TEXT"]},"languages":[{"language":"Spanish","proficiency":"NATIVE"}],` +
			`"stats":{"totalEarnedUsd":2400,"reviewCount":1,"averageRating":4.9},"reviews":[{"rating":5,"comment":"Reliable."}]}}`
	)
	list := on(t, http.StatusOK, `{"proposals":[`+maria+`},`+ben+`],"nextCursor":"proposal_2"}`)
	r.call(t, list, "newest first", "list_proposals", job())
	r.call(t, list, "by match", "list_proposals", job("sort", "match"))
	r.call(t, on(t, http.StatusOK, `{"proposals":[]}`), "none", "list_proposals", job())
	one := on(t, http.StatusOK, `{"proposal":`+maria+details+`,`+interview+`}`)
	r.call(t, one, "a proposal", "get_proposal", map[string]any{"proposalId": "proposal_1"})
	r.call(t, one, "with the interview", "get_proposal", map[string]any{"proposalId": "proposal_1", "interview": true})
	r.call(t, on(t, http.StatusOK, profile), "a profile", "get_freelancer_profile", map[string]any{"freelancerId": "maria-g"})
}

// accounts are the calls that get an account and have a human claim it.
func (r recorder) accounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := sandbox.New(sandbox.Config{ClaimAfter: 2}).Transport()
		s := startWith(t, fixedClaims(box), func(c *opentrainmcp.Config) { c.Token, c.Confirm = nil, opentrainmcp.Auto })
		r.call(t, s, "invalid arguments", "register_agent", map[string]any{"organization": "Acme", "force": "maybe"})
		r.call(t, s, "invalid arguments", "claim_account", map[string]any{"email": "Ada"})
		r.call(t, s, "invalid arguments", "claim_status", map[string]any{"email": "ada@example.org"})
		r.call(t, s, "no account", "claim_account", map[string]any{"email": "ada@example.org"})
		r.call(t, s, "no account", "claim_status", nil)
		r.confirmed(t, s, "a new account", "register_agent", map[string]any{"organizationName": "Acme", "agentName": "Ada's agent"})
		r.call(t, s, "an account before", "register_agent", nil)
		r.call(t, s, "an unclaimed account", "get_account", nil)
		r.call(t, s, "not claimed yet", "invite_trainer", job("freelancerId", sandbox.FreelancerAvailable))
		r.call(t, s, "an email with an account", "claim_account", map[string]any{"email": "user_1@example.com"})
		r.call(t, s, "started", "claim_account", map[string]any{"email": "ada@example.org"})
		r.call(t, s, "pending", "claim_status", nil)
		r.call(t, s, "claimed", "claim_status", nil)
		r.call(t, s, "claimed before", "claim_status", nil)
		r.call(t, s, "claimed before", "claim_account", map[string]any{"email": "ada@example.org"})
		r.confirmed(t, s, "by force", "register_agent", map[string]any{"force": true})
		<-time.After(25 * time.Hour)
		r.call(t, s, "too late", "claim_account", map[string]any{"email": "ada@example.org"})
		r.call(t, s, "too late", "claim_status", nil)
		s.host.Close() //nolint:errcheck // the bubble ends
	})
	for _, api := range []struct {
		title  string
		status int
		body   string
	}{
		{"a refusal", 403, `{"error":"anonymous_not_enabled"}`},
		{"a limit", 429, `{"error":"rate_limit_exceeded","error_description":"Too many."}`},
		{"an outage", 500, `{"error":"server_error"}`},
		{"an unexpected answer", 200, `{"status":"up"}`},
	} {
		s := startWith(t, answering(api.status, api.body), func(c *opentrainmcp.Config) { c.Token = nil })
		r.call(t, s, api.title, "register_agent", nil)
	}
}

// fixedClaims is an API whose claim links and codes are always the same.
func fixedClaims(api http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		response, err := api.RoundTrip(r)
		if err != nil || !strings.HasSuffix(r.URL.Path, "/identity/claim") || response.StatusCode != http.StatusOK {
			return response, err
		}
		return answering(http.StatusOK, `{"user_code":"439218","verification_uri":"https://app.opentrain.ai/claim?token=ot_cat_1",`+
			`"expires_in":1800,"interval":5,"email_sent":true}`).RoundTrip(r)
	})
}
