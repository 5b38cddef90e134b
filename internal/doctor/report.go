package doctor

import (
	"fmt"
	"strings"

	"opentrain-mcp/internal/screen"
	"opentrain-mcp/internal/text"
)

// Report shows checks to a person, and counts them.
type Report struct {
	Screen screen.Screen
	counts map[Status]int
}

// indent is how far texts are from the edge: the marks are before them.
const indent = "      "

// Show prints a check: one line for what was found, and what to do about it.
func (r *Report) Show(check Check) {
	if r.counts == nil {
		r.counts = map[Status]int{}
	}
	r.counts[check.Status]++
	mark := fmt.Sprintf("%-*s", len(indent), check.Status)
	if check.Status == Fail {
		mark = strings.ToUpper(mark)
	}
	words, fix := check.Name+": "+strings.ReplaceAll(check.Detail, "\n", " "), check.Fix
	if check.Status != OK && check.Status != Note && fix != "" {
		fix = "Fix: " + fix
	}
	r.Screen.Tell(mark, map[Status]screen.Style{OK: screen.Good, Warn: screen.Accent, Fail: screen.Bad}[check.Status], words)
	what, commands, _ := strings.Cut(fix, "\n")
	if what != "" {
		r.Screen.Tell(indent, screen.Plain, what)
	}
	before := indent
	if r.Screen.Terminal() {
		before += "  "
	}
	for command := range strings.Lines(commands) {
		r.Screen.Line(before + strings.TrimSuffix(command, "\n")) // whole: people copy it
	}
}

// Sum prints how it went.
func (r *Report) Sum() {
	var parts []string
	if failed := r.counts[Fail]; failed > 0 {
		parts = append(parts, text.Count(failed, "problem"))
	}
	if warned := r.counts[Warn]; warned > 0 {
		parts = append(parts, text.Count(warned, "warning"))
	}
	r.Screen.Blank()
	if len(parts) == 0 {
		r.Screen.Show("", screen.Plain, "Everything that was checked works.")
		return
	}
	r.Screen.Show("", screen.Bold, text.Capitalize(strings.Join(parts, ", "))+".")
}
