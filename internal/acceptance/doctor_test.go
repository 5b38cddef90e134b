package acceptance_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"opentrain-mcp/internal/doctor"
	"opentrain-mcp/opentrain/sandbox"
)

// newPatient is a machine whose API is a sandbox.
func newPatient(t *testing.T) *machine {
	t.Helper()
	m := newMachine(t)
	m.env = append(m.env, "OPENTRAIN_API_BASE_URL="+serveSandbox(t, sandbox.Config{}), "PATH=")
	return m
}

// TestDoctorFindsNothing: a machine with nothing set up has no problem, and neither has one with everything.
func TestDoctorFindsNothing(t *testing.T) {
	t.Parallel()
	m := newPatient(t)
	for _, step := range []struct{ before, doctor, want string }{
		{"", "doctor", "install NAME\nnote  token: no account is set up on this machine yet\n"},
		{"install cursor --sandbox", "doctor --sandbox --host cursor", "\nok    host cursor: starts with 19 tools, in the sandbox ("},
		{"login --token", "doctor", "\nok    account: Sandbox Demo, user_1@example.com; scopes: "},
	} {
		if step.before != "" {
			c := terminal{t, m.env}
			if out, complaint, code := c.run(sandbox.DemoToken, strings.Fields(step.before)...); code != 0 {
				t.Fatal(out, complaint)
			}
		}
		out, log, code := m.run(strings.Fields(step.doctor)...)
		if code != 0 || log != "" || !strings.Contains(out, step.want) || !strings.HasSuffix(out, "\nEverything that was checked works.\n") {
			t.Errorf("%s: code %d\n%s%s", step.doctor, code, out, log)
		}
	}
}

// TestDoctorFindsWhatIsBroken: several problems at once, with the cure of each. No token is shown.
func TestDoctorFindsWhatIsBroken(t *testing.T) {
	t.Parallel()
	m := newPatient(t)
	env := map[string]string{"OPENTRAIN_API_BASE_URL": serveSandbox(t, sandbox.Config{})}
	entry := func(command string, args ...string) string {
		data, err := json.Marshal(map[string]any{"mcpServers": map[string]any{"opentrain": map[string]any{
			"command": command, "args": args, "env": env,
		}}})
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	write(t, filepath.Join(m.home, ".cursor", "mcp.json"), "{")
	write(t, filepath.Join(m.home, ".gemini", "settings.json"), entry(binary, "--nope"))
	write(t, filepath.Join(m.home, ".junie", "mcp", "mcp.json"), entry(filepath.Join(m.home, "opentrain-mcp")))
	shared := filepath.Join(m.home, ".config", "opentrain", "cli.json")
	write(t, shared, `{"apiToken": "ot_pat_secret_1"}`)
	if err := os.Chmod(shared, 0o644); err != nil {
		t.Fatal(err)
	}
	m.env = append(m.env, "OT_API_TOKEN=ot_pat_secret_2", "OPENTRAIN_PERSONAL_API_TOKEN=", "OPENTRAIN_MCP_TIMEOT=3s")
	wants := []string{
		"\nFAIL  host cursor: " + filepath.Join(m.home, ".cursor", "mcp.json") + ", line 1, column 2: the file is incomplete\n      Fix: Correct the file.",
		"\nFAIL  host gemini: " + binary + " ended at once, with exit code 2: there is no flag --nope\n",
		"\n      " + binary + " install gemini\n",
		"\nFAIL  host jetbrains: ", "opentrain-mcp, which doesn't exist\n", "\n      " + binary + " install jetbrains\n",
		"\nFAIL  token: other users of this machine can read or change " + shared, "\n      chmod 600 " + shared + "\n",
		"\nwarn  token: two different tokens are set: the OT_API_TOKEN environment variable wins over the file " + shared,
		"\nFAIL  account: OpenTrain rejects the token from the OT_API_TOKEN environment variable",
		"\nwarn  settings: OPENTRAIN_PERSONAL_API_TOKEN is set but empty", "\n      Fix: Did you mean OPENTRAIN_MCP_TIMEOUT?\n",
		" problems, ", " warnings.\n",
	}
	out, log, code := m.run("doctor")
	for _, want := range wants {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	asJSON, logJSON, codeJSON := m.run("doctor", "--json")
	var checks []doctor.Check
	if err := json.Unmarshal([]byte(asJSON), &checks); err != nil || len(checks) < 8 || code != 1 || codeJSON != 1 || log+logJSON != "" {
		t.Errorf("codes %d and %d, %v\n%s%s\n%s%s", code, codeJSON, err, out, log, asJSON, logJSON)
	}
	if strings.Contains(out+asJSON, "secret") {
		t.Error("a token is shown", out, asJSON)
	}
}

// TestDoctorAndTheNetwork: each obstacle on the way to OpenTrain is named, with the setting to change.
func TestDoctorAndTheNetwork(t *testing.T) {
	t.Parallel()
	tls, _ := secure(t)
	for name, test := range map[string]struct {
		env   []string
		wants []string
	}{
		"nothing listens": {[]string{"OPENTRAIN_API_BASE_URL=http://127.0.0.1:1"}, []string{
			"\nFAIL  network: http://127.0.0.1:1 (OPENTRAIN_API_BASE_URL) can't be used: the host refused the connection\n",
			"\n      unset OPENTRAIN_API_BASE_URL\n",
		}},
		"no proxy": {[]string{"HTTPS_PROXY=http://127.0.0.1:1"}, []string{
			"\nok    proxy: HTTPS_PROXY sends requests through http://127.0.0.1:1\n", "the proxy couldn't be reached\n",
			"\n      export NO_PROXY=app.opentrain.ai\n",
		}},
		"an unknown CA": {[]string{"OPENTRAIN_API_BASE_URL=" + tls.URL}, []string{
			"the host's certificate is not trusted\n", "\n      export OPENTRAIN_MCP_CA_FILE=/path/to/ca.pem\n",
		}},
		"no such CA file": {[]string{"OPENTRAIN_MCP_CA_FILE=/gone.pem"}, []string{"\nFAIL  network: OPENTRAIN_MCP_CA_FILE: /gone.pem can't be read: "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			m.env = append(append(m.env, "PATH="), test.env...)
			out, log, code := m.run("doctor", "--timeout", "900ms")
			for _, want := range test.wants {
				if code != 1 || log != "" || !strings.Contains(out, want) {
					t.Errorf("code %d, %q is not in\n%s%s", code, want, out, log)
				}
			}
		})
	}
}

// TestDoctorUsage: what is wrong with the command line itself.
func TestDoctorUsage(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	for args, want := range map[string]string{
		"doctor --host curser":      "did you mean cursor?",
		"doctor --timeout 0s":       "--timeout must be above zero",
		"doctor --token-file /gone": "the token file /gone can't be read",
	} {
		code := map[bool]int{true: 2, false: 1}[strings.Contains(args, "--host") || strings.Contains(args, "0s")]
		m.env = append(m.env, "OPENTRAIN_API_BASE_URL=http://127.0.0.1:1", "PATH=")
		if out, log, got := m.run(append(strings.Fields(args), "--sandbox")...); got != code || !strings.Contains(out+log, want) {
			t.Errorf("%s: code %d\n%s%s", args, got, out, log)
		}
	}
}
