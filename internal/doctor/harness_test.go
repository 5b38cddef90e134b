package doctor_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"opentrain-mcp/internal/credential"
	"opentrain-mcp/internal/doctor"
	"opentrain-mcp/internal/hosts"
	"opentrain-mcp/opentrain/sandbox"
)

// serverVariable makes the test's program a server that a host starts.
const serverVariable = "DOCTOR_TEST_SERVER"

func TestMain(m *testing.M) {
	if kind := os.Getenv(serverVariable); kind != "" {
		os.Exit(serve(kind))
	}
	os.Exit(m.Run())
}

// serve is a server of some kind.
func serve(kind string) (code int) {
	switch kind {
	case "unknown flag":
		fmt.Fprintln(os.Stderr, "opentrain-mcp: unknown flag --nope\nRun opentrain-mcp --help for the commands and settings.")
		return 2
	case "crash":
		fmt.Fprintln(os.Stderr, "starting with ot_pat_secret_123\nout of luck with ot_pat_secret_123")
		return 3
	case "silent":
		return 0
	case "log":
		fmt.Fprintln(os.Stdout, "Listening on port 8080")
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var request struct {
			ID     json.RawMessage
			Method string
		}
		if json.Unmarshal(lines.Bytes(), &request) != nil || request.ID == nil || kind == "log" {
			continue
		}
		result := map[string]string{
			"initialize": `{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"opentrain","version":"1.2.3"}}`,
			"tools/list": `{"tools":[{"name":"a","inputSchema":{"type":"object"}},{"name":"b","inputSchema":{"type":"object"}}]}`,
		}[request.Method]
		if kind == "no tools" && request.Method == "tools/list" {
			result = `{"tools":[]}`
		}
		fmt.Fprintf(os.Stdout, `{"jsonrpc":"2.0","id":%s,"result":%s}`+"\n", request.ID, result)
	}
	return 0
}

// machine is a home folder, and what the doctor is asked.
type machine struct {
	t    *testing.T
	home string
	cfg  doctor.Config
	env  map[string]string
	// usual answers for OpenTrain's own address; nil for no network.
	usual *httptest.Server
}

// newMachine has nothing set up. The API is a sandbox.
func newMachine(t *testing.T) *machine {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	m := &machine{t: t, home: t.TempDir(), env: map[string]string{}}
	m.env["HOME"] = m.home
	m.env["XDG_CONFIG_HOME"] = filepath.Join(m.home, "config")
	getenv := func(name string) string { return m.env[name] }
	m.cfg = doctor.Config{
		Version: "1.2.3", Command: "opentrain-mcp", Entry: "opentrain", Timeout: time.Minute,
		Machine: hosts.Env{
			GOOS: "linux", Program: program, Home: m.home, Dir: m.home, Getenv: getenv, LookPath: func(string) bool { return false },
		},
		Source: credential.Source{Getenv: getenv}, Variables: []string{"OPENTRAIN_API_BASE_URL", "OPENTRAIN_MCP_TOOLSETS"},
		Transport: func(string) (*http.Transport, error) { return m.transport(), nil },
	}
	m.api(sandbox.New(sandbox.Config{}))
	return m
}

// transport connects to this machine, and to m.usual for OpenTrain's own address.
func (m *machine) transport() *http.Transport {
	var dialer net.Dialer
	connect := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		if address == "app.opentrain.ai:443" {
			return nil, errors.New("no network")
		}
		return dialer.DialContext(ctx, network, address)
	}}
	if m.usual != nil {
		connect.DialTLSContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, m.usual.Listener.Addr().String())
		}
	}
	return connect
}

// api serves the API.
func (m *machine) api(handler http.Handler) {
	m.t.Helper()
	server := httptest.NewServer(handler)
	m.t.Cleanup(server.Close)
	m.cfg.BaseURL, m.cfg.BaseURLFrom = server.URL, "OPENTRAIN_API_BASE_URL"
}

// write writes a file below the home folder.
func (m *machine) write(name, content string) string {
	m.t.Helper()
	path := filepath.Join(m.home, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		m.t.Fatal(err)
	}
	return path
}

// entry writes Cursor's entry. Its server is of some kind.
func (m *machine) entry(kind string, environ ...string) string {
	m.t.Helper()
	env := map[string]string{serverVariable: kind, "GOCOVERDIR": m.t.TempDir(), "OPENTRAIN_API_BASE_URL": m.cfg.BaseURL}
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		env[name] = value
	}
	entry := map[string]any{"command": m.cfg.Machine.Program, "args": []string{}, "env": env}
	return m.write(".cursor/mcp.json", encode(m.t, map[string]any{"mcpServers": map[string]any{"opentrain": entry}}))
}

// save saves a token in the file that OpenTrain's tools share.
func (m *machine) save(members map[string]string) string {
	m.t.Helper()
	return m.write("config/opentrain/cli.json", encode(m.t, members))
}

func encode(t *testing.T, value any) string {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// examine runs the checks.
func (m *machine) examine() (checks []doctor.Check) {
	m.t.Helper()
	for name, value := range m.env {
		m.cfg.Environ = append(m.cfg.Environ, name+"="+value)
	}
	doctor.Run(m.t.Context(), m.cfg, func(check doctor.Check) { checks = append(checks, check) })
	for _, check := range checks {
		if shown := fmt.Sprint(check); strings.Contains(shown, "secret") || strings.Contains(shown, sandbox.DemoToken) {
			m.t.Errorf("a token is shown: %s", shown)
		}
	}
	return checks
}
