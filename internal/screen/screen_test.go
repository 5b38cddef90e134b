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

// TestProgramsReadLines: what a terminal wraps is one line for programs. Commands and paths stay whole.
func TestProgramsReadLines(t *testing.T) {
	t.Parallel()
	show := func(width func() int) string {
		var out strings.Builder
		s := screen.Screen{Out: &out, Width: width}
		s.Tell("Note: ", screen.Plain, "this is longer than that")
		s.Advise("To add it here, run:", "/a/long/path/program install")
		s.Columns([][]string{{"a", "An App", "~/a/long/path/file.json"}, {"bcd", "B", "~/x"}})
		s.Prompt("Your answer (number or name):")
		return out.String()
	}
	const lines = "Note: this is longer than that\nTo add it here, run: /a/long/path/program install\n" +
		"  a    An App  ~/a/long/path/file.json\n  bcd  B       ~/x\n  Your answer (number or name): "
	if got := show(nil); got != lines {
		t.Errorf("%q", got)
	}
	const wrapped = "Note: this is longer\n      than that\nTo add it here, run:\n  /a/long/path/program install\n" +
		"  a · An App\n    ~/a/long/path/file.json\n  bcd · B\n    ~/x\n  Your answer (number\n  or name): "
	if got := show(func() int { return 22 }); got != wrapped {
		t.Errorf("%q", got)
	}
}

// TestGroupsHaveOneLayout: one row that is too long beside its label puts every value below its label.
func TestGroupsHaveOneLayout(t *testing.T) {
	t.Parallel()
	for width, want := range map[int]string{
		80: "\nA:\n  --a     One two three four.\n\nB:\n  --long  One two three four five six seven eight.\n",
		20: "\nA:\n  --a\n    One two three\n    four.\n\nB:\n  --long\n    One two three\n    four five six\n    seven eight.\n",
	} {
		var out strings.Builder
		s := screen.Screen{Out: &out, Width: func() int { return width }}
		s.Groups([]screen.Group{
			{Title: "A:", Rows: []screen.Row{{Label: "--a", Value: "One two three four."}}},
			{Title: "B:", Rows: []screen.Row{{Label: "--long", Value: "One two three four five six seven eight."}}},
		})
		if out.String() != want {
			t.Errorf("%d: %q", width, out.String())
		}
	}
}

// TestTablesKeepWords: a word that doesn't fit beside its label has a line of its own.
func TestTablesKeepWords(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	s := screen.Screen{Out: &out, Width: func() int { return 40 }}
	s.Table([]screen.Row{{Label: "--public-reads", Value: "Reads ($OPENTRAIN_MCP_PUBLIC_READS)."}, {Label: "--short", Value: "Short."}})
	const want = "  --public-reads\n    Reads ($OPENTRAIN_MCP_PUBLIC_READS).\n  --short         Short.\n"
	if out.String() != want {
		t.Errorf("%q", out.String())
	}
}
