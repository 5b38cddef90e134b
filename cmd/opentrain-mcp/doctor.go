package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/alecthomas/kong"

	"opentrain-mcp/internal/doctor"
	"opentrain-mcp/internal/hosts"
	"opentrain-mcp/internal/screen"
	"opentrain-mcp/internal/text"
)

type doctorCommand struct {
	apiFlags
	Host    string        `env:"-" placeholder:"HOST" help:"Check only this host."`
	Name    string        `default:"${entryName}" env:"-" help:"Name of the entry in the hosts' settings."`
	Sandbox bool          `env:"OPENTRAIN_MCP_SANDBOX" help:"Skip the account and network checks: the sandbox needs neither."`
	Limit   time.Duration `name:"timeout" default:"10s" env:"-" help:"Time limit for each server that is started and each request."`
	JSON    bool          `name:"json" env:"-" help:"Print the result as JSON, for scripts."`
}

// Run examines this machine.
func (c doctorCommand) Run(ctx context.Context, std streams, parser *kong.Kong) error {
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
		Entry: c.Name, Sandbox: c.Sandbox, Environ: os.Environ(), Variables: knownVariables(parser.Model), Source: c.source(),
		BaseURL: c.BaseURL, BaseURLFrom: c.baseURLFrom(), Transport: c.transport, Timeout: c.Limit,
	}
	if _, err := command(machine.Program, os.Args[0], cmp.Or(c.Host, "HOST")); err != nil {
		cfg.Temporary = err.Error()
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

// knownVariables are the variables that the commands read.
func knownVariables(app *kong.Application) []string {
	names := []string{stateKeyVariable, stateKeyVariable + "_FILE", serverTokenVariable, serverTokenVariable + "_FILE"}
	for _, leaf := range app.Leaves(false) {
		for _, flag := range leaf.Flags {
			names = append(names, flag.Tag.Envs...)
		}
	}
	return names
}
