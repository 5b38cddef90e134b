package acceptance_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const readmePath = "../../README.md"

func readme(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(readmePath)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(data), "\r\n", "\n")
}

// TestReadmeShowsTheTools compares the README's tables with the tools command.
func TestReadmeShowsTheTools(t *testing.T) {
	t.Parallel()
	text := readme(t)
	const start, end = "<!-- tools: made by `opentrain-mcp tools` -->\n", "<!-- end of tools -->"
	before, rest, found := strings.Cut(text, start)
	shown, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatal("the README has no marker for the tools")
	}
	out, err := exec.Command(binary, "tools").Output()
	if err != nil {
		t.Fatal(err)
	}
	want := "\n" + string(out) + "\n"
	if *update {
		if err := os.WriteFile(readmePath, []byte(before+start+want+end+after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if shown != want {
		t.Error("the README's tables are not what the tools command prints; run with -update")
	}
}

// TestReadmeNamesTheTwoCommands: .ci/run reads them from the README.
func TestReadmeNamesTheTwoCommands(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"go run ./cmd/opentrain-mcp demo", "go test ./..."} {
		if !strings.Contains(readme(t), "```sh\n"+command+"\n```") {
			t.Errorf("%s is not in the README", command)
		}
	}
}

// TestReadmeConfigurationsAreJSON: the JSON that a reader pastes is valid.
func TestReadmeConfigurationsAreJSON(t *testing.T) {
	t.Parallel()
	blocks := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(readme(t), -1)
	if len(blocks) < 4 {
		t.Fatalf("%d JSON blocks", len(blocks))
	}
	for _, block := range blocks {
		if !json.Valid([]byte(block[1])) {
			t.Errorf("not JSON:\n%s", block[1])
		}
	}
}

// TestReadmeFlagsExist: the README and the help list the same flags and variables, with the same default numbers and times.
func TestReadmeFlagsExist(t *testing.T) {
	t.Parallel()
	section := func(title string) string {
		_, text, _ := strings.Cut(readme(t), "\n## "+title+"\n")
		text, _, _ = strings.Cut(text, "\n## ")
		return text
	}
	settings := section("Settings")
	for command, text := range map[string]string{"stdio": settings, "http": settings + section("Many callers over HTTP")} {
		help, err := exec.Command(binary, command, "--help").Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range regexp.MustCompile("`(--[a-z-]+|OPENTRAIN_MCP_[A-Z_]+)`").FindAllStringSubmatch(text, -1) {
			if name[1] != "--json" && name[1] != "OPENTRAIN_MCP_" && !bytes.Contains(help, []byte(name[1])) {
				t.Errorf("%s: %s is not in the help", command, name[1])
			}
		}
		for _, flag := range regexp.MustCompile(`(?m)^ +(--[a-z-]+)`).FindAllSubmatch(help, -1) {
			if name := string(flag[1]); name != "--help" && name != "--version" && !strings.Contains(text, "`"+name+"`") {
				t.Errorf("%s: %s is not in the README", command, name)
			}
		}
		for _, flag := range regexp.MustCompile(`(?m)^ +(--[a-z-]+)=([0-9]\S*)`).FindAllStringSubmatch(string(help), -1) {
			_, line, _ := strings.Cut(text, "`"+flag[1]+"`")
			line, _, _ = strings.Cut(line, "\n")
			if standard := strings.Replace(flag[2], "m0s", "m", 1); !strings.Contains(line, "`"+standard+"`") {
				t.Errorf("%s: the README doesn't say that %s is %s by default", command, flag[1], standard)
			}
		}
	}
}

// TestReadmeCurlCalls runs the README's curl call against the http command.
func TestReadmeCurlCalls(t *testing.T) {
	t.Parallel()
	curl := regexp.MustCompile("(?s)```sh\n(curl .*?)```").FindStringSubmatch(readme(t))
	if curl == nil {
		t.Fatal("the README has no curl call")
	}
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("no curl here; .ci/run has it")
	}
	p := runHTTP(t, environment(t), "--sandbox")
	out, err := exec.Command("sh", "-c", strings.ReplaceAll(curl[1], "127.0.0.1:8080", p.address)).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "1 live job on this page.") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestReadmeExamplesRun runs the Go example, and the Python example with a stand-in for
// its library.
func TestReadmeExamplesRun(t *testing.T) {
	t.Parallel()
	program := func(language string) string {
		block := regexp.MustCompile("(?s)```" + language + "\n(.*?)```").FindStringSubmatch(readme(t))
		if block == nil {
			t.Fatalf("no %s example", language)
		}
		return block[1]
	}
	path := "PATH=" + filepath.Dir(binary) + string(os.PathListSeparator) + os.Getenv("PATH")
	t.Run("go", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "main.go")
		write(t, file, program("go"))
		run := exec.Command("go", "run", file)
		run.Env = append(os.Environ(), path)
		out, err := run.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "is live.") || !strings.Contains(string(out), "(id job_1)") {
			t.Errorf("%v\n%s", err, out)
		}
	})
	t.Run("python", func(t *testing.T) {
		python, err := exec.LookPath("python3")
		if err != nil {
			t.Skip("no Python here; .ci/run has it")
		}
		file := filepath.Join(t.TempDir(), "main.py")
		write(t, file, program("python"))
		stand, err := filepath.Abs("testdata/python")
		if err != nil {
			t.Fatal(err)
		}
		run := exec.Command(python, file)
		run.Env = append(os.Environ(), path, "PYTHONPATH="+stand, "PYTHONDONTWRITEBYTECODE=1")
		out, err := run.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "is live.") || !strings.Contains(string(out), "(id job_1)") {
			t.Errorf("%v\n%s", err, out)
		}
	})
}
