package acceptance_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	"opentrain-mcp/opentrain/sandbox"
)

// binary is the path of the program, built once for all tests.
var binary string

func TestMain(m *testing.M) {
	if listen := os.Getenv(bareListen); listen != "" {
		fmt.Fprintln(os.Stderr, serveBare(listen, os.Getenv(bareUpstream)))
		os.Exit(1)
	}
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "opentrain-mcp")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir) //nolint:errcheck // the system cleans up too
	binary = filepath.Join(dir, "opentrain-mcp")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	build := exec.Command("go", "build", "-o", binary, "../../cmd/opentrain-mcp")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "building the program:", err)
		return 1
	}
	return m.Run()
}

// TestSourcesAreLookedAt makes go test run these tests anew when a source has
// changed: what they run is built above, not linked into them, and a result is
// taken from the cache unless a file that a test looked at has changed.
func TestSourcesAreLookedAt(t *testing.T) {
	err := filepath.WalkDir("../..", func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".go") {
			_, err = os.Stat(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// environment has nothing of this machine's settings for OpenTrain. Publishing
// is not asked for: TestConfirm… has that.
func environment(t *testing.T, extra ...string) []string {
	t.Helper()
	env := append([]string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH"), "OPENTRAIN_MCP_PUBLISH_CONFIRM=off"}, extra...)
	if root := os.Getenv("SYSTEMROOT"); root != "" {
		env = append(env, "SYSTEMROOT="+root)
	}
	return env
}

// process is the program, run by a host that speaks raw lines.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	lines  chan string // of stdout, closed at its end
	stderr *bytes.Buffer
	ended  chan error
}

func run(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(binary, args...), lines: make(chan string, 100), stderr: &bytes.Buffer{}, ended: make(chan error, 1)}
	p.cmd.Env, p.cmd.Stderr = env, p.stderr
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.stdin = stdin
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.cmd.Process.Kill() }) //nolint:errcheck // it may have ended
	go func() {
		scanner := bufio.NewScanner(stdout)
		scanner.Buffer(nil, 16<<20)
		for scanner.Scan() {
			p.lines <- scanner.Text()
		}
		close(p.lines)
		p.ended <- p.cmd.Wait()
	}()
	return p
}

func (p *process) send(line string) {
	p.t.Helper()
	if _, err := io.WriteString(p.stdin, line+"\n"); err != nil {
		p.t.Fatal(err)
	}
}

// message is a JSON-RPC answer.
type message struct {
	JSONRPC string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Result  json.RawMessage `json:"result"`
	Error   *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

// receive returns the next line of stdout, which must be JSON-RPC.
func (p *process) receive() message {
	p.t.Helper()
	select {
	case line, more := <-p.lines:
		if !more {
			p.t.Fatalf("stdout ended; stderr:\n%s", p.stderr)
		}
		var m message
		if err := json.Unmarshal([]byte(line), &m); err != nil || m.JSONRPC != "2.0" {
			p.t.Fatalf("not JSON-RPC on stdout: %q", line)
		}
		return m
	case <-time.After(20 * time.Second):
		p.t.Fatalf("no answer; stderr:\n%s", p.stderr)
	}
	return message{}
}

// end waits for the process and returns how long that took.
func (p *process) end() (time.Duration, error) {
	p.t.Helper()
	start := time.Now()
	select {
	case err := <-p.ended:
		return time.Since(start), err
	case <-time.After(20 * time.Second):
		p.t.Fatal("the process does not end")
	}
	return 0, nil
}

const (
	hello      = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`
	searchCall = `{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"opentrain_search_jobs","arguments":{"q":"n%[1]d"}}}`
)

func TestMalformedInputIsAnsweredAndSurvived(t *testing.T) {
	p := run(t, environment(t), "stdio", "--sandbox")
	for _, test := range []struct {
		line string
		code int
	}{
		{`{"jsonrpc":`, -32700}, {`hello`, -32700}, {`[]`, -32700}, {`42`, -32700}, {`{"id":7,"method":"ping"}`, -32600},
		{`{"jsonrpc":"2.0","id":8,"method":"no/such"}`, -32601},
		{`{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"no_such_tool","arguments":{}}}`, -32602},
		{strings.Repeat("x", 5<<20), -32600},
	} {
		p.send(test.line)
		if m := p.receive(); m.Error == nil || m.Error.Code != test.code {
			t.Errorf("%.40s: got %+v, want %d", test.line, m, test.code)
		}
	}
	p.send("")
	p.send("  \r")
	p.send(hello + "\r") // Windows hosts end lines with CRLF
	if m := p.receive(); string(m.ID) != "1" || m.Error != nil {
		t.Errorf("the server does not live on: %+v", m)
	}
	p.stdin.Close()
	if took, err := p.end(); err != nil {
		t.Errorf("ended after %v with %v", took, err)
	}
}

// heldAPI is an API whose answers wait until they are released.
func heldAPI(t *testing.T) (base string, arrived <-chan struct{}, release func()) {
	t.Helper()
	arrive, held := make(chan struct{}, 10), make(chan struct{})
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		arrive <- struct{}{}
		<-held
		io.WriteString(w, `{"jobs":[],"nextCursor":null}`) //nolint:errcheck // the host sees it
	}))
	t.Cleanup(api.Close)
	var released bool
	release = func() {
		if !released {
			close(held)
		}
		released = true
	}
	t.Cleanup(release)
	return api.URL, arrive, release
}

// endings are how a host ends the server.
var endings = map[string]func(*process){
	"end of input": func(p *process) { p.stdin.Close() },
	"SIGTERM": func(p *process) {
		if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			p.t.Fatal(err)
		}
	},
}

// quick is how soon the process ends once nothing is in flight. The best of
// several runs is compared with it: the machine may be busy with other tests.
const quick = 50 * time.Millisecond

// TestEndAnswersCallsInFlight: at the end of input, and on SIGTERM, the calls
// that are running are answered first; then the process ends at once, with code 0.
func TestEndAnswersCallsInFlight(t *testing.T) {
	for name, end := range endings {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" && name == "SIGTERM" {
				t.Skip("Windows has no SIGTERM")
			}
			best := time.Hour
			for range 5 {
				best = min(best, endWithCallsInFlight(t, end))
			}
			t.Logf("ended %v after the last answer", best)
			if best > quick {
				t.Errorf("it took %v to end", best)
			}
		})
	}
}

func endWithCallsInFlight(t *testing.T, end func(*process)) time.Duration {
	t.Helper()
	base, arrived, release := heldAPI(t)
	p := run(t, environment(t, "OPENTRAIN_API_BASE_URL="+base))
	p.send(hello)
	p.receive()
	for id := range 3 {
		p.send(fmt.Sprintf(searchCall, id+10))
	}
	for range 3 {
		<-arrived
	}
	end(p)
	select {
	case err := <-p.ended:
		t.Fatalf("it ended with calls in flight: %v", err)
	case <-time.After(50 * time.Millisecond): // at least that long it must still be there
	}
	release()
	for range 3 {
		if m := p.receive(); m.Error != nil || !strings.Contains(string(m.Result), "0 open jobs") {
			t.Errorf("got %+v %s", m.Error, m.Result)
		}
	}
	took, err := p.end()
	if err != nil {
		t.Errorf("ended with %v\n%s", err, p.stderr)
	}
	return took
}

func TestIdleServerEndsAtOnce(t *testing.T) {
	best := time.Hour
	for range 5 {
		p := run(t, environment(t), "--sandbox")
		p.send(hello)
		p.receive()
		p.stdin.Close()
		took, err := p.end()
		if err != nil {
			t.Errorf("ended with %v", err)
		}
		best = min(best, took)
	}
	t.Logf("ended after %v", best)
	if best > quick {
		t.Errorf("it took %v to end", best)
	}
}

// TestBothErasAreServed: a client of 2026-07-28 starts without a handshake.
func TestBothErasAreServed(t *testing.T) {
	const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}`
	p := run(t, environment(t), "--sandbox")
	for _, test := range []struct{ method, params, want string }{
		{"server/discover", meta, `"instructions":"OpenTrain`},
		{"tools/list", meta, `"name":"opentrain_create_draft"`},
		{"tools/call", `"name":"opentrain_create_draft","arguments":{"description":"Label 100 photos"},` + meta, `"action":"ask_human"`},
		{"tools/call", `"name":"opentrain_publish","arguments":{},` + meta, `"opentrain/error":{"code":"INVALID_ARGUMENT"`},
	} {
		p.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q,"params":{%s}}`, test.method, test.params))
		if m := p.receive(); m.Error != nil || !strings.Contains(string(m.Result), test.want) || !strings.Contains(string(m.Result), `"resultType":"complete"`) {
			t.Errorf("%s: %+v %s", test.method, m.Error, m.Result)
		}
	}
	for _, version := range []string{"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"} {
		p.send(strings.Replace(hello, "2025-06-18", version, 1))
		if m := p.receive(); !strings.Contains(string(m.Result), `"protocolVersion":"`+version+`"`) {
			t.Errorf("%s: %s", version, m.Result)
		}
	}
}

// TestLastLineWithoutNewline: a host that closes its end right after a request
// gets the answer.
func TestLastLineWithoutNewline(t *testing.T) {
	p := run(t, environment(t), "--sandbox")
	if _, err := io.WriteString(p.stdin, hello+"\n"+fmt.Sprintf(searchCall, 2)); err != nil {
		t.Fatal(err)
	}
	p.stdin.Close()
	for range 2 {
		if m := p.receive(); m.Error != nil {
			t.Errorf("got %+v", m.Error)
		}
	}
	if _, err := p.end(); err != nil {
		t.Error(err)
	}
}

func TestWithoutTokenItStartsAndSaysHowToSetOne(t *testing.T) {
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

// TestNoOutputShowsTheToken runs calls that succeed and fail, with the most
// talkative log, and looks for the token in all that comes out.
func TestNoOutputShowsTheToken(t *testing.T) {
	const token = "ot_pat_do_not_show_me"
	api := httptest.NewServer(sandbox.New(sandbox.Config{Accounts: []sandbox.Account{{Token: token, Scopes: []string{"jobs:read"}, Claimed: true}}}))
	defer api.Close()
	for name, env := range map[string][]string{
		"good": {"OPENTRAIN_API_BASE_URL=" + api.URL, "OT_API_TOKEN=" + token}, "wrong": {"OPENTRAIN_API_BASE_URL=" + api.URL, "OT_API_TOKEN=" + token + "x"},
		"malformed": {"OPENTRAIN_API_BASE_URL=" + api.URL, `OT_API_TOKEN="` + token + `"`}, "unreachable": {"OPENTRAIN_API_BASE_URL=http://127.0.0.1:1", "OT_API_TOKEN=" + token},
	} {
		t.Run(name, func(t *testing.T) {
			p := run(t, environment(t, append(env, "OPENTRAIN_MCP_LOG_LEVEL=debug")...))
			p.send(hello)
			out := string(p.receive().Result)
			for i, tool := range []string{"opentrain_list_jobs", "opentrain_search_jobs"} {
				p.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":%q,"arguments":{}}}`, i+2, tool))
				out += string(p.receive().Result)
			}
			p.send(`{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"opentrain_create_draft","arguments":{"description":"x"}}}`)
			out += string(p.receive().Result)
			p.stdin.Close()
			if _, err := p.end(); err != nil {
				t.Error(err)
			}
			if out += p.stderr.String(); strings.Contains(out, token) {
				t.Errorf("the token is in\n%s", out)
			}
		})
	}
}

func TestTokensAreFoundInTheirOrder(t *testing.T) {
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

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// connect runs the program under mcp-go's own client.
func connect(t *testing.T, env []string, args ...string) *client.Client {
	t.Helper()
	stdio := transport.NewStdioWithOptions(binary, nil, append([]string{"stdio"}, args...), transport.WithCommandFunc(
		func(_ context.Context, command string, _ []string, args []string) (*exec.Cmd, error) {
			cmd := exec.Command(command, args...)
			cmd.Env = env
			return cmd, nil
		}))
	host := client.NewClient(stdio)
	if err := host.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := host.Close(); err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	var hello mcp.InitializeRequest
	hello.Params.ProtocolVersion = mcp.LATEST_LEGACY_PROTOCOL_VERSION
	hello.Params.ClientInfo = mcp.Implementation{Name: "test", Version: "1"}
	if _, err := host.Initialize(t.Context(), hello); err != nil {
		t.Fatal(err)
	}
	return host
}

func callTool(t *testing.T, host *client.Client, name string, arguments map[string]any) (text string, isError bool) {
	t.Helper()
	var request mcp.CallToolRequest
	request.Params.Name, request.Params.Arguments = name, arguments
	result, err := host.CallTool(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	content, ok := result.Content[0].(mcp.TextContent)
	if !ok {
		t.Fatalf("the content is a %T", result.Content[0])
	}
	return content.Text, result.IsError
}

// TestLoopOverStdio posts a job with the real binary and its embedded sandbox.
func TestLoopOverStdio(t *testing.T) {
	host := connect(t, environment(t), "--sandbox")
	for _, step := range []struct {
		tool      string
		arguments map[string]any
		want      string
	}{
		{"opentrain_create_draft", map[string]any{"description": "We need 10 experienced annotators for bounding boxes on 50,000 dashcam images. Pay is $18/hour. English required. Work runs about six weeks."}, "2 answers are missing"},
		{"opentrain_patch_draft", map[string]any{"jobId": "job_1", "fields": map[string]any{"experienceLevel": "intermediate"}}, `"intermediate" was read as "INTERMEDIATE"`},
		{"opentrain_publish", map[string]any{"jobId": "job_1"}, "was not published"},
		{"opentrain_patch_draft", map[string]any{"jobId": "job_1", "fields": map[string]any{"dataVolumeUnit": "NUMBER_OF_FILES"}}, "Next: confirm_with_human"},
		{"opentrain_publish", map[string]any{"jobId": "job_1"}, "Job job_1 is published: OPEN."},
		{"opentrain_publish", map[string]any{"jobId": "job_1"}, "was published before"},
		{"opentrain_search_jobs", map[string]any{"q": "dashcam bounding box"}, "(id job_1)"},
		{"opentrain_list_jobs", map[string]any{"status": "OPEN"}, "(id job_1)"},
	} {
		if text, isError := callTool(t, host, step.tool, step.arguments); isError || !strings.Contains(text, step.want) {
			t.Errorf("%s: %q is not in\n%s", step.tool, step.want, text)
		}
	}
}
