package main

import (
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"opentrain-mcp/internal/credential"
)

// Hosts fill in settings from forms and templates. So every value is trimmed, an empty one counts as not set, and
// a placeholder that the host didn't expand is named as such.

// usageError is a problem with a setting that the parser doesn't see.
type usageError struct{ error }

// cleanFlag returns the value that a flag has from a setting.
func cleanFlag(from, value string, flag *kong.Flag) (string, error) {
	value, err := clean(from, value, flag.IsSlice())
	if err == nil && value != "" {
		err = check(from, value, flag)
	}
	return value, err
}

// clean returns the value of the setting named from.
func clean(from, value string, list bool) (string, error) {
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
	if found := placeholder(value); found != "" {
		return "", fmt.Errorf("%s contains a placeholder that the host didn't expand: %s", from, found)
	}
	return value, nil
}

// placeholder finds ${name}, $(name), {{name}}, {name}, %NAME% or $NAME.
func placeholder(value string) string {
	if !strings.ContainsAny(value, "${%") {
		return ""
	}
	return regexp.MustCompile(`\$?\{+[^{}]*\}+|\$\([^)]*\)|%[A-Za-z_]\w{2,}%|\B\$(env:)?[A-Za-z_]\w*`).FindString(value)
}

// cleanArguments cleans the values of flags on the command line. A flag with an empty value is left out.
func cleanArguments(app *kong.Application, args []string) (kept []string, err error) {
	flags := map[string]*kong.Flag{}
	for _, command := range app.Leaves(false) {
		for _, flag := range command.Flags {
			for _, name := range append(flag.Aliases, flag.Name) {
				flags["--"+name] = flag
			}
		}
	}
	for i := 0; i < len(args); i++ {
		arg := strings.TrimSpace(args[i])
		name, value, joined := strings.Cut(arg, "=")
		flag := flags[name]
		separate := flag != nil && !joined && !flag.IsBool() && i+1 < len(args) && isValue(args[i+1])
		switch {
		case arg == "--":
			return append(kept, args[i:]...), nil
		case separate:
			i++
			value = args[i]
		case flag != nil && !joined && !flag.IsBool():
			return nil, fmt.Errorf("%s needs a value", name)
		case flag == nil && arg != "" && placeholder(arg) == arg:
			return nil, fmt.Errorf("an argument is a placeholder that the host didn't expand: %s", arg)
		case flag == nil || !joined:
			if arg != "" {
				kept = append(kept, arg)
			}
			continue
		}
		if value, err = cleanFlag(name, value, flag); err != nil {
			return nil, err
		}
		if value != "" && (joined || value[0] == '-') {
			kept = append(kept, name+"="+value)
		} else if value != "" {
			kept = append(kept, name, value)
		}
	}
	return kept, nil
}

// isValue tells a value from a flag. A number may be negative.
func isValue(arg string) bool {
	_, err := strconv.ParseFloat(arg, 64)
	return !strings.HasPrefix(arg, "-") || err == nil
}

// cleanEnvironment cleans the variables of the command's flags. kong reads them right after.
func cleanEnvironment(command *kong.Context) error {
	for _, flag := range command.Flags() {
		for _, name := range flag.Tag.Envs {
			value, set := os.LookupEnv(name)
			if !set {
				continue
			}
			value, err := cleanFlag(name, value, flag)
			if err != nil {
				return err
			}
			if value == "" {
				err = os.Unsetenv(name)
			} else {
				err = os.Setenv(name, value)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// secret reads a secret from an environment variable, or from the file that the variable with _FILE at its end
// names. It isn't a flag: every user of the machine sees flags.
func secret(log *slog.Logger, variable string) (value, from string, err error) {
	value = strings.TrimSpace(os.Getenv(variable))
	// A secret may contain any character, and is never shown.
	if found := placeholder(value); found != "" && found == value && (strings.ToUpper(found) == found || strings.ContainsAny(found, "{(:")) {
		return "", variable, usageError{fmt.Errorf("%s is a placeholder that the host didn't expand", variable)}
	}
	from = variable + "_FILE"
	file, err := clean(from, os.Getenv(from), false)
	switch {
	case err != nil:
		return "", from, usageError{err}
	case file == "":
		return value, variable, nil
	case value != "":
		return "", from, usageError{fmt.Errorf("%s and %s are both set; set one", variable, from)}
	}
	file = kong.ExpandPath(file)
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
