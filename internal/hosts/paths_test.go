package hosts_test

import (
	"cmp"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"opentrain-mcp/internal/hosts"
)

// machine is a user's home folder on a system.
func machine(t *testing.T, goos string, variables ...string) hosts.Env {
	t.Helper()
	home := t.TempDir()
	return hosts.Env{
		GOOS: goos, Program: "/opt/opentrain-mcp", Home: home, Dir: filepath.Join(home, "project"),
		LookPath: func(string) bool { return false },
		Getenv: func(name string) string {
			for i := 0; i < len(variables); i += 2 {
				if variables[i] == name {
					return strings.ReplaceAll(variables[i+1], "HOME", home)
				}
			}
			return ""
		},
	}
}

func named(t *testing.T, name string) hosts.Host {
	t.Helper()
	host, found := hosts.Named(name)
	if !found {
		t.Fatal(name)
	}
	return host
}

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestFiles: where each host keeps its servers, on a machine where it has never run.
func TestFiles(t *testing.T) {
	t.Parallel()
	const mac, app, roam = "~/Library/Application Support/", "~/.config/", "~/AppData/Roaming/"
	for name, want := range map[string][4]string{ // Linux, macOS, Windows, a project
		"claude-desktop": {app + "Claude/claude_desktop_config.json", mac + "Claude/claude_desktop_config.json",
			roam + "Claude/claude_desktop_config.json", ""},
		"claude-code": {"~/.claude.json", "~/.claude.json", "~/.claude.json", ".mcp.json"},
		"cursor":      {"~/.cursor/mcp.json", "~/.cursor/mcp.json", "~/.cursor/mcp.json", ".cursor/mcp.json"},
		"vscode":      {app + "Code/User/mcp.json", mac + "Code/User/mcp.json", roam + "Code/User/mcp.json", ".vscode/mcp.json"},
		"windsurf": {app + "devin/mcp_config.json", app + "devin/mcp_config.json", roam + "devin/mcp_config.json",
			".devin/mcp_config.json"},
		"codex":     {"~/.codex/config.toml", "~/.codex/config.toml", "~/.codex/config.toml", ".codex/config.toml"},
		"gemini":    {"~/.gemini/settings.json", "~/.gemini/settings.json", "~/.gemini/settings.json", ".gemini/settings.json"},
		"goose":     {app + "goose/config.yaml", app + "goose/config.yaml", roam + "Block/goose/config/config.yaml", ""},
		"zed":       {app + "zed/settings.json", app + "zed/settings.json", roam + "Zed/settings.json", ".zed/settings.json"},
		"jetbrains": {"~/.junie/mcp/mcp.json", "~/.junie/mcp/mcp.json", "~/.junie/mcp/mcp.json", ".junie/mcp/mcp.json"},
		"opencode": {app + "opencode/opencode.json", app + "opencode/opencode.json", app + "opencode/opencode.json",
			"opencode.json"},
		"lmstudio": {"~/.lmstudio/mcp.json", "~/.lmstudio/mcp.json", "~/.lmstudio/mcp.json", ""},
	} {
		host := named(t, name)
		for i, goos := range []string{"linux", "darwin", "windows"} {
			env := machine(t, goos)
			got, found := host.File(env, hosts.User)
			if got = strings.Replace(filepath.ToSlash(got), filepath.ToSlash(env.Home), "~", 1); got != want[i] || found {
				t.Errorf("%s on %s: %s, found: %v", name, goos, got, found)
			}
		}
		env := machine(t, "linux")
		got, _ := host.File(env, hosts.Project)
		if project := filepath.ToSlash(strings.TrimPrefix(got, env.Dir+string(filepath.Separator))); project != want[3] {
			t.Errorf("%s in a project: %s", name, project)
		}
	}
	if len(hosts.All()) != 12 {
		t.Error("a host has no paths here")
	}
}

// TestTheFirstFolderWins: of a host's files, the first one whose folder exists is used, and the standard one if none does.
func TestTheFirstFolderWins(t *testing.T) {
	t.Parallel()
	fill := regexp.MustCompile(`^\$\{([A-Z_]+)(?::-([^}]*))?\}|^<[^>]*>`)
	for _, host := range hosts.All() {
		for goos, files := range map[string][]string{"linux": host.Files, "darwin": host.Darwin, "windows": host.Windows} {
			env := machine(t, goos, "GOOSE_PATH_ROOT", "HOME/goose")
			put(t, filepath.Join(env.Home, ".lmstudio-home-pointer"), filepath.Join(env.Home, "models"))
			var paths []string
			standard := ""
			for _, file := range files {
				path := fill.ReplaceAllStringFunc(strings.TrimPrefix(file, "?"), func(start string) string {
					return cmp.Or(fill.FindStringSubmatch(start)[2], map[bool]string{true: "~/models", false: "~/goose"}[start[0] == '<'])
				})
				path = filepath.Join(env.Home, filepath.FromSlash(strings.ReplaceAll(strings.TrimPrefix(path, "~"), "*", "a")))
				if paths = append(paths, path); standard == "" && file[0] != '?' {
					standard = path
				}
				put(t, filepath.Join(filepath.Dir(path), "other"), "")
			}
			for _, path := range paths {
				if got, _ := host.File(env, hosts.User); got != path && filepath.Dir(got) != filepath.Dir(path) {
					t.Errorf("%s on %s: %s, want %s", host.Name, goos, got, path)
				}
				if filepath.Dir(path) != env.Home {
					if err := os.RemoveAll(filepath.Dir(path)); err != nil {
						t.Fatal(err)
					}
				}
			}
			if got, _ := host.File(env, hosts.User); standard != "" && got != standard {
				t.Errorf("%s on %s, without a folder: %s, want %s", host.Name, goos, got, standard)
			}
		}
	}
}

// TestOtherFiles: variables and earlier versions lead to other files.
func TestOtherFiles(t *testing.T) {
	t.Parallel()
	const packages = "AppData/Local/Packages/Claude_pzs8sxrjxfjjc/LocalCache/Roaming/Claude/"
	for _, test := range []struct{ host, goos, there, variables, want string }{
		{"claude-code", "linux", "", "CLAUDE_CONFIG_DIR=HOME/c", "c/.claude.json"},
		{"codex", "darwin", "", "CODEX_HOME=HOME/c", "c/config.toml"},
		{"gemini", "windows", "", "GEMINI_CLI_HOME=HOME/c", "c/.gemini/settings.json"},
		{"vscode", "linux", "", "XDG_CONFIG_HOME=HOME/c", "c/Code/User/mcp.json"},
		{"zed", "linux", "", "XDG_CONFIG_HOME= ~/c\n", "c/zed/settings.json"},
		{"zed", "linux", "", "XDG_CONFIG_HOME=c", ".config/zed/settings.json"},
		{"zed", "linux", "", "XDG_CONFIG_HOME=${CONFIG}", ".config/zed/settings.json"},
		{"goose", "linux", "", "GOOSE_PATH_ROOT=g", ".config/goose/config.yaml"},
		{"claude-desktop", "windows", "", "APPDATA=HOME/roaming", "roaming/Claude/claude_desktop_config.json"},
		{"claude-desktop", "windows", packages + "x AppData/Roaming/Claude/claude_desktop_config.json", "",
			packages + "claude_desktop_config.json"},
		{"vscode", "darwin", "Library/Application\u00a0Support/Code\u00a0-\u00a0Insiders/User/settings.json", "",
			"Library/Application Support/Code - Insiders/User/mcp.json"},
		{"windsurf", "linux", ".codeium/windsurf/mcp_config.json", "", ".codeium/windsurf/mcp_config.json"},
		{"windsurf", "windows", ".codeium/windsurf/x AppData/Roaming/devin/x", "", "AppData/Roaming/devin/mcp_config.json"},
		{"opencode", "linux", ".config/opencode/opencode.jsonc", "", ".config/opencode/opencode.jsonc"},
		{"opencode", "linux", ".config/opencode/opencode.jsonc .config/opencode/opencode.json", "", ".config/opencode/opencode.json"},
		{"goose", "linux", "g/config/x", "GOOSE_PATH_ROOT=HOME/g", "g/config/config.yaml"},
		{"lmstudio", "linux", ".cache/lm-studio/x", "", ".cache/lm-studio/mcp.json"},
	} {
		var variables []string
		if name, value, set := strings.Cut(test.variables, "="); set {
			variables = []string{name, value}
		}
		env := machine(t, test.goos, variables...)
		for file := range strings.FieldsFuncSeq(test.there, func(r rune) bool { return r == ' ' }) {
			put(t, filepath.Join(env.Home, filepath.FromSlash(strings.ReplaceAll(file, "\u00a0", " "))), "")
		}
		got, found := named(t, test.host).File(env, hosts.User)
		if want := filepath.Join(env.Home, filepath.FromSlash(test.want)); got != want || found != (test.there != "") {
			t.Errorf("%s on %s: %s, want %s, found: %v", test.host, test.goos, got, want, found)
		}
	}
	env := machine(t, "linux")
	put(t, filepath.Join(env.Home, ".lmstudio-home-pointer"), filepath.Join(env.Home, "models")+"\n")
	put(t, filepath.Join(env.Home, "models", "mcp.json"), "{}")
	if got, found := named(t, "lmstudio").File(env, hosts.User); got != filepath.Join(env.Home, "models", "mcp.json") || !found {
		t.Error(got, found)
	}
	env.LookPath = func(name string) bool { return name == "claude" }
	if _, found := named(t, "claude-code").File(env, hosts.User); !found {
		t.Error("a program in the PATH is a sign of a host")
	}
	if got, found := named(t, "goose").File(env, hosts.Project); got != "" || found {
		t.Error("goose has no project settings:", got)
	}
	put(t, filepath.Join(env.Dir, "opencode.jsonc"), "")
	if got, _ := named(t, "opencode").File(env, hosts.Project); filepath.Base(got) != "opencode.jsonc" {
		t.Error(got)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"cursor": "cursor", " VSCode": "vscode", "VS Code": "vscode", "devin": "windsurf", "Gemini_CLI": "gemini", "junie": "jetbrains",
	} {
		if host, found := hosts.Named(typed); !found || host.Name != want {
			t.Errorf("%s: %s", typed, host.Name)
		}
	}
	for typed, want := range map[string]string{
		"claude": "claude-desktop claude-code", "curser": "cursor", "windsruf": "windsurf", "lm-studi": "lmstudio", "jetbrain": "jetbrains",
		"emacs": "", "": "", "c": "claude-desktop claude-code cursor codex",
	} {
		if _, found := hosts.Named(typed); found {
			t.Errorf("%q is known", typed)
		}
		if got := strings.Join(hosts.Meant(typed), " "); got != want {
			t.Errorf("%q: did you mean %s", typed, got)
		}
	}
}

// TestEverySystem: the entry of each host can be written and found again wherever it runs. Windows paths keep their backslashes.
func TestEverySystem(t *testing.T) {
	t.Parallel()
	for _, host := range hosts.All() {
		for goos, command := range map[string]string{
			"linux": "/opt/it's \"here\"/opentrain-mcp", "darwin": "/Applications/Über uns: #1/opentrain-mcp",
			"windows": `C:\Users\Ann Lee\opentrain-mcp.exe`,
		} {
			env := machine(t, goos)
			want := hosts.Server{Name: "opentrain", Command: command, Args: []string{"--sandbox", "--toolsets=posting,market"}}
			install(t, host, env, want)
			got, found, err := host.Find(env, hosts.User, "opentrain")
			if err != nil || !found || !got.Ours || !reflect.DeepEqual(got.Server, want) {
				t.Errorf("%s on %s: %+v, %v", host.Name, goos, got, err)
			}
			if outcome, _ := install(t, host, env, want); outcome != hosts.Unchanged {
				t.Errorf("%s on %s: %s", host.Name, goos, outcome)
			}
		}
	}
}
