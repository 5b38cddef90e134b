package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Decode decodes arguments into T. What is not quite of the schema's form but
// plain in its meaning is taken for that and reported in interpreted, one
// sentence each: "18" for a number, a JSON string for an object or a list, one
// string for a list, an enum value in other case or spacing. Anything else is
// refused with an *ArgumentError that names every fault.
//
// A null for an optional argument counts as absent, except inside an object
// that takes any member (see Open): there it is a value, and an enum's list is
// not the last word.
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

// DecodePart decodes one value against a node of its own, as Decode does, for a
// part of the arguments of which the published schema says less than is known.
// path is what messages call it.
func DecodePart(node *Node, path string, raw json.RawMessage) (clean json.RawMessage, interpreted []string, err error) {
	d := decoder{}
	clean = d.value(path, node, raw)
	if len(d.problems) > 0 {
		return nil, nil, &ArgumentError{Problems: d.problems}
	}
	return clean, d.interpreted, nil
}

// Match returns the one of the allowed values that text means: itself, or one
// that differs in case, spaces, hyphens or underscores only.
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

// decoder walks a schema and a value side by side. Each of its methods returns
// the value in the schema's own form; after a problem the returned value is not used.
type decoder struct {
	problems    []Problem
	interpreted []string
	open        bool // inside an object that takes any member
}

// maxProblems is how many faults of one call are named.
const maxProblems = 20

func (d *decoder) refuse(path string, allowed []string, format string, args ...any) {
	if len(d.problems) >= maxProblems {
		return
	}
	d.problems = append(d.problems, Problem{Path: path, Message: fmt.Sprintf(format, args...), Allowed: allowed})
}

func (d *decoder) took(path string, raw, as json.RawMessage) json.RawMessage {
	d.interpreted = append(d.interpreted, fmt.Sprintf("%s: %s was taken as %s", path, shorten(raw), shorten(as)))
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
			d.refuse(path, nil, "%s is not an object; send {\"name\": value, …}", shorten(raw))
			return nil
		}
		raw = d.took(orArguments(path), raw, inner)
	}
	if node.Properties == nil {
		return raw
	}
	outside := d.open
	d.open = d.open || !closed(node)
	defer func() { d.open = outside }()
	for name := range members {
		if _, known := node.Properties.Get(name); !known && closed(node) {
			d.unknown(path, name, node)
		}
	}
	for name, property := range node.Properties.FromOldest() {
		member, present := members[name]
		null := string(member) == "null"
		switch {
		case null && !closed(node):
		case !present || null:
			delete(members, name)
			if slices.Contains(node.Required, name) {
				d.refuse(join(path, name), nil, "is required: %s", property.Description)
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
		d.refuse(path, nil, "cannot be read")
	}
	return clean
}

func (d *decoder) unknown(path, name string, node *Node) {
	if len(d.problems) >= maxProblems {
		return // and no time for finding what it may have meant
	}
	names := slices.Collect(node.Properties.KeysFromOldest())
	known := "It takes none"
	if len(names) > 0 {
		known = "Arguments: " + strings.Join(names, ", ")
	}
	d.refuse(join(path, shortText(name)), names, "is not an argument of this tool%s %s", Meant(name, names), known)
}

func (d *decoder) array(path string, node *Node, raw json.RawMessage) json.RawMessage {
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil || items == nil {
		list, ok := listOf(raw)
		if !ok {
			d.refuse(path, nil, "%s is not a list; send [\"…\", \"…\"]", shorten(raw))
			return nil
		}
		items = list
		d.took(path, raw, encoded(items))
	}
	if node.MinItems != nil && uint64(len(items)) < *node.MinItems {
		d.refuse(path, nil, "needs at least %d entries", *node.MinItems)
	}
	for i, item := range items {
		items[i] = d.value(path+"["+strconv.Itoa(i)+"]", node.Items, item)
	}
	if len(d.problems) > 0 {
		return nil
	}
	return encoded(items)
}

// listOf reads a list out of a string: a JSON list, or one entry. Several
// entries in one string are left to the caller, for a comma may be part of a name.
func listOf(raw json.RawMessage) ([]json.RawMessage, bool) {
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
			d.refuse(path, enumOf(node), "%s is not a string%s", shorten(raw), oneOf(node))
			return nil
		}
		text = string(raw)
		raw = d.took(path, raw, encoded(text))
	}
	if len(node.Enum) > 0 {
		return d.enum(path, node, text, raw)
	}
	length := utf8.RuneCountInString(text)
	switch {
	case node.MinLength != nil && *node.MinLength > 0 && strings.TrimSpace(text) == "":
		d.refuse(path, nil, "must not be empty: %s", node.Description)
	case node.MaxLength != nil && length > int(min(*node.MaxLength, math.MaxInt32)):
		d.refuse(path, nil, "has %d characters; at most %d are taken", length, *node.MaxLength)
	}
	return raw
}

func (d *decoder) enum(path string, node *Node, text string, raw json.RawMessage) json.RawMessage {
	allowed := enumOf(node)
	value, found := Match(text, allowed)
	switch {
	case value == text && found, d.open && !found:
		return raw
	case found:
		return d.took(path, raw, encoded(value))
	}
	d.refuse(path, allowed, "%s", NotTaken(text, allowed))
	return nil
}

// Meant ends a clause with the name that a misspelt one most likely means, as a
// question, or with a full stop where none is close.
func Meant(name string, names []string) string {
	if nearest := Nearest(name, names); nearest != "" {
		return "; did you mean " + nearest + "?"
	}
	return "."
}

// NotTaken says that a value is not among those allowed, and which are.
func NotTaken(text string, allowed []string) string {
	message := fmt.Sprintf("\"%s\" is not taken; send one of %s", shortText(text), strings.Join(allowed, ", "))
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
			d.refuse(path, nil, "%s is not a number; send a bare number such as 18", shorten(raw))
			return nil
		}
		raw = d.took(path, raw, inner)
	}
	value, err := strconv.ParseFloat(string(raw), 64)
	if err != nil {
		d.refuse(path, nil, "%s is out of range", shorten(raw))
		return nil
	}
	if node.Type == "integer" {
		if value != float64(int64(value)) {
			d.refuse(path, nil, "%s is not a whole number", shorten(raw))
			return nil
		}
		raw = strconv.AppendInt(nil, int64(value), 10)
	}
	if bound, err := node.Minimum.Float64(); err == nil && value < bound {
		d.refuse(path, nil, "%s is too small; at least %s is taken", shorten(raw), node.Minimum)
	}
	if bound, err := node.ExclusiveMinimum.Float64(); err == nil && value <= bound {
		d.refuse(path, nil, "%s is too small; it must be above %s", shorten(raw), node.ExclusiveMinimum)
	}
	if bound, err := node.Maximum.Float64(); err == nil && value > bound {
		d.refuse(path, nil, "%s is too large; at most %s is taken", shorten(raw), node.Maximum)
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
			return d.took(path, raw, encoded(true))
		case "FALSE":
			return d.took(path, raw, encoded(false))
		}
	}
	d.refuse(path, nil, "%s is not a boolean; send true or false", shorten(raw))
	return nil
}

// fold brings spellings of one name together: "Any experience-level" and
// ANY_EXPERIENCE_LEVEL, "job_id" and jobId.
func fold(s string) string {
	words := strings.FieldsFunc(strings.ToUpper(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return strings.Join(words, "")
}

func enumOf(node *Node) []string {
	var values []string
	for _, value := range node.Enum {
		if text, ok := value.(string); ok {
			values = append(values, text)
		}
	}
	return values
}

func oneOf(node *Node) string {
	if len(node.Enum) == 0 {
		return ""
	}
	return "; send one of " + strings.Join(enumOf(node), ", ")
}

// unquote returns what a JSON string holds.
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

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func orArguments(path string) string {
	if path == "" {
		return "arguments"
	}
	return path
}

// shorten keeps a value that is quoted in a message to a readable length.
func shorten(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil && string(raw) != "null" {
		return `"` + shortText(text) + `"` // as the caller wrote it, without escapes
	}
	return shortText(string(bytes.TrimSpace(raw)))
}

func shortText(text string) string {
	const most = 60
	if utf8.RuneCountInString(text) <= most {
		return strings.ToValidUTF8(text, "�")
	}
	return string([]rune(text)[:most]) + "…"
}

// encoded encodes values of which every part is valid JSON or a plain Go string or bool.
func encoded(v any) json.RawMessage {
	data, err := json.Marshal(v)
	if err != nil {
		return json.RawMessage("null")
	}
	return data
}
