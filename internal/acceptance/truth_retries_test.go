package acceptance_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"opentrain-mcp/internal/tool"
)

// TestRetriesLookFirst: a confirmed write to a live job whose connection fails is repeated only if the job is as the human saw it.
func TestRetriesLookFirst(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		tool, route string
		fields      map[string]any // of an edit
		meddle      func(*standInJob)
		text        string // of the result
	}{
		"an edit, nothing else": {tool.UpdateJob, "PATCH /jobs/{id}", map[string]any{"pricePerHour": 25}, nil, "was changed and is live."},
		"an edit of an edited job": {
			tool.UpdateJob, "PATCH /jobs/{id}", map[string]any{"pricePerHour": 25}, func(j *standInJob) { j.fields["pricePerHour"] = 40 },
			"The job was changed while it was being edited.",
		},
		"an edit of a closed job": {
			tool.UpdateJob, "PATCH /jobs/{id}", map[string]any{"pricePerHour": 25}, func(j *standInJob) { j.status = "ARCHIVED" },
			"The job is closed. opentrain_update_job works only on live jobs. Nothing was changed.",
		},
		"a close, nothing else": {tool.CloseJob, "POST /jobs/{id}/close", nil, nil, "is closed and accepts no new proposals."},
		"a close of a job that is a draft again": {
			tool.CloseJob, "POST /jobs/{id}/close", nil, func(j *standInJob) { j.status = "DRAFT" },
			"opentrain_close_job did not run: the job was changed at the same moment.",
		},
		"a close of a closed job": {
			tool.CloseJob, "POST /jobs/{id}/close", nil, func(j *standInJob) { j.status = "ARCHIVED" }, "is closed and accepts no new proposals.",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := newDuo(guideForm)
				s := inside(t, api, nil)
				id := made(api, "alice", "OPEN", signs())
				pass(aWhile)
				args := map[string]any{"jobId": id}
				if test.fields != nil {
					args["fields"] = test.fields
				}
				next := s.call(test.tool, args, alice...).next(t)
				if next.Action != tool.ConfirmWithHuman {
					t.Fatalf("%+v", next)
				}
				pass(aWhile)
				remove := api.hook(standInHook{on: test.route, nth: 1, drop: dropUnsent})
				defer remove()
				answered := make(chan answer, 1)
				go func() { answered <- s.call(test.tool, next.Arguments, alice...) }()
				synctest.Wait() // it waits for its retry
				if test.meddle != nil {
					api.edit(id, test.meddle)
				}
				got := <-answered
				if !strings.Contains(got.text, test.text) {
					t.Errorf("%s", got.text)
				}
				if sent := len(api.arrived(test.route)); (sent == 0) != (test.meddle != nil) {
					t.Errorf("%d requests", sent)
				}
				if got = s.call(test.tool, next.Arguments, alice...); test.meddle != nil && (got.isError || got.next(t).Action == tool.ConfirmWithHuman) ==
					strings.Contains(got.text, "already closed") {
					t.Errorf("the yes from before counts: %s", got.text)
				}
			})
		})
	}
}

// TestOwnSavesAreNoChange: a draft that was saved unchanged to read it is published by its first yes, also when the connection
// fails and OpenTrain moves the time of the job with each save.
func TestOwnSavesAreNoChange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newDuo(guideForm)
		api.set(func(o *standInOptions) { o.noopMoves = true })
		s := inside(t, api, nil)
		id := made(api, "alice", "DRAFT", signs())
		pass(aWhile)
		up := api.fail("GET /jobs/mine", 0, 500, "") // the time of the patch comes from its answer's header
		next := s.call(tool.PatchDraft, map[string]any{"jobId": id, "fields": map[string]any{"headcount": 5}}, alice...).next(t)
		up()
		if next.Tool != tool.Publish || next.Arguments["confirmationToken"] == nil {
			t.Fatalf("%+v", next)
		}
		pass(aWhile)
		defer api.hook(standInHook{on: "POST /jobs/{id}/publish", nth: 1, drop: dropUnsent})()
		if got := s.call(tool.Publish, next.Arguments, alice...); !strings.Contains(got.text, "is live.") {
			t.Error(got.text)
		}
		if saves := len(api.arrived("PATCH /job-drafts/{id}")); saves != 2 {
			t.Errorf("%d saves", saves)
		}
	})
}

// TestEditsKnowWhatWentLive: an edit of a job that was published or edited here shows old values that no listing has, and warns of
// what the description still says. After a change in the app, they are unknown.
func TestEditsKnowWhatWentLive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newDuo(guideForm)
		s := inside(t, api, nil)
		id, yes := approved(t, api, s)
		if got := s.call(tool.Publish, yes, alice...); !strings.Contains(got.text, "is live.") {
			t.Fatal(got.text)
		}
		edit := func(headcount int, want ...string) tool.Next {
			t.Helper()
			pass(aWhile)
			got := s.call(tool.UpdateJob, map[string]any{"jobId": id, "fields": map[string]any{"headcount": headcount}}, alice...)
			if !hasAll(got.text, want) {
				t.Errorf("%q isn't in %s", want, got.text)
			}
			return got.next(t)
		}
		next := edit(6, "Number of people: 4 → 6", "Warning: The description still says “4”, but “Number of people” would be 6.")
		if got := s.call(tool.UpdateJob, next.Arguments, alice...); !strings.Contains(got.text, "was changed and is live.") {
			t.Fatal(got.text)
		}
		edit(6, "already has these values. Nothing was changed.")
		edit(8, "Number of people: 6 → 8", "Warning: The description still says “4”, but “Number of people” would be 8.")
		pass(aWhile)
		api.edit(id, func(j *standInJob) { j.fields["headcount"] = 9 })
		edit(6, "Number of people: unknown → 6")
	})
}
