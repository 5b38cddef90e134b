package acceptance_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"opentrain-mcp/opentrain/sandbox"
)

// TestHelpAndVersion: both ways to ask print the same. The help has the exit codes.
func TestHelpAndVersion(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	for one, other := range map[string]string{"help": "--help", "help http": "http --help", "version": "--version"} {
		first, log, code := m.run(strings.Fields(one)...)
		second, _, _ := m.run(strings.Fields(other)...)
		if code != 0 || log != "" || first == "" || first != second {
			t.Errorf("%s: code %d\n%s%s%s: %s", one, code, first, log, other, second)
		}
	}
	help, _, _ := m.run("help")
	for _, want := range []string{"\nExit codes:\n  0 ", "\n  1 ", "\n  2 ", "\n  130 ", "\n  doctor "} {
		if !strings.Contains(help, want) {
			t.Errorf("%q is not in\n%s", want, help)
		}
	}
	if strings.Contains(help, "__complete") {
		t.Error(help)
	}
}

// TestSuggestionsDestroyNothing: a typo of anything never leads to a command or flag that destroys something.
func TestSuggestionsDestroyNothing(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	for typed, want := range map[string]string{
		"logn": "logn is not a command; did you mean login?\n", "doctr": "doctr is not a command; did you mean doctor?\n",
		"logot": "logot is not a command\n", "uninstal": "uninstal is not a command\n", "unistall": "unistall is not a command\n",
		"login --forc": "login has no flag --forc\n", "logout --revok": "logout has no flag --revok\n", "--sandbx": "did you mean --sandbox?\n",
	} {
		if out, log, code := m.run(strings.Fields(typed)...); code != 2 || out != "" || !strings.Contains(log, want) {
			t.Errorf("%s: code %d\n%s%s", typed, code, out, log)
		}
	}
}

// TestShellCompletion: what each shell is offered at the end of a line.
func TestShellCompletion(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	for line, want := range map[string]string{
		"ins":                      "install",
		"uninstall cl":             "claude-desktop claude-code",
		"install --scope ":         "user project",
		"install --scope=p":        "project",
		"install --scope=":         "user project",
		"install zed --scope ":     "user project",
		"--sandb":                  "--sandbox",
		"http --au":                "--auth",
		"http --auth s":            "shared",
		"--timeout 3s --log-level": "--log-level",
		"--log-level w":            "warn",
		"--toolsets ma":            "market",
		"--confirm ":               "auto off",
		"doctor --host z":          "zed",
		"login s":                  "status",
		"completion p":             "powershell",
		"help ver":                 "version",
		"--token-file ":            "",
		"--nope=x":                 "",
		"install zed ":             "",
		"version ":                 "",
	} {
		out, _, code := m.run(append([]string{"__complete"}, strings.Split(line, " ")...)...)
		var offered []string
		for line := range strings.Lines(out) {
			if word, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t"); !strings.HasPrefix(word, ":") { // for the shell
				offered = append(offered, word)
			}
		}
		if got := strings.Join(offered, " "); code != 0 || got != want {
			t.Errorf("%q: code %d, %q, want %q", line, code, got, want)
		}
	}
}

// TestShellCompletionScripts: each shell that is here reads its script without a word, and bash completes with it.
func TestShellCompletionScripts(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	for shell, test := range map[string]struct{ try, want string }{
		"bash": {`complete_line() { COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=9; COMP_WORDS=($1) COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); ` +
			`__start_opentrain-mcp 2>/dev/null && echo "${COMPREPLY[*]}"; }; ` +
			`source "$0" && complete -p opentrain-mcp && complete_line "opentrain-mcp install vs" && complete_line "opentrain-mcp install --scope=p"`,
			"complete -o default -F __start_opentrain-mcp opentrain-mcp\nvscode\nproject\n"},
		"zsh":  {`autoload -U compinit && compinit -u && source "$0" && echo "$_comps[opentrain-mcp]"`, "_opentrain-mcp\n"},
		"fish": {`source $argv[1]; complete -C "opentrain-mcp install vs"`, "vscode\tVS Code\n"},
		"powershell": {`. ([scriptblock]::Create((Get-Content -Raw $args[0]))); ` +
			`([System.Management.Automation.CommandCompletion]::CompleteInput("opentrain-mcp install vs", 24, $null)).CompletionMatches[0].CompletionText`,
			"vscode\n"},
	} {
		out, log, code := m.run("completion", shell)
		if code != 0 || log != "" || !strings.Contains(out, "__complete") {
			t.Errorf("%s: code %d\n%s%s", shell, code, out, log)
		}
		file := filepath.Join(t.TempDir(), "script.ps1")
		write(t, file, out)
		name := map[string]string{"powershell": "pwsh"}[shell]
		if name == "" {
			name = shell
		}
		path, err := exec.LookPath(name)
		if err != nil {
			t.Logf("no %s here", name)
			continue
		}
		cmd := exec.Command(path, "-c", test.try, file)
		cmd.Env = append(slices.Clone(m.env), "PATH="+filepath.Dir(binary)+string(os.PathListSeparator)+os.Getenv("PATH"))
		if got, err := cmd.CombinedOutput(); err != nil || string(got) != test.want {
			t.Errorf("%s: %v, %q", shell, err, got)
		}
	}
}

// TestToolsInATerminal: people get texts that fit, programs get Markdown.
func TestToolsInATerminal(t *testing.T) {
	t.Parallel()
	for _, columns := range []int{40, 120} {
		for command, want := range map[string]string{
			"tools": "opentrain_publish\n  Publish a finished draft", "tools publish": "\nArguments\n  jobId ", "tools --markdown --tools opentrain_publish": "| Tool |",
			"tools list_facets": "public read. Reads what",
		} {
			screen, code := atTerminal(t, columns, nil, command, nil)
			if code != 0 || !strings.Contains(screen, want) {
				t.Errorf("%s: code %d\n%s", command, code, screen)
			}
			for line := range strings.Lines(screen) {
				if line = strings.ReplaceAll(line, binary, "opentrain-mcp"); utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > columns && !strings.Contains(command, "markdown") {
					t.Errorf("%s: wider than %d columns: %s", command, columns, line)
				}
			}
		}
	}
	m := newMachine(t)
	if out, _, code := m.run("tools", "publish"); code != 0 || !strings.HasPrefix(out, "| Kind |") || strings.Contains(out, "create_draft") {
		t.Errorf("code %d\n%s", code, out)
	}
	if out, log, code := m.run("tools", "publsh"); code != 2 || out != "" || !strings.Contains(log, "did you mean opentrain_publish?") {
		t.Errorf("code %d\n%s%s", code, out, log)
	}
}

// TestStdioInATerminal: someone who starts it by hand hears what it waits for, and leaves with Ctrl-C.
func TestStdioInATerminal(t *testing.T) {
	t.Parallel()
	hint := "Waiting for an MCP host. Press Ctrl-C to exit. To add this server to a host, run: " + binary + " install\n"
	screen, code := atTerminal(t, 120, nil, "--sandbox", [][2]string{{"opentrain-mcp install", "\x03"}})
	if code != 0 || !strings.Contains(screen, hint) {
		t.Errorf("code %d\n%s", code, screen)
	}
	p := run(t, environment(t), "--sandbox")
	p.send(hello)
	p.receive()
	p.stdin.Close()
	if err := p.end(); err != nil || strings.Contains(p.stderr.String(), "Waiting") {
		t.Errorf("%v\n%s", err, &p.stderr)
	}
}

// TestHTTPGreetsAtATerminal: a person sees the address to give to hosts, and how to stop.
func TestHTTPGreetsAtATerminal(t *testing.T) {
	t.Parallel()
	const stop = "/mcp. Press Ctrl-C to stop."
	screen, code := atTerminal(t, 80, nil, "http --sandbox --listen 127.0.0.1:0", [][2]string{{stop, "\x03"}})
	if code != 0 || !strings.Contains(screen, "\nServing at http://127.0.0.1:") {
		t.Errorf("code %d\n%s", code, screen)
	}
}

// TestLoginInATerminal: it asks before it registers an account or forgets one, asks again after a typo, and wraps what it says. What
// a person pastes isn't shown, and Ctrl-C ends the questions with code 130.
func TestLoginInATerminal(t *testing.T) {
	t.Parallel()
	home, base := t.TempDir(), serveSandbox(t, sandbox.Config{})
	env := []string{"HOME=" + home, "USERPROFILE=" + home, "OPENTRAIN_API_BASE_URL=" + base}
	const which, email, paste, forget = "Your answer (1 or 2): ", "Email address: ", "API token: ", "Forget it for good? (yes or no): "
	claimIt, pasteOne := "\n  "+binary+" login --email you@example.com\n", "\n  "+binary+" login --token --force\n"
	for _, step := range []struct {
		command      string
		typing       [][2]string
		code         int
		want, absent string
	}{
		{"login --token", [][2]string{{paste, "\x03"}}, 130, "Interrupted. To continue:\n  " + binary + " login --token\n", ""},
		{"login", [][2]string{{which, "\x03"}}, 130, "Interrupted. To continue:\n  " + binary + " login\n", "Registered"},
		{"login", [][2]string{{which, "\x04"}}, 130, "2  Paste an API token", "Registered"},
		{"login", [][2]string{{which, "2\n"}, {paste, sandbox.DemoToken + "\n"}}, 0, "Logged in as Sandbox Demo", "Registered"},
		{"login --force", [][2]string{{which, "\n"}, {"Type 1 or 2.\r\n" + which, "1\n"}, {email, "\n"}}, 0, "To claim it later:" + claimIt, "set up"},
		{"login --force", [][2]string{{which, "1\n"}, {forget, "no\n"}}, 1, "Nothing was changed.", "Registered"},
		{"login --no-wait", nil, 0, "To claim it later:" + claimIt, ""},
		{"login", [][2]string{{email, "foo\n"}, {"“foo” isn't an email address. Type it again, or press Enter.\r\n" + email, "\n"}}, 0, claimIt, ""},
		{"login", [][2]string{{email, "user_1@example.com\n"}, {"Enter.\r\n" + email, "\n"}}, 0,
			"user_1@example.com already has an OpenTrain account. Type another address, or", "isn't an"},
		{"login", [][2]string{{email, "user_1@example.com\n"}, {"Enter.\r\n" + email, "\n"}}, 0, pasteOne, ""},
		{"login", [][2]string{{email, "ada@example.org\n"}, {"Waiting for you… 0 s", "\x03"}}, 130, "Interrupted.", ""},
		{"login", [][2]string{{"Waiting for you… 0 s", "\x03"}}, 130, "the page for it is still open.", email},
		{"login --token --force", [][2]string{{paste, sandbox.DemoToken + "\n"}, {forget, "yes\n"}}, 0, "Logged in as Sandbox Demo", ""},
		{"login --token", nil, 1, "A token is already saved in", ""},
	} {
		screen, code := atTerminal(t, 80, env, step.command, step.typing)
		if code != step.code || !strings.Contains(screen, step.want) || strings.Contains(screen, sandbox.DemoToken) ||
			step.absent != "" && strings.Contains(screen, step.absent) {
			t.Errorf("%s: code %d\n%s", step.command, code, screen)
		}
		for line := range strings.Lines(screen) { // what people copy is whole
			line = strings.TrimSuffix(line[strings.LastIndex(line, "\r")+1:], "\n")
			if utf8.RuneCountInString(line) > 80 && !strings.HasPrefix(line, "  ") {
				t.Errorf("%s: wider than the terminal: %q", step.command, line)
			}
		}
	}
}

// TestDoctorInATerminal: its marks have colors there, unless someone doesn't want any.
func TestDoctorInATerminal(t *testing.T) {
	t.Parallel()
	for environ, color := range map[string]bool{"TERM=xterm": true, "NO_COLOR=1": false} {
		screen, _ := atTerminal(t, 80, []string{"TERM=xterm", environ}, "doctor --sandbox", nil)
		if strings.Contains(screen, "\x1b[32mok    \x1b[0mprogram: ") != color || !strings.Contains(screen, "ok    ") {
			t.Errorf("%s\n%q", environ, screen)
		}
	}
}
