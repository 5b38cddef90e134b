package doctor_test

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"opentrain-mcp/internal/doctor"
	"opentrain-mcp/opentrain/sandbox"
)

// TestOneProblem: what is wrong in one place is one problem, and a token of an entry is an account.
func TestOneProblem(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("modes of files")
	}
	for name, test := range map[string]struct {
		breaks func(m *machine)
		failed string
		absent string
	}{
		"a broken cli.json": {func(m *machine) {
			m.entry("serve", "XDG_CONFIG_HOME="+filepath.Join(m.home, "config"))
			m.write("config/opentrain/cli.json", "{")
		}, "token", "two different"},
		"an entry's token": {func(m *machine) { m.entry("serve", "OT_API_TOKEN=ot_pat_secret") }, "account of host cursor", "no account is set up"},
		"a token file that is gone": {func(m *machine) {
			m.cfg.Source.TokenFile = "/gone/token"
			m.save(map[string]string{"apiToken": "ot_pat_secret"})
		}, "token", "two different"},
	} {
		m := newMachine(t)
		test.breaks(m)
		var failed []string
		checks := m.examine()
		for _, check := range checks {
			if check.Status == doctor.Fail {
				failed = append(failed, check.Name)
			}
		}
		if strings.Join(failed, ", ") != test.failed || strings.Contains(fmt.Sprint(checks), test.absent) {
			t.Errorf("%s: %v", name, checks)
		}
	}
}

// TestFieldsLeftEmpty: a variable that the server ignores is no problem, whatever else is set.
func TestFieldsLeftEmpty(t *testing.T) {
	t.Parallel()
	for name, setUp := range map[string]func(*machine){
		"an account":   func(m *machine) { m.save(map[string]string{"apiToken": sandbox.DemoToken}) },
		"only sandbox": func(m *machine) { m.entry("serve", "OPENTRAIN_MCP_SANDBOX=yes") },
	} {
		m := newMachine(t)
		m.env["OPENTRAIN_PERSONAL_API_TOKEN"] = "${user_config.token}"
		setUp(m)
		unneeded := false
		for _, check := range m.examine() {
			if check.Status == doctor.Fail {
				t.Errorf("%s: %+v", name, check)
			}
			unneeded = unneeded || strings.Contains(check.Detail, "every host uses the sandbox")
		}
		if unneeded != (name == "only sandbox") {
			t.Errorf("%s: the network was checked, or not, by mistake", name)
		}
	}
}
