// Package tools lists the toolsets of the server. Each has its own folder, with a file for each tool.
package tools

import (
	"opentrain-mcp/internal/draft"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/tools/account"
	"opentrain-mcp/tools/applicants"
	"opentrain-mcp/tools/market"
	"opentrain-mcp/tools/posting"
)

// Sets returns every toolset.
func Sets(desk *draft.Desk) []tool.Set {
	return []tool.Set{
		posting.Toolset(desk),
		market.Toolset(desk.API, desk.Accounts),
		account.Toolset(desk.API, desk.Accounts),
		applicants.Toolset(desk),
	}
}
