package main

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// hostingFile holds what needs a decision about hosting.
const hostingFile = "release/hosting.env"

// setting is a line of the hosting file.
type setting struct {
	name        string
	form        string // a regular expression
	placeholder string // for local builds; "" leaves the value out there
}

// settings are all settings of the hosting file. No placeholder leads anywhere.
func settings() []setting {
	const url = `https://\S+[^/\s]`
	return []setting{
		{"MODULE", `[a-z0-9.-]+\.[a-z]+/\S+`, ""},
		{"REPOSITORY_URL", `https://github\.com/[\w.-]+/[\w.-]+`, "https://example.invalid/owner/opentrain-mcp"},
		{"HOMEPAGE", url, "https://example.invalid/opentrain-mcp"},
		{"PRIVACY_URL", url, ""},
		{"NPM_SCOPE", `@[a-z0-9][a-z0-9._-]*`, "@example.invalid"},
		{"IMAGE", `[a-z0-9.-]+(/[a-z0-9._-]+)+`, "example.invalid/opentrain-mcp"},
		{"HOMEBREW_TAP", `[\w.-]+/homebrew-[\w.-]+`, "owner/homebrew-tap"},
		{"REGISTRY_NAME", `[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+`, "invalid.example/opentrain-mcp"},
		{"MAINTAINER", `.+ <\S+@\S+>`, authors + " <authors@example.invalid>"},
	}
}

// hosting are the values of the settings, by their names. What isn't decided yet is missing.
type hosting map[string]string

// readHosting reads the hosting file of the repository at root.
func readHosting(root string) (hosting, error) {
	text, err := os.ReadFile(filepath.Join(root, hostingFile))
	if err != nil {
		return nil, err
	}
	forms := map[string]string{}
	for _, s := range settings() {
		forms[s.name] = s.form
	}
	values, number := hosting{}, 0
	for line := range strings.Lines(string(text)) {
		number++
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		name, value, found := strings.Cut(line, "=")
		form, known := forms[name]
		if !found || !known {
			return nil, fmt.Errorf("%s, line %d: not a setting: %s", hostingFile, number, line)
		}
		if value = strings.Trim(value, `"'`); value == "" {
			continue
		}
		if !regexp.MustCompile(`^(` + form + `)$`).MatchString(value) {
			return nil, fmt.Errorf("%s, line %d: %s doesn't look like the example in the file: %s", hostingFile, number, name, value)
		}
		values[name] = value
	}
	return values, nil
}

// ready says why nothing can be published yet. module is the path in go.mod.
func (h hosting) ready(module string) error {
	var missing []string
	for _, s := range settings() {
		if h[s.name] == "" {
			missing = append(missing, s.name)
		}
	}
	switch {
	case len(missing) > 0:
		return fmt.Errorf("nothing can be published yet: fill in %s in %s", strings.Join(missing, ", "), hostingFile)
	case h["MODULE"] != module:
		return fmt.Errorf("nothing can be published yet: MODULE in %s is %s, but go.mod says %s", hostingFile, h["MODULE"], module)
	}
	return nil
}

// local returns the value of a setting, or its placeholder.
func (h hosting) local(name string) string {
	if value := h[name]; value != "" {
		return value
	}
	for _, s := range settings() {
		if s.name == name {
			return s.placeholder
		}
	}
	return ""
}

// modulePath reads the module's path from the go.mod at root.
func modulePath(root string) (string, error) {
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(text)) {
		if path, found := strings.CutPrefix(line, "module "); found {
			return strings.TrimSpace(path), nil
		}
	}
	return "", errors.New("go.mod names no module")
}

// environment are the lines that give a shell the values that goreleaser.yaml and release/publish use.
func (m *maker) environment() string {
	var lines strings.Builder
	add := func(name, value string) {
		fmt.Fprintf(&lines, "export %s='%s'\n", name, strings.ReplaceAll(value, "'", `'\''`))
	}
	add("VERSION", m.version)
	add("DESCRIPTION", summary)
	for _, s := range settings() {
		add(s.name, m.hosting.local(s.name))
	}
	for _, name := range []string{"REPOSITORY_URL", "HOMEBREW_TAP"} {
		owner, repository := path.Split(m.hosting.local(name))
		name = strings.TrimSuffix(name, "_URL")
		add(name+"_OWNER", path.Base(owner))
		add(name+"_NAME", repository)
	}
	return lines.String()
}
