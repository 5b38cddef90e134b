package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template"

	"go.yaml.in/yaml/v4"
)

// decided is a hosting file that is filled in.
const decided = `# a comment
MODULE=opentrain.example/mcp
REPOSITORY_URL=https://github.com/ada/opentrain-mcp
HOMEPAGE=https://opentrain.example
PRIVACY_URL=https://opentrain.example/privacy
NPM_SCOPE=@ada
IMAGE=ghcr.io/ada/opentrain-mcp
HOMEBREW_TAP=ada/homebrew-tap
REGISTRY_NAME=io.github.ada/opentrain-mcp
MAINTAINER="Ada Lovelace <ada@opentrain.example>"
`

// TestDecidedHosting: once the hosting file is filled in, everything has its values, and can be published.
func TestDecidedHosting(t *testing.T) {
	t.Parallel()
	root := repository(t, decided)
	if err := writeFolder(root, []entry{text("go.mod", "module opentrain.example/mcp\n")}); err != nil {
		t.Fatal(err)
	}
	git := map[string]string{"describe": "v2.0.0"}
	dist := made(t, root, git, "-publish")
	main := read(t, dist, "npm/main/package.json")
	if main["name"] != "@ada/opentrain-mcp" || main["private"] != nil || main["mcpName"] != "io.github.ada/opentrain-mcp" {
		t.Errorf("%v", main)
	}
	for _, name := range []string{"server.json", "mcpb/manifest.json", "claude-plugin/.mcp.json", "npm/main/README.md"} {
		data, err := os.ReadFile(filepath.Join(dist, name))
		if err != nil || strings.Contains(string(data), "invalid") || !strings.Contains(string(data), "ada") && !strings.Contains(string(data), "opentrain.example") {
			t.Errorf("%s: %v\n%s", name, err, data)
		}
	}
	var out bytes.Buffer
	if err := run(t.Context(), []string{"-env"}, root, machine(git), &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"VERSION='2.0.0'", "HOMEBREW_TAP_NAME='homebrew-tap'", "REPOSITORY_OWNER='ada'", `DESCRIPTION='AI agents draft AI-training jobs on OpenTrain, publish them after you approve,`,
		"MAINTAINER='Ada Lovelace <ada@opentrain.example>'",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is not in\n%s", want, &out)
		}
	}
	if err := run(t.Context(), []string{"-publish", "-check"}, root, machine(git), &out); err != nil {
		t.Error(err)
	}
}

// TestRefusals: the command says what is wrong before it makes anything.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		hosting string
		args    []string
		want    string
	}{
		{"", []string{"-publish"}, "nothing can be published yet: fill in MODULE, REPOSITORY_URL, HOMEPAGE, PRIVACY_URL, NPM_SCOPE, IMAGE, " +
			"HOMEBREW_TAP, REGISTRY_NAME, MAINTAINER in release/hosting.env"},
		{strings.Replace(decided, "@ada", "", 1), []string{"-publish"}, "fill in NPM_SCOPE in release/hosting.env"},
		{decided, []string{"-publish"}, "MODULE in release/hosting.env is opentrain.example/mcp, but go.mod says opentrain-mcp"},
		{"NPM_SCOPE=ada\n", nil, "release/hosting.env, line 1: NPM_SCOPE doesn't look like the example in the file: ada"},
		{"\nIMAGE=ghcr.io/ada/x:1\n", nil, "line 2: IMAGE doesn't look like the example"},
		{"OTHER=1\n", nil, "line 1: not a setting: OTHER=1"},
		{"", []string{"-version", "next"}, "next is not a version such as 1.2.3"},
		{"", []string{"-unknown"}, "not defined: -unknown"},
		{"", []string{"-help"}, "help requested"},
	} {
		root := repository(t, test.hosting)
		err := run(t.Context(), test.args, root, machine(nil), &bytes.Buffer{})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v, want %s", test.args, err, test.want)
		}
		if _, err := os.Stat(filepath.Join(root, "release", "dist")); err == nil {
			t.Errorf("%q: it made something", test.args)
		}
	}
	root := repository(t, decided)
	if err := writeFolder(root, []entry{text("go.mod", "module opentrain.example/mcp\n")}); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), []string{"-publish"}, root, machine(nil), &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "no tag") {
		t.Errorf("without a tag: %v", err)
	}
}

// TestMissingFiles: every file that the command reads is named when it is missing.
func TestMissingFiles(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"LICENSE", "release/hosting.env", "release/mcpb/opentrain-mcp", "release/npm/opentrain-mcp.js"} {
		root := repository(t, "")
		if err := os.Remove(filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
		if err := run(t.Context(), nil, root, machine(nil), &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCommand(t *testing.T) {
	t.Parallel()
	if out, err := command(t.Context(), t.TempDir(), []string{"GOOS=plan9", "GOFLAGS="}, "go", "env", "GOOS"); err != nil || out != "plan9" {
		t.Error(out, err)
	}
	for want, args := range map[string][]string{
		"opentrain-no-such-program is needed and isn't installed": {"opentrain-no-such-program"},
		"go unknown-command: exit status 2\ngo unknown-command: ": {"go", "unknown-command"},
	} {
		if _, err := command(context.Background(), ".", nil, args[0], args[1:]...); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// TestOneSource: what two files say of a release is the same.
func TestOneSource(t *testing.T) {
	t.Parallel()
	file := func(name string) string {
		data, err := os.ReadFile(filepath.Join("../..", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	if len(summary) > 100 {
		t.Errorf("the registry allows 100 characters, not %d", len(summary))
	}
	var config struct {
		Builds   []struct{ Ldflags []string }
		Archives []struct {
			Name string `yaml:"name_template"`
		}
	}
	if err := yaml.Unmarshal([]byte(file("release/goreleaser.yaml")), &config); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ template, want string }{
		{config.Archives[0].Name, archiveName("1.2.3", target{"linux", "arm64"})},
		{config.Builds[0].Ldflags[0], linkerFlags("1.2.3", "abc")},
	} {
		var got strings.Builder
		err := template.Must(template.New("").Parse(test.template)).Execute(&got, map[string]string{
			"ProjectName": product, "Version": "1.2.3", "Os": "linux", "Arch": "arm64", "FullCommit": "abc",
		})
		if err != nil || got.String() != test.want {
			t.Errorf("GoReleaser has %s, not %s: %v", &got, test.want, err)
		}
	}
	if flags := linkerFlags("${VERSION}", "${COMMIT}"); !strings.Contains(file("Dockerfile"), `-ldflags "`+flags+`"`) {
		t.Errorf("the Dockerfile doesn't have %s", flags)
	}
	var known, written []string
	for _, s := range settings() {
		known = append(known, s.name)
	}
	for _, match := range regexp.MustCompile(`(?m)^([A-Z_]+)=`).FindAllStringSubmatch(file(hostingFile), -1) {
		written = append(written, match[1])
	}
	if !slices.Equal(known, written) {
		t.Errorf("%s has %q, not %q", hostingFile, written, known)
	}
	lines := (&maker{}).environment()
	for _, match := range regexp.MustCompile(`\.Env\.(\w+)`).FindAllStringSubmatch(file("release/goreleaser.yaml"), -1) {
		if name := match[1]; name != "HOME" && name != "PATH" && !strings.Contains(lines, "export "+name+"=") {
			t.Errorf("goreleaser.yaml uses %s, which -env doesn't print", name)
		}
	}
	name, version, _ := strings.Cut(packer[1:], "@")
	if !strings.Contains(file(".ci/release"), "npm_package @"+name+" "+version+"\n") {
		t.Errorf(".ci/release has another %s", packer)
	}
}
