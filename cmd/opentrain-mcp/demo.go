package main

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"opentrain-mcp/internal/demo"
	"opentrain-mcp/internal/hosts"
	"opentrain-mcp/internal/screen"
	"opentrain-mcp/opentrain/sandbox"
)

type demoCommand struct {
	Description, Variant string
	Yes, Hire            bool
}

func newDemo(std streams) *cobra.Command {
	var c demoCommand
	command := newCommand("demo", "Post a job in the sandbox, from start to finish, and show every call.",
		func(command *cobra.Command) error { return c.Run(command.Context(), std) })
	takes(command, &c.Description, "description", "The job in plain words (default: the posting guide's sample).")
	flags := command.Flags()
	flags.BoolVar(&c.Yes, "yes", false, "Answer every question with a sample answer.")
	flags.BoolVar(&c.Hire, "hire", false, "After publishing, also compare applicants, message one and request a hire.")
	choiceVar(flags, &c.Variant, "variant", "guide", variantUsage, "guide", "reference")
	return command
}

// Run posts a job in the sandbox. Without a terminal it answers itself.
func (c demoCommand) Run(ctx context.Context, std streams) error {
	v, _ := build()
	cfg := demo.Config{
		Description: c.Description, Variant: sandbox.Variant(c.Variant), Hire: c.Hire, Version: v,
		Screen: screen.New(std.out, os.Getenv),
	}
	if path := program(); path != "" {
		cfg.Program = typedProgram(path)
	}
	if machine, err := hostEnv(); err == nil {
		_, cfg.Host = installCommand{hostFlags: hostFlags{Name: hosts.EntryName}}.here(machine)
	}
	if !c.Yes && term.IsTerminal(int(std.in.Fd())) {
		cfg.Answers = std.in
	}
	err := demo.Run(ctx, cfg)
	switch {
	case errors.Is(err, demo.ErrCanceled):
		return exit(exitCanceled)
	case errors.Is(err, demo.ErrNoInput), errors.Is(err, demo.ErrStopped):
		return exit(exitFailure)
	}
	return err
}
