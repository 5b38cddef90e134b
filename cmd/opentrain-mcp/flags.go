package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"opentrain-mcp/internal/credential"
)

// choice is the value of a flag that takes one of a few words.
type choice struct {
	value *string
	words []string
}

// String implements pflag.Value.
func (c choice) String() string { return *c.value }

// Type implements pflag.Value. Errors show it as what the flag takes.
func (c choice) Type() string { return strings.Join(c.words, " or ") }

// Set implements pflag.Value.
func (c choice) Set(value string) error {
	if !slices.Contains(c.words, value) {
		return errors.New("must be " + c.Type())
	}
	*c.value = value
	return nil
}

func choiceVar(flags *pflag.FlagSet, value *string, name, standard, help string, words ...string) {
	*value = standard
	flags.Var(choice{value, words}, name, help)
}

// entries is the value of a flag that takes several words.
type entries []string

// String implements pflag.Value.
func (e *entries) String() string { return strings.Join(*e, ",") }

// Type implements pflag.Value. Cobra completes flags of this type more than once.
func (e *entries) Type() string { return "stringSlice" }

// Set implements pflag.Value.
func (e *entries) Set(value string) error {
	*e = strings.Split(value, ",")
	return nil
}

func listVar(flags *pflag.FlagSet, value *[]string, name, help string) {
	flags.Var((*entries)(value), name, help)
}

// isList reports whether a flag takes several words.
func isList(value pflag.Value) bool { return value.Type() == (*entries)(nil).Type() }

// path is the value of a flag that names a file.
type path string

// String implements pflag.Value.
func (p *path) String() string { return string(*p) }

// Type implements pflag.Value.
func (p *path) Type() string { return "path" }

// Set implements pflag.Value.
func (p *path) Set(value string) error {
	*p = path(credential.Absolute(value))
	return nil
}

func pathVar(flags *pflag.FlagSet, value *string, name, help string) {
	flags.Var((*path)(value), name, help)
}

// variablesKey is where a flag has the names of its variables, if they don't follow from its own name.
const variablesKey = "variables"

// fromVariables says which variables a flag is read from; the first that is set wins.
func fromVariables(flags *pflag.FlagSet, name string, variables ...string) {
	flags.Lookup(name).Annotations = map[string][]string{variablesKey: variables}
}

// withoutVariables says which flags are only for the command line.
func withoutVariables(flags *pflag.FlagSet, names ...string) {
	for _, name := range names {
		fromVariables(flags, name)
	}
}

// variablesOf are the variables that a flag is read from.
func variablesOf(flag *pflag.Flag) []string {
	if names, special := flag.Annotations[variablesKey]; special {
		return names
	}
	return []string{"OPENTRAIN_MCP_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))}
}

// groupKey is where a flag has the title that it stands below in the help.
const groupKey = "group"

// group registers flags that stand below a title.
func group(flags *pflag.FlagSet, title string, register func(*pflag.FlagSet)) {
	set := pflag.NewFlagSet("", pflag.ContinueOnError)
	set.SortFlags = false
	register(set)
	set.VisitAll(func(flag *pflag.Flag) {
		if flag.Annotations == nil {
			flag.Annotations = map[string][]string{}
		}
		flag.Annotations[groupKey] = []string{title}
	})
	flags.AddFlagSet(set)
}

// groupOf is the title of a flag's group.
func groupOf(flag *pflag.Flag) string {
	if titles := flag.Annotations[groupKey]; titles != nil {
		return titles[0]
	}
	return "Flags:"
}

// flagsOf are the flags that a command has besides --help and --version.
func flagsOf(command *cobra.Command) (flags []*pflag.Flag) {
	shared := command.Root().PersistentFlags()
	command.Flags().VisitAll(func(flag *pflag.Flag) {
		if !flag.Hidden && shared.Lookup(flag.Name) == nil {
			flags = append(flags, flag)
		}
	})
	return flags
}

// explained returns what stands for the value of a flag, "" for nothing, and the help. The help as it is written may begin with
// the former, between backquotes.
func explained(flag *pflag.Flag) (placeholder, help string) {
	if rest, found := strings.CutPrefix(flag.Usage, "`"); found {
		placeholder, help, _ = strings.Cut(rest, "` ")
		return placeholder, help
	}
	return "", flag.Usage
}

// newCommand makes a command without an argument. Its flags stay in the order in which they are made.
func newCommand(name, help string, run func(*cobra.Command) error) *cobra.Command {
	command := &cobra.Command{
		Use: name, Short: help, Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error { return run(command) },
	}
	command.Flags().SortFlags = false
	return command
}

// takes gives a command its argument, which may be left out. The long help of a command is about its argument.
func takes(command *cobra.Command, value *string, name, help string) {
	command.Use += " [<" + name + ">]"
	command.Long = help
	command.Args = func(_ *cobra.Command, args []string) error {
		if len(args) > 0 {
			*value = args[0]
			args = args[1:]
		}
		return noArguments(command, args)
	}
}
