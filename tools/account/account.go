// Package account has the tools about the OpenTrain account that the server acts for.
package account

import (
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// Toolset returns the tools.
func Toolset(api *opentrain.Client, accounts *tool.Accounts) tool.Set {
	return tool.Set{Name: "account", Tools: []tool.Tool{account{api, accounts}.getAccount()}}
}

type account struct {
	api      *opentrain.Client
	accounts *tool.Accounts
}
