package acceptance_test

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"opentrain-mcp/internal/demo"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/opentrain/sandbox"
)

// TestRepeatedCreateMakesOneDraft repeats a create with a new request id.
func TestRepeatedCreateMakesOneDraft(t *testing.T) {
	s := start(t, sandbox.Guide)
	arguments := map[string]any{"description": demo.SampleDescription}
	first := call(t, s.host, "opentrain_create_draft", arguments)
	second := call(t, s.host, "opentrain_create_draft", arguments)
	again := strings.Replace(string(second.structured), `,"alreadyCreated":true`, "", 1)
	if again == string(second.structured) || again != string(first.structured) {
		t.Errorf("the answers differ:\n%s\n%s", first.structured, second.structured)
	}
	jobs := call(t, s.host, "opentrain_list_jobs", nil)
	if count := strings.Count(string(jobs.structured), `"id":"`); count != 1 {
		t.Errorf("%d jobs: %s", count, jobs.structured)
	}
	for _, own := range []map[string]any{
		{"description": demo.SampleDescription, "idempotencyKey": "another"},
		{"description": demo.SampleDescription, "externalId": "another"},
		{"description": demo.SampleDescription + " "},
	} {
		if third := call(t, s.host, "opentrain_create_draft", own); strings.Contains(string(third.structured), `"jobId":"job_1"`) {
			t.Errorf("%v found the first draft", own)
		}
	}
}

// TestRestartMakesNoSecondDraft: a restarted server derives the same idempotency key.
func TestRestartMakesNoSecondDraft(t *testing.T) {
	api := sandbox.New(sandbox.Config{}).Transport()
	arguments := map[string]any{"description": demo.SampleDescription}
	first := call(t, startWith(t, api, nil).host, "opentrain_create_draft", arguments)
	second := call(t, startWith(t, api, nil).host, "opentrain_create_draft", arguments)
	if first.isError || string(first.structured) != string(second.structured) {
		t.Errorf("the answers differ:\n%s\n%s", first.structured, second.structured)
	}
}

// TestLostAnswerMakesNoSecondDraft: the API creates the draft, its answer is lost, and
// the model calls again.
func TestLostAnswerMakesNoSecondDraft(t *testing.T) {
	t.Parallel()
	api := sandbox.New(sandbox.Config{}).Transport()
	lost := 0
	s := startWith(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		answer, err := api.RoundTrip(r)
		if r.Method == http.MethodPost && lost < 3 && err == nil { // as often as the client tries
			lost++
			answer.Body.Close()
			return nil, io.ErrUnexpectedEOF
		}
		return answer, err
	}), nil)
	arguments := map[string]any{"description": demo.SampleDescription}
	first := call(t, s.host, "opentrain_create_draft", arguments)
	if !first.isError || first.failure.Code != opentrain.CodeNetwork || !first.failure.Retryable ||
		!strings.Contains(first.text, "retries never create duplicates") {
		t.Fatalf("got %s", first.text)
	}
	next := first.failure.Next
	if next == nil || next.Action != tool.Wait || next.Tool != "opentrain_create_draft" {
		t.Fatalf("next is %+v", next)
	}
	if second := call(t, s.host, next.Tool, next.Arguments); second.isError ||
		!strings.Contains(string(second.structured), `"jobId":"job_1"`) {
		t.Errorf("got %s", second.text)
	}
	if jobs := call(t, s.host, "opentrain_list_jobs", nil); strings.Count(string(jobs.structured), `"id":"`) != 1 {
		t.Errorf("got %s", jobs.structured)
	}
}

// TestLostAnswersDoNothingTwice: a write whose answer was lost is repeated only where OpenTrain makes that harmless. Otherwise the
// model learns how to find out what happened.
func TestLostAnswersDoNothingTwice(t *testing.T) {
	ready := []any{map[string]any{"experienceLevel": "EXPERT", "dataVolumeUnit": "NUMBER_OF_FILES"}}
	for tool, test := range map[string]struct {
		method, end string
		arguments   map[string]any
		after       string // of the result, or of what the next step finds
		looks       string // the tool of that step, "" where the write is repeated
	}{
		"opentrain_patch_draft":    {http.MethodPatch, "/job-drafts/job_1", patch("headcount", 3), `"headcount":3`, "opentrain_patch_draft"},
		"opentrain_publish":        {http.MethodPost, "/publish", job(), `"status":"OPEN"`, ""},
		"opentrain_update_job":     {http.MethodPatch, "/jobs/job_1", patch("headcount", 3), `"status":"OPEN"`, "opentrain_get_job"},
		"opentrain_close_job":      {http.MethodPost, "/close", job(), `"status":"ARCHIVED"`, ""},
		"opentrain_invite_trainer": {http.MethodPost, "/invites", job("freelancerId", sandbox.FreelancerAvailable), `"alreadyInvited":true`, ""},
	} {
		t.Run(tool, func(t *testing.T) {
			var faults atomic.Int64
			s := startWith(t, lossy(&faults, test.method, test.end), nil)
			call(t, s.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
			call(t, s.host, "opentrain_patch_draft", job("fields", ready[0]))
			if tool != "opentrain_patch_draft" && tool != "opentrain_publish" {
				call(t, s.host, "opentrain_publish", job())
			}
			faults.Store(1)
			before := len(s.api.seen())
			got := call(t, s.host, tool, test.arguments)
			if repeats := test.looks == ""; repeats {
				if got.isError || !strings.Contains(string(got.structured), test.after) {
					t.Errorf("got %s", got.text)
				}
				return
			}
			if !got.isError || got.failure.Code != opentrain.CodeNetwork || !strings.Contains(got.text, "unclear whether") {
				t.Fatalf("got %s", got.text)
			}
			sent := 0
			for _, made := range s.api.seen()[before:] {
				if strings.HasPrefix(made, test.method) && strings.HasSuffix(made, test.end) {
					sent++
				}
			}
			if sent != 1 {
				t.Errorf("sent %d times: %v", sent, s.api.seen()[before:])
			}
			if next := got.failure.Next; next == nil || next.Tool != test.looks {
				t.Fatalf("next is %+v", next)
			}
			if again := call(t, s.host, test.looks, got.failure.Next.Arguments); again.isError || !strings.Contains(string(again.structured), test.after) {
				t.Errorf("%q is not in %s %s", test.after, again.structured, again.text)
			}
		})
	}
}
