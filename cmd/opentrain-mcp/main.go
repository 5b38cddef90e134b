// Command opentrain-mcp serves OpenTrain's tools to AI agents over the Model
// Context Protocol. Run it with --help for its commands and settings.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"opentrain-mcp/internal/credential"
	"opentrain-mcp/internal/hosts"
	"opentrain-mcp/internal/logsink"
	"opentrain-mcp/internal/screen"
)

// Set by the linker: -ldflags "-X main.version=… -X main.commit=…".
var version, commit string

// streams are the process's standard streams.
type streams struct {
	in   *os.File
	out  *output
	err  *logsink.Sink
	told screen.Screen // err, for people
}

// output is standard output. It keeps the first error, because not everyone who prints looks at it.
type output struct {
	io.Writer
	failed error
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	n, err := o.Writer.Write(p)
	o.failed = cmp.Or(o.failed, err)
	return n, err
}

// Fd is the descriptor of a file, for those who ask whether it is a terminal.
func (o *output) Fd() uintptr {
	if file, is := o.Writer.(*os.File); is {
		return file.Fd()
	}
	return ^uintptr(0)
}

const (
	exitFailure  = 1
	exitUsage    = 2
	exitCanceled = 130 // as shells say it of a program that Ctrl-C ended
)

// lastLines is how long the end waits for a reader of standard error.
const lastLines = 500 * time.Millisecond

func main() {
	cobra.MousetrapHelpText = "" // on Windows, a double click starts this program too
	std := streams{in: os.Stdin, out: &output{Writer: os.Stdout}, err: logsink.New(os.Stderr), told: screen.New(os.Stderr, os.Getenv)}
	std.told.Out = std.err
	// A stray print of a library must not get between the protocol's messages, or wait for a reader.
	if file, err := std.err.File(); err == nil {
		os.Stdout, os.Stderr = file, file
	} else {
		os.Stdout = os.Stderr
	}
	log.SetOutput(std.err)
	code := run(std, os.Args[1:])
	std.err.Close(lastLines)
	os.Exit(code)
}

// newProgram makes the command line: the program, which is stdio without the name of a command, and the commands in the
// order of the help.
func newProgram(std streams) (root *cobra.Command, all []*cobra.Command) {
	root = newStdio(std)
	root.Use = hosts.Program
	help := newHelp()
	all = []*cobra.Command{
		newStdio(std), newHTTP(std), newDemo(std), newSandbox(std), newLogin(std), newLogout(std), newTools(std),
		newInstall(std), newUninstall(std), newDoctor(std), help, newCompletion(std), newVersion(std),
	}
	shared := root.PersistentFlags()
	shared.SortFlags = false
	shared.BoolP("help", "h", false, "Show context-sensitive help.")
	shared.Bool("version", false, "Print the version.")
	withoutVariables(shared, "help", "version")
	root.AddCommand(all...)
	root.SetHelpCommand(help)
	root.CompletionOptions.DisableDefaultCmd = true
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetOut(std.out)
	root.SetErr(std.err)
	root.SetFlagErrorFunc(explainFlag)
	root.SetHelpFunc(func(command *cobra.Command, _ []string) { printHelp(command, all) })
	return root, all
}

// execute runs a command line, and returns the command of it.
func execute(ctx context.Context, root *cobra.Command, args []string) (*cobra.Command, error) {
	var err error
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) { // a shell asks, about words as they are typed
		err = offerWords(root)
	} else {
		args, err = readSettings(root, args)
	}
	if err != nil {
		command, _, _ := root.Find(args)
		return command, err
	}
	root.SetArgs(args)
	return root.ExecuteContextC(ctx)
}

// readSettings cleans the arguments, and reads the variables of the command that they name. --help goes on with a wrong variable.
func readSettings(root *cobra.Command, args []string) ([]string, error) {
	args, err := cleanArguments(root, args)
	if err != nil {
		return args, err
	}
	command, _, err := root.Find(args)
	wrongVariable := readVariables(command)
	root.PersistentPreRunE = func(command *cobra.Command, _ []string) error {
		if command.Flag("version").Value.String() == "true" {
			return cmp.Or(printVersion(command.OutOrStdout()), error(exit(0)))
		}
		return wrongVariable
	}
	return args, err
}

func run(std streams, args []string) (code int) {
	ctx, stop := signal.NotifyContext(context.Background(), endSignals()...)
	defer stop()
	// A second signal ends the process at once.
	context.AfterFunc(ctx, stop)
	root, _ := newProgram(std)
	command, err := execute(ctx, root, args)
	_, said := errors.AsType[exit](err) // standard output says it
	if failed := std.out.failed; failed != nil && (err == nil || said || errors.Is(err, failed)) {
		err = errors.New("standard output can't be written: " + credential.Reason(failed))
	}
	if err != nil {
		return fail(std, err, command)
	}
	return 0
}

// fail prints an error of a command, and returns the exit code. The error may repeat values from outside.
func fail(std streams, err error, command *cobra.Command) int {
	if status, said := errors.AsType[exit](err); said {
		return int(status)
	}
	words, typedWords := credential.Hide(err.Error()), strings.Join(os.Args[1:], " ")
	_, unknown := errors.AsType[unknownCommandError](err)
	_, usage := errors.AsType[usageError](err)
	if words != err.Error() && (unknown || usage) && credential.Hide(typedWords) != typedWords {
		words += "\nDon't put a token on the command line: " + pasteHelp()
	}
	show(std.told, hosts.Program+": "+words)
	if unknown {
		std.told.Advise("For the list of commands, run:", typed("help"))
	} else if usage {
		std.told.Advise("For the settings, run:", typed("help "+typedName(command)))
	}
	return codeOf(err)
}

// codeOf is the exit code of an error.
func codeOf(err error) int {
	status, said := errors.AsType[exit](err)
	_, unknown := errors.AsType[unknownCommandError](err)
	_, usage := errors.AsType[usageError](err)
	switch {
	case said:
		return int(status)
	case unknown, usage:
		return exitUsage
	}
	return exitFailure
}

// endSignals are the signals that end the program once the calls in flight are answered. A process that nohup
// started goes on when its terminal closes.
func endSignals() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

// exit ends the program without another word: the command has said why.
type exit int

// Error implements error.
func (e exit) Error() string { return "exit status " + strconv.Itoa(int(e)) }

func newVersion(std streams) *cobra.Command {
	return newCommand("version", "Print the version.", func(*cobra.Command) error { return printVersion(std.out) })
}

// printVersion prints version, commit and Go version.
func printVersion(out io.Writer) error {
	version, commit := build()
	_, err := fmt.Fprintf(out, "opentrain-mcp %s (commit %s, %s)\n", version, commit, runtime.Version())
	return err
}

// build returns the version and commit that the linker set, or what Go recorded of the build.
func build() (string, string) {
	v, c := version, commit
	info, ok := debug.ReadBuildInfo()
	if ok && v == "" {
		v = strings.Trim(info.Main.Version, "()") // "(devel)" outside of a release
	}
	if ok && c == "" {
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				c = setting.Value
			}
		}
	}
	return cmp.Or(v, "devel"), cmp.Or(c, "unknown")
}
