package schema_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"opentrain-mcp/schema"
)

func TestInputSchema(t *testing.T) {
	data := newOrder(t).JSON()
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
	if got.Properties["id"].Description != "Order id, from the list." {
		t.Errorf("the comma cuts the description: %q", got.Properties["id"].Description)
	}
	for _, unwanted := range []string{"$ref", "$schema", "$id", "$defs"} {
		if strings.Contains(string(data), unwanted) {
			t.Errorf("%s in %s", unwanted, data)
		}
	}
}

func TestOutputSchemaStaysOpen(t *testing.T) {
	data, err := schema.Output(new(order))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(data), `"additionalProperties":false`) {
		t.Errorf("a newer server could not add a member: %s", data)
	}
}

func TestFields(t *testing.T) {
	fields, err := schema.Fields(newOrder(t).JSON())
	if err != nil {
		t.Fatal(err)
	}
	want := []schema.Field{
		{Name: "id", Type: "string", Description: "Order id, from the list.", Required: true},
		{Name: "size", Type: "number", Description: "Size."},
		{Name: "count", Type: "integer", Description: "Count."},
		{Name: "urgent", Type: "boolean", Description: "Urgent."},
		{Name: "level", Type: "string", Description: "Level. One of: ANY_LEVEL, EXPERT."},
		{Name: "tags", Type: "list of strings", Description: "Tags."},
		{Name: "open", Type: "object", Description: "Open part."},
	}
	if !reflect.DeepEqual(fields, want) {
		t.Errorf("got %+v", fields)
	}
	if _, err := schema.Fields(json.RawMessage("{")); err == nil {
		t.Error("broken JSON has fields")
	}
}

type shirt struct {
	Size  string `json:"size"`
	Color string `json:"color" jsonschema_description:"Color."`
}

func (shirt) JSONSchemaExtend(node *schema.Node) {
	schema.Enum(node, "size", "S", "M")
	schema.Describe(node, map[string]string{"size": "Size, as on the label."})
}

func TestDescribeAndEnum(t *testing.T) {
	input, err := schema.NewInput(new(shirt), schema.Dialect{})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"size":{"type":"string","enum":["S","M"],"description":"Size, as on the label."},` +
		`"color":{"type":"string","description":"Color."}}`
	if got := string(input.JSON()); !strings.Contains(got, want) {
		t.Errorf("got %s, want %s in it", got, want)
	}
	if got, interpreted, err := decodeInto[shirt](input, json.RawMessage(`{"size":"m","color":""}`), nil); err != nil || got.Size != "M" {
		t.Errorf("got %+v, %q, %v", got, interpreted, err)
	}
}

func TestDescribeAndEnumPanicOnUnknownProperty(t *testing.T) {
	for name, change := range map[string]func(*schema.Node){
		"Describe": func(node *schema.Node) { schema.Describe(node, map[string]string{"sise": "Size."}) },
		"Enum":     func(node *schema.Node) { schema.Enum(node, "sise", "S") },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if got := recover(); got != "schema: there is no property sise" {
					t.Errorf("got the panic %v", got)
				}
			}()
			change(schema.Open[shirt]())
		})
	}
}
