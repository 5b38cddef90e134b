package acceptance_test

import (
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

const (
	monospace = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"
	sans      = "system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif"
)

// recording is a picture of a terminal in which a program runs. Browsers play it; elsewhere, and for people who want less
// motion, it shows the first screen.
type recording struct {
	body    strings.Builder
	moments []moment
	line    int // of the next text, from 0
}

// moment is when something appears.
type moment struct {
	at          float64 // seconds from the start
	from, lines int     // lines before it and from then on
}

const (
	charWidth, lineHeight = 8.4, 20.0
	margin, titleBar      = 16.0, 34.0
	screenLines           = 26
	firstStep             = 17 // the line before which everything is there from the start
)

// terminalPicture draws the output of a program in a terminal with so many columns.
func terminalPicture(t *testing.T, output string, columns int) string {
	t.Helper()
	r, blank := &recording{moments: []moment{{}}}, true
	lines := strings.Split(strings.TrimRight(output, "\n"), "\n")
	for _, line := range lines {
		runs := styledRuns(t, line)
		// What stands after a blank line and begins with a style is a new step.
		if blank && r.line > firstStep && len(runs) > 0 && runs[0].class != "" {
			r.wait(1 + 0.2*float64(r.line-r.last().from))
		}
		column := 0
		for i, run := range runs {
			if i > 0 && run.class == "" && strings.HasSuffix(runs[i-1].text, ": ") { // a person types the answer
				r.last().lines = r.line + 1
				r.wait(1.6)
				run.class = "a"
			}
			r.text(run, column)
			column += utf8.RuneCountInString(run.text)
		}
		blank = len(runs) == 0
		r.line++
		r.last().lines = r.line
	}
	r.wait(6)
	return r.svg(columns)
}

func (r *recording) last() *moment { return &r.moments[len(r.moments)-1] }

// wait lets time pass before what comes next.
func (r *recording) wait(seconds float64) {
	r.moments = append(r.moments, moment{r.last().at + seconds, r.last().lines, r.last().lines})
}

// text writes a run of characters. Its length is set, because the widths of fonts differ.
func (r *recording) text(run styledRun, column int) {
	trimmed := strings.TrimLeft(run.text, " ")
	column += len(run.text) - len(trimmed)
	trimmed = strings.TrimRight(trimmed, " ")
	if trimmed == "" {
		return
	}
	classes := strings.TrimSpace(run.class + " " + r.step())
	fmt.Fprintf(&r.body, `<text x="%.1f" y="%.0f" textLength="%.1f"`, margin+charWidth*float64(column),
		lineHeight*float64(r.line)+15, charWidth*float64(utf8.RuneCountInString(trimmed)))
	if classes != "" {
		fmt.Fprintf(&r.body, ` class="%s"`, classes)
	}
	fmt.Fprintf(&r.body, ">%s</text>\n", html.EscapeString(trimmed))
}

// step is the class of what appears at the last moment.
func (r *recording) step() string {
	if n := len(r.moments) - 1; n > 0 {
		return fmt.Sprintf("s s%d", n)
	}
	return ""
}

func (r *recording) svg(columns int) string {
	width, height := 2*margin+charWidth*float64(columns), titleBar+lineHeight*screenLines+margin
	all := r.last().at
	share := func(e moment) string { return fmt.Sprintf("%.2f%%", 100*e.at/all) }
	var b, scroll strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" role="img">
<title>The demo in a terminal: a job description becomes a live job</title>
<style>
text{font:14px %s;fill:#e6edf3;white-space:pre}
.b{font-weight:700}.m{font-weight:700;fill:#e09bff}.a{fill:#7ee787}
@media (prefers-reduced-motion:no-preference){
.s,#all{animation:%.1fs step-end infinite}
`, width, height, width, height, monospace, all)
	for i, e := range r.moments[:len(r.moments)-1] {
		if i > 0 {
			fmt.Fprintf(&b, ".s%d{animation-name:s%d}@keyframes s%d{0%%{opacity:0}%s,100%%{opacity:1}}\n", i, i, i, share(e))
		}
		fmt.Fprintf(&scroll, "%s{transform:translateY(%.0fpx)}", share(e), -lineHeight*float64(max(0, e.lines-screenLines)))
	}
	fmt.Fprintf(&b, `#all{animation-name:all}@keyframes all{%s}
}
</style>
<rect x=".5" y=".5" width="%.0f" height="%.0f" rx="8" fill="#0d1117" stroke="#484f58"/>
<circle cx="20" cy="18" r="5" fill="#484f58"/><circle cx="38" cy="18" r="5" fill="#484f58"/><circle cx="56" cy="18" r="5" fill="#484f58"/>
<svg y="%.0f" width="%.0f" height="%.0f"><g id="all">
`, scroll.String(), width-1, height-1, titleBar, width, lineHeight*screenLines)
	return b.String() + r.body.String() + "</g></svg>\n</svg>\n"
}

// styledRun is text in one style: "" for plain, "b" for bold, "m" for bold and in color.
type styledRun struct{ class, text string }

// styledRuns reads a line with the sequences that the demo uses.
func styledRuns(t *testing.T, line string) (runs []styledRun) {
	t.Helper()
	classes := map[string]string{"0": "", "1": "b", "1;95": "m"}
	for part := range strings.SplitSeq("\x1b[0m"+line, "\x1b[") {
		code, text, styled := strings.Cut(part, "m")
		if part == "" {
			continue
		}
		class, known := classes[code]
		if !styled || !known {
			t.Fatalf("unknown sequence in %q", line)
		}
		if text != "" {
			runs = append(runs, styledRun{class, text})
		}
	}
	return runs
}

// formPicture draws a form as a host shows it, with these answers selected.
func formPicture(t *testing.T, request string, answers []string) string {
	t.Helper()
	const width, left, options = 520.0, 24.0, 26.0
	message, fields := questions(t, request)
	var b strings.Builder
	y := 40.0
	write := func(class, words string, x, columns float64) {
		for _, line := range wrapped(words, int(columns)) {
			fmt.Fprintf(&b, `<text x="%.0f" y="%.0f" class="%s">%s</text>`+"\n", x, y, class, html.EscapeString(line))
			y += 21
		}
	}
	write("b", "opentrain requests your input", left, 60)
	y += 6
	write("t", message, left, 56)
	for _, q := range fields {
		y += 16
		write("b", q.Title, left, 60)
		write("q", q.Description, left, 60)
		y += 4
		for _, option := range q.OneOf {
			ring, dot := "#8b949e", ""
			if slices.Contains(answers, option.Const) {
				ring = "#0969da"
				dot = fmt.Sprintf(`<circle cx="%.0f" cy="%.0f" r="4" fill="%s"/>`, left+8, y-5, ring)
			}
			fmt.Fprintf(&b, `<circle cx="%.0f" cy="%.0f" r="7.5" fill="#fff" stroke="%s" stroke-width="1.5"/>%s`, left+8, y-5, ring, dot)
			fmt.Fprintf(&b, `<text x="%.0f" y="%.0f" class="t">%s</text>`+"\n", left+options, y, html.EscapeString(option.Title))
			y += 25
		}
		if len(q.OneOf) == 0 {
			t.Fatalf("the picture can't show %s", q.key)
		}
	}
	fmt.Fprintf(&b, `<rect x="%.0f" y="%.0f" width="92" height="34" rx="6" fill="#0969da"/><text x="%.0f" y="%.0f" class="w">Submit</text>
<rect x="%.0f" y="%.0f" width="92" height="34" rx="6" fill="#fff" stroke="#8b949e"/><text x="%.0f" y="%.0f" class="c">Decline</text>
`, left, y, left+46, y+22, left+104, y, left+150, y+22)
	height := y + 34 + 24
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" role="img">
<title>A form with the draft's open questions, as a host shows it</title>
<style>
text{font:15px %s;fill:#1f2328}
.b{font-weight:600}.q{fill:#59636e}.w{fill:#fff;text-anchor:middle;font-weight:600}.c{text-anchor:middle}
</style>
<rect x=".5" y=".5" width="%.0f" height="%.0f" rx="10" fill="#fff" stroke="#8b949e"/>
%s</svg>
`, width, height, width, height, sans, width-1, height-1, b.String())
}

// wrapped breaks words into lines of so many characters.
func wrapped(words string, columns int) []string {
	breaks := regexp.MustCompile(fmt.Sprintf(`(.{1,%d})(?:\s+|$)`, columns))
	var lines []string
	for _, match := range breaks.FindAllStringSubmatch(words, -1) {
		lines = append(lines, match[1])
	}
	return lines
}
