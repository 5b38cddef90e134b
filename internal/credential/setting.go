package credential

import (
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"strings"
)

// Unexpanded is a placeholder in the value of a setting: a host fills in settings from forms and templates, and didn't expand
// this one. The zero Unexpanded means no placeholder.
type Unexpanded struct {
	Name      string // as it is written
	Alone     bool   // the value is nothing else, and it isn't a password that only looks like one
	LeftEmpty bool   // hosts of MCPB bundles pass it on as it is when the human left that field of the form empty
}

// FindUnexpanded finds ${name}, $(name), {{name}}, {name}, %NAME% or $NAME in a value.
func FindUnexpanded(value string) Unexpanded {
	if !strings.ContainsAny(value, "${%") {
		return Unexpanded{}
	}
	value = strings.TrimSpace(value)
	found := regexp.MustCompile(`\$?\{+[^{}]*\}+|\$\{[^{}]*$|\$\([^)]*\)|%[A-Za-z_]\w{2,}%|\B\$(env:)?[A-Za-z_]\w*`).FindString(value)
	alone := found != "" && found == value && (strings.ToUpper(found) == found || strings.ContainsAny(found, "{(:"))
	return Unexpanded{
		Name: found, Alone: alone, LeftEmpty: alone && strings.HasPrefix(found, "${user_config.") && strings.HasSuffix(found, "}"),
	}
}

// Home is the user's home folder. Hosts start programs without HOME.
func Home() (string, error) {
	home, err := os.UserHomeDir()
	if err == nil {
		return home, nil
	}
	if person, known := user.Current(); known == nil && person.HomeDir != "" {
		return person.HomeDir, nil
	}
	return "", errors.New("there is no home folder")
}

// Absolute is a path from the root. Hosts don't expand ~ as shells do.
func Absolute(name string) string {
	if rest, inHome := strings.CutPrefix(name, "~/"); inHome {
		home, err := Home()
		if err != nil {
			return name
		}
		return filepath.Join(home, rest)
	}
	if filepath.IsAbs(name) { // as it is: .. may follow a link
		return name
	}
	if full, err := filepath.Abs(name); err == nil {
		return full
	}
	return name
}
