package adapter_test

import (
	"context"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"opentrain-mcp/internal/adapter"
	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/tool"
)

// TestFormAnswersAreTakenOnce: only an open form lets an answer skip the rate limit, once, and only its caller's.
func TestFormAnswersAreTakenOnce(t *testing.T) {
	s := askingServer(t, func(cfg *adapter.Config) {
		cfg.Token = func(ctx context.Context) caller.Token { return caller.From(ctx).Token }
	})
	h := newHost(t, s, previous, anyForm())
	h.request = caller.Request{Transport: caller.StreamableSession, Token: caller.Token{Value: "ot_pat_x"}}
	taken := func(token string) bool {
		return s.TakeFormAnswer(caller.With(t.Context(), &caller.Request{Token: caller.Token{Value: token}}))
	}
	h.answer = func(context.Context, mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
		if taken("ot_pat_y") || taken("") {
			t.Error("an answer of someone else")
		}
		if !taken("ot_pat_x") || taken("ot_pat_x") {
			t.Error("the form does not allow exactly one answer")
		}
		return answered("accept"), nil
	}
	if taken("ot_pat_x") {
		t.Error("before the form")
	}
	h.call(tool.KindUpdate, `{}`, nil)
	if taken("ot_pat_x") {
		t.Error("after the form")
	}
}
