package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/credential"
	"opentrain-mcp/internal/hosts"
	"opentrain-mcp/internal/screen"
	"opentrain-mcp/internal/text"
)

// hostFlags name an entry in a host's settings.
type hostFlags struct {
	Host, Scope, Name string
	DryRun            bool
}

func (f *hostFlags) register(command *cobra.Command) {
	takes(command, &f.Host, "host", "The host: "+strings.Join(hosts.Names(), ", ")+".")
	flags := command.Flags()
	choiceVar(flags, &f.Scope, "scope", "user", "user: for all your projects. project: for everyone who works on the project in this "+
		"folder.", "user", "project")
	flags.StringVar(&f.Name, "name", hosts.EntryName, "Name of the entry.")
	flags.BoolVar(&f.DryRun, "dry-run", false, "Show the change as a diff. Nothing is written.")
	withoutVariables(flags, "scope", "name", "dry-run")
}

type installCommand struct {
	hostFlags
	Sandbox  bool
	Toolsets []string
}

func newInstall(std streams) *cobra.Command {
	var c installCommand
	command := newCommand("install", "Add this server to a host, such as Claude Desktop or Cursor. Without a host, list those on this "+
		"machine.", func(*cobra.Command) error { return c.Run(std) })
	c.register(command)
	flags := command.Flags()
	flags.BoolVar(&c.Sandbox, "sandbox", false, "Use the built-in sandbox in this host: no account, no network, nothing is real.")
	toolsetsVar(flags, &c.Toolsets)
	withoutVariables(flags, "sandbox", "toolsets")
	return command
}

type uninstallCommand struct {
	hostFlags
}

func newUninstall(std streams) *cobra.Command {
	var c uninstallCommand
	command := newCommand("uninstall", "Remove this server from a host.", func(*cobra.Command) error { return c.Run(std) })
	c.register(command)
	return command
}

// Run adds this program to a host's settings. Without a host, it lists those on this machine.
func (c installCommand) Run(std streams) error {
	env, err := hostEnv()
	if err != nil {
		return err
	}
	if err := checkConfigHome(credential.Source{Getenv: os.Getenv}); err != nil { // hosts have their files there, too
		return err
	}
	out := screen.New(std.out, os.Getenv)
	if c.Host == "" {
		return c.list(env, out)
	}
	host, err := c.host()
	if err != nil {
		return err
	}
	server := hosts.Server{Name: c.Name}
	if server.Args, err = c.args(); err != nil {
		return err
	}
	if server.Command, err = command(env.Program, os.Args[0], host.Name); err != nil {
		return err
	}
	_, found := host.File(env, hosts.Scope(c.Scope))
	change, err := host.Install(env, hosts.Scope(c.Scope), server)
	if err != nil {
		return err
	}
	if done, err := c.apply(out, host, change, c.loses(host, change)); done || err != nil {
		return err
	}
	if !found && c.Scope == string(hosts.User) {
		tell(out, "Note: ", host.Title+" doesn't seem to be on this machine yet.")
	}
	if c.Scope == string(hosts.Project) {
		tell(out, "Note: ", "the entry has the path of the program on this machine, "+server.Command)
	}
	tell(out, "Next: ", host.Next)
	for _, more := range c.more(env, host) {
		tell(out, "      ", more)
	}
	if host.Paste {
		sample, err := host.Sample(server)
		if err != nil {
			return err
		}
		for line := range strings.Lines(sample) {
			out.Line("        " + text.VisibleLine(strings.TrimSuffix(line, "\n")))
		}
	}
	return nil
}

// tell prints a line. The names of folders and entries in it can't pose as another one.
func tell(out screen.Screen, mark, words string) {
	out.Tell(mark, screen.Plain, text.VisibleLine(words))
}

// Run removes this program from a host's settings.
func (c uninstallCommand) Run(std streams) error {
	env, err := hostEnv()
	if err != nil {
		return err
	}
	if err := checkConfigHome(credential.Source{Getenv: os.Getenv}); err != nil { // hosts have their files there, too
		return err
	}
	if c.Host == "" {
		return usageError{errors.New("name the host: " + strings.Join(hosts.Names(), ", "))}
	}
	host, err := c.host()
	if err != nil {
		return err
	}
	change, err := host.Uninstall(env, hosts.Scope(c.Scope), c.Name)
	if err != nil {
		return err
	}
	out := screen.New(std.out, os.Getenv)
	if done, err := c.apply(out, host, change, ""); done || err != nil {
		return err
	}
	tell(out, "Next: ", "restart "+host.Title+", or start a new session.")
	return nil
}

// host finds the host that was typed.
func (f hostFlags) host() (hosts.Host, error) {
	host, known := hosts.Named(f.Host)
	switch meant := hosts.Meant(f.Host); {
	case f.Name == "":
		return host, usageError{errors.New("--name is empty")}
	case strings.ContainsFunc(f.Name, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		return host, usagef("--name %q has spaces; use a hyphen instead", f.Name)
	case !known && len(meant) > 0:
		return host, usagef("%q is not a known host; did you mean %s?", f.Host, strings.Join(meant, " or "))
	case !known:
		return host, usagef("%q is not a known host; the hosts are %s", f.Host, strings.Join(hosts.Names(), ", "))
	case f.Scope == string(hosts.Project) && len(host.Project) == 0:
		return host, usagef("%s has no settings for a project; leave --scope out", host.Title)
	}
	return host, nil
}

// apply makes a change, or shows it, and says what was done and what the entry loses. done says that there is nothing more to say.
func (f hostFlags) apply(out screen.Screen, host hosts.Host, change *hosts.Change, loses string) (done bool, err error) {
	backup, changes := "", change.Outcome != hosts.Unchanged && change.Outcome != hosts.Absent
	if changes && f.DryRun {
		fmt.Fprintln(out.Out, change.Diff())
		f.about(out, change, loses)
		tell(out, "", dryRun)
		return true, nil
	}
	if changes {
		if backup, err = change.Apply(); err != nil {
			return true, err
		}
	}
	said := map[hosts.Outcome]string{
		hosts.Added:     "Added %s to %s: %s",
		hosts.Updated:   "Updated %s in %s: %s",
		hosts.Removed:   "Removed %s from %s: %s",
		hosts.Unchanged: "%s is already installed in %s: %s",
		hosts.Absent:    "%s isn't installed in %s: there is no such entry in %s",
	}[change.Outcome]
	tell(out, "", fmt.Sprintf(said, f.Name, host.Title, change.File))
	if backup != "" {
		tell(out, "Backup: ", backup)
	}
	if change.Outcome == hosts.Absent && f.Scope == string(hosts.User) && len(host.Project) > 0 {
		tell(out, "Note: ", "for the entry of a project, go to its folder and add --scope project")
	}
	f.about(out, change, loses)
	if f.DryRun {
		tell(out, "", dryRun)
	}
	return f.DryRun || change.Outcome == hosts.Absent, nil
}

// dryRun ends a command that only shows what it would do.
const dryRun = "This was a dry run: nothing has changed."

// about says what a change does to the settings that an entry has, and what is risky about it.
func (f hostFlags) about(out screen.Screen, change *hosts.Change, loses string) {
	if change.Leaves {
		tell(out, "Note: ", "this takes the entry out of the sandbox, to OpenTrain itself, where jobs are real. Add --sandbox to stay.")
	}
	if loses != "" {
		tell(out, "Note: ", loses)
	}
	if len(change.Kept) > 0 {
		tell(out, "Note: ", "these settings of the entry stay: "+strings.Join(change.Kept, ", "))
	}
	for _, warning := range change.Warnings {
		tell(out, "Warning: ", warning)
	}
	if len(change.Warnings) > 0 && f.Scope == string(hosts.Project) {
		tell(out, "         ", "If you don't want that, remove it from "+change.File)
	}
}

// args are what the host starts the program with.
func (c installCommand) args() ([]string, error) {
	args := []string{}
	if c.Sandbox {
		args = append(args, "--sandbox")
	}
	if len(c.Toolsets) == 0 {
		return args, nil
	}
	if err := checkTools(opentrainmcp.Config{Toolsets: c.Toolsets}); err != nil {
		return nil, err
	}
	return append(args, "--toolsets="+strings.Join(c.Toolsets, ",")), nil
}

// hostEnv is this machine and its user.
func hostEnv() (hosts.Env, error) {
	home, err := credential.Home()
	if err != nil {
		return hosts.Env{}, err
	}
	dir, err := os.Getwd()
	if err != nil {
		return hosts.Env{}, err
	}
	inPath := func(name string) bool {
		_, err := exec.LookPath(name)
		return err == nil
	}
	program, err := os.Executable()
	if err != nil {
		return hosts.Env{}, err
	}
	return hosts.Env{
		GOOS: runtime.GOOS, Program: program, Home: home, Dir: dir, Getenv: os.Getenv, LookPath: inPath,
	}, nil
}

// command is the path of this program that a host can start, now and after an upgrade. typed is how it was started.
func command(program, typed, host string) (string, error) {
	if builtByGoRun(program) {
		return "", fmt.Errorf("go run builds the program in a folder that Go clears, where no host can find it later. Build it first:\n"+
			"  go build -o %s ./cmd/opentrain-mcp\n  %s install %s", programFile(), typedProgram(program), host)
	}
	if strings.Contains(program, string(filepath.Separator)+"_npx"+string(filepath.Separator)) {
		return "", fmt.Errorf("npx runs the program from npm's cache, which npm clears now and then. "+
			"Install it with npm install --global first, then run: %s install %s", hosts.Program, host)
	}
	// A link stays a link, such as Homebrew's: it still works when the next version is in another folder.
	path, err := typed, error(nil)
	if !strings.ContainsAny(typed, `/\`) {
		path, err = exec.LookPath(typed)
	}
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err == nil && sameFile(path, program) {
		return path, nil
	}
	return program, nil
}

// sameFile says whether two paths lead to the same file.
func sameFile(a, b string) bool {
	first, err := os.Stat(a) //nolint:gosec // the path of this program
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}
