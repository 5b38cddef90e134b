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

// seenReport is what a result says of a draft.
type seenReport struct {
	NormalizedFields              map[string]any
	LowConfidenceFields, Warnings []tool.Remark
}

func reportIn(t *testing.T, got answer) seenReport {
	t.Helper()
	var report seenReport
	if err := json.Unmarshal(got.structured, &report); err != nil {
		t.Fatalf("%v in %s", err, got.text)
	}
	return report
}

// warnings are those of a result: of its report, and of what its next step shows.
func warnings(t *testing.T, got answer) []string {
	t.Helper()
	said := tool.Map(reportIn(t, got).Warnings, func(r tool.Remark) string { return r.Message })
	if show := got.next(t).Show; show != nil {
		said = append(said, show.Warnings...)
	}
	for _, warning := range said {
		if strings.Count(got.text, warning) != 1 {
			t.Errorf("%q isn't in the text once: %s", warning, got.text)
		}
	}
	return said
}

// setting makes POST /job-drafts make drafts of these fields, with open questions about needs.
func setting(api *standIn, fields map[string]any, needs ...string) {
	api.set(func(o *standInOptions) {
		o.parse = func(map[string]any) standInJob { return standInJob{fields: fields, needs: needs} }
	})
}

// TestContradictionsAreWarnedOf: a change of a price, a headcount or a volume whose old number still stands in the
// description, and a rate of another payment type, are named in every report and before every yes, until they are
// resolved.
func TestContradictionsAreWarnedOf(t *testing.T) {
	t.Parallel()
	words := "Label 50,000 street signs. We pay $18 an hour to four people."
	tests := map[string]struct {
		fields, change, resolve map[string]any
		warnings                []string // words that each has
		sets                    []string // the fields that next.change sets
	}{
		"a price":           {nil, map[string]any{"pricePerHour": 21}, map[string]any{"jobDescription": "We pay $21."}, []string{"18 $21"}, []string{"jobDescription"}},
		"a number in words": {nil, map[string]any{"headcount": 6}, map[string]any{"headcount": 4}, []string{"four 6"}, []string{"jobDescription"}},
		"thousands":         {map[string]any{"dataVolume": 50000}, map[string]any{"dataVolume": 70000}, map[string]any{"jobDescription": "70k signs"}, []string{"50,000 70"}, []string{"jobDescription"}},
		"another way of pay": {
			nil, map[string]any{"paymentType": "FIXED_PRICE", "fixedPrice": 500}, map[string]any{"jobDescription": "We pay $500."},
			[]string{"Fixed $18", "$18 Fixed $500"}, []string{"jobDescription", "pricePerHour"},
		},
		"the same number":     {nil, map[string]any{"pricePerHour": 18}, nil, nil, nil},
		"another price":       {map[string]any{"pricePerHour": 19}, map[string]any{"pricePerHour": 21}, map[string]any{"jobDescription": "We pay $21."}, []string{"$18 $21"}, []string{"jobDescription"}},
		"never in the text":   {map[string]any{"dataVolume": 9000}, map[string]any{"dataVolume": 8000}, nil, nil, nil},
		"changed with it":     {nil, map[string]any{"pricePerHour": 21, "jobDescription": "We pay $21, not 18."}, nil, nil, nil},
		"part of a number":    {map[string]any{"headcount": 5}, map[string]any{"headcount": 7}, nil, nil, nil},
		"not a number at all": {nil, map[string]any{"experienceLevel": "INTERMEDIATE"}, nil, nil, nil},
	}
	for name, test := range tests {
		for formName, answerForm := range answerForms() {
			for _, asks := range []respond{nil, slowly("cancel", nil)} {
				synctest.Test(t, func(t *testing.T) {
					api := newDuo(answerForm)
					fields := signs()
					fields["jobDescription"] = words
					for key, value := range test.fields {
						fields[key] = value
					}
					setting(api, fields, "jobTitle", "dataVolumeUnit")
					s := &formHost{endpoint: inside(t, api, nil), answer: asks}
					s.call(tool.CreateDraft, map[string]any{"description": words, "askHuman": false})
					change := func(fields map[string]any) answer {
						pass(aWhile)
						got := s.call(tool.PatchDraft, job("askHuman", false, "fields", fields))
						if got.isError {
							t.Fatalf("%s, %s: %s", name, formName, got.text)
						}
						return got
					}
					results := []answer{change(test.change)} // with an open question
					results = append(results, change(map[string]any{"dataVolumeUnit": "NUMBER_OF_FILES"}), s.call(tool.GetDraft, job()), s.call(tool.Publish, job()))
					if asks != nil && len(s.forms) != 1 {
						t.Fatalf("%d forms", len(s.forms))
					}
					for i, got := range results {
						said, next := warnings(t, got), got.next(t)
						if test.warnings == nil {
							if len(said) > 0 || next.Change != nil {
								t.Errorf("%s, %s, result %d: %s", name, formName, i, got.text)
							}
							continue
						}
						if !slices.EqualFunc(said, test.warnings, func(warning, words string) bool { return hasAll(warning, strings.Fields(words)) }) {
							t.Errorf("%s, %s, result %d: %q in %s", name, formName, i, said, got.text)
						}
						if next.Change == nil || next.Change.Tool != tool.PatchDraft {
							t.Errorf("%s, %s, result %d offers no change: %s", name, formName, i, got.text)
							continue
						}
						sets, _ := next.Change.Arguments["fields"].(map[string]any)
						if !slices.Equal(slices.Sorted(maps.Keys(sets)), test.sets) {
							t.Errorf("%s, %s, result %d offers to change %v: %s", name, formName, i, sets, got.text)
						}
					}
					for _, f := range s.forms {
						if test.warnings != nil && !strings.Contains(f.message, "Warning: ") {
							t.Errorf("%s, %s: the form doesn't warn: %s", name, formName, f.message)
						}
					}
					if test.resolve != nil {
						if got := change(test.resolve); len(warnings(t, got)) != len(test.warnings)-1 {
							t.Errorf("%s, %s: resolved, but %s", name, formName, got.text)
						}
					}
				})
			}
		}
	}
}

func hasAll(text string, words []string) bool {
	return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) })
}

// TestShortAnswersAreCompleted: where OpenTrain answers a save in its short form, the report and the confirmation have
// all that is known of the draft, with the questions that it only counts or names, and say so.
func TestShortAnswersAreCompleted(t *testing.T) {
	t.Parallel()
	for _, listing := range []string{"none", "names", "entries"} {
		synctest.Test(t, func(t *testing.T) {
			api := newDuo(referenceForm)
			api.set(func(o *standInOptions) { o.validationMissing = listing })
			fields := signs()
			delete(fields, "experienceLevel")
			delete(fields, "pricePerHour")
			s := &formHost{endpoint: inside(t, api, nil)}
			setting(api, fields, "jobTitle", "experienceLevel", "pricePerHour")
			s.call(tool.CreateDraft, map[string]any{"description": "Street signs"})
			pass(aWhile)
			got := s.call(tool.PatchDraft, patch("experienceLevel", "EXPERT"))
			next := got.next(t)
			if next.Action != tool.AskHuman || next.Field != "pricePerHour" || next.Question != "How much will you pay per hour (USD)?" {
				t.Errorf("%s: %s", listing, got.text)
			}
			if report := reportIn(t, got); report.NormalizedFields["jobTitle"] != "Street signs" || report.NormalizedFields["experienceLevel"] != "EXPERT" {
				t.Errorf("%s: %s", listing, got.structured)
			}
			pass(aWhile)
			for i, got := range []answer{s.call(tool.PatchDraft, patch("pricePerHour", 20)), s.call(tool.Publish, job()), s.call(tool.GetDraft, job())} {
				next, shown := got.next(t), shownFields(t, got.next(t))
				if next.Action != tool.ConfirmWithHuman || shown["jobTitle"] != "Street signs" || shown["experienceLevel"] != "EXPERT" ||
					shown["pricePerHour"] != 20.0 || shown["headcount"] != 4.0 || shown["jobDescription"] == nil ||
					!slices.ContainsFunc(next.Show.Notes, func(note string) bool {
						return strings.Contains(note, "If someone changed the draft in the app, that isn't shown here.")
					}) {
					t.Errorf("%s, result %d: %s", listing, i, got.text)
				}
			}
		})
	}
}

// TestSettledGuessesStaySettled: a guess about a field that the human set is over, even when OpenTrain keeps sending it.
func TestSettledGuessesStaySettled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newDuo(guideForm)
		guess := func(field string, value any) any {
			return map[string]any{"field": field, "value": value, "reason": "from the first line"}
		}
		api.set(func(o *standInOptions) {
			o.parse = func(map[string]any) standInJob { // the stand-in settles no guess of this shape
				return standInJob{fields: signs(), needs: []string{"jobTitle"}, guesses: []any{guess("jobTitle", "Street signs"), guess("headcount", 4)}}
			}
		})
		s := &formHost{endpoint: inside(t, api, nil)}
		guessed := func(got answer) (fields []string) {
			guesses := reportIn(t, got).LowConfidenceFields
			if show := got.next(t).Show; show != nil {
				guesses = append(guesses, show.Guesses...)
			}
			return tool.Map(guesses, func(r tool.Remark) string { return r.Field })
		}
		if got := s.call(tool.CreateDraft, map[string]any{"description": "Street signs"}); !slices.Equal(guessed(got), []string{"jobTitle", "headcount"}) {
			t.Fatalf("%s", got.text)
		}
		pass(aWhile)
		for _, got := range []answer{
			s.call(tool.PatchDraft, patch("jobTitle", "Signs")), s.call(tool.PatchDraft, patch("experienceLevel", "EXPERT")),
			s.call(tool.GetDraft, job()), s.call(tool.Publish, job()),
		} {
			if !slices.Equal(guessed(got), []string{"headcount"}) {
				t.Errorf("%v: %s", guessed(got), got.text)
			}
		}
	})
}

// TestADraftOfAnEarlierConversation: a server that remembers nothing shows the whole draft before anyone says yes to it,
// or says that it can't and where to look. An empty patch is no way to read it and invents nothing.
func TestADraftOfAnEarlierConversation(t *testing.T) {
	t.Parallel()
	for name, answerForm := range answerForms() {
		for _, toolName := range []string{tool.GetDraft, tool.Publish} {
			synctest.Test(t, func(t *testing.T) {
				api := newDuo(answerForm)
				id := made(api, "alice", "DRAFT", signs())
				s := &formHost{endpoint: inside(t, api, nil)}
				got := s.call(toolName, map[string]any{"jobId": id})
				next := got.next(t)
				if next.Action != tool.ConfirmWithHuman || next.Show.DraftURL == "" {
					t.Fatalf("%s, %s: %s", name, toolName, got.text)
				}
				shown := shownFields(t, next)
				for key, value := range signs() {
					if want, _ := json.Marshal(value); answerForm == guideForm && string(want) != string(next.Show.Fields[key]) {
						t.Errorf("%s, %s: %s is %s, want %s", name, toolName, key, next.Show.Fields[key], want)
					}
				}
				if answerForm == referenceForm && (len(shown) > 0 || next.Show.Title != "Street signs" || len(next.Show.Notes) != 1) {
					t.Errorf("%s, %s: %s", name, toolName, got.text)
				}
				for _, r := range api.arrived("PATCH /job-drafts/{id}") {
					if r.body != `{"jobTitle":"Street signs"}` {
						t.Errorf("%s, %s sent %s", name, toolName, r.body)
					}
				}
				sent := len(api.requests())
				empty := s.call(tool.PatchDraft, map[string]any{"jobId": id, "fields": map[string]any{}})
				if !empty.isError || strings.Contains(empty.text, "EXPERT") || !strings.Contains(empty.text, tool.GetDraft) || len(api.requests()) != sent {
					t.Errorf("%s: %s", name, empty.text)
				}
			})
		}
	}
}
