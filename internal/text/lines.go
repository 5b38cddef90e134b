package text

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
)

// Lines collects the lines of a result. Each stays one line: no text from outside can pose as another.
type Lines struct{ text []byte } // every line with its end

// Add adds a line.
func (l *Lines) Add(format string, args ...any) {
	start := len(l.text)
	l.text = fmt.Appendf(l.text, format, args...)
	l.end(start)
}

// end ends the line that starts at an index.
func (l *Lines) end(start int) {
	if line := l.text[start:]; !isASCII(line) {
		l.text = append(l.text[:start], oneLine(string(line))...)
	}
	l.text = append(l.text, '\n')
}

// Field adds "name: value", unless the value is empty.
func (l *Lines) Field(name, value string) {
	if value == "" {
		return
	}
	start := len(l.text)
	l.text = append(append(append(l.text, name...), ": "...), value...)
	l.end(start)
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
func (l *Lines) String() string { return string(bytes.TrimSuffix(l.text, []byte("\n"))) }

// With ends the lines with a paragraph: a result's next step.
func (l *Lines) With(last string) string { return string(append(append(l.text, '\n'), last...)) }

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
