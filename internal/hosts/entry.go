package hosts

import (
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"opentrain-mcp/internal/text"
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

// address is the origin that an entry connects to, "" for none. What follows it in a URL may be a secret.
func address(entry any) string {
	for _, key := range []string{"url", "serverUrl", "httpUrl", "uri"} {
		value, _ := lookup(entry, key)
		written, _ := value.(string)
		if u, err := url.Parse(strings.TrimSpace(written)); err == nil && u.Host != "" {
			return text.Clip(text.VisibleLine(u.Scheme+"://"+u.Host), 200)
		}
	}
	return ""
}

// sandboxFlag is the argument, and sandboxVariable the variable, that has the server use the sandbox.
const sandboxFlag, sandboxVariable = "--sandbox", "OPENTRAIN_MCP_SANDBOX"

// Sandbox says that the entry's server uses the sandbox. The last argument wins over the ones before and over the variable.
func (e Entry) Sandbox() bool {
	value := e.Env[sandboxVariable]
	for _, arg := range e.Args {
		name, given, hasValue := strings.Cut(arg, "=")
		switch {
		case name == sandboxFlag && hasValue:
			value = given
		case name == sandboxFlag:
			value = "true"
		}
	}
	return slices.Contains([]string{"true", "yes", "1"}, strings.ToLower(strings.TrimSpace(value)))
}

// flags are the names of the entry's flags.
func (e Entry) flags() (names []string) {
	for _, arg := range e.Args {
		if name, _, _ := strings.Cut(arg, "="); strings.HasPrefix(name, "--") {
			names = append(names, name)
		}
	}
	return names
}

// named is the entry with a name in a file's content.
func (h Host) named(data []byte, name, program string) Entry {
	tree, err := h.Format.editor().decode(unmarked(data))
	if err != nil {
		return Entry{}
	}
	value, _, _ := h.find(tree, name)
	return h.read(value, name, program)
}

// Sample is a file that has only the entry of a server, for people to copy.
func (h Host) Sample(s Server) (string, error) {
	data, _, err := h.with(nil, s, s.Command)
	return strings.TrimSpace(string(data)), err
}

// Names returns the names of the entries that start this program.
func (h Host) Names(env Env, scope Scope) ([]string, error) {
	path, _ := h.File(env, scope)
	f, err := readFile(path)
	if err != nil {
		return nil, err
	}
	tree, err := h.Format.editor().decode(unmarked(f.data))
	if err != nil {
		return nil, explain(path, err)
	}
	return h.allOurs(tree, env.Program), nil
}

// servers are the names of all entries.
func (h Host) servers(tree any) (names []string) {
	for _, keys := range [][]string{h.Keys, h.Keys2} {
		if servers, _ := lookup(tree, keys...); len(keys) > 0 {
			names = append(names, slices.Sorted(maps.Keys(members(servers)))...)
		}
	}
	return names
}

// allOurs are the names of the entries that start this program.
func (h Host) allOurs(tree any, program string) []string {
	return slices.DeleteFunc(h.servers(tree), func(name string) bool {
		value, _, _ := h.find(tree, name)
		return !h.isOurs(value, program)
	})
}

// ours is the name of the first entry that starts this program, "" for none.
func (h Host) ours(tree any, program string) string {
	if names := h.allOurs(tree, program); len(names) > 0 {
		return names[0]
	}
	return ""
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
