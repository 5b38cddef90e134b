package account_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"opentrain-mcp/internal/account"
	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/credential"
	"opentrain-mcp/opentrain"
)

// TestSecretFile: a secret gets a new file beside the account's, which only its owner can read. After a failure there is no file.
func TestSecretFile(t *testing.T) {
	api, err := opentrain.New(opentrain.Config{})
	if err != nil {
		t.Fatal(err)
	}
	config := t.TempDir()
	at := func(config string) *account.Account {
		return account.New(api, credential.Source{Getenv: func(name string) string {
			return map[string]string{"XDG_CONFIG_HOME": config}[name]
		}})
	}
	var paths []string
	for range 2 {
		file, err := at(config).NewSecretFile("webhook")
		if err != nil {
			t.Fatal(err)
		}
		if err := file.Complete("whsec_1"); err != nil {
			t.Fatal(err)
		}
		file.Discard() // does nothing any more
		if err := file.Complete("whsec_2"); err == nil {
			t.Error("a file was written twice")
		}
		data, err := os.ReadFile(file.Path)
		info, errInfo := os.Lstat(file.Path)
		if err != nil || errInfo != nil || string(data) != "whsec_1\n" || !info.Mode().IsRegular() ||
			runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%q, %v, %v", data, err, info)
		}
		if filepath.Dir(file.Path) != filepath.Join(config, "opentrain") || !strings.HasPrefix(filepath.Base(file.Path), "webhook-") {
			t.Errorf("%s", file.Path)
		}
		paths = append(paths, file.Path)
	}
	if paths[0] == paths[1] {
		t.Error("one file for two secrets")
	}
	file, err := at(config).NewSecretFile("webhook")
	if err != nil {
		t.Fatal(err)
	}
	file.Discard()
	file.Discard()
	if left, err := os.ReadDir(filepath.Join(config, "opentrain")); err != nil || len(left) != 2 {
		t.Errorf("%v, %v", left, err)
	}
	blocked := filepath.Join(config, "blocked")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := at(blocked).NewSecretFile("webhook"); err == nil || !strings.Contains(err.Error(), "can't be written") {
		t.Errorf("%v", err)
	}
	t.Setenv("TMPDIR", config)
	if file, err = account.InProcess(api, caller.Token{}).NewSecretFile("webhook"); err != nil || filepath.Dir(file.Path) != config {
		t.Errorf("%v", err)
	}
	if err := file.Complete("whsec_1"); err != nil {
		t.Error(err)
	}
}
