package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/logsink"
	"opentrain-mcp/opentrain"
)

func testProgram() (root *cobra.Command, all []*cobra.Command) {
	return newProgram(streams{out: &output{Writer: io.Discard}, err: logsink.New(io.Discard)})
}

// values runs a command line, and returns the value that each flag of its command has.
func values(args ...string) (values map[string]string, err error) {
	root, all := testProgram()
	for _, command := range all {
		command.RunE = func(command *cobra.Command, _ []string) error {
			values = map[string]string{}
			command.Flags().VisitAll(func(flag *pflag.Flag) { values[flag.Name] = flag.Value.String() })
			return nil
		}
	}
	_, err = execute(context.Background(), root, args)
	return values, err
}

// eachFlag calls check with every flag of every command. New flags are covered as well.
func eachFlag(t *testing.T, check func(t *testing.T, command string, flag *pflag.Flag)) {
	t.Helper()
	count := 0
	_, all := testProgram()
	for _, command := range all {
		for _, flag := range flagsOf(command) {
			count++
			t.Run(command.Name()+" "+flag.Name, func(t *testing.T) { check(t, command.Name(), flag) })
		}
	}
	if count < 50 {
		t.Errorf("only %d flags", count)
	}
}

func isBool(flag *pflag.Flag) bool { return flag.Value.Type() == "bool" }

// valid returns a value that a flag takes and that is not its default.
func valid(t *testing.T, flag *pflag.Flag) string {
	t.Helper()
	if choice, is := flag.Value.(choice); is {
		for _, word := range choice.words {
			if word != flag.DefValue {
				return word
			}
		}
	}
	switch flag.Value.Type() {
	case "bool":
		return "true"
	case "int", "float64":
		return "7"
	case "stringSlice":
		return "a,b"
	case "string", "path":
		return "x"
	case "duration":
		return "45s"
	default:
		return "debug"
	}
}

// TestEmptySettingsCountAsNotSet: for every flag and its variables, an empty value leaves the default.
func TestEmptySettingsCountAsNotSet(t *testing.T) {
	eachFlag(t, func(t *testing.T, command string, flag *pflag.Flag) {
		want, err := values(command)
		if err != nil {
			t.Fatal(err)
		}
		for _, empty := range []string{"", " ", "\t\r\n"} {
			args := [][]string{{command}, {command, "--" + flag.Name + "=" + empty}}
			if !isBool(flag) {
				args = append(args, []string{command, "--" + flag.Name, empty})
			}
			for _, args := range args {
				for _, variable := range variablesOf(flag) {
					t.Setenv(variable, empty)
				}
				if got, err := values(args...); err != nil || got[flag.Name] != want[flag.Name] {
					t.Errorf("%q, %q: %v, got %q, want %q", args, empty, err, got[flag.Name], want[flag.Name])
				}
			}
		}
	})
}

// TestWhichSettingWins: a flag wins over its variables, the first of them over the others, and a list goes on with each flag.
func TestWhichSettingWins(t *testing.T) {
	for given, want := range map[string]string{
		"":                                   "tools= confirm=auto",
		"TOOLS=x,y":                          "tools=x,y confirm=auto",
		"TOOLS=x,y --tools=":                 "tools=x,y confirm=auto",
		"TOOLS=x,y --tools=a,b --tools=c":    "tools=a,b,c confirm=auto",
		"PUBLISH_CONFIRM=off":                "tools= confirm=off",
		"CONFIRM=auto PUBLISH_CONFIRM=off":   "tools= confirm=auto",
		"CONFIRM=off --confirm=auto":         "tools= confirm=auto",
		"CONFIRM=auto --publish-confirm=off": "tools= confirm=off",
	} {
		for _, variable := range []string{"TOOLS", "CONFIRM", "PUBLISH_CONFIRM"} {
			t.Setenv("OPENTRAIN_MCP_"+variable, "")
		}
		args := []string{"stdio"}
		for word := range strings.FieldsSeq(given) {
			if name, value, _ := strings.Cut(word, "="); strings.HasPrefix(word, "--") {
				args = append(args, word)
			} else {
				t.Setenv("OPENTRAIN_MCP_"+name, value)
			}
		}
		got, err := values(args...)
		if text := "tools=" + got["tools"] + " confirm=" + got["confirm"]; err != nil || text != want {
			t.Errorf("%s: %v, got %s, want %s", given, err, text, want)
		}
	}
}

// TestSettingsAreTrimmed: for every flag and its variables, spaces around a value make no difference.
func TestSettingsAreTrimmed(t *testing.T) {
	eachFlag(t, func(t *testing.T, command string, flag *pflag.Flag) {
		value := valid(t, flag)
		padded := " \t" + strings.ReplaceAll(value, ",", " ,\n , ") + " \r\n"
		want, err := values(command, "--"+flag.Name+"="+value)
		if err != nil {
			t.Fatal(err)
		}
		if initial, err := values(command); err != nil || initial[flag.Name] == want[flag.Name] {
			t.Fatalf("%s is the default: %v", value, err)
		}
		check := func(args ...string) {
			t.Helper()
			if got, err := values(append([]string{command}, args...)...); err != nil || got[flag.Name] != want[flag.Name] {
				t.Errorf("%q: %v, got %q, want %q", args, err, got[flag.Name], want[flag.Name])
			}
		}
		check("--" + flag.Name + "=" + padded)
		if !isBool(flag) {
			check("--"+flag.Name, padded)
		}
		for _, variable := range variablesOf(flag) {
			t.Setenv(variable, padded)
			check()
			os.Unsetenv(variable) //nolint:errcheck // t.Setenv restores it
		}
	})
}

// TestWrongValuesAreExplained: for every flag and its variables that don't take any text, a wrong value is named, with what
// the flag takes.
func TestWrongValuesAreExplained(t *testing.T) {
	const nonsense = "nonsense"
	eachFlag(t, func(t *testing.T, command string, flag *pflag.Flag) {
		expected := ""
		switch kind := flag.Value.Type(); kind {
		case "bool":
			expected = "true or false"
		case "int":
			expected = "a whole number"
		case "float64":
			expected = "a number"
		case "duration":
			expected = "a time such as 500ms, 30s or 5m"
		case "string", "path", "stringSlice":
			return
		default:
			if expected = "debug, info, warn or error"; flag.Name != "log-level" {
				choice, is := flag.Value.(choice)
				if !is {
					t.Fatalf("a flag of the type %q", kind)
				}
				expected = strings.Join(choice.words, " or ")
			}
		}
		check := func(from string, args ...string) {
			t.Helper()
			want := from + " must be " + expected + `, not "nonsense"`
			if _, err := values(append([]string{command}, args...)...); err == nil || err.Error() != want {
				t.Errorf("%q: got %v, want %s", args, err, want)
			}
		}
		check("--"+flag.Name, "--"+flag.Name+"="+nonsense)
		for _, variable := range variablesOf(flag) {
			t.Setenv(variable, nonsense)
			check(variable)
			os.Unsetenv(variable) //nolint:errcheck // t.Setenv restores it
		}
	})
}

// TestPlaceholdersAreNamed: for every flag and its variables, a placeholder that the host didn't expand is named.
func TestPlaceholdersAreNamed(t *testing.T) {
	const unexpanded = "${user_config.value}"
	eachFlag(t, func(t *testing.T, command string, flag *pflag.Flag) {
		check := func(from string, args ...string) {
			t.Helper()
			want := from + " contains a placeholder that the host didn't expand: " + unexpanded
			if _, err := values(append([]string{command}, args...)...); err == nil || err.Error() != want {
				t.Errorf("%q: got %v, want %s", args, err, want)
			}
		}
		check("--"+flag.Name, "--"+flag.Name+"="+unexpanded)
		if !isBool(flag) {
			check("--"+flag.Name, "--"+flag.Name, unexpanded)
		}
		for _, variable := range variablesOf(flag) {
			t.Setenv(variable, unexpanded)
			check(variable)
			os.Unsetenv(variable) //nolint:errcheck // t.Setenv restores it
		}
	})
}

// TestSecretsFromVariables: the rules hold for secrets too, which are no flags and are never shown.
func TestSecretsFromVariables(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	for _, variable := range []string{stateKeyVariable, serverTokenVariable} {
		for value, want := range map[string]string{
			"": "", " \n": "", " secret\r\n": "secret", "$ecret": "$ecret", "a%b%c$DE{f}": "a%b%c$DE{f}",
		} {
			t.Setenv(variable, value)
			t.Setenv(variable+"_FILE", " ")
			if got, _, err := secret(log, variable); got != want || err != nil {
				t.Errorf("%s=%q: got %q, %v", variable, value, got, err)
			}
		}
		for _, value := range []string{"${user_config.secret}", "$SECRET", "%SECRET%", "{{secret}}", "$(SECRET)", "${{ secrets.KEY }}"} {
			t.Setenv(variable, value)
			_, _, err := secret(log, variable)
			if _, usage := errors.AsType[usageError](err); !usage || strings.Contains(err.Error(), value) ||
				!strings.HasPrefix(err.Error(), variable+" ") {
				t.Errorf("%s=%q: %v", variable, value, err)
			}
		}
		t.Setenv(variable, "")
		t.Setenv(variable+"_FILE", "${HOME}/secret")
		if _, _, err := secret(log, variable); err == nil || !strings.Contains(err.Error(), variable+"_FILE contains a placeholder") {
			t.Errorf("%s_FILE: %v", variable, err)
		}
	}
}

// TestBooleans: what people write for yes and no, and nothing else.
func TestBooleans(t *testing.T) {
	for word, want := range map[string]string{"yes": "true", "TRUE": "true", "1": "true", "No": "false", "false": "false", "0": "false", "t": "", "F": ""} {
		got, err := values("http", "--sandbox="+word)
		if want == "" && err == nil || want != "" && (err != nil || got["sandbox"] != want) {
			t.Errorf("%s: %v, %v", word, got["sandbox"], err)
		}
	}
}

// TestArguments: a value is next to its flag, and what isn't the value of a flag stays as it is, except that empty arguments go.
func TestArguments(t *testing.T) {
	root, _ := testProgram()
	for given, want := range map[string]string{
		"stdio||--sandbox| ":                    "stdio|--sandbox",
		"http|--rate|-5":                        "http|--rate=-5",
		"--nope|x":                              "--nope|x",
		"--publish-confirm| off ":               "--publish-confirm= off ",
		"--read-only|--tools||--exclude-tools=": "--read-only|--tools=|--exclude-tools=",
		"demo|--|${x}| ":                        "demo|--|${x}| ",
		"demo|Label ${x} for $5":                "demo|Label ${x} for $5",
	} {
		got, err := cleanArguments(root, strings.Split(given, "|"))
		if err != nil || strings.Join(got, "|") != want {
			t.Errorf("%s: %v, got %q", given, err, got)
		}
	}
	for _, args := range []string{"--timeout", "--timeout|--sandbox", "--toolsets|--"} {
		name, _, _ := strings.Cut(args, "|")
		if _, err := cleanArguments(root, strings.Split(args, "|")); err == nil || err.Error() != name+" needs a value" {
			t.Errorf("%s: %v", args, err)
		}
	}
	if _, err := cleanArguments(root, []string{"stdio", "${user_config.more}"}); err == nil ||
		!strings.Contains(err.Error(), "an argument is a placeholder that the host didn't expand: ${user_config.more}") {
		t.Error(err)
	}
}

// TestToolsetsAreThoseOfTheServer: the help and completions name every toolset.
func TestToolsetsAreThoseOfTheServer(t *testing.T) {
	t.Parallel()
	api, err := opentrain.New(opentrain.Config{})
	if err != nil {
		t.Fatal(err)
	}
	served, err := opentrainmcp.New(opentrainmcp.Config{API: api})
	if err != nil {
		t.Fatal(err)
	}
	var standard []string
	for _, set := range served.Toolsets() {
		if len(set.Tools) > 0 {
			standard = append(standard, set.Name)
		}
	}
	if !slices.Equal(standard, defaultToolsets()) {
		t.Errorf("%q are served by default, but the help says %q", standard, defaultToolsets())
	}
	_, err = opentrainmcp.New(opentrainmcp.Config{API: api, Toolsets: []string{"unknown"}})
	if want := "Toolsets: " + strings.Join(toolsets(), ", "); err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("%v doesn't end with %s", err, want)
	}
}

// TestStoreNeedsAKey: a store is refused without a state key, and a wrong URL isn't repeated.
func TestStoreNeedsAKey(t *testing.T) {
	for url, test := range map[string]struct{ key, says string }{
		"redis://127.0.0.1:1":                 {"", "OPENTRAIN_MCP_STATE_KEY"},
		"https://user:hunter2@127.0.0.1":      {strings.Repeat("A", 43) + "=", "redis://host:port"},
		"redis://:hunter2@127.0.0.1:1/0?a=b":  {strings.Repeat("A", 43) + "=", "only a database number is allowed"},
		"redis://:hunter2%zz@127.0.0.1:1/abc": {strings.Repeat("A", 43) + "=", "redis://host:port"},
	} {
		t.Setenv("OPENTRAIN_MCP_STATE_KEY", test.key)
		_, _, err := httpCommand{
			serveFlags: serveFlags{Timeout: 1, PublicReads: 1, FormTimeout: 1, Confirm: "auto", Elicitation: "auto"}, Store: url,
		}.handler(slog.New(slog.DiscardHandler))
		if err == nil || !strings.HasPrefix(err.Error(), "--store: ") || !strings.Contains(err.Error(), test.says) ||
			strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", url, err)
		}
	}
}
