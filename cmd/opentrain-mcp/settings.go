package main

import (
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"opentrain-mcp/internal/credential"
	"opentrain-mcp/internal/text"
)

// Hosts fill in settings from forms and templates. So every value is trimmed, an empty one counts as not set, and
// a placeholder that the host didn't expand is named as such.

// usageError is a wrong command line, or a setting with a wrong value.
type usageError struct{ error }

// cleaned wraps the value of a flag: it trims what hosts fill in, ignores an empty value and refuses a placeholder. Its errors
// continue the name of the setting.
type cleaned struct {
	pflag.Value
	begun bool // a list has entries, to which the next ones are added
}

// Set implements pflag.Value.
func (c *cleaned) Set(value string) error {
	value, err := clean(value, isList(c.Value))
	if err != nil || value == "" {
		return err
	}
	if isList(c.Value) && c.begun {
		value = c.String() + "," + value
	}
	c.begun = true
	plain, expected := plainly(c.Type(), value)
	if err := c.Value.Set(plain); err != nil {
		return fmt.Errorf("must be %s, not %q", expected, text.Clean(value, 100))
	}
	return nil
}

// clean trims a value, and the entries of a list.
func clean(value string, list bool) (string, error) {
	value = strings.TrimSpace(value)
	if list {
		var entries []string
		for entry := range strings.SplitSeq(value, ",") {
			if entry = strings.TrimSpace(entry); entry != "" {
				entries = append(entries, entry)
			}
		}
		value = strings.Join(entries, ",")
	}
	if found := credential.FindUnexpanded(value).Name; found != "" {
		return "", fmt.Errorf("contains a placeholder that the host didn't expand: %s", found)
	}
	return value, nil
}

// cleanArguments trims arguments, leaves empty ones out, and puts the value of a flag next to it.
func cleanArguments(root *cobra.Command, args []string) (kept []string, err error) {
	kept = make([]string, 0, len(args))
	for len(args) > 0 {
		arg, rest := strings.TrimSpace(args[0]), args[1:]
		switch {
		case arg == "":
		case arg == "--":
			return append(kept, args...), nil
		case credential.FindUnexpanded(arg).Name == arg:
			return kept, usagef("an argument is a placeholder that the host didn't expand: %s", arg)
		case !takesValue(root, arg):
			kept = append(kept, arg)
		case len(rest) == 0 || !isValue(rest[0]):
			return kept, usagef("%s needs a value", arg)
		default:
			kept, rest = append(kept, arg+"="+rest[0]), rest[1:]
		}
		args = rest
	}
	return kept, nil
}

// takesValue reports whether an argument is a flag of any command that has its value in the next argument.
func takesValue(root *cobra.Command, arg string) bool {
	name, isFlag := strings.CutPrefix(arg, "--")
	return isFlag && slices.ContainsFunc(root.Commands(), func(command *cobra.Command) bool {
		flag := command.Flags().Lookup(name)
		return flag != nil && flag.NoOptDefVal == ""
	})
}

// isValue tells a value from a flag. A number may be negative.
func isValue(arg string) bool {
	_, err := strconv.ParseFloat(arg, 64)
	return !strings.HasPrefix(arg, "-") || err == nil
}

// readVariables sets the flags of a command from the environment, and makes them ready for the command line.
func readVariables(command *cobra.Command) (err error) {
	command.Flags().VisitAll(func(flag *pflag.Flag) {
		for _, variable := range slices.Backward(variablesOf(flag)) {
			if problem := (&cleaned{Value: flag.Value}).Set(os.Getenv(variable)); problem != nil && err == nil {
				err = usagef("%s %w", variable, problem)
			}
		}
		flag.Value = &cleaned{Value: flag.Value}
	})
	return err
}

// secret reads a secret from an environment variable, or from the file that the variable with _FILE at its end
// names. It isn't a flag: every user of the machine sees flags.
func secret(log *slog.Logger, variable string) (value, from string, err error) {
	value = strings.TrimSpace(os.Getenv(variable))
	// A secret may contain any character, and is never shown.
	if credential.FindUnexpanded(value).Alone {
		return "", variable, usageError{fmt.Errorf("%s is a placeholder that the host didn't expand", variable)}
	}
	from = variable + "_FILE"
	file, err := clean(os.Getenv(from), false)
	switch {
	case err != nil:
		return "", from, usagef("%s %w", from, err)
	case file == "":
		return value, variable, nil
	case value != "":
		return "", from, usageError{fmt.Errorf("%s and %s are both set; set one", variable, from)}
	}
	file = credential.Absolute(file)
	data, err := credential.ReadFile(file, credential.MaxSecret)
	if err != nil {
		return "", file, usagef("%s: %s can't be read: %s", from, file, credential.Reason(err))
	}
	if value = strings.TrimSpace(string(data)); value == "" {
		return "", file, usagef("%s: %s is empty", from, file)
	}
	warn(log, credential.Exposed(file))
	return value, file, nil
}

// warn logs a warning, if there is any.
func warn(log *slog.Logger, warning string) {
	if warning != "" {
		log.Warn(warning)
	}
}
