package acceptance_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"opentrain-mcp/internal/demo"
	"opentrain-mcp/opentrain/sandbox"
)

// checker calls tools and validates every result against the output schema of its tool.
type checker struct {
	*setup
	schemas map[string]*jsonschema.Schema
}

// result makes a call that must succeed.
func (c checker) result(t *testing.T, tool string, arguments any) answer {
	t.Helper()
	got := call(t, c.host, tool, arguments)
	if got.isError {
		t.Fatalf("%s %v: %s", tool, arguments, got.text)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(got.structured))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.schemas[tool].Validate(value); err != nil {
		t.Errorf("%s: %v\n%s", tool, err, got.structured)
	}
	// A field that a call cleared is null for good reason.
	if strings.Contains(strings.Replace(string(got.structured), `"projectScope":null`, "", 1), ":null") {
		t.Errorf("%s: a null is in %s", tool, got.structured)
	}
	if got.next(t).Action == "" || !strings.Contains(got.text, "\nNext: "+string(got.next(t).Action)) {
		t.Errorf("%s: no next step in\n%s", tool, got.text)
	}
	for form, text := range map[string]string{"text": got.text, "structuredContent": string(got.structured)} {
		if n := utf8.RuneCountInString(text); n > 20_000 {
			t.Errorf("%s: the %s has %d characters", tool, form, n)
		}
	}
	return got
}

func newChecker(t *testing.T, s *setup) checker {
	t.Helper()
	c := checker{setup: s, schemas: map[string]*jsonschema.Schema{}}
	listed, err := s.host.ListTools(t.Context(), mcp.ListToolsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tool := range listed.Tools {
		definition, err := json.Marshal(tool)
		if err != nil {
			t.Fatal(err)
		}
		var published struct{ OutputSchema json.RawMessage }
		if err := json.Unmarshal(definition, &published); err != nil {
			t.Fatal(err)
		}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(published.OutputSchema))
		if err != nil {
			t.Fatal(err)
		}
		compiler := jsonschema.NewCompiler()
		if err := compiler.AddResource(tool.Name, document); err != nil {
			t.Fatal(err)
		}
		if c.schemas[tool.Name], err = compiler.Compile(tool.Name); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// TestResultsMatchTheirSchema: every result matches its schema, in every state of a job
// and in both variants.
func TestResultsMatchTheirSchema(t *testing.T) {
	for _, variant := range []sandbox.Variant{sandbox.Guide, sandbox.Reference} {
		t.Run(string(variant), func(t *testing.T) {
			c := newChecker(t, start(t, variant))
			set := func(fields map[string]any) map[string]any { return job("fields", fields) }
			c.result(t, "opentrain_list_jobs", nil)
			for _, description := range descriptions() {
				c.result(t, "opentrain_create_draft", map[string]any{"description": description})
			}
			c.result(t, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
			c.result(t, "opentrain_publish", job())
			c.result(t, "opentrain_patch_draft", set(map[string]any{"experienceLevel": "expert"}))
			c.result(t, "opentrain_patch_draft", set(map[string]any{"dataVolumeUnit": "NUMBER_OF_FILES", "jobTitle": "Scam test phrase"}))
			c.result(t, "opentrain_publish", job())
			c.result(t, "opentrain_patch_draft", set(map[string]any{"jobTitle": "Boxes", "pricePerHour": 900}))
			if got := c.result(t, "opentrain_publish", job()); !strings.Contains(string(got.structured), `"published":true`) {
				t.Fatalf("got %s", got.structured)
			}
			c.result(t, "opentrain_publish", job())
			for _, order := range []string{"newest", "bid", "match", "interview"} { // of none
				c.result(t, "opentrain_list_proposals", job("sort", order))
			}
			c.result(t, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
			c.result(t, "opentrain_get_job", job())
			c.result(t, "opentrain_update_job", set(map[string]any{"headcount": "4", "projectScope": nil}))
			c.result(t, "opentrain_invite_trainer", job("freelancerId", sandbox.FreelancerAvailable))
			c.result(t, "opentrain_invite_trainer", job("freelancerId", sandbox.FreelancerAvailable))
			c.result(t, "opentrain_update_job", set(map[string]any{"jobTitle": "Scam test phrase"}))
			c.result(t, "opentrain_get_job", job())
			c.result(t, "opentrain_close_job", job())
			c.result(t, "opentrain_close_job", job())
			for _, arguments := range []map[string]any{{}, {"limit": 50}, {"q": "nothing matches this"},
				{"payType": "fixed price", "language": "Spanish"}} {
				c.result(t, "opentrain_search_jobs", arguments)
			}
			c.result(t, "opentrain_get_job", map[string]any{"jobId": "market_001"})
			c.result(t, "opentrain_list_jobs", map[string]any{"limit": 100})
			c.result(t, "opentrain_list_facets", nil)
			c.result(t, "opentrain_list_changes", map[string]any{"since": "2020-01-01", "limit": 3})
			c.result(t, "opentrain_list_changes", map[string]any{"since": "2199-01-01"})
			c.result(t, "opentrain_get_account", nil)
		})
	}
}

// TestIncompleteAnswersMatchTheSchema: results match their schema even when the API's
// answer has members that are missing, null, of another type, or unknown.
func TestIncompleteAnswersMatchTheSchema(t *testing.T) {
	drafts := []string{
		`{"jobId":"j"}`,
		`{"jobId":"j","status":null,"draftUrl":null,"validation":null,"missingFields":null,"normalizedFields":null,` +
			`"lowConfidenceFields":null,"warnings":null,"unmappedFields":null}`,
		`{"jobId":"j","status":"DRAFT","validation":{"publishReady":true,"missingFields":null,"issues":null},"normalizedFields":{},` +
			`"lowConfidenceFields":[],"warnings":[],"unmappedFields":[]}`,
		`{"jobId":"j","status":"DRAFT","validation":{"publishReady":false,"issues":[{"path":["a","b"],"message":"m"},"text",{"x":1},null]},` +
			`"lowConfidenceFields":["text",{"field":"f","value":null,"reason":null},{"field":"g","value":{"a":[null]}}],"warnings":[{` +
			`"message":"m"}],"unmappedFields":[{"path":"p","reason":"r","valuePreview":"v"}]}`,
		`{"jobId":"j","status":"DRAFT","missingFields":[{"field":"a","prompt":null,"type":null,"enumValues":null,"updateKeys":null,` +
			`"example":null,"hint":null},{"field":"b","updateKeys":["b","c"],"example":{"b":1,"d":[]}},"c",{"prompt":"Only words?"}],"new":{` +
			`"thing":1}}`,
		`{"jobId":"j","status":7,"validation":"odd","missingFields":{"odd":1},"normalizedFields":[1],"warnings":"odd"}`,
		`{"jobId":"j","status":"OPEN"}`,
	}
	for tool, bodies := range map[string][]string{
		"opentrain_create_draft": drafts, "opentrain_patch_draft": drafts,
		"opentrain_publish": {`{"status":"OPEN"}`, `{"status":"OPEN","jobUrl":null,"publishAttemptId":null,"warnings":null,"sideEffects":null}`,
			`{"status":"PENDING_APPROVAL","warnings":["w",{"message":"m"}]}`,
			`{"jobId":"j","status":"DRAFT","validation":null,"missingFields":["a"]}`,
			`{"jobId":"j","status":"DRAFT","validation":{"publishReady":true}}`,
			`{"jobId":"j","status":"DRAFT","moderation":{"decision":"BLOCK","reasons":null}}`},
		"opentrain_update_job": {`{"status":"OPEN"}`, `{"moderation":{"decision":"ALLOW","reasons":null}}`,
			`{"status":"DRAFT","moderation":null}`, `{"moderation":{"decision":"BLOCK"}}`},
		"opentrain_close_job":      {`{"status":"ARCHIVED"}`, `{"status":"ARCHIVED","alreadyClosed":null,"jobId":null}`},
		"opentrain_invite_trainer": {`{"proposalId":"p"}`, `{"freelancerId":"f","proposalId":null,"alreadyInvited":null}`},
		"opentrain_search_jobs": {`{"jobs":[]}`, `{"jobs":[{}],"nextCursor":null,"generatedAt":null}`,
			`{"jobs":[{"id":"a","title":null,"companyName":null,"countries":null,"languages":null,"pay":null,"summary":null,` +
				`"descriptionText":null,"url":null}]}`,
			`{"jobs":[{"id":1,"pay":{"hourlyRate":null,"currency":null},"languages":"Spanish"}]}`},
		"opentrain_list_jobs": {`{"jobs":[]}`, `{"jobs":[{}],"nextCursor":null}`,
			`{"jobs":[{"id":"a","title":null,"status":null,"proposalCounts":null,"jobUrl":null,"createdAt":null}]}`,
			`{"jobs":[{"id":"a","proposalCounts":{}}]}`},
		"opentrain_get_job": {`{"id":"a"}`, `{"id":"a","title":null,"descriptionText":null,"descriptionHtml":"<p>x</p>","pay":null,` +
			`"labelTypes":null,"labelingSoftware":null,"skills":null}`, `{"id":"a","status":"closed"}`},
		"opentrain_list_facets": {`{"categories":[]}`,
			`{"totalJobs":null,"categories":null,"languages":[{"value":"x","count":1}],"countries":null,"payTypes":null,"generatedAt":null}`},
		"opentrain_list_changes": {`{"changes":[]}`, `{"changes":[{}],"until":null}`,
			`{"changes":[{"jobId":"a","eventType":null,"occurredAt":"2026-06-01T00:00:00Z"}],"since":null}`},
		"opentrain_get_account": {`{"actor":{"userId":"u"}}`,
			`{"actor":{"userId":"u","email":null,"fullName":null},"token":null,"account":null}`,
			`{"token":{"id":"t","scopes":null,"label":null},"account":{"organizationId":"o"}}`},
	} {
		for i, body := range bodies {
			t.Run(fmt.Sprintf("%s/%d", tool, i), func(t *testing.T) {
				api := roundTripper(func(r *http.Request) (*http.Response, error) {
					if strings.HasSuffix(r.URL.Path, "/capabilities") {
						return answering(http.StatusOK, `{"capabilities":null,"draft":{"updateKeys":null,"enums":null}}`).RoundTrip(r)
					}
					return answering(http.StatusOK, body).RoundTrip(r)
				})
				c := newChecker(t, startWith(t, api, nil))
				c.result(t, tool, map[string]any{
					"opentrain_create_draft": map[string]any{"description": "x"}, "opentrain_patch_draft": patch("a", 1),
					"opentrain_publish": job(), "opentrain_update_job": patch("a", 1), "opentrain_close_job": job(),
					"opentrain_invite_trainer": job("freelancerId", "f"), "opentrain_get_job": job(),
					"opentrain_list_changes": map[string]any{"since": "2026-01-01"},
				}[tool])
			})
		}
	}
}
