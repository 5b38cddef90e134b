package acceptance_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/demo"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain/sandbox"
)

// TestFormsWithoutUsableAnswers: whatever happens to a form, the draft stays valid and
// the conversation asks the next question.
func TestFormsWithoutUsableAnswers(t *testing.T) {
	endings := map[string]func(int, form) (mcp.ElicitationResponseAction, any, error){
		"declined":     answers("decline", nil),
		"cancelled":    answers("cancel", nil),
		"odd action":   answers("maybe", map[string]any{"experienceLevel": "EXPERT"}),
		"empty":        answers("accept", map[string]any{}),
		"no content":   answers("accept", nil),
		"nulls":        answers("accept", map[string]any{"experienceLevel": nil, "dataVolumeUnit": ""}),
		"other fields": answers("accept", map[string]any{"jobTitle": "stolen", "visibility": "x"}),
		"wrong values": answers("accept", map[string]any{"experienceLevel": "GURU", "dataVolumeUnit": 7}),
	}
	for carrier, by := range carriers() {
		for name, answer := range endings {
			bubbled(t, carrier+", "+name, func(t *testing.T) {
				a := startAsking(t, carrier, sandbox.Guide, answer, nil)
				got := call(t, a.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
				checkChat(t, got)
				if a.count("POST", "/job-drafts") != 1 || a.count("PATCH", "/job-drafts") != 0 || len(a.human.seen()) != 1 {
					t.Errorf("%v, %d forms", a.api.seen(), len(a.human.seen()))
				}
			})
		}
		if by.version == modern {
			continue // the client itself gives the call up
		}
		bubbled(t, carrier+", an error", func(t *testing.T) {
			a := startAsking(t, carrier, sandbox.Guide, func(int, form) (mcp.ElicitationResponseAction, any, error) {
				return "", nil,
					errors.New("no window")
			}, nil)
			checkChat(t, call(t, a.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription}))
		})
	}
}

// TestDeclinedForms: a human who declines a form is asked in the conversation and may get a form later. When a
// form is declined faster than people read, the host didn't show it, and no other form follows.
func TestDeclinedForms(t *testing.T) {
	t.Parallel()
	for carrier := range carriers() {
		for _, test := range []struct {
			after time.Duration
			note  string
			forms int
		}{
			{0, "The form returned no answers", 1},
			{time.Second, "The human declined the form", 2},
		} {
			bubbled(t, fmt.Sprint(carrier, " after ", test.after), func(t *testing.T) {
				a := startAsking(t, carrier, sandbox.Guide, func(n int, _ form) (mcp.ElicitationResponseAction, any, error) {
					if n == 1 {
						pass(test.after)
					}
					return "decline", nil, nil
				}, nil)
				got := call(t, a.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
				next := got.next(t)
				if got.isError || next.Action != tool.AskHuman || next.Arguments["askHuman"] != false || !strings.Contains(got.text, test.note) {
					t.Errorf("%s", got.text)
				}
				call(t, a.host, "opentrain_patch_draft", patch("headcount", 3))
				if n := len(a.human.seen()); n != test.forms {
					t.Errorf("%d forms", n)
				}
			})
		}
	}
}

// TestPartlyFilledForms: filled-in answers are saved, the others are asked next, and
// invalid values are reported.
func TestPartlyFilledForms(t *testing.T) {
	for carrier := range carriers() {
		t.Run(carrier, func(t *testing.T) {
			a := startAsking(t, carrier, sandbox.Guide, func(n int, _ form) (mcp.ElicitationResponseAction, any, error) {
				if n > 1 {
					return "cancel", nil, nil
				}
				return "accept", map[string]any{"experienceLevel": "expert", "dataVolumeUnit": "BUSHELS"}, nil
			}, nil)
			got := call(t, a.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
			if next := got.next(t); next.Field != "dataVolumeUnit" || next.Action != tool.AskHuman {
				t.Errorf("%s", got.text)
			}
			if sent := a.api.body("PATCH /api/public/v1/job-drafts/job_1"); sent != `{"experienceLevel":"EXPERT"}` {
				t.Errorf("sent %s", sent)
			}
			if n := len(a.human.seen()); n != 2 {
				t.Errorf("%d forms", n)
			}
		})
	}
}

// TestAnsweredFieldsAreReported: the result has what the human answered in the forms of the call, and only that, as the
// API got it and in words.
func TestAnsweredFieldsAreReported(t *testing.T) {
	level := map[string]any{"experienceLevel": "expert", "dataVolumeUnit": "BARRELS"} // the second form asks only what was invalid
	unit := map[string]any{"dataVolumeUnit": "NUMBER_OF_FILES"}
	for carrier := range carriers() {
		for name, test := range map[string]struct {
			first, second any // the answers to each form, nil when it is canceled
			fields, line  string
		}{
			"two forms":           {level, unit, `{"dataVolumeUnit":"NUMBER_OF_FILES","experienceLevel":"EXPERT"}`, "Data volume unit: Number of files; Experience level: Expert"},
			"the second canceled": {level, nil, `{"experienceLevel":"EXPERT"}`, "Experience level: Expert"},
			"none":                {nil, nil, "", ""},
		} {
			t.Run(carrier+", "+name, func(t *testing.T) {
				a := startAsking(t, carrier, sandbox.Guide, func(n int, _ form) (mcp.ElicitationResponseAction, any, error) {
					if content := []any{test.first, test.second}[n-1]; content != nil {
						return "accept", content, nil
					}
					return "cancel", nil, nil
				}, nil)
				call(t, a.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription, "askHuman": false})
				got := call(t, a.host, "opentrain_patch_draft", patch("headcount", 12))
				var report struct {
					Answered json.RawMessage
				}
				if err := json.Unmarshal(got.structured, &report); err != nil || string(report.Answered) != test.fields {
					t.Errorf("%v, answered %s", err, report.Answered)
				}
				_, line, _ := strings.Cut(got.text, "\nAnswered by the human in a form: ")
				if line, _, _ = strings.Cut(line, "\n"); line != test.line {
					t.Errorf("%q in %s", line, got.text)
				}
			})
		}
	}
}

// TestFormAnswersSurviveAFailedSave: when saving fails, no answer of the human is lost.
func TestFormAnswersSurviveAFailedSave(t *testing.T) {
	box := sandbox.New(sandbox.Config{}).Transport()
	for name, answerWith := range map[string]string{
		"outage": `<html>`, "refused": `{"error":"That unit does not fit.","code":"BAD_REQUEST","details":{"issues":[{` +
			`"path":["dataVolumeUnit"],"message":"does not fit"}]}}`,
		"refused for no field": `{"error":"Not so.","code":"BAD_REQUEST"}`, "limited": `{"error":"Slowly.","code":"RATE_LIMITED"}`,
		"not allowed": `{"error":"No.","code":"FORBIDDEN"}`,
	} {
		status := map[string]int{"outage": 502, "refused": 400, "refused for no field": 400, "limited": 429, "not allowed": 403}[name]
		api := roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodPatch {
				return answering(status, answerWith).RoundTrip(r)
			}
			return box.RoundTrip(r)
		})
		s := startAskingOn(t, "stdio, "+legacy, api, fills, nil)
		got := call(t, s.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription + name})
		next := got.next(t)
		fields, _ := next.Arguments["fields"].(map[string]any)
		switch {
		case got.isError || next.Tool != "opentrain_patch_draft" || next.Arguments["askHuman"] != false:
			t.Errorf("%s: %s", name, got.text)
		case name == "outage" && (next.Action != tool.CallTool || fields["experienceLevel"] != "EXPERT"):
			t.Errorf("%s: %s", name, got.text)
		case name == "outage" && !strings.Contains(next.Note, "unclear whether"), name != "outage" &&
			strings.Contains(next.Note, "unclear whether"):
			t.Errorf("%s: %s", name, next.Note)
		case name == "refused" && (next.Action != tool.AskHuman || next.Field != "dataVolumeUnit" || fields["experienceLevel"] != "EXPERT" ||
			!strings.Contains(next.Note, "That unit does not fit.")):
			t.Errorf("%s: %s", name, got.text)
		case name != "refused" && (fields["experienceLevel"] != "EXPERT" || fields["dataVolumeUnit"] == nil):
			t.Errorf("%s: answers are lost: %s", name, got.text)
		case name == "limited" && (next.Action != tool.Wait || next.RetryAfterSeconds == 0):
			t.Errorf("%s: %s", name, got.text)
		}
	}
}

// TestFormAnswersAreNotRateLimited: the answer to a form gets through even when its
// caller has reached the rate limit.
func TestFormAnswersAreNotRateLimited(t *testing.T) {
	var a *setup
	a = startAsking(t, "/mcp with sessions, 2025-11-25", sandbox.Guide, func(n int, f form) (mcp.ElicitationResponseAction, any, error) {
		for range 30 { // use up the limit while the form is open
			if _, err := a.host.ListTools(t.Context(), mcp.ListToolsRequest{}); err != nil {
				break
			}
		}
		return fills(n, f)
	}, func(c *opentrainmcp.HTTPConfig) {
		c.CallsPerSecond, c.Burst, c.ElicitationTimeout = 0.01, 12, patience
	})
	got := call(t, a.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
	if !strings.Contains(string(got.structured), `"publishReady":true`) {
		t.Errorf("%s", got.text)
	}
}

// TestOneFormAtATime: a human sees one form at a time, and other calls of the same
// caller do not wait for it.
func TestOneFormAtATime(t *testing.T) {
	for _, carrier := range []string{"stdio, 2025-11-25", "/mcp with sessions, 2025-11-25"} {
		t.Run(carrier, func(t *testing.T) {
			shown, go1 := make(chan struct{}, 100), make(chan struct{})
			a := startAsking(t, carrier, sandbox.Guide, func(int, form) (mcp.ElicitationResponseAction, any, error) {
				shown <- struct{}{}
				<-go1
				return "cancel", nil, nil
			}, nil)
			first := make(chan answer, 1)
			go func() {
				first <- call(t, a.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
			}()
			<-shown
			for n := range 20 {
				got := call(t, a.host, "opentrain_create_draft",
					map[string]any{"description": demo.SampleDescription, "idempotencyKey": fmt.Sprint("k", n)})
				if got.next(t).Action != tool.AskHuman {
					t.Errorf("%s", got.text)
				}
			}
			close(go1)
			checkChat(t, <-first)
			if n := len(a.human.seen()); n != 1 {
				t.Errorf("%d forms", n)
			}
		})
	}
}
