package tools_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"opentrain-mcp/internal/tool"
)

// registry is an API that registers accounts.
type registry struct {
	made   atomic.Int32
	status int // of the first answer; 0 is 200
}

func (r *registry) RoundTrip(request *http.Request) (*http.Response, error) {
	body, status := `{}`, http.StatusOK
	if strings.HasSuffix(request.URL.Path, "/agent/identity") {
		body = `{"access_token":"ot_pat_new","claim_token":"ot_clm_new"}`
		if r.made.Add(1) == 1 && r.status != 0 {
			body, status = `{"error":"Not now.","code":"FORBIDDEN"}`, r.status
		}
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: request}, nil
}

// TestOneYesRegistersOnce: also when calls with the same yes come at the same time. A yes whose call registered nothing counts again.
func TestOneYesRegistersOnce(t *testing.T) {
	for name, test := range map[string]struct{ status, registered int }{
		"at once": {0, 1}, "refused first": {http.StatusForbidden, 1}, "may have worked": {http.StatusInternalServerError, 0},
	} {
		api := &registry{status: test.status}
		all := serve(t, api, setup{confirm: true, config: t.TempDir()})
		result, _, failure := all.run(t.Context(), t, tool.Call{}, tool.RegisterAgent, `{"force":true}`)
		if failure != nil {
			t.Fatal(failure.Text())
		}
		yes, _ := nextIn(t, result).Arguments["confirmationToken"].(string)
		register := func() (registered bool) {
			result, _, failure := all.run(t.Context(), t, tool.Call{}, tool.RegisterAgent, `{"force":true,"confirmationToken":"`+yes+`"}`)
			return failure == nil && strings.Contains(result.Text, "is registered, and")
		}
		var registered atomic.Int32
		var calls sync.WaitGroup
		for range 3 {
			calls.Go(func() {
				if register() {
					registered.Add(1)
				}
			})
		}
		calls.Wait()
		if int(registered.Load()) != test.registered {
			t.Errorf("%s: %d of 3 calls registered an account, with %d requests", name, registered.Load(), api.made.Load())
		}
	}
}

// TestClaimNeedsAnAddress: OpenTrain writes to it.
func TestClaimNeedsAnAddress(t *testing.T) {
	for _, email := range []string{"ada", "@example.com", "ada@", "a@b@c", "Ada <ada@example.com>", "a@example.com,b@example.com"} {
		all := serve(t, &registry{}, setup{config: t.TempDir()})
		_, _, failure := all.run(t.Context(), t, tool.Call{}, tool.ClaimAccount, `{"email":"`+email+`"}`)
		if failure == nil || !strings.Contains(failure.Text(), "is not an email address") {
			t.Errorf("%s: %v", email, failure)
		}
	}
}
