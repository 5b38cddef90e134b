package tools_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// account is an API whose capabilities a test sets; everything else succeeds.
type account struct {
	mu           sync.Mutex
	capabilities string
	status       int    // of the capabilities; 0 is 200
	scopes       string // of the token, as a JSON list; "" when the API doesn't say them
	job          string // the status of the caller's job j
	silent       bool
	refusal      string // what every other call is answered with, as a 403
	calls        []string
	body         string // of the last other call
}

func (a *account) RoundTrip(r *http.Request) (*http.Response, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls = append(a.calls, r.Method+" "+strings.TrimPrefix(r.URL.Path, "/api/public/v1"))
	answer := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: r}
	body := `{"jobId":"j","status":"OPEN","id":"j","proposalId":"p","validation":{"publishReady":false,"missingFields":["level"]},"jobs":[]}`
	if strings.Contains(r.URL.Path, "/job-drafts") {
		body = strings.Replace(body, "OPEN", "DRAFT", 1)
	}
	switch {
	case strings.HasSuffix(r.URL.Path, "/jobs/mine"):
		return owner{status: a.job}.RoundTrip(r)
	case strings.HasSuffix(r.URL.Path, "/capabilities"):
		if a.silent {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}
		body = a.capabilities
		if a.status != 0 {
			answer.StatusCode = a.status
		}
	case strings.HasSuffix(r.URL.Path, "/auth/me"):
		body = `{"actor":{"userId":"u"},"token":{"id":"t"}}`
		if a.scopes != "" {
			body = `{"actor":{"userId":"u"},"token":{"id":"t","scopes":` + a.scopes + `}}`
		}
	case a.refusal != "":
		answer.StatusCode, body = http.StatusForbidden, a.refusal
	case r.Body != nil:
		data, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		a.body = string(data)
	}
	answer.Body = io.NopCloser(strings.NewReader(body))
	return answer, nil
}

// pass lets the time of a test's bubble pass.
func pass(d time.Duration) { time.Sleep(d) } //nolint:forbidigo // nothing is waited for

// reads counts how often the capabilities were read.
func (a *account) reads() int {
	n := 0
	for _, call := range a.calls {
		if strings.HasSuffix(call, "/capabilities") {
			n++
		}
	}
	return n
}

// callsTo returns a function that calls tools on an account, whose job j has the status that the tool needs.
func callsTo(t *testing.T, a *account) func(by, name, args string) (tool.Result, *tool.Failure) {
	t.Helper()
	tools := serve(t, a, setup{})
	return func(by, name, args string) (tool.Result, *tool.Failure) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		a.job = opentrain.StatusOpen
		if name == "opentrain_publish" || name == "opentrain_get_draft" {
			a.job = opentrain.StatusDraft
		}
		result, _, failure := tools.run(ctx, t, tool.Call{Caller: caller.Caller{ID: by}}, name, args)
		return result, failure
	}
}

const (
	keysAndEnums = `{"capabilities":{"draftCreate":true,"draftUpdate":true,"draftImport":true,"publish":true,"hiring":true},
		"draft":{"updateKeys":["headcount","experienceLevel","shift","tags"],"enums":{"experienceLevel":["SENIOR","JUNIOR"],"shift":["EARLY_MORNING","LATE"],"tags":["A_B","C"]}}}`
	patchOf = `{"jobId":"j","fields":%s}`
)

// TestCapabilitiesCheckFields: they may have keys and values that this release does not know.
func TestCapabilitiesCheckFields(t *testing.T) {
	for _, tool := range []string{"opentrain_patch_draft", "opentrain_update_job"} {
		for _, test := range []struct{ fields, sent, want string }{
			{`{"experienceLevel":"SENIOR"}`, `{"experienceLevel":"SENIOR"}`, ""},
			{`{"experienceLevel":"senior","shift":"early morning"}`, `{"experienceLevel":"SENIOR","shift":"EARLY_MORNING"}`, ""},
			{`{"tags":["a b","C"],"headcount":"3"}`, `{"headcount":3,"tags":["A_B","C"]}`, ""},
			{`{"shift":null}`, `{"shift":null}`, ""},
			{`{"shift":{"new":"form"}}`, `{"shift":{"new":"form"}}`, ""},
			{`{"experienceLevel":"EXPERT"}`, "", `fields.experienceLevel: "EXPERT" is not one of: SENIOR, JUNIOR`},
			{`{"tags":["C","D"]}`, "", `fields.tags[1]: "D" is not one of: A_B, C`},
			{`{"pricePerHour":18}`, "", `fields.pricePerHour is not a job field. Fields: headcount, experienceLevel, shift, tags`},
			{`{"shifts":"LATE","headcount":0}`, "", `fields.headcount: 0 is too small`},
			{`{"shifts":"LATE"}`, "", `fields.shifts is not a job field; did you mean shift?`},
		} {
			a := &account{capabilities: keysAndEnums}
			result, failure := callsTo(t, a)("alice", tool, fmt.Sprintf(patchOf, test.fields))
			text := result.Text
			if failure != nil {
				text = failure.Text()
			}
			if (test.sent == "") != (failure != nil) || a.body != test.sent || !strings.Contains(text, test.want) {
				t.Errorf("%s %s: sent %s\n%s", tool, test.fields, a.body, text)
			}
		}
	}
}

// TestIncompleteKeyListRefusesNothing: one page of the API shows a list that ends in "...".
func TestIncompleteKeyListRefusesNothing(t *testing.T) {
	a := &account{capabilities: `{"capabilities":{},"draft":{"updateKeys":["headcount","..."]}}`}
	if _, failure := callsTo(t, a)("alice", "opentrain_patch_draft", fmt.Sprintf(patchOf, `{"other":1}`)); failure != nil {
		t.Error(failure.Text())
	}
}

// TestQuestionsUseValuesFromCapabilities when the API names a field without a prompt.
func TestQuestionsUseValuesFromCapabilities(t *testing.T) {
	a := &account{capabilities: `{"capabilities":{},"draft":{"enums":{"level":["HIGH","LOW"]}}}`}
	result, failure := callsTo(t, a)("alice", "opentrain_create_draft", `{"description":"x"}`)
	data, err := json.Marshal(result.Structured)
	if failure != nil || err != nil || !strings.Contains(result.Text, `Options: ["HIGH","LOW"]`) || !strings.Contains(string(data), `"type":"enum"`) {
		t.Errorf("%v, %v\n%s", failure, err, result.Text)
	}
}

// TestCapabilitiesAreRemembered for five minutes, for each caller.
func TestCapabilitiesAreRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &account{capabilities: keysAndEnums}
		call := callsTo(t, a)
		patch := func(by string) {
			t.Helper()
			if _, failure := call(by, "opentrain_patch_draft", fmt.Sprintf(patchOf, `{"headcount":1}`)); failure != nil {
				t.Fatal(failure)
			}
		}
		for range 3 {
			patch("alice")
		}
		if a.reads() != 1 {
			t.Errorf("read %d times", a.reads())
		}
		patch("bob")
		if a.reads() != 2 {
			t.Errorf("one caller's capabilities served another: read %d times", a.reads())
		}
		pass(5*time.Minute - time.Second)
		patch("alice")
		if a.reads() != 2 {
			t.Errorf("read again before five minutes")
		}
		pass(2 * time.Second)
		patch("alice")
		if a.reads() != 3 {
			t.Errorf("not read again after five minutes: %d", a.reads())
		}
	})
}

// TestDisabledFeatureFailsBeforeTheCall, until the feature is enabled.
func TestDisabledFeatureFailsBeforeTheCall(t *testing.T) {
	for tool, test := range map[string]struct{ args, capability, feature string }{
		"opentrain_create_draft":   {`{"description":"x"}`, "draftCreate", "public_api_job_drafting"},
		"opentrain_patch_draft":    {fmt.Sprintf(patchOf, `{"headcount":1}`), "draftUpdate", "public_api_job_drafting"},
		"opentrain_publish":        {`{"jobId":"j"}`, "publish", "public_api_job_publishing"},
		"opentrain_update_job":     {fmt.Sprintf(patchOf, `{"headcount":1}`), "publish", "public_api_job_publishing"},
		"opentrain_close_job":      {`{"jobId":"j"}`, "publish", "public_api_job_publishing"},
		"opentrain_invite_trainer": {`{"jobId":"j","freelancerId":"f"}`, "hiring", "public_api_hiring"},
	} {
		a := &account{capabilities: `{"capabilities":{"` + test.capability + `":false}}`}
		call := callsTo(t, a)
		for range 2 {
			_, failure := call("alice", tool, test.args)
			if failure == nil || failure.Code != opentrain.CodeForbidden || !strings.Contains(failure.Text(), "The feature "+test.feature+" is not enabled for this account. Nothing was changed.") {
				t.Errorf("%s: %v", tool, failure)
			}
		}
		if len(a.calls) != a.reads() {
			t.Errorf("%s: %v", tool, a.calls)
		}
		a.capabilities = `{"capabilities":{"` + test.capability + `":true}}`
		if _, failure := call("alice", tool, test.args); failure != nil {
			t.Errorf("%s, enabled: %v", tool, failure.Text())
		}
	}
	// A document needs another feature.
	a := &account{capabilities: `{"capabilities":{"draftCreate":true,"draftImport":false}}`}
	call := callsTo(t, a)
	if _, failure := call("alice", "opentrain_create_draft", `{"job":{"title":"x"}}`); failure == nil || failure.Code != opentrain.CodeForbidden {
		t.Errorf("got %v", failure)
	}
	if _, failure := call("alice", "opentrain_create_draft", `{"description":"x"}`); failure != nil {
		t.Error(failure)
	}
	// Without drafting, the API refuses to return capabilities.
	a = &account{status: 403, capabilities: `{"error":"Off.","code":"FORBIDDEN","details":{"featureKey":"public_api_job_drafting","mode":"ALLOWLIST"}}`}
	call = callsTo(t, a)
	if _, failure := call("alice", "opentrain_create_draft", `{"description":"x"}`); failure == nil || !strings.Contains(failure.Text(), "public_api_job_drafting") || len(a.calls) != 1 {
		t.Errorf("%v after %v", failure, a.calls)
	}
	if _, failure := call("alice", "opentrain_close_job", `{"jobId":"j"}`); failure != nil {
		t.Errorf("what is not said is not refused: %v", failure)
	}
}

// TestMissingScopeFailsBeforeTheCall of a tool that asks a human first, until the token has the scope. What isn't known is not refused.
func TestMissingScopeFailsBeforeTheCall(t *testing.T) {
	for name, test := range map[string]struct{ args, scope string }{
		"opentrain_publish":        {`{"jobId":"j"}`, "jobs:write"},
		"opentrain_update_job":     {fmt.Sprintf(patchOf, `{"headcount":1}`), "jobs:write"},
		"opentrain_close_job":      {`{"jobId":"j"}`, "jobs:write"},
		"opentrain_get_draft":      {`{"jobId":"j"}`, "jobs:write"},
		"opentrain_invite_trainer": {`{"jobId":"j","freelancerId":"f"}`, "proposals:write"},
	} {
		reads := func(a *account) (me, other int) {
			for _, call := range a.calls {
				switch {
				case call == "GET /auth/me":
					me++
				case !strings.HasSuffix(call, "/capabilities"):
					other++
				}
			}
			return me, other
		}
		a := &account{capabilities: keysAndEnums, scopes: `["jobs:read","proposals:read"]`}
		call := callsTo(t, a)
		for n := range 2 {
			_, failure := call("alice", name, test.args)
			const words = "The API token lacks the %s scope; it has jobs:read, proposals:read."
			if failure == nil || failure.Code != opentrain.CodeForbidden || !strings.Contains(failure.Text(), fmt.Sprintf(words, test.scope)) {
				t.Fatalf("%s: %v", name, failure)
			}
			details, err := json.Marshal(failure.Details)
			if want := `{"grantedScopes":["jobs:read","proposals:read"],"requiredScopes":["` + test.scope + `"]}`; err != nil || string(details) != want {
				t.Errorf("%s: details %s (%v)", name, details, err)
			}
			if me, other := reads(a); me != n+1 || other != 0 { // a remembered scope is confirmed with a fresh read
				t.Errorf("%s: %v", name, a.calls)
			}
		}
		a.scopes = `["jobs:write","proposals:write"]`
		for range 2 {
			if _, failure := call("alice", name, test.args); failure != nil {
				t.Errorf("%s, granted: %v", name, failure.Text())
			}
		}
		if me, _ := reads(a); me != 3 { // and remembered
			t.Errorf("%s: %v", name, a.calls)
		}
		for _, scopes := range []string{"", "null", `"all"`} {
			if _, failure := callsTo(t, &account{capabilities: keysAndEnums, scopes: scopes})("alice", name, test.args); failure != nil {
				t.Errorf("%s, scopes %q: %v", name, scopes, failure.Text())
			}
		}
	}
}

// TestScopeRefusalIsNotRemembered: after OpenTrain's refusal for a scope, the token's scopes are read again.
func TestScopeRefusalIsNotRemembered(t *testing.T) {
	a := &account{capabilities: keysAndEnums, scopes: `["jobs:write"]`}
	call := callsTo(t, a)
	if _, failure := call("alice", "opentrain_close_job", `{"jobId":"j"}`); failure != nil {
		t.Fatal(failure)
	}
	a.scopes, a.refusal = `["jobs:read"]`, `{"error":"Scope.","code":"FORBIDDEN","details":{"requiredScopes":["jobs:write"]}}`
	for n, sent := range []bool{true, false} {
		a.calls = nil
		if _, failure := call("alice", "opentrain_close_job", `{"jobId":"j"}`); failure == nil || slices.Contains(a.calls, "POST /jobs/j/close") != sent {
			t.Errorf("call %d: %v after %v", n, failure, a.calls)
		}
	}
}

func TestMalformedFlagsAreIgnored(t *testing.T) {
	a := &account{capabilities: `{"capabilities":{"publish":null,"hiring":"no"}}`}
	for tool, args := range map[string]string{"opentrain_publish": `{"jobId":"j"}`, "opentrain_invite_trainer": `{"jobId":"j","freelancerId":"f"}`} {
		if _, failure := callsTo(t, a)("alice", tool, args); failure != nil {
			t.Errorf("%s: %v", tool, failure.Text())
		}
	}
}

func TestFeatureRefusalClearsTheCache(t *testing.T) {
	a := &account{capabilities: keysAndEnums, refusal: `{"error":"Off.","code":"FORBIDDEN","details":{"featureKey":"public_api_job_publishing"}}`}
	call := callsTo(t, a)
	for range 3 {
		if _, failure := call("alice", "opentrain_publish", `{"jobId":"j"}`); failure == nil {
			t.Fatal("published")
		}
	}
	if a.reads() != 3 {
		t.Errorf("read %d times: %v", a.reads(), a.calls)
	}
	a.refusal = `{"error":"Scope.","code":"FORBIDDEN","details":{"requiredScopes":["jobs:write"]}}`
	for range 3 {
		if _, failure := call("alice", "opentrain_publish", `{"jobId":"j"}`); failure == nil {
			t.Fatal("published")
		}
	}
	if a.reads() != 4 {
		t.Errorf("a refusal for a scope forgets them too: %v", a.calls)
	}
}

// TestCallsWorkWithoutCapabilities, whatever the API returns instead, and without a long wait.
func TestCallsWorkWithoutCapabilities(t *testing.T) {
	for name, a := range map[string]*account{
		"outage": {status: 500, capabilities: `{}`}, "page": {capabilities: `<html>`}, "nothing": {capabilities: `{}`},
		"refusal": {status: 403, capabilities: `{"error":"x","code":"FORBIDDEN"}`}, "silence": {silent: true},
	} {
		synctest.Test(t, func(t *testing.T) {
			call := callsTo(t, a)
			start := time.Now()
			for range 3 {
				if _, failure := call("alice", "opentrain_patch_draft", fmt.Sprintf(patchOf, `{"anything":{"at":"all"},"experienceLevel":"NEW"}`)); failure != nil {
					t.Errorf("%s: %v", name, failure.Text())
				}
			}
			if duration := time.Since(start); duration > 6*time.Second || a.reads() != 1 {
				t.Errorf("%s: three calls ended after %v and %d readings", name, duration, a.reads())
			}
		})
	}
}
