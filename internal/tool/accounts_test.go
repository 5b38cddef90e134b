package tool_test

import (
	"context"
	"errors"
	"fmt"
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

// slow is an API that takes a while to say that publishing is off.
type slow struct {
	reads atomic.Int32
	takes time.Duration
}

func (s *slow) RoundTrip(r *http.Request) (*http.Response, error) {
	s.reads.Add(1)
	select {
	case <-time.After(s.takes):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	body := `{"capabilities":{"publish":false}}`
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// TestCanceledCallHidesNothing: what one call reads of an account is for all, so its cancellation doesn't end the read. It doesn't wait
// for the read either, and fails as a canceled call.
func TestCanceledCallHidesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		upstream := &slow{takes: time.Second}
		api, err := opentrain.New(opentrain.Config{Transport: upstream})
		if err != nil {
			t.Fatal(err)
		}
		accounts, by := tool.NewAccounts(api), caller.Caller{ID: "alice"}
		ctx := opentrain.WithToken(t.Context(), "ot_pat_x")
		canceled, cancel := context.WithTimeout(ctx, time.Hour)
		time.AfterFunc(time.Second/2, cancel)
		var calls sync.WaitGroup
		start := time.Now()
		calls.Go(func() {
			_, err := accounts.Read(canceled, by)
			if waited := time.Since(start); !errors.Is(err, context.Canceled) || waited != time.Second/2 {
				t.Errorf("after %v: %v", waited, err)
			}
		})
		synctest.Wait()
		for range 2 {
			calls.Go(func() {
				if err := accounts.Require(ctx, by, tool.Feature{Capability: "publish", Key: "k"}); err == nil {
					t.Error("a feature that is off is allowed")
				}
			})
			synctest.Wait()
		}
		calls.Wait()
		if err := accounts.Require(ctx, by, tool.Feature{Capability: "draftCreate"}); err != nil {
			t.Error(err)
		}
		if reads := upstream.reads.Load(); reads != 1 {
			t.Errorf("%d reads", reads)
		}
	})
}

// TestCallsWaitWithTheirOwnTime: a read of an account is for all, so it doesn't end with the time of the call that began it.
// When its own time ends it, the next calls don't wait for another one.
func TestCallsWaitWithTheirOwnTime(t *testing.T) {
	const never = 0
	for _, test := range []struct {
		name                string
		takes               time.Duration
		left                time.Duration // of the first call
		first, second, last time.Duration // when each is refused; the last one after the API confirmed it
		reads               int32
	}{
		{"in time", time.Second, 30 * time.Second, time.Second, time.Second, 21 * time.Second, 2},
		{"too late for the first call", time.Second, time.Second, never, time.Second, 21 * time.Second, 2},
		{"too late for all", time.Minute, 30 * time.Second, never, never, never, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				upstream := &slow{takes: test.takes}
				api, err := opentrain.New(opentrain.Config{Transport: upstream})
				if err != nil {
					t.Fatal(err)
				}
				accounts, start := tool.NewAccounts(api), time.Now()
				require := func(left, refused time.Duration) {
					ctx, cancel := context.WithTimeout(opentrain.WithToken(t.Context(), "ot_pat_x"), left)
					defer cancel()
					err := accounts.Require(ctx, caller.Caller{ID: "alice"}, tool.Feature{Capability: "publish", Key: "k"})
					if (err != nil) != (refused != never) || err != nil && time.Since(start) != refused {
						t.Errorf("after %v: %v", time.Since(start), err)
					}
				}
				var calls sync.WaitGroup
				calls.Go(func() { require(test.left, test.first) })
				synctest.Wait()
				calls.Go(func() { require(30*time.Second, test.second) })
				calls.Wait()
				time.Sleep(20*time.Second - time.Since(start)) //nolint:forbidigo // of the bubble
				require(30*time.Second, test.last)
				if reads := upstream.reads.Load(); reads != test.reads {
					t.Errorf("%d reads", reads)
				}
			})
		})
	}
}

type panicking struct{}

func (panicking) RoundTrip(*http.Request) (*http.Response, error) { panic("a bug") }

// TestPanicInASharedRead: a bug ends a call, not the program.
func TestPanicInASharedRead(t *testing.T) {
	api, err := opentrain.New(opentrain.Config{Transport: panicking{}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if cause := recover(); !strings.Contains(fmt.Sprint(cause), "a bug") {
			t.Errorf("got %v", cause)
		}
	}()
	tool.NewAccounts(api).Capabilities(opentrain.WithToken(t.Context(), "ot_pat_x"), caller.Caller{ID: "alice"})
}
