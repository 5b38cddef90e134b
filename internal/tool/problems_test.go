package tool_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"opentrain-mcp/internal/tool"
	"opentrain-mcp/schema"
)

func explained(problems []schema.Problem) *tool.Failure {
	return tool.Runner{}.Explain(named(tool.CloseJob, tool.KindClose), tool.Call{}, nil, &schema.ArgumentError{Problems: problems})
}

func values(n, length int) []string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("VALUE_%0*d", length-len("VALUE_"), i))
	}
	return all
}

// TestInvalidArgumentsAreAllNamed: each problem has a line, each list of values stands once.
func TestInvalidArgumentsAreAllNamed(t *testing.T) {
	few, many := values(40, 20), values(60, 20)
	var problems []schema.Problem
	for i := range 20 {
		problems = append(problems, schema.Problem{Path: fmt.Sprintf("p%d", i), Message: "is secret"})
	}
	problems[1].Allowed, problems[2].Allowed, problems[3].Allowed = few, many, few
	failure := explained(problems)
	got := failure.Text()
	for _, want := range []string{
		"- p0 is secret\n- p1 is secret: " + strings.Join(few, ", ") + "\n- p2 is secret: " + strings.Join(many, ", ") +
			"\n- p3 is secret\n- p4 is secret\n", "- p19 is secret\n\nNext: fix",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	if log := failure.Error(); strings.Contains(log, "secret") || !strings.HasSuffix(log, ", p19") || failure.Next.By != "agent" {
		t.Errorf("the log has %q", log)
	}
}

// TestInvalidArgumentsFit: what is too long is left out in whole lines and values, in the text and in the details.
func TestInvalidArgumentsFit(t *testing.T) {
	problem := func(i, length int, allowed []string) schema.Problem {
		return schema.Problem{Path: fmt.Sprintf("p%d", i), Message: strings.Repeat("m", length), Allowed: allowed}
	}
	var lines []schema.Problem
	for i := range 50 {
		lines = append(lines, problem(i, 200, nil))
	}
	listed := []schema.Problem{problem(0, 9, []string{"EXPERT", "ENTRY_LEVEL"})}
	for i := range 30 {
		listed = append(listed, problem(i+1, 900, nil))
	}
	for name, test := range map[string]struct {
		problems []schema.Problem
		want     string
	}{
		"a list, and a line too many":  {listed, ": EXPERT, ENTRY_LEVEL\n- p1: mmm"},
		"many problems":                {lines, "\n- and "},
		"a list that is too long":      {[]schema.Problem{problem(0, 9, values(3000, 20)), problem(1, 9, nil)}, " more values\n- p1: mmm"},
		"two lists, of which one fits": {[]schema.Problem{problem(0, 9, values(130, 20)), problem(1, 9, values(131, 20))}, ", VALUE_00000000000129\n- p1: mmm"},
		"a value that is too long":     {[]schema.Problem{problem(0, 9, []string{strings.Repeat("v", 5000), "x"})}, "- p0: mmm"},
		"values with line breaks":      {[]schema.Problem{problem(0, 9, []string{"a\nb\u202e"})}, ": a b\n"},
	} {
		failure := explained(test.problems)
		got := failure.Text()
		if n := utf8.RuneCountInString(got); n > 4000 || !strings.Contains(got, test.want) || !strings.Contains(got, "\n\nNext: fix") {
			t.Errorf("%s: %d characters:\n%s", name, n, got)
		}
		data, err := json.Marshal(failure.Details)
		if err != nil || utf8.RuneCount(data) > 15_100 {
			t.Errorf("%s: %d characters of details, %v", name, utf8.RuneCount(data), err)
		}
		var details struct{ Problems []schema.Problem }
		if err := json.Unmarshal(data, &details); err != nil || len(details.Problems) == 0 {
			t.Fatalf("%s: %s, %v", name, data, err)
		}
		for i, shown := range details.Problems {
			given := test.problems[i]
			cut := func(value string) bool {
				return !slices.Contains(given.Allowed, value) && value != "a b" && !strings.HasSuffix(value, "v…")
			}
			if shown.Path != given.Path || shown.Message != given.Message || slices.ContainsFunc(shown.Allowed, cut) {
				t.Errorf("%s: %+v", name, shown)
			}
		}
	}
}
