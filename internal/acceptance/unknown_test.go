package acceptance_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	opentrainmcp "opentrain-mcp"
)

// raw sends messages to a server over stdio and returns the answer to the one with the id 2.
func raw(t *testing.T, api http.RoundTripper, messages ...string) message {
	t.Helper()
	s := newSetup(api)
	server, err := opentrainmcp.New(s.config(t))
	if err != nil {
		t.Fatal(err)
	}
	in, out := strings.NewReader(strings.Join(messages, "\n")+"\n"), &lockedBuffer{}
	if err := server.ServeStdio(t.Context(), in, out); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if m := parseMessage(t, line); string(m.ID) == "2" {
			return m
		}
	}
	t.Fatalf("no answer in %s", out.String())
	return message{}
}

// TestWhatDoesNotExistHasItsCode: each protocol's code for a resource that doesn't exist, and plain words for all that a
// client names. An outage is something else.
func TestWhatDoesNotExistHasItsCode(t *testing.T) {
	const resources = "Resources: opentrain://fields, opentrain://fields/{key}, opentrain://jobs/{jobId}."
	for _, test := range []struct {
		method, params string
		resource       bool
		want           string
	}{
		{"resources/read", `"uri":"opentrain://jobs/nope"`, true, `There is no live job "nope". A draft isn't live.`},
		{"resources/read", `"uri":"opentrain://jobs/.."`, true, `There is no live job "..". A draft isn't live.`},
		{"resources/read", `"uri":"opentrain://fields/nope"`, true, `There is no field "nope". opentrain://fields lists them.`},
		{"resources/read", `"uri":"opentrain://nope"`, true, "There is no resource opentrain://nope. " + resources},
		{"resources/read", `"uri":"https://x.test/\u202e"`, true, "There is no resource https://x.test/. " + resources},
		{"resources/read", `"x":1`, false, "uri is required. " + resources},
		{"prompts/get", `"name":"nope"`, false, `There is no prompt "nope". Prompts: post_job, review_draft.`},
		{"prompts/get", `"name":"post_job","arguments":{"words":"x"}`, false, `post_job has no argument "words". Arguments: description.`},
	} {
		for version, code := range map[string]int{legacy: -32002, modern: -32602} {
			messages := []string{hello, `{"jsonrpc":"2.0","id":2,"method":"` + test.method + `","params":{` + test.params + `}}`}
			if version == modern {
				messages = []string{strings.Replace(messages[1], `"params":{`, `"params":{`+modernMeta+`,`, 1)}
			}
			if !test.resource {
				code = -32602
			}
			got := raw(t, inJune(), messages...)
			if got.Error == nil || got.Error.Code != code || got.Error.Message != test.want {
				t.Errorf("%s %s in %s: %+v %s", test.method, test.params, version, got.Error, got.Result)
			}
		}
	}
	const read = `{"jsonrpc":"2.0","id":2,"method":"resources/read","params":{"uri":"opentrain://jobs/j"}}`
	refused, err := json.Marshal(map[string]string{"error": "Not now.", "code": "BAD_REQUEST"})
	if err != nil {
		t.Fatal(err)
	}
	got := raw(t, answering(http.StatusBadRequest, string(refused)), hello, read)
	if got.Error == nil || got.Error.Code != -32603 || got.Error.Message != "the job couldn't be read: Not now." {
		t.Errorf("%+v", got.Error)
	}
}
