package hosts_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"opentrain-mcp/internal/hosts"
)

// link makes a link, with the folder that it is in.
func link(t *testing.T, target, path string) {
	t.Helper()
	put(t, path, "")
	remove(t, path)
	if err := os.Symlink(target, path); err != nil {
		t.Skip(err)
	}
}

// TestBackupsThatAreNone: a link, a folder or a file without an end in the backup's place is never read.
func TestBackupsThatAreNone(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]func(t *testing.T, path string){
		"a link without an end": func(t *testing.T, path string) { t.Helper(); link(t, "/dev/zero", path) },
		"a link to a match": func(t *testing.T, path string) {
			t.Helper()
			put(t, filepath.Join(filepath.Dir(path), "elsewhere"), "{}")
			link(t, "elsewhere", path)
		},
		"a pipe": func(t *testing.T, path string) { t.Helper(); pipe(t, path) },
		"too large": func(t *testing.T, path string) {
			t.Helper()
			put(t, path, "{}")
			if err := os.Truncate(path, 64<<20+1); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if runtime.GOOS == "windows" {
				t.Skip("no such files")
			}
			host, env := named(t, "cursor"), machine(t, "linux")
			file, _ := host.File(env, hosts.User)
			put(t, file, "{}")
			_, backup := install(t, host, env, server)
			with := read(t, file)
			remove(t, backup)
			make(t, backup)
			plain := server
			plain.Args = nil
			change, err := host.Install(env, hosts.User, plain)
			if err != nil || change.Outcome != hosts.Updated {
				t.Fatal(change, err)
			}
			if change, err = host.Uninstall(env, hosts.User, "opentrain"); err != nil {
				t.Fatal(err)
			}
			if path, err := change.Apply(); err != nil || path != backup || read(t, backup) != with {
				t.Error("the backup wasn't replaced:", path, err)
			}
			if info, err := os.Lstat(backup); err != nil || !info.Mode().IsRegular() || strings.Contains(read(t, file), "opentrain") {
				t.Error(info.Mode(), err, read(t, file))
			}
		})
	}
}

// TestPointersThatLeadNowhere: LM Studio's pointer must be a file.
func TestPointersThatLeadNowhere(t *testing.T) {
	t.Parallel()
	host, env := named(t, "lmstudio"), machine(t, "linux")
	pipe(t, filepath.Join(env.Home, ".lmstudio-home-pointer"))
	if file, _ := host.File(env, hosts.User); file != filepath.Join(env.Home, ".lmstudio", "mcp.json") {
		t.Error(file)
	}
}

// TestDeepFiles: a file that is nested without an end, or has millions of values, is a mistake, not the end of the program. Brackets in strings and
// comments don't count.
func TestDeepFiles(t *testing.T) {
	t.Parallel()
	open, shut := strings.Repeat("[", 1200), strings.Repeat("]", 1200)
	for name, test := range map[string]struct {
		host, content string
		deep          bool
	}{
		"JSON":             {"claude-code", `{"a":` + strings.Repeat("[", 5_000_000), true},
		"JSONC":            {"cursor", "/*/ " + `"*/{"a":` + strings.Repeat(`{"a":`, 2_000_000), true},
		"between comments": {"cursor", `/*//*//**//* */{"a":` + open + shut + "}", true},
		"TOML":             {"codex", "[" + strings.Repeat("a.", 100_000) + "a]\n", true},
		"TOML, lists":      {"codex", "a = " + strings.Repeat("[", 100_000), true},
		"YAML":             {"goose", strings.Repeat("[", 100_000), true},
		"values":           {"cursor", `{"a":[` + strings.Repeat("0,", 500_000) + "0]}", true},
		"values in TOML":   {"codex", "a = [" + strings.Repeat("0,", 500_000) + "0]", true},
		"values in YAML":   {"goose", strings.Repeat("- 0\n", 250_001), true},
		"commas in texts":  {"cursor", `{"a":"` + strings.Repeat(",", 600_000) + `"}`, false},
		"a string":         {"cursor", `{"a\\": "\"` + open + `"}`, false},
		"comments":         {"cursor", "// " + open + "\n/* " + open + "*/{} // " + open + "\n", false},
		"side by side":     {"claude-code", `{"a": [` + strings.Repeat("[],", 1200) + "[]]}", false},
		"much, but valid":  {"claude-code", `{"a":` + open[:990] + shut[:990] + "}", false},
	} {
		_, _, err := named(t, test.host).With([]byte(test.content), server)
		if test.deep != (err != nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
	env := machine(t, "linux")
	file, _ := named(t, "cursor").File(env, hosts.User)
	put(t, file, "{\n\"a\":"+open)
	if _, _, err := named(t, "cursor").Find(env, hosts.User, "opentrain"); err == nil ||
		!strings.HasPrefix(err.Error(), file+", line 2, column 1004: this is nested too deep. Nothing was changed") {
		t.Error(err)
	}
}

// TestDiffsControlNoTerminal: what others wrote into a file, and how they named the folder, is shown as it is.
func TestDiffsControlNoTerminal(t *testing.T) {
	t.Parallel()
	env := machine(t, "linux")
	env.Dir = filepath.Join(env.Home, "a\x1b[2J\n+b\u202e")
	file := filepath.Join(env.Dir, ".cursor", "mcp.json")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Skip(err)
	}
	put(t, file, "{\r\n\t// a\x1b[31m\u009b2J\u202eb\rc\x9d\r\n}\r\n")
	change, err := named(t, "cursor").Install(env, hosts.Project, server)
	if err == nil { // the comment isn't UTF-8
		t.Error(change.Diff())
	}
	put(t, file, "{\r\n\t// a\x1b[31m\u009b2J\u202eb\rc\r\n}\r\n")
	if change, err = named(t, "cursor").Install(env, hosts.Project, server); err != nil {
		t.Fatal(err)
	}
	diff := change.Diff()
	if strings.ContainsAny(diff, "\x1b\u009b\u202e") || strings.Contains(diff, "\rc") || strings.Contains(diff, "\n+b") ||
		!strings.Contains(diff, "\t// a[U+001B][31m[U+009B]2J[U+202E]b[U+000D]c\r\n") {
		t.Errorf("%q", diff)
	}
	put(t, file, `{"mcpServers": {"opentrain": {"command": "x\n\u001b[2J"}}}`)
	_, err = named(t, "cursor").Install(env, hosts.Project, server)
	if err == nil || strings.ContainsAny(err.Error(), "\x1b\n\u202e") || !strings.Contains(err.Error(), "starts x[U+000A][U+001B][2J") {
		t.Errorf("%q", err)
	}
	put(t, file, "{")
	if _, err = named(t, "cursor").Install(env, hosts.Project, server); err == nil || strings.ContainsAny(err.Error(), "\x1b\n\u202e") {
		t.Errorf("%q", err)
	}
}

// TestDiffHidesArguments: a secret doesn't need a key.
func TestDiffHidesArguments(t *testing.T) {
	t.Parallel()
	for name, lines := range map[string]string{
		"cursor": "{\"mcpServers\": {\"a\": {\"args\": [\n" + `"a",` + "\n" + `"ot_pat_HUSH",` + "\n" + `"ot_pat_HUSH==",` + "\n" +
			`"--token=HUSH",` + "\n" + `"--api-key",` + "\n" + `"HUSH"` + "\n" + `, ["ot_pat_HUSH", {"a": "b"}]` + "\n],\n" +
			`"env": {` + "\n" + `"A_TOKEN": "HUSH"` + "\n}}}}\n",
		"goose": "extensions:\n  a:\n    args:\n    - ot_pat_HUSH\n    - ot_pat_HUSH==\n    - --token\n    - HUSH\n",
		"codex": "[mcp_servers.a]\nargs = [\n'ot_pat_HUSH==',\n'--token',\n'HUSH',\n]\n",
	} {
		host, env := named(t, name), machine(t, "linux")
		file, _ := host.File(env, hosts.User)
		put(t, file, lines)
		if _, _, err := host.Find(env, hosts.User, "opentrain"); err != nil {
			t.Fatal(name, err)
		}
		change, err := host.Install(env, hosts.User, server)
		if err != nil {
			t.Fatal(name, err)
		}
		// A diff shows the lines near the change: all of them are removed for this test.
		diff := hosts.HideSecrets("--- a\n+++ b\n@@ -1 +1 @@\n " + strings.TrimSuffix(strings.ReplaceAll(lines, "\n", "\n "), " "))
		if strings.Contains(diff+change.Diff(), "HUSH") || !strings.Contains(diff, "args") || !strings.Contains(diff, "\n ]") && name != "goose" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestProjectsStayInTheirFolder: the links of a repository lead no change out of it. A user's own links do.
func TestProjectsStayInTheirFolder(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		links [][2]string // from, to
		out   string      // where it would lead, "" for a place in the project
	}{
		"a file":                  {[][2]string{{".cursor/mcp.json", "../../outside/a.json"}}, "outside/a.json"},
		"a new file":              {[][2]string{{".cursor/mcp.json", "HOME/outside/new/b.json"}}, "outside/new/b.json"},
		"a folder":                {[][2]string{{".cursor", "../outside"}}, "outside"},
		"a folder that isn't yet": {[][2]string{{".cursor", "../outside/new"}}, "outside/new"},
		"a link to a link":        {[][2]string{{".cursor/mcp.json", "../x"}, {"x", "y/b.json"}, {"y", "../outside/new"}}, "outside/new/b.json"},
		"out and back":            {[][2]string{{".cursor", "../outside"}, {"../outside/mcp.json", "../project/c.json"}}, "outside"},
		"its own":                 {[][2]string{{".cursor/mcp.json", "../new/d.json"}}, ""},
		"a folder of its own":     {[][2]string{{"e/f", "g"}, {".cursor", "e/f"}, {"e/g/mcp.json", "../h.json"}}, ""},
	} {
		host, env := named(t, "cursor"), machine(t, "linux")
		put(t, filepath.Join(env.Home, "outside", "a.json"), "{}")
		for _, l := range test.links {
			link(t, strings.Replace(l[1], "HOME", env.Home, 1), filepath.Join(env.Dir, filepath.FromSlash(l[0])))
		}
		before := files(t, env.Home)
		change, err := host.Install(env, hosts.Project, server)
		if test.out == "" {
			if err == nil {
				_, err = change.Apply()
			}
			if err != nil || !strings.Contains(read(t, filepath.Join(env.Dir, ".cursor", "mcp.json")), "opentrain") {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		home, errHome := filepath.EvalSymlinks(env.Home)
		want := " leads out of the project, to " + filepath.Join(home, filepath.FromSlash(test.out)) + ". Nothing was changed."
		if errHome != nil || err == nil || !strings.Contains(err.Error(), want) || files(t, env.Home) != before {
			t.Errorf("%s: %v", name, err)
		}
		if _, err = host.Uninstall(env, hosts.Project, "opentrain"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
