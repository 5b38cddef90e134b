package demo_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"opentrain-mcp/internal/demo"
	"opentrain-mcp/internal/screen"
	"opentrain-mcp/opentrain/sandbox"
)

// TestHire: sample answers lead to a hire that waits for approval.
func TestHire(t *testing.T) {
	t.Parallel()
	for _, variant := range []sandbox.Variant{sandbox.Guide, sandbox.Reference} {
		shown, err := play(t, demo.Config{Hire: true, Variant: variant}, "")
		if err != nil || strings.Count(shown, live) != 1 || strings.Count(shown, "What's next") != 1 {
			t.Fatalf("%s: %v\n%s", variant, err, shown)
		}
		for _, words := range []string{" · match ", "? Send this message?", "  │ Thanks for your message!", "$339.95", "? Request this hire?", "The agent asks you first.", "--toolsets=all",
			"Done. The hire waits for a human's approval", "https://sandbox.invalid/approvals/approval_"} {
			if !strings.Contains(shown, words) || strings.Contains(shown, "by this call") {
				t.Errorf("%s: %q is missing in\n%s", variant, words, shown)
			}
		}
	}
}

// TestNoHire: a person who wants neither the message nor the hire, one who stops, and one who doesn't publish.
func TestNoHire(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answers     map[string][]string
		says, never string
		err         error
	}{
		"two times no": {map[string][]string{"Publish": {"yes"}, "Send": {"no"}, "Request this": {"no"}}, "OK. No one is hired.", "approvals/", nil},
		"no input":     {map[string][]string{"Publish": {"yes"}}, "The input ended", "approvals/", demo.ErrNoInput},
		"unpublished":  {map[string][]string{"Publish": {"no"}}, "The job stays a draft.", "A day later", nil},
	} {
		test.answers["experience level"], test.answers["unit"] = []string{"senior"}, []string{"files"}
		in, keyboard := io.Pipe()
		person := &typist{keyboard: keyboard, answers: test.answers}
		err := demo.Run(t.Context(), demo.Config{Hire: true, Variant: sandbox.Guide, Screen: screen.Screen{Out: person}, Answers: in})
		if shown := person.String(); !errors.Is(err, test.err) || !strings.Contains(shown, test.says) || strings.Contains(shown, test.never) {
			t.Errorf("%s: %v\n%s", name, err, shown)
		}
	}
}
