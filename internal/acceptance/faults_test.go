package acceptance_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"unicode/utf8"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/demo"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/opentrain/sandbox"
)

// lossy is a sandbox whose calls of one kind are done and their answers lost,
// as often as faults says.
func lossy(faults *atomic.Int64, method, end string) http.RoundTripper {
	plain := sandbox.New(sandbox.Config{})
	return sandboxWithFault(plain, func(r *http.Request) http.Handler {
		if r.Method != method || !strings.HasSuffix(r.URL.Path, end) || faults.Add(-1) < 0 {
			return nil
		}
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			plain.ServeHTTP(discard{}, r)
			panic(http.ErrAbortHandler)
		})
	})
}

// sandboxWithFault puts a fault in front of a sandbox that exists.
func sandboxWithFault(box *sandbox.Sandbox, fault func(*http.Request) http.Handler) http.RoundTripper {
	return sandbox.New(sandbox.Config{Fault: func(r *http.Request) http.Handler {
		if instead := fault(r); instead != nil {
			return instead
		}
		return box
	}}).Transport()
}

// discard is a ResponseWriter that loses the answer.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}

// TestLostAnswersDoNothingTwice: a write whose answer was lost is not sent
// again by the server, the model is told how to find out, and what it is told
// to do is harmless.
func TestLostAnswersDoNothingTwice(t *testing.T) {
	ready := []any{map[string]any{"experienceLevel": "EXPERT", "dataVolumeUnit": "NUMBER_OF_FILES"}}
	for tool, test := range map[string]struct {
		method, end string
		arguments   map[string]any
		after       string // of the repeated call's result
	}{
		"opentrain_patch_draft":    {http.MethodPatch, "/job-drafts/job_1", job("fields", map[string]any{"headcount": 3}), `"headcount":3`},
		"opentrain_publish":        {http.MethodPost, "/publish", job(), `"alreadyPublished":true`},
		"opentrain_update_job":     {http.MethodPatch, "/jobs/job_1", job("fields", map[string]any{"headcount": 3}), `"status":"OPEN"`},
		"opentrain_close_job":      {http.MethodPost, "/close", job(), `"alreadyClosed":true`},
		"opentrain_invite_trainer": {http.MethodPost, "/invites", job("freelancerId", sandbox.FreelancerAvailable), `"alreadyInvited":true`},
	} {
		t.Run(tool, func(t *testing.T) {
			var faults atomic.Int64
			s := startWith(t, lossy(&faults, test.method, test.end), func(*opentrainmcp.Config) {})
			call(t, s.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
			call(t, s.host, "opentrain_patch_draft", job("fields", ready[0]))
			if tool != "opentrain_patch_draft" && tool != "opentrain_publish" {
				call(t, s.host, "opentrain_publish", job())
			}
			faults.Store(1)
			before := len(s.api.seen())
			got := call(t, s.host, tool, test.arguments)
			if !got.isError || got.failure.Code != opentrain.CodeNetwork || !strings.Contains(got.text, "not known whether") {
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
			if next := got.failure.Next; next == nil || next.Tool != tool {
				t.Fatalf("next is %+v", next)
			}
			if again := call(t, s.host, tool, got.failure.Next.Arguments); again.isError || !strings.Contains(string(again.structured), test.after) {
				t.Errorf("%q is not in %s %s", test.after, again.structured, again.text)
			}
		})
	}
}

// TestImportsMakeDrafts of every format, once each.
func TestImportsMakeDrafts(t *testing.T) {
	s := start(t, sandbox.Guide)
	posting := `{"@context":"https://schema.org","@type":"JobPosting","title":"Label cats","description":"<p>Draw boxes</p>","baseSalary":{"currency":"USD","value":{"value":18,"unitText":"HOUR"}}}`
	for i, test := range []struct{ arguments, title, interpreted string }{
		{`{"format":"opentrain_canonical","job":{"title":"Label dogs","paymentType":"PAY_PER_HOUR","rateAmount":18}}`, "Label dogs", ""},
		{`{"job":{"title":"Label mice"}}`, "Label mice", "format: taken as opentrain_canonical, because job was given"},
		{`{"format":"schema org job posting","jsonLd":` + posting + `}`, "Label cats", `was read as \"schema_org_job_posting\"`},
		{`{"format":"indeed_xml","xml":"<job><title><![CDATA[Label birds]]></title><unknown>x</unknown></job>"}`, "Label birds", ""},
		{`{"format":"hr_xml","xml":"<PositionOpening><PositionTitle>Label fish</PositionTitle></PositionOpening>"}`, "Label fish", ""},
	} {
		want := fmt.Sprintf(`"jobId":"job_%d"`, i+1)
		for range 2 { // a repeated call finds the draft
			got := call(t, s.host, "opentrain_create_draft", json.RawMessage(test.arguments))
			if got.isError || !strings.Contains(string(got.structured), want) || !strings.Contains(string(got.structured), test.title) || !strings.Contains(string(got.structured), test.interpreted) {
				t.Errorf("%s: %s %s", test.arguments, got.text, got.structured)
			}
		}
	}
	// The members of a document have no order.
	reordered := `{"format":"opentrain_canonical","job":{"rateAmount":18,"paymentType":"PAY_PER_HOUR","title":"Label dogs"}}`
	if got := call(t, s.host, "opentrain_create_draft", json.RawMessage(reordered)); !strings.Contains(string(got.structured), `"jobId":"job_1"`) {
		t.Errorf("another order made another draft: %s", got.structured)
	}
	if got := call(t, s.host, "opentrain_create_draft", json.RawMessage(`{"format":"indeed_xml","xml":"<job>\n<title>x</job>"}`)); !got.isError || !strings.Contains(got.text, "line 2, column") {
		t.Errorf("got %s", got.text)
	}
	for arguments, want := range map[string]string{
		`{"description":"x","job":{}}`:              "job: was given beside description",
		`{"xml":"<job/>"}`:                          "format: is required with xml: indeed_xml or hr_xml",
		`{"format":"indeed_xml"}`:                   "xml: is required with the format indeed_xml",
		`{"format":"hr_xml","job":{}}`:              "job: does not go with the format hr_xml, which wants xml",
		`{"format":"text","xml":"<a/>"}`:            "xml: does not go with the format text, which wants description",
		`{"format":"csv","description":"x"}`:        `format: "csv" is not one of: text, opentrain_canonical`,
		`{"format":"hr_xml","description":"x"}`:     "description: does not go with the format hr_xml",
		`{"format":"opentrain_canonical","job":[]}`: "job: [] is not an object",
	} {
		if got := call(t, s.host, "opentrain_create_draft", json.RawMessage(arguments)); !got.isError || !strings.Contains(got.text, want) {
			t.Errorf("%s: %q is not in\n%s", arguments, want, got.text)
		}
	}
}

// TestChangesComeInPages that join without a gap, also where many share a time.
func TestChangesComeInPages(t *testing.T) {
	var events []string
	for i := range 25 {
		events = append(events, fmt.Sprintf(`{"jobId":"j%02d","eventType":"UPDATED","occurredAt":"2026-06-01T00:00:%02d.000Z"}`, 24-i, i/10))
	}
	s := startWith(t, answering(http.StatusOK, `{"changes":[`+strings.Join(events, ",")+`],"until":"2026-06-02T00:00:00Z"}`), func(*opentrainmcp.Config) {})
	var seen []string
	arguments := map[string]any{"since": "2026-06-01", "limit": 4}
	for range 10 {
		var page struct {
			Changes    []struct{ JobID string }
			NextCursor string
			Until      string
		}
		got := call(t, s.host, "opentrain_list_changes", arguments)
		if err := json.Unmarshal(got.structured, &page); err != nil || got.isError {
			t.Fatal(err, got.text)
		}
		for _, change := range page.Changes {
			seen = append(seen, change.JobID)
		}
		if (page.NextCursor == "") != (page.Until != "") {
			t.Errorf("cursor %q, until %q", page.NextCursor, page.Until)
		}
		if page.NextCursor == "" {
			break
		}
		arguments = map[string]any{"cursor": page.NextCursor, "limit": 4}
	}
	if len(seen) != 25 || seen[0] != "j15" || seen[24] != "j04" {
		t.Errorf("%d events: %v", len(seen), seen)
	}
	for _, test := range []struct{ arguments, want string }{
		{`{}`, "since: is required"}, {`{"since":"yesterday"}`, "since: is not a time"}, {`{"cursor":"nonsense"}`, "cursor: is not one of this tool"}, {`{"cursor":"eA"}`, "cursor: is not one of this tool"},
	} {
		if got := call(t, s.host, "opentrain_list_changes", json.RawMessage(test.arguments)); !got.isError || !strings.Contains(got.text, test.want) {
			t.Errorf("%s: %s", test.arguments, got.text)
		}
	}
}

// TestResultsStayShort: an API that says a lot does not fill the model's
// context; what was cut is said, and a list leaves nothing out.
func TestResultsStayShort(t *testing.T) {
	long := strings.Repeat("A long text with “quotes” & <marks>. ", 300)
	remarks := `"` + strings.Repeat(long[:900]+`","`, 300) + `x"`
	options := `"` + strings.Repeat("AN_OPTION_OF_MANY_WORDS\",\"", 150) + `X"`
	var gaps, fields []string
	for i := range 60 {
		gaps = append(gaps, fmt.Sprintf(`{"field":"f%d","prompt":"What is %d? %s","type":"enum","enumValues":[%s],"updateKeys":["f%d"]}`, i, i, long[:200], options, i))
		fields = append(fields, fmt.Sprintf(`"f%d":%q,"l%d":[%s]`, i, long, i, options))
	}
	draft := `{"jobId":"j","status":"DRAFT","validation":{"publishReady":%t},"missingFields":[%s],"normalizedFields":{` + strings.Join(fields, ",") + `},"warnings":[` + remarks + `],"unmappedFields":[` + remarks + `],"lowConfidenceFields":[` + remarks + `]}`
	public := fmt.Sprintf(`{"id":"%%s","title":%q,"companyName":%q,"descriptionText":%q,"summary":%q,"category":%q,"languages":[%s],"countries":[%s],"labelTypes":[%s],"url":"https://app.opentrain.ai/jobs/%s"}`,
		long, long, strings.Repeat(long, 4), long, long, options, options, options, strings.Repeat("x", 400))
	for name, test := range map[string]struct{ tool, args, body, cut string }{
		"questions":                 {"opentrain_create_draft", `{"description":"x"}`, fmt.Sprintf(draft, false, strings.Join(gaps, ",")), "more questions"},
		"ready":                     {"opentrain_patch_draft", argsOf("f1"), fmt.Sprintf(draft, true, ""), "more warnings"},
		"not published":             {"opentrain_publish", `{"jobId":"j"}`, fmt.Sprintf(draft, false, strings.Join(gaps, ",")), ""},
		"questions without a field": {"opentrain_create_draft", `{"description":"x"}`, `{"jobId":"j","status":"DRAFT","missingFields":[{"prompt":"How many?"},{"prompt":"Which?"}]}`, "How many?"},
		"blocked":                   {"opentrain_publish", `{"jobId":"j"}`, `{"status":"DRAFT","moderation":{"reasons":[` + remarks + `]}}`, ""},
		"public job":                {"opentrain_get_job", `{"jobId":"j"}`, fmt.Sprintf(public, "j"), "only the first"},
		"facets":                    {"opentrain_list_facets", `{}`, `{"categories":[` + strings.Repeat(`{"value":"`+long[:300]+`","count":1},`, 200) + `{"value":"x","count":1}]}`, "left out"},
		"account":                   {"opentrain_get_account", `{}`, `{"actor":{"userId":"u","email":"` + long[:900] + `"},"token":{"scopes":[` + options + `]},"capabilities":{},"draft":{"enums":{"a":[` + options + `],"b":[` + remarks + `]},"updateKeys":[` + options + `]}}`, "left out"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newChecker(t, startWith(t, answering(http.StatusOK, test.body), func(*opentrainmcp.Config) {}))
			got := c.result(t, test.tool, json.RawMessage(test.args))
			if !strings.Contains(got.text, test.cut) || !strings.Contains(string(got.structured), test.cut) {
				t.Errorf("%q is not in\n%s", test.cut, got.text)
			}
		})
	}
	t.Run("many questions", func(t *testing.T) {
		c := newChecker(t, startWith(t, answering(http.StatusOK, fmt.Sprintf(draft, false, strings.Join(gaps, ","))), func(*opentrainmcp.Config) {}))
		got := c.result(t, "opentrain_create_draft", map[string]any{"description": "x"})
		if next := got.next(t); next.Remaining != 60 || len(next.Options) != 151 || !strings.Contains(got.text, "60 answers are missing") {
			t.Errorf("%d remaining, %d options:\n%.300s", next.Remaining, len(next.Options), got.text)
		}
	})
	t.Run("more options than fit", func(t *testing.T) {
		many := `{"jobId":"j","status":"DRAFT","missingFields":[{"field":"x","prompt":"Which?","enumValues":[` + strings.Repeat(options+",", 9) + options + `]}]}`
		c := newChecker(t, startWith(t, answering(http.StatusOK, many), func(*opentrainmcp.Config) {}))
		if got := c.result(t, "opentrain_create_draft", map[string]any{"description": "x"}); !strings.Contains(got.next(t).Note, "More values are taken") {
			t.Errorf("got %+v", got.next(t).Note)
		}
	})
	t.Run("edit", func(t *testing.T) {
		edited := map[string]any{}
		for i := range 60 {
			edited[fmt.Sprintf("key%d", i)] = long[:700]
		}
		c := newChecker(t, startWith(t, answering(http.StatusOK, `{"status":"OPEN"}`), func(*opentrainmcp.Config) {}))
		c.result(t, "opentrain_update_job", job("fields", edited))
	})
	t.Run("pages", func(t *testing.T) {
		c := newChecker(t, startWith(t, paging(public), func(*opentrainmcp.Config) {}))
		for _, tool := range []string{"opentrain_search_jobs", "opentrain_list_jobs"} {
			var ids []string
			arguments := map[string]any{"limit": 50}
			for range 30 {
				var page struct {
					Jobs       []json.RawMessage
					NextCursor string
				}
				got := c.result(t, tool, arguments)
				if err := json.Unmarshal(got.structured, &page); err != nil {
					t.Fatal(err)
				}
				for _, entry := range page.Jobs {
					var named struct{ ID string }
					if err := json.Unmarshal(entry, &named); err != nil {
						t.Fatal(err)
					}
					ids = append(ids, named.ID)
					if n := utf8.RuneCount(entry); tool == "opentrain_search_jobs" && n > 600 {
						t.Errorf("a summary has %d characters: %s", n, entry)
					}
				}
				if page.NextCursor == "" {
					break
				}
				arguments["cursor"] = page.NextCursor
			}
			if len(ids) != 120 || ids[0] != "j0" || ids[119] != "j119" {
				t.Errorf("%s: %d entries: %v", tool, len(ids), ids)
			}
		}
	})
}

// TestAnAPIThatIgnoresTheLimit is read twice at most, and its page is cut.
func TestAnAPIThatIgnoresTheLimit(t *testing.T) {
	entry := fmt.Sprintf(`{"id":"j","title":%q,"descriptionText":%q}`, strings.Repeat("t", 200), strings.Repeat("d", 400))
	body := `{"jobs":[` + strings.Repeat(entry+",", 199) + entry + `],"nextCursor":"next"}`
	for _, tool := range []string{"opentrain_search_jobs", "opentrain_list_jobs"} {
		c := newChecker(t, startWith(t, answering(http.StatusOK, body), func(*opentrainmcp.Config) {}))
		got := c.result(t, tool, nil)
		if !strings.Contains(got.text, "of 200 entries") || !strings.Contains(string(got.structured), "narrower filters find the others") || len(c.api.seen()) > 2 {
			t.Errorf("%s after %v: %.300s", tool, c.api.seen(), got.text)
		}
	}
}

func argsOf(key string) string { return `{"jobId":"j","fields":{"` + key + `":"x"}}` }

// paging is an API with 120 jobs, of which it gives as many as it is asked for.
func paging(entry string) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		var at, limit int
		fmt.Sscan(r.URL.Query().Get("cursor"), &at)   //nolint:errcheck // none is 0
		fmt.Sscan(r.URL.Query().Get("limit"), &limit) //nolint:errcheck // always given
		var jobs []string
		for i := at; i < min(at+limit, 120); i++ {
			jobs = append(jobs, fmt.Sprintf(entry, fmt.Sprintf("j%d", i)))
		}
		next := "null"
		if at+limit < 120 {
			next = fmt.Sprintf("%q", fmt.Sprint(at+limit))
		}
		return answering(http.StatusOK, `{"jobs":[`+strings.Join(jobs, ",")+`],"nextCursor":`+next+`}`).RoundTrip(r)
	})
}
