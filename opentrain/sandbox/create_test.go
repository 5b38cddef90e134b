package sandbox_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"opentrain-mcp/opentrain/sandbox"
)

// The sample of developers/guides/post-a-job, which is shortened.
const guideSample = `{
  "ok": true, "jobId": "job_1", "status": "DRAFT",
  "draftUrl": "https://app.opentrain.ai/job-post?job=job_1",
  "validation": {"publishReady": false, "issueCount": 0, "missingFieldCount": 2,
    "missingFields": ["experienceLevel", "dataVolumeUnit"], "issues": []},
  "missingFields": [{
    "field": "experienceLevel", "label": "Experience level",
    "message": "Experience level is required", "code": "MISSING_EXPERIENCE_LEVEL",
    "prompt": "What experience level should AI trainers have for this job?",
    "type": "enum",
    "enumValues": ["EXPERT", "INTERMEDIATE", "ENTRY_LEVEL", "ANY_EXPERIENCE_LEVEL"],
    "updateKeys": ["experienceLevel"],
    "example": {"experienceLevel": "INTERMEDIATE"}
  }],
  "normalizedFields": {"jobTitle": "Bounding Box Annotation for Dashcam Images", "paymentType": "PAY_PER_HOUR", "pricePerHour": 18},
  "lowConfidenceFields": [], "warnings": [], "unmappedFields": []
}`

// The sample of developers/api-reference/job-drafts/create.
const referenceSample = `{
  "ok": true, "jobId": "job_1", "status": "DRAFT",
  "draftUrl": "https://app.opentrain.ai/job-post?jobId=job_1",
  "reviewUrl": "https://app.opentrain.ai/job-post?jobId=job_1",
  "validation": {"publishReady": false, "issueCount": 0, "missingFieldCount": 2, "missingFields": [], "issues": []},
  "missingFields": [
    {
      "field": "experienceLevel", "label": "Experience level",
      "message": "Experience level is required before publishing.",
      "code": "missing_required_field",
      "prompt": "ask: What experience level should AI trainers have? (EXPERT, ENTRY_LEVEL, INTERMEDIATE, ANY_EXPERIENCE_LEVEL)",
      "type": "enum",
      "enumValues": ["EXPERT", "ENTRY_LEVEL", "INTERMEDIATE", "ANY_EXPERIENCE_LEVEL"],
      "updateKeys": ["experienceLevel"],
      "example": "INTERMEDIATE",
      "hint": "Pick the minimum level the work realistically needs."
    },
    {
      "field": "pricePerLabel", "label": "Price per label",
      "message": "A pay rate is required before publishing.",
      "code": "missing_required_field",
      "prompt": "ask: How much will you pay per label (USD)?",
      "type": "number", "enumValues": null, "updateKeys": ["pricePerLabel"],
      "example": "0.05", "hint": null
    }
  ],
  "normalizedFields": {
    "jobTitle": "Spanish Sentiment Labeling — Social Media Posts",
    "paymentType": "PAY_PER_LABEL", "languages": ["Spanish"], "headcount": 5,
    "dataVolume": 20000, "dataVolumeUnit": "NUMBER_OF_FILES"
  }
}`

// TestCreateSamples compares with the samples on the pages. The samples shorten normalizedFields, and the
// guide shortens missingFields.
func TestCreateSamples(t *testing.T) {
	cases := []struct {
		variant      sandbox.Variant
		text, sample string
		status       int
	}{
		{sandbox.Guide, guideText, guideSample, 200},
		{sandbox.Reference, referenceText, referenceSample, 201},
	}
	for _, tc := range cases {
		t.Run(string(tc.variant), func(t *testing.T) {
			a := newAPI(t, sandbox.Config{Variant: tc.variant})
			got := a.want(tc.status, "POST", "/job-drafts", object{"rawJobDescription": tc.text})
			var want object
			if err := json.Unmarshal([]byte(tc.sample), &want); err != nil {
				t.Fatal(err)
			}
			for key, value := range want {
				switch key {
				case "missingFields":
					for i, gap := range list(value) {
						equal(t, "gap", dig(got, "missingFields", i), gap)
					}
					equal(t, "number of gaps", len(missing(got)), 2)
				case "normalizedFields":
					for field, v := range obj(value) {
						equal(t, field, dig(got, key, field), v)
					}
				default:
					equal(t, key, got[key], value)
				}
			}
			equal(t, "description", dig(got, "normalizedFields", "jobDescription"), tc.text)
		})
	}
}

func TestCreateShapes(t *testing.T) {
	a := newAPI(t, sandbox.Config{})
	for _, body := range []object{
		{"rawJobDescription": guideText},
		{"source": object{"type": "text", "text": guideText, "externalId": "x"}},
		{"source": object{"text": guideText}, "format": nil},
		{"format": "text", "text": guideText, "externalId": "x"},
		{"format": "text", "rawJobDescription": guideText, "later": 1},
	} {
		equal(t, fmt.Sprint(body), missing(a.want(200, "POST", "/job-drafts", body)), []string{"experienceLevel", "dataVolumeUnit"})
	}
}

func TestCreateKeepsTheTextVerbatim(t *testing.T) {
	a := newAPI(t, sandbox.Config{})
	for _, text := range []string{" \n leading & <b>html</b>\r\n\t", "nul \x00, \u2028, \U0001F600, e\u0301, ﷺ", "“quotes” \\ \""} {
		equal(t, "text", dig(a.create(text), "normalizedFields", "jobDescription"), text)
	}
}

func TestCreateRefusals(t *testing.T) {
	a := newAPI(t, sandbox.Config{})
	for name, tc := range map[string]struct {
		body any
		says string
	}{
		"empty body":      {nil, "valid JSON"},
		"broken JSON":     {`{"rawJobDescription": "x",}`, "byte 27"},
		"two values":      {`{} {}`, "byte 4"},
		"an array":        {`[]`, "JSON object"},
		"null":            {`null`, "JSON object"},
		"nothing":         {`{}`, "rawJobDescription"},
		"null text":       {`{"rawJobDescription": null}`, "rawJobDescription"},
		"blank":           {`{"rawJobDescription": " \n\t "}`, "empty"},
		"not a string":    {`{"rawJobDescription": 5}`, "fields are invalid"},
		"source a string": {`{"source": "x"}`, "fields are invalid"},
		"key a number":    {`{"rawJobDescription": "x", "idempotencyKey": 5}`, "fields are invalid"},
		"text an array":   {`{"source": {"text": ["x"]}}`, "fields are invalid"},
		"too long":        {object{"rawJobDescription": strings.Repeat("é", 60_001)}, "60000"},
	} {
		t.Run(name, func(t *testing.T) {
			a.t = t
			got := a.want(400, "POST", "/job-drafts", tc.body)
			if got["code"] != "BAD_REQUEST" || !strings.Contains(str(got["error"]), tc.says) {
				t.Errorf("got %v, want an error that says %q", got, tc.says)
			}
		})
	}
	a.want(200, "POST", "/job-drafts", object{"rawJobDescription": strings.Repeat("😀", 60_000)})
	large := a.want(413, "POST", "/job-drafts", object{"rawJobDescription": strings.Repeat("x", 1<<20)})
	equal(t, "code", large["code"], "BAD_REQUEST")
	equal(t, "issue", dig(a.want(400, "POST", "/job-drafts", `{"source":{"text":5}}`), "details", "issues", 0),
		object{"code": "invalid_type", "expected": "string", "received": "number", "path": []string{"source", "text"}, "message": "Expected string, received number"})
}

func TestCreateFormats(t *testing.T) {
	a := newAPI(t, sandbox.Config{})
	all := []string{"text", "opentrain_canonical", "schema_org_job_posting", "indeed_xml", "hr_xml"}
	for _, body := range []object{{"format": "csv"}, {"source": object{"type": "csv"}}} {
		got := a.want(400, "POST", "/job-drafts", body)
		equal(t, "formats", dig(got, "details", "supportedFormats"), all)
		if !strings.Contains(str(got["error"]), "not supported") {
			t.Errorf("got %v", got["error"])
		}
	}
}

func TestIdempotencyKey(t *testing.T) {
	bothVariants(t, func(t *testing.T, v sandbox.Variant) {
		a := newAPI(t, sandbox.Config{Variant: v, Accounts: []sandbox.Account{writer("one"), writer("two")}})
		body := object{"rawJobDescription": readyText, "idempotencyKey": "k"}
		_, first := a.do("POST", "/job-drafts", body)
		again := a.want(200, "POST", "/job-drafts", object{"source": object{"text": "another text", "idempotencyKey": "k"}})
		equal(t, "the repeated answer", again, first)
		for _, other := range []object{
			{}, {"rawJobDescription": ""}, {"rawJobDescription": strings.Repeat("x", 60_001)}, {"format": "nope"},
			{"format": "indeed_xml", "xml": "<job>"}, {"format": "schema_org_job_posting", "jsonLd": object{}},
		} {
			other["idempotencyKey"] = "k"
			equal(t, "the answer to a body that makes no job", a.want(200, "POST", "/job-drafts", other), first)
		}
		a.want(400, "POST", "/job-drafts", object{"rawJobDescription": 5, "idempotencyKey": "k"})
		a.want(200, "PATCH", "/job-drafts/job_1", object{"jobTitle": "Renamed"})
		a.want(200, "POST", "/jobs/job_1/publish", nil)
		again = a.want(200, "POST", "/job-drafts", body)
		equal(t, "status", again["status"], "OPEN")
		equal(t, "title", dig(again, "normalizedFields", "jobTitle"), "Renamed")
		_, other := a.as("two").do("POST", "/job-drafts", body)
		equal(t, "another account's job", other["jobId"], "job_2")
		_, none := a.do("POST", "/job-drafts", object{"rawJobDescription": "x", "idempotencyKey": ""})
		_, none2 := a.do("POST", "/job-drafts", object{"rawJobDescription": "x", "idempotencyKey": ""})
		if none["jobId"] == none2["jobId"] {
			t.Error("an empty key was taken for a key")
		}
	})
}

func TestIdempotencyKeyConcurrently(t *testing.T) {
	a := newAPI(t, sandbox.Config{})
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			_, got := a.do("POST", "/job-drafts", object{"rawJobDescription": guideText, "idempotencyKey": "k"})
			if got["jobId"] != "job_1" {
				t.Errorf("jobId = %v", got["jobId"])
			}
			a.do("PATCH", "/job-drafts/job_1", object{"headcount": i + 1})
			a.do("GET", "/jobs/mine", nil)
		})
	}
	wg.Wait()
	if mine := a.want(200, "GET", "/jobs/mine", nil); len(ids(mine)) != 1 {
		t.Errorf("%d jobs", len(ids(mine)))
	}
}
