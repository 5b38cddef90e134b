package hosts_test

import (
	"strings"
	"testing"

	"opentrain-mcp/internal/hosts"
)

// edits are files before and after. In what comes after, ‹ and › enclose what was added.
func edits() []struct{ name, host, content string } {
	return []struct{ name, host, content string }{
		{"JSON: nothing", "claude-desktop", "‹{\n  \"mcpServers\": {\n    \"opentrain\": {\n      \"command\": \"/opt/opentrain-mcp\",\n" +
			"      \"args\": [\"--sandbox\"]\n    }\n  }\n}\n›"},
		{"JSON: an empty object", "claude-desktop", "{‹\n  \"mcpServers\": {\n    \"opentrain\": {\n      \"command\": \"/opt/opentrain-mcp\",\n" +
			"      \"args\": [\"--sandbox\"]\n    }\n  }\n›}"},
		{"JSON: other settings", "claude-desktop", "{\n\t\"a\": [1,  2],\n\t\"b\":null‹,\n\t\"mcpServers\": {\n\t\t\"opentrain\": {\n" +
			"\t\t\t\"command\": \"/opt/opentrain-mcp\",\n\t\t\t\"args\": [\"--sandbox\"]\n\t\t}\n\t}›\n}"},
		{"JSON: no servers yet", "claude-code", "{\n    \"mcpServers\": {‹\n        \"opentrain\": {\n            \"type\": \"stdio\",\n" +
			"            \"command\": \"/opt/opentrain-mcp\",\n            \"args\": [\"--sandbox\"]\n        }\n    ›},\n    \"b\": \"ü\\u00fc\"\n}\n"},
		{"JSON: one line", "cursor", `{"mcpServers":{"a":{"url":"x"}‹, "opentrain": {"type": "stdio", "command": "/opt/opentrain-mcp", "args": ["--sandbox"]}›}}`},
		{"JSON: one line, no servers", "cursor", `{"a":1‹, "mcpServers": {"opentrain": {"type": "stdio", "command": "/opt/opentrain-mcp", "args": ["--sandbox"]}}›}`},
		{"JSONC: comments and commas", "vscode", "// VS Code\n{\n  \"inputs\": [], // none\n  \"servers\": {\n    // mine\n    \"a\": {\"url\": \"x\"}, // old, new\n" +
			"‹    \"opentrain\": {\n      \"type\": \"stdio\",\n      \"command\": \"/opt/opentrain-mcp\",\n      \"args\": [\"--sandbox\"]\n    },\n›" +
			"    // \"b\": {},\n  }, /* end */\n}\n"},
		{"JSONC: a comment after the last value", "zed", "{\n  \"context_servers\": {\n    \"a\": {\"command\": \"x\"}‹,› // it's mine\n" +
			"‹    \"opentrain\": {\n      \"source\": \"custom\",\n      \"command\": \"/opt/opentrain-mcp\",\n      \"args\": [\"--sandbox\"]\n    }\n›  }\n}\n"},
		{"JSONC: CRLF", "windsurf", "\ufeff{\r\n  \"mcpServers\": {\r\n    \"a\": {}‹,\r\n    \"opentrain\": {\r\n      \"command\": \"/opt/opentrain-mcp\",\r\n" +
			"      \"args\": [\"--sandbox\"]\r\n    }›\r\n  }\r\n}"},
		{"JSONC: opencode", "opencode", "{\n  \"mcp\": {\n    \"a\": {}‹,\n    \"opentrain\": {\n      \"type\": \"local\",\n" +
			"      \"command\": [\"/opt/opentrain-mcp\", \"--sandbox\"],\n      \"enabled\": true\n    }›\n  }\n}\n"},
		{"JSONC: opencode 2", "opencode", "{\n  \"mcp\": {\n    \"timeout\": 5,\n    \"servers\": {\n      \"a\": {}‹,\n      \"opentrain\": {\n" +
			"        \"type\": \"local\",\n        \"command\": [\"/opt/opentrain-mcp\", \"--sandbox\"],\n        \"enabled\": true\n      }›\n    }\n  }\n}\n"},
		{"JSONC: a server named servers", "opencode", "{\n  \"mcp\": {\n    \"servers\": {\"type\": \"local\"}‹,\n    \"opentrain\": {\n      \"type\": \"local\",\n" +
			"      \"command\": [\"/opt/opentrain-mcp\", \"--sandbox\"],\n      \"enabled\": true\n    }›\n  }\n}\n"},
		{"TOML: nothing", "codex", "‹[mcp_servers.opentrain]\ncommand = '/opt/opentrain-mcp'\nargs = ['--sandbox']\n›"},
		{"TOML: comments and tables", "codex", "# Codex\nmodel = \"x\"   # fast\n\n[mcp_servers.a]\ncommand = \"npx\" # a\nargs = [ \"-y\",\n  \"b\" ]\n\n" +
			"[mcp_servers.a.env]\nB = \"c\"\n# end\n‹\n[mcp_servers.opentrain]\ncommand = '/opt/opentrain-mcp'\nargs = ['--sandbox']\n›"},
		{"TOML: no line end", "codex", "model = 'x'\r\n[a]\r\nb = 1‹\r\n\r\n[mcp_servers.opentrain]\r\ncommand = '/opt/opentrain-mcp'\r\nargs = ['--sandbox']›"},
		{"TOML: a table in braces", "codex", "mcp_servers = {‹ opentrain = { command = '/opt/opentrain-mcp', args = ['--sandbox'] },› a = { command = \"x\" } } # a\n"},
		{"TOML: keys with dots", "codex", "mcp_servers.a.command = \"x\"\n‹\n[mcp_servers.opentrain]\ncommand = '/opt/opentrain-mcp'\nargs = ['--sandbox']\n›"},
		{"YAML: nothing", "goose", "‹extensions:\n" + goose("  ") + "›"},
		{"YAML: comments", "goose", "# goose\nGOOSE_MODEL: x # fast\n\nextensions: # all\n‹" + goose("    ") +
			"›    # dev\n    developer:\n        enabled: true\n        args:\n        - a\n\n# end\nB: |\n  # text\n\n"},
		{"YAML: no extensions", "goose", "GOOSE_MODEL: \"x\"‹\nextensions:\n" + strings.TrimSuffix(goose("  "), "\n") + "›"},
		{"YAML: braces", "goose", "extensions: {‹\"opentrain\": {\"enabled\": true, \"type\": \"stdio\", \"name\": \"opentrain\", \"description\": " +
			"\"Hire people for AI-training work on OpenTrain\", \"cmd\": \"/opt/opentrain-mcp\", \"args\": [\"--sandbox\"], \"envs\": {}, " +
			"\"timeout\": 300}, ›memory: {cmd: it's, args: ['a', \"b\"]}} # x\n"},
	}
}

// goose is the entry in goose's file.
func goose(indent string) string {
	inner := indent + "  "
	return indent + "opentrain:\n" + inner + "enabled: true\n" + inner + "type: stdio\n" + inner + "name: opentrain\n" +
		inner + "description: Hire people for AI-training work on OpenTrain\n" + inner + "cmd: /opt/opentrain-mcp\n" +
		inner + "args: [\"--sandbox\"]\n" + inner + "envs: {}\n" + inner + "timeout: 300\n"
}

var server = hosts.Server{Name: "opentrain", Command: "/opt/opentrain-mcp", Args: []string{"--sandbox"}}

// TestNothingElseChanges: an entry comes and goes, and every other byte stays.
func TestNothingElseChanges(t *testing.T) {
	t.Parallel()
	for _, test := range edits() {
		t.Run(test.name, func(t *testing.T) {
			host := named(t, test.host)
			var before strings.Builder
			for i, part := range strings.FieldsFunc("|"+test.content, func(r rune) bool { return r == '‹' || r == '›' }) {
				if i%2 == 0 {
					before.WriteString(strings.TrimPrefix(part, "|"))
				}
			}
			want := strings.NewReplacer("‹", "", "›", "").Replace(test.content)
			got, outcome, err := host.With([]byte(before.String()), server)
			if err != nil || outcome != hosts.Added || string(got) != want {
				t.Fatalf("%s, %v:\n%s\nwant:\n%s", outcome, err, got, want)
			}
			if again, outcome, err := host.With(got, server); err != nil || outcome != hosts.Unchanged || string(again) != want {
				t.Errorf("again: %s, %v\n%s", outcome, err, again)
			}
			env := machine(t, "linux")
			file, _ := host.File(env, hosts.User)
			put(t, file, before.String())
			if before.Len() == 0 {
				remove(t, file)
			}
			install(t, host, env, server)
			if now := read(t, file); now != want {
				t.Errorf("the file is\n%s", now)
			}
			other := server
			other.Args = nil
			install(t, host, env, other)
			install(t, host, env, server)
			if now := read(t, file); now != want {
				t.Errorf("after two updates, the file is\n%s", now)
			}
			change, err := host.Uninstall(env, hosts.User, "opentrain")
			if err != nil || change.Outcome != hosts.Removed {
				t.Fatal(change, err)
			}
			if _, err := change.Apply(); err != nil {
				t.Fatal(err)
			}
			if now := read(t, file); now != before.String() {
				t.Errorf("at the end, the file is\n%s\nwant\n%s", now, &before)
			}
			if left := files(t, env.Home); before.Len() == 0 && left != "" || before.Len() > 0 && left != file {
				t.Errorf("left over: %s", left)
			}
		})
	}
}

// TestUpdatesKeepWhatPeopleAdd: only the keys of ours that differ change, wherever they are.
func TestUpdatesKeepWhatPeopleAdd(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ host, before, after string }{
		"JSON": {"claude-desktop", `{"mcpServers": {"opentrain": {"command": "/old/opentrain-mcp", "args": ["stdio"], "env": {"OT_API_TOKEN": "t"}}}}`,
			`{"mcpServers": {"opentrain": {"command": "/opt/opentrain-mcp", "args": ["--sandbox"], "env": {"OT_API_TOKEN": "t"}}}}`},
		"JSON, missing": {"claude-code", "{\n  \"mcpServers\": {\n    \"opentrain\": {\n      \"command\": \"opentrain-mcp\"\n    }\n  }\n}\n",
			"{\n  \"mcpServers\": {\n    \"opentrain\": {\n      \"command\": \"/opt/opentrain-mcp\",\n      \"type\": \"stdio\",\n      \"args\": [\"--sandbox\"]\n    }\n  }\n}\n"},
		"JSONC": {"zed", "{\"context_servers\": {\n  \"opentrain\": {\n    \"command\": \"opentrain-mcp.exe\", // old\n    \"args\": [\n      // no\n      \"x\"\n    ],\n    \"source\": \"custom\",\n  }}}",
			"{\"context_servers\": {\n  \"opentrain\": {\n    \"command\": \"/opt/opentrain-mcp\", // old\n    \"args\": [\"--sandbox\"],\n    \"source\": \"custom\",\n  }}}"},
		"opencode": {"opencode", `{"mcp": {"opentrain": {"type": "local", "command": ["opentrain-mcp"], "enabled": false, "timeout": 9}}}`,
			`{"mcp": {"opentrain": {"type": "local", "command": ["/opt/opentrain-mcp", "--sandbox"], "enabled": true, "timeout": 9}}}`},
		"TOML": {"codex", "[mcp_servers.opentrain] # mine\nenabled = true\ncommand = \"/old/opentrain-mcp\" # c\n\n[mcp_servers.opentrain.env]\nA = \"b\"\n[x]\ny = 1\n",
			"[mcp_servers.opentrain] # mine\nenabled = true\ncommand = '/opt/opentrain-mcp' # c\nargs = ['--sandbox']\n\n[mcp_servers.opentrain.env]\nA = \"b\"\n[x]\ny = 1\n"},
		"TOML, no line end": {"codex", "[mcp_servers.opentrain]\ncommand = 'opentrain-mcp'",
			"[mcp_servers.opentrain]\ncommand = '/opt/opentrain-mcp'\nargs = ['--sandbox']"},
		"TOML, braces": {"codex", "[mcp_servers]\nopentrain = {command='opentrain-mcp', env = {A = 'b'}}\n",
			"[mcp_servers]\nopentrain = { args = ['--sandbox'],command='/opt/opentrain-mcp', env = {A = 'b'}}\n"},
		"TOML, dots": {"codex", "mcp_servers.opentrain.command = 'opentrain-mcp'\nmcp_servers.opentrain.args = []\n",
			"mcp_servers.opentrain.command = '/opt/opentrain-mcp'\nmcp_servers.opentrain.args = ['--sandbox']\n"},
		"YAML": {"goose", "extensions:\n  opentrain:\n    cmd: \"/old/opentrain-mcp\" # old\n    args:\n    - x # y\n\n    enabled: false\n    timeout: 9\n    type: 'stdio'\nA: b\n",
			"extensions:\n  opentrain:\n    cmd: /opt/opentrain-mcp # old\n    args: [\"--sandbox\"]\n\n    enabled: true\n    timeout: 9\n    type: 'stdio'\nA: b\n"},
		"YAML, missing": {"goose", "extensions:\n  opentrain:\n    cmd: opentrain-mcp", "extensions:\n  opentrain:\n    args: [\"--sandbox\"]\n    type: stdio\n    enabled: true\n    cmd: /opt/opentrain-mcp"},
		"YAML, braces": {"goose", "{extensions: {opentrain: {cmd: opentrain-mcp, args: ['a', 'it''s'], enabled: false, type: stdio}}}\n",
			"{extensions: {opentrain: {cmd: \"/opt/opentrain-mcp\", args: [\"--sandbox\"], enabled: true, type: stdio}}}\n"},
	} {
		got, outcome, err := named(t, test.host).With([]byte(test.before), server)
		if err != nil || outcome != hosts.Updated || string(got) != test.after {
			t.Errorf("%s: %s, %v\n%s\nwant\n%s", name, outcome, err, got, test.after)
		}
		if again, outcome, err := named(t, test.host).With(got, server); err != nil || outcome != hosts.Unchanged || string(again) != test.after {
			t.Errorf("%s, again: %s, %v\n%s", name, outcome, err, again)
		}
	}
}

// TestRemoval: what others have put around the entry stays.
func TestRemoval(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ host, before, after string }{
		"JSON, first":  {"cursor", `{"mcpServers": {"opentrain": {"command": "opentrain-mcp"}, "a": {}}}`, `{"mcpServers": {"a": {}}}`},
		"JSON, only":   {"cursor", `{"mcpServers": {"opentrain": {"command": "opentrain-mcp"}}, "a": 1}`, `{"a": 1}`},
		"JSON, twice":  {"cursor", `{"mcpServers": {"opentrain": {"command": "x"}, "opentrain": {"command": "opentrain-mcp"}}}`, `{}`},
		"JSON, indent": {"cursor", "{\n  \"mcpServers\": {\n    \"opentrain\": {\n      \"command\": \"opentrain-mcp\"\n    },\n    \"a\": {}\n  }\n}", "{\n  \"mcpServers\": {\n    \"a\": {}\n  }\n}"},
		"JSONC, comments": {"cursor", "{\"mcpServers\": {\n  // hire people\n  \"opentrain\": {\"command\": \"opentrain-mcp\"} /* a */, // b\n  // c\n}}",
			"{\"mcpServers\": {\n  // hire people\n   /* a */ // b\n  // c\n}}"},
		"JSONC, in a line": {"cursor", "{\"mcpServers\": { // hire\n  \"opentrain\": {\"command\": \"opentrain-mcp\"}}}", "{\"mcpServers\": { // hire\n  }}"},
		"TOML": {"codex", "a = 1\n\n# hire\n[mcp_servers.opentrain]\ncommand = 'opentrain-mcp'\n# in it\nargs = [\n  'x' ] # x\n# below\n\n[b]\nc = 1\n[mcp_servers.opentrain.env]\nA = 'b'\n\n[mcp_servers.d]\n",
			"a = 1\n\n# hire\n# below\n\n[b]\nc = 1\n\n[mcp_servers.d]\n"},
		"TOML, braces":      {"codex", "[mcp_servers]\na = {}\nopentrain = { command = 'opentrain-mcp' }\nb = {}\n", "[mcp_servers]\na = {}\nb = {}\n"},
		"TOML, last braces": {"codex", "mcp_servers = { a = {}, opentrain = { command = 'opentrain-mcp' } }", "mcp_servers = { a = {} }"},
		"TOML, only braces": {"codex", "mcp_servers = { opentrain = { command = 'opentrain-mcp' } }", "mcp_servers = {}"},
		"TOML, dots":        {"codex", "mcp_servers.opentrain.command = 'opentrain-mcp'\nmcp_servers.opentrain.args = []\na.b = 1\n", "a.b = 1\n"},
		"YAML": {"goose", "A: 1\nextensions:\n  a:\n    cmd: x\n\n  # hire\n  opentrain:\n    cmd: opentrain-mcp\n    description: |\n      two\n\n      lines\n    args:\n    - a\n\n  # b\n  b: {}\n",
			"A: 1\nextensions:\n  a:\n    cmd: x\n\n  # hire\n\n  # b\n  b: {}\n"},
		"YAML, only":      {"goose", "A: 1\nextensions:\n  opentrain:\n    cmd: opentrain-mcp\nB: 2\n", "A: 1\nB: 2\n"},
		"YAML, comment":   {"goose", "extensions: # all\n  # hire\n  opentrain:\n    cmd: opentrain-mcp\nB: 2\n", "extensions: {} # all\n  # hire\nB: 2\n"},
		"YAML, braces":    {"goose", "extensions: {a: {b: 1}, opentrain: {cmd: opentrain-mcp}}\n", "extensions: {a: {b: 1}}\n"},
		"YAML, all of it": {"goose", "extensions:\n  opentrain:\n    cmd: opentrain-mcp", ""},
	} {
		got, outcome, err := named(t, test.host).Without([]byte(test.before), "opentrain")
		if err != nil || outcome != hosts.Removed || string(got) != test.after {
			t.Errorf("%s: %s, %v\n%q\nwant\n%q", name, outcome, err, got, test.after)
		}
		if again, outcome, err := named(t, test.host).Without(got, "opentrain"); err != nil || outcome != hosts.Absent || string(again) != test.after {
			t.Errorf("%s, again: %s, %v\n%s", name, outcome, err, again)
		}
	}
}

// TestMistakesHaveAPlace: what can't be read, or not changed, is named with line and column.
func TestMistakesHaveAPlace(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ host, content, want string }{
		"JSON":              {"cursor", "{\n  \"a\": tru\n}", "line 2, column 8: this is not a value; a text needs quotes"},
		"JSON, a backslash": {"cursor", `{"a": "C:\Users"}`, "line 1, column 7: this text has a character in it that needs a backslash"},
		"JSON, unfinished":  {"cursor", "{\n", "line 2, column 1: the file is incomplete"},
		"JSON, a comment":   {"claude-desktop", "{\n  \"ü\": 1, // x\n}", "line 2, column 9: this host doesn't allow comments or a comma before a closing bracket"},
		"JSON, a comma":     {"claude-desktop", "{\n  \"a\": [1,]\n}", "line 2, column 10: this host doesn't allow comments or a comma before a closing bracket"},
		"JSON, a list":      {"cursor", " []", "line 1, column 2: an object in braces is expected here"},
		"JSON, servers":     {"cursor", "{\"mcpServers\": []}", "line 1, column 16: an object in braces is expected here"},
		"TOML":              {"codex", "a = 1\nb = x\n", "line 2, column 5: "},
		"TOML, twice":       {"codex", "a = 1\na = 2\n", "line 2, column 1: "},
		"TOML, servers":     {"codex", "mcp_servers = 1\n", "is written in a way that this program can't change"},
		"TOML, a list":      {"codex", "[[mcp_servers]]\na = 1\n", "is written in a way that this program can't change"},
		"YAML":              {"goose", "a: 1\n b: 2\n", "line 2, column 3: mapping values are not allowed in this context"},
		"YAML, twice":       {"goose", "a: 1\na: 2\n", "line 2, column 1: mapping key \"a\" already defined at line 1"},
		"YAML, a list":      {"goose", "- a\n", "line 1: keys with values are expected here"},
		"YAML, servers":     {"goose", "extensions: [a]\n", "line 1, column 13: keys with values are expected here"},
		"YAML, an alias":    {"goose", "a: &x {}\nextensions: *x\n", "line 2, column 13: keys with values are expected here"},
		"YAML, more":        {"goose", "a: 1\n---\nb: 2\n", "line 2: a second document begins here; only one is expected"},
		"YAML, an end mark": {"goose", "a: 1\n...\n", "is written in a way that this program can't change"},
	} {
		env := machine(t, "linux")
		file, _ := named(t, test.host).File(env, hosts.User)
		put(t, file, test.content)
		_, err := named(t, test.host).Install(env, hosts.User, server)
		if err == nil || !strings.HasPrefix(err.Error(), file) || !strings.Contains(err.Error(), test.want) || read(t, file) != test.content {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
}
