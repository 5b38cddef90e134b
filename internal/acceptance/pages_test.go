package acceptance_test

import (
	"cmp"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const readmePath = "../../README.md"

// pages are the README and the reference pages.
func pages(t *testing.T) map[string]string {
	t.Helper()
	paths, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(paths) < 7 {
		t.Fatal(paths, err)
	}
	found := map[string]string{}
	for _, path := range append(paths, readmePath) {
		found[path] = strings.ReplaceAll(readFile(t, path), "\r\n", "\n")
	}
	return found
}

// blocks are the code blocks of a page in a language.
func blocks(page, language string) (texts []string) {
	for _, block := range regexp.MustCompile("(?s)\n```"+language+"\n(.*?)```").FindAllStringSubmatch(page, -1) {
		texts = append(texts, block[1])
	}
	return texts
}

// TestToolsPage: the page about tools has the tables of the tools command.
func TestToolsPage(t *testing.T) {
	t.Parallel()
	const path = "../../docs/tools.md"
	const start, end = "<!-- tools: made by go test ./internal/acceptance -run ToolsPage -update -->\n", "<!-- end of tools -->"
	before, rest, found := strings.Cut(pages(t)[path], start)
	shown, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatal("the page has no marker for the tools")
	}
	out, err := exec.Command(binary, "tools", "--toolsets", "all").Output()
	if err != nil {
		t.Fatal(err)
	}
	want := "\n" + string(out) + "\n"
	if *update {
		if err := os.WriteFile(path, []byte(before+start+want+end+after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if shown != want {
		t.Error("the tables are not what the tools command prints; run with -update")
	}
}

// TestPagesNameTheDefaultToolsets that the tools command prints.
func TestPagesNameTheDefaultToolsets(t *testing.T) {
	t.Parallel()
	out, err := exec.Command(binary, "tools").Output()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, heading := range regexp.MustCompile("Toolset (`[a-z]+`)").FindAllStringSubmatch(string(out), -1) {
		names = append(names, heading[1])
	}
	last := len(names) - 1
	want := strings.Join(names[:last], ", ") + " and " + names[last]
	for path, page := range pages(t) {
		inTable := strings.Contains(page, "| "+strings.ReplaceAll(strings.Join(names, ", "), "`", "")+" |") // the flag's default
		if says := strings.Contains(page, want) || inTable; !says && slices.Contains([]string{"configuration.md", "switching.md", "tools.md"}, filepath.Base(path)) {
			t.Errorf("%s doesn't say %s", path, want)
		}
	}
}

// TestPagesHaveValidJSON: the JSON that a reader pastes is valid.
func TestPagesHaveValidJSON(t *testing.T) {
	t.Parallel()
	count := 0
	for path, page := range pages(t) {
		for _, block := range blocks(page, "json") {
			count++
			if !json.Valid([]byte(block)) {
				t.Errorf("%s: not JSON:\n%s", path, block)
			}
		}
	}
	if count < 12 {
		t.Errorf("only %d blocks", count)
	}
}

// helps are the help texts of all commands, by name.
func helps(t *testing.T) map[string]string {
	t.Helper()
	all, err := exec.Command(binary, "--help").Output()
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(all), "\nCommands:\n")
	found := map[string]string{}
	for _, command := range regexp.MustCompile(`(?m)^  ([a-z]+) `).FindAllStringSubmatch(list, -1) {
		help, err := exec.Command(binary, command[1], "--help").Output()
		if err != nil {
			t.Fatal(err)
		}
		found[command[1]] = string(help)
	}
	if len(found) < 9 {
		t.Fatalf("only these commands: %v", found)
	}
	return found
}

// section is the part of a page below a heading that is a command's name.
func section(page, command string) string {
	_, found, _ := strings.Cut(page, "\n### "+command+"\n")
	found, _, _ = strings.Cut(found, "\n### ")
	return found
}

// TestPagesKnowTheFlags: the pages and the help list the same flags and variables, with the same default numbers and times.
func TestPagesKnowTheFlags(t *testing.T) {
	t.Parallel()
	helps := helps(t)
	all := ""
	for command, help := range helps {
		all += help
		page := pages(t)["../../docs/configuration.md"]
		if strings.HasSuffix(command, "install") {
			page = pages(t)["../../docs/hosts.md"]
		}
		for _, flag := range regexp.MustCompile(`(?m)^ +(?:-\w, )?(--[a-z-]+)(?:=([0-9]\S*))?`).FindAllStringSubmatch(help, -1) {
			if flag[1] == "--help" || flag[1] == "--version" { // which all commands have
				continue
			}
			rows := regexp.MustCompile("(?m)^\\| `" + flag[1] + "[`= ].*")
			row := cmp.Or(rows.FindString(section(page, command)), rows.FindString(page))
			if row == "" {
				t.Errorf("%s: no page describes %s", command, flag[1])
			}
			if standard := strings.Replace(flag[2], "m0s", "m", 1); standard != "" && !strings.Contains(row, "`"+standard+"`") {
				t.Errorf("%s: the page doesn't say that %s is %s by default", command, flag[1], standard)
			}
		}
	}
	compose := composeVariables(readFile(t, "../../deploy/compose.yaml"))
	for path, page := range pages(t) {
		for _, name := range regexp.MustCompile("`(--[a-z-]+|OPENTRAIN_MCP_[A-Z_]+)[`= ]").FindAllStringSubmatch(page, -1) {
			if !strings.Contains(all, name[1]) && !compose[name[1]] {
				t.Errorf("%s: %s is in no command's help", path, name[1])
			}
		}
	}
}

// TestPagesLinkToWhatExists: files and headings that the pages link to are there.
func TestPagesLinkToWhatExists(t *testing.T) {
	t.Parallel()
	all := pages(t)
	for _, name := range []string{"SECURITY.md", "ARCHITECTURE.md", "CHANGELOG.md"} {
		all["../../"+name] = readFile(t, "../../"+name)
	}
	count := 0
	for path, page := range all {
		for _, link := range regexp.MustCompile(`(?:\]\(|src=")([^)"\s]+)`).FindAllStringSubmatch(page, -1) {
			if strings.Contains(link[1], "://") {
				continue
			}
			count++
			file, anchor, _ := strings.Cut(link[1], "#")
			target := path
			if file != "" {
				target = filepath.Join(filepath.Dir(path), filepath.FromSlash(file))
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: %v", path, err)
			} else if anchor != "" && !slices.Contains(anchors(readFile(t, target)), anchor) {
				t.Errorf("%s: %s has no heading #%s", path, target, anchor)
			}
		}
	}
	if count < 60 {
		t.Errorf("only %d links", count)
	}
}

// anchors are the links to a page's headings.
func anchors(page string) (found []string) {
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(page, -1) {
		plain := regexp.MustCompile(`[^a-z0-9 _-]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		found = append(found, strings.ReplaceAll(strings.TrimSpace(plain), " ", "-"))
	}
	return found
}

// TestPagesCurlCall runs the curl call of the page about HTTP against the http command.
func TestPagesCurlCall(t *testing.T) {
	t.Parallel()
	page := pages(t)["../../docs/http.md"]
	commands := blocks(page, "sh")
	if len(commands) < 2 || commands[0] != "./opentrain-mcp http --sandbox\n" || !strings.HasPrefix(commands[1], "curl ") {
		t.Fatalf("the page begins with other commands: %q", commands)
	}
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("no curl here; .ci/run has it")
	}
	p := runHTTP(t, environment(t), "--sandbox")
	out, err := exec.Command("sh", "-c", strings.ReplaceAll(commands[1], "127.0.0.1:8080", p.address)).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "1 live job on this page.") {
		t.Errorf("%v\n%s", err, out)
	}
}
