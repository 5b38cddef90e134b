package tools_test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// asking is a draft with two questions, after which it has one.
func asking() *script {
	const level = `{"field":"experienceLevel","prompt":"Which level?","type":"enum","enumValues":["A","B"],"updateKeys":["experienceLevel"]}`
	const people = `{"field":"headcount","prompt":"How many?","type":"number","updateKeys":["headcount"]}`
	report := func(missing string) string {
		return `{"jobId":"j","status":"DRAFT","validation":{"publishReady":false},"normalizedFields":{"jobTitle":"T"},"missingFields":[` + missing + `]}`
	}
	return &script{answers: map[string]string{
		"POST /job-drafts": report(level + "," + people), "PATCH /job-drafts/j": report(people),
		"GET /job-drafts/capabilities": `{"updateKeys":["experienceLevel","headcount"],"enums":{"experienceLevel":["A","B"]}}`,
	}}
}

// formOf makes a draft and returns the form that asks its questions.
func formOf(t *testing.T, tools served) *tool.Ask {
	t.Helper()
	_, ask, failure := tools.run(t.Context(), t, tool.Call{Caller: alice, CanAsk: true}, tool.CreateDraft, `{"description":"x"}`)
	if failure != nil || ask == nil {
		t.Fatal("no form", failure)
	}
	return ask
}

// answer fills in a form.
func answer(t *testing.T, tools served, ask *tool.Ask, answers map[string]string) (tool.Result, *tool.Ask) {
	t.Helper()
	call := tool.Call{Caller: alice, CanAsk: true, Form: tool.FormAnswered, State: ask.State, Answers: map[string]json.RawMessage{}}
	for key, value := range answers {
		call.Answers[key] = json.RawMessage(value)
	}
	result, again, failure := tools.run(t.Context(), t, call, tool.CreateDraft, `{"description":"x"}`)
	if failure != nil {
		t.Fatal(failure)
	}
	return result, again
}

// TestSkippedQuestionsStaySkipped: what the human left out of a form isn't asked in the next one. It is the next step.
func TestSkippedQuestionsStaySkipped(t *testing.T) {
	tools := serve(t, asking(), setup{})
	result, again := answer(t, tools, formOf(t, tools), map[string]string{"experienceLevel": `"A"`})
	if again != nil {
		t.Fatalf("another form: %+v", again.Fields)
	}
	if next := stepIn(t, result); next.Action != tool.AskHuman || next.Field != "headcount" {
		t.Errorf("%+v", next)
	}
}

// TestInvalidAnswersSayWhy: an invalid answer is asked again, with the reason above the form. The reason stays in the result when no
// one answers.
func TestInvalidAnswersSayWhy(t *testing.T) {
	tools := serve(t, asking(), setup{})
	_, again := answer(t, tools, formOf(t, tools), map[string]string{"experienceLevel": `"A"`, "headcount": `-5`})
	if again == nil || len(again.Fields) != 1 || again.Fields[0].Name != "headcount" {
		t.Fatalf("%+v", again)
	}
	const reason = "the answer wasn't saved: -5"
	if !strings.Contains(again.Message, reason) {
		t.Errorf("above the form: %q", again.Message)
	}
	result, third := answer(t, tools, again, nil)
	for _, want := range []string{reason, "The human skipped this. Don't repeat the question now.", "Answered by the human in a form: Experience level: A"} {
		if third != nil || !strings.Contains(result.Text, want) {
			t.Errorf("%q is missing in\n%s", want, result.Text)
		}
	}
	result, _ = answer(t, tools, again, map[string]string{"headcount": `-5`})
	if n := strings.Count(result.Text, reason); n != 1 {
		t.Errorf("said %d times:\n%s", n, result.Text)
	}
	result, again = answer(t, tools, formOf(t, serve(t, asking(), setup{})), map[string]string{"headcount": `-5`})
	if again != nil || !strings.Contains(result.Text, reason) || strings.Contains(result.Text, "Interpreted") {
		t.Errorf("nothing valid: %s", result.Text)
	}
}

// TestUnsavedAnswersSayWhy: an invalid answer is named, too, when the valid ones couldn't be saved.
func TestUnsavedAnswersSayWhy(t *testing.T) {
	answers := map[string]string{"experienceLevel": `"A"`, "headcount": `-5`}
	const reason = "the answer wasn't saved: -5"
	failing := asking()
	failing.answers["PATCH /job-drafts/j"] = `400 {"error":"No.","code":"BAD_REQUEST"}`
	tools := serve(t, failing, setup{})
	if result, _ := answer(t, tools, formOf(t, tools), answers); !strings.Contains(result.Text, reason) {
		t.Errorf("refused:\n%s", result.Text)
	}
	moments := atomic.Int64{}
	tools = serve(t, asking(), setup{now: func() time.Time { return time.Unix(moments.Add(1), 0) }})
	ask := formOf(t, tools)
	if _, _, failure := tools.run(t.Context(), t, tool.Call{Caller: alice}, tool.PatchDraft, `{"jobId":"j","fields":{"headcount":3}}`); failure != nil {
		t.Fatal(failure)
	}
	result, _ := answer(t, tools, ask, answers)
	if show := stepIn(t, result).Show; show == nil || len(show.Warnings) != 1 || !strings.Contains(show.Warnings[0], reason) {
		t.Errorf("out of date:\n%s", result.Text)
	}
}

// TestARepeatedFormIsNoChange: the answers of a form come again after the response with their result was lost. They were saved once.
func TestARepeatedFormIsNoChange(t *testing.T) {
	moments := atomic.Int64{}
	api := asking()
	api.answers["PATCH /job-drafts/j"] = strings.Replace(api.answers["PATCH /job-drafts/j"], `"T"`, `"T","experienceLevel":"A"`, 1)
	tools := serve(t, api, setup{now: func() time.Time { return time.Unix(moments.Add(1), 0) }})
	ask := formOf(t, tools)
	answers := map[string]string{"experienceLevel": `"A"`}
	first, another := answer(t, tools, ask, answers)
	second, same := answer(t, tools, ask, answers)
	if strings.Contains(second.Text, "not saved") || first.Text != second.Text || (another == nil) != (same == nil) {
		t.Errorf("%s\nthen\n%s", first.Text, second.Text)
	}
	if sent := api.to("PATCH /job-drafts/j"); len(sent) != 1 {
		t.Errorf("sent: %q", sent)
	}
}

// TestPartsOfAQuestionAreAskedAgain: a question with several keys of which one answer was invalid.
func TestPartsOfAQuestionAreAskedAgain(t *testing.T) {
	api := asking()
	const pay = `{"field":"pay","prompt":"What do you pay?","updateKeys":["paymentType","pricePerHour","fixedPrice"],` +
		`"example":{"paymentType":"PAY_PER_HOUR","pricePerHour":18}}`
	report := `{"jobId":"j","status":"DRAFT","validation":{"publishReady":false},"missingFields":[` + pay + `],"unmappedFields":["NDA with Acme"]}`
	api.answers = map[string]string{"POST /job-drafts": report, "PATCH /job-drafts/j": report}
	tools := serve(t, api, setup{})
	_, again := answer(t, tools, formOf(t, tools), map[string]string{"paymentType": `"PAY_PER_HOUR"`, "pricePerHour": `-18`})
	if again == nil || !strings.Contains(again.Message, "Price per hour — the answer wasn't saved") {
		t.Fatalf("%+v", again)
	}
	result, _ := answer(t, tools, again, nil)
	if !strings.Contains(result.Text, "Not used: NDA with Acme") { // the forms didn't show it
		t.Errorf("%s", result.Text)
	}
}

// held is an API whose first PATCH waits.
type held struct {
	*script
	arrived, release chan struct{}
}

func (h *held) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPatch && len(h.to("PATCH /job-drafts/j")) == 0 {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		response, err := h.script.RoundTrip(r)
		close(h.arrived)
		<-h.release
		return response, err
	}
	return h.script.RoundTrip(r)
}

// TestFormAnswersDontOverwrite: answers of a form that was shown before another change began aren't saved over it, also when that
// change is still on its way.
func TestFormAnswersDontOverwrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &held{script: asking(), arrived: make(chan struct{}), release: make(chan struct{})}
		moments := atomic.Int64{} // time goes on with each look at the clock
		tools := serve(t, api, setup{now: func() time.Time { return time.Unix(moments.Add(1), 0) }})
		ask := formOf(t, tools)
		texts := make(chan string, 2)
		run := func(call tool.Call, name, arguments string) {
			made := tools.tools[name]
			result, _, _ := tools.runner.Run(opentrain.WithToken(t.Context(), "ot_pat_alice"), &made, call, json.RawMessage(arguments))
			texts <- result.Text
		}
		go run(tool.Call{Caller: alice}, tool.PatchDraft, `{"jobId":"j","fields":{"experienceLevel":"B"}}`)
		<-api.arrived
		go run(tool.Call{
			Caller: alice, Form: tool.FormAnswered, State: ask.State,
			Answers: map[string]json.RawMessage{"experienceLevel": json.RawMessage(`"A"`)},
		}, tool.CreateDraft, `{"description":"x"}`)
		synctest.Wait()
		close(api.release)
		if both := <-texts + <-texts; !strings.Contains(both, "was changed after this form was shown") {
			t.Error(both)
		}
		if sent := api.to("PATCH /job-drafts/j"); len(sent) != 1 {
			t.Errorf("sent: %q", sent)
		}
	})
}

// TestWarningsReachTheHuman: what OpenTrain warns of, and what it didn't use, stands in front of the human who says yes, in the conversation and in a form.
func TestWarningsReachTheHuman(t *testing.T) {
	const warning = "$1500 an hour is far from usual."
	report := `{"jobId":"j","status":"DRAFT","validation":{"publishReady":true},"normalizedFields":{"jobTitle":"T"},"warnings":["` + warning + `"],
		"unmappedFields":["a","a"]}`
	api := &script{answers: map[string]string{"POST /job-drafts": report, "PATCH /job-drafts/j": report}}
	tools := serve(t, owner{RoundTripper: api, status: opentrain.StatusDraft}, setup{confirm: true})
	run := func(call tool.Call, name, arguments string) (tool.Result, *tool.Ask) {
		call.Caller = alice
		result, ask, failure := tools.run(t.Context(), t, call, name, arguments)
		if failure != nil {
			t.Fatal(failure)
		}
		return result, ask
	}
	created, _ := run(tool.Call{}, tool.CreateDraft, `{"description":"x"}`)
	patched, _ := run(tool.Call{}, tool.PatchDraft, `{"jobId":"j","fields":{"headcount":3}}`)
	published, _ := run(tool.Call{}, tool.Publish, `{"jobId":"j"}`)
	for _, result := range []tool.Result{created, patched, published} {
		if show := stepIn(t, result).Show; show == nil || !slices.Contains(show.Warnings, warning) || strings.Count(result.Text, warning) != 1 {
			t.Errorf("%+v in\n%s", show, result.Text)
		}
		if n := strings.Count(result.Text, "Not used"); n != 1 || !strings.Contains(result.Text, "> Note: Not used by OpenTrain: a") {
			t.Errorf("%d times not used:\n%s", n, result.Text)
		}
	}
	if _, ask := run(tool.Call{CanAsk: true}, tool.Publish, `{"jobId":"j"}`); ask == nil || !strings.Contains(ask.Message, "Warning: "+warning) ||
		!strings.Contains(ask.Message, "Note: Not used by OpenTrain: a") {
		t.Errorf("%+v", ask)
	}
}

// TestUnusedInputIsSaidOnce: what OpenTrain didn't use of the input is in the first result of a draft with open questions, and not again.
func TestUnusedInputIsSaidOnce(t *testing.T) {
	report := `{"jobId":"j","status":"DRAFT","validation":{},"missingFields":[{"field":"headcount","prompt":"How many?","type":"number","updateKeys":["headcount"]}],
		"unmappedFields":["a","a"]}`
	api := &script{answers: map[string]string{"POST /job-drafts": report, "PATCH /job-drafts/j": report}}
	tools := serve(t, owner{RoundTripper: api, status: opentrain.StatusDraft}, setup{confirm: true})
	texts := ""
	for _, run := range [][2]string{{tool.CreateDraft, `{"description":"x"}`}, {tool.PatchDraft, `{"jobId":"j","fields":{"jobTitle":"T"}}`}} {
		result, _, failure := tools.run(t.Context(), t, tool.Call{Caller: alice}, run[0], run[1])
		if failure != nil {
			t.Fatal(failure)
		}
		texts += result.Text
	}
	if strings.Count(texts, "Not used: a") != 1 {
		t.Error(texts)
	}
}

// TestUnknownAmounts: a question for a number says how to answer that it isn't known, and that answer is accepted.
func TestUnknownAmounts(t *testing.T) {
	report := `{"jobId":"j","status":"DRAFT","validation":{},"missingFields":[{"field":"data","prompt":"How much data is there?",
		"updateKeys":["dataVolume","dataVolumeUnit"],"example":{"dataVolume":50000,"dataVolumeUnit":"NUMBER_OF_FILES"}}]}`
	api := &script{answers: map[string]string{
		"POST /job-drafts": report, "PATCH /job-drafts/j": report,
		"GET /job-drafts/capabilities": `{"updateKeys":["dataVolume","dataVolumeUnit"],"enums":{"dataVolumeUnit":["NUMBER_OF_FILES","UNKNOWN_NOT_SPECIFIED"]}}`,
	}}
	tools := serve(t, api, setup{})
	created, _, failure := tools.run(t.Context(), t, tool.Call{Caller: alice}, tool.CreateDraft, `{"description":"x"}`)
	if failure != nil || !strings.Contains(created.Text, "Note: If the number isn't known, leave it out and choose “Not sure” as the unit.") {
		t.Fatalf("%v %s", failure, created.Text)
	}
	if _, _, failure = tools.run(t.Context(), t, tool.Call{Caller: alice}, tool.PatchDraft, `{"jobId":"j","fields":{"dataVolumeUnit":"Not sure"}}`); failure != nil {
		t.Error(failure.Text())
	}
	if sent := api.to("PATCH /job-drafts/j"); len(sent) != 1 || !strings.Contains(sent[0], `{"dataVolumeUnit":"UNKNOWN_NOT_SPECIFIED"}`) {
		t.Errorf("%q", sent)
	}
}
