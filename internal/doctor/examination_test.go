package doctor_test

import (
	"context"
	"strings"
	"testing"

	"opentrain-mcp/internal/doctor"
	"opentrain-mcp/opentrain/sandbox"
)

// TestNothingSetUp: that is no failure, and the next steps are named.
func TestNothingSetUp(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.write(".gemini/settings.json", "{}")
	fixes := ""
	for _, check := range m.examine() {
		if fixes += check.Fix + "\n"; check.Status == doctor.Fail || check.Status == doctor.Warn {
			t.Errorf("%+v", check)
		}
	}
	for _, want := range []string{"opentrain-mcp install gemini\n", "opentrain-mcp login\n"} {
		if !strings.Contains(fixes, want) {
			t.Errorf("%q is not in %s", want, fixes)
		}
	}
}

// TestAllWell: with everything set up, every check is ok. The sandbox needs neither account nor network.
func TestAllWell(t *testing.T) {
	t.Parallel()
	for _, offline := range []bool{false, true} {
		m := newMachine(t)
		m.entry("serve", "XDG_CONFIG_HOME=${XDG_CONFIG_HOME}")
		m.save(map[string]string{"apiToken": sandbox.DemoToken})
		m.env["NO_PROXY"], m.env["HTTP_PROXY"], m.env["OPENTRAIN_MCP_TOOLSETS"] = "127.0.0.1", "http://127.0.0.1:1", "all"
		m.cfg.Sandbox, m.cfg.Host = offline, "cursor"
		names := ""
		for _, check := range m.examine() {
			if names += check.Name + " "; check.Status != doctor.OK {
				t.Errorf("%+v", check)
			}
		}
		want := "program settings host cursor token proxy network clock account "
		if offline {
			want = "program settings host cursor token "
		}
		if names != want {
			t.Errorf("checked %s, want %s", names, want)
		}
	}
}

// TestInterrupted: a signal ends the checks.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.entry("log")
	ctx, cancel := context.WithCancel(t.Context())
	doctor.Run(ctx, m.cfg, func(doctor.Check) { cancel() })
	if ctx.Err() == nil {
		t.Error("nothing was checked")
	}
}
