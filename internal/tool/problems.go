package tool

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

func (t Tool) explainArguments(served Served, bad *schema.ArgumentError) *Failure {
	next := t.fixArguments()
	problems := Map(bad.Problems, func(p schema.Problem) schema.Problem {
		p.Message = cmp.Or(served.Text(p.Message), "is invalid")
		return p
	})
	f := &Failure{Code: opentrain.CodeInvalidArgument, Details: map[string]any{"problems": detailed(problems)}, cause: bad, Next: &next}
	f.say("Invalid arguments; nothing was sent. Fix these and call %s again:", t.Name)
	f.sayProblems(problems, maxArgumentsText-utf8.RuneCountInString(f.tail()))
	return f
}

// sayProblems adds a line for each problem, as far as they fit into a text of limit characters: every problem comes
// before a list of allowed values, and each list stands once.
func (f *Failure) sayProblems(problems []schema.Problem, limit int) {
	const reserve = len("- and 1000 more\n")
	room := limit - utf8.RuneCountInString(strings.Join(f.lines, "\n")) - reserve
	var lines []string
	for _, problem := range problems {
		line := "- " + text.Clean(problem.Short(), 1000)
		size := utf8.RuneCountInString(line) + 1
		if size > room {
			break
		}
		lines, room = append(lines, line), room-size
	}
	for i, problem := range problems[:len(lines)] {
		sameList := func(earlier schema.Problem) bool { return slices.Equal(earlier.Allowed, problem.Allowed) }
		if len(problem.Allowed) == 0 || slices.ContainsFunc(problems[:i], sameList) {
			continue // it was listed above
		}
		free := room + utf8.RuneCountInString(lines[i])
		if long := withValues(problem, free-len("- ")); long != "" {
			lines[i], room = "- "+long, free-len("- ")-utf8.RuneCountInString(long)
		}
	}
	f.lines = append(f.lines, lines...)
	if more := len(problems) - len(lines); more > 0 {
		f.say("- and %d more", more)
	}
}

// withValues is a problem with its allowed values: all of them, or as many whole ones as fit into a number of characters.
// It is "" when none fits.
func withValues(problem schema.Problem, room int) string {
	const reserve = len(" and 100000 more values")
	values := text.CleanAll(problem.Allowed, len(problem.Allowed), 1000)
	room -= utf8.RuneCountInString(problem.WithList(""))
	length := func(value string) int { return utf8.RuneCountInString(value) + len(", ") }
	all := 0
	for _, value := range values {
		all += length(value)
	}
	list, fit := "", len(values)
	if all > room {
		for fit, room = 0, room-reserve; length(values[fit]) <= room; fit++ {
			room -= length(values[fit])
		}
		list = " and " + text.Count(len(values)-fit, "more value")
	}
	if fit == 0 {
		return ""
	}
	return text.Clean(problem.WithList(strings.Join(values[:fit], ", ")+list), maxArgumentsText)
}

// detailed are the problems for programs. Problems and values that don't fit are left out whole.
func detailed(problems []schema.Problem) []schema.Problem {
	room, shown := maxDetails, []schema.Problem{}
	for _, problem := range problems {
		clean := schema.Problem{Path: text.Clean(problem.Path, 200), Message: text.Clean(problem.Advised(), 1000)}
		if room -= text.Length(clean) + len(`,"allowed":[]`); room < 0 {
			break
		}
		for _, value := range text.CleanAll(problem.Allowed, len(problem.Allowed), 1000) {
			if room -= text.Length(value) + 1; room < 0 {
				break
			}
			clean.Allowed = append(clean.Allowed, value)
		}
		shown = append(shown, clean)
	}
	return shown
}
