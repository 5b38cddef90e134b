// Package schema generates JSON Schemas for tool inputs and outputs from Go structs. It decodes the arguments
// that models send. It accepts other forms where the meaning is plain, and its errors say what to send instead.
// Put descriptions into the jsonschema_description tag. In a jsonschema tag, a comma cuts the text.
package schema

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/invopop/jsonschema"
)

// Node is one schema in a tree of schemas. A type can describe itself with a method JSONSchema() *Node.
type Node = jsonschema.Schema

// NewObject returns the schema of an object without members. Properties.Set adds one at the end.
func NewObject() *Node { return &Node{Type: "object", Properties: jsonschema.NewProperties()} }

// Input is the schema of a tool's arguments.
type Input struct {
	root    *Node
	json    json.RawMessage
	dialect Dialect
}

// NewInput builds the schema of the struct that args points to. Arguments that neither it nor the dialect names are rejected.
func NewInput(args any, dialect Dialect) (*Input, error) {
	root := reflectNode(args, true)
	shown := published(root)
	if len(shown.Required) == 0 { // some clients expect the list even when it is empty
		shown.Extras = map[string]any{"required": []string{}}
	}
	data, err := json.Marshal(shown)
	if err != nil {
		return nil, fmt.Errorf("input schema of %T: %w", args, err)
	}
	for name, reading := range dialect.Readings {
		if property, found := root.Properties.Get(name); found && property.Extras[readingKey] == nil {
			Read(property, reading)
		}
	}
	return &Input{root: root, json: data, dialect: dialect}, nil
}

// JSON returns the schema as clients see it.
func (in *Input) JSON() json.RawMessage { return in.json }

// Output returns the schema of a tool's result, a pointer to a struct. It allows members that the struct does not name, so that a
// newer server does not break an older client.
func Output(result any) (json.RawMessage, error) {
	data, err := json.Marshal(reflectNode(result, false))
	if err != nil {
		return nil, fmt.Errorf("output schema of %T: %w", result, err)
	}
	return data, nil
}

// Open returns the schema of the struct T for use inside an input. It accepts members that T does not name,
// and a null is a value. Describe it in the tag of the field that holds it.
func Open[T any]() *Node {
	node := reflectNode(new(T), false)
	node.Required = nil
	return node
}

// reflectNode generates a flat schema without references.
func reflectNode(v any, closed bool) *Node {
	reflector := jsonschema.Reflector{
		Anonymous:                 true, // an $id would publish Go import paths
		DoNotReference:            true,
		ExpandedStruct:            true, // the root is the object itself
		AllowAdditionalProperties: !closed,
	}
	node := reflector.Reflect(v)
	node.Version = "" // 2020-12 is MCP's default dialect
	return node
}

// closed reports whether a schema accepts only the members that it names.
func closed(node *Node) bool { return node.AdditionalProperties == jsonschema.FalseSchema }

// Field is one member of a schema, for documentation.
type Field struct {
	Name, Type, Description string
	Required                bool
}

// Fields returns the members of an object schema, in their order.
func Fields(data json.RawMessage) ([]Field, error) {
	var node Node
	if err := json.Unmarshal(data, &node); err != nil {
		return nil, err
	}
	var fields []Field
	for name, property := range node.Properties.FromOldest() {
		kind := property.Type
		if property.Items != nil {
			kind = "list of " + property.Items.Type + "s"
		}
		fields = append(fields, Field{
			Name: name, Type: kind, Description: strings.TrimSpace(property.Description + " " + bounds(property)),
			Required: slices.Contains(node.Required, name),
		})
	}
	return fields, nil
}

// bounds says which values a property may have, in sentences.
func bounds(property *Node) string {
	var said []string
	allowed := property.Enum
	if property.Items != nil {
		allowed = property.Items.Enum
	}
	values := make([]string, len(allowed))
	for i, value := range allowed {
		values[i] = fmt.Sprint(value)
	}
	if len(values) > 0 {
		said = append(said, "One of: "+strings.Join(values, ", ")+".")
	}
	if property.Minimum != "" && property.Maximum != "" {
		said = append(said, fmt.Sprintf("From %s to %s.", property.Minimum, property.Maximum))
	}
	if property.Default != nil {
		said = append(said, fmt.Sprintf("Default: %v.", property.Default))
	}
	return strings.Join(said, " ")
}

// Describe sets the descriptions of an object's properties. Use it in a struct's method JSONSchemaExtend(*Node)
// when the text is too long for a struct tag. It panics if there is no such property.
func Describe(object *Node, descriptions map[string]string) {
	for name, description := range descriptions {
		property(object, name).Description = description
	}
}

// Enum sets the allowed values of a string property. It panics if there is no such property.
func Enum(object *Node, name string, values ...any) { property(object, name).Enum = values }

func property(object *Node, name string) *Node {
	node, found := object.Properties.Get(name)
	if !found {
		panic("schema: there is no property " + name)
	}
	return node
}
