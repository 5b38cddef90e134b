package demo

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/schema"
)

// Input is one value that a question asks for.
type Input struct {
	tool.Input
	Named bool // the question asks for several values: show the key
}

// Human answers the questions of the loop.
type Human interface {
	// Answer returns a JSON value of the input's type.
	Answer(context.Context, Input) (any, error)
	// Confirm returns the answer to a yes-or-no question.
	Confirm(ctx context.Context, question string) (bool, error)
}

// Terminal is a human at a terminal.
type Terminal struct {
	lines chan string
	out   io.Writer
}

// ErrNoInput means that the input ended before a question was answered.
var ErrNoInput = errors.New("the input ended before the question was answered; nothing was published")

// show prints text that may be anyone's: nothing in it can control the terminal or hide.
func show(out io.Writer, format string, args ...any) {
	printable := strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case r != '\n' && unicode.IsControl(r):
			return -1
		}
		return r
	}, fmt.Sprintf(format, args...))
	fmt.Fprint(out, text.Visible(printable))
}

// NewTerminal reads answers from in, one per line, and shows choices on out.
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

// Answer implements Human. It asks again until the answer fits.
func (t *Terminal) Answer(ctx context.Context, input Input) (value any, err error) {
	printOptions(t.out, input)
	err = t.ask(ctx, prompt(input)+": ", func(line string) (problem string) {
		value, problem = parse(input, line)
		return problem
	})
	return value, err
}

// Confirm implements Human. Only a yes is a yes.
func (t *Terminal) Confirm(ctx context.Context, question string) (yes bool, err error) {
	err = t.ask(ctx, "\n? "+question+" (yes or no): ", func(line string) (problem string) {
		yes, problem = yesOrNo(line)
		return problem
	})
	return yes, err
}

// ask reads lines until one has no problem.
func (t *Terminal) ask(ctx context.Context, question string, take func(line string) (problem string)) error {
	for {
		show(t.out, "%s", question)
		var line string
		more := false
		select {
		case line, more = <-t.lines:
		case <-ctx.Done():
		}
		if !more {
			fmt.Fprintln(t.out)
			return ErrNoInput
		}
		problem := take(strings.TrimSpace(line))
		if problem == "" {
			return nil
		}
		show(t.out, "  %s\n", problem)
	}
}

func printOptions(out io.Writer, input Input) {
	for i, option := range input.Options {
		show(out, "    %d  %s\n", i+1, option)
	}
}

func prompt(input Input) string {
	kind := cmp.Or(map[string]string{
		"number": "a number", "boolean": "yes or no", "enum": "a number from the list, or the name", "array": "one or more, separated by commas",
	}[input.Type], "text")
	if input.Named {
		return "  " + input.Key + " (" + kind + ")"
	}
	return "  Answer (" + kind + ")"
}

// parse reads an answer. problem says what is wrong with it.
func parse(input Input, line string) (value any, problem string) {
	switch {
	case line == "":
		return nil, "Please answer, or press Ctrl-C to stop."
	case input.Type == "number":
		number, err := strconv.ParseFloat(strings.TrimPrefix(strings.ReplaceAll(line, ",", ""), "$"), 64)
		if err != nil || number <= 0 {
			return nil, "Please give a number above zero."
		}
		return number, ""
	case input.Type == "boolean":
		return yesOrNo(line)
	case input.Type == "enum":
		return choose(input.Options, line)
	case input.Type == "array":
		return chooseSeveral(input.Options, line)
	}
	return line, ""
}

func yesOrNo(line string) (yes bool, problem string) {
	switch strings.ToLower(line) {
	case "y", "yes", "true":
		return true, ""
	case "n", "no", "false":
		return false, ""
	}
	return false, "Please answer yes or no."
}

func chooseSeveral(options []string, line string) (any, string) {
	var values []any
	for part := range strings.SplitSeq(line, ",") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		value, problem := choose(options, strings.TrimSpace(part))
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

// choose finds an option by its number or name. Without options it takes the text.
func choose(options []string, line string) (any, string) {
	if len(options) == 0 {
		return line, ""
	}
	if n, err := strconv.Atoi(line); err == nil && n >= 1 && n <= len(options) {
		return options[n-1], ""
	}
	if option, found := schema.Match(line, options, tool.Label); found {
		return option, ""
	}
	return nil, fmt.Sprintf("%q is not in the list; give a number from 1 to %d.", line, len(options))
}

// Sample answers every question with a sample, and shows it.
type Sample struct{ Out io.Writer }

// Answer implements Human.
func (s Sample) Answer(_ context.Context, input Input) (any, error) {
	value := sampleValue(input)
	printOptions(s.Out, input)
	show(s.Out, "%s: %s   (sample answer)\n", prompt(input), oneLine(value, 80))
	return value, nil
}

// Confirm implements Human.
func (s Sample) Confirm(_ context.Context, question string) (bool, error) {
	show(s.Out, "\n? %s yes   (sample answer)\n", question)
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
	first := append(slices.Clone(input.Options), "")[0]
	switch input.Type {
	case "number":
		return 1.0
	case "boolean":
		return true
	case "array":
		return []any{cmp.Or(first, "Sample")}
	}
	return cmp.Or(first, "Sample answer")
}

// oneLine writes a value as JSON, at most limit characters of it.
func oneLine(value any, limit int) string { return text.Clip(text.JSON(value), limit+1) }
