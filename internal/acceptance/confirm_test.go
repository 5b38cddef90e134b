package acceptance_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/demo"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain/sandbox"
)

// ready makes a draft that is ready to publish, without forms, and returns the
// step that publishes it.
func (a *asked) ready(t *testing.T) tool.Next {
	t.Helper()
	call(t, a.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription, "askHuman": false})
	got := call(t, a.host, "opentrain_patch_draft", map[string]any{"jobId": "job_1", "askHuman": false, "fields": map[string]any{"experienceLevel": "EXPERT", "dataVolumeUnit": "NUMBER_OF_FILES"}})
	next := got.next(t)
	if next.Action != tool.ConfirmWithHuman || next.Tool != "opentrain_publish" || next.Arguments["confirmationToken"] == nil {
		t.Fatalf("%s", got.text)
	}
	return next
}

func (a *asked) published() int { return a.count("POST", "/jobs/job_1/publish") }

// TestPublishingWantsAYes: without a confirmation nothing is published; the
// answer shows what would become public and carries the confirmation.
func TestPublishingWantsAYes(t *testing.T) {
	for carrier := range carriers {
		t.Run(carrier, func(t *testing.T) {
			a := startAsking(t, carrier, sandbox.Guide, nil, nil)
			a.ready(t)
			got := call(t, a.host, "opentrain_publish", map[string]any{"jobId": "job_1"})
			next := got.next(t)
			shown := shownFields(t, next)
			if got.isError || next.Action != tool.ConfirmWithHuman || shown["experienceLevel"] != "EXPERT" || next.Show.DraftURL == "" ||
				!strings.Contains(next.Note, "20 jobs a day") || next.Otherwise != "opentrain_patch_draft" || !strings.Contains(string(got.structured), `"published":false`) {
				t.Errorf("%s\n%s", got.text, got.structured)
			}
			if a.published() != 0 {
				t.Error("published")
			}
			if got := call(t, a.host, next.Tool, next.Arguments); !strings.Contains(got.text, "is published: OPEN.") || a.published() != 1 {
				t.Errorf("%s", got.text)
			}
			edit := map[string]any{"jobId": "job_1", "fields": map[string]any{"headcount": "12"}}
			got = call(t, a.host, "opentrain_update_job", edit)
			next = got.next(t)
			if next.Action != tool.ConfirmWithHuman || !strings.Contains(string(got.structured), `"applied":false`) || a.count("PATCH", "/jobs/") != 0 {
				t.Errorf("%s", got.text)
			}
			if got := call(t, a.host, next.Tool, next.Arguments); !strings.Contains(string(got.structured), `"applied":true`) || a.count("PATCH", "/jobs/") != 1 {
				t.Errorf("%s", got.text)
			}
		})
	}
}

func TestPublishConfirmOff(t *testing.T) {
	a := startAsking(t, "stdio, 2025-11-25", sandbox.Guide, fills, func(c *opentrainmcp.HTTPConfig) { c.PublishConfirm = opentrainmcp.Off })
	call(t, a.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
	forms := len(a.human.seen())
	if got := call(t, a.host, "opentrain_publish", map[string]any{"jobId": "job_1"}); !strings.Contains(got.text, "is published: OPEN.") || len(a.human.seen()) != forms {
		t.Errorf("%s", got.text)
	}
}

// TestOnlyItsOwnConfirmationCounts: a token changed in any byte, of another job,
// another tool, other fields or another caller publishes nothing, and is
// answered with a new confirmation.
func TestOnlyItsOwnConfirmationCounts(t *testing.T) {
	a := startAsking(t, "stdio, 2025-11-25", sandbox.Guide, nil, nil)
	next := a.ready(t)
	token, _ := next.Arguments["confirmationToken"].(string)
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	tampered := []string{"", " ", token + "A", token[1:], token[:len(token)-1], strings.ToUpper(token), strings.Repeat("A", len(token))}
	for i := range token {
		other := alphabet[(strings.IndexByte(alphabet, token[i])+1)%len(alphabet)]
		tampered = append(tampered, token[:i]+string(other)+token[i+1:])
	}
	for _, bad := range tampered {
		got := call(t, a.host, "opentrain_publish", map[string]any{"jobId": "job_1", "confirmationToken": bad})
		if fresh := got.next(t); got.isError || fresh.Action != tool.ConfirmWithHuman || fresh.Arguments["confirmationToken"] == bad {
			t.Fatalf("%q: %s", bad, got.text)
		}
	}
	// Of another job, and of an edit.
	call(t, a.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription + " Again.", "askHuman": false})
	for _, arguments := range []map[string]any{{"jobId": "job_2", "confirmationToken": token}} {
		call(t, a.host, "opentrain_publish", arguments)
	}
	call(t, a.host, "opentrain_update_job", map[string]any{"jobId": "job_1", "fields": map[string]any{"headcount": 1}, "confirmationToken": token})
	if a.published() != 0 || a.count("POST", "/jobs/") != 0 || a.count("PATCH", "/jobs/") != 0 {
		t.Fatalf("%v", a.api.seen())
	}
	if got := call(t, a.host, next.Tool, next.Arguments); a.published() != 1 {
		t.Fatalf("the true one does not count: %s", got.text)
	}
	// Of other fields.
	got := call(t, a.host, "opentrain_update_job", map[string]any{"jobId": "job_1", "fields": map[string]any{"headcount": 1}})
	edit := got.next(t).Arguments
	edit["fields"] = map[string]any{"headcount": 2}
	if got := call(t, a.host, "opentrain_update_job", edit); a.count("PATCH", "/jobs/") != 0 {
		t.Errorf("%s", got.text)
	}
}

// TestChangeVoidsConfirmation: the human said yes to another draft.
func TestChangeVoidsConfirmation(t *testing.T) {
	a := startAsking(t, "stdio, 2025-11-25", sandbox.Guide, nil, nil)
	before := a.ready(t)
	after := call(t, a.host, "opentrain_patch_draft", map[string]any{"jobId": "job_1", "fields": map[string]any{"headcount": 99}}).next(t)
	got := call(t, a.host, before.Tool, before.Arguments)
	shown := shownFields(t, got.next(t))
	if a.published() != 0 || got.next(t).Action != tool.ConfirmWithHuman || shown["headcount"] != 99.0 {
		t.Errorf("%s", got.text)
	}
	if got := call(t, a.host, after.Tool, after.Arguments); a.published() != 1 {
		t.Errorf("%s", got.text)
	}
}

// TestConfirmationsOfReplicas: replicas that share a key accept each other's,
// an old key's beside a new one; others do not, nor another caller's.
func TestConfirmationsOfReplicas(t *testing.T) {
	box := sandbox.New(sandbox.Config{Accounts: employers(2)})
	key := func(fill byte) []byte { return bytes.Repeat([]byte{fill}, 32) }
	replica := func(keys ...[]byte) *remote {
		return startHTTPWith(t, box.Transport(), func(c *opentrainmcp.HTTPConfig) { c.PublishConfirm, c.StateKeys = opentrainmcp.Auto, keys })
	}
	mine, theirs := []string{demoHeader, employer(0).Token}, []string{demoHeader, employer(1).Token}
	first := replica(key(1))
	call := func(s *remote, token string, headers []string) rpcAnswer {
		t.Helper()
		return s.call("opentrain_publish", map[string]any{"jobId": "job_1", "confirmationToken": token}, headers...)
	}
	first.call("opentrain_create_draft", map[string]any{"description": demo.SampleDescription}, mine...)
	first.call("opentrain_patch_draft", map[string]any{"jobId": "job_1", "fields": map[string]any{"experienceLevel": "EXPERT", "dataVolumeUnit": "NUMBER_OF_FILES"}}, mine...)
	tokenOf := func(a rpcAnswer) string {
		var out struct{ Next tool.Next }
		if err := json.Unmarshal(a.Result.StructuredContent, &out); err != nil {
			t.Fatalf("%v in %+v", err, a)
		}
		token, _ := out.Next.Arguments["confirmationToken"].(string)
		return token
	}
	token := tokenOf(call(first, "", mine))
	for name, refused := range map[string]rpcAnswer{
		"another key": call(replica(key(2)), token, mine), "a key of its own": call(replica(), token, mine), "another caller": call(first, token, theirs),
		"another caller elsewhere": call(replica(key(1)), token, theirs), "nobody": call(first, token, nil),
	} {
		if strings.Contains(refused.text(), "is published") {
			t.Errorf("%s: %s", name, refused.text())
		}
	}
	for _, s := range []*remote{first} {
		if sent := s.api.seen(); strings.Contains(strings.Join(sent, "\n"), "/publish") {
			t.Errorf("%v", sent)
		}
	}
	if got := call(replica(key(3), key(1)), token, mine); !strings.Contains(got.text(), "is published: OPEN.") {
		t.Errorf("a replica with the old key beside a new one: %s", got.text())
	}
	if got := call(replica(key(1)), token, mine); !strings.Contains(got.text(), "was published before") {
		t.Errorf("a replica with the same key: %s", got.text())
	}
	apiClient := configOn(t, box.Transport())
	apiClient.StateKeys = [][]byte{{1, 2, 3}}
	if _, err := opentrainmcp.New(apiClient); err == nil {
		t.Error("a short key is taken")
	}
}

// TestPublishingAsksInAForm: where forms can be shown, the human is asked there;
// only a yes publishes.
func TestPublishingAsksInAForm(t *testing.T) {
	answers := map[string]struct {
		action  mcp.ElicitationResponseAction
		content any
		yes     bool
	}{
		"yes": {"accept", map[string]any{"confirm": true}, true}, "no": {"accept", map[string]any{"confirm": false}, false}, "nothing": {"accept", map[string]any{}, false},
		"a word": {"accept", map[string]any{"confirm": "true"}, false}, "no content": {"accept", nil, false}, "declined": {"decline", map[string]any{"confirm": true}, false}, "cancelled": {"cancel", nil, false},
	}
	for carrier := range carriers {
		for name, test := range answers {
			t.Run(carrier+", "+name, func(t *testing.T) {
				a := startAsking(t, carrier, sandbox.Guide, func(int, form) (mcp.ElicitationResponseAction, any, error) { return test.action, test.content, nil }, nil)
				a.ready(t)
				got := call(t, a.host, "opentrain_publish", map[string]any{"jobId": "job_1"})
				forms := a.human.seen()
				if len(forms) != 1 {
					t.Fatalf("%d forms: %s", len(forms), got.text)
				}
				confirm := forms[0].fields["confirm"]
				if len(forms[0].fields) != 1 || confirm.Type != "boolean" || confirm.Default != nil || len(forms[0].required) != 1 || !strings.Contains(forms[0].message, "Job title: Bounding Box") || !strings.Contains(forms[0].message, "Experience level: Expert\n") || !strings.Contains(forms[0].message, "Price per hour: 18\n") {
					t.Errorf("%+v", forms[0])
				}
				if test.yes {
					if !strings.Contains(got.text, "is published: OPEN.") || a.published() != 1 {
						t.Errorf("%s", got.text)
					}
					return
				}
				next := got.next(t)
				if got.isError || a.published() != 0 || next.Action != tool.ConfirmWithHuman || !strings.Contains(got.text, "no confirmation came") || strings.Contains(got.text, "declined") {
					t.Errorf("%s", got.text)
				}
				if got := call(t, a.host, next.Tool, next.Arguments); a.published() != 1 {
					t.Errorf("the way by token is closed: %s", got.text)
				}
			})
		}
		t.Run(carrier+", an edit", func(t *testing.T) {
			a := startAsking(t, carrier, sandbox.Guide, func(int, form) (mcp.ElicitationResponseAction, any, error) {
				return "accept", map[string]any{"confirm": true}, nil
			}, nil)
			next := a.ready(t)
			call(t, a.host, next.Tool, next.Arguments)
			if got := call(t, a.host, "opentrain_update_job", map[string]any{"jobId": "job_1", "fields": map[string]any{"headcount": 12}}); !strings.Contains(string(got.structured), `"applied":true`) {
				t.Errorf("%s", got.text)
			}
			if forms := a.human.seen(); len(forms) != 1 || !strings.Contains(forms[0].message, "Headcount: 12") {
				t.Errorf("%+v", forms)
			}
		})
	}
}

// TestStateOfAForm: what a client of 2026-07-28 carries for the server counts
// for its caller, its call and its arguments alone. Else nothing goes upstream.
func TestStateOfAForm(t *testing.T) {
	s := startHTTP(t, employers(2), func(c *opentrainmcp.HTTPConfig) { c.PublishConfirm = opentrainmcp.Auto })
	mine, theirs := employer(0).Token, employer(1).Token
	const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},"io.modelcontextprotocol/clientCapabilities":{"elicitation":{"form":{}}}}`
	type asking struct {
		Result struct {
			ResultType   string `json:"resultType"`
			RequestState string `json:"requestState"`
			IsError      bool   `json:"isError"`
			Content      []struct{ Text string }
		} `json:"result"`
	}
	send := func(tool string, arguments any, token, state, answer string) asking {
		t.Helper()
		extra := meta
		if state != "" {
			quoted, _ := json.Marshal(state)
			extra += `,"requestState":` + string(quoted)
		}
		if answer != "" {
			extra += `,"inputResponses":{"form":{"action":"accept","content":` + answer + `}}`
		}
		body := strings.Replace(rpc(1, tool, arguments), `"params":{`, `"params":{`+extra+`,`, 1)
		got := s.do("POST", "/mcp", body, demoHeader, token, "Mcp-Protocol-Version", "2026-07-28", "Mcp-Method", "tools/call", "Mcp-Name", tool)
		var a asking
		if err := json.Unmarshal([]byte(got.body), &a); err != nil || got.status != http.StatusOK {
			t.Fatalf("%d %v %s", got.status, err, got.body)
		}
		return a
	}
	create := map[string]any{"description": demo.SampleDescription}
	asked := send("opentrain_create_draft", create, mine, "", "")
	state := asked.Result.RequestState
	if asked.Result.ResultType != "input_required" || state == "" {
		t.Fatalf("%+v", asked)
	}
	const answer = `{"experienceLevel":"EXPERT","dataVolumeUnit":"NUMBER_OF_FILES"}`
	before := len(s.api.seen())
	bad := map[string]asking{
		"answers to nothing": send("opentrain_create_draft", create, mine, "", answer), "another caller": send("opentrain_create_draft", create, theirs, state, answer),
		"another tool": send("opentrain_patch_draft", map[string]any{"jobId": "job_1", "fields": map[string]any{"headcount": 1}}, mine, state, answer),
		"other words":  send("opentrain_create_draft", map[string]any{"description": "Another job"}, mine, state, answer),
	}
	for _, at := range []int{0, 1, len(state) / 2, len(state) - 1} {
		other := byte('A')
		if state[at] == 'A' {
			other = 'B'
		}
		bad["changed"] = send("opentrain_create_draft", create, mine, state[:at]+string(other)+state[at+1:], answer)
		for name, got := range bad {
			if !got.Result.IsError || !strings.Contains(got.Result.Content[0].Text, "Nothing was changed") {
				t.Errorf("%s: %+v", name, got)
			}
		}
	}
	for _, sent := range s.api.seen()[before:] {
		if !strings.HasPrefix(sent, "GET ") {
			t.Errorf("%s went out", sent)
		}
	}
	done := send("opentrain_create_draft", create, mine, state, answer)
	if done.Result.IsError || !strings.Contains(done.Result.Content[0].Text, "ready to publish") {
		t.Fatalf("%+v", done)
	}
	publish := map[string]any{"jobId": "job_1"}
	asked = send("opentrain_publish", publish, mine, "", "")
	state = asked.Result.RequestState
	for name, got := range map[string]asking{
		"of another job": send("opentrain_publish", map[string]any{"jobId": "job_2"}, mine, state, `{"confirm":true}`), "of another caller": send("opentrain_publish", publish, theirs, state, `{"confirm":true}`),
		"made up": send("opentrain_publish", publish, mine, "AAAA", `{"confirm":true}`), "without": send("opentrain_publish", publish, mine, "", `{"confirm":true}`),
	} {
		if got.Result.IsError || !strings.Contains(got.Result.Content[0].Text, "confirm_with_human") {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if strings.Contains(strings.Join(s.api.seen(), "\n"), "/publish") {
		t.Error("published")
	}
	if got := send("opentrain_publish", publish, mine, state, `{"confirm":true}`); !strings.Contains(got.Result.Content[0].Text, "is published: OPEN.") {
		t.Errorf("%+v", got)
	}
}

// TestChangeVoidsAForm: a draft that was changed while its form was open is not
// published.
func TestChangeVoidsAForm(t *testing.T) {
	var a *asked
	var second *client.Client
	a = startAsking(t, "/mcp with sessions, 2025-11-25", sandbox.Guide, func(int, form) (mcp.ElicitationResponseAction, any, error) {
		call(t, second, "opentrain_patch_draft", map[string]any{"jobId": "job_1", "askHuman": false, "fields": map[string]any{"headcount": 99}})
		return "accept", map[string]any{"confirm": true}, nil
	}, nil)
	second = a.host
	a.ready(t)
	got := call(t, a.host, "opentrain_publish", map[string]any{"jobId": "job_1"})
	if a.published() != 0 || got.next(t).Action != tool.ConfirmWithHuman || !strings.Contains(got.text, "changed meanwhile") {
		t.Errorf("%s", got.text)
	}
}

// TestStrangersVoidNothing: a stranger's call about somebody's job is no change
// of it.
func TestStrangersVoidNothing(t *testing.T) {
	s := startHTTP(t, employers(2), func(c *opentrainmcp.HTTPConfig) { c.PublishConfirm = opentrainmcp.Auto })
	mine, theirs := []string{demoHeader, employer(0).Token}, []string{demoHeader, employer(1).Token}
	s.call("opentrain_create_draft", map[string]any{"description": demo.SampleDescription}, mine...)
	ready := s.call("opentrain_patch_draft", map[string]any{"jobId": "job_1", "fields": map[string]any{"experienceLevel": "EXPERT", "dataVolumeUnit": "NUMBER_OF_FILES"}}, mine...)
	var out struct{ Next tool.Next }
	if err := json.Unmarshal(ready.Result.StructuredContent, &out); err != nil {
		t.Fatal(err)
	}
	if got := s.call("opentrain_patch_draft", map[string]any{"jobId": "job_1", "fields": map[string]any{"headcount": 1}}, theirs...); got.Result.Meta.Failure.Code != "NOT_FOUND" {
		t.Errorf("%+v", got)
	}
	if got := s.call("opentrain_patch_draft", map[string]any{"jobId": "job_1", "fields": map[string]any{"headcount": -1}}, mine...); !got.Result.IsError {
		t.Errorf("%+v", got)
	}
	if got := s.call(out.Next.Tool, out.Next.Arguments, mine...); !strings.Contains(got.text(), "is published: OPEN.") {
		t.Errorf("%s", got.text())
	}
}

// TestEditsAreShownWhole: nobody says yes to what a form cuts. An edit that is too
// long for one is confirmed in the conversation.
func TestEditsAreShownWhole(t *testing.T) {
	a := startAsking(t, "stdio, 2025-11-25", sandbox.Guide, func(int, form) (mcp.ElicitationResponseAction, any, error) {
		return "accept", map[string]any{"confirm": true}, nil
	}, nil)
	next := a.ready(t)
	call(t, a.host, next.Tool, next.Arguments)
	long := strings.Repeat("Label every photo with care. ", 100) + "The end."
	call(t, a.host, "opentrain_update_job", map[string]any{"jobId": "job_1", "fields": map[string]any{"jobDescription": long, "headcount": 3}})
	forms := a.human.seen()
	if len(forms) != 1 || !strings.Contains(forms[0].message, "The end.") || !strings.Contains(forms[0].message, "Headcount: 3") {
		t.Fatalf("%+v", forms)
	}
	call(t, a.host, "opentrain_update_job", map[string]any{"jobId": "job_1", "fields": map[string]any{"labelingSoftware": "", "subjectMatter": nil}})
	if forms = a.human.seen(); len(forms) != 2 || !strings.Contains(forms[1].message, "Labeling software: (emptied)") || !strings.Contains(forms[1].message, "Subject matter: (cleared)") {
		t.Errorf("%+v", forms)
	}
	call(t, a.host, "opentrain_update_job", map[string]any{"jobId": "job_1", "fields": map[string]any{"subjectMatter": "cars\u202e\u200bsrac"}})
	if forms = a.human.seen(); len(forms) != 3 || !strings.Contains(forms[2].message, "cars[U+202E][U+200B]srac") || !strings.Contains(forms[2].message, "Job id: job_1") {
		t.Errorf("%+v", forms)
	}
	longer := strings.Repeat(long, 3)
	got := call(t, a.host, "opentrain_update_job", map[string]any{"jobId": "job_1", "fields": map[string]any{"jobDescription": longer}})
	if next := got.next(t); len(a.human.seen()) != 3 || next.Action != tool.ConfirmWithHuman || !strings.Contains(next.Note, "Send the same fields again.") || !strings.Contains(got.text, "Not changed") && !strings.Contains(got.text, "not changed yet") {
		t.Errorf("%s", got.text)
	}
}

// TestReplicasShowNoMemory: where other replicas change drafts too, what this one
// remembers is not shown as what the draft is.
func TestReplicasShowNoMemory(t *testing.T) {
	box := sandbox.New(sandbox.Config{}).Transport()
	key := bytes.Repeat([]byte{7}, 32)
	replica := func() *remote {
		return startHTTPWith(t, box, func(c *opentrainmcp.HTTPConfig) { c.PublishConfirm, c.StateKeys, c.Replicated = opentrainmcp.Auto, [][]byte{key}, true })
	}
	first, second, token := replica(), replica(), []string{demoHeader, sandbox.DemoToken}
	first.call("opentrain_create_draft", map[string]any{"description": demo.SampleDescription}, token...)
	second.call("opentrain_patch_draft", map[string]any{"jobId": "job_1", "fields": map[string]any{"experienceLevel": "EXPERT", "dataVolumeUnit": "NUMBER_OF_FILES", "pricePerHour": 99, "jobTitle": "Another title"}}, token...)
	got := first.call("opentrain_publish", map[string]any{"jobId": "job_1"}, token...)
	var out struct{ Next tool.Next }
	if err := json.Unmarshal(got.Result.StructuredContent, &out); err != nil {
		t.Fatal(err)
	}
	if out.Next.Show.Title != "Another title" || out.Next.Show.Fields != nil || out.Next.Show.DraftURL == "" {
		t.Errorf("%+v", out.Next.Show)
	}
}

// TestOldStateShowsNothingOld: a form that is answered after the draft was changed
// shows nothing from before the change as the draft.
func TestOldStateShowsNothingOld(t *testing.T) {
	var a *asked
	forms := 0
	a = startAsking(t, "/mcp with sessions, 2025-11-25", sandbox.Reference, func(n int, f form) (mcp.ElicitationResponseAction, any, error) {
		if forms++; forms == 1 {
			call(t, a.host, "opentrain_patch_draft", map[string]any{"jobId": "job_1", "askHuman": false, "fields": map[string]any{"pricePerHour": 500}})
		}
		return fills(n, f)
	}, nil)
	got := call(t, a.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
	shown := shownFields(t, got.next(t))
	if price, told := shown["pricePerHour"]; told && price != 500.0 {
		t.Errorf("the old price is shown: %s", got.text)
	}
	next := call(t, a.host, "opentrain_publish", map[string]any{"jobId": "job_1"})
	for _, f := range a.human.seen() {
		if strings.Contains(f.message, "Price per hour: 18\n") {
			t.Errorf("the old price is confirmed: %s\n%s", f.message, next.text)
		}
	}
}
