package tools_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"opentrain-mcp/internal/tool"
)

// endless is an API whose lists of jobs never end.
type endless struct{ lists, writes int }

func (e *endless) RoundTrip(r *http.Request) (*http.Response, error) {
	body := `{"capabilities":{}}`
	switch {
	case strings.HasSuffix(r.URL.Path, "/jobs/mine"):
		e.lists++
		body = `{"jobs":[{"id":"other_1","title":"Dogs","status":"DRAFT"}],"nextCursor":"more"}`
	case r.Method != http.MethodGet:
		e.writes++
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// TestDraftAmongTooManyJobs: what couldn't be checked isn't said to be no draft.
func TestDraftAmongTooManyJobs(t *testing.T) {
	api := &endless{}
	result, failure := call(t, api, setup{}, alice, tool.GetDraft, `{"jobId":"job_7"}`)
	if failure != nil {
		t.Fatal(failure.Text())
	}
	next := nextIn(t, result)
	if !strings.Contains(result.Text, "Job job_7 couldn't be checked: this account has too many jobs.") ||
		!strings.Contains(result.Text, "Draft page: https://app.opentrain.ai/") || next.Action != tool.Done || api.writes != 0 {
		t.Errorf("%s\n%d writes", result.Text, api.writes)
	}
	if api.lists != 10 { // five pages of the drafts, five of all jobs
		t.Errorf("%d reads of lists", api.lists)
	}
	result, failure = call(t, api, setup{}, alice, tool.GetDraft, `{"jobId":"the cats one"}`)
	if failure != nil || nextIn(t, result).Field != "jobId" || !strings.Contains(result.Text, "Dogs (other_1)") {
		t.Errorf("%v %s", failure, result.Text)
	}
}
