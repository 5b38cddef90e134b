package acceptance_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestMalformedInputGetsAnError(t *testing.T) {
	t.Parallel()
	p := run(t, environment(t), "stdio", "--sandbox")
	for _, test := range []struct {
		line string
		code int
	}{
		{`{"jsonrpc":`, -32700}, {`hello`, -32700}, {`[]`, -32700}, {`42`, -32700}, {`{"id":7,"method":"ping"}`, -32600},
		{`{"jsonrpc":"2.0","id":8,"method":"no/such"}`, -32601},
		{`{"jsonrpc":"2.0","id":9,"method":"prompts/get","params":{"name":"no_such_prompt"}}`, -32602},
		{strings.Repeat("x", 5<<20), -32600},
	} {
		p.send(test.line)
		if m := p.receive(); m.Error == nil || m.Error.Code != test.code {
			t.Errorf("%.40s: got %+v, want %d", test.line, m, test.code)
		}
	}
	p.send("")
	p.send("  \r")
	p.send(hello + "\r") // Windows hosts end lines with CRLF
	if m := p.receive(); string(m.ID) != "1" || m.Error != nil {
		t.Errorf("the server stopped answering: %+v", m)
	}
	p.stdin.Close()
	if err := p.end(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

// TestEveryProtocolVersionIsServed: the program serves every protocol version. A client
// of 2026-07-28 needs no handshake.
func TestEveryProtocolVersionIsServed(t *testing.T) {
	t.Parallel()
	p := run(t, environment(t), "--sandbox")
	for _, test := range []struct{ method, params, want string }{
		{"server/discover", modernMeta, `"instructions":"OpenTrain`},
		{"tools/list", modernMeta, `"name":"opentrain_create_draft"`},
		{"tools/call", `"name":"opentrain_create_draft","arguments":{"description":"Label 100 photos"},` + modernMeta, `"action":"ask_human"`},
		{"tools/call", `"name":"opentrain_publish","arguments":{},` + modernMeta, `"opentrain/error":{"code":"INVALID_ARGUMENT"`},
	} {
		p.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q,"params":{%s}}`, test.method, test.params))
		if m := p.receive(); m.Error != nil || !strings.Contains(string(m.Result), test.want) ||
			!strings.Contains(string(m.Result), `"resultType":"complete"`) {
			t.Errorf("%s: %+v %s", test.method, m.Error, m.Result)
		}
	}
	for _, version := range []string{"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"} {
		p.send(strings.Replace(hello, "2025-11-25", version, 1))
		if m := p.receive(); !strings.Contains(string(m.Result), `"protocolVersion":"`+version+`"`) {
			t.Errorf("%s: %s", version, m.Result)
		}
	}
}

// TestLastLineWithoutNewline: a host that closes its end right after a request gets the
// answer.
func TestLastLineWithoutNewline(t *testing.T) {
	t.Parallel()
	p := run(t, environment(t), "--sandbox")
	if _, err := io.WriteString(p.stdin, hello+"\n"+rpc(2, "opentrain_search_jobs", map[string]any{})); err != nil {
		t.Fatal(err)
	}
	p.stdin.Close()
	for range 2 {
		if m := p.receive(); m.Error != nil {
			t.Errorf("got %+v", m.Error)
		}
	}
	if err := p.end(); err != nil {
		t.Error(err)
	}
}
