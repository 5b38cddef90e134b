package acceptance_test

import (
	"testing"
	"unicode/utf8"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/opentrain"
)

// TestDefinitionsOfContractsAndMoney: the toolsets that are off by default keep the rules of the others.
func TestDefinitionsOfContractsAndMoney(t *testing.T) {
	t.Parallel()
	api, err := opentrain.New(opentrain.Config{})
	if err != nil {
		t.Fatal(err)
	}
	server, err := opentrainmcp.New(opentrainmcp.Config{API: api, Toolsets: []string{"contracts", "money"}})
	if err != nil {
		t.Fatal(err)
	}
	made, visible := server.Tools(), 0
	for _, tool := range made {
		if n := utf8.RuneCountInString(tool.Description); n < 300 || n > 900 {
			t.Errorf("%s: the description has %d characters", tool.Name, n)
		}
		if err := lintInput(tool.Schemas().Input); err != nil {
			t.Errorf("%s: input: %v", tool.Name, err)
		}
		if err := lintOutput(tool.Schemas().Output); err != nil {
			t.Errorf("%s: output: %v", tool.Name, err)
		}
		visible += text.Length(map[string]any{"name": tool.Name, "description": tool.Description, "inputSchema": tool.Schemas().Input})
	}
	if len(made) != 13 || visible/len(made) > visibleBudget {
		t.Errorf("%d tools, with %d visible characters of %d on average", len(made), visible/len(made), visibleBudget)
	}
}
