package acceptance_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/demo"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain/sandbox"
)

// ending is what becomes of a form that asks for a yes.
type ending struct {
	action  mcp.ElicitationResponseAction
	content any
	want    func(confirmed, testing.TB, *setup, answer)
}

// endings are the ways a form can end, except a slow decline.
func endings() map[string]ending {
	// The form brought neither a yes nor a no, so the conversation asks. A yes there counts.
	talks := func(why string) func(c confirmed, t testing.TB, s *setup, got answer) {
		return func(c confirmed, t testing.TB, s *setup, got answer) {
			t.Helper()
			next := c.asks(t, s, got)
			if !strings.HasPrefix(next.Note, why) || strings.Contains(got.text, "said no") {
				t.Errorf("%s", got.text)
			}
			c.isDone(t, s, call(t, s.host, next.Tool, next.Arguments))
		}
	}
	const silent, unclear = "The form returned no answer: ", "The answer in the form is neither yes nor no."
	return map[string]ending{
		"yes":        {"accept", map[string]any{"confirm": true}, confirmed.isDone},
		"no":         {"accept", map[string]any{"confirm": false}, confirmed.isOver},
		"no tick":    {"accept", map[string]any{}, confirmed.isOver},
		"no content": {"accept", nil, confirmed.isOver},
		"a word":     {"accept", map[string]any{"confirm": "true"}, talks(unclear)},
		"canceled":   {"cancel", map[string]any{"confirm": true}, talks(silent)},
		"odd action": {"maybe", map[string]any{"confirm": true}, talks(silent)},
		"unseen":     {"decline", map[string]any{"confirm": true}, talks(silent)},
	}
}

// TestConfirmedToolsAskInAForm: where the host shows forms, a form asks the human, and only a yes acts. The model gets
// a confirmation only when the form wasn't answered.
func TestConfirmedToolsAskInAForm(t *testing.T) {
	t.Parallel()
	for carrier := range carriers() {
		for name, end := range endings() {
			for _, c := range confirmedTools() {
				if c.live && carrier != "stdio, "+legacy && carrier != "/mcp, "+modern {
					continue // two carriers are enough for these tools
				}
				bubbled(t, carrier+", "+c.tool+", "+name, func(t *testing.T) {
					s := startAsking(t, carrier, sandbox.Guide, answers(end.action, end.content), nil)
					c.prepare(t, s)
					end.want(c, t, s, call(t, s.host, c.tool, c.arguments))
					c.checkForm(t, s)
				})
			}
		}
	}
}

// checkForm checks the one form that the human has seen.
func (c confirmed) checkForm(t testing.TB, s *setup) {
	t.Helper()
	forms := s.human.seen()
	if len(forms) != 1 {
		t.Fatalf("%d forms", len(forms))
	}
	field := forms[0].fields["confirm"]
	if len(forms[0].fields) != 1 || field.Type != "boolean" || field.Default != nil || !slices.Equal(forms[0].required, []string{"confirm"}) ||
		field.Title != c.question || field.Description == "" {
		t.Errorf("%+v", forms[0])
	}
	for _, part := range append(c.shown, "Job id: job_1") {
		if !strings.Contains(forms[0].message, part) {
			t.Errorf("%q is not in the form %s", part, forms[0].message)
		}
	}
}

// TestPublishingFormShowsTheDraft as people read it.
func TestPublishingFormShowsTheDraft(t *testing.T) {
	s := startAsking(t, "stdio, "+legacy, sandbox.Guide, saysYes, nil)
	next := s.ready(t)
	call(t, s.host, next.Tool, next.Arguments)
	for _, line := range []string{"Job title: Bounding Box Annotation for Dashcam Images", "Experience level: Expert", "Price per hour: $18"} {
		if !strings.Contains(s.human.seen()[0].message, line+"\n") {
			t.Errorf("%q is not in the form %s", line, s.human.seen()[0].message)
		}
	}
}

// TestDeclinedConfirmationsEndIt: a human who declines the form has said no. The matter ends without a confirmation for
// the model, and only a question in the conversation can take it up again.
func TestDeclinedConfirmationsEndIt(t *testing.T) {
	t.Parallel()
	for carrier := range carriers() {
		bubbled(t, carrier, func(t *testing.T) {
			c := confirmedTools()[0] // TestANoIsTheEnd has them all
			s := startAsking(t, carrier, sandbox.Guide, slowly("decline", nil), nil)
			c.prepare(t, s)
			c.isOver(t, s, call(t, s.host, c.tool, c.arguments))
			pass(aWhile)
			next := c.asks(t, s, call(t, s.host, c.tool, c.with("askHuman", false)))
			c.isDone(t, s, call(t, s.host, next.Tool, next.Arguments))
			c.checkForm(t, s)
		})
	}
}

// TestFormsThatHostsDoNotShow: after a form that was declined faster than people read, nothing else asks in a form, and the
// reports give the model what the conversation needs.
func TestFormsThatHostsDoNotShow(t *testing.T) {
	for carrier := range carriers() {
		bubbled(t, carrier, func(t *testing.T) {
			s := startAsking(t, carrier, sandbox.Guide, answers("decline", nil), nil)
			next := s.ready(t)
			call(t, s.host, next.Tool, next.Arguments)
			report := call(t, s.host, "opentrain_patch_draft", patch("headcount", 12)).next(t)
			if report.Action != tool.ConfirmWithHuman || report.Arguments["confirmationToken"] == nil {
				t.Errorf("the report leads to a form: %+v", report)
			}
			publish := confirmedTools()[0]
			next = publish.asks(t, s, call(t, s.host, "opentrain_publish", job()))
			publish.isDone(t, s, call(t, s.host, next.Tool, next.Arguments))
			if n := len(s.human.seen()); n != 1 {
				t.Errorf("%d forms", n)
			}
		})
	}
}

// TestAskHumanFalse asks in the conversation although the host shows forms.
func TestAskHumanFalse(t *testing.T) {
	for _, c := range confirmedTools() {
		s := startAsking(t, "stdio, "+legacy, sandbox.Guide, saysYes, nil)
		c.prepare(t, s)
		next := c.asks(t, s, call(t, s.host, c.tool, c.with("askHuman", false)))
		c.isDone(t, s, call(t, s.host, next.Tool, next.Arguments))
		if n := len(s.human.seen()); n != 0 {
			t.Errorf("%s: %d forms", c.tool, n)
		}
	}
}

// TestStateOfAForm: the state that a client of 2026-07-28 carries is only valid for its
// caller, tool and arguments. With any other state, nothing is sent to the API.
func TestStateOfAForm(t *testing.T) {
	t.Parallel()
	s := startHTTP(t, employers(2), func(c *opentrainmcp.HTTPConfig) { c.Confirm = opentrainmcp.Auto })
	mine, theirs := employer(0).Token, employer(1).Token
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
		extra := ""
		if state != "" {
			quoted, _ := json.Marshal(state)
			extra += `"requestState":` + string(quoted) + `,`
		}
		if answer != "" {
			extra += `"inputResponses":{"form":{"action":"accept","content":` + answer + `}},`
		}
		body := strings.Replace(modernRPC(tool, arguments, `{"elicitation":{"form":{}}}`), `"params":{`, `"params":{`+extra, 1)
		got := s.do("POST", "/mcp", body, modernHeaders("tools/call", tool, tokenHeader, token)...)
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
		"answers to nothing": send("opentrain_create_draft", create, mine, "", answer),
		"another caller":     send("opentrain_create_draft", create, theirs, state, answer),
		"another tool": send("opentrain_patch_draft", patch("headcount", 1), mine,
			state, answer),
		"other words": send("opentrain_create_draft", map[string]any{"description": "Another job"}, mine, state, answer),
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
			t.Errorf("%s reached the API", sent)
		}
	}
	done := send("opentrain_create_draft", create, mine, state, answer)
	if done.Result.IsError || !strings.Contains(done.Result.Content[0].Text, "ready to publish") {
		t.Fatalf("%+v", done)
	}
	second := map[string]any{"jobId": "job_2", "askHuman": false,
		"fields": map[string]any{"experienceLevel": "EXPERT", "dataVolumeUnit": "NUMBER_OF_FILES"}}
	send("opentrain_create_draft", map[string]any{"description": demo.SampleDescription + " Again.", "askHuman": false}, mine, "", "")
	send("opentrain_patch_draft", second, mine, "", "")
	publish := job()
	asked = send("opentrain_publish", publish, mine, "", "")
	state = asked.Result.RequestState
	for name, got := range map[string]asking{
		"of another job": send("opentrain_publish", map[string]any{"jobId": "job_2"}, mine, state, `{"confirm":true}`),
		"made up":        send("opentrain_publish", publish, mine, "AAAA", `{"confirm":true}`),
		"without":        send("opentrain_publish", publish, mine, "", `{"confirm":true}`),
	} {
		if got.Result.IsError || !strings.Contains(got.Result.Content[0].Text, "confirm_with_human") {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := send("opentrain_publish", publish, theirs, state, `{"confirm":true}`); !got.Result.IsError ||
		!strings.Contains(got.Result.Content[0].Text, "no job with that id") {
		t.Errorf("of another caller: %+v", got)
	}
	// Nor is it the state of a form of another tool. Some of them find that the job isn't live.
	for _, c := range confirmedTools()[1:] {
		send(c.tool, c.arguments, mine, state, `{"confirm":true}`)
	}
	for _, c := range confirmedTools() {
		if slices.Contains(s.api.seen(), c.request) {
			t.Errorf("%s reached the API", c.request)
		}
	}
	if got := send("opentrain_publish", publish, mine, state, `{"confirm":true}`); !strings.Contains(got.Result.Content[0].Text,
		"is live.") {
		t.Errorf("%+v", got)
	}
}

// TestChangeVoidsAForm: a yes to a form doesn't count when the job has changed while the form was open.
func TestChangeVoidsAForm(t *testing.T) {
	for _, c := range confirmedTools() {
		t.Run(c.tool, func(t *testing.T) {
			var s *setup
			s = startAsking(t, "/mcp with sessions, 2025-11-25", sandbox.Guide, func(int, form) (mcp.ElicitationResponseAction, any, error) {
				c.change(t, s)
				return "accept", map[string]any{"confirm": true}, nil
			}, nil)
			c.prepare(t, s)
			before := c.acted(s)
			got := call(t, s.host, c.tool, c.arguments)
			next := got.next(t)
			if c.acted(s) != before+c.changes() || next.Action != tool.ConfirmWithHuman ||
				!strings.HasPrefix(next.Note, "The job has changed since the human saw it.") {
				t.Errorf("%s", got.text)
			}
			if c.tool == "opentrain_publish" && shownFields(t, next)["headcount"] != 99.0 {
				t.Errorf("the change is not shown: %s", got.text)
			}
			call(t, s.host, next.Tool, next.Arguments)
			if c.acted(s) != before+c.changes()+1 {
				t.Errorf("a yes to the changed job doesn't count: %v", s.api.seen())
			}
		})
	}
}

// TestEditsAreShownWhole: a form never shows part of an edit. An edit that is too long
// for a form is confirmed in the conversation.
func TestEditsAreShownWhole(t *testing.T) {
	s := startAsking(t, "stdio, 2025-11-25", sandbox.Guide, saysYes, nil)
	s.live(t)
	long := strings.Repeat("Label every photo with care. ", 100) + "The end."
	for i, test := range []struct {
		fields map[string]any
		shown  []string
	}{
		{map[string]any{"jobDescription": long, "headcount": 3}, []string{" → " + long, "3 people"}},
		{map[string]any{"subjectMatter": nil, "labelingSoftware": ""}, []string{"Subject matter: ", "Labeling software: "}},
		{map[string]any{"subjectMatter": "cars\u202e\u200bsrac"}, []string{"cars[U+202E][U+200B]srac"}},
	} {
		call(t, s.host, "opentrain_update_job", job("fields", test.fields))
		forms := s.human.seen()
		if len(forms) != i+1 {
			t.Fatalf("%d forms", len(forms))
		}
		for _, part := range append(test.shown, "Job id: job_1") {
			if !strings.Contains(forms[i].message, part) {
				t.Errorf("%q is not in the form %s", part, forms[i].message)
			}
		}
	}
	sent := s.count("PATCH", "/jobs/")
	got := call(t, s.host, "opentrain_update_job", patch("jobDescription", strings.Repeat(long, 3)))
	next := got.next(t)
	if len(s.human.seen()) != 3 || next.Action != tool.ConfirmWithHuman || s.count("PATCH", "/jobs/") != sent ||
		!strings.Contains(next.Note, "Send the other arguments again, unchanged.") || next.Arguments["fields"] != nil {
		t.Errorf("%s", got.text)
	}
	next.Arguments["fields"] = map[string]any{"jobDescription": strings.Repeat(long, 3)}
	if call(t, s.host, next.Tool, next.Arguments); s.count("PATCH", "/jobs/") != sent+1 {
		t.Error("the yes in the conversation doesn't count")
	}
}

// TestOldStateShowsNothingOld: a form answered after a change of the draft shows none
// of the old values.
func TestOldStateShowsNothingOld(t *testing.T) {
	var a *setup
	forms := 0
	a = startAsking(t, "/mcp with sessions, 2025-11-25", sandbox.Reference, func(n int, f form) (mcp.ElicitationResponseAction, any, error) {
		if forms++; forms == 1 {
			call(t, a.host, "opentrain_patch_draft", map[string]any{"jobId": "job_1", "askHuman": false,
				"fields": map[string]any{"pricePerHour": 500}})
		}
		return fills(n, f)
	}, nil)
	got := call(t, a.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
	shown := shownFields(t, got.next(t))
	if price, isShown := shown["pricePerHour"]; isShown && price != 500.0 {
		t.Errorf("the old price is shown: %s", got.text)
	}
	next := call(t, a.host, "opentrain_publish", job())
	for _, f := range a.human.seen() {
		if strings.Contains(f.message, "$18 per hour") {
			t.Errorf("the old price is confirmed: %s\n%s", f.message, next.text)
		}
	}
}
