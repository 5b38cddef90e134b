// Package jsonrpc reads and writes the messages of MCP. It decodes a message once, with exact names, and passes
// on what it has checked in a form that every other decoder reads alike.
package jsonrpc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Codes of errors (https://www.jsonrpc.org/specification#error_object).
const (
	CodeParseError     = -32700
	CodeInvalidRequest = -32600
	CodeInvalidParams  = -32602
	CodeInternalError  = -32603
	// CodeBusy is of the range that is free for servers: the request can be sent again later.
	CodeBusy = -32000
)

const (
	version = "2.0"
	maxID   = 256 // of an id or a progress token, in bytes: they are kept until the response
	// A value takes many times its bytes when it is decoded, so their number is limited, and how deeply they are nested.
	maxValues = 10_000
	maxDepth  = 64

	metaPrefix      = "io.modelcontextprotocol/"
	versionKey      = metaPrefix + "protocolVersion"
	capabilitiesKey = metaPrefix + "clientCapabilities"
)

// Kind is what a message is for.
type Kind int

// The kinds of messages.
const (
	Request      Kind = iota // gets a response
	Notification             // gets none
	Response                 // to a request of this server
)

// Message is a checked message.
type Message struct {
	Kind   Kind
	Size   int             // of what is kept of it, in bytes
	ID     json.RawMessage // as the sender wrote it; nil for a notification
	Method string          // "" for a response
	// Version is the protocol version in _meta, "" before protocol 2026-07-28.
	Version string
	// Traceparent and Tracestate are the trace context in _meta, "" for none. They aren't checked.
	Traceparent, Tracestate string
	// ProgressToken is as the sender wrote it, nil if it wants no reports.
	ProgressToken json.RawMessage
	// Canceled is the id of the request that notifications/cancelled names, as the sender wrote it.
	Canceled json.RawMessage
	// Result and Error are the members of a response. One of them is set.
	Result, Error json.RawMessage
	// Arguments are those of tools/call, nil for none. They aren't forwarded: the tool decodes them itself.
	Arguments json.RawMessage

	params map[string]json.RawMessage
}

// RequestID returns the id that a refusal must have: that of a request, nil for other messages.
func (m *Message) RequestID() json.RawMessage {
	if m.Kind != Request {
		return nil
	}
	return m.ID
}

// Error is the reason why a message is refused.
type Error struct {
	Code    int
	Message string          // a sentence
	ID      json.RawMessage // of the refused request, nil if it is unknown
	// Silent says that the message is not a request, so it gets no response.
	Silent bool
}

// Error implements error.
func (e *Error) Error() string { return e.Message }

// Parse reads and checks a message. The error is an *Error. It compares names exactly and refuses those that another
// decoder could read differently: encoding/json ignores case and uses the last of several equal names.
func Parse(data []byte) (Message, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")) // a byte order mark
	if !utf8.Valid(data) {
		return unreadable(data, CodeParseError, "The message is not valid UTF-8.")
	}
	if problem := tooManyValues(data); problem != "" {
		return unreadable(data, CodeInvalidRequest, problem)
	}
	data = trimSpace(data)
	isObject := len(data) > 0 && data[0] == '{'
	if !isObject && json.Valid(data) {
		return unreadable(data, CodeParseError, "The message is not a JSON object. Send one JSON-RPC message at a time.")
	}
	var p parser
	var m Message
	if isObject {
		m = p.message(data)
	}
	if !isObject || p.broken {
		return unreadable(data, CodeParseError, "The message is not valid JSON.")
	}
	m.keep()
	m.Size = len(m.ID) + len(m.Method) + len(m.Result) + len(m.Error) + len(m.Arguments)
	for name, value := range m.params {
		m.Size += len(name) + len(value)
	}
	if p.err == nil {
		return m, nil
	}
	p.err.Silent = m.Kind != Request
	p.err.ID = m.RequestID()
	return Message{}, p.err
}

// keep copies what the message is made of, so that the rest of its text can go.
func (m *Message) keep() {
	for _, part := range []*json.RawMessage{&m.ID, &m.ProgressToken, &m.Canceled, &m.Result, &m.Error, &m.Arguments} {
		*part = bytes.Clone(*part)
	}
	for name, value := range m.params {
		m.params[name] = bytes.Clone(value)
	}
}

// unreadable refuses a message that can't be decoded. Its sender may wait for the response to a request.
func unreadable(data []byte, code int, problem string) (Message, error) {
	var scanner IDScanner
	scanner.Write(data) //nolint:errcheck,gosec // it returns no error
	return Message{}, &Error{Code: code, Message: problem, ID: scanner.ID(), Silent: !scanner.IsRequest()}
}

// tooManyValues says why JSON is too much to decode, "" if it isn't. It decodes nothing.
func tooManyValues(data []byte) string {
	values, depth, inString := 1, 0, false
	for i := 0; i < len(data); i++ {
		c := data[i]
		switch {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{', c == '[':
			values++
			depth++
		case c == '}', c == ']':
			depth--
		case c == ',':
			values++
		}
		switch {
		case values > maxValues:
			return fmt.Sprintf("The message has more than %d values.", maxValues)
		case depth > maxDepth:
			return fmt.Sprintf("The message is nested more than %d levels deep.", maxDepth)
		}
	}
	return ""
}

// parser keeps the first problem of a message.
type parser struct {
	err    *Error
	broken bool // the message isn't JSON
}

func (p *parser) refuse(code int, format string, args ...any) {
	if p.err == nil {
		p.err = &Error{Code: code, Message: fmt.Sprintf(format, args...)}
	}
}

func (p *parser) message(data []byte) (m Message) {
	root := p.object("message", data, "jsonrpc", "id", "method", "params", "result", "error")
	m.ID, m.Method = root["id"], stringOf(root["method"])
	m.Result, m.Error = present(root["result"]), present(root["error"])
	method := present(root["method"]) != nil
	if !method && m.Error == nil && root["result"] != nil && !isAnswer(root["result"]) {
		m.Result, m.Error = nil, writeObject(nil) // what waits for the response must not wait longer
	}
	switch {
	case method && m.ID != nil:
		m.Kind = Request
	case method:
		m.Kind = Notification
	default:
		m.Kind = Response
	}
	if m.ID != nil {
		if problem := idProblem(m.ID); problem != "" {
			m.ID = nil
			p.refuse(CodeInvalidRequest, "The id of a message %s.", problem)
		}
	}
	switch {
	case stringOf(root["jsonrpc"]) != version:
		p.refuse(CodeInvalidRequest, "The message must have jsonrpc: %q.", version)
	case method && m.Method == "":
		p.refuse(CodeInvalidRequest, "The method of a message must be a string.")
	case method == (m.Result != nil || m.Error != nil), m.Result != nil && m.Error != nil:
		p.refuse(CodeInvalidRequest, "A message must have either a method, or a result, or an error.")
	case m.Kind == Response && m.ID == nil:
		p.refuse(CodeInvalidRequest, "A response must have an id.")
	}
	if m.Kind == Response {
		m.Result = emptyObject(m.Result)
		return m
	}
	m.params = p.object("params", root["params"], paramNames()...)
	for name, answer := range p.object("inputResponses", m.params["inputResponses"]) {
		if !isAnswer(answer) {
			p.refuse(CodeInvalidParams,
				"The answer %q in inputResponses must be an object without repeated names, spelled as in the protocol.", clip(name))
		}
	}
	emptyObjects(m.params, "_meta", "arguments", "capabilities", "clientInfo", "inputResponses", "ref", "argument", "context", "notifications")
	switch m.Method {
	case "notifications/cancelled":
		m.Canceled = m.params["requestId"]
	case "tools/call":
		m.Arguments = m.params["arguments"]
		delete(m.params, "arguments")
	}
	p.meta(&m)
	return m
}

// isAnswer reports whether a value is an object that every decoder reads alike, such as the answer to a form: a human's no must not be
// a yes for another one.
func isAnswer(raw json.RawMessage) bool {
	var p parser
	answer := p.object("answer", raw, "action", "content")
	if content := answer["content"]; len(content) > 0 && content[0] == '{' {
		p.object("content", content)
	}
	return answer != nil && p.err == nil && !p.broken
}

// paramNames are the members of params that decide something.
func paramNames() []string {
	return []string{
		"_meta", "name", "arguments", "uri", "cursor", "protocolVersion", "capabilities", "clientInfo", "ref", "argument", "context",
		"inputResponses", "requestState", "notifications", "requestId", "task", "taskId", "level",
	}
}

// meta reads _meta.
func (p *parser) meta(m *Message) {
	raw := m.params["_meta"]
	meta := p.object("_meta", raw) // every decoder compares these names exactly
	if meta == nil {
		delete(m.params, "_meta") // null
		return
	}
	emptyObjects(meta, capabilitiesKey, metaPrefix+"clientInfo")
	m.Version = stringOf(meta[versionKey])
	m.Traceparent, m.Tracestate = shortString(meta["traceparent"]), shortString(meta["tracestate"])
	if m.ProgressToken = present(meta["progressToken"]); m.ProgressToken != nil {
		if problem := idProblem(m.ProgressToken); problem != "" {
			p.refuse(CodeInvalidParams, "The progressToken %s.", problem)
		}
		delete(meta, "progressToken") // reports carry it as it is
	}
	m.params["_meta"] = writeObject(meta)
}

// object returns the members of an object, and nil for null or no value. It refuses a name that occurs twice, and one
// of the given names in another case. An empty array is an empty object, because PHP writes it so.
func (p *parser) object(place string, raw json.RawMessage, names ...string) map[string]json.RawMessage {
	raw = emptyObject(raw)
	if len(raw) == 0 || present(raw) == nil {
		return nil
	}
	members := map[string]json.RawMessage{}
	if raw[0] != '{' {
		p.refuse(CodeInvalidParams, "%s must be an object.", place)
		return members
	}
	err := eachMember(raw, func(name string, value json.RawMessage) {
		if _, twice := members[name]; twice {
			p.refuse(CodeInvalidRequest, "The member %q occurs twice in %s.", clip(name), place)
		}
		if i := slices.IndexFunc(names, func(known string) bool { return strings.EqualFold(name, known) }); i >= 0 && name != names[i] {
			p.refuse(CodeInvalidRequest, "The member %q must be spelled %q.", clip(name), names[i])
		}
		members[name] = value
	})
	p.broken = p.broken || err != nil
	return members
}

// emptyObjects replaces empty arrays in members that hold objects. In capabilities every value is an object.
func emptyObjects(members map[string]json.RawMessage, names ...string) {
	for _, name := range names {
		value, ok := members[name]
		if !ok {
			continue
		}
		if value = emptyObject(value); name == "capabilities" || name == capabilitiesKey {
			value = emptyCapabilities(value, capabilityLevels)
		}
		members[name] = value
	}
}

// capabilityLevels is how deep capabilities have objects: elicitation, its form, and what that may have later.
const capabilityLevels = 3

func emptyCapabilities(raw json.RawMessage, levels int) json.RawMessage {
	var members map[string]json.RawMessage
	if levels == 0 || json.Unmarshal(raw, &members) != nil || members == nil {
		return raw
	}
	for name, value := range members {
		members[name] = emptyCapabilities(emptyObject(value), levels-1)
	}
	return writeObject(members)
}

// idProblem says why a value can't be an id, "" if it can.
func idProblem(raw json.RawMessage) string {
	switch {
	case len(raw) > maxID:
		return fmt.Sprintf("must have at most %d bytes", maxID)
	case raw[0] != '"' && raw[0] != '-' && (raw[0] < '0' || raw[0] > '9'):
		return "must be a string or a number"
	}
	return ""
}

// Key returns an id in one form, however it is spelled, or "" if there is no id.
func Key(id json.RawMessage) string {
	if len(id) > 0 && id[0] == '"' {
		return `"` + stringOf(id)
	}
	return string(id)
}

// Params returns the checked params, nil if there are none.
func (m Message) Params() json.RawMessage {
	if m.params == nil {
		return nil
	}
	return writeObject(m.params)
}

// Forward returns a request in the form in which it is passed on: the names that were checked, each once, and an id
// that every decoder keeps. Sender's ids aren't passed on, because a decoder that reads numbers as floats changes them.
func (m Message) Forward(id int64) []byte {
	b := []byte(`{"jsonrpc":"` + version + `","id":` + strconv.FormatInt(id, 10) + `,"method":`)
	b = appendString(b, m.Method)
	if m.params != nil {
		b = append(append(b, `,"params":`...), m.Params()...)
	}
	return append(b, '}')
}
