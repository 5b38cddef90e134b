package screen_test

import (
	"strings"
	"testing"

	"opentrain-mcp/internal/screen"
)

// TestNew: what isn't a terminal gets no color.
func TestNew(t *testing.T) {
	t.Parallel()
	if s := screen.New(&strings.Builder{}, func(string) string { return "xterm" }); s.Color || s.Terminal() {
		t.Errorf("%+v", s)
	}
}

// TestItem: only the mark has a style, and the text is wrapped beside it.
func TestItem(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	s := screen.Screen{Out: &out, Width: func() int { return 20 }, Color: true}
	s.Item("FAIL  ", screen.Bad, "the host name doesn't\x1b[2J exist")
	s.Line("  a command that is longer than the screen")
	const want = "\x1b[1;31mFAIL  \x1b[0mthe host name\n      doesn't[2J\n      exist\n  a command that is longer than the screen\n"
	if out.String() != want {
		t.Errorf("%q", out.String())
	}
}
