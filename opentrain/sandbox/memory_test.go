package sandbox_test

import (
	"fmt"
	"strings"
	"testing"

	"opentrain-mcp/opentrain/sandbox"
)

// TestOldDraftsAreForgotten: the sandbox keeps 2 MiB of drafts. A live job stays, and so does the newest draft.
func TestOldDraftsAreForgotten(t *testing.T) {
	a := newAPI(t, sandbox.Config{})
	long := strings.Repeat("\U0001f697", 14_400) // many bytes, and little to read
	for i := range 50 {
		a.create(fmt.Sprint(i, " ", long))
	}
	a.want(404, "PATCH", "/job-drafts/job_1", object{"headcount": 2})
	a.want(200, "PATCH", "/job-drafts/job_50", object{"headcount": 2})
	jobs, _ := dig(a.want(200, "GET", "/jobs/mine?limit=100", nil), "jobs").([]any)
	if len(jobs) < 30 || len(jobs) > 40 {
		t.Errorf("%d drafts are kept", len(jobs))
	}
}
