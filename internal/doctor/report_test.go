package doctor_test

import (
	"strings"
	"testing"

	"opentrain-mcp/internal/doctor"
	"opentrain-mcp/internal/screen"
)

// TestReport: programs get a line per check. People get lines that fit, and commands that are whole.
func TestReport(t *testing.T) {
	t.Parallel()
	checks := []doctor.Check{
		{Name: "program", Status: doctor.OK, Detail: "version 1"},
		{Name: "host zed", Status: doctor.Fail, Detail: "/gone/opentrain-mcp is gone", Fix: "Update the entry:\nopentrain-mcp install zed"},
		{Name: "token", Status: doctor.Warn, Detail: "two tokens", Fix: "Remove one."},
		{Name: "hosts", Status: doctor.Note, Detail: "not in goose", Fix: "To add it:\nopentrain-mcp install goose"},
	}
	for width, want := range map[int]string{
		0: `ok    program: version 1
FAIL  host zed: /gone/opentrain-mcp is gone
      Fix: Update the entry:
      opentrain-mcp install zed
warn  token: two tokens
      Fix: Remove one.
note  hosts: not in goose
      To add it:
      opentrain-mcp install goose

1 problem, 1 warning.
`,
		24: `ok    program: version 1
FAIL  host zed:
      /gone/opentrain-mc
      p is gone
      Fix: Update the
      entry:
        opentrain-mcp install zed
warn  token: two tokens
      Fix: Remove one.
note  hosts: not in
      goose
      To add it:
        opentrain-mcp install goose

1 problem, 1 warning.
`,
	} {
		var out strings.Builder
		report := doctor.Report{Screen: screen.Screen{Out: &out}}
		if width > 0 {
			report.Screen.Width = func() int { return width }
		}
		for _, check := range checks {
			report.Show(check)
		}
		if report.Sum(); out.String() != want {
			t.Errorf("%d columns:\n%s", width, out.String())
		}
	}
	var out strings.Builder
	report := doctor.Report{Screen: screen.Screen{Out: &out}}
	if report.Sum(); out.String() != "\nEverything that was checked works.\n" {
		t.Error(out.String())
	}
}
