// Package admin has the tools about an account's API tokens and its team.
package admin

import (
	"slices"

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

// pageAfter cuts a page out of a list that the API returns whole. Its cursor is the id of the last entry before it.
func pageAfter[Entry any](list []Entry, cursor string, id func(Entry) string) (page []Entry, next string, err error) {
	if cursor != "" {
		at := slices.IndexFunc(list, func(e Entry) bool { return id(e) == cursor })
		if at < 0 {
			return nil, "", tool.Problem("cursor", "is not a cursor from this tool; pass nextCursor unchanged")
		}
		list = list[at+1:]
	}
	if len(list) > tool.DefaultPage {
		list = list[:tool.DefaultPage]
		next = tool.Cursor(id(list[len(list)-1]))
	}
	return list, next, nil
}
