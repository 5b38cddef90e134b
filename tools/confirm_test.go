package tools_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"opentrain-mcp/internal/seal"
	"opentrain-mcp/internal/tool"
)

// TestConfirmationsExpire after ten minutes.
func TestConfirmationsExpire(t *testing.T) {
	box, err := seal.New(bytes.Repeat([]byte{1}, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	settings := func(after time.Duration) setup {
		return setup{confirm: true, box: box, now: func() time.Time { return start.Add(after) }}
	}
	asked, failure := call(t, &upstream{}, settings(0), alice, "opentrain_publish", `{"jobId":"j"}`)
	if failure != nil {
		t.Fatal(failure)
	}
	var out struct{ Next tool.Next }
	data, err := json.Marshal(asked.Structured)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	arguments, err := json.Marshal(out.Next.Arguments)
	if err != nil {
		t.Fatal(err)
	}
	for after, counts := range map[time.Duration]bool{0: true, 10 * time.Minute: true, 11 * time.Minute: false, 24 * time.Hour: false, -time.Hour: false} {
		got, failure := call(t, &upstream{body: `{"jobId":"j","status":"OPEN"}`}, settings(after), alice, "opentrain_publish", string(arguments))
		if failure != nil {
			t.Fatal(failure)
		}
		if published := strings.Contains(got.Text, "is live."); published != counts {
			t.Errorf("after %v: %s", after, got.Text)
		}
	}
}

// TestConfirmationsStayShort however many long fields were set.
func TestConfirmationsStayShort(t *testing.T) {
	tools := serve(t, &upstream{body: `{"jobId":"j","status":"DRAFT","validation":{"publishReady":true}}`}, setup{confirm: true})
	for n := range 200 {
		arguments, err := json.Marshal(map[string]any{"jobId": "j", "fields": map[string]any{fmt.Sprintf("field%d", n): strings.Repeat("x", 500)}})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, failure := tools.run(t.Context(), t, tool.Call{Caller: alice}, "opentrain_patch_draft", string(arguments)); failure != nil {
			t.Fatal(failure)
		}
		result, _, failure := tools.run(t.Context(), t, tool.Call{Caller: alice}, "opentrain_publish", `{"jobId":"j"}`)
		if failure != nil {
			t.Fatal(failure)
		}
		data, err := json.Marshal(result.Structured)
		if err != nil || len(data) > 20_000 || len(result.Text) > 20_000 {
			t.Fatalf("after %d fields: %d and %d characters (%v)", n+1, len(data), len(result.Text), err)
		}
	}
}

// slowPatch holds back its answers to some changes.
type slowPatch struct {
	mu     sync.Mutex
	waits  map[string]chan struct{} // by a part of the body
	asked  chan struct{}
	public int
}

func (s *slowPatch) RoundTrip(r *http.Request) (*http.Response, error) {
	body := ""
	if r.Body != nil {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		body = string(data)
	}
	s.mu.Lock()
	var wait chan struct{}
	for part, channel := range s.waits {
		if strings.Contains(body, part) {
			wait = channel
		}
	}
	if strings.HasSuffix(r.URL.Path, "/publish") {
		s.public++
	}
	s.mu.Unlock()
	if wait != nil {
		s.asked <- struct{}{}
		<-wait
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: r,
		Body: io.NopCloser(strings.NewReader(`{"jobId":"j","status":"DRAFT","validation":{"publishReady":true},"normalizedFields":` + orObject(body) + `}`))}, nil
}

func orObject(body string) string {
	if body == "" {
		return "{}"
	}
	return body
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

// TestOvertakenChangeIsNotShown: when two changes of a draft run at the same time, it is
// not known which one the API applied last. A confirmation then shows neither from memory.
func TestOvertakenChangeIsNotShown(t *testing.T) {
	answerFirst := make(chan struct{})
	api := &slowPatch{asked: make(chan struct{}, 1), waits: map[string]chan struct{}{`"headcount":1}`: answerFirst}}
	tools := serve(t, api, setup{confirm: true})
	shown := func() string {
		t.Helper()
		next := tools.next(t, "publish", `{"jobId":"j"}`)
		if next.Action != tool.ConfirmWithHuman || next.Show == nil {
			t.Fatalf("nothing to confirm: %+v", next)
		}
		return fmt.Sprint(next.Show.Fields)
	}
	first := make(chan struct{})
	go func() {
		defer close(first)
		tools.next(t, "patch_draft", `{"jobId":"j","fields":{"headcount":1}}`)
	}()
	<-api.asked
	tools.next(t, "patch_draft", `{"jobId":"j","fields":{"headcount":2}}`)
	if got := shown(); !strings.Contains(got, "headcount") {
		t.Errorf("the second change is not remembered: %s", got)
	}
	close(answerFirst)
	<-first
	if got := shown(); strings.Contains(got, "headcount") {
		t.Errorf("shown, though the other change may have undone it: %s", got)
	}
}

// TestParallelChangesVoidConfirmations: a report confirms nothing during or before another change.
func TestParallelChangesVoidConfirmations(t *testing.T) {
	api := &slowPatch{asked: make(chan struct{}, 1), waits: map[string]chan struct{}{`"headcount":1}`: make(chan struct{}), `"headcount":3}`: make(chan struct{})}}
	tools := serve(t, api, setup{confirm: true})
	run := func(name, arguments string) tool.Next { return tools.next(t, name, arguments) }
	publish := func(next tool.Next) {
		arguments, err := json.Marshal(next.Arguments)
		if err != nil {
			t.Fatal(err)
		}
		run("publish", string(arguments))
	}
	slow := make(chan tool.Next, 1)
	go func() { slow <- run("patch_draft", `{"jobId":"j","fields":{"headcount":1}}`) }()
	<-api.asked
	fast := run("patch_draft", `{"jobId":"j","fields":{"headcount":2}}`)
	publish(fast) // while the other is under way
	close(api.waits[`"headcount":1}`])
	overtaken := <-slow
	publish(overtaken)
	publish(fast)
	if overtaken.Arguments["confirmationToken"] != nil || api.public != 0 {
		t.Errorf("published %d times, %+v", api.public, overtaken)
	}
	after := run("patch_draft", `{"jobId":"j","fields":{"headcount":4}}`)
	go func() { slow <- run("patch_draft", `{"jobId":"j","fields":{"headcount":3}}`) }()
	<-api.asked
	publish(after)
	close(api.waits[`"headcount":3}`])
	last := <-slow
	if api.public != 0 {
		t.Error("published while a change was under way")
	}
	if publish(last); api.public != 1 {
		t.Errorf("the last report confirms nothing: %+v", last)
	}
}

// TestWhatIsConfirmedIsSent: a member that occurs twice can't carry a text past the human. However the fields come,
// the API gets the values that the human was shown.
func TestWhatIsConfirmedIsSent(t *testing.T) {
	api := &upstream{body: `{"jobId":"j","status":"OPEN"}`}
	tools := serve(t, api, setup{confirm: true})
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
		tools = serve(t, api, setup{confirm: true})
		asked, _ := run(shown, "")
		_, rest, _ := strings.Cut(asked.Text, `"confirmationToken":"`)
		token, _, _ = strings.Cut(rest, `"`)
	}
}
