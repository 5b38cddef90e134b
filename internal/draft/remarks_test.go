package draft

import (
	"fmt"
	"strings"
	"testing"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

func TestAddRemarks(t *testing.T) {
	value := func(s string) []byte { return []byte(text.JSON(s)) }
	for name, test := range map[string]struct {
		remarks []tool.Remark
		want    []string
	}{
		"none": {nil, nil},
		"one":  {[]tool.Remark{{Field: "a", Value: value("x"), Message: "m", Reason: "r"}}, []string{`N: a = "x" — m — r`}},
		"one reason": {
			[]tool.Remark{{Field: "a", Value: value("x"), Reason: "r"}, {Field: "b", Reason: "r"}}, []string{`N: a = "x"; b — r`},
		},
		"the order of their first ones": {
			[]tool.Remark{{Field: "a", Reason: "r"}, {Field: "b", Reason: "s"}, {Field: "c", Reason: "r"}, {Message: "m"}},
			[]string{"N: a; c — r", "N: b — s", "N: m"},
		},
		"the same twice, without a field": {[]tool.Remark{{Message: "m"}, {Message: "m"}}, []string{"N: m"}},
		"a long value among others": {
			[]tool.Remark{{Field: "a", Value: value(strings.Repeat("x", 300)), Reason: "r"}, {Field: "b", Reason: "r"}},
			[]string{`N: a = "` + strings.Repeat("x", 79) + `…"; b — r`},
		},
	} {
		var l text.Lines
		AddRemarks(&l, "N", test.remarks)
		if got := l.String(); got != strings.Join(test.want, "\n") {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, strings.Join(test.want, "\n"))
		}
	}
}

// TestManyUnmappedParts take few lines, which show the ends of their paths.
func TestManyUnmappedParts(t *testing.T) {
	notes := make([]opentrain.Note, 0, 40)
	for i := range 40 {
		path := fmt.Sprintf("%s.part%02d", strings.Repeat("envelope.", 20), i)
		notes = append(notes, opentrain.Note{Path: opentrain.FieldPath(path), ValuePreview: "v", Reason: fmt.Sprintf("reason %d", i%2)})
	}
	var l text.Lines
	AddRemarks(&l, "Not used", Remarks(notes))
	lines := strings.Split(l.String(), "\n")
	if len(lines) != 2 || len(l.String()) > 2*(maxGroup+100) {
		t.Errorf("%d lines, %d bytes:\n%s", len(lines), len(l.String()), l.String())
	}
	for i, line := range lines {
		start, end := fmt.Sprintf(`.part%02d = "v"; …`, i), fmt.Sprintf("; and %d more — reason %d", 20-maxGroup/107, i)
		if !strings.HasPrefix(line, "Not used: …") || !strings.Contains(line, start) || !strings.HasSuffix(line, end) {
			t.Errorf("%q and %q are not in %s", start, end, line)
		}
	}
}

// TestUnusedPartsForPeople have no paths and no keys of the API.
func TestUnusedPartsForPeople(t *testing.T) {
	value := func(s string) []byte { return []byte(text.JSON(s)) }
	for want, group := range map[string][]tool.Remark{
		"“Pay 18 euros.” — not in US dollars":          {{Field: "source.text", Value: value("Pay 18 euros."), Reason: "not in US dollars"}},
		"“A.”; “B.” — no field":                        {{Field: "source.text", Value: value("A."), Reason: "no field"}, {Field: "source.text", Value: value("B."), Reason: "no field"}},
		"Shift plan: “nights” — no field":              {{Field: "job.shiftPlan", Value: value("nights"), Reason: "no field"}},
		"A; B; C; and 2 more parts — r":                {{Field: "a", Reason: "r"}, {Field: "b", Reason: "r"}, {Field: "c", Reason: "r"}, {Field: "d", Reason: "r"}, {Field: "e", Reason: "r"}},
		"A — " + strings.Repeat("word ", 58) + "word…": {{Field: "a", Reason: strings.Repeat("word ", 80)}},
	} {
		if got := unusedLine(group); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	const said = "pricePerHour of $100,000 is unusual for a labelingOverview on an iPhone; see https://x.example/jobTitle?pricePerHour=1."
	if got := pageTypes().withLabels(said); got != "Price per hour of $100,000 is unusual for a Labeling overview on an iPhone; "+
		"see https://x.example/jobTitle?pricePerHour=1." {
		t.Error(got)
	}
}
