package acceptance_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"opentrain-mcp/opentrain"
	"opentrain-mcp/opentrain/sandbox"
)

// TestInvalidArgumentsAreExplainedAndNotSent: missing, unknown, mistyped, null, empty
// and huge arguments of every tool get an explanation. Nothing is sent to the API.
func TestInvalidArgumentsAreExplainedAndNotSent(t *testing.T) {
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
		{"opentrain_create_draft", map[string]any{"description": "x", "jobDescription": "y"},
			"jobDescription: is not an argument of this tool; did you mean description?"},
		{"opentrain_create_draft", map[string]any{"description": "x", "idempotency_key": "y"}, "did you mean idempotencyKey?"},
		{"opentrain_create_draft", json.RawMessage(`["x"]`), "is not an object"},
		{"opentrain_patch_draft", nil, "jobId: is required"},
		{"opentrain_patch_draft", job(), "fields: is required"},
		{"opentrain_patch_draft", map[string]any{"jobId": "job_1", "fields": map[string]any{}}, "fields: is empty"},
		{"opentrain_patch_draft", map[string]any{"jobId": "", "fields": map[string]any{"headcount": 1}}, "jobId: must not be empty"},
		{"opentrain_patch_draft", map[string]any{"jobId": "../tokens", "fields": map[string]any{"headcount": 1}},
			"has characters that no id has"},
		{"opentrain_patch_draft", map[string]any{"jobId": "..", "fields": map[string]any{"headcount": 1}}, "is not an id"},
		{"opentrain_patch_draft", map[string]any{"jobId": strings.Repeat("x", 10_000), "fields": map[string]any{"headcount": 1}},
			"jobId: has 10000 characters; at most 64"},
		{"opentrain_patch_draft", map[string]any{"jobId": "job_1", "fields": "experienceLevel=EXPERT"},
			"fields: \"experienceLevel=EXPERT\" is not an object"},
		{"opentrain_patch_draft", patch("experienceLevel", "GURU"),
			"fields.experienceLevel: \"GURU\" is not one of: EXPERT, ENTRY_LEVEL, INTERMEDIATE, ANY_EXPERIENCE_LEVEL"},
		{"opentrain_patch_draft", patch("pricePerHour", "a lot"),
			"fields.pricePerHour: \"a lot\" is not a number"},
		{"opentrain_patch_draft", patch("headcount", 0), "fields.headcount: 0 is too small"},
		{"opentrain_patch_draft", patch("languages", "Spanish, English"),
			"fields.languages: \"Spanish, English\" is not a list"},
		{"opentrain_patch_draft", patch("experienceLevel", "<answer>"),
			"fields.experienceLevel"},
		{"opentrain_patch_draft", patch("projectScope", "<answer>"),
			"still holds the placeholder"},
		{"opentrain_patch_draft", patch("projectScope", "<answer:projectScope>"),
			"still holds the placeholder"},
		{"opentrain_patch_draft", map[string]any{"jobId": "job_1",
			"fields": map[string]any{"pricePerHour": "<answer:pricePerHour>", "paymentType": "<answer:paymentType>"}},
			"fields.pricePerHour: still holds the placeholder"},
		{"opentrain_update_job", map[string]any{"jobId": "job_1", "fields": `{"pricePerHour":"<answer>"}`},
			"fields.pricePerHour: still holds the placeholder"},
		{"opentrain_publish", nil, "jobId: is required"},
		{"opentrain_publish", map[string]any{"job_id": "job_1"}, "job_id: is not an argument of this tool; did you mean jobId?"},
		{"opentrain_publish", map[string]any{"jobId": "a/b?x=1"}, "has characters that no id has"},
		{"opentrain_publish", map[string]any{"jobId": "%2e%2e"}, "has characters that no id has"},
		{"opentrain_search_jobs", map[string]any{"query": "x"}, "query: is not an argument"},
		{"opentrain_search_jobs", map[string]any{"limit": 0}, "limit: 0 is too small; at least 1"},
		{"opentrain_search_jobs", map[string]any{"limit": 51}, "limit: 51 is too large; at most 50"},
		{"opentrain_search_jobs", map[string]any{"limit": 2.5}, "limit: 2.5 is not a whole number"},
		{"opentrain_search_jobs", map[string]any{"payType": "hourly"},
			"payType: \"hourly\" is not one of: PAY_PER_HOUR, FIXED_PRICE, PAY_PER_LABEL"},
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
			t.Errorf("%s reached the API", call)
		}
	}
}

// TestNoIDReachesAnotherEndpoint: no ID leads to another endpoint, through any tool
// that accepts one.
func TestNoIDReachesAnotherEndpoint(t *testing.T) {
	s := start(t, sandbox.Guide)
	for _, id := range []string{"", " ", ".", "..", "mine", "facets", "changes", "capabilities", "../tokens", "..%2ftokens", "%2e%2e",
		"a/b?x=1", `a\b`, "a\x00b", "\n", strings.Repeat("x", 10_000), strings.Repeat("é", 65)} {
		for tool, arguments := range map[string]map[string]any{
			"opentrain_patch_draft": patch("headcount", 1), "opentrain_publish": job(), "opentrain_get_job": job(),
			"opentrain_update_job": patch("headcount", 1), "opentrain_close_job": job(),
			"opentrain_invite_trainer": job("freelancerId", "f"),
		} {
			arguments["jobId"] = id
			if got := call(t, s.host, tool, arguments); !got.isError || got.failure.Code != opentrain.CodeInvalidArgument {
				t.Errorf("%s %.20q: %s", tool, id, got.text)
			}
		}
	}
	for _, made := range s.api.seen() {
		if made != "GET /api/public/v1/job-drafts/capabilities" {
			t.Errorf("%s reached the API", made)
		}
	}
	// What looks odd and is harmless stays one segment of the path.
	for id, path := range map[string]string{"a?b=c": "/jobs/a?b=c", "a#b": "/jobs/a#b", "...": "/jobs/...", "mine;x": "/jobs/mine;x"} {
		call(t, s.host, "opentrain_get_job", map[string]any{"jobId": id})
		if seen := s.api.seen(); !slices.Contains(seen, "GET /api/public/v1"+path) {
			t.Errorf("%q went to %s", id, seen[len(seen)-2:])
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

// TestInterpretedValuesAreLimited: a long list of interpreted values is cut.
func TestInterpretedValuesAreLimited(t *testing.T) {
	numbers := make([]int, 600)
	got := newChecker(t, on(t, http.StatusOK, `{"jobId":"j","status":"DRAFT"}`)).result(t, "opentrain_patch_draft",
		patch("languages", numbers))
	if !strings.Contains(got.text, "and 591 more") && !strings.Contains(got.text, "and 590 more") {
		t.Errorf("got %.600s", got.text)
	}
	features := make([]string, 700)
	for i := range features {
		features[i] = fmt.Sprintf("%q:true", fmt.Sprintf("a_feature_with_a_long_name_%d", i))
	}
	account := `{"actor":{"userId":"u"},"capabilities":{` + strings.Join(features, ",") + `}}`
	newChecker(t, on(t, http.StatusOK, account)).result(t, "opentrain_get_account", nil)
}
