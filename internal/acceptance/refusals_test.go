package acceptance_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestRefusalsThatAreResults: some refusals are results and not errors, in both forms
// that the documentation shows.
func TestRefusalsThatAreResults(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, tool string
		args       any
		api        http.HandlerFunc
		text       []string
		structured []string
	}{
		{"closed public job", "opentrain_get_job", job(), func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/jobs/mine") {
				apiAnswer(200, "application/json", `{"jobs":[]}`)(w, r)
				return
			}
			apiAnswer(404, "application/json", `{"id":"job_1","status":"closed"}`)(w, r)
		},
			[]string{"is not live (closed)", "one of the account's own"}, []string{`"status":"closed"`, `"tool":"opentrain_list_jobs"`}},
		{"not ready", "opentrain_publish", job(), envelope(400, "BAD_REQUEST", "Not ready.",
			`{"validation":{"publishReady":false,"missingFieldCount":1,"missingFields":["experienceLevel"],"issues":[]}}`),
			[]string{"can't be published yet.", "What should “experience level” be?"},
			[]string{`"published":false`, `"options":["EXPERT",`, `"tool":"opentrain_patch_draft"`}},
		{"not ready, as a report", "opentrain_publish", job(),
			apiAnswer(200, "application/json", `{"jobId":"job_1","status":"DRAFT","validation":{"publishReady":false},"missingFields":[{`+
				`"field":"x","label":"Deadline","updateKeys":["x"]}]}`),
			[]string{"What should “Deadline” be?"}, []string{`"published":false`}},
		{"blocked publish", "opentrain_publish", job(),
			envelope(403, "FORBIDDEN", "Blocked.", `{"reason":"moderation_blocked","reasons":["Asks for passwords."]}`),
			[]string{"was not published: it failed the content check", "Reason: Asks for passwords.", "By: human"},
			[]string{`"published":false`, `"status":"DRAFT"`, `"reasons":["Asks for passwords."]`, `"action":"fix"`}},
		{"blocked publish, as a report", "opentrain_publish", job(),
			apiAnswer(200, "application/json", `{"jobId":"job_1","status":"DRAFT","moderation":{"decision":"BLOCK","reasons":[]}}`),
			[]string{"was not published: it failed the content check", "Next: fix"}, []string{`"published":false`, `"action":"fix"`}},
		{"blocked edit", "opentrain_update_job", patch("headcount", 3),
			envelope(409, "CONFLICT", "Blocked.", `{"jobId":"job_1","reason":"moderation_blocked","reasons":["Asks for passwords."],`+
				`"status":"DRAFT"}`),
			[]string{"was changed, but the change failed the content check", "no longer live", "Reason: Asks for passwords."},
			[]string{`"applied":true`, `"status":"DRAFT"`, `"tool":"opentrain_patch_draft"`}},
		{"blocked edit, as a report", "opentrain_update_job", patch("headcount", 3),
			apiAnswer(200, "application/json", `{"ok":true,"jobId":"job_1","status":"DRAFT","moderation":{"decision":"BLOCK","reasons":["Asks `+
				`for passwords."]}}`),
			[]string{"was changed, but the change failed the content check", "Reason: Asks for passwords."}, []string{`"applied":true`, `"status":"DRAFT"`}},
		{"allowed edit", "opentrain_update_job", patch("headcount", 3),
			apiAnswer(200, "application/json", `{"ok":true,"jobId":"job_1","status":"OPEN","moderation":{"decision":"ALLOW","reasons":[]}}`),
			[]string{"was changed and is live"}, []string{`"status":"OPEN"`, `"fieldsSet":{"headcount":3}`, `"tool":"opentrain_get_job"`}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			env := environment(t, "OPENTRAIN_API_BASE_URL="+serveAnswer(t, row.api), "OT_API_TOKEN=ot_pat_secret")
			got := run(t, env).call(row.tool, row.args)
			if got.isError {
				t.Fatalf("an error: %s", got.text)
			}
			for _, want := range row.text {
				if !strings.Contains(got.text, want) {
					t.Errorf("%q is not in\n%s", want, got.text)
				}
			}
			for _, want := range row.structured {
				if !strings.Contains(string(got.structured), want) {
					t.Errorf("%q is not in\n%s", want, got.structured)
				}
			}
		})
	}
}

// TestResultShowsTheStatusFromTheAPI: a result shows the status that the API returned,
// and the reasons of the content check.
func TestResultShowsTheStatusFromTheAPI(t *testing.T) {
	for _, test := range []struct{ tool, body, status string }{
		{"opentrain_publish", `{"status":"PENDING_APPROVAL","moderation":{"decision":"REVIEW","reasons":["Contact data."]}}`, "PENDING_APPROVAL"},
		{"opentrain_update_job", `{"status":"OPEN","moderation":{"decision":"BLOCK","reasons":["Contact data."]}}`, "OPEN"},
		{"opentrain_update_job", `{"status":"PENDING_APPROVAL","moderation":{"decision":"REVIEW","reasons":["Contact data."]}}`,
			"PENDING_APPROVAL"},
	} {
		arguments := job()
		if test.tool == "opentrain_update_job" {
			arguments = patch("headcount", 1)
		}
		got := newChecker(t, on(t, http.StatusOK, test.body)).result(t, test.tool, arguments)
		if !strings.Contains(string(got.structured), `"status":"`+test.status+`"`) || !strings.Contains(got.text, "Reason: Contact data.") ||
			strings.Contains(got.text, "blocked") {
			t.Errorf("%s: %s\n%s", test.body, got.text, got.structured)
		}
	}
}
