package acceptance_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"opentrain-mcp/opentrain"
)

// TestChangesComeInPages: pages join without a gap, even where many changes share a
// time.
func TestChangesComeInPages(t *testing.T) {
	var events []string
	for i := range 25 {
		events = append(events, fmt.Sprintf(`{"jobId":"j%02d","eventType":"UPDATED","occurredAt":"2026-06-01T00:00:%02d.000Z"}`, 24-i, i/10))
	}
	s := startWith(t, answering(http.StatusOK, `{"changes":[`+strings.Join(events, ",")+`],"until":"2026-06-02T00:00:00Z"}`), nil)
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
		{`{}`, "since is required"}, {`{"since":"yesterday"}`, "since is not a time"},
		{`{"cursor":"nonsense"}`, "cursor is not a cursor from this tool"}, {`{"cursor":"eA"}`, "cursor is not a cursor from this tool"},
	} {
		if got := call(t, s.host, "opentrain_list_changes", json.RawMessage(test.arguments)); !got.isError ||
			!strings.Contains(got.text, test.want) {
			t.Errorf("%s: %s", test.arguments, got.text)
		}
	}
}

// TestTimesOfChanges: every form of ISO 8601 is read, and nothing that can't be read gets lost.
func TestTimesOfChanges(t *testing.T) {
	for _, test := range []struct {
		name, since, events string
		want                []string
		lost                bool
	}{
		{"a date", "2026-06-01", `{"jobId":"j","eventType":"UPDATED","occurredAt":"2026-06-01T00:00:00.5Z"}`, []string{"1 change"}, false},
		{"minutes", "2026-06-01T02:00+02:00", `{"jobId":"j","eventType":"UPDATED","occurredAt":"2026-06-01T00:00:01Z"}`, []string{"1 change"}, false},
		{"no offset", "2026-06-01 10:00", `{"jobId":"j","eventType":"UPDATED","occurredAt":"2026-06-01T10:00:01"}`,
			[]string{"1 change", `since: "2026-06-01 10:00" was read as 2026-06-01T10:00:00Z`}, false},
		{"one without a time", "2026-06-01", `{"jobId":"j","occurredAt":"2026-06-01T00:00:01Z"},{"jobId":"k","occurredAt":"June 2"}`,
			[]string{"1 change", "1 event whose job or time"}, true},
		{"only such", "2026-06-01", `{"jobId":"j","occurredAt":7}`, []string{"no changes that this server can read", "1 event whose", "Pass the same since"}, true},
		{"none", "2026-06-01", ``, []string{"There are no changes."}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newChecker(t, startWith(t, answering(http.StatusOK, `{"changes":[`+test.events+`],"until":"2026-06-02T00:00:00Z"}`), nil))
			got := c.result(t, "opentrain_list_changes", map[string]any{"since": test.since})
			for _, want := range test.want {
				if !strings.Contains(got.text, want) {
					t.Errorf("%q is not in\n%s", want, got.text)
				}
			}
			if test.lost == strings.Contains(string(got.structured), `"until"`) {
				t.Errorf("got %s", got.structured)
			}
		})
	}
}

// TestFullAnswerIsNotTheLastPageOfChanges: after 5,000 changes, the API's limit, there
// may be more.
func TestFullAnswerIsNotTheLastPageOfChanges(t *testing.T) {
	events := make([]string, opentrain.MaxChanges)
	for i := range events {
		events[i] = fmt.Sprintf(`{"jobId":"j%04d","eventType":"UPDATED","occurredAt":"2026-06-01T%02d:%02d:00Z"}`, i, i/60/5, i/5%60)
	}
	s := on(t, http.StatusOK, `{"changes":[`+strings.Join(events, ",")+`],"until":"2026-06-02T00:00:00Z"}`)
	got := call(t, s.host, "opentrain_list_changes", map[string]any{"since": "2026-06-01T16:39:00Z", "limit": 100})
	if !strings.Contains(string(got.structured), `"nextCursor"`) || strings.Contains(string(got.structured), `"until"`) {
		t.Errorf("the list ends after a full answer: %.300s", got.structured)
	}
}
