package main

import (
	"runtime"
	"testing"
)

// TestCommandsCanBePasted: the program's own path is quoted for a shell.
func TestCommandsCanBePasted(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the quotes are those of sh")
	}
	for path, want := range map[string]string{
		"/home/ada/opentrain-mcp": "/home/ada/opentrain-mcp", "/a b/opentrain-mcp": "'/a b/opentrain-mcp'", "/a$(id);c/it's": `'/a$(id);c/it'\''s'`,
	} {
		if got := typedProgram(path); got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
}
