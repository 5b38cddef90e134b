package tools_test

import (
	"fmt"
	"strings"
	"testing"

	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// TestPublishedJobsLeadToProposals when there are some.
func TestPublishedJobsLeadToProposals(t *testing.T) {
	for total, want := range map[int]string{0: "Next: done", 2: `Call: opentrain_list_proposals {"jobId":"j"}`} {
		api := &script{answers: map[string]string{
			"GET /jobs/mine": fmt.Sprintf(`{"jobs":[{"id":"j","title":"T","status":"OPEN","proposalCounts":{"total":%d,"unreviewed":0}}]}`, total),
		}}
		result, failure := call(t, api, setup{}, alice, tool.Publish, `{"jobId":"j"}`)
		if failure != nil || !strings.Contains(result.Text, want) {
			t.Errorf("%d proposals: %v\n%s", total, failure, result.Text)
		}
	}
	for _, already := range []string{"false", "true"} {
		const want = "opentrain_get_proposal with this proposalId shows its status. opentrain_list_proposals shows who else applied."
		api := &script{answers: map[string]string{
			"GET /jobs/mine":       `{"jobs":[{"id":"j","title":"T","status":"` + opentrain.StatusOpen + `"}]}`,
			"POST /jobs/j/invites": `{"ok":true,"proposalId":"p","jobId":"j","freelancerId":"f","alreadyInvited":` + already + `}`,
		}}
		result, failure := call(t, api, setup{}, alice, tool.InviteTrainer, `{"jobId":"j","freelancerId":"f"}`)
		if failure != nil || !strings.Contains(result.Text, want) {
			t.Errorf("invited before %s: %v\n%s", already, failure, result.Text)
		}
	}
}
