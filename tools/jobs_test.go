package tools_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// routes answers requests by method and path, with 404 for others.
type routes struct {
	bodies map[string]string
	seen   []string
}

func (r *routes) RoundTrip(request *http.Request) (*http.Response, error) {
	route := request.Method + " " + strings.TrimPrefix(request.URL.Path, "/api/public/v1")
	r.seen = append(r.seen, route)
	body, found := r.bodies[route]
	status := http.StatusOK
	if !found {
		status, body = http.StatusNotFound, `{"error":"No.","code":"NOT_FOUND"}`
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: request}, nil
}

// TestNothingFound: a search without a result says what is wrong with its filters, as far as the facets show it.
func TestNothingFound(t *testing.T) {
	const facets = `{"totalJobs":2,"categories":[{"value":"Image Annotation","count":2}],"languages":[{"value":"German","count":1}],"countries":[{"value":"US","count":1}],"payTypes":[]}`
	const fewer = "Try fewer words or filters."
	for name, test := range map[string]struct {
		args, facets string
		asks         bool // for the facets
		action       tool.Action
		headline     string
		want         []string
		notWanted    string
	}{
		"a category that no job has": {`{"category":"cats"}`, facets, true, tool.CallTool, "No live jobs match.", []string{`No live job has the category "cats".`, "Call: opentrain_list_facets {}"}, fewer},
		"a code for a language":      {`{"language":"de","country":"us"}`, facets, true, tool.CallTool, "No live jobs match.", []string{`No live job has the language "de".`}, "country"},
		"two such filters":           {`{"language":"de","country":"ZZ"}`, facets, true, tool.CallTool, "No live jobs match.", []string{`the language "de". No live job has the country "ZZ".`}, fewer},
		"values that jobs have":      {`{"category":"image annotation","language":"German"}`, facets, true, tool.Done, "No live jobs match.", []string{fewer}, "No open job has"},
		"words only":                 {`{"q":"zebra"}`, facets, false, tool.Done, "No live jobs match.", []string{fewer}, "No open job has"},
		"facets that can't be read":  {`{"category":"cats"}`, `{}`, true, tool.Done, "No live jobs match.", []string{fewer}, "No open job has"},
		"the page after the last":    {`{"category":"cats","cursor":"c"}`, facets, false, tool.Done, "There are no more jobs.", nil, "No open job has"},
	} {
		api := &routes{bodies: map[string]string{"GET /jobs": `{"jobs":[]}`, "GET /jobs/facets": test.facets}}
		result, failure := call(t, api, setup{}, caller.Caller{}, tool.SearchJobs, test.args)
		if failure != nil {
			t.Fatal(failure)
		}
		if !strings.HasPrefix(result.Text, test.headline) || !strings.Contains(result.Text, "Next: "+string(test.action)) || strings.Contains(result.Text, test.notWanted) {
			t.Errorf("%s:\n%s", name, result.Text)
		}
		for _, want := range test.want {
			if !strings.Contains(result.Text, want) {
				t.Errorf("%s: %q is not in\n%s", name, want, result.Text)
			}
		}
		if asked := slices.Contains(api.seen, "GET /jobs/facets"); asked != test.asks {
			t.Errorf("%s: %v", name, api.seen)
		}
	}
}

// TestOwnJobsAreMarked: a search marks the jobs that this process has seen to be the caller's, and no one else's,
// without a request of its own.
func TestOwnJobsAreMarked(t *testing.T) {
	const market = `{"jobs":[{"id":"own","title":"A"},{"id":"other","title":"B"}]}`
	for name, test := range map[string]struct{ tool, args, route, body string }{
		"listed":    {tool.ListJobs, `{}`, "GET /jobs/mine", `{"jobs":[{"id":"own","title":"A","status":"OPEN"}]}`},
		"created":   {tool.CreateDraft, `{"description":"x"}`, "POST /job-drafts", `{"jobId":"own","status":"DRAFT"}`},
		"published": {tool.Publish, `{"jobId":"own"}`, "POST /jobs/own/publish", `{"jobId":"own","status":"OPEN"}`},
	} {
		api := &routes{bodies: map[string]string{"GET /jobs": market, "GET /jobs/mine": `{"jobs":[{"id":"own","title":"A","status":"DRAFT"}]}`, test.route: test.body}}
		all := serve(t, api, setup{})
		search := func(by caller.Caller) string {
			t.Helper()
			before := len(api.seen)
			result, _, failure := all.run(t.Context(), t, tool.Call{Caller: by}, tool.SearchJobs, `{}`)
			if failure != nil || len(api.seen) > before+1 {
				t.Fatalf("%s: %v, %v", name, failure, api.seen)
			}
			return result.Text
		}
		if text := search(alice); strings.Contains(text, "yours") {
			t.Errorf("%s: before:\n%s", name, text)
		}
		if _, _, failure := all.run(t.Context(), t, tool.Call{Caller: alice}, test.tool, test.args); failure != nil {
			t.Fatal(name, failure)
		}
		if text := search(alice); !strings.Contains(text, "Job (id own) · yours") || strings.Count(text, "yours") != 1 {
			t.Errorf("%s: after:\n%s", name, text)
		}
		for _, by := range []caller.Caller{{}, {ID: "bob"}} {
			if text := search(by); strings.Contains(text, "yours") {
				t.Errorf("%s: %q sees\n%s", name, by.ID, text)
			}
		}
	}
}

// TestJobsThatAreNotPublic: reading an own job that isn't public says so and leads to the draft.
func TestJobsThatAreNotPublic(t *testing.T) {
	mine := func(status string) map[string]string {
		return map[string]string{"GET /jobs/mine": `{"jobs":[{"id":"x","title":"X"},{"id":"j","title":"T","status":"` + status + `"}]}`}
	}
	unreadable := map[string]string{"GET /jobs/j": `{"id":"j","status":"closed"}`}
	closed := map[string]string{"GET /jobs/j": unreadable["GET /jobs/j"], "GET /jobs/mine": `{"jobs":[]}`}
	for name, test := range map[string]struct {
		by        caller.Caller
		bodies    map[string]string
		fails     bool
		want      []string
		notWanted string
	}{
		"a draft": {alice, mine("DRAFT"), false,
			[]string{"Job j is your draft. It isn't live.\nTitle: T\nStatus: DRAFT\n", `Next: call_tool`, `Call: opentrain_get_draft {"jobId":"j"}`}, "marketplace"},
		"just published": {alice, mine("OPEN"), false,
			[]string{"Job j is yours, but the marketplace doesn't show it.", "Next: done\nNote: A new listing can take five minutes to show."}, "Call"},
		"archived":                {alice, mine("ARCHIVED"), false, []string{"Status: ARCHIVED", "Next: done"}, "five minutes"},
		"no one knows it":         {alice, map[string]string{"GET /jobs/mine": `{"jobs":[]}`}, true, []string{"No live job has this id."}, "your own"},
		"own jobs are unknown":    {alice, nil, true, []string{"No live job has this id."}, "your own"},
		"no one asks":             {caller.Caller{}, mine("DRAFT"), true, []string{"No live job has this id."}, "your own"},
		"closed, of someone":      {alice, closed, false, []string{"Job j is not live (closed).", "Call: opentrain_list_jobs {}"}, "your own"},
		"closed, own jobs unread": {alice, unreadable, false, []string{"Job j is not live (closed).", "Call: opentrain_list_jobs {}"}, "your own"},
		"closed, and no one asks": {caller.Caller{}, closed, false, []string{"Job j is not live (closed).", "Next: done"}, "Call"},
	} {
		result, failure := call(t, &routes{bodies: test.bodies}, setup{}, test.by, tool.GetJob, `{"jobId":"j"}`)
		words := result.Text
		if failure != nil {
			words = failure.Text()
		}
		if (failure != nil) != test.fails || strings.Contains(words, test.notWanted) {
			t.Errorf("%s:\n%s", name, words)
		}
		for _, want := range test.want {
			if !strings.Contains(words, want) {
				t.Errorf("%s: %q is not in\n%s", name, want, words)
			}
		}
	}
}

// TestListOfOwnJobs: each job has the page that exists, its dates, and once what is to say.
func TestListOfOwnJobs(t *testing.T) {
	job := func(id, status, more string) string {
		return `{"id":"` + id + `","title":"T","status":"` + status + `","createdAt":"2026-06-01T12:00:00Z","jobUrl":"https://app.opentrain.ai/jobs/` + id + `"` + more + `}`
	}
	const page, editor, counts = "https://app.opentrain.ai/jobs/a", "https://app.opentrain.ai/job-post?job=a", `,"proposalCounts":{"total":1,"unreviewed":0}`
	for name, test := range map[string]struct{ args, jobs, want string }{
		"none":                {`{}`, ``, "This account has no jobs yet.\n\nNext: done"},
		"none with a status":  {`{"status":"OPEN"}`, ``, "This account has no jobs with status OPEN.\n\nNext: done"},
		"the page after last": {`{"cursor":"c"}`, ``, "There are no more jobs.\n\nNext: done"},
		"an open job": {`{}`, job("a", opentrain.StatusOpen, `,"updatedAt":"2026-06-02T12:00:00Z"`+counts),
			"1 job on this page.\n1. T (id a) · OPEN · 1 proposal, 0 unreviewed · created 2026-06-01 · updated 2026-06-02 · " + page +
				"\n\nNext: call_tool\nNote: See who applied.\nCall: opentrain_list_proposals {\"jobId\":\"a\"}"},
		"several with proposals, and a draft": {`{}`, job("a", opentrain.StatusOpen, counts) + "," + job("b", opentrain.StatusArchived, counts) + "," + job("c", opentrain.StatusDraft, ""),
			"3 jobs on this page.\n1. T (id a) · OPEN · 1 proposal, 0 unreviewed · created 2026-06-01 · " + page +
				"\n2. T (id b) · ARCHIVED · 1 proposal, 0 unreviewed · created 2026-06-01 · https://app.opentrain.ai/jobs/b" +
				"\n3. T (id c) · DRAFT · created 2026-06-01 · https://app.opentrain.ai/job-post?job=c" +
				"\n\nNext: done\nNote: To see a draft, use opentrain_get_draft. To see who applied to a job, use opentrain_list_proposals."},
		"a draft": {`{"status":"DRAFT"}`, job("a", opentrain.StatusDraft, `,"updatedAt":"2026-06-01T13:00:00Z"`+counts),
			"1 job on this page.\n1. T (id a) · DRAFT · created 2026-06-01 · " + editor + "\n\nNext: call_tool\nCall: opentrain_get_draft {\"jobId\":\"a\"}"},
		"a draft among others": {`{}`, job("a", opentrain.StatusDraft, "") + "," + job("b", opentrain.StatusArchived, ""),
			"2 jobs on this page.\n1. T (id a) · DRAFT · created 2026-06-01 · " + editor +
				"\n2. T (id b) · ARCHIVED · created 2026-06-01 · https://app.opentrain.ai/jobs/b\n\nNext: done\nNote: To see a draft, use opentrain_get_draft."},
		"waiting for approval": {`{}`, job("a", opentrain.StatusPendingApproval, ""),
			"1 job on this page.\n1. T (id a) · PENDING_APPROVAL · created 2026-06-01\n\nNext: done"},
	} {
		api := &routes{bodies: map[string]string{"GET /jobs/mine": `{"jobs":[` + test.jobs + `]}`}}
		result, failure := call(t, api, setup{}, alice, tool.ListJobs, test.args)
		if failure != nil || result.Text != test.want {
			t.Errorf("%s (%v): got\n%s\nwant\n%s", name, failure, result.Text, test.want)
		}
	}
}

// TestStrangersAreQuoted: in a search, every text by strangers stands on a line that is marked as quoted, and no HTML
// in it has an effect.
func TestStrangersAreQuoted(t *testing.T) {
	const evil = `evil <img src=x> ![x](http://y)`
	body := strings.ReplaceAll(`{"jobs":[{"id":"1","title":"~","companyName":"~","category":"~","experienceLevel":"~","languages":["~"],"countries":["~"],"summary":"~",
		"pay":{"hourlyRate":18}}]}`, "~", evil)
	result, failure := call(t, &routes{bodies: map[string]string{"GET /jobs": body}}, setup{}, alice, tool.SearchJobs, `{}`)
	if failure != nil {
		t.Fatal(failure)
	}
	for line := range strings.Lines(result.Text) {
		if strings.Contains(line, "evil") && !strings.HasPrefix(line, "   > ") || strings.Contains(line, "<img") || strings.Contains(line, "![") {
			t.Errorf("%q in\n%s", line, result.Text)
		}
	}
	if strings.Count(result.Text, "evil") != 7 {
		t.Errorf("got\n%s", result.Text)
	}
}
