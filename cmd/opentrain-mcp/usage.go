package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/agext/levenshtein"
	"github.com/alecthomas/kong"

	"opentrain-mcp/internal/text"
)

// usagef is the error of a setting with a wrong value.
func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// wrong makes a usage error of any error.
func wrong(err error) error {
	if err == nil {
		return nil
	}
	return usageError{err}
}

// check returns an error for a value that a flag doesn't take. from is the flag or the variable.
func check(from, value string, flag *kong.Flag) error {
	expected, fits := "", true
	switch target := flag.Target.Interface().(type) {
	case bool:
		expected, fits = "true or false", slices.Contains([]string{"true", "1", "yes", "false", "0", "no"}, strings.ToLower(value))
	case int:
		_, err := strconv.ParseInt(value, 10, 32)
		expected, fits = "a whole number", err == nil
	case float64:
		_, err := strconv.ParseFloat(value, 64)
		expected, fits = "a number", err == nil
	case time.Duration:
		_, err := time.ParseDuration(value)
		expected, fits = "a time such as 500ms, 30s or 5m", err == nil
	case slog.Level:
		expected, fits = "debug, info, warn or error", target.UnmarshalText([]byte(value)) == nil
	case mode:
		expected, fits = "auto or off", target.UnmarshalText([]byte(value)) == nil
	case string:
		choices := slices.DeleteFunc(flag.EnumSlice(), func(choice string) bool { return choice == "" })
		expected, fits = strings.Join(choices, " or "), flag.Enum == "" || slices.Contains(choices, value)
	}
	if fits {
		return nil
	}
	return fmt.Errorf("%s must be %s, not %q", from, expected, text.Clean(value, 100))
}

// explainUsage puts an error of the parser into words, with the nearest name for one that is mistyped.
func explainUsage(app *kong.Application, err error) error {
	parse, is := errors.AsType[*kong.ParseError](err)
	if !is {
		return err
	}
	command := cmp.Or(selected(err), app.DefaultCmd)
	message := parse.Error()
	if name, found := strings.CutPrefix(message, "unknown flag "); found {
		name, _, _ = strings.Cut(name, ",")
		return unknownFlag(app, command, name)
	}
	if name, found := strings.CutPrefix(message, "unexpected argument "); found {
		name, _, _ = strings.Cut(name, ",")
		if command != app.DefaultCmd {
			return fmt.Errorf("%s doesn't take the argument %s", command.Name, name)
		}
		return unknownCommand(app, name)
	}
	return err
}

// selected is the command that was typed before an error of the parser, nil for none.
func selected(err error) *kong.Node {
	parse, is := errors.AsType[*kong.ParseError](err)
	if !is {
		return nil
	}
	return parse.Context.Selected()
}

// unknownCommand names the command that someone may have meant.
func unknownCommand(app *kong.Application, name string) error {
	var names []string
	for _, command := range app.Children {
		if !command.Hidden {
			names = append(names, command.Name)
		}
	}
	return fmt.Errorf("%s is not a command%s", name, meant(name, names))
}

// unknownFlag names the flag that someone may have meant, or the commands that have it.
func unknownFlag(app *kong.Application, command *kong.Command, name string) error {
	names, owners := []string{"--version", "--help"}, []string(nil)
	for _, other := range app.Leaves(true) {
		for _, flag := range other.Flags {
			if "--"+flag.Name == name {
				owners = append(owners, other.Name)
			}
			if other == command {
				names = append(names, "--"+flag.Name)
			}
		}
	}
	switch {
	case owners != nil:
		return fmt.Errorf("%s has no flag %s; it belongs to %s", command.Name, name, strings.Join(owners, ", "))
	case command == app.DefaultCmd:
		return fmt.Errorf("there is no flag %s%s", name, meant(name, names))
	}
	return fmt.Errorf("%s has no flag %s%s", command.Name, name, meant(name, names))
}

// meant asks whether someone meant the nearest name. It never asks about one that destroys something.
func meant(name string, names []string) string {
	const mistakes = 2
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

// checkAddress returns an error for what can't be an address to listen on.
func checkAddress(flag, address string) error {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return usagef("%s must be an address such as 127.0.0.1:8080, not %q", flag, address)
	}
	if _, err := net.LookupPort("tcp", port); err != nil {
		return usagef("%s %s has an invalid port", flag, address)
	}
	return nil
}
