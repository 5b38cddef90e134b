package acceptance_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/tool"
)

// TestANoIsForOneTool: a no to a tool's form voids an earlier yes to that tool and leaves those to the others valid.
func TestANoIsForOneTool(t *testing.T) {
	t.Parallel()
	asked := confirmedCalls()
	delete(asked, tool.Publish) // needs a draft, the others a live job
	for declined := range asked {
		for confirmed := range asked {
			synctest.Test(t, func(t *testing.T) {
				api := newDuo(guideForm)
				s := inside(t, api, nil)
				calls := confirmedCalls()
				id := made(api, "alice", "OPEN", signs())
				calls[declined]["jobId"], calls[confirmed]["jobId"] = id, id
				yes := s.call(confirmed, calls[confirmed], alice...).next(t)
				pass(aWhile)
				(&formHost{endpoint: s, answer: slowly("decline", nil)}).call(declined, calls[declined])
				pass(aWhile)
				got := s.call(yes.Tool, yes.Arguments, alice...)
				if acted := len(api.writes()) == 1; got.isError || acted == (declined == confirmed) {
					t.Errorf("a no to %s, a yes to %s: %s", declined, confirmed, got.text)
				}
			})
		}
	}
}

// TestAYesToCloseIsForOneStatus: to close a draft and to close a live job are two questions.
func TestAYesToCloseIsForOneStatus(t *testing.T) {
	t.Parallel()
	for before, after := range map[string]string{"DRAFT": "OPEN", "OPEN": "ONGOING"} {
		for _, asks := range []respond{nil, slowly("accept", map[string]any{"confirm": true})} {
			synctest.Test(t, func(t *testing.T) {
				api := newDuo(guideForm)
				id := made(api, "alice", before, signs())
				change := func() { api.edit(id, func(j *standInJob) { j.status = after }) }
				s := &formHost{endpoint: inside(t, api, nil)}
				arguments := map[string]any{"jobId": id}
				if asks == nil {
					next := s.call(tool.CloseJob, arguments).next(t)
					pass(aWhile)
					change()
					arguments = next.Arguments
				} else {
					s.answer = func(n int, f form) (mcp.ElicitationResponseAction, any, error) { change(); return asks(n, f) }
				}
				got := s.call(tool.CloseJob, arguments)
				if next := got.next(t); api.job(id).status != after || next.Action != tool.ConfirmWithHuman || len(next.Show.Changes) != 1 ||
					!strings.HasSuffix(next.Show.Changes[0], "→ closed") {
					t.Errorf("%s, then %s, form %v: %s", before, after, asks != nil, got.text)
				}
			})
		}
	}
}

// TestAFormIsAnsweredOnce: the answers of a form that were sent again don't overwrite what was set since. They aren't
// lost: the human is asked whether to save them.
func TestAFormIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	for name, answerForm := range answerForms() {
		synctest.Test(t, func(t *testing.T) {
			api := newDuo(answerForm)
			fields := signs()
			delete(fields, "experienceLevel")
			setting(api, fields, "jobTitle", "experienceLevel")
			s := &formHost{endpoint: inside(t, api, nil), answer: slowly("accept", map[string]any{"experienceLevel": "EXPERT"})}
			s.endpoint.call(tool.CreateDraft, map[string]any{"description": "Street signs", "askHuman": false}, alice...)
			pass(aWhile)
			s.call(tool.PatchDraft, patch("headcount", 5))
			pass(aWhile)
			s.call(tool.PatchDraft, patch("experienceLevel", "INTERMEDIATE"))
			pass(aWhile)
			got := s.callAgain(tool.PatchDraft, patch("headcount", 5))
			next := got.next(t)
			if level := api.job("job_1").fields["experienceLevel"]; len(s.forms) != 1 || level != "INTERMEDIATE" ||
				next.Action != tool.ConfirmWithHuman || next.Tool != tool.PatchDraft || !strings.Contains(next.Note, "these answers were not saved") {
				t.Errorf("%s: %v: %s", name, level, got.text)
			}
			s.call(next.Tool, next.Arguments)
			if level := api.job("job_1").fields["experienceLevel"]; level != "EXPERT" {
				t.Errorf("%s: the human wanted it, and it is %v", name, level)
			}
		})
	}
}

// TestACallThatTimesOutFreesTheJob: a publish whose read of the list hangs ends by its own time limit and publishes
// nothing, then or later. The same yes works afterwards, once.
func TestACallThatTimesOutFreesTheJob(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newDuo(guideForm)
		s := inside(t, api, func(c *opentrainmcp.HTTPConfig) { c.Timeout = 5 * time.Second })
		yes := approval(t, s, made(api, "alice", "DRAFT", signs()), alice)
		pass(aWhile)
		_, release := api.hold("GET /jobs/mine", 1)
		defer release()
		got := s.call(tool.Publish, yes, alice...)
		if !got.isError || !got.failure.Retryable || !strings.Contains(got.text, "Nothing was changed.") {
			t.Errorf("%s", got.text)
		}
		if next := nextOf(t, got); next.Tool != tool.Publish || next.Arguments["confirmationToken"] != yes["confirmationToken"] {
			t.Errorf("the next step is %+v", next)
		}
		if got := s.call(tool.Publish, yes, alice...); !strings.Contains(got.text, "is live.") {
			t.Errorf("%s", got.text)
		}
		release()
		pass(aWhile)
		if n := len(api.arrived("POST /jobs/{id}/publish")); n != 1 {
			t.Errorf("published %d times", n)
		}
	})
}
