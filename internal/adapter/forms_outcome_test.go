package adapter_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"opentrain-mcp/internal/adapter"
	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/tool"
)

// TestElicit: whatever becomes of a form, the call goes on. Where no human can see forms, the caller gets none for an
// hour, and one line of the log says so.
func TestElicit(t *testing.T) {
	type answer = func(context.Context, mcp.ElicitationParams) (*mcp.ElicitationResult, error)
	hang := func(ctx context.Context, _ mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	after := func(delay time.Duration, action mcp.ElicitationResponseAction) answer {
		return func(context.Context, mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
			time.Sleep(delay) //nolint:forbidigo // of the bubble
			return answered(action), nil
		}
	}
	fails := func(delay time.Duration) answer {
		return func(context.Context, mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
			time.Sleep(delay) //nolint:forbidigo // of the bubble
			return nil, errors.New("not supported")
		}
	}
	const unanswered = `no answer {"round":2}`
	for _, test := range []struct {
		name    string
		answer  answer
		cancel  time.Duration // by the client
		stop    bool          // the server, after a second
		want    string
		takes   time.Duration
		pausing string // the reason in the log
	}{
		{name: "accepted", answer: accept, want: `"Ada"{"round":2}`},
		{name: "declined", answer: after(time.Second, "decline"), want: `declined {"round":2}`, takes: time.Second},
		{name: "declined unseen", answer: after(time.Second-1, "decline"), want: unanswered, takes: time.Second - 1,
			pausing: "a form was declined before a human could read it"},
		{name: "canceled", answer: after(0, "cancel"), want: unanswered},
		{name: "an odd action", answer: after(time.Second, "maybe"), want: unanswered, takes: time.Second},
		{name: "an error when the human cancels", answer: fails(20 * time.Second), want: unanswered, takes: 20 * time.Second},
		{name: "an error after a minute", answer: fails(time.Minute), want: unanswered, takes: time.Minute,
			pausing: "a form timed out"},
		{name: "an error", answer: fails(0), want: unanswered, pausing: "the client answered a form with an error"},
		{name: "no answer", answer: hang, want: unanswered, takes: 5 * time.Minute, pausing: "a form timed out"},
		{name: "the human cancels the call", answer: hang, cancel: 20 * time.Second, want: unanswered, takes: 20 * time.Second},
		{name: "the client times out", answer: hang, cancel: time.Minute, want: unanswered, takes: time.Minute, pausing: "a form timed out"},
		{name: "the server stops", answer: hang, stop: true, want: unanswered, takes: time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log logs
				s := askingServer(t, func(cfg *adapter.Config) { cfg.Logger = log.at(slog.LevelInfo) })
				h := newHost(t, s, previous, anyForm())
				h.request = caller.Request{Transport: caller.StreamableSession, ID: "r1", Token: caller.Token{Value: "ot_pat_x"}}
				h.answer = test.answer
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if test.cancel > 0 {
					time.AfterFunc(test.cancel, cancel)
				}
				if test.stop {
					time.AfterFunc(time.Second, s.StopForms)
				}
				start := time.Now()
				if got := h.callIn(ctx, tool.KindUpdate, `{}`, nil); got.text() != test.want || time.Since(start) != test.takes {
					t.Errorf("got %q after %v", got.text(), time.Since(start))
				}
				if test.stop {
					h.answer = accept
					if got := h.call(tool.KindUpdate, `{}`, nil); got.text() != unanswered {
						t.Errorf("a form after the end: %q", got.text())
					}
					return
				}
				checkPause(t, h, test.pausing != "")
				const off = "level=INFO msg=\"forms are off for this caller\""
				line := off + ` request=r1 caller=` + caller.Hash("ot_pat_x")[:12] + ` reason="` + test.pausing + `" for=1h0m0s` + "\n"
				if test.pausing == "" && strings.Contains(log.String(), off) || test.pausing != "" &&
					(strings.Count(log.String(), off) != 1 || !strings.Contains(log.String(), line)) {
					t.Errorf("the log is %s", log.String())
				}
			})
		})
	}
}

// checkPause checks whether the host's caller gets no forms, that others do, and that it lasts an hour.
func checkPause(t *testing.T, h *host, pausing bool) {
	t.Helper()
	h.answer = accept
	token := h.request.Token.Value
	shown := func() bool { return h.call(tool.KindUpdate, `{}`, nil).text() != "no forms" }
	if shown() == pausing {
		t.Errorf("forms are off: %v", !pausing)
	}
	h.request.Token.Value = "ot_pat_other"
	if !shown() {
		t.Error("forms are off for another caller")
	}
	h.request.Token.Value = token
	time.Sleep(time.Hour - time.Second) //nolint:forbidigo // of the bubble
	if shown() == pausing {
		t.Errorf("forms are off after almost an hour: %v", !pausing)
	}
	time.Sleep(2 * time.Second) //nolint:forbidigo // of the bubble
	if !shown() {
		t.Error("forms are off for more than an hour")
	}
}

// TestNoSecondFormWithoutAHuman: when the client didn't show a form, the tool learns in the same call that it can't show another.
func TestNoSecondFormWithoutAHuman(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the decline comes before a human could read, whatever else the machine does
		declines := map[string]any{"form": map[string]any{"action": "decline"}}
		for version, answers := range map[string]map[string]any{current: declines, previous: nil} {
			f := func(ctx context.Context, call tool.Call, in input) (output, *tool.Ask, error) {
				if call.Form != tool.FormNone {
					return output{Said: fmt.Sprint(call.Form == tool.FormUnanswered, call.CanAsk)}, nil, nil
				}
				return asks(ctx, call, in)
			}
			h := newHost(t, newServer(t, tool.Set{Tools: []tool.Tool{newTool(tool.KindUpdate, f)}}, nil), version, anyForm())
			h.request.Token.Value = "ot_pat_x"
			h.answer = func(context.Context, mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
				return answered("decline"), nil
			}
			got := h.call(tool.KindUpdate, `{}`, nil)
			if version == current {
				got = h.call(tool.KindUpdate, `{}`, map[string]any{"requestState": got.RequestState, "inputResponses": answers})
			}
			if got.text() != "true false" {
				t.Errorf("%s: got %q", version, got.text())
			}
		}
	})
}
