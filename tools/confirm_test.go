package tools_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/seal"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// TestConfirmationsExpire after ten minutes.
func TestConfirmationsExpire(t *testing.T) {
	box, err := seal.New(bytes.Repeat([]byte{1}, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	at := func(after time.Duration) (served, *routes) { // each time another process
		api := &routes{bodies: map[string]string{
			"GET /jobs/mine":       `{"jobs":[{"id":"j","title":"T","status":"DRAFT","updatedAt":"2026-06-01T11:00:00Z"}]}`,
			"PATCH /job-drafts/j":  `{"jobId":"j","status":"DRAFT","validation":{"publishReady":true}}`,
			"POST /jobs/j/publish": `{"jobId":"j","status":"OPEN"}`,
		}}
		return serve(t, api, setup{confirm: true, box: box, now: func() time.Time { return start.Add(after) }}), api
	}
	tools, _ := at(0)
	confirmation, err := json.Marshal(tools.next(t, "publish", `{"jobId":"j"}`).Arguments)
	if err != nil {
		t.Fatal(err)
	}
	for after, counts := range map[time.Duration]bool{0: true, 10 * time.Minute: true, 11 * time.Minute: false, 24 * time.Hour: false, -time.Hour: false} {
		tools, api := at(after)
		next := tools.next(t, "publish", string(confirmation))
		published, again := slices.Contains(api.seen, "POST /jobs/j/publish"), next.Action == tool.ConfirmWithHuman
		if published != counts || again == counts || again && !strings.Contains(next.Note, "it has expired") {
			t.Errorf("after %v: published %v, %+v", after, published, next)
		}
	}
}

// TestFormsWithoutAnAnswer: what is neither a yes nor a no isn't taken for silence, and silence isn't taken for a human's choice.
func TestFormsWithoutAnAnswer(t *testing.T) {
	const ready = `{"jobId":"j","status":"DRAFT","validation":{"publishReady":true},"normalizedFields":{"jobTitle":"T"}}`
	api := &script{answers: map[string]string{"PATCH /job-drafts/j": ready}}
	tools := serve(t, owner{RoundTripper: api, status: opentrain.StatusDraft}, setup{confirm: true})
	_, ask, failure := tools.run(t.Context(), t, tool.Call{Caller: alice, CanAsk: true}, tool.Publish, `{"jobId":"j"}`)
	if failure != nil || ask == nil {
		t.Fatal(failure)
	}
	for name, test := range map[string]struct {
		form    tool.FormOutcome
		confirm string
		note    string
	}{
		"silence":  {tool.FormUnanswered, "", "The form returned no answer: the human may not have seen it. Nothing was sent. Ask the human again."},
		"a word":   {tool.FormAnswered, `"true"`, "The answer in the form is neither yes nor no. Nothing was sent. Ask the human again."},
		"a number": {tool.FormAnswered, `1`, "The answer in the form is neither yes nor no. Nothing was sent. Ask the human again."},
	} {
		call := tool.Call{Caller: alice, CanAsk: true, Form: test.form, State: ask.State, Answers: map[string]json.RawMessage{}}
		if test.confirm != "" {
			call.Answers["confirm"] = json.RawMessage(test.confirm)
		}
		result, again, failure := tools.run(t.Context(), t, call, tool.Publish, `{"jobId":"j"}`)
		if failure != nil || again != nil {
			t.Fatal(name, failure, again)
		}
		if next := stepIn(t, result); next.Action != tool.ConfirmWithHuman || next.Note != test.note {
			t.Errorf("%s: %+v", name, next)
		}
	}
}

// TestConfirmationsStayShort however many long fields were set.
func TestConfirmationsStayShort(t *testing.T) {
	api := &upstream{body: `{"jobId":"j","status":"DRAFT","validation":{"publishReady":true},"normalizedFields":` +
		`{"field0":"x","field1":"x","field2":"x","field3":"x","field4":"x"}}`}
	tools := serve(t, owner{RoundTripper: api, status: opentrain.StatusDraft}, setup{confirm: true})
	var result tool.Result
	for n := 5; n <= 200; n += 5 {
		fields := map[string]any{}
		for i := n - 5; i < n; i++ {
			fields[fmt.Sprintf("field%d", i)] = strings.Repeat("x", 500)
		}
		arguments, err := json.Marshal(map[string]any{"jobId": "j", "fields": fields})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, failure := tools.run(t.Context(), t, tool.Call{Caller: alice}, "opentrain_patch_draft", string(arguments)); failure != nil {
			t.Fatal(failure)
		}
		api.body = `{"jobId":"j","status":"DRAFT","validation":{"publishReady":true}}` // what was set before is remembered
		var failure *tool.Failure
		result, _, failure = tools.run(t.Context(), t, tool.Call{Caller: alice}, "opentrain_publish", `{"jobId":"j"}`)
		if failure != nil {
			t.Fatal(failure)
		}
		data, err := json.Marshal(result.Structured)
		if err != nil || len(data) > 20_000 || len(result.Text) > 20_000 {
			t.Fatalf("after %d fields: %d and %d characters (%v)", n, len(data), len(result.Text), err)
		}
		if shown := strings.Count(result.Text, "\n> Field"); n <= 50 && shown != n {
			t.Fatalf("after %d fields: %d are shown:\n%s", n, shown, result.Text)
		}
	}
	if !strings.Contains(result.Text, "The draft's content can't be shown here. Look at its page.") || !strings.Contains(result.Text, "/job-post?job=j") {
		t.Errorf("got %s", result.Text)
	}
}

// slow is an API with one draft, j. It holds back its answers to some changes.
type slow struct {
	waits map[string]chan struct{} // by a part of the body

	mu     sync.Mutex
	sent   []string // bodies of changes, in the order in which they came
	fields string   // of the draft
	public int      // how often it was published
}

func (s *slow) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Method == http.MethodPatch {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		s.sent = append(s.sent, string(data))
		for part, wait := range s.waits {
			if strings.Contains(string(data), part) {
				s.mu.Unlock()
				<-wait
				s.mu.Lock()
			}
		}
		s.fields = string(data)
	}
	answer := `{"jobId":"j","status":"DRAFT","validation":{"publishReady":true},"normalizedFields":` + s.fields + `}`
	switch {
	case strings.HasSuffix(r.URL.Path, "/jobs/mine"):
		at := time.Date(2026, 6, 1, 12, 0, len(s.sent), 0, time.UTC).Format(time.RFC3339)
		answer = `{"jobs":[{"id":"j","title":"T","status":"DRAFT","updatedAt":"` + at + `"},{"id":"k","title":"T","status":"DRAFT"}]}`
	case strings.HasSuffix(r.URL.Path, "/publish"):
		s.public++
		answer = `{"jobId":"j","status":"OPEN"}`
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: r, Body: io.NopCloser(strings.NewReader(answer))}, nil
}

// changes are the bodies of the changes so far.
func (s *slow) changes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sent)
}

// newSlow makes such an API and its tools. Their clock moves on with each look.
func newSlow(t *testing.T, held ...string) (*slow, served) {
	t.Helper()
	api := &slow{waits: map[string]chan struct{}{}, fields: "{}"}
	for _, part := range held {
		api.waits[part] = make(chan struct{})
	}
	var looks atomic.Int64
	start := time.Now()
	return api, serve(t, api, setup{confirm: true, now: func() time.Time { return start.Add(time.Duration(looks.Add(1)) * time.Millisecond) }})
}

// next is the step that follows a call of alice's.
func (s served) next(t *testing.T, name, arguments string) tool.Next {
	t.Helper()
	result, _, failure := s.run(t.Context(), t, tool.Call{Caller: alice}, "opentrain_"+name, arguments)
	if failure != nil {
		t.Error(failure)
	}
	data, err := json.Marshal(result.Structured)
	var out struct{ Next tool.Next }
	if err != nil || json.Unmarshal(data, &out) != nil {
		t.Error(err, string(data))
	}
	return out.Next
}

// TestCallsOnOneJobWait: what a caller's tools do to one job happens one after the other, so that a confirmation shows
// the draft as it is. Other jobs and callers don't wait, and a call that waits too long says so.
func TestCallsOnOneJobWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api, tools := newSlow(t, `"headcount":1}`)
		var calls sync.WaitGroup
		calls.Go(func() { tools.next(t, "patch_draft", `{"jobId":"j","fields":{"headcount":1}}`) })
		synctest.Wait()
		for name, arguments := range map[string]string{
			"patch_draft": `{"jobId":"j","fields":{"headcount":2}}`, "publish": `{"jobId":"j"}`, "get_draft": `{"jobId":"j"}`,
		} {
			calls.Go(func() { tools.next(t, name, arguments) })
		}
		for name, arguments := range map[string]string{
			"update_job": `{"jobId":"j","fields":{"headcount":3}}`, "close_job": `{"jobId":"j"}`, "invite_trainer": `{"jobId":"j","freelancerId":"f"}`,
		} {
			calls.Go(func() {
				if _, _, failure := tools.run(t.Context(), t, tool.Call{Caller: alice}, "opentrain_"+name, arguments); failure == nil && name != "close_job" {
					t.Errorf("%s of a draft", name)
				}
			})
		}
		synctest.Wait()
		if sent := api.changes(); len(sent) != 1 {
			t.Errorf("sent while another change was under way: %v", sent)
		}
		for by, jobID := range map[string]string{"alice": "k", "bob": "j"} {
			arguments := `{"jobId":"` + jobID + `","fields":{"headcount":4}}`
			if _, _, failure := tools.run(t.Context(), t, tool.Call{Caller: caller.Caller{ID: by}}, "opentrain_patch_draft", arguments); failure != nil {
				t.Errorf("%s waits for %s: %v", by, jobID, failure)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, _, failure := tools.run(ctx, t, tool.Call{Caller: alice}, "opentrain_patch_draft", `{"jobId":"j","fields":{"headcount":5}}`)
		if failure == nil || failure.Code != opentrain.CodeBusy || !failure.Retryable || failure.Next.Action != tool.Wait ||
			!strings.Contains(failure.Text(), "another call is still working on it") {
			t.Errorf("got %v", failure)
		}
		close(api.waits[`"headcount":1}`])
		calls.Wait()
		if sent := strings.Join(api.changes(), " "); strings.Count(sent, `"headcount":2}`) != 1 || strings.Contains(sent, `"headcount":5}`) || api.public != 0 {
			t.Errorf("sent %s, published %d times", sent, api.public)
		}
		shown := tools.next(t, "publish", `{"jobId":"j"}`).Show.Fields
		if data, err := json.Marshal(shown); err != nil || string(data) != api.fields {
			t.Errorf("shown %s (%v), and the draft is %s", data, err, api.fields)
		}
	})
}

// TestPublishWaitsForAChange that was sent before it: a yes from before the change doesn't count, and the draft is shown
// as it is now.
func TestPublishWaitsForAChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api, tools := newSlow(t, `"headcount":2}`)
		publish := func(next tool.Next) tool.Next {
			arguments, err := json.Marshal(next.Arguments)
			if err != nil {
				t.Fatal(err)
			}
			return tools.next(t, "publish", string(arguments))
		}
		before := tools.next(t, "patch_draft", `{"jobId":"j","fields":{"headcount":1}}`)
		var calls sync.WaitGroup
		var after, again tool.Next
		calls.Go(func() { after = tools.next(t, "patch_draft", `{"jobId":"j","fields":{"headcount":2}}`) })
		synctest.Wait()
		calls.Go(func() { again = publish(before) })
		synctest.Wait()
		close(api.waits[`"headcount":2}`])
		calls.Wait()
		if again.Action != tool.ConfirmWithHuman || !strings.Contains(again.Note, "changed") || string(again.Show.Fields["headcount"]) != "2" || api.public != 0 {
			t.Errorf("published %d times, %+v", api.public, again)
		}
		if publish(before); api.public != 0 {
			t.Error("published with a yes from before the change")
		}
		if publish(after); api.public != 1 {
			t.Errorf("the last report confirms nothing: %+v", after)
		}
	})
}

// TestWhatIsConfirmedIsSent: a member that occurs twice can't carry a text past the human. However the fields come,
// the API gets the values that the human was shown.
func TestWhatIsConfirmedIsSent(t *testing.T) {
	api := &upstream{body: `{"jobId":"j","status":"OPEN"}`}
	live := owner{RoundTripper: api, status: opentrain.StatusOpen}
	tools := serve(t, live, setup{confirm: true})
	run := func(fields, token string) (tool.Result, string) {
		api.sent = ""
		result, _, failure := tools.run(t.Context(), t, tool.Call{Caller: alice}, "opentrain_update_job",
			`{"jobId":"j","fields":`+fields+`,"confirmationToken":"`+token+`"}`)
		if failure != nil {
			t.Fatal(failure)
		}
		return result, api.sent
	}
	const shown = `{"jobTitle":"T","aiInterviewRequirements":[{"q":"Why?","n":1}]}`
	asked, sent := run(shown, "")
	if sent != "" || !strings.Contains(asked.Text, "confirm_with_human") {
		t.Fatalf("sent %q, %s", sent, asked.Text)
	}
	_, rest, _ := strings.Cut(asked.Text, `"confirmationToken":"`)
	token, _, _ := strings.Cut(rest, `"`)
	text, err := json.Marshal(`{"jobTitle":"T","aiInterviewRequirements":[{"q":"EVIL","q":"Why?","n":1}]}`)
	if err != nil {
		t.Fatal(err)
	}
	for _, fields := range []string{
		`{"jobTitle":"T","aiInterviewRequirements":[{"q":"EVIL","q":"Why?","n":1}]}`,
		`{"jobTitle":"EVIL","jobTitle":"T","aiInterviewRequirements":[{"n":1,"q":"Why?"}]}`,
		`{"jobTitle":"T","aiInterviewRequirements":[{"q":"Why?","n":1}],"aiInterviewRequirements":[{"q":"Why?","n":2,"n":1}]}`,
		string(text),
	} {
		// An edit voids the confirmations from before it, so each case has a server that has seen none.
		if _, sent := run(fields, token); strings.Contains(sent, "EVIL") || strings.Contains(sent, `"n":2`) || sent == "" {
			t.Errorf("%s: sent %q", fields, sent)
		}
		tools = serve(t, live, setup{confirm: true})
		asked, _ := run(shown, "")
		_, rest, _ := strings.Cut(asked.Text, `"confirmationToken":"`)
		token, _, _ = strings.Cut(rest, `"`)
	}
}
