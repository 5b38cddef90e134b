package acceptance_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestResultsStayShort: a long answer of the API does not fill the model's context.
// Results say what was cut, and lists stay complete.
func TestResultsStayShort(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("A long text with “quotes” & <marks>. ", 300)
	remarks := `"x"`
	for i := range 300 {
		remarks += fmt.Sprintf(`,"%d %s"`, i, long[:900])
	}
	options := `"` + strings.Repeat("AN_OPTION_OF_MANY_WORDS\",\"", 150) + `X"`
	var gaps, fields []string
	for i := range 60 {
		gaps = append(gaps, fmt.Sprintf(`{"field":"f%d","prompt":"What is %d? %s","type":"enum","enumValues":[%s],"updateKeys":["f%d"]}`, i, i,
			long[:200], options, i))
		fields = append(fields, fmt.Sprintf(`"f%d":%q,"l%d":[%s]`, i, long, i, options))
	}
	draft := `{"jobId":"j","status":"DRAFT","validation":{"publishReady":%t},"missingFields":[%s],"normalizedFields":{` + strings.Join(fields,
		",") + `},"warnings":[` + remarks + `],"unmappedFields":[` + remarks + `],"lowConfidenceFields":[` + remarks + `]}`
	public := func(text string) string {
		return fmt.Sprintf(`{"id":"%%s","title":%q,"companyName":%q,"descriptionText":%q,"summary":%q,"category":%q,"languages":[%s],`+
			`"countries":[%s],"labelTypes":[%s],"url":"https://app.opentrain.ai/jobs/%s"}`,
			text, text, strings.Repeat(text, 4), text, text, options, options, options, strings.Repeat("x", 400))
	}
	for name, test := range map[string]struct{ tool, args, body, cut string }{
		"questions": {"opentrain_create_draft", `{"description":"x"}`, fmt.Sprintf(draft, false, strings.Join(gaps, ",")),
			"more questions"},
		"ready":         {"opentrain_patch_draft", argsOf("f1"), fmt.Sprintf(draft, true, ""), "more warnings"},
		"not published": {"opentrain_publish", `{"jobId":"j"}`, fmt.Sprintf(draft, false, strings.Join(gaps, ",")), ""},
		"questions without a field": {"opentrain_create_draft", `{"description":"x"}`,
			`{"jobId":"j","status":"DRAFT","missingFields":[{"prompt":"How many?"},{"prompt":"Which?"}]}`, "How many?"},
		"blocked":    {"opentrain_publish", `{"jobId":"j"}`, `{"status":"DRAFT","moderation":{"reasons":[` + remarks + `]}}`, ""},
		"public job": {"opentrain_get_job", `{"jobId":"j"}`, fmt.Sprintf(public(long), "j"), "only the first"},
		"facets": {"opentrain_list_facets", `{}`, `{"categories":[` +
			strings.Repeat(`{"value":"`+long[:300]+`","count":1},`, 200) + `{"value":"x","count":1}]}`, "with fewer jobs"},
		"account": {"opentrain_get_account", `{}`, `{"actor":{"userId":"u","email":"` + long[:900] + `"},"token":{"scopes":[` +
			options + `]},"capabilities":{},"draft":{"enums":{"a":[` + options + `],"b":[` + remarks + `]},"updateKeys":[` + options +
			`]}}`, "left out"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newChecker(t, startWith(t, answering(http.StatusOK, test.body), nil))
			got := c.result(t, test.tool, json.RawMessage(test.args))
			if !strings.Contains(got.text, test.cut) || !strings.Contains(string(got.structured), test.cut) {
				t.Errorf("%q is not in\n%s", test.cut, got.text)
			}
		})
	}
	t.Run("many questions", func(t *testing.T) {
		c := newChecker(t, startWith(t, answering(http.StatusOK, fmt.Sprintf(draft, false, strings.Join(gaps, ","))), nil))
		got := c.result(t, "opentrain_create_draft", map[string]any{"description": "x"})
		if next := got.next(t); next.Remaining != 60 || len(next.Options) != 151 || !strings.Contains(got.text, "needs 60 more answers") {
			t.Errorf("%d remaining, %d options:\n%.300s", next.Remaining, len(next.Options), got.text)
		}
	})
	t.Run("more options than fit", func(t *testing.T) {
		many := `{"jobId":"j","status":"DRAFT","missingFields":[{"field":"x","prompt":"Which?","enumValues":[` + strings.Repeat(options+",", 9) +
			options + `]}]}`
		c := newChecker(t, startWith(t, answering(http.StatusOK, many), nil))
		if got := c.result(t, "opentrain_create_draft", map[string]any{"description": "x"}); !strings.Contains(got.next(t).Note,
			"There are more values") {
			t.Errorf("got %+v", got.next(t).Note)
		}
	})
	t.Run("edit", func(t *testing.T) {
		edited := map[string]any{}
		for i := range 60 {
			edited[fmt.Sprintf("key%d", i)] = long[:700]
		}
		c := newChecker(t, startWith(t, answering(http.StatusOK, `{"status":"OPEN"}`), nil))
		c.result(t, "opentrain_update_job", job("fields", edited))
	})
	t.Run("pages", func(t *testing.T) {
		c := newChecker(t, startWith(t, paging(public(long[:900])), nil))
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

// TestPageBeyondTheLimitIsCut: when the API ignores the limit, its page is cut after at
// most two reads.
func TestPageBeyondTheLimitIsCut(t *testing.T) {
	entry := fmt.Sprintf(`{"id":"j","title":%q,"descriptionText":%q}`, strings.Repeat("t", 200), strings.Repeat("d", 400))
	body := `{"jobs":[` + strings.Repeat(entry+",", 199) + entry + `],"nextCursor":"next"}`
	for _, tool := range []string{"opentrain_search_jobs", "opentrain_list_jobs"} {
		c := newChecker(t, startWith(t, answering(http.StatusOK, body), nil))
		got := c.result(t, tool, nil)
		if !strings.Contains(got.text, "of 200 entries") || !strings.Contains(string(got.structured), "use narrower filters to find the rest") ||
			len(c.api.seen()) > 2 {
			t.Errorf("%s after %v: %.300s", tool, c.api.seen(), got.text)
		}
	}
}

func argsOf(key string) string { return `{"jobId":"j","fields":{"` + key + `":"x"}}` }

// TestTextThatNeedsEscapingIsShown: most of a description is kept, even if it is longer
// as JSON than as text.
func TestTextThatNeedsEscapingIsShown(t *testing.T) {
	for _, part := range []string{"<&>", "- it\n", "a\n", `"\`} {
		body, err := json.Marshal(map[string]string{"id": "j", "status": "OPEN", "descriptionText": strings.Repeat(part, 12_000)})
		if err != nil {
			t.Fatal(err)
		}
		got := newChecker(t, on(t, http.StatusOK, string(body))).result(t, "opentrain_get_job", job())
		if len(got.structured) < 12_000 {
			t.Errorf("%q: %d characters are shown", part, len(got.structured))
		}
	}
}
