package tool_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// named is a tool of a kind that does nothing.
func named(name string, kind tool.Kind) tool.Tool {
	instead := func(other string) tool.Next {
		return tool.Next{Action: tool.CallTool, Tool: other, Arguments: map[string]any{"jobId": nil, "fields": nil}}
	}
	spec := tool.Spec{Name: name, Kind: kind, OutcomeUnknown: "It is lost.", Check: tool.Next{Action: tool.Wait}, Instead: map[string]tool.Next{
		opentrain.StatusDraft: instead(tool.PatchDraft), opentrain.StatusOpen: instead(tool.UpdateJob),
	}}
	return tool.New(spec, func(context.Context, tool.Call, struct{}) (list, *tool.Ask, error) {
		return list{}, nil, nil
	})
}

func statusConflict(status string) *opentrain.Error {
	return &opentrain.Error{Code: opentrain.CodeConflict, Status: 409, Message: "No", Details: []byte(`{"status":"` + status + `"}`)}
}

func TestExplain(t *testing.T) {
	alice := tool.Call{Caller: caller.Caller{ID: "alice"}}
	for name, test := range map[string]struct {
		tool   string
		call   tool.Call
		args   string
		err    *opentrain.Error
		action tool.Action
		text   []string
	}{
		"a conflict without a known cause": {
			tool.CloseJob, alice, `{"jobId":"j"}`, &opentrain.Error{Code: opentrain.CodeConflict, Status: 409, Message: "No"},
			tool.CallTool, []string{"OpenTrain rejected opentrain_close_job: No. It's unclear whether anything was changed."},
		},
		"a closed job": {
			tool.CloseJob, alice, `{}`, statusConflict("ARCHIVED"),
			tool.Done, []string{"The job is closed. Nothing was changed.", "It can't be changed or reopened here. To post a new job"},
		},
		"a completed job": {
			tool.CloseJob, alice, `{}`, statusConflict("COMPLETED"),
			tool.Done, []string{"The job is marked COMPLETED. Nothing was changed.", "It can't be changed or reopened here."},
		},
		"a job that will be live": { // another one would be posted twice
			tool.CloseJob, alice, `{}`, statusConflict("PENDING_APPROVAL"),
			tool.Done, []string{
				"The job is waiting for OpenTrain's approval. Nothing was changed.",
				"Nothing is left to do until OpenTrain has decided. opentrain_list_jobs shows the job's status.",
			},
		},
		"a running job": {
			tool.CloseJob, alice, `{}`, statusConflict("ONGOING"),
			tool.CallTool, []string{"The job is marked ONGOING. Nothing was changed.", "See the account's jobs."},
		},
		"a job in a status of tomorrow": {
			tool.CloseJob, alice, `{}`, statusConflict("PAUSED"),
			tool.CallTool, []string{"The job is marked PAUSED. Nothing was changed.", "See the account's jobs."},
		},
		"a page of a proxy": {
			tool.CloseJob, alice, `{}`, &opentrain.Error{Code: opentrain.CodeBadResponse, Status: 404, Message: "A page"},
			tool.Fix, []string{"opentrain_close_job failed: A page. It is lost.\nAddress: x.example (the default).\nCheck the base URL"},
		},
		"feature": {
			tool.CloseJob, alice, `{}`, &opentrain.Error{Code: opentrain.CodeForbidden, Status: 403, Message: "No", Details: []byte(`{"featureKey":"f"}`)},
			tool.Fix, []string{"The feature f is not enabled for this account. Nothing was changed."},
		},
		"scope": {
			tool.CloseJob, alice, `{}`, &opentrain.Error{Code: opentrain.CodeForbidden, Status: 403, Details: []byte(`{"requiredScopes":["jobs:write"]}`)},
			tool.Fix, []string{"The API token lacks the jobs:write scope; it has none. Nothing was changed.", "under Settings → API keys"},
		},
		"known reason with a job": {
			tool.InviteTrainer, alice, `{"jobId":"j"}`,
			&opentrain.Error{Code: opentrain.CodeConflict, Status: 409, Details: []byte(`{"reason":"job_not_published"}`)},
			tool.Fix, []string{"AI trainers can be invited only to a live job.", "By: human", `Call: opentrain_publish {"jobId":"j"}`},
		},
		"an invitation whose email failed may be there": {
			tool.InviteTeamMember, alice, `{}`, &opentrain.Error{Code: opentrain.CodeConflict, Status: 409, Details: []byte(`{"reason":"invite_email_send_failed"}`)},
			tool.CallTool, []string{"OpenTrain couldn't send the invitation's email. It is lost.", "Call: opentrain_get_team {}"},
		},
		"unknown reason": {
			tool.CloseJob, alice, `{}`,
			&opentrain.Error{Code: opentrain.CodeBadRequest, Status: 400, Details: []byte(`{"reason":"new_reason","billingUrl":"https://b"}`)},
			tool.Fix, []string{"OpenTrain's reason: new_reason.", "Open: https://b"},
		},
		"patch of a published job": {
			tool.PatchDraft, alice, `{"jobId":"j","fields":{"a":1}}`,
			&opentrain.Error{Code: opentrain.CodeConflict, Status: 409, Details: []byte(`{"status":"OPEN","requiredStatus":"DRAFT"}`)},
			tool.CallTool, []string{"The job is live. opentrain_patch_draft works only on drafts. Nothing was changed.", `Call: opentrain_update_job {"fields":{"a":1},"jobId":"j"}`},
		},
		"long fields are not repeated": {
			tool.UpdateJob, alice, `{"jobId":"j","fields":{"a":"` + strings.Repeat("x", 500) + `"}}`,
			&opentrain.Error{Code: opentrain.CodeConflict, Status: 409, Details: []byte(`{"status":"DRAFT"}`)},
			tool.CallTool, []string{"Note: Send the same fields again.", `Call: opentrain_patch_draft {"jobId":"j"}`},
		},
		"a reason keeps the job of a call with long fields": {
			tool.UpdateJob, alice, `{"jobId":"j","fields":{"a":"` + strings.Repeat("x", 500) + `"}}`,
			&opentrain.Error{Code: opentrain.CodeBadRequest, Status: 400, Details: []byte(`{"reason":"moderation_blocked"}`)},
			tool.Fix, []string{`Call: opentrain_patch_draft {"jobId":"j"}`},
		},
		"an invalid argument besides jobs": {
			tool.RevokeToken, alice, `{"tokenId":"."}`, &opentrain.Error{Code: opentrain.CodeInvalidArgument, Message: "bad id"},
			tool.Fix, []string{"- bad id.\n\nNext: fix"},
		},
		"issues": {
			tool.PatchDraft, alice, `{}`,
			&opentrain.Error{Code: opentrain.CodeBadRequest, Status: 400, Details: []byte(`{"formErrors":["all"],"fieldErrors":{"b":["two"],"a":["one","more"]}}`)},
			tool.Fix, []string{"- all\n- a: one more\n- b: two\n"},
		},
		"types": {
			tool.PatchDraft, alice, `{}`,
			&opentrain.Error{Code: opentrain.CodeBadRequest, Status: 400, Details: []byte(`{"issues":[` +
				`{"path":["nda"],"expected":"boolean","received":"string","message":"Expected boolean, received string"},` +
				`{"path":["budget"],"expected":"string","message":"Invalid input: expected string, received number"},` +
				`{"path":["new"],"expected":"date","received":"string","message":"Expected date, received string"},` +
				`{"path":["must"],"expected":"string","received":"undefined","message":"Required"}]}`)},
			tool.Fix, []string{"- nda must be a boolean; send true or false\n- budget must be a text; send it in quotation marks\n" +
				"- new: Expected date, received string\n- must: Required\n"},
		},
		"a cursor": {
			tool.ListJobs, alice, `{"cursor":"x"}`, &opentrain.Error{Code: opentrain.CodeBadRequest, Status: 400, Message: "Bad cursor"},
			tool.Fix, []string{"Bad cursor. Nothing was changed.\nPass nextCursor unchanged, or no cursor for the first page.\n"},
		},
		"a cursor of the feed": {
			tool.PollUpdates, alice, `{"cursor":"x"}`, &opentrain.Error{Code: opentrain.CodeBadRequest, Status: 400, Message: "cursor must be a number"},
			tool.Fix, []string{"\nPass nextCursor unchanged, or newest: true without a cursor.\n"},
		},
		"a cursor, as OpenTrain says": {
			tool.ListJobs, alice, `{"cursor":"x"}`, &opentrain.Error{Code: opentrain.CodeBadRequest, Status: 400, Message: "Bad cursor: pass nextCursor"},
			tool.Fix, []string{"\nPass no cursor for the first page.\n"},
		},
		"daily limit": {
			tool.Publish, alice, `{}`, &opentrain.Error{Code: opentrain.CodeRateLimited, Status: 429, Details: []byte(`{"limit":3,"windowHours":24}`)},
			tool.Wait, []string{"3 published jobs in 24 hours", "Wait: at most 86400 seconds"},
		},
		"too many requests": {
			tool.Publish, alice, `{}`, &opentrain.Error{Code: opentrain.CodeRateLimited, Status: 429, RetryAfter: 1500 * time.Millisecond},
			tool.Wait, []string{"Nothing was changed.", "Wait: 2 seconds"},
		},
		"not found without a token": {
			tool.GetJob, tool.Call{}, `{}`, &opentrain.Error{Code: opentrain.CodeNotFound, Status: 404}, tool.CallTool, []string{"Call: opentrain_search_jobs {}"},
		},
		"not found": {
			tool.CloseJob, alice, `{}`, &opentrain.Error{Code: opentrain.CodeNotFound, Status: 404}, tool.CallTool, []string{"Call: opentrain_list_jobs {}"},
		},
		"lost write": {
			tool.CloseJob, alice, `{}`, &opentrain.Error{Code: opentrain.CodeNetwork, Message: "reset"}, tool.Wait, []string{"failed: reset.", "It is lost."},
		},
		"write that was not sent": {
			tool.CloseJob, alice, `{}`, &opentrain.Error{Code: opentrain.CodeNetwork, NotSent: true}, tool.Wait, []string{"Nothing was changed."},
		},
	} {
		failure := tool.Runner{Address: tool.Address{Host: "x.example"}}.Explain(named(test.tool, tool.KindUpdate), test.call, json.RawMessage(test.args), fmt.Errorf("wrapped: %w", test.err))
		if failure.Next == nil || failure.Next.Action != test.action || failure.Code != test.err.Code {
			t.Errorf("%s: %+v", name, failure)
		}
		for _, want := range test.text {
			if got := failure.Text(); !strings.Contains(got, want) {
				t.Errorf("%s: %q is not in\n%s", name, want, got)
			}
		}
	}
}

// TestUnreachable: what waiting doesn't cure goes to the human, with the host and the setting that names it.
func TestUnreachable(t *testing.T) {
	const host, set = "Address: x.example (the default).", "Address: x.example (from --base-url)."
	for _, test := range []struct {
		fault     opentrain.Fault
		from      string
		action    tool.Action
		wait      int
		want      []string
		notWanted string
	}{
		{opentrain.FaultHost, "--base-url", tool.Fix, 0, []string{set, "If the address is wrong, correct it", "network connection"}, "Wait"},
		{opentrain.FaultHost, "", tool.Fix, 0, []string{host, "network connection"}, "Correct"},
		{opentrain.FaultRefused, "--base-url", tool.Fix, 0, []string{set, "If the address is wrong, correct it", "start the API there"}, "Wait"},
		{opentrain.FaultRefused, "", tool.Wait, 5, []string{host}, "Correct"},
		{opentrain.FaultTLS, "--base-url", tool.Fix, 0, []string{set, "If the address is wrong, correct it", "--ca-file"}, "Wait"},
		{opentrain.FaultTLS, "", tool.Fix, 0, []string{host, "--ca-file"}, "Correct"},
		{opentrain.FaultProxy, "--base-url", tool.Fix, 0, []string{"HTTPS_PROXY"}, "Correct"},
		{"", "--base-url", tool.Wait, 5, []string{set}, "Correct"},
	} {
		err := &opentrain.Error{Code: opentrain.CodeNetwork, Fault: test.fault, NotSent: true, Message: "there is no connection"}
		runner := tool.Runner{Address: tool.Address{Host: "x.example", From: test.from}}
		failure := runner.Explain(named(tool.CloseJob, tool.KindClose), tool.Call{}, nil, err)
		words, next := failure.Text(), failure.Next
		if next.Action != test.action || next.RetryAfterSeconds != test.wait || failure.Retryable != (test.wait > 0) || strings.Contains(words, test.notWanted) {
			t.Errorf("%s, %q: %+v\n%s", test.fault, test.from, next, words)
		}
		for _, want := range append(test.want, "there is no connection. Nothing was changed.") {
			if !strings.Contains(words, want) {
				t.Errorf("%s, %q: %q is not in\n%s", test.fault, test.from, want, words)
			}
		}
		if next.Action == tool.Fix && (next.By != "human" || !strings.Contains(next.Problem, "x.example")) {
			t.Errorf("%s, %q: %+v", test.fault, test.from, next)
		}
	}
}

// TestDetailsAreCleaned: every text of the API's details, its keys too, however deep; too much of it is left out.
func TestDetailsAreCleaned(t *testing.T) {
	for given, want := range map[string]string{
		"":     "null",
		`null`: "null",
		`{"a":9007199254740993,"b":[true,null,1.50],"c":"x"}`:                  `{"a":9007199254740993,"b":[true,null,1.50],"c":"x"}`,
		`{"k\u200bey":["v\u202eal",{"\u200b":"t\u001b[31m"}]}`:                 `{"key":["val",{"":"t [31m"}]}`,
		`{"a":"` + strings.Repeat("x", 500) + `"}`:                             `{"a":"` + strings.Repeat("x", 400) + `…"}`,
		`[` + strings.Repeat(`0,`, 60) + `0]`:                                  `[` + strings.Repeat(`0,`, 49) + `0]`,
		`{"n":1` + strings.Repeat("0", 70) + `}`:                               `{"n":"1` + strings.Repeat("0", 59) + `…"}`,
		strings.Repeat(`[`, 30) + strings.Repeat(`]`, 30):                      `[[[[[[[[null]]]]]]]]`,
		`{"a":["` + strings.Repeat(strings.Repeat("y", 300)+`","`, 20) + `"]}`: "null",
		`{"broken`: "null",
	} {
		err := &opentrain.Error{Code: opentrain.CodeBadRequest, Status: 400, Details: json.RawMessage(given)}
		got, errJSON := json.Marshal(tool.Runner{}.Explain(named(tool.CloseJob, tool.KindClose), tool.Call{}, nil, err).Details)
		if errJSON != nil || string(got) != want {
			t.Errorf("%.60s: %s (%v), want %s", given, got, errJSON, want)
		}
	}
}

// TestFailureTextLimit: the lines are cut, the request id and the next step stay. Issues and their values stay whole.
func TestFailureTextLimit(t *testing.T) {
	long, options := strings.Repeat("x", 400), `"`+strings.Repeat(`VALUE","`, 300)+`LAST"`
	for details, end := range map[string]string{
		`{"reasons":["` + strings.Repeat(long+`","`, 30) + `"],"reason":"r"}`:                                                                         "…",
		`{"issues":[` + strings.Repeat(`{"message":"`+long+`"},`, 30) + `{"message":"last"}]}`:                                                        "\n- and 26 more",
		`{"issues":[{"path":"a.0","options":[` + options + `],"received":"b"},{"path":"c","message":"is wrong"}]}`:                                    " more values\n- c is wrong",
		`{"issues":[{"path":"a","options":["A_B","C"],"received":"b"},{"path":"d","options":["A_B","C"]}]}`:                                           "\n- a: \"b\" is not one of: A_B, C\n- d has a value that is not allowed",
		`{"issues":[{"path":"a","options":["A_B","C"],"message":"Invalid option: A_B"},{"path":"b","options":["D"],"message":"Invalid enum value"}]}`: "\n- a has a value that is not allowed: A_B, C\n- b: Invalid enum value: D",
		`{"issues":[{"message":"Unrecognized keys","keys":["kk","ll"]}]}`:                                                                             "\n- Unrecognized keys (kk, ll)",
	} {
		err := &opentrain.Error{Code: opentrain.CodeBadRequest, Status: 400, RequestID: "r", Message: strings.Repeat("m", 5000), Details: []byte(details)}
		text := tool.Runner{}.Explain(named(tool.CloseJob, tool.KindClose), tool.Call{}, nil, err).Text()
		if n := utf8.RuneCountInString(text); n > 2000 || !strings.Contains(text, end+"\nRequest id: r\n\nNext: fix") {
			t.Errorf("%d characters:\n%s", n, text)
		}
	}
}

// TestBugs: an unknown error says nothing about its cause. After a write, the step shows what the call was about.
func TestBugs(t *testing.T) {
	checked := named(tool.SendMessage, tool.KindUpdate)
	checked.Check = tool.Next{Action: tool.CallTool, Tool: tool.ReadMessages, Arguments: map[string]any{"conversationId": nil}}
	for name, test := range map[string]struct {
		tool tool.Tool
		args string
		want string
	}{
		"a read":                    {named(tool.ListJobs, tool.KindRead), `{}`, "The server's log has the cause.\n\nNext: fix\nBy: human"},
		"a write to a job":          {named(tool.CloseJob, tool.KindClose), `{"jobId":"j"}`, "Call: opentrain_list_jobs {}"},
		"a write without a job":     {named(tool.ClaimAccount, tool.KindClaim), `{}`, "It's unclear whether anything was changed.\n\nNext: fix\nBy: human"},
		"a write to a contract":     {named(tool.EndContract, tool.KindEnd), `{"contractId":"c"}`, `Call: opentrain_get_contract {"contractId":"c"}`},
		"a write that has a check":  {checked, `{"conversationId":"v"}`, `Call: opentrain_read_messages {"conversationId":"v"}`},
		"arguments that aren't any": {named(tool.CloseJob, tool.KindClose), ``, "Next: fix\nBy: human"},
	} {
		failure := tool.Runner{}.Explain(test.tool, tool.Call{}, json.RawMessage(test.args), errors.New("secret"))
		if got := failure.Text(); !strings.Contains(got, test.want) || strings.Contains(got, "secret") {
			t.Errorf("%s: %q is not in\n%s", name, test.want, got)
		}
	}
}

// TestFormOver leads back to the draft.
func TestFormOver(t *testing.T) {
	for name, want := range map[string]string{
		tool.CreateDraft: `Call: opentrain_list_jobs {"status":"DRAFT"}`,
		tool.PatchDraft:  `Call: opentrain_patch_draft {"askHuman":false,"jobId":"j"}`,
	} {
		failure := tool.Runner{}.Explain(named(name, tool.KindUpdate), tool.Call{}, json.RawMessage(`{"jobId":"j"}`), tool.ErrFormOver)
		if !strings.Contains(failure.Text(), want) || !errors.Is(failure, tool.ErrFormOver) {
			t.Errorf("%s: %s", name, failure.Text())
		}
	}
}

// TestWritesHaveAnEffect: without one, the audit would not know what a write did.
func TestWritesHaveAnEffect(t *testing.T) {
	made := func(kind tool.Kind) (problem any) {
		defer func() { problem = recover() }()
		tool.New(tool.Spec{Name: "x", Kind: kind}, func(context.Context, tool.Call, struct{}) (silent, *tool.Ask, error) {
			return silent{}, nil, nil
		})
		return nil
	}
	if problem := made(tool.KindRead); problem != nil {
		t.Errorf("a read: %v", problem)
	}
	for _, kind := range []tool.Kind{tool.KindCreate, tool.KindUpdate, tool.KindPublish, tool.KindClose} {
		if made(kind) == nil {
			t.Errorf("%s without an effect is accepted", kind)
		}
	}
}

// silent is an output without an effect.
type silent struct{}

func (silent) Text() string { return "" }
