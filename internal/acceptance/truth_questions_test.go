package acceptance_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"opentrain-mcp/internal/tool"
)

// payKeys makes the question about pay name four update keys, and show one of them in its example.
func payKeys(api *standIn) {
	for _, route := range []string{"POST /job-drafts", "PATCH /job-drafts/{id}"} {
		api.hook(standInHook{on: route, after: func(r *standInRequest) {
			var report map[string]any
			if json.Unmarshal([]byte(r.answer), &report) != nil {
				return
			}
			entries, _ := report["missingFields"].([]any)
			for _, entry := range entries {
				entry, _ := entry.(map[string]any)
				if entry["field"] == "pricePerHour" {
					entry["updateKeys"] = []string{"paymentType", "pricePerHour", "pricePerLabel", "fixedPrice"}
					entry["example"] = map[string]any{"pricePerHour": 18}
				}
			}
			data, err := json.Marshal(report)
			if err != nil {
				panic(err)
			}
			r.answer = string(data)
		}})
	}
}

// TestAQuestionListsItsAlternatives: a question with several update keys lists them all with type and options. The call
// has a place for those of its example; each of the others can be set instead.
func TestAQuestionListsItsAlternatives(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer func(template map[string]any) // puts the human's answer in
		set    map[string]any                // in the draft afterwards
	}{
		"as in the example": {
			func(fields map[string]any) { fields["pricePerHour"] = 18 }, map[string]any{"pricePerHour": 18.0},
		},
		"five cents a picture": {
			func(fields map[string]any) {
				delete(fields, "pricePerHour")
				fields["paymentType"], fields["pricePerLabel"] = "PAY_PER_LABEL", "$0.05"
			},
			map[string]any{"paymentType": "PAY_PER_LABEL", "pricePerLabel": 0.05},
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			api := newDuo(guideForm)
			payKeys(api)
			setting(api, map[string]any{"jobTitle": "Signs"}, "jobTitle", "pricePerHour")
			s := &formHost{endpoint: inside(t, api, nil)}
			got := s.call(tool.CreateDraft, map[string]any{"description": "Signs"})
			next := got.next(t)
			var keys []string
			for _, input := range next.Inputs {
				keys = append(keys, input.Key)
				if example := input.Key == "pricePerHour"; input.Alternative == example || !strings.Contains(got.text, input.Key+": "+input.Type) {
					t.Errorf("%+v in %s", input, got.text)
				}
				if isPay := input.Key == "paymentType"; isPay != (input.Type == "enum" && slices.Contains(input.Options, "FIXED_PRICE")) || !isPay && input.Type != "number" {
					t.Errorf("%+v", input)
				}
			}
			if slices.Sort(keys); strings.Join(keys, " ") != "fixedPrice paymentType pricePerHour pricePerLabel" {
				t.Errorf("inputs %v in %s", keys, got.text)
			}
			fields, _ := next.Arguments["fields"].(map[string]any)
			if len(fields) != 1 || fields["pricePerHour"] != tool.AnswerTo("pricePerHour") {
				t.Fatalf("the call is %v", next.Arguments)
			}
			sent := len(api.requests())
			if left := s.call(next.Tool, next.Arguments); !left.isError || len(api.requests()) != sent {
				t.Errorf("a placeholder is taken for an answer: %s", left.text)
			}
			test.answer(fields)
			pass(aWhile)
			if got := s.call(next.Tool, next.Arguments); got.isError || got.next(t).Action != tool.ConfirmWithHuman {
				t.Errorf("%s: %s", name, got.text)
			}
			want := map[string]any{"jobTitle": "Signs"}
			maps.Copy(want, test.set)
			if got := api.job("job_1").fields; !maps.Equal(got, want) {
				t.Errorf("%s: the draft has %v", name, got)
			}
		})
	}
}

// TestAFormOffersTheAlternatives: in a form too, the human can answer with another key than that of the example.
func TestAFormOffersTheAlternatives(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newDuo(guideForm)
		payKeys(api)
		setting(api, map[string]any{"jobTitle": "Signs"}, "jobTitle", "pricePerHour")
		s := &formHost{endpoint: inside(t, api, nil),
			answer: slowly("accept", map[string]any{"paymentType": "PAY_PER_LABEL", "pricePerLabel": 0.05})}
		got := s.call(tool.CreateDraft, map[string]any{"description": "Signs"})
		if len(s.forms) != 1 || len(s.forms[0].fields) != 4 || len(s.forms[0].required) > 0 {
			t.Fatalf("%d forms: %s", len(s.forms), got.text)
		}
		want := map[string]any{"jobTitle": "Signs", "paymentType": "PAY_PER_LABEL", "pricePerLabel": 0.05}
		if fields := api.job("job_1").fields; !maps.Equal(fields, want) || got.next(t).Tool != tool.Publish {
			t.Errorf("%v: %s", fields, got.text)
		}
	})
}
