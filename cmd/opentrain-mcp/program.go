package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"opentrain-mcp/internal/credential"
	"opentrain-mcp/internal/hosts"
)

// program is the path of this program, "" if it is unknown or "go run" built it.
func program() string {
	path, err := os.Executable()
	if err != nil || builtByGoRun(path) {
		return ""
	}
	return path
}

// builtByGoRun reports whether "go run" built the program: in a temporary folder, or in Go's build cache.
func builtByGoRun(path string) bool {
	folder := filepath.Dir(path)
	inCache := regexp.MustCompile(`^[0-9a-f]{64}-d$`).MatchString(filepath.Base(folder))
	return inCache || filepath.Base(folder) == "exe" && strings.Contains(folder, "go-build")
}

// typed is a command line of this program as a person can type it.
func typed(arguments string) string {
	path, err := os.Executable()
	if err != nil {
		path = hosts.Program
	}
	return typedProgram(path) + " " + arguments
}

// typedProgram is how a person starts this program.
func typedProgram(path string) string {
	if found, err := exec.LookPath(hosts.Program); err == nil && sameFile(found, path) {
		return hosts.Program
	}
	if builtByGoRun(path) {
		return "." + string(filepath.Separator) + programFile()
	}
	return credential.ShellPath(path)
}

// programFile is the name of the program's file.
func programFile() string {
	if runtime.GOOS == "windows" {
		return hosts.Program + ".exe"
	}
	return hosts.Program
}
