package acceptance_test

import (
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestOfficialToolsHaveCounterparts: the page for people who switch has every tool of OpenTrain's own server
// (developers/mcp/tools), and what it names is served in the toolset that it names.
func TestOfficialToolsHaveCounterparts(t *testing.T) {
	t.Parallel()
	official := strings.Fields(`register_agent claim_account claim_status auth_status capabilities create_job_draft update_job_draft_fields publish_job
		update_published_job close_job list_jobs search_jobs list_proposals get_proposal get_freelancer_profile invite_freelancer hire_proposal read_messages
		send_message start_proposal_conversation list_contracts get_contract create_milestone request_milestone_funding request_milestone_approval
		get_approval end_contract get_credits list_credit_ledger create_credit_top_up get_credit_top_up poll_updates create_webhook list_webhooks
		get_webhook delete_webhook list_tokens revoke_token get_team invite_team_member list_pending_payments`)
	toolset := func(name string) string {
		out, err := exec.Command(binary, "tools", "--json", "--toolsets", name).Output()
		if err != nil {
			t.Error(name, err)
		}
		return string(out)
	}
	var shown []string
	for _, row := range regexp.MustCompile("(?m)^\\| `opentrain_(\\w+)` \\| (the same|`(\\w+)`) \\| `(\\w+)` \\|$").FindAllStringSubmatch(
		readFile(t, "../../docs/switching.md"), -1) {
		here := row[3]
		if here == "" {
			here = "opentrain_" + row[1]
		}
		shown = append(shown, row[1])
		if !strings.Contains(toolset(row[4]), `"`+here+`"`) {
			t.Errorf("%s is not in the toolset %s", here, row[4])
		}
	}
	slices.Sort(shown)
	slices.Sort(official)
	if !slices.Equal(shown, official) || len(official) != 41 {
		t.Errorf("%d tools, %d shown: %v", len(official), len(shown), shown)
	}
}
