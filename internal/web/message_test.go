package web

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
)

func TestParseMessage(t *testing.T) {
	for name, test := range map[string]struct {
		body   string
		code   int    // of a refusal
		method string // of an accepted message
		call   bool
	}{
		"call":                  {ping, 0, "ping", true},
		"string id":             {`{"jsonrpc":"2.0","id":"x","method":"ping"}`, 0, "ping", true},
		"notification":          {`{"jsonrpc":"2.0","method":"notifications/initialized"}`, 0, "notifications/initialized", false},
		"null id":               {`{"jsonrpc":"2.0","id":null,"method":"ping"}`, 0, "ping", false},
		"result":                {answer, 0, "", false},
		"null result":           {`{"jsonrpc":"2.0","id":1,"result":null}`, 0, "", false},
		"error":                 {`{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}}`, 0, "", false},
		"unknown members":       {`{"jsonrpc":"2.0","id":1,"method":"ping","more":{"id":2,"ID":3}}`, 0, "ping", true},
		"params of other kinds": {`{"jsonrpc":"2.0","id":1,"method":"ping","params":[{"_META":1}]}`, 0, "ping", true},
		"arguments are free":    {`{"jsonrpc":"2.0","id":1,"method":"ping","params":{"arguments":{"a":1,"a":2}}}`, 0, "ping", true},
		"space around it":       {" \n" + ping + "\r\n", 0, "ping", true},

		"nothing":           {"", mcp.PARSE_ERROR, "", false},
		"not JSON":          {"{", mcp.PARSE_ERROR, "", false},
		"a number":          {"7", mcp.PARSE_ERROR, "", false},
		"a batch":           {"[" + ping + "]", mcp.PARSE_ERROR, "", false},
		"two messages":      {ping + ping, mcp.PARSE_ERROR, "", false},
		"no version":        {`{"id":1,"method":"ping"}`, mcp.INVALID_REQUEST, "", false},
		"version of a kind": {`{"jsonrpc":2.0,"id":1,"method":"ping"}`, mcp.INVALID_REQUEST, "", false},
		"neither":           {`{"jsonrpc":"2.0","id":1}`, mcp.INVALID_REQUEST, "", false},
		"both":              {`{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}`, mcp.INVALID_REQUEST, "", false},
		"method is a list":  {`{"jsonrpc":"2.0","id":1,"method":["ping"]}`, mcp.INVALID_REQUEST, "", false},
		"id is an object":   {`{"jsonrpc":"2.0","id":{},"method":"ping"}`, mcp.INVALID_REQUEST, "", false},
		"id is a list":      {`{"jsonrpc":"2.0","id":[],"method":"ping"}`, mcp.INVALID_REQUEST, "", false},
		"id is true":        {`{"jsonrpc":"2.0","id":true,"method":"ping"}`, mcp.INVALID_REQUEST, "", false},
		"long id":           {`{"jsonrpc":"2.0","id":"` + strings.Repeat("x", 300) + `","method":"ping"}`, mcp.INVALID_REQUEST, "", false},
		"method twice":      {`{"jsonrpc":"2.0","id":1,"method":"ping","method":"initialize"}`, mcp.INVALID_REQUEST, "", false},
		"escaped twice":     {`{"jsonrpc":"2.0","id":1,"method":"ping","\u006dethod":"initialize"}`, mcp.INVALID_REQUEST, "", false},
		"other case":        {`{"jsonrpc":"2.0","id":1,"method":"ping","METHOD":"initialize"}`, mcp.INVALID_REQUEST, "", false},
		"other case alone":  {`{"jsonrpc":"2.0","id":1,"Method":"ping"}`, mcp.INVALID_REQUEST, "", false},
		"folded letter":     {`{"jsonrpc":"2.0","id":1,"method":"ping","paramſ":{}}`, mcp.INVALID_REQUEST, "", false},
		"meta twice":        {`{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{},"_meta":{}}}`, mcp.INVALID_REQUEST, "", false},
		"meta, other case":  {`{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_Meta":{}}}`, mcp.INVALID_REQUEST, "", false},
		"version twice": {`{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",` +
			`"io.modelcontextprotocol/protocolVersion":"2025-11-25"}}}`, mcp.INVALID_REQUEST, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseMessage([]byte(test.body))
			refused, _ := errors.AsType[*refusal](err)
			switch {
			case test.code == 0 && err != nil:
				t.Fatal(err)
			case test.code != 0 && (refused == nil || refused.code != test.code || refused.status != http.StatusBadRequest):
				t.Fatalf("%+v, error %v", got, err)
			case test.code == 0 && (string(got.method) != test.method || got.isCall() != test.call || got.response != (test.method == "")):
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestProtocolVersionHasAnExactName(t *testing.T) {
	for meta, want := range map[string]string{
		modernMeta: "2026-07-28",
		`"_meta":{"IO.modelcontextprotocol/protocolVersion":"2026-07-28"}`: "",
		`"_meta":{"io.modelcontextprotocol/protocolVersion":20260728}`:     "",
		`"_meta":[]`: "",
	} {
		got, err := parseMessage([]byte(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{` + meta + `}}`))
		if err != nil || got.version != want {
			t.Errorf("%s: version %q, %v", meta, got.version, err)
		}
	}
}

func TestBodySizesAndTypes(t *testing.T) {
	s := start(t, nil)
	_, messages := s.openStream()
	for name, test := range map[string]struct {
		body, kind string
		status     int
	}{
		"large":      {ping + strings.Repeat(" ", maxBody-len(ping)), "application/json", 200},
		"too large":  {ping + strings.Repeat(" ", maxBody), "application/json", 413},
		"plain text": {ping, "text/plain", 415},
		"no type":    {ping, "", 415},
		"charset":    {ping, "application/json; charset=utf-8", 200},
		"broken":     {"{", "application/json", 400},
	} {
		for _, path := range []string{"/mcp", messages} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+path, strings.NewReader(test.body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", test.kind)
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			want := test.status
			if want == 200 && path != "/mcp" {
				want = 202
			}
			if response.StatusCode != want {
				t.Errorf("%s on %s: %d", name, path, response.StatusCode)
			}
			// net/http reads the rest of a body before it reuses the connection.
			if unread := want == 413 || want == 415; response.Close != unread {
				t.Errorf("%s on %s: connection closed: %v", name, path, response.Close)
			}
		}
	}
}
