package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"opentrain-mcp/internal/credential"
	"opentrain-mcp/internal/hosts"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/opentrain"
)

// entry is what a host's file says about this server.
type entry struct {
	hosts.Entry
	host      hosts.Host
	scope     hosts.Scope
	file      string // as it is shown: a folder's name can't pose as a line
	installed bool
	foreign   bool  // anyone may have written it: nothing that it names is started or looked at
	err       error // the file can't be read
}

// find reads the files of the hosts that are on this machine.
func find(cfg Config) (all []entry) {
	for _, host := range hosts.All() {
		if cfg.Host != "" && host.Name != cfg.Host {
			continue
		}
		user, here := host.File(cfg.Machine, hosts.User)
		project, inProject := host.File(cfg.Machine, hosts.Project)
		if here || cfg.Host != "" {
			all = append(all, read(cfg, host, hosts.User, user)...)
		}
		if !inProject || project == user {
			continue
		}
		for _, found := range read(cfg, host, hosts.Project, project) {
			if found.installed || found.err != nil {
				all = append(all, found)
			}
		}
	}
	return all
}

// read reads a host's entries that start this program, or the only one that was asked for.
func read(cfg Config, host hosts.Host, scope hosts.Scope, file string) (all []entry) {
	names := []string{cfg.Entry}
	if ours, err := host.Names(cfg.Machine, scope); err == nil && len(ours) > 0 && cfg.Entry == hosts.EntryName {
		names = ours
		if scope == hosts.Project { // whoever can change the project decides how many there are
			at := max(0, slices.Index(ours, cfg.Entry))
			names = ours[at : at+1]
		}
	}
	for _, name := range names {
		found := entry{host: host, scope: scope, file: text.VisibleLine(file)}
		found.Entry, found.installed, found.err = host.Find(cfg.Machine, scope, name)
		found.foreign = scope == hosts.Project && !written(cfg, found.Entry)
		all = append(all, found)
	}
	return all
}

// written says that an entry is what install writes on this machine: this program, with no arguments but install's, and
// nothing else. Everything in a project's file comes from whoever can change the project.
func written(cfg Config, found hosts.Entry) bool {
	args := found.Args
	if len(args) > 0 && args[0] == "--sandbox" {
		args = args[1:]
	}
	if len(args) > 0 {
		if names, toolsets := strings.CutPrefix(args[0], "--toolsets="); toolsets && plain(names) {
			args = args[1:]
		}
	}
	return found.Plain && len(args) == 0 && cfg.Installs != "" && found.Command == cfg.Installs
}

func (f entry) name() string {
	name := "host " + f.host.Name
	if f.scope == hosts.Project {
		name += " (project)"
	}
	if f.Name != "" && f.Name != hosts.EntryName {
		name += ", entry " + credential.Hide(text.Clip(text.VisibleLine(f.Name), 64))
	}
	return name
}

// asks says that the host asks the person for a value when it starts the server.
func (f entry) asks() bool {
	return strings.Contains(fmt.Sprint(f.Args, f.Env), "${input:")
}

// serves says that the entry starts this program for OpenTrain itself.
func (f entry) serves() bool {
	return f.installed && f.err == nil && f.Ours && !f.foreign && !f.Sandbox()
}

// setting is the value that the entry gives a flag or one of its variables, and where; "" for none.
func (f entry) setting(getenv func(string) string, flag string, variables ...string) (value, from string) {
	for i, arg := range f.Args {
		if value, joined := strings.CutPrefix(arg, flag+"="); joined {
			return strings.TrimSpace(value), flag + " in " + f.file
		}
		if arg == flag && i+1 < len(f.Args) {
			return strings.TrimSpace(f.Args[i+1]), flag + " in " + f.file
		}
	}
	all, _ := f.Variables(getenv)
	for _, name := range variables {
		if strings.TrimSpace(f.Env[name]) != "" {
			return strings.TrimSpace(all[name]), name + " in " + f.file
		}
	}
	return "", ""
}

// source is where the entry's server looks for a token.
func (e *examination) source(f entry) credential.Source {
	environ := e.handedOn(f)
	getenv := func(name string) string {
		for _, variable := range environ {
			if value, is := strings.CutPrefix(variable, name+"="); is {
				return value
			}
		}
		return ""
	}
	file, _ := f.setting(e.Machine.Getenv, "--token-file", "OPENTRAIN_API_TOKEN_FILE")
	return credential.Source{Getenv: getenv, TokenFile: file}
}

// says is what an entry would start, without the values of its variables and flags: they may be secrets.
func (f entry) says() string {
	names := slices.Sorted(maps.Keys(f.Env))
	said := "it starts " + text.Clip(text.VisibleLine(cmp.Or(f.Command, "nothing")), 200)
	if len(f.Args) > 0 {
		args := slices.Clone(f.Args)
		for i, arg := range args {
			if name, _, hasValue := strings.Cut(arg, "="); hasValue {
				args[i] = name + "=…"
			} else if strings.Contains(arg, "://") || strings.Contains(arg, ":") && strings.Contains(arg, "@") {
				args[i] = opentrain.ShownBaseURL(arg)
			}
		}
		said += " with " + text.Clip(text.Exact(args), 400)
	}
	if len(names) > 0 {
		said += " and sets " + text.Clip(text.VisibleLine(strings.Join(names, ", ")), 400)
	}
	return said
}

// install is the command that writes the entry again, with what this program understands of its arguments.
func (e *examination) install(why string, f entry) string {
	args := []string{"install", f.host.Name}
	if f.scope == hosts.Project {
		args = append(args, "--scope project")
	}
	if name := cmp.Or(f.Name, e.Entry); name != hosts.EntryName && plain(name) {
		args = append(args, "--name "+name)
	}
	for _, arg := range f.Args {
		if names, toolsets := strings.CutPrefix(arg, "--toolsets="); arg == "--sandbox" || toolsets && plain(names) {
			args = append(args, arg)
		}
	}
	return e.run(why, args...)
}

// plain says that a shell sees nothing in a list of names but names: people copy the command.
func plain(names string) bool {
	return strings.Trim(names, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789,_-") == ""
}

// entry checks a host.
func (e *examination) entry(ctx context.Context, f entry) []Check {
	if f.err == nil && !f.installed {
		return nil // others has it
	}
	check := Check{Name: f.name()}
	e.examine(ctx, f, &check)
	checks := []Check{check}
	for _, warning := range f.Warnings {
		checks = append(checks, Check{Name: f.name(), Status: Warn, Detail: warning, Fix: "Remove what you don't want from " + f.file + "."})
	}
	if f.Exposed != "" {
		checks = append(checks, Check{
			Name: f.name(), Status: Warn, Detail: f.Exposed,
			Fix: e.run("Remove it from "+f.file+", and save it where only you can read it:", "login --token"),
		})
	}
	if _, open := f.Variables(e.Machine.Getenv); len(open) > 0 && f.Ours && !f.Off && !f.foreign && !f.asks() {
		detail := "no value in this shell for what the entry refers to: " + text.Clip(text.VisibleLine(strings.Join(open, ", ")), 400)
		checks = append(checks, Check{Name: f.name(), Status: Note, Detail: detail, Fix: "Make sure that " + f.host.Title + " fills it in."})
	}
	return checks
}

// examine checks one entry. It stops at the first problem.
func (e *examination) examine(ctx context.Context, f entry, check *Check) {
	result := func(status Status, fix, format string, args ...any) {
		check.Status, check.Detail, check.Fix = status, fmt.Sprintf(format, args...), fix
	}
	if f.err != nil {
		detail := f.err.Error()
		if problem, is := errors.AsType[*hosts.Problem](f.err); is {
			detail = problem.Detail()
		}
		result(Fail, "Correct the file. "+f.host.Title+" may not read any server from it until then.", "%s", detail)
		return
	}
	if !f.Ours && f.URL != "" {
		result(Note, "", "the entry %s in %s connects to %s, which isn't checked", text.VisibleLine(f.Name), f.file, f.URL)
		return
	}
	if !f.Ours {
		result(Note, e.run("To add this one beside it:", "install", f.host.Name, "--name opentrain-jobs"),
			"%s has another server named %s", f.file, e.Entry)
		return
	}
	if f.Off {
		result(Warn, "Turn it on in "+f.host.Title+", or in the file.", "it is turned off in %s", f.file)
		return
	}
	if f.foreign {
		result(Note, e.install("If you trust its authors, try it in "+f.host.Title+". For an entry that is checked here, remove it and run:", f),
			"not started, because anyone who can change the project can change %s: %s", f.file, f.says())
		return
	}
	path, err := e.find(f)
	if err != nil {
		result(Fail, e.install("Update the entry:", f), "%s starts %s, which %s", f.file, cmp.Or(f.Command, "nothing"), err)
		return
	}
	if f.asks() {
		result(Note, "", "not started, and its account not checked, because only %s can ask for the values that %s leaves open",
			f.host.Title, f.file)
		return
	}
	server, err := e.start(ctx, f, path)
	if err != nil {
		result(Fail, e.install("Correct the entry in "+f.file+", or write it again:", f), "%s %s", path, err)
		return
	}
	tools, where := text.Count(server.tools, "tool"), ""
	if f.Sandbox() {
		where = ", in the sandbox"
	}
	switch found := e.source(f).Find(); {
	case server.tools == 0:
		result(Fail, e.install("Correct the entry's arguments, or write it again:", f), "%s starts, but has no tools", path)
	case found.Problem.Text != "" && !f.Sandbox() && !e.sees(found.From):
		result(Fail, e.cureOf(f, found), "%s", found.Problem.Text)
	case !sameFile(path, e.Machine.Program) && e.Temporary == "":
		result(Warn, e.install("To use this program:", f),
			"%s starts another copy, %s, version %s; it has %s", f.file, path, server.version, tools)
	default:
		result(OK, "", "starts with %s%s (%s)", tools, where, f.file)
	}
}

// find is the file that a host starts.
func (e *examination) find(f entry) (string, error) {
	command := f.Command
	if f.scope == hosts.Project {
		return e.Machine.Program, nil // which its entry has; see written
	}
	if command == "" {
		return "", errors.New("isn't a command")
	}
	if !strings.ContainsAny(command, `/\`) {
		path, err := exec.LookPath(command)
		if err != nil {
			return "", errors.New("isn't in the PATH")
		}
		return path, nil
	}
	path := command
	if !filepath.IsAbs(path) {
		path = filepath.Join(e.Machine.Home, path)
	}
	switch info, err := os.Stat(path); {
	case errors.Is(err, os.ErrNotExist):
		return "", errors.New("doesn't exist")
	case err != nil:
		return "", fmt.Errorf("can't be read: %s", credential.Reason(err))
	case info.IsDir():
		return "", errors.New("is a folder")
	}
	return path, nil
}

func sameFile(a, b string) bool {
	first, errFirst := os.Stat(a)
	second, errSecond := os.Stat(b)
	return errFirst == nil && errSecond == nil && os.SameFile(first, second)
}

// others says which hosts don't have the entry.
func (e *examination) others(context.Context) []Check {
	var without []string
	first := entry{}
	for _, f := range slices.Backward(e.found) {
		if f.err == nil && !f.installed {
			without, first = append(without, f.host.Name), f
		}
	}
	slices.Reverse(without)
	switch {
	case e.Entry != hosts.EntryName && len(without) > 0 && len(without) == len(e.found): // someone asked for it
		return []Check{{
			Name: "hosts", Status: Fail, Detail: "there is no entry named " + text.VisibleLine(e.Entry) + " in " + strings.Join(without, ", "),
			Fix: e.install("Leave --name out, or add the entry:", first),
		}}
	case len(e.found) == 0:
		return []Check{{
			Name: "hosts", Status: Note, Detail: "no known host was found on this machine",
			Fix: e.run("If you use one of "+strings.Join(hosts.Names(), ", ")+":", "install NAME"),
		}}
	case len(without) > 0:
		return []Check{{
			Name: "hosts", Status: Note, Detail: "not added to " + strings.Join(without, ", "), Fix: e.install("To add it:", first),
		}}
	}
	return nil
}
