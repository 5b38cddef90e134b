package acceptance_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain/sandbox"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// leak finds what no text may show: Go types and errors, tokens.
func leak(text string) string {
	return regexp.MustCompile(`ot_pat_|\*?opentrain\.(Error|Code)|\bdial\b|\bEOF\b|\bread tcp\b|lookup ` +
		`|map\[|&\{|0x[0-9a-f]{6}|json:|unmarshal|context (deadline|canceled)|<html|net/http|goroutine`).FindString(text)
}

// TestErrorTable sends every row of the error table through the real program.
func TestErrorTable(t *testing.T) {
	t.Parallel()
	for _, row := range append(errorTable(), reasonRows()...) {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			env := []string{"OPENTRAIN_API_BASE_URL=" + serveAnswer(t, row.api), "OT_API_TOKEN=ot_pat_secret"}
			got := run(t, environment(t, append(env, row.env...)...)).call(row.tool, row.args)
			if !got.isError {
				t.Fatalf("no error: %s", got.text)
			}
			for _, want := range row.text {
				if !strings.Contains(got.text, want) {
					t.Errorf("%q is not in\n%s", want, got.text)
				}
			}
			if found := leak(got.text); found != "" || len([]rune(got.text)) > 2000 {
				t.Errorf("%d characters, %q is in\n%s", len([]rune(got.text)), found, got.text)
			}
			checkFailure(t, got.failure, row.want)
		})
	}
}

// checkFailure compares _meta["opentrain/error"], except for its details, arguments and
// words.
func checkFailure(t *testing.T, got, want tool.Failure) {
	t.Helper()
	if got.Next == nil {
		t.Fatalf("no next step in %+v", got)
	}
	next := *got.Next
	if want.RetryAfterSeconds < 0 { // a time that passes
		if got.RetryAfterSeconds < 3000 || got.RetryAfterSeconds > 3600 {
			t.Errorf("retry after %d s", got.RetryAfterSeconds)
		}
		got.RetryAfterSeconds, next.RetryAfterSeconds = want.RetryAfterSeconds, want.Next.RetryAfterSeconds
	}
	next = tool.Next{
		Action: next.Action, By: next.By, Tool: next.Tool, RetryAfterSeconds: next.RetryAfterSeconds, AtMost: next.AtMost,
	}
	got.Details, got.Next = nil, &next
	if !reflect.DeepEqual(got, want) {
		t.Errorf("_meta is %+v, next %+v\nwant    %+v, next %+v", got, got.Next, want, want.Next)
	}
}

// TestErrorsOfTheLoopAreExplained checks the words for errors of the posting loop.
func TestErrorsOfTheLoopAreExplained(t *testing.T) {
	for _, test := range []struct {
		name, tool, args string
		status           int
		body             string
		want             []string
	}{
		{"unauthorized", "opentrain_list_jobs", `{}`, 401, `{"error":"Invalid token","code":"UNAUTHORIZED","requestId":"r-1"}`,
			[]string{"the API token from the test: it is invalid, expired or revoked", "Set a token so and so.", "Request id: r-1"}},
		{"scope", "opentrain_publish", `{"jobId":"j"}`, 403,
			`{"error":"Missing scope","code":"FORBIDDEN","details":{"requiredScopes":["jobs:write"],"grantedScopes":["jobs:read"]}}`,
			[]string{"lacks the jobs:write scope; it has jobs:read", "Nothing was changed"}},
		{"feature", "opentrain_create_draft", `{"description":"x"}`, 403,
			`{"error":"Off","code":"FORBIDDEN","details":{"featureKey":"public_api_job_drafting","mode":"ALLOWLIST"}}`,
			[]string{"public_api_job_drafting is not enabled for this account"}},
		{"claim", "opentrain_publish", `{"jobId":"j"}`, 403,
			`{"error":"A human must claim.","code":"FORBIDDEN","details":{"reason":"account_claim_required","claimUrl":"https://app.opentrain.` +
				`ai/claim"}}`,
			[]string{"https://app.opentrain.ai/claim", "Next: fix", "By: human"}},
		{"not found", "opentrain_patch_draft", `{"jobId":"j","fields":{"headcount":1}}`, 404, `{"error":"Not found","code":"NOT_FOUND"}`,
			[]string{"This account has no job with that id.", "opentrain_list_jobs"}},
		{"conflict", "opentrain_patch_draft", `{"jobId":"j","fields":{"headcount":1}}`, 409,
			`{"error":"Not a draft","code":"CONFLICT","details":{"jobId":"j","status":"OPEN","requiredStatus":"DRAFT"}}`,
			[]string{"The job is live. opentrain_patch_draft works only on drafts.", `Call: opentrain_update_job {"fields":{"headcount":1},"jobId":"j"}`}},
		{"daily limit", "opentrain_publish", `{"jobId":"j"}`, 429,
			`{"error":"Limit","code":"RATE_LIMITED","details":{"limit":3,"windowHours":24}}`,
			[]string{"3 published jobs in 24 hours", "Nothing was changed", "Wait: at most 86400 seconds", `Call: opentrain_publish {"jobId":"j"}`}},
		{"field issues", "opentrain_patch_draft", `{"jobId":"j","fields":{"x":1}}`, 400,
			`{"error":"Invalid body","code":"BAD_REQUEST","details":{"issues":[{"code":"unrecognized_keys","keys":["x"],"path":[],` +
				`"message":"Unrecognized key(s) in object"},{"path":["visibility"],"message":"Invalid enum value","options":["A","B"]}]}}`,
			[]string{"- Unrecognized key(s) in object (x)", "- visibility: Invalid enum value: A, B"}},
		{"moderation", "opentrain_publish", `{"jobId":"j"}`, 403,
			`{"error":"Blocked","code":"FORBIDDEN","details":{"reason":"moderation_blocked","reasons":["asks for passwords"]}}`,
			[]string{"was not published: it failed the content check", "Reason: asks for passwords", "Next: fix"}},
		{"moderation in a report", "opentrain_publish", `{"jobId":"j"}`, 200,
			`{"ok":false,"jobId":"j","status":"DRAFT","moderation":{"decision":"BLOCK","reasons":["asks for passwords"]}}`,
			[]string{"Reason: asks for passwords"}},
		{"not ready", "opentrain_publish", `{"jobId":"j"}`, 400,
			`{"error":"Not ready","code":"BAD_REQUEST","details":{"validation":{"publishReady":false,"missingFields":["experienceLevel"]}}}`,
			[]string{"can't be published yet.", "Next: ask_human", `Options: ["EXPERT"`}},
		{"not ready in a report", "opentrain_publish", `{"jobId":"j"}`, 200,
			`{"jobId":"j","status":"DRAFT","missingFields":[{"field":"x","prompt":"What x?","updateKeys":["x"]}]}`,
			[]string{"can't be published yet.", "Question: What x?"}},
		{"issues only", "opentrain_patch_draft", `{"jobId":"j","fields":{"headcount":1}}`, 200,
			`{"jobId":"j","status":"DRAFT","draftUrl":"https://d","validation":{"publishReady":false,"issueCount":1,"issues":[{` +
				`"field":"headcount","message":"Too many people."}]}}`,
			[]string{"Question: Too many people.", `"headcount":"<answer>"`, "Type: number"}},
		{"nothing said", "opentrain_patch_draft", `{"jobId":"j","fields":{"headcount":1}}`, 200,
			`{"jobId":"j","status":"DRAFT","draftUrl":"https://d","validation":{"publishReady":false,"missingFieldCount":1}}`,
			[]string{"Next: fix", "By: human", "Open: https://d", `Set: {"headcount":1}`}},
		{"asked again", "opentrain_patch_draft", `{"jobId":"j","fields":{"x":1}}`, 200,
			`{"jobId":"j","status":"DRAFT","validation":{"publishReady":false,"missingFields":[{"field":"x","prompt":"ask: What x?",` +
				`"message":"x must be two.","updateKeys":["x"],"example":2}]}}`,
			[]string{"Question: What x?\n", "Note: x must be two.", "Type: number"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := startWith(t, answering(test.status, test.body), nil)
			got := call(t, s.host, test.tool, json.RawMessage(test.args))
			for _, want := range test.want {
				if !strings.Contains(got.text, want) {
					t.Errorf("%q is not in\n%s", want, got.text)
				}
			}
		})
	}
}

// TestOutagesAreExplained: an outage is never shown as an empty list, and the server says
// what is not known.
func TestOutagesAreExplained(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, tool, args string
		status           int
		body             string
		want             []string
	}{
		{"outage of a read", "opentrain_search_jobs", `{}`, 503, `<html>`, []string{"opentrain_search_jobs failed: the response is not OpenTrain's JSON (HTTP 503).", "Wait: 5 seconds"}},
		{"outage of a create", "opentrain_create_draft", `{"description":"x"}`, 502, `<html>`,
			[]string{"unclear whether the draft was created", "retries never create duplicates", `Call: opentrain_create_draft {"description":"x"}`}},
		{"outage of a publish", "opentrain_publish", `{"jobId":"j"}`, 500, `{"error":"Oops","code":"INTERNAL_ERROR"}`,
			[]string{"unclear whether the job was published", "opentrain_list_jobs shows its status"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := startHTTPWith(t, answering(test.status, test.body), nil)
			got := s.call(test.tool, json.RawMessage(test.args), tokenHeader, sandbox.DemoToken)
			for _, want := range test.want {
				if !strings.Contains(got.text, want) {
					t.Errorf("%q is not in\n%s", want, got.text)
				}
			}
		})
	}
}

// TestConflictSuggestsACallThatWorks: after a conflict, the next step calls the other
// tool with arguments that it accepts.
func TestConflictSuggestsACallThatWorks(t *testing.T) {
	s := on(t, http.StatusConflict, `{"error":"Not open.","code":"CONFLICT","details":{"status":"DRAFT","requiredStatus":"OPEN"}}`)
	got := call(t, s.host, "opentrain_update_job", job("fields", map[string]any{"headcount": 1}, "confirmationToken", "abc"))
	if next := got.failure.Next; next == nil || fmt.Sprint(next.Arguments) != "map[fields:map[headcount:1] jobId:job_1]" {
		t.Errorf("got %s", got.text)
	}
	got = call(t, s.host, "opentrain_update_job", patch("jobDescription", strings.Repeat("x", 900)))
	if next := got.failure.Next; next == nil || fmt.Sprint(next.Arguments) != "map[jobId:job_1]" ||
		!strings.Contains(next.Note, "same fields") {
		t.Errorf("got %s", got.text)
	}
}

// TestRetryTimesAreLimited: huge and negative waiting times do not overflow.
func TestRetryTimesAreLimited(t *testing.T) {
	for _, details := range []string{`{"limit":-5,"windowHours":2562048}`, `{"limit":3,"windowHours":1000000000000000}`} {
		got := call(t, on(t, http.StatusTooManyRequests, `{"error":"x","code":"RATE_LIMITED","details":`+details+`}`).host,
			"opentrain_publish", job())
		if after := got.failure.RetryAfterSeconds; after <= 0 || after > 30*24*3600 || strings.Contains(got.text, "-5") {
			t.Errorf("%s: %s", details, got.text)
		}
	}
}
