package hosts

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v4"
)

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
