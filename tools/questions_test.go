package tools_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"opentrain-mcp/internal/tool"
)

// paying is an API with a draft that lacks its pay. unused is a sentence of its description that set nothing.
func paying(fields, unused string) *script {
	const pay = `{"field":"pay","label":"Pay","prompt":"What do you pay?","message":"Pay is required",` +
		`"updateKeys":["paymentType","pricePerHour","pricePerLabel","fixedPrice"],"example":{"paymentType":"PAY_PER_HOUR","pricePerHour":18}}`
	report := func(fields string) string {
		return fmt.Sprintf(`{"jobId":"j","status":"DRAFT","validation":{"publishReady":false},"normalizedFields":{"jobTitle":"T"%s},`+
			`"lowConfidenceFields":[],"missingFields":[%s],"unmappedFields":[{"path":"source.text","reason":"Unclear.","valuePreview":"%s"}]}`, fields, pay, unused)
	}
	return &script{answers: map[string]string{"POST /job-drafts": report(""), "PATCH /job-drafts/j": report(fields)}}
}

// TestOnlyTheRestOfAnAnswerIsAsked: what the draft has of an answer isn't asked again. It's named with the question.
func TestOnlyTheRestOfAnAnswerIsAsked(t *testing.T) {
	for name, test := range map[string]struct{ set, asked, note string }{
		"nothing":           {``, `{"paymentType":"<answer:paymentType>","pricePerHour":"<answer:pricePerHour>"}`, "Send only the price that belongs to the payment type."},
		"a price":           {`,"pricePerHour":18`, `{"paymentType":"<answer:paymentType>"}`, "Already saved: Price per hour: $18."},
		"a type":            {`,"paymentType":"PAY_PER_HOUR"`, `{"pricePerHour":"<answer>"}`, "Already saved: Payment type: Per hour."},
		"another type":      {`,"paymentType":"PAY_PER_LABEL"`, `{"pricePerLabel":"<answer>"}`, "Already saved: Payment type: Per label."},
		"an unfitting rate": {`,"paymentType":"FIXED_PRICE","pricePerHour":18`, `{"fixedPrice":"<answer>"}`, "Already saved: Payment type: Fixed price; Price per hour: $18."},
		"both":              {`,"paymentType":"PAY_PER_HOUR","pricePerHour":18`, `{"paymentType":"<answer:paymentType>","pricePerHour":"<answer:pricePerHour>"}`, "Pay is required"},
	} {
		tools := serve(t, paying(test.set, "Be kind."), setup{})
		result, _, failure := tools.run(t.Context(), t, tool.Call{Caller: alice}, tool.PatchDraft, `{"jobId":"j","fields":{"pricePerHour":18}}`)
		if failure != nil {
			t.Fatal(failure.Text())
		}
		next := stepIn(t, result)
		asked, err := json.Marshal(next.Arguments["fields"])
		var fields, want map[string]any
		if err != nil || json.Unmarshal(asked, &fields) != nil || json.Unmarshal([]byte(test.asked), &want) != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(fields) != fmt.Sprint(want) || !strings.Contains(next.Note, test.note) || next.Question != "What do you pay?" {
			t.Errorf("%s: %s, %q", name, asked, next.Note)
		}
	}
}

// TestAPriceSaysItsPaymentType: each price of a question says to which answer it belongs.
func TestAPriceSaysItsPaymentType(t *testing.T) {
	result, _, failure := serve(t, paying("", "Be kind."), setup{}).run(t.Context(), t, tool.Call{Caller: alice}, tool.CreateDraft, `{"description":"x"}`)
	if failure != nil {
		t.Fatal(failure.Text())
	}
	wants(t, result.Text, "Input pricePerHour: number, for PAY_PER_HOUR", "Input pricePerLabel: number, for PAY_PER_LABEL", "Input fixedPrice: number, for FIXED_PRICE")
}

// TestTheQuestionAboutPayQuotesTheText: a form shows what the description says about the pay, and so does the question in the
// conversation once the report no longer has it. A form asks only the rest, too.
func TestTheQuestionAboutPayQuotesTheText(t *testing.T) {
	const said = "The description says “Pay five bucks or $8 per hour.”"
	tools := serve(t, paying(`,"pricePerHour":18`, "Pay five bucks or $8 per hour."), setup{})
	ask := formOf(t, tools)
	if len(ask.Fields) != 4 || !strings.HasPrefix(ask.Fields[0].Prompt, "What do you pay? "+said) {
		t.Errorf("%+v", ask.Fields)
	}
	_, again := answer(t, tools, ask, map[string]string{"pricePerHour": "18"})
	if again != nil {
		t.Errorf("asked again: %+v", again.Fields)
	}
	_, ask, failure := tools.run(t.Context(), t, tool.Call{Caller: alice, CanAsk: true}, tool.PatchDraft, `{"jobId":"j","fields":{"pricePerHour":18}}`)
	if failure != nil || ask == nil || len(ask.Fields) != 3 || !strings.HasPrefix(ask.Fields[0].Prompt, "What do you pay? Already saved: Price per hour: $18.") {
		t.Errorf("%+v %v", ask, failure)
	}
	tools = serve(t, paying("", "Pay five bucks or $8 per hour."), setup{})
	first := tools.next(t, "create_draft", `{"description":"x"}`)
	second := tools.next(t, "patch_draft", `{"jobId":"j","fields":{"headcount":3}}`)
	if strings.Contains(first.Note, said) || !strings.Contains(second.Note, said) {
		t.Errorf("%q, then %q", first.Note, second.Note)
	}
	tools = serve(t, paying("", "Deadline is December 24."), setup{})
	if ask := formOf(t, tools); strings.Contains(ask.Fields[0].Prompt, "December") {
		t.Errorf("%+v", ask.Fields)
	}
}

// TestSkippedQuestionsAreNotRepeated: after a no or a skip, the step says that, and what to do instead of asking at once.
func TestSkippedQuestionsAreNotRepeated(t *testing.T) {
	const later = "Don't repeat the question now. Say that the draft needs the answer before it can be published"
	for name, test := range map[string]struct {
		form    tool.FormOutcome
		answers map[string]json.RawMessage
		note    string
		later   bool
	}{
		"declined":   {tool.FormDeclined, nil, "The human declined the form. ", true},
		"empty":      {tool.FormAnswered, map[string]json.RawMessage{}, "The human skipped this. ", true},
		"one left":   {tool.FormAnswered, map[string]json.RawMessage{"experienceLevel": json.RawMessage(`"A"`)}, "The human skipped this. ", true},
		"unanswered": {tool.FormUnanswered, nil, "The form returned no answers. Ask in the conversation.", false},
		"invalid":    {tool.FormAnswered, map[string]json.RawMessage{"headcount": json.RawMessage(`-1`)}, "The form's answers weren't valid. Ask in the conversation.", false},
	} {
		tools := serve(t, asking(), setup{})
		ask := formOf(t, tools)
		call := tool.Call{Caller: alice, CanAsk: true, Form: test.form, State: ask.State, Answers: test.answers}
		result, again, failure := tools.run(t.Context(), t, call, tool.CreateDraft, `{"description":"x"}`)
		if failure != nil || again != nil {
			t.Fatalf("%s: %+v, %v", name, again, failure)
		}
		next := stepIn(t, result)
		if !strings.HasPrefix(next.Note, test.note) || strings.Contains(next.Note, later) != test.later || next.Tool != tool.PatchDraft {
			t.Errorf("%s: %q", name, next.Note)
		}
	}
}
