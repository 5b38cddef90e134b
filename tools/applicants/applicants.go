// Package applicants has the tools about the people who work on a job, or want to.
package applicants

import (
	"opentrain-mcp/internal/draft"
	"opentrain-mcp/internal/tool"
)

// Toolset returns the tools.
func Toolset(desk *draft.Desk) tool.Set {
	a := applicants{desk}
	return tool.Set{Name: "applicants", Tools: []tool.Tool{
		a.listProposals(), a.getProposal(), a.getFreelancerProfile(), a.inviteTrainer(),
	}}
}

type applicants struct{ *draft.Desk }
