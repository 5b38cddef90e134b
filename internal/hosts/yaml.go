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
		return f.append(nested(path, value).(object), 0), nil
	}
	here, parent := f.root, (*yaml.Node)(nil)
	indent := here.Column - 1
	for i, key := range path {
		if here.Kind != yaml.MappingNode {
			if !isNull(here) || parent == nil {
				return nil, f.problem(here, "keys with values are expected here")
			}
			return f.fill(parent, here, nested(path[i:], value).(object), indent+2)
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

// flowEnd is where a value ends that is written in one line, or in brackets. It is start for others.
func (f yamlFile) flowEnd(node *yaml.Node, start int) int {
	switch {
	case node.Kind != yaml.ScalarNode && isFlow(node), node.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		return start + flowLength(f.data[start:])
	case node.Kind == yaml.ScalarNode && node.Style&(yaml.LiteralStyle|yaml.FoldedStyle|yaml.TaggedStyle) == 0 &&
		bytes.HasPrefix(f.data[start:], []byte(node.Value)):
		return start + len(node.Value)
	}
	return start
}

// flowLength is the length of a quoted text, or of all up to the closing bracket; 0 if it doesn't end.
func flowLength(text []byte) int {
	depth := 0
	fresh := true // a quote would begin a text here
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case (c == '"' || c == '\'') && fresh:
			end := quoted(text[i:])
			if end == 0 {
				return 0
			}
			i += end - 1
			if depth == 0 {
				return i + 1
			}
			fresh = false
		case c == '#' && i > 0 && strings.ContainsRune(" \t\n", rune(text[i-1])):
			for i < len(text) && text[i] != '\n' {
				i++
			}
		case c == '{' || c == '[':
			depth++
			fresh = true
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				return i + 1
			}
			fresh = false
		case c == ',' || c == ':':
			fresh = true
		case !strings.ContainsRune(" \t\r\n", rune(c)):
			fresh = false
		}
	}
	return 0
}

// quoted is the length of a text in quotes, 0 if it doesn't end.
func quoted(text []byte) int {
	quote := text[0]
	for i := 1; i < len(text); i++ {
		switch {
		case quote == '"' && text[i] == '\\':
			i++
		case text[i] == quote && quote == '\'' && i+1 < len(text) && text[i+1] == quote:
			i++
		case text[i] == quote:
			return i + 1
		}
	}
	return 0
}

// pair is the lines of a key and its value, without the comments and empty lines after it.
func (f yamlFile) pair(key, value *yaml.Node) (from, to int) {
	indent := key.Column - 1
	sequence := value.Kind == yaml.SequenceNode && !isFlow(value)
	end := key.Line
	for number := key.Line + 1; number <= len(f.lines); number++ {
		text := string(f.data[f.line(number):f.line(number+1)])
		trimmed := strings.TrimLeft(text, " ")
		column := len(text) - len(trimmed)
		switch {
		case strings.TrimSpace(trimmed) == "" || trimmed[0] == '#':
			continue
		case column > indent, sequence && column == indent && trimmed[0] == '-':
			end = number
			continue
		}
		break
	}
	return f.line(key.Line), f.line(end + 1)
}

// removeYAML removes a key. Mappings that are empty then go as well, unless a comment is in them.
func removeYAML(data []byte, path []string) ([]byte, error) {
	f, err := parseYAML(data)
	if err != nil || f.root == nil {
		return data, err
	}
	type step struct{ mapping, key, value *yaml.Node }
	var steps []step
	here := f.root
	for _, name := range path {
		m := -1
		if here.Kind == yaml.MappingNode {
			m = member(here, name)
		}
		if m < 0 {
			return data, nil
		}
		steps = append(steps, step{here, here.Content[m], here.Content[m+1]})
		here = here.Content[m+1]
	}
	last := len(steps) - 1
	at := last
	for at > 0 && len(steps[at].mapping.Content) == 2 && !f.commented(steps[at-1].key, steps[at].key) {
		at--
	}
	if isFlow(steps[at].mapping) {
		return f.cutFlow(steps[at].key, steps[at].value)
	}
	from, to := f.pair(steps[at].key, steps[at].value)
	if to == len(data) && !bytes.HasSuffix(data, []byte("\n")) {
		from -= breakBefore(data, from)
	}
	cuts := []splice{{from, to, ""}}
	if at > 0 && len(steps[at].mapping.Content) == 2 { // nothing is left but comments
		parent := steps[at-1].key
		if end := f.offset(parent) + len(parent.Value); parent.Style == 0 && end < len(data) && data[end] == ':' {
			cuts = append(cuts, splice{end + 1, end + 1, " {}"})
		}
	}
	return apply(data, cuts...), nil
}

// commented says whether there is a comment between a key and the first key below it.
func (f yamlFile) commented(key, below *yaml.Node) bool {
	if below.Line <= key.Line {
		return false
	}
	return bytes.ContainsRune(f.data[f.line(key.Line+1):f.line(below.Line)], '#')
}

// cutFlow cuts a key and its value out of braces, with one comma.
func (f yamlFile) cutFlow(key, value *yaml.Node) ([]byte, error) {
	from, start := f.offset(key), f.offset(value)
	end := f.flowEnd(value, start)
	if end <= start {
		return nil, errUneditable
	}
	rest := bytes.TrimLeft(f.data[end:], " \t\r\n")
	if to := len(f.data) - len(rest); len(rest) > 0 && rest[0] == ',' {
		to++
		if to < len(f.data) && f.data[to] == ' ' {
			to++
		}
		return apply(f.data, splice{from, to, ""}), nil
	}
	if before := bytes.TrimRight(f.data[:from], " \t\r\n"); bytes.HasSuffix(before, []byte(",")) {
		from = len(before) - 1
	}
	return apply(f.data, splice{from, end, ""}), nil
}

// renderYAML writes keys, one a line.
func renderYAML(members object, indent int, line string) string {
	var b strings.Builder
	for _, member := range members {
		b.WriteString(strings.Repeat(" ", indent) + scalarYAML(member.key) + ":")
		switch value := member.value.(type) {
		case object:
			if len(value) > 0 {
				b.WriteString(line + renderYAML(value, indent+2, line))
				continue
			}
			b.WriteString(" {}")
		case string:
			b.WriteString(" " + scalarYAML(value))
		default:
			b.WriteString(" " + renderJSON(value, "", "", ""))
		}
		b.WriteString(line)
	}
	return b.String()
}

// scalarYAML writes a text without quotes where that's possible.
func scalarYAML(text string) string {
	written, err := yaml.Marshal(text)
	if plain := strings.TrimSuffix(string(written), "\n"); err == nil && !strings.Contains(plain, "\n") {
		return plain
	}
	return quoteJSON(text)
}
