package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestABrokenCertificateIsLoggedOnce for each change of its files, not for each handshake.
func TestABrokenCertificateIsLoggedOnce(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "c.pem")
	var log bytes.Buffer
	c := &certificate{certFile: file, keyFile: file, log: slog.New(slog.NewTextHandler(&log, nil))}
	for change, text := range []string{"broken", "still broken"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			c.checked = time.Time{}
			if _, err := c.get(nil); err != nil {
				t.Fatal(err)
			}
		}
		if lines := strings.Count(log.String(), "can't be read"); lines != change+1 {
			t.Errorf("%d lines after %d changes", lines, change+1)
		}
	}
}
