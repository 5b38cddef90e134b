package acceptance_test

import (
	"maps"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/mark3labs/mcp-go/mcp"

	"opentrain-mcp/internal/tool"
)

// possibleCalls are the jobs for which the tools that ask for a yes can work.
func possibleCalls(api *standIn) map[string]map[string]any {
	calls := confirmedCalls()
	for name, arguments := range calls {
		arguments["jobId"] = made(api, "alice", map[bool]string{true: "DRAFT", false: "OPEN"}[name == tool.Publish], signs())
	}
	return calls
}

// TestANoIsTheEnd: a form that the human declined or answered with no ends the matter. Nothing is done, and the model
// gets no confirmation; asked to, the server asks in the conversation.
func TestANoIsTheEnd(t *testing.T) {
	t.Parallel()
	for name, no := range map[string]respond{
		"declined": slowly("decline", nil), "no": slowly("accept", map[string]any{"confirm": false}),
		"no tick": slowly("accept", map[string]any{}), // hosts leave out a box without a tick
	} {
		for formName, answerForm := range answerForms() {
			synctest.Test(t, func(t *testing.T) {
				api := newDuo(answerForm)
				s := &formHost{endpoint: inside(t, api, nil), answer: no}
				for toolName, arguments := range possibleCalls(api) {
					forms := len(s.forms)
					got := s.call(toolName, arguments)
					if next := got.next(t); got.isError || tokenIn(t, got) != "" || next.Action != tool.Done || next.Tool != "" ||
						!strings.Contains(next.Note, "askHuman: false") || len(s.forms) != forms+1 {
						t.Errorf("%s, %s, %s: %s", formName, name, toolName, got.text)
					}
					if writes := api.writes(); len(writes) > 0 {
						t.Fatalf("%s, %s, %s: %v", formName, name, toolName, writes)
					}
					asked := maps.Clone(arguments)
					asked["askHuman"] = false
					if got := s.call(toolName, asked); tokenIn(t, got) == "" || got.next(t).Action != tool.ConfirmWithHuman {
						t.Errorf("%s, %s, %s in the conversation: %s", formName, name, toolName, got.text)
					}
				}
			})
		}
	}
}

// TestAnUnansweredFormIsNoAnswer: a form that was canceled, or declined before anyone could read it, isn't a no. The
// conversation goes on, with a confirmation that works.
func TestAnUnansweredFormIsNoAnswer(t *testing.T) {
	t.Parallel()
	for name, unanswered := range map[string]respond{
		"canceled": slowly("cancel", nil), "declined at once": answers("decline", nil),
	} {
		synctest.Test(t, func(t *testing.T) {
			api := newDuo(guideForm)
			s := &formHost{endpoint: inside(t, api, nil), answer: unanswered}
			for toolName, arguments := range possibleCalls(api) {
				got := s.call(toolName, arguments)
				next := got.next(t)
				if tokenIn(t, got) == "" || next.Action != tool.ConfirmWithHuman || strings.Contains(got.text, "said no") {
					t.Fatalf("%s, %s: %s", name, toolName, got.text)
				}
				writes := len(api.writes())
				pass(aWhile)
				if got := s.call(next.Tool, next.Arguments); got.isError || len(api.writes()) != writes+1 {
					t.Errorf("%s, %s: the yes doesn't count: %s", name, toolName, got.text)
				}
			}
		})
	}
}

// TestNoConfirmationWhereAFormAsks: a host that shows forms gets no confirmation in any result before the form, so
// publishing always asks the human.
func TestNoConfirmationWhereAFormAsks(t *testing.T) {
	t.Parallel()
	for name, answerForm := range answerForms() {
		synctest.Test(t, func(t *testing.T) {
			api := newDuo(answerForm)
			s := &formHost{endpoint: inside(t, api, nil), answer: slowly("accept", map[string]any{"confirm": true, "experienceLevel": "EXPERT", "pricePerLabel": 0.05})}
			var last answer
			for _, step := range []struct {
				tool      string
				arguments map[string]any
			}{
				{tool.CreateDraft, map[string]any{"description": "Street signs\nLabel them.", "askHuman": false}},
				{tool.PatchDraft, patch("experienceLevel", "EXPERT")}, {tool.PatchDraft, patch("pricePerLabel", 0.05)},
				{tool.GetDraft, job()},
			} {
				last = s.call(step.tool, step.arguments)
				if last.isError || tokenIn(t, last) != "" {
					t.Errorf("%s, %s: %s", name, step.tool, last.text)
				}
				pass(aWhile)
			}
			next := last.next(t)
			if next.Action != tool.CallTool || next.Tool != tool.Publish || next.Arguments["jobId"] != "job_1" {
				t.Fatalf("%s: %s", name, last.text)
			}
			before := len(s.forms)
			got := s.call(next.Tool, next.Arguments)
			if forms := s.forms; len(forms) != before+1 || !strings.Contains(forms[before].message, "Street signs") ||
				forms[before].fields["confirm"].Type != "boolean" || !strings.Contains(got.text, "is live.") {
				t.Errorf("%s: %s", name, got.text)
			}
		})
	}
}

// TestAnEditShowsOldAndNew: the question about a live job has its title, its page and both values with their units: from
// the job as it is listed now, never from the server's cache.
func TestAnEditShowsOldAndNew(t *testing.T) {
	t.Parallel()
	for _, asks := range []respond{nil, slowly("cancel", nil)} {
		synctest.Test(t, func(t *testing.T) {
			api := newDuo(guideForm)
			id := made(api, "alice", "OPEN", signs())
			s := &formHost{endpoint: inside(t, api, nil), answer: asks}
			s.call(tool.GetJob, map[string]any{"jobId": id}) // is cached
			api.edit(id, func(j *standInJob) { j.fields["pricePerHour"] = 21 })
			got := s.call(tool.UpdateJob, map[string]any{"jobId": id, "fields": map[string]any{"pricePerHour": 25, "headcount": 6}})
			said := got.text
			for _, f := range s.forms {
				said = f.message
			}
			for _, words := range []string{"Street signs", "https://app.opentrain.ai/jobs/street-signs-" + id,
				"Price per hour: $21 → $25 per hour", "Number of people: unknown → 6 people", "as listed at 2000-01-0"} {
				if !strings.Contains(said, words) {
					t.Errorf("forms %v: no %q in %s", asks != nil, words, said)
				}
			}
		})
	}
}

// TestALiveJobIsPatchedWithOneQuestion: patch_draft of a live job asks nothing and leads to update_job, which asks.
func TestALiveJobIsPatchedWithOneQuestion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newDuo(guideForm)
		id := made(api, "alice", "OPEN", signs())
		s := &formHost{endpoint: inside(t, api, nil), answer: slowly("accept", map[string]any{"confirm": true})}
		got := s.call(tool.PatchDraft, map[string]any{"jobId": id, "fields": map[string]any{"headcount": 6}})
		next := nextOf(t, got)
		if !got.isError || len(s.forms) > 0 || next.Action != tool.CallTool || next.Tool != tool.UpdateJob {
			t.Fatalf("%s", got.text)
		}
		got = s.call(next.Tool, next.Arguments)
		if forms := s.forms; len(forms) != 1 || got.isError || api.job(id).fields["headcount"] != 6.0 {
			t.Errorf("%d forms: %s", len(forms), got.text)
		}
	})
}

// TestToolsThatAskReachOthers: every tool that asks for a yes is marked as reaching the world outside.
func TestToolsThatAskReachOthers(t *testing.T) {
	t.Parallel()
	listed, err := startAsking(t, "stdio, "+legacy, "", nil, nil).host.ListTools(t.Context(), mcp.ListToolsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	calls := confirmedCalls()
	for _, tool := range listed.Tools {
		if calls[tool.Name] == nil {
			continue
		}
		delete(calls, tool.Name)
		if hint := tool.Annotations.OpenWorldHint; hint == nil || !*hint {
			t.Errorf("%s has openWorldHint false", tool.Name)
		}
		if hint := tool.Annotations.ReadOnlyHint; hint == nil || *hint {
			t.Errorf("%s has readOnlyHint true", tool.Name)
		}
	}
	if len(calls) > 0 {
		t.Errorf("not served: %v", calls)
	}
}
