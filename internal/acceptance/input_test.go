package acceptance_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/opentrain/sandbox"
)

// TestBadInputIsAnsweredInWordsAndGoesNowhere: missing, unknown, mistyped,
// null, empty and huge arguments of every tool.
func TestBadInputIsAnsweredInWordsAndGoesNowhere(t *testing.T) {
	huge := strings.Repeat("😀", opentrain.MaxDescription+1)
	s := start(t, sandbox.Guide)
	for _, test := range []struct {
		tool string
		args any
		want string
	}{
		{"opentrain_create_draft", nil, "description: is required"},
		{"opentrain_create_draft", map[string]any{}, "description: is required"},
		{"opentrain_create_draft", map[string]any{"description": nil}, "description: is required"},
		{"opentrain_create_draft", map[string]any{"description": ""}, "description: is required"},
		{"opentrain_create_draft", map[string]any{"description": " \n\t "}, "description: must not be empty"},
		{"opentrain_create_draft", map[string]any{"description": []int{1}}, "description: [1] is not a string"},
		{"opentrain_create_draft", map[string]any{"description": huge}, "description: has 60001 characters; at most 60000"},
		{"opentrain_create_draft", map[string]any{"description": "x", "jobDescription": "y"}, "jobDescription: is not an argument of this tool; did you mean description?"},
		{"opentrain_create_draft", map[string]any{"description": "x", "idempotency_key": "y"}, "did you mean idempotencyKey?"},
		{"opentrain_create_draft", json.RawMessage(`["x"]`), "is not an object"},
		{"opentrain_patch_draft", nil, "jobId: is required"},
		{"opentrain_patch_draft", map[string]any{"jobId": "job_1"}, "fields: is required"},
		{"opentrain_patch_draft", map[string]any{"jobId": "job_1", "fields": map[string]any{}}, "fields: is empty"},
		{"opentrain_patch_draft", map[string]any{"jobId": "", "fields": map[string]any{"headcount": 1}}, "jobId: must not be empty"},
		{"opentrain_patch_draft", map[string]any{"jobId": "../tokens", "fields": map[string]any{"headcount": 1}}, "has characters that no id has"},
		{"opentrain_patch_draft", map[string]any{"jobId": "..", "fields": map[string]any{"headcount": 1}}, "is not an id"},
		{"opentrain_patch_draft", map[string]any{"jobId": strings.Repeat("x", 10_000), "fields": map[string]any{"headcount": 1}}, "jobId: has 10000 characters; at most 64"},
		{"opentrain_patch_draft", map[string]any{"jobId": "job_1", "fields": "experienceLevel=EXPERT"}, "fields: \"experienceLevel=EXPERT\" is not an object"},
		{"opentrain_patch_draft", map[string]any{"jobId": "job_1", "fields": map[string]any{"experienceLevel": "GURU"}}, "fields.experienceLevel: \"GURU\" is not one of: EXPERT, ENTRY_LEVEL, INTERMEDIATE, ANY_EXPERIENCE_LEVEL"},
		{"opentrain_patch_draft", map[string]any{"jobId": "job_1", "fields": map[string]any{"pricePerHour": "a lot"}}, "fields.pricePerHour: \"a lot\" is not a number"},
		{"opentrain_patch_draft", map[string]any{"jobId": "job_1", "fields": map[string]any{"headcount": 0}}, "fields.headcount: 0 is too small"},
		{"opentrain_patch_draft", map[string]any{"jobId": "job_1", "fields": map[string]any{"languages": "Spanish, English"}}, "fields.languages: \"Spanish, English\" is not a list"},
		{"opentrain_patch_draft", map[string]any{"jobId": "job_1", "fields": map[string]any{"experienceLevel": "<answer>"}}, "fields.experienceLevel"},
		{"opentrain_patch_draft", map[string]any{"jobId": "job_1", "fields": map[string]any{"projectScope": "<answer>"}}, "still holds the placeholder"},
		{"opentrain_patch_draft", map[string]any{"jobId": "job_1", "fields": map[string]any{"projectScope": "<answer:projectScope>"}}, "still holds the placeholder"},
		{"opentrain_patch_draft", map[string]any{"jobId": "job_1", "fields": map[string]any{"pricePerHour": "<answer:pricePerHour>", "paymentType": "<answer:paymentType>"}}, "fields.pricePerHour: still holds the placeholder"},
		{"opentrain_update_job", map[string]any{"jobId": "job_1", "fields": `{"pricePerHour":"<answer>"}`}, "fields.pricePerHour: still holds the placeholder"},
		{"opentrain_publish", nil, "jobId: is required"},
		{"opentrain_publish", map[string]any{"job_id": "job_1"}, "job_id: is not an argument of this tool; did you mean jobId?"},
		{"opentrain_publish", map[string]any{"jobId": "a/b?x=1"}, "has characters that no id has"},
		{"opentrain_publish", map[string]any{"jobId": "%2e%2e"}, "has characters that no id has"},
		{"opentrain_search_jobs", map[string]any{"query": "x"}, "query: is not an argument"},
		{"opentrain_search_jobs", map[string]any{"limit": 0}, "limit: 0 is too small; at least 1"},
		{"opentrain_search_jobs", map[string]any{"limit": 51}, "limit: 51 is too large; at most 50"},
		{"opentrain_search_jobs", map[string]any{"limit": 2.5}, "limit: 2.5 is not a whole number"},
		{"opentrain_search_jobs", map[string]any{"payType": "hourly"}, "payType: \"hourly\" is not one of: PAY_PER_HOUR, FIXED_PRICE, PAY_PER_LABEL"},
		{"opentrain_search_jobs", map[string]any{"q": strings.Repeat("x", 501)}, "q: has 501 characters"},
		{"opentrain_search_jobs", map[string]any{"q": map[string]any{}}, "q: {} is not a string"},
		{"opentrain_list_jobs", map[string]any{"status": "PUBLISHED"}, "status: \"PUBLISHED\" is not one of: DRAFT, OPEN"},
		{"opentrain_list_jobs", map[string]any{"limit": "many"}, "limit: \"many\" is not a number"},
		{"opentrain_list_jobs", map[string]any{"jobs": 1}, "jobs: is not an argument"},
	} {
		got := call(t, s.host, test.tool, test.args)
		if !got.isError || !strings.Contains(got.text, test.want) {
			t.Errorf("%s %.80v: %q is not in\n%s", test.tool, test.args, test.want, got.text)
		}
		if got.failure.Code != opentrain.CodeInvalidArgument || got.failure.Retryable {
			t.Errorf("%s: %+v", test.tool, got.failure)
		}
		if n := len([]rune(got.text)); n > 2000 {
			t.Errorf("%s: %d characters", test.tool, n)
		}
	}
	for _, call := range s.api.seen() {
		if call != "GET /api/public/v1/job-drafts/capabilities" {
			t.Errorf("%s went out", call)
		}
	}
}

// TestNoIDReachesAnotherEndpoint through any tool that takes one.
func TestNoIDReachesAnotherEndpoint(t *testing.T) {
	s := start(t, sandbox.Guide)
	for _, id := range []string{"", " ", ".", "..", "mine", "facets", "changes", "capabilities", "../tokens", "..%2ftokens", "%2e%2e", "a/b?x=1", `a\b`, "a\x00b", "\n", strings.Repeat("x", 10_000), strings.Repeat("é", 65)} {
		for tool, arguments := range map[string]map[string]any{
			"opentrain_patch_draft": job("fields", map[string]any{"headcount": 1}), "opentrain_publish": job(), "opentrain_get_job": job(),
			"opentrain_update_job": job("fields", map[string]any{"headcount": 1}), "opentrain_close_job": job(), "opentrain_invite_trainer": job("freelancerId", "f"),
		} {
			arguments["jobId"] = id
			if got := call(t, s.host, tool, arguments); !got.isError || got.failure.Code != opentrain.CodeInvalidArgument {
				t.Errorf("%s %.20q: %s", tool, id, got.text)
			}
		}
	}
	for _, made := range s.api.seen() {
		if made != "GET /api/public/v1/job-drafts/capabilities" {
			t.Errorf("%s went out", made)
		}
	}
	// What looks odd and is harmless stays one segment of the path.
	for id, path := range map[string]string{"a?b=c": "/jobs/a?b=c", "a#b": "/jobs/a#b", "...": "/jobs/...", "mine;x": "/jobs/mine;x"} {
		call(t, s.host, "opentrain_get_job", map[string]any{"jobId": id})
		if seen := s.api.seen(); seen[len(seen)-1] != "GET /api/public/v1"+path {
			t.Errorf("%q went to %s", id, seen[len(seen)-1])
		}
	}
}

// TestDescriptionsReachTheAPIUnchanged sends a description through the whole server.
func TestDescriptionsReachTheAPIUnchanged(t *testing.T) {
	for _, text := range []string{
		"👩‍💻 \"quoted\" <b>&amp;\r\nعربي \u200f\u202e\t\u2028 end ", strings.Repeat("😀", opentrain.MaxDescription), `C:\path "and" \n \u0041`,
	} {
		s := start(t, sandbox.Guide)
		if got := call(t, s.host, "opentrain_create_draft", map[string]any{"description": text}); got.isError {
			t.Fatal(got.text)
		}
		var body struct{ Source struct{ Text string } }
		if err := json.Unmarshal([]byte(s.api.body("POST /api/public/v1/job-drafts")), &body); err != nil || body.Source.Text != text {
			t.Errorf("%.40q arrived as %.40q (%v)", text, body.Source.Text, err)
		}
	}
}

// TestPanicsTellNothing: a bug becomes a plain failure, and the server lives.
func TestPanicsTellNothing(t *testing.T) {
	s := startWith(t, roundTripper(func(*http.Request) (*http.Response, error) { panic("secret=123") }), func(*opentrainmcp.Config) {})
	for range 2 {
		got := call(t, s.host, "opentrain_search_jobs", nil)
		if !got.isError || strings.Contains(got.text, "secret") || got.failure.Code != opentrain.CodeInternal {
			t.Errorf("got %s", got.text)
		}
	}
	if !strings.Contains(s.log.String(), "secret=123") {
		t.Error("the log does not name the cause")
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answering is an API that gives one answer.
func answering(status int, body string) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	})
}

// TestRefusalsAreExplained looks at the words for the refusals of the loop.
func TestRefusalsAreExplained(t *testing.T) {
	for _, test := range []struct {
		name, tool, args string
		status           int
		body             string
		want             []string
	}{
		{"unauthorized", "opentrain_list_jobs", `{}`, 401, `{"error":"Invalid token","code":"UNAUTHORIZED","requestId":"r-1"}`,
			[]string{"wrong, expired or revoked", "It was read from the test.", "Set a token so and so.", "Request id: r-1"}},
		{"scope", "opentrain_publish", `{"jobId":"j"}`, 403, `{"error":"Missing scope","code":"FORBIDDEN","details":{"requiredScopes":["jobs:write"],"grantedScopes":["jobs:read"]}}`,
			[]string{"lacks the scope jobs:write; it has jobs:read", "Nothing was changed"}},
		{"feature", "opentrain_create_draft", `{"description":"x"}`, 403, `{"error":"Off","code":"FORBIDDEN","details":{"featureKey":"public_api_job_drafting","mode":"ALLOWLIST"}}`,
			[]string{"public_api_job_drafting is not enabled for this account"}},
		{"claim", "opentrain_publish", `{"jobId":"j"}`, 403, `{"error":"A human must claim.","code":"FORBIDDEN","details":{"reason":"account_claim_required","claimUrl":"https://app.opentrain.ai/claim"}}`,
			[]string{"https://app.opentrain.ai/claim", "Next: fix", "By: human"}},
		{"not found", "opentrain_patch_draft", `{"jobId":"j","fields":{"headcount":1}}`, 404, `{"error":"Not found","code":"NOT_FOUND"}`,
			[]string{"no such job, or it belongs to another account", "opentrain_list_jobs"}},
		{"conflict", "opentrain_patch_draft", `{"jobId":"j","fields":{"headcount":1}}`, 409, `{"error":"Not a draft","code":"CONFLICT","details":{"jobId":"j","status":"OPEN","requiredStatus":"DRAFT"}}`,
			[]string{"The job is OPEN; this needs DRAFT"}},
		{"daily limit", "opentrain_publish", `{"jobId":"j"}`, 429, `{"error":"Limit","code":"RATE_LIMITED","details":{"limit":3,"windowHours":24}}`,
			[]string{"3 publishes in 24 hours", "stays a draft", "Wait: at most 86400 seconds", `Call: opentrain_publish {"jobId":"j"}`}},
		{"field issues", "opentrain_patch_draft", `{"jobId":"j","fields":{"x":1}}`, 400, `{"error":"Invalid body","code":"BAD_REQUEST","details":{"issues":[{"code":"unrecognized_keys","keys":["x"],"path":[],"message":"Unrecognized key(s) in object"},{"path":["visibility"],"message":"Invalid enum value","options":["A","B"]}]}}`,
			[]string{"- Unrecognized key(s) in object (x)", "- visibility: Invalid enum value; send one of A, B"}},
		{"moderation", "opentrain_publish", `{"jobId":"j"}`, 403, `{"error":"Blocked","code":"FORBIDDEN","details":{"reason":"moderation_blocked","reasons":["asks for passwords"]}}`,
			[]string{"was not published: the content check blocked it", "Reason: asks for passwords", "Next: fix"}},
		{"moderation in a report", "opentrain_publish", `{"jobId":"j"}`, 200, `{"ok":false,"jobId":"j","status":"DRAFT","moderation":{"decision":"BLOCK","reasons":["asks for passwords"]}}`,
			[]string{"Reason: asks for passwords"}},
		{"not ready", "opentrain_publish", `{"jobId":"j"}`, 400, `{"error":"Not ready","code":"BAD_REQUEST","details":{"validation":{"publishReady":false,"missingFields":["experienceLevel"]}}}`,
			[]string{"was not published", "Next: ask_human", `Options: ["EXPERT"`}},
		{"not ready in a report", "opentrain_publish", `{"jobId":"j"}`, 200, `{"jobId":"j","status":"DRAFT","missingFields":[{"field":"x","prompt":"What x?","updateKeys":["x"]}]}`,
			[]string{"was not published", "Question: What x?"}},
		{"issues only", "opentrain_patch_draft", `{"jobId":"j","fields":{"headcount":1}}`, 200, `{"jobId":"j","status":"DRAFT","draftUrl":"https://d","validation":{"publishReady":false,"issueCount":1,"issues":[{"field":"headcount","message":"Too many people."}]}}`,
			[]string{"Question: Too many people.", `"headcount":"<answer>"`, "Type: number"}},
		{"nothing said", "opentrain_patch_draft", `{"jobId":"j","fields":{"headcount":1}}`, 200, `{"jobId":"j","status":"DRAFT","draftUrl":"https://d","validation":{"publishReady":false,"missingFieldCount":1}}`,
			[]string{"Next: fix", "By: human", "Open: https://d", `Set: {"headcount":1}`}},
		{"asked again", "opentrain_patch_draft", `{"jobId":"j","fields":{"x":1}}`, 200, `{"jobId":"j","status":"DRAFT","validation":{"publishReady":false,"missingFields":[{"field":"x","prompt":"ask: What x?","message":"x must be two.","updateKeys":["x"],"example":2}]}}`,
			[]string{"Question: What x?\n", "Note: x must be two.", "Type: number"}},
		{"outage of a read", "opentrain_search_jobs", `{}`, 503, `<html>`, []string{"Nothing was changed", "says nothing about what exists"}},
		{"outage of a create", "opentrain_create_draft", `{"description":"x"}`, 502, `<html>`, []string{"not known whether the draft was made", "no second one is made", `Call: opentrain_create_draft {"description":"x"}`}},
		{"outage of a publish", "opentrain_publish", `{"jobId":"j"}`, 500, `{"error":"Oops","code":"INTERNAL_ERROR"}`, []string{"not known whether the job was published", "opentrain_list_jobs shows its status"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := startWith(t, answering(test.status, test.body), func(*opentrainmcp.Config) {})
			got := call(t, s.host, test.tool, json.RawMessage(test.args))
			for _, want := range test.want {
				if !strings.Contains(got.text, want) {
					t.Errorf("%q is not in\n%s", want, got.text)
				}
			}
		})
	}
}

// TestToolSelection: read-only mode and the lists of tools.
func TestToolSelection(t *testing.T) {
	api, err := opentrain.New(opentrain.Config{Transport: answering(200, `{"jobs":[]}`)})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		cfg    opentrainmcp.Config
		served string
		err    string
	}{
		{"read-only", opentrainmcp.Config{ReadOnly: true}, "opentrain_list_jobs opentrain_search_jobs opentrain_get_job opentrain_list_facets opentrain_list_changes opentrain_get_account", ""},
		{"only one", opentrainmcp.Config{Tools: []string{"opentrain_publish"}}, "opentrain_publish", ""},
		{"all but one", opentrainmcp.Config{ExcludeTools: []string{"opentrain_publish"}}, "opentrain_create_draft opentrain_patch_draft opentrain_list_jobs opentrain_update_job opentrain_close_job opentrain_search_jobs opentrain_get_job opentrain_list_facets opentrain_list_changes opentrain_get_account opentrain_invite_trainer", ""},
		{"misspelt", opentrainmcp.Config{Tools: []string{"opentrain_publsh"}}, "", "did you mean opentrain_publish?"},
		{"nothing left", opentrainmcp.Config{ReadOnly: true, Tools: []string{"opentrain_publish"}}, "", "leave no tool"},
	} {
		test.cfg.API = api
		server, err := opentrainmcp.New(test.cfg)
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s: got %v", test.name, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, tool := range server.Tools() {
			names = append(names, tool.Name)
		}
		if got := strings.Join(names, " "); got != test.served {
			t.Errorf("%s: serves %s", test.name, got)
		}
	}
	if _, err := opentrainmcp.New(opentrainmcp.Config{}); err == nil {
		t.Error("a server without an API client cannot be")
	}
}

// TestReadOnlyServerRefusesWrites: a hidden tool cannot be called either.
func TestReadOnlyServerRefusesWrites(t *testing.T) {
	s := startWith(t, answering(200, `{}`), func(cfg *opentrainmcp.Config) { cfg.ReadOnly = true })
	var request mcp.CallToolRequest
	request.Params.Name, request.Params.Arguments = "opentrain_publish", map[string]any{"jobId": "j"}
	if _, err := s.host.CallTool(context.Background(), request); err == nil || len(s.api.seen()) != 0 {
		t.Errorf("got %v, calls %v", err, s.api.seen())
	}
}
