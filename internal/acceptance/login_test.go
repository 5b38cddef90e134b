package acceptance_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"opentrain-mcp/opentrain"
	"opentrain-mcp/opentrain/sandbox"
)

// terminal runs commands one after another in a home directory.
type terminal struct {
	t   *testing.T
	env []string
}

// run runs a command with some input.
func (c terminal) run(input string, args ...string) (out, complaint string, code int) {
	c.t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Env, cmd.Stdin = c.env, strings.NewReader(input)
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		c.t.Fatal(err)
	}
	if leaked := regexp.MustCompile(`ot_(pat|clm)_\w+_\w+`).FindString(stdout.String() + stderr.String()); leaked != "" {
		c.t.Errorf("%v shows %s", args, leaked)
	}
	return stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
}

// TestLogin: what a person does in a terminal to get an account, to see it and to leave it.
func TestLogin(t *testing.T) {
	t.Parallel()
	home, base := t.TempDir(), serveSandbox(t, sandbox.Config{ClaimAfter: 1})
	file := filepath.Join(home, ".config", "opentrain", "cli.json")
	c := terminal{t, environment(t, "HOME="+home, "USERPROFILE="+home, "OPENTRAIN_API_BASE_URL="+base)}
	lost := "You haven't claimed this account yet. Without its token, no one can use it again. Claim it first:\n  " + binary + " login\n" +
		"Or forget it for good:\n  " + binary + " logout --force\n"
	for _, step := range []struct {
		input, command string
		code           int
		says           string // in either stream
	}{
		{"", "login status", 1, "To get one:\n  " + binary + " login\n"},
		{"", "login statsu", 2, `there is no action "statsu"`},
		{"", "logout", 1, "No token is saved in the file " + file},
		{sandbox.DemoToken, "login", 2, "there is no one to ask whether to register an account: add --token to save"},
		{"", "login status", 1, "No account is set up"},
		{"", "login --no-wait", 0, "Registered a new account. Its token is saved in " + file},
		{"", "login status", 0, "You haven't claimed this account yet"},
		{"", "logout --revoke", 1, lost},
		{"", "login --force", 2, "add --token to save a token from standard input, or --no-wait or --email to register"},
		{"", "login --force --no-wait", 1, lost},
		{sandbox.DemoToken, "login --token --force", 1, lost},
		{"", "login --email nonsense", 2, `"nonsense" isn't an email address`},
		{"", "login --email user_1@example.com", 1, "already has an OpenTrain account, so it can't claim the one that is saved here. " +
			"To claim it with another address:\n  " + binary + " login --email you@example.com\n"},
		{"", "login --email ada@example.org", 0, "enter the code "},
		{"", "login status", 0, "proposals:write"},
		{"", "login", 0, "You already have an account here. To replace it, add --force: alone to register another one, with --token to use another token.\n"},
		{sandbox.DemoToken, "login --token", 1, "Use --force to replace it."},
		{"ot_clm_a\n", "login --token --force", 1, "a claim token"},
		{"ot_pat_wrong\n", "login --token --force", 1, "OpenTrain rejected the token: it is invalid, expired or revoked. Copy a new one: app.opentrain.ai, Settings → API keys"},
		{"", "login --token --force", 1, "The token is empty."},
		{" " + sandbox.DemoToken + "\r\n", "login --token --force", 0, "It replaces the token for " + base + " that was saved there. " +
			"Copies of that one work until you revoke it in OpenTrain's app.\n"},
		{sandbox.DemoToken, "login --token --force", 0, "from now on.\n"},
		{"", "login status", 0, "Logged in as Sandbox Demo, user_1@example.com, with the token from the file " + file},
		{"", "logout", 0, "Removed the token from " + file + "."},
		{"", "login status", 1, "No account is set up"},
	} {
		out, complaint, code := c.run(step.input, strings.Fields(step.command)...)
		if code != step.code || !strings.Contains(out+complaint, step.says) {
			t.Errorf("%s: %d %s%s", step.command, code, out, complaint)
		}
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("the file is still there")
	}
	c.env = append(c.env, "OT_API_TOKEN=ot_pat_elsewhere")
	for _, command := range []string{"login", "login --force", "login --token"} {
		if out, complaint, code := c.run(sandbox.DemoToken, strings.Fields(command)...); code != 1 ||
			!strings.Contains(complaint, "The API token comes from the OT_API_TOKEN environment variable. Remove it there first.") {
			t.Errorf("%s: %d %s%s", command, code, out, complaint)
		}
	}
}

// TestLoginAfterTheClaim: someone has claimed the account on OpenTrain's page, and no program here knows it yet.
func TestLoginAfterTheClaim(t *testing.T) {
	t.Parallel()
	home, base := t.TempDir(), serveSandbox(t, sandbox.Config{})
	c := terminal{t, environment(t, "HOME="+home, "USERPROFILE="+home, "OPENTRAIN_API_BASE_URL="+base)}
	c.run("", "login", "--no-wait")
	api, err := opentrain.New(opentrain.Config{BaseURL: base})
	if err != nil {
		t.Fatal(err)
	}
	attempt, err := api.StartClaim(t.Context(), saved(t, home)["claimToken"], "ada@example.org")
	if err != nil {
		t.Fatal(err)
	}
	page := strings.Replace(attempt.URL, opentrain.DefaultBaseURL, base, 1)
	response, err := http.PostForm(page, url.Values{"code": {attempt.UserCode}})
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	for _, step := range []struct {
		command string
		code    int
		says    string
	}{
		{"login status", 1, "If you have claimed the account, fetch its new token:\n  " + binary + " login"},
		{"login", 0, "The account is claimed. Its new token is saved in"},
		{"login status", 0, "proposals:write"},
	} {
		if out, complaint, code := c.run("", strings.Fields(step.command)...); code != step.code || !strings.Contains(out+complaint, step.says) {
			t.Errorf("%s: %d %s%s", step.command, code, out, complaint)
		}
	}
}

// TestLoginForScripts: with --json, standard output is one JSON object, whatever happens.
func TestLoginForScripts(t *testing.T) {
	t.Parallel()
	home, base := t.TempDir(), serveSandbox(t, sandbox.Config{ClaimAfter: 1})
	c := terminal{t, environment(t, "HOME="+home, "USERPROFILE="+home, "OPENTRAIN_API_BASE_URL="+base)}
	for _, step := range []struct {
		command string
		code    int
		want    string // members of the result
	}{
		{"login status", 1, `"status":"not_logged_in"`},
		{"login", 2, `"status":"failed","error":"there is no one to ask`},
		{"login --no-wait", 0, `"status":"registered"`},
		{"login status", 0, `"status":"logged_in","tokenFrom":"the file `},
		{"login status", 0, `"unclaimed":true`},
		{"logout", 1, `no one can use it again. Claim it first:\n` + binary + ` login\nOr forget it for good:\n` + binary + ` logout --force"`},
		{"login --no-wait --email ada@example.org", 0, `"claimCode":"`},
		{"login --email ada@example.org", 0, `"status":"claimed"`},
		{"logout --revoke", 0, `"status":"logged_out","revoked":true`},
		{"login --no-wait --base-url http://127.0.0.1:1", 1, `"error":"127.0.0.1:1 can't be reached: the host refused the connection. Check the network`},
	} {
		out, complaint, code := c.run("", append(strings.Fields(step.command), "--json")...)
		if code != step.code || !json.Valid([]byte(out)) || !strings.Contains(out, step.want) || strings.Contains(complaint, "opentrain-mcp: ") {
			t.Errorf("%s: %d %s%s", step.command, code, out, complaint)
		}
	}
}

// TestClaimPage: the sandbox's page claims an account with the code that the agent shows, and with no other.
func TestClaimPage(t *testing.T) {
	t.Parallel()
	base := serveSandbox(t, sandbox.Config{})
	do := func(form url.Values, address string) (int, string) {
		t.Helper()
		response, err := http.Get(address) //nolint:noctx // a test
		if form != nil {
			response, err = http.PostForm(address, form)
		}
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(body)
	}
	post := func(path, body string) (answer map[string]any) {
		t.Helper()
		response, err := http.Post(base+"/api/agent"+path, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
			t.Fatal(err)
		}
		return answer
	}
	made := post("/identity", `{"agent_name":"<script>Ada","organization_name":"A & B"}`)
	claim, _ := json.Marshal(map[string]any{"claim_token": made["claim_token"], "email": "ada@example.org"})
	first, second := post("/identity/claim", string(claim)), post("/identity/claim", string(claim))
	here := func(claim map[string]any) string {
		link, _ := claim["verification_uri"].(string)
		return strings.Replace(link, opentrain.DefaultBaseURL, base, 1)
	}
	page := here(second)
	code, _ := second["user_code"].(string)
	if old := here(first); !strings.HasPrefix(old, base+"/claim?token=ot_cat_") {
		t.Error(first)
	} else if status, _ := do(nil, old); status != http.StatusNotFound {
		t.Errorf("the first link: %d", status)
	}
	if status, body := do(nil, page); status != http.StatusOK || !strings.Contains(body, "&lt;script&gt;Ada") || !strings.Contains(body, "A &amp; B") ||
		strings.Contains(body, code) {
		t.Errorf("%d %s", status, body)
	}
	if status, body := do(url.Values{"code": {"nope"}}, page); status != http.StatusForbidden || !strings.Contains(body, "not the code") {
		t.Errorf("%d %s", status, body)
	}
	for range 2 {
		if status, body := do(url.Values{"code": {code}}, page); status != http.StatusOK || !strings.Contains(body, "The account is claimed.") {
			t.Errorf("%d %s", status, body)
		}
	}
	if status, _ := do(nil, base+"/claim"); status != http.StatusNotFound {
		t.Errorf("without a token: %d", status)
	}
}

// TestLoginWithoutAPage: a page that isn't safe to sign up on isn't shown, and the words say what to do instead.
func TestLoginWithoutAPage(t *testing.T) {
	t.Parallel()
	for _, link := range []string{
		"javascript:alert(1)", "http://evil.example/claim", "https://app.opentrain.ai@evil.example/", "https://evil.example/" + strings.Repeat("x", 500),
	} {
		for _, emailed := range []bool{false, true} {
			box := sandbox.New(sandbox.Config{ClaimAfter: 1})
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				recorded := httptest.NewRecorder()
				box.ServeHTTP(recorded, r)
				var claim map[string]any
				body := recorded.Body.Bytes()
				if strings.HasSuffix(r.URL.Path, "/claim") && json.Unmarshal(body, &claim) == nil && claim["verification_uri"] != nil {
					claim["verification_uri"], claim["email_sent"] = link, emailed
					body, _ = json.Marshal(claim)
				}
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(recorded.Code)
				w.Write(body) //nolint:errcheck // a test
			}))
			t.Cleanup(server.Close)
			home := t.TempDir()
			c := terminal{t, environment(t, "HOME="+home, "OPENTRAIN_API_BASE_URL="+server.URL)}
			out, complaint, code := c.run("", "login", "--email", "ada@example.org")
			want := "no safe link to claim the account, and OpenTrain sent no email. The account is kept; try again later:\n  "
			if emailed {
				want = "\nOpenTrain's answer has no safe link. Open the one in OpenTrain's email, sign up as ada@example.org, and enter the code "
			}
			if all := out + complaint; !strings.Contains(all, want) || (code == 0) != emailed || strings.Contains(all, "Open this page") ||
				strings.Contains(all, "evil.example") || saved(t, home)["apiToken"] == "" {
				t.Errorf("%s, %t: code %d\n%s%s", link, emailed, code, out, complaint)
			}
		}
	}
}

// TestLoginGoesOn: login shows an open claim again, with the same page and code, until it expires or another address is given.
func TestLoginGoesOn(t *testing.T) {
	t.Parallel()
	home, base := t.TempDir(), serveSandbox(t, sandbox.Config{})
	c := terminal{t, environment(t, "HOME="+home, "USERPROFILE="+home, "OPENTRAIN_API_BASE_URL="+base)}
	claim := func(command string) (page, code string) {
		t.Helper()
		out, complaint, _ := c.run("", append(strings.Fields(command), "--json")...)
		var result struct{ ClaimURL, ClaimCode string }
		if err := json.Unmarshal([]byte(out), &result); err != nil || result.ClaimURL == "" || !strings.Contains(complaint, "\n  "+result.ClaimURL+"\n") {
			t.Fatalf("%s: %v %s%s", command, err, out, complaint)
		}
		return result.ClaimURL, result.ClaimCode
	}
	page, code := claim("login --email ada@example.org --no-wait")
	for _, command := range []string{"login --no-wait", "login", "login --email ADA@example.org --no-wait"} {
		if again, sameCode := claim(command); again != page || sameCode != code {
			t.Errorf("%s: %s %s, want %s %s", command, again, sameCode, page, code)
		}
	}
	if other, _ := claim("login --email grace@example.org --no-wait"); other == page {
		t.Error("another address has the same page")
	}
}
