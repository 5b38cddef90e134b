package acceptance_test

import (
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"opentrain-mcp/internal/hosts"
)

const hostsPath = "../../docs/hosts.md"

// TestHostsPage: the page about hosts says what the installer does.
func TestHostsPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(hostsPath)
	if err != nil {
		t.Fatal(err)
	}
	const start, end = "<!-- hosts: made by go test ./internal/acceptance -run HostsPage -update -->\n", "<!-- end of hosts -->"
	before, rest, found := strings.Cut(strings.ReplaceAll(string(page), "\r\n", "\n"), start)
	shown, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatal("the page has no marker for the hosts")
	}
	want := hostSections(t)
	if *update {
		if err := os.WriteFile(hostsPath, []byte(before+start+want+end+after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if shown != want {
		t.Error("the sections are not what the installer does; run with -update")
	}
	help, err := exec.Command(binary, "install", "--help").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, flag := range regexp.MustCompile(`(?m)^ +(--[a-z-]+)`).FindAllStringSubmatch(string(help), -1) {
		if flag[1] != "--help" && flag[1] != "--version" && !strings.Contains(before, "| `"+flag[1]) {
			t.Errorf("%s is not on the page", flag[1])
		}
	}
}

// hostSections describe the hosts: file, entry, what to do next.
func hostSections(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, host := range hosts.All() {
		fmt.Fprintf(&b, "\n## %s\n\n`opentrain-mcp install %s`\n\n", host.Title, host.Name)
		file := func(system string, templates []string) {
			if len(templates) == 0 {
				return
			}
			fmt.Fprintf(&b, "- %s: %s\n", system, hostPlaces(templates, system == "Windows"))
		}
		switch {
		case host.Darwin == nil && host.Windows == nil:
			file("File", host.Files)
		case host.Darwin == nil:
			file("Linux and macOS", host.Files)
			file("Windows", host.Windows)
		default:
			file("macOS", host.Darwin)
			file("Windows", host.Windows)
			file("Linux", host.Files)
		}
		file("Project", host.Project)
		fmt.Fprintf(&b, "\n```%s\n%s```\n\n%s\n", language(host.Format), newEntry(t, host), strings.Join(notes(host), " "))
	}
	return b.String() + "\n"
}

// hostPlaces says which of some places has the host's file. A place that begins with ? is only for a folder that is there.
func hostPlaces(templates []string, windows bool) string {
	var places []string
	standard, folders := "", map[string]bool{}
	for _, template := range templates {
		place := hostPlace(template, windows)
		if places = append(places, place); standard == "" && !strings.HasPrefix(template, "?") {
			standard = place
		}
		folders[path.Dir(strings.TrimPrefix(template, "?"))] = true
	}
	switch {
	case len(places) == 1:
		return standard
	case len(folders) == 1:
		return standard + ", or " + places[1] + " if only that one exists"
	}
	return "the first of these whose folder exists: " + strings.Join(places, ", ") + ". If none does: " + standard
}

// hostPlace writes a template of a path as people do.
func hostPlace(template string, windows bool) string {
	path := strings.TrimPrefix(template, "?")
	note := ""
	if variable := regexp.MustCompile(`^\$\{([A-Z_]+)(?::-([^}]*))?\}`).FindStringSubmatch(path); variable != nil {
		name, rest := variable[1], path[len(variable[0]):]
		switch {
		case windows && (name == "APPDATA" || name == "LOCALAPPDATA"):
			path = "%" + name + "%" + rest
		case variable[2] == "":
			path = "$" + name + rest
		default:
			path = variable[2] + rest
			if name != "XDG_CONFIG_HOME" {
				note = " (with `" + name + "`: `$" + name + rest + "`)"
			}
		}
	}
	if pointer, rest, found := strings.Cut(path, ">/"); found {
		return "`" + rest + "` in the folder that `" + strings.TrimPrefix(pointer, "<") + "` names"
	}
	if windows {
		path = strings.ReplaceAll(strings.Replace(path, "~", "%USERPROFILE%", 1), "/", `\`)
	}
	return "`" + path + "`" + note
}

// notes are what to know about a host.
func notes(host hosts.Host) []string {
	lines := []string{host.Next}
	for _, more := range []string{host.Note, host.Caveat} {
		if more != "" {
			lines = append(lines, more)
		}
	}
	return append(lines, "[Documentation]("+host.Source+")")
}

// language is the name of a format in Markdown.
func language(format hosts.Format) string {
	switch format {
	case hosts.TOML:
		return "toml"
	case hosts.YAML:
		return "yaml"
	case hosts.JSON, hosts.JSONC:
	}
	return "json"
}

// newEntry is what the installer writes where no file is.
func newEntry(t *testing.T, host hosts.Host) string {
	t.Helper()
	m := newMachine(t)
	server := hosts.Server{Name: "opentrain", Command: "/absolute/path/to/opentrain-mcp"}
	change, err := host.Install(m.hostEnv(), hosts.User, server)
	if err == nil {
		_, err = change.Apply()
	}
	data, readErr := os.ReadFile(filepath.Clean(m.file(host)))
	if err != nil || readErr != nil {
		t.Fatal(err, readErr)
	}
	return string(data)
}
