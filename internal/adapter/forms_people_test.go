package adapter_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"opentrain-mcp/internal/adapter"
	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/tool"
)

// visitor is a host that reached the server over HTTP, in a session if its protocol is an older one.
func visitor(t *testing.T, s *adapter.Server, version string, request caller.Request) *host {
	t.Helper()
	h := newHost(t, s, version, anyForm())
	h.request, h.answer = request, accept
	h.request.Transport = caller.StreamableSession
	if version == current {
		h.request.Transport, h.peer = caller.StreamableHTTP, s.NewPeer("") // as internal/web
	}
	return h
}

// TestOnePersonTurnsFormsOffForNoOther: what one person's host does with a form says nothing about another person's host.
// Who sent no credential, or one that all send, is known by session or address only.
func TestOnePersonTurnsFormsOffForNoOther(t *testing.T) {
	one, two := caller.Request{Address: "192.0.2.1"}, caller.Request{Address: "192.0.2.2"}
	with := func(r caller.Request, change func(*caller.Request)) caller.Request { change(&r); return r }
	sandbox := func(r *caller.Request) { r.Token.Value = "ot_pat_sandbox" } // the server's own, for who sent none
	own := func(r *caller.Request) { r.Token.Value, r.Owner = "ot_pat_x", caller.Hash("ot_pat_x") }
	shared := func(r *caller.Request) {
		r.Token.Value, r.Owner, r.Shared = "ot_pat_server", caller.Hash("secret"), true
	}
	for name, test := range map[string]struct {
		first, second     caller.Request
		current, previous bool // the second gets forms, in protocol 2026-07-28 and in sessions
	}{
		"a sandbox's visitors":              {with(one, sandbox), with(two, sandbox), true, true},
		"a sandbox's visitor, once more":    {with(one, sandbox), with(one, sandbox), false, true},
		"a sandbox's visitor, then a token": {with(one, sandbox), with(one, own), true, true},
		"no account":                        {one, two, true, true},
		"no account, once more":             {one, one, false, true},
		"the server's secret":               {with(one, shared), with(two, shared), true, true},
		"the server's secret, same office":  {with(one, shared), with(one, shared), false, true},
		"the caller's own token":            {with(one, own), with(two, own), false, false},
	} {
		for version, want := range map[string]bool{current: test.current, previous: test.previous} {
			synctest.Test(t, func(t *testing.T) {
				s := askingServer(t, nil)
				first, second := visitor(t, s, version, test.first), visitor(t, s, version, test.second)
				if version == previous { // while the first has a form
					during := ""
					first.answer = func(context.Context, mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
						during = second.call(tool.KindUpdate, `{}`, nil).text() //nolint:contextcheck // another call's
						return answered("accept"), nil
					}
					if first.call(tool.KindUpdate, `{}`, nil); (during != "no forms") != want {
						t.Errorf("%s: meanwhile: %q", name, during)
					}
				}
				first.answer = func(context.Context, mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
					return answered("decline"), nil
				}
				if got := first.call(tool.KindUpdate, `{}`, nil); version == current {
					declined := map[string]any{"form": map[string]any{"action": "decline"}}
					first.call(tool.KindUpdate, `{}`, map[string]any{"requestState": got.RequestState, "inputResponses": declined})
				}
				if got := first.call(tool.KindUpdate, `{}`, nil).text(); got != "no forms" {
					t.Errorf("%s, %s: the first gets %q", name, version, got)
				}
				if got := second.call(tool.KindUpdate, `{}`, nil).text(); (got != "no forms") != want {
					t.Errorf("%s, %s: the second gets %q", name, version, got)
				}
			})
		}
	}
}

// TestFormsUseTheSharedClock: a form can come back to another replica, whose view of the time is a little different. A no that
// seems to come before its question is a no.
func TestFormsUseTheSharedClock(t *testing.T) {
	const unanswered, declined = `no answer {"round":2}`, `declined {"round":2}`
	for name, test := range map[string]struct {
		ahead, after time.Duration // the clock when the form is sent, and the time until the answer
		want         string
	}{
		"the same clock, at once":    {0, time.Second - 1, unanswered},
		"the same clock":             {0, time.Second, declined},
		"ahead":                      {5 * time.Second, 4 * time.Second, declined},
		"a moment ahead":             {5 * time.Second, 5*time.Second - time.Microsecond, declined},
		"ahead, as if at once":       {5 * time.Second, 5 * time.Second, unanswered},
		"ahead, and the human reads": {5 * time.Second, 6 * time.Second, declined},
		"behind":                     {-5 * time.Second, time.Second, declined},
		"far ahead":                  {2 * time.Minute, time.Second, "bad state"},
		"at the last moment":         {-time.Minute, lifetime - time.Minute, declined},
		"too late":                   {-time.Minute, lifetime - time.Minute + time.Second, "bad state"},
	} {
		synctest.Test(t, func(t *testing.T) {
			ahead := test.ahead
			s := askingServer(t, func(cfg *adapter.Config) { cfg.Now = func() time.Time { return time.Now().Add(ahead) } })
			h := visitor(t, s, current, caller.Request{Token: caller.Token{Value: "ot_pat_x"}, Owner: "x"})
			state := h.call(tool.KindUpdate, `{}`, nil).RequestState
			time.Sleep(test.after) //nolint:forbidigo // of the bubble
			ahead = 0
			got := h.call(tool.KindUpdate, `{}`, map[string]any{
				"requestState": state, "inputResponses": map[string]any{"form": map[string]any{"action": "decline"}},
			})
			if got.text() != test.want {
				t.Errorf("%s: %q", name, got.text())
			}
			if off := h.call(tool.KindUpdate, `{}`, nil).text() == "no forms"; off != (test.want == unanswered) {
				t.Errorf("%s: forms are off: %v", name, off)
			}
		})
	}
}
