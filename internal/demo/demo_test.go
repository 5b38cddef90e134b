package demo_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"opentrain-mcp/internal/demo"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain/sandbox"
)

func TestSampleAnswersPublishAnyJob(t *testing.T) {
	for _, description := range []string{"", "Translate 120,000 words from English to German, 8 cents a word.", "Somebody to do something. There is an NDA.", "Rate chatbot answers"} {
		for _, variant := range []sandbox.Variant{sandbox.Guide, sandbox.Reference} {
			var out strings.Builder
			err := demo.Run(t.Context(), demo.Config{Description: description, Variant: variant, Out: &out, Human: demo.Sample{Out: &out}})
			if err != nil || !strings.Contains(out.String(), "Done: job job_1 is live and search finds it.") {
				t.Errorf("%q, %s: %v\n%s", description, variant, err, out.String())
			}
		}
	}
}

// TestAPersonAnswers types answers, wrong ones among them.
func TestAPersonAnswers(t *testing.T) {
	for _, test := range []struct {
		name, typed string
		want        []string
		err         error
	}{
		{"published", "guru\n9\n\nintermediate\n2\nperhaps\nyes\n", []string{
			`"guru" is not in the list; give a number from 1 to 4.`, `"9" is not in the list`, "Please answer", `{"experienceLevel":"INTERMEDIATE"}`,
			"1  EXPERT", "The draft is complete:", "Found at position 1: Bounding Box Annotation for Dashcam Images", "Done: job job_1",
		}, nil},
		{"declined", "1\n2\nno\n", []string{"nothing was published"}, demo.ErrNotPublished},
		{"input ends", "1\n", nil, demo.ErrNoInput},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			err := demo.Run(t.Context(), demo.Config{Variant: sandbox.Guide, Out: &out, Human: demo.NewTerminal(strings.NewReader(test.typed), &out)})
			if !errors.Is(err, test.err) {
				t.Errorf("ended with %v", err)
			}
			for _, want := range test.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("%q is not in\n%s", want, out.String())
				}
			}
			if published := strings.Contains(out.String(), "» opentrain_publish"); published != (test.err == nil) {
				t.Errorf("publish was called: %v", published)
			}
			if calls := strings.Count(out.String(), "» "); test.err == nil && calls != 6 { // one is the explanation
				t.Errorf("%d lines show calls", calls)
			}
		})
	}
}

// TestTextsControlNoTerminal: escape sequences, in a description, an argument or an answer, reach the terminal
// without their effect, and hidden characters are spelled out.
func TestTextsControlNoTerminal(t *testing.T) {
	const attack = "\x1b[2J\x1b]0;title\x07\x9b31m\u009b31m\r\x08\x7f\u202etext"
	for _, human := range []func(*strings.Builder) demo.Human{
		func(out *strings.Builder) demo.Human { return demo.Sample{Out: out} },
		func(out *strings.Builder) demo.Human {
			return demo.NewTerminal(strings.NewReader(strings.Repeat(attack+"\n1\n", 12)+"yes\n"), out)
		},
	} {
		var out strings.Builder
		err := demo.Run(t.Context(), demo.Config{
			Description: "Label images.\n" + attack, Variant: sandbox.Guide, Out: &out, Human: human(&out),
		})
		if err != nil && !errors.Is(err, demo.ErrNoInput) {
			t.Error(err)
		}
		raw := strings.ContainsFunc(out.String(), func(r rune) bool { return r != '\n' && unicode.IsControl(r) })
		if raw || !utf8.ValidString(out.String()) || !strings.Contains(out.String(), "Label images.\n") ||
			!strings.Contains(out.String(), "[U+202E]text") {
			t.Errorf("got %q", out.String())
		}
	}
}

// TestEveryTypeOfAnswer answers questions of every type, wrongly first.
func TestEveryTypeOfAnswer(t *testing.T) {
	for _, test := range []struct {
		input demo.Input
		typed string
		want  string
	}{
		{demo.Input{Input: tool.Input{Type: "number"}}, "some\n-1\n0\n$1,500.50\n", "1500.5"},
		{demo.Input{Input: tool.Input{Type: "boolean"}}, "maybe\nN\n", "false"},
		{demo.Input{Input: tool.Input{Type: "boolean"}}, "yes\n", "true"},
		{demo.Input{Input: tool.Input{Type: "string"}}, "\n  hello \n", "hello"},
		{demo.Input{Input: tool.Input{Type: "array"}}, ",\nSpanish , English\n", "[Spanish English]"},
		{demo.Input{Input: tool.Input{Type: "array", Options: []string{"A_B", "C"}}}, "x\n1, c\n", "[A_B C]"},
		{demo.Input{Input: tool.Input{Type: "enum", Options: []string{"A_B", "C"}}}, "a-b\n", "A_B"},
	} {
		var out strings.Builder
		got, err := demo.NewTerminal(strings.NewReader(test.typed), &out).Answer(t.Context(), test.input)
		if err != nil || fmt.Sprint(got) != test.want {
			t.Errorf("%+v: got %v, %v", test.input, got, err)
		}
	}
}
