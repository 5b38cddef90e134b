package schema_test

import (
	"encoding/json"
	"strings"
	"testing"

	"opentrain-mcp/schema"
)

func TestLintFindsWhatHostsCannotRead(t *testing.T) {
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
		{"several types", `{"type":"object","properties":{"a":{"type":["string","null"],"description":"A."}},"additionalProperties":false}`, "one name"},
		{"number enum", `{"type":"object","properties":{"a":{"type":"string","enum":[1],"description":"A."}},"additionalProperties":false}`, "not a string"},
		{"untyped enum", `{"type":"object","properties":{"a":{"enum":["x"],"description":"A."}},"additionalProperties":false}`, "of type string"},
		{"list without items", `{"type":"object","properties":{"a":{"type":"array","description":"A."}},"additionalProperties":false}`, "needs items"},
		{"boolean items", `{"type":"object","properties":{"a":{"type":"array","items":true,"description":"A."}},"additionalProperties":false}`, "a[]: a boolean schema"},
		{"required is unknown", `{"type":"object","properties":{},"required":["a"],"additionalProperties":false}`, "requires a"},
		{"nested", `{"type":"object","properties":{"a":{"type":"object","properties":{"b":{"type":"string"}},"description":"A."}},"additionalProperties":false}`, ".a.b: has no description"},
		{"boolean additional", `{"type":"object","properties":{"a":{"type":"object","additionalProperties":true,"description":"A."}},"additionalProperties":false}`, ".a.*: a boolean schema"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := schema.LintInput([]byte(test.schema))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q in it", err, test.want)
			}
		})
	}
}

func TestSchemasAreFlat(t *testing.T) {
	data := newOrder(t).JSON()
	if err := schema.LintInput(data); err != nil {
		t.Error(err)
	}
	var got struct {
		Required   []string
		Properties map[string]struct{ Description string }
	}
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Properties) != 7 || len(got.Required) != 1 {
		t.Errorf("got %d properties and required %v in %s", len(got.Properties), got.Required, data)
	}
	// A comma in a description must not cut it.
	if got.Properties["id"].Description != "Order id, from the list." {
		t.Errorf("the description is %q", got.Properties["id"].Description)
	}
}

func TestOutputsStayOpen(t *testing.T) {
	data, err := schema.Output[order]()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(data), `"additionalProperties":false`) {
		t.Errorf("a newer server could not add a member: %s", data)
	}
}

func TestBadStructsFailToBuild(t *testing.T) {
	if _, err := schema.NewInput[struct {
		Any any `json:"any"`
	}](); err == nil || !strings.Contains(err.Error(), "boolean schema") {
		t.Errorf("got %v", err)
	}
	if _, err := schema.NewInput[struct {
		Name string `json:"name"`
	}](); err == nil || !strings.Contains(err.Error(), "no description") {
		t.Errorf("got %v", err)
	}
}
