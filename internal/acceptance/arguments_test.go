package acceptance_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

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
		{"opentrain_create_draft", nil, "description is required"},
		{"opentrain_create_draft", map[string]any{}, "description is required"},
		{"opentrain_create_draft", map[string]any{"description": nil}, "description is required"},
		{"opentrain_create_draft", map[string]any{"description": ""}, "description is required"},
		{"opentrain_create_draft", map[string]any{"description": " \n\t "}, "description must not be empty"},
		{"opentrain_create_draft", map[string]any{"description": []int{1}}, "description: [1] is not a string"},
		{"opentrain_create_draft", map[string]any{"description": huge}, "description has 60001 characters; the limit is 60000"},
		{"opentrain_create_draft", map[string]any{"description": "x", "jobDescription": "y"},
			"jobDescription is not an argument of this tool; did you mean description?"},
		{"opentrain_create_draft", map[string]any{"description": "x", "idempotency_key": "y"}, "did you mean idempotencyKey?"},
		{"opentrain_create_draft", json.RawMessage(`["x"]`), "is not an object"},
		{"opentrain_patch_draft", nil, "jobId is required"},
		{"opentrain_patch_draft", job(), "fields is required"},
		{"opentrain_patch_draft", map[string]any{"jobId": "job_1", "fields": map[string]any{}}, "fields is empty; name at least one field. opentrain_get_draft shows a draft, opentrain_get_job a live job"},
		{"opentrain_patch_draft", map[string]any{"jobId": "", "fields": map[string]any{"headcount": 1}}, "jobId must not be empty"},
		{"opentrain_patch_draft", map[string]any{"jobId": "../tokens", "fields": map[string]any{"headcount": 1}},
			"has invalid characters"},
		{"opentrain_patch_draft", map[string]any{"jobId": "..", "fields": map[string]any{"headcount": 1}}, "is not an id"},
		{"opentrain_patch_draft", map[string]any{"jobId": strings.Repeat("x", 10_000), "fields": map[string]any{"headcount": 1}},
			"jobId has 10000 characters; the limit is 64"},
		{"opentrain_patch_draft", map[string]any{"jobId": "job_1", "fields": "experienceLevel=EXPERT"},
			"fields: \"experienceLevel=EXPERT\" is not an object"},
		{"opentrain_patch_draft", patch("experienceLevel", "GURU"),
			"fields.experienceLevel: \"GURU\" is not one of: EXPERT, ENTRY_LEVEL, INTERMEDIATE, ANY_EXPERIENCE_LEVEL"},
		{"opentrain_patch_draft", patch("pricePerHour", "a lot"),
			"fields.pricePerHour: \"a lot\" is not a number"},
		{"opentrain_patch_draft", patch("headcount", 0), "fields.headcount: 0 is too small"},
		{"opentrain_patch_draft", patch("languages", "Spanish or English"),
			"fields.languages: \"Spanish or English\" is not a list"},
		{"opentrain_patch_draft", patch("countries", "Worldwide"), "fields.countries[0]: \"Worldwide\" is not a country. Ask the human"},
		{"opentrain_patch_draft", patch("languages", []string{"any language"}), "is not a language. Ask the human"},
		{"opentrain_patch_draft", patch("pricePerHour", "18 EUR"), "is not a number of US dollars"},
		{"opentrain_patch_draft", patch("pricePerHour", "18,50"), "is not a number of US dollars"},
		{"opentrain_patch_draft", patch("headcount", "$5"), "fields.headcount: \"$5\" is not a number"},
		{"opentrain_patch_draft", patch("experienceLevel", ""), "fields.experienceLevel: \"\" is not one of: EXPERT, "},
		{"opentrain_patch_draft", patch("experienceLevel", "not expert"), "fields.experienceLevel: \"not expert\" is not one of"},
		{"opentrain_patch_draft", patch("headcount", json.Number("1e19")), "fields.headcount: 1e19 is out of range"},
		{"opentrain_patch_draft", patch("experienceLevel", "<answer>"),
			"fields.experienceLevel"},
		{"opentrain_patch_draft", patch("projectScope", "<answer>"),
			"still has the placeholder"},
		{"opentrain_patch_draft", patch("projectScope", "<answer:projectScope>"),
			"still has the placeholder"},
		{"opentrain_patch_draft", map[string]any{"jobId": "job_1",
			"fields": map[string]any{"pricePerHour": "<answer:pricePerHour>", "paymentType": "<answer:paymentType>"}},
			"fields.pricePerHour still has the placeholder"},
		{"opentrain_update_job", map[string]any{"jobId": "job_1", "fields": `{"pricePerHour":"<answer>"}`},
			"fields.pricePerHour still has the placeholder"},
		{"opentrain_publish", nil, "jobId is required"},
		{"opentrain_publish", map[string]any{"job_id": "job_1"}, "job_id is not an argument of this tool; did you mean jobId?"},
		{"opentrain_patch_draft", map[string]any{"jobId": "job_1", "headcount": 12},
			`headcount is not an argument of this tool; put it in fields, as in {"fields": {"headcount": …}}` + "\n\nNext: fix"},
		{"opentrain_patch_draft", map[string]any{"jobId": "job_1", "fields": map[string]any{"fields": map[string]any{"headcount": 12}}},
			"fields.fields is not a job field; send what it holds without it\n\nNext: fix"},
		{"opentrain_patch_draft", map[string]any{"arguments": map[string]any{"jobId": "job_1", "fields": map[string]any{"headcount": 12}}},
			"arguments is not an argument of this tool; send what it holds without it\n\nNext: fix"},
		{"opentrain_search_jobs", map[string]any{"params": map[string]any{"q": "x"}}, "params is not an argument of this tool; send what it holds without it\n\nNext: fix"},
		{"opentrain_patch_draft", map[string]any{"arguments": map[string]any{"fields": map[string]any{"headcount": 12}}}, "jobId is required"},
		{"opentrain_publish", map[string]any{"jobId": "a/b?x=1"}, "has invalid characters"},
		{"opentrain_publish", map[string]any{"jobId": "%2e%2e"}, "has invalid characters"},
		{"opentrain_search_jobs", map[string]any{"query": "x"}, "query is not an argument"},
		{"opentrain_search_jobs", map[string]any{"limit": 0}, "limit: 0 is too small; it must be at least 1"},
		{"opentrain_search_jobs", map[string]any{"limit": 51}, "limit: 51 is too large; it must be at most 50"},
		{"opentrain_search_jobs", map[string]any{"limit": 2.5}, "limit: 2.5 is not a whole number"},
		{"opentrain_search_jobs", map[string]any{"payType": "barter"},
			"payType: \"barter\" is not one of: PAY_PER_HOUR, FIXED_PRICE, PAY_PER_LABEL"},
		{"opentrain_search_jobs", map[string]any{"q": strings.Repeat("x", 501)}, "q has 501 characters"},
		{"opentrain_search_jobs", map[string]any{"q": map[string]any{}}, "q: {} is not a string"},
		{"opentrain_list_jobs", map[string]any{"status": "PUBLISHED"}, "status: \"PUBLISHED\" is not one of: DRAFT, OPEN"},
		{"opentrain_list_jobs", map[string]any{"limit": "many"}, "limit: \"many\" is not a number"},
		{"opentrain_list_jobs", map[string]any{"jobs": 1}, "jobs is not an argument"},
	} {
		got := call(t, s.host, test.tool, test.args)
		if !got.isError || !strings.Contains(got.text, test.want) {
			t.Errorf("%s %.80v: %q is not in\n%s", test.tool, test.args, test.want, got.text)
		}
		if got.failure.Code != opentrain.CodeInvalidArgument || got.failure.Retryable {
			t.Errorf("%s: %+v", test.tool, got.failure)
		}
		if n := len([]rune(got.text)); n > 4000 {
			t.Errorf("%s: %d characters", test.tool, n)
		}
	}
	for _, call := range s.api.seen() {
		if call != "GET /api/public/v1/job-drafts/capabilities" {
			t.Errorf("%s reached the API", call)
		}
	}
}

// TestAllProblemsOfACallAtOnce: unknown arguments, missing ones, types, and what the account's capabilities say.
func TestAllProblemsOfACallAtOnce(t *testing.T) {
	for _, tool := range []string{"opentrain_patch_draft", "opentrain_update_job"} {
		s := start(t, sandbox.Guide)
		for _, fields := range []any{
			map[string]any{"pricePerHour": "€20", "experienceLevel": "senior", "headcounts": 3, "dataVolumeUnit": "pages", "dataVolume": "<answer>"},
			`{"pricePerHour":"€20","experienceLevel":"senior","headcounts":3,"dataVolumeUnit":"pages","dataVolume":"<answer>"}`,
		} {
			got := call(t, s.host, tool, map[string]any{"job_id": "x", "fields": fields})
			for _, want := range []string{
				"- job_id is not an argument of this tool; did you mean jobId? Arguments: jobId, fields", "- jobId is required",
				"- fields.headcounts is not a job field; did you mean headcount? Fields: jobTitle, ",
				`- fields.pricePerHour: "€20" is not a number of US dollars`,
				`- fields.experienceLevel: "senior" is not one of: EXPERT, ENTRY_LEVEL, INTERMEDIATE, ANY_EXPERIENCE_LEVEL`,
				`- fields.dataVolumeUnit: "pages" is not one of: HOURS_OF_RECORDING_AUDIO_VIDEO, `, "- fields.dataVolume still has the placeholder",
			} {
				if !strings.Contains(got.text, want) {
					t.Errorf("%s: %q is not in\n%s", tool, want, got.text)
				}
			}
			if strings.Contains(got.text, "…") {
				t.Errorf("%s", got.text)
			}
		}
		if s.count("PATCH", "/") != 0 {
			t.Errorf("%v", s.api.seen())
		}
	}
}

// TestEveryJobIDMayBeAPage: the address of a job's page or of its draft page leads to the job, for every tool with a jobId.
func TestEveryJobIDMayBeAPage(t *testing.T) {
	s := start(t, sandbox.Guide)
	listed, err := s.host.ListTools(t.Context(), mcp.ListToolsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, tool := range listed.Tools {
		if _, hasJobID := tool.InputSchema.Properties["jobId"]; !hasJobID {
			continue
		}
		tried++
		for _, page := range []string{
			"https://app.opentrain.ai/jobs/some-title-job_77", "https://app.opentrain.ai/job-post?job=job_77", "some-title-job_77",
			"https://app.opentrain.ai/jobs/" + strings.Repeat("long-title-", 10) + "job_77",
		} {
			args := map[string]any{"jobId": page}
			for _, required := range tool.InputSchema.Required {
				switch required {
				case "jobId":
				case "fields":
					args[required] = map[string]any{"headcount": 3}
				default:
					args[required] = "x"
				}
			}
			got := call(t, s.host, tool.Name, args)
			if got.failure.Code == opentrain.CodeInvalidArgument || strings.Contains(strings.Join(s.api.seen(), "\n"), "title") {
				t.Errorf("%s %s: %s\n%v", tool.Name, page, got.text, s.api.seen())
			}
		}
	}
	if tried < 6 {
		t.Errorf("%d tools have a jobId", tried)
	}
}

// TestAnswersAsPeopleGiveThem: they reach the API as it expects them, and the result says how they were read.
func TestAnswersAsPeopleGiveThem(t *testing.T) {
	for _, test := range []struct {
		key, sent string
		given     any
	}{
		{"pricePerHour", `20`, "$20"}, {"pricePerHour", `18`, "18 USD"}, {"dataVolume", `50000`, "50,000"}, {"dataVolume", `5000`, "5k"},
		{"languages", `["English","Spanish"]`, "English and Spanish"}, {"languages", `["English","Spanish","French"]`, "English, Spanish & French"},
		{"countries", `["Mexico","Trinidad and Tobago"]`, "Mexico, Trinidad and Tobago"},
		{"labelTypes", `["BOUNDING_BOX"]`, []string{"bounding boxes"}}, {"labelTypes", `["BOUNDING_BOX","POLYGON"]`, "boxes, polygons"},
		{"experienceLevel", `"EXPERT"`, "experts"}, {"experienceLevel", `"ANY_EXPERIENCE_LEVEL"`, "any"},
		{"dataVolumeUnit", `"HOURS_OF_RECORDING_AUDIO_VIDEO"`, "hours of audio"}, {"dataVolumeUnit", `"UNKNOWN_NOT_SPECIFIED"`, "Not sure"},
		{"paymentType", `"PAY_PER_HOUR"`, "per hour"},
	} {
		says := slices.Contains([]any{"5k", "English and Spanish", "boxes, polygons", "any", "hours of audio", "per hour"}, test.given)
		s := start(t, sandbox.Guide)
		created := call(t, s.host, "opentrain_create_draft", map[string]any{"description": "Label 100 photos", "askHuman": false})
		got := call(t, s.host, "opentrain_patch_draft", patch(test.key, test.given))
		if created.isError || got.isError || strings.Contains(got.text, "Interpreted: fields."+test.key) != says {
			t.Errorf("%s %v: %s", test.key, test.given, got.text)
		}
		if body := s.api.body("PATCH /api/public/v1/job-drafts/job_1"); body != `{"`+test.key+`":`+test.sent+`}` {
			t.Errorf("%s %v: sent %s", test.key, test.given, body)
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
	got := newChecker(t, on(t, http.StatusOK, `{"jobId":"j","status":"DRAFT"}`)).result(t, "opentrain_patch_draft",
		patch("languages", slices.Repeat([]string{"English and Thai"}, 600)))
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
