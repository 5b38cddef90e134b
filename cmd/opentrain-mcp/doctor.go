package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/doctor"
	"opentrain-mcp/internal/hosts"
	"opentrain-mcp/internal/screen"
	"opentrain-mcp/internal/text"
)

type doctorCommand struct {
	apiFlags
	Host, Name    string
	Sandbox, JSON bool
	Limit         time.Duration
}

func newDoctor(std streams) *cobra.Command {
	var c doctorCommand
	command := newCommand("doctor", "Check hosts, account and network, and say how to fix problems.",
		func(command *cobra.Command) error {
			return c.Run(command.Context(), std, knownVariables(command.Root()))
		})
	flags := command.Flags()
	c.register(flags)
	flags.StringVar(&c.Host, "host", "", "`HOST` Check only this host.")
	flags.StringVar(&c.Name, "name", hosts.EntryName, "Name of the entry in the hosts' settings.")
	flags.BoolVar(&c.Sandbox, "sandbox", false, "Skip the account and network checks: the sandbox needs neither.")
	flags.DurationVar(&c.Limit, "timeout", 10*time.Second, "Time limit for each server that is started and each request.")
	flags.BoolVar(&c.JSON, "json", false, "Print the result as JSON, for scripts.")
	withoutVariables(flags, "host", "name", "timeout", "json")
	return command
}

// Run examines this machine. variables are those that the commands read.
func (c doctorCommand) Run(ctx context.Context, std streams, variables []string) error {
	machine, err := hostEnv()
	if err != nil {
		return err
	}
	if c.Host != "" {
		host, err := hostFlags{Host: c.Host, Name: c.Name, Scope: string(hosts.User)}.host()
		if err != nil {
			return err
		}
		c.Host = host.Name
	}
	if c.Limit <= 0 {
		return usageError{errors.New("--timeout must be above zero")}
	}
	v, commit := build()
	cfg := doctor.Config{
		Version: v + " (commit " + text.Clip(commit, 12) + ")", Command: typedProgram(machine.Program), Machine: machine, Host: c.Host,
		Entry: c.Name, Sandbox: c.Sandbox, Environ: os.Environ(), Variables: variables, Source: c.source(),
		BaseURL: c.BaseURL, BaseURLFrom: c.baseURLFrom(), Transport: c.transportWith, Timeout: c.Limit,
	}
	if err := wrongSetting(c.Sandbox); err != nil {
		cfg.Unusable = err.Error()
	}
	if cfg.Installs, err = command(machine.Program, os.Args[0], cmp.Or(c.Host, "HOST")); err != nil {
		cfg.Temporary = strings.ReplaceAll(err.Error(), "\n  ", "\n")
	}
	report, all := &doctor.Report{Screen: screen.New(std.out, os.Getenv)}, []doctor.Check{}
	doctor.Run(ctx, cfg, func(check doctor.Check) {
		if all = append(all, check); !c.JSON {
			report.Show(check)
		}
	})
	switch {
	case ctx.Err() != nil:
		return exit(exitCanceled)
	case c.JSON:
		fmt.Fprintln(std.out, text.Exact(all))
	default:
		report.Sum()
	}
	for _, check := range all {
		if check.Status == doctor.Fail {
			return exit(exitFailure)
		}
	}
	return nil
}

// transportWith makes the connection to the API. An entry's file of certificates takes the place of this shell's.
func (c doctorCommand) transportWith(caFile string) (*http.Transport, error) {
	c.CAFile = cmp.Or(caFile, c.CAFile)
	return c.transport()
}

// wrongSetting is the error of the variables that a server would end with.
func wrongSetting(sandbox bool) error {
	var server stdioCommand
	command := &cobra.Command{}
	server.register(command.Flags())
	if err := readVariables(command); err != nil {
		return err
	}
	server.Sandbox = server.Sandbox || sandbox
	if err := server.check(); err != nil {
		return err
	}
	if _, err := stateKeys(slog.New(slog.DiscardHandler)); err != nil {
		return err
	}
	cfg := opentrainmcp.Config{Toolsets: server.Toolsets, Tools: server.Tools, ExcludeTools: server.ExcludeTools}
	server.setTimeouts(&cfg)
	return checkTools(cfg)
}

// knownVariables are the variables that the commands read.
func knownVariables(root *cobra.Command) []string {
	names := []string{stateKeyVariable, stateKeyVariable + "_FILE", serverTokenVariable, serverTokenVariable + "_FILE"}
	for _, command := range root.Commands() {
		for _, flag := range flagsOf(command) {
			names = append(names, variablesOf(flag)...)
		}
	}
	return names
}
