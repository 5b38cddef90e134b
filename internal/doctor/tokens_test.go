package doctor_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"opentrain-mcp/internal/doctor"
	"opentrain-mcp/opentrain/sandbox"
)

// TestEntriesOwnAddress: network and account are checked where each host's server calls, which isn't this shell's address. No
// token of an entry goes there.
func TestEntriesOwnAddress(t *testing.T) {
	t.Parallel()
	const token = "OT_API_TOKEN=" + sandbox.DemoToken
	box := sandbox.New(sandbox.Config{})
	other, usual := httptest.NewServer(box), httptest.NewServer(box)
	shell := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("a token went to this shell's address")
		}
		box.ServeHTTP(w, r)
	}))
	for _, server := range []*httptest.Server{other, usual, shell} {
		t.Cleanup(server.Close)
	}
	well := func(address string) []string {
		return []string{"ok network of host cursor: " + address, "ok clock of host cursor: ", "ok account of host cursor: "}
	}
	for name, test := range map[string]struct {
		environ []string // of the entry
		want    []string // "status check: the beginning of the detail"
	}{
		"its own": {[]string{"OPENTRAIN_API_BASE_URL=" + other.URL, token}, well(other.URL + " (OPENTRAIN_API_BASE_URL in FILE) answers")},
		"its second variable": {
			[]string{"OPENTRAIN_API_BASE_URL=", "OT_API_BASE_URL=" + other.URL, token}, well(other.URL + " (OT_API_BASE_URL in FILE) answers"),
		},
		"none": {[]string{"OPENTRAIN_API_BASE_URL=", token}, well("https://app.opentrain.ai (the default) answers")},
		"its shared file's": {
			[]string{"OPENTRAIN_API_BASE_URL=", "XDG_CONFIG_HOME=HOME/else"}, well(other.URL + " (baseUrl in the file HOME/else/opentrain/cli.json)"),
		},
		"a wrong token": {[]string{"OPENTRAIN_API_BASE_URL=" + other.URL, "OT_API_TOKEN=ot_pat_wrong"}, []string{
			"ok network of host cursor: ", "ok clock of host cursor: ", "fail account of host cursor: OpenTrain rejects the token from OT_API_TOKEN in FILE",
		}},
		"not an address": {[]string{"OPENTRAIN_API_BASE_URL=ftp://a", token}, []string{"fail network of host cursor: "}},
		"left open": {[]string{"OPENTRAIN_API_BASE_URL=${NONE}", token}, []string{
			"note network of host cursor: not checked, nor its account: this shell has no value for OPENTRAIN_API_BASE_URL in FILE",
		}},
	} {
		for address, mine := range map[string][]string{"": nil, shell.URL: {"ok network: " + shell.URL, "ok clock: "}} {
			m := newMachine(t)
			if m.usual, m.cfg.BaseURL = usual, address; address == "" {
				m.cfg.BaseURLFrom = ""
			}
			m.write("else/opentrain/cli.json", encode(t, map[string]string{"apiToken": sandbox.DemoToken, "baseUrl": other.URL}))
			file := m.entry("serve", strings.Split(strings.ReplaceAll(strings.Join(test.environ, "\n"), "HOME/", m.home+"/"), "\n")...)
			got := []string{}
			for _, check := range m.examine() {
				if kind, _, _ := strings.Cut(check.Name, " "); kind == "network" || kind == "clock" || kind == "account" {
					detail := strings.NewReplacer(file, "FILE", m.home, "HOME").Replace(check.Detail)
					got = append(got, fmt.Sprintf("%s %s: %s", check.Status, check.Name, detail))
				}
			}
			want := slices.Concat(mine, test.want)
			if name == "none" && address == "" { // the same as this shell's
				want = []string{"ok network: https://app.opentrain.ai (the default) answers", "ok clock: ", "ok account of host cursor: "}
			}
			if !slices.EqualFunc(got, want, strings.HasPrefix) {
				t.Errorf("%s, with %q in this shell: got %q, want %q", name, address, got, want)
			}
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
