package main

import (
	"context"
	"errors"
	"os"

	"golang.org/x/term"

	"opentrain-mcp/internal/demo"
	"opentrain-mcp/internal/screen"
	"opentrain-mcp/opentrain/sandbox"
)

type demoCommand struct {
	Description string `arg:"" optional:"" help:"The job in plain words (default: the posting guide's sample)."`
	Yes         bool   `help:"Answer every question with a sample answer."`
	Hire        bool   `help:"Go on after publishing: compare who applied, write to one, and ask for a hire."`
	Variant     string `enum:"guide,reference" default:"guide" help:"Form of the sandbox's responses: guide or reference."`
}

// Run posts a job in the sandbox. Without a terminal it answers itself.
func (c demoCommand) Run(ctx context.Context, std streams) error {
	v, _ := build()
	cfg := demo.Config{
		Description: c.Description, Variant: sandbox.Variant(c.Variant), Hire: c.Hire, Version: v,
		Screen: screen.New(std.out, os.Getenv), Program: program(),
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
