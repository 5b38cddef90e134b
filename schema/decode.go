package schema

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"
)

// Decode decodes arguments into args, a pointer to a T. It accepts a value in another form when its meaning is plain: "18" or "5k" for a
// number, a JSON string for an object or a list, one string for a list, an enum value in other words (see Match).
// interpreted reports each such value in one sentence. Everything else fails with an *ArgumentError that lists
// the problems, at most maxProblems.
//
// A null for an optional argument counts as absent. Inside an object that accepts unknown members (see Open),
// a null is a value and an enum may have values that the schema does not list.
//
// live has schemas of arguments, by name, that replace the published ones in this call.
func (in *Input) Decode(raw json.RawMessage, live map[string]*Node, args any) (interpreted []string, err error) {
	if trimmed := bytes.TrimSpace(raw); len(trimmed) == 0 || string(trimmed) == "null" {
		raw = json.RawMessage("{}")
	}
	d := decoder{dialect: in.dialect, live: live}
	clean, interpreted, err := d.decode("", in.root, raw)
	if err != nil {
		return nil, err
	}
	if json.Unmarshal(clean, args) != nil {
		return nil, &ArgumentError{Problems: []Problem{{Message: "the arguments don't match the input schema"}}}
	}
	return interpreted, nil
}

// DecodePart decodes one value against a schema of its own, like Decode. Messages refer to the value by path.
func DecodePart(node *Node, path string, raw json.RawMessage, dialect Dialect) (clean json.RawMessage, interpreted []string, err error) {
	d := decoder{dialect: dialect}
	return d.decode(path, node, raw)
}

// decoder walks a schema and a value. Its methods return the value in the schema's form, unless it has problems.
type decoder struct {
	dialect     Dialect
	live        map[string]*Node
	problems    []Problem
	interpreted []string
	values      int  // so far (see affords)
	open        bool // inside an object that accepts unknown members
}

// maxProblems is how many problems of one call are reported, and how many values that were read in another form.
const maxProblems = 50

func (d *decoder) decode(path string, node *Node, raw json.RawMessage) (clean json.RawMessage, interpreted []string, err error) {
	if d.affords(path, valuesIn(raw)) {
		clean = d.value(path, node, raw)
	}
	if len(d.problems) > 0 {
		return nil, nil, &ArgumentError{Problems: d.problems}
	}
	return clean, d.interpreted, nil
}

func (d *decoder) reject(path, format string, args ...any) {
	d.add(func() Problem { return Problem{Path: path, Message: fmt.Sprintf(format, args...)} })
}

// advise is reject with what the model must do besides.
func (d *decoder) advise(path, advice, format string, args ...any) {
	d.add(func() Problem { return Problem{Path: path, Message: fmt.Sprintf(format, args...), Advice: advice} })
}

// add makes a problem only if it is reported: its suggestions cost time.
func (d *decoder) add(problem func() Problem) {
	if len(d.problems) < maxProblems {
		d.problems = append(d.problems, problem())
	}
}

// interpret makes a sentence only if it is reported. The others still count. What is spelled in another way means the same: "a; b" and
// ["A", "B"].
func (d *decoder) interpret(path string, raw, as json.RawMessage) json.RawMessage {
	if d.sameWords(raw, as) {
		return as
	}
	sentence := "another value was read in another form"
	if len(d.interpreted) < maxProblems {
		sentence = fmt.Sprintf("%s: %s was read as %s", path, quote(raw), quote(as))
	}
	d.interpreted = append(d.interpreted, sentence)
	return as
}

// sameWords reports whether two values have the same words. A value of an enum has those of its label too.
func (d *decoder) sameWords(raw, as json.RawMessage) bool {
	read := func(value json.RawMessage) []string {
		text, isText := unquote(value)
		if !isText {
			text = string(value)
		}
		return words(text)
	}
	label, _ := unquote(as)
	if d.dialect.Label != nil {
		label = d.dialect.Label(label)
	}
	given := read(raw)
	return slices.Equal(given, read(as)) || slices.Equal(given, words(label))
}

func (d *decoder) value(path string, node *Node, raw json.RawMessage) json.RawMessage {
	if why := d.refusal(raw); why != "" {
		d.reject(path, "%s", why)
		return nil
	}
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
	return d.untyped(path, node, raw)
}

// refusal says why a value can't be that of any argument, "" if it can.
func (d *decoder) refusal(raw json.RawMessage) string {
	text, ok := unquote(raw)
	if !ok || d.dialect.Refuse == nil {
		return ""
	}
	return d.dialect.Refuse(text)
}

// untyped decodes a value of any type. With an enum, a text is one of its values, and so is each text of a list.
func (d *decoder) untyped(path string, node *Node, raw json.RawMessage) json.RawMessage {
	var list []*string
	_, isText := unquote(raw)
	isList := decodes(raw, &list) && !slices.Contains(list, nil)
	switch {
	case len(node.Enum) > 0 && isText:
		return d.enum(path, node, raw)
	case len(node.Enum) > 0 && isList:
		return d.array(path, &Node{Type: "array", Items: &Node{Type: "string", Enum: node.Enum, Extras: node.Extras}}, raw)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw)) // a member that occurs twice counts once, at every depth
	decoder.UseNumber()
	var v any
	if decoder.Decode(&v) != nil {
		d.reject(path, "can't be read")
		return nil
	}
	return d.encode(path, v)
}

func (d *decoder) object(path string, node *Node, raw json.RawMessage) json.RawMessage {
	var members map[string]json.RawMessage
	raw = emptyObject(raw)
	if !decodes(raw, &members) {
		text, _ := unquote(raw)
		if !d.affords(path, valuesIn(text)) {
			return nil
		}
		inner := emptyObject([]byte(text))
		if !decodes(inner, &members) {
			d.reject(path, "%s is not an object; send {\"name\": value, …}", quote(raw))
			return nil
		}
		raw = d.interpret(cmp.Or(path, "arguments"), raw, inner)
	}
	if empty := readingOf(node).Empty; empty != "" && len(members) == 0 {
		d.reject(path, "is empty; %s", empty)
	}
	if node.Properties == nil {
		return raw
	}
	defer func(outer bool) { d.open = outer }(d.open)
	d.open = d.open || !closed(node)
	misplaced := d.otherMembers(path, node, members)
	for name, property := range node.Properties.FromOldest() {
		member, present := members[name]
		null := string(member) == "null"
		switch {
		case null && !closed(node):
		case !present || null:
			delete(members, name)
			if slices.Contains(node.Required, name) && !slices.Contains(misplaced, name) {
				what, _, _ := strings.Cut(property.Description, "; ")
				d.reject(join(path, name), "is required: %s", what)
			}
		default:
			if live, found := d.live[name]; found && path == "" {
				property = live
			}
			members[name] = d.value(join(path, name), property, member)
		}
	}
	return d.encode(path, members)
}

// otherMembers decodes the members that the schema does not name, as far as the object may have them. It returns the names of
// members that are there, but at another level.
func (d *decoder) otherMembers(path string, node *Node, members map[string]json.RawMessage) (misplaced []string) {
	known, arguments := readingOf(node), slices.Collect(node.Properties.KeysFromOldest())
	for _, name := range slices.Sorted(maps.Keys(members)) {
		_, inSchema := node.Properties.Get(name)
		at := join(path, truncate(name))
		refuse := func(noun, plural string, known []string) {
			where, there := d.level(path, node, name, members[name])
			misplaced = append(misplaced, there...)
			if where != "" {
				d.reject(at, "is not %s; %s", noun, where)
				return
			}
			d.add(func() Problem { return unknownName(at, name, noun, plural, known) })
		}
		switch {
		case len(d.problems) >= maxProblems:
			return misplaced
		case path == "" && !inSchema && slices.Contains(d.dialect.Ignored, name):
			delete(members, name)
			d.interpreted = append(d.interpreted, name+": was ignored; some hosts add it, but no tool has it")
		case !closed(node) && len(known.Members) > 0 && !slices.Contains(known.Members, name):
			if instead := known.Instead[fold(name)]; instead != "" {
				d.reject(at, "is not %s; %s", known.Noun, instead)
				continue
			}
			refuse(known.Noun, "Fields", known.Members)
		case inSchema:
		case !closed(node):
			members[name] = d.value(at, &Node{}, members[name])
		case len(arguments) == 0:
			d.reject(at, "is not an argument; this tool takes none")
		default:
			refuse("an argument of this tool", "Arguments", arguments)
		}
	}
	return misplaced
}

// level says at which level a member belongs that an object doesn't have, "" if at none, and which members of the object are
// there then.
func (d *decoder) level(path string, node *Node, name string, member json.RawMessage) (where string, there []string) {
	var inner map[string]json.RawMessage
	if decodes(member, &inner) && len(inner) > 0 {
		there = slices.Sorted(maps.Keys(inner))
		if !slices.ContainsFunc(there, func(each string) bool { return !names(node, each) }) {
			return "send what it holds without it", there
		}
	}
	for property, child := range node.Properties.FromOldest() {
		if live, found := d.live[property]; found && path == "" {
			child = live
		}
		if child.Type == "object" && names(child, name) {
			return fmt.Sprintf("put it in %s, as in {%q: {%q: …}}", join(path, property), property, truncate(name)), []string{property}
		}
	}
	return "", nil
}

// names reports whether an object is known to have a member.
func names(object *Node, member string) bool {
	inSchema := false
	if object.Properties != nil {
		_, inSchema = object.Properties.Get(member)
	}
	return inSchema || slices.Contains(readingOf(object).Members, member)
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

// emptyObject returns {} for an empty list: PHP writes an empty object as one.
func emptyObject(raw json.RawMessage) json.RawMessage {
	if trimmed := bytes.TrimSpace(raw); len(trimmed) > 1 && trimmed[0] == '[' && string(bytes.TrimSpace(trimmed[1:])) == "]" {
		return json.RawMessage("{}")
	}
	return raw
}

// decodes decodes a JSON object or list. A null is neither.
func decodes(raw []byte, value any) bool {
	return json.Unmarshal(raw, value) == nil && string(bytes.TrimSpace(raw)) != "null"
}

// unquote returns the content of a JSON string, "" for any other value.
func unquote(raw json.RawMessage) (text string, ok bool) {
	trimmed := bytes.TrimSpace(raw)
	if !bytes.HasPrefix(trimmed, []byte(`"`)) {
		return "", false
	}
	if plain, err := jsontext.AppendUnquote(make([]byte, 0, len(trimmed)), trimmed); err == nil {
		return string(plain), true
	}
	ok = json.Unmarshal(trimmed, &text) == nil // half of a surrogate pair
	return text, ok
}

func sameText(a, b json.RawMessage) bool {
	one, isText := unquote(a)
	other, _ := unquote(b)
	return isText && one == other
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
	runes := 0
	for i := range text {
		if runes++; runes > limit {
			return strings.ToValidUTF8(text[:i], "�") + "…"
		}
	}
	return strings.ToValidUTF8(text, "�")
}

// encode encodes a string or decoded JSON. It fails for nesting beyond the limit of encoding/json.
func (d *decoder) encode(path string, v any) json.RawMessage {
	var data bytes.Buffer
	encoder := json.NewEncoder(&data)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(v) != nil {
		d.reject(path, "can't be read")
	}
	return bytes.TrimSpace(data.Bytes())
}
