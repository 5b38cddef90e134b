package tools_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
)

// endless is an API whose lists of jobs never end.
type endless struct {
	lists, writes int
	drafts        string // the answer to a list of drafts, "" for an endless one
}

func (e *endless) RoundTrip(r *http.Request) (*http.Response, error) {
	body := `{"capabilities":{}}`
	switch {
	case strings.HasSuffix(r.URL.Path, "/jobs/mine"):
		e.lists++
		body = `{"jobs":[{"id":"other_1","title":"Dogs","status":"DRAFT"}],"nextCursor":"more"}`
		if e.drafts != "" && r.URL.Query().Get("status") == "DRAFT" {
			body = e.drafts
		}
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
	if failure != nil || nextIn(t, result).Tool != tool.ListJobs || !strings.Contains(result.Text, "None of the draft titles that were checked matches “the cats one”.") {
		t.Errorf("%v %s", failure, result.Text)
	}
}

// TestWordsAreNoID: with all drafts read, words that match none of them name no draft, however many other jobs there are.
func TestWordsAreNoID(t *testing.T) {
	for name, test := range map[string]struct{ drafts, wanted string }{
		"the dashcam one": {`{"jobs":[]}`, "This account has no draft with that id or title."},
		"dashcam":         {`{"jobs":[]}`, "This account has no draft with that id or title."},
		"job_7":           {`{"jobs":[]}`, "Job job_7 couldn't be checked"},
		"the cats one":    {`{"jobs":[{"id":"other_1","title":"Dogs","status":"DRAFT"}]}`, "No draft title matches “the cats one”."},
	} {
		api := &endless{drafts: test.drafts}
		result, failure := call(t, api, setup{}, alice, tool.GetDraft, `{"jobId":"`+name+`"}`)
		got := result.Text
		if failure != nil {
			got = failure.Text()
		}
		if !strings.Contains(got, test.wanted) || api.writes != 0 {
			t.Errorf("%s: %s", name, got)
		}
		if id := name == "job_7"; api.lists > 1 != id {
			t.Errorf("%s: %d reads of lists", name, api.lists)
		}
	}
}

// TestTheOnlyDraft: no one is asked which draft is meant when there is one.
func TestTheOnlyDraft(t *testing.T) {
	for name, test := range map[string]struct {
		drafts int
		wanted string
	}{
		"my draft":      {1, "ob d_0"},
		"the one":       {1, "ob d_0"},
		"the job draft": {2, "These drafts match."},
		"???":           {1, "No draft title matches"},
		"the cats one":  {1, "No draft title matches"},
	} {
		jobs := make([]string, test.drafts)
		for i := range jobs {
			jobs[i] = fmt.Sprintf(`{"id":"d_%d","title":"Dogs","status":"DRAFT"}`, i)
		}
		api := &endless{drafts: `{"jobs":[` + strings.Join(jobs, ",") + `]}`}
		result, failure := call(t, api, setup{}, alice, tool.GetDraft, `{"jobId":"`+name+`"}`)
		if failure != nil || !strings.Contains(result.Text, test.wanted) {
			t.Errorf("%s: %v %s", name, failure, result.Text)
		}
	}
}

// TestChoicesFindTheirDraft: each draft that a human can choose is found by the words of that choice, whatever its title has.
func TestChoicesFindTheirDraft(t *testing.T) {
	titles := []string{
		"Image/Video Annotation", `Image\Video 50% more`, strings.Repeat("Image labeling of long streets ", 8), "mine", "image-labels batch_2",
		"Image “A” (B, C)", "https images", "image-batch_3",
	}
	jobs := make([]string, len(titles))
	for i, title := range titles {
		jobs[i] = fmt.Sprintf(`{"id":"job-%d_x","title":%s,"status":"DRAFT","createdAt":"2026-06-01T00:00:00Z"}`, i, text.JSON(title))
	}
	api := &endless{drafts: `{"jobs":[` + strings.Join(jobs, ",") + `]}`}
	result, failure := call(t, api, setup{}, alice, tool.GetDraft, `{"jobId":"my draft"}`)
	if failure != nil {
		t.Fatal(failure.Text())
	}
	next := nextIn(t, result)
	if len(next.Options) != len(titles) {
		t.Fatal(result.Text)
	}
	for i, option := range append(next.Options, titles...) {
		id := fmt.Sprintf("job-%d_x", i%len(titles))
		result, failure := call(t, api, setup{}, alice, tool.GetDraft, `{"jobId":`+text.JSON(option)+`}`)
		if failure != nil || !strings.Contains(result.Text, "ob "+id) {
			t.Errorf("%q: %v %s", option, failure, result.Text)
		}
	}
}
