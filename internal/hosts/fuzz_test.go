package hosts_test

import (
	"bytes"
	"testing"

	"opentrain-mcp/internal/hosts"
)

// FuzzInstall: whatever a file holds, the entry goes in and comes out, and nothing else changes. What can't be read or
// changed is left alone.
func FuzzInstall(f *testing.F) {
	all := hosts.All()
	for i, host := range all {
		for _, seed := range seeds(host.Format) {
			f.Add(uint8(i), seed)
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, data []byte) {
		host := all[int(which)%len(all)]
		server := hosts.Server{Name: "opentrain", Command: `C:\Program Files\opentrain-mcp.exe`, Args: []string{"--sandbox"}}
		before, err := host.Decode(data)
		if err != nil {
			if _, _, err := host.With(data, server); err == nil {
				t.Fatal("a broken file was changed")
			}
			return
		}
		if _, _, taken := host.At(before, "opentrain"); taken {
			return
		}
		added, outcome, err := host.With(bytes.Clone(data), server)
		if err != nil {
			return // it is left alone
		}
		after, err := host.Decode(added)
		if err != nil || outcome != hosts.Added {
			t.Fatalf("%s: %v\n%s", outcome, err, added)
		}
		entry, path, _ := host.At(after, "opentrain")
		if !host.Same(entry, server) || !host.Equal(before, after, "opentrain") {
			t.Fatalf("%v\n%s", after, added)
		}
		if again, outcome, err := host.With(added, server); err != nil || outcome != hosts.Unchanged || !bytes.Equal(again, added) {
			t.Fatalf("again: %s, %v\n%s", outcome, err, again)
		}
		removed, outcome, err := host.Without(added, "opentrain")
		if err != nil && host.Format == hosts.YAML && bytes.ContainsAny(data, "!&%") {
			return // a tag or an anchor would be left alone; the file is as it was
		}
		if err != nil || outcome != hosts.Removed {
			t.Fatalf("removed: %s, %v\n%s", outcome, err, added)
		}
		others, _ := hosts.Lookup(before, path[:len(path)-1]...)
		if len(hosts.Members(others)) > 0 {
			if !bytes.Equal(removed, data) {
				t.Fatalf("before:\n%q\nwith the entry:\n%q\nafter:\n%q", data, added, removed)
			}
			if !contains(added, data) {
				t.Fatalf("something was changed:\n%q\n%q", data, added)
			}
			return
		}
		end, err := host.Decode(removed)
		if err != nil || !host.Equal(before, end, "opentrain") {
			t.Fatalf("%v\n%q\n%q\n%q", err, data, added, removed)
		}
	})
}

// contains says whether all bytes of a part are in the whole, in the same order.
func contains(whole, part []byte) bool {
	for _, c := range part {
		i := bytes.IndexByte(whole, c)
		if i < 0 {
			return false
		}
		whole = whole[i+1:]
	}
	return true
}

// seeds are files of a format.
func seeds(format hosts.Format) [][]byte {
	var texts []string
	switch format {
	case hosts.TOML:
		texts = []string{
			"", "# c\nmodel = 'x'\n", "a = 1", "[mcp_servers.a]\ncommand = 'x'\n\n[other]\nb = [\n 1, # one\n]\n",
			"mcp_servers = { a = { command = 'x' } }\n", "mcp_servers.a.command = 'x'\r\n", "[mcp_servers]\na = { command = \"x\" }",
			"[[mcp_servers]]\na = 1", "mcp_servers = {}", "[mcp_servers]\n\n[x]\n",
		}
	case hosts.YAML:
		texts = []string{
			"", "# c\nA: 1\n", "extensions:\n  # dev\n  developer:\n    enabled: true # yes\n    args:\n    - a\nB: |\n  x\n", "extensions:\n",
			"extensions: {}\n", "extensions: {a: {cmd: 'it''s'}, b: [1, {c: 2}]}\n", "{extensions: {a: 1}}", "---\nextensions: ~ # x\n...\n",
			"a: &x {b: 1}\nextensions:\r\n    y:\r\n        <<: *x\r\n", "A: b", ": \r\n    b 1}\nextensions:",
		}
	default:
		texts = []string{
			"", "{}", "{ }", "{\n}", "// c\n{\n  // x\n  \"mcpServers\": {\n    \"a\": {\"command\": \"x\"}, // y\n  },\n}\n", "{\"mcpServers\":{\"a\":{}}}",
			"{\r\n\t\"servers\": {\r\n\t\t\"a\": 1 /* b */\r\n\t}\r\n}", "{\"mcp\": {\"servers\": {\"x\": {}}}, \"context_servers\": null}", "/* c */",
			"{\"mcpServers\": {\"a\": 1, \"b\": 2 // c\n}}", "{\"mcpServers\": [], \"mcpServers\": {\"a\": {}}}",
			"{ // x\n  \"mcpServers\": {\n    \"a\": {}, // y \n}}",
		}
	}
	var all [][]byte
	for _, text := range texts {
		all = append(all, []byte(text), []byte("\ufeff"+text))
	}
	return all
}
