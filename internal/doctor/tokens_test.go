package doctor_test

import (
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"opentrain-mcp/internal/doctor"
	"opentrain-mcp/opentrain/sandbox"
)

// TestEntriesOwnAddress: network and account are checked where each host's server calls, and what isn't checked is said.
func TestEntriesOwnAddress(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(sandbox.New(sandbox.Config{}))
	t.Cleanup(other.Close)
	for name, test := range map[string]struct {
		shell   bool     // this shell names an address that doesn't answer
		environ []string // of the entry
		want    []string // "status check: the beginning of the detail"
	}{
		"all is well": {false, []string{"OPENTRAIN_API_BASE_URL=" + other.URL, "OT_API_TOKEN=" + sandbox.DemoToken}, []string{
			"ok network of host cursor: " + other.URL + " (OPENTRAIN_API_BASE_URL in FILE) answers", "ok clock of host cursor: ", "ok account of host cursor: ",
		}},
		"a wrong token": {false, []string{"OPENTRAIN_API_BASE_URL=" + other.URL, "OT_API_TOKEN=ot_pat_wrong"}, []string{
			"ok network of host cursor: ", "ok clock of host cursor: ", "fail account of host cursor: OpenTrain rejects the token from OT_API_TOKEN in FILE",
		}},
		"this shell's differs": {true, []string{"OPENTRAIN_API_BASE_URL=", "OT_API_BASE_URL=" + other.URL, "OT_API_TOKEN=ot_pat_wrong"}, []string{
			"fail network: http://127.0.0.1:1 ", "ok network of host cursor: ", "ok clock of host cursor: ", "fail account of host cursor: ",
		}},
		"not an address": {false, []string{"OPENTRAIN_API_BASE_URL=ftp://a", "OT_API_TOKEN=ot_pat_wrong"}, []string{"fail network of host cursor: "}},
		"left open": {false, []string{"OPENTRAIN_API_BASE_URL=${NONE}", "OT_API_TOKEN=ot_pat_wrong"}, []string{
			"note network of host cursor: not checked, nor its account: this shell has no value for OPENTRAIN_API_BASE_URL in FILE",
		}},
		"only this shell's": {true, []string{"OPENTRAIN_API_BASE_URL=", "OT_API_TOKEN=ot_pat_wrong"}, []string{
			"fail network: http://127.0.0.1:1 ", "note network of host cursor: not checked: hosts don't pass on OPENTRAIN_API_BASE_URL, so the server calls " +
				"https://app.opentrain.ai",
		}},
	} {
		m := newMachine(t)
		if m.cfg.BaseURL, m.cfg.BaseURLFrom = "", ""; test.shell {
			m.cfg.BaseURL, m.cfg.BaseURLFrom = "http://127.0.0.1:1", "OPENTRAIN_API_BASE_URL"
		}
		file, got := m.entry("serve", test.environ...), []string{}
		for _, check := range m.examine() {
			if strings.HasPrefix(check.Name, "network") || strings.HasPrefix(check.Name, "clock") || strings.HasPrefix(check.Name, "account") {
				got = append(got, fmt.Sprintf("%s %s: %s", check.Status, check.Name, strings.ReplaceAll(check.Detail, file, "FILE")))
			}
		}
		if !slices.EqualFunc(got, test.want, strings.HasPrefix) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

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
