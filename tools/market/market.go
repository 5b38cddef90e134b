// Package market has the tools that read the public marketplace. They need no token.
package market

import (
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// Toolset returns the tools, with public jobs as resources.
func Toolset(api *opentrain.Client) tool.Set {
	return tool.Set{
		Name:      "market",
		Tools:     []tool.Tool{searchJobs(api), getJob(api), listFacets(api), listChanges(api)},
		Resources: []tool.Resource{job(api)},
	}
}
