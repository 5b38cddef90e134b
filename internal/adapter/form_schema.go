package adapter

import (
	"github.com/mark3labs/mcp-go/mcp"

	"opentrain-mcp/internal/tool"
	"opentrain-mcp/schema"
)

// formParams builds the form of an Ask for a protocol version. Its schema is nil when the form has no fields.
func formParams(ask *tool.Ask, protocol string) mcp.ElicitationParams {
	titled := hasTitledChoices(protocol)
	form := schema.NewObject()
	for _, field := range ask.Fields {
		form.Properties.Set(field.Name, formField(field, titled))
		if field.Required {
			form.Required = append(form.Required, field.Name)
		}
	}
	params := mcp.ElicitationParams{Message: ask.Message}
	if titled {
		params.Mode = mcp.ElicitationModeForm // older clients know neither the word nor another mode
	}
	if form.Properties.Len() > 0 {
		params.RequestedSchema = form
	}
	return params
}

// hasTitledChoices reports whether a protocol version has titled choices and lists of them (SEP-1330).
func hasTitledChoices(protocol string) bool { return protocol == "" || protocol >= "2025-11-25" }

func formField(field tool.Field, titled bool) *schema.Node {
	node := &schema.Node{Type: field.Type, Title: field.Label, Description: field.Prompt}
	switch {
	case field.Default == nil:
	case titled || field.Type == "boolean":
		node.Default = field.Default
	default: // before 2025-11-25, only booleans had defaults (SEP-1034)
		node.Description += " The guess: " + string(field.Default)
	}
	options := make([]*schema.Node, 0, len(field.Choices))
	values, titles := make([]any, 0, len(field.Choices)), make([]any, 0, len(field.Choices))
	for _, choice := range field.Choices {
		options = append(options, &schema.Node{Const: choice.Value, Title: choice.Title})
		values, titles = append(values, choice.Value), append(titles, choice.Title)
	}
	switch {
	case field.Type == "array":
		node.Items = &schema.Node{AnyOf: options}
	case field.Type == "enum" && titled:
		node.Type, node.OneOf = "string", options
	case field.Type == "enum":
		node.Type, node.Enum, node.Extras = "string", values, map[string]any{"enumNames": titles}
	}
	return node
}
