package acceptance_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestInstallSaysWhatItTakesAway: nobody leaves the sandbox, or loses an argument, without a word. A dry run says it too.
func TestInstallSaysWhatItTakesAway(t *testing.T) {
	t.Parallel()
	const leaves = "\nNote: this takes the entry out of the sandbox, to OpenTrain itself"
	gone := "\nNote: arguments that the entry loses: --toolsets. To keep --toolsets, run: " + binary + " install zed --toolsets=all\n"
	sandboxed := "The server uses the sandbox: nothing is real. To leave it, run: " + binary + " install zed\n"
	m := newMachine(t)
	for _, step := range []struct{ args, says, silent string }{
		{"install zed --sandbox", sandboxed, "Note: this"},
		{"install zed --toolsets=all --dry-run", leaves, "Next: "},
		{"install zed --toolsets=all", leaves, gone},
		{"install zed", gone, leaves},
		{"install zed --sandbox", "Updated opentrain", "Note: this"},
		{"install zed --name b --toolsets market,posting --sandbox", " install zed --name b --toolsets=market,posting\n", "Note: this"},
		{"install zed --name b --sandbox", ". To keep --toolsets, run: " + binary + " install zed --name b --sandbox --toolsets=market,posting\n", leaves},
		{"install zed --sandbox --dry-run", "is already installed in Zed", "Next: "},
		{"install zed --sandbox --dry-run", "\nThis was a dry run: nothing has changed.\n", leaves},
	} {
		if out, log, code := m.run(strings.Fields(step.args)...); code != 0 || !strings.Contains(out, step.says) || strings.Contains(out, step.silent) {
			t.Errorf("%s: code %d\n%s%s", step.args, code, out, log)
		}
	}
}

// TestInstallSaysHowToKeepOtherArguments: an argument that install can't write becomes a variable.
func TestInstallSaysHowToKeepOtherArguments(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	write(t, filepath.Join(m.home, ".cursor", "mcp.json"),
		`{"mcpServers": {"opentrain": {"command": "opentrain-mcp", "args": ["--read-only", "--toolsets", "no;such"]}}}`)
	out, _, code := m.run("install", "cursor")
	if code != 0 || !strings.Contains(out, "\nNote: arguments that the entry loses: --read-only, --toolsets. "+
		"Set --read-only with variables in the entry instead: they stay\n") {
		t.Errorf("code %d\n%s", code, out)
	}
}

// TestUninstallKnowsProjects: it reads no project's file unasked, so it says how to ask.
func TestUninstallKnowsProjects(t *testing.T) {
	t.Parallel()
	const hint = "\nNote: for the entry of a project, go to its folder and add --scope project\n"
	m := newMachine(t)
	for _, step := range []struct {
		args  string
		hints bool
	}{
		{"install claude-code --scope project", false}, {"uninstall claude-code", true}, {"uninstall goose", false},
		{"uninstall claude-code --scope project", false}, {"uninstall claude-code --scope project", false},
	} {
		if out, _, code := m.run(strings.Fields(step.args)...); code != 0 || strings.Contains(out, hint) != step.hints {
			t.Errorf("%s: code %d\n%s", step.args, code, out)
		}
	}
}

// TestInstallListSaysWhatIsThere: the sandbox, a server elsewhere, and that flags without a host do nothing.
func TestInstallListSaysWhatIsThere(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.env = append(m.env, "PATH=")
	write(t, filepath.Join(m.home, ".cursor", "mcp.json"), `{"mcpServers": {"opentrain": {"url": "https://mcp.example.com/secret"}}}`)
	m.run("install", "gemini", "--sandbox")
	for args, says := range map[string]string{
		"install":             " opentrain connects to https://mcp.example.com ",
		"install --name hire": " added as opentrain, in the sandbox ",
		"install --dry-run":   "\nNothing was changed, because you named no host. For one of them, run: " + binary + " install cursor --dry-run\n",
	} {
		out, log, code := m.run(strings.Fields(args)...)
		if code != 0 || !strings.Contains(out, says) || strings.Contains(out, "secret") {
			t.Errorf("%s: code %d\n%s%s", args, code, out, log)
		}
	}
	out, log, code := m.run("install", "cursor")
	if code != 1 || !strings.Contains(log, "which connects to https://mcp.example.com. Nothing was changed. Choose another name, such as "+
		"--name opentrain-jobs\n") {
		t.Errorf("code %d\n%s%s", code, out, log)
	}
}

// TestInstallPrintsWhatToPaste: a host with a second list gets the entry to paste.
func TestInstallPrintsWhatToPaste(t *testing.T) {
	t.Parallel()
	out, log, code := newMachine(t).run("install", "jetbrains", "--sandbox")
	if code != 0 || !strings.Contains(out, "\n        {\n") || !strings.Contains(out, `"command": "`+binary+`"`) || !strings.Contains(out, `"--sandbox"`) {
		t.Errorf("code %d\n%s%s", code, out, log)
	}
}

// TestLinesFitATerminal: no command breaks a line inside a word, and what people copy stays whole.
func TestLinesFitATerminal(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.run("install", "claude-desktop", "--sandbox")
	for _, command := range []string{"install", "install emacs", "stdoi", "--timeout soon", "install jetbrains --sandbox --dry-run", "uninstall"} {
		for _, columns := range []int{50, 80} {
			screen, _ := atTerminal(t, columns, append([]string{"TERM=xterm"}, m.env...), command, nil)
			for line := range strings.Lines(screen) {
				line = strings.TrimSuffix(line, "\n")
				whole := strings.Contains(line, binary) || strings.Contains(line, m.home) || strings.Contains(line, "/.config/")
				if utf8.RuneCountInString(line) > columns && !whole {
					t.Errorf("%s: %d characters: %q", command, utf8.RuneCountInString(line), line)
				}
			}
		}
	}
	screen, _ := atTerminal(t, 60, append([]string{"TERM=xterm"}, m.env...), "install", nil)
	if !strings.Contains(screen, "\n  claude-desktop · Claude Desktop · added, in the sandbox\n    ~/.config/Claude/claude_desktop_config.json\n") {
		t.Error(screen)
	}
}

// TestOffToolsetsAreExplained: what is off by default can be read about, and it says how to turn it on.
func TestOffToolsetsAreExplained(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	if out, log, code := m.run("tools", "hire_proposal"); code != 0 || !strings.Contains(out, "#### `opentrain_hire_proposal`") ||
		!strings.HasPrefix(out, "Toolset contracts, off by default: --toolsets=all turns it on.\n") {
		t.Errorf("code %d\n%s%s", code, out, log)
	}
	if out, log, code := m.run("tools", "--tools", "opentrain_hire_proposal"); code != 2 ||
		!strings.Contains(log, "opentrain_hire_proposal is not available, because this server doesn't serve the contracts toolset") {
		t.Errorf("code %d\n%s%s", code, out, log)
	}
	for _, test := range []struct{ args, says string }{
		{"--sandbox", "` with the host's name, or set OPENTRAIN_MCP_TOOLSETS=all for this server, and restart the host."},
		{"--sandbox", "run `" + binary + " install HOST --sandbox --toolsets=all`"},
		{"", "run `" + binary + " install HOST --toolsets=all`"},
	} {
		p := run(t, environment(t), append([]string{"stdio"}, strings.Fields(test.args)...)...)
		got := p.call("opentrain_hire_proposal", map[string]any{})
		if !strings.Contains(got.text, test.says) || test.args != "" && strings.Contains(got.text, "https://") {
			t.Errorf("%s: %s", test.args, got.text)
		}
	}
}

// TestHelpBegins: the help of the program names the first steps, and that of login how to bring an account.
func TestHelpBegins(t *testing.T) {
	t.Parallel()
	for args, says := range map[string]string{
		"--help": "New here? Run", "login --help": "copy an API token from OpenTrain", "stdio --help": "--seed=SEED",
	} {
		out, err := exec.Command(binary, strings.Fields(args)...).Output()
		if plain := strings.Join(strings.Fields(string(out)), " "); err != nil || !strings.Contains(plain, says) {
			t.Errorf("%s: %v\n%s", args, err, out)
		}
	}
}
