package tool_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// scoped is an API that knows one token, with these scopes as a JSON list.
type scoped string

func (s scoped) RoundTrip(r *http.Request) (*http.Response, error) {
	body := `{"actor":{"userId":"u"},"token":{"id":"t","scopes":` + string(s) + `}}`
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// TestScopes: a scope to write includes the one to read of the same resource, and nothing else.
func TestScopes(t *testing.T) {
	for _, test := range []struct {
		granted, scope string
		allowed        bool
	}{
		{`["jobs:write"]`, "jobs:write", true},
		{`["jobs:write"]`, "jobs:read", true},
		{`["jobs:read"]`, "jobs:read", true},
		{`["jobs:read"]`, "jobs:write", false},
		{`["team:read","proposals:write"]`, "jobs:read", false},
		{`["webhooks:write"]`, "webhooks:manage", false},
		{`[]`, "jobs:read", false},
		{`[]`, "", true},
		{`null`, "jobs:write", true},
	} {
		api, err := opentrain.New(opentrain.Config{Transport: scoped(test.granted)})
		if err != nil {
			t.Fatal(err)
		}
		err = tool.NewAccounts(api).RequireScope(opentrain.WithToken(t.Context(), "ot_pat_x"), caller.Caller{ID: "alice"}, test.scope)
		if (err == nil) != test.allowed || err != nil && !errors.Is(err, &opentrain.Error{Code: opentrain.CodeForbidden}) {
			t.Errorf("%s, %q: %v", test.granted, test.scope, err)
		}
	}
}

// slow is an API that takes a second to say that publishing is off.
type slow struct{ reads atomic.Int32 }

func (s *slow) RoundTrip(r *http.Request) (*http.Response, error) {
	s.reads.Add(1)
	select {
	case <-time.After(time.Second):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	body := `{"capabilities":{"publish":false}}`
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// TestCanceledCallHidesNothing: what one call reads of an account is for all, so its cancellation doesn't end the read.
func TestCanceledCallHidesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		upstream := &slow{}
		api, err := opentrain.New(opentrain.Config{Transport: upstream})
		if err != nil {
			t.Fatal(err)
		}
		accounts, by := tool.NewAccounts(api), caller.Caller{ID: "alice"}
		ctx := opentrain.WithToken(t.Context(), "ot_pat_x")
		canceled, cancel := context.WithTimeout(ctx, time.Hour)
		time.AfterFunc(time.Second/2, cancel)
		var calls sync.WaitGroup
		for _, ctx := range []context.Context{canceled, ctx, ctx} {
			calls.Go(func() {
				if err := accounts.Require(ctx, by, tool.Feature{Capability: "publish", Key: "k"}); err == nil {
					t.Error("a feature that is off is allowed")
				}
			})
			synctest.Wait()
		}
		calls.Wait()
		if reads := upstream.reads.Load(); reads != 1 {
			t.Errorf("%d reads", reads)
		}
	})
}
