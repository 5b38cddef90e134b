package acceptance_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// demoDone is the demo's last heading but one.
const demoDone = "Done. Your job is live in the sandbox, and search finds it."

// TestDemoWithoutTerminal runs the README's first command. A pipe gets no colors, and no terminal's answers.
func TestDemoWithoutTerminal(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"demo"}, {"demo", "--variant", "reference"},
		{"demo", "--yes", "Label 500 chest X-rays for a fixed price of $2,500"}} {
		cmd := exec.Command(binary, args...)
		cmd.Env = append(environment(t), "TERM=xterm-256color")
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), demoDone) || bytes.Contains(out, []byte("\x1b")) {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
		for _, tool := range []string{"create_draft", "patch_draft", "publish", "search_jobs"} {
			if !strings.Contains(string(out), "» opentrain_"+tool+"\n") {
				t.Errorf("%v: no line shows %s\n%s", args, tool, out)
			}
		}
		if command := binary + " install"; !strings.Contains(string(out), command) {
			t.Errorf("%v: %q is not shown\n%s", args, command, out)
		}
	}
}

// demoAtTerminal runs the demo in a terminal with so many columns. It types each answer after its prompt.
func demoAtTerminal(t *testing.T, columns int, environ []string, description string, typing [][2]string) (screen string, code int) {
	t.Helper()
	return atTerminal(t, columns, environ, "demo "+description, typing)
}

// atTerminal runs a command in a terminal with so many columns. It types each answer after its prompt.
func atTerminal(t *testing.T, columns int, environ []string, command string, typing [][2]string) (screen string, code int) {
	t.Helper()
	script, err := exec.LookPath("script")
	if err != nil {
		t.Skip("no script command here to make a terminal; .ci/run has it")
	}
	cmd := exec.Command(script, "-qec", fmt.Sprintf("stty cols %d; exec %s %s", columns, binary, command), "/dev/null")
	cmd.Env = append(environment(t), environ...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var seen bytes.Buffer
	shown := bufio.NewReader(io.TeeReader(stdout, &seen))
	for _, step := range typing {
		waitFor(t, shown, step[0], &seen)
		if _, err := io.WriteString(stdin, step[1]); err != nil {
			t.Fatal(err)
		}
	}
	io.Copy(io.Discard, shown) //nolint:errcheck // a closed terminal ends with an error
	cmd.Wait()                 //nolint:errcheck // the exit code is looked at
	return strings.ReplaceAll(seen.String(), "\r\n", "\n"), cmd.ProcessState.ExitCode()
}

// The ends of the demo's prompts.
const (
	whichOne = "(number or name):"
	yesOrNo  = "(yes or no):"
)

// TestDemoInATerminal answers the demo's questions at terminals of several widths, with colors and without.
func TestDemoInATerminal(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		columns int
		environ string
		color   bool
	}{
		"narrow": {40, "TERM=xterm-256color", true}, "usual": {80, "TERM=xterm", true}, "wide": {120, "TERM=screen", true},
		"NO_COLOR": {80, "NO_COLOR=yes", false}, "dumb": {80, "TERM=dumb", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			screen, code := demoAtTerminal(t, test.columns, []string{"TERM=xterm", test.environ}, "", [][2]string{
				{whichOne, "nonsense\n"}, {whichOne, "senior\n"}, {whichOne, "files\n"}, {yesOrNo, "y\n"},
			})
			if color := strings.Contains(screen, "\x1b["); code != 0 || color != test.color {
				t.Errorf("exit code %d, color %v", code, color)
			}
			screen = regexp.MustCompile(`\x1b\[[0-9;]*m`).ReplaceAllString(screen, "")
			for _, want := range []string{"“nonsense” isn't one of the options.", "  Experience level: Expert\n", "  Data volume unit: Number of files\n", "Done. "} {
				if !strings.Contains(screen, want) {
					t.Errorf("%q is not in\n%s", want, screen)
				}
			}
			for line := range strings.Lines(screen) {
				line = strings.TrimSuffix(line, "\n")
				if strings.Contains(line, "\x1b") || utf8.RuneCountInString(line) > test.columns && !strings.Contains(line, binary) {
					t.Errorf("%d characters: %q", utf8.RuneCountInString(line), line)
				}
			}
		})
	}
}

// TestDemoIsStopped by Ctrl-C or by the end of the input.
func TestDemoIsStopped(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, key, want string
		code            int
	}{
		{"Ctrl-C", "\x03", "Canceled. Nothing was published.", 130},
		{"Ctrl-D", "\x04", "The input ended before you answered. Nothing was published.", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			screen, code := demoAtTerminal(t, 80, nil, "", [][2]string{{whichOne, "1\n"}, {whichOne, test.key}})
			if code != test.code || !strings.HasSuffix(screen, "\n"+test.want+"\n") {
				t.Errorf("exit code %d\n%s", code, screen)
			}
		})
	}
}

// TestDemoShowsTextsInert: a description can't control the terminal, hide anything or pose as the demo.
func TestDemoShowsTextsInert(t *testing.T) {
	t.Parallel()
	screen, code := demoAtTerminal(t, 80, []string{"TERM=xterm"}, `--yes "$(printf 'Label images.\n» \033[2J\033]0;x\007\342\200\256text')"`, nil)
	if code != 0 || !strings.Contains(screen, "Label images.") || !strings.Contains(screen, "» [2J]0;x[U+202E]text") ||
		strings.Contains(screen, "\x1b[2J") || strings.Contains(screen, "\x1b]") || strings.Contains(screen, "\n» [") || strings.Contains(screen, "\u202e") {
		t.Errorf("exit code %d\n%q", code, screen)
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
		"before --":       {[]string{"--", "tools"}, 2, "put the command tools before --"},
		"unknown command": {[]string{"stdoi"}, 2, "stdoi is not a command; did you mean stdio?\nFor the list of commands, run: " + binary + " help\n"},
		"another's word":  {[]string{"status"}, 2, "status is not a command; did you mean login status?"},
		"a shell's word":  {[]string{"whoami"}, 2, "did you mean login status?"},
		"a short flag":    {[]string{"-v"}, 2, "there is no flag -v; did you mean --version?"},
		"not an address":  {[]string{"--base-url", "foo"}, 2, "--base-url: what is set isn't an address such as https://app.opentrain.ai\n"},
		"half an address": {[]string{"sandbox", "--listen", "99"}, 2, `--listen must be an address such as 127.0.0.1:8090, not "99"`},
		"only an error":   {[]string{"stdio", "--toolsets", "foo"}, 2, `opentrain-mcp: there is no toolset "foo"`},
		"unknown flag":    {[]string{"--sandbx"}, 2, "did you mean --sandbox?"},
		"bad choice":      {[]string{"--publish-confirm", "maybe"}, 2, `--publish-confirm must be auto or off, not "maybe"`},
		"bad duration":    {[]string{"--timeout", "soon"}, 2, `--timeout must be a time such as 500ms, 30s or 5m, not "soon"`},
		"no time":         {[]string{"--timeout", "0s"}, 2, "--timeout must be above zero"},
		"plain http":      {[]string{"--base-url", "http://app.opentrain.ai"}, 2, "use https"},
		"unknown tool":    {[]string{"--tools", "opentrain_publsh"}, 2, "did you mean opentrain_publish?"},
		"no certificates": {[]string{"--ca-file", "/none"}, 2, "--ca-file: /none can't be read: "},
		"no token file":   {[]string{"--token-file", "/none"}, 2, "--token-file: /none can't be read: "},
		"no value":        {[]string{"--timeout"}, 2, "--timeout needs a value"},
		"another's flag":  {[]string{"--listen", "127.0.0.1:0"}, 2, "stdio has no flag --listen; it belongs to http, sandbox"},
		"no argument":     {[]string{"logout", "now"}, 2, "logout doesn't take the argument now"},
		"unknown help":    {[]string{"help", "instal"}, 2, "instal is not a command; did you mean install?\nFor the list of commands, run: " + binary + " help\n"},
		"unknown shell":   {[]string{"completion", "tcsh"}, 2, "specify a shell: completion bash|zsh|fish|powershell"},
		"bad seed":        {[]string{"--sandbox", "--seed", "future"}, 2, `--seed must be history, not "future"`},
		"seed without":    {[]string{"--seed", "history"}, 2, "--seed is for the sandbox: add --sandbox"},
		"bad address":     {[]string{"sandbox", "--listen", "127.0.0.1:99999"}, 2, "--listen 127.0.0.1:99999 has an invalid port"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(binary, test.args...)
			cmd.Env = environment(t)
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			cmd.Run() //nolint:errcheck // the exit code is looked at
			if code := cmd.ProcessState.ExitCode(); code != test.code || !strings.Contains(stderr.String(), test.want) || stdout.Len() > 0 ||
				strings.Contains(stderr.String(), "no API token") {
				t.Errorf("code %d\nstdout: %s\nstderr: %s", code, &stdout, &stderr)
			}
		})
	}
}

// TestOutputThatCantBeWritten: a command whose result no one gets has failed, and says why.
func TestOutputThatCantBeWritten(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full here")
	}
	t.Cleanup(func() { _ = full.Close() })
	for _, command := range []string{
		"install", "install cursor", "uninstall cursor", "tools", "tools --json", "version", "--version", "--help", "help tools", "demo",
		"login status", "login status --json", "doctor --sandbox", "doctor --sandbox --json", "completion bash",
	} {
		home := t.TempDir()
		cmd := exec.Command(binary, strings.Fields(command)...)
		cmd.Env, cmd.Stdout = environment(t, "HOME="+home, "USERPROFILE="+home), full
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		cmd.Run() //nolint:errcheck // the exit code is looked at
		if code := cmd.ProcessState.ExitCode(); code != 1 ||
			!strings.Contains(stderr.String(), "opentrain-mcp: standard output can't be written: no space left on device\n") {
			t.Errorf("%s: code %d\n%s", command, code, &stderr)
		}
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
