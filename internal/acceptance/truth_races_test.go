package acceptance_test

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/tool"
)

// rounds is how often a race is run: some times, or as often as it takes to be sure.
func rounds(sure int) int {
	if os.Getenv(slowTests) == "1" {
		return sure
	}
	return sure / 10
}

// oneKey makes servers that open each other's confirmations.
func oneKey(c *opentrainmcp.HTTPConfig) { c.StateKeys = [][]byte{bytes.Repeat([]byte{7}, 32)} }

// approval asks for a yes to publish a job, and returns the call that follows it.
func approval(t *testing.T, s *endpoint, id string, headers []string) map[string]any {
	t.Helper()
	got := s.call(tool.Publish, map[string]any{"jobId": id}, headers...)
	next := got.next(t)
	if next.Action != tool.ConfirmWithHuman || next.Tool != tool.Publish || next.Arguments["confirmationToken"] == nil {
		t.Fatalf("no confirmation: %s", got.text)
	}
	return next.Arguments
}

// approved makes a draft of Alice's and asks for her yes to publish it. Time passes between the steps.
func approved(t *testing.T, api *standIn, s *endpoint) (id string, yes map[string]any) {
	t.Helper()
	id = made(api, "alice", "DRAFT", signs())
	pass(aWhile)
	yes = approval(t, s, id, alice)
	pass(aWhile)
	return id, yes
}

// TestWhatIsPublishedWasSeen: a confirmed publish whose first attempt doesn't get through waits for its retry. Meanwhile
// the job is changed: by the same server, by another one, or in the app. What is published is what the human saw.
func TestWhatIsPublishedWasSeen(t *testing.T) {
	t.Parallel()
	change := func(s *endpoint, id string) func(*standIn) {
		return func(*standIn) {
			s.call(tool.PatchDraft, map[string]any{"jobId": id, "fields": map[string]any{"headcount": 9}}, alice...)
		}
	}
	for by, waits := range map[string]bool{"the same server": true, "another server": false, "the app": false} {
		for name, answerForm := range answerForms() {
			t.Run(by+", "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					api := newDuo(answerForm)
					first, second := inside(t, api, oneKey), inside(t, api, oneKey)
					watched := watchPublishing(api)
					for round := range 1 + rounds(1000)/6 { // there are six of them
						id, yes := approved(t, api, first)
						remove := api.hook(standInHook{on: "POST /jobs/{id}/publish", nth: 1, drop: dropUnsent})
						published := make(chan answer, 1)
						go func() { published <- first.call(tool.Publish, yes, alice...) }()
						synctest.Wait() // it waits for its retry
						meddle := map[string]func(*standIn){"the same server": change(first, id), "another server": change(second, id),
							"the app": func(s *standIn) { s.edit(id, func(j *standInJob) { j.fields["headcount"] = 9 }) }}[by]
						meddled := make(chan struct{})
						go func() { meddle(api); close(meddled) }()
						got := <-published
						<-meddled
						status := api.job(id).status
						again := !got.isError && got.next(t).Action == tool.ConfirmWithHuman && status == "DRAFT" &&
							strings.Contains(got.text, "The draft was changed while it was being published.")
						live := strings.Contains(got.text, "is live.") && status == "OPEN"
						if live != waits || again == waits {
							t.Fatalf("round %d: %s: %s", round, status, got.text)
						}
						remove()
						api.edit(id, func(j *standInJob) { j.status = "ARCHIVED" })
					}
					for _, job := range watched.seen() {
						if job.fields["headcount"] != 4.0 {
							t.Fatalf("nobody saw what was published: %v", job.fields)
						}
					}
				})
			})
		}
	}
}

// TestStrangersCannotVoidAYes: a stranger's call about a job, however it ends, leaves the owner's confirmation valid.
func TestStrangersCannotVoidAYes(t *testing.T) {
	t.Parallel()
	isBobs := func(r standInRequest) bool { return r.token == bob[1] }
	faults := map[string]func(*standIn) func(){
		"502": func(s *standIn) func() {
			return s.hook(standInHook{on: "PATCH /job-drafts/{id}", match: isBobs, before: func(r *standInRequest) { r.status = 502 }})
		},
		"a lost answer": func(s *standIn) func() {
			return s.hook(standInHook{on: "PATCH /job-drafts/{id}", match: isBobs, drop: dropAfter})
		},
		"a refusal": func(*standIn) func() { return func() {} },
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := newDuo(guideForm)
				s := inside(t, api, nil)
				for round := range rounds(100) {
					id, yes := approved(t, api, s)
					remove := fault(api)
					patch := map[string]any{"jobId": id, "fields": map[string]any{"headcount": 9}}
					if got := s.call(tool.PatchDraft, patch, bob...); !got.isError {
						t.Fatalf("Bob's patch: %s", got.text)
					}
					remove()
					pass(aWhile)
					if got := s.call(tool.Publish, yes, alice...); !strings.Contains(got.text, "is live.") {
						t.Fatalf("round %d: %s", round, got.text)
					}
					api.edit(id, func(j *standInJob) { j.status = "ARCHIVED" })
				}
			})
		})
	}
}

// TestOnlyTheOwnersAbortedCallVoidsAYes: a patch that its caller gave up may have changed the caller's own job, but no
// other.
func TestOnlyTheOwnersAbortedCallVoidsAYes(t *testing.T) {
	t.Parallel()
	for name, who := range map[string][]string{"Alice": alice, "Bob": bob} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := newDuo(guideForm)
				s := inside(t, api, nil)
				for round := range rounds(100) {
					id, yes := approved(t, api, s)
					release := make(chan struct{})
					handled := make(chan struct{})
					remove := api.hook(standInHook{on: "PATCH /job-drafts/{id}", nth: 1,
						before: func(*standInRequest) { <-release }, after: func(*standInRequest) { close(handled) }})
					ctx, cancel := context.WithCancel(t.Context())
					body := rpc(1, tool.PatchDraft, map[string]any{"jobId": id, "fields": map[string]any{"headcount": 9}})
					ended := make(chan struct{})
					go func() {
						defer close(ended)
						if response, err := s.client.Do(s.request(ctx, http.MethodPost, "/mcp", body, who...)); err == nil {
							response.Body.Close()
						}
					}()
					synctest.Wait() // OpenTrain holds it
					cancel()
					synctest.Wait()
					got := s.call(tool.Publish, yes, alice...)
					close(release)
					<-handled
					<-ended
					remove()
					if mine := name == "Alice"; mine == strings.Contains(got.text, "is live.") {
						t.Fatalf("round %d: %s", round, got.text)
					} else if mine && (got.isError || got.next(t).Action != tool.ConfirmWithHuman || got.next(t).Note == "") {
						t.Fatalf("round %d: %s", round, got.text)
					}
					api.edit(id, func(j *standInJob) { j.status = "ARCHIVED" })
				}
			})
		})
	}
}
