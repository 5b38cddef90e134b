package acceptance_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/demo"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain/sandbox"
)

// TestConfirmationsOfReplicas: replicas that share a key accept each other's
// confirmations, and those of an old key beside a new one. Replicas with other keys do
// not, and neither does another caller.
func TestConfirmationsOfReplicas(t *testing.T) {
	t.Parallel()
	box := sandbox.New(sandbox.Config{Accounts: employers(2)})
	key := func(fill byte) []byte { return bytes.Repeat([]byte{fill}, 32) }
	replica := func(keys ...[]byte) *remote {
		return startHTTPWith(t, box.Transport(), func(c *opentrainmcp.HTTPConfig) { c.Confirm, c.StateKeys = opentrainmcp.Auto, keys })
	}
	mine, theirs := as(0), as(1)
	first := replica(key(1))
	call := func(s *remote, token string, headers []string) answer {
		t.Helper()
		return s.call("opentrain_publish", map[string]any{"jobId": "job_1", "confirmationToken": token}, headers...)
	}
	first.call("opentrain_create_draft", map[string]any{"description": demo.SampleDescription}, mine...)
	first.call("opentrain_patch_draft", completing(), mine...)
	tokenOf := func(a answer) string {
		token, _ := a.next(t).Arguments["confirmationToken"].(string)
		return token
	}
	token := tokenOf(call(first, "", mine))
	for name, refused := range map[string]answer{
		"another key": call(replica(key(2)), token, mine), "a key of its own": call(replica(), token, mine),
	} {
		if next := refused.next(t); next.Action != tool.ConfirmWithHuman || !strings.HasPrefix(next.Note, "This confirmationToken isn't valid") {
			t.Errorf("%s: %s", name, refused.text)
		}
	}
	token = tokenOf(call(first, "", mine)) // the replicas that asked again have read the draft, which moves its time
	for name, refused := range map[string]answer{
		"another caller": call(first, token, theirs), "another caller elsewhere": call(replica(key(1)), token, theirs),
		"no token": call(first, token, nil),
	} {
		if !refused.isError || strings.Contains(refused.text, "confirmationToken") {
			t.Errorf("%s: %s", name, refused.text)
		}
	}
	if got := call(replica(key(3), key(1)), token, mine); !strings.Contains(got.text, "is live.") {
		t.Errorf("a replica with the old key beside a new one: %s", got.text)
	}
	if got := call(replica(key(1)), token, mine); !strings.Contains(got.text, "is already live") {
		t.Errorf("a replica with the same key: %s", got.text)
	}
	short := newSetup(box.Transport()).config(t)
	short.StateKeys = [][]byte{{1, 2, 3}}
	if _, err := opentrainmcp.New(short); err == nil {
		t.Error("a short key is accepted")
	}
}

// TestASharedStoreIsForReplicas: New refuses a store that processes share, unless it's told that they do and has their keys.
func TestASharedStoreIsForReplicas(t *testing.T) {
	t.Parallel()
	keys := [][]byte{bytes.Repeat([]byte{7}, 32)}
	shared, err := opentrainmcp.OpenStore(opentrainmcp.StoreConfig{ // no one listens there
		URL: "redis://127.0.0.1:1", StateKeys: keys, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shared.Close() }) //nolint:errcheck // the test is over
	cfg := newSetup(sandbox.New(sandbox.Config{}).Transport()).config(t)
	cfg.Store = shared
	for _, test := range []struct {
		replicated bool
		keys       [][]byte
		problem    string
	}{
		{false, nil, "needs Config.Replicated"}, {false, keys, "needs Config.Replicated"}, {true, nil, "replicas must share a state key"}, {true, keys, ""},
	} {
		cfg.Replicated, cfg.StateKeys = test.replicated, test.keys
		_, err := opentrainmcp.New(cfg)
		if test.problem == "" && err != nil || test.problem != "" && (err == nil || !strings.Contains(err.Error(), test.problem)) {
			t.Errorf("replicated %v, %d keys: %v", test.replicated, len(test.keys), err)
		}
	}
}

// ticking is a sandbox in which a millisecond, the finest time of the API, passes whenever it looks at its clock.
func ticking(variant sandbox.Variant) http.RoundTripper {
	clock := &standInClock{now: time.Now()}
	return sandbox.New(sandbox.Config{Variant: variant, Now: func() time.Time { return clock.advance(time.Millisecond) }}).Transport()
}

// TestReplicasShowNoMemory: where other replicas change drafts too, a confirmation shows the draft as the API has it
// now. Where the API's answers are short, nothing else is known than the title.
func TestReplicasShowNoMemory(t *testing.T) {
	t.Parallel()
	for _, variant := range []sandbox.Variant{sandbox.Guide, sandbox.Reference} {
		box, key := ticking(variant), bytes.Repeat([]byte{7}, 32)
		replica := func() *remote {
			return startHTTPWith(t, box, func(c *opentrainmcp.HTTPConfig) {
				c.Confirm, c.StateKeys, c.Replicated = opentrainmcp.Auto, [][]byte{key}, true
			})
		}
		first, second, token := replica(), replica(), []string{tokenHeader, sandbox.DemoToken}
		first.call("opentrain_create_draft", map[string]any{"description": demo.SampleDescription}, token...)
		ready := second.call("opentrain_patch_draft", map[string]any{"jobId": "job_1",
			"fields": map[string]any{"experienceLevel": "EXPERT", "dataVolumeUnit": "NUMBER_OF_FILES", "pricePerHour": 99,
				"jobTitle": "Another title"}}, token...).next(t)
		next := first.call("opentrain_publish", job(), token...).next(t)
		shown := shownFields(t, next)
		if next.Action != tool.ConfirmWithHuman || next.Show.DraftURL == "" {
			t.Fatalf("%s: %+v", variant, next)
		}
		switch {
		case variant == sandbox.Guide && (shown["jobTitle"] != "Another title" || shown["pricePerHour"] != 99.0):
			t.Errorf("the other replica's change is not shown: %v", shown)
		case variant == sandbox.Reference && (next.Show.Title != "Another title" || len(shown) != 0 ||
			!slices.Contains(next.Show.Notes, "The draft's content can't be shown here. Look at its page.")):
			t.Errorf("shown from memory: %+v", next.Show)
		}
		// What the first replica remembers of the draft is older than the second one's report, and so is its yes.
		if got := first.call(ready.Tool, ready.Arguments, token...); strings.Contains(got.text, "is live") {
			t.Errorf("%s: published by a yes from before the draft was read again: %s", variant, got.text)
		}
	}
}

// TestChangesElsewhereVoidAConfirmation: a draft that was changed through another replica, or in the app, is not
// published by a yes from before, however soon after it the change was made. The human sees the changed draft.
func TestChangesElsewhereVoidAConfirmation(t *testing.T) {
	t.Parallel()
	for name, asked := range map[string]func(*remote, ...string) tool.Next{
		"in the report": func(s *remote, as ...string) tool.Next {
			return s.call("opentrain_patch_draft", completing(), as...).next(t)
		},
		"by opentrain_publish": func(s *remote, as ...string) tool.Next { return s.call("opentrain_publish", job(), as...).next(t) },
		"after reading":        func(s *remote, as ...string) tool.Next { return s.call("opentrain_get_draft", job(), as...).next(t) },
	} {
		for _, replicated := range []bool{false, true} { // without, the other process stands for the app
			box, key := ticking(sandbox.Guide), bytes.Repeat([]byte{7}, 32)
			replica := func() *remote {
				return startHTTPWith(t, box, func(c *opentrainmcp.HTTPConfig) {
					c.Confirm, c.StateKeys, c.Replicated = opentrainmcp.Auto, [][]byte{key}, replicated
				})
			}
			first, second, token := replica(), replica(), []string{tokenHeader, sandbox.DemoToken}
			first.call("opentrain_create_draft", map[string]any{"description": demo.SampleDescription}, token...)
			first.call("opentrain_patch_draft", completing(), token...)
			before := asked(first, token...)
			second.call("opentrain_patch_draft", patch("headcount", 99), token...)
			for _, s := range []*remote{first, replica()} { // a new process remembers nothing
				got := s.call(before.Tool, before.Arguments, token...)
				next := got.next(t)
				if next.Action != tool.ConfirmWithHuman || shownFields(t, next)["headcount"] != 99.0 ||
					!strings.HasPrefix(next.Note, "The draft has changed since the human saw it.") {
					t.Errorf("asked %s, replicated %v: %s", name, replicated, got.text)
				}
				before = next
				second.call("opentrain_patch_draft", patch("pricePerHour", 30), token...)
			}
			next := first.call("opentrain_publish", job(), token...).next(t)
			if shown := shownFields(t, next); shown["pricePerHour"] != 30.0 || shown["headcount"] != 99.0 {
				t.Errorf("asked %s, replicated %v: shown %v", name, replicated, shown)
			}
			if got := second.call(next.Tool, next.Arguments, token...); !strings.Contains(got.text, "is live.") {
				t.Errorf("asked %s, replicated %v: %s", name, replicated, got.text)
			}
		}
	}
}

// manyJobs is a sandbox whose account has more jobs than are read: the list of them never ends, and has none of those asked for.
type manyJobs struct{ http.RoundTripper }

func (e manyJobs) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path != "/api/public/v1/jobs/mine" {
		return e.RoundTripper.RoundTrip(r)
	}
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprint(w, `{"jobs":[],"nextCursor":"more"}`)
	return w.Result(), nil
}

// TestReplicasCheckOrRefuse: where a change through another replica can't be noticed, a human publishes in the app.
func TestReplicasCheckOrRefuse(t *testing.T) {
	t.Parallel()
	box, token := manyJobs{ticking(sandbox.Guide)}, []string{tokenHeader, sandbox.DemoToken}
	first, second := replicas(t, box)
	first.call("opentrain_create_draft", map[string]any{"description": demo.SampleDescription}, token...)
	ready := first.call("opentrain_patch_draft", completing(), token...).next(t)
	second.call("opentrain_patch_draft", patch("pricePerHour", 99), token...)
	for name, arguments := range map[string]map[string]any{"with a yes": ready.Arguments, "without": job()} {
		got := first.call("opentrain_publish", arguments, token...)
		if next := got.failure.Next; !got.isError || next == nil || next.Action != tool.Fix || next.URL == "" || strings.Contains(got.text, "is live") {
			t.Errorf("%s: %s", name, got.text)
		}
	}
}

// replicas are two servers that share a key.
func replicas(t *testing.T, api http.RoundTripper) (first, second *remote) {
	t.Helper()
	start := func() *remote {
		return startHTTPWith(t, api, func(c *opentrainmcp.HTTPConfig) {
			c.Confirm, c.StateKeys, c.Replicated = opentrainmcp.Auto, [][]byte{bytes.Repeat([]byte{7}, 32)}, true
		})
	}
	return start(), start()
}

// TestASecondYesIsSpent: a yes from a question that was asked again counts once too, at any replica.
func TestASecondYesIsSpent(t *testing.T) {
	t.Parallel()
	first, second := replicas(t, ticking(sandbox.Guide))
	token := []string{tokenHeader, sandbox.DemoToken}
	first.call("opentrain_create_draft", map[string]any{"description": demo.SampleDescription}, token...)
	ready := first.call("opentrain_patch_draft", completing(), token...).next(t)
	if got := first.call(ready.Tool, ready.Arguments, token...); !strings.Contains(got.text, "is live") {
		t.Fatal(got.text)
	}
	edit := func(price int) tool.Next {
		return first.call("opentrain_update_job", patch("pricePerHour", price), token...).next(t)
	}
	apply := func(s *remote, next tool.Next) answer { return s.call(next.Tool, next.Arguments, token...) }
	asked := edit(20)
	apply(second, edit(19)) // the job changes after the question
	again := apply(first, asked).next(t)
	if again.Action != tool.ConfirmWithHuman {
		t.Fatalf("%+v", again)
	}
	if got := apply(second, again); !strings.Contains(got.text, "was changed") {
		t.Fatal(got.text)
	}
	if got := apply(second, edit(33)); !strings.Contains(got.text, "was changed") {
		t.Fatal(got.text)
	}
	if got := apply(first, again); strings.Contains(got.text, "was changed") {
		t.Errorf("a spent yes was applied again: %s", got.text)
	}
}

// TestStateKeyAloneMakesNoReplica: with a state key but without Replicated, a server is the
// only one, so memory completes the API's short answers, and a confirmation says so. With
// Replicated it does not.
func TestStateKeyAloneMakesNoReplica(t *testing.T) {
	t.Parallel()
	token := []string{tokenHeader, sandbox.DemoToken}
	for _, replicated := range []bool{false, true} {
		box := sandbox.New(sandbox.Config{Variant: sandbox.Reference}).Transport()
		s := startHTTPWith(t, box, func(c *opentrainmcp.HTTPConfig) {
			c.Confirm, c.StateKeys, c.Replicated = opentrainmcp.Auto, [][]byte{bytes.Repeat([]byte{7}, 32)}, replicated
		})
		s.call("opentrain_create_draft", map[string]any{"description": demo.SampleDescription}, token...)
		report := s.call("opentrain_patch_draft", completing(), token...)
		for name, got := range map[string]answer{"report": report, "opentrain_publish": s.call("opentrain_publish", job(), token...)} {
			next := got.next(t)
			if next.Action != tool.ConfirmWithHuman || next.Show == nil {
				t.Fatalf("replicated %v: %s", replicated, got.text)
			}
			if shows := shownFields(t, next)["pricePerHour"] == 18.0; shows == replicated {
				t.Errorf("%s, replicated %v: the confirmation shows %+v", name, replicated, next.Show)
			}
		}
	}
}
