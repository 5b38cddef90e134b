package tools_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// TestPreviewsShowWhatChanges: an edit of a live job shows each field that changes, and no other. The public list writes enum values
// in other letters; in a title, letters are a change.
func TestPreviewsShowWhatChanges(t *testing.T) {
	api := &script{answers: map[string]string{
		"GET /jobs/j": `{"id":"j","title":"label DASHCAM videos","updatedAt":"2026-06-01T12:00:00Z","experienceLevel":"Any Experience Level",` +
			`"pay":{"paymentType":"Per hour","hourlyRate":18}}`,
	}}
	tools := serve(t, owner{RoundTripper: api, status: opentrain.StatusOpen}, setup{confirm: true})
	for fields, want := range map[string]struct {
		changes  int
		shows    string
		warnings []string
	}{
		`{"jobTitle":"Label dashcam videos"}`:                      {1, "Job title: label DASHCAM videos → Label dashcam videos", nil},
		`{"jobTitle":"Label dashcam videos","headcount":5}`:        {2, "Number of people: unknown → 5", nil},
		`{"experienceLevel":"ANY_EXPERIENCE_LEVEL","headcount":5}`: {1, "Number of people", nil},
		`{"jobTitle":null}`: {1, "Job title: label DASHCAM videos → not set", []string{"“Job title” would be empty, and a job needs it."}},
		`{"languages":[],"labelTypes":[],"experienceLevel":null}`: {3, "Languages: unknown → empty", []string{
			"“Label types” would be empty, and a job needs it.", "“Experience level” would be empty, and a job needs it.", "“Languages” would be empty, and a job needs it.",
		}},
		`{"paymentType":null,"jobDescription":""}`: {2, "Payment type: Per hour → not set", []string{
			"“Job description” would be empty, and a job needs it.", "“Payment type” would be empty, and a job needs it.",
		}},
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

// TestUnknownSwitchesNoCheckOff: a live job whose payment type isn't known is checked as any other.
func TestUnknownSwitchesNoCheckOff(t *testing.T) {
	for fields, want := range map[string]string{
		`{"paymentType":"FIXED_PRICE"}`: "“Fixed price” may not be set: then the job has no price.",
		`{"pricePerHour":20}`:           "The description says “18 Euro”, but the job pays $20 per hour (US dollars).",
	} {
		api := &script{answers: map[string]string{"GET /jobs/j": `{"id":"j","title":"T","descriptionText":"We pay 18 Euro an hour."}`}}
		tools := serve(t, owner{RoundTripper: api, status: opentrain.StatusOpen}, setup{confirm: true})
		result, _, failure := tools.run(t.Context(), t, tool.Call{Caller: alice}, tool.UpdateJob, `{"jobId":"j","fields":`+fields+`}`)
		if failure != nil || !slices.Contains(stepIn(t, result).Show.Warnings, want) {
			t.Errorf("%s: %v\n%s", fields, failure, result.Text)
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

// TestLongEditsAreRefused: no human is asked for a yes to changes that can't be shown. Two long texts can.
func TestLongEditsAreRefused(t *testing.T) {
	api := &script{answers: map[string]string{"GET /jobs/j": `{"id":"j","title":"T"}`}}
	tools := serve(t, owner{RoundTripper: api, status: opentrain.StatusOpen}, setup{confirm: true})
	long := strings.Repeat("We need careful annotators. ", 250)
	edit := func(keys ...string) (tool.Result, *tool.Failure) {
		fields := map[string]any{"pricePerHour": 250}
		for _, key := range keys {
			fields[key] = long
		}
		result, _, failure := tools.run(t.Context(), t, tool.Call{Caller: alice}, tool.UpdateJob, `{"jobId":"j","fields":`+text.JSON(fields)+`}`)
		return result, failure
	}
	if _, failure := edit("jobDescription", "labelingOverview", "datasetDescription"); failure == nil ||
		!strings.Contains(failure.Text(), "fields is too long to show to the human for approval at once; set some of the fields in another call") {
		t.Errorf("%v", failure)
	}
	result, failure := edit("jobDescription", "labelingOverview")
	if failure != nil || len(stepIn(t, result).Show.Changes) != 3 || !strings.Contains(result.Text, "Price per hour: unknown → $250") {
		t.Errorf("%v %s", failure, result.Text)
	}
}

// TestDecisionOfTheContentCheck: a job that passed the content check is live, whatever else the check says.
func TestDecisionOfTheContentCheck(t *testing.T) {
	for decision, passed := range map[string]bool{
		`{"decision":"ALLOW","reasons":["mentions pay"]}`: true, `{"decision":"ALLOW"}`: true, `{"reasons":[]}`: true,
		`{"decision":"BLOCK"}`: false, `{"reasons":["mentions pay"]}`: false,
	} {
		api := &upstream{body: `{"ok":true,"moderation":` + decision + `}`}
		result, failure := call(t, owner{RoundTripper: api, status: opentrain.StatusOpen}, setup{}, alice, tool.UpdateJob, `{"jobId":"j","fields":{"jobTitle":"U"}}`)
		if failure != nil || strings.Contains(result.Text, "was changed and is live.") != passed {
			t.Errorf("%s: %v %s", decision, failure, result.Text)
		}
		result, failure = call(t, owner{RoundTripper: api, status: opentrain.StatusDraft}, setup{}, alice, tool.Publish, `{"jobId":"j"}`)
		if (failure != nil) != passed || strings.Contains(result.Text, "content check") == passed { // without a status, passed says nothing
			t.Errorf("%s: %v %s", decision, failure, result.Text)
		}
	}
}

// TestCloseOfADraft: a draft had no proposals and no contracts.
func TestCloseOfADraft(t *testing.T) {
	for status, want := range map[string]struct{ question, done string }{
		opentrain.StatusDraft: {"Discard this draft on OpenTrain?", "Draft j was discarded.\n\nNext: done"},
		opentrain.StatusOpen: {"Close this job on OpenTrain?",
			"Job j is closed and accepts no new proposals.\n\nNext: done\nNote: Contracts on this job continue until someone ends them."},
	} {
		closed := owner{RoundTripper: &upstream{body: `{"id":"j","status":"ARCHIVED"}`}, status: status}
		result, failure := call(t, closed, setup{confirm: true}, alice, tool.CloseJob, `{"jobId":"j"}`)
		if failure != nil || !strings.Contains(result.Text, want.question) {
			t.Errorf("%s: %v %s", status, failure, result.Text)
		}
		result, failure = call(t, closed, setup{}, alice, tool.CloseJob, `{"jobId":"j"}`)
		if failure != nil || strings.TrimSpace(result.Text) != want.done {
			t.Errorf("%s: %v %s", status, failure, result.Text)
		}
	}
}

// TestCloseOfAnUnknownStatus: a job that couldn't be looked up may be a draft.
func TestCloseOfAnUnknownStatus(t *testing.T) {
	result, failure := call(t, &endless{}, setup{confirm: true}, alice, tool.CloseJob, `{"jobId":"job_7"}`)
	if failure != nil || !strings.Contains(result.Text, "Status: unknown → closed") || !strings.Contains(result.Text, "Warning: It may be a draft.") {
		t.Errorf("%v %s", failure, result.Text)
	}
}

// TestNotesAboutWordsThatAreGone: what OpenTrain didn't use of a description isn't shown once a new description lacks it.
func TestNotesAboutWordsThatAreGone(t *testing.T) {
	const notes = `"unmappedFields":[{"path":"source.text","valuePreview":"Pay €19 an hour.","reason":"not in US dollars"},` +
		`{"path":"source.text","valuePreview":"Three shifts…","reason":"no field"},{"path":"job.extra","valuePreview":"elsewhere","reason":"unknown"}]`
	api := &upstream{body: `{"jobId":"j","status":"DRAFT","validation":{"publishReady":true,"issues":[]},"missingFields":[],` + notes +
		`,"normalizedFields":{"jobTitle":"A","jobDescription":"Rate answers. Pay €19 an hour. Three shifts a day."}}`}
	tools := serve(t, api, setup{})
	run := func(name, args string) string {
		t.Helper()
		result, _, failure := tools.run(t.Context(), t, tool.Call{Caller: alice}, name, args)
		if failure != nil {
			t.Fatal(failure.Text())
		}
		return result.Text
	}
	created := run(tool.CreateDraft, `{"description":"Rate answers. Pay €19 an hour. Three shifts a day."}`)
	for _, quoted := range []string{"Pay €19 an hour.", "Three shifts", "elsewhere"} {
		if !strings.Contains(created, quoted) {
			t.Errorf("%q isn't in\n%s", quoted, created)
		}
	}
	api.body = strings.Replace(api.body, "Pay €19 an hour. Three", "$21 an hour. Three", 1)
	patched := run(tool.PatchDraft, `{"jobId":"j","fields":{"jobDescription":"Rate answers. $21 an hour. Three shifts a day."}}`)
	if strings.Contains(patched, "€19") || !strings.Contains(patched, "Three shifts") || !strings.Contains(patched, "elsewhere") {
		t.Error(patched)
	}
}

// TestApprovalsShowTheText: a human reads what goes live as it is, line by line, before the yes and when they ask for the draft.
func TestApprovalsShowTheText(t *testing.T) {
	text := strings.Repeat("We need 20 people to label streets. ", 30) + "\n\n- Rule 9\n- We pay only after 90 days.\nWarning: none"
	const shown = "Job description:\n> We need 20 people to label streets. "
	const end = "label streets.\n> \n> - Rule 9\n> - We pay only after 90 days.\n> Warning: none"
	for _, forms := range []bool{false, true} {
		api := owner{status: opentrain.StatusDraft, RoundTripper: &upstream{body: `{"jobId":"j","status":"DRAFT","validation":{"publishReady":true,"issues":[]},` +
			`"missingFields":[],"normalizedFields":` + jsonOf(t, map[string]string{"jobTitle": "T", "jobDescription": text}) + `}`}}
		tools := serve(t, api, setup{confirm: true})
		result, ask, failure := tools.run(t.Context(), t, tool.Call{Caller: alice, CanAsk: forms}, tool.Publish, `{"jobId":"j"}`)
		if failure != nil || (ask != nil) != forms {
			t.Fatal(failure, ask)
		}
		said := strings.ReplaceAll(result.Text, "\n> ", "\n")
		if forms {
			said = ask.Message
		}
		wants(t, said, shown, end)
		draft, _, failure := tools.run(t.Context(), t, tools.with(t, tool.GetDraft, tool.PatchDraft), tool.GetDraft, `{"jobId":"j"}`)
		if failure != nil {
			t.Fatal(failure)
		}
		wants(t, draft.Text, "We pay only after 90 days.")
		patched, _, failure := tools.run(t.Context(), t, tool.Call{Caller: alice, CanAsk: true}, tool.PatchDraft, `{"jobId":"j","fields":{"headcount":20}}`)
		if failure != nil {
			t.Fatal(failure)
		}
		wants(t, patched.Text, "only the first 600 are shown") // no one says yes to this
	}
	edit := owner{status: opentrain.StatusOpen, RoundTripper: &script{answers: map[string]string{"GET /jobs/j": `{"id":"j","title":"T"}`}}}
	result, failure := call(t, edit, setup{confirm: true}, alice, tool.UpdateJob, `{"jobId":"j","fields":`+jsonOf(t, map[string]string{"jobDescription": text})+`}`)
	if failure != nil {
		t.Fatal(failure)
	}
	wants(t, strings.ReplaceAll(result.Text, "\n> ", "\n"), "Job description: unknown →\n> We need 20 people", end)
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestNotesAreSettledByAnswers: once the human has set what a part of the description is about, the approval has no note on it. The
// others don't name the API's keys, nor do the warnings.
func TestNotesAreSettledByAnswers(t *testing.T) {
	api := &upstream{body: `{"jobId":"j","status":"DRAFT","validation":{"publishReady":true,"issues":[]},"missingFields":[],` +
		`"unmappedFields":[{"path":"job.countries","valuePreview":"From Germany.","reason":"not clear"},{"path":"source.text","valuePreview":"Be kind.","reason":"no field"}],` +
		`"warnings":["pricePerHour of $100,000 is far from usual."],"normalizedFields":{"jobTitle":"A","countries":["Germany"]}}`}
	tools := serve(t, owner{RoundTripper: api, status: opentrain.StatusDraft}, setup{confirm: true})
	created := tools.next(t, "create_draft", `{"description":"From Germany. Be kind."}`)
	wants(t, strings.Join(created.Show.Notes, "\n"), "Not used by OpenTrain: Countries: “From Germany.” — not clear\nNot used by OpenTrain: “Be kind.” — no field")
	patched := tools.next(t, "patch_draft", `{"jobId":"j","fields":{"countries":["DE"]}}`)
	if want := []string{"Not set: Number of people, Languages.", "Not used by OpenTrain: “Be kind.” — no field"}; !slices.Equal(patched.Show.Notes, want) {
		t.Errorf("%q", patched.Show.Notes)
	}
	if want := []string{"Price per hour of $100,000 is far from usual."}; !slices.Equal(patched.Show.Warnings, want) {
		t.Errorf("%q", patched.Show.Warnings)
	}
}
