package tools_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// TestBlockedContentNamesItsText: after an edit, the step names the texts that it set; otherwise the human says which text it is.
func TestBlockedContentNamesItsText(t *testing.T) {
	const blocked = `{"status":"DRAFT","moderation":{"decision":"BLOCK","reasons":["Bad words."]}}`
	for name, test := range map[string]struct {
		tool, fields, status string
		want                 []string
	}{
		"a title":       {tool.UpdateJob, `,"fields":{"jobTitle":"Passwords"}`, opentrain.StatusOpen, []string{"jobTitle"}},
		"several texts": {tool.UpdateJob, `,"fields":{"jobTitle":"A","workloadDesc":"B","headcount":2}`, opentrain.StatusOpen, []string{"jobTitle", "workloadDesc"}},
		"no text":       {tool.UpdateJob, `,"fields":{"headcount":2}`, opentrain.StatusOpen, []string{"jobDescription", "jobTitle"}},
		"a whole job":   {tool.Publish, "", opentrain.StatusDraft, []string{"jobDescription", "jobTitle"}},
	} {
		api := &script{answers: map[string]string{"PATCH /jobs/j": blocked, "POST /jobs/j/publish": blocked}}
		result, failure := call(t, owner{RoundTripper: api, status: test.status}, setup{}, alice, test.tool, `{"jobId":"j"`+test.fields+`}`)
		if failure != nil {
			t.Fatal(name, failure.Text())
		}
		fields, _ := stepIn(t, result).Arguments["fields"].(map[string]any)
		if got := slices.Sorted(maps.Keys(fields)); !slices.Equal(got, test.want) {
			t.Errorf("%s: the step names %v", name, got)
		}
	}
}

// TestAClosedJobCanBePostedAgain: the step after a create whose job is closed creates another draft, under a key that retries share.
func TestAClosedJobCanBePostedAgain(t *testing.T) {
	api := &script{answers: map[string]string{"POST /job-drafts": `{"jobId":"j","status":"ARCHIVED"}`}}
	tools := serve(t, api, setup{})
	for description, note := range map[string]string{"Label cats.": "", strings.Repeat("Label cats. ", 100): "Send description again, unchanged."} {
		arguments, err := json.Marshal(map[string]any{"description": description})
		if err != nil {
			t.Fatal(err)
		}
		result, _, failure := tools.run(t.Context(), t, tool.Call{Caller: alice}, tool.CreateDraft, string(arguments))
		if failure != nil {
			t.Fatal(failure.Text())
		}
		next := stepIn(t, result)
		if next.Action != tool.ConfirmWithHuman || next.Question == "" || next.Tool != tool.CreateDraft || next.Arguments["idempotencyKey"] != "after-j" ||
			(next.Arguments["description"] == description) != (note == "") || strings.TrimSpace(next.Note) != note {
			t.Errorf("%+v", next)
		}
	}
	api.answers["POST /job-drafts"] = `{"jobId":"j","status":"OPEN"}`
	result, _, _ := tools.run(t.Context(), t, tool.Call{Caller: alice}, tool.CreateDraft, `{"description":"Label dogs."}`)
	if next := stepIn(t, result); next.Action != tool.Done {
		t.Errorf("a live job: %+v", next)
	}
}

// TestNoOneIsAskedBeyondALimit: once OpenTrain said that no more can be published, no human is asked for a while, and the step has no yes
// that is over by then.
func TestNoOneIsAskedBeyondALimit(t *testing.T) {
	const limit = `429 {"error":"No more.","code":"RATE_LIMITED","details":{"limit":20,"windowHours":24}}`
	const ready = `{"jobId":"j","status":"DRAFT","validation":{"publishReady":true},"normalizedFields":{"jobTitle":"T"}}`
	api := &script{answers: map[string]string{"PATCH /job-drafts/j": ready, "POST /jobs/j/publish": limit}}
	tools := serve(t, owner{RoundTripper: api, status: opentrain.StatusDraft}, setup{confirm: true})
	run := func(by tool.Call, arguments string) (tool.Result, *tool.Failure) {
		result, _, failure := tools.run(t.Context(), t, by, tool.Publish, arguments)
		return result, failure
	}
	asked, failure := run(tool.Call{Caller: alice}, `{"jobId":"j"}`)
	if failure != nil {
		t.Fatal(failure.Text())
	}
	_, failure = run(tool.Call{Caller: alice}, follow(t, stepIn(t, asked)))
	if failure == nil || failure.Next.Action != tool.Wait || failure.Next.Arguments["jobId"] != "j" || failure.Next.Arguments["confirmationToken"] != nil {
		t.Fatalf("%+v", failure)
	}
	_, again := run(tool.Call{Caller: alice}, `{"jobId":"j"}`)
	if again == nil || !strings.Contains(again.Text(), "limit of 20 published jobs in 24 hours. Nothing was changed.") || len(api.to("POST /jobs/j/publish")) != 1 {
		t.Errorf("%v", again)
	}
	if other, failure := run(tool.Call{Caller: caller.Caller{ID: "bob"}}, `{"jobId":"j"}`); failure != nil || stepIn(t, other).Action != tool.ConfirmWithHuman {
		t.Errorf("someone else: %v", failure)
	}
}

// TestReportsKnowTheLimit: the step after a finished draft is the one that opentrain_publish would name, with the draft to show.
func TestReportsKnowTheLimit(t *testing.T) {
	const limit = `429 {"error":"No more.","code":"RATE_LIMITED","details":{"limit":3,"windowHours":24}}`
	const ready = `{"jobId":"j","status":"DRAFT","validation":{"publishReady":true},"normalizedFields":{"jobTitle":"T"}}`
	claims := caller.Caller{ID: "alice", Claims: true}
	for name, test := range map[string]struct {
		by     caller.Caller
		forms  bool
		action tool.Action
		calls  string
	}{
		"in the conversation":      {alice, false, tool.Wait, tool.Publish},
		"in a form":                {alice, true, tool.Wait, tool.Publish},
		"an account without owner": {claims, false, tool.AskHuman, tool.ClaimAccount},
	} {
		api := &script{answers: map[string]string{"POST /job-drafts": ready, "PATCH /job-drafts/j": ready, "POST /jobs/j/publish": limit}}
		tools := serve(t, owner{RoundTripper: api, status: opentrain.StatusDraft}, setup{confirm: true})
		by := tool.Call{Caller: test.by, Served: tools.claiming()}
		asked, _, failure := tools.run(t.Context(), t, by, tool.Publish, `{"jobId":"j"}`)
		if failure != nil {
			t.Fatal(failure.Text())
		}
		_, _, refused := tools.run(t.Context(), t, by, tool.Publish, follow(t, stepIn(t, asked)))
		if refused == nil {
			t.Fatal("it was published")
		}
		by.CanAsk = test.forms
		for made, args := range map[string]string{
			tool.CreateDraft: `{"description":"x"}`, tool.PatchDraft: `{"jobId":"j","fields":{"headcount":3}}`, tool.GetDraft: `{"jobId":"j"}`,
		} {
			result, ask, failure := tools.run(t.Context(), t, by, made, args)
			if failure != nil || ask != nil {
				t.Fatal(name, made, failure, ask)
			}
			next := stepIn(t, result)
			if !test.forms && (next.Show == nil || string(next.Show.Fields["jobTitle"]) != `"T"`) {
				t.Errorf("%s: %s doesn't show the draft: %+v", name, made, next)
			}
			if next.Show = nil; !reflect.DeepEqual(next, stepOf(t, refused)) || next.Action != test.action || next.Tool != test.calls {
				t.Errorf("%s: %s names %+v", name, made, next)
			}
			wants(t, result.Text, "limit of 3 published jobs in 24 hours", "T")
		}
	}
}

// TestNoYesIsAskedAgainBeyondALimit: a draft that has changed since the yes isn't shown again if the limit is reached meanwhile.
func TestNoYesIsAskedAgainBeyondALimit(t *testing.T) {
	const mine = `{"jobs":[{"id":"j","title":"T","status":"DRAFT","updatedAt":"2026-06-01T12:00:00Z"}]}`
	const ready = `{"jobId":"j","status":"DRAFT","validation":{"publishReady":true},"normalizedFields":{"jobTitle":"T"}}`
	api := &script{answers: map[string]string{
		"GET /jobs/mine": mine, "PATCH /job-drafts/j": ready,
		"POST /jobs/j/publish": `429 {"error":"No more.","code":"RATE_LIMITED","details":{"limit":3,"windowHours":24}}`,
	}}
	tools := serve(t, api, setup{confirm: true})
	var yes [2]string
	for i := range yes {
		asked, _, failure := tools.run(t.Context(), t, tool.Call{Caller: alice}, tool.Publish, `{"jobId":"j"}`)
		if failure != nil {
			t.Fatal(failure.Text())
		}
		yes[i] = follow(t, stepIn(t, asked))
	}
	if _, _, failure := tools.run(t.Context(), t, tool.Call{Caller: alice}, tool.Publish, yes[0]); failure == nil {
		t.Fatal("it was published")
	}
	api.answers["GET /jobs/mine"] = strings.ReplaceAll(mine, "12:00", "13:00")
	api.answers["PATCH /job-drafts/j"] = strings.ReplaceAll(ready, `"T"`, `"U"`)
	result, _, failure := tools.run(t.Context(), t, tool.Call{Caller: alice}, tool.Publish, yes[1])
	if failure == nil || failure.Next.Action != tool.Wait {
		t.Errorf("%s %v", result.Text, failure)
	}
}

// TestFormsAreForPeople: a form says what an answer belongs to, no condition that is met, nothing twice, and never to ask the human.
func TestFormsAreForPeople(t *testing.T) {
	const body = `{"jobId":"j","status":"DRAFT","validation":{"publishReady":false},"draftUrl":"https://app.opentrain.ai/drafts/j",` +
		`"normalizedFields":{"jobTitle":"T","dataVolume":50000,"paymentType":"PAY_PER_HOUR"},"missingFields":[` +
		`{"field":"dataVolumeUnit","prompt":"What unit is it in?","type":"enum","enumValues":["NUMBER_OF_FILES"],"updateKeys":["dataVolumeUnit"]},` +
		`{"field":"pricePerHour","prompt":"How much per hour (USD)?","type":"number","updateKeys":["pricePerHour"]},` +
		`{"field":"fixedPrice","prompt":"How much in all?","type":"number","updateKeys":["fixedPrice"]}]}`
	api := &script{answers: map[string]string{"POST /job-drafts": body, "PATCH /job-drafts/j": body}}
	tools := serve(t, api, setup{})
	ask := formOf(t, tools)
	want := map[string]string{
		"dataVolumeUnit": "What unit is it in? Data volume: 50,000.", "pricePerHour": "How much per hour (USD)?",
		"fixedPrice": "How much in all? In US dollars. Only for the payment type “Fixed price”.",
	}
	for _, field := range ask.Fields {
		if field.Prompt != want[field.Name] {
			t.Errorf("%s: %q", field.Name, field.Prompt)
		}
	}
	wants(t, ask.Message, "\nPage: https://app.opentrain.ai/drafts/j")
	_, again := answer(t, tools, ask, map[string]string{"dataVolumeUnit": `"NUMBER_OF_FILES"`, "pricePerHour": `"18 euros"`})
	if again == nil || strings.Contains(again.Message, "the human") {
		t.Fatalf("%+v", again)
	}
	wants(t, again.Message, "\"18 euros\" is not a number of US dollars\n")
}

// TestTrialsAreForThoseWithoutAToken: a scope that is missing is no reason to try the sandbox; a missing token is.
func TestTrialsAreForThoseWithoutAToken(t *testing.T) {
	api := &script{answers: map[string]string{
		"GET /auth/me": `{"actor":{"userId":"u"},"token":{"scopes":["jobs:read"]},"account":{}}`,
	}}
	tools := serve(t, api, setup{help: "Set a token."})
	tools.runner.TrialHelp = "Try the sandbox."
	for by, want := range map[string]bool{alice.ID: false, "": true} {
		asker := tool.Call{}
		if by != "" {
			asker.Caller = alice
		}
		_, _, failure := tools.run(t.Context(), t, asker, tool.Publish, `{"jobId":"j"}`)
		if failure == nil || strings.Contains(failure.Text(), "Try the sandbox.") != want || !strings.Contains(failure.Text(), "Set a token.") {
			t.Errorf("%q: %+v", by, failure)
		}
	}
	// The sandbox inside this server has no app.
	tools.runner.App, tools.runner.TokenHelp = "https://sandbox.invalid", "Restart it."
	_, _, failure := tools.run(t.Context(), t, tool.Call{Caller: alice}, tool.Publish, `{"jobId":"j"}`)
	if failure == nil || strings.Contains(failure.Text(), "app") || failure.Next.URL != "" || !strings.Contains(failure.Text(), "Restart it.") {
		t.Errorf("%+v", failure)
	}
}

// TestNoContractsWithoutProposals: closing a job for which no one ever applied says nothing of contracts.
func TestNoContractsWithoutProposals(t *testing.T) {
	for counts, want := range map[string]bool{"": true, `,"proposalCounts":{"total":0,"unreviewed":0}`: false, `,"proposalCounts":{"total":2,"unreviewed":0}`: true} {
		api := &script{answers: map[string]string{"GET /jobs/mine": `{"jobs":[{"id":"j","title":"T","status":"ARCHIVED"` + counts + `}]}`}}
		result, failure := call(t, api, setup{confirm: true}, alice, tool.CloseJob, `{"jobId":"j"}`)
		if failure != nil || strings.Contains(result.Text, "Contracts on this job") != want {
			t.Errorf("%s: %v %s", counts, failure, result.Text)
		}
	}
}
