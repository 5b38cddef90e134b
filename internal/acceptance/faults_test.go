package acceptance_test

import (
	"net/http"
	"strings"
	"testing"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/opentrain/sandbox"
)

// TestPanicsRevealNothing: a bug becomes a plain failure, and the server lives.
func TestPanicsRevealNothing(t *testing.T) {
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

// TestPanicOverHTTP: a fault of this server is a plain tool error, and the
// server goes on.
func TestPanicOverHTTP(t *testing.T) {
	s := startHTTPWith(t, roundTripper(func(*http.Request) (*http.Response, error) { panic("secretfruit") }), nil)
	for _, tool := range []string{"opentrain_list_jobs", "opentrain_search_jobs"} {
		got := s.call(tool, map[string]any{}, demoHeader, sandbox.DemoToken)
		if got.Result.Meta.Failure.Code != "INTERNAL_ERROR" || strings.Contains(got.text(), "secretfruit") {
			t.Errorf("%s: %+v", tool, got)
		}
	}
	if len(s.logged("panic in a tool")) != 2 {
		t.Error("the log does not tell")
	}
	stream := s.open(demoHeader, sandbox.DemoToken)
	if got := stream.call(1, "opentrain_list_jobs", map[string]any{}); got.Result.Meta.Failure.Code != "INTERNAL_ERROR" {
		t.Errorf("%+v", got)
	}
}

// TestNotFoundFromAnotherServerIsAnError: only the API's own answer tells that a job is closed.
func TestNotFoundFromAnotherServerIsAnError(t *testing.T) {
	got := call(t, on(t, http.StatusNotFound, `{"message":"Not found"}`).host, "opentrain_get_job", job())
	if !got.isError || got.failure.Status != http.StatusNotFound || got.failure.Retryable {
		t.Errorf("%+v: %s", got.failure, got.text)
	}
}

// TestGatewayErrorsLeaveTheOutcomeUnknown: a 5xx says nothing about what was done,
// whatever code it bears.
func TestGatewayErrorsLeaveTheOutcomeUnknown(t *testing.T) {
	for _, code := range []string{"CONFLICT", "RATE_LIMITED", "NOT_FOUND", "FORBIDDEN", "BAD_REQUEST"} {
		got := call(t, on(t, http.StatusBadGateway, `{"error":"x","code":"`+code+`"}`).host, "opentrain_publish", job())
		if strings.Contains(got.text, "Nothing was changed") || !strings.Contains(got.text, "not known whether") {
			t.Errorf("%s: %s", code, got.text)
		}
	}
}

// TestBadEntryDropsNoOther of a list.
func TestBadEntryDropsNoOther(t *testing.T) {
	got := call(t, on(t, http.StatusOK, `{"jobId":"j","status":"DRAFT","missingFields":[{"field":"x","prompt":"What x?","enumValues":["A",5]},5,[]]}`).host, "opentrain_create_draft", map[string]any{"description": "x"})
	if got.isError || !strings.Contains(got.text, "Question: What x?") || !strings.Contains(got.text, `Options: ["A"]`) {
		t.Errorf("got %s", got.text)
	}
	if got := call(t, on(t, http.StatusOK, `{"jobs":[{"id":"good"},5]}`).host, "opentrain_search_jobs", nil); got.isError || !strings.Contains(got.text, "good") {
		t.Errorf("got %s", got.text)
	}
}
