package hosts

import (
	"reflect"
	"strings"
)

// Server is what a host starts.
type Server struct {
	Name    string   // of the entry
	Command string   // an absolute path
	Args    []string // what the program is started with
}

// Program is the name of this program, without a folder and .exe.
const Program = "opentrain-mcp"

// EntryName is the usual name of the entry.
const EntryName = "opentrain"

// object is a value with keys in order.
type object []field

// field is a member of an object.
type field struct {
	key   string
	value any  // string, bool, int, []string or object
	start bool // only for a new entry: what a person has changed since stays
}

// entry is a server as the host writes it.
func (h Host) entry(s Server) object {
	args := append([]string{}, s.Args...)
	switch h.Shape {
	case Typed:
		return object{{key: "type", value: "stdio"}, {key: "command", value: s.Command}, {key: "args", value: args}}
	case Zed:
		return object{{key: "source", value: "custom"}, {key: "command", value: s.Command}, {key: "args", value: args}}
	case OpenCode:
		return object{
			{key: "type", value: "local"},
			{key: "command", value: append([]string{s.Command}, args...)},
			{key: "enabled", value: true},
		}
	case Goose:
		return object{
			{key: "enabled", value: true},
			{key: "type", value: "stdio"},
			{key: "name", value: s.Name, start: true},
			{key: "description", value: "Hire people for AI-training work on OpenTrain", start: true},
			{key: "cmd", value: s.Command},
			{key: "args", value: args},
			{key: "envs", value: object{}, start: true},
			{key: "timeout", value: 300, start: true},
		}
	case Plain:
	}
	return object{{key: "command", value: s.Command}, {key: "args", value: args}}
}

// command is the program that an entry starts, "" for none.
func (h Host) command(entry any) string {
	key := "command"
	if h.Shape == Goose {
		key = "cmd"
	}
	value, _ := lookup(entry, key)
	if list, isList := value.([]any); isList && len(list) > 0 {
		value = list[0]
	}
	command, _ := value.(string)
	return command
}

// isOurs says whether an entry starts this program, or another copy of it.
func (h Host) isOurs(entry any, program string) bool {
	name := base(h.command(entry))
	return strings.HasPrefix(name, Program) || name != "" && name == base(program)
}

// base is the name of a program, without folders and .exe. The path may be one of another system.
func base(path string) string {
	return strings.TrimSuffix(strings.ToLower(path[strings.LastIndexAny(path, `/\`)+1:]), ".exe")
}

// lookup goes down a path of keys.
func lookup(tree any, path ...string) (any, bool) {
	for _, key := range path {
		next, found := members(tree)[key]
		if !found {
			return nil, false
		}
		tree = next
	}
	return tree, true
}

// members are the members of a decoded object that have text as their key.
func members(value any) map[string]any {
	switch value := value.(type) {
	case map[string]any:
		return value
	case map[any]any: // YAML with other keys, too
		texts := map[string]any{}
		for key, member := range value {
			if key, isText := key.(string); isText {
				texts[key] = member
			}
		}
		return texts
	}
	return nil
}

// same says whether a decoded value is one of ours.
func same(decoded, ours any) bool {
	switch ours := ours.(type) {
	case []string:
		list, isList := decoded.([]any)
		if !isList || len(list) != len(ours) {
			return false
		}
		for i, text := range ours {
			if list[i] != text {
				return false
			}
		}
		return true
	case object:
		all := members(decoded)
		if decoded == nil || reflect.ValueOf(decoded).Kind() != reflect.Map || len(all) != len(ours) {
			return false
		}
		for _, field := range ours {
			if value, found := all[field.key]; !found || !same(value, field.value) {
				return false
			}
		}
		return true
	case int:
		switch number := decoded.(type) {
		case int:
			return number == ours
		case int64:
			return number == int64(ours)
		case float64:
			return number == float64(ours)
		}
		return false
	}
	return decoded == ours
}
