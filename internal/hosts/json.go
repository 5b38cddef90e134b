package hosts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/tailscale/hujson"
)

// decodeJSON decodes JSON. Hosts that only read this can't read comments.
func decodeJSON(data []byte) (any, error) {
	tree, err := decodeJSONC(data)
	if err != nil {
		return nil, err
	}
	if strange := firstExtra(data); strange >= 0 {
		return nil, at(data, strange, "this host doesn't allow comments or a comma before a closing bracket")
	}
	return tree, nil
}

// firstExtra is where the first comment or trailing comma is, or -1.
func firstExtra(data []byte) int {
	standard, err := hujson.Standardize(bytes.Clone(data))
	if err != nil {
		return -1
	}
	for i := range data {
		if data[i] != standard[i] {
			return i
		}
	}
	return -1
}

// decodeJSONC decodes JSON with comments. Nothing at all counts as an empty object.
func decodeJSONC(data []byte) (any, error) {
	root, err := parseJSON(data)
	if err != nil || root == nil {
		return nil, err
	}
	if root.Value.Kind() != '{' {
		return nil, at(data, root.StartOffset, "an object in braces is expected here")
	}
	root.Standardize()
	var tree any
	if err := json.Unmarshal(root.Pack(), &tree); err != nil {
		return nil, &Problem{What: "can't be decoded: " + strings.TrimPrefix(err.Error(), "json: ")}
	}
	return tree, nil
}

// parseJSON returns nil for a document without a value.
func parseJSON(data []byte) (*hujson.Value, error) {
	if offset, what := tooMuch(data); offset >= 0 {
		return nil, at(data, offset, what)
	}
	data = bytes.Clone(data) // the parser's result may share it
	root, err := hujson.Parse(data)
	if err == nil {
		return &root, nil
	}
	if _, blank := hujson.Parse(append(bytes.Clone(data), "\nnull"...)); blank == nil {
		return nil, nil //nolint:nilnil // there is neither a value nor an error
	}
	problem := &Problem{}
	if _, unplaced := fmt.Sscanf(err.Error(), "hujson: line %d, column %d:", &problem.Line, &problem.Column); unplaced != nil {
		return nil, &Problem{What: "can't be read: " + err.Error()}
	}
	switch inner := errors.Unwrap(err); {
	case errors.Is(err, io.ErrUnexpectedEOF):
		problem.What = "the file is incomplete"
	case strings.HasPrefix(inner.Error(), "invalid literal: \""): // what it quotes may be a secret
		problem.What = "this text has a character in it that needs a backslash"
	case strings.HasPrefix(inner.Error(), "invalid literal: "):
		problem.What = "this is not a value; a text needs quotes"
	default:
		problem.What = inner.Error()
	}
	return nil, problem
}

// setJSON sets a value in JSON, with or without comments.
func setJSON(data []byte, path []string, value any) ([]byte, error) {
	root, err := parseJSON(data)
	if err != nil {
		return nil, err
	}
	line := newline(data)
	if root == nil {
		text := string(data)
		if strings.TrimSpace(text) == "" {
			text = ""
		} else if !strings.HasSuffix(text, "\n") {
			text += line
		}
		return []byte(text + renderJSON(nested(path, value), "", unitOf(data, nil), line) + line), nil
	}
	unit := unitOf(data, root)
	here := root
	for i, key := range path {
		inside, isObject := here.Value.(*hujson.Object)
		if !isObject {
			return replaceJSON(data, here, nested(path[i:], value), unit, i > 0)
		}
		m := memberOf(inside, key)
		if m < 0 {
			return insertJSON(data, here, inside, key, nested(path[i+1:], value), unit), nil
		}
		here = &inside.Members[m].Value
	}
	return replaceJSON(data, here, value, unit, false)
}

// replaceJSON replaces a value, onlyNull only if it is null.
func replaceJSON(data []byte, old *hujson.Value, value any, unit string, onlyNull bool) ([]byte, error) {
	if onlyNull && old.Value.Kind() != 'n' {
		return nil, at(data, old.StartOffset, "an object in braces is expected here")
	}
	text := renderJSON(value, indentation(data, old.StartOffset), unit, newline(data))
	return apply(data, splice{old.StartOffset, old.EndOffset, text}), nil
}

// insertJSON adds a member at the end of an object, in the style of those before.
func insertJSON(data []byte, at *hujson.Value, inside *hujson.Object, key string, value any, unit string) []byte {
	line, closing := newline(data), at.EndOffset-1
	if len(inside.Members) == 0 {
		return insertFirstJSON(data, at, key, value, unit)
	}
	last := inside.Members[len(inside.Members)-1]
	end, trailing := last.Value.EndOffset, last.Value.AfterExtra != nil
	comma := end + len(last.Value.AfterExtra) // where a trailing comma is
	if !beginsLine(data, last.Name.StartOffset) {
		text := quoteJSON(key) + ": " + renderJSON(value, "", "", "")
		if trailing {
			return apply(data, splice{comma + 1, comma + 1, " " + text + ","})
		}
		return apply(data, splice{end, end, ", " + text})
	}
	indent := indentation(data, last.Name.StartOffset)
	text := line + indent + quoteJSON(key) + ": " + renderJSON(value, indent, unit, line)
	if trailing {
		after := afterComments(data, comma+1, closing)
		return apply(data, splice{after, after, text + ","})
	}
	after := afterComments(data, end, closing)
	if after == end {
		return apply(data, splice{end, end, "," + text})
	}
	return apply(data, splice{end, end, ","}, splice{after, after, text})
}

// insertFirstJSON adds the only member of an object.
func insertFirstJSON(data []byte, at *hujson.Value, key string, value any, unit string) []byte {
	open, closing, line := at.StartOffset+1, at.EndOffset-1, newline(data)
	inner := bytes.TrimRight(data[open:closing], " \t\r\n")
	start := open + len(inner) // after the comments
	if len(inner) == 0 && at.StartOffset > 0 && !bytes.ContainsRune(bytes.TrimSpace(data), '\n') {
		return apply(data, splice{start, closing, quoteJSON(key) + ": " + renderJSON(value, "", "", "")})
	}
	outer := indentation(data, at.StartOffset)
	text := line + outer + unit + quoteJSON(key) + ": " + renderJSON(value, outer+unit, unit, line)
	if !bytes.ContainsRune(data[start:closing], '\n') {
		return apply(data, splice{start, closing, text + line + outer})
	}
	return apply(data, splice{start, start, text})
}

// afterComments is where the comments end that begin in the same line.
func afterComments(data []byte, from, limit int) int {
	end := from
	for i := from; i < limit; {
		switch rest := data[i:limit]; {
		case rest[0] == ' ' || rest[0] == '\t':
			i++
		case bytes.HasPrefix(rest, []byte("//")):
			stop := bytes.IndexByte(rest, '\n')
			if stop < 0 {
				return limit
			}
			return i + len(bytes.TrimRight(rest[:stop], "\r"))
		case bytes.HasPrefix(rest, []byte("/*")):
			i += bytes.Index(rest, []byte("*/")) + 2
			end = i
		default:
			return end
		}
	}
	return end
}

// removeJSON removes a member. Objects that are empty then go as well.
func removeJSON(data []byte, path []string) ([]byte, error) {
	root, err := parseJSON(data)
	if err != nil || root == nil {
		return data, err
	}
	last := len(path) - 1
	here := valueAt(root, path[:last])
	inside, m := objectOf(here, path[last])
	if m < 0 {
		return data, nil
	}
	data = cutJSON(data, here, inside, m)
	if again, err := removeJSON(data, path); err != nil || !bytes.Equal(again, data) {
		return again, err // the key was there twice
	}
	return pruneJSON(data, path[:len(path)-1])
}

// pruneJSON removes an object that has nothing in it.
func pruneJSON(data []byte, path []string) ([]byte, error) {
	root, err := parseJSON(data)
	if err != nil || root == nil || len(path) == 0 {
		return data, err
	}
	here := valueAt(root, path)
	if here == nil {
		return data, nil
	}
	if inside, isObject := here.Value.(*hujson.Object); !isObject || len(inside.Members) > 0 ||
		len(bytes.TrimSpace(data[here.StartOffset+1:here.EndOffset-1])) > 0 {
		return data, nil
	}
	return removeJSON(data, path)
}

// valueAt is the value at a path of keys, nil for none.
func valueAt(here *hujson.Value, path []string) *hujson.Value {
	for _, key := range path {
		inside, m := objectOf(here, key)
		if m < 0 {
			return nil
		}
		here = &inside.Members[m].Value
	}
	return here
}

// objectOf is the object that a value is, and the member with a key; -1 for none.
func objectOf(here *hujson.Value, key string) (inside *hujson.Object, m int) {
	if here == nil {
		return nil, -1
	}
	inside, isObject := here.Value.(*hujson.Object)
	if !isObject {
		return nil, -1
	}
	return inside, memberOf(inside, key)
}

// cutJSON cuts a member out, and the comma that it needed. Comments stay.
func cutJSON(data []byte, at *hujson.Value, inside *hujson.Object, m int) []byte {
	member, closing := inside.Members[m], at.EndOffset-1
	start, end := member.Name.StartOffset, member.Value.EndOffset
	from := start - spacesBefore(data, start)
	from -= breakBefore(data, from)
	before := data[start-len(member.Name.BeforeExtra) : from] // comments in front stay
	var cuts []splice
	comma := end + len(member.Value.AfterExtra)
	last := m == len(inside.Members)-1
	switch {
	case !last || member.Value.AfterExtra != nil: // its own comma
		if len(bytes.TrimSpace(member.Value.AfterExtra)) == 0 {
			end = comma + 1
			if m == 0 && !beginsLine(data, start) {
				end += len(data[end:]) - len(bytes.TrimLeft(data[end:], " "))
			}
		} else {
			cuts = append(cuts, splice{comma, comma + 1, ""})
		}
	case m > 0: // the comma before it
		previous := inside.Members[m-1].Value
		comma = previous.EndOffset + len(previous.AfterExtra)
		cuts = append(cuts, splice{comma, comma + 1, ""})
	}
	if len(inside.Members) == 1 && len(bytes.TrimSpace(before)) == 0 && len(bytes.TrimSpace(data[end:closing])) == 0 {
		end = closing // only white space is left
	}
	rest := bytes.TrimLeft(data[end:], " \t\r")
	if comment := before[bytes.LastIndexByte(before, '\n')+1:]; bytes.Contains(comment, []byte("//")) && !bytes.HasPrefix(rest, []byte("\n")) {
		from = start // keep the end of the line comment
	}
	return apply(data, append(cuts, splice{from, end, ""})...)
}

// memberOf is the last member with a key, which counts if there are several; -1 for none.
func memberOf(inside *hujson.Object, key string) int {
	for i := len(inside.Members) - 1; i >= 0; i-- {
		if name, isText := inside.Members[i].Name.Value.(hujson.Literal); isText && name.String() == key {
			return i
		}
	}
	return -1
}

// unitOf is the indentation of the first member, or two spaces.
func unitOf(data []byte, root *hujson.Value) string {
	if root != nil {
		if inside, isObject := root.Value.(*hujson.Object); isObject && len(inside.Members) > 0 {
			first := inside.Members[0].Name.StartOffset
			if indent := indentation(data, first); indent != "" && beginsLine(data, first) {
				return indent
			}
		}
	}
	return "  "
}

// nested puts a value into objects with the keys of a path.
func nested(path []string, value any) any {
	for i := len(path) - 1; i >= 0; i-- {
		value = object{{key: path[i], value: value}}
	}
	return value
}

// objectAt is nested for a path with at least one key.
func objectAt(path []string, value any) object {
	return object{{key: path[0], value: nested(path[1:], value)}}
}

// renderJSON writes a value. Without a line end it writes one line.
func renderJSON(value any, indent, unit, line string) string {
	switch value := value.(type) {
	case object:
		if len(value) == 0 {
			return "{}"
		}
		separator, inner := ", ", ""
		if line != "" {
			inner = line + indent + unit
			separator = "," + inner
		}
		var parts []string
		for _, field := range value {
			parts = append(parts, quoteJSON(field.key)+": "+renderJSON(field.value, indent+unit, unit, line))
		}
		text := "{" + inner + strings.Join(parts, separator)
		if line != "" {
			text += line + indent
		}
		return text + "}"
	case []string:
		var parts []string
		for _, text := range value {
			parts = append(parts, quoteJSON(text))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case string:
		return quoteJSON(value)
	}
	return fmt.Sprint(value)
}

// quoteJSON writes a string without escapes that people don't expect.
func quoteJSON(text string) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil {
		return `""` // not for strings
	}
	return strings.TrimSuffix(b.String(), "\n")
}
