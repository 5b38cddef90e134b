package acceptance_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/client/transport"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/demo"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/opentrain/sandbox"
)

// TestNextAloneLeadsToAPublishedJob: 20 descriptions lead to published jobs in both
// variants, for a client that only reads structuredContent.next and for one that only
// reads the text.
func TestNextAloneLeadsToAPublishedJob(t *testing.T) {
	if len(descriptions()) != 20 {
		t.Fatalf("%d descriptions", len(descriptions()))
	}
	for name, read := range map[string]func(*testing.T, answer) step{"structured": readStructured, "text": readText} {
		for _, variant := range []sandbox.Variant{sandbox.Guide, sandbox.Reference} {
			kinds := map[string]bool{}
			for i, description := range descriptions() {
				t.Run(fmt.Sprintf("%s/%s/%d", name, variant, i), func(t *testing.T) {
					f := follower{t: t, setup: start(t, variant), read: read, kinds: kinds}
					f.run(description)
				})
			}
			for _, kind := range []string{"enum", "number", "array", "multi-key", "unknown key"} {
				if !kinds[kind] {
					t.Errorf("%s, %s: no %s question among %v", name, variant, kind, kinds)
				}
			}
		}
	}
}

// TestPromptsAreAskedVerbatim compares the questions with the API's prompts.
func TestPromptsAreAskedVerbatim(t *testing.T) {
	for variant, want := range map[sandbox.Variant]string{
		sandbox.Guide:     "What experience level should AI trainers have for this job?",
		sandbox.Reference: "What experience level should AI trainers have? (EXPERT, ENTRY_LEVEL, INTERMEDIATE, ANY_EXPERIENCE_LEVEL)",
	} {
		got := call(t, start(t, variant).host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
		next := got.next(t)
		if next.Question != want || next.Field != "experienceLevel" || next.Type != "enum" || next.Remaining != 2 {
			t.Errorf("%s: %+v", variant, next)
		}
		if !strings.Contains(got.text, "\nQuestion: "+want+"\n") {
			t.Errorf("%s: the text is\n%s", variant, got.text)
		}
		if !slices.Contains(next.Options, "ANY_EXPERIENCE_LEVEL") || len(next.Options) != 4 {
			t.Errorf("%s: options %v", variant, next.Options)
		}
		if !strings.Contains(got.text, "Open questions besides the next one (you can ask all at once):\n- ") || !strings.Contains(got.text, "dataVolumeUnit") {
			t.Errorf("%s: the text does not name the other question:\n%s", variant, got.text)
		}
	}
}

// TestLoopOverStdio posts a job with the real program and its embedded sandbox.
func TestLoopOverStdio(t *testing.T) {
	t.Parallel()
	host := connect(t, environment(t), "--sandbox")
	for _, step := range []struct {
		tool      string
		arguments map[string]any
		want      string
	}{
		{"opentrain_create_draft", map[string]any{"description": "We need 10 experienced annotators for bounding boxes on 50,000 dashcam " +
			"images. Pay is $18/hour. English required. Work runs about six weeks."}, "needs 2 more answers"},
		{"opentrain_patch_draft", patch("experienceLevel", "intermediate"),
			"needs 1 more answer"},
		{"opentrain_publish", job(), "can't be published yet."},
		{"opentrain_patch_draft", patch("dataVolumeUnit", "NUMBER_OF_FILES"),
			"Next: confirm_with_human"},
		{"opentrain_publish", job(), "Job job_1 is live."},
		{"opentrain_publish", job(), "is already live"},
		{"opentrain_search_jobs", map[string]any{"q": "dashcam bounding box"}, "(id job_1)"},
		{"opentrain_list_jobs", map[string]any{"status": "OPEN"}, "(id job_1)"},
	} {
		if got := call(t, host, step.tool, step.arguments); got.isError || !strings.Contains(got.text, step.want) {
			t.Errorf("%s: %q is not in\n%s", step.tool, step.want, got.text)
		}
	}
}

// TestLoopOverHTTP follows the loop to a published job over each transport.
func TestLoopOverHTTP(t *testing.T) {
	t.Parallel()
	for name, sessions := range map[string]bool{"streamable": false, "streamable with sessions": true, "sse": false} {
		t.Run(name, func(t *testing.T) {
			s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) { c.Sessions = sessions })
			headers := map[string]string{tokenHeader: sandbox.DemoToken}
			var carried transport.Interface
			var err error
			if name == "sse" {
				carried, err = transport.NewSSE(s.url+"/sse", transport.WithHeaders(headers))
			} else {
				carried, err = transport.NewStreamableHTTP(s.url+"/mcp", transport.WithHTTPHeaders(headers))
			}
			if err != nil {
				t.Fatal(err)
			}
			host := newHost(carried, legacy)
			t.Cleanup(func() { host.Close() }) //nolint:errcheck // the test is over
			initialize(t, host, legacy)
			drive(t, host)
		})
	}
}

// TestAbsentNullAndValue: an absent key, null and a value mean different things in a
// patch. Without the API's capabilities, an unknown key is sent and the API decides.
func TestAbsentNullAndValue(t *testing.T) {
	api := sandbox.New(sandbox.Config{Fault: func(r *http.Request) http.Handler {
		if strings.HasSuffix(r.URL.Path, "/capabilities") {
			return http.NotFoundHandler()
		}
		return nil
	}})
	s := startWith(t, api.Transport(), nil)
	call(t, s.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
	got := call(t, s.host, "opentrain_patch_draft",
		json.RawMessage(`{"jobId":"job_1","fields":{"headcount":null,"pricePerHour":20.50,"brandNew":{"a":[1.0,null]}}}`))
	if sent := s.api.body("PATCH /api/public/v1/job-drafts/job_1"); sent != `{"brandNew":{"a":[1.0,null]},"headcount":null,`+
		`"pricePerHour":20.50}` {
		t.Errorf("the API received %s", sent)
	}
	// The sandbox does not know the key, and the result says so.
	if !got.isError || !strings.Contains(got.text, "brandNew") || got.failure.Code != opentrain.CodeBadRequest {
		t.Errorf("got %s", got.text)
	}
	cleared := call(t, s.host, "opentrain_patch_draft", patch("headcount", nil))
	if cleared.isError || strings.Contains(string(cleared.structured), `"headcount"`) ||
		!strings.Contains(string(cleared.structured), `"pricePerHour":18`) {
		t.Errorf("got %s", cleared.structured)
	}
}
