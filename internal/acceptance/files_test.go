package acceptance_test

import (
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unicode/utf16"

	"opentrain-mcp/opentrain/sandbox"
)

// inUTF16 writes a text as Windows' "Unicode".
func inUTF16(text string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune("\ufeff" + text)) {
		b.Write([]byte{byte(unit), byte(unit >> 8)})
	}
	return b.String()
}

// files are the settings that name a file, with the content of a good one and how to start the program with it.
func files(t *testing.T) map[string]struct {
	content string
	start   func(path string) (env, args []string)
} {
	t.Helper()
	cert, key, _ := certificate(t, t.TempDir(), 1, "localhost")
	read := func(path string) string {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	variable := func(name string, args ...string) func(string) ([]string, []string) {
		return func(path string) ([]string, []string) { return []string{name + "=" + path}, args }
	}
	shared := func(path string) ([]string, []string) {
		return []string{"XDG_CONFIG_HOME=" + filepath.Dir(filepath.Dir(path))}, nil
	}
	return map[string]struct {
		content string
		start   func(path string) (env, args []string)
	}{
		"token":     {sandbox.DemoToken, variable("OPENTRAIN_API_TOKEN_FILE")},
		"cli.json":  {`{"apiToken":"` + sandbox.DemoToken + `"}`, shared},
		"state key": {base64.StdEncoding.EncodeToString(make([]byte, 32)), variable("OPENTRAIN_MCP_STATE_KEY_FILE")},
		"server token": {"the-operators-secret",
			variable("OPENTRAIN_MCP_SERVER_TOKEN_FILE", "http", "--listen", "127.0.0.1:0", "--auth", "shared")},
		"CA":          {read(cert), variable("OPENTRAIN_MCP_CA_FILE")},
		"certificate": {read(cert), variable("OPENTRAIN_MCP_TLS_CERT", "http", "--listen", "127.0.0.1:0", "--tls-key", key)},
		"key":         {read(key), variable("OPENTRAIN_MCP_TLS_KEY", "http", "--listen", "127.0.0.1:0", "--tls-cert", cert)},
	}
}

// startLog starts the program and returns its log up to the moment when it serves or has ended.
func startLog(t *testing.T, env, args []string) (log string, served bool) {
	t.Helper()
	p := run(t, environment(t, append(env, "OPENTRAIN_API_BASE_URL=http://127.0.0.1:1")...), args...)
	if len(args) > 0 {
		_, served = p.stderr.next("listening")
		return p.stderr.String(), served
	}
	fmt.Fprintln(p.stdin, hello) // it may have ended
	_, served = p.stdout.next("serverInfo")
	p.stdin.Close()
	p.end() //nolint:errcheck // served says it
	return p.stderr.String(), served
}

// TestFilesOfEveryKind: whatever a setting names, the program reads it, or says what is wrong. It never hangs.
func TestFilesOfEveryKind(t *testing.T) {
	t.Parallel()
	for name, file := range files(t) {
		for kind, test := range map[string]struct {
			make func(path string) error
			want string // in the log, "" for a file that is read
		}{
			"missing":  {func(string) error { return nil }, "no such file"},
			"good":     {func(path string) error { return os.WriteFile(path, []byte(file.content), 0o600) }, ""},
			"mark":     {func(path string) error { return os.WriteFile(path, []byte("\ufeff"+file.content+"\r\n"), 0o600) }, ""},
			"UTF-16":   {func(path string) error { return os.WriteFile(path, []byte(inUTF16(file.content)), 0o600) }, "is UTF-16; save it as UTF-8"},
			"too long": {func(path string) error { return os.WriteFile(path, make([]byte, 1<<20+1), 0o600) }, "is larger than "},
			"folder":   {func(path string) error { return os.Mkdir(path, 0o700) }, "is a folder"},
			"pipe":     {func(path string) error { return exec.Command("mkfifo", path).Run() }, "is a pipe or a device"},
			"device":   {func(path string) error { return os.Symlink("/dev/zero", path) }, "is a pipe or a device"},
		} {
			if runtime.GOOS == "windows" && (kind == "pipe" || kind == "device") || name+kind == "cli.jsonmissing" {
				continue
			}
			t.Run(name+", "+kind, func(t *testing.T) {
				t.Parallel()
				path := filepath.Join(t.TempDir(), "opentrain", "cli.json")
				write(t, path, "")
				os.Remove(path) //nolint:errcheck // only its folder was wanted
				if err := test.make(path); err != nil {
					t.Fatal(err)
				}
				env, args := file.start(path)
				log, served := startLog(t, env, args)
				optional := name == "cli.json" // without a token, it serves what needs none
				if served != (test.want == "" || optional) || !strings.Contains(log, test.want) ||
					test.want == "" && strings.Contains(log, "WARN") {
					t.Errorf("served: %v, want %q in\n%s", served, test.want, log)
				}
			})
		}
	}
}

// TestExposedSecretsAreReported: the program warns once about a file with a secret that every user can read.
func TestExposedSecretsAreReported(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	for name, file := range files(t) {
		path := filepath.Join(t.TempDir(), "opentrain", "cli.json")
		write(t, path, file.content)
		if err := os.Chmod(path, 0o644); err != nil {
			t.Fatal(err)
		}
		want := 1
		if name == "CA" || name == "certificate" { // they are public
			want = 0
		}
		env, args := file.start(path)
		log, served := startLog(t, env, args)
		if got := strings.Count(log, "Other users of this machine can read or change "+path); !served || got != want {
			t.Errorf("%s: %d warnings\n%s", name, got, log)
		}
	}
}
