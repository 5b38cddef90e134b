package acceptance_test

import (
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"opentrain-mcp/internal/tool"
)

// TestAConfirmationThatDoesNotFitSaysWhy: a confirmation that is expired, someone else's, another call's, or no
// confirmation at all does nothing. The human is asked again, and the step says why.
func TestAConfirmationThatDoesNotFitSaysWhy(t *testing.T) {
	t.Parallel()
	for name, answerForm := range answerForms() {
		synctest.Test(t, func(t *testing.T) {
			api := newDuo(answerForm)
			s := &formHost{endpoint: inside(t, api, nil)}
			calls := possibleCalls(api)
			for toolName, arguments := range calls {
				with := func(token string) map[string]any {
					all := maps.Clone(arguments)
					all["confirmationToken"] = token
					return all
				}
				own := func() string { return tokenIn(t, s.call(toolName, arguments)) }
				foreign := func() string {
					mine := maps.Clone(arguments)
					mine["jobId"] = made(api, "bob", api.job(standInText(mine["jobId"])).status, signs())
					return tokenIn(t, s.endpoint.call(toolName, mine, bob...))
				}
				other := func() string {
					for otherTool, otherArguments := range calls {
						if otherTool != toolName {
							return tokenIn(t, s.call(otherTool, otherArguments))
						}
					}
					return ""
				}
				otherwise := func() string {
					for key, value := range map[string]any{"fields": map[string]any{"pricePerHour": 24}, "freelancerId": "user_8"} {
						if arguments[key] != nil {
							changed := maps.Clone(arguments)
							changed[key] = value
							return tokenIn(t, s.call(toolName, changed))
						}
					}
					return "none"
				}
				expired := own()
				pass(10*time.Minute + time.Second)
				for what, token := range map[string]string{
					"expired": expired, "another account's": foreign(), "another tool's": other(), "of other arguments": otherwise(),
					"garbage": "AAAA", "words": "yes", "longer": own() + "A",
				} {
					if token == "" {
						t.Fatalf("%s, %s: no token", toolName, what)
					}
					got := s.call(toolName, with(token))
					next := got.next(t)
					if got.isError || next.Action != tool.ConfirmWithHuman || tokenIn(t, got) == token ||
						!strings.Contains(next.Note, "This confirmationToken isn't valid") {
						t.Errorf("%s, %s, a token that is %s: %s", name, toolName, what, got.text)
					}
				}
				if writes := api.writes(); len(writes) > 0 {
					t.Fatalf("%s, %s: %v", name, toolName, writes)
				}
			}
			for toolName, arguments := range calls { // at last, with the right ones
				before := len(api.writes())
				next := s.call(toolName, arguments).next(t)
				if got := s.call(next.Tool, next.Arguments); got.isError || len(api.writes()) != before+1 {
					t.Errorf("%s, %s: %s", name, toolName, got.text)
				}
			}
		})
	}
}

// TestABlockedEditVoidsAYes: a live edit that the content check blocks is applied and makes the job a draft again. A yes
// from before it doesn't publish that draft, however OpenTrain reports the block, or if its answer is lost.
func TestABlockedEditVoidsAYes(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]bool{"409": false, "200": false, "lost": true} {
		for formName, answerForm := range answerForms() {
			synctest.Test(t, func(t *testing.T) {
				api := newDuo(answerForm)
				api.set(func(o *standInOptions) {
					o.moderationIn200 = name == "200"
					o.moderate = func(fields map[string]any) []string {
						if fields["jobTitle"] == "Scam" {
							return []string{"asks for passwords"}
						}
						return nil
					}
				})
				id := made(api, "alice", "DRAFT", signs())
				s := &formHost{endpoint: inside(t, api, nil)}
				yes := approval(t, s.endpoint, id, alice)
				pass(aWhile)
				if got := s.call(tool.Publish, yes); !strings.Contains(got.text, "is live.") {
					t.Fatalf("%s", got.text)
				}
				pass(aWhile)
				edit := s.call(tool.UpdateJob, map[string]any{"jobId": id, "fields": map[string]any{"jobTitle": "Scam"}}).next(t)
				if lost {
					api.hook(standInHook{on: "PATCH /jobs/{id}", drop: dropAfter})
				}
				blocked := s.call(edit.Tool, edit.Arguments)
				if job := api.job(id); job.status != "DRAFT" || job.fields["jobTitle"] != "Scam" {
					t.Fatalf("%v: %s", job, blocked.text)
				}
				if said := string(blocked.structured); !lost && (!strings.Contains(said, `"applied":true,"status":"DRAFT"`) ||
					!strings.Contains(blocked.text, "asks for passwords")) {
					t.Errorf("%s, %s: %s", name, formName, blocked.text)
				}
				if lost && (!blocked.isError || strings.Contains(blocked.text, "Nothing was changed")) {
					t.Errorf("%s, %s: %s", name, formName, blocked.text)
				}
				pass(aWhile)
				api.set(func(o *standInOptions) { o.moderate = nil }) // nothing else keeps it from being published
				got := s.call(tool.Publish, yes)
				next := got.next(t)
				if api.job(id).status != "DRAFT" || next.Action != tool.ConfirmWithHuman || !strings.Contains(next.Note, "was used before") {
					t.Errorf("%s, %s: the old yes counts: %s", name, formName, got.text)
				}
				if shown := shownFields(t, next)["jobTitle"]; answerForm == guideForm && shown != "Scam" ||
					answerForm == referenceForm && shown != nil && shown != "Scam" || shown == nil && next.Show.Title != "Scam" {
					t.Errorf("%s, %s: what is shown is not the job as it is: %s", name, formName, got.text)
				}
			})
		}
	}
}

// TestANoInTheConversationIsAnEnd: every step that asks for a yes says what a no means: nothing happens. It names no call
// that would have to follow.
func TestANoInTheConversationIsAnEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newDuo(guideForm)
		s := &formHost{endpoint: inside(t, api, nil)}
		for toolName, arguments := range possibleCalls(api) {
			got := s.call(toolName, arguments)
			no := got.next(t).Otherwise
			want := map[string]string{tool.Publish: "The job stays a draft.", tool.InviteTrainer: "No one is invited."}[toolName]
			if want == "" {
				want = "The job stays as it is."
			}
			if !strings.HasPrefix(no, want) || !strings.Contains(got.text, no) || strings.HasPrefix(no, "opentrain_") {
				t.Errorf("%s: %q in %s", toolName, no, got.text)
			}
		}
	})
}
