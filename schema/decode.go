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

// Decode decodes arguments into T. It accepts a value in another form when its meaning is plain: "18" for a
// number, a JSON string for an object or a list, one string for a list, an enum value in other case or spacing.
// interpreted reports each such value in one sentence. Everything else fails with an *ArgumentError that lists
// the problems, at most maxProblems.
//
// A null for an optional argument counts as absent. Inside an object that accepts unknown members (see Open),
// a null is a value and an enum may have values that the schema does not list.
func (in *Input[T]) Decode(raw json.RawMessage) (args T, interpreted []string, err error) {
	if trimmed := bytes.TrimSpace(raw); len(trimmed) == 0 || string(trimmed) == "null" {
		raw = json.RawMessage("{}")
	}
	clean, interpreted, err := DecodePart(in.root, "", raw)
	if err != nil {
		return args, nil, err
	}
	if json.Unmarshal(clean, &args) != nil {
		return args, nil, &ArgumentError{Problems: []Problem{{Message: "the arguments are not of the form that the input schema gives"}}}
	}
	return args, interpreted, nil
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

// decoder walks a schema and a value. Its methods return the value in the schema's form, unless it has problems.
type decoder struct {
	problems    []Problem
	interpreted []string
	open        bool // inside an object that accepts unknown members
}

// maxProblems is how many problems of one call are reported.
const maxProblems = 20

func (d *decoder) reject(path string, allowed []string, format string, args ...any) {
	if len(d.problems) < maxProblems {
		d.problems = append(d.problems, Problem{Path: path, Message: fmt.Sprintf(format, args...), Allowed: allowed})
	}
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
	if !decodes(raw, &members) {
		inner, _ := unquote(raw)
		if !decodes([]byte(inner), &members) {
			d.reject(path, nil, "%s is not an object; send {\"name\": value, …}", quote(raw))
			return nil
		}
		raw = d.interpret(cmp.Or(path, "arguments"), raw, json.RawMessage(inner))
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
	return d.encode(path, members)
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
	if !decodes(raw, &items) {
		text, _ := unquote(raw)
		entry := strings.TrimSpace(text)
		switch {
		case decodes([]byte(text), &items):
		case entry == "", strings.ContainsAny(entry, ",;\n[{"): // not split, because a name may contain a comma
			d.reject(path, nil, "%s is not a list; send [\"…\", \"…\"]", quote(raw))
			return nil
		default:
			items = []json.RawMessage{raw}
		}
		d.interpret(path, raw, d.encode(path, items))
	}
	if node.MinItems != nil && uint64(len(items)) < *node.MinItems {
		d.reject(path, nil, "needs at least %d entries", *node.MinItems)
	}
	for i, item := range items {
		items[i] = d.value(path+"["+strconv.Itoa(i)+"]", node.Items, item)
	}
	return d.encode(path, items)
}

func (d *decoder) text(path string, node *Node, raw json.RawMessage) json.RawMessage {
	text, ok := unquote(raw)
	switch {
	case len(node.Enum) > 0:
		return d.enum(path, enumValues(node), raw)
	case !ok && !isNumber(raw):
		d.reject(path, nil, "%s is not a string", quote(raw))
		return nil
	case !ok:
		text = string(raw)
		raw = d.interpret(path, raw, d.encode(path, text))
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

func (d *decoder) enum(path string, allowed []string, raw json.RawMessage) json.RawMessage {
	text, ok := unquote(raw)
	value, found := Match(text, allowed)
	switch {
	case !ok:
		d.reject(path, allowed, "%s is not a string; send one of %s", quote(raw), strings.Join(allowed, ", "))
	case found && value != text:
		return d.interpret(path, raw, d.encode(path, value))
	case !found && !d.open:
		d.reject(path, allowed, "%s", NotAllowed(text, allowed))
	}
	return raw
}

func (d *decoder) number(path string, node *Node, raw json.RawMessage) json.RawMessage {
	if !isNumber(raw) {
		text, _ := unquote(raw)
		bare := json.RawMessage(strings.TrimSpace(text))
		if !isNumber(bare) {
			d.reject(path, nil, "%s is not a number; send a bare number such as 18", quote(raw))
			return nil
		}
		raw = d.interpret(path, raw, bare)
	}
	value, err := strconv.ParseFloat(string(raw), 64)
	if err != nil {
		d.reject(path, nil, "%s is out of range", quote(raw))
		return nil
	}
	if node.Type == "integer" {
		whole, err := strconv.ParseInt(strings.TrimSuffix(string(raw), ".0"), 10, 64)
		if err != nil { // such as 1e3 or 3.00, which must go through a float64 with its 53 bits
			whole = int64(value)
		}
		if err != nil && value != float64(whole) {
			d.reject(path, nil, "%s is not a whole number", quote(raw))
			return nil
		}
		raw = strconv.AppendInt(nil, whole, 10)
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
	if text := string(raw); text == "true" || text == "false" {
		return raw
	}
	text, _ := unquote(raw)
	if folded := strings.ToLower(fold(text)); folded == "true" || folded == "false" {
		return d.interpret(path, raw, json.RawMessage(folded))
	}
	d.reject(path, nil, "%s is not a boolean; send true or false", quote(raw))
	return nil
}

// fold gives spellings of one name the same text: "job_id" and jobId, "Any-level" and ANY_LEVEL.
func fold(s string) string {
	words := strings.FieldsFunc(strings.ToUpper(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return strings.Join(words, "")
}

func enumValues(node *Node) []string {
	values := make([]string, len(node.Enum))
	for i, value := range node.Enum {
		values[i] = fmt.Sprint(value)
	}
	return values
}

// decodes decodes a JSON object or list. A null is neither.
func decodes(raw []byte, value any) bool {
	return json.Unmarshal(raw, value) == nil && string(bytes.TrimSpace(raw)) != "null"
}

// unquote returns the content of a JSON string, "" for any other value.
func unquote(raw json.RawMessage) (text string, ok bool) {
	ok = bytes.HasPrefix(bytes.TrimSpace(raw), []byte(`"`)) && json.Unmarshal(raw, &text) == nil
	return text, ok
}

func isNumber(raw json.RawMessage) bool {
	var n json.Number
	return len(raw) > 0 && (raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9') && json.Unmarshal(raw, &n) == nil
}

func join(path, name string) string { return strings.TrimPrefix(path+"."+name, ".") }

// quote returns a value at a readable length, for use in a message.
func quote(raw json.RawMessage) string {
	if text, ok := unquote(raw); ok {
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

// encode encodes a string or decoded JSON. It fails for nesting beyond the limit of encoding/json.
func (d *decoder) encode(path string, v any) json.RawMessage {
	data, err := json.Marshal(v)
	if err != nil {
		d.reject(path, nil, "cannot be read")
	}
	return data
}
