package opentrainmcp

import (
	"github.com/mark3labs/mcp-go/mcp"

	"opentrain-mcp/schema"
	"opentrain-mcp/tools"
)

// titledChoices is the first protocol whose forms have titled choices and lists
// to choose from (SEP-1330). Before, an enum had names beside its values.
const titledChoices = "2025-11-25"

func hasTitledChoices(protocol string) bool { return protocol == "" || protocol >= titledChoices }

// formParams makes the form of an Ask, as a protocol knows forms. Its schema is
// nil when nothing is left that the protocol's forms can hold.
func formParams(ask *tools.Ask, protocol string) mcp.ElicitationParams {
	titled := hasTitledChoices(protocol)
	form := schema.NewObject()
	for _, field := range ask.Fields {
		form.Properties.Set(field.Name, formField(field, titled))
		if field.Required {
			form.Required = append(form.Required, field.Name)
		}
	}
	params := mcp.ElicitationParams{Mode: mcp.ElicitationModeForm, Message: ask.Message}
	if form.Properties.Len() > 0 {
		params.RequestedSchema = form
	}
	if !titled {
		params.Mode = "" // such clients know no other, nor the name
	}
	return params
}

func formField(field tools.AskField, titled bool) *schema.Node {
	node := &schema.Node{Type: field.Type, Title: field.Label, Description: field.Prompt}
	switch {
	case field.Default == nil:
	case titled || field.Type == "boolean":
		node.Default = field.Default
	default: // only booleans had defaults before (SEP-1034)
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
