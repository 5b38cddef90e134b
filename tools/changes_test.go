package tools_test

import (
	"slices"
	"strings"
	"testing"

	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// TestPreviewsShowWhatChanges: an edit of a live job shows each field that changes, and no other. The public list writes enum values
// in other letters; in a title, letters are a change.
func TestPreviewsShowWhatChanges(t *testing.T) {
	api := &script{answers: map[string]string{
		"GET /jobs/j": `{"id":"j","title":"label DASHCAM videos","experienceLevel":"Any Experience Level","pay":{"paymentType":"Per hour","hourlyRate":18}}`,
	}}
	tools := serve(t, owner{RoundTripper: api, status: opentrain.StatusOpen}, setup{confirm: true})
	const same = "The job already has these values."
	for fields, want := range map[string]struct {
		changes  int
		shows    string
		warnings []string
	}{
		`{"jobTitle":"Label dashcam videos"}`:                      {1, "Job title: label DASHCAM videos → Label dashcam videos", nil},
		`{"jobTitle":"Label dashcam videos","headcount":5}`:        {2, "Number of people: unknown → 5", nil},
		`{"experienceLevel":"ANY_EXPERIENCE_LEVEL"}`:               {1, "Experience level", []string{same}},
		`{"experienceLevel":"ANY_EXPERIENCE_LEVEL","headcount":5}`: {1, "Number of people", nil},
		`{"jobTitle":null}`:                                        {1, "Job title: label DASHCAM videos → not set", nil},
	} {
		result, _, failure := tools.run(t.Context(), t, tool.Call{Caller: alice}, tool.UpdateJob, `{"jobId":"j","fields":`+fields+`}`)
		if failure != nil {
			t.Fatal(failure.Text())
		}
		show := stepIn(t, result).Show
		if show == nil || len(show.Changes) != want.changes || !strings.Contains(strings.Join(show.Changes, "\n"), want.shows) ||
			!slices.Equal(show.Warnings, want.warnings) {
			t.Errorf("%s: %+v", fields, show)
		}
	}
}

// TestUnpaidEditsAskForThePrice: an edit that leaves a job without a price says so, and the step asks for one.
func TestUnpaidEditsAskForThePrice(t *testing.T) {
	api := &script{answers: map[string]string{
		"GET /jobs/j": `{"id":"j","title":"T","pay":{"paymentType":"PAY_PER_HOUR","hourlyRate":18}}`,
	}}
	tools := serve(t, owner{RoundTripper: api, status: opentrain.StatusOpen}, setup{confirm: true})
	result, _, failure := tools.run(t.Context(), t, tool.Call{Caller: alice}, tool.UpdateJob, `{"jobId":"j","fields":{"paymentType":"FIXED_PRICE"}}`)
	if failure != nil {
		t.Fatal(failure.Text())
	}
	change := stepIn(t, result).Change
	if fields, _ := change.Arguments["fields"].(map[string]any); fields["fixedPrice"] != tool.Answer || fields["paymentType"] != "FIXED_PRICE" {
		t.Errorf("%+v in\n%s", change, result.Text)
	}
}
