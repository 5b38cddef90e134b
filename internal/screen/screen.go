// Package screen writes texts that people read: wrapped to the width of a terminal, with a little color where it is shown,
// and without anything that would control the terminal.
package screen

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/clipperhouse/displaywidth"
	"golang.org/x/term"

	"opentrain-mcp/internal/text"
)

const (
	usualWidth  = 80  // where there is no terminal
	narrowest   = 20  // below this, lines are longer than the terminal
	widest      = 100 // longer lines are hard to read
	narrowValue = 18  // a narrower column puts values below their labels
)

// Screen is where texts are shown: a terminal, a file or a pipe.
type Screen struct {
	Out   io.Writer
	Width func() int // in columns; nil means 80
	Color bool
}

// New returns the screen of an output. A terminal has its own width, and color unless the environment says otherwise.
func New(out io.Writer, getenv func(string) string) Screen {
	file, isFile := out.(interface{ Fd() uintptr })
	if !isFile || !term.IsTerminal(int(file.Fd())) {
		return Screen{Out: out}
	}
	width := func() int {
		columns, _, err := term.GetSize(int(file.Fd()))
		if err != nil {
			return usualWidth
		}
		return columns
	}
	return Screen{Out: out, Width: width, Color: getenv("NO_COLOR") == "" && showsColor(file.Fd(), getenv("TERM"))}
}

// Style is how a text looks: a sequence for a terminal, "" for plain. The accent is bright magenta: of the sixteen colors
// that terminals have, it is readable on light and dark backgrounds in all the usual themes. Nothing depends on color alone.
type Style string

// The styles.
const (
	Plain  Style = ""
	Bold   Style = "\x1b[1m"
	Accent Style = "\x1b[1;95m"
	Good   Style = "\x1b[32m"
	Bad    Style = "\x1b[1;31m"
)

// render makes text safe to show and gives it a style.
func (s Screen) render(look Style, words string) string {
	words = Safe(words)
	if !s.Color || look == Plain || strings.TrimSpace(words) == "" {
		return words
	}
	return string(look) + words + "\x1b[0m"
}

// Safe takes out of anyone's text what would control the terminal, and spells out what hides in it.
func Safe(words string) string {
	return text.Visible(strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case r != '\n' && unicode.IsControl(r):
			return -1
		}
		return r
	}, words))
}

func (s Screen) width() int {
	columns := usualWidth
	if s.Width != nil {
		columns = cmp.Or(max(0, s.Width()), usualWidth) // some terminals say 0
	}
	return min(max(columns, narrowest), widest)
}

// Terminal reports whether it is a terminal.
func (s Screen) Terminal() bool { return s.Width != nil }

// Blank prints an empty line.
func (s Screen) Blank() { fmt.Fprintln(s.Out) }

// Show prints a text. mark stands before its first line, and the other lines begin below the text.
func (s Screen) Show(mark string, look Style, words string) {
	s.block(mark, strings.Repeat(" ", displaywidth.String(mark)), Accent, look, words)
}

// Item prints a text after a mark that has a style.
func (s Screen) Item(mark string, look Style, words string) {
	s.block(mark, strings.Repeat(" ", displaywidth.String(mark)), look, Plain, words)
}

// Quote prints somebody's text, with a bar before each line.
func (s Screen) Quote(words string) { s.block("  │ ", "  │ ", Accent, Plain, words) }

func (s Screen) block(first, others string, marked, look Style, words string) {
	mark := first
	for _, line := range wrap(Safe(words), s.width()-displaywidth.String(first)) {
		fmt.Fprintln(s.Out, strings.TrimRight(s.render(marked, mark)+s.render(look, line), " "))
		mark = others
	}
}

// Prompt prints the beginning of the line on which a person answers.
func (s Screen) Prompt(words string) {
	const indent, answer = "  ", 1
	lines := wrap(Safe(words), s.width()-len(indent)-answer)
	fmt.Fprint(s.Out, s.render(Bold, indent+strings.Join(lines, "\n"+indent)+" "))
}

// Tell prints a text that programs may read: a terminal shows it as Item does, and everything else gets it in one line.
func (s Screen) Tell(mark string, look Style, words string) {
	if s.Terminal() {
		s.Item(mark, look, words)
		return
	}
	fmt.Fprintln(s.Out, Safe(mark+words))
}

// Advise prints what to run, and why. A terminal has the command in a line of its own, whole: people copy it.
func (s Screen) Advise(why, command string) {
	if !s.Terminal() {
		fmt.Fprintln(s.Out, Safe(why+" "+command))
		return
	}
	s.Show("", Plain, why)
	s.Line("  " + command)
}

// Columns prints rows of cells below each other. Where a row is wider than the terminal, its last cell has a line of its own.
func (s Screen) Columns(rows [][]string) {
	const indent, gap = 2, 2
	widths, last := make([]int, len(rows[0])), len(rows[0])-1
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], displaywidth.String(Safe(cell)))
		}
	}
	whole := indent + gap*last
	for _, width := range widths {
		whole += width
	}
	for _, row := range rows {
		if s.Terminal() && whole > s.width() {
			s.Show(strings.Repeat(" ", indent), Plain, strings.Join(row[:last], " · "))
			s.Line(strings.Repeat(" ", 2*indent) + row[last])
			continue
		}
		line := ""
		for i, cell := range row[:last] {
			line += Safe(cell) + strings.Repeat(" ", widths[i]-displaywidth.String(Safe(cell))+gap)
		}
		s.Line(strings.Repeat(" ", indent) + line + row[last])
	}
}

// Row is a label with its value.
type Row struct{ Label, Value string }

// Table prints rows with their values below each other.
func (s Screen) Table(rows []Row) {
	const indent, gap = 2, 2
	widest := 0
	for _, r := range rows {
		widest = max(widest, displaywidth.String(Safe(r.Label)))
	}
	column := indent + widest + gap
	for _, r := range rows {
		label := strings.Repeat(" ", indent) + Safe(r.Label)
		room := s.width() - column
		lines := wrap(Safe(r.Value), max(room, 1))
		tight := slices.ContainsFunc(strings.Fields(Safe(r.Value)), func(word string) bool { return displaywidth.String(word) > room })
		if room < narrowValue || len(lines) > 3 || tight { // a long text or word needs the whole width
			s.Show(strings.Repeat(" ", indent), Plain, r.Label)
			s.Show(strings.Repeat(" ", 2*indent), Plain, r.Value)
			continue
		}
		for _, line := range lines {
			fmt.Fprintln(s.Out, label+strings.Repeat(" ", column-displaywidth.String(label))+line)
			label = ""
		}
	}
}

// Group is rows with a title.
type Group struct {
	Title string
	Rows  []Row
}

// Groups prints groups of rows in one layout: values beside their labels if every row has room for it, else below them.
func (s Screen) Groups(groups []Group) {
	const indent, gap, tall = 2, 2, 3
	column, beside := 0, true
	for _, group := range groups {
		for _, r := range group.Rows {
			column = max(column, indent+displaywidth.String(Safe(r.Label))+gap)
		}
	}
	for _, group := range groups {
		beside = beside && !slices.ContainsFunc(group.Rows, func(r Row) bool { return len(wrap(Safe(r.Value), max(1, s.width()-column))) > tall })
	}
	for _, group := range groups {
		s.Blank()
		s.Show("", Plain, group.Title)
		for _, r := range group.Rows {
			label := strings.Repeat(" ", indent) + Safe(r.Label)
			if beside {
				s.Item(label+strings.Repeat(" ", column-displaywidth.String(label)), Plain, r.Value)
				continue
			}
			s.Line(label)
			s.Show(strings.Repeat(" ", 2*indent), Plain, r.Value)
		}
	}
}

// Options prints numbered options, a long list of them in columns.
func (s Screen) Options(labels []string) {
	const indent, gap, few = 2, 3, 8
	number := func(i int) string { return fmt.Sprintf("%*d  ", len(strconv.Itoa(len(labels))), i+1) }
	cell := 0
	for i, label := range labels {
		cell = max(cell, displaywidth.String(number(i)+Safe(label))+gap)
	}
	columns := 1
	if len(labels) > few {
		columns = max(1, (s.width()-indent+gap)/cell)
	}
	if columns == 1 {
		for i, label := range labels {
			s.Show(strings.Repeat(" ", indent)+number(i), Plain, label)
		}
		return
	}
	height := (len(labels) + columns - 1) / columns
	for top := range height {
		line := strings.Repeat(" ", indent)
		for i := top; i < len(labels); i += height {
			line += s.render(Accent, number(i)) + Safe(labels[i])
			if i+height < len(labels) {
				line += strings.Repeat(" ", cell-displaywidth.String(number(i)+Safe(labels[i])))
			}
		}
		fmt.Fprintln(s.Out, line)
	}
}

// Command prints a command to copy. Where it doesn't fit, the shell continues it on the next line.
func (s Screen) Command(words ...string) {
	const indent = "     "
	line := indent + words[0]
	for _, word := range words[1:] {
		if longer := line + " " + word; shellBreak == "" || displaywidth.String(longer+shellBreak) <= s.width() {
			line = longer
			continue
		}
		s.Line(line + shellBreak)
		line = indent + "  " + word
	}
	s.Line(line)
}

// Line prints a text as it is: what people copy must not be broken.
func (s Screen) Line(words string) { fmt.Fprintln(s.Out, s.render(Plain, words)) }

// NoBreak is a space at which no line ends.
const NoBreak = '\u00a0'

// wrap breaks a text into lines of at most width columns, between words if it can.
func wrap(words string, width int) []string {
	var lines []string
	for paragraph := range strings.SplitSeq(words, "\n") {
		line, used := "", 0
		for word := range strings.FieldsFuncSeq(paragraph, func(r rune) bool { return unicode.IsSpace(r) && r != NoBreak }) {
			word = strings.ReplaceAll(word, string(NoBreak), " ")
			size := displaywidth.String(word)
			if used > 0 && used+1+size > width {
				lines, line, used = append(lines, line), "", 0
			}
			if used > 0 {
				line, used = line+" ", used+1
			}
			for size > width && used == 0 {
				head := displaywidth.TruncateString(word, width, "")
				if head == "" { // not even one character fits
					break
				}
				lines, word = append(lines, head), word[len(head):]
				size = displaywidth.String(word)
			}
			line, used = line+word, used+size
		}
		lines = append(lines, line)
	}
	return lines
}
