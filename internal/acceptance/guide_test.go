package acceptance_test

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"opentrain-mcp/opentrain/sandbox"
)

// TestGuideCurlCalls runs the curl calls of the posting guide
// (developers/guides/post-a-job) as printed and in order, against the sandbox.
func TestGuideCurlCalls(t *testing.T) {
	t.Parallel()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell here")
	}
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("no curl here; .ci/run has it")
	}
	base, token := runSandbox(t)
	for _, step := range []struct {
		command string
		want    map[string]any // members of the answer, by path
	}{
		{`curl -sS -X POST https://app.opentrain.ai/api/public/v1/job-drafts \
  -H "Authorization: Bearer $OT_API_TOKEN" \
  -H "Content-Type: application/json" \
  -d '{
    "source": {
      "type": "text",
      "externalId": "acme-batch-7",
      "idempotencyKey": "acme-batch-7-v1",
      "text": "We need 10 experienced annotators for bounding boxes on 50,000 dashcam images. Pay is $18/hour. English required. Work runs about six weeks."
    }
  }'`, map[string]any{
			"ok": true, "jobId": "job_1", "status": "DRAFT", "draftUrl": base + "/job-post?job=job_1",
			"validation.publishReady": false, "validation.issueCount": 0.0, "validation.missingFieldCount": 2.0,
			"validation.missingFields.0": "experienceLevel", "validation.missingFields.1": "dataVolumeUnit",
			"missingFields.0.field": "experienceLevel", "missingFields.0.label": "Experience level",
			"missingFields.0.message": "Experience level is required", "missingFields.0.code": "MISSING_EXPERIENCE_LEVEL",
			"missingFields.0.prompt": "What experience level should AI trainers have for this job?", "missingFields.0.type": "enum",
			"missingFields.0.enumValues.1": "INTERMEDIATE",
			"missingFields.0.updateKeys.0": "experienceLevel", "missingFields.0.example.experienceLevel": "INTERMEDIATE",
			"normalizedFields.jobTitle": "Bounding Box Annotation for Dashcam Images", "normalizedFields.paymentType": "PAY_PER_HOUR",
			"normalizedFields.pricePerHour": 18.0,
		}},
		{`curl -sS -X PATCH https://app.opentrain.ai/api/public/v1/job-drafts/<JOB_ID> \
  -H "Authorization: Bearer $OT_API_TOKEN" \
  -H "Content-Type: application/json" \
  -d '{
    "experienceLevel": "INTERMEDIATE",
    "dataVolumeUnit": "NUMBER_OF_FILES",
    "dataVolume": 50000
  }'`, map[string]any{"validation.publishReady": true, "validation.missingFieldCount": 0.0}},
		{`curl -sS -X POST https://app.opentrain.ai/api/public/v1/jobs/<JOB_ID>/publish \
  -H "Authorization: Bearer $OT_API_TOKEN"`, map[string]any{
			"ok": true, "status": "OPEN", "alreadyPublished": false,
			"jobUrl": base + "/jobs/job_1", "sideEffects.dispatched": true,
		}},
		{`curl -sS "https://app.opentrain.ai/api/public/v1/jobs?q=bounding+boxes&payType=PAY_PER_HOUR&limit=20"`,
			map[string]any{"jobs.0.id": "job_1", "jobs.0.pay.hourlyRate": 18.0}},
		{`curl -sS -X PATCH https://app.opentrain.ai/api/public/v1/jobs/<JOB_ID> \
  -H "Authorization: Bearer $OT_API_TOKEN" \
  -H "Content-Type: application/json" \
  -d '{"jobDescription": "Updated scope: now includes night-time driving footage."}'`,
			map[string]any{"ok": true, "status": "OPEN", "moderation.decision": "ALLOW"}},
		{`curl -sS -X POST https://app.opentrain.ai/api/public/v1/jobs/<JOB_ID>/invites \
  -H "Authorization: Bearer $OT_API_TOKEN" \
  -H "Content-Type: application/json" \
  -d '{"freelancerId": "<FREELANCER_ID>"}'`, map[string]any{"ok": true, "jobId": "job_1", "alreadyInvited": false}},
		{`curl -sS "https://app.opentrain.ai/api/public/v1/jobs/facets"`, map[string]any{"totalJobs": 43.0}},
		{`curl -sS "https://app.opentrain.ai/api/public/v1/jobs/changes?since=2026-06-01T00:00:00Z"`,
			map[string]any{"since": "2026-06-01T00:00:00.000Z"}},
		{`curl -sS -X POST https://app.opentrain.ai/api/public/v1/jobs/<JOB_ID>/close \
  -H "Authorization: Bearer $OT_API_TOKEN"`, map[string]any{"ok": true, "jobId": "job_1", "status": "ARCHIVED", "alreadyClosed": false}},
	} {
		command := strings.NewReplacer("https://app.opentrain.ai", base, "<JOB_ID>", "job_1", "<FREELANCER_ID>",
			sandbox.FreelancerAvailable).Replace(step.command)
		cmd := exec.Command(shell, "-c", command)
		cmd.Env = environment(t, "OT_API_TOKEN="+token)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v\n%s", err, step.command)
		}
		var answer any
		if err := json.Unmarshal(out, &answer); err != nil {
			t.Fatalf("%v in\n%s", err, out)
		}
		for path, want := range step.want {
			if got := at(answer, path); got != want {
				t.Errorf("%s is %v, want %v in\n%s", path, got, want, out)
			}
		}
	}
}

// at returns the value at a path such as "jobs.0.id".
func at(value any, path string) any {
	for part := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[part]
		case []any:
			if i := int(part[0] - '0'); i < len(v) {
				value = v[i]
			}
		default:
			return nil
		}
	}
	return value
}
