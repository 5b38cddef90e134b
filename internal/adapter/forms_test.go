package adapter_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"opentrain-mcp/internal/adapter"
	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/tool"
)

const lifetime = 10 * time.Minute

// asks is a tool's function that asks for a name, when it can, and says what came.
func asks(_ context.Context, call tool.Call, _ input) (output, *tool.Ask, error) {
	switch {
	case call.BadState:
		return output{Said: "bad state"}, nil, nil
	case call.State == nil && call.CanAsk:
		return output{}, &tool.Ask{
			Message: "Who?", Fields: []tool.Field{{Name: "name", Type: "string", Label: "Name", Prompt: "Your name?"}},
			State: json.RawMessage(`{"round":2}`), Lifetime: lifetime, Done: tool.Effect{JobID: "job_1", Outcome: "DRAFT"},
		}, nil
	case call.State == nil:
		return output{Said: "no forms"}, nil, nil
	case call.Form == tool.FormAnswered:
		return output{Said: string(call.Answers["name"]) + string(call.State)}, nil, nil
	case call.Answers != nil:
		return output{Said: "answers to no form"}, nil, nil
	case call.Form == tool.FormDeclined:
		return output{Said: "declined " + string(call.State)}, nil, nil
	case call.Form == tool.FormUnanswered:
		return output{Said: "no answer " + string(call.State)}, nil, nil
	}
	return output{Said: "no form"}, nil, nil
}

func accept(context.Context, mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
	return answered("accept"), nil
}

func answered(action mcp.ElicitationResponseAction) *mcp.ElicitationResult {
	return &mcp.ElicitationResult{ElicitationResponse: mcp.ElicitationResponse{Action: action, Content: map[string]any{"name": "Ada"}}}
}

func askingServer(t *testing.T, change func(*adapter.Config)) *adapter.Server {
	t.Helper()
	return newServer(t, tool.Set{Tools: []tool.Tool{newTool(tool.KindUpdate, asks)}}, change)
}

// anyForm is the capability of the first protocols with forms.
func anyForm() map[string]any { return map[string]any{} }

// TestDelivery: which client gets its form how.
func TestDelivery(t *testing.T) {
	url := map[string]any{"url": map[string]any{}}
	both := map[string]any{"url": map[string]any{}, "form": map[string]any{}}
	const none, result, request = "no forms", "", `"Ada"{"round":2}`
	for _, test := range []struct {
		transport   caller.Transport
		version     string
		elicitation map[string]any
		off         bool
		want        string
	}{
		{caller.Stdio, current, anyForm(), false, result},
		{caller.Stdio, previous, anyForm(), false, request},
		{caller.Stdio, older, anyForm(), false, request},
		{caller.StreamableSession, current, anyForm(), false, result},
		{caller.StreamableSession, previous, anyForm(), false, request},
		{caller.StreamableHTTP, current, anyForm(), false, result},
		{caller.StreamableHTTP, previous, anyForm(), false, none},
		{caller.SSE, previous, anyForm(), false, none},
		{caller.SSE, current, anyForm(), false, none},
		{caller.Unknown, current, anyForm(), false, none},
		{caller.Unknown, previous, anyForm(), false, none},

		{caller.Stdio, current, nil, false, none},
		{caller.Stdio, current, url, false, none},
		{caller.Stdio, current, both, false, result},
		{caller.Stdio, previous, nil, false, none},
		{caller.Stdio, previous, url, false, none},
		{caller.Stdio, previous, both, false, request},

		{caller.Stdio, current, anyForm(), true, none},
		{caller.Stdio, previous, anyForm(), true, none},
	} {
		h := newHost(t, askingServer(t, func(cfg *adapter.Config) { cfg.FormsOff = test.off }), test.version, test.elicitation)
		h.request.Transport, h.answer = test.transport, accept
		got := h.call(tool.KindUpdate, `{}`, nil)
		if got.text() != test.want || (got.ResultType == "input_required") != (test.want == result) {
			t.Errorf("%+v: got %+v", test, got)
		}
	}
}

// TestFormSchema: each protocol version gets a form that it knows.
func TestFormSchema(t *testing.T) {
	ask := &tool.Ask{Message: "The draft needs a few things.", Lifetime: lifetime, Fields: []tool.Field{
		{Name: "level", Type: "enum", Label: "Level", Prompt: "Which level?", Required: true, Default: json.RawMessage(`"A"`),
			Choices: []tool.Choice{{Value: "A", Title: "Alpha"}, {Value: "B", Title: "Beta"}}},
		{Name: "pay", Type: "number", Label: "Pay", Prompt: "How much?", Default: json.RawMessage(`18`)},
		{Name: "sure", Type: "boolean", Label: "Sure", Prompt: "Sure?", Default: json.RawMessage(`true`)},
		{Name: "kinds", Type: "array", Label: "Kinds", Prompt: "Which kinds?", Choices: []tool.Choice{{Value: "X", Title: "Ex"}}},
	}}
	f := func(_ context.Context, call tool.Call, _ input) (output, *tool.Ask, error) {
		if call.Answers != nil {
			return output{}, nil, nil
		}
		shown := *ask
		if !call.CanAskLists {
			shown.Fields = shown.Fields[:3]
		}
		return output{}, &shown, nil
	}
	const titled = `{"mode":"form","message":"The draft needs a few things.","requestedSchema":{"properties":{` +
		`"level":{"oneOf":[{"const":"A","title":"Alpha"},{"const":"B","title":"Beta"}],` +
		`"type":"string","title":"Level","description":"Which level?","default":"A"},` +
		`"pay":{"type":"number","title":"Pay","description":"How much?","default":18},` +
		`"sure":{"type":"boolean","title":"Sure","description":"Sure?","default":true},` +
		`"kinds":{"items":{"anyOf":[{"const":"X","title":"Ex"}]},"type":"array","title":"Kinds","description":"Which kinds?"}},` +
		`"type":"object","required":["level"]}}`
	for version, want := range map[string]string{
		current: titled, previous: titled,
		older: `{"message":"The draft needs a few things.","requestedSchema":{"properties":{` +
			`"level":{"type":"string","enum":["A","B"],"title":"Level",` +
			`"description":"Which level? Guess: A.","enumNames":["Alpha","Beta"]},` +
			`"pay":{"type":"number","title":"Pay","description":"How much? Guess: 18."},` +
			`"sure":{"type":"boolean","title":"Sure","description":"Sure?","default":true}},` +
			`"type":"object","required":["level"]}}`,
	} {
		h := newHost(t, newServer(t, tool.Set{Tools: []tool.Tool{newTool(tool.KindUpdate, f)}}, nil), version, anyForm())
		h.answer = accept
		got := h.call(tool.KindUpdate, `{}`, nil)
		shown := h.shown
		if version == current {
			shown = got.InputRequests["form"].Params
		}
		if string(shown) != want {
			t.Errorf("%s:\n got %s\nwant %s", version, shown, want)
		}
	}
}

// TestAnswersInResult: a client of 2026-07-28 calls again with the state and the
// answers, which count only for the same call of the same caller, in time.
func TestAnswersInResult(t *testing.T) {
	const arguments = `{"jobId":"job_1","fields":{"a":"x","b":1}}`
	responses := func(action string) map[string]any {
		return map[string]any{"form": map[string]any{"action": action, "content": map[string]any{"name": "Ada"}}}
	}
	for _, test := range []struct {
		name, arguments string
		token           string
		responses       map[string]any
		state           func(string) string
		after           time.Duration
		want            string
		pausing         bool
	}{
		{name: "accepted", want: `"Ada"{"round":2}`},
		{name: "in another order", arguments: `{ "fields": {"b":1, "a":"x"}, "jobId":"job_1" }`, want: `"Ada"{"round":2}`},
		{name: "at the last moment", after: lifetime, want: `"Ada"{"round":2}`},
		{name: "declined", after: time.Second, responses: responses("decline"), want: `declined {"round":2}`},
		{name: "declined unseen", after: time.Second - 1, responses: responses("decline"), want: `no answer {"round":2}`, pausing: true},
		{name: "an odd action", after: time.Second, responses: responses("maybe"), want: `no answer {"round":2}`},
		{name: "canceled", responses: responses("cancel"), want: `no answer {"round":2}`},
		{name: "no answers", responses: map[string]any{}, want: `no answer {"round":2}`},
		{name: "of another form", responses: map[string]any{"x": map[string]any{"action": "accept"}}, want: `no answer {"round":2}`},
		{name: "too late", after: lifetime + time.Second, want: "bad state"},
		{name: "other arguments", arguments: `{"jobId":"job_2"}`, want: "bad state"},
		{name: "another caller", token: "ot_pat_y", want: "bad state"},
		{name: "a changed state", state: func(s string) string { return "A" + s[1:] + "B" }, want: "bad state"},
		{name: "no state", state: func(string) string { return "" }, want: "bad state"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHost(t, askingServer(t, nil), current, anyForm())
				h.request = caller.Request{Transport: caller.StreamableHTTP, ID: "r1", Token: caller.Token{Value: "ot_pat_x"}}
				state := h.call(tool.KindUpdate, arguments, nil).RequestState
				if state == "" || strings.Contains(state, "round") {
					t.Fatalf("the state is %q", state)
				}
				time.Sleep(test.after) //nolint:forbidigo // of the bubble
				if test.state != nil {
					state = test.state(state)
				}
				if test.token != "" {
					h.request.Token.Value = test.token
				}
				if test.arguments == "" {
					test.arguments = arguments
				}
				if test.responses == nil {
					test.responses = responses("accept")
				}
				got := h.call(tool.KindUpdate, test.arguments, map[string]any{"requestState": state, "inputResponses": test.responses})
				if got.text() != test.want {
					t.Errorf("got %q", got.text())
				}
				checkPause(t, h, test.pausing)
			})
		})
	}
}

// TestCallsThatAskAreAudited: what a call did before it asked is audited.
func TestCallsThatAskAreAudited(t *testing.T) {
	for version, want := range map[string]int{current: 1, previous: 1} {
		var audit logs
		s := askingServer(t, func(cfg *adapter.Config) { cfg.Logger = audit.at(slog.LevelError) })
		h := newHost(t, s, version, anyForm())
		h.answer = accept
		h.call(tool.KindUpdate, `{}`, nil)
		if n := strings.Count(audit.String(), "job=job_1 outcome=DRAFT"); n != want {
			t.Errorf("%s: %d lines in %s", version, n, audit.String())
		}
	}
}

// TestCallsDoNotWaitForAnOpenForm: while a caller has a form, further calls don't wait for it.
func TestCallsDoNotWaitForAnOpenForm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, askingServer(t, nil), previous, anyForm())
		h.request = caller.Request{Transport: caller.StreamableSession, Token: caller.Token{Value: "ot_pat_x"}}
		var others []string
		h.answer = func(context.Context, mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
			others = append(others, h.call(tool.KindUpdate, `{}`, nil).text()) //nolint:contextcheck // another call's
			return answered("accept"), nil
		}
		got := h.call(tool.KindUpdate, `{}`, nil).text()
		if want := `"Ada"{"round":2}`; got != want || !slices.Equal(others, []string{"no forms"}) {
			t.Errorf("got %q, others %q", got, others)
		}
		if got := h.call(tool.KindUpdate, `{}`, nil).text(); len(others) != 2 {
			t.Errorf("no form after the first one: %q", got)
		}
	})
}

// TestEndlessAsking: a tool that keeps asking, or asks nothing, doesn't hold up the call.
func TestEndlessAsking(t *testing.T) {
	for name, fields := range map[string][]tool.Field{"a field": {{Name: "name", Type: "string"}}, "nothing": nil} {
		rounds, forms := 0, 0
		f := func(context.Context, tool.Call, input) (output, *tool.Ask, error) {
			rounds++
			return output{}, &tool.Ask{Message: "Who?", Fields: fields}, nil
		}
		h := newHost(t, newServer(t, tool.Set{Tools: []tool.Tool{newTool(tool.KindUpdate, f)}}, nil), previous, anyForm())
		h.answer = func(context.Context, mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
			forms++
			return answered("accept"), nil
		}
		if got := h.call(tool.KindUpdate, `{}`, nil); !got.IsError || rounds != 6 || forms != 6*len(fields) {
			t.Errorf("%s: %d rounds, %d forms, got %+v", name, rounds, forms, got)
		}
	}
}

// TestProgressNotifications: a client that asked hears the tool's steps, and every 15 seconds that a
// form waits.
func TestProgressNotifications(t *testing.T) {
	f := func(ctx context.Context, call tool.Call, in input) (output, *tool.Ask, error) {
		call.Step("Working")
		return asks(ctx, call, in)
	}
	const waiting = "Waiting for the human's answer"
	token := map[string]any{"_meta": map[string]any{"progressToken": "p"}}
	for _, test := range []struct {
		name      string
		transport caller.Transport
		version   string
		more      map[string]any
		want      []string
	}{
		{"stdio", caller.Stdio, previous, token, []string{"Working", waiting, waiting, waiting, "Working"}},
		{"a session", caller.StreamableSession, previous, token, []string{"Working", waiting, waiting, waiting, "Working"}},
		{"SSE", caller.SSE, previous, token, []string{"Working"}},
		{"no session", caller.StreamableHTTP, previous, token, []string{"Working"}},
		{"no session, 2026-07-28", caller.StreamableHTTP, current, token, []string{"Working"}},
		{"not asked for", caller.Stdio, previous, nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHost(t, newServer(t, tool.Set{Tools: []tool.Tool{newTool(tool.KindUpdate, f)}}, nil), test.version, anyForm())
				h.request = caller.Request{Transport: test.transport, Token: caller.Token{Value: "ot_pat_x"}}
				h.answer = func(ctx context.Context, p mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
					time.Sleep(40 * time.Second) //nolint:forbidigo // of the bubble
					return accept(ctx, p)
				}
				h.call(tool.KindUpdate, `{}`, test.more)
				close(h.notifications)
				var steps []string
				for n := range h.notifications {
					step, _ := n.Params.AdditionalFields["message"].(string)
					steps = append(steps, step)
					if n.Params.AdditionalFields["progress"] != float64(len(steps)) || n.Params.AdditionalFields["progressToken"] != "p" {
						t.Errorf("got %+v", n.Params.AdditionalFields)
					}
				}
				if !slices.Equal(steps, test.want) {
					t.Errorf("got %q", steps)
				}
			})
		})
	}
}
