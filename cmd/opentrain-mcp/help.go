package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"opentrain-mcp/internal/hosts"
	"opentrain-mcp/internal/screen"
)

type helpCommand struct {
	Command string `arg:"" optional:"" help:"The command to explain. Without one, list them."`
}

// Run prints what --help prints.
func (c helpCommand) Run(parser *kong.Kong) error {
	args := []string{"--help"}
	if c.Command != "" {
		known := slices.ContainsFunc(parser.Model.Children, func(command *kong.Command) bool { return command.Name == c.Command })
		if !known {
			return wrong(unknownCommand(parser.Model, c.Command))
		}
		args = []string{c.Command, "--help"}
	}
	_, err := parser.Parse(args) // prints and exits
	return err
}

// printHelp prints the help of a command, or of all of them with the exit codes.
func printHelp(options kong.HelpOptions, command *kong.Context) error {
	if err := kong.DefaultHelpPrinter(options, command); err != nil || command.Selected() != nil {
		return err
	}
	s := screen.New(command.Stdout, os.Getenv)
	s.Blank()
	s.Show("", screen.Plain, "Exit codes:")
	for _, code := range [][2]string{
		{"0", "Success. A server that you stop also exits with 0."},
		{"1", "Error."},
		{"2", "Wrong usage: an unknown command or flag, or a setting with a wrong value."},
		{"130", "Interrupted."},
	} {
		s.Item(fmt.Sprintf("  %-6s", code[0]), screen.Plain, code[1])
	}
	return nil
}

// flagHelp is the help of flags whose words are too long for a struct tag.
func flagHelp() kong.Vars {
	return kong.Vars{
		"helpInstall": "Add this server to a host, such as Claude Desktop or Cursor. Without a host, list those on this machine.",
		"helpHost":    "The host: " + strings.Join(hosts.Names(), ", ") + ".",
		"helpScope":   "user: for all your projects. project: for everyone who works on the project in this folder.",
		"helpListen": "Address to listen on (default: 127.0.0.1:8080). A non-loopback address also needs --allowed-hosts, and " +
			"--tls-cert or --behind-proxy.",
		"helpListenSandbox": "Address to listen on (default: 127.0.0.1:8090); port 0 picks a free one. Other machines can use the sandbox " +
			"too, if they can reach the address.",
		"helpSessions": "Keep sessions for older hosts, with streams, forms and progress. All requests of a session must then " +
			"reach one replica.",
		"helpAuth": "callers: each caller sends an OpenTrain token. shared: everyone uses this server's account and sends the " +
			"secret in OPENTRAIN_MCP_SERVER_TOKEN or in the file named by OPENTRAIN_MCP_SERVER_TOKEN_FILE.",
		"helpTLSCert": "PEM file with the TLS certificate. It is reloaded when it changes.",
		"helpReplicated": "Other replicas serve the same callers, so drafts can change without this one knowing. Needs " +
			"OPENTRAIN_MCP_STATE_KEY.",
		"helpStore": "Redis or Valkey for what replicas share: redis://host:6379 or, with TLS, rediss://user:password@host:6379/0. Implies " +
			"--replicated. Set a URL with a password in the variable. Needs OPENTRAIN_MCP_STATE_KEY.",
		"helpAllowedOrigins": "Web origins that may call, such as https://app.example.com. Turns on CORS for them.",
		"helpRate":           "Calls per second per caller. An address can make ten times as many, whatever tokens it sends. 0 means no limit.",
		"helpMaxConnections": "Maximum open connections (default: twice --max-streams, at least 500, as far as the limit of " +
			"open files allows).",
		"helpDrainPause": "After SIGTERM, answer new calls with 503 for this long before it stops listening, so that a proxy " +
			"sends them to another replica.",
		"helpLogin": "Get an account on this machine: register one, claim it, or paste a token (--token). " +
			"\"login status\" shows which account is in use.",
		"helpSeed":     "history: the sandbox's account has a live job, a draft from last week and an archived job.",
		"helpToolsets": "Serve only these toolsets, or all: " + strings.Join(toolsets()[:len(toolsets())-1], ", ") + ".",
		"helpBaseURL":  "OpenTrain's URL (default: https://app.opentrain.ai).",
		"helpConfirm": "auto: a human approves what others see or what can't be undone. off: no approval. Approvals are " +
			"sealed with the key in OPENTRAIN_MCP_STATE_KEY or in the file named by OPENTRAIN_MCP_STATE_KEY_FILE.",
		"helpElicitation": "auto: ask the human in forms where the host can show them. off: always ask in the conversation.",
		"helpFormTimeout": "How long a call from an older host waits for a form's answer.",
		"helpPublicReads": "Maximum reads per minute without a token. OpenTrain allows 120 per IP address; replicas behind one address " +
			"share them.",
		"helpLogFormat": "Format of the log on standard error (default: text; http: json).",
	}
}
