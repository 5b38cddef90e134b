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

// write creates a file, and its folder, in a new temporary folder.
func write(t *testing.T, name, content string) (dir, path string) {
	t.Helper()
	dir = t.TempDir()
	path = filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, path
}

// find searches with only the given variables set; they are pairs of name and
// value.
func find(tokenFile string, variables ...string) credential.Found {
	getenv := func(name string) string {
		for i := 0; i < len(variables); i += 2 {
			if variables[i] == name {
				return variables[i+1]
			}
		}
		return ""
	}
	return credential.Source{Getenv: getenv, TokenFile: tokenFile}.Find()
}

func TestPrecedence(t *testing.T) {
	config, shared := write(t, "opentrain/cli.json", `{"apiToken":"shared"}`)
	_, file := write(t, "token", "file")
	variables := []string{"XDG_CONFIG_HOME", config}
	expect := func(tokenFile, token string, from credential.Place) {
		t.Helper()
		if got, want := find(tokenFile, variables...), (credential.Found{Token: token, From: from}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	expect("", "shared", credential.Place{File: shared, Shared: true})
	expect(file, "file", credential.Place{File: file})
	variables = append(variables, "OPENTRAIN_API_TOKEN", "third")
	expect(file, "third", credential.Place{Variable: "OPENTRAIN_API_TOKEN"})
	variables = append(variables, "OT_API_TOKEN", "second")
	expect(file, "second", credential.Place{Variable: "OT_API_TOKEN"})
	variables = append(variables, "OPENTRAIN_PERSONAL_API_TOKEN", "first")
	expect(file, "first", credential.Place{Variable: "OPENTRAIN_PERSONAL_API_TOKEN"})
	expect("", "first", credential.Place{Variable: "OPENTRAIN_PERSONAL_API_TOKEN"})
}

// TestInvalidTokensEndTheSearch: the next place could hold another account's token.
func TestInvalidTokensEndTheSearch(t *testing.T) {
	_, file := write(t, "token", "file")
	want := credential.Found{
		From:    credential.Place{Variable: "OT_API_TOKEN"},
		Problem: credential.Fault{Text: "the API token from the OT_API_TOKEN environment variable has a space or a line break in it"},
	}
	if got := find(file, "OT_API_TOKEN", "a b", "OPENTRAIN_API_TOKEN", "third"); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestTokenFile(t *testing.T) {
	config, _ := write(t, "opentrain/cli.json", `{"apiToken":"shared","baseUrl":"https://shared.example.com"}`)
	for _, test := range []struct{ name, content, token, problem string }{
		{"token", "ot_pat_1", "ot_pat_1", ""},
		{"newline", "ot_pat_1\n", "ot_pat_1", ""},
		{"spaces and Windows line ends", "  ot_pat_1\t\r\n\r\n", "ot_pat_1", ""},
		{"empty", "", "", "the token file PATH is empty"},
		{"only a newline", "\n", "", "the token file PATH is empty"},
		{"two lines", "ot_pat_1\not_pat_2\n", "", "the API token from the token file PATH has a space or a line break in it"},
		{"assignment with quotes", `TOKEN="ot_pat_1"`, "",
			"the API token from the token file PATH has quotes in it; write the token without them"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, path := write(t, "token", test.content)
			want := credential.Found{
				Token: test.token, From: credential.Place{File: path},
				Problem: credential.Fault{Text: strings.ReplaceAll(test.problem, "PATH", path)},
			}
			if got := find(path, "XDG_CONFIG_HOME", config); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
	dir := t.TempDir()
	for name, path := range map[string]string{"missing": filepath.Join(dir, "missing"), "directory": dir} {
		got := find(path, "XDG_CONFIG_HOME", config)
		if got.Token != "" || got.From != (credential.Place{File: path}) ||
			!strings.HasPrefix(got.Problem.Error(), "The token file "+path+" can't be read: ") || strings.Count(got.Problem.Error(), path) != 1 ||
			got.Problem.Unreadable != (name == "directory") {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

// TestWordsOfPlacesAndFaults: what people read is made of the fields.
func TestWordsOfPlacesAndFaults(t *testing.T) {
	for want, words := range map[string]string{
		"the OT_API_TOKEN environment variable": credential.Place{Variable: "OT_API_TOKEN"}.String(),
		"the token file /x":                     credential.Place{File: "/x"}.String(),
		"the file /x":                           credential.Place{File: "/x", Shared: true}.String(),
		"":                                      credential.Place{}.String() + credential.Fault{}.Error(),
		"The token file /x is empty.":           credential.Fault{Text: "the token file /x is empty"}.Error(),
		"The file /x is bad. Correct it.":       credential.Fault{Text: "the file /x is bad", Cure: "Correct it."}.Error(),
	} {
		if words != want {
			t.Errorf("%q, not %q", words, want)
		}
	}
	if !(credential.Place{}).IsZero() || (credential.Place{File: "/x"}).IsZero() {
		t.Error("only the zero place is nowhere")
	}
}

// TestElsewhere: the setting that decides instead of the shared file.
func TestElsewhere(t *testing.T) {
	getenv := func(value string) func(string) string {
		return func(name string) string { return map[string]string{"OT_API_TOKEN": value}[name] }
	}
	for want, source := range map[credential.Place]credential.Source{
		{}:                         {Getenv: getenv("")},
		{File: "/x"}:               {Getenv: getenv(" "), TokenFile: "/x"},
		{Variable: "OT_API_TOKEN"}: {Getenv: getenv("one"), TokenFile: "/x"},
	} {
		if got := source.Elsewhere(); got != want {
			t.Errorf("%+v, not %+v", got, want)
		}
	}
}

func TestTokenFileIsReadOnEveryCall(t *testing.T) {
	_, path := write(t, "token", "old")
	source := credential.Source{Getenv: func(string) string { return "" }, TokenFile: path}
	if got := source.Find(); got.Token != "old" {
		t.Errorf("got %+v", got)
	}
	if err := os.WriteFile(path, []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := source.Find(); got.Token != "new" {
		t.Errorf("got %+v", got)
	}
}

func TestSharedFile(t *testing.T) {
	here := credential.Place{File: "PATH", Shared: true}
	broken := credential.Fault{Text: "the file PATH is not valid JSON", Cure: "Correct it, or run `mv PATH PATH.broken` and get a token again."}
	for _, test := range []struct {
		name, content string
		want          credential.Found // PATH stands for the file
	}{
		{"token", `{"apiToken":"ot_pat_1"}`, credential.Found{Token: "ot_pat_1", From: here}},
		{"token and base URL", `{"apiToken":"ot_pat_1","baseUrl":"https://staging.example.com","other":{"x":1}}`,
			credential.Found{Token: "ot_pat_1", From: here, BaseURL: "https://staging.example.com"}},
		{"no token", `{"baseUrl":"https://staging.example.com"}`, credential.Found{}},
		{"empty token", `{"apiToken":"","baseUrl":"https://staging.example.com"}`, credential.Found{}},
		{"null", `null`, credential.Found{}},
		{"broken", `{"apiToken":`, credential.Found{From: here, Problem: broken}},
		{"empty", ``, credential.Found{From: here, Problem: broken}},
		{"token is a number", `{"apiToken":1}`, credential.Found{From: here, Problem: broken}},
		{"invalid token", `{"apiToken":"$OT_TOKEN","baseUrl":"https://staging.example.com"}`, credential.Found{
			From: here, BaseURL: "https://staging.example.com",
			Problem: credential.Fault{Text: "the API token from the file PATH contains a variable name instead of its value: the host didn't expand it"},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			config, path := write(t, "opentrain/cli.json", test.content)
			want := test.want
			for _, words := range []*string{&want.From.File, &want.Problem.Text, &want.Problem.Cure} {
				*words = strings.ReplaceAll(*words, "PATH", path)
			}
			if got := find("", "XDG_CONFIG_HOME", config); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
	if got := find("", "XDG_CONFIG_HOME", t.TempDir()); got != (credential.Found{}) {
		t.Errorf("missing: got %+v", got)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "opentrain", "cli.json")
	if err := os.MkdirAll(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if got := find("", "XDG_CONFIG_HOME", dir); got.Token != "" || !got.Problem.Unreadable ||
		got.Problem.Error() != "The file "+path+" can't be read: it is a folder. "+credential.Cure(path) {
		t.Errorf("directory: got %+v", got)
	}
}

// TestFieldsLeftEmpty: a host passes on a field that its human left empty in one of these ways. What is set elsewhere counts.
func TestFieldsLeftEmpty(t *testing.T) {
	for _, empty := range []string{"", " ", "${user_config.api_token}", " ${user_config.token}\n"} {
		config, shared := write(t, "opentrain/cli.json", `{"apiToken":"shared"}`)
		want := credential.Found{Token: "shared", From: credential.Place{File: shared, Shared: true}}
		if got := find("", "OPENTRAIN_PERSONAL_API_TOKEN", empty, "XDG_CONFIG_HOME", config); got != want {
			t.Errorf("%q: got %+v", empty, got)
		}
		if got := find("", "OPENTRAIN_PERSONAL_API_TOKEN", empty, "OT_API_TOKEN", "second").Token; got != "second" {
			t.Errorf("%q: got %s", empty, got)
		}
		all := credential.Source{Getenv: func(name string) string {
			return map[string]string{"OPENTRAIN_PERSONAL_API_TOKEN": empty, "XDG_CONFIG_HOME": config}[name]
		}}.All()
		if len(all) != 1 || all[0] != want {
			t.Errorf("%q: all are %+v", empty, all)
		}
	}
	for _, mistake := range []string{"${API_TOKEN}", "${user_config.api_token", "x${user_config.api_token}", "${user_config.a}${user_config.b}"} {
		if got := find("", "OPENTRAIN_PERSONAL_API_TOKEN", mistake); got.From.Variable != "OPENTRAIN_PERSONAL_API_TOKEN" {
			t.Errorf("%q: got %+v", mistake, got)
		}
	}
}

func TestSharedFileWithoutXDG(t *testing.T) {
	home, path := write(t, ".config/opentrain/cli.json", `{"apiToken":"ot_pat_1"}`)
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", "")
	t.Setenv("USERPROFILE", home) // on Windows
	if got, want := find(""), (credential.Found{Token: "ot_pat_1", From: credential.Place{File: path, Shared: true}}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	person, err := user.Current()
	if err != nil || runtime.GOOS == "windows" {
		return
	}
	t.Setenv("HOME", "")
	want := credential.Place{File: filepath.Join(person.HomeDir, ".config", "opentrain", "cli.json"), Shared: true}
	if place, fault := (credential.Source{Getenv: os.Getenv}).Shared(); place != want || fault.Text != "" {
		t.Errorf("without HOME: %+v, %v", place, fault)
	}
}

func TestProblem(t *testing.T) {
	const variable = "contains a variable name instead of its value: the host didn't expand it"
	for token, want := range map[string]string{
		"ot_pat_1":               "",
		"!#%&()*+,-./:;<=>?@[]^": "",
		strings.Repeat("x", 512): "",
		strings.Repeat("x", 513): "is longer than 512 characters",
		"":                       "is empty",
		"${OT_API_TOKEN}":        variable,
		"$OT_API_TOKEN":          variable,
		"%OT_API_TOKEN%":         variable,
		"${env:OT_API_TOKEN}":    variable,
		`"ot_pat_1"`:             "has quotes in it; write the token without them",
		"'ot_pat_1'":             "has quotes in it; write the token without them",
		"`ot_pat_1`":             "has quotes in it; write the token without them",
		"Bearer ot_pat_1":        "has a space or a line break in it",
		"ot_pat_1\n":             "has a space or a line break in it",
		"ot_pat\u00a01":          "has a space or a line break in it",
		"ot_pät_1":               "has invalid characters",
		"ot_pat\x00":             "has invalid characters",
		"ot_pat\x7f":             "has invalid characters",
		"\ufeffot_pat_1":         "has invalid characters",
	} {
		got := credential.Problem(token)
		if got != want {
			t.Errorf("Problem(%q) = %q, want %q", token, got, want)
		}
		if len(token) > 6 && strings.Contains(got, token) {
			t.Errorf("Problem(%q) shows the token", token)
		}
	}
}

// TestShellPath: a command with a path can be copied into a shell.
func TestShellPath(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("its shells quote in another way")
	}
	for path, want := range map[string]string{
		"/home/ada/.config/opentrain/cli.json": "/home/ada/.config/opentrain/cli.json", "/a-b_c+d@e%f:g,h": "/a-b_c+d@e%f:g,h", "/höme": "/höme",
		"/a b": "'/a b'", "/a'b": `'/a'\''b'`, "/a|b": "'/a|b'", "/a*": "'/a*'", "~/x": "'~/x'", "/a\nb": "'/a\nb'", "/$HOME": "'/$HOME'",
	} {
		if got := credential.ShellPath(path); got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
}
