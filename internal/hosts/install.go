package hosts

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"opentrain-mcp/internal/text"
)

// Outcome is what a change does to a file.
type Outcome string

// The outcomes.
const (
	Added     Outcome = "added"
	Updated   Outcome = "updated"
	Unchanged Outcome = "unchanged" // the entry is already there
	Removed   Outcome = "removed"
	Absent    Outcome = "absent" // there is no entry to remove
)

// Change is a change to a host's file. Nothing happens before Apply.
type Change struct {
	Outcome  Outcome
	File     string
	Kept     []string // the names of the entry's variables and settings that stay
	Before   Entry    // the entry that is updated, the zero Entry for none
	Dropped  []string // the names of the entry's arguments that go, besides --sandbox
	Leaves   bool     // the entry used the sandbox, and uses OpenTrain itself now
	Warnings []string // sentences

	file       file
	after      []byte
	fromBackup bool // after is the backup
	keepBackup bool // the backup is the file without the entry, or there was no file without it
	removeFile bool // the file was made for the entry

	plan func() (*Change, error) // plans it for what is in the file now
}

// Entry is the entry of a server in a host's file.
type Entry struct {
	Server
	URL      string // of a server that the host connects to and doesn't start, "" for none
	Env      map[string]string
	Ours     bool     // it starts this program
	Plain    bool     // it has a command and arguments as Install writes them, and nothing else
	Off      bool     // it is turned off in the file
	Exposed  string   // a sentence that warns about a token in it, if others can read it; "" for none
	Warnings []string // sentences about what it can do, if it is in a project
}

// Install plans to add a server to a host, or to update its entry.
func (h Host) Install(env Env, scope Scope, s Server) (*Change, error) {
	f, err := h.open(env, scope)
	if err != nil {
		return nil, err
	}
	path := f.path
	if !f.exists && scope == Project {
		f.mode = 0o644 // for everyone who works on the project
	}
	change := &Change{File: path, file: f, plan: func() (*Change, error) { return h.Install(env, scope, s) }}
	if change.after, change.Outcome, err = h.with(f.data, s, env.Program); err != nil {
		return nil, explain(path, err)
	}
	if change.Outcome != Unchanged && f.readOnly() {
		return nil, &Problem{File: path, What: "is read-only. Make it writable, then run this again"}
	}
	if change.Outcome == Updated {
		old, err := loadBackup(path)
		change.keepBackup = (err == nil || errors.Is(err, fs.ErrNotExist)) && h.cameFrom(old, f.data, s.Name, env.Program)
		before, after := h.named(f.data, s.Name, env.Program), h.named(change.after, s.Name, env.Program)
		change.Before, change.Leaves = before, before.Sandbox() && !after.Sandbox()
		change.Dropped = slices.DeleteFunc(before.flags(), func(name string) bool {
			return name == sandboxFlag || slices.Contains(after.flags(), name)
		})
	}
	exposed := ""
	if change.Kept, change.Warnings, exposed = h.judge(f, change.after, scope, s.Name, env.Program); exposed != "" {
		if scope == User {
			exposed += " Run chmod 600 on the file."
		}
		change.Warnings = append(change.Warnings, exposed)
	}
	return change, nil
}

// Uninstall plans to remove the entry of this program from a host.
func (h Host) Uninstall(env Env, scope Scope, name string) (*Change, error) {
	f, err := h.open(env, scope)
	if err != nil {
		return nil, err
	}
	path := f.path
	change := &Change{File: path, file: f, plan: func() (*Change, error) { return h.Uninstall(env, scope, name) }}
	if change.after, change.Outcome, err = h.without(f.data, name, env.Program); err != nil {
		return nil, explain(path, err)
	}
	if change.Outcome == Absent {
		return change, nil
	}
	if f.readOnly() {
		return nil, &Problem{File: path, What: "is read-only. Make it writable, then run this again"}
	}
	// The file doesn't say whether there was an empty object before, or nothing. The backup does, if nothing else has
	// changed since.
	old, err := loadBackup(path)
	switch same := h.cameFrom(old, f.data, name, env.Program); {
	case err == nil && same:
		change.after, change.fromBackup = old, true
	case errors.Is(err, fs.ErrNotExist) && same && f.path == f.target:
		change.after, change.removeFile = nil, true
	}
	return change, nil
}

// Sets returns the name of another program's entry that sets one of the variables, "" for none.
func (h Host) Sets(env Env, scope Scope, variables []string) string {
	path, _ := h.File(env, scope)
	f, err := readFile(path)
	if err != nil {
		return ""
	}
	tree, err := h.Format.editor().decode(unmarked(f.data))
	if err != nil {
		return ""
	}
	for _, name := range h.servers(tree) {
		value, _, _ := h.find(tree, name)
		entry := h.read(value, name, env.Program)
		if !entry.Ours && slices.ContainsFunc(variables, func(variable string) bool { return entry.Env[variable] != "" }) {
			return name
		}
	}
	return ""
}

// open reads the file to change. Links in a project come from whoever wrote it, so they can't lead out of it.
func (h Host) open(env Env, scope Scope) (file, error) {
	path, _ := h.File(env, scope)
	f, err := readFile(path)
	if err == nil && scope == Project {
		err = f.staysIn(env.Dir)
	}
	return f, err
}

// Find returns the entry with a name. found is false if there isn't one.
func (h Host) Find(env Env, scope Scope, name string) (entry Entry, found bool, err error) {
	path, _ := h.File(env, scope)
	f, err := readFile(path)
	if err != nil {
		return Entry{}, false, err
	}
	tree, err := h.Format.editor().decode(unmarked(f.data))
	if err != nil {
		return Entry{}, false, explain(path, err)
	}
	value, _, found := h.find(tree, name)
	if !found {
		return Entry{}, false, nil
	}
	entry = h.read(value, name, env.Program)
	_, entry.Warnings, entry.Exposed = h.judge(f, f.data, scope, name, env.Program)
	return entry, true, nil
}

// explain adds the file to a problem.
func explain(path string, err error) error {
	if problem, is := err.(*Problem); is { //nolint:errorlint // only this package makes it, and never wraps it
		problem.File = path
		return problem
	}
	return fmt.Errorf("%s %w", text.VisibleLine(path), err)
}

// with is a file's content with the entry of a server.
func (h Host) with(data []byte, s Server, program string) ([]byte, Outcome, error) {
	mark, text := cutMark(data)
	editor := h.Format.editor()
	tree, err := editor.decode(text)
	if err != nil {
		return nil, "", err
	}
	value, path, found := h.find(tree, s.Name)
	entry := h.entry(s)
	if !found {
		if text, err = editor.change(text, path, entry); err != nil {
			return nil, "", err
		}
		return append(mark, text...), Added, nil
	}
	if !h.isOurs(value, program) {
		return nil, "", errors.New("already has " + h.foreign(value, s.Name) + ". Choose another name, such as --name " + EntryName + "-jobs")
	}
	outcome := Unchanged
	for _, field := range entry {
		if now, has := lookup(value, field.key); field.start || has && same(now, field.value) {
			continue
		}
		outcome = Updated
		if text, err = editor.change(text, slices.Concat(path, []string{field.key}), field.value); err != nil {
			return nil, "", err
		}
	}
	return append(mark, text...), outcome, nil
}

// without is a file's content without the entry.
func (h Host) without(data []byte, name, program string) ([]byte, Outcome, error) {
	mark, text := cutMark(data)
	editor := h.Format.editor()
	tree, err := editor.decode(text)
	if err != nil {
		return nil, "", err
	}
	value, path, found := h.find(tree, name)
	if !found {
		return data, Absent, nil
	}
	if !h.isOurs(value, program) {
		return nil, "", h.notOurs(tree, value, name, program)
	}
	if text, err = editor.drop(text, path); err != nil {
		return nil, "", err
	}
	return append(mark, text...), Removed, nil
}

// foreign names an entry of another program.
func (h Host) foreign(value any, name string) string {
	starts := "isn't this program"
	if command := h.command(value); command != "" {
		starts = "starts " + text.VisibleLine(command)
	} else if url := address(value); url != "" {
		starts = "connects to " + url
	}
	return "a server named " + text.VisibleLine(name) + ", which " + starts + ". Nothing was changed"
}

// notOurs is for the removal of another program's entry. It names the one of this program.
func (h Host) notOurs(tree, value any, name, program string) error {
	advice := ""
	if other := h.ours(tree, program); other != "" {
		advice = ". To remove this server, use --name " + text.VisibleLine(other)
	}
	return errors.New("has " + h.foreign(value, name) + advice)
}

// cameFrom says whether an older content becomes the present one when the entry is added.
func (h Host) cameFrom(old, now []byte, name, program string) bool {
	tree, err := h.Format.editor().decode(unmarked(now))
	if err != nil {
		return false
	}
	value, _, _ := h.find(tree, name)
	made, outcome, err := h.with(old, h.read(value, name, program).Server, program)
	return err == nil && outcome == Added && bytes.Equal(made, now)
}

// find looks for an entry. path is where it is, or where it belongs.
func (h Host) find(tree any, name string) (entry any, path []string, found bool) {
	path = slices.Concat(h.Keys, []string{name})
	if h.Keys2 != nil {
		second := slices.Concat(h.Keys2, []string{name})
		if entry, found = lookup(tree, second...); found {
			return entry, second, true
		}
		servers, has := lookup(tree, h.Keys2...)
		_, isServer := lookup(servers, "type") // one that is called like the key
		if _, first := lookup(tree, path...); has && !isServer && !first && members(servers) != nil {
			return nil, second, false
		}
	}
	entry, found = lookup(tree, path...)
	return entry, path, found
}

// read is an entry as this package understands it.
func (h Host) read(value any, name, program string) Entry {
	entry := Entry{
		Server: Server{Name: name, Command: h.command(value), Args: []string{}}, URL: address(value),
		Env:  map[string]string{},
		Ours: h.isOurs(value, program),
	}
	enabled, _ := lookup(value, "enabled")
	disabled, _ := lookup(value, "disabled")
	entry.Off = enabled == false || disabled == true
	key, skip := "args", 0
	if h.Shape == OpenCode {
		key, skip = "command", 1
	}
	list, _ := lookup(value, key)
	all, _ := list.([]any)
	for i, arg := range all {
		if text, isText := arg.(string); isText && i >= skip {
			entry.Args = append(entry.Args, text)
		}
	}
	entry.Plain = same(value, h.entry(entry.Server))
	for _, key := range variableKeys() {
		variables, _ := lookup(value, key)
		for name, value := range members(variables) {
			entry.Env[name] = fmt.Sprint(value)
		}
	}
	return entry
}

// byteOrderMark is at the start of files that some editors on Windows write.
const byteOrderMark = "\ufeff"

func cutMark(data []byte) (mark, text []byte) {
	if text, found := bytes.CutPrefix(data, []byte(byteOrderMark)); found {
		return []byte(byteOrderMark), text
	}
	return nil, data
}

func unmarked(data []byte) []byte {
	_, text := cutMark(data)
	return text
}

// Diff is the change as a unified diff. It hides what looks like a secret, and spells out hidden and control characters.
func (c *Change) Diff() string {
	return visible(hideSecrets(unified(text.VisibleLine(c.File), string(c.file.data), string(c.after))))
}

// Apply makes the change. It returns the path of the backup, "" if there was no file before, or if the backup is in
// place again. If someone else has changed the file since it was read, it plans the change again, which may change the outcome.
func (c *Change) Apply() (path string, err error) {
	if c.Outcome == Unchanged || c.Outcome == Absent {
		return "", nil
	}
	unlock, err := c.file.lock()
	if err != nil {
		return "", err
	}
	defer unlock()
	for range tries {
		path, err = c.apply()
		problem, is := errors.AsType[*Problem](err)
		if !is || !problem.changed {
			break
		}
		again, err := c.plan()
		if err != nil {
			return "", err
		}
		*c = *again
	}
	return path, err
}

func (c *Change) apply() (string, error) {
	switch {
	case c.Outcome == Unchanged, c.Outcome == Absent:
		return "", nil
	case c.fromBackup:
		if err := c.file.replace(c.after); err != nil {
			return "", err
		}
		return "", os.Remove(backup(c.File))
	case c.removeFile:
		return "", c.file.remove()
	case c.keepBackup:
		path := backup(c.File)
		if !exists(path) {
			path = "" // the file was made for the entry
		}
		return path, c.file.replace(c.after)
	}
	return c.file.replaceWithBackup(c.after)
}

// backup is the path of a file's backup.
func backup(path string) string { return path + "." + strings.TrimSuffix(Program, "-mcp") + "-backup" }
