package hosts

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// decodeYAML decodes YAML with one document. Nothing at all counts as an empty object.
func decodeYAML(data []byte) (any, error) {
	if len(data) > maxPlain {
		return nil, &Problem{What: errTooLarge.Error()}
	}
	var tree any
	if err := loadYAML(data, &tree); err != nil {
		return nil, err
	}
	if _, isMap := tree.(map[string]any); !isMap && tree != nil {
		if _, isMap = tree.(map[any]any); !isMap {
			return nil, &Problem{Line: 1, What: "keys with values are expected here"}
		}
	}
	return tree, nil
}

// loadYAML decodes one document.
func loadYAML(data []byte, into any) error {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	err := decoder.Decode(into)
	if errors.Is(err, io.EOF) {
		return nil
	}
	var more yaml.Node
	if err == nil {
		if err = decoder.Decode(&more); err == nil {
			return &Problem{Line: more.Line, What: "a second document begins here; only one is expected"}
		}
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	problem := &Problem{What: strings.TrimPrefix(err.Error(), "yaml: ")}
	where, known := errors.AsType[*yaml.LoadError](err)
	if all, several := errors.AsType[*yaml.LoadErrors](err); several && len(all.Errors) > 0 {
		where, known = all.Errors[0], true
	}
	if known {
		problem.Line, problem.Column, problem.What = where.Mark.Line, where.Mark.Column, where.Message
	}
	return problem
}

// yamlFile is a document with the places of its lines.
type yamlFile struct {
	data  []byte
	lines []int // where each line begins
	root  *yaml.Node
}

// parseYAML returns a file whose root is nil for a document without a value.
func parseYAML(data []byte) (yamlFile, error) {
	f := yamlFile{data: data, lines: []int{0}}
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		i += size
		switch r {
		case '\r':
			if i < len(data) && data[i] == '\n' {
				i++
			}
			f.lines = append(f.lines, i)
		case '\n', '\u0085', '\u2028', '\u2029':
			f.lines = append(f.lines, i)
		}
	}
	var document yaml.Node
	if err := loadYAML(data, &document); err != nil {
		return f, err
	}
	if len(document.Content) > 0 {
		f.root = document.Content[0]
		if isNull(f.root) && f.root.Value == "" {
			f.root = nil
		}
	}
	return f, nil
}

func isNull(node *yaml.Node) bool { return node.Kind == yaml.ScalarNode && node.ShortTag() == "!!null" }

func isFlow(node *yaml.Node) bool { return node.Style&yaml.FlowStyle != 0 }

// line is where a line begins, counted from 1. A line after the last one begins at the end.
func (f yamlFile) line(number int) int {
	if number-1 < len(f.lines) {
		return f.lines[number-1]
	}
	return len(f.data)
}

// offset is where a node begins.
func (f yamlFile) offset(node *yaml.Node) int {
	at := f.line(node.Line)
	for range node.Column - 1 {
		_, size := utf8.DecodeRune(f.data[at:])
		at += size
	}
	return at
}

// member is the index of a key in a mapping, or -1.
func member(mapping *yaml.Node, key string) int {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if name := mapping.Content[i]; name.Kind == yaml.ScalarNode && name.Value == key {
			return i
		}
	}
	return -1
}

// setYAML sets a value in YAML.
func setYAML(data []byte, path []string, value any) ([]byte, error) {
	f, err := parseYAML(data)
	if err != nil {
		return nil, err
	}
	if f.root == nil {
		return f.append(objectAt(path, value), 0), nil
	}
	here, parent := f.root, (*yaml.Node)(nil)
	indent := here.Column - 1
	for i, key := range path {
		if here.Kind != yaml.MappingNode {
			if !isNull(here) || parent == nil {
				return nil, f.problem(here, "keys with values are expected here")
			}
			return f.fill(parent, here, objectAt(path[i:], value), indent+2)
		}
		m := member(here, key)
		if m < 0 {
			return f.insert(parent, here, object{{key: key, value: nested(path[i+1:], value)}})
		}
		if i == len(path)-1 {
			return f.replace(here, m, value)
		}
		indent = here.Column - 1
		parent, here = here.Content[m], here.Content[m+1]
	}
	return nil, errUneditable
}

// problem is a problem at a node.
func (f yamlFile) problem(node *yaml.Node, what string) *Problem {
	return &Problem{Line: node.Line, Column: node.Column, What: what}
}

// append adds keys at the end of the document. A document without a line end stays without one.
func (f yamlFile) append(members object, indent int) []byte {
	line := newline(f.data)
	text := renderYAML(members, indent, line)
	if len(f.data) > 0 && !bytes.HasSuffix(f.data, []byte("\n")) {
		text = line + strings.TrimSuffix(text, line)
	}
	return append(bytes.Clone(f.data), text...)
}

// fill gives a key without a value its first members.
func (f yamlFile) fill(key, null *yaml.Node, members object, indent int) ([]byte, error) {
	if null.Value != "" {
		start := f.offset(null)
		return apply(f.data, splice{start, start + len(null.Value), renderJSON(members, "", "", "")}), nil
	}
	return f.below(key, members, indent), nil
}

// below adds keys in the line after another key.
func (f yamlFile) below(key *yaml.Node, members object, indent int) []byte {
	at, line := f.line(key.Line+1), newline(f.data)
	text := renderYAML(members, indent, line)
	if at == len(f.data) && !bytes.HasSuffix(f.data, []byte("\n")) {
		text = line + strings.TrimSuffix(text, line)
	}
	return apply(f.data, splice{at, at, text})
}

// insert adds a key to a mapping: at the end of the document, below the key of the mapping, or first in the braces.
func (f yamlFile) insert(parent, mapping *yaml.Node, members object) ([]byte, error) {
	switch {
	case isFlow(mapping):
		open := f.offset(mapping) + 1
		if open > len(f.data) || f.data[open-1] != '{' {
			return nil, errUneditable
		}
		text := quoteJSON(members[0].key) + ": " + renderJSON(members[0].value, "", "", "")
		if len(mapping.Content) > 0 {
			text += ", "
		}
		return apply(f.data, splice{open, open, text}), nil
	case parent == nil:
		return f.append(members, mapping.Column-1), nil
	case len(mapping.Content) > 0 && mapping.Content[0].Line > parent.Line:
		return f.below(parent, members, mapping.Content[0].Column-1), nil
	}
	return nil, errUneditable
}

// replace replaces the value of a key.
func (f yamlFile) replace(mapping *yaml.Node, m int, value any) ([]byte, error) {
	key, old := mapping.Content[m], mapping.Content[m+1]
	start := f.offset(old)
	if end := f.flowEnd(old, start); end > start && old.Anchor == "" && old.Line == key.Line {
		if isFlow(mapping) {
			return apply(f.data, splice{start, end, renderJSON(value, "", "", "")}), nil
		}
		text := strings.TrimRight(renderYAML(object{{key: "x", value: value}}, 0, "\n"), "\n")
		return apply(f.data, splice{start, end, strings.TrimPrefix(text, "x: ")}), nil
	}
	if isFlow(mapping) {
		return nil, errUneditable
	}
	from, to := f.pair(key, old)
	line := newline(f.data)
	text := renderYAML(object{{key: key.Value, value: value}}, key.Column-1, line)
	if to == len(f.data) && !bytes.HasSuffix(f.data, []byte("\n")) {
		text = strings.TrimSuffix(text, line)
	}
	return apply(f.data, splice{from, to, text}), nil
}
