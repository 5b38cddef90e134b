package tools_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// draftWith is an API with a draft that is complete, with these fields and guesses as JSON. Like OpenTrain, it takes a saved title for
// the human's word.
func draftWith(fields, guesses string) *script {
	report := func(guesses string) string {
		return fmt.Sprintf(`{"jobId":"j","status":"DRAFT","validation":{"publishReady":true},"missingFields":[],`+
			`"normalizedFields":{"jobTitle":"T",%s},"lowConfidenceFields":[%s]}`, fields, guesses)
	}
	return &script{answers: map[string]string{"POST /job-drafts": report(guesses), "PATCH /job-drafts/j": report("")}}
}

// TestAReadConfirmsNoGuess: a draft is read by saving its title, after which OpenTrain no longer calls that a guess. No one has
// confirmed it, also after later changes.
func TestAReadConfirmsNoGuess(t *testing.T) {
	const guess = "Guessed by OpenTrain: Job title: T"
	for name, test := range map[string]struct {
		calls [][2]string
		stays bool
	}{
		"read":                       {[][2]string{{tool.GetDraft, `{"jobId":"j"}`}}, true},
		"read and changed":           {[][2]string{{tool.GetDraft, `{"jobId":"j"}`}, {tool.PatchDraft, `{"jobId":"j","fields":{"headcount":3}}`}}, true},
		"read twice and changed":     {[][2]string{{tool.GetDraft, `{"jobId":"j"}`}, {tool.GetDraft, `{"jobId":"j"}`}, {tool.PatchDraft, `{"jobId":"j","fields":{"headcount":3}}`}}, true},
		"read, and the title set":    {[][2]string{{tool.GetDraft, `{"jobId":"j"}`}, {tool.PatchDraft, `{"jobId":"j","fields":{"jobTitle":"T"}}`}}, false},
		"the title set, then read":   {[][2]string{{tool.PatchDraft, `{"jobId":"j","fields":{"jobTitle":"T"}}`}, {tool.GetDraft, `{"jobId":"j"}`}}, false},
		"changed by no call of ours": {[][2]string{{tool.PatchDraft, `{"jobId":"j","fields":{"headcount":3}}`}}, false}, // as OpenTrain says
	} {
		api := owner{RoundTripper: draftWith(`"countries":["Peru"]`, `{"field":"jobTitle","value":"T","reason":"From the first words."}`), status: opentrain.StatusDraft}
		tools := serve(t, api, setup{confirm: true})
		last := ""
		for _, call := range append([][2]string{{tool.CreateDraft, `{"description":"x"}`}}, test.calls...) {
			result, _, failure := tools.run(t.Context(), t, tools.with(t, tool.CreateDraft, tool.PatchDraft, tool.GetDraft), call[0], call[1])
			if failure != nil {
				t.Fatal(name, failure.Text())
			}
			last = result.Text
		}
		if strings.Contains(last, guess) != test.stays {
			t.Errorf("%s:\n%s", name, last)
		}
	}
}

// TestAHumanSeesWhatIsMissing: before a yes, a human sees which fields have no value, and that a text isn't shown whole.
func TestAHumanSeesWhatIsMissing(t *testing.T) {
	long := `"jobDescription":"` + strings.Repeat("x", 5001) + `"`
	const part = "Only a part of “Job description” is shown. Read all of it on the page before you approve."
	for name, test := range map[string]struct {
		fields          string
		notes, warnings []string
	}{
		"nothing":      {`"countries":["Peru"],"headcount":2,"languages":["Thai"]`, nil, nil},
		"all three":    {`"countries":[],"headcount":null`, []string{"Not set: Number of people, Countries (open to all), Languages."}, nil},
		"one":          {`"countries":["Peru"],"languages":["Thai"]`, []string{"Not set: Number of people."}, nil},
		"a long text":  {`"countries":["Peru"],"headcount":2,"languages":["Thai"],` + long, nil, []string{part}},
		"a whole text": {`"countries":["Peru"],"headcount":2,"languages":["Thai"],` + strings.Replace(long, "xx", "x", 1), nil, nil},
	} {
		tools := serve(t, owner{RoundTripper: draftWith(test.fields, ""), status: opentrain.StatusDraft}, setup{confirm: true})
		for _, call := range [][2]string{{tool.CreateDraft, `{"description":"x"}`}, {tool.Publish, `{"jobId":"j"}`}} {
			result, _, failure := tools.run(t.Context(), t, tool.Call{Caller: alice}, call[0], call[1])
			if failure != nil {
				t.Fatal(name, failure.Text())
			}
			if show := stepIn(t, result).Show; show == nil || !slices.Equal(show.Notes, test.notes) || !slices.Equal(show.Warnings, test.warnings) {
				t.Errorf("%s, %s: %+v", name, call[0], show)
			}
		}
	}
}
