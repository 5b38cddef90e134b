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
	set := 0
	if e.Unusable != "" {
		checks = append(checks, Check{
			Name: "settings", Status: Fail, Detail: "no server starts in this shell: " + e.Unusable, Fix: "Correct it, or remove it.",
		})
	}
	for _, variable := range e.Environ {
		name, value, _ := strings.Cut(variable, "=")
		isKnown := slices.Contains(known, name)
		switch near := schema.Nearest(name, known); {
		case isKnown && strings.TrimSpace(value) == "":
			checks = append(checks, Check{
				Name: "settings", Status: Warn, Detail: name + " is set but empty, so it counts as not set",
				Fix: "Give it a value, or remove it:\n" + e.unset(name),
			})
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
	if checks == nil && set > 0 {
		checks = append(checks, Check{Name: "settings", Status: OK, Detail: "all OpenTrain variables in this shell are recognized"})
	}
	return checks
}
