package tool_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"opentrain-mcp/internal/tool"
)

// idOutput is the job id that a call named, and how it was read.
type idOutput struct {
	JobID       string   `json:"jobId"`
	Interpreted []string `json:"interpreted"`
}

func (idOutput) Text() string { return "" }

// decoded runs a tool that only returns the job id of its arguments.
func decoded(t *testing.T, args map[string]any) (idOutput, *tool.Failure) {
	t.Helper()
	type input struct {
		JobID  string `json:"jobId" jsonschema:"minLength=1,maxLength=64" jsonschema_description:"Id of a job."`
		Action string `json:"action,omitempty" jsonschema_description:"An argument whose name some hosts add too."`
	}
	echo := tool.New(tool.Spec{Name: "echo", Kind: tool.KindRead},
		func(_ context.Context, call tool.Call, in input) (idOutput, *tool.Ask, error) {
			return idOutput{JobID: in.JobID + in.Action, Interpreted: call.Interpreted}, nil, nil
		})
	raw, err := json.Marshal(args)
	if err != nil {
		t.Fatal(err)
	}
	result, _, failure := tool.Runner{Accounts: tool.NewAccounts(nil)}.Run(t.Context(), &echo, tool.Call{}, raw)
	var out idOutput
	if failure == nil && json.Unmarshal(result.Structured, &out) != nil {
		t.Errorf("got %s", result.Structured)
	}
	return out, failure
}

// TestJobIDs: the addresses of pages that the API's documentation and the hosted connector show lead to the id in them.
func TestJobIDs(t *testing.T) {
	const uuid = "9d1f3a8e-1c2b-4d5e-8f90-0123456789ab"
	long := strings.Repeat("label-many-photos-", 10)
	for given, want := range map[string]string{
		"job_1": "job_1", uuid: uuid, "cmb3x0abc0001l804q2w9e8rt": "cmb3x0abc0001l804q2w9e8rt", "42": "42", "a-b": "a-b", "job-1": "job-1",
		"V1StGXR8-Z5jdHi6B_myT": "V1StGXR8-Z5jdHi6B_myT", "spanish-audio-annotation": "spanish-audio-annotation",
		"\tjob_1 ":                                                               "job_1", //nolint:gocritic // spaces around an id are the point
		"https://app.opentrain.ai/jobs/job_1":                                    "job_1",
		"https://app.opentrain.ai/jobs/job_1/":                                   "job_1",
		"https://app.opentrain.ai/jobs/" + uuid:                                  uuid,
		"https://app.opentrain.ai/jobs/x1Y2-aB_c":                                "x1Y2-aB_c",
		"http://APP.OpenTrain.ai/jobs/a-title-job_1":                             "job_1",
		"https://app.opentrain.ai/jobs/spanish-audio-annotation-job_1?src=x#top": "job_1",
		"https://app.opentrain.ai/jobs/label-100-photos-" + uuid:                 uuid,
		"https://app.opentrain.ai/jobs/überset-ung-4821":                         "4821",
		"https://app.opentrain.ai/jobs/" + long + "job_1":                        "job_1",
		"https://www.opentrain.ai/jobs/some-title--job_1/":                       "job_1",
		"https://app.opentrain.ai/jobs/job_1/proposals":                          "job_1",
		"https://app.opentrain.ai/job-post?job=job_1":                            "job_1",
		"https://app.opentrain.ai/job-post?jobId=job_1&step=2":                   "job_1",
		"https://app.opentrain.ai/api/out?job=job_1&src=www_seo":                 "job_1",
		"https://app.opentrain.ai/api/public/v1/job-drafts/job_1":                "job_1",
		"app.opentrain.ai/jobs/job_1":                                            "job_1",
		"https://sandbox.invalid/jobs/a-title-job_1":                             "job_1",
		"sandbox.invalid/job-post?job=job_1":                                     "job_1",
		"http://127.0.0.1:8090/job-post?jobId=job_1":                             "job_1",
		"127.0.0.1:8090/jobs/a-title-job_1":                                      "job_1",
		"http://localhost:8090/jobs/job_1":                                       "job_1",
		"http://[::1]:8090/jobs/job_1":                                           "job_1",
		"spanish-audio-annotation-job_1":                                         "job_1",
		"spanish-audio-annotation-" + uuid:                                       uuid,
		"some-title--job_1":                                                      "job_1",
		long + "cmb3x0abc0001l804q2w9e8rt":                                       "cmb3x0abc0001l804q2w9e8rt",
	} {
		got, failure := decoded(t, map[string]any{"jobId": given})
		switch {
		case failure != nil:
			t.Errorf("%q: %s", given, failure.Text())
		case got.JobID != want || len(got.Interpreted) != 0 != (strings.TrimSpace(given) != want):
			t.Errorf("%q: %+v, want %q", given, got, want)
		}
	}
	for given, want := range map[string]string{
		"https://app.opentrain.ai/":                         "is not a job's page on OpenTrain",
		"https://app.opentrain.ai/jobs":                     "is not a job's page on OpenTrain",
		"https://app.opentrain.ai/jobs/":                    "is not a job's page on OpenTrain",
		"https://app.opentrain.ai/jobs/spanish-annotation":  "is not a job's page on OpenTrain",
		"https://app.opentrain.ai/jobs/%zz":                 "is not a job's page on OpenTrain",
		"https://app.opentrain.ai/job-post":                 "is not a job's page on OpenTrain",
		"https://opentrain.ai.example.com/jobs/job_1":       "is not a job's page on OpenTrain",
		"https://notopentrain.ai/jobs/job_1":                "is not a job's page on OpenTrain",
		"https://notsandbox.invalid/jobs/job_1":             "is not a job's page on OpenTrain",
		"http://192.0.2.1:8090/jobs/job_1":                  "is not a job's page on OpenTrain",
		"https://app.opentrain.ai@example.com/jobs/job_1":   "is not a job's page on OpenTrain",
		"https://app.opentrain.ai/jobs/mine":                "is not an id",
		"https://app.opentrain.ai/jobs/..":                  "is not an id",
		"https://app.opentrain.ai/jobs/a%2Fb":               "has invalid characters",
		"https://app.opentrain.ai/job-post?job=..%2Ftokens": "has invalid characters",
		"../tokens":             "has invalid characters",
		"mine":                  "is not an id",
		" ":                     "must not be empty",
		strings.Repeat("x", 65): "has 65 characters; the limit is 64",
	} {
		if _, failure := decoded(t, map[string]any{"jobId": given}); failure == nil || !strings.Contains(failure.Text(), "jobId") ||
			!strings.Contains(failure.Text(), want) {
			t.Errorf("%q: %v", given, failure)
		}
	}
}

// TestHostArguments: what hosts add to every call is ignored and reported, unless the tool has such an argument.
//   - n8n, MCP Client Tool: toolCallId and tool (github.com/n8n-io/n8n/issues/21500), and what a chat trigger before it put
//     into the item: sessionId, action, chatInput (github.com/n8n-io/n8n/issues/37308)
//   - Gemini CLI: wait_for_previous (github.com/MemPalace/mempalace/pull/322)
func TestHostArguments(t *testing.T) {
	got, failure := decoded(t, map[string]any{
		"jobId": "job_1", "toolCallId": "call_1", "tool": "echo", "sessionId": "s", "chatInput": "Hi", "wait_for_previous": true, "action": "!",
	})
	if failure != nil || got.JobID != "job_1!" || len(got.Interpreted) != 5 ||
		got.Interpreted[0] != "chatInput: was ignored; some hosts add it, but no tool has it" {
		t.Errorf("%+v, %v", got, failure)
	}
	for _, name := range []string{"toolcallid", "session", "jobID"} {
		if _, failure := decoded(t, map[string]any{"jobId": "job_1", name: 1}); failure == nil || !strings.Contains(failure.Text(), "is not an argument") {
			t.Errorf("%s: %v", name, failure)
		}
	}
}

// TestPlaceholdersAreRefused: in every argument, beside other problems.
func TestPlaceholdersAreRefused(t *testing.T) {
	for _, placeholder := range []string{"<answer>", "<answer:jobId>", "<answer:other>"} {
		_, failure := decoded(t, map[string]any{"jobId": placeholder, "unknown": 1})
		if failure == nil || !strings.Contains(failure.Text(), "jobId still has the placeholder") || !strings.Contains(failure.Text(), "- unknown is not an argument") {
			t.Errorf("%s: %v", placeholder, failure)
		}
	}
	if got, failure := decoded(t, map[string]any{"jobId": "<answer"}); failure != nil || got.JobID != "<answer" {
		t.Errorf("%+v, %v", got, failure)
	}
}
