package tools

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// plain makes a text from outside safe to show a model: one line, without
// invisible, bidirectional and tag characters, at most limit characters.
func plain(text string, limit int) string {
	var b strings.Builder
	space, length := false, 0
	for _, r := range text {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r):
			space = true
			continue
		case hidden(r):
			continue
		}
		if length >= limit {
			return b.String() + "…"
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
			length++
		}
		space = false
		b.WriteRune(r)
		length++
	}
	return b.String()
}

// hidden reports whether a character shows nothing by itself: what it carries
// would be read by a model and seen by nobody.
func hidden(r rune) bool {
	return r > unicode.MaxASCII && unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) || r == utf8.RuneError
}

// link cleans an address; one that would have to be cut leads nowhere and is
// left out.
func link(address string) string {
	const longest = 500
	if clean := plain(address, longest+1); len(clean) <= longest {
		return clean
	}
	return ""
}

// cursor passes a cursor on as it came, unless it is longer than a tool takes.
func cursor(next string) string {
	if len(next) > maxCursor {
		return ""
	}
	return next
}

// maxCursor is the longest cursor that tools take, as their schemas say.
const maxCursor = 2000

// plainAll cleans the first entries of a list as plain does.
func plainAll(texts []string, entries, limit int) []string {
	clean := make([]string, 0, min(len(texts), entries))
	for _, text := range texts[:min(len(texts), entries)] {
		clean = append(clean, plain(text, limit))
	}
	return clean
}

// paragraphs cleans a text as plain does, but keeps its lines; of several empty
// lines one is left.
func paragraphs(text string, limit int) string {
	var lines []string
	for line := range strings.Lines(strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "\u0085", "\n").Replace(text)) {
		line = plain(line, limit)
		if line != "" || len(lines) > 0 && lines[len(lines)-1] != "" {
			lines = append(lines, line)
		}
	}
	return clip(strings.TrimSpace(strings.Join(lines, "\n")), limit)
}

// page collects the lines of a result's text. Each stays one line, so that no
// text from outside can pose as another.
type page struct{ lines []string }

func (p *page) line(format string, args ...any) {
	p.lines = append(p.lines, oneLine(fmt.Sprintf(format, args...)))
}

// say adds "name: value", unless there is no value.
func (p *page) say(name, value string) {
	if value != "" {
		p.line("%s: %s", name, value)
	}
}

// sayAll adds a line for each value.
func (p *page) sayAll(name string, values []string) {
	for _, value := range values {
		p.say(name, value)
	}
}

// quote adds a text of several lines, each marked as quoted.
func (p *page) quote(name, text string) {
	if text == "" {
		return
	}
	p.line("%s:", name)
	for line := range strings.SplitSeq(text, "\n") {
		p.line("> %s", line)
	}
}

// remarks adds a line for each remark.
func (p *page) remarks(name string, remarks []Remark) {
	for _, remark := range remarks {
		p.say(name, remark.line())
	}
}

// alsoMissing adds the questions after the first, which is the next step.
func (p *page) alsoMissing(questions []Question) {
	if len(questions) < 2 {
		return
	}
	p.line("These may be asked along with the next question, and all answers patched in one call:")
	for _, question := range questions[1:] {
		p.say("Also missing", question.line())
	}
}

// text returns the lines alone.
func (p *page) text() string { return strings.Join(p.lines, "\n") + "\n" }

// end returns the text, with the next step in its last lines.
func (p *page) end(next Next) string {
	return strings.Join(p.lines, "\n") + "\n\n" + next.Text()
}

// oneLine turns line breaks into spaces and drops other control characters.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\r', r == '\t', r == '\v', r == '\f', r == '\u0085', r == '\u2028', r == '\u2029':
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, text)
}

// counted puts a number before a noun.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
