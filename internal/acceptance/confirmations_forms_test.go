package acceptance_test

import (
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

// TestPublishingAsksInAForm: a host that shows forms asks the human in a form, and only
// a yes publishes.
func TestPublishingAsksInAForm(t *testing.T) {
	cases := map[string]struct {
		action  mcp.ElicitationResponseAction
		content any
		yes     bool
	}{
		"yes": {"accept", map[string]any{"confirm": true}, true}, "no": {"accept", map[string]any{"confirm": false}, false},
		"nothing": {"accept", map[string]any{}, false},
		"a word":  {"accept", map[string]any{"confirm": "true"}, false}, "no content": {"accept", nil, false},
		"declined": {"decline", map[string]any{"confirm": true}, false}, "cancelled": {"cancel", nil, false},
	}
	for carrier := range carriers() {
		for name, test := range cases {
			t.Run(carrier+", "+name, func(t *testing.T) {
				a := startAsking(t, carrier, sandbox.Guide, answers(test.action, test.content), nil)
				a.ready(t)
				got := call(t, a.host, "opentrain_publish", job())
				forms := a.human.seen()
				if len(forms) != 1 {
					t.Fatalf("%d forms: %s", len(forms), got.text)
				}
				confirm := forms[0].fields["confirm"]
				if len(forms[0].fields) != 1 || confirm.Type != "boolean" || confirm.Default != nil || len(forms[0].required) != 1 ||
					!strings.Contains(forms[0].message, "Job title: Bounding Box") || !strings.Contains(forms[0].message, "Experience level: Expert\n") ||
					!strings.Contains(forms[0].message, "$18 per hour") {
					t.Errorf("%+v", forms[0])
				}
				if test.yes {
					if !strings.Contains(got.text, "is live.") || a.published() != 1 {
						t.Errorf("%s", got.text)
					}
					return
				}
				next := got.next(t)
				if got.isError || a.published() != 0 || next.Action != tool.ConfirmWithHuman || !strings.Contains(got.text, "no confirmation came") ||
					strings.Contains(got.text, "declined") {
					t.Errorf("%s", got.text)
				}
				if got := call(t, a.host, next.Tool, next.Arguments); a.published() != 1 {
					t.Errorf("the confirmation token does not work: %s", got.text)
				}
			})
		}
		t.Run(carrier+", an edit", func(t *testing.T) {
			a := startAsking(t, carrier, sandbox.Guide, saysYes, nil)
			next := a.ready(t)
			call(t, a.host, next.Tool, next.Arguments)
			if got := call(t, a.host, "opentrain_update_job",
				patch("headcount", 12)); !strings.Contains(string(got.structured),
				`"applied":true`) {
				t.Errorf("%s", got.text)
			}
			if forms := a.human.seen(); len(forms) != 1 || !strings.Contains(forms[0].message, "Number of people: 12 people") {
				t.Errorf("%+v", forms)
			}
		})
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
	publish := job()
	asked = send("opentrain_publish", publish, mine, "", "")
	state = asked.Result.RequestState
	for name, got := range map[string]asking{
		"of another job":    send("opentrain_publish", map[string]any{"jobId": "job_2"}, mine, state, `{"confirm":true}`),
		"of another caller": send("opentrain_publish", publish, theirs, state, `{"confirm":true}`),
		"made up":           send("opentrain_publish", publish, mine, "AAAA", `{"confirm":true}`),
		"without":           send("opentrain_publish", publish, mine, "", `{"confirm":true}`),
	} {
		if got.Result.IsError || !strings.Contains(got.Result.Content[0].Text, "confirm_with_human") {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if strings.Contains(strings.Join(s.api.seen(), "\n"), "/publish") {
		t.Error("published")
	}
	if got := send("opentrain_publish", publish, mine, state, `{"confirm":true}`); !strings.Contains(got.Result.Content[0].Text,
		"is live.") {
		t.Errorf("%+v", got)
	}
}

// TestChangeVoidsAForm: a draft that changed while its form was open is not published.
func TestChangeVoidsAForm(t *testing.T) {
	var a *setup
	var second *client.Client
	a = startAsking(t, "/mcp with sessions, 2025-11-25", sandbox.Guide, func(int, form) (mcp.ElicitationResponseAction, any, error) {
		call(t, second, "opentrain_patch_draft", map[string]any{"jobId": "job_1", "askHuman": false, "fields": map[string]any{"headcount": 99}})
		return "accept", map[string]any{"confirm": true}, nil
	}, nil)
	second = a.host
	a.ready(t)
	got := call(t, a.host, "opentrain_publish", job())
	if a.published() != 0 || got.next(t).Action != tool.ConfirmWithHuman || !strings.Contains(got.text, "changed meanwhile") {
		t.Errorf("%s", got.text)
	}
}

// TestEditsAreShownWhole: a form never shows part of an edit. An edit that is too long
// for a form is confirmed in the conversation.
func TestEditsAreShownWhole(t *testing.T) {
	a := startAsking(t, "stdio, 2025-11-25", sandbox.Guide, saysYes, nil)
	next := a.ready(t)
	call(t, a.host, next.Tool, next.Arguments)
	long := strings.Repeat("Label every photo with care. ", 100) + "The end."
	call(t, a.host, "opentrain_update_job", map[string]any{"jobId": "job_1", "fields": map[string]any{"jobDescription": long, "headcount": 3}})
	forms := a.human.seen()
	if len(forms) != 1 || !strings.Contains(forms[0].message, "The end.") || !strings.Contains(forms[0].message, "Number of people: 3 people") {
		t.Fatalf("%+v", forms)
	}
	call(t, a.host, "opentrain_update_job", map[string]any{"jobId": "job_1",
		"fields": map[string]any{"labelingSoftware": "", "subjectMatter": nil}})
	if forms = a.human.seen(); len(forms) != 2 || !strings.Contains(forms[1].message, "Labeling software: empty") ||
		!strings.Contains(forms[1].message, "Subject matter: not set") {
		t.Errorf("%+v", forms)
	}
	call(t, a.host, "opentrain_update_job", patch("subjectMatter", "cars\u202e\u200bsrac"))
	if forms = a.human.seen(); len(forms) != 3 || !strings.Contains(forms[2].message, "cars[U+202E][U+200B]srac") ||
		!strings.Contains(forms[2].message, "Job id: job_1") {
		t.Errorf("%+v", forms)
	}
	longer := strings.Repeat(long, 3)
	got := call(t, a.host, "opentrain_update_job", patch("jobDescription", longer))
	if next := got.next(t); len(a.human.seen()) != 3 || next.Action != tool.ConfirmWithHuman ||
		!strings.Contains(next.Note, "Send the same fields again.") || !strings.Contains(got.text, "Not changed") &&
		!strings.Contains(got.text, "not changed yet") {
		t.Errorf("%s", got.text)
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
