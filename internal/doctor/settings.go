package doctor

import (
	"context"
	"slices"
	"strings"

	"opentrain-mcp/internal/credential"
	"opentrain-mcp/schema"
)

// settings looks for variables that don't do what someone may think they do.
func (e *examination) settings(context.Context) (checks []Check) {
	known := append(credential.Variables(), e.Variables...)
	set, empty := 0, []string{}
	if e.Unusable != "" {
		checks = append(checks, Check{
			Name: "settings", Status: Fail, Detail: e.Unusable + "; until then no server starts in this shell", Fix: "Correct it, or remove it.",
		})
	}
	for _, variable := range slices.Sorted(slices.Values(e.Environ)) {
		name, value, _ := strings.Cut(variable, "=")
		isKnown, isToken := slices.Contains(known, name), slices.Contains(credential.Variables(), name)
		switch near := schema.Nearest(name, known); {
		case isKnown && (strings.TrimSpace(value) == "" || isToken && credential.FindUnexpanded(value).LeftEmpty):
			empty = append(empty, name)
		case isKnown:
			set++
		case strings.HasPrefix(name, "OPENTRAIN_MCP_") && near != "":
			checks = append(checks, Check{
				Name: "settings", Status: Warn, Detail: name + " isn't a setting of this program, so it does nothing",
				Fix: "Did you mean " + near + "?",
			})
		case strings.HasPrefix(name, "OPENTRAIN_MCP_"):
			checks = append(checks, Check{
				Name: "settings", Status: Warn, Detail: name + " isn't a setting of this program, so it does nothing",
				Fix: "Remove it:\n" + e.unset(name),
			})
		}
	}
	if len(empty) > 0 {
		checks = append(checks, e.empty(empty))
	}
	if checks == nil && set > 0 {
		checks = append(checks, Check{Name: "settings", Status: OK, Detail: "all OpenTrain variables in this shell are recognized"})
	}
	return checks
}

// empty is the check of variables without a value.
func (e *examination) empty(names []string) Check {
	check := Check{
		Name: "settings", Status: Warn, Detail: names[0] + " is set but empty, so it counts as not set", Fix: "Give it a value, or remove it:",
	}
	if len(names) > 1 {
		check.Detail = "these variables are set but empty, so they count as not set: " + strings.Join(names, ", ")
		check.Fix = "Give them values, or remove them:"
	}
	if e.Machine.GOOS == "windows" {
		check.Fix += "\n" + e.unset(strings.Join(names, ",Env:"))
	} else {
		check.Fix += "\n" + e.unset(strings.Join(names, " "))
	}
	return check
}
