package acceptance_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestImagesHaveExactVersions: wherever the repository names a container image, it names
// an exact version of it.
func TestImagesHaveExactVersions(t *testing.T) {
	t.Parallel()
	exact := regexp.MustCompile(`^[\w./-]+:(v?\d+\.\d+\.\d+[\w.-]*(@sha256:[0-9a-f]{64})?|\$\{?OPENTRAIN_MCP_VERSION\b.*)$`)
	named := regexp.MustCompile(`^\s*(?:- )?image:\s*"?([^\s"#]+)|^FROM (?:--\S+ )*(\S+)|` +
		"docker (?:build|run|pull|push|create) ([^`]*)")
	found := map[string][]string{}
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains([]string{".git", "bin", "dist", "testdata", "node_modules"}, entry.Name()):
			return fs.SkipDir
		case entry.IsDir() || strings.HasSuffix(path, ".go"):
			return nil
		}
		text, err := os.ReadFile(path)
		for line := range strings.Lines(string(text)) {
			for _, match := range named.FindAllStringSubmatch(strings.TrimRight(line, "\n"), -1) {
				image := match[1] + match[2]
				if match[3] != "" {
					image = imageOf(strings.Fields(match[3]))
				}
				found[path] = append(found[path], image)
				if image != "scratch" && !exact.MatchString(image) {
					t.Errorf("%s: %q has no exact version: %s", path, image, line)
				}
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{
		"../../Dockerfile": 4, "../../release/Dockerfile": 2, "../../deploy/compose.yaml": 2, "../../deploy/kubernetes.yaml": 1,
		"../../docs/operations.md": 2,
	} {
		if len(found[path]) < want {
			t.Errorf("%s names only %q", path, found[path])
		}
	}
}

// imageOf is the image among the arguments of a docker command: the value of -t, or the
// first argument that is no flag.
func imageOf(args []string) string {
	withValue := []string{"-e", "--env", "-v", "--volume", "-p", "--publish", "-u", "--user", "--name", "--network",
		"--entrypoint", "--build-arg"}
	for i := 0; i < len(args); i++ {
		switch {
		case (args[i] == "-t" || args[i] == "--tag") && i+1 < len(args):
			return args[i+1]
		case slices.Contains(withValue, args[i]):
			i++
		case !strings.HasPrefix(args[i], "-"):
			return args[i]
		}
	}
	return ""
}

// TestDockerfileBuild: the image is built from modules that were checked, with an exact
// Go, and without paths of the machine.
func TestDockerfileBuild(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	steps := []string{`^ENV GOTOOLCHAIN=go\d+\.\d+\.\d+$`, `^RUN go mod download && go mod verify$`, `^COPY \. \.$`,
		`^RUN CGO_ENABLED=0 go build -mod=readonly -trimpath `, `^USER 65532`}
	if !regexp.MustCompile("(?ms)" + strings.Join(steps, ".*")).Match(text) {
		t.Errorf("the Dockerfile lacks a step, or has them in another order:\n%s", text)
	}
}

// TestRenovateFindsTheVersions: the custom managers of renovate.json find every version in
// the checks and in the Dockerfile.
func TestRenovateFindsTheVersions(t *testing.T) {
	t.Parallel()
	var config struct {
		CustomManagers []struct{ ManagerFilePatterns, MatchStrings []string }
	}
	text, err := os.ReadFile("../../renovate.json")
	if err == nil {
		err = json.Unmarshal(text, &config)
	}
	if err != nil {
		t.Fatal(err)
	}
	for path, pattern := range map[string]string{
		"Dockerfile": `(?m)^ENV \w+=go1`,
		".ci/run":    `(?m)^install `, ".ci/lib.sh": `(?m)^  npm_package `,
		".ci/conformance": `(?m)^npm_package `, ".ci/inspector": `(?m)^npm_package `, ".ci/sdk": `(?m)^npm_package `,
	} {
		text, err := os.ReadFile(filepath.Join("../..", path))
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, manager := range config.CustomManagers {
			if regexp.MustCompile(strings.Trim(manager.ManagerFilePatterns[0], "/")).MatchString(path) {
				found += len(regexp.MustCompile(manager.MatchStrings[0]).FindAll(text, -1))
			}
		}
		if want := len(regexp.MustCompile(pattern).FindAll(text, -1)); found != want || want == 0 {
			t.Errorf("%s: %d versions found, want %d", path, found, want)
		}
	}
}
