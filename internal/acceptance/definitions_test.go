package acceptance_test

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/opentrain/sandbox"
)

// TestToolDefinitions compares every tool's definition with the golden file. Run it
// with -update to accept a change.
func TestToolDefinitions(t *testing.T) {
	const golden = "testdata/tools.json"
	got := listed(t)
	if *update {
		if err := os.WriteFile(golden, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != strings.ReplaceAll(string(want), "\r\n", "\n") {
		t.Errorf("the definitions differ from %s; -update accepts the change:\n%s", golden, got)
	}
}

func TestToolDefinitionsKeepTheRules(t *testing.T) {
	var tools []struct {
		Name, Title, Description string
		Annotations              map[string]any
	}
	if err := json.Unmarshal(listed(t), &tools); err != nil {
		t.Fatal(err)
	}
	if len(tools) != 19 {
		t.Fatalf("%d tools, want 19", len(tools))
	}
	scanned := regexp.MustCompile(`(?i)\b(important|crucial|critical|vital|urgent|ignore|disregard|override|bypass)\b`)
	for _, tool := range tools {
		if !regexp.MustCompile(`^opentrain_[a-z_]{1,22}$`).MatchString(tool.Name) {
			t.Errorf("%s: the name breaks the pattern", tool.Name)
		}
		if n := utf8.RuneCountInString(tool.Description); n < 300 || n > 900 {
			t.Errorf("%s: the description has %d characters", tool.Name, n)
		}
		if word := scanned.FindString(tool.Description); word != "" {
			t.Errorf("%s: scanners flag the word %q", tool.Name, word)
		}
		for _, hint := range []string{"readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"} {
			if _, set := tool.Annotations[hint].(bool); !set {
				t.Errorf("%s: %s is not set", tool.Name, hint)
			}
		}
		if tool.Title == "" || tool.Annotations["title"] != tool.Title {
			t.Errorf("%s: title %q and %q", tool.Name, tool.Title, tool.Annotations["title"])
		}
	}
}

// The budget of the definitions for each tool on average, in bytes as sent: what a model
// sees of them (name, description and input schema as compact JSON), and everything.
const (
	visibleBudget = 1000
	listBudget    = 2100
)

func TestToolDefinitionsKeepTheBudget(t *testing.T) {
	var tools []struct {
		Name, Description string
		InputSchema       json.RawMessage
	}
	var list bytes.Buffer
	if err := json.Compact(&list, listed(t)); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(list.Bytes(), &tools); err != nil {
		t.Fatal(err)
	}
	visible := 0
	for _, tool := range tools {
		var seen bytes.Buffer
		encoder := json.NewEncoder(&seen)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(map[string]any{"name": tool.Name, "description": tool.Description, "inputSchema": tool.InputSchema}); err != nil {
			t.Fatal(err)
		}
		visible += len(bytes.TrimSpace(seen.Bytes()))
		var shape struct{ Required []string }
		if json.Unmarshal(tool.InputSchema, &shape) != nil || shape.Required == nil {
			t.Errorf("%s: the input schema doesn't say what is required", tool.Name)
		}
	}
	if all := list.Len() / len(tools); visible/len(tools) > visibleBudget || all > listBudget {
		t.Errorf("a tool has %d visible bytes of %d and %d bytes of %d on average", visible/len(tools), visibleBudget, all, listBudget)
	}
}

// TestSchemasMatchTheirConstants: the limits that the input schemas state are those that
// the code keeps.
func TestSchemasMatchTheirConstants(t *testing.T) {
	t.Parallel()
	const longestCursor = 2000 // TestCursorThatIsNotPassedOn of the package tool
	var tools []struct {
		Name        string
		InputSchema struct{ Properties map[string]map[string]any }
	}
	if err := json.Unmarshal(listed(t), &tools); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		property, keyword string
		want              int
		tools             string // those that have the property
	}{
		{"limit", "default", tool.DefaultPage, "opentrain_list_changes opentrain_list_jobs opentrain_list_proposals opentrain_search_jobs"},
		{"cursor", "maxLength", longestCursor,
			"opentrain_get_proposal opentrain_list_changes opentrain_list_jobs opentrain_list_proposals opentrain_search_jobs"},
		{"description", "maxLength", opentrain.MaxDescription, "opentrain_create_draft"},
	} {
		var having []string
		for _, served := range tools {
			property, found := served.InputSchema.Properties[test.property]
			if !found {
				continue
			}
			having = append(having, served.Name)
			if got := property[test.keyword]; got != float64(test.want) {
				t.Errorf("%s: %s of %s is %v, want %d", served.Name, test.keyword, test.property, got, test.want)
			}
		}
		slices.Sort(having)
		if got := strings.Join(having, " "); got != test.tools {
			t.Errorf("%s is a property of %s, want %s", test.property, got, test.tools)
		}
	}
}

func TestInstructions(t *testing.T) {
	got := start(t, sandbox.Guide).hello.Instructions
	if n := utf8.RuneCountInString(got); n == 0 || n >= 1500 {
		t.Errorf("the instructions have %d characters", n)
	}
	for _, want := range []string{"opentrain_create_draft", "opentrain_patch_draft", "opentrain_publish", "opentrain_search_jobs",
		"opentrain_list_jobs", "ask_human", "confirm_with_human"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not mentioned", want)
		}
	}
}

func TestToolSchemasAreReadableByHosts(t *testing.T) {
	t.Parallel()
	api, err := opentrain.New(opentrain.Config{})
	if err != nil {
		t.Fatal(err)
	}
	server, err := opentrainmcp.New(opentrainmcp.Config{API: api})
	if err != nil {
		t.Fatal(err)
	}
	if len(server.Tools()) == 0 {
		t.Fatal("no tools")
	}
	for _, tool := range server.Tools() {
		if err := lintInput(tool.Schemas().Input); err != nil {
			t.Errorf("%s: input: %v", tool.Name, err)
		}
		if err := lintOutput(tool.Schemas().Output); err != nil {
			t.Errorf("%s: output: %v", tool.Name, err)
		}
	}
}
