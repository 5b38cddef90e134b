package acceptance_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestProjectsControlNoTerminal: whatever a project's folder and its files are called and say, they neither control the
// terminal nor pose as lines or commands of this program.
func TestProjectsControlNoTerminal(t *testing.T) {
	t.Parallel()
	m := machineIn(t, filepath.Join(t.TempDir(), "a\x1b[2J\u009b2J\nNext: evil\u202e"))
	file := filepath.Join(m.home, ".mcp.json")
	if err := os.MkdirAll(m.home, 0o700); err != nil {
		t.Skip(err)
	}
	write(t, file, `{"a": "\u001b"}`)
	entry := func(command, args string) {
		write(t, file, `{"mcpServers": {"opentrain": {"command": "`+command+`", "args": ["`+args+`"]}}}`)
	}
	for _, step := range []struct{ args, want string }{
		{"install claude-code --scope project --dry-run", "+++ "},
		{"install claude-code --scope project", "\nBackup: "},
		{"install claude-code --scope project", "opentrain is already installed"},
		{"install cursor", "Added opentrain to Cursor: "},
		{"install", "Hosts on this machine"},
		{"uninstall claude-code --scope project", "Removed opentrain"},
		{"doctor --sandbox --host claude-code", "it starts /nowhere/opentrain-mcp with ["},
		{"doctor --sandbox --host claude-code --json", "it starts /nowhere/opentrain-mcp with ["},
		{"login status --json", "not_logged_in"},
		{"install claude-code --scope project", "already has a server"},
	} {
		switch step.want {
		case "it starts /nowhere/opentrain-mcp with [":
			entry("/nowhere/opentrain-mcp", `--toolsets=x; evil\nevil\u001b[2J`)
		case "already has a server":
			entry(`x\nNext: evil\u001b\u202e`, "")
		}
		out, log, _ := m.run(strings.Fields(step.args)...)
		if out += log; !strings.Contains(out, step.want) || strings.ContainsAny(out, "\x1b\u009b\u202e") || strings.Contains(out, "\nNext: evil") ||
			regexp.MustCompile(`(?m)(^ {6}|\\n)\S*opentrain-mcp install.*; evil`).MatchString(out) {
			t.Errorf("%s: %q", step.args, out)
		}
	}
}
