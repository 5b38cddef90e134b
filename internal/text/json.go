package text

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// JSON writes a value as one line of JSON, with <, > and & as they are.
func JSON(v any) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return "{}"
	}
	return strings.TrimSpace(b.String())
}

// Exact writes a value as JSON does, with the hidden and control characters in its strings as escapes: it can be copied.
func Exact(v any) string { return escape(JSON(v)) }

// Shown writes a value as JSON for readers, with Plain strings. Where HTML or Markdown would start, it has an escape.
func Shown(v any) string {
	shown, err := PlainJSON(v, func(string) bool { return false })
	if err != nil {
		return "{}"
	}
	return replaceMarkup(string(shown), func(b *strings.Builder, c byte) { fmt.Fprintf(b, `\u%04x`, c) })
}

// escape writes the hidden and control characters in JSON as escapes.
func escape(data string) string {
	return replace(data, controls, func(b *strings.Builder, r rune) {
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(b, `\u%04x`, unit)
		}
	})
}

// PlainJSON writes a value as JSON whose names and strings are Plain. Strings at the paths for which exact reports true keep
// all characters, as escapes; a path is like "next.arguments". So do all strings below them.
func PlainJSON(v any, exact func(path string) bool) (json.RawMessage, error) {
	var b bytes.Buffer // it gets the JSON in one piece
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	if data := bytes.TrimSpace(b.Bytes()); plain(data) {
		return data, nil
	}
	return rewrite(b.Bytes(), func(path, s string) string {
		if exact(path) {
			return s
		}
		return Plain(s)
	})
}

// VisibleJSON is Visible for the names and strings in JSON, in its Canonical form. What isn't JSON stays as it is.
func VisibleJSON(raw json.RawMessage) json.RawMessage {
	canonical := json.RawMessage(Canonical(raw))
	if plain(canonical) {
		return canonical
	}
	shown, err := rewrite(canonical, func(_, s string) string { return Visible(s) })
	if err != nil {
		return raw
	}
	return shown
}

// plain reports whether all strings in JSON are Plain for sure: nothing in it is hidden, neither itself nor as an escape.
func plain(data []byte) bool {
	if !isASCII(data) && (bytes.ContainsAny(data, "\r") || bytes.IndexFunc(data, concealed) >= 0) {
		return false
	}
	for rest := data; ; {
		at := bytes.IndexByte(rest, '\\')
		if at < 0 {
			return true
		}
		if at+1 == len(rest) || strings.IndexByte("urbf/", rest[at+1]) >= 0 {
			return false
		}
		rest = rest[at+2:]
	}
}

// rewrite changes the names and strings in JSON. change gets the path of a string, and of a name that of its object.
// What change leaves of hidden characters is written as escapes.
func rewrite(raw json.RawMessage, change func(path, s string) string) (json.RawMessage, error) {
	w := rewriter{in: json.NewDecoder(bytes.NewReader(raw)), change: change}
	w.in.UseNumber() // 9007199254740993 stays what it is
	err := w.value("")
	return w.out.Bytes(), err
}

type rewriter struct {
	in     *json.Decoder
	out    bytes.Buffer
	change func(path, s string) string
}

func (w *rewriter) value(path string) error {
	token, err := w.in.Token()
	if err != nil {
		return err
	}
	switch token := token.(type) {
	case json.Delim:
		return w.members(token, path)
	case string:
		w.out.WriteString(Exact(w.change(path, token)))
	case nil:
		w.out.WriteString("null")
	default: // a number, true, false
		fmt.Fprint(&w.out, token)
	}
	return nil
}

// members writes the rest of a list or an object.
func (w *rewriter) members(start json.Delim, path string) error {
	w.out.WriteString(start.String())
	for first := true; w.in.More(); first = false {
		if !first {
			w.out.WriteByte(',')
		}
		inside := path
		if start == '{' {
			token, err := w.in.Token()
			if err != nil {
				return err
			}
			name, _ := token.(string)
			w.out.WriteString(Exact(w.change(path, name)) + ":")
			inside = strings.TrimPrefix(path+"."+name, ".")
		}
		if err := w.value(inside); err != nil {
			return err
		}
	}
	end, err := w.in.Token()
	if err == nil {
		_, err = fmt.Fprint(&w.out, end)
	}
	return err
}

// Canonical writes JSON with the members of its objects in order at every depth, and numbers as they came.
// Member order and spaces make no difference.
func Canonical(raw json.RawMessage) string {
	if trimmed := bytes.TrimSpace(raw); !bytes.ContainsAny(trimmed, `{[\`) && utf8.Valid(trimmed) {
		return string(trimmed)
	}
	value := jsontext.Value(bytes.Clone(raw))
	if value.Format(jsontext.ReorderRawObjects(true), jsontext.AllowInvalidUTF8(true)) == nil {
		return string(value)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw)) // of a name that occurs twice, every reader here takes the last value
	decoder.UseNumber()
	var v any
	if decoder.Decode(&v) != nil {
		return string(raw)
	}
	return JSON(v)
}

// Length is the length of a value as JSON, in characters.
func Length(v any) int {
	data, err := json.Marshal(v)
	if err != nil {
		return 0 // the call fails on that later
	}
	return utf8.RuneCount(data)
}

// LengthOf is Length for JSON that is written already: the length that it has where markup is escaped.
func LengthOf(data []byte) int {
	length := utf8.RuneCount(data)
	for _, markup := range []byte("<>&") {
		length += bytes.Count(data, []byte{markup}) * len(`u003c`)
	}
	return length
}
