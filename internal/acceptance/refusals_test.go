package acceptance_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestRefusalsThatAreResults: answers that are no failures, in both of the
// forms that the pages give.
func TestRefusalsThatAreResults(t *testing.T) {
	for _, row := range []struct {
		name, tool, args string
		api              http.HandlerFunc
		text             []string
		structured       []string
	}{
		{"closed public job", "opentrain_get_job", argsJob, apiAnswer(404, "application/json", `{"id":"job_1","status":"closed"}`),
			[]string{"is not public (closed)", "one of the account's own"}, []string{`"status":"closed"`, `"tool":"opentrain_list_jobs"`}},
		{"not ready", "opentrain_publish", argsJob, envelope(400, "BAD_REQUEST", "Not ready.", `{"validation":{"publishReady":false,"missingFieldCount":1,"missingFields":["experienceLevel"],"issues":[]}}`),
			[]string{"was not published", "What should be set for “experience level”?"}, []string{`"published":false`, `"options":["EXPERT",`, `"tool":"opentrain_patch_draft"`}},
		{"not ready, as a report", "opentrain_publish", argsJob, apiAnswer(200, "application/json", `{"jobId":"job_1","status":"DRAFT","validation":{"publishReady":false},"missingFields":[{"field":"x","label":"Deadline","updateKeys":["x"]}]}`),
			[]string{"What should be set for “Deadline”?"}, []string{`"published":false`}},
		{"blocked publish", "opentrain_publish", argsJob, envelope(403, "FORBIDDEN", "Blocked.", `{"reason":"moderation_blocked","reasons":["Asks for passwords."]}`),
			[]string{"the content check blocked it", "Reason: Asks for passwords.", "By: human"}, []string{`"published":false`, `"status":"DRAFT"`, `"reasons":["Asks for passwords."]`, `"action":"fix"`}},
		{"blocked publish, as a report", "opentrain_publish", argsJob, apiAnswer(200, "application/json", `{"jobId":"job_1","status":"DRAFT","moderation":{"decision":"BLOCK","reasons":[]}}`),
			[]string{"was not published", "Next: fix"}, []string{`"published":false`, `"action":"fix"`}},
		{"blocked edit", "opentrain_update_job", argsPatch, envelope(409, "CONFLICT", "Blocked.", `{"jobId":"job_1","reason":"moderation_blocked","reasons":["Asks for passwords."],"status":"DRAFT"}`),
			[]string{"was applied", "no longer public", "Reason: Asks for passwords."}, []string{`"applied":true`, `"status":"DRAFT"`, `"tool":"opentrain_patch_draft"`}},
		{"blocked edit, as a report", "opentrain_update_job", argsPatch, apiAnswer(200, "application/json", `{"ok":true,"jobId":"job_1","status":"DRAFT","moderation":{"decision":"BLOCK","reasons":["Asks for passwords."]}}`),
			[]string{"was applied", "Reason: Asks for passwords."}, []string{`"applied":true`, `"status":"DRAFT"`}},
		{"allowed edit", "opentrain_update_job", argsPatch, apiAnswer(200, "application/json", `{"ok":true,"jobId":"job_1","status":"OPEN","moderation":{"decision":"ALLOW","reasons":[]}}`),
			[]string{"is changed; its status is OPEN", `Set: {"headcount":3}`}, []string{`"status":"OPEN"`, `"tool":"opentrain_get_job"`}},
	} {
		t.Run(row.name, func(t *testing.T) {
			api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/capabilities") {
					http.Error(w, "not here", http.StatusNotFound)
					return
				}
				row.api(w, r)
			}))
			defer api.Close()
			got := run(t, environment(t, "OPENTRAIN_API_BASE_URL="+api.URL, "OT_API_TOKEN=ot_pat_secret")).call(row.tool, row.args)
			if got.IsError {
				t.Fatalf("an error: %s", got.Content[0].Text)
			}
			for _, want := range row.text {
				if !strings.Contains(got.Content[0].Text, want) {
					t.Errorf("%q is not in\n%s", want, got.Content[0].Text)
				}
			}
			for _, want := range row.structured {
				if !strings.Contains(string(got.StructuredContent), want) {
					t.Errorf("%q is not in\n%s", want, got.StructuredContent)
				}
			}
		})
	}
}

// TestResultShowsTheStatusFromTheAPI, with what the content check said.
func TestResultShowsTheStatusFromTheAPI(t *testing.T) {
	for _, test := range []struct{ tool, body, status string }{
		{"opentrain_publish", `{"status":"PENDING_APPROVAL","moderation":{"decision":"REVIEW","reasons":["Contact data."]}}`, "PENDING_APPROVAL"},
		{"opentrain_update_job", `{"status":"OPEN","moderation":{"decision":"BLOCK","reasons":["Contact data."]}}`, "OPEN"},
		{"opentrain_update_job", `{"status":"PENDING_APPROVAL","moderation":{"decision":"REVIEW","reasons":["Contact data."]}}`, "PENDING_APPROVAL"},
	} {
		arguments := job()
		if test.tool == "opentrain_update_job" {
			arguments = job("fields", map[string]any{"headcount": 1})
		}
		got := newChecker(t, on(t, http.StatusOK, test.body)).result(t, test.tool, arguments)
		if !strings.Contains(string(got.structured), `"status":"`+test.status+`"`) || !strings.Contains(got.text, "Reason: Contact data.") || strings.Contains(got.text, "blocked") {
			t.Errorf("%s: %s\n%s", test.body, got.text, got.structured)
		}
	}
}
