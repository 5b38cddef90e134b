package adapter_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"opentrain-mcp/internal/adapter"
	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/tool"
)

// completes lists many values, or none with an error for an anonymous caller.
func completes(_ context.Context, by caller.Caller, typed string) ([]string, error) {
	switch {
	case typed == "panic":
		panic("secret")
	case by.ID == "":
		return nil, errors.New("no token")
	}
	var values []string
	for n := range 150 {
		values = append(values, fmt.Sprint(typed, n))
	}
	return values, nil
}

// hostSets are two sets that need each other: one with tools, one with the rest.
func hostSets() []tool.Set {
	text := func(_ context.Context, by caller.Caller, argument string) (title, words string) {
		if argument == "panic" {
			panic("secret")
		}
		return "About " + argument, "Tell me about " + argument + " for " + by.TokenSource + "."
	}
	read := func(_ context.Context, by caller.Caller, value string) (string, error) {
		switch value {
		case "none":
			return "", errors.New("there is no job none")
		case "panic":
			panic("secret")
		}
		return "The job " + value + " for " + by.TokenSource + ".", nil
	}
	return []tool.Set{
		{
			Prompts: []tool.Prompt{
				{Name: "about", Title: "About", Description: "Tells about it.", Needs: []string{"read", "close"}, Text: text, Complete: completes,
					Argument: tool.PromptArgument{Name: "jobId", Description: "Id.", Required: true}},
				{Name: "free", Text: text, Argument: tool.PromptArgument{Name: "words"}},
				{Name: "hidden", Text: text, Needs: []string{"read", "publish"}},
			},
			Resources: []tool.Resource{
				{URI: "test://jobs", Title: "Jobs", Description: "All jobs.", MIMEType: "text/plain", Read: read},
				{URI: "test://jobs/{jobId}", Title: "A job", Description: "One job.", MIMEType: "text/markdown",
					Needs: []string{"close"}, Read: read, Complete: completes},
				{URI: "test://hidden/{id}", Title: "Hidden", Needs: []string{"publish"}, Read: read},
			},
		},
		{Tools: []tool.Tool{newTool(tool.KindRead, says(output{}, nil)), newTool(tool.KindClose, says(output{}, nil))}},
	}
}

func promptHost(t *testing.T, narrowing caller.Narrowing) *host {
	t.Helper()
	h := newHost(t, newServer(t, tool.Set{}, func(cfg *adapter.Config) { cfg.Served.Sets = hostSets() }), previous, nil)
	token := caller.Token{Value: "ot_pat_x", From: "the test"}
	h.request = caller.Request{Transport: caller.StreamableHTTP, Narrowing: narrowing, Token: token}
	return h
}

// readOnly leaves the tools that only read.
func readOnly() caller.Narrowing {
	return caller.Narrowing{{Header: "X-MCP-Readonly", Tools: []string{string(tool.KindRead), string(tool.KindPublicRead)}}}
}

func TestServePrompts(t *testing.T) {
	for want, narrowing := range map[string]caller.Narrowing{"about free ": nil, "free ": readOnly()} {
		var list struct {
			Prompts []struct {
				Name, Title, Description string
				Arguments                []struct {
					Name, Description string
					Required          bool
				}
			}
		}
		if err := promptHost(t, narrowing).send("prompts/list", map[string]any{}, &list); err != nil {
			t.Fatal(err.Message)
		}
		names := ""
		for _, p := range list.Prompts {
			names += p.Name + " "
		}
		if names != want {
			t.Errorf("%+v: %s", narrowing, names)
		}
		if first := fmt.Sprint(list.Prompts[0]); want == "about free " && first != "{about About Tells about it. [{jobId Id. true}]}" {
			t.Errorf("got %s", first)
		}
	}
	for _, test := range []struct {
		name      string
		arguments map[string]any
		narrowing caller.Narrowing
		want      string
	}{
		{"about", map[string]any{"jobId": " job_1\n"}, nil, "About job_1: user: Tell me about job_1 for the test."},
		{"about", nil, nil, "About : user: Tell me about  for the test."},
		{"about", map[string]any{"jobId": "job_1"}, readOnly(), `error: There is no prompt "about". Prompts: free.`},
		{"about", map[string]any{"jobId": "panic"}, nil, "error: internal server error"},
		{"free", map[string]any{"words": "x"}, readOnly(), "About x: user: Tell me about x for the test."},
		{"hidden", nil, nil, `error: There is no prompt "hidden". Prompts: about, free.`},
		{"free", map[string]any{"word": "x"}, nil, `error: free has no argument "word". Arguments: words.`},
	} {
		var result struct {
			Description string
			Messages    []struct {
				Role    string
				Content struct{ Text string }
			}
		}
		got := ""
		params := map[string]any{"name": test.name, "arguments": test.arguments}
		if err := promptHost(t, test.narrowing).send("prompts/get", params, &result); err != nil {
			got = "error: " + err.Message
		} else {
			got = result.Description + ": " + result.Messages[0].Role + ": " + result.Messages[0].Content.Text
		}
		if got != test.want {
			t.Errorf("%s %v: got %s", test.name, test.arguments, got)
		}
	}
}

func TestServeResources(t *testing.T) {
	h := promptHost(t, readOnly())
	var list struct {
		Resources         []struct{ URI, Name, Description, MIMEType string }
		ResourceTemplates []struct{ URITemplate, Name, Description, MIMEType string }
	}
	for _, method := range []mcp.MCPMethod{"resources/list", "resources/templates/list"} {
		if err := h.send(method, map[string]any{}, &list); err != nil {
			t.Fatal(method, err.Message)
		}
	}
	const want = "[{test://jobs Jobs All jobs. text/plain}] [{test://jobs/{jobId} A job One job. text/markdown}]"
	if got := fmt.Sprint(list.Resources, list.ResourceTemplates); got != want {
		t.Errorf("got %s", got)
	}
	for _, test := range []struct {
		uri       string
		narrowing caller.Narrowing
		want      string
	}{
		{"test://jobs", nil, "test://jobs text/plain The job  for the test."},
		{"test://jobs", readOnly(), "test://jobs text/plain The job  for the test."},
		{"test://jobs/job_1", nil, "test://jobs/job_1 text/markdown The job job_1 for the test."},
		{"test://jobs/job_1", readOnly(), "This request's headers exclude tools that this resource needs."},
		{"test://jobs/none", nil, "there is no job none"},
		{"test://jobs/panic", nil, "internal server error"},
		{"test://hidden/1", nil, "There is no resource test://hidden/1. Resources: test://jobs, test://jobs/{jobId}."},
	} {
		var result struct {
			Contents []struct{ URI, MIMEType, Text string }
		}
		got := ""
		if err := promptHost(t, test.narrowing).send("resources/read", map[string]any{"uri": test.uri}, &result); err != nil {
			got = err.Message
		} else {
			got = strings.Trim(fmt.Sprint(result.Contents), "[{}]")
		}
		if got != test.want && (test.want != "not found" || !strings.Contains(got, test.want)) {
			t.Errorf("%s: got %s", test.uri, got)
		}
	}
}

func TestServeCompletion(t *testing.T) {
	prompt := func(name string) map[string]any { return map[string]any{"type": "ref/prompt", "name": name} }
	narrow := func(h *host) { h.request.Narrowing = readOnly() }
	resource := func(uri string) map[string]any { return map[string]any{"type": "ref/resource", "uri": uri} }
	for _, test := range []struct {
		name, argument, typed string
		ref                   map[string]any
		change                func(*host)
		want                  string
	}{
		{"a prompt", "jobId", "x", prompt("about"), nil, "100 of 150, more: true"},
		{"a template", "jobId", "x", resource("test://jobs/{jobId}"), nil, "100 of 150, more: true"},
		{"another argument", "x", "x", prompt("about"), nil, "0 of 0, more: false"},
		{"another variable", "x", "x", resource("test://jobs/{jobId}"), nil, "0 of 0, more: false"},
		{"nothing to complete", "words", "x", prompt("free"), nil, "0 of 0, more: false"},
		{"no variable", "", "x", resource("test://jobs"), nil, "0 of 0, more: false"},
		{"an unknown prompt", "jobId", "x", prompt("nope"), nil, "0 of 0, more: false"},
		{"an unknown template", "jobId", "x", resource("test://nope/{id}"), nil, "0 of 0, more: false"},
		{"a narrowed prompt", "jobId", "x", prompt("about"), narrow, "0 of 0, more: false"},
		{"a narrowed template", "jobId", "x", resource("test://jobs/{jobId}"), narrow, "0 of 0, more: false"},
		{"an error", "jobId", "x", prompt("about"), func(h *host) { h.request.Token.Value = "" }, "0 of 0, more: false"},
		{"a panic", "jobId", "panic", prompt("about"), nil, "internal server error"},
	} {
		h := promptHost(t, nil)
		if test.change != nil {
			test.change(h)
		}
		var result struct {
			Completion struct {
				Values  []string
				Total   int
				HasMore bool
			}
		}
		params := map[string]any{"ref": test.ref, "argument": map[string]any{"name": test.argument, "value": test.typed}}
		got := ""
		if err := h.send("completion/complete", params, &result); err != nil {
			got = err.Message
		} else {
			got = fmt.Sprintf("%d of %d, more: %v", len(result.Completion.Values), result.Completion.Total, result.Completion.HasMore)
		}
		if got != test.want {
			t.Errorf("%s: got %s", test.name, got)
		}
	}
}

// TestOffersHideTokens: prompts, resources and completions show neither the caller's token nor one that someone put into a text, as
// results don't.
func TestOffersHideTokens(t *testing.T) {
	const own, other = "a-token-of-another-kind", "ot_pat_0123456789abcdef0123456789abcdef"
	words := "own " + own + ", other " + other
	set := tool.Set{
		Tools: []tool.Tool{newTool(tool.KindRead, says(output{Said: words}, nil))},
		Prompts: []tool.Prompt{{
			Name: "p", Argument: tool.PromptArgument{Name: "a"},
			Text:     func(context.Context, caller.Caller, string) (title, text string) { return words, words },
			Complete: func(context.Context, caller.Caller, string) ([]string, error) { return []string{words}, nil },
		}},
		Resources: []tool.Resource{{
			URI: "test://r", Title: "R", Read: func(context.Context, caller.Caller, string) (string, error) { return words, nil },
		}},
	}
	h := newHost(t, newServer(t, set, nil), previous, nil)
	h.request = caller.Request{Transport: caller.StreamableHTTP, Token: caller.Token{Value: own}}
	for method, params := range map[mcp.MCPMethod]map[string]any{
		"tools/call": {"name": string(tool.KindRead)}, "prompts/get": {"name": "p"}, "resources/read": {"uri": "test://r"},
		"completion/complete": {"ref": map[string]any{"type": "ref/prompt", "name": "p"}, "argument": map[string]any{"name": "a", "value": ""}},
	} {
		var result json.RawMessage
		if err := h.send(method, params, &result); err != nil {
			t.Fatal(method, err.Message)
		}
		if got := string(result); strings.Contains(got, own) || strings.Contains(got, other) || !strings.Contains(got, "own [redacted], other ") {
			t.Errorf("%s: got %s", method, got)
		}
	}
}

// TestUnknownNames: what doesn't exist has the code of the request's protocol, and words. A bug of a handler stays internal.
func TestUnknownNames(t *testing.T) {
	s := newServer(t, tool.Set{}, func(cfg *adapter.Config) { cfg.Served.Sets = hostSets() })
	const resources = "Resources: test://jobs, test://jobs/{jobId}."
	for _, test := range []struct {
		version string
		method  mcp.MCPMethod
		params  map[string]any
		want    string
	}{
		{previous, mcp.MethodResourcesRead, map[string]any{"uri": "test://x\u202e\n"},
			"-32002 There is no resource test://x. " + resources + " map[uri:test://x]"},
		{current, mcp.MethodResourcesRead, map[string]any{"uri": "test://x"},
			"-32602 There is no resource test://x. " + resources + " map[uri:test://x]"},
		{previous, mcp.MethodResourcesRead, map[string]any{"uri": ""}, "-32602 uri is required. " + resources + " <nil>"},
		{previous, mcp.MethodPromptsGet, map[string]any{"name": "x"}, `-32602 There is no prompt "x". Prompts: about, free. <nil>`},
		{previous, mcp.MethodResourcesRead, map[string]any{"uri": "test://jobs/none"}, "-32603 there is no job none <nil>"},
		{previous, mcp.MethodPromptsGet, map[string]any{"name": "about", "arguments": map[string]string{"jobId": "panic"}},
			"-32603 internal server error <nil>"},
	} {
		e := newHost(t, s, test.version, nil).send(test.method, test.params, nil)
		if e == nil {
			t.Errorf("%s %v: no error", test.method, test.params)
		} else if got := fmt.Sprint(e.Code, " ", e.Message, " ", e.Data); got != test.want {
			t.Errorf("%s %v: got %s", test.method, test.params, got)
		}
	}
}
