// Package tools lists the toolsets of the server. Each has its own folder, with a file for each tool.
package tools

import (
	"opentrain-mcp/internal/account"
	"opentrain-mcp/internal/draft"
	"opentrain-mcp/internal/tool"
	accounttools "opentrain-mcp/tools/account"
	"opentrain-mcp/tools/admin"
	"opentrain-mcp/tools/applicants"
	"opentrain-mcp/tools/contracts"
	"opentrain-mcp/tools/market"
	"opentrain-mcp/tools/messages"
	"opentrain-mcp/tools/money"
	"opentrain-mcp/tools/posting"
	"opentrain-mcp/tools/updates"
)

// Sets returns every toolset. person is the account of the person at this machine, nil where callers bring their own.
func Sets(desk *draft.Desk, person *account.Account) []tool.Set {
	return []tool.Set{
		posting.Toolset(desk),
		market.Toolset(desk.API, desk.Accounts),
		accounttools.Toolset(desk, person),
		applicants.Toolset(desk),
		messages.Toolset(desk),
		contracts.Toolset(desk),
		money.Toolset(desk.API),
		updates.Toolset(desk, person),
		admin.Toolset(desk),
	}
}

// Registration returns the step that asks the human whether to register an account, nil where callers bring their own.
func Registration(desk *draft.Desk, person *account.Account) func(tool.Call) tool.Next {
	return accounttools.Registration(desk, person)
}
