package acceptance_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"opentrain-mcp/schema"
)

// lintInput checks the schema of a tool's arguments against what real hosts can read: a
// flat object without references, combinators or boolean schemas, a description for
// every property, and enums of plain strings. The error lists every problem.
func lintInput(data []byte) error { return lint(data, true) }

// lintOutput checks the schema of a tool's result. The root must stay open, and
// a property with a self-explanatory name needs no description.
func lintOutput(data []byte) error { return lint(data, false) }

func lint(data []byte, input bool) error {
	var root map[string]any
	if err := json.Unmarshal(data, &root); err != nil {
		return fmt.Errorf("the root is not an object: %w", err)
	}
	l := linter{input: input}
	if root["type"] != "object" {
		l.report("", "type must be \"object\"")
	}
	if _, ok := root["properties"].(map[string]any); !ok {
		l.report("", "properties must be present, even when there are none")
	}
	if closed := root["additionalProperties"] == false; closed != input {
		l.report("", "additionalProperties must be false on an input and absent on an output")
	}
	delete(root, "additionalProperties")
	l.node("", root)
	return errors.Join(l.problems...)
}

type linter struct {
	input    bool
	problems []error
}

func (l *linter) report(path, format string, args ...any) {
	if path == "" {
		path = "root"
	}
	l.problems = append(l.problems, fmt.Errorf("%s: %s", path, fmt.Sprintf(format, args...)))
}

// node checks a schema and all schemas inside it.
func (l *linter) node(path string, node map[string]any) {
	for _, keyword := range []string{
		"$ref", "$dynamicRef", "$schema", "$id", "$defs", "allOf", "anyOf", "oneOf", "not", "if", "patternProperties", "prefixItems",
	} {
		if _, found := node[keyword]; found {
			l.report(path, "%s is not supported by every host", keyword)
		}
	}
	if kind, found := node["type"]; found {
		if _, ok := kind.(string); !ok {
			l.report(path, "type must be one name")
		}
	}
	l.enum(path, node)
	l.properties(path, node)
	if items, found := node["items"]; found {
		l.child(path+"[]", items)
	} else if node["type"] == "array" {
		l.report(path, "an array needs items")
	}
	if additional, found := node["additionalProperties"]; found && additional != false {
		l.child(path+".*", additional)
	}
}

// child checks a nested schema, which must not be a bare true, false or {}.
func (l *linter) child(path string, value any) {
	node, ok := value.(map[string]any)
	if !ok || len(node) == 0 {
		l.report(path, "a boolean schema says nothing; give it a type or a description")
		return
	}
	l.node(path, node)
}

func (l *linter) properties(path string, node map[string]any) {
	properties, _ := node["properties"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		at := path + "." + name
		l.child(at, properties[name])
		if property, ok := properties[name].(map[string]any); ok && l.input && property["description"] == nil {
			l.report(at, "has no description")
		}
	}
	required, _ := node["required"].([]any)
	for _, name := range required {
		if _, found := properties[fmt.Sprint(name)]; !found {
			l.report(path, "requires %v, which is not a property", name)
		}
	}
}

func (l *linter) enum(path string, node map[string]any) {
	values, found := node["enum"].([]any)
	if !found {
		return
	}
	if node["type"] != "string" {
		l.report(path, "an enum must be of type string")
	}
	for _, value := range values {
		if _, ok := value.(string); !ok {
			l.report(path, "enum value %v is not a string", value)
		}
	}
}

func TestLintReportsWhatHostsCannotRead(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
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
	input, err := schema.NewInput(new(T), schema.Dialect{})
	if err != nil {
		t.Fatal(err)
	}
	return input.JSON()
}
