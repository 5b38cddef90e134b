package acceptance_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"opentrain-mcp/internal/hosts"
	"opentrain-mcp/opentrain/sandbox"
)

// left are the files in a home folder.
func (m *machine) left() (found []string) {
	m.t.Helper()
	err := filepath.WalkDir(m.home, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		m.t.Fatal(err)
	}
	return found
}

// TestInstallCommand: the commands add the entry to each host, say what they did, and leave nothing behind.
func TestInstallCommand(t *testing.T) {
	t.Parallel()
	for _, host := range hosts.All() {
		t.Run(host.Name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			file := m.file(host)
			expect := func(want string, args ...string) {
				t.Helper()
				if out, log, code := m.run(args...); code != 0 || log != "" || !strings.HasPrefix(out, want) {
					t.Errorf("%v: code %d\n%s%s", args, code, out, log)
				}
			}
			expect("Added opentrain to "+host.Title+": "+file+"\nNote: "+host.Title+" doesn't seem to be on this machine yet.\nNext: "+host.Next,
				"install", host.Name, "--sandbox")
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got := commandIn(t, host, data); !slices.Equal(got, []string{binary, "--sandbox"}) {
				t.Errorf("the host starts %q", got)
			}
			expect("opentrain is already installed in "+host.Title+": "+file, "install", host.Name, "--sandbox")
			expect("Removed opentrain from "+host.Title+": "+file, "uninstall", host.Name)
			if left := m.left(); len(left) > 0 {
				t.Error("left over:", left)
			}
		})
	}
}

// TestInstallUpdates: what the entry says follows the last command.
func TestInstallUpdates(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	file := filepath.Join(m.home, ".cursor", "mcp.json")
	const before = `{"mcpServers": {"a": {"command": "a"}}}`
	write(t, file, before)
	for _, step := range []struct{ args, want, entry string }{
		{"install cursor --dry-run", "--- " + file, before},
		{"install cursor", "Added opentrain to Cursor: " + file + "\nBackup: " + file + ".opentrain-backup\nNext: ", `"args": []`},
		{"install cursor --toolsets posting,,market", "Updated opentrain in Cursor: " + file, `"args": ["--toolsets=posting,market"]`},
		{"install cursor --toolsets posting,market --dry-run", "opentrain is already installed in Cursor: " + file, `=posting,market"]`},
		{"uninstall cursor --dry-run", "--- " + file, "opentrain"},
		{"uninstall cursor", "Removed opentrain from Cursor: " + file + "\nNext: restart Cursor", before},
		{"uninstall cursor", "opentrain isn't installed in Cursor: there is no such entry in " + file + "\nNote: ", before},
	} {
		out, log, code := m.run(strings.Fields(step.args)...)
		data, err := os.ReadFile(file)
		if code != 0 || log != "" || err != nil || !strings.HasPrefix(out, step.want) || !strings.Contains(string(data), step.entry) {
			t.Errorf("%s: code %d, %v\n%s%s%s", step.args, code, err, out, log, data)
		}
	}
	if left := m.left(); len(left) != 1 {
		t.Error("left over:", left)
	}
}

// TestInstallInAProject: the entry goes into the folder, for hosts that look there.
func TestInstallInAProject(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	out, log, code := m.run("install", "vscode", "--scope", "project", "--name", "hire")
	data, err := os.ReadFile(filepath.Join(m.home, ".vscode", "mcp.json"))
	if code != 0 || log != "" || err != nil || !strings.Contains(string(data), `"hire": {`) ||
		!strings.Contains(out, "Note: the entry has the path of the program on this machine, "+binary+"\n") {
		t.Errorf("code %d, %v\n%s%s%s", code, err, out, log, data)
	}
}

// TestInstallShowsTheChange: a dry run writes nothing.
func TestInstallShowsTheChange(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	out, _, code := m.run("install", "codex", "--dry-run")
	if code != 0 || !strings.Contains(out, "\n+[mcp_servers.opentrain]\n+command = '"+binary+"'\n+args = []\n") ||
		!strings.HasSuffix(out, "\nThis was a dry run: nothing has changed.\n") || len(m.left()) > 0 {
		t.Errorf("code %d\n%s\n%v", code, out, m.left())
	}
}

// TestInstallListsHosts: without a host, those on the machine are listed, with what is in their files.
func TestInstallListsHosts(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.env = append(m.env, "PATH=") // the machine that runs the test may have hosts
	if out, _, code := m.run("install"); code != 0 || !strings.HasPrefix(out, "No known host was found on this machine.") ||
		!strings.Contains(out, strings.Join(hosts.Names(), ", ")) {
		t.Errorf("code %d\n%s", code, out)
	}
	write(t, filepath.Join(m.home, ".cursor", "mcp.json"), `{"mcpServers": {"opentrain": {"command": "opentrain-mcp"}}}`)
	write(t, filepath.Join(m.home, ".codex", "config.toml"), "mcp_servers.opentrain.command = 'npx'")
	write(t, filepath.Join(m.home, ".gemini", "settings.json"), "{")
	write(t, filepath.Join(m.home, ".junie", "guidelines.md"), "")
	out, _, code := m.run("install")
	path := func(name string) string { return regexp.QuoteMeta(filepath.FromSlash(name)) }
	want := regexp.MustCompile(`(?s)^Hosts on this machine:\n
  cursor +Cursor +added +` + path("~/.cursor/mcp.json") + `
  codex +Codex +has another server named opentrain +` + path("~/.codex/config.toml") + `
  gemini +Gemini CLI +invalid settings file +` + path("~/.gemini/settings.json") + `
  jetbrains +JetBrains \(Junie\) +not added +` + path("~/.junie/mcp/mcp.json") + `

To add OpenTrain to one of them, run: ` + regexp.QuoteMeta(binary) + ` install jetbrains
$`)
	if code != 0 || !want.MatchString(out) {
		t.Errorf("code %d\n%s", code, out)
	}
}

// TestInstallKnowsAccounts: someone without an account hears how to get one. A variable of this shell doesn't reach hosts.
func TestInstallKnowsAccounts(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.env = append(m.env, "OT_API_TOKEN="+sandbox.DemoToken)
	const hint = "There is no OpenTrain account on this machine yet."
	file := filepath.Join(m.home, ".cursor", "mcp.json")
	if out, _, _ := m.run("install", "zed"); strings.Contains(out, hint) || !strings.Contains(out, "Your token is only in this shell's OT_API_TOKEN, "+
		"and hosts don't pass on a shell's variables. To save it for the server, remove the variable, run this command, and paste the token: "+
		binary+" login --token\n") {
		t.Error(out)
	}
	m.env = append(m.env, "OT_API_TOKEN=")
	if out, _, _ := m.run("install", "zed"); !strings.Contains(out, hint) {
		t.Error(out)
	}
	for entries, says := range map[string]string{
		`"opentrain": {"command": "npx", "env": {"OPENTRAIN_PERSONAL_API_TOKEN": "a"}}`: "The entry opentrain has a token that this server doesn't get. " +
			"To use the same account, run this command and paste the token: " + binary + " login --token\n",
		`"opentrain": {"command": "npx", "env": {"OPENTRAIN_PERSONAL_API_TOKEN": ""}}`:                              hint,
		`"hire": {"command": "opentrain-mcp", "env": {"OT_API_TOKEN": "a"}}`:                                        "",
		`"hire": {"command": "opentrain-mcp", "env": {"OPENTRAIN_API_TOKEN_FILE": "/a"}}`:                           "",
		`"hire": {"command": "opentrain-mcp", "env": {"OPENTRAIN_MCP_SANDBOX": "1"}}`:                               "",
		`"hire": {"command": "opentrain-mcp"}, "other": {"command": "opentrain-mcp", "env": {"OT_API_TOKEN": "a"}}`: hint,
	} {
		write(t, file, `{"mcpServers": {`+entries+`}}`)
		out, _, code := m.run("install", "cursor", "--name", "hire")
		if code != 0 || !strings.Contains(out, says) || says == "" && (strings.Contains(out, hint) || strings.Contains(out, "login")) {
			t.Errorf("%s: code %d\n%s", entries, code, out)
		}
		m.run("uninstall", "cursor", "--name", "hire")
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if out, _, _ := m.run("install", "zed", "--sandbox"); strings.Contains(out, hint) {
		t.Error(out)
	}
	write(t, filepath.Join(m.home, ".config", "opentrain", "cli.json"), `{"apiToken": "`+sandbox.DemoToken+`"}`)
	if out, _, _ := m.run("install", "zed"); strings.Contains(out, hint) || strings.Contains(out, "XDG_CONFIG_HOME") {
		t.Error(out)
	}
	m.env = append(m.env, "XDG_CONFIG_HOME="+filepath.Join(m.home, ".config"))
	if out, _, _ := m.run("install", "zed"); !strings.Contains(out, "set XDG_CONFIG_HOME in the entry too.") {
		t.Error(out)
	}
	for _, path := range m.left() {
		if data, err := os.ReadFile(path); err != nil || strings.Contains(string(data), sandbox.DemoToken) && filepath.Base(path) != "cli.json" {
			t.Errorf("%s has the token (%v)", path, err)
		}
	}
}

// TestInstallLooksWhereTheServerLooks: an entry may have a folder of its own, and a shell may name a file.
func TestInstallLooksWhereTheServerLooks(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		shell, entry string // FULL and EMPTY are folders with an account and without one
		says         string // "" for nothing about an account
	}{
		"the entry's":         {"", "XDG_CONFIG_HOME=FULL", ""},
		"both":                {"XDG_CONFIG_HOME=FULL", "XDG_CONFIG_HOME=FULL", ""},
		"handed on":           {"XDG_CONFIG_HOME=FULL", "XDG_CONFIG_HOME=${env:XDG_CONFIG_HOME}", ""},
		"only this shell's":   {"XDG_CONFIG_HOME=FULL", "A=b", "set XDG_CONFIG_HOME in the entry too."},
		"no account there":    {"XDG_CONFIG_HOME=FULL", "XDG_CONFIG_HOME=EMPTY", "There is no OpenTrain account below EMPTY, which the entry's XDG_CONFIG_HOME names."},
		"this shell's file":   {"OPENTRAIN_API_TOKEN_FILE=/a", "A=b", "Your token is only in this shell's OPENTRAIN_API_TOKEN_FILE, and"},
		"no account anywhere": {"A=b", "A=b", "There is no OpenTrain account on this machine yet."},
	} {
		m := newMachine(t)
		write(t, filepath.Join(m.home, "full", "opentrain", "cli.json"), `{"apiToken": "`+sandbox.DemoToken+`"}`)
		fill := strings.NewReplacer("FULL", filepath.Join(m.home, "full"), "EMPTY", filepath.Join(m.home, "empty")).Replace
		m.env = append(m.env, fill(test.shell))
		variable, value, _ := strings.Cut(fill(test.entry), "=")
		write(t, filepath.Join(m.home, ".cursor", "mcp.json"),
			fmt.Sprintf(`{"mcpServers": {"opentrain": {"command": "opentrain-mcp", "env": {%q: %q}}}}`, variable, value))
		out, complaint, code := m.run("install", "cursor")
		_, notes, _ := strings.Cut(out, "Next: ")
		if code != 0 || !strings.Contains(notes, fill(test.says)) ||
			test.says == "" && (strings.Contains(notes, "account") || strings.Contains(notes, "XDG_CONFIG_HOME")) {
			t.Errorf("%s: code %d\n%s%s", name, code, out, complaint)
		}
	}
}

// TestInstallMistakesAreExplained: and nothing is written.
func TestInstallMistakesAreExplained(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		code int
		want string
	}{
		"a mistyped host":   {[]string{"install", "curser"}, 2, `"curser" is not a known host; did you mean cursor?`},
		"half a name":       {[]string{"install", "claude"}, 2, `"claude" is not a known host; did you mean claude-desktop or claude-code?`},
		"an unknown host":   {[]string{"install", "emacs"}, 2, `"emacs" is not a known host; the hosts are claude-desktop, claude-code,`},
		"no such settings":  {[]string{"install", "goose", "--scope", "project"}, 2, "goose has no settings for a project; leave --scope out"},
		"an unknown scope":  {[]string{"install", "zed", "--scope", "team"}, 2, `--scope must be user or project, not "team"`},
		"a mistyped set":    {[]string{"install", "zed", "--toolsets", "postng"}, 2, "did you mean posting?"},
		"nothing to remove": {[]string{"uninstall"}, 2, "name the host: claude-desktop, claude-code,"},
		"not to be removed": {[]string{"uninstall", "curser"}, 2, `did you mean cursor?`},
	} {
		m := newMachine(t)
		if out, log, code := m.run(test.args...); code != test.code || !strings.Contains(log, test.want) || out != "" || len(m.left()) > 0 {
			t.Errorf("%s: code %d\n%s%s\n%v", name, code, out, log, m.left())
		}
	}
	m := newMachine(t)
	file := filepath.Join(m.home, ".cursor", "mcp.json")
	write(t, file, "{\n  \"a\": b\n}")
	for _, command := range []string{"install", "uninstall"} {
		if out, log, code := m.run(command, "cursor"); code != 1 || out != "" ||
			log != "opentrain-mcp: "+file+", line 2, column 8: this is not a value; a text needs quotes. "+
				"Nothing was changed. Fix the file and run this command again\n" {
			t.Errorf("code %d\n%s%s", code, out, log)
		}
	}
}

// TestInstallNamesALastingPath: a link stays, such as Homebrew's to the current version. What go run and npx make doesn't last.
func TestInstallNamesALastingPath(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows needs a right to make links")
	}
	m := newMachine(t)
	place := func(parts ...string) string {
		path := filepath.Join(append([]string{t.TempDir()}, parts...)...)
		write(t, path, "")
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		return path
	}
	link := place("bin", "opentrain-mcp")
	if err := os.Symlink(binary, link); err != nil {
		t.Fatal(err)
	}
	for _, started := range []string{link, filepath.Base(link)} {
		m.env = append(m.env, "PATH="+filepath.Dir(link))
		out, log, code := m.runAs(started, "install", "claude-desktop")
		data, err := os.ReadFile(m.file(hosts.All()[0]))
		if code != 0 || err != nil || !strings.Contains(string(data), `"command": "`+link+`"`) {
			t.Errorf("%s: code %d, %v\n%s%s%s", started, code, err, out, log, data)
		}
	}
	for want, path := range map[string]string{
		"Build it first:\n  go build -o opentrain-mcp ./cmd/opentrain-mcp\n  ./opentrain-mcp install": place("go-build1", "b001", "exe", "opentrain-mcp"),
		"Build it first:\n  go build ":               place("cache", "19", strings.Repeat("19eb", 16)+"-d", "opentrain-mcp"),
		"Install it with npm install --global first": place("_npx", "1", "bin", "opentrain-mcp"),
	} {
		m.env = append(m.env, "PATH=")
		if err := os.Link(binary, path); err != nil {
			t.Skip(err)
		}
		if out, log, code := m.runAs(path, "install", "zed"); code != 1 || out != "" || !strings.Contains(log, want) {
			t.Errorf("code %d\n%s%s", code, out, log)
		}
	}
}
