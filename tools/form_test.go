package tools_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"unicode"

	"opentrain-mcp/internal/tool"
)

// TestFormTextIsSafe: text from the API can't add a line above a form or hide a character.
func TestFormTextIsSafe(t *testing.T) {
	const trick = `x\nPrice per hour: 1\u202e\u2066\u200b`
	body := `{"jobId":"j","status":"DRAFT","validation":{"publishReady":false},"normalizedFields":{"jobTitle":"` + trick + `","` + trick + `":"` + trick + `","labelTypes":["` + trick + `"]},` +
		`"missingFields":[{"field":"experienceLevel","label":"` + trick + `","prompt":"` + trick + `","type":"enum","enumValues":["` + trick + `","B"],"updateKeys":["experienceLevel"]}],` +
		`"lowConfidenceFields":[{"field":"headcount","value":3,"reason":"` + trick + `"},{"field":"subjectMatter","value":"` + trick + `"}],"draftUrl":"https://app.opentrain.ai/` + trick + `",` +
		`"freelancer":{"id":"f1","displayName":"` + trick + `"}}`
	ready := strings.Replace(body, `"publishReady":false`, `"publishReady":true`, 1)
	asks := 0
	for name, test := range map[string]struct{ arguments, status, body string }{
		"opentrain_create_draft":   {`{"description":"x"}`, "DRAFT", body},
		"opentrain_patch_draft":    {`{"jobId":"j","fields":{"headcount":1}}`, "DRAFT", body},
		"opentrain_publish":        {`{"jobId":"j"}`, "DRAFT", ready},
		"opentrain_update_job":     {`{"jobId":"j","fields":{"jobTitle":"` + trick + `"}}`, "OPEN", body},
		"opentrain_close_job":      {`{"jobId":"j"}`, "OPEN", body},
		"opentrain_invite_trainer": {`{"jobId":"j","freelancerId":"f1"}`, "OPEN", body},
	} {
		tools, arguments := serve(t, owner{&upstream{body: test.body}, test.status, trick}, setup{confirm: true}), test.arguments
		_, ask, failure := tools.run(t.Context(), t, tool.Call{Caller: alice, CanAsk: true, CanAskLists: true}, name, arguments)
		if failure != nil || ask == nil {
			t.Fatalf("%s: %v", name, failure)
		}
		asks++
		for line := range strings.Lines(ask.Message) {
			if strings.HasPrefix(line, "Price per hour") {
				t.Errorf("%s: a line poses: %q", name, ask.Message)
			}
		}
		read := ask.Message
		for _, field := range ask.Fields {
			read += field.Label + field.Prompt
			if strings.ContainsAny(field.Label+field.Prompt, "\r\n") {
				t.Errorf("%+v", field)
			}
			for _, choice := range field.Choices {
				read += choice.Title
			}
		}
		for _, r := range read {
			if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
				t.Errorf("%s: %U is hidden in %q", name, r, read)
			}
		}
	}
	if asks != 6 {
		t.Errorf("%d forms", asks)
	}
}

// TestDeclinedFormKeepsTheQuestion: the question that follows a declined form is the one that a client without forms
// gets, word for word.
func TestDeclinedFormKeepsTheQuestion(t *testing.T) {
	long := `"` + strings.Repeat("x", 3000) + `"`
	body := `{"jobId":"j","status":"DRAFT","validation":{"publishReady":false},"missingFields":[` +
		`{"field":"subjectMatter","label":"Topic","prompt":"Which topic?","enumValues":[` + long + `,"B",` + long + `],"updateKeys":["subjectMatter"]},` +
		`{"field":"experienceLevel","prompt":"Which level?","enumValues":["A","B"],"updateKeys":["experienceLevel"]}]}`
	tools := serve(t, &upstream{body: body}, setup{})
	run := func(call tool.Call) (string, *tool.Ask) {
		call.Caller = alice
		result, ask, failure := tools.run(t.Context(), t, call, "opentrain_create_draft", `{"description":"x"}`)
		if failure != nil {
			t.Fatal(failure)
		}
		return result.Text, ask
	}
	_, ask := run(tool.Call{CanAsk: true})
	if ask == nil {
		t.Fatal("no form")
	}
	declined, _ := run(tool.Call{CanAsk: true, State: ask.State})
	asked, _ := run(tool.Call{})
	for _, words := range []string{"Which topic?", "There are more values than fit here."} {
		if !strings.Contains(asked, words) || !strings.Contains(declined, words) {
			t.Errorf("%q is missing in one of:\n%.600s\n---\n%.600s", words, asked, declined)
		}
	}
}

// TestLongFormKeepsAnswers: a form asks what it can still ask after OpenTrain rejected an answer, however much of a long report it
// doesn't carry. The other answers aren't lost.
func TestLongFormKeepsAnswers(t *testing.T) {
	api := &script{}
	var fields, questions, warnings []string
	for i := range 60 {
		for _, name := range []string{"a", "b"} {
			fields = append(fields, fmt.Sprintf(`"%s%d":%q`, name, i, strings.Repeat("v", 500)))
		}
		questions = append(questions, fmt.Sprintf(`{"field":"q%d","prompt":%q,"updateKeys":["q%d"]}`, i, strings.Repeat("p", 600), i))
		warnings = append(warnings, fmt.Sprintf(`{"message":%q}`, strings.Repeat("w", 300)))
	}
	api.answers = map[string]string{
		"POST /job-drafts": `{"jobId":"j","status":"DRAFT","validation":{"publishReady":false},"normalizedFields":{` + strings.Join(fields, ",") +
			`},"missingFields":[` + strings.Join(questions, ",") + `],"warnings":[` + strings.Join(warnings, ",") + `]}`,
		"PATCH /job-drafts/j": `400 {"error":"Bad.","code":"BAD_REQUEST","details":[{"path":"%s","message":"no"}]}`,
	}
	tools := serve(t, api, setup{})
	_, ask, failure := tools.run(t.Context(), t, tool.Call{Caller: alice, CanAsk: true}, tool.CreateDraft, `{"description":"x"}`)
	if failure != nil || ask == nil {
		t.Fatal(failure)
	}
	answers := map[string]json.RawMessage{}
	for _, field := range ask.Fields {
		answers[field.Name] = json.RawMessage(`"an answer"`)
	}
	for _, field := range ask.Fields {
		rejected := *api
		rejected.answers = maps.Clone(api.answers)
		rejected.answers["PATCH /job-drafts/j"] = fmt.Sprintf(api.answers["PATCH /job-drafts/j"], field.Name)
		again := serve(t, &rejected, setup{})
		result, _, failure := again.run(t.Context(), t,
			tool.Call{Caller: alice, Form: tool.FormAnswered, Answers: answers, State: ask.State}, tool.CreateDraft, `{"description":"x"}`)
		if failure != nil {
			t.Fatal(failure)
		}
		if next := stepIn(t, result); next.Tool != tool.PatchDraft || next.Arguments == nil {
			t.Errorf("%s of %d: %+v", field.Name, len(ask.Fields), next)
		}
	}
}
