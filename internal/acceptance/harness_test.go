package acceptance_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
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

// TestSourceChangesInvalidateCachedResults makes go test run these tests anew when a source has
// changed: what they run is built above, not linked into them, and a result is
// taken from the cache unless a file that a test looked at has changed.
func TestSourceChangesInvalidateCachedResults(t *testing.T) {
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

// setup is a server on a sandbox, and a host that talks to it over stdio.
type setup struct {
	host  *client.Client
	hello *mcp.InitializeResult
	api   *upstream
	log   *lockedBuffer
}

func start(t *testing.T, variant sandbox.Variant) setup {
	t.Helper()
	return startWith(t, sandbox.New(sandbox.Config{Variant: variant}).Transport(), func(*opentrainmcp.Config) {})
}

func startWith(t *testing.T, api http.RoundTripper, change func(*opentrainmcp.Config)) setup {
	t.Helper()
	s := setup{api: &upstream{api: api}, log: &lockedBuffer{}}
	apiClient, err := opentrain.New(opentrain.Config{Transport: s.api, PublicReadBudget: -1})
	if err != nil {
		t.Fatal(err)
	}
	cfg := opentrainmcp.Config{
		API: apiClient, Version: "test", Logger: slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Token:     fixed(sandbox.DemoToken),
		TokenHelp: "Set a token so and so.", PublishConfirm: opentrainmcp.Off, // confirm_test.go has it on
	}
	change(&cfg)
	s.host = overPipes(t, cfg, nil)
	s.hello = initialize(t, s.host)
	return s
}

// overPipes serves one host over pipes, as over stdio.
func overPipes(t *testing.T, cfg opentrainmcp.Config, options []client.ClientOption) *client.Client {
	t.Helper()
	server, err := opentrainmcp.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	toServer, fromClient := io.Pipe()
	toClient, fromServer := io.Pipe()
	served := make(chan error, 1)
	go func() {
		err := server.ServeStdio(context.Background(), toServer, fromServer)
		fromServer.CloseWithError(err)
		served <- err
	}()
	host := client.NewClient(transport.NewIO(toClient, fromClient, io.NopCloser(strings.NewReader(""))), options...)
	t.Cleanup(func() {
		fromClient.Close() //nolint:errcheck // a pipe
		if err := <-served; err != nil {
			t.Errorf("the server ended with %v", err)
		}
		host.Close() //nolint:errcheck // it is over
	})
	return host
}

// configOn is a configuration on an API, with everything as by default.
func configOn(t *testing.T, api http.RoundTripper) opentrainmcp.Config {
	t.Helper()
	apiClient, err := opentrain.New(opentrain.Config{Transport: api, PublicReadBudget: -1})
	if err != nil {
		t.Fatal(err)
	}
	return opentrainmcp.Config{API: apiClient, Version: "test", Token: fixed(sandbox.DemoToken), Logger: slog.New(slog.DiscardHandler)}
}

// fixed is a caller who always has the same token.
func fixed(token string) func(context.Context) opentrainmcp.Token {
	return func(context.Context) opentrainmcp.Token { return opentrainmcp.Token{Value: token, From: "the test"} }
}

func initialize(t *testing.T, host *client.Client) *mcp.InitializeResult {
	t.Helper()
	if err := host.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	var hello mcp.InitializeRequest
	hello.Params.ProtocolVersion = mcp.LATEST_LEGACY_PROTOCOL_VERSION
	hello.Params.ClientInfo = mcp.Implementation{Name: "test", Version: "1"}
	result, err := host.Initialize(t.Context(), hello)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func greet(t *testing.T, host *client.Client, modern bool) {
	t.Helper()
	if err := host.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	var hello mcp.InitializeRequest
	hello.Params.ClientInfo = mcp.Implementation{Name: "test", Version: "1"}
	result, err := host.Initialize(t.Context(), hello)
	if err != nil {
		t.Fatal(err)
	}
	if mcp.IsModernProtocol(result.ProtocolVersion) != modern {
		t.Fatalf("the protocol is %s", result.ProtocolVersion)
	}
}

// answer is a tool's answer as a client sees it.
type answer struct {
	text       string
	structured json.RawMessage
	isError    bool
	failure    tool.Failure // of an error
}

func (a answer) next(t *testing.T) tool.Next {
	t.Helper()
	var out struct {
		Next tool.Next `json:"next"`
	}
	if err := json.Unmarshal(a.structured, &out); err != nil {
		t.Fatalf("%v in %s", err, a.structured)
	}
	return out.Next
}

func call(t *testing.T, host *client.Client, tool string, arguments any) answer {
	t.Helper()
	var request mcp.CallToolRequest
	request.Params.Name, request.Params.Arguments = tool, arguments
	result, err := host.CallTool(t.Context(), request)
	if err != nil {
		t.Fatalf("%s: %v", tool, err)
	}
	var a answer
	a.isError = result.IsError
	if len(result.Content) != 1 {
		t.Fatalf("%s: %d contents", tool, len(result.Content))
	}
	content, ok := result.Content[0].(mcp.TextContent)
	if !ok {
		t.Fatalf("%s: the content is a %T", tool, result.Content[0])
	}
	a.text = content.Text
	if result.StructuredContent != nil {
		if a.structured, err = json.Marshal(result.StructuredContent); err != nil {
			t.Fatal(err)
		}
	}
	if a.isError {
		if a.structured != nil {
			t.Errorf("%s: an error with structuredContent: %s", tool, a.structured)
		}
		meta, err := json.Marshal(result.Meta.AdditionalFields["opentrain/error"])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(meta, &a.failure); err != nil || a.failure.Code == "" {
			t.Errorf("%s: _meta is %s (%v)", tool, meta, err)
		}
	}
	return a
}

func job(fields ...any) map[string]any {
	arguments := map[string]any{"jobId": "job_1"}
	for i := 0; i+1 < len(fields); i += 2 {
		key, _ := fields[i].(string)
		arguments[key] = fields[i+1]
	}
	return arguments
}

// shownFields are the fields that a step shows to the human, as values.
func shownFields(t *testing.T, next tool.Next) map[string]any {
	t.Helper()
	values := map[string]any{}
	if next.Show == nil {
		return values
	}
	data, err := json.Marshal(next.Show.Fields)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &values); err != nil {
		t.Fatal(err)
	}
	return values
}

// lockedBuffer is a log that several goroutines write.
type lockedBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
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
