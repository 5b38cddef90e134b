// Package applicants has the tools about the people who work on a job.
package applicants

import (
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// Toolset returns the tools.
func Toolset(api *opentrain.Client) tool.Set {
	return tool.Set{Name: "applicants", Tools: []tool.Tool{applicants{api}.inviteTrainer()}}
}

type applicants struct{ api *opentrain.Client }
