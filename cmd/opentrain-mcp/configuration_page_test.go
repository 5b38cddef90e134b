package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

var update = flag.Bool("update", false, "write the page's tables")

const configurationPath = "../../docs/configuration.md"

// TestConfigurationPage: the page about settings has every flag of every command, as the command line explains it.
func TestConfigurationPage(t *testing.T) {
	data, err := os.ReadFile(configurationPath)
	if err != nil {
		t.Fatal(err)
	}
	const start, end = "<!-- flags: made by go test ./cmd/opentrain-mcp -run ConfigurationPage -update -->\n", "<!-- end of flags -->"
	before, rest, found := strings.Cut(strings.ReplaceAll(string(data), "\r\n", "\n"), start)
	shown, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatal("the page has no marker for the flags")
	}
	_, all := testProgram()
	want := flagTables(all)
	if *update {
		if err := os.WriteFile(configurationPath, []byte(before+start+want+end+after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if shown != want {
		t.Error("the tables are not what --help says; run with -update")
	}
}

// flagTables describe the flags of all commands. Flags that stdio and http share come first.
func flagTables(all []*cobra.Command) string {
	var b strings.Builder
	flags := map[string][]*pflag.Flag{}
	for _, command := range all {
		flags[command.Name()] = flagsOf(command)
	}
	b.WriteString("\n### stdio and http\n\n" + flagTable(flags["stdio"], nil))
	b.WriteString("\n### http\n\n" + flagTable(flags["http"], flags["stdio"]))
	for _, command := range all {
		switch name := command.Name(); name {
		case "stdio", "http", "install", "uninstall": // docs/hosts.md has the last two
		default:
			var shared []string
			for _, f := range flags[name] {
				if among(flags["stdio"], f) {
					shared = append(shared, "`--"+f.Name+"`")
				}
			}
			fmt.Fprintf(&b, "\n### %s\n\n%s\n", name, command.Short)
			if argument := argumentOf(command); argument != "" {
				fmt.Fprintf(&b, "\n`%s`: %s\n", strings.ToUpper(strings.Trim(argument, "[<>]")), command.Long)
			}
			if len(shared) > 0 {
				fmt.Fprintf(&b, "\nFlags as above: %s.\n", strings.Join(shared, ", "))
			}
			if table := flagTable(flags[name], flags["stdio"]); table != "" {
				b.WriteString("\n" + table)
			}
		}
	}
	return b.String() + "\n"
}

// flagTable describes flags, except those that another table has.
func flagTable(flags, others []*pflag.Flag) string {
	var rows strings.Builder
	for _, f := range flags {
		if among(others, f) {
			continue
		}
		placeholder, help := explained(f)
		name, standard := "--"+f.Name, ""
		if placeholder != "" {
			name += "=" + strings.ReplaceAll(placeholder, "|", `\|`)
		}
		if !slices.Contains([]string{"", "0", "false"}, f.DefValue) {
			standard = "`" + defaultOf(f) + "`"
		}
		// Of a flag whose placeholder stands where the default would, the help says it. The page has a column for it.
		if before, rest, found := strings.Cut(help, " (default: "); found {
			inWords, after, _ := strings.Cut(rest, ")")
			help, standard = before+after, cmp.Or(standard, inWords)
		}
		var variables []string
		for _, variable := range variablesOf(f) {
			variables = append(variables, "`"+variable+"`")
		}
		fmt.Fprintf(&rows, "| `%s` | %s | %s | %s |\n", name, strings.Join(variables, ", "), standard, help)
	}
	if rows.Len() == 0 {
		return ""
	}
	return "| Flag | Variable | Default | |\n|---|---|---|---|\n" + rows.String()
}

// among says whether a flag is one of others, for the same purpose.
func among(others []*pflag.Flag, f *pflag.Flag) bool {
	return slices.ContainsFunc(others, func(other *pflag.Flag) bool { return other.Name == f.Name && other.Usage == f.Usage })
}
