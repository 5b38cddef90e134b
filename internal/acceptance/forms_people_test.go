package acceptance_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/store"
	"opentrain-mcp/opentrain/sandbox"
)

// creating calls opentrain_create_draft with a client of 2026-07-28 that shows forms. extra are more parameters.
func creating(s *remote, description, extra string, headers ...string) (body, state string) {
	s.t.Helper()
	request := modernRPC("opentrain_create_draft", map[string]any{"description": description}, `{"elicitation":{"form":{}}}`)
	request = strings.Replace(request, `"params":{`, `"params":{`+extra, 1)
	got := s.do("POST", "/mcp", request, modernHeaders("tools/call", "opentrain_create_draft", headers...)...)
	var rpc struct{ Result struct{ RequestState string } }
	if err := json.Unmarshal([]byte(got.body), &rpc); err != nil {
		s.t.Fatalf("%v in %s", err, got.body)
	}
	return got.body, rpc.Result.RequestState
}

// answeringForm brings a form's state back with an action.
func answeringForm(state, action string) (extra string) {
	return fmt.Sprintf(`"requestState":%q,"inputResponses":{"form":{"action":%q}},`, state, action)
}

// TestSandboxVisitorsFormsAreTheirOwn: a visitor whose host declines every form at once turns forms off for no other visitor.
func TestSandboxVisitorsFormsAreTheirOwn(t *testing.T) {
	t.Parallel()
	asked := time.Now()
	s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) {
		c.BehindProxy, c.Store = true, store.InMemory(func() time.Time { return asked }) // however slow the machine is
		c.Anonymous = func(context.Context) caller.Token { return caller.Token{Value: sandbox.DemoToken} }
	})
	for n, test := range []struct {
		address string
		form    bool
	}{{"192.0.2.1", true}, {"192.0.2.1", false}, {"192.0.2.2", true}, {"2001:db8::1", true}, {"2001:db8::2", false}} {
		description := fmt.Sprintf("Draw boxes around %d cars in photos.", n+100)
		body, state := creating(s, description, "", "X-Forwarded-For", test.address)
		if (state != "") != test.form {
			t.Errorf("%d, %s: %s", n, test.address, body)
		}
		if state != "" {
			creating(s, description, answeringForm(state, "decline"), "X-Forwarded-For", test.address)
		}
	}
}

// TestFormsKeepTheStoresTime: a form's age counts by the clock that replicas share, as that of a yes.
func TestFormsKeepTheStoresTime(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		step time.Duration // of the store's clock between question and answer
		off  bool          // forms are, since no human can have seen the last one
	}{
		"at once":               {0, true},
		"as a human":            {time.Minute, false},
		"another replica's":     {-5 * time.Second, false},
		"another day's, a form": {25 * time.Hour, false},
	} {
		start, ahead := time.Now(), new(atomic.Int64)
		s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) {
			c.Store = store.InMemory(func() time.Time { return start.Add(time.Duration(ahead.Load())) })
		})
		token := []string{tokenHeader, sandbox.DemoToken}
		_, state := creating(s, "Draw boxes around 100 cars in photos.", "", token...)
		ahead.Store(int64(test.step))
		creating(s, "Draw boxes around 100 cars in photos.", answeringForm(state, "decline"), token...)
		if body, next := creating(s, "Draw boxes around 200 dogs in photos.", "", token...); (next == "") != test.off {
			t.Errorf("%s: %s", name, body)
		}
	}
}
