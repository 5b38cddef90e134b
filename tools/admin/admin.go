// Package admin has the tools about an account's API tokens and its team.
package admin

import (
	"opentrain-mcp/internal/draft"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// Toolset returns the tools.
func Toolset(desk *draft.Desk) tool.Set {
	a := admin{desk}
	return tool.Set{
		Name: "admin", OffByDefault: true,
		Tools: []tool.Tool{a.listTokens(), a.revokeToken(), a.getTeam(), a.inviteTeamMember()},
	}
}

type admin struct{ *draft.Desk }

// team is the feature that the tools for teams need.
func team() tool.Feature { return tool.Feature{Capability: "team", Key: opentrain.FeatureTeam} }
