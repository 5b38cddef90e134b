package acceptance_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"opentrain-mcp/internal/tool"
)

// TestChangesElsewhereVoidAYes: a draft that was changed through another server or in the app isn't published with an
// older yes, even by a server that was started since. The human is asked again about the draft as it is now.
func TestChangesElsewhereVoidAYes(t *testing.T) {
	t.Parallel()
	for name, answerForm := range answerForms() {
		for _, how := range []string{"another server", "the app", "the app, right before the call"} {
			for _, restarted := range []bool{false, true} {
				synctest.Test(t, func(t *testing.T) {
					api := newDuo(answerForm)
					first, second := inside(t, api, oneKey), inside(t, api, oneKey)
					id, yes := approved(t, api, first)
					if how == "another server" {
						second.call(tool.PatchDraft, map[string]any{"jobId": id, "fields": map[string]any{"headcount": 9}}, alice...)
					} else {
						api.edit(id, func(j *standInJob) { j.fields["headcount"] = 9 })
					}
					if !strings.Contains(how, "right before") {
						pass(aWhile)
					}
					if restarted {
						first = inside(t, api, oneKey)
					}
					got := first.call(tool.Publish, yes, alice...)
					next := got.next(t)
					if api.job(id).status != "DRAFT" || next.Action != tool.ConfirmWithHuman ||
						!strings.Contains(next.Note, "The draft has changed since the human saw it.") {
						t.Fatalf("%s, %s, restarted %v: %s", name, how, restarted, got.text)
					}
					switch shown := shownFields(t, next); {
					case answerForm == guideForm && shown["headcount"] != 9.0:
						t.Errorf("%s, restarted %v: the old draft is shown: %s", how, restarted, got.text)
					case answerForm == referenceForm && (len(shown) > 0 || next.Show.DraftURL == "" || next.Show.Title != "Street signs" ||
						len(next.Show.Notes) == 0):
						t.Errorf("%s, restarted %v: what isn't known is shown: %s", how, restarted, got.text)
					}
					pass(aWhile)
					if got := first.call(next.Tool, next.Arguments, alice...); !strings.Contains(got.text, "is live.") {
						t.Errorf("%s, %s, restarted %v: the new yes doesn't count: %s", name, how, restarted, got.text)
					}
				})
			}
		}
	}
}

// TestAYesOutlivesARestart: a confirmation of an unchanged draft is valid after a restart with the same key, and void
// with another one. Then the answer says that it isn't valid.
func TestAYesOutlivesARestart(t *testing.T) {
	t.Parallel()
	for name, answerForm := range answerForms() {
		synctest.Test(t, func(t *testing.T) {
			api := newDuo(answerForm)
			_, yes := approved(t, api, inside(t, api, oneKey))
			got := inside(t, api, nil).call(tool.Publish, yes, alice...)
			if next := got.next(t); next.Action != tool.ConfirmWithHuman || !strings.Contains(next.Note, "This confirmationToken isn't valid") {
				t.Errorf("%s, another key: %s", name, got.text)
			}
			pass(aWhile)
			if got := inside(t, api, oneKey).call(tool.Publish, yes, alice...); !strings.Contains(got.text, "is live.") {
				t.Errorf("%s, the same key: %s", name, got.text)
			}
		})
	}
}

// TestTimesThatMoveByThemselves: an API whose times move when a draft is saved unchanged, or when it is only read, can't
// keep a draft from being published. A draft that was looked at meanwhile stays confirmed.
func TestTimesThatMoveByThemselves(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options func(*standInOptions)
		calls   int // of publish, until the job is live
	}{
		"saves move it": {func(o *standInOptions) { o.noopMoves = true }, 2},
		"reads move it": {func(o *standInOptions) { o.readsMove = true }, 4},
		"both":          {func(o *standInOptions) { o.noopMoves, o.readsMove = true, true }, 4},
		"neither":       {func(*standInOptions) {}, 2},
	} {
		for formName, answerForm := range answerForms() {
			for _, looks := range []bool{false, true} {
				synctest.Test(t, func(t *testing.T) {
					api := newDuo(answerForm)
					api.set(test.options)
					id := made(api, "alice", "DRAFT", signs())
					s := inside(t, api, nil)
					pass(aWhile)
					next, calls := tool.Next{Tool: tool.Publish, Arguments: map[string]any{"jobId": id}}, 0
					var got answer
					for calls < 10 && api.job(id).status == "DRAFT" {
						got = s.call(next.Tool, next.Arguments, alice...)
						next = got.next(t)
						calls++
						pass(aWhile)
						if looks {
							s.call(tool.GetDraft, map[string]any{"jobId": id}, alice...)
							pass(aWhile)
						}
					}
					if calls > test.calls || !strings.Contains(got.text, "is live.") {
						t.Errorf("%s, %s, looked at meanwhile %v: %d calls, %s", name, formName, looks, calls, got.text)
					}
				})
			}
		}
	}
}

// TestNothingIsPublishedUnchecked: when the list of the caller's jobs can't be read, before the first attempt or before
// a retry, nothing is published, and the same call works later.
func TestNothingIsPublishedUnchecked(t *testing.T) {
	t.Parallel()
	for _, before := range []string{"the first attempt", "a retry"} {
		for name, answerForm := range answerForms() {
			synctest.Test(t, func(t *testing.T) {
				api := newDuo(answerForm)
				s := inside(t, api, nil)
				_, yes := approved(t, api, s)
				fail := func() (remove func()) { return api.fail("GET /jobs/mine", 0, 503, "") }
				remove := func() {}
				if before == "the first attempt" {
					remove = fail()
				} else {
					api.hook(standInHook{on: "POST /jobs/{id}/publish", nth: 1, drop: dropUnsent})
				}
				answered := make(chan answer, 1)
				go func() { answered <- s.call(tool.Publish, yes, alice...) }()
				synctest.Wait() // it waits for a retry
				if before == "a retry" {
					remove = fail()
				}
				got := <-answered
				if !got.isError || !got.failure.Retryable || len(api.arrived("POST /jobs/{id}/publish")) > 0 ||
					!strings.Contains(got.text, "Nothing was changed.") {
					t.Errorf("%s, before %s: %s", name, before, got.text)
				}
				remove()
				next := nextOf(t, got)
				if next.Arguments["confirmationToken"] != yes["confirmationToken"] {
					t.Errorf("%s, before %s: the next step is %+v", name, before, next)
				}
				if got := s.call(tool.Publish, yes, alice...); !strings.Contains(got.text, "is live.") {
					t.Errorf("%s, before %s: %s", name, before, got.text)
				}
			})
		}
	}
}

// TestAJobThatIsLiveBeforeARetryIsPublished: what was wanted is the case, and nothing is sent again.
func TestAJobThatIsLiveBeforeARetryIsPublished(t *testing.T) {
	t.Parallel()
	for name, answerForm := range answerForms() {
		synctest.Test(t, func(t *testing.T) {
			api := newDuo(answerForm)
			s := inside(t, api, nil)
			noPage := api.hook(standInHook{on: "GET /jobs/mine", after: func(r *standInRequest) {
				r.answer = strings.ReplaceAll(r.answer, `"jobUrl"`, `"noUrl"`) // a draft may have no page yet
			}})
			id, yes := approved(t, api, s)
			api.hook(standInHook{on: "POST /jobs/{id}/publish", nth: 1, drop: dropUnsent})
			answered := make(chan answer, 1)
			go func() { answered <- s.call(tool.Publish, yes, alice...) }()
			synctest.Wait() // it waits for its retry
			noPage()
			api.edit(id, func(j *standInJob) { j.status = "OPEN" })
			got := <-answered
			if got.isError || !strings.Contains(string(got.structured), `"published":true,"status":"OPEN"`) ||
				!strings.Contains(got.text, "https://app.opentrain.ai/jobs/"+id) || len(api.arrived("POST /jobs/{id}/publish")) > 0 {
				t.Errorf("%s: %s", name, got.text)
			}
		})
	}
}
