package acceptance_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/pelletier/go-toml/v2"
	"github.com/tailscale/hujson"
	"go.yaml.in/yaml/v4"

	"opentrain-mcp/internal/hosts"
)

// machine is a home folder with the settings of hosts.
type machine struct {
	t    *testing.T
	home string
	env  []string
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	return machineIn(t, t.TempDir())
}

func machineIn(t *testing.T, home string) *machine {
	t.Helper()
	return &machine{t, home, environment(t, "HOME="+home, "USERPROFILE="+home, "APPDATA="+filepath.Join(home, "AppData", "Roaming"),
		"LOCALAPPDATA="+filepath.Join(home, "AppData", "Local"))}
}

// run runs the program, and returns what it prints and its exit code.
func (m *machine) run(args ...string) (stdout, stderr string, code int) {
	m.t.Helper()
	return m.runAs(binary, args...)
}

// runAs runs the program as a person does who types a path, or a name that a shell looks up.
func (m *machine) runAs(typed string, args ...string) (stdout, stderr string, code int) {
	m.t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Args[0], cmd.Env, cmd.Dir = typed, m.env, m.home
	if strings.ContainsRune(typed, filepath.Separator) {
		cmd.Path = typed
	}
	var out, log strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		m.t.Fatal(err)
	}
	return out.String(), log.String(), cmd.ProcessState.ExitCode()
}

// hostEnv is the machine as the program sees it.
func (m *machine) hostEnv() hosts.Env {
	return hosts.Env{
		GOOS: runtime.GOOS, Program: binary, Home: m.home, Dir: m.home, LookPath: func(string) bool { return false },
		Getenv: func(name string) string {
			for _, variable := range m.env {
				if value, found := strings.CutPrefix(variable, name+"="); found {
					return value
				}
			}
			return ""
		},
	}
}

// file is where a host looks.
func (m *machine) file(host hosts.Host) string {
	path, _ := host.File(m.hostEnv(), hosts.User)
	return path
}

// commandIn reads a host's file as the host does, not as the installer does, and returns the command line of our entry.
func commandIn(t *testing.T, host hosts.Host, data []byte) (command []string) {
	t.Helper()
	data = []byte(strings.TrimPrefix(string(data), "\ufeff"))
	var tree map[string]any
	var err error
	switch host.Format {
	case hosts.TOML:
		err = toml.Unmarshal(data, &tree)
	case hosts.YAML:
		err = yaml.Unmarshal(data, &tree)
	case hosts.JSONC:
		if data, err = hujson.Standardize(data); err == nil {
			err = json.Unmarshal(data, &tree)
		}
	default:
		err = json.Unmarshal(data, &tree)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	var entry struct {
		Command, Cmd any
		Args         []string
	}
	for _, key := range host.Keys {
		tree, _ = tree[key].(map[string]any)
	}
	again, err := json.Marshal(tree["opentrain"])
	if err == nil {
		err = json.Unmarshal(again, &entry)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	for _, part := range []any{entry.Command, entry.Cmd} {
		switch part := part.(type) {
		case string:
			command = append(command, part)
		case []any:
			for _, word := range part {
				command = append(command, fmt.Sprint(word))
			}
		}
	}
	return append(command, entry.Args...)
}

// starts starts what an entry says, as a host does, and lists the tools.
func (m *machine) starts(line []string) {
	m.t.Helper()
	command := func(_ context.Context, command string, _ []string, args []string) (*exec.Cmd, error) {
		cmd := exec.Command(command, args...)
		cmd.Env, cmd.Dir = m.env, m.home
		return cmd, nil
	}
	host := newHost(transport.NewStdioWithOptions(line[0], nil, line[1:], transport.WithCommandFunc(command)), legacy)
	defer host.Close() //nolint:errcheck // the tools are listed
	initialize(m.t, host, legacy)
	tools, err := host.ListTools(m.t.Context(), mcp.ListToolsRequest{})
	if err != nil || len(tools.Tools) == 0 {
		m.t.Errorf("%v: %d tools, %v", line, len(tools.Tools), err)
	}
}

// fileStates are states in which a host's file can be. In all but broken and read-only ones, an entry can be added.
func fileStates(format hosts.Format, keys []string) map[string]struct{ content, refusal string } {
	var comments, plain, broken string
	switch format {
	case hosts.TOML:
		comments = "# mine\nmodel = 'x' # fast\n\n[KEY.other]\ncommand = 'npx' # not ours\n# end\n"
		plain, broken = "model = 'x'\n[KEY.other]\ncommand = 'npx'\n", "model = 'x'\n[KEY.other\ncommand = 'npx'\n"
	case hosts.YAML:
		comments = "# mine\nMODEL: x # fast\nKEY:\n  # not ours\n  other:\n    cmd: npx # old\n# end\n"
		plain, broken = "MODEL: x\nKEY:\n  other:\n    cmd: npx\n", "MODEL: x\nKEY: [other\n  cmd: npx\n"
	case hosts.JSONC:
		comments = "// mine\n{\n  \"model\": \"x\", // fast\n  \"KEY\": {\n    /* not ours */\n    \"other\": {\"command\": \"npx\"}, // old\n  },\n}\n"
		fallthrough
	default:
		plain, broken = "{\"model\": \"x\",\n  \"KEY\": {\n    \"other\": {\"command\": \"npx\"}\n  }\n}\n", "{\"model\": \"x\",\n  \"KEY\": {{}\n}\n"
	}
	named := func(text string) string { return strings.ReplaceAll(text, "KEY", keys[0]) }
	states := map[string]struct{ content, refusal string }{
		"no file":       {},
		"empty":         {},
		"other servers": {content: named(plain)},
		"a link":        {content: named(plain)},
		"Windows":       {content: "\ufeff" + strings.TrimSuffix(strings.ReplaceAll(named(plain), "\n", "\r\n"), "\r\n")},
		"read-only":     {content: named(plain), refusal: "is read-only. Make it writable"},
		"broken":        {content: named(broken), refusal: ", line 2"},
	}
	if format == hosts.YAML {
		states["broken"] = struct{ content, refusal string }{named(broken), ", line 3"}
	}
	if comments != "" {
		states["comments"] = struct{ content, refusal string }{content: named(comments)}
	} else {
		states["comments"] = struct{ content, refusal string }{"{\n  // a comment\n}\n", ", line 2, column 3: this host doesn't allow comments"}
	}
	return states
}

// TestInstallStartsInEveryHost: whatever was in a host's file, the host finds our entry there, and it starts the server.
func TestInstallStartsInEveryHost(t *testing.T) {
	t.Parallel()
	for _, host := range hosts.All() {
		t.Run(host.Name, func(t *testing.T) {
			t.Parallel()
			line := []string{binary, "--sandbox"}
			for state, test := range fileStates(host.Format, host.Keys) {
				t.Run(state, func(t *testing.T) {
					m := newMachine(t)
					file := m.file(host)
					place(t, state, file, test.content)
					change, err := host.Install(m.hostEnv(), hosts.User, hosts.Server{Name: "opentrain", Command: binary, Args: line[1:]})
					if err == nil {
						_, err = change.Apply()
					}
					if test.refusal != "" {
						now, _ := os.ReadFile(file)
						if err == nil || !strings.Contains(err.Error(), test.refusal) || !strings.HasPrefix(err.Error(), file) || string(now) != test.content {
							t.Errorf("%v\n%s", err, now)
						}
						return
					}
					data, readErr := os.ReadFile(file)
					if err != nil || readErr != nil {
						t.Fatal(err, readErr)
					}
					if got := commandIn(t, host, data); !slices.Equal(got, line) {
						t.Errorf("the host starts %q\n%s", got, data)
					}
					if link, err := os.Readlink(file); (err == nil) != (state == "a link") {
						t.Error("a link:", link, err)
					}
				})
			}
			newMachine(t).starts(line)
		})
	}
}

// place makes a host's file.
func place(t *testing.T, state, file, content string) {
	t.Helper()
	switch state {
	case "no file":
		return
	case "a link":
		target := filepath.Join(t.TempDir(), "dotfiles", "settings")
		write(t, target, content)
		write(t, file, "")
		if err := errors.Join(os.Remove(file), os.Symlink(target, file)); err != nil {
			t.Fatal(err)
		}
		return
	}
	write(t, file, content)
	if state == "read-only" {
		if err := os.Chmod(file, 0o400); err != nil {
			t.Fatal(err)
		}
	}
}
