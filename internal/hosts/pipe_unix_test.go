//go:build unix

package hosts_test

import (
	"path/filepath"
	"syscall"
	"testing"
)

// pipe makes a named pipe: to open it waits for somebody who writes.
func pipe(t *testing.T, path string) {
	t.Helper()
	put(t, filepath.Join(filepath.Dir(path), "x"), "")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
}
