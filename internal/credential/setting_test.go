package credential_test

import (
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"opentrain-mcp/internal/credential"
)

// TestFindUnexpanded tells placeholders from values that look a little like one.
func TestFindUnexpanded(t *testing.T) {
	for value, want := range map[string]string{
		"${user_config.timeout}": "${user_config.timeout}", "${env:NAME}": "${env:NAME}", "https://${HOST}:80": "${HOST}",
		"$NAME": "$NAME", "$env:NAME": "$env:NAME", "/home/$USER/x": "$USER", "a,$NAME": "$NAME", "$(NAME)": "$(NAME)",
		"%NAME%": "%NAME%", `C:\Users\%USERNAME%\x`: "%USERNAME%", "{{name}}": "{{name}}", "{name}": "{name}",
		"${{ secrets.X }}": "${{ secrets.X }}", "${A:-b}": "${A:-b}",
		"45s": "", "100%": "", "https://a.example/%C3%A4%20b": "", `\\host\c$\token`: "", "a$b": "", "$18": "", "$": "", "${open": "${open",
		"${open}x}": "${open}",
	} {
		if got := credential.FindUnexpanded(value).Name; got != want {
			t.Errorf("%s: got %q, want %q", value, got, want)
		}
	}
	for value, want := range map[string]credential.Unexpanded{
		"${user_config.x}":                 {Name: "${user_config.x}", Alone: true, LeftEmpty: true},
		"${user_config.x":                  {Name: "${user_config.x", Alone: true},
		"${user_config.a}${user_config.b}": {Name: "${user_config.a}"},
		"x${user_config.a}":                {Name: "${user_config.a}"},
		"${X}":                             {Name: "${X}", Alone: true},
		"$ecret":                           {Name: "$ecret"}, // perhaps a password
		"":                                 {},
	} {
		if got := credential.FindUnexpanded(value); got != want {
			t.Errorf("%q: got %+v", value, got)
		}
	}
}

// TestAbsolutePaths: a path from the root stays as it is, because .. may follow a link. The home directory is known without HOME.
func TestAbsolutePaths(t *testing.T) {
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs(filepath.FromSlash("/"))
	if err != nil {
		t.Fatal(err)
	}
	linked := root + filepath.FromSlash("link/../file")
	if got := credential.Absolute(linked); got != linked {
		t.Error(got)
	}
	if got := credential.Absolute("~/file"); got != filepath.Join(home, "file") {
		t.Error(got)
	}
	person, err := user.Current()
	if err != nil || runtime.GOOS == "windows" {
		return
	}
	t.Setenv("HOME", "")
	if got := credential.Absolute("~/file"); got != filepath.Join(person.HomeDir, "file") {
		t.Error(got)
	}
}

// TestSharedFolder: how XDG_CONFIG_HOME is read.
func TestSharedFolder(t *testing.T) {
	home, err := credential.Home()
	if err != nil {
		t.Fatal(err)
	}
	file := func(folder string) credential.Place {
		return credential.Place{File: filepath.Join(folder, "opentrain", "cli.json"), Shared: true}
	}
	folder := t.TempDir()
	wrong := credential.Place{Variable: "XDG_CONFIG_HOME"}
	for value, want := range map[string]credential.Place{
		"": file(filepath.Join(home, ".config")), " " + folder + "\n": file(folder), "~/conf": file(filepath.Join(home, "conf")),
		"relative": file(filepath.Join(home, ".config")), "${XDG_CONFIG_HOME}": wrong, "/home/$USER/.config": wrong, "${user_config.folder}": wrong,
	} {
		source := credential.Source{Getenv: func(name string) string { return map[string]string{"XDG_CONFIG_HOME": value}[name] }}
		place, fault := source.Shared()
		if place != want || (fault.Text != "") != (want == wrong) ||
			want == wrong && !strings.HasPrefix(fault.Text, "XDG_CONFIG_HOME contains a placeholder that the host didn't expand: $") {
			t.Errorf("%q: %+v, %v", value, place, fault)
		}
		if found := source.Find(); want == wrong && (found.From != wrong || found.Problem != fault) {
			t.Errorf("%q: found %+v", value, found)
		}
	}
}
