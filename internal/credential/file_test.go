package credential_test

import (
	"io/fs"
	"os"
	"runtime"
	"strings"
	"testing"

	"opentrain-mcp/internal/credential"
)

func TestReadFile(t *testing.T) {
	for name, test := range map[string]struct{ content, want, problem string }{
		"text":               {"text\n", "text\n", ""},
		"empty":              {"", "", ""},
		"one byte":           {"x", "x", ""},
		"byte order mark":    {"\ufefftext", "text", ""},
		"only a mark":        {"\ufeff", "", ""},
		"the longest":        {strings.Repeat("x", 1024), strings.Repeat("x", 1024), ""},
		"too long":           {strings.Repeat("x", 1025), "", "it is larger than 1 KiB"},
		"UTF-16":             {"\xff\xfet\x00", "", "it is UTF-16; save it as UTF-8"},
		"UTF-16, big endian": {"\xfe\xff\x00t", "", "it is UTF-16; save it as UTF-8"},
		"UTF-16 unmarked":    {"t\x00e\x00", "", "it is UTF-16; save it as UTF-8"},
		"the same, big":      {"\x00t\x00e", "", "it is UTF-16; save it as UTF-8"},
	} {
		_, path := write(t, "file", test.content)
		got, err := credential.ReadFile(path, 1024)
		if test.problem == "" && err != nil || test.problem != "" && (err == nil || err.Error() != "read "+path+": "+test.problem) ||
			string(got) != test.want {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	dir := t.TempDir()
	if _, err := credential.ReadFile(dir, 1024); err == nil || !strings.Contains(err.Error(), "it is a folder") {
		t.Error(err)
	}
	if _, err := credential.ReadFile(dir+"/none", 1024); !os.IsNotExist(err) {
		t.Error(err)
	}
}

// TestExposed: only what every user can read or change is worth a warning; groups are for sharing.
func TestExposed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	for mode, want := range map[fs.FileMode]bool{
		0o600: false, 0o400: false, 0o660: false, 0o640: false, 0o644: true, 0o666: true, 0o602: true,
	} {
		_, path := write(t, "file", "")
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if got := credential.Exposed(path); (got != "") != want || want && !strings.Contains(got, path) {
			t.Errorf("%o: %q", mode, got)
		}
	}
	if got := credential.Exposed(t.TempDir() + "/none"); got != "" {
		t.Error(got)
	}
}

// TestTokensAreTrimmed: spaces, line breaks and a byte order mark around a token make no difference, wherever it is set.
func TestTokensAreTrimmed(t *testing.T) {
	_, file := write(t, "token", "\ufeff ot_pat_1\r\n")
	config, _ := write(t, "opentrain/cli.json", "\ufeff"+`{"apiToken":" ot_pat_1\n","baseUrl":"https://a.example\n"}`)
	for name, found := range map[string]credential.Found{
		"variable": find("", "OPENTRAIN_PERSONAL_API_TOKEN", " \n", "OT_API_TOKEN", "\tot_pat_1\n"),
		"file":     find(file, "OT_API_TOKEN", ""),
		"cli.json": find("", "XDG_CONFIG_HOME", " "+config+"\n"),
	} {
		if found.Token != "ot_pat_1" || found.Problem.Text != "" || strings.TrimSpace(found.BaseURL) != found.BaseURL {
			t.Errorf("%s: %+v", name, found)
		}
	}
}
