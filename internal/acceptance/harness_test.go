package acceptance_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"opentrain-mcp/internal/tool"
)

// The harness has one vocabulary:
//
//   - setup: a server in this process and a host that talks to it over pipes or HTTP,
//     with or without forms (harness_setup_test.go, harness_forms_test.go).
//   - remote: a server in this process, called with raw HTTP requests
//     (harness_http_test.go).
//   - program: the real program in a process of its own (harness_program_test.go).
//   - deployment: three programs behind the real nginx (harness_deployment_test.go).
//   - upstream and its relatives: what stands in for OpenTrain (harness_api_test.go).
//   - answer: a tool's answer, whatever carried it.

// binary is the path of the program, built once for all tests.
var binary string

// update makes tests write their golden files instead of comparing with them.
var update = flag.Bool("update", false, "write the golden files")

// patience limits every wait. A test that waits longer has failed.
const patience = 2 * time.Minute

// slowTests is the variable that switches on the tests that take long by their nature.
const slowTests = "OPENTRAIN_MCP_SLOW_TESTS"

// slow skips a test that takes long by its nature, unless the variable asks for it.
func slow(t *testing.T, why string) {
	t.Helper()
	if os.Getenv(slowTests) != "1" {
		t.Skipf("%s; set %s=1 to run it", why, slowTests)
	}
}

func TestMain(m *testing.M) {
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
	if os.Getenv(slowTests) != "" && !raced { // they measure memory: as it is released
		build = exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, "../../cmd/opentrain-mcp")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
	}
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "building the program:", err)
		return 1
	}
	parallel := "16" // most tests wait
	if raced {
		parallel = "3" // they compute
	}
	if err := flag.Set("test.parallel", parallel); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// TestSourceChangesInvalidateCachedResults opens every source file. The program is
// built above and not linked into the tests, so go test would otherwise reuse a cached
// result after a source has changed.
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

// rpc is the JSON-RPC request that calls a tool.
func rpc(id int, tool string, arguments any) string {
	params := map[string]any{"name": tool, "arguments": arguments}
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params})
	if err != nil {
		panic(err)
	}
	return string(body)
}

// The handshakes of clients, and what a client of 2026-07-28 sends with every request.
const (
	hello = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",` +
		`"capabilities":{},"clientInfo":{"name":"test","version":"1"}}}`
	modernMeta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",` +
		`"io.modelcontextprotocol/clientInfo":{"name":"test","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}`
)

// modernRPC is the request of a client of 2026-07-28 that calls a tool, with the
// capabilities that it declares.
func modernRPC(tool string, arguments any, capabilities string) string {
	meta := strings.Replace(modernMeta, `clientCapabilities":{}`, `clientCapabilities":`+capabilities, 1)
	return strings.Replace(rpc(1, tool, arguments), `"params":{`, `"params":{`+meta+`,`, 1)
}

// message is a JSON-RPC message from the server.
type message struct {
	JSONRPC string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Result  json.RawMessage `json:"result"`
	Error   *rpcError       `json:"error"`
}

// rpcError is the error of a request that reached no tool.
type rpcError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func parseMessage(t testing.TB, text string) message {
	t.Helper()
	var m message
	if err := json.Unmarshal([]byte(text), &m); err != nil || m.JSONRPC != "2.0" {
		t.Fatalf("not JSON-RPC (%v): %.300q", err, text)
	}
	return m
}

// answer is a tool's answer, whatever carried it.
type answer struct {
	id         string // of the request
	text       string
	structured json.RawMessage
	isError    bool
	failure    tool.Failure // of an error
	rpcError   *rpcError    // of a request that reached no tool
}

// parseAnswer reads the message that answers a tool call.
func parseAnswer(t testing.TB, text string) answer {
	t.Helper()
	m := parseMessage(t, text)
	if m.Error != nil {
		return answer{id: string(m.ID), rpcError: m.Error}
	}
	a := parseResult(t, m.Result)
	a.id = string(m.ID)
	return a
}

// parseResult reads the result of a tool call, and checks what holds for every result.
func parseResult(t testing.TB, data []byte) answer {
	t.Helper()
	var result struct {
		IsError           bool            `json:"isError"`
		StructuredContent json.RawMessage `json:"structuredContent"`
		Content           []struct{ Type, Text string }
		Meta              struct {
			Failure tool.Failure `json:"opentrain/error"`
		} `json:"_meta"`
	}
	if err := json.Unmarshal(data, &result); err != nil {
		t.Fatalf("%v in %.300s", err, data)
	}
	if len(result.Content) != 1 || result.Content[0].Type != "text" {
		t.Fatalf("want one text, got %.300s", data)
	}
	if result.IsError && (result.StructuredContent != nil || result.Meta.Failure.Code == "") {
		t.Errorf("an error needs a code in _meta and no structuredContent: %.1000s", data)
	}
	return answer{
		text: result.Content[0].Text, structured: result.StructuredContent,
		isError: result.IsError, failure: result.Meta.Failure,
	}
}

// next is the step that follows.
func (a answer) next(t testing.TB) tool.Next {
	t.Helper()
	var out struct{ Next tool.Next }
	if err := json.Unmarshal(a.structured, &out); err != nil {
		t.Fatalf("%v in %s%s", err, a.structured, a.text)
	}
	return out.Next
}

// shownFields are the fields that a step shows to the human, as values.
func shownFields(t testing.TB, next tool.Next) map[string]any {
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

// job is arguments with the id of the first job that a sandbox makes, and more members
// as pairs of name and value.
func job(members ...any) map[string]any {
	arguments := map[string]any{"jobId": "job_1"}
	for i := 0; i+1 < len(members); i += 2 {
		key, _ := members[i].(string)
		arguments[key] = members[i+1]
	}
	return arguments
}

// patch is arguments that set one field of that job.
func patch(key string, value any) map[string]any { return job("fields", map[string]any{key: value}) }

// completing is arguments that answer the questions about the sample description.
func completing() map[string]any {
	return job("askHuman", false, "fields", map[string]any{"experienceLevel": "EXPERT", "dataVolumeUnit": "NUMBER_OF_FILES"})
}

// lockedBuffer is a log that several goroutines write.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
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

// entries are the lines of a JSON log that have a message.
func entries(log, message string) []map[string]any {
	var found []map[string]any
	for line := range strings.Lines(log) {
		var entry map[string]any
		if json.Unmarshal([]byte(line), &entry) == nil && entry["msg"] == message {
			found = append(found, entry)
		}
	}
	return found
}

// write writes a file, and the directories above it.
func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// soonest is the shortest of the times that something takes, up to the first that is short enough. A busy machine makes
// some of them longer, but none shorter.
func soonest(enough time.Duration, measure func() time.Duration) time.Duration {
	best := measure()
	for tries := 1; best > enough && tries < 40; tries++ {
		best = min(best, measure())
	}
	return best
}

// eventually waits until a condition holds. It polls, so it is only for what sends no
// event.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !holds(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}
