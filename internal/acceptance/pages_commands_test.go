package acceptance_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// builds begins a command that also builds the program, as TestMain does.
const builds = "go build -o opentrain-mcp ./cmd/opentrain-mcp && "

// otherCommands are the commands in the pages that TestPagesCommands doesn't run: what runs them, a test or .ci/run, or
// else the reason why nothing does.
func otherCommands() map[string]struct{ ranBy, reason string } {
	return map[string]struct{ ranBy, reason string }{
		"go run ./cmd/opentrain-mcp demo": {ranBy: "TestDemoWithoutTerminal"},
		"go test ./...":                   {ranBy: ".ci/run"},
		"go run ./internal/bench -write":  {ranBy: ".ci/run"},
		"go test ./internal/acceptance ./schema ./opentrain -run '^$' -bench '(ToolCall|Decode|Draft)$'": {ranBy: ".ci/run"},
		"go build -o opentrain-mcp.exe ./cmd/opentrain-mcp; ./opentrain-mcp.exe install claude-desktop":  {reason: "PowerShell"},
		"./opentrain-mcp http --sandbox": {ranBy: "TestPagesCurlCall"},
		"opentrain-mcp http":             {ranBy: "TestPagesCurlCall"},
		"opentrain-mcp http --listen :8443 --tls-cert cert.pem --tls-key key.pem --allowed-hosts mcp.example.com --ops-listen 127.0.0.1:9090": {ranBy: "TestHTTPOverTLS"},

		"opentrain-mcp login":           {ranBy: "TestLogin"},
		"opentrain-mcp login --token":   {ranBy: "TestLoginForScripts"},
		"./opentrain-mcp login --token": {ranBy: "TestLoginForScripts"},
		"opentrain-mcp login status":    {ranBy: "TestLogin"},
		"opentrain-mcp logout":          {ranBy: "TestLogin"},
		"opentrain-mcp doctor":          {reason: "it has tests of its own"},
		"./opentrain-mcp doctor":        {reason: "it has tests of its own"},
		"opentrain-mcp COMMAND --help":  {ranBy: "TestPagesKnowTheFlags"},

		"pip install mcp": {reason: "it downloads a package; TestExamplesRun has a stand-in"},
		"go get github.com/mark3labs/mcp-go/client": {reason: "it downloads a module"},
		"go mod tidy":     {reason: "it downloads modules"},
		"nginx -s reload": {reason: "it needs nginx as a service"},
		"docker run --rm -i -e OPENTRAIN_PERSONAL_API_TOKEN opentrain-mcp:0.1.0": {reason: "it needs Docker"},
		"docker build -t opentrain-mcp:0.1.0 --build-arg VERSION=0.1.0 .":        {reason: "it needs Docker; .ci/run runs the Dockerfile's build line"},
		"docker compose -f deploy/compose.yaml up -d --no-deps opentrain-mcp-a":  {reason: "it needs Docker"},
		"kubectl apply": {reason: "it needs a cluster"},
		"docker compose -f deploy/compose.yaml up --build -d": {reason: "it needs Docker"},
	}
}

// TestPagesCommands runs the commands of the README and the reference pages, each in an empty home directory.
func TestPagesCommands(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the commands are for sh")
	}
	others, seen := otherCommands(), map[string]bool{}
	for path, page := range pages(t) {
		for _, command := range commandsIn(page) {
			if seen[command] {
				continue
			}
			seen[command] = true
			if _, listed := others[command]; listed || strings.HasPrefix(command, "curl ") { // TestPagesCurlCall
				continue
			}
			t.Run(command, func(t *testing.T) {
				t.Parallel()
				if out, err := inShell(t, command); err != nil {
					t.Errorf("%s: %v\n%s", path, err, out)
				}
			})
		}
	}
	gate, tests := readFile(t, "../../.ci/run"), testSource(t)
	for command, other := range others {
		if !seen[command] {
			t.Errorf("no page has the command %s", command)
		}
		switch words := strings.Fields(command); {
		case other.ranBy == ".ci/run" && !strings.Contains(gate, words[1]+" "):
			t.Errorf(".ci/run doesn't run %s", command)
		case other.ranBy != ".ci/run" && !strings.Contains(tests, "\nfunc "+other.ranBy+"(") && other.reason == "":
			t.Errorf("%s: there is no %s", command, other.ranBy)
		}
	}
}

// TestPagesSandboxForHosts: with the variables that the page puts into an entry, a host's server uses that sandbox.
func TestPagesSandboxForHosts(t *testing.T) {
	t.Parallel()
	base, _ := runSandbox(t)
	var entry struct{ Env map[string]string }
	for _, block := range blocks(pages(t)["../../docs/configuration.md"], "json") {
		if err := json.Unmarshal([]byte(block), &entry); err != nil {
			t.Fatal(err)
		}
	}
	env := environment(t)
	for name, value := range entry.Env {
		env = append(env, name+"="+strings.Replace(value, "http://127.0.0.1:8090", base, 1))
	}
	says(t, connect(t, env), "opentrain_create_draft", map[string]any{"description": "10 annotators for dashcam images, $18 an hour"}, base)
}

// commandsIn are the commands of a page: the lines of its shell blocks, and code that begins like a command.
func commandsIn(page string) (commands []string) {
	for _, block := range append(blocks(page, "sh"), blocks(page, "powershell")...) {
		for command := range strings.Lines(strings.ReplaceAll(block, "\\\n", "")) {
			commands = append(commands, strings.TrimSpace(command))
		}
	}
	words := regexp.MustCompile("(?s)```.*?```").ReplaceAllString(page, "")
	for _, code := range regexp.MustCompile("`((?:(?:\\./)?opentrain-mcp|go|docker|kubectl|claude|curl|pip|npm|npx|nginx|openssl) [^`\n]+)`").
		FindAllStringSubmatch(words, -1) {
		commands = append(commands, code[1])
	}
	return commands
}

// inShell runs a command as a reader does, in a folder with the program and an empty module.
func inShell(t *testing.T, command string) (string, error) {
	t.Helper()
	return inShellWith(t, environment(t), command)
}

func inShellWith(t *testing.T, env []string, command string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.Symlink(binary, filepath.Join(dir, "opentrain-mcp")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "go.mod"), "module example.com/mine\n")
	run := exec.Command("sh", "-c", strings.TrimPrefix(command, builds))
	run.Dir = dir
	run.Env = append(slices.Clone(env), "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	out, err := run.CombinedOutput()
	return string(out), err
}

// testSource is the source of this package's tests.
func testSource(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		all.WriteString(readFile(t, file))
	}
	return all.String()
}
