// Package market has the tools that read the public marketplace. They need no token.
package market

import (
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// Toolset returns the tools, with public jobs as resources.
func Toolset(api *opentrain.Client, accounts *tool.Accounts) tool.Set {
	m := market{api, accounts}
	return tool.Set{
		Name:      "market",
		Tools:     []tool.Tool{m.searchJobs(), m.getJob(), m.listFacets(), m.listChanges()},
		Resources: []tool.Resource{m.jobResource()},
	}
}

type market struct {
	api      *opentrain.Client
	accounts *tool.Accounts
}
