package acceptance_test

import (
	"encoding/json"
	"net/http"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"strings"
	"time"
)

// errorRow is a row of the error table: an API response and what the caller sees.
type errorRow struct {
	name, tool string
	args       any
	api        http.HandlerFunc
	text       []string     // parts of the text
	want       tool.Failure // Details and arguments apart
	env        []string
}

// wantNext adds the next step to a failure.
func wantNext(f tool.Failure, action tool.Action, by, name string) tool.Failure {
	f.Next = &tool.Next{Action: action, By: by, Tool: name}
	return f
}

// errorTable lists every kind of failure that a caller can meet.
func errorTable() []errorRow {
	fix := func(code opentrain.Code, status int) tool.Failure {
		return wantNext(tool.Failure{Code: code, Status: status, RequestID: "req-7"}, "fix", "human", "")
	}
	retry := func(code opentrain.Code, status, after int, name string) tool.Failure {
		f := wantNext(tool.Failure{Code: code, Status: status, Retryable: true, RetryAfterSeconds: after}, "wait", "", name)
		f.Next.RetryAfterSeconds = after
		return f
	}
	withID := func(f tool.Failure) tool.Failure { f.RequestID = "req-7"; return f }
	list := wantNext(tool.Failure{RequestID: "req-7"}, "call_tool", "", "opentrain_list_jobs")
	at := func(f tool.Failure, code opentrain.Code, status int) tool.Failure {
		f.Code, f.Status = code, status
		return f
	}
	look := func(code opentrain.Code, status int, name string) tool.Failure {
		return at(wantNext(tool.Failure{}, "call_tool", "", name), code, status)
	}
	atMost := func(f tool.Failure) tool.Failure { f.Next.AtMost = true; return f }
	unknown := "unclear whether"
	return []errorRow{
		{name: "401", tool: "opentrain_list_jobs", args: map[string]any{}, api: envelope(401, "UNAUTHORIZED", "Invalid token.", `{}`),
			want: fix("UNAUTHORIZED", 401),
			text: []string{"invalid, expired or revoked", "the OT_API_TOKEN environment variable", "Settings → API keys", "login --token",
				"Request id: req-7"}},
		{name: "403 scope", tool: "opentrain_publish", args: job(),
			api:  envelope(403, "FORBIDDEN", "Missing scope.", `{"requiredScopes":["jobs:write"],"grantedScopes":["jobs:read"]}`),
			want: fix("FORBIDDEN", 403),
			text: []string{"lacks the jobs:write scope; it has jobs:read", "Settings → API keys", "Nothing was changed"}},
		{name: "403 feature", tool: "opentrain_close_job", args: job(),
			api:  envelope(403, "FORBIDDEN", "Disabled.", `{"featureKey":"public_api_job_publishing","mode":"ALLOWLIST"}`),
			want: fix("FORBIDDEN", 403),
			text: []string{"The feature public_api_job_publishing is not enabled", "calling again doesn't help", "opentrain_get_account"}},
		{name: "403 claim", tool: "opentrain_invite_trainer", args: job("freelancerId", "f_1"), want: fix("FORBIDDEN", 403),
			api: envelope(403, "FORBIDDEN", "A human must claim this agent account before it can invite AI trainers.",
				`{"reason":"account_claim_required","action":"invite AI trainers","claimUrl":"https://app.opentrain.ai/claim"}`),
			text: []string{"A human must claim this account first", "https://app.opentrain.ai/claim", "Nothing was changed",
				"Open: https://app.opentrain.ai/claim"}},
		{name: "403 without details", tool: "opentrain_publish", args: job(), api: envelope(403, "FORBIDDEN", "Not for you.", `{}`),
			want: fix("FORBIDDEN", 403), text: []string{"Not for you."}},
		{name: "404 draft", tool: "opentrain_patch_draft", args: patch("headcount", 3), api: envelope(404, "NOT_FOUND", "No.", `{}`),
			want: at(list, "NOT_FOUND", 404),
			text: []string{"This account has no job with that id", "This account has no job with that id.",
				"Nothing was changed"}},
		{name: "404 public job", tool: "opentrain_get_job", args: job(), api: envelope(404, "NOT_FOUND", "No.", `{}`),
			want: at(list, "NOT_FOUND", 404), text: []string{"No live job has this id", "For drafts and closed jobs"}},
		{name: "404 invite", tool: "opentrain_invite_trainer", args: job("freelancerId", "f_1"), api: envelope(404, "NOT_FOUND", "No.", `{}`),
			want: at(wantNext(tool.Failure{RequestID: "req-7"}, "fix", "human", "opentrain_invite_trainer"), "NOT_FOUND", 404),
			text: []string{"OpenTrain rejected opentrain_invite_trainer: No. Nothing was changed.", "Ask the human for the URL of the trainer's profile."}},
		{name: "404 account", tool: "opentrain_get_account", args: map[string]any{}, api: envelope(404, "NOT_FOUND", "No.", `{}`),
			want: fix("NOT_FOUND", 404), text: []string{"The API token's user no longer exists"}},
		{name: "409 a draft's patch on an open job", tool: "opentrain_patch_draft", args: patch("headcount", 3),
			api:  envelope(409, "CONFLICT", "Not a draft.", `{"jobId":"job_1","status":"OPEN","requiredStatus":"DRAFT"}`),
			want: at(wantNext(tool.Failure{RequestID: "req-7"}, "call_tool", "", "opentrain_update_job"), "CONFLICT", 409),
			text: []string{"The job is live. opentrain_patch_draft works only on drafts.",
				`Call: opentrain_update_job {"fields":{"headcount":3},"jobId":"job_1"}`}},
		{name: "409 an edit of a draft", tool: "opentrain_update_job", args: patch("headcount", 3),
			api:  envelope(409, "CONFLICT", "Not open.", `{"jobId":"job_1","status":"DRAFT","requiredStatus":"OPEN"}`),
			want: at(wantNext(tool.Failure{RequestID: "req-7"}, "call_tool", "", "opentrain_patch_draft"), "CONFLICT", 409),
			text: []string{"opentrain_update_job works only on live jobs.",
				`Call: opentrain_patch_draft {"fields":{"headcount":3},"jobId":"job_1"}`}},
		{name: "409 a publish of a closed job", tool: "opentrain_publish", args: job(),
			api:  envelope(409, "CONFLICT", "Archived.", `{"jobId":"job_1","status":"ARCHIVED","requiredStatus":"DRAFT"}`),
			want: at(wantNext(tool.Failure{RequestID: "req-7"}, "done", "", ""), "CONFLICT", 409),
			text: []string{"The job is closed.", "It can't be changed or reopened here. To post a new job, use opentrain_create_draft.", "Nothing was changed"}},
		{name: "409 without details", tool: "opentrain_close_job", args: job(), api: envelope(409, "CONFLICT", "Open milestones.", `{}`),
			want: at(list, "CONFLICT", 409), text: []string{"Open milestones."}},
		{name: "400 issues", tool: "opentrain_patch_draft", args: patch("headcount", 3),
			api: envelope(400, "BAD_REQUEST", "Invalid body.",
				`{"issues":[{"code":"unrecognized_keys","keys":["nope"],"path":[],"message":"Unrecognized key(s)"},{"path":["visibility"],`+
					`"message":"Invalid enum value","options":["PUBLIC","PRIVATE"]}]}`),
			want: at(wantNext(tool.Failure{RequestID: "req-7"}, "fix", "agent", "opentrain_patch_draft"), "BAD_REQUEST", 400),
			text: []string{"- Unrecognized key(s) (nope)", "- visibility: Invalid enum value: PUBLIC, PRIVATE", "Nothing was changed"}},
		{name: "400 issues as a list", tool: "opentrain_update_job", args: patch("headcount", 3),
			api:  envelope(400, "BAD_REQUEST", "Invalid body.", `[{"path":["headcount"],"message":"Too many"}]`),
			want: at(wantNext(tool.Failure{RequestID: "req-7"}, "fix", "agent", "opentrain_update_job"), "BAD_REQUEST", 400),
			text: []string{"- headcount: Too many"}},
		{name: "400 issues by field", tool: "opentrain_patch_draft", args: patch("headcount", 3),
			api: envelope(400, "BAD_REQUEST", "Invalid body.",
				`{"formErrors":["Nothing fits"],"fieldErrors":{"headcount":["Too many","Or too few"]}}`),
			want: at(wantNext(tool.Failure{RequestID: "req-7"}, "fix", "agent", "opentrain_patch_draft"), "BAD_REQUEST", 400),
			text: []string{"- Nothing fits", "- headcount: Too many Or too few"}},
		{name: "400 format", tool: "opentrain_create_draft", args: json.RawMessage(`{"format":"hr_xml","xml":"<a/>"}`),
			api:  envelope(400, "BAD_REQUEST", "Unsupported.", `{"supportedFormats":["text","indeed_xml"]}`),
			want: at(wantNext(tool.Failure{RequestID: "req-7"}, "fix", "agent", "opentrain_create_draft"), "BAD_REQUEST", 400),
			text: []string{"Supported: text, indeed_xml."}},
		{name: "400 status", tool: "opentrain_list_jobs", args: json.RawMessage(`{"status":"OPEN"}`),
			api:  envelope(400, "BAD_REQUEST", "Unknown status.", `{"supportedStatuses":["DRAFT","LIVE"]}`),
			want: at(wantNext(tool.Failure{RequestID: "req-7"}, "fix", "agent", "opentrain_list_jobs"), "BAD_REQUEST", 400),
			text: []string{"Supported: DRAFT, LIVE."}},
		{name: "429 with seconds", tool: "opentrain_search_jobs", args: map[string]any{},
			api:  apiAnswer(429, "application/json", `{"error":"Slow down.","code":"RATE_LIMITED"}`, "Retry-After", "30"),
			want: retry("RATE_LIMITED", 429, 30, "opentrain_search_jobs"),
			text: []string{"limiting requests", "Wait: 30 seconds"}},
		{name: "429 with a date", tool: "opentrain_get_job", args: job(),
			api: apiAnswer(429, "application/json", `{"error":"Slow down.","code":"RATE_LIMITED"}`, "Retry-After",
				time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)), want: retry("RATE_LIMITED", 429, -1, "opentrain_get_job"),
			text: []string{"Wait: 3"}},
		{name: "429 without a time", tool: "opentrain_list_facets", args: map[string]any{},
			api:  apiAnswer(429, "application/json", `{"error":"Slow down.","code":"RATE_LIMITED"}`),
			want: atMost(retry("RATE_LIMITED", 429, 60, "opentrain_list_facets")), text: []string{"Wait: at most 60 seconds"}},
		{name: "429 publish limit", tool: "opentrain_publish", args: job(),
			api:  envelope(429, "RATE_LIMITED", "Limit.", `{"limit":3,"windowHours":24}`),
			want: withID(atMost(retry("RATE_LIMITED", 429, 86400, "opentrain_publish"))),
			text: []string{"3 published jobs in 24 hours", "in 24 hours. Nothing was changed.", "Wait: at most 86400 seconds"}},
		{name: "500", tool: "opentrain_publish", args: job(), api: envelope(500, "INTERNAL_ERROR", "Oops.", `{}`),
			want: withID(look("INTERNAL_ERROR", 500, "opentrain_list_jobs")),
			text: []string{"Oops.", unknown + " the job was published", "opentrain_list_jobs shows its status"}},
		{name: "502 page", tool: "opentrain_patch_draft", args: patch("headcount", 3),
			api: apiAnswer(502, "text/html", "<html>Bad gateway</html>"), want: retry("BAD_RESPONSE", 502, 5, "opentrain_patch_draft"),
			text: []string{"a web page instead of", unknown + " the fields were set"}},
		{name: "503 empty, a read", tool: "opentrain_list_changes", args: json.RawMessage(`{"since":"2026-06-01"}`),
			api: apiAnswer(503, "text/plain", ""), want: retry("BAD_RESPONSE", 503, 5, "opentrain_list_changes"),
			text: []string{"the response is empty (HTTP 503)"}},
		{name: "504, a create", tool: "opentrain_create_draft", args: map[string]any{"description": "Label 100 photos"},
			api: apiAnswer(504, "text/html", "<html>"), want: retry("BAD_RESPONSE", 504, 5, "opentrain_create_draft"),
			text: []string{unknown + " the draft was created", "retries never create duplicates"}},
		{name: "page instead of a list", tool: "opentrain_list_jobs", args: map[string]any{},
			api: apiAnswer(200, "text/html", "<html>Sign in</html>"), want: retry("BAD_RESPONSE", 200, 5, "opentrain_list_jobs"),
			text: []string{"it may be from a proxy"}},
		{name: "page instead of a refusal", tool: "opentrain_close_job", args: job(),
			api:  apiAnswer(403, "text/html", "<html>Blocked by policy</html>"),
			want: wantNext(tool.Failure{Code: "BAD_RESPONSE", Status: 403}, "fix", "human", ""),
			text: []string{"the base URL and the proxy settings"}},
		{name: "empty body", tool: "opentrain_publish", args: job(), api: apiAnswer(200, "application/json", ""),
			want: look("BAD_RESPONSE", 200, "opentrain_list_jobs"), text: []string{"the response is empty", unknown}},
		{name: "broken JSON", tool: "opentrain_close_job", args: job(), api: apiAnswer(200, "application/json", `{"ok":tru`),
			want: look("BAD_RESPONSE", 200, "opentrain_list_jobs"), text: []string{"not OpenTrain's JSON", unknown + " the job was closed"}},
		{name: "JSON of something else", tool: "opentrain_search_jobs", args: map[string]any{},
			api: apiAnswer(200, "application/json", `{"status":"up"}`), want: retry("BAD_RESPONSE", 200, 5, "opentrain_search_jobs"),
			text: []string{"has no list of jobs"}},
		{name: "over 8 MiB", tool: "opentrain_search_jobs", args: map[string]any{},
			api:  apiAnswer(200, "application/json", `{"jobs":[{"id":"`+strings.Repeat("x", 9<<20)+`"}]}`),
			want: wantNext(tool.Failure{Code: "BAD_RESPONSE", Status: 200}, "fix", "agent", "opentrain_search_jobs"),
			text: []string{"larger than 8 MiB", "smaller limit"}},
		{name: "connection dropped, a read", tool: "opentrain_list_jobs", args: map[string]any{}, api: dropped,
			want: retry("NETWORK", 0, 5, "opentrain_list_jobs"), text: []string{"the connection was lost", "(from OPENTRAIN_API_BASE_URL)"}},
		{name: "connection dropped, an edit", tool: "opentrain_update_job", args: patch("headcount", 3), api: dropped,
			want: look("NETWORK", 0, "opentrain_get_job"), text: []string{unknown + " the edit took effect", "opentrain_get_job"}},
		{name: "connection dropped, an invitation", tool: "opentrain_invite_trainer", args: job("freelancerId", "f_1"), api: dropped,
			want: look("NETWORK", 0, "opentrain_list_proposals"),
			text: []string{unknown + " the AI trainer was invited", "No one is invited twice"}},
		{name: "time-out", tool: "opentrain_publish", args: job(), env: []string{"OPENTRAIN_MCP_TIMEOUT=5s"},
			api: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, want: look("TIMEOUT", 0, "opentrain_list_jobs"),
			text: []string{"didn't respond in time", unknown}},
		{name: "no server", tool: "opentrain_publish", args: job(), env: []string{"OPENTRAIN_API_BASE_URL=http://127.0.0.1:1"},
			want: wantNext(tool.Failure{Code: "NETWORK"}, "fix", "human", ""),
			text: []string{"the host refused the connection. Nothing was changed.", "127.0.0.1:1 (from OPENTRAIN_API_BASE_URL)"}},
		{name: "unknown host", tool: "opentrain_publish", args: job(), env: []string{"OPENTRAIN_API_BASE_URL=https://opentrain.invalid"},
			want: wantNext(tool.Failure{Code: "NETWORK"}, "fix", "human", ""),
			text: []string{"the host name doesn't exist. Nothing was changed.", "opentrain.invalid (from OPENTRAIN_API_BASE_URL)"}},
		{name: "bad id", tool: "opentrain_publish", args: json.RawMessage(`{"jobId":"../tokens"}`),
			want: wantNext(tool.Failure{Code: "INVALID_ARGUMENT"}, "fix", "agent", "opentrain_publish"),
			text: []string{"has invalid characters", "job ids come from"}},
		{name: "bad arguments", tool: "opentrain_publish", args: json.RawMessage(`{"job_id":"x"}`),
			want: wantNext(tool.Failure{Code: "INVALID_ARGUMENT"}, "fix", "agent", "opentrain_publish"),
			text: []string{"job_id is not an argument of this tool; did you mean jobId?", "jobId is required", "nothing was sent"}},
		{name: "no token", tool: "opentrain_publish", args: job(), env: []string{"OT_API_TOKEN="},
			want: wantNext(tool.Failure{Code: "NO_TOKEN"}, "call_tool", "", "opentrain_register_agent"),
			text: []string{"needs an OpenTrain account, and none is set up on this machine. Nothing was sent.", "OPENTRAIN_PERSONAL_API_TOKEN"}},
		{name: "malformed token", tool: "opentrain_publish", args: job(), env: []string{"OT_API_TOKEN=${OT_TOKEN}"},
			want: wantNext(tool.Failure{Code: "NO_TOKEN"}, "fix", "human", ""), text: []string{"contains a variable name instead of its value"}},
	}
}

// reasonRows are the rows of the error table for every documented details.reason.
func reasonRows() []errorRow {
	rows := newReasonRows()
	const fix, call, nothing = "fix", "call_tool", "Nothing was changed"
	for reason, want := range map[string]struct {
		status           int
		action, by, tool string
		text, outcome    string
	}{
		"job_not_published":                {409, fix, "human", "opentrain_publish", "only to a live job", nothing},
		"not_a_freelancer":                 {409, fix, "human", "", "doesn't belong to an AI trainer", nothing},
		"freelancer_unavailable":           {409, fix, "human", "", "isn't accepting invitations", nothing},
		"payment_method_required":          {409, "open_url", "", "opentrain_invite_trainer", "https://app.opentrain.ai/billing", nothing},
		"milestone_not_fundable":           {409, call, "", "opentrain_list_jobs", "can't be funded", nothing},
		"milestone_not_funded":             {409, call, "", "opentrain_list_jobs", "isn't funded", nothing},
		"contract_ended":                   {409, call, "", "opentrain_list_jobs", "has ended", nothing},
		"contract_rate_missing":            {409, fix, "human", "", "no rate", nothing},
		"employer_first_message_required":  {403, fix, "human", "", "first message", nothing},
		"proposal_not_ready_for_messaging": {409, call, "", "opentrain_list_jobs", "doesn't accept messages yet", nothing},
		"teams_not_enabled":                {403, fix, "human", "", "Teams are not enabled", nothing},
		"invite_email_send_failed":         {409, fix, "human", "", "couldn't send the invitation's email", "It's unclear whether"},
		"some_new_reason":                  {409, fix, "human", "", "Open: https://app.opentrain.ai/billing", nothing},
		"moderation_blocked":               {400, fix, "human", "opentrain_patch_draft", "Bad words.", nothing},
	} {
		code := map[int]opentrain.Code{400: "BAD_REQUEST", 403: "FORBIDDEN", 409: "CONFLICT"}[want.status]
		rows = append(rows, errorRow{
			name: reason, tool: "opentrain_invite_trainer", args: job("freelancerId", "f_1"),
			api: envelope(want.status, string(code), "Refused.",
				`{"reason":"`+reason+`","reasons":["Bad words."],"billingUrl":"https://app.opentrain.ai/billing"}`),
			want: wantNext(tool.Failure{Code: code, Status: want.status, RequestID: "req-7"}, tool.Action(want.action), want.by, want.tool),
			text: []string{want.text, want.outcome},
		})
	}
	return rows
}

// newReasonRows are conflicts that no page of the API names: a human opens the page that OpenTrain names, or the step shows
// what the call names.
func newReasonRows() (rows []errorRow) {
	const billing, claim = "https://app.opentrain.ai/billing", "https://app.opentrain.ai/claim"
	human := wantNext(tool.Failure{Code: "CONFLICT", Status: 409, RequestID: "req-7"}, "fix", "human", "")
	list := wantNext(tool.Failure{Code: "CONFLICT", Status: 409, RequestID: "req-7"}, "call_tool", "", "opentrain_list_jobs")
	for _, row := range []struct {
		tool    string
		args    any
		details string
		want    tool.Failure
		open    string
	}{
		{"opentrain_create_draft", map[string]any{"description": "Label 100 photos"}, `{"reason":"plan_limit","billingUrl":"` + billing + `"}`, human, billing},
		{"opentrain_create_draft", map[string]any{"description": "Label 100 photos"}, `{"reason":"plan_limit"}`, human, "http://127.0.0.1"},
		{"opentrain_create_draft", map[string]any{"description": "Label 100 photos"}, `{}`, human, "http://127.0.0.1"},
		{"opentrain_publish", job(), `{"reason":"plan_limit","billingUrl":"` + billing + `"}`, human, billing},
		{"opentrain_publish", job(), `{"reason":"plan_limit","claimUrl":"` + claim + `"}`, human, claim},
		{"opentrain_publish", job(), `{"reason":"plan_limit"}`, list, ""},
		{"opentrain_publish", job(), `{"reason":"plan_limit","claimUrl":"http://evil.example/claim"}`, list, ""},
		{"opentrain_publish", job(), `{"reason":"plan_limit","claimUrl":"https://app.opentrain.ai@evil.example/"}`, list, ""},
		{"opentrain_get_account", map[string]any{}, `{"reason":"plan_limit","billingUrl":"` + billing + `"}`, human, billing},
		{"opentrain_get_account", map[string]any{}, `{"reason":"plan_limit"}`, human, "http://127.0.0.1"},
		{"opentrain_get_account", map[string]any{}, `{}`, human, "http://127.0.0.1"},
	} {
		words := []string{"Limit reached."}
		if row.open != "" {
			words = append(words, "Open: "+row.open)
		}
		rows = append(rows, errorRow{
			name: "409 " + row.details, tool: row.tool, args: row.args, api: envelope(409, "CONFLICT", "Limit reached.", row.details),
			want: row.want, text: words,
		})
	}
	blocked := wantNext(tool.Failure{Code: "CONFLICT", Status: 409, RequestID: "req-7"}, "fix", "human", "opentrain_patch_draft")
	return append(rows, errorRow{ // OpenTrain applies an edit that it blocks
		name: "409 blocked", tool: "opentrain_publish", args: job(), want: blocked,
		api:  envelope(409, "CONFLICT", "Blocked.", `{"reason":"moderation_blocked","reasons":["Bad words."]}`),
		text: []string{"content check blocked the job. It's unclear whether the job was published", "- Bad words."},
	})
}
