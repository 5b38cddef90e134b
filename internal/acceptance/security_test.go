package acceptance_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestSecurityPromisesHaveTests: every test that SECURITY.md names exists, in one
// package alone, so that a reader finds the test that is meant.
func TestSecurityPromisesHaveTests(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := testsOfThisModule(t)
	names := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9_]+)`").FindAllStringSubmatch(string(text), -1)
	for _, name := range names {
		switch dirs := tests[name[1]]; len(dirs) {
		case 0:
			t.Errorf("there is no %s", name[1])
		case 1:
		default:
			t.Errorf("%s is in several packages: %v", name[1], dirs)
		}
	}
	if len(names) < 30 {
		t.Errorf("only %d tests are named", len(names))
	}
}

// testsOfThisModule are the directories of each test, by the test's name.
func testsOfThisModule(t *testing.T) map[string][]string {
	t.Helper()
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z0-9_]+)\(`)
	dirs := map[string][]string{}
	err := filepath.WalkDir("../..", func(file string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, "_test.go") {
			return err
		}
		source, err := os.ReadFile(file)
		for _, name := range declared.FindAllStringSubmatch(string(source), -1) {
			dirs[name[1]] = append(dirs[name[1]], filepath.Dir(file))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return dirs
}
