package demo

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"opentrain-mcp/internal/screen"
	"opentrain-mcp/internal/tool"
)

var (
	// ErrNoInput means that the input ended before a question was answered.
	ErrNoInput = errors.New("the input ended")
	// ErrCanceled means that the person stopped the demo.
	ErrCanceled = errors.New("canceled")
	// ErrStopped means that the job can't be published as it is.
	ErrStopped = errors.New("the job can't be published as it is")
)

// person answers the questions: in lines of text, or with samples.
type person struct {
	screen screen.Screen
	lines  <-chan string // nil for samples
}

// lines reads answers until the input or the context ends.
func lines(ctx context.Context, in io.Reader) <-chan string {
	if in == nil {
		return nil
	}
	lines := make(chan string)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(in); scanner.Scan(); {
			select {
			case lines <- scanner.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	return lines
}

// ask prompts until take has no problem with the answer.
func (p person) ask(ctx context.Context, prompt, sample string, take func(line string) (problem string)) error {
	for {
		line := sample
		if p.lines == nil {
			p.screen.Show("  ", screen.Bold, prompt+" "+sample+" (sample answer)")
		} else {
			p.screen.Prompt(prompt)
			more := false
			select {
			case line, more = <-p.lines:
			case <-ctx.Done():
			}
			switch {
			case ctx.Err() != nil:
				p.screen.Blank()
				return ErrCanceled
			case !more:
				p.screen.Blank()
				return ErrNoInput
			}
		}
		problem := take(line)
		switch {
		case problem == "":
			return nil
		case p.lines == nil:
			return fmt.Errorf("the sample answer %q was not understood: %s", sample, problem)
		}
		p.screen.Show("  ", screen.Plain, problem)
	}
}

// answers asks for every value that a question wants. They are by update key.
func (p person) answers(ctx context.Context, next tool.Next) (map[string]any, error) {
	p.screen.Blank()
	p.screen.Show("? ", screen.Bold, strings.TrimSuffix(next.Question, " ("+strings.Join(next.Options, ", ")+")")) // they are listed below
	if next.Note != "" {
		p.screen.Show("  ", screen.Plain, next.Note)
	}
	inputs := inputsOf(next)
	switch {
	case len(inputs) > 1 && hasKeys(inputs, "paymentType"):
		return p.pay(ctx)
	case hasKeys(inputs, "dataVolume", "dataVolumeUnit"):
		at := slices.IndexFunc(inputs, func(i tool.Input) bool { return i.Key == "dataVolumeUnit" })
		return p.volume(ctx, inputs[at].Options)
	}
	answers := map[string]any{}
	for _, input := range inputs {
		if input.Alternative {
			continue
		}
		value, err := p.one(ctx, input, len(inputs) > 1)
		if err != nil {
			return nil, err
		}
		answers[input.Key] = value
	}
	return answers, nil
}

// one asks for the value of one key.
func (p person) one(ctx context.Context, input tool.Input, named bool) (value any, err error) {
	p.screen.Options(tool.Map(input.Options, tool.Label))
	prompt := "Your answer"
	if named {
		prompt = screen.Safe(tool.FieldLabel(input.Key))
	}
	switch {
	case input.Type == "boolean":
		prompt += " (yes or no)"
	case input.Type == "array":
		prompt += " (one or more)"
	case len(input.Options) > 0:
		prompt += " (number or name)"
	}
	err = p.ask(ctx, prompt+":", sampleAnswer(input), func(line string) (problem string) {
		value, problem = parse(input, line)
		return problem
	})
	return value, err
}

// pay asks how people are paid and how much, in one answer: a person says "$18 an hour".
func (p person) pay(ctx context.Context) (map[string]any, error) {
	p.screen.Show("  ", screen.Plain, "For example: $18 per hour, 5 cents per label, or $2,000 in total.")
	var given pay
	if err := p.ask(ctx, "Your answer:", "$18 per hour", given.add); err != nil {
		return nil, err
	}
	return map[string]any{"paymentType": paymentType(given.key), given.key: given.amount}, nil
}

// volume asks how much data there is and in what unit, in one answer: a person says "5,000 files".
func (p person) volume(ctx context.Context, units []string) (map[string]any, error) {
	p.screen.Show("  ", screen.Plain, "For example: 5,000 files, 20 hours of video, 10,000 words, or not sure.")
	var given volume
	err := p.ask(ctx, "Your answer:", "1,000 files", func(line string) string { return given.add(units, line) })
	if err != nil {
		return nil, err
	}
	answers := map[string]any{"dataVolumeUnit": given.unit}
	if given.amount > 0 && given.unit != unknownUnit {
		answers["dataVolume"] = given.amount
	}
	return answers, nil
}

// confirm asks a question that only a yes answers with yes.
func (p person) confirm(ctx context.Context, question string) (yes bool, err error) {
	p.screen.Blank()
	p.screen.Show("? ", screen.Bold, question)
	err = p.ask(ctx, "Your answer (yes or no):", "yes", func(line string) (problem string) {
		var value any
		value, problem = yesOrNo(line)
		yes = value == true
		return problem
	})
	return yes, err
}

// inputsOf are the values that a question asks for.
func inputsOf(next tool.Next) []tool.Input {
	if len(next.Inputs) > 0 {
		return next.Inputs
	}
	return []tool.Input{{Key: placeholderKey(next), Type: next.Type, Options: next.Options}}
}

// placeholderKey is the key whose value a question with one answer asks for.
func placeholderKey(next tool.Next) string {
	for key, value := range fieldsOf(next) {
		if value == tool.Answer {
			return key
		}
	}
	return next.Field
}

func fieldsOf(next tool.Next) map[string]any {
	fields, _ := next.Arguments["fields"].(map[string]any)
	return fields
}

// withAnswers are the arguments of a question's next call, with the answers in place of all placeholders.
func withAnswers(next tool.Next, answers map[string]any) map[string]any {
	fields := maps.Clone(answers)
	for key, value := range fieldsOf(next) {
		if _, answered := answers[key]; !answered && value != tool.Answer && value != tool.AnswerTo(key) {
			fields[key] = value
		}
	}
	arguments := maps.Clone(next.Arguments)
	arguments["fields"] = fields
	return arguments
}

func hasKeys(inputs []tool.Input, keys ...string) bool {
	return !slices.ContainsFunc(keys, func(key string) bool {
		return !slices.ContainsFunc(inputs, func(i tool.Input) bool { return i.Key == key })
	})
}

// sampleAnswer is what a person could answer.
func sampleAnswer(input tool.Input) string {
	switch input.Key {
	case "experienceLevel":
		return "intermediate"
	case "dataVolumeUnit":
		return "files"
	case "dataVolume":
		return "5,000"
	case "headcount":
		return "10"
	case "languages":
		return "English"
	case "countries":
		return "United States"
	}
	switch {
	case isPrice(input.Key):
		return priceExample(input.Key)
	case input.Type == "number":
		return "1"
	case input.Type == "boolean":
		return "yes"
	case len(input.Options) > 0:
		return strings.ToLower(tool.Label(input.Options[0]))
	}
	return "Sample answer"
}
