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
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/hosts"
	"opentrain-mcp/internal/logsink"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/opentrain"
)

// Set by the linker: -ldflags "-X main.version=… -X main.commit=…".
var version, commit string

// commands are the subcommands; stdio is the one without a name.
type commands struct {
	Stdio   stdioCommand   `cmd:"" default:"withargs" help:"Serve one host over standard input and output (default)."`
	HTTP    httpCommand    `cmd:"" name:"http" help:"Serve many remote callers over Streamable HTTP and SSE."`
	Demo    demoCommand    `cmd:"" help:"Post a job in the sandbox, from start to finish, and show every call."`
	Sandbox sandboxCommand `cmd:"" help:"Serve only the sandbox: its API for curl and other clients, its pages for browsers."`
	Login   loginCommand   `cmd:"" help:"${helpLogin}"`
	Logout  logoutCommand  `cmd:"" help:"Forget the saved token."`
	Tools   toolsCommand   `cmd:"" help:"Print the tools."`

	Install   installCommand   `cmd:"" help:"${helpInstall}"`
	Uninstall uninstallCommand `cmd:"" help:"Remove this server from a host."`
	Doctor    doctorCommand    `cmd:"" help:"Find out why something doesn't work: hosts, account, network. Says what to do."`

	Help       helpCommand       `cmd:"" help:"Explain a command."`
	Completion completionCommand `cmd:"" help:"Print a script that completes commands, flags and values in your shell."`
	Complete   completeCommand   `cmd:"" name:"__complete" hidden:""`
	Version    versionCommand    `cmd:"" help:"Print the version."`

	VersionFlag kong.VersionFlag `name:"version" env:"-" help:"Print the version."`
}

// stdioOnly is what a host starts. To read the flags of all commands takes kong longer than the rest of a start.
type stdioOnly struct {
	Stdio stdioCommand `cmd:"" default:"withargs"`
}

// noHelp is for a parser that never prints any: kong takes its time over long texts.
func noHelp() kong.Vars {
	help := flagHelp()
	for name := range help {
		help[name] = ""
	}
	return help
}

// isStdio reports whether a command line surely starts the command without a name, and nothing is asked about it.
func isStdio(args []string) bool {
	named := len(args) > 0 && args[0] == "stdio"
	return !slices.ContainsFunc(args, func(arg string) bool {
		asks := arg == "--help" || arg == "-h" || arg == "--version"
		return asks || !named && !strings.HasPrefix(arg, "--")
	})
}

// streams are the process's standard streams.
type streams struct {
	in  *os.File
	out io.Writer
	err *logsink.Sink
}

const (
	exitFailure  = 1
	exitUsage    = 2
	exitCanceled = 130 // as shells say it of a program that Ctrl-C ended
)

// lastLines is how long the end waits for a reader of standard error.
const lastLines = 500 * time.Millisecond

func main() {
	std := streams{in: os.Stdin, out: os.Stdout, err: logsink.New(os.Stderr)}
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

// newParser makes a parser of the command line. help has the flags' descriptions.
func newParser(std streams, grammar any, help kong.Vars) (*kong.Kong, error) {
	return kong.New(grammar,
		kong.Name("opentrain-mcp"),
		kong.Description("An MCP server for OpenTrain: AI agents draft, publish and find jobs for AI-training work.\n\n"+tokenHelp()),
		kong.DefaultEnvars("OPENTRAIN_MCP"),
		defaults(),
		help,
		kong.Vars{"version": versionLine()},
		kong.Help(printHelp),
		kong.WithBeforeReset(cleanEnvironment),
		kong.Writers(std.out, std.err),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Exit(func(status int) { panic(exit(status)) }),
	)
}

func parse(std streams, grammar any, help kong.Vars, args []string) (parser *kong.Kong, command *kong.Context, err error) {
	if parser, err = newParser(std, grammar, help); err != nil {
		return nil, nil, err
	}
	if args, err = cleanArguments(parser.Model, args); err == nil {
		command, err = parser.Parse(args)
	}
	return parser, command, err
}

func run(std streams, args []string) (code int) {
	defer func() {
		if status, ok := recover().(exit); ok {
			code = int(status)
		}
	}()
	var parser *kong.Kong
	var command *kong.Context
	err := error(nil)
	if isStdio(args) {
		parser, command, err = parse(std, &stdioOnly{}, noHelp(), args)
	}
	if command == nil || err != nil { // only the whole parser explains an error
		parser, command, err = parse(std, &commands{}, flagHelp(), args)
	}
	switch {
	case parser == nil:
		return fail(std, err, nil)
	case err != nil:
		return fail(std, usageError{explainUsage(parser.Model, err)}, selected(err))
	}
	ctx, stop := signal.NotifyContext(context.Background(), endSignals()...)
	defer stop()
	// A second signal ends the process at once.
	context.AfterFunc(ctx, stop)
	command.BindTo(ctx, (*context.Context)(nil))
	command.Bind(parser)
	if err := command.Run(std); err != nil {
		return fail(std, err, command.Selected())
	}
	return 0
}

// fail prints an error of a command, nil if none was chosen, and returns the exit code. The error may repeat values from outside.
func fail(std streams, err error, command *kong.Node) int {
	if status, said := errors.AsType[exit](err); said {
		return int(status)
	}
	fmt.Fprintln(std.err, "opentrain-mcp:", text.Paragraphs(err.Error(), 4000))
	if _, usage := errors.AsType[usageError](err); usage {
		help := "help"
		if command != nil {
			help += " " + command.Name
		}
		fmt.Fprintln(std.err, "For the settings, run:", typed(help))
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

// defaults are the values of flags that packages define.
func defaults() kong.Vars {
	return kong.Vars{
		"entryName":   hosts.EntryName,
		"timeout":     opentrainmcp.DefaultTimeout.String(),
		"formTimeout": opentrainmcp.DefaultElicitationTimeout.String(),
		"sessionIdle": opentrainmcp.DefaultSessionIdle.String(),
		"maxSessions": strconv.Itoa(defaultSessions),
		"maxStreams":  strconv.Itoa(defaultStreams),
		"maxRequests": strconv.Itoa(defaultRequests),
		"rate":        strconv.Itoa(opentrainmcp.DefaultCallsPerSecond),
		"burst":       strconv.Itoa(opentrainmcp.DefaultBurst),
		"publicReads": strconv.Itoa(opentrain.DefaultPublicReadBudget),
		"maxUpstream": strconv.Itoa(opentrain.DefaultMaxConcurrent),
	}
}

// exit ends the program without another word: --help, and a command that has said why.
type exit int

// Error implements error.
func (e exit) Error() string { return "exit status " + strconv.Itoa(int(e)) }

type versionCommand struct{}

// Run prints version, commit and Go version.
func (versionCommand) Run(std streams) error {
	_, err := fmt.Fprintln(std.out, versionLine())
	return err
}

func versionLine() string {
	version, commit := build()
	return fmt.Sprintf("opentrain-mcp %s (commit %s, %s)", version, commit, runtime.Version())
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
