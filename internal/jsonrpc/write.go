package jsonrpc

import (
	"bytes"
	"encoding/json"
	"slices"
)

// Encode returns v as one line of JSON, as OneLine has it. A value that can't be written becomes null.
func Encode(v any) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(v) != nil {
		return []byte("null")
	}
	return OneLine(bytes.TrimSuffix(b.Bytes(), []byte("\n"))) // encoding/json keeps them in values that are JSON already
}

// OneLine escapes in JSON the characters that some clients take for the end of a line.
func OneLine(line []byte) []byte {
	for _, end := range []struct{ raw, escaped string }{{"\u0085", `\u0085`}, {"\u2028", `\u2028`}, {"\u2029", `\u2029`}} {
		if !bytes.Contains(line, []byte(end.raw)) {
			continue
		}
		line = bytes.ReplaceAll(line, []byte(end.raw), []byte(end.escaped))
	}
	return line
}

// Answer returns the response to a request, with the id that its sender wrote.
func Answer(id json.RawMessage, result any) []byte { return respond(id, "result", Encode(result)) }

// AnswerWith is Answer for an object that Encode made, with one more member. It returns the response in parts. The value is one, and the
// members of the object are another: nothing long is copied.
func AnswerWith(id json.RawMessage, name string, value, object []byte) [][]byte {
	begin := slices.Concat([]byte(beginning), idOf(id), []byte(`,"result":{"`+name+`":`))
	if string(object) == "{}" {
		return [][]byte{begin, value, []byte("}}")}
	}
	return [][]byte{begin, value, []byte(","), object[1:], []byte("}")}
}

// Refusal returns the response to a request that failed. Data may be nil.
func Refusal(id json.RawMessage, code int, message string, data any) []byte {
	return respond(id, "error", Encode(struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
		Data    any    `json:"data,omitempty"`
	}{code, message, data}))
}

// Response returns the response with which a server refuses a message.
func (e *Error) Response() []byte { return Refusal(e.ID, e.Code, e.Message, nil) }

const beginning = `{"jsonrpc":"2.0","id":`

func respond(id json.RawMessage, member string, value []byte) []byte {
	return slices.Concat([]byte(beginning), idOf(id), []byte(`,"`+member+`":`), value, []byte("}"))
}

func idOf(id json.RawMessage) json.RawMessage {
	if id == nil {
		return json.RawMessage("null")
	}
	return id
}

// Call returns a request of this server, or a notification if id is 0.
func Call(id int64, method string, params any) []byte {
	return Encode(struct {
		JSONRPC string `json:"jsonrpc"`
		ID      int64  `json:"id,omitempty"`
		Method  string `json:"method"`
		Params  any    `json:"params,omitempty"`
	}{version, id, method, params})
}
