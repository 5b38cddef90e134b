package acceptance_test

import (
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/opentrain/sandbox"
)

func getPrompt(t *testing.T, host *client.Client, name string, arguments map[string]string) string {
	t.Helper()
	var request mcp.GetPromptRequest
	request.Params.Name, request.Params.Arguments = name, arguments
	result, err := host.GetPrompt(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	content, ok := result.Messages[0].Content.(mcp.TextContent)
	if !ok || len(result.Messages) != 1 || result.Messages[0].Role != mcp.RoleUser {
		t.Fatalf("got %+v", result)
	}
	return content.Text
}

func TestPrompts(t *testing.T) {
	s := start(t, sandbox.Guide)
	listed, err := s.host.ListPrompts(t.Context(), mcp.ListPromptsRequest{})
	if err != nil || len(listed.Prompts) != 2 {
		t.Fatalf("%+v, %v", listed, err)
	}
	const words = "Label 100 photos of cats\nfor $5 an hour."
	if text := getPrompt(t, s.host, "post_job", map[string]string{"description": words}); !strings.Contains(text, words) ||
		!strings.Contains(text, "only after I say yes") {
		t.Errorf("got %s", text)
	}
	if text := getPrompt(t, s.host, "post_job", nil); !strings.Contains(text, "First ask me what the job is") {
		t.Errorf("got %s", text)
	}

	if text := getPrompt(t, s.host, "review_draft", nil); !strings.Contains(text, "ask me which one") {
		t.Errorf("no job: %s", text)
	}
	const named = "call opentrain_get_draft with jobId \"the \\\"cat\\\" one\""
	if text := getPrompt(t, s.host, "review_draft", map[string]string{"jobId": `the "cat" one`}); !strings.Contains(text, named) {
		t.Errorf("got %s", text)
	}
}

// TestPromptsNameOnlyServedTools: a prompt is hidden if its tools are.
func TestPromptsNameOnlyServedTools(t *testing.T) {
	s := startWith(t, sandbox.New(sandbox.Config{}).Transport(), func(cfg *opentrainmcp.Config) { cfg.ReadOnly = true })
	if listed, err := s.host.ListPrompts(t.Context(), mcp.ListPromptsRequest{}); err != nil || len(listed.Prompts) != 0 {
		t.Errorf("%+v, %v", listed, err)
	}
}

func complete(t *testing.T, host *client.Client, ref any, argument, typed string) []string {
	t.Helper()
	var request mcp.CompleteRequest
	request.Params.Ref, request.Params.Argument = ref, mcp.CompleteArgument{Name: argument, Value: typed}
	result, err := host.Complete(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	return result.Completion.Values
}

// TestCompletion: callers only see their own drafts.
func TestCompletion(t *testing.T) {
	accounts := []sandbox.Account{{Token: "one", Scopes: []string{"jobs:write"}}, {Token: "two", Scopes: []string{"jobs:write"}},
		{Token: "none"}}
	api := sandbox.New(sandbox.Config{Accounts: accounts}).Transport()
	hosts := map[string]*client.Client{}
	for _, token := range []string{"one", "two", "none", ""} {
		hosts[token] = startWith(t, api, func(cfg *opentrainmcp.Config) { cfg.Token = fixed(token) }).host
	}
	for _, description := range []string{"Label 100 photos of cats", "Transcribe 20 hours of Spanish audio"} {
		call(t, hosts["one"], "opentrain_create_draft", map[string]any{"description": description})
	}
	call(t, hosts["two"], "opentrain_create_draft", map[string]any{"description": "Label 100 photos of dogs"})
	prompt := mcp.PromptReference{Type: "ref/prompt", Name: "review_draft"}
	field := mcp.ResourceReference{Type: "ref/resource", URI: "opentrain://fields/{key}"}
	for _, test := range []struct {
		token, typed string
		ref          any
		argument     string
		want         string
	}{
		{"one", "", prompt, "jobId", "job_2 job_1"}, {"one", "transcr", prompt, "jobId", "job_2"}, {"one", "JOB_1", prompt, "jobId", "job_1"},
		{"two", "", prompt, "jobId", "job_3"},
		{"none", "", prompt, "jobId", ""}, {"", "", prompt, "jobId", ""},
		{"one", "", mcp.PromptReference{Type: "ref/prompt", Name: "post_job"}, "description", ""},
		{"one", "price", field, "key", "pricePerHour pricePerLabel fixedPrice"}, {"", "level", field, "key", "experienceLevel"},
		{"one", "", mcp.ResourceReference{Type: "ref/resource", URI: "opentrain://jobs/{jobId}"}, "jobId", ""},
	} {
		if got := strings.Join(complete(t, hosts[test.token], test.ref, test.argument, test.typed), " "); got != test.want {
			t.Errorf("%q typed %q: got %q, want %q", test.token, test.typed, got, test.want)
		}
	}
}
