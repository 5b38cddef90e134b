package acceptance_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCommandsAgree: what one command proposes or approves works in the other.
func TestCommandsAgree(t *testing.T) {
	t.Parallel()
	for _, setting := range []string{"OPENTRAIN_MCP_TIMEOUT=abc", "OPENTRAIN_MCP_CONFIRM=maybe", "OPENTRAIN_MCP_PUBLIC_READ_BUDGET=0",
		"OPENTRAIN_MCP_STATE_KEY=short", "OPENTRAIN_MCP_TOOLSETS=nope", "OPENTRAIN_MCP_EXCLUDE_TOOLS=nope"} {
		c := terminal{t, environment(t, "HOME="+t.TempDir(), setting)}
		name, _, _ := strings.Cut(setting, "=")
		if out, complaint, code := c.run("", "doctor", "--sandbox"); code != 1 || !strings.Contains(out, "; until then no server starts in this shell") {
			t.Errorf("%s: %d %s%s", name, code, out, complaint)
		}
		if _, complaint, code := c.run("", "stdio"); code != 2 {
			t.Errorf("%s: %d %s", name, code, complaint)
		}
	}
	seeded := terminal{t, environment(t, "HOME="+t.TempDir(), "OPENTRAIN_MCP_SEED=history")}
	if out, complaint, code := seeded.run("", "doctor", "--sandbox"); strings.Contains(out, "no server starts") {
		t.Errorf("%d %s%s", code, out, complaint)
	}
	home := t.TempDir()
	c := terminal{t, environment(t, "HOME="+home, "USERPROFILE="+home)}
	if err := os.MkdirAll(filepath.Join(home, ".cursor"), 0o700); err != nil {
		t.Fatal(err)
	}
	if out, complaint, code := c.run("", "install", "--toolsets", "nope"); code != 2 {
		t.Errorf("%d %s%s", code, out, complaint)
	}
	for command, says := range map[string]string{
		"install --sandbox":                   "install cursor --sandbox\n",
		"install --dry-run --toolsets market": "install cursor --dry-run --toolsets=market\n",
		"install --name other":                "install cursor --name other\n",
		"install --name Other.1":              "install cursor --name Other.1\n",
		"install --scope project":             "install HOST --scope project\n",
		"install":                             "install cursor\n",
	} {
		if out, _, _ := c.run("", strings.Fields(command)...); !strings.Contains(out, says) {
			t.Errorf("%s: %s", command, out)
		}
	}
}
