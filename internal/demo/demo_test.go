package demo_test

import (
	"context"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"

	"opentrain-mcp/internal/demo"
	"opentrain-mcp/internal/screen"
	"opentrain-mcp/opentrain/sandbox"
)

const live = "Done. Your job is live in the sandbox, and search finds it."

// play runs the demo. typed has the answers; "" means sample answers.
func play(t *testing.T, cfg demo.Config, typed string) (shown string, err error) {
	t.Helper()
	var out strings.Builder
	cfg.Screen.Out = &out
	if cfg.Variant == "" {
		cfg.Variant = sandbox.Guide
	}
	if typed != "" {
		cfg.Answers = strings.NewReader(typed)
	}
	err = demo.Run(t.Context(), cfg)
	return out.String(), err
}

// typist is a terminal with a person, who has answers for questions about some words.
type typist struct {
	strings.Builder
	keyboard *io.PipeWriter
	answers  map[string][]string
}

// Write types the next answer when it shows a prompt.
func (y *typist) Write(shown []byte) (int, error) {
	y.Builder.Write(shown)
	if !strings.HasSuffix(string(shown), ": ") {
		return len(shown), nil
	}
	_, question, _ := strings.Cut(y.String()[strings.LastIndex(y.String(), "\n? ")+1:], " ")
	for words, answers := range y.answers {
		if strings.Contains(question, words) && len(answers) > 0 {
			y.answers[words] = answers[1:]
			_, err := io.WriteString(y.keyboard, answers[0]+"\n")
			return len(shown), err
		}
	}
	return len(shown), y.keyboard.Close() // there is no answer
}

// converse runs the demo with a person who has answers.
func converse(t *testing.T, description string, answers map[string][]string) (shown string, err error) {
	t.Helper()
	in, keyboard := io.Pipe()
	person := &typist{keyboard: keyboard, answers: answers}
	err = demo.Run(t.Context(), demo.Config{
		Description: description, Variant: sandbox.Guide, Screen: screen.Screen{Out: person}, Answers: in,
	})
	return person.String(), err
}

func TestSampleAnswersPublishAnyJob(t *testing.T) {
	t.Parallel()
	for _, description := range []string{
		"", "Translate 120,000 words from English to German, 8 cents a word.", "Somebody to do something. There is an NDA.", "Rate chatbot answers",
	} {
		for _, variant := range []sandbox.Variant{sandbox.Guide, sandbox.Reference} {
			shown, err := play(t, demo.Config{Description: description, Variant: variant}, "")
			if err != nil || !strings.Contains(shown, live) {
				t.Errorf("%q, %s: %v\n%s", description, variant, err, shown)
			}
			// Neither JSON nor the names of values and fields are for people.
			if found := regexp.MustCompile(`[{}\[\]]|"[^"]*":|[A-Z]{3,}_|\b[a-z]+[A-Z]`).FindString(shown); found != "" {
				t.Errorf("%q, %s: %q is shown\n%s", description, variant, found, shown)
			}
		}
	}
}

// TestAPersonAnswers types answers, wrong ones among them.
func TestAPersonAnswers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, typed string
		want        []string
		published   bool
		err         error
	}{
		{"published", "guru\n9\n\nsenior folks\nfiles\nperhaps\ny\n", []string{
			"“guru” isn't one of the options. Type a number from 1 to 4, or a name.", "“9” isn't one of the options.",
			"Please answer, or press Ctrl-C to stop.", "  Experience level: Expert\n", "  Data volume unit: Number of files\n", "Please answer yes or no.",
			"Your draft", "  Price per hour    $18\n", "  Data volume       50,000\n", "Yours is number 1.",
		}, true, nil},
		{"declined", "1\n2\nno\n", []string{"OK. The job stays a draft. Nothing was published.", "What's next"}, false, nil},
		{"input ends", "1\n", []string{"The input ended before you answered. Nothing was published.\n"}, false, demo.ErrNoInput},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			shown, err := play(t, demo.Config{}, test.typed)
			if !errors.Is(err, test.err) {
				t.Errorf("ended with %v", err)
			}
			for _, want := range test.want {
				if !strings.Contains(shown, want) {
					t.Errorf("%q is not in\n%s", want, shown)
				}
			}
			if published := strings.Contains(shown, "» opentrain_publish") && strings.Contains(shown, live); published != test.published {
				t.Errorf("published: %v\n%s", published, shown)
			}
		})
	}
}

// TestEveryQuestionTakesPlainAnswers: what isn't clear or isn't taken is asked again, and nothing is lost.
func TestEveryQuestionTakesPlainAnswers(t *testing.T) {
	t.Parallel()
	shown, err := converse(t, "Somebody to do something, with an NDA.", map[string][]string{
		"What kind of labeling": {"boxes and magic", "8 and polygons"}, "What experience level": {"folks", "anyone"},
		"How will AI trainers be paid": {"€18", "per hour", "18 dollars"}, "How much data": {"5k", "documents"},
		"Which languages": {"any language", "English and German"}, "NDA": {"maybe", "y"}, "Publish this job": {"yes"},
	})
	if err != nil || !strings.Contains(shown, live) {
		t.Errorf("ended with %v", err)
	}
	for _, want := range []string{
		"“magic” isn't one of the options.", "  Experience level: Any experience level\n", "Please give one amount in US dollars",
		"How much is the price per hour, in US dollars?", "  Payment type: Per hour\n  Price per hour: $18\n",
		"Are these files, words, or hours of audio or video?", "  Data volume: 5,000\n  Data volume unit: Number of files\n",
		"OpenTrain can't use that: \"any language\" is not a language.\n", "  Languages: English, German\n", "  NDA required: Yes\n", "! Please check the job title “",
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not shown", want)
		}
	}
	if t.Failed() {
		t.Log(shown)
	}
}

// TestABlockedJobIsNotPublished, and the person reads why.
func TestABlockedJobIsNotPublished(t *testing.T) {
	t.Parallel()
	shown, err := play(t, demo.Config{Description: "Label 100 images. scam test phrase. $18/hour."}, "")
	if !errors.Is(err, demo.ErrStopped) || !strings.Contains(shown, "! Contains the phrase that tests moderation.\n") || strings.Contains(shown, live) {
		t.Errorf("%v\n%s", err, shown)
	}
}

// TestTextsControlNoTerminal: escape sequences, in a description, an argument or an answer, reach the terminal
// without their effect, and hidden characters are spelled out.
func TestTextsControlNoTerminal(t *testing.T) {
	t.Parallel()
	const attack = "\x1b[2J\x1b]0;title\x07\x9b31m\u009b31m\r\x08\x7f\u202etext"
	for _, typed := range []string{"", strings.Repeat(attack+"\n1\n", 12) + "yes\n"} {
		for _, color := range []bool{false, true} {
			shown, err := play(t, demo.Config{Description: "Label images.\n» " + attack, Screen: screen.Screen{Color: color}}, typed)
			if err != nil && !errors.Is(err, demo.ErrNoInput) {
				t.Error(err)
			}
			shown = withoutStyles(shown)
			raw := strings.ContainsFunc(shown, func(r rune) bool { return r != '\n' && unicode.IsControl(r) })
			if raw || !utf8.ValidString(shown) || !strings.Contains(shown, "  │ Label images.\n  │ » ") || !strings.Contains(shown, "[U+202E]text") {
				t.Errorf("got %q", shown)
			}
		}
	}
}

// TestLinesFitTheTerminal at any width, with any text.
func TestLinesFitTheTerminal(t *testing.T) {
	t.Parallel()
	const description = "Somebody to do something. 画像に写っている車と歩行者を囲む作業です。Straßenverkehrsordnungswidrigkeitenverfahren " +
		"www.example.test/a-page-with-a-very-long-address-that-has-no-place-to-break 🚗🚲 Ещё одна строка. NDA."
	for _, width := range []int{1, 20, 40, 80, 120, 300} {
		for _, color := range []bool{false, true} {
			shownOn := screen.Screen{Width: func() int { return width }, Color: color}
			shown, err := play(t, demo.Config{Description: description, Screen: shownOn, Program: "/opentrain-mcp"}, "")
			if err != nil || strings.Contains(shown, "\x1b[") != color {
				t.Errorf("%d: %v\n%s", width, err, shown)
			}
			for line := range strings.SplitSeq(withoutStyles(shown), "\n") {
				if columns := displaywidth.String(line); width >= 40 && columns > min(width, 100) {
					t.Errorf("%d columns in a terminal of %d: %s", columns, width, line)
				}
			}
		}
	}
}

func withoutStyles(shown string) string {
	return regexp.MustCompile(`\x1b\[[0-9;]*m`).ReplaceAllString(shown, "")
}

// TestCtrlC stops the demo at a question.
func TestCtrlC(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var out strings.Builder
	answers, typing := io.Pipe()
	t.Cleanup(func() { _ = typing.Close() })
	go func() {
		_, _ = typing.Write([]byte("expert\n")) // then the next question is asked
		cancel()
	}()
	err := demo.Run(ctx, demo.Config{Variant: sandbox.Guide, Screen: screen.Screen{Out: &out}, Answers: answers})
	if !errors.Is(err, demo.ErrCanceled) || !strings.HasSuffix(out.String(), "\nCanceled. Nothing was published.\n") {
		t.Errorf("%v\n%s", err, out.String())
	}
}
