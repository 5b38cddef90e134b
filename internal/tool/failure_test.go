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
	return tool.New(tool.Spec{Name: name, Kind: kind, OutcomeUnknown: "It is lost."}, func(context.Context, tool.Call, struct{}) (list, *tool.Ask, error) {
		return list{}, nil, nil
	})
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
			tool.CloseJob, alice, `{}`, &opentrain.Error{Code: opentrain.CodeConflict, Status: 409, Message: "No"},
			tool.CallTool, []string{"OpenTrain refused opentrain_close_job: No. It is not known whether anything was changed."},
		},
		"a conflict of the status": {
			tool.CloseJob, alice, `{}`, &opentrain.Error{Code: opentrain.CodeConflict, Status: 409, Message: "No", Details: []byte(`{"status":"CLOSED"}`)},
			tool.CallTool, []string{"OpenTrain refused opentrain_close_job: No. Nothing was changed."},
		},
		"a page of a proxy": {
			tool.CloseJob, alice, `{}`, &opentrain.Error{Code: opentrain.CodeBadResponse, Status: 404, Message: "A page"},
			tool.Fix, []string{"opentrain_close_job failed: A page.\nIt is lost."},
		},
		"feature": {
			tool.CloseJob, alice, `{}`, &opentrain.Error{Code: opentrain.CodeForbidden, Status: 403, Message: "No", Details: []byte(`{"featureKey":"f"}`)},
			tool.Fix, []string{"OpenTrain refused opentrain_close_job: No. Nothing was changed.", "The feature f is not enabled"},
		},
		"scope": {
			tool.CloseJob, alice, `{}`, &opentrain.Error{Code: opentrain.CodeForbidden, Status: 403, Details: []byte(`{"requiredScopes":["jobs:write"]}`)},
			tool.Fix, []string{"The token lacks the scope jobs:write; it has none."},
		},
		"known reason with a job": {
			tool.InviteTrainer, alice, `{"jobId":"j"}`,
			&opentrain.Error{Code: opentrain.CodeConflict, Status: 409, Details: []byte(`{"reason":"job_not_published"}`)},
			tool.Fix, []string{"People can be invited only to a published job.", "By: human", `Call: opentrain_publish {"jobId":"j"}`},
		},
		"reason that the agent can solve": {
			tool.InviteTrainer, alice, `{}`, &opentrain.Error{Code: opentrain.CodeConflict, Status: 409, Details: []byte(`{"reason":"invite_email_send_failed"}`)},
			tool.Fix, []string{"By: agent"},
		},
		"unknown reason": {
			tool.CloseJob, alice, `{}`,
			&opentrain.Error{Code: opentrain.CodeBadRequest, Status: 400, Details: []byte(`{"reason":"new_reason","billingUrl":"https://b"}`)},
			tool.Fix, []string{"The reason that OpenTrain gives: new_reason.", "Page: https://b"},
		},
		"patch of a published job": {
			tool.PatchDraft, alice, `{"jobId":"j","fields":{"a":1}}`,
			&opentrain.Error{Code: opentrain.CodeConflict, Status: 409, Details: []byte(`{"status":"OPEN","requiredStatus":"DRAFT"}`)},
			tool.ConfirmWithHuman, []string{"The job is OPEN; this needs DRAFT.", `Call: opentrain_update_job {"fields":{"a":1},"jobId":"j"}`},
		},
		"long fields are not repeated": {
			tool.UpdateJob, alice, `{"jobId":"j","fields":{"a":"` + strings.Repeat("x", 500) + `"}}`,
			&opentrain.Error{Code: opentrain.CodeConflict, Status: 409, Details: []byte(`{"status":"DRAFT"}`)},
			tool.CallTool, []string{"Note: Send the same fields again.", `Call: opentrain_patch_draft {"jobId":"j"}`},
		},
		"issues": {
			tool.PatchDraft, alice, `{}`,
			&opentrain.Error{Code: opentrain.CodeBadRequest, Status: 400, Details: []byte(`{"formErrors":["all"],"fieldErrors":{"b":["two"],"a":["one","more"]}}`)},
			tool.Fix, []string{"- all\n- a: one more\n- b: two\n"},
		},
		"daily limit": {
			tool.Publish, alice, `{}`, &opentrain.Error{Code: opentrain.CodeRateLimited, Status: 429, Details: []byte(`{"limit":3,"windowHours":24}`)},
			tool.Wait, []string{"3 published jobs in 24 hours", "Wait: at most 86400 seconds"},
		},
		"too many requests": {
			tool.Publish, alice, `{}`, &opentrain.Error{Code: opentrain.CodeRateLimited, Status: 429, RetryAfter: 1500 * time.Millisecond},
			tool.Wait, []string{"Call again in 2 seconds.", "Wait: 2 seconds"},
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
			tool.CloseJob, alice, `{}`, &opentrain.Error{Code: opentrain.CodeNetwork, NotSent: true}, tool.Wait, []string{"did not reach OpenTrain"},
		},
	} {
		failure := tool.Runner{}.Explain(named(test.tool, tool.KindUpdate), test.call, json.RawMessage(test.args), fmt.Errorf("wrapped: %w", test.err))
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

// TestFailureTextLimit: the lines are cut, the request id and the next step stay. Issues and their values stay whole.
func TestFailureTextLimit(t *testing.T) {
	long, options := strings.Repeat("x", 400), `"`+strings.Repeat(`VALUE","`, 300)+`LAST"`
	for details, end := range map[string]string{
		`{"reasons":["` + strings.Repeat(long+`","`, 30) + `"],"reason":"r"}`:                                                                         "…",
		`{"issues":[` + strings.Repeat(`{"message":"`+long+`"},`, 30) + `{"message":"last"}]}`:                                                        "\n- and 26 more",
		`{"issues":[{"path":"a.0","options":[` + options + `],"received":"b"},{"path":"c","message":"is wrong"}]}`:                                    " more values\n- c: is wrong",
		`{"issues":[{"path":"a","options":["A_B","C"],"received":"b"},{"path":"d","options":["A_B","C"]}]}`:                                           "\n- a: \"b\" is not one of: A_B, C\n- d: has a value that is not allowed",
		`{"issues":[{"path":"a","options":["A_B","C"],"message":"Invalid option: A_B"},{"path":"b","options":["D"],"message":"Invalid enum value"}]}`: "\n- a: has a value that is not allowed: A_B, C\n- b: Invalid enum value: D",
		`{"issues":[{"message":"Unrecognized keys","keys":["kk","ll"]}]}`:                                                                             "\n- Unrecognized keys (kk, ll)",
	} {
		err := &opentrain.Error{Code: opentrain.CodeBadRequest, Status: 400, RequestID: "r", Message: strings.Repeat("m", 5000), Details: []byte(details)}
		text := tool.Runner{}.Explain(named(tool.CloseJob, tool.KindClose), tool.Call{}, nil, err).Text()
		if n := utf8.RuneCountInString(text); n > 2000 || !strings.Contains(text, end+"\nRequest id: r\n\nNext: fix\n") {
			t.Errorf("%d characters:\n%s", n, text)
		}
	}
}

// TestBugs: an unknown error says nothing about its cause.
func TestBugs(t *testing.T) {
	for kind, unknown := range map[tool.Kind]bool{tool.KindRead: false, tool.KindUpdate: true} {
		text := tool.Runner{}.Explain(named("t", kind), tool.Call{}, nil, errors.New("secret")).Text()
		if strings.Contains(text, "secret") || strings.Contains(text, "It is not known whether anything was changed") != unknown {
			t.Errorf("%s: %s", kind, text)
		}
	}
}

// TestFormOver leads back to the draft.
func TestFormOver(t *testing.T) {
	for name, want := range map[string]string{
		tool.CreateDraft: `Call: opentrain_list_jobs {"status":"DRAFT"}`,
		tool.PatchDraft:  `Call: opentrain_patch_draft {"jobId":"j"}`,
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
