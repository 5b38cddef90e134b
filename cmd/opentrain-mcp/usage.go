package main

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/text"
)

// usagef is the error of a setting with a wrong value.
func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// wrong makes a usage error of any error. For a field of the server's configuration, it names what sets the field here.
func wrong(err error) error {
	if err == nil {
		return nil
	}
	if field, is := errors.AsType[*opentrainmcp.ConfigError](err); is {
		names := map[string]string{
			"AllowedHosts": "--allowed-hosts", "AllowedOrigins": "--allowed-origins", "BasePath": "--base-path",
			"ReplicaID": "--replica-id", "SessionIdle": "--session-idle", "StateKeys": stateKeyVariable,
			"Timeout": "--timeout", "ElicitationTimeout": "--elicitation-timeout", "CallsPerSecond": "--rate", "Burst": "--burst",
			"MaxStreams": "--max-streams", "MaxSessions": "--max-sessions", "MaxRequests": "--max-requests",
		}
		return usagef("%s %s", cmp.Or(names[field.Field], field.Field), field.Problem)
	}
	return usageError{err}
}

// plainly spells a value as pflag does, and says what flags of that type take. People write yes, and 010 for ten.
func plainly(kind, value string) (plain, expected string) {
	switch kind {
	case "bool":
		words := map[string]string{"true": "true", "yes": "true", "1": "true", "false": "false", "no": "false", "0": "false"}
		return words[strings.ToLower(value)], "true or false"
	case "int":
		if number, err := strconv.ParseInt(value, 10, 32); err == nil {
			return strconv.FormatInt(number, 10), ""
		}
		return "", "a whole number"
	case "float64":
		return value, "a number"
	case "duration":
		return value, "a time such as 500ms, 30s or 5m"
	case "": // pflag has no name for the level of a log
		return value, "debug, info, warn or error"
	}
	return value, kind // of a choice
}

// explainFlag puts an error about a flag into words, with the nearest name for one that is mistyped.
func explainFlag(command *cobra.Command, err error) error {
	if value, is := errors.AsType[*pflag.InvalidValueError](err); is {
		return usagef("--%s %w", value.GetFlag().Name, value.Unwrap())
	}
	if unknown, is := errors.AsType[*pflag.NotExistError](err); is {
		if unknown.GetSpecifiedShortnames() != "" {
			return unknownFlag(command, "-"+unknown.GetSpecifiedName())
		}
		return unknownFlag(command, "--"+unknown.GetSpecifiedName())
	}
	return wrong(err)
}

// noArguments is for commands that take no argument, or no further one.
func noArguments(command *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usagef("%s doesn't take the argument %s", command.Name(), args[0])
}

// onlyCommands is for the command whose name may be left out: what isn't a flag should have been a command.
func onlyCommands(command *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return unknownCommand(command.Root(), args[0])
}

// unknownCommandError is a command line with a command that doesn't exist.
type unknownCommandError struct{ error }

// unknownCommand names the command that someone may have meant.
func unknownCommand(root *cobra.Command, name string) error {
	names := make([]string, 0, len(root.Commands()))
	for _, command := range root.Commands() {
		names = append(names, command.Name())
	}
	if slices.Contains(names, name) {
		return usagef("put the command %s before --", name)
	}
	return unknownCommandError{fmt.Errorf("%s is not a command%s", name, meant(name, names))}
}

// unknownFlag names the flag that someone may have meant, or the commands that have it.
func unknownFlag(command *cobra.Command, name string) error {
	var names, owners []string
	command.Flags().VisitAll(func(flag *pflag.Flag) {
		if !flag.Hidden {
			names = append(names, "--"+flag.Name)
		}
	})
	for _, other := range command.Root().Commands() {
		if slices.ContainsFunc(flagsOf(other), func(flag *pflag.Flag) bool { return "--"+flag.Name == name }) {
			owners = append(owners, other.Name())
		}
	}
	switch {
	case owners != nil:
		return usagef("%s has no flag %s; it belongs to %s", typedName(command), name, strings.Join(owners, ", "))
	case !command.HasParent():
		return usagef("there is no flag %s%s", name, meant(name, names))
	}
	return usagef("%s has no flag %s%s", command.Name(), name, meant(name, names))
}

// typedName is the name of a command. The program itself is stdio.
func typedName(command *cobra.Command) string {
	if command.HasParent() {
		return command.Name()
	}
	return "stdio"
}

// meant asks whether someone meant the nearest name. It never asks about one that destroys something.
func meant(name string, names []string) string {
	const mistakes = 2
	switch name { // what other programs call it
	case "status", "whoami":
		return "; did you mean login status?"
	case "-v", "-V":
		return "; did you mean --version?"
	}
	nearest, distance := "", mistakes+1
	for _, other := range names {
		if d := levenshtein.Distance(strings.ToLower(text.Clip(name, 50)), other, nil); d < min(distance, len(other)-mistakes) {
			nearest, distance = other, d
		}
	}
	switch nearest {
	case "", "logout", "uninstall", "--force", "--revoke":
		return ""
	}
	return "; did you mean " + nearest + "?"
}

// checkAddress returns an error for what can't be an address to listen on. The example is the usual one.
func checkAddress(flag, address, example string) error {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return usagef("%s must be an address such as %s, not %q", flag, example, address)
	}
	if _, err := net.LookupPort("tcp", port); err != nil {
		return usagef("%s %s has an invalid port", flag, address)
	}
	return nil
}
