package acceptance_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"opentrain-mcp/internal/tool"
)

// TestHiddenCharactersAreSpelledOut: what a human sees before a yes hides nothing, in the conversation or in a form.
func TestHiddenCharactersAreSpelledOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newDuo(guideForm)
		s := &formHost{endpoint: inside(t, api, nil), answer: slowly("cancel", nil)}
		for toolName, arguments := range possibleCalls(api) {
			id := standInText(arguments["jobId"])
			api.edit(id, func(j *standInJob) {
				j.fields["jobDescription"], j.fields["jobTitle"] = "Label signs.\U000E0070\U000E0061 \u202Eevil", "Street\u200B signs"
			})
			pass(aWhile)
			got := s.call(toolName, arguments)
			said := s.forms[len(s.forms)-1].message + got.text
			if strings.ContainsAny(said, "\U000E0070\U000E0061\u202E\u200B") || strings.Count(said, "Street[U+200B] signs") < 2 {
				t.Errorf("%s: %+q", toolName, said)
			}
			if toolName == tool.Publish && strings.Count(said, "[U+E0070][U+E0061] [U+202E]evil") != 2 {
				t.Errorf("%+q", said)
			}
		}
	})
}

// TestAnEditIsShownAsItIsSent: every new value of an edit is shown so that it can't be mistaken for another one. A value
// that is too long to show says so.
func TestAnEditIsShownAsItIsSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newDuo(guideForm)
		api.fail("GET /job-drafts/capabilities", 0, http.StatusServiceUnavailable, "") // so that every key and value goes through
		s := inside(t, api, nil)
		id := made(api, "alice", "OPEN", signs())
		long := strings.Repeat("a", 5000)
		for fields, shown := range map[string]string{
			`{"labelingSoftware":"CVAT_PRO"}`:              `Labeling software: unknown → CVAT_PRO`,
			`{"labelingSoftware":"Cvat pro"}`:              `Labeling software: unknown → Cvat pro`,
			`{"pricePerHour\u200b":25}`:                    `Price per hour[U+200B]: unknown → 25`,
			`{"pricePerHour":1e3}`:                         `Price per hour: $18 → $1,000 per hour`,
			`{"pricePerHour":25,"pricePerHour":2500}`:      `Price per hour: $18 → $2,500 per hour`,
			`{"pricePerHour":null}`:                        `Price per hour: $18 → not set`,
			`{"countries":["Germany, France","Spain"]}`:    `Countries: all countries → Germany, France; Spain`,
			`{"countries":["Korea, South","Spain"]}`:       `Countries: all countries → Korea, South; Spain`,
			`{"screening":[{"q":"Visible?\u202e\u200b"}]}`: `Screening: unknown → [{"q":"Visible?[U+202E][U+200B]"}]`,
			`{"labelingOverview":"` + long + `b"}`: `Labeling overview: unknown → ` + long +
				`… (5001 characters in all; only the first 5000 are shown)`,
		} {
			got := s.call(tool.UpdateJob, map[string]any{"jobId": id, "fields": json.RawMessage(fields)}, alice...)
			if next := got.next(t); next.Action != tool.ConfirmWithHuman || !slices.Equal(next.Show.Changes, []string{shown}) {
				t.Errorf("%s: %+q", fields, next.Show.Changes)
			}
		}
	})
}
