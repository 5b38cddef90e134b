package acceptance_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain/sandbox"
)

// TestReadmeIsShort: details belong to the reference pages.
func TestReadmeIsShort(t *testing.T) {
	t.Parallel()
	const most = 200
	if lines := strings.Count(readFile(t, readmePath), "\n"); lines > most {
		t.Errorf("the README has %d lines", lines)
	}
}

// TestReadmeNamesTheTwoCommands: .ci/run reads them from the README.
func TestReadmeNamesTheTwoCommands(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"go run ./cmd/opentrain-mcp demo", "go test ./..."} {
		if !strings.Contains(readFile(t, readmePath), "```sh\n"+command+"\n```") {
			t.Errorf("%s is not in the README", command)
		}
	}
}

// TestPagesCountTheTools of each transport, and name those that HTTP lacks.
func TestPagesCountTheTools(t *testing.T) {
	t.Parallel()
	defaults, all := listTools(t, ""), listTools(t, tool.AllToolsets)
	if len(defaults.http) == len(defaults.stdio) || len(all.stdio) == len(defaults.stdio) {
		t.Fatalf("%d and %d by default, %d and %d in all", len(defaults.stdio), len(defaults.http), len(all.stdio), len(all.http))
	}
	pages := pages(t)
	page := pages["../../docs/http.md"]
	for text, words := range map[string]string{
		pages[readmePath]: fmt.Sprintf("| %d: posting, searching, accounts, applicants; %d with `--toolsets=all`. [Over HTTP](docs/http.md#tools-over-http): %d and %d |",
			len(defaults.stdio), len(all.stdio), len(defaults.http), len(all.http)),
		page: fmt.Sprintf("%d of the %d tools that are on by default, and %d of the %d with `--toolsets=all`",
			len(defaults.http), len(defaults.stdio), len(all.http), len(all.stdio)),
	} {
		if !strings.Contains(text, words) {
			t.Errorf("no page says %q", words)
		}
	}
	for _, name := range all.stdio {
		if !slices.Contains(all.http, name) && !strings.Contains(page, "`"+name+"`") {
			t.Errorf("http.md doesn't say that %s is missing", name)
		}
	}
}

// transports are the names of the tools that each transport serves.
type transports struct{ stdio, http []string }

// listTools lists them, with the default toolsets or others.
func listTools(t *testing.T, toolsets string) (found transports) {
	t.Helper()
	env := environment(t)
	if toolsets != "" {
		env = append(env, "OPENTRAIN_MCP_TOOLSETS="+toolsets)
	}
	listed, err := connect(t, env, "--sandbox").ListTools(t.Context(), mcp.ListToolsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range listed.Tools {
		found.stdio = append(found.stdio, one.Name)
	}
	answer := runHTTP(t, env, "--sandbox").do(http.MethodPost, "/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)
	var list struct {
		Result struct{ Tools []struct{ Name string } }
	}
	if err := json.Unmarshal([]byte(answer.body), &list); err != nil {
		t.Fatal(err, answer.body)
	}
	for _, one := range list.Result.Tools {
		found.http = append(found.http, one.Name)
	}
	return found
}

// TestHTTPClientRuns runs the client of the page about HTTP with and without sessions, against a server that makes it wait.
func TestHTTPClientRuns(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no Python here; .ci/run has it")
	}
	programs := blocks(pages(t)["../../docs/http.md"], "python")
	if len(programs) != 1 {
		t.Fatalf("%d programs in Python", len(programs))
	}
	for name, flags := range map[string][]string{"stateless": nil, "sessions": {"--sessions"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := runHTTP(t, environment(t), append(flags, "--sandbox", "--rate", "1", "--burst", "1")...)
			client := exec.Command(python, "-c", strings.ReplaceAll(programs[0], "127.0.0.1:8080", server.address))
			client.Env = append(os.Environ(), "OPENTRAIN_PERSONAL_API_TOKEN="+sandbox.DemoToken)
			out, err := client.CombinedOutput()
			if err != nil || !strings.Contains(string(out), "job_1") {
				t.Errorf("%v\n%s", err, out)
			}
			log := server.program.waitFor(`"status":"BUSY"`)
			if !strings.Contains(log, "opentrain_create_draft") {
				t.Error(log)
			}
		})
	}
}

// TestReadmePromisesNoDownload: the README shows no package or image before release/hosting.env says where they are.
func TestReadmePromisesNoDownload(t *testing.T) {
	t.Parallel()
	if hosted(t, "../../release/hosting.env") {
		return
	}
	if found := regexp.MustCompile(`\b(npx|npm (i|install)|brew|docker|podman|ghcr\.io|go install)\b.*`).FindString(readFile(t, readmePath)); found != "" {
		t.Errorf("nothing is published yet, but the README has: %s", found)
	}
}

// hosted says whether a file of settings gives every one of them a value.
func hosted(t *testing.T, path string) bool {
	t.Helper()
	data, err := os.ReadFile(filepath.Clean(path))
	if errors.Is(err, fs.ErrNotExist) {
		return false
	} else if err != nil {
		t.Fatal(err)
	}
	count := 0
	for line := range strings.Lines(string(data)) {
		_, value, setting := strings.Cut(strings.TrimSpace(line), "=")
		if !setting || strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		if count++; strings.Trim(value, ` "'`) == "" {
			return false
		}
	}
	return count > 0
}

// inFolder runs a command in a folder that has the program, as a clone has it.
func inFolder(t *testing.T, name string, arguments ...string) (string, error) {
	t.Helper()
	run := exec.Command(name, arguments...)
	run.Dir = filepath.Dir(binary)
	run.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	out, err := run.CombinedOutput()
	return string(out), err
}

// TestExamplesRun runs the clients of the README and of the page about embedding, the one in Python with a stand-in for
// its library.
func TestExamplesRun(t *testing.T) {
	t.Parallel()
	all := pages(t)
	check := func(t *testing.T, out string, err error) {
		t.Helper()
		if err != nil || !strings.Contains(out, "is live.") || !strings.Contains(out, "(id job_1)") {
			t.Errorf("%v\n%s", err, out)
		}
	}
	embedding := blocks(all["../../docs/embedding.md"], "go")
	if len(embedding) != 4 {
		t.Fatalf("%d programs in Go", len(embedding))
	}
	t.Run("go client", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		write(t, filepath.Join(dir, "main.go"), embedding[0])
		if out, err := exec.Command("go", "build", "-o", dir, filepath.Join(dir, "main.go")).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		program := filepath.Join(dir, "main")
		if runtime.GOOS == "windows" {
			program += ".exe"
		}
		out, err := inFolder(t, program)
		check(t, out, err)
	})
	t.Run("go library", func(t *testing.T) {
		t.Parallel()
		root, err := filepath.Abs("../..")
		if err != nil {
			t.Fatal(err)
		}
		dir, overlay, packages := t.TempDir(), map[string]string{}, []string{"list", "-export", "-overlay", "overlay.json"}
		for i, program := range embedding[1:] { // as packages of this module, without writing into it
			name := fmt.Sprintf("example%d", i+1)
			file := filepath.Join(dir, name+".go")
			write(t, file, program)
			overlay[filepath.Join(root, name, "main.go")] = file
			packages = append(packages, "./"+name)
		}
		packages[3] = filepath.Join(dir, packages[3])
		list, err := json.Marshal(map[string]any{"Replace": overlay})
		if err != nil {
			t.Fatal(err)
		}
		write(t, packages[3], string(list))
		run := exec.Command("go", packages...) // it compiles and doesn't link
		run.Dir = root
		if out, err := run.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
	t.Run("python client", func(t *testing.T) {
		t.Parallel()
		python, err := exec.LookPath("python3")
		if err != nil {
			t.Skip("no Python here; .ci/run has it")
		}
		program := blocks(all[readmePath], "python")
		if len(program) != 1 {
			t.Fatalf("%d programs in Python", len(program))
		}
		stand, err := filepath.Abs("testdata/python")
		if err != nil {
			t.Fatal(err)
		}
		out, err := inFolder(t, python, "-c", "import sys; sys.path.insert(0, "+fmt.Sprintf("%q", stand)+")\n"+program[0])
		check(t, out, err)
	})
}
