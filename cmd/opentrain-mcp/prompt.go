package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/term"
)

// errInterrupted is the error of a question that a signal or Ctrl-C ended.
var errInterrupted = errors.New("interrupted")

// pasteHelp says how to hand over a token.
func pasteHelp() string { return "run " + typed("login --token") + " and paste it when asked" }

// readLine asks a person for a line.
func (l *login) readLine(ctx context.Context, question string) (string, error) {
	fmt.Fprint(l.words(), question)
	line, err := answer(ctx, func() (string, error) { return firstLine(l.std.in) })
	if err != nil {
		fmt.Fprintln(l.words())
	}
	return line, err
}

// readSecret asks a person for a line without showing it. Without a terminal it reads the line from a pipe.
func (l *login) readSecret(ctx context.Context, question string) (string, error) {
	if !l.onTerminal() {
		return answer(ctx, func() (string, error) { return firstLine(l.std.in) })
	}
	fd := int(l.std.in.Fd())
	before, err := term.MakeRaw(fd) // before the question: what is typed at once must not be shown either
	if err != nil {
		return "", err
	}
	defer fmt.Fprintln(l.words())
	defer term.Restore(fd, before) //nolint:errcheck // nothing is left to do about it
	return answer(ctx, func() (string, error) {
		line, err := term.NewTerminal(readWriter{l.std.in, l.words()}, "").ReadPassword(question)
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

// firstLine reads a line, which may lack its end.
func firstLine(in io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(in, 4096)).ReadString('\n')
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return strings.TrimPrefix(line, "\ufeff"), err
}
