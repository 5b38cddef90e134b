package main

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"opentrain-mcp/internal/credential"
	"opentrain-mcp/internal/hosts"
	"opentrain-mcp/internal/screen"
	"opentrain-mcp/internal/text"
)

// list prints the hosts that are on this machine.
func (c installCommand) list(env hosts.Env, out screen.Screen) error {
	rows, without := c.here(env)
	if len(rows) == 0 {
		out.Advise("No known host was found on this machine. If you use one of these, run:", typed("install NAME"))
		out.Blank()
		out.Tell("  ", screen.Plain, strings.Join(hosts.Names(), ", "))
		return nil
	}
	flags, err := c.flags()
	if err != nil {
		return err
	}
	out.Show("", screen.Plain, "Hosts on this machine:")
	out.Blank()
	out.Columns(rows)
	why, name := "To add OpenTrain to one of them, run:", cmp.Or(without, rows[0][0])
	switch {
	case len(flags) > 0:
		why = "Nothing was changed, because you named no host. For one of them, run:"
	case without == "":
		return nil
	}
	if c.Scope == string(hosts.Project) { // which not every host has
		name = "HOST"
	}
	out.Blank()
	out.Advise(why, typed(strings.Join(append([]string{"install", name}, flags...), " ")))
	return nil
}

// here are the hosts on this machine, and the name of the first one that lacks the entry, "" for none.
func (c installCommand) here(env hosts.Env) (rows [][]string, without string) {
	for _, host := range hosts.All() {
		file, found := host.File(env, hosts.User)
		if !found {
			continue
		}
		state, has := c.state(env, host)
		if !has {
			without = cmp.Or(without, host.Name)
		}
		rows = append(rows, []string{host.Name, host.Title, text.VisibleLine(state), text.VisibleLine(shorten(file, env.Home))})
	}
	return rows, without
}

// state says what a host's settings have, and whether there is nothing to add.
func (c installCommand) state(env hosts.Env, host hosts.Host) (state string, has bool) {
	name := c.Name
	names, err := host.Names(env, hosts.User)
	if len(names) > 0 && !slices.Contains(names, name) {
		name = names[0]
	}
	entry, found, _ := host.Find(env, hosts.User, name)
	switch {
	case err != nil:
		return "invalid settings file", true
	case !found:
		return "not added", false
	case entry.URL != "" && !entry.Ours:
		return name + " connects to " + entry.URL, true
	case !entry.Ours:
		return "has another server named " + name, true
	}
	state = "added"
	if name != c.Name {
		state += " as " + name
	}
	if entry.Sandbox() {
		state += ", in the sandbox"
	}
	return state, true
}

// flags are those that were typed without a host.
func (c installCommand) flags() (flags []string, err error) {
	if c.Scope == string(hosts.Project) {
		flags = append(flags, "--scope project")
	}
	if c.Name != hosts.EntryName {
		flags = append(flags, "--name "+credential.ShellPath(text.VisibleLine(c.Name)))
	}
	if c.DryRun {
		flags = append(flags, "--dry-run")
	}
	args, err := c.args()
	return append(flags, args...), err
}

// shorten writes a path with ~ for the home folder.
func shorten(path, home string) string {
	if rest, inside := strings.CutPrefix(path, home+string(filepath.Separator)); inside && home != "" {
		return filepath.Join("~", rest)
	}
	return path
}
