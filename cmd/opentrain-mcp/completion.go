package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"opentrain-mcp/internal/hosts"
)

// withoutPackage stands in for the package bash-completion, on which cobra relies for the words before the cursor.
const withoutPackage = `
# For a bash without the package bash-completion.
__opentrain-mcp_init_completion() {
    local line=${COMP_LINE:0:COMP_POINT}
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    cword=$((${#words[@]} - 1))
    cur=${words[cword]}
}
`

func newCompletion(std streams) *cobra.Command {
	shell := ""
	command := newCommand("completion", "Print a script that completes commands, flags and values in your shell.",
		func(command *cobra.Command) error { return printScript(std.out, command.Root(), shell) })
	takes(command, &shell, "shell", "bash, zsh, fish or powershell. The script says how to turn it on.")
	return command
}

func shells() []string { return []string{"bash", "zsh", "fish", "powershell"} }

// printScript prints the script of a shell. Its last lines say how to turn it on.
func printScript(out io.Writer, root *cobra.Command, shell string) (err error) {
	last := ""
	switch shell {
	case "bash":
		err = root.GenBashCompletionV2(out, true)
		last = withoutPackage + "\n# To turn it on, add this line to ~/.bashrc:\n#   source <(opentrain-mcp completion bash)"
	case "zsh":
		err = root.GenZshCompletion(out)
		last = "\n# To turn it on, add these lines to ~/.zshrc:\n#   autoload -U compinit && compinit\n" +
			"#   source <(opentrain-mcp completion zsh)"
	case "fish":
		err = root.GenFishCompletion(out, true)
		last = "\n# To turn it on, run this once:\n#   opentrain-mcp completion fish > ~/.config/fish/completions/opentrain-mcp.fish"
	case "powershell":
		err = root.GenPowerShellCompletionWithDesc(out)
		last = "Register-ArgumentCompleter -CommandName 'opentrain-mcp.exe' -ScriptBlock ${__opentrain_mcpCompleterBlock}\n\n" +
			"# To turn it on, add this line to your profile ($PROFILE):\n" +
			"#   opentrain-mcp completion powershell | Out-String | Invoke-Expression"
	default:
		err = usagef("specify a shell: completion %s", strings.Join(shells(), "|"))
	}
	if err == nil {
		_, err = fmt.Fprintln(out, last)
	}
	return err
}

// offerWords completes arguments and the values of flags. Where it knows no words, shells complete file names.
func offerWords(root *cobra.Command) error {
	for _, command := range append(root.Commands(), root) {
		command.ValidArgs = argumentsOf(command)
		for _, flag := range flagsOf(command) {
			_, flag.Usage = explained(flag)
			words := valuesOf(flag)
			if words == nil {
				continue
			}
			err := command.RegisterFlagCompletionFunc(flag.Name,
				func(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
					others := func(word string) bool { return !strings.HasPrefix(word, typed) }
					return slices.DeleteFunc(slices.Clone(words), others), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
				})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// argumentsOf returns the known arguments of a command.
func argumentsOf(command *cobra.Command) (words []cobra.Completion) {
	switch command.Name() {
	case "install", "uninstall":
		return hostWords()
	case "login":
		return []cobra.Completion{cobra.CompletionWithDesc("status", "Show which account is in use")}
	case "completion":
		return shells()
	case "help":
		for _, other := range command.Root().Commands() {
			words = append(words, cobra.CompletionWithDesc(other.Name(), other.Short))
		}
	}
	return words
}

// valuesOf returns the known values of a flag.
func valuesOf(flag *pflag.Flag) []cobra.Completion {
	switch flag.Name {
	case "host":
		return hostWords()
	case "toolsets":
		return toolsets()
	case "log-level":
		return []string{"debug", "info", "warn", "error"}
	}
	if choice, is := flag.Value.(choice); is {
		return choice.words
	}
	return nil
}

// toolsets are the values of --toolsets.
func toolsets() []string {
	return []string{"posting", "market", "account", "applicants", "messages", "contracts", "money", "updates", "admin", "all"}
}

// defaultToolsets are those that are served without --toolsets.
func defaultToolsets() []string { return toolsets()[:4] }

func hostWords() (words []cobra.Completion) {
	for _, host := range hosts.All() {
		words = append(words, cobra.CompletionWithDesc(host.Name, host.Title))
	}
	return words
}
