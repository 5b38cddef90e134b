// Package applicants has the tools about the people who work on a job.
package applicants

import (
	"opentrain-mcp/internal/draft"
	"opentrain-mcp/internal/tool"
)

// Toolset returns the tools.
func Toolset(desk *draft.Desk) tool.Set {
	return tool.Set{Name: "applicants", Tools: []tool.Tool{applicants{desk}.inviteTrainer()}}
}

type applicants struct{ *draft.Desk }
