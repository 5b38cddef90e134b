package text_test

import (
	"encoding/json"
	"strings"
	"testing"

	"opentrain-mcp/internal/text"
)

func TestJSON(t *testing.T) {
	if got := text.JSON(map[string]any{"b": "<&>", "a": 1}); got != `{"a":1,"b":"<&>"}` {
		t.Error(got)
	}
	if got := text.JSON(make(chan int)); got != "{}" {
		t.Error(got)
	}
	if got := text.Length("äö"); got != 4 {
		t.Errorf("%d characters", got)
	}
}

// TestExactAndShown: one is there to be copied, the other one to be read and rendered.
func TestExactAndShown(t *testing.T) {
	const value = "ä\u200b\u0085\u2028\x1b\U000e0041\u009f <b> ![x](y) a < b"
	for written, test := range map[string]struct{ want, read string }{
		text.Exact(value): {`"ä\u200b\u0085\u2028\u001b\udb40\udc41\u009f <b> ![x](y) a < b"`, value},
		text.Shown(value): {`"ä\n\n \u003cb> \u0021[x\u005d(y) a < b"`, "ä\n\n <b> ![x](y) a < b"},
	} {
		var read string
		if err := json.Unmarshal([]byte(written), &read); err != nil || read != test.read || written != test.want {
			t.Errorf("%v: %s", err, written)
		}
	}
	if got := text.Shown(make(chan int)); got != "{}" {
		t.Error(got)
	}
}

func TestPlainJSON(t *testing.T) {
	value := map[string]any{
		"a\u200b": []any{"b\u202e\r\nc\u2028d\u0085e\x1bf", 1, true, nil, json.Number("9007199254740993")},
		"raw":     json.RawMessage(`{ "z":"\u202ey", "a":1.50 }`),
		"keep":    map[string]any{"k\u200b": "v\u202e\u0085"},
		"keeper":  "v\u202e",
	}
	got, err := text.PlainJSON(value, func(path string) bool { return path == "keep" || path == "keep.k\u200b" })
	const want = `{"a":["b\nc\nd\nef",1,true,null,9007199254740993],"keep":{"k\u200b":"v\u202e\u0085"},"keeper":"v","raw":{"z":"y","a":1.50}}`
	if err != nil || string(got) != want {
		t.Errorf("%v: got\n%s\nwant\n%s", err, got, want)
	}
	if got, err := text.PlainJSON(make(chan int), nil); err == nil {
		t.Errorf("got %s", got)
	}
}

// TestCanonical: two spellings of one value become the same text, and different
// values stay different.
func TestCanonical(t *testing.T) {
	same := []string{`{"a":{"y":[1,{"p":1,"q":2}],"x":"é"},"b":null}`, "{ \"b\" : null, \"a\":{\"x\":\"\\u00e9\",\"y\":[1, {\"q\":2,\"p\":1}]}}"}
	if a, b := text.Canonical(json.RawMessage(same[0])), text.Canonical(json.RawMessage(same[1])); a != b {
		t.Errorf("%s and %s", a, b)
	}
	seen := map[string]string{}
	for _, raw := range []string{`{}`, `[]`, `null`, `""`, `{"a":[1,2]}`, `{"a":[2,1]}`, `9007199254740993`, `9007199254740992`, `not JSON`,
		`{"a":1,"b":1,"a":2}`, `{"a":2,"b":1,"a":1}`, `[{"a":1,"\u0061":2}]`, `[{"\u0061":2,"a":1}]`} {
		canonical := text.Canonical(json.RawMessage(raw))
		if other, found := seen[canonical]; found {
			t.Errorf("%s and %s are both %s", raw, other, canonical)
		}
		seen[canonical] = raw
	}
}

// FuzzVisibleJSON: every name and string of JSON is Visible afterwards, and everything else is what it was.
func FuzzVisibleJSON(f *testing.F) {
	for _, seed := range []string{`{"a":[1,"b",{"c":null}],"d":true}`, `"\u202e"`, `[]`, `{}`, `1e5`, `{"a":1`, `[1]]`, "\"\u0085\"", `[{"":{}}]`,
		`"\"`, `"\\"`, `"\\u202e"`, `"a\nb\tc\rd"`, "\"\u202e\"", "\"\xff\"", `"می\u200cخ"`, "\"می\u200cخ✔\ufe0f\u200d🌈\"", `{"\u202e":1,"[U+202E]":2}`, `9007199254740993`, `"<a>\/é"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, given string) {
		decoder := json.NewDecoder(strings.NewReader(given))
		decoder.UseNumber()
		var v any
		got := text.VisibleJSON(json.RawMessage(given))
		if !json.Valid([]byte(given)) || decoder.Decode(&v) != nil {
			return
		}
		if seen := text.VisibleLine(string(got)); seen != string(got) {
			t.Errorf("hidden characters in %s", seen)
		}
		want, distinct := visible(v)
		if got := text.Canonical(got); distinct && got != text.Canonical(json.RawMessage(text.JSON(want))) {
			t.Errorf("%s became %s, not %s", given, got, text.JSON(want))
		}
	})
}

// visible makes the names and strings of a decoded value Visible, and reports whether all names of an object still differ.
func visible(v any) (shown any, distinct bool) {
	distinct = true
	switch v := v.(type) {
	case string:
		return text.Visible(v), true
	case []any:
		for i := range v {
			inner, differ := visible(v[i])
			v[i], distinct = inner, distinct && differ
		}
	case map[string]any:
		members := map[string]any{}
		for name := range v {
			inner, differ := visible(v[name])
			members[text.Visible(name)], distinct = inner, distinct && differ
		}
		return members, distinct && len(members) == len(v)
	}
	return v, distinct
}
