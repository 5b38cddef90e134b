package hosts_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"opentrain-mcp/internal/hosts"
)

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(data)
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// files are the files below a folder.
func files(t *testing.T, folder string) string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(found, " ")
}

// install adds a server, and returns what was done and the backup.
func install(t *testing.T, host hosts.Host, env hosts.Env, s hosts.Server) (hosts.Outcome, string) {
	t.Helper()
	change, err := host.Install(env, hosts.User, s)
	if err != nil {
		t.Fatal(err)
	}
	backup, err := change.Apply()
	if err != nil {
		t.Fatal(err)
	}
	return change.Outcome, backup
}

// TestBackup: the backup is what was there before the last change, with the same mode.
func TestBackup(t *testing.T) {
	t.Parallel()
	host, env := named(t, "cursor"), machine(t, "linux")
	file, _ := host.File(env, hosts.User)
	if outcome, backup := install(t, host, env, server); outcome != hosts.Added || backup != "" {
		t.Error(outcome, backup)
	}
	put(t, file, `{"a": 1}`)
	if err := os.Chmod(file, 0o640); err != nil {
		t.Fatal(err)
	}
	outcome, backup := install(t, host, env, server)
	if outcome != hosts.Added || backup != file+".opentrain-backup" || read(t, backup) != `{"a": 1}` {
		t.Error(outcome, backup, read(t, backup))
	}
	for _, path := range []string{file, backup} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 && runtime.GOOS != "windows" {
			t.Error(path, info.Mode(), err)
		}
	}
	if outcome, backup := install(t, host, env, server); outcome != hosts.Unchanged || backup != "" {
		t.Error(outcome, backup)
	}
	// The backup without the entry is worth more than one with another entry.
	plain := server
	plain.Args = nil
	if outcome, backup := install(t, host, env, plain); outcome != hosts.Updated || read(t, backup) != `{"a": 1}` {
		t.Error(outcome, read(t, backup))
	}
	// But a host's own changes count.
	changed := strings.Replace(read(t, file), `"a": 1`, `"a": 2`, 1)
	put(t, file, changed)
	if outcome, backup := install(t, host, env, server); outcome != hosts.Updated || read(t, backup) != changed {
		t.Error(outcome, read(t, backup))
	}
	change, err := host.Uninstall(env, hosts.User, "opentrain")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := change.Apply(); err != nil || read(t, file) != `{"a": 2}` {
		t.Error(err, read(t, file))
	}
	if change, err := host.Uninstall(env, hosts.User, "opentrain"); err != nil || change.Outcome != hosts.Absent {
		t.Error(change, err)
	}
}

// TestLinksStay: a file that a link leads to is changed where it is, also if it isn't there yet.
func TestLinksStay(t *testing.T) {
	t.Parallel()
	host, env := named(t, "zed"), machine(t, "linux")
	file, _ := host.File(env, hosts.User)
	target := filepath.Join(env.Home, "dotfiles", "zed.json")
	put(t, file, "")
	remove(t, file)
	for _, there := range []bool{false, true} {
		if there {
			put(t, target, "{}")
		}
		if err := os.Symlink(filepath.Join("..", "..", "dotfiles", "zed.json"), file); err != nil {
			t.Skip(err)
		}
		install(t, host, env, server)
		if link, err := os.Readlink(file); err != nil || link == "" || !strings.Contains(read(t, target), "opentrain-mcp") {
			t.Error(there, link, err)
		}
		remove(t, file)
		remove(t, target)
	}
	if err := os.Symlink(file, file); err != nil {
		t.Fatal(err)
	}
	if _, err := host.Install(env, hosts.User, server); err == nil || !strings.Contains(err.Error(), "too many links") {
		t.Error(err)
	}
}

// TestFilesThatCantBeChanged: the message says why, and the file stays.
func TestFilesThatCantBeChanged(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		make func(path string) error
		want string
	}{
		"a folder":  {func(path string) error { return os.MkdirAll(path, 0o700) }, "is not a file"},
		"UTF-16":    {func(path string) error { return os.WriteFile(path, []byte("\xff\xfe{\x00}\x00"), 0o600) }, "is not UTF-8. Save it as UTF-8"},
		"too large": {func(path string) error { return os.WriteFile(path, make([]byte, 64<<20+1), 0o600) }, "is too large"},
		"read-only": {func(path string) error { return os.WriteFile(path, []byte("{}"), 0o400) }, "is read-only. Make it writable"},
		"another": {func(path string) error {
			return os.WriteFile(path, []byte(`{"mcpServers": {"opentrain": {"command": "npx", "args": ["@opentrain-ai/mcp"]}}}`), 0o600)
		}, "already has a server named opentrain, which starts npx. Nothing was changed. Choose another name, such as --name opentrain-jobs"},
		"remote": {func(path string) error {
			return os.WriteFile(path, []byte(`{"mcpServers": {"opentrain": {"url": "https://me:secret@x/secret?key=secret"}}}`), 0o600)
		}, "which connects to https://x. Nothing was changed."},
		"nothing": {func(path string) error {
			return os.WriteFile(path, []byte(`{"mcpServers": {"opentrain": {}}}`), 0o600)
		}, "which isn't this program"},
	} {
		env := machine(t, "linux")
		file, _ := named(t, "cursor").File(env, hosts.User)
		put(t, file, "")
		remove(t, file)
		if err := test.make(file); err != nil {
			t.Fatal(err)
		}
		_, err := named(t, "cursor").Install(env, hosts.User, server)
		if err == nil || !strings.HasPrefix(err.Error(), file) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
		if name != "another" && name != "remote" {
			continue
		}
		uninstall := func(want string) {
			t.Helper()
			_, err := named(t, "cursor").Uninstall(env, hosts.User, "opentrain")
			if err == nil || !strings.Contains(err.Error(), "has a server named opentrain, which ") || !strings.HasSuffix(err.Error(), want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		uninstall("Nothing was changed")
		other := server
		other.Name = "opentrain-two"
		if outcome, _ := install(t, named(t, "cursor"), env, other); outcome != hosts.Added {
			t.Error(outcome)
		}
		if names, err := named(t, "cursor").Names(env, hosts.User); err != nil || !slices.Equal(names, []string{other.Name}) {
			t.Errorf("%v, %v", names, err)
		}
		uninstall("Nothing was changed. To remove this server, use --name opentrain-two")
	}
}

// TestFoldersThatCantBeMade: the message says why.
func TestFoldersThatCantBeMade(t *testing.T) {
	t.Parallel()
	env := machine(t, "linux")
	put(t, filepath.Join(env.Home, ".cursor"), "a file")
	change, err := named(t, "cursor").Install(env, hosts.User, server)
	if err == nil {
		_, err = change.Apply()
	}
	if err == nil || !strings.Contains(err.Error(), "mcp.json can't be ") || !strings.HasSuffix(err.Error(), "not a directory") {
		t.Error(err)
	}
}

// TestFileChangesMeanwhile: what a host has written in the meantime isn't lost, and the entry is changed in what the host wrote.
func TestFileChangesMeanwhile(t *testing.T) {
	t.Parallel()
	host, env := named(t, "claude-code"), machine(t, "linux")
	file, _ := host.File(env, hosts.User)
	const before, meanwhile = `{"a": 1}`, `{"a": 2, "mcpServers": {"other": {"command": "x"}}}`
	put(t, file, before)
	change, err := host.Install(env, hosts.User, server)
	if err != nil {
		t.Fatal(err)
	}
	put(t, file, meanwhile)
	backup, err := change.Apply()
	if now := read(t, file); err != nil || read(t, backup) != meanwhile || !strings.Contains(now, "/opt/opentrain-mcp") ||
		!strings.Contains(now, `"a": 2`) || !strings.Contains(now, "other") {
		t.Error(err, now)
	}
	if change, err = host.Uninstall(env, hosts.User, "opentrain"); err != nil {
		t.Fatal(err)
	}
	put(t, file, before)
	if _, err := change.Apply(); err != nil || change.Outcome != hosts.Absent || read(t, file) != before {
		t.Error(change.Outcome, err, read(t, file))
	}
	if change, err = host.Install(env, hosts.User, server); err != nil {
		t.Fatal(err)
	}
	put(t, file, "{")
	if _, err := change.Apply(); err == nil || !strings.Contains(err.Error(), "the file is incomplete. Nothing was changed") || read(t, file) != "{" {
		t.Error(err)
	}
}

// TestTheLastMomentCounts: whether the file has changed is asked when all is written and only the rename is left.
func TestTheLastMomentCounts(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, "mcp.json")
	put(t, file, "old")
	changed := errors.New("changed")
	err := hosts.Write(file, []byte("new"), 0o600, func() error {
		if all := strings.Fields(files(t, folder)); len(all) != 2 || read(t, all[0]) != "new" || read(t, file) != "old" {
			t.Error(all)
		}
		return changed
	})
	if err == nil || read(t, file) != "old" || files(t, folder) != file {
		t.Error(err, read(t, file), files(t, folder))
	}
}

// TestManyInstallAtOnce: every entry is there in the end, and nothing else.
func TestManyInstallAtOnce(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("a folder can't be locked")
	}
	host, env := named(t, "cursor"), machine(t, "linux")
	file, _ := host.File(env, hosts.User)
	var running sync.WaitGroup
	for i := range 20 {
		running.Go(func() {
			s := server
			s.Name = fmt.Sprintf("server-%d-", i)
			change, err := host.Install(env, hosts.User, s)
			if err == nil {
				_, err = change.Apply()
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	for i := range 20 {
		if name := fmt.Sprintf(`"server-%d-"`, i); strings.Count(read(t, file), name) != 1 {
			t.Errorf("%s is missing", name)
		}
	}
	if left := strings.Fields(files(t, env.Home)); len(left) > 2 {
		t.Error("left over:", left)
	}
}

// TestTokensInFiles: the entry holds no token. If a person has put one there, it stays, and they hear who can read it.
func TestTokensInFiles(t *testing.T) {
	t.Parallel()
	host, env := named(t, "cursor"), machine(t, "linux")
	file, _ := host.File(env, hosts.User)
	put(t, file, `{"mcpServers": {"opentrain": {"command": "opentrain-mcp", "env": {"OT_API_TOKEN": "ot_pat_secret"}}}}`)
	for mode, want := range map[fs.FileMode]string{0o600: "", 0o644: "Other users of this machine can read the token in this entry. Run chmod 600 on the file."} {
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		change, err := host.Install(env, hosts.User, server)
		if err != nil || !strings.HasSuffix(strings.Join(change.Warnings, ""), want) || (change.Warnings == nil) != (want == "") {
			t.Errorf("%o: %v, %v", mode, change, err)
		}
		if diff := change.Diff(); strings.Contains(diff, "ot_pat_secret") || !strings.Contains(diff, "(hidden)") {
			t.Error(diff)
		}
	}
	if entry, found, err := host.Find(env, hosts.User, "opentrain"); err != nil || !found || entry.Env["OT_API_TOKEN"] != "ot_pat_secret" || !entry.Ours {
		t.Errorf("%+v, %v", entry, err)
	}
	project := filepath.Join(env.Dir, ".cursor", "mcp.json")
	put(t, project, read(t, file))
	if change, err := host.Install(env, hosts.Project, server); err != nil || !strings.Contains(strings.Join(change.Warnings, ""), "Everyone who gets the project") {
		t.Error(change, err)
	}
	remove(t, project)
	change, err := host.Install(env, hosts.Project, server)
	if err != nil || change.Warnings != nil {
		t.Error(change, err)
	}
	if _, err := change.Apply(); err != nil || strings.Contains(read(t, project), "TOKEN") {
		t.Error(err, read(t, project))
	}
	if info, err := os.Stat(project); err != nil || info.Mode().Perm() != 0o644 && runtime.GOOS != "windows" {
		t.Error("a project's file is for all who work on it:", info.Mode(), err)
	}
}

// TestDiff shows the change, and no secret of another server.
func TestDiff(t *testing.T) {
	t.Parallel()
	host, env := named(t, "codex"), machine(t, "linux")
	file, _ := host.File(env, hosts.User)
	put(t, file, "[mcp_servers.a]\ncommand = 'a'\nenv = { GITHUB_TOKEN = 'ghp_x' }\n")
	change, err := host.Install(env, hosts.User, server)
	if err != nil {
		t.Fatal(err)
	}
	want := "--- " + file + "\n+++ " + file + "\n@@ -1,3 +1,7 @@\n [mcp_servers.a]\n command = 'a'\n env = (hidden)\n+\n" +
		"+[mcp_servers.opentrain]\n+command = '/opt/opentrain-mcp'\n+args = ['--sandbox']\n"
	if got := change.Diff(); got != want {
		t.Errorf("got\n%s", got)
	}
	if strings.Contains(read(t, file), "opentrain") {
		t.Error("the plan alone has changed the file")
	}
}

// TestWhatAnUpdateTakesAway: leaving the sandbox is never silent, and neither is the loss of an argument.
func TestWhatAnUpdateTakesAway(t *testing.T) {
	t.Parallel()
	const all = "--toolsets=all"
	for name, test := range map[string]struct {
		before, now []string
		env         string
		leaves      bool
		dropped     string
	}{
		"to the real one":     {[]string{"--sandbox"}, nil, "", true, ""},
		"with other toolsets": {[]string{"--sandbox"}, []string{all}, "", true, ""},
		"spelled out":         {[]string{"--sandbox=yes"}, nil, "", true, ""},
		"it stays":            {[]string{"--sandbox", all}, []string{"--sandbox"}, "", false, "--toolsets"},
		"a variable keeps it": {[]string{"--sandbox"}, nil, "true", false, ""},
		"it never was":        {[]string{"--sandbox=false", all, "--base-url=https://x"}, []string{all}, "true", false, "--base-url"},
	} {
		host, env := named(t, "cursor"), machine(t, "linux")
		file, _ := host.File(env, hosts.User)
		entry := map[string]any{"command": "opentrain-mcp", "args": test.before, "env": map[string]string{"OPENTRAIN_MCP_SANDBOX": test.env}}
		data, err := json.Marshal(map[string]any{"mcpServers": map[string]any{"opentrain": entry}})
		if err != nil {
			t.Fatal(err)
		}
		put(t, file, string(data))
		updated := server
		updated.Args = test.now
		change, err := host.Install(env, hosts.User, updated)
		if err != nil || change.Leaves != test.leaves || strings.Join(change.Dropped, " ") != test.dropped {
			t.Errorf("%s: %+v, %v", name, change, err)
		}
	}
}
