package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"opentrain-mcp/internal/hosts"
)

// The scripts ask this program for the words that fit. So they stay the same, and know what this version knows.
// They pass the position of the word, since some shells drop an empty one at the end.
const (
	bashScript = `# Completion for bash. To turn it on, add this line to ~/.bashrc:
#   source <(opentrain-mcp completion bash)
_opentrain_mcp() {
  local IFS=$'\n'
  COMPREPLY=($("${COMP_WORDS[0]}" __complete "$COMP_CWORD" -- "${COMP_WORDS[@]}" 2>/dev/null | cut -f 1))
}
complete -o default -F _opentrain_mcp opentrain-mcp
`
	zshScript = `#compdef opentrain-mcp
# Completion for zsh. To turn it on, add these lines to ~/.zshrc:
#   autoload -U compinit && compinit
#   source <(opentrain-mcp completion zsh)
_opentrain_mcp() {
  local -a found
  local line
  for line in "${(@f)$("${words[1]}" __complete $((CURRENT - 1)) -- "${words[@]}" 2>/dev/null)}"; do
    [[ -n $line ]] && found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
  done
  if (( $#found )); then
    _describe -V opentrain-mcp found
  else
    _files
  fi
}
compdef _opentrain_mcp opentrain-mcp
`
	fishScript = `# Completion for fish. To turn it on, run this once:
#   opentrain-mcp completion fish > ~/.config/fish/completions/opentrain-mcp.fish
function __opentrain_mcp
  set -l before (commandline -opc)
  $before[1] __complete (count $before) -- $before (commandline -ct) 2>/dev/null
end
complete -c opentrain-mcp -f -a '(__opentrain_mcp)'
complete -c opentrain-mcp -n 'test -z "$(__opentrain_mcp)"' -F
`
	powershellScript = `# Completion for PowerShell. To turn it on, add this line to your profile ($PROFILE):
#   opentrain-mcp completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName opentrain-mcp, opentrain-mcp.exe -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $before = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.ToString() })
  if (-not $before) { return }
  $arguments = @('__complete', $before.Count, '--') + $before + @($wordToComplete)
  & $before[0] @arguments 2>$null | ForEach-Object {
    $word, $help = $_ -split "` + "`t" + `", 2
    if (-not $help) { $help = $word }
    [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $help)
  }
}
`
)

type completionCommand struct {
	Shell string `arg:"" optional:"" help:"bash, zsh, fish or powershell. The script says how to turn it on."`
}

func shells() []string { return []string{"bash", "zsh", "fish", "powershell"} }

// Run prints the script of a shell.
func (c completionCommand) Run(std streams) error {
	at := slices.Index(shells(), c.Shell)
	if at < 0 {
		return usagef("specify a shell: completion %s", strings.Join(shells(), "|"))
	}
	_, err := fmt.Fprint(std.out, []string{bashScript, zshScript, fishScript, powershellScript}[at])
	return err
}

// completeCommand is what the scripts call.
type completeCommand struct {
	At    int      `arg:""`
	Words []string `arg:"" optional:""`
}

// Run prints each word that fits, and what it means, in a line.
func (c completeCommand) Run(std streams, parser *kong.Kong) error {
	line := typedLine{app: parser.Model}
	if c.At > 0 && c.At <= len(c.Words) {
		line.before = c.Words[1:c.At]
	}
	if c.At < len(c.Words) {
		line.word = c.Words[c.At]
	}
	for _, option := range line.options() {
		if strings.HasPrefix(option.word, line.word) {
			if _, err := fmt.Fprintln(std.out, option.word+"\t"+option.help); err != nil {
				return err
			}
		}
	}
	return nil
}

// typedLine is a command line that a person hasn't finished.
type typedLine struct {
	app    *kong.Application
	before []string // the words between the program and the cursor
	word   string   // at the cursor
}

type option struct{ word, help string }

// options are all words that may stand at the cursor.
func (l *typedLine) options() []option {
	command, flag, arguments := l.read()
	if name, _, joined := strings.Cut(l.word, "="); joined && strings.HasPrefix(name, "--") {
		if of := flagOf(command, name); of != nil {
			return prefixed(name+"=", valuesOf(of))
		}
		return nil
	}
	switch {
	case flag != nil:
		if l.word == "=" { // bash splits --flag=value
			l.word = ""
		}
		return valuesOf(flag)
	case strings.HasPrefix(l.word, "-"):
		return flagsOf(command)
	case command == l.app.DefaultCmd && len(arguments) == 0:
		return commandsOf(l.app)
	case len(arguments) > 0:
		return nil
	}
	switch command.Name {
	case "install", "uninstall":
		return hostOptions()
	case "help":
		return commandsOf(l.app)
	case "login":
		return []option{{"status", "Show which account is in use"}}
	case "completion":
		return words(shells())
	}
	return nil
}

// read finds the command, the flag whose value is at the cursor, and the arguments.
func (l *typedLine) read() (command *kong.Command, flag *kong.Flag, arguments []string) {
	command = l.app.DefaultCmd
	for _, word := range l.before {
		switch {
		case word == "=" && flag != nil:
		case flag != nil:
			flag = nil
		case strings.HasPrefix(word, "-"):
			if of := flagOf(command, word); of != nil && !of.IsBool() {
				flag = of
			}
		default:
			at := slices.IndexFunc(l.app.Children, func(child *kong.Command) bool { return child.Name == word })
			if command == l.app.DefaultCmd && at >= 0 && len(arguments) == 0 {
				command = l.app.Children[at]
				continue
			}
			arguments = append(arguments, word)
		}
	}
	return command, flag, arguments
}

func flagOf(command *kong.Command, name string) *kong.Flag {
	at := slices.IndexFunc(command.Flags, func(flag *kong.Flag) bool { return "--"+flag.Name == name })
	if at < 0 {
		return nil
	}
	return command.Flags[at]
}

func flagsOf(command *kong.Command) []option {
	options := []option{{"--help", "Explain the command"}}
	for _, flag := range command.Flags {
		if !flag.Hidden {
			options = append(options, option{"--" + flag.Name, flag.Help})
		}
	}
	return options
}

func commandsOf(app *kong.Application) (options []option) {
	for _, command := range app.Children {
		if !command.Hidden {
			options = append(options, option{command.Name, command.Help})
		}
	}
	return options
}

// toolsets are the values of --toolsets.
func toolsets() []string {
	return []string{"posting", "market", "account", "applicants", "messages", "contracts", "money", "updates", "admin", "all"}
}

// valuesOf are the values of a flag that are known. Without any, shells complete the names of files.
func valuesOf(flag *kong.Flag) []option {
	switch flag.Name {
	case "host":
		return hostOptions()
	case "toolsets":
		return words(toolsets())
	case "log-level":
		return words([]string{"debug", "info", "warn", "error"})
	case "confirm", "elicitation":
		return words([]string{"auto", "off"})
	}
	return words(flag.EnumSlice())
}

func hostOptions() (options []option) {
	for _, host := range hosts.All() {
		options = append(options, option{host.Name, host.Title})
	}
	return options
}

func words(all []string) (options []option) {
	for _, word := range all {
		if word != "" {
			options = append(options, option{word: word})
		}
	}
	return options
}

func prefixed(prefix string, options []option) []option {
	for i := range options {
		options[i].word = prefix + options[i].word
	}
	return options
}
