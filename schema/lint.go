package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// LintInput checks the schema of a tool's arguments against what real hosts
// can read: a flat object, no references, no combinators, no boolean schemas,
// every property described, enums of plain strings. The error lists every fault.
func LintInput(data []byte) error {
	return lint(data, true)
}

// LintOutput checks the schema of a tool's result. Its root must stay open; a
// property whose name says all needs no description.
func LintOutput(data []byte) error {
	return lint(data, false)
}

func lint(data []byte, input bool) error {
	var root map[string]any
	if err := json.Unmarshal(data, &root); err != nil {
		return fmt.Errorf("the root is not an object: %w", err)
	}
	l := linter{input: input}
	if root["type"] != "object" {
		l.fault("", "type must be \"object\"")
	}
	if _, ok := root["properties"].(map[string]any); !ok {
		l.fault("", "properties must be present, even when there are none")
	}
	if closedRoot := root["additionalProperties"] == false; closedRoot != input {
		l.fault("", "additionalProperties must be false on an input and absent on an output")
	}
	delete(root, "additionalProperties")
	l.node("", root)
	return errors.Join(l.faults...)
}

type linter struct {
	input  bool
	faults []error
}

func (l *linter) fault(path, format string, args ...any) {
	if path == "" {
		path = "root"
	}
	l.faults = append(l.faults, fmt.Errorf("%s: %s", path, fmt.Sprintf(format, args...)))
}

// node checks one schema and those below it.
func (l *linter) node(path string, node map[string]any) {
	for _, keyword := range []string{"$ref", "$dynamicRef", "$schema", "$id", "$defs", "allOf", "anyOf", "oneOf", "not", "if", "patternProperties", "prefixItems"} {
		if _, found := node[keyword]; found {
			l.fault(path, "%s is not understood everywhere", keyword)
		}
	}
	if kind, found := node["type"]; found {
		if _, ok := kind.(string); !ok {
			l.fault(path, "type must be one name")
		}
	}
	l.enum(path, node)
	l.properties(path, node)
	if items, found := node["items"]; found {
		l.child(path+"[]", items)
	} else if node["type"] == "array" {
		l.fault(path, "an array needs items")
	}
	if additional, found := node["additionalProperties"]; found && additional != false {
		l.child(path+".*", additional)
	}
}

// child checks a schema below another one, which must not be a bare true or false.
func (l *linter) child(path string, value any) {
	node, ok := value.(map[string]any)
	if !ok || len(node) == 0 {
		l.fault(path, "a boolean schema says nothing; give it a type or a description")
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
			l.fault(at, "has no description")
		}
	}
	required, _ := node["required"].([]any)
	for _, name := range required {
		if _, found := properties[fmt.Sprint(name)]; !found {
			l.fault(path, "requires %v, which is no property", name)
		}
	}
}

func (l *linter) enum(path string, node map[string]any) {
	values, found := node["enum"].([]any)
	if !found {
		return
	}
	if node["type"] != "string" {
		l.fault(path, "an enum must be of type string")
	}
	for _, value := range values {
		if _, ok := value.(string); !ok {
			l.fault(path, "enum value %v is not a string", value)
		}
	}
}
