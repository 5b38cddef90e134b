package doctor_test

import (
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"opentrain-mcp/internal/doctor"
	"opentrain-mcp/opentrain/sandbox"
)

// TestBrokenSetUps: each is found, and the cure is named.
func TestBrokenSetUps(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("modes of files, and quotes of a shell")
	}
	type set = map[string]string
	for name, test := range map[string]struct {
		breaks              func(m *machine)
		check               string
		status              doctor.Status
		detail, fix, absent string
	}{
		"broken JSON of a host": {
			func(m *machine) { m.write(".cursor/mcp.json", "{\n  \"mcpServers\": {,}\n}") }, "host cursor", doctor.Fail,
			"/.cursor/mcp.json, line 2, column 18: ", "Correct the file. Cursor may not read", "left alone",
		},
		"a program that is gone": {
			func(m *machine) {
				m.write(".cursor/mcp.json", `{"mcpServers": {"opentrain": {"command": "/gone/opentrain-mcp", "args": ["--sandbox", "--nope"]}}}`)
			}, "host cursor", doctor.Fail, "starts /gone/opentrain-mcp, which doesn't exist", "\nopentrain-mcp install cursor --sandbox", "--nope",
		},
		"a program that isn't in the PATH": {
			func(m *machine) {
				m.write(".codex/config.toml", "mcp_servers.opentrain.command = 'opentrain-mcp-none'")
			}, "host codex", doctor.Fail,
			"which isn't in the PATH", "\nopentrain-mcp install codex", "",
		},
		"no program": {
			func(m *machine) {
				m.write(".cursor/mcp.json", `{"mcpServers": {"opentrain": {"command": "`+m.home+`/opentrain-mcp"}}}`)
				if err := os.Mkdir(filepath.Join(m.home, "opentrain-mcp"), 0o700); err != nil {
					m.t.Fatal(err)
				}
			}, "host cursor", doctor.Fail, "which is a folder", "install cursor", "",
		},
		"a program that may not run": {
			func(m *machine) {
				m.write("opentrain-mcp", "x")
				m.write(".cursor/mcp.json", `{"mcpServers": {"opentrain": {"command": "./opentrain-mcp"}}}`)
			}, "host cursor", doctor.Fail, "permission denied", "install cursor", "",
		},
		"an unknown flag": {
			func(m *machine) { m.entry("unknown flag") }, "host cursor", doctor.Fail,
			"ended at once, with exit code 2: unknown flag --nope", "\nopentrain-mcp install cursor", "--help",
		},
		"a server that crashes": {
			func(m *machine) { m.entry("crash") }, "host cursor", doctor.Fail, "exit code 3: out of luck with ot_pat_…", "install cursor", "",
		},
		"a server that ends": {
			func(m *machine) { m.entry("silent") }, "host cursor", doctor.Fail, "ended at once, with exit code 0", "install cursor", "",
		},
		"a program that doesn't speak MCP": {
			func(m *machine) { m.entry("log"); m.cfg.Timeout = 300 * time.Millisecond }, "host cursor", doctor.Fail,
			"didn't answer as an MCP server within 300ms", "install cursor", "",
		},
		"a server without tools": {
			func(m *machine) { m.entry("no tools") }, "host cursor", doctor.Fail, "starts, but has no tools", "install cursor", "",
		},
		"a host that has turned it off": {
			func(m *machine) {
				m.write(".config/opencode/opencode.json", "")
				m.write("config/opencode/opencode.json", `{"mcp": {"opentrain": {"command": ["opentrain-mcp"], "enabled": false}}}`)
			}, "host opencode", doctor.Warn, "it is turned off in", "Turn it on in opencode", "",
		},
		"another copy": {
			func(m *machine) {
				m.entry("serve")
				m.cfg.Machine.Program = m.write("opentrain-mcp", "") + "/../" + filepath.Base(m.cfg.Machine.Program)
			}, "host cursor", doctor.Warn, "starts another copy", "To use this program:\nopentrain-mcp install cursor", "",
		},
		"a project's entry": {
			func(m *machine) {
				m.cfg.Machine.Dir = filepath.Join(m.home, "project")
				data, err := os.ReadFile(m.entry("crash"))
				if err != nil {
					m.t.Fatal(err)
				}
				m.write("project/.cursor/mcp.json", string(data))
			}, "host cursor (project)", doctor.Note, "not started, because anyone who can change the project",
			"opentrain-mcp install cursor --scope project", "exit code",
		},
		"another server of that name": {
			func(m *machine) { m.write(".cursor/mcp.json", `{"mcpServers": {"opentrain": {"command": "npx"}}}`) }, "host cursor", doctor.Note,
			"has another server named opentrain", "opentrain-mcp install cursor --name opentrain-jobs", "",
		},
		"a server elsewhere": {
			func(m *machine) {
				m.write(".cursor/mcp.json", `{"mcpServers": {"opentrain": {"url": "https://me:secret@mcp.example.com/mcp?key=secret"}}}`)
			}, "host cursor", doctor.Note, "connects to https://mcp.example.com, which isn't checked", "", "another",
		},
		"a reference to nothing": {
			func(m *machine) { m.entry("serve", "OT_API_TOKEN=${TOKEN}", "X={env:OTHER}") }, "host cursor", doctor.Note,
			"no value in this shell for what the entry refers to: TOKEN, OTHER", "Make sure that Cursor fills it in.", "",
		},
		"an entry of another name": {
			func(m *machine) {
				m.entry("serve")
				m.write(".gemini/settings.json", `{"mcpServers": {"opentrain-jobs": {"command": "`+m.cfg.Machine.Program+`", "env": {"`+
					serverVariable+`": "crash"}}, "opentrain": {"command": "/gone/opentrain-mcp"}}}`)
			}, "host gemini, entry opentrain-jobs", doctor.Fail, "exit code 3", "opentrain-mcp install gemini --name opentrain-jobs", "",
		},
		"no entry of that name": {
			func(m *machine) { m.entry("serve"); m.cfg.Entry = "zzz" }, "hosts", doctor.Fail,
			"there is no entry named zzz in cursor", "opentrain-mcp install cursor --name zzz", "",
		},
		"only sandboxes": {
			func(m *machine) { m.entry("serve", "OPENTRAIN_MCP_SANDBOX=yes") }, "network", doctor.Note, "the network and the account weren't checked, because every host uses the sandbox", "", "",
		},
		"a sandbox": {
			func(m *machine) { m.entry("serve", "OPENTRAIN_MCP_SANDBOX=true") }, "host cursor", doctor.OK, "starts with 2 tools, in the sandbox (", "", "",
		},
		"empty variables": {
			func(m *machine) { m.env["OPENTRAIN_MCP_TOOLSETS"], m.env["OPENTRAIN_API_BASE_URL"] = "", " " }, "settings", doctor.Warn,
			"these variables are set but empty, so they count as not set: OPENTRAIN_API_BASE_URL, OPENTRAIN_MCP_TOOLSETS",
			"\nunset OPENTRAIN_API_BASE_URL OPENTRAIN_MCP_TOOLSETS", "",
		},
		"settings of this shell": {
			func(m *machine) { m.cfg.Unusable = "OPENTRAIN_MCP_TIMEOUT must be a time" }, "settings", doctor.Fail,
			"OPENTRAIN_MCP_TIMEOUT must be a time; until then no server starts in this shell", "", "",
		},
		"a value that the host asks for": {
			func(m *machine) { m.entry("serve", "OT_API_TOKEN=${input:token}") }, "host cursor", doctor.Note, "only Cursor can ask", "", "",
		},
		"a token in a host's file": {
			func(m *machine) {
				if err := os.Chmod(m.entry("serve", "OT_API_TOKEN="+sandbox.DemoToken), 0o644); err != nil {
					m.t.Fatal(err)
				}
			}, "host cursor", doctor.Warn, "Other users of this machine can read the token in this entry.", "\nopentrain-mcp login --token", "",
		},
		"an ill-formed token of a host": {
			func(m *machine) { m.entry("serve", `OT_API_TOKEN="quoted"`) }, "host cursor", doctor.Fail, "has quotes in it", "login --token", "quoted",
		},
		"an invalid token": {
			func(m *machine) { m.save(set{"apiToken": "ot_pat_secret"}) }, "account", doctor.Fail,
			"OpenTrain rejects the token from the file ", "Settings → API keys, and paste it here:\nopentrain-mcp login --token --force", "",
		},
		"an invalid token in a variable": {
			func(m *machine) { m.env["OT_API_TOKEN"] = "ot_pat_secret" }, "account", doctor.Fail,
			"OpenTrain rejects the token from the OT_API_TOKEN environment variable", "and set it in the OT_API_TOKEN environment variable.", "",
		},
		"an invalid token of a host": {
			func(m *machine) { m.entry("serve", "OT_API_TOKEN=ot_pat_secret") }, "account of host cursor", doctor.Fail,
			"OpenTrain rejects the token from OT_API_TOKEN in ", "Settings → API keys, and set it in OT_API_TOKEN in ", "environment variable",
		},
		"a token that was claimed": {
			func(m *machine) { m.save(set{"apiToken": "ot_pat_secret", "claimToken": "ot_clm_secret"}) }, "account", doctor.Fail,
			"OpenTrain rejects the token", "when someone claims the account. To fetch the new one:\nopentrain-mcp login", "--force",
		},
		"a token without scopes": {
			func(m *machine) {
				m.api(sandbox.New(sandbox.Config{Accounts: []sandbox.Account{{Token: "ot_pat_secret", Claimed: true}}}))
				m.save(set{"apiToken": "ot_pat_secret"})
			}, "account", doctor.Fail, "has no scopes, so it can't do anything", "with the scopes that you need, and paste it here:\nopentrain-mcp login", "",
		},
		"a token that can't post": {
			func(m *machine) {
				m.api(sandbox.New(sandbox.Config{Accounts: []sandbox.Account{{Token: "ot_pat_secret", Claimed: true, Scopes: []string{"jobs:read"}}}}))
				m.save(set{"apiToken": "ot_pat_secret"})
			}, "account", doctor.Warn, "Without jobs:write it can't post jobs", "with the scopes that you need", "",
		},
		"an account that no one has claimed": {
			func(m *machine) { m.save(set{"apiToken": sandbox.DemoToken, "claimToken": "ot_clm_secret"}) }, "account", doctor.Warn,
			"no one has claimed this account yet", "\nopentrain-mcp login --email you@example.com", "",
		},
		"a feature that is off": {
			func(m *machine) {
				m.api(sandbox.New(sandbox.Config{Accounts: []sandbox.Account{{
					Token: "ot_pat_secret", Claimed: true, Scopes: []string{"jobs:write"}, Disabled: []string{"public_api_job_publishing"},
				}}}))
				m.save(set{"apiToken": "ot_pat_secret"})
			}, "account", doctor.Warn, "features are off for this account: publish", "Ask its support", "",
		},
		"drafting is off": {
			func(m *machine) {
				m.api(sandbox.New(sandbox.Config{Accounts: []sandbox.Account{{
					Token: "ot_pat_secret", Claimed: true, Scopes: []string{"jobs:write"}, Disabled: []string{"public_api_job_drafting"},
				}}}))
				m.save(set{"apiToken": "ot_pat_secret"})
			}, "account", doctor.Warn, "the feature public_api_job_drafting is off", "Ask its support", "",
		},
		"a revoked token of a host's own cli.json": { // which login doesn't write
			func(m *machine) {
				m.entry("serve", "XDG_CONFIG_HOME="+filepath.Join(m.home, "host"))
				m.write("host/opentrain/cli.json", encode(m.t, set{"apiToken": "ot_pat_secret"}))
			}, "account of host cursor", doctor.Fail, "OpenTrain rejects the token from the file ",
			", and set it in the file ", "",
		},
		"a token for another address": {
			func(m *machine) { m.save(set{"apiToken": "ot_pat_secret", "baseUrl": "https://other.example"}) }, "account", doctor.Fail,
			"is for https://other.example, not for http://127.0.0.1:", "\nopentrain-mcp login --token --force", "",
		},
		"an outage": {
			func(m *machine) {
				m.api(sandbox.New(sandbox.Config{Fault: func(r *http.Request) http.Handler {
					if !strings.HasSuffix(r.URL.Path, "/auth/me") {
						return nil
					}
					return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
				}}))
				m.save(set{"apiToken": "ot_pat_secret"})
			}, "account", doctor.Fail, "OpenTrain couldn't check the token", "Try again", "",
		},
		"a file that others can read": {
			func(m *machine) {
				if err := os.Chmod(m.save(set{"apiToken": sandbox.DemoToken}), 0o644); err != nil {
					m.t.Fatal(err)
				}
			}, "token", doctor.Fail, "other users of this machine can read or change ", "\nchmod 600 ", "",
		},
		"a broken cli.json": {
			func(m *machine) { m.write("config/opentrain/cli.json", "{") }, "token", doctor.Fail, "cli.json is not valid JSON",
			"cli.json.broken\nopentrain-mcp login", "",
		},
		"a broken cli.json that isn't needed": {
			func(m *machine) {
				m.write("config/opentrain/cli.json", "{")
				m.env["OT_API_TOKEN"] = sandbox.DemoToken
			}, "token", doctor.Warn, "the OT_API_TOKEN environment variable is used instead", "Correct it", "",
		},
		"an ill-formed token": {
			func(m *machine) { m.env["OT_API_TOKEN"] = "${TOKEN}" }, "token", doctor.Fail, "contains a variable name instead of its value",
			"Set it to the token alone, or remove it:\nunset OT_API_TOKEN", "",
		},
		"a token file that is gone": {
			func(m *machine) { m.cfg.Source.TokenFile = "/gone/token" }, "token", doctor.Fail, "the token file /gone/token can't be read",
			"Put the token alone into /gone/token, or name another file with --token-file.", "",
		},
		"a token file in a variable": {
			func(m *machine) {
				m.cfg.Source.TokenFile, m.env["OPENTRAIN_API_TOKEN_FILE"] = "/gone/token", "/gone/token"
				m.save(set{"apiToken": "ot_pat_secret"})
			}, "token", doctor.Fail, "the token file /gone/token can't be read",
			"or name another file in OPENTRAIN_API_TOKEN_FILE, or remove that:\nunset OPENTRAIN_API_TOKEN_FILE", "two different tokens",
		},
		"a broken cli.json of a host that this shell doesn't use": {
			func(m *machine) {
				m.entry("serve", "XDG_CONFIG_HOME="+filepath.Join(m.home, "other"))
				m.write("other/opentrain/cli.json", "{")
			}, "host cursor", doctor.Fail, "cli.json is not valid JSON", "other/opentrain/cli.json, or move it away.", "mcp.json",
		},
		"a token file that can't be read": {
			func(m *machine) { m.cfg.Source.TokenFile = m.home }, "token", doctor.Fail, "can't be read: it is a folder",
			" a text file that you may read, or name another file with --token-file.", "",
		},
		"a token file that is empty": {
			func(m *machine) { m.cfg.Source.TokenFile = m.write("token", "") }, "token", doctor.Fail, "token is empty",
			"Put the token alone into ", "",
		},
		"two tokens": {
			func(m *machine) {
				m.env["OT_API_TOKEN"] = sandbox.DemoToken
				m.save(set{"apiToken": "ot_pat_secret"})
			}, "token", doctor.Warn, "two different tokens are set: the OT_API_TOKEN environment variable wins over the file ",
			"To use the other one:\nunset OT_API_TOKEN", "",
		},
		"a token that hosts don't see": {
			func(m *machine) {
				m.entry("serve")
				m.env["OT_API_TOKEN"] = sandbox.DemoToken
			}, "token", doctor.Warn, "Cursor may not find this token", "\nenv -u OT_API_TOKEN opentrain-mcp login --token", "",
		},
		"a folder that hosts don't see": {
			func(m *machine) { m.entry("serve"); m.save(set{"apiToken": sandbox.DemoToken}) }, "token", doctor.Warn,
			"Cursor may not find this token", "Set XDG_CONFIG_HOME to ", "",
		},
		"a folder that isn't filled in": {
			func(m *machine) { m.env["XDG_CONFIG_HOME"] = "${CONFIG}" }, "token", doctor.Fail,
			"XDG_CONFIG_HOME contains a placeholder", "Correct it, or remove it:\nunset XDG_CONFIG_HOME", "",
		},
		"a folder that a host doesn't fill in": {
			func(m *machine) {
				m.env["XDG_CONFIG_HOME"] = "{{config}}"
				m.entry("serve", "XDG_CONFIG_HOME={{config}}")
			}, "host cursor", doctor.Fail, "XDG_CONFIG_HOME contains a placeholder", "mcp.json, or remove it there", "",
		},
		"an empty variable": {
			func(m *machine) { m.env["OPENTRAIN_PERSONAL_API_TOKEN"] = " " }, "settings", doctor.Warn,
			"OPENTRAIN_PERSONAL_API_TOKEN is set but empty", "\nunset OPENTRAIN_PERSONAL_API_TOKEN", "",
		},
		"a mistyped variable": {
			func(m *machine) { m.env["OPENTRAIN_MCP_TOOLSET"] = "all" }, "settings", doctor.Warn,
			"OPENTRAIN_MCP_TOOLSET isn't a setting", "Did you mean OPENTRAIN_MCP_TOOLSETS?", "",
		},
		"an unknown variable": {
			func(m *machine) { m.env["OPENTRAIN_MCP_X"] = "all" }, "settings", doctor.Warn, "isn't a setting", "\nunset OPENTRAIN_MCP_X", "",
		},
		"a program that won't last": {
			func(m *machine) { m.cfg.Temporary = "Build it:\ngo build" }, "program", doctor.Warn, "which won't last", "Build it:\ngo build", "",
		},
		"an API that is down": {
			func(m *machine) { m.cfg.BaseURL = "http://127.0.0.1:1" }, "network", doctor.Fail,
			"http://127.0.0.1:1 (OPENTRAIN_API_BASE_URL) can't be used: the host refused the connection",
			"remove it to use OpenTrain's:\nunset OPENTRAIN_API_BASE_URL", "",
		},
		"an invalid address": {
			func(m *machine) { m.cfg.BaseURL, m.cfg.BaseURLFrom = "http://app.opentrain.ai", "--base-url" }, "network", doctor.Fail, "use https",
			"Correct --base-url", "",
		},
		"a page of a network": {
			func(m *machine) {
				m.api(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "text/html")
					w.Write([]byte("<html>Log in")) //nolint:errcheck // a test
				}))
				m.cfg.BaseURLFrom = "" // the default
			}, "network", doctor.Fail, "a web page instead of OpenTrain's JSON", "Something else answers for OpenTrain", "",
		},
		"a proxy that is down": {
			func(m *machine) {
				const proxy = "http://user:secret@127.0.0.1:1"
				m.cfg.BaseURL, m.env["HTTPS_PROXY"] = "https://opentrain.test", proxy
				m.cfg.Transport = func(string) (*http.Transport, error) {
					return &http.Transport{Proxy: func(*http.Request) (*url.URL, error) { return url.Parse(proxy) }}, nil
				}
			}, "network", doctor.Fail, "can't be used through the proxy http://127.0.0.1:1: the proxy couldn't be reached",
			"\nexport NO_PROXY=opentrain.test", "",
		},
		"an invalid proxy": {
			func(m *machine) { m.cfg.BaseURL, m.env["https_proxy"] = "https://opentrain.test", "http://:x" }, "proxy", doctor.Fail,
			"https_proxy isn't the address of a proxy", "\nunset https_proxy", "",
		},
		"a certificate of an unknown CA": {
			func(m *machine) {
				server := httptest.NewUnstartedServer(sandbox.New(sandbox.Config{}))
				server.Config.ErrorLog = log.New(io.Discard, "", 0)
				server.StartTLS()
				m.t.Cleanup(server.Close)
				m.cfg.BaseURL = server.URL
			}, "network", doctor.Fail, "the host's certificate is not trusted", "\nexport OPENTRAIN_MCP_CA_FILE=", "",
		},
		"a certificate of another host": {
			func(m *machine) {
				server := httptest.NewUnstartedServer(sandbox.New(sandbox.Config{}))
				server.Config.ErrorLog = log.New(io.Discard, "", 0)
				server.StartTLS()
				m.t.Cleanup(server.Close)
				m.cfg.BaseURL = strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
				m.cfg.Transport = func(string) (*http.Transport, error) {
					trusted, ok := server.Client().Transport.(*http.Transport)
					if !ok {
						return nil, errors.New("no transport")
					}
					return trusted, nil
				}
			}, "network", doctor.Fail, "the host's certificate is not trusted", "unset OPENTRAIN_API_BASE_URL", "CA_FILE",
		},
		"a CA file that is gone": {
			func(m *machine) {
				m.cfg.Transport = func(string) (*http.Transport, error) { return nil, errors.New("--ca-file: /gone: no such file") }
			}, "network", doctor.Fail, "--ca-file: /gone", "Name a readable PEM file", "",
		},
		"a wrong clock": {
			func(m *machine) {
				box := sandbox.New(sandbox.Config{})
				m.api(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Date", time.Now().Add(2*time.Hour).UTC().Format(http.TimeFormat))
					box.ServeHTTP(w, r)
				}))
			}, "clock", doctor.Fail, "this machine's clock is 2h0m0s behind OpenTrain's", "Set the clock", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			test.breaks(m)
			checks := m.examine()
			for _, check := range checks {
				if check.Name == test.check && check.Status == test.status && strings.Contains(check.Detail, test.detail) &&
					strings.Contains(check.Fix, test.fix) && (test.absent == "" || !strings.Contains(check.Detail+check.Fix, test.absent)) {
					return
				}
			}
			t.Errorf("not found in %s", encode(t, checks))
		})
	}
}
