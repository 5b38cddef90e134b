package acceptance_test

import (
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"opentrain-mcp/opentrain/sandbox"
)

// secure is a sandbox behind TLS whose certificate (for example.com) nobody
// knows, and the file that holds its CA.
func secure(t *testing.T) (server *httptest.Server, caFile string) {
	t.Helper()
	server = httptest.NewUnstartedServer(sandbox.New(sandbox.Config{}))
	server.Config.ErrorLog = nil
	server.StartTLS()
	t.Cleanup(server.Close)
	caFile = filepath.Join(t.TempDir(), "ca.pem")
	write(t, caFile, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	return server, caFile
}

// TestCAFile: a company's own CA is trusted when it is named, and only then.
func TestCAFile(t *testing.T) {
	api, caFile := secure(t)
	env := []string{"OPENTRAIN_API_BASE_URL=" + api.URL, "OT_API_TOKEN=" + sandbox.DemoToken}
	got := run(t, environment(t, env...)).call("opentrain_publish", argsJob)
	if text := got.Content[0].Text; !got.IsError || !strings.Contains(text, "certificate of OpenTrain's host is not trusted") || !strings.Contains(text, "nothing was changed") {
		t.Errorf("without the CA: %s", text)
	}
	for name, p := range map[string]*process{
		"flag": run(t, environment(t, env...), "--ca-file", caFile), "variable": run(t, environment(t, append(env, "OPENTRAIN_MCP_CA_FILE="+caFile)...)),
	} {
		if got := p.call("opentrain_list_jobs", `{}`); got.IsError {
			t.Errorf("%s: %s", name, got.Content[0].Text)
		}
	}
}

// TestProxyVariables: HTTPS_PROXY carries the calls, and NO_PROXY does not.
func TestProxyVariables(t *testing.T) {
	api, caFile := secure(t)
	var tunnels atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Host != "example.com:443" {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		tunnels.Add(1)
		tunnel(t, w, api.Listener.Addr().String())
	}))
	defer proxy.Close()
	env := []string{"OPENTRAIN_API_BASE_URL=https://example.com", "OT_API_TOKEN=" + sandbox.DemoToken, "OPENTRAIN_MCP_CA_FILE=" + caFile, "HTTPS_PROXY=" + proxy.URL}
	if got := run(t, environment(t, env...)).call("opentrain_list_jobs", `{}`); got.IsError || tunnels.Load() != 1 {
		t.Errorf("%d tunnels: %s", tunnels.Load(), got.Content[0].Text)
	}
	direct := run(t, environment(t, append(env, "NO_PROXY=example.com", "OPENTRAIN_MCP_TIMEOUT=1s")...))
	if got := direct.call("opentrain_list_jobs", `{}`); !got.IsError || tunnels.Load() != 1 {
		t.Errorf("NO_PROXY: %d tunnels", tunnels.Load())
	}
}

// tunnel joins the connection of w with another one.
func tunnel(t *testing.T, w http.ResponseWriter, to string) {
	hijacker, ok := w.(http.Hijacker)
	if !ok {
		t.Error("cannot be hijacked")
		return
	}
	client, _, err := hijacker.Hijack()
	if err != nil {
		t.Error(err)
		return
	}
	server, err := net.Dial("tcp", to)
	if err != nil {
		t.Error(err)
		return
	}
	fmt.Fprint(client, "HTTP/1.1 200 OK\r\n\r\n")
	go func() { io.Copy(server, client); server.Close() }() //nolint:errcheck // it ends
	go func() { io.Copy(client, server); client.Close() }() //nolint:errcheck // it ends
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

// TestNarrowedServers: what is left out is neither listed nor callable.
func TestNarrowedServers(t *testing.T) {
	for name, test := range map[string]struct {
		args       []string
		gone, kept string
	}{
		"--read-only":     {[]string{"--read-only"}, "opentrain_create_draft opentrain_patch_draft opentrain_publish opentrain_update_job opentrain_close_job opentrain_invite_trainer", "opentrain_search_jobs opentrain_get_account"},
		"--tools":         {[]string{"--tools", "opentrain_search_jobs,opentrain_get_job"}, "opentrain_publish opentrain_list_jobs", "opentrain_search_jobs opentrain_get_job"},
		"--exclude-tools": {[]string{"--exclude-tools", "opentrain_publish"}, "opentrain_publish", "opentrain_create_draft"},
	} {
		p := run(t, environment(t), append([]string{"--sandbox"}, test.args...)...)
		p.send(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)
		listed := string(p.receive().Result)
		for _, tool := range strings.Fields(test.kept) {
			if !strings.Contains(listed, `"name":"`+tool+`"`) {
				t.Errorf("%s: %s is not listed", name, tool)
			}
		}
		for _, tool := range strings.Fields(test.gone) {
			if strings.Contains(listed, `"name":"`+tool+`"`) {
				t.Errorf("%s: %s is listed", name, tool)
			}
			p.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":%q,"arguments":{"jobId":"job_1"}}}`, tool))
			if m := p.receive(); m.Error == nil || m.Error.Code != -32602 {
				t.Errorf("%s: %s can be called: %s", name, tool, m.Result)
			}
		}
	}
}
