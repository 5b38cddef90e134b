package acceptance_test

import (
	"net/http"
	"strings"
	"testing"

	"opentrain-mcp/opentrain"
	"opentrain-mcp/opentrain/sandbox"
)

// TestPanicsRevealNothing: a panic becomes a plain failure, and the server keeps
// running.
func TestPanicsRevealNothing(t *testing.T) {
	s := startWith(t, roundTripper(func(*http.Request) (*http.Response, error) { panic("secret=123") }), nil)
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

// TestPanicOverHTTP: a panic becomes a plain tool error, and the server keeps running.
func TestPanicOverHTTP(t *testing.T) {
	t.Parallel()
	s := startHTTPWith(t, roundTripper(func(*http.Request) (*http.Response, error) { panic("secretfruit") }), nil)
	for _, tool := range []string{"opentrain_list_jobs", "opentrain_search_jobs"} {
		got := s.call(tool, map[string]any{}, tokenHeader, sandbox.DemoToken)
		if got.failure.Code != "INTERNAL_ERROR" || strings.Contains(got.text, "secretfruit") {
			t.Errorf("%s: %+v", tool, got)
		}
	}
	if len(s.logged("panic in a tool")) != 2 {
		t.Error("the log does not report the panics")
	}
	stream := s.open(tokenHeader, sandbox.DemoToken)
	if got := stream.call(1, "opentrain_list_jobs", map[string]any{}); got.failure.Code != "INTERNAL_ERROR" {
		t.Errorf("%+v", got)
	}
}

// TestNotFoundFromAnotherServerIsAnError: only OpenTrain's own answer means that a job
// is closed.
func TestNotFoundFromAnotherServerIsAnError(t *testing.T) {
	got := call(t, on(t, http.StatusNotFound, `{"message":"Not found"}`).host, "opentrain_get_job", job())
	if !got.isError || got.failure.Status != http.StatusNotFound || got.failure.Retryable {
		t.Errorf("%+v: %s", got.failure, got.text)
	}
}

// TestGatewayErrorsLeaveTheOutcomeUnknown: after a 5xx the server does not claim that
// nothing was changed, whatever code the body has.
func TestGatewayErrorsLeaveTheOutcomeUnknown(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"CONFLICT", "RATE_LIMITED", "NOT_FOUND", "FORBIDDEN", "BAD_REQUEST"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			s := startHTTPWith(t, answering(http.StatusBadGateway, `{"error":"x","code":"`+code+`"}`), nil)
			got := s.call("opentrain_publish", job(), tokenHeader, sandbox.DemoToken)
			if strings.Contains(got.text, "Nothing was changed") || !strings.Contains(got.text, "unclear whether") {
				t.Errorf("got %s", got.text)
			}
		})
	}
}

// TestBadEntryDropsNoOther: one malformed entry does not drop the others in its list.
func TestBadEntryDropsNoOther(t *testing.T) {
	got := call(t, on(t, http.StatusOK, `{"jobId":"j","status":"DRAFT","missingFields":[{"field":"x","prompt":"What x?","enumValues":["A",`+
		`5]},5,[]]}`).host, "opentrain_create_draft", map[string]any{"description": "x"})
	if got.isError || !strings.Contains(got.text, "Question: What x?") || !strings.Contains(got.text, `Options: ["A"]`) {
		t.Errorf("got %s", got.text)
	}
	if got := call(t, on(t, http.StatusOK, `{"jobs":[{"id":"good"},5]}`).host, "opentrain_search_jobs", nil); got.isError ||
		!strings.Contains(got.text, "good") {
		t.Errorf("got %s", got.text)
	}
}

// TestHugeAnswerToAWrite: when the answer to a write is too large to read, the next step finds out what was done.
func TestHugeAnswerToAWrite(t *testing.T) {
	t.Parallel()
	s := on(t, http.StatusOK, `{"jobs":[],"x":"`+strings.Repeat("x", 9<<20)+`"}`)
	for name, want := range map[string]string{"opentrain_close_job": "opentrain_list_jobs", "opentrain_publish": "opentrain_list_jobs"} {
		got := call(t, s.host, name, job())
		if next := nextOf(t, got); !strings.Contains(got.text, "unclear whether") || next.Tool != want {
			t.Errorf("%+v: %s", next, got.text)
		}
	}
	if got := call(t, s.host, "opentrain_search_jobs", nil); nextOf(t, got).By != "agent" {
		t.Errorf("%s", got.text)
	}
}
