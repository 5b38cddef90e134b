package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/term"

	"opentrain-mcp/internal/screen"
	"opentrain-mcp/internal/text"
)

// errInterrupted is the error of a question that a signal or Ctrl-C ended.
var errInterrupted = errors.New("interrupted")

// pasteHelp says how to hand over a token.
func pasteHelp() string { return "run " + typed("login --token") + " and paste it when asked" }

// show tells a person something, wrapped at a terminal. Lines that begin with two spaces stay whole: people copy them.
func show(s screen.Screen, words string) {
	for line := range strings.SplitSeq(text.Clip(words, 8000), "\n") {
		if !strings.HasPrefix(line, "  ") {
			line = text.Clean(line, 4000)
			if s.Terminal() {
				s.Show("", screen.Plain, line)
				continue
			}
		}
		s.Line(line)
	}
}

// readLine asks a person for a line. The end of the input is an interruption.
func (l *login) readLine(ctx context.Context, question string) (string, error) {
	fmt.Fprint(l.screen.Out, question)
	line, err := answer(ctx, func() (string, error) { return firstLine(l.std.in) })
	if errors.Is(err, io.EOF) {
		err = errInterrupted
	}
	if err != nil {
		l.screen.Blank()
	}
	return line, err
}

// readSecret asks a person for a line without showing it. Without a terminal it reads the line from a pipe.
func (l *login) readSecret(ctx context.Context, words, question string) (string, error) {
	if !l.onTerminal() {
		line, err := answer(ctx, func() (string, error) { return firstLine(l.std.in) })
		if errors.Is(err, io.EOF) { // nothing is an empty token
			err = nil
		}
		return line, err
	}
	fd := int(l.std.in.Fd())
	before, err := term.MakeRaw(fd) // before the question: what is typed at once must not be shown either
	if err != nil {
		return "", err
	}
	defer l.screen.Blank()
	defer term.Restore(fd, before) //nolint:errcheck // nothing is left to do about it
	terminal, wrapped := term.NewTerminal(readWriter{l.std.in, l.screen.Out}, ""), l.screen
	wrapped.Out = terminal
	show(wrapped, words)
	return answer(ctx, func() (string, error) {
		line, err := terminal.ReadPassword(question)
		if errors.Is(err, io.EOF) { // Ctrl-C or Ctrl-D
			err = errInterrupted
		}
		return line, err
	})
}

// readWriter is a terminal that is read and written at different places.
type readWriter struct {
	io.Reader
	io.Writer
}

// answer waits for a read that can't be interrupted, or for a signal.
func answer(ctx context.Context, read func() (string, error)) (string, error) {
	type line struct {
		text string
		err  error
	}
	lines := make(chan line, 1)
	go func() {
		text, err := read()
		lines <- line{text, err}
	}()
	select {
	case l := <-lines:
		return strings.TrimSpace(l.text), l.err
	case <-ctx.Done():
		return "", errInterrupted
	}
}

// firstLine reads a line, which may lack its end. Without one, the error is io.EOF.
func firstLine(in io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(in, 4096)).ReadString('\n')
	if errors.Is(err, io.EOF) && line != "" {
		err = nil
	}
	return strings.TrimPrefix(line, "\ufeff"), err
}
