package acceptance_test

import (
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// variables are the environment variables that the help of a command names.
func variables(t *testing.T, command string) []string {
	t.Helper()
	help, err := exec.Command(binary, command, "--help").Output()
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`\bO[A-Z]+_[A-Z_]+\b`).FindAllString(string(help), -1)
	slices.Sort(names)
	if names = slices.Compact(names); len(names) < 15 {
		t.Fatalf("%s: only %q", command, names)
	}
	return names
}

// TestEmptyVariablesCountAsNotSet: the program starts with every variable set to nothing, or to spaces.
func TestEmptyVariablesCountAsNotSet(t *testing.T) {
	t.Parallel()
	for _, empty := range []string{"", " \t"} {
		for _, command := range []string{"stdio", "http"} {
			env := environment(t, "XDG_CONFIG_HOME="+empty, "OT_API_TOKEN="+empty, "OPENTRAIN_API_TOKEN="+empty)
			for _, variable := range variables(t, command) {
				env = append(env, variable+"="+empty)
			}
			if command == "http" {
				runHTTP(t, env, "--base-path", "", "--allowed-hosts="+empty).call("opentrain_list_jobs", map[string]any{})
				continue
			}
			p := run(t, env, "--tools", empty, "--timeout="+empty)
			p.send(hello)
			p.receive()
			p.stdin.Close()
			if err := p.end(); err != nil || strings.Contains(p.stderr.String(), "level=WARN") {
				t.Errorf("%q: it ended with %v\n%s", empty, err, &p.stderr)
			}
		}
	}
}

// TestValuesAreTrimmed: spaces and line breaks around values and tokens make no difference.
func TestValuesAreTrimmed(t *testing.T) {
	t.Parallel()
	api, token := runSandbox(t)
	p := run(t, environment(t, "OPENTRAIN_API_BASE_URL= "+api+"\r\n", "OT_API_TOKEN=\t"+token+" \n", "OPENTRAIN_MCP_TIMEOUT= 45s ",
		"OPENTRAIN_MCP_TOOLS=opentrain_list_jobs, opentrain_get_job\n", "OPENTRAIN_MCP_STATE_KEY= "+strings.Repeat("A", 43)+"= \n"),
		"--log-level", " debug ")
	if got := p.call("opentrain_list_jobs", map[string]any{}); got.isError {
		t.Error(got.text)
	}
}

// TestPlaceholdersEndTheStart: the program names a placeholder that the host didn't expand, and ends with code 2.
// Other commands start.
func TestPlaceholdersEndTheStart(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		env  []string
		args []string
		code int
		want string
	}{
		{[]string{"OPENTRAIN_MCP_TIMEOUT=${user_config.timeout}"}, nil, 2,
			"OPENTRAIN_MCP_TIMEOUT contains a placeholder that the host didn't expand: ${user_config.timeout}"},
		{nil, []string{"--tools", "%TOOLS%"}, 2, "--tools contains a placeholder that the host didn't expand: %TOOLS%"},
		{[]string{"OPENTRAIN_MCP_STATE_KEY={{key}}"}, nil, 2, "OPENTRAIN_MCP_STATE_KEY is a placeholder that the host didn't expand"},
		{[]string{"OPENTRAIN_MCP_SERVER_TOKEN_FILE=$HOME/secret"}, []string{"http", "--auth", "shared"}, 2,
			"OPENTRAIN_MCP_SERVER_TOKEN_FILE contains a placeholder that the host didn't expand: $HOME"},
		{[]string{"OPENTRAIN_MCP_TIMEOUT=${user_config.timeout}"}, []string{"version"}, 0, ""},
	} {
		cmd := exec.Command(binary, test.args...)
		cmd.Env = environment(t, test.env...)
		out, _ := cmd.CombinedOutput() // the exit code is looked at
		if code := cmd.ProcessState.ExitCode(); code != test.code || !strings.Contains(string(out), test.want) {
			t.Errorf("%q %q: code %d, %s", test.env, test.args, code, out)
		}
	}
}

// TestErrorsControlNoTerminal: a value that an error repeats can't control the terminal.
func TestErrorsControlNoTerminal(t *testing.T) {
	t.Parallel()
	const attack = "\x1b[2J\u009b31m\u202eevil"
	for _, test := range []struct{ env, args []string }{
		{nil, []string{attack}}, {nil, []string{"--" + attack}}, {nil, []string{"--tools", attack}}, {nil, []string{"--base-url", "ftp://evil\u009b\u202e"}},
		{nil, []string{"--ca-file", "/" + attack}}, {[]string{"OPENTRAIN_MCP_TIMEOUT=" + attack}, nil},
		{[]string{"OPENTRAIN_MCP_TOOLS=" + attack}, []string{"tools"}}, {[]string{"OPENTRAIN_MCP_STATE_KEY_FILE=" + attack}, nil},
		{[]string{"OPENTRAIN_MCP_LISTEN=" + attack}, []string{"sandbox"}}, {nil, []string{"demo", "--variant", attack}},
	} {
		cmd := exec.Command(binary, test.args...)
		cmd.Env = environment(t, test.env...)
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "evil") || strings.ContainsAny(string(out), "\x1b\u009b\u202e") {
			t.Errorf("%q: %v, %q", test, err, out)
		}
	}
}
