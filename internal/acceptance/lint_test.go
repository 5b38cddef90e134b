package acceptance_test

import (
	"strings"
	"testing"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

func TestToolSchemasAreReadableByHosts(t *testing.T) {
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
		if err := lintInput(tool.InputSchema); err != nil {
			t.Errorf("%s: input: %v", tool.Name, err)
		}
		if err := lintOutput(tool.OutputSchema); err != nil {
			t.Errorf("%s: output: %v", tool.Name, err)
		}
	}
}

func TestLintReportsWhatHostsCannotRead(t *testing.T) {
	for _, test := range []struct{ name, schema, want string }{
		{"not JSON", `[`, "not an object"},
		{"not an object", `{"type":"string","properties":{},"additionalProperties":false}`, "type must be"},
		{"no properties", `{"type":"object","additionalProperties":false}`, "properties must be present"},
		{"open root", `{"type":"object","properties":{}}`, "additionalProperties"},
		{"root combinator", `{"type":"object","properties":{},"additionalProperties":false,"anyOf":[]}`, "root: anyOf"},
		{"reference", `{"type":"object","properties":{"a":{"$ref":"#/x","description":"A."}},"additionalProperties":false}`, ".a: $ref"},
		{"dialect", `{"$schema":"x","type":"object","properties":{},"additionalProperties":false}`, "$schema"},
		{"boolean schema", `{"type":"object","properties":{"a":true},"additionalProperties":false}`, ".a: a boolean schema"},
		{"empty schema", `{"type":"object","properties":{"a":{}},"additionalProperties":false}`, ".a: a boolean schema"},
		{"no description", `{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}`, ".a: has no description"},
		{"several types",
			`{"type":"object","properties":{"a":{"type":["string","null"],"description":"A."}},"additionalProperties":false}`, "one name"},
		{"number enum",
			`{"type":"object","properties":{"a":{"type":"string","enum":[1],"description":"A."}},"additionalProperties":false}`, "not a string"},
		{"untyped enum",
			`{"type":"object","properties":{"a":{"enum":["x"],"description":"A."}},"additionalProperties":false}`, "of type string"},
		{"list without items",
			`{"type":"object","properties":{"a":{"type":"array","description":"A."}},"additionalProperties":false}`, "needs items"},
		{"boolean items",
			`{"type":"object","properties":{"a":{"type":"array","items":true,"description":"A."}},"additionalProperties":false}`,
			"a[]: a boolean schema"},
		{"required is unknown", `{"type":"object","properties":{},"required":["a"],"additionalProperties":false}`, "requires a"},
		{"nested",
			`{"type":"object","properties":{"a":{"type":"object",` +
				`"properties":{"b":{"type":"string"}},"description":"A."}},"additionalProperties":false}`,
			".a.b: has no description"},
		{"boolean additional",
			`{"type":"object","properties":{"a":{"type":"object","additionalProperties":true,"description":"A."}},"additionalProperties":false}`,
			".a.*: a boolean schema"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := lintInput([]byte(test.schema)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q in it", err, test.want)
			}
		})
	}
	if err := lintOutput([]byte(`{"type":"object","properties":{},"additionalProperties":false}`)); err == nil {
		t.Error("a closed output passes")
	}
}

// TestLintOfReflectedStructs: schema.NewInput accepts structs whose schemas hosts
// cannot read. The linter reports them.
func TestLintOfReflectedStructs(t *testing.T) {
	check := func(data []byte, want string) {
		t.Helper()
		switch err := lintInput(data); {
		case want == "" && err != nil:
			t.Error(err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
	check(inputOf[struct {
		Any any `json:"any"`
	}](t), "boolean schema")
	check(inputOf[struct {
		Name string `json:"name"`
	}](t), "no description")
	check(inputOf[struct {
		Name  string   `json:"name" jsonschema:"minLength=1" jsonschema_description:"Name, in full."`
		Level string   `json:"level,omitempty" jsonschema:"enum=LOW,enum=HIGH" jsonschema_description:"Level."`
		Tags  []string `json:"tags,omitempty" jsonschema_description:"Tags."`
	}](t), "")
}

func inputOf[T any](t *testing.T) []byte {
	t.Helper()
	input, err := schema.NewInput[T]()
	if err != nil {
		t.Fatal(err)
	}
	return input.JSON()
}
