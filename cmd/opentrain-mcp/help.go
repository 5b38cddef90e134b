package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"opentrain-mcp/internal/screen"
)

func newHelp() *cobra.Command {
	name := ""
	command := newCommand("help", "Explain a command.", func(command *cobra.Command) error {
		named, _, err := command.Root().Find([]string{name})
		if err != nil {
			return err
		}
		if name != "" && !named.HasParent() {
			return unknownCommand(named, name)
		}
		return named.Help()
	})
	takes(command, &name, "command", "The command to explain. Without one, list them.")
	return command
}

// printHelp prints the help of a command, or of the program with all its commands and the exit codes.
func printHelp(command *cobra.Command, all []*cobra.Command) {
	s := screen.New(command.OutOrStdout(), os.Getenv)
	usage, about := command.Use, command.Short
	switch {
	case !command.HasParent():
		usage, about = "<command>", description()
	case command.Name() == "login":
		about += "\n\n" + tokenHelp()
	}
	s.Show("", screen.Plain, "Usage: "+command.Root().Name()+" "+usage+" [flags]")
	s.Blank()
	s.Show("", screen.Plain, about)
	var groups []screen.Group
	if argument := argumentOf(command); argument != "" {
		groups = append(groups, screen.Group{Title: "Arguments:", Rows: []screen.Row{{Label: argument, Value: command.Long}}})
	}
	if groups = append(groups, flagGroups(command)...); command.HasParent() {
		s.Groups(groups)
		return
	}
	commands := screen.Group{Title: "Commands:"}
	for _, other := range all {
		commands.Rows = append(commands.Rows, screen.Row{Label: other.Name(), Value: other.Short})
	}
	s.Groups(append(groups, commands))
	s.Blank()
	s.Show("", screen.Plain, "For more information on a command, run `"+typed("<command> --help")+"`.")
	s.Blank()
	s.Show("", screen.Plain, "Exit codes:")
	for _, code := range [][2]string{
		{"0", "Success. A server that you stop also exits with 0."},
		{"1", "Error."},
		{"2", "Wrong usage: an unknown command or flag, or a setting with a wrong value."},
		{"130", "Interrupted."},
	} {
		s.Item(fmt.Sprintf("  %-6s", code[0]), screen.Plain, code[1])
	}
}

// description is what the program is for.
func description() string {
	return "An MCP server for OpenTrain: AI agents draft, publish and find jobs for AI-training work.\n\n" +
		"New here? Run `" + typed("demo") + "`, then `" + typed("install") + "`."
}

// flagGroups are the flags of a command, below the titles of their groups. Those that all commands have come last.
func flagGroups(command *cobra.Command) (groups []screen.Group) {
	add := func(title string, flag *pflag.Flag) {
		if last := len(groups) - 1; last < 0 || groups[last].Title != title {
			groups = append(groups, screen.Group{Title: title})
		}
		groups[len(groups)-1].Rows = append(groups[len(groups)-1].Rows, flagRow(flag))
	}
	if command.HasParent() { // the program itself explains its commands
		for _, flag := range flagsOf(command) {
			add(groupOf(flag), flag)
		}
	}
	title := "Flags:"
	if len(groups) > 1 {
		title = "Other flags:"
	}
	command.Root().PersistentFlags().VisitAll(func(flag *pflag.Flag) { add(title, flag) })
	return groups
}

// argumentOf is the argument in the usage of a command.
func argumentOf(command *cobra.Command) string {
	_, argument, _ := strings.Cut(command.Use, " ")
	return argument
}

// defaultOf is the default of a flag, with times as people write them.
func defaultOf(flag *pflag.Flag) string { return strings.Replace(flag.DefValue, "m0s", "m", 1) }

// flagRow explains a flag.
func flagRow(flag *pflag.Flag) screen.Row {
	label := "--" + flag.Name
	if flag.Shorthand != "" {
		label = "-" + flag.Shorthand + ", " + label
	}
	placeholder, help := explained(flag)
	switch {
	case placeholder != "":
		label += "=" + placeholder
	case flag.NoOptDefVal == "":
		label += "=" + defaultOf(flag)
	}
	if variables := variablesOf(flag); len(variables) > 0 {
		help = strings.TrimSuffix(help, ".") + " ($" + strings.Join(variables, ", $") + ")."
	}
	return screen.Row{Label: label, Value: help}
}
