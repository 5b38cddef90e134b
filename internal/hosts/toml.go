package hosts

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// decodeTOML decodes TOML.
func decodeTOML(data []byte) (any, error) {
	if len(data) > maxPlain {
		return nil, &Problem{What: errTooLarge.Error()}
	}
	var tree map[string]any
	err := toml.Unmarshal(data, &tree)
	switch {
	case err == nil && deeper(tree, deepest): // keys with dots have no limit
		return nil, &Problem{What: "is nested too deep"}
	case err == nil:
		return tree, nil
	}
	problem := &Problem{What: strings.TrimPrefix(err.Error(), "toml: ")}
	if where, known := errors.AsType[*toml.DecodeError](err); known {
		problem.Line, problem.Column = where.Position()
	}
	return nil, problem
}

// tomlItem is a header or a key with its value.
type tomlItem struct {
	path      []string // from the root
	header    bool
	list      bool // a header in double brackets
	from, to  int  // the bytes; of a header, its line
	value     int  // where the value begins
	inline    bool // the value is a table in braces
	inBraces  bool // the item is in such a table
	lastKey   int  // where the last part of the key begins
	tableFrom int  // where the braces open around it
}

// tomlItems lists a document in order. What is in braces follows its own key.
func tomlItems(data []byte) ([]tomlItem, error) {
	var items []tomlItem
	var table []string
	var parser unstable.Parser
	parser.Reset(data)
	for parser.NextExpression() {
		node := parser.Expression()
		if node.Kind == unstable.KeyValue {
			items = appendTOML(items, data, table, node, -1)
			continue
		}
		item := tomlItem{header: true, list: node.Kind == unstable.ArrayTable}
		for keys := node.Key(); keys.Next(); {
			item.path = append(item.path, string(keys.Node().Data))
			item.lastKey = int(keys.Node().Raw.Offset)
		}
		item.from, item.to = lineStart(data, item.lastKey), lineEnd(data, item.lastKey)
		table = item.path
		items = append(items, item)
	}
	return items, parser.Error()
}

// appendTOML adds a key with its value, and what is in its braces.
func appendTOML(items []tomlItem, data []byte, table []string, node *unstable.Node, braces int) []tomlItem {
	from := int(node.Raw.Offset)
	item := tomlItem{path: slices.Clone(table), from: from, to: from + int(node.Raw.Length), inBraces: braces >= 0, tableFrom: braces}
	end := from
	for keys := node.Key(); keys.Next(); {
		key := keys.Node()
		item.path = append(item.path, string(key.Data))
		item.lastKey = int(key.Raw.Offset)
		end = item.lastKey + int(key.Raw.Length)
	}
	item.value = end + len(data[end:]) - len(bytes.TrimLeft(data[end:], " \t=")) // all that is between key and value
	value := node.Value()
	item.inline = value.Kind == unstable.InlineTable
	items = append(items, item)
	if item.inline {
		for members := value.Children(); members.Next(); {
			if member := members.Node(); member.Kind == unstable.KeyValue {
				items = appendTOML(items, data, item.path, member, item.value)
			}
		}
	}
	return items
}

// below says whether a path begins with another one.
func below(path, prefix []string) bool {
	return len(path) >= len(prefix) && slices.Equal(path[:len(prefix)], prefix)
}

// setTOML sets a value in TOML.
func setTOML(data []byte, path []string, value any) ([]byte, error) {
	items, err := tomlItems(data)
	if err != nil {
		return nil, err
	}
	parent := path[:len(path)-1]
	var header, table *tomlItem // the header of the parent, and the innermost braces around the place
	last := -1                  // the end of the last key of that header
	inTable := false
	for i := range items {
		item := &items[i]
		switch {
		case item.header:
			inTable = !item.list && slices.Equal(item.path, parent)
			if inTable {
				header, last = item, -1
			}
		case slices.Equal(item.path, path):
			return apply(data, splice{item.value, item.to, renderTOML(value)}), nil
		case item.inline && below(path, item.path):
			table = item
		case inTable && !item.inBraces:
			last = item.to
		}
	}
	members, isObject := value.(object)
	switch {
	case table != nil:
		return insertInBraces(data, table, objectAt(path[len(table.path):], value)[0]), nil
	case isObject:
		return appendTable(data, path, members), nil
	case header == nil:
		return nil, errUneditable // the keys of the parent are written with dots
	case last < 0:
		last = header.lastKey
	}
	end := lineEnd(data, last)
	text := indentation(data, header.lastKey) + keyTOML(path[len(path)-1]) + " = " + renderTOML(value)
	if end == len(data) && !bytes.HasSuffix(data, []byte("\n")) {
		return apply(data, splice{end, end, newline(data) + text}), nil
	}
	return apply(data, splice{end, end, text + newline(data)}), nil
}

// insertInBraces adds the first member of a table in braces.
func insertInBraces(data []byte, table *tomlItem, member field) []byte {
	text := " " + keyTOML(member.key) + " = " + renderTOML(member.value)
	open := table.value + 1
	if rest := bytes.TrimLeft(data[open:], " \t"); rest[0] != '}' {
		return apply(data, splice{open, open, text + ","})
	}
	return apply(data, splice{open, table.to - 1, text + " "})
}

// appendTable adds a table at the end, after an empty line. A document without a line end stays without one.
func appendTable(data []byte, path []string, members object) []byte {
	line := newline(data)
	name := keyTOML(path[0])
	for _, key := range path[1:] {
		name += "." + keyTOML(key)
	}
	text := "[" + name + "]"
	for _, member := range members {
		text += line + keyTOML(member.key) + " = " + renderTOML(member.value)
	}
	switch {
	case len(data) == 0:
		text += line
	case bytes.HasSuffix(data, []byte("\n")):
		text = line + text + line
	default:
		text = line + line + text
	}
	return append(bytes.Clone(data), text...)
}

// removeTOML removes a table, its tables, and its keys elsewhere. Comments around it stay.
func removeTOML(data []byte, path []string) ([]byte, error) {
	items, err := tomlItems(data)
	if err != nil {
		return nil, err
	}
	var cuts []splice
	var open *splice // the table that is being removed
	for _, item := range items {
		switch {
		case item.header && below(item.path, path):
			cuts = append(cuts, splice{blankBefore(data, item.from), item.to, ""})
			open = &cuts[len(cuts)-1]
		case item.header:
			open = nil
		case open != nil:
			if !item.inBraces {
				open.to = lineEnd(data, item.to)
			}
		case !below(item.path, path) || len(cuts) > 0 && item.from < cuts[len(cuts)-1].to:
		case item.inBraces:
			cuts = append(cuts, cutInBraces(data, item))
		default:
			cuts = append(cuts, splice{lineStart(data, item.from), lineEnd(data, item.to), ""})
		}
	}
	for i := range cuts {
		// The last line had no line end, so the line before it gets none.
		if cut := &cuts[i]; cut.to == len(data) && !bytes.HasSuffix(data, []byte("\n")) {
			cut.from -= breakBefore(data, cut.from)
		}
	}
	return apply(data, cuts...), nil
}

// blankBefore is where the empty line before a line begins, or the line itself.
func blankBefore(data []byte, start int) int {
	if start == 0 {
		return start
	}
	if before := lineStart(data, start-1); len(bytes.TrimRight(data[before:start], "\r\n")) == 0 {
		return before
	}
	return start
}

// cutInBraces cuts a member out of a table in braces, with one comma.
func cutInBraces(data []byte, item tomlItem) splice {
	rest := bytes.TrimLeft(data[item.to:], " \t")
	to := len(data) - len(rest)
	if rest[0] == ',' {
		return splice{item.from - spacesBefore(data, item.from), to + 1, ""}
	}
	from := item.from - spacesBefore(data, item.from)
	if data[from-1] == ',' {
		return splice{from - 1, item.to, ""}
	}
	return splice{from, to, ""} // the only member
}

// spacesBefore counts the spaces before an offset.
func spacesBefore(data []byte, offset int) int {
	return offset - len(bytes.TrimRight(data[:offset], " \t"))
}

// keyTOML writes a key.
func keyTOML(key string) string {
	bare := key != "" && strings.Trim(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == ""
	if bare {
		return key
	}
	return quoteJSON(key)
}

// renderTOML writes a value in one line.
func renderTOML(value any) string {
	if members, isObject := value.(object); isObject {
		text, before := "{", " "
		for _, member := range members {
			text += before + keyTOML(member.key) + " = " + renderTOML(member.value)
			before = ", "
		}
		return text + " }"
	}
	text, err := toml.Marshal(map[string]any{"x": value})
	if err != nil {
		return "" // not for strings, numbers and lists of strings
	}
	return strings.TrimSpace(strings.TrimPrefix(string(text), "x = "))
}
