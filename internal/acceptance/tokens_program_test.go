package acceptance_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"opentrain-mcp/opentrain/sandbox"
)

func TestTokenSourcesAreTriedInOrder(t *testing.T) {
	t.Parallel()
	const good = sandbox.DemoToken
	api := serveSandbox(t, sandbox.Config{})
	file := filepath.Join(t.TempDir(), "token")
	write(t, file, good+"\n")
	config := t.TempDir()
	write(t, filepath.Join(config, "opentrain", "cli.json"), fmt.Sprintf(`{"apiToken":%q,"baseUrl":%q}`, good, api))
	at := "OPENTRAIN_API_BASE_URL=" + api
	for name, test := range map[string]struct {
		env  []string
		want string // in the answer
	}{
		"first variable":           {[]string{at, "OPENTRAIN_PERSONAL_API_TOKEN=" + good, "OT_API_TOKEN=bad"}, "This account has no jobs yet"},
		"second variable":          {[]string{at, "OT_API_TOKEN=" + good, "OPENTRAIN_API_TOKEN=bad"}, "This account has no jobs yet"},
		"third variable":           {[]string{at, "OPENTRAIN_API_TOKEN=" + good, "OPENTRAIN_API_TOKEN_FILE=/none"}, "This account has no jobs yet"},
		"token file":               {[]string{at, "OPENTRAIN_API_TOKEN_FILE=" + file, "XDG_CONFIG_HOME=/none"}, "This account has no jobs yet"},
		"shared file with address": {[]string{"XDG_CONFIG_HOME=" + config}, "This account has no jobs yet"},
		"wrong token":              {[]string{at, "OT_API_TOKEN=bad"}, "the API token from the OT_API_TOKEN environment variable"},
		"unexpanded variable":      {[]string{at, "OT_API_TOKEN=${OT_TOKEN}"}, "contains a variable name instead of its value"},
		"quotes":                   {[]string{at, `OT_API_TOKEN="abc"`}, "has quotes in it"},
		"space":                    {[]string{at, "OT_API_TOKEN=abc def"}, "has a space"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := call(t, connect(t, environment(t, test.env...)), "opentrain_list_jobs", map[string]any{})
			if !strings.Contains(got.text, test.want) {
				t.Errorf("%q is not in\n%s", test.want, got.text)
			}
		})
	}
}

func TestTokenFileIsReadAgainAfterAChange(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	write(t, file, "old\n")
	host := connect(t, environment(t, "OPENTRAIN_API_BASE_URL="+serveSandbox(t, sandbox.Config{}), "OPENTRAIN_API_TOKEN_FILE="+file))
	if got := call(t, host, "opentrain_list_jobs", map[string]any{}); !got.isError {
		t.Errorf("the wrong token works: %s", got.text)
	}
	write(t, file, sandbox.DemoToken)
	if got := call(t, host, "opentrain_list_jobs", map[string]any{}); got.isError {
		t.Errorf("the new token does not work: %s", got.text)
	}
}

// TestMissingTokenIsExplained: without a token the program starts, serves public reads,
// and says how to get one.
func TestMissingTokenIsExplained(t *testing.T) {
	t.Parallel()
	host := connect(t, environment(t, "OPENTRAIN_API_BASE_URL="+serveSandbox(t, sandbox.Config{})))
	if got := call(t, host, "opentrain_search_jobs", map[string]any{}); got.isError || !strings.Contains(got.text, "live jobs") {
		t.Errorf("search: %s", got.text)
	}
	for name, arguments := range map[string]map[string]any{
		"opentrain_create_draft": {"description": "Label 100 images"},
		"opentrain_patch_draft":  patch("headcount", 1),
		"opentrain_publish":      job(), "opentrain_list_jobs": {},
	} {
		got := call(t, host, name, arguments)
		for _, want := range []string{"API token", "OPENTRAIN_PERSONAL_API_TOKEN", "--sandbox", "Next: call_tool", "Call: opentrain_register_agent {}"} {
			if !got.isError || !strings.Contains(got.text, want) {
				t.Errorf("%s: %q is not in\n%s", name, want, got.text)
			}
		}
	}
}

// TestTokenIsReadAgainAfterA401: claiming an account replaces the token in the shared
// file while the server runs.
func TestTokenIsReadAgainAfterA401(t *testing.T) {
	t.Parallel()
	api := serveSandbox(t, sandbox.Config{})
	config := t.TempDir()
	shared := filepath.Join(config, "opentrain", "cli.json")
	save := func(token, base string) { write(t, shared, fmt.Sprintf(`{"apiToken":%q,"baseUrl":%q}`, token, base)) }
	save("ot_pat_revoked", api)
	p := run(t, environment(t, "XDG_CONFIG_HOME="+config))
	if got := p.call("opentrain_list_jobs", map[string]any{}); got.failure.Code != "UNAUTHORIZED" || !strings.Contains(got.text, shared) {
		t.Errorf("got %s", got.text)
	}
	save(sandbox.DemoToken, api)
	if got := p.call("opentrain_list_jobs", map[string]any{}); got.isError {
		t.Errorf("the new token: %s", got.text)
	}
	// A token for another address is not sent to this one.
	save("ot_pat_of_elsewhere", "https://staging.example")
	got := p.call("opentrain_list_jobs", map[string]any{})
	if got.failure.Code != "NO_TOKEN" || !strings.Contains(got.text, "is for a different baseUrl") ||
		!strings.Contains(got.text, "restart") {
		t.Errorf("got %s", got.text)
	}
	write(t, shared, `{"apiToken":`)
	if got := p.call("opentrain_list_jobs", map[string]any{}); !strings.Contains(got.text, "is not valid JSON") {
		t.Errorf("got %s", got.text)
	}
}

// TestHTTPIgnoresItsOwnToken: over HTTP, the operator's token is only for --auth shared.
// The secret of --auth shared is not sent to the API.
func TestHTTPIgnoresItsOwnToken(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var sent []string
	box := sandbox.New(sandbox.Config{})
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		sent = append(sent, fmt.Sprint(r.Header))
		mu.Unlock()
		box.ServeHTTP(w, r)
	}))
	t.Cleanup(api.Close)
	own := []string{"OPENTRAIN_API_BASE_URL=" + api.URL, "OPENTRAIN_PERSONAL_API_TOKEN=" + sandbox.DemoToken}
	env := environment(t, append(own, "OPENTRAIN_MCP_SERVER_TOKEN=shown-by-callers")...)
	got := runHTTP(t, env).call("opentrain_get_account", map[string]any{})
	if got.failure.Code != "NO_TOKEN" || !strings.Contains(got.text, tokenHeader) || strings.Contains(got.text, "start the server") || len(sent) != 0 {
		t.Errorf("%s, sent %v", got.text, sent)
	}
	shared := runHTTP(t, env, "--auth", "shared")
	got = shared.call("opentrain_get_account", map[string]any{}, "Authorization", "Bearer shown-by-callers")
	if !strings.Contains(got.text, "Sandbox Demo") {
		t.Error(got.text)
	}
	if got := shared.do("POST", "/mcp", rpc(1, "opentrain_get_account", map[string]any{})); got.status != http.StatusUnauthorized {
		t.Errorf("without the secret: %d", got.status)
	}
	file := filepath.Join(t.TempDir(), "secret")
	write(t, file, "the-secret-from-a-file\n")
	env = environment(t, append(own, "OPENTRAIN_MCP_SERVER_TOKEN_FILE="+file)...)
	got = runHTTP(t, env, "--auth", "shared").call("opentrain_get_account", map[string]any{}, "Authorization", "Bearer the-secret-from-a-file")
	if !strings.Contains(got.text, "Sandbox Demo") {
		t.Error(got.text)
	}
	for _, header := range sent {
		if strings.Contains(header, "shown-by-callers") || strings.Contains(header, "the-secret-from-a-file") {
			t.Errorf("the secret was sent to the API: %s", header)
		}
	}
	if log := shared.program.stderr.String(); strings.Contains(log, "shown-by-callers") || strings.Contains(log, sandbox.DemoToken) {
		t.Errorf("a secret is in the log:\n%s", log)
	}
}
