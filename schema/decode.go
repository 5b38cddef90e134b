package schema

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Decode decodes arguments into T. It accepts a value that differs from the schema's form when its meaning is
// plain: "18" for a number, a JSON string for an object or a list, one string for a list, an enum value in
// other case or spacing. interpreted reports each such value in one sentence. Everything else fails with an
// *ArgumentError that lists every problem.
//
// A null for an optional argument counts as absent. Inside an object that accepts unknown members (see Open),
// a null is a value and an enum may have values that the schema does not list.
func (in *Input[T]) Decode(raw json.RawMessage) (args T, interpreted []string, err error) {
	if trimmed := bytes.TrimSpace(raw); len(trimmed) == 0 || string(trimmed) == "null" {
		raw = json.RawMessage("{}")
	}
	d := decoder{}
	clean := d.value("", in.root, raw)
	if len(d.problems) > 0 {
		return args, nil, &ArgumentError{Problems: d.problems}
	}
	if err := json.Unmarshal(clean, &args); err != nil {
		return args, nil, &ArgumentError{Problems: []Problem{{Message: "the arguments are not of the form that the input schema gives"}}}
	}
	return args, d.interpreted, nil
}

// DecodePart decodes one value against a schema of its own, like Decode. Use it for a part of the arguments
// that the published schema does not describe in full. Messages refer to the value by path.
func DecodePart(node *Node, path string, raw json.RawMessage) (clean json.RawMessage, interpreted []string, err error) {
	d := decoder{}
	clean = d.value(path, node, raw)
	if len(d.problems) > 0 {
		return nil, nil, &ArgumentError{Problems: d.problems}
	}
	return clean, d.interpreted, nil
}

// Match returns the allowed value that equals text, ignoring case, spaces, hyphens and underscores.
func Match(text string, allowed []string) (string, bool) {
	if slices.Contains(allowed, text) {
		return text, true
	}
	for _, value := range allowed {
		if fold(text) == fold(value) {
			return value, true
		}
	}
	return "", false
}

// decoder walks a schema and a value side by side. Its methods return the value in the schema's form. After a
// problem, callers ignore the returned value.
type decoder struct {
	problems    []Problem
	interpreted []string
	open        bool // inside an object that accepts unknown members
}

// maxProblems is how many problems of one call are reported.
const maxProblems = 20

func (d *decoder) reject(path string, allowed []string, format string, args ...any) {
	if len(d.problems) >= maxProblems {
		return
	}
	d.problems = append(d.problems, Problem{Path: path, Message: fmt.Sprintf(format, args...), Allowed: allowed})
}

func (d *decoder) interpret(path string, raw, as json.RawMessage) json.RawMessage {
	d.interpreted = append(d.interpreted, fmt.Sprintf("%s: %s was read as %s", path, quote(raw), quote(as)))
	return as
}

func (d *decoder) value(path string, node *Node, raw json.RawMessage) json.RawMessage {
	switch node.Type {
	case "object":
		return d.object(path, node, raw)
	case "array":
		return d.array(path, node, raw)
	case "string":
		return d.text(path, node, raw)
	case "number", "integer":
		return d.number(path, node, raw)
	case "boolean":
		return d.boolean(path, raw)
	}
	return raw
}

func (d *decoder) object(path string, node *Node, raw json.RawMessage) json.RawMessage {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil || members == nil {
		inner, ok := unquote(raw)
		if !ok || json.Unmarshal(inner, &members) != nil || members == nil {
			d.reject(path, nil, "%s is not an object; send {\"name\": value, …}", quote(raw))
			return nil
		}
		raw = d.interpret(cmp.Or(path, "arguments"), raw, inner)
	}
	if node.Properties == nil {
		return raw
	}
	defer func(outer bool) { d.open = outer }(d.open)
	d.open = d.open || !closed(node)
	if closed(node) {
		d.unknownMembers(path, node, members)
	}
	for name, property := range node.Properties.FromOldest() {
		member, present := members[name]
		null := string(member) == "null"
		switch {
		case null && !closed(node):
		case !present || null:
			delete(members, name)
			if slices.Contains(node.Required, name) {
				d.reject(join(path, name), nil, "is required: %s", property.Description)
			}
		default:
			members[name] = d.value(join(path, name), property, member)
		}
	}
	if len(d.problems) > 0 {
		return nil
	}
	clean, err := json.Marshal(members)
	if err != nil {
		d.reject(path, nil, "cannot be read")
	}
	return clean
}

// unknownMembers rejects the members that a closed object does not have.
func (d *decoder) unknownMembers(path string, node *Node, members map[string]json.RawMessage) {
	names := slices.Collect(node.Properties.KeysFromOldest())
	known := "It takes none"
	if len(names) > 0 {
		known = "Arguments: " + strings.Join(names, ", ")
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if len(d.problems) >= maxProblems {
			return // a suggestion costs time
		}
		if !slices.Contains(names, name) {
			d.reject(join(path, truncate(name)), names, "is not an argument of this tool%s %s", Suggestion(name, names), known)
		}
	}
}

func (d *decoder) array(path string, node *Node, raw json.RawMessage) json.RawMessage {
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil || items == nil {
		list, ok := parseList(raw)
		if !ok {
			d.reject(path, nil, "%s is not a list; send [\"…\", \"…\"]", quote(raw))
			return nil
		}
		items = list
		d.interpret(path, raw, encode(items))
	}
	if node.MinItems != nil && uint64(len(items)) < *node.MinItems {
		d.reject(path, nil, "needs at least %d entries", *node.MinItems)
	}
	for i, item := range items {
		items[i] = d.value(path+"["+strconv.Itoa(i)+"]", node.Items, item)
	}
	if len(d.problems) > 0 {
		return nil
	}
	return encode(items)
}

// parseList reads a list from a string: a JSON list, or a single entry. It does not split at commas, because
// a name may contain one.
func parseList(raw json.RawMessage) ([]json.RawMessage, bool) {
	inner, ok := unquote(raw)
	if !ok {
		return nil, false
	}
	var items []json.RawMessage
	if json.Unmarshal(inner, &items) == nil && items != nil {
		return items, true
	}
	if text := strings.TrimSpace(string(inner)); text == "" || strings.ContainsAny(text, ",;\n[{") {
		return nil, false
	}
	return []json.RawMessage{raw}, true
}

func (d *decoder) text(path string, node *Node, raw json.RawMessage) json.RawMessage {
	var text string
	if json.Unmarshal(raw, &text) != nil || string(raw) == "null" {
		if !isNumber(raw) || len(node.Enum) > 0 {
			d.reject(path, enumValues(node), "%s is not a string%s", quote(raw), allowedHint(node))
			return nil
		}
		text = string(raw)
		raw = d.interpret(path, raw, encode(text))
	}
	if len(node.Enum) > 0 {
		return d.enum(path, node, text, raw)
	}
	length := utf8.RuneCountInString(text)
	switch {
	case node.MinLength != nil && *node.MinLength > 0 && strings.TrimSpace(text) == "":
		d.reject(path, nil, "must not be empty: %s", node.Description)
	case node.MaxLength != nil && length > int(min(*node.MaxLength, math.MaxInt32)):
		d.reject(path, nil, "has %d characters; at most %d", length, *node.MaxLength)
	}
	return raw
}

func (d *decoder) enum(path string, node *Node, text string, raw json.RawMessage) json.RawMessage {
	allowed := enumValues(node)
	value, found := Match(text, allowed)
	switch {
	case value == text && found, d.open && !found:
		return raw
	case found:
		return d.interpret(path, raw, encode(value))
	}
	d.reject(path, allowed, "%s", NotAllowed(text, allowed))
	return nil
}

// Suggestion completes a sentence about an unknown name: "; did you mean jobId?", or a period when no known
// name is close.
func Suggestion(name string, names []string) string {
	if nearest := Nearest(name, names); nearest != "" {
		return "; did you mean " + nearest + "?"
	}
	return "."
}

// NotAllowed says that a value is not one of those allowed, and lists them.
func NotAllowed(text string, allowed []string) string {
	message := fmt.Sprintf("\"%s\" is not one of: %s", truncate(text), strings.Join(allowed, ", "))
	if nearest := Nearest(text, allowed); nearest != "" {
		message += "; nearest: " + nearest
	}
	return message
}

func (d *decoder) number(path string, node *Node, raw json.RawMessage) json.RawMessage {
	if !isNumber(raw) {
		inner, ok := unquote(raw)
		inner = bytes.TrimSpace(inner)
		if !ok || !isNumber(inner) {
			d.reject(path, nil, "%s is not a number; send a bare number such as 18", quote(raw))
			return nil
		}
		raw = d.interpret(path, raw, inner)
	}
	value, err := strconv.ParseFloat(string(raw), 64)
	if err != nil {
		d.reject(path, nil, "%s is out of range", quote(raw))
		return nil
	}
	if node.Type == "integer" {
		if value != float64(int64(value)) {
			d.reject(path, nil, "%s is not a whole number", quote(raw))
			return nil
		}
		raw = strconv.AppendInt(nil, int64(value), 10)
	}
	if bound, err := node.Minimum.Float64(); err == nil && value < bound {
		d.reject(path, nil, "%s is too small; at least %s", quote(raw), node.Minimum)
	}
	if bound, err := node.ExclusiveMinimum.Float64(); err == nil && value <= bound {
		d.reject(path, nil, "%s is too small; it must be above %s", quote(raw), node.ExclusiveMinimum)
	}
	if bound, err := node.Maximum.Float64(); err == nil && value > bound {
		d.reject(path, nil, "%s is too large; at most %s", quote(raw), node.Maximum)
	}
	return raw
}

func (d *decoder) boolean(path string, raw json.RawMessage) json.RawMessage {
	var b bool
	if json.Unmarshal(raw, &b) == nil && string(raw) != "null" {
		return raw
	}
	if inner, ok := unquote(raw); ok {
		switch fold(string(inner)) {
		case "TRUE":
			return d.interpret(path, raw, encode(true))
		case "FALSE":
			return d.interpret(path, raw, encode(false))
		}
	}
	d.reject(path, nil, "%s is not a boolean; send true or false", quote(raw))
	return nil
}

// fold removes the differences between spellings of a name: "Any experience-level" and ANY_EXPERIENCE_LEVEL
// fold to the same text, as do "job_id" and jobId.
func fold(s string) string {
	words := strings.FieldsFunc(strings.ToUpper(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return strings.Join(words, "")
}

func enumValues(node *Node) []string {
	var values []string
	for _, value := range node.Enum {
		if text, ok := value.(string); ok {
			values = append(values, text)
		}
	}
	return values
}

func allowedHint(node *Node) string {
	if len(node.Enum) == 0 {
		return ""
	}
	return "; send one of " + strings.Join(enumValues(node), ", ")
}

// unquote returns the content of a JSON string.
func unquote(raw json.RawMessage) (json.RawMessage, bool) {
	var text string
	if !bytes.HasPrefix(bytes.TrimSpace(raw), []byte(`"`)) || json.Unmarshal(raw, &text) != nil {
		return nil, false
	}
	return json.RawMessage(text), true
}

func isNumber(raw json.RawMessage) bool {
	var n json.Number
	return len(raw) > 0 && (raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9') && json.Unmarshal(raw, &n) == nil
}

func join(path, name string) string { return strings.TrimPrefix(path+"."+name, ".") }

// quote returns a value at a readable length, for use in a message.
func quote(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil && string(raw) != "null" {
		return `"` + truncate(text) + `"` // without JSON escapes
	}
	return truncate(string(bytes.TrimSpace(raw)))
}

func truncate(text string) string {
	const limit = 60
	if utf8.RuneCountInString(text) <= limit {
		return strings.ToValidUTF8(text, "�")
	}
	return string([]rune(text)[:limit]) + "…"
}

// encode encodes strings, booleans and valid JSON.
func encode(v any) json.RawMessage {
	data, err := json.Marshal(v)
	if err != nil {
		return json.RawMessage("null")
	}
	return data
}
