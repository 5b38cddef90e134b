package acceptance_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestOperationsPage: the flags, metrics, log messages and directives of nginx that the
// page names exist.
func TestOperationsPage(t *testing.T) {
	t.Parallel()
	page := readFile(t, "../../docs/operations.md")
	help, err := exec.Command(binary, "http", "--help").Output()
	if err != nil {
		t.Fatal(err)
	}
	section := func(title string) string {
		_, text, found := strings.Cut(page, "\n## "+title+"\n")
		if !found {
			t.Fatalf("the page has no section %s", title)
		}
		text, _, _ = strings.Cut(text, "\n## ")
		return text
	}
	for name, test := range map[string]struct {
		text, pattern, source string
		atLeast               int
	}{
		"flag":        {page, "`(--[a-z-]+)[`=]", string(help), 15},
		"metric":      {page, `\b((?:opentrain_mcp|mcp|http_client)_[a-z_]+)`, goSource(t), 15},
		"log message": {firstCells(section("Logs")), "`([^`]+)`", goSource(t), 8},
		"directive":   {section("Limits"), "`(limit_[a-z_ =]+|client_[a-z_]+|send_[a-z]+|keepalive_[a-z]+)`", singleSpaces(readFile(t, "../../deploy/nginx.conf")), 8},
	} {
		found := regexp.MustCompile(test.pattern).FindAllStringSubmatch(test.text, -1)
		for _, match := range found {
			if !strings.Contains(test.source, match[1]) {
				t.Errorf("there is no %s %s", name, match[1])
			}
		}
		if len(found) < test.atLeast {
			t.Errorf("%s: only %d found", name, len(found))
		}
	}
}

// TestOperationsPageHasEveryMetric also looks for the labels.
func TestOperationsPageHasEveryMetric(t *testing.T) {
	t.Parallel()
	page := readFile(t, "../../docs/operations.md")
	names := regexp.MustCompile(`"((?:opentrain_mcp|mcp|http|gen_ai|network|error|rpc)_[a-z_]+)"`)
	for _, name := range names.FindAllStringSubmatch(readFile(t, "../../internal/metrics/metrics.go"), -1) {
		if name[1] != "tool_error" && !strings.Contains(page, "`"+name[1]+"`") {
			t.Errorf("the page doesn't have %s", name[1])
		}
	}
}

// TestEveryLogMessageIsDocumented at the levels that an operator sees.
func TestEveryLogMessageIsDocumented(t *testing.T) {
	t.Parallel()
	documented := readFile(t, "../../docs/operations.md") + readFile(t, "../../SECURITY.md")
	found := regexp.MustCompile(`(?:\.(?:Info|Warn|Error)(?:Context\((?:ctx|r\.Context\(\)),\s*|\()|\.warn\()"([^"]+)"`).FindAllStringSubmatch(goSource(t), -1)
	for _, message := range found {
		if start, _, _ := strings.Cut(message[1], ": "); !strings.Contains(documented, start) {
			t.Errorf("no page has the log message %q", message[1])
		}
	}
	if len(found) < 25 {
		t.Errorf("only %d messages", len(found))
	}
}

// TestComposeVariablesAreDocumented in the file's header and in the page about operations.
func TestComposeVariablesAreDocumented(t *testing.T) {
	t.Parallel()
	header, settings, _ := strings.Cut(readFile(t, "../../deploy/compose.yaml"), "\nname:")
	page := readFile(t, "../../docs/operations.md")
	found := composeVariables(settings)
	for name := range found {
		if command := "export " + name + "="; !strings.Contains(header, command) || !strings.Contains(page, command) {
			t.Errorf("%q is missing in the header or the page", command)
		}
	}
	if len(found) < 3 {
		t.Errorf("only %d variables", len(found))
	}
}

// composeVariables are the variables that a Compose file reads.
func composeVariables(file string) map[string]bool {
	found := map[string]bool{}
	for _, name := range regexp.MustCompile(`\$\{([A-Z_]+)`).FindAllStringSubmatch(file, -1) {
		found[name[1]] = true
	}
	return found
}

// firstCells are the first cells of a table's rows.
func firstCells(text string) string {
	var cells []string
	for line := range strings.Lines(text) {
		if row, found := strings.CutPrefix(line, "| `"); found {
			cell, _, _ := strings.Cut(row, " |")
			cells = append(cells, "`"+cell)
		}
	}
	return strings.Join(cells, "\n")
}

func singleSpaces(text string) string { return strings.Join(strings.Fields(text), " ") }

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// goSource is the module's Go source without tests.
func goSource(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir("../..", func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			all.WriteString(readFile(t, path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
