package main

import (
	"bytes"
	"encoding/json"
	"strings"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/account"
	"opentrain-mcp/opentrain"
)

// What every package says about itself.
const (
	product = "opentrain-mcp"
	title   = "OpenTrain"
	server  = "opentrain" // the name that hosts show
	// The MCP registry allows 100 characters.
	summary = "AI agents draft AI-training jobs on OpenTrain, publish them after you approve, and search live ones."
	authors = "The opentrain-mcp authors"
	license = "MIT"

	tokenVariable   = "OPENTRAIN_PERSONAL_API_TOKEN"
	sandboxVariable = "OPENTRAIN_MCP_SANDBOX"
	tokenWords      = "Leave it empty if you have none: the agent offers to register an account. " +
		"It is in OpenTrain's app under Settings, API keys."
	sandboxWords = "Use the built-in sandbox instead of OpenTrain: no account, no network, nothing is real."
)

func keywords() []string {
	return []string{"mcp", "opentrain", "data-labeling", "annotation", "ai-training"}
}

// object is a JSON object.
type object map[string]any

// document writes a JSON file.
func document(name string, value object) (entry, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(value)
	return text(name, out.String()), err
}

// toolList names the tools that a host gets, each with the first sentence of its description.
func toolList() ([]object, error) {
	api, err := opentrain.New(opentrain.Config{})
	if err != nil {
		return nil, err
	}
	served, err := opentrainmcp.New(opentrainmcp.Config{API: api, Account: account.InProcess(api, opentrainmcp.Token{})})
	if err != nil {
		return nil, err
	}
	var list []object
	for _, tool := range served.Tools() {
		first, _, _ := strings.Cut(tool.Description, ". ")
		list = append(list, object{"name": tool.Name, "description": strings.TrimSuffix(first, ".") + "."})
	}
	return list, nil
}
