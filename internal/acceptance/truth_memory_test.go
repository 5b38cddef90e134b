package acceptance_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"opentrain-mcp/internal/tool"
)

// outOfDate reports whether a step says that what it shows may be out of date.
func outOfDate(next tool.Next) bool {
	return next.Show != nil && slices.ContainsFunc(next.Show.Notes, func(note string) bool {
		return strings.Contains(note, "If someone changed the draft in the app, that isn't shown here.")
	})
}

// TestMemoryGivesWayToAChange: what is remembered of a draft isn't shown once the list says that the draft has changed
// since, and what was completed elsewhere isn't asked for.
func TestMemoryGivesWayToAChange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newDuo(referenceForm)
		setting(api, signs(), "jobTitle")
		s := inside(t, api, nil)
		s.call(tool.CreateDraft, map[string]any{"description": "Street signs"}, alice...)
		pass(aWhile)
		s.call(tool.PatchDraft, patch("pricePerHour", 20), alice...)
		pass(aWhile)
		api.edit("job_1", func(j *standInJob) { j.fields["pricePerHour"] = 80 })
		pass(aWhile)
		for _, toolName := range []string{tool.Publish, tool.GetDraft} {
			got := s.call(toolName, job(), alice...)
			if next := got.next(t); next.Action != tool.ConfirmWithHuman || len(shownFields(t, next)) > 0 || next.Show.DraftURL == "" {
				t.Errorf("%s: %s", toolName, got.text)
			}
		}
	})
	synctest.Test(t, func(t *testing.T) {
		api := newDuo(guideForm)
		dateAhead(api, 10*time.Minute)
		fields := signs()
		delete(fields, "experienceLevel")
		made(api, "alice", "DRAFT", fields)
		s := inside(t, api, nil)
		pass(aWhile)
		if got := s.call(tool.PatchDraft, patch("headcount", 5), alice...); got.next(t).Field != "experienceLevel" {
			t.Fatalf("%s", got.text)
		}
		pass(time.Minute)
		api.edit("job_1", func(j *standInJob) { j.fields["experienceLevel"] = "EXPERT" })
		pass(time.Minute)
		if got := s.call(tool.Publish, job(), alice...); shownFields(t, got.next(t))["experienceLevel"] != "EXPERT" {
			t.Errorf("completed in the app: %s", got.text)
		}
	})
}

// TestMemoryThatCannotBeCheckedSaysSo: in an account with more drafts than are listed, a draft is shown as it is
// remembered, with the note that this may be out of date.
func TestMemoryThatCannotBeCheckedSaysSo(t *testing.T) {
	t.Parallel()
	for name, answerForm := range answerForms() {
		for _, asks := range []respond{nil, slowly("cancel", nil)} {
			synctest.Test(t, func(t *testing.T) {
				api := newDuo(answerForm)
				setting(api, signs(), "jobTitle")
				s := &formHost{endpoint: inside(t, api, nil), answer: asks}
				s.call(tool.CreateDraft, map[string]any{"description": "Street signs", "askHuman": false})
				pass(aWhile)
				for range 501 {
					made(api, "alice", "DRAFT", signs())
				}
				got := s.call(tool.Publish, job())
				if next := got.next(t); !outOfDate(next) || next.Show.DraftURL == "" || shownFields(t, next)["pricePerHour"] != 18.0 {
					t.Errorf("%s: %s", name, got.text)
				}
				for _, f := range s.forms {
					if !strings.Contains(f.message, "If someone changed the draft in the app, that isn't shown here.") || !strings.Contains(f.message, "Price per hour: $18") {
						t.Errorf("%s: %s", name, f.message)
					}
				}
			})
		}
	}
}

// TestAFormShowsTheLatestChange: what was changed while a form was open is shown before the yes, not what the call that
// opened the form had set.
func TestAFormShowsTheLatestChange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newDuo(referenceForm)
		setting(api, signs(), "jobTitle", "subjectMatter")
		s := &formHost{endpoint: inside(t, api, nil)}
		s.call(tool.CreateDraft, map[string]any{"description": "Street signs", "askHuman": false})
		pass(aWhile)
		s.answer = func(n int, _ form) (mcp.ElicitationResponseAction, any, error) {
			pass(aWhile)
			if n == 1 {
				s.endpoint.call(tool.PatchDraft, job("askHuman", false, "fields", map[string]any{"headcount": 10}), alice...)
				pass(aWhile)
				return "accept", map[string]any{"subjectMatter": "Traffic"}, nil
			}
			return "accept", map[string]any{"confirm": true}, nil
		}
		next := s.call(tool.PatchDraft, patch("headcount", 5)).next(t)
		if next.Tool != tool.PatchDraft || !strings.Contains(next.Note, "these answers were not saved") {
			t.Errorf("%+v", next)
		}
		s.call(next.Tool, next.Arguments)
		pass(aWhile)
		got := s.call(tool.Publish, job())
		if len(s.forms) != 2 || !strings.Contains(s.forms[1].message, "Number of people: 10") || !strings.Contains(got.text, "is live.") {
			t.Errorf("%+v: %s", s.forms, got.text)
		}
	})
}
