package main

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/account"
	"opentrain-mcp/internal/credential"
	"opentrain-mcp/internal/seal"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/opentrain/sandbox"
)

// tokenHelp says how to give this server a token.
func tokenHelp() string {
	return "To use your existing account, copy an API token from OpenTrain (app.opentrain.ai, Settings → API keys), run `" +
		typed("login --token") + "` in a terminal and paste it there; this server then uses it without a restart. Or set it as " +
		"OPENTRAIN_PERSONAL_API_TOKEN for this server in the host's MCP configuration, and restart the server."
}

// trialHelp says how to try this server without an account.
const trialHelp = "To try it without an account, start the server with --sandbox."

// ownSandboxHelp is for an account that lacks something in the sandbox inside this server.
const ownSandboxHelp = "This is the sandbox: nothing is real. Its first account may do everything; restart the server to use it again."

// selectFlags say which tools are served.
type selectFlags struct {
	ReadOnly                      bool
	Toolsets, Tools, ExcludeTools []string
}

func (f *selectFlags) register(flags *pflag.FlagSet) {
	flags.BoolVar(&f.ReadOnly, "read-only", false, "Only tools that change nothing.")
	toolsetsVar(flags, &f.Toolsets)
	listVar(flags, &f.Tools, "tools", "`A,B` Only these tools of the toolsets.")
	listVar(flags, &f.ExcludeTools, "exclude-tools", "`A,B` All tools but these.")
}

func toolsetsVar(flags *pflag.FlagSet, value *[]string) {
	named := toolsets()
	listVar(flags, value, "toolsets", "`A,B|all` Only these toolsets, or all: "+strings.Join(named[:len(named)-1], ", ")+
		" (default: "+strings.Join(defaultToolsets(), ", ")+").")
}

// apply puts the flags into a configuration.
func (f selectFlags) apply(cfg *opentrainmcp.Config) {
	cfg.ReadOnly, cfg.Toolsets, cfg.Tools, cfg.ExcludeTools = f.ReadOnly, f.Toolsets, f.Tools, f.ExcludeTools
}

// serveFlags are the settings of a command that serves tools.
type serveFlags struct {
	selectFlags
	apiFlags
	Sandbox                               bool
	Seed, Confirm, Elicitation, LogFormat string
	FormTimeout, Timeout                  time.Duration
	PublicReads                           int
	LogLevel                              slog.Level
}

func (f *serveFlags) register(flags *pflag.FlagSet) {
	f.selectFlags.register(flags)
	flags.BoolVar(&f.Sandbox, "sandbox", false, "Use the built-in sandbox instead of OpenTrain: no account, no network, nothing is real.")
	seedVar(flags, &f.Seed)
	f.apiFlags.register(flags)
	choiceVar(flags, &f.Confirm, "confirm", "auto", "auto: a human approves what others see or what can't be undone. off: no approval. "+
		"Approvals are sealed with the key in OPENTRAIN_MCP_STATE_KEY or in the file named by OPENTRAIN_MCP_STATE_KEY_FILE.", "auto", "off")
	fromVariables(flags, "confirm", "OPENTRAIN_MCP_CONFIRM", "OPENTRAIN_MCP_PUBLISH_CONFIRM")
	flags.Var(flags.Lookup("confirm").Value, "publish-confirm", "") // the former name
	withoutVariables(flags, "publish-confirm")
	flags.Lookup("publish-confirm").Hidden = true
	choiceVar(flags, &f.Elicitation, "elicitation", "auto", "auto: ask the human in forms where the host can show them. off: always ask "+
		"in the conversation.", "auto", "off")
	flags.DurationVar(&f.FormTimeout, "elicitation-timeout", opentrainmcp.DefaultElicitationTimeout,
		"How long a call from an older host waits for a form's answer.")
	flags.DurationVar(&f.Timeout, "timeout", opentrainmcp.DefaultTimeout, "Time limit for one tool call, including retries.")
	flags.IntVar(&f.PublicReads, "public-read-budget", opentrain.DefaultPublicReadBudget, "Maximum reads per minute without a token. "+
		"OpenTrain allows 120 per IP address; replicas behind one address share them.")
	flags.TextVar(&f.LogLevel, "log-level", slog.LevelInfo, "`LEVEL` debug, info, warn or error (default: info). Writes are always logged.")
	flags.Lookup("log-level").DefValue = "info"
	choiceVar(flags, &f.LogFormat, "log-format", "", "`text|json` Format of the log on standard error (default: text; http: json).",
		"text", "json")
}

type stdioCommand struct {
	serveFlags
}

func newStdio(std streams) *cobra.Command {
	var c stdioCommand
	command := newCommand("stdio", "Serve one host over standard input and output (default).",
		func(command *cobra.Command) error { return c.Run(command.Context(), std) })
	command.Args = onlyCommands
	c.register(command.Flags())
	return command
}

// memoryLimit is where the garbage collector begins to work harder, in bytes, unless GOMEMLIMIT says otherwise. Nothing
// fails beyond it.
const memoryLimit = 30 << 20

func limitMemory(more int64) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit + more)
	}
}

// Run serves one host over standard input and output. It ends when the host does.
func (c stdioCommand) Run(ctx context.Context, std streams) error {
	limitMemory(0)
	log := c.logger(std.err, "text")
	cfg, err := c.config(log, true, 0, "") //nolint:contextcheck // without a store
	if err != nil {
		return err
	}
	server, err := opentrainmcp.New(cfg)
	if err != nil {
		return wrong(err)
	}
	c.report(log, true)
	if term.IsTerminal(int(std.in.Fd())) {
		fmt.Fprintln(std.err, "Waiting for an MCP host. Press Ctrl-C to exit. To add this server to a host, run:", typed("install"))
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	go watchParent(ctx, os.Getppid, func() {
		log.Info("the parent process has ended")
		end()
	})
	return server.ServeStdio(ctx, std.in, std.out.Writer)
}

// config is what is served. With ownToken, the server acts for the account of the token that is set on this machine;
// in the sandbox it always has an account. maxUpstream is 0 for the client's default; storeURL is "" for no store.
func (f serveFlags) config(log *slog.Logger, ownToken bool, maxUpstream int, storeURL string) (cfg opentrainmcp.Config, err error) {
	var found credential.Found
	if ownToken && !f.Sandbox {
		if err := f.checkSource(); err != nil {
			return cfg, err
		}
		found = f.source().Find()
	}
	if err := f.check(); err != nil {
		return cfg, err
	}
	keys, err := stateKeys(log)
	if err != nil {
		return cfg, err
	}
	baseURL, from := f.address(found)
	if f.Sandbox { // no one serves its pages, so its links must not look like OpenTrain's
		baseURL, from = sandbox.PlaceholderURL, ""
	}
	client := opentrain.Config{BaseURL: baseURL, PublicReadBudget: f.PublicReads, MaxConcurrent: maxUpstream}
	if storeURL != "" {
		shared, err := f.store(opentrainmcp.StoreConfig{URL: storeURL, BaseURL: baseURL, StateKeys: keys, Logger: log})
		if err != nil {
			return cfg, err
		}
		cfg.Store, client.Shared = shared, shared.ForClient()
	}
	if f.Sandbox {
		client.Transport = sandbox.New(sandbox.Config{
			AppURL: client.BaseURL, History: f.Seed == "history", ClaimAfter: claimReads, DecideAfter: decisionReads,
		}).Transport()
		log.Info("serving the built-in sandbox: nothing is real")
	}
	if cfg.API, err = f.client(client, found); err != nil {
		return cfg, err
	}
	switch {
	case f.Sandbox:
		cfg.Account = account.InProcess(cfg.API, opentrainmcp.Token{Value: sandbox.DemoToken, From: "the sandbox"})
	case ownToken:
		cfg.Account = account.New(cfg.API, f.source())
	}
	if person := cfg.Account; person != nil {
		cfg.Token = func(context.Context) opentrainmcp.Token { return person.Token() }
	}
	cfg.APIFrom, cfg.TokenHelp, cfg.TrialHelp, cfg.ToolsetHelp = from, tokenHelp(), trialHelp, f.toolsetHelp()
	if f.Sandbox {
		cfg.TokenHelp, cfg.TrialHelp = ownSandboxHelp, ""
	}
	cfg.Logger = log
	cfg.Version, _ = build()
	f.apply(&cfg)
	f.setTimeouts(&cfg)
	cfg.Confirm, cfg.Elicitation = opentrainmcp.Mode(f.Confirm), opentrainmcp.Mode(f.Elicitation)
	cfg.StateKeys = keys
	return cfg, nil
}

// setTimeouts sets times for which 0 would be the default, but a flag of 0 isn't.
func (f serveFlags) setTimeouts(cfg *opentrainmcp.Config) {
	cfg.Timeout, cfg.ElicitationTimeout = cmp.Or(f.Timeout, -1), cmp.Or(f.FormTimeout, -1)
}

// check returns an error for settings that can't be served.
func (f serveFlags) check() error {
	switch {
	case f.Seed != "" && !f.Sandbox:
		return usagef("--seed is for the sandbox: add --sandbox")
	case f.PublicReads < 1:
		return usagef("--public-read-budget must be above zero")
	}
	return nil
}

// checkTools checks names of tools and toolsets as the server does at its start.
func checkTools(cfg opentrainmcp.Config) (err error) {
	if cfg.API, err = opentrain.New(opentrain.Config{}); err != nil {
		return err
	}
	_, err = opentrainmcp.New(cfg)
	return wrong(err)
}

// The reads after which a human seems to have claimed an account, or confirmed an approval or paid: there is no page to do it on.
// The server itself reads an approval when it's requested again.
const claimReads, decisionReads = 2, 4

// stateKeyVariable holds the keys that replicas share.
const stateKeyVariable = "OPENTRAIN_MCP_STATE_KEY"

// stateKeys reads the keys: 32 bytes in base64 each, the current one first, then older
// ones. Without any, the server makes its own.
func stateKeys(log *slog.Logger) ([][]byte, error) {
	text, from, err := secret(log, stateKeyVariable)
	if err != nil {
		return nil, err
	}
	var keys [][]byte
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || unicode.IsSpace(r) }) {
		key, err := base64.StdEncoding.DecodeString(word)
		if err != nil || len(key) != seal.KeySize {
			return nil, usagef("%s: a key is %d bytes in base64 (openssl rand -base64 %d); several are separated by "+
				"commas", from, seal.KeySize, seal.KeySize)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// toolsetHelp says how to have this server serve all toolsets.
func (f serveFlags) toolsetHelp() string {
	command := "install HOST --toolsets=all"
	if f.Sandbox {
		command = "install HOST --sandbox --toolsets=all"
	}
	return "The human can turn it on: run `" + typed(command) + "` with the host's name, or set OPENTRAIN_MCP_TOOLSETS=all for this " +
		"server, and restart the host."
}

// report logs at start where the token comes from, or what is wrong with it. ownToken is as in config.
func (f serveFlags) report(log *slog.Logger, ownToken bool) {
	if !ownToken || f.Sandbox {
		return
	}
	found := f.source().Find()
	switch {
	case found.Problem.Text != "":
		log.Warn(found.Problem.Error())
	case found.Token == "":
		log.Info("no API token is set: only public reads work until an account is registered or a token is saved")
	default:
		log.Info("API token found", "from", found.From.String())
	}
	warn(log, found.Exposed)
}
