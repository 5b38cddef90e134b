package main

import (
	"context"
	"errors"

	"golang.org/x/term"

	"opentrain-mcp/internal/demo"
	"opentrain-mcp/opentrain/sandbox"
)

type demoCommand struct {
	Description string `arg:"" optional:"" help:"The job in plain words (default: the posting guide's sample)."`
	Yes         bool   `help:"Answer every question with a sample answer."`
	Variant     string `enum:"guide,reference" default:"guide" help:"Form of the sandbox's responses: guide or reference."`
}

// Run posts a job in the sandbox. Without a terminal it answers itself.
func (c demoCommand) Run(ctx context.Context, std streams) error {
	v, _ := build()
	var human demo.Human = demo.Sample{Out: std.out}
	if !c.Yes && term.IsTerminal(int(std.in.Fd())) {
		human = demo.NewTerminal(std.in, std.out)
	}
	err := demo.Run(ctx, demo.Config{
		Description: c.Description, Variant: sandbox.Variant(c.Variant), Version: v, Out: std.out, Human: human,
	})
	if errors.Is(err, demo.ErrNotPublished) {
		return nil // the human's choice, already printed
	}
	return err
}
