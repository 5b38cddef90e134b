package text

import (
	"fmt"
	"strings"
	"unicode"
)

// Lines collects the lines of a result. Each stays one line: no text from outside can pose as another.
type Lines struct {
	text strings.Builder
	line []byte // the last one
}

// Add adds a line.
func (l *Lines) Add(format string, args ...any) {
	l.line = fmt.Appendf(l.line[:0], format, args...)
	l.end()
}

// end adds the line that was just written.
func (l *Lines) end() {
	if l.text.Len() > 0 {
		l.text.WriteByte('\n')
	} else {
		l.text.Grow(2 << 10) // enough for most results
	}
	if isASCII(l.line) {
		l.text.Write(l.line)
		return
	}
	l.text.WriteString(oneLine(string(l.line)))
}

// Field adds "name: value", unless the value is empty.
func (l *Lines) Field(name, value string) {
	if value != "" {
		l.line = append(append(append(l.line[:0], name...), ": "...), value...)
		l.end()
	}
}

// Fields adds a line for each value.
func (l *Lines) Fields(name string, values []string) {
	for _, value := range values {
		l.Field(name, value)
	}
}

// Quote adds a text of several lines, each marked as quoted.
func (l *Lines) Quote(name, s string) {
	if s == "" {
		return
	}
	l.Add("%s:", name)
	l.Quoted("", s)
}

// Quoted adds the lines of a text, each marked as quoted after an indent. Nothing adds none.
func (l *Lines) Quoted(indent, s string) {
	if s == "" {
		return
	}
	for line := range strings.SplitSeq(s, "\n") {
		l.Add("%s> %s", indent, line)
	}
}

// String joins the lines.
func (l *Lines) String() string { return l.text.String() }

// With ends the lines with a paragraph: a result's next step, which adds its lines.
func (l *Lines) With(step interface{ AddTo(l *Lines) }) string {
	l.text.WriteByte('\n')
	step.AddTo(l)
	return l.text.String()
}

// oneLine turns line breaks into spaces and drops other control characters.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\r', r == '\t', r == '\v', r == '\f', r == '\u0085', r == '\u2028', r == '\u2029':
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, s)
}
