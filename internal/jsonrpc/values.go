package jsonrpc

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// space is what JSON calls whitespace.
const space = " \t\r\n"

func trimSpace(data []byte) []byte { return bytes.Trim(data, space) }

// eachMember reads an object, after which nothing may follow. The values are parts of it.
func eachMember(raw []byte, read func(name string, value json.RawMessage)) error {
	decoder := jsontext.NewDecoder(bytes.NewBuffer(raw), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	_, err := decoder.ReadToken()
	for err == nil && decoder.PeekKind() != jsontext.KindEndObject {
		var token jsontext.Token
		if token, err = decoder.ReadToken(); err != nil {
			break
		}
		name := token.String() // before the next read
		var value jsontext.Value
		if value, err = decoder.ReadValue(); err == nil {
			end := decoder.InputOffset()
			read(name, raw[end-int64(len(value)):end])
		}
	}
	if err == nil {
		_, err = decoder.ReadToken()
	}
	if err == nil && len(trimSpace(raw[decoder.InputOffset():])) > 0 {
		err = errors.New("something follows the object")
	}
	return err
}

func emptyObject(raw json.RawMessage) json.RawMessage {
	if trimmed := trimSpace(raw); len(trimmed) > 1 && trimmed[0] == '[' && len(trimSpace(trimmed[1:])) == 1 {
		return json.RawMessage("{}")
	}
	return raw
}

// writeObject writes an object with its names in order.
func writeObject(members map[string]json.RawMessage) json.RawMessage {
	b := []byte{'{'}
	for i, name := range slices.Sorted(maps.Keys(members)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(appendString(b, name), ':'), members[name]...)
	}
	return append(b, '}')
}

// appendString writes a text without invalid characters.
func appendString(b []byte, text string) []byte {
	b, _ = jsontext.AppendQuote(b, text) // it refuses nothing else
	return b
}

// present returns nil for null.
func present(raw json.RawMessage) json.RawMessage {
	if string(raw) == "null" {
		return nil
	}
	return raw
}

// stringOf returns a JSON string's value, and "" for any other value.
func stringOf(raw json.RawMessage) string {
	if len(raw) == 0 || raw[0] != '"' {
		return ""
	}
	if text, err := jsontext.AppendUnquote(nil, raw); err == nil {
		return string(text)
	}
	var text string // with half of a surrogate pair, which encoding/json replaces
	if json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}

// shortString is stringOf for values that are kept; longer ones than any trace needs are left out.
func shortString(raw json.RawMessage) string {
	const most = 520
	if len(raw) > most {
		return ""
	}
	return stringOf(raw)
}

// clip shortens a name for a message.
func clip(name string) string {
	const most = 64
	if len(name) <= most {
		return name
	}
	return strings.ToValidUTF8(name[:most], "") + "…"
}
