package demo

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"opentrain-mcp/internal/text"
)

// Input is one value that a question asks for.
type Input struct {
	Key     string
	Type    string // enum, string, number, boolean or array
	Options []string
	Named   bool // the question asks for several values: show the key
}

// Human answers the questions of the loop.
type Human interface {
	// Answer returns a JSON value of the input's type.
	Answer(context.Context, Input) (any, error)
	// Confirm returns the answer to a question of yes or no.
	Confirm(ctx context.Context, question string) (bool, error)
}

// Terminal is a human at a terminal.
type Terminal struct {
	lines chan string
	out   io.Writer
}

// ErrNoInput is returned when the input ends before a question is answered.
var ErrNoInput = errors.New("the input ended before the question was answered; nothing was published")

// NewTerminal reads answers from in, a line each, and shows choices on out.
func NewTerminal(in io.Reader, out io.Writer) *Terminal {
	t := &Terminal{lines: make(chan string), out: out}
	go func() {
		defer close(t.lines)
		for scanner := bufio.NewScanner(in); scanner.Scan(); {
			t.lines <- scanner.Text()
		}
	}()
	return t
}

// Answer implements Human. An answer that does not fit is asked for again.
func (t *Terminal) Answer(ctx context.Context, input Input) (any, error) {
	for i, option := range input.Options {
		t.print("    %d  %s\n", i+1, option)
	}
	for {
		t.print("%s: ", label(input))
		line, err := t.line(ctx)
		if err != nil {
			return nil, err
		}
		value, problem := parse(input, line)
		if problem == "" {
			return value, nil
		}
		t.print("  %s\n", problem)
	}
}

// Confirm implements Human; nothing but a yes is a yes.
func (t *Terminal) Confirm(ctx context.Context, question string) (bool, error) {
	for {
		t.print("\n? %s (yes or no): ", question)
		line, err := t.line(ctx)
		if err != nil {
			return false, err
		}
		switch strings.ToLower(line) {
		case "y", "yes":
			return true, nil
		case "n", "no":
			return false, nil
		}
	}
}

func (t *Terminal) line(ctx context.Context) (string, error) {
	select {
	case line, more := <-t.lines:
		if !more {
			t.print("\n")
			return "", ErrNoInput
		}
		return strings.TrimSpace(line), nil
	case <-ctx.Done():
		t.print("\n")
		return "", ErrNoInput
	}
}

func (t *Terminal) print(format string, args ...any) {
	fmt.Fprintf(t.out, format, args...)
}

func label(input Input) string {
	what := map[string]string{
		"number": "a number", "boolean": "yes or no", "string": "text",
		"enum": "a number from the list, or the name", "array": "one or more, separated by commas",
	}[input.Type]
	if input.Named {
		return "  " + input.Key + " (" + what + ")"
	}
	return "  Answer (" + what + ")"
}

// parse reads an answer; problem says what is wrong with it.
func parse(input Input, line string) (value any, problem string) {
	if line == "" {
		return nil, "Please answer; Ctrl-C ends the demo."
	}
	switch input.Type {
	case "number":
		number, err := strconv.ParseFloat(strings.TrimPrefix(strings.ReplaceAll(line, ",", ""), "$"), 64)
		if err != nil || number <= 0 {
			return nil, "Please give a number above zero."
		}
		return number, ""
	case "boolean":
		switch strings.ToLower(line) {
		case "y", "yes", "true":
			return true, ""
		case "n", "no", "false":
			return false, ""
		}
		return nil, "Please answer yes or no."
	case "enum":
		return choose(input.Options, line)
	case "array":
		return several(input.Options, line)
	}
	return line, ""
}

func several(options []string, line string) (any, string) {
	var values []any
	for part := range strings.SplitSeq(line, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		value, problem := choose(options, part)
		if problem != "" {
			return nil, problem
		}
		values = append(values, value)
	}
	if len(values) == 0 {
		return nil, "Please name at least one."
	}
	return values, ""
}

// choose finds the option that is meant by a number or a name.
func choose(options []string, text string) (any, string) {
	if len(options) == 0 {
		return text, ""
	}
	if n, err := strconv.Atoi(text); err == nil && n >= 1 && n <= len(options) {
		return options[n-1], ""
	}
	for _, option := range options {
		if strings.EqualFold(strings.NewReplacer(" ", "_", "-", "_").Replace(text), option) || strings.EqualFold(text, option) {
			return option, ""
		}
	}
	return nil, fmt.Sprintf("%q is not in the list; give a number from 1 to %d.", text, len(options))
}

// Sample answers every question with a sample, and shows it.
type Sample struct{ Out io.Writer }

// Answer implements Human.
func (s Sample) Answer(_ context.Context, input Input) (any, error) {
	value := sampleValue(input)
	for i, option := range input.Options {
		fmt.Fprintf(s.Out, "    %d  %s\n", i+1, option)
	}
	fmt.Fprintf(s.Out, "%s: %s   (sample answer)\n", label(input), oneLine(value, 80))
	return value, nil
}

// Confirm implements Human.
func (s Sample) Confirm(_ context.Context, question string) (bool, error) {
	fmt.Fprintf(s.Out, "\n? %s yes   (sample answer)\n", question)
	return true, nil
}

func sampleValue(input Input) any {
	samples := map[string]any{
		"experienceLevel": "INTERMEDIATE", "dataVolumeUnit": "NUMBER_OF_FILES", "paymentType": "PAY_PER_HOUR",
		"dataVolume": 1000.0, "headcount": 5.0, "pricePerHour": 18.0, "pricePerLabel": 0.05, "fixedPrice": 1000.0,
		"languages": []any{"English"},
	}
	if sample, known := samples[input.Key]; known && (len(input.Options) == 0 || slices.Contains(input.Options, fmt.Sprint(sample))) {
		return sample
	}
	switch input.Type {
	case "number":
		return 1.0
	case "boolean":
		return true
	case "array":
		if len(input.Options) > 0 {
			return []any{input.Options[0]}
		}
		return []any{"Sample"}
	}
	if len(input.Options) > 0 {
		return input.Options[0]
	}
	return "Sample answer"
}

// oneLine writes a value as JSON, at most limit characters of it.
func oneLine(value any, limit int) string { return text.Clip(text.JSON(value), limit+1) }
