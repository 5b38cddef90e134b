package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"

	"opentrain-mcp/internal/text"
)

const (
	maxBody = 1 << 20 // limits the body of a request, in bytes
	maxID   = 256     // limits the id of a message, in bytes: it is kept until the response
)

// message is what this package needs to know of a JSON-RPC message.
type message struct {
	method   mcp.MCPMethod   // "" for a response
	id       json.RawMessage // nil for a notification
	response bool            // to a request of this server
	// answersForm says that a response can be the answer to a form, not to a ping.
	answersForm bool
	// version is the protocol version in _meta, "" before protocol 2026-07-28.
	version string
}

// parseMessage reads and checks a message. It compares the names of members exactly, and refuses names that
// mcp-go could read differently: encoding/json ignores case, and uses the last of several equal names.
func parseMessage(body []byte) (m message, err error) {
	if !json.Valid(body) || bytes.TrimSpace(body)[0] != '{' {
		return m, errNoObject
	}
	root, err := readObject(body, "jsonrpc", "id", "method", "params", "result", "error")
	if err != nil {
		return m, err
	}
	if stringOf(root["jsonrpc"]) != mcp.JSONRPC_VERSION {
		return m, refuse(http.StatusBadRequest, "The message must have jsonrpc: %q.", mcp.JSONRPC_VERSION)
	}
	if id := root["id"]; string(id) != "null" {
		m.id = id
	}
	if len(m.id) > maxID || len(m.id) > 0 && strings.ContainsRune("{[tf", rune(m.id[0])) {
		return m, refuse(http.StatusBadRequest, "The id of a message must be a number, or a string of at most %d bytes.", maxID)
	}
	m.method = mcp.MCPMethod(stringOf(root["method"]))
	m.response = root["result"] != nil || root["error"] != nil
	if (m.method == "") != m.response {
		return m, refuse(http.StatusBadRequest, "A message must have either a method, or a result or an error.")
	}
	result, err := readObject(root["result"])
	if err != nil {
		return m, err
	}
	m.answersForm = result["action"] != nil || root["error"] != nil
	params, err := readObject(root["params"], "_meta")
	if err != nil {
		return m, err
	}
	meta, err := readObject(params["_meta"])
	m.version = stringOf(meta[mcp.MetaKeyProtocolVersion])
	return m, err
}

// isCall reports whether a message gets a response.
func (m message) isCall() bool { return m.method != "" && m.id != nil }

// stringOf returns a JSON string's value, and "" for any other value.
func stringOf(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// readObject returns the members of an object in valid JSON, and none of another value, which mcp-go refuses
// itself. It refuses a name that occurs twice, and one of the given names in another case.
func readObject(raw json.RawMessage, names ...string) (map[string]json.RawMessage, error) {
	decoder, members := json.NewDecoder(bytes.NewReader(raw)), map[string]json.RawMessage{}
	if start, _ := decoder.Token(); start != json.Delim('{') {
		return nil, nil
	}
	for decoder.More() {
		var value json.RawMessage
		token, err := decoder.Token()
		if errors.Join(err, decoder.Decode(&value)) != nil {
			return nil, errNoObject
		}
		name, _ := token.(string)
		if _, twice := members[name]; twice {
			return nil, refuse(http.StatusBadRequest, "The member %q occurs twice in one object.", text.Clip(name, 64))
		}
		if i := slices.IndexFunc(names, func(known string) bool { return strings.EqualFold(name, known) }); i >= 0 && name != names[i] {
			return nil, refuse(http.StatusBadRequest, "The member %q must be spelled %q.", text.Clip(name, 64), names[i])
		}
		members[name] = value
	}
	return members, nil
}

var errNoObject = &refusal{
	status: http.StatusBadRequest, code: mcp.PARSE_ERROR,
	message: "The body is not one JSON object. Send one JSON-RPC message with each request.",
}
