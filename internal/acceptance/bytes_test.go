package acceptance_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"opentrain-mcp/internal/demo"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain/sandbox"
)

// The posting guide's own example, and what the results of its whole loop may cost a
// model's context together.
const (
	guideDescription  = demo.SampleDescription
	maxLoopText       = 2400
	maxLoopStructured = 3500
)

// guideAnswers are the human's answers to the guide's two questions.
func guideAnswers() map[string]any {
	return map[string]any{"experienceLevel": "INTERMEDIATE", "dataVolumeUnit": "NUMBER_OF_FILES"}
}

// guideStandIn is a stand-in that answers every description with the guide's example, in
// the guide's form.
func guideStandIn() *standIn {
	api := newStandIn(nil)
	api.set(func(o *standInOptions) {
		o.createForm, o.patchForm = guideForm, guideForm
		o.parse = func(map[string]any) standInJob {
			return standInJob{needs: []string{"experienceLevel", "dataVolumeUnit"}, fields: map[string]any{
				"jobTitle": "Bounding Box Annotation for Dashcam Images", "jobDescription": guideDescription,
				"paymentType": "PAY_PER_HOUR", "pricePerHour": 18, "headcount": 10, "dataVolume": 50_000,
				"labelTypes": []string{"BOUNDING_BOX"}, "languages": []string{"English"}, "projectDuration": "about six weeks",
			}}
		}
	})
	return api
}

// guideLoop is a server that asks in the conversation, on the guide's stand-in.
func guideLoop(t testing.TB) *setup {
	t.Helper()
	api := guideStandIn()
	api.account(standInAccount{id: "employer"})
	api.token(sandbox.DemoToken, "employer")
	return startWith(t, api, asking)
}

// runGuideLoop goes from the guide's description to the published job, with all answers in
// one patch or one patch for each question, and returns the results.
func runGuideLoop(t testing.TB, s *setup, together bool) (results []answer) {
	t.Helper()
	name, arguments := "opentrain_create_draft", map[string]any{"description": guideDescription}
	for range 8 {
		got := call(t, s.host, name, arguments)
		if got.isError {
			t.Fatalf("%s %v: %s", name, arguments, got.text)
		}
		results = append(results, got)
		next := got.next(t)
		name, arguments = next.Tool, next.Arguments
		if strings.Contains(string(got.structured), `"published":true`) {
			return results
		}
		if next.Action == tool.AskHuman {
			fields := map[string]any{next.Field: guideAnswers()[next.Field]}
			if together {
				maps.Copy(fields, guideAnswers())
			}
			arguments["fields"] = fields
		}
	}
	t.Fatal("the loop has no end")
	return nil
}

// sizes are the bytes of the results' texts and structured contents.
func sizes(results []answer) (text, structured int) {
	for _, result := range results {
		text += len(result.text)
		structured += len(result.structured)
	}
	return text, structured
}

// TestTheGuidesLoopIsShort: what the guide's whole loop puts into a model's context.
func TestTheGuidesLoopIsShort(t *testing.T) {
	for name, test := range map[string]struct {
		together bool
		results  int
	}{"answers together": {true, 3}, "one patch for each question": {false, 4}} {
		t.Run(name, func(t *testing.T) {
			results := runGuideLoop(t, guideLoop(t), test.together)
			if len(results) != test.results {
				t.Errorf("%d results, want %d", len(results), test.results)
			}
			text, structured := sizes(results)
			if text > maxLoopText || structured > maxLoopStructured {
				t.Errorf("%d bytes of text and %d of structured content, want at most %d and %d\n%s",
					text, structured, maxLoopText, maxLoopStructured, costs(t, results))
			}
		})
	}
}

// costs lists what each line of the results' texts and each member of their structured
// contents costs.
func costs(t testing.TB, results []answer) string {
	t.Helper()
	var l strings.Builder
	for i, result := range results {
		fmt.Fprintf(&l, "— Result %d: %d bytes of text, %d structured\n", i+1, len(result.text), len(result.structured))
		for line := range strings.Lines(result.text) {
			fmt.Fprintf(&l, "%5d  text  %q\n", len(line), line)
		}
		members(t, &l, "", result.structured)
	}
	return l.String()
}

// members adds a line for each member of an object, and for the members of next and show.
func members(t testing.TB, l *strings.Builder, at string, object json.RawMessage) {
	t.Helper()
	var all map[string]json.RawMessage
	if err := json.Unmarshal(object, &all); err != nil {
		t.Fatal(err)
	}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if path := at + key; path == "next" || path == "next.show" || path == "next.show.fields" || path == "next.arguments" {
			members(t, l, path+".", all[key])
			continue
		}
		fmt.Fprintf(l, "%5d  structured  %s: %s\n", len(key)+len(all[key])+len(`"":,`), at+key, all[key])
	}
}

// BenchmarkGuideLoop reports the bytes of all results of the guide's loop together.
func BenchmarkGuideLoop(b *testing.B) {
	for name, together := range map[string]bool{"answers together": true, "one patch for each question": false} {
		b.Run(name, func(b *testing.B) {
			text, structured := 0, 0
			for b.Loop() {
				text, structured = sizes(runGuideLoop(b, guideLoop(b), together))
			}
			b.ReportMetric(float64(text), "text-bytes")
			b.ReportMetric(float64(structured), "structured-bytes")
		})
	}
}
