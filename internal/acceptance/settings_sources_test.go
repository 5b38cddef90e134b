package acceptance_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestErrorsNameWhatToCorrect: an error about a setting or a file names it and, for a file, what to do. No error shows a token.
func TestErrorsNameWhatToCorrect(t *testing.T) {
	t.Parallel()
	const damaged, plain = `{"apiToken":"ot_pat_a_b",`, `{"apiToken":"ot_pat_a_b","baseUrl":"http://example.com"}`
	for name, test := range map[string]struct {
		file, setting, command string
		code                   int
		says                   string // FILE stands for the shared file
	}{
		"damaged, login":           {damaged, "", "login", 1, "or run `mv FILE FILE.broken`"},
		"damaged, forced":          {damaged, "", "login --force", 1, "or run `mv FILE FILE.broken`"},
		"damaged, paste":           {damaged, "", "login --token --force", 1, "or run `mv FILE FILE.broken`"},
		"damaged, status":          {damaged, "", "login status", 1, "or run `mv FILE FILE.broken`"},
		"damaged, logout":          {damaged, "", "logout --force", 1, "or run `mv FILE FILE.broken`"},
		"wrong address, server":    {plain, "", "stdio", 1, "baseUrl in the file FILE: base URL \"http://example.com\""},
		"wrong address, status":    {plain, "", "login status", 1, "or run `mv FILE FILE.broken`"},
		"wrong address, revoked":   {plain, "", "logout --revoke", 1, "baseUrl in the file FILE: "},
		"wrong address, logout":    {plain, "", "logout", 0, "Removed the token from FILE."},
		"an address of a variable": {"", "OT_API_BASE_URL=foo", "stdio", 2, "OT_API_BASE_URL: what is set isn't an address such as https://app.opentrain.ai"},
		"another variable":         {"", "OPENTRAIN_API_BASE_URL=https://u:p@x", "login", 2, "OPENTRAIN_API_BASE_URL: base URL must not"},
		"an address of a flag":     {"", "", "login status --base-url=foo", 2, "--base-url: what is set isn't an address such as https://app.opentrain.ai"},
		"its replacement":          {plain, "", "logout --base-url=foo", 2, "--base-url: what is set isn't an address such as https://app.opentrain.ai"},
		"an address over HTTP":     {"", "", "http --base-url=foo", 2, "--base-url: what is set isn't an address such as https://app.opentrain.ai"},
		"short sessions":           {"", "", "http --sandbox --sessions --session-idle 1m", 2, "--session-idle of 1m0s is too short: a session must last longer than a form waits for its answer, 5m0s"},
		"a prefix":                 {"", "", "http --sandbox --base-path opentrain", 2, `--base-path "opentrain"`},
		"a name":                   {"", "", "http --sandbox --allowed-hosts a/b", 2, `--allowed-hosts "a/b"`},
		"an origin":                {"", "", "http --sandbox --allowed-origins example.com", 2, `--allowed-origins "example.com"`},
		"a replica":                {"", "", "http --sandbox --replica-id a/b", 2, `--replica-id "a/b"`},
		"a certificate":            {"", "", "http --sandbox --tls-cert /nope --tls-key /no", 2, "--tls-cert: /nope can't be read: no such file"},
		"a key":                    {"", "", "http --sandbox --tls-cert EMPTY --tls-key /no", 2, "--tls-key: /no can't be read: no such file"},
		"neither":                  {"", "", "http --sandbox --tls-cert EMPTY --tls-key EMPTY", 2, "--tls-cert, --tls-key: "},
		"a token":                  {"", "", "login --token ot_pat_a_b", 2, " login --token and paste it when asked"},
		"any token":                {"", "", "login --token secret-token", 2, " login --token and paste it when asked"},
		"a token as an action":     {"", "", "login ot_pat_a_b", 2, " login --token and paste it when asked"},
		"a token after an action":  {"", "", "login status ot_pat_a_b", 2, " login --token and paste it when asked"},
		"a token as a command":     {"", "", "ot_pat_a_b", 2, " login --token and paste it when asked"},
		"a token as a value":       {"", "", "login --token=ot_pat_a_b", 2, " login --token and paste it when asked"},
	} {
		home := t.TempDir()
		file, empty := filepath.Join(home, "opentrain", "cli.json"), filepath.Join(home, "empty")
		write(t, empty, "")
		if test.file != "" {
			write(t, file, test.file)
		}
		c := terminal{t, environment(t, "HOME="+home, "XDG_CONFIG_HOME="+home, test.setting)}
		out, complaint, code := c.run("", strings.Fields(strings.ReplaceAll(test.command, "EMPTY", empty))...)
		says := strings.ReplaceAll(test.says, "FILE", file)
		if said := out + complaint; code != test.code || !strings.Contains(said, says) || strings.Contains(said, "secret-token") {
			t.Errorf("%s: exit code %d\n%s", name, code, said)
		}
		if _, err := os.Stat(file); test.code != 0 && test.file != "" && err != nil {
			t.Errorf("%s: the file is gone", name)
		}
	}
}
