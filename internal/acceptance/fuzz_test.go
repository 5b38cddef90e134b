package acceptance_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"opentrain-mcp/opentrain/sandbox"
)

// FuzzToolCall: whatever the arguments, the answer is a result or an error in words
// within its size limit, and the tool calls only its own endpoints.
func FuzzToolCall(f *testing.F) {
	for _, seed := range [][2]string{
		{"opentrain_create_draft", `{"description":"Label 100 photos"}`}, {"opentrain_create_draft", `{"format":"hr_xml","xml":"<a/>"}`},
		{"opentrain_patch_draft", `{"jobId":"job_1","fields":{"headcount":"3","languages":"Spanish"}}`},
		{"opentrain_publish", `{"jobId":"../tokens"}`}, {"opentrain_publish", `{"jobId":"https://app.opentrain.ai/jobs/a-title-job_1"}`},
		{"opentrain_patch_draft", `{"jobId":"a--b","toolCallId":1,"fields":{"languages":"a and b","pricePerHour":"$5k","labelTypes":"boxes"}}`},
		{"opentrain_update_job", `{"jobId":"job_1","fields":"{\"headcount\":1e999}"}`},
		{"opentrain_list_changes", `{"since":"2026-06-01","cursor":"eA"}`},
		{"opentrain_search_jobs", `{"limit":"5","payType":"fixed price"}`}, {"opentrain_invite_trainer", `{"jobId":"%2e%2e","freelancerId":"f"}`},
		{"opentrain_get_job", `{"jobId":"\u202e"}`}, {"opentrain_list_facets", `[]`}, {"opentrain_get_account", `null`},
		{"opentrain_close_job", `{"jobId":{}}`}, {"opentrain_list_jobs", `{"cursor":"\u0000"}`},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, tool, arguments string) {
		if !json.Valid([]byte(arguments)) || len(tool) > 64 {
			return
		}
		s := start(t, sandbox.Guide)
		var request mcp.CallToolRequest
		request.Params.Name, request.Params.Arguments = tool, json.RawMessage(arguments)
		result, err := s.host.CallTool(t.Context(), request)
		if err != nil {
			return // no such tool, or no object
		}
		content, ok := result.Content[0].(mcp.TextContent)
		limit := 20_000
		if result.IsError {
			limit = 4000
		}
		if n := len([]rune(content.Text)); !ok || n == 0 || n > limit {
			t.Errorf("%d characters: %s", n, content.Text)
		}
		for _, made := range s.api.seen() {
			_, path, _ := strings.Cut(made, " /api/public/v1/")
			if first, _, _ := strings.Cut(path, "/"); first != "jobs" && first != "job-drafts" && path != "auth/me" {
				t.Errorf("%s reached the API", made)
			}
		}
	})
}
