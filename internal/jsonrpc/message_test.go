package jsonrpc

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestParse is the table of what is accepted and what is refused, with the id of the refused request.
func TestParse(t *testing.T) {
	const long = 257
	for _, test := range []struct {
		name, message string
		kind          Kind
		refused       string // part of the reason
		id            string // of the refusal
	}{
		{"a request", `{"jsonrpc":"2.0","id":1,"method":"ping"}`, Request, "", ""},
		{"a byte order mark", "\ufeff" + `{"jsonrpc":"2.0","id":1,"method":"ping"}`, Request, "", ""},
		{"a notification", `{"jsonrpc":"2.0","method":"x"}`, Notification, "", ""},
		{"a result", `{"jsonrpc":"2.0","id":1,"result":{}}`, Response, "", ""},
		{"an error", `{"jsonrpc":"2.0","id":"a","error":{"code":1,"message":"x"}}`, Response, "", ""},
		{"null params", `{"jsonrpc":"2.0","id":1,"method":"ping","params":null}`, Request, "", ""},
		{"an empty array of params", `{"jsonrpc":"2.0","id":1,"method":"ping","params":[ ]}`, Request, "", ""},
		{"an unknown member", `{"jsonrpc":"2.0","id":1,"method":"ping","extra":1}`, Request, "", ""},
		{"other arguments", `{"jsonrpc":"2.0","id":1,"method":"x","params":{"arguments":{"NAME":1,"name":2}}}`, Request, "", ""},

		{"nothing", ``, Request, "not valid JSON", ""},
		{"a space that isn't JSON's", "\u00a0{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", Request, "not valid JSON", "1"},
		{"such a space after it", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\v", Request, "not valid JSON", "1"},
		{"such a space inside", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":\u2028{}}", Request, "not valid JSON", "1"},
		{"half a message", `{"jsonrpc":"2.0"`, Request, "not valid JSON", ""},
		{"invalid UTF-8", "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"x\",\"params\":{\"a\":\"\xff\"}}", Request, "not valid UTF-8", "7"},
		{"broken JSON", `{"jsonrpc":"2.0","id":7,"method":"x","params":{]}`, Request, "not valid JSON", "7"},
		{"much too deep", `{"jsonrpc":"2.0","id":7,"method":"x","params":` + strings.Repeat("[", 1<<20), Request, "64 levels", "7"},
		{"a batch", `[{"jsonrpc":"2.0","id":1,"method":"ping"}]`, Request, "not a JSON object", ""},
		{"a number", `42`, Request, "not a JSON object", ""},
		{"another version", `{"jsonrpc":"1.0","id":1,"method":"ping"}`, Request, `jsonrpc: "2.0"`, "1"},
		{"no version", `{"id":1,"method":"ping"}`, Request, `jsonrpc: "2.0"`, "1"},
		{"nothing to do", `{"jsonrpc":"2.0","id":1}`, Response, "either a method", "silent"},
		{"a method that is no string", `{"jsonrpc":"2.0","id":1,"method":7}`, Request, "must be a string", "1"},
		{"a method and a result", `{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}`, Request, "either a method", "1"},
		{"a method and an error", `{"jsonrpc":"2.0","id":1,"method":"ping","error":{}}`, Request, "either a method", "1"},
		{"a result and an error", `{"jsonrpc":"2.0","id":1,"result":{},"error":{}}`, Response, "either a method", "silent"},
		{"a result without an id", `{"jsonrpc":"2.0","result":{}}`, Response, "must have an id", "silent"},
		{"a null id", `{"jsonrpc":"2.0","id":null,"method":"ping"}`, Request, "must be a string or a number", ""},
		{"a true id", `{"jsonrpc":"2.0","id":true,"method":"ping"}`, Request, "must be a string or a number", ""},
		{"an object as id", `{"jsonrpc":"2.0","id":{},"method":"ping"}`, Request, "must be a string or a number", ""},
		{"an array as id", `{"jsonrpc":"2.0","id":[],"method":"ping"}`, Request, "must be a string or a number", ""},
		{"a long id", `{"jsonrpc":"2.0","id":"` + strings.Repeat("x", long) + `","method":"ping"}`, Request, "at most 256 bytes", ""},
		{"params of another kind", `{"jsonrpc":"2.0","id":1,"method":"ping","params":7}`, Request, "params must be an object", "1"},
		{"a notification with them", `{"jsonrpc":"2.0","method":"x","params":7}`, Notification, "params must be an object", "silent"},
		{"a list of params", `{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}`, Request, "params must be an object", "1"},
		{"_meta of another kind", `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":"x"}}`, Request, "_meta must be an object", "1"},
		{"a name twice", `{"jsonrpc":"2.0","id":1,"method":"a","method":"b"}`, Request, `"method" occurs twice`, "1"},
		{"a param twice", `{"jsonrpc":"2.0","id":1,"method":"a","params":{"x":1,"x":1}}`, Request, `"x" occurs twice in params`, "1"},
		{"_meta twice", `{"jsonrpc":"2.0","id":1,"method":"a","params":{"_meta":{},"_meta":{}}}`, Request, `"_meta" occurs twice`, "1"},
		{"a name in capitals", `{"jsonrpc":"2.0","id":1,"method":"a","Method":"b"}`, Request, `must be spelled "method"`, "1"},
		{"a param in capitals", `{"jsonrpc":"2.0","id":1,"method":"a","params":{"NAME":"b"}}`, Request, `must be spelled "name"`, "1"},
		{"a long s", `{"jsonrpc":"2.0","id":1,"method":"a","param\u017f":{}}`, Request, `must be spelled "params"`, "1"},
		{"many values", `{"jsonrpc":"2.0","id":1,"method":"a","params":{"x":[` + strings.Repeat("0,", 9000) + `0]}}`, Request, "", ""},
		{"too many values", `{"jsonrpc":"2.0","id":1,"method":"a","params":{"x":[` + strings.Repeat("{},", 5000) + `0]}}`, Request, "10000 values", "1"},
		{"values in a text", `{"jsonrpc":"2.0","id":1,"method":"a","params":{"x":"` + strings.Repeat(`,{\"`, 20000) + `"}}`, Request, "", ""},
		{"too deep", `{"jsonrpc":"2.0","id":"x","method":"a","params":{"x":` + strings.Repeat("[", 63) + strings.Repeat("]", 63) + `}}`, Request, "64 levels", `"x"`},
		{"an answer's name twice", `{"jsonrpc":"2.0","id":1,"method":"a","params":{"inputResponses":{"f":{"action":"decline","action":"accept"}}}}`, Request,
			`The answer "f" in inputResponses must`, "1"},
		{"an answer's name in capitals", `{"jsonrpc":"2.0","id":1,"method":"a","params":{"inputResponses":{"f":{"action":"decline","Action":"accept"}}}}`,
			Request, "spelled as in the protocol", "1"},
		{"a value twice", `{"jsonrpc":"2.0","id":1,"method":"a","params":{"inputResponses":{"f":{"content":{"a":false,"a":true}}}}}`, Request, "without repeated names", "1"},
		{"an answer that is a list", `{"jsonrpc":"2.0","id":1,"method":"a","params":{"inputResponses":{"f":[1]}}}`, Request, "must be an object", "1"},
		{"answers that are a list", `{"jsonrpc":"2.0","id":1,"method":"a","params":{"inputResponses":[1]}}`, Request, "must be an object", "1"},
		{"an answer", `{"jsonrpc":"2.0","id":1,"method":"a","params":{"inputResponses":{"f":{"action":"accept","content":{"A":1,"a":2}}}}}`, Request, "", ""},
		{"an odd token", `{"jsonrpc":"2.0","id":1,"method":"a","params":{"_meta":{"progressToken":{}}}}`, Request, "The progressToken must", "1"},
	} {
		m, err := Parse([]byte(test.message))
		refused, _ := errors.AsType[*Error](err)
		switch {
		case test.refused == "" && (err != nil || m.Kind != test.kind):
			t.Errorf("%s: kind %d, %v", test.name, m.Kind, err)
		case test.refused == "":
		case err == nil || !strings.Contains(refused.Message, test.refused):
			t.Errorf("%s: %v", test.name, err)
		case refused.Silent != (test.id == "silent"), !refused.Silent && string(refused.ID) != test.id:
			t.Errorf("%s: silent %v, id %s", test.name, refused.Silent, refused.ID)
		}
	}
}

// TestAmbiguousResponses: a response that decoders could read differently is an error of the client's, so that nothing waits for it
// longer, and a no is never a yes.
func TestAmbiguousResponses(t *testing.T) {
	for result, kept := range map[string]bool{
		`{"action":"accept","content":{"confirm":true}}`: true, `{"action":"accept","content":{"confirm":true},"_meta":{}}`: true, `{}`: true, `[]`: true,
		`{"action":"accept","content":[1]}`:                              true,
		`{"action":"decline","action":"accept"}`:                         false,
		`{"Action":"accept"}`:                                            false,
		`{"action":"accept","content":{"confirm":false,"confirm":true}}`: false,
		`{"action":"accept","content":{"a":false},"content":{"a":true}}`: false,
		`{"action":"accept","CONTENT":{"confirm":true}}`:                 false,
		`null`:     false,
		`"accept"`: false,
		`[1]`:      false,
	} {
		m, err := Parse([]byte(`{"jsonrpc":"2.0","id":1,"result":` + result + `}`))
		if err != nil || m.Kind != Response || (m.Result != nil) != kept || (m.Error != nil) == kept {
			t.Errorf("%s: %v, result %s, error %s", result, err, m.Result, m.Error)
		}
	}
}

// TestForward: what is passed on is what was checked, with empty arrays of PHP as objects.
func TestForward(t *testing.T) {
	for message, want := range map[string]string{
		`{"id":"x","method":"a<b","jsonrpc":"2.0","evil":1}`: `{"jsonrpc":"2.0","id":7,"method":"a<b"}`,
		`{"jsonrpc":"2.0","id":1.0,"method":"m","params":{"b": [1, 2],"a":{"x":9007199254740993}}}`: `{"jsonrpc":"2.0","id":7,"method":"m",` +
			`"params":{"a":{"x":9007199254740993},"b":[1, 2]}}`,
		`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{"elicitation":[],"x":{"y":[]}},"clientInfo":[]}}`: `{"jsonrpc":` +
			`"2.0","id":7,"method":"initialize","params":{"capabilities":{"elicitation":{},"x":{"y":{}}},"clientInfo":{}}}`,
		`{"jsonrpc":"2.0","id":1,"method":"m","params":{"arguments":[ ],"_meta":[],"names":[]}}`: `{"jsonrpc":"2.0","id":7,"method":"m",` +
			`"params":{"_meta":{},"arguments":{},"names":[]}}`,
		`{"jsonrpc":"2.0","id":1,"method":"m","params":{"_meta":null,"cursor":"x"}}`: `{"jsonrpc":"2.0","id":7,"method":"m","params":{"cursor":"x"}}`,
	} {
		m, err := Parse([]byte(message))
		if got := string(m.Forward(7)); err != nil || got != want {
			t.Errorf("%v, got %s\nwant %s", err, got, want)
		}
	}
}

// TestDecodedOnce: what decides about a message.
func TestDecodedOnce(t *testing.T) {
	m, err := Parse([]byte(`{"jsonrpc":"2.0","id":1e3,"method":"tools/call","params":{"name":"n","_meta":{` +
		`"io.modelcontextprotocol/protocolVersion":"2026-07-28","progressToken":9007199254740993},"arguments":[]}}`))
	if err != nil || m.Version != "2026-07-28" || string(m.ProgressToken) != "9007199254740993" || string(m.ID) != "1e3" || string(m.params["name"]) != `"n"` ||
		string(m.Arguments) != "{}" || strings.Contains(string(m.Forward(1)), "arguments") || strings.Contains(string(m.Forward(1)), "progressToken") {
		t.Errorf("%v %+v", err, m)
	}
	canceled, err := Parse([]byte(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"\u0061"}}`))
	if err != nil || Key(canceled.Canceled) != Key(json.RawMessage(`"a"`)) || Key(canceled.Canceled) == Key(json.RawMessage("a")) {
		t.Errorf("%v %+v", err, canceled)
	}
	php, err := Parse([]byte(`{"jsonrpc":"2.0","id":1,"result":[]}`))
	if err != nil || string(php.Result) != "{}" {
		t.Errorf("%v %+v", err, php)
	}
}

// TestWrite: no line separator of Unicode is left, and ids stay as they are.
func TestWrite(t *testing.T) {
	raw := json.RawMessage("{\"a\":\"\u0085\u2028\u2029<\"}")
	if got := string(Answer(json.RawMessage("1.0"), raw)); got != `{"jsonrpc":"2.0","id":1.0,"result":{"a":"\u0085\u2028\u2029<"}}` {
		t.Error(got)
	}
	for object, want := range map[string]string{`{}`: `{"a":[1]}`, `{"b":2}`: `{"a":[1],"b":2}`} {
		if got := string(slices.Concat(AnswerWith(nil, "a", []byte("[1]"), []byte(object))...)); got != `{"jsonrpc":"2.0","id":null,"result":`+want+"}" {
			t.Error(got)
		}
	}
	if got := string(Refusal(nil, -1, "no", nil)); got != `{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":"no"}}` {
		t.Error(got)
	}
	if got := string(Call(3, "x", map[string]int{"a": 1})); got != `{"jsonrpc":"2.0","id":3,"method":"x","params":{"a":1}}` {
		t.Error(got)
	}
}

// TestIDScanner finds the id of a message, in every split of it.
func TestIDScanner(t *testing.T) {
	for message, want := range map[string]string{
		`{"jsonrpc":"2.0","id":17,"method":"x","params":{"id":3}}`: "17",
		`{"params":{"id":3,"a":[{"id":4}]}, "id" : "a\"b" ,"x":1}`: `"a\"b"`,
		`{"params":"{\"id\":5}","\u0069d":-1.5e3}`:                 "-1.5e3",
		`{"id":null,"method":"x"}`:                                 "",
		`{"id":{"id":1}}`:                                          "",
		`{"a":"id","b":1}`:                                         "",
		`{"id":"` + strings.Repeat("x", 300) + `"}`:                "",
		`[{"id":1}]`:   "",
		`{"id":1`:      "",
		`}}}]{"id":1}`: "",
		`{"` + strings.Repeat("long", 100) + `":1,"id":2,"params":{}}`: "2",
	} {
		for _, size := range []int{1, 3, len(message)} {
			var s IDScanner
			for rest := message; rest != ""; {
				n := min(size, len(rest))
				s.Write([]byte(rest[:n])) //nolint:errcheck // it returns no error
				rest = rest[n:]
			}
			if got := string(s.ID()); got != want {
				t.Errorf("%s in parts of %d: %s", message, size, got)
			}
		}
	}
}

// TestParseKeepsTheTrace: the trace in _meta, if it has the type and about the size of one.
func TestParseKeepsTheTrace(t *testing.T) {
	long := strings.Repeat("x", 600)
	for meta, want := range map[string][2]string{
		`{"traceparent":"p","tracestate":"s"}`:                       {"p", "s"},
		`{"traceparent":"\u0070"}`:                                   {"p", ""},
		`{"traceparent":7,"tracestate":["s"]}`:                       {"", ""},
		`{"traceparent":"` + long + `","tracestate":"` + long + `"}`: {"", ""},
		`null`: {"", ""},
	} {
		m, err := Parse([]byte(`{"jsonrpc":"2.0","id":1,"method":"x","params":{"_meta":` + meta + `}}`))
		if err != nil || [2]string{m.Traceparent, m.Tracestate} != want {
			t.Errorf("%s: %q %q, %v", meta, m.Traceparent, m.Tracestate, err)
		}
	}
}

// TestParseKeepsNothingElse: a message doesn't change with the buffer that it was read from.
func TestParseKeepsNothingElse(t *testing.T) {
	for _, message := range []string{
		`{"jsonrpc":"2.0","id":"id","method":"tools/call","params":{"name":"n","_meta":{"progressToken":"p","x":1},"arguments":{"a":"b"}}}`,
		`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"r"}}`,
		`{"jsonrpc":"2.0","id":1,"result":{"a":1}}`,
		`{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}}`,
	} {
		buffer := []byte(message)
		got, err := Parse(buffer)
		clear(buffer)
		want, _ := Parse([]byte(message))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v: %+v, not %+v", err, got, want)
		}
	}
}
