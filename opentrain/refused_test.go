package opentrain_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"opentrain-mcp/opentrain"
)

// TestRefusedTokensAreRemembered: after a 401, calls with the same token fail with the same error and no request, for
// 30 seconds. Other tokens and public reads work meanwhile, and the token works when it has become valid.
func TestRefusedTokensAreRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &market{header: http.Header{}, status: 401, body: `{"error":"Invalid token.","code":"UNAUTHORIZED","requestId":"r1"}`}
		client := marketClient(t, m)
		ctx := opentrain.WithToken(t.Context(), secret)
		for name, call := range writes() {
			e := asError(t, call(ctx, client))
			if e.Code != opentrain.CodeUnauthorized || e.Status != 401 || e.Message != "Invalid token." || e.RequestID != "r1" ||
				opentrain.MayHaveChanged(e) || m.count() != 1 {
				t.Errorf("%s after %d requests: %+v", name, m.count(), e)
			}
			e.Message = "changed by a caller"
		}
		m.set(func(m *market) { m.status, m.body = 0, "" })
		if err := readOwn(opentrain.WithToken(t.Context(), secret+"2"), client); err != nil || m.count() != 2 {
			t.Errorf("another token: %v after %d requests", err, m.count())
		}
		if err := read(ctx, client); err != nil {
			t.Errorf("a public read: %v", err)
		}
		time.Sleep(29 * time.Second) //nolint:forbidigo // fake time
		if err := readOwn(ctx, client); err == nil || m.count() != 3 {
			t.Errorf("within 30 seconds: %v after %d requests", err, m.count())
		}
		time.Sleep(time.Second + time.Millisecond) //nolint:forbidigo // fake time
		if err := readOwn(ctx, client); err != nil {
			t.Errorf("after 30 seconds: %v", err)
		}
	})
}

// TestOnlyRefusedTokensAreRemembered: other failures say nothing about the token.
func TestOnlyRefusedTokensAreRemembered(t *testing.T) {
	for _, status := range []int{400, 403, 404, 409, 429, 500} {
		m := &market{header: http.Header{}, status: status, body: `{"error":"no"}`}
		client, ctx := marketClient(t, m), opentrain.WithToken(t.Context(), secret)
		for range 2 {
			if err := readOwn(ctx, client); err == nil {
				t.Error("no error")
			}
		}
		if m.count() != 2 {
			t.Errorf("%d: %d requests", status, m.count())
		}
	}
}

// TestConcurrentCallsWithARefusedToken: calls that wait for others with the same token are not sent after its refusal.
func TestConcurrentCallsWithARefusedToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &market{header: http.Header{}, status: 401, body: `{"error":"no"}`, release: make(chan struct{})}
		client, err := opentrain.New(opentrain.Config{Transport: m, MaxConcurrent: 3})
		if err != nil {
			t.Fatal(err)
		}
		ctx := opentrain.WithToken(t.Context(), secret)
		var calls sync.WaitGroup
		for range 300 {
			calls.Go(func() {
				if e := asError(t, readOwn(ctx, client)); e.Code != opentrain.CodeUnauthorized {
					t.Error(e)
				}
			})
		}
		synctest.Wait()
		close(m.release)
		calls.Wait()
		if m.count() != 3 {
			t.Errorf("%d requests", m.count())
		}
	})
}

// TestRefusalsAreBounded: many tokens and large errors take little memory, and no error keeps more than it says.
func TestRefusalsAreBounded(t *testing.T) {
	long := strings.Repeat("x", 10_000)
	body := fmt.Sprintf(`{"error":%q,"code":%q,"details":{"x":%q}}`, long, long, long)
	m := &market{header: http.Header{"X-Request-Id": {long}}, status: 401, body: body}
	client := marketClient(t, m)
	live := liveHeap()
	for i := range 1100 {
		e := asError(t, readOwn(opentrain.WithToken(t.Context(), fmt.Sprint(secret, i)), client))
		if len(e.Message) > 2010 || len(e.RequestID) > 128 || len(e.Code) > 128 || len(e.Details) > 64<<10 {
			t.Fatalf("%d %d %d %d", len(e.Message), len(e.RequestID), len(e.Code), len(e.Details))
		}
	}
	m.set(func(m *market) { m.calls = nil })
	if kept := liveHeap() - live; kept > 4<<20 {
		t.Errorf("%d KB", kept>>10)
	}
	first := opentrain.WithToken(t.Context(), fmt.Sprint(secret, 0))
	if err := readOwn(first, client); err == nil || m.count() != 1 {
		t.Errorf("the oldest token: %v after %d requests", err, m.count())
	}
}

// TestNamesArePrintable: a request ID and a code, from a header or the body, have only visible ASCII characters.
func TestNamesArePrintable(t *testing.T) {
	for sent, want := range map[string]string{
		"req-1": "req-1", "a b\tc": "abc", "é\u202e\u200bx": "x", "\x7f~": "~", strings.Repeat("y", 500): strings.Repeat("y", 128),
	} {
		m := &market{header: http.Header{"X-Request-Id": {sent}}, status: 400, body: `{"error":"no"}`}
		ctx := opentrain.WithToken(context.Background(), secret)
		if e := asError(t, readOwn(ctx, marketClient(t, m))); e.RequestID != want {
			t.Errorf("header %q: %q", sent, e.RequestID)
		}
		m = &market{header: http.Header{}, status: 400, body: fmt.Sprintf(`{"error":"no","requestId":%q,"code":%q}`, sent, sent)}
		m.body = strings.ReplaceAll(m.body, `\x7f`, `\u007f`)
		if e := asError(t, readOwn(ctx, marketClient(t, m))); e.RequestID != want || string(e.Code) != want {
			t.Errorf("body %q: %q, %q", sent, e.RequestID, e.Code)
		}
	}
	details := `{"error":"no","details":{"x":"` + strings.Repeat("x", 70_000) + `"}}`
	m := &market{header: http.Header{}, status: 400, body: details}
	if e := asError(t, readOwn(opentrain.WithToken(t.Context(), secret), marketClient(t, m))); e.Details != nil || e.Message != "no" {
		t.Errorf("%d bytes of details", len(e.Details))
	}
}
