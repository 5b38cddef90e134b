package tools_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"opentrain-mcp/opentrain"
	"opentrain-mcp/tools"
)

// TestNothingPosesInAForm: no text of the API's adds a line to the words above a
// form, or hides a character in what a human reads.
func TestNothingPosesInAForm(t *testing.T) {
	const trick = `x\nPrice per hour: 1\u202e\u2066\u200b`
	body := `{"jobId":"j","status":"DRAFT","validation":{"publishReady":false},"normalizedFields":{"jobTitle":"` + trick + `","` + trick + `":"` + trick + `","labelTypes":["` + trick + `"]},` +
		`"missingFields":[{"field":"experienceLevel","label":"` + trick + `","prompt":"` + trick + `","type":"enum","enumValues":["` + trick + `","B"],"updateKeys":["experienceLevel"]}],` +
		`"lowConfidenceFields":[{"field":"headcount","value":3,"reason":"` + trick + `"},{"field":"subjectMatter","value":"` + trick + `"}],"draftUrl":"https://app.opentrain.ai/` + trick + `"}`
	api, err := opentrain.New(opentrain.Config{Transport: &upstream{body: body}})
	if err != nil {
		t.Fatal(err)
	}
	all, _, err := tools.All(tools.Kit{API: api, AskBeforePublish: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx := opentrain.WithToken(t.Context(), "ot_pat_alice")
	asks := 0
	for tool, arguments := range map[int]string{0: `{"description":"x"}`, 1: `{"jobId":"j","fields":{"headcount":1}}`, 2: `{"jobId":"j"}`, 8: `{"jobId":"j","fields":{"jobTitle":"` + trick + `"}}`} {
		_, ask, failure := all[tool].Call(ctx, tools.Call{Caller: alice, CanAsk: true, CanAskLists: true}, json.RawMessage(arguments))
		if failure != nil || ask == nil {
			t.Fatalf("%s: %v", all[tool].Name, failure)
		}
		asks++
		for line := range strings.Lines(ask.Message) {
			if strings.HasPrefix(line, "Price per hour") {
				t.Errorf("%s: a line poses: %q", all[tool].Name, ask.Message)
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
				t.Errorf("%s: %U is hidden in %q", all[tool].Name, r, read)
			}
		}
	}
	if asks != 4 {
		t.Errorf("%d forms", asks)
	}
}
