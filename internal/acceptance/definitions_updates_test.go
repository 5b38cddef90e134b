package acceptance_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/opentrain"
)

// TestDefinitionsOfUpdatesAndAdmin keep the rules that those on by default keep, and stay in the budget by themselves.
func TestDefinitionsOfUpdatesAndAdmin(t *testing.T) {
	t.Parallel()
	api, err := opentrain.New(opentrain.Config{})
	if err != nil {
		t.Fatal(err)
	}
	server, err := opentrainmcp.New(opentrainmcp.Config{
		API: api, Toolsets: []string{"updates", "admin"}, Account: opentrainmcp.UserAccount(api, ""),
	})
	if err != nil {
		t.Fatal(err)
	}
	made := server.Tools()
	if len(made) != 9 {
		t.Errorf("%d tools, want 9", len(made))
	}
	visible := 0
	flagged := regexp.MustCompile(`(?i)\b(important|crucial|critical|vital|urgent|ignore|disregard|override|bypass)\b`)
	for _, tool := range made {
		if n := utf8.RuneCountInString(tool.Description); n < 300 || n > 900 || flagged.MatchString(tool.Description) {
			t.Errorf("%s: %d characters: %s", tool.Name, n, tool.Description)
		}
		if err := lintInput(tool.Schemas().Input); err != nil {
			t.Errorf("%s: input: %v", tool.Name, err)
		}
		if err := lintOutput(tool.Schemas().Output); err != nil {
			t.Errorf("%s: output: %v", tool.Name, err)
		}
		var seen bytes.Buffer
		encoder := json.NewEncoder(&seen)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(map[string]any{"name": tool.Name, "description": tool.Description, "inputSchema": tool.Schemas().Input}); err != nil {
			t.Fatal(err)
		}
		visible += len(bytes.TrimSpace(seen.Bytes()))
		if !strings.HasSuffix(tool.Description, ".") {
			t.Errorf("%s: %s", tool.Name, tool.Description)
		}
	}
	if visible/len(made) > visibleBudget {
		t.Errorf("a tool has %d visible bytes of %d on average", visible/len(made), visibleBudget)
	}
	t.Logf("%d visible bytes on average", visible/len(made))
}
