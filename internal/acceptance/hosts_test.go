package acceptance_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestWhatHostsAddIsIgnoredAndReported: every tool can be called from n8n and Gemini CLI, which add arguments of their own.
// Both forms of the result say so.
func TestWhatHostsAddIsIgnoredAndReported(t *testing.T) {
	added := map[string]any{
		"toolCallId": "call_1", "tool": "x", "sessionId": "s", "action": "sendMessage", "chatInput": "Hi", "wait_for_previous": true,
	}
	s := startWith(t, inJune(), nil)
	for _, name := range []string{"create_draft", "get_account", "list_facets", "list_changes", "search_jobs", "list_jobs", "get_draft", "patch_draft"} {
		arguments := maps.Clone(valid()[name])
		maps.Copy(arguments, added)
		got := call(t, s.host, "opentrain_"+name, arguments)
		for _, key := range slices.Sorted(maps.Keys(added)) {
			want := key + ": was ignored; some hosts add it"
			if got.isError || !strings.Contains(got.text, want) || !strings.Contains(string(got.structured), want) {
				t.Errorf("%s: %s\n%s", name, got.text, got.structured)
				break
			}
		}
	}
}

// TestEmptyObjectsOfPHP: hosts written in PHP send an empty list where an object belongs, also for what is left out.
func TestEmptyObjectsOfPHP(t *testing.T) {
	s := startWith(t, inJune(), nil)
	for _, test := range []struct {
		name      string
		arguments any
		want      string // in the text; an error unless it names the draft
	}{
		{"get_account", []any{}, "This server acts for"},
		{"create_draft", map[string]any{"description": "Label 100 photos", "job": []any{}, "jsonLd": []any{}}, "Draft job_1"},
		{"create_draft", map[string]any{"job": []any{}}, "description is required"},
		{"create_draft", map[string]any{"format": "opentrain_canonical", "job": []any{}}, "job is required with format opentrain_canonical"},
		{"create_draft", map[string]any{"job": map[string]any{"title": "Label cats"}, "jsonLd": []any{}}, "Draft job_2"},
		{"patch_draft", job("fields", []any{}), "fields is empty; name at least one field"},
		{"update_job", job("fields", []any{}), "fields is empty; name at least one field"},
	} {
		got := call(t, s.host, "opentrain_"+test.name, test.arguments)
		if !strings.Contains(got.text, test.want) {
			t.Errorf("%s %v: %s", test.name, test.arguments, got.text)
		}
	}
}
