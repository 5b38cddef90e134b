package acceptance_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
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

// TestReadmeCountsTheTools: the README says how many tools there are.
func TestReadmeCountsTheTools(t *testing.T) {
	t.Parallel()
	all, _ := known(t)
	page := readFile(t, readmePath)
	for _, words := range []string{"all %d tools", "| %d: posting"} {
		if words = fmt.Sprintf(words, len(all)); !strings.Contains(page, words) {
			t.Errorf("%q is not in the README", words)
		}
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
