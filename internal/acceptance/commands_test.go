package acceptance_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestDemoWithoutTerminal runs the README's first command.
func TestDemoWithoutTerminal(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"demo"}, {"demo", "--variant", "reference"},
		{"demo", "--yes", "Label 500 chest X-rays for a fixed price of $2,500"}} {
		cmd := exec.Command(binary, args...)
		cmd.Env = environment(t)
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "Done: job job_1 is live and search finds it.") {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
		for _, tool := range []string{"create_draft", "patch_draft", "publish", "search_jobs"} {
			if !regexp.MustCompile(`(?m)^» opentrain_` + tool + ` \{.*  →  .* \([\d.]+ ms\)$`).Match(out) {
				t.Errorf("%v: no line shows %s\n%s", args, tool, out)
			}
		}
	}
}

// TestDemoInATerminal answers the demo's questions at a terminal.
func TestDemoInATerminal(t *testing.T) {
	t.Parallel()
	script, err := exec.LookPath("script")
	if err != nil {
		t.Skip("no script command here to make a terminal; .ci/run has it")
	}
	cmd := exec.Command(script, "-qec", binary+" demo", "/dev/null")
	cmd.Env = environment(t)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var seen bytes.Buffer
	screen := bufio.NewReader(io.TeeReader(stdout, &seen))
	for _, step := range []struct{ prompt, typed string }{
		{"or the name): ", "nonsense"}, {"or the name): ", "2"}, {"or the name): ", "number of files"}, {"(yes or no): ", "yes"},
	} {
		waitFor(t, screen, step.prompt, &seen)
		if _, err := io.WriteString(stdin, step.typed+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, screen, "Done: job job_1 is live and search finds it.", &seen)
	stdin.Close()
	io.Copy(io.Discard, screen) //nolint:errcheck // a closed terminal ends with an error
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, seen.String())
	}
	if !strings.Contains(seen.String(), `"nonsense" is not in the list`) || strings.Contains(seen.String(), "sample answer") {
		t.Errorf("the answers were not read from the terminal:\n%s", seen.String())
	}
}

// waitFor reads until a text has appeared.
func waitFor(t *testing.T, screen *bufio.Reader, text string, seen *bytes.Buffer) {
	t.Helper()
	var last strings.Builder
	for !strings.HasSuffix(last.String(), text) {
		r, _, err := screen.ReadRune()
		if err != nil {
			t.Fatalf("%q did not appear: %v\n%s", text, err, seen.String())
		}
		last.WriteRune(r)
	}
}

func TestUsageErrorsAreExplained(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		code int
		want string
	}{
		"unknown command": {[]string{"stdoi"}, 2, "unexpected argument stdoi"},
		"unknown flag":    {[]string{"--sandbx"}, 2, `did you mean "--sandbox"`},
		"bad choice":      {[]string{"--publish-confirm", "maybe"}, 2, "confirm"},
		"bad duration":    {[]string{"--timeout", "soon"}, 2, "timeout"},
		"no time":         {[]string{"--timeout", "0s"}, 1, "--timeout must be above zero"},
		"plain http":      {[]string{"--base-url", "http://app.opentrain.ai"}, 1, "use https"},
		"unknown tool":    {[]string{"--tools", "opentrain_publsh"}, 1, "did you mean opentrain_publish?"},
		"no certificates": {[]string{"--ca-file", "/none"}, 1, "--ca-file"},
		"bad address":     {[]string{"sandbox", "--listen", "127.0.0.1:99999"}, 1, "invalid port"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(binary, test.args...)
			cmd.Env = environment(t)
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			cmd.Run() //nolint:errcheck // the exit code is looked at
			if code := cmd.ProcessState.ExitCode(); code != test.code || !strings.Contains(stderr.String(), test.want) || stdout.Len() > 0 {
				t.Errorf("code %d\nstdout: %s\nstderr: %s", code, &stdout, &stderr)
			}
		})
	}
}

func TestVersionAndHelp(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ arg, want string }{{"version", "opentrain-mcp "}, {"--help", "Usage: opentrain-mcp"}} {
		out, err := exec.Command(binary, test.arg).Output()
		if err != nil || !strings.HasPrefix(string(out), test.want) {
			t.Errorf("%s: %v, %s", test.arg, err, out)
		}
	}
	all, _ := known(t)
	out, err := exec.Command(binary, "tools", "--json").Output()
	var tools []map[string]any
	if err != nil || json.Unmarshal(out, &tools) != nil || len(tools) != len(all) {
		t.Errorf("tools --json: %v, %s", err, out)
	}
}
