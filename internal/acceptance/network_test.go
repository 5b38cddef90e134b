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

	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain/sandbox"
)

// secure is a sandbox behind TLS with an unknown certificate for example.com, and the
// file with its CA.
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

// TestCAFile: a custom CA is trusted only when --ca-file names it.
func TestCAFile(t *testing.T) {
	t.Parallel()
	api, caFile := secure(t)
	env := []string{"OPENTRAIN_API_BASE_URL=" + api.URL, "OT_API_TOKEN=" + sandbox.DemoToken}
	got := run(t, environment(t, env...)).call("opentrain_publish", job())
	if text := got.text; !got.isError || !strings.Contains(text, "the host's certificate is not trusted. Nothing was changed.") ||
		!strings.Contains(text, strings.TrimPrefix(api.URL, "https://")+" (from OPENTRAIN_API_BASE_URL)") || got.failure.Next.Action != tool.Fix {
		t.Errorf("without the CA: %s", text)
	}
	for name, p := range map[string]*program{
		"flag":     run(t, environment(t, env...), "--ca-file", caFile),
		"variable": run(t, environment(t, append(env, "OPENTRAIN_MCP_CA_FILE="+caFile)...)),
	} {
		if got := p.call("opentrain_list_jobs", map[string]any{}); got.isError {
			t.Errorf("%s: %s", name, got.text)
		}
	}
}

// TestProxyVariables: HTTPS_PROXY applies to calls of the API, unless NO_PROXY excludes
// the host.
func TestProxyVariables(t *testing.T) {
	t.Parallel()
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
	env := []string{"OPENTRAIN_API_BASE_URL=https://example.com", "OT_API_TOKEN=" + sandbox.DemoToken, "OPENTRAIN_MCP_CA_FILE=" + caFile,
		"HTTPS_PROXY=" + proxy.URL}
	if got := run(t, environment(t, env...)).call("opentrain_list_jobs", map[string]any{}); got.isError || tunnels.Load() != 1 {
		t.Errorf("%d tunnels: %s", tunnels.Load(), got.text)
	}
	direct := run(t, environment(t, append(env, "NO_PROXY=example.com", "OPENTRAIN_MCP_TIMEOUT=1s")...))
	if got := direct.call("opentrain_list_jobs", map[string]any{}); !got.isError || tunnels.Load() != 1 {
		t.Errorf("NO_PROXY: %d tunnels", tunnels.Load())
	}
}

// tunnel connects the connection of w with another one.
func tunnel(t *testing.T, w http.ResponseWriter, to string) {
	hijacker, ok := w.(http.Hijacker)
	if !ok {
		t.Error("the connection cannot be hijacked")
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

// TestRedirectsAreNotFollowed: the client follows no redirect, to another host or
// another port.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	var reached atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer elsewhere.Close()
	_, port, err := net.SplitHostPort(elsewhere.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{elsewhere.URL, "http://localhost:" + port, "//127.0.0.1:" + port + "/x"} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			api := serveAnswer(t, apiAnswer(status, "text/plain", "", "Location", target))
			p := run(t, environment(t, "OPENTRAIN_API_BASE_URL="+api, "OT_API_TOKEN=ot_pat_secret"))
			for name, args := range map[string]any{"opentrain_list_jobs": map[string]any{}, "opentrain_publish": job(),
				"opentrain_search_jobs": map[string]any{}} {
				got := p.call(name, args)
				if text := got.text; !got.isError || !strings.Contains(text, "redirect (HTTP "+fmt.Sprint(status)+"), which is not followed") ||
					leak(text) != "" {
					t.Errorf("%s: %s", name, text)
				}
				checkFailure(t, got.failure, wantNext(tool.Failure{Code: "BAD_RESPONSE", Status: status}, "fix", "human", ""))
			}
		}
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("%d requests reached the other server", n)
	}
}

// TestNetworkErrorsNameTheirSetting: wherever a wrong address comes from, the error names the host and the setting,
// and the human has to correct it.
func TestNetworkErrorsNameTheirSetting(t *testing.T) {
	t.Parallel()
	const wrong = "http://127.0.0.1:1"
	config := t.TempDir()
	shared := filepath.Join(config, "opentrain", "cli.json")
	write(t, shared, fmt.Sprintf(`{"apiToken":"ot_pat_a","baseUrl":%q}`, wrong))
	for name, test := range map[string]struct {
		env, flags []string
		from       string
	}{
		"flag":            {nil, []string{"--base-url", wrong}, "--base-url"},
		"variable":        {[]string{"OPENTRAIN_API_BASE_URL=" + wrong}, nil, "OPENTRAIN_API_BASE_URL"},
		"second variable": {[]string{"OT_API_BASE_URL=" + wrong}, nil, "OT_API_BASE_URL"},
		"a flag before a variable": {
			[]string{"OPENTRAIN_API_BASE_URL=https://opentrain.invalid"}, []string{"--base-url", wrong}, "--base-url",
		},
		"shared file": {[]string{"XDG_CONFIG_HOME=" + config}, nil, "baseUrl in the file " + shared},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, name := range []string{"opentrain_search_jobs", "opentrain_list_facets"} {
				got := run(t, environment(t, test.env...), test.flags...).call(name, map[string]any{})
				if !strings.Contains(got.text, "Address: 127.0.0.1:1 (from "+test.from+").") {
					t.Errorf("got %s", got.text)
				}
				checkFailure(t, got.failure, wantNext(tool.Failure{Code: "NETWORK"}, "fix", "human", ""))
			}
		})
	}
}
