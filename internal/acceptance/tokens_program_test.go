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
	api := httptest.NewServer(sandbox.New(sandbox.Config{}))
	defer api.Close()
	good := sandbox.DemoToken
	file := filepath.Join(t.TempDir(), "token")
	write(t, file, good+"\n")
	config := t.TempDir()
	shared := filepath.Join(config, "opentrain", "cli.json")
	write(t, shared, fmt.Sprintf(`{"apiToken":%q,"baseUrl":%q}`, good, api.URL))
	at := "OPENTRAIN_API_BASE_URL=" + api.URL
	for name, test := range map[string]struct {
		env  []string
		want string // in the answer
	}{
		"first variable":           {[]string{at, "OPENTRAIN_PERSONAL_API_TOKEN=" + good, "OT_API_TOKEN=bad"}, "jobs of this account"},
		"second variable":          {[]string{at, "OT_API_TOKEN=" + good, "OPENTRAIN_API_TOKEN=bad"}, "jobs of this account"},
		"third variable":           {[]string{at, "OPENTRAIN_API_TOKEN=" + good, "OPENTRAIN_API_TOKEN_FILE=/none"}, "jobs of this account"},
		"token file":               {[]string{at, "OPENTRAIN_API_TOKEN_FILE=" + file, "XDG_CONFIG_HOME=/none"}, "jobs of this account"},
		"shared file with address": {[]string{"XDG_CONFIG_HOME=" + config}, "jobs of this account"},
		"wrong token":              {[]string{at, "OT_API_TOKEN=bad"}, "It was read from the environment variable OT_API_TOKEN"},
		"file is missing":          {[]string{at, "OPENTRAIN_API_TOKEN_FILE=/none"}, "The token file /none cannot be read: no such file or directory."},
		"unexpanded variable":      {[]string{at, "OT_API_TOKEN=${OT_TOKEN}"}, "holds a variable's name instead of its value"},
		"quotes":                   {[]string{at, `OT_API_TOKEN="abc"`}, "has quotes in it"},
		"space":                    {[]string{at, "OT_API_TOKEN=abc def"}, "has a space"},
	} {
		t.Run(name, func(t *testing.T) {
			text, _ := callTool(t, connect(t, environment(t, test.env...)), "opentrain_list_jobs", map[string]any{})
			if !strings.Contains(text, test.want) {
				t.Errorf("%q is not in\n%s", test.want, text)
			}
		})
	}
	t.Run("replaced while running", func(t *testing.T) {
		write(t, file, "old\n")
		host := connect(t, environment(t, at, "OPENTRAIN_API_TOKEN_FILE="+file))
		if text, isError := callTool(t, host, "opentrain_list_jobs", map[string]any{}); !isError {
			t.Errorf("got %s", text)
		}
		write(t, file, good)
		if text, isError := callTool(t, host, "opentrain_list_jobs", map[string]any{}); isError {
			t.Errorf("got %s", text)
		}
	})
}

func TestMissingTokenIsExplained(t *testing.T) {
	api := httptest.NewServer(sandbox.New(sandbox.Config{}))
	defer api.Close()
	host := connect(t, environment(t, "OPENTRAIN_API_BASE_URL="+api.URL))
	if text, isError := callTool(t, host, "opentrain_search_jobs", map[string]any{}); isError || !strings.Contains(text, "open jobs") {
		t.Errorf("search: %s", text)
	}
	for name, arguments := range map[string]map[string]any{
		"opentrain_create_draft": {"description": "Label 100 images"}, "opentrain_patch_draft": {"jobId": "job_1", "fields": map[string]any{"headcount": 1}},
		"opentrain_publish": {"jobId": "job_1"}, "opentrain_list_jobs": {},
	} {
		text, isError := callTool(t, host, name, arguments)
		for _, want := range []string{"API token", "OPENTRAIN_PERSONAL_API_TOKEN", "--sandbox", "Next: fix"} {
			if !isError || !strings.Contains(text, want) {
				t.Errorf("%s: %q is not in\n%s", name, want, text)
			}
		}
	}
}

// TestTokenIsReadAgainAfterA401: claiming an account replaces the token in the
// shared file while the server runs.
func TestTokenIsReadAgainAfterA401(t *testing.T) {
	api := httptest.NewServer(sandbox.New(sandbox.Config{}))
	defer api.Close()
	config := t.TempDir()
	shared := filepath.Join(config, "opentrain", "cli.json")
	save := func(token, base string) { write(t, shared, fmt.Sprintf(`{"apiToken":%q,"baseUrl":%q}`, token, base)) }
	save("ot_pat_revoked", api.URL)
	p := run(t, environment(t, "XDG_CONFIG_HOME="+config))
	if got := p.call("opentrain_list_jobs", `{}`); got.Meta.Failure.Code != "UNAUTHORIZED" || !strings.Contains(got.Content[0].Text, shared) {
		t.Errorf("got %s", got.Content[0].Text)
	}
	save(sandbox.DemoToken, api.URL)
	if got := p.call("opentrain_list_jobs", `{}`); got.IsError {
		t.Errorf("the new token: %s", got.Content[0].Text)
	}
	// A token for another address is not sent to this one.
	save("ot_pat_of_elsewhere", "https://staging.example")
	got := p.call("opentrain_list_jobs", `{}`)
	if got.Meta.Failure.Code != "NO_TOKEN" || !strings.Contains(got.Content[0].Text, "belongs to another address (baseUrl)") || !strings.Contains(got.Content[0].Text, "restart") {
		t.Errorf("got %s", got.Content[0].Text)
	}
	write(t, shared, `{"apiToken":`)
	if got := p.call("opentrain_list_jobs", `{}`); !strings.Contains(got.Content[0].Text, "is not valid JSON") {
		t.Errorf("got %s", got.Content[0].Text)
	}
}

// TestHTTPIgnoresItsOwnToken: the operator's token is for stdio, and for
// --auth shared, whose secret goes no further.
func TestHTTPIgnoresItsOwnToken(t *testing.T) {
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
	env := environment(t, "OPENTRAIN_API_BASE_URL="+api.URL, "OPENTRAIN_PERSONAL_API_TOKEN="+sandbox.DemoToken, "OPENTRAIN_MCP_SERVER_TOKEN=shown-by-callers")
	if _, body := startProgram(t, env).post("opentrain_get_account", "{}"); !strings.Contains(body, "NO_TOKEN") || !strings.Contains(body, "X-OpenTrain-Token") || len(sent) != 0 {
		t.Errorf("%s, sent %v", body, sent)
	}
	shared := startProgram(t, env, "--auth", "shared")
	if _, body := shared.post("opentrain_get_account", "{}", "Authorization", "Bearer shown-by-callers"); !strings.Contains(body, "Sandbox Demo") {
		t.Error(body)
	}
	if status, _ := shared.post("opentrain_get_account", "{}"); status != http.StatusUnauthorized {
		t.Errorf("without the secret: %d", status)
	}
	file := filepath.Join(t.TempDir(), "secret")
	write(t, file, "from-a-file\n")
	env = environment(t, "OPENTRAIN_API_BASE_URL="+api.URL, "OPENTRAIN_PERSONAL_API_TOKEN="+sandbox.DemoToken, "OPENTRAIN_MCP_SERVER_TOKEN_FILE="+file)
	if _, body := startProgram(t, env, "--auth", "shared").post("opentrain_get_account", "{}", "Authorization", "Bearer from-a-file"); !strings.Contains(body, "Sandbox Demo") {
		t.Error(body)
	}
	for _, header := range sent {
		if strings.Contains(header, "shown-by-callers") || strings.Contains(header, "from-a-file") {
			t.Errorf("the secret went upstream: %s", header)
		}
	}
	if log := shared.logged(); strings.Contains(log, "shown-by-callers") || strings.Contains(log, sandbox.DemoToken) {
		t.Errorf("a secret in the log:\n%s", log)
	}
}
