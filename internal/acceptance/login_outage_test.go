package acceptance_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"opentrain-mcp/opentrain/sandbox"
)

// TestLoginOutlivesAnOutage: while someone claims the account, a poll that fails is repeated.
func TestLoginOutlivesAnOutage(t *testing.T) {
	t.Parallel()
	box, polls := sandbox.New(sandbox.Config{ClaimAfter: 1}), atomic.Int32{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/oauth/token") && polls.Add(1) == 1 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		box.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	home := t.TempDir()
	c := terminal{t, environment(t, "HOME="+home, "USERPROFILE="+home, "OPENTRAIN_API_BASE_URL="+server.URL)}
	if out, complaint, code := c.run("", "login", "--email", "ada@example.org"); code != 0 || !strings.Contains(out, "The account is claimed.") {
		t.Errorf("code %d after %d polls\n%s%s", code, polls.Load(), out, complaint)
	}
}

// TestLoginNamesAnOutage: it isn't taken for a refusal, and never for success.
func TestLoginNamesAnOutage(t *testing.T) {
	t.Parallel()
	down := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	t.Cleanup(down.Close)
	for base, says := range map[string]string{
		down.URL:             strings.TrimPrefix(down.URL, "http://") + " gave no usable answer: the response is empty (HTTP 503). Try again later, or run:\n  " + binary + " doctor\n",
		"http://127.0.0.1:1": "127.0.0.1:1 can't be reached: the host refused the connection. Check the network connection, or run:\n  " + binary + " doctor\n",
	} {
		for saved, commands := range map[string][]string{
			"": {"login --no-wait", "login --email ada@example.org"},
			`{"apiToken":"ot_pat_x","claimToken":"ot_clm_x"}`: {"login", "login --no-wait", "login --email ada@example.org", "login status"},
			`{"apiToken":"ot_pat_x"}`:                         {"login", "login status", "logout --revoke"},
		} {
			home := t.TempDir()
			if saved != "" {
				write(t, filepath.Join(home, ".config", "opentrain", "cli.json"), saved)
			}
			c := terminal{t, environment(t, "HOME="+home, "USERPROFILE="+home, "OPENTRAIN_API_BASE_URL="+base)}
			for _, command := range commands {
				if _, complaint, code := c.run("", strings.Fields(command)...); code != 1 || complaint != "opentrain-mcp: "+says {
					t.Errorf("%s with %q: code %d, %s", command, saved, code, complaint)
				}
				if out, _, code := c.run("", append(strings.Fields(command), "--json")...); code != 1 || !strings.Contains(out, `"status":"failed"`) {
					t.Errorf("%s --json with %q: code %d, %s", command, saved, code, out)
				}
			}
		}
	}
}

// TestConfigHomeWithAPlaceholder: no file is made in a folder with such a name. doctor says what is wrong.
func TestConfigHomeWithAPlaceholder(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.env = append(m.env, "XDG_CONFIG_HOME=${XDG_CONFIG_HOME}", "OPENTRAIN_API_BASE_URL="+serveSandbox(t, sandbox.Config{}))
	before := strings.Join(m.left(), " ")
	for _, command := range []string{"", "login --no-wait", "login status", "logout", "install", "install zed", "uninstall zed", "doctor"} {
		want := 2
		if command == "doctor" {
			want = 1
		}
		out, complaint, code := m.run(strings.Fields(command)...)
		if code != want || !strings.Contains(out+complaint, "XDG_CONFIG_HOME contains a placeholder that the host didn't expand: ${XDG_CONFIG_HOME}") {
			t.Errorf("%s: code %d, %s%s", command, code, out, complaint)
		}
	}
	if left := strings.Join(m.left(), " "); left != before {
		t.Error(left)
	}
}
