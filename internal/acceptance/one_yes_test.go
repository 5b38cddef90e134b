package acceptance_test

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/demo"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain/sandbox"
)

// TestAYesCountsOnceAtEveryReplica: the confirmation of a write that would be done twice is used at one replica, then at another
// one with the same key. OpenTrain sees one write.
func TestAYesCountsOnceAtEveryReplica(t *testing.T) {
	t.Parallel()
	clock := &standInClock{now: time.Now()}
	transport := sandbox.New(sandbox.Config{Now: clock.read, DecideAfter: 1}).Transport()
	replica := func(confirm opentrainmcp.Mode) *remote {
		return startHTTPWith(t, transport, func(c *opentrainmcp.HTTPConfig) {
			c.Confirm, c.Toolsets, c.StateKeys, c.Replicated = confirm, []string{"all"}, [][]byte{[]byte(strings.Repeat("k", 32))}, true
		})
	}
	first, second, unasked := replica(opentrainmcp.Auto), replica(opentrainmcp.Auto), replica(opentrainmcp.Off)
	ids := hired(t, unasked.endpoint, clock)
	for _, write := range []struct {
		tool, route string
		arguments   map[string]any
	}{
		{tool.SendMessage, "POST /api/public/v1/messages", map[string]any{"conversationId": ids["conversation"], "content": "When can you start?"}},
		{tool.CreateMilestone, "POST /api/public/v1/contracts/*/milestones", map[string]any{"contractId": ids["contract"], "description": "More calls", "volume": 3}},
		{tool.InviteTeamMember, "POST /api/public/v1/team/invites", map[string]any{"email": "ada@example.com"}},
		{tool.RequestMilestoneApproval, "POST /api/public/v1/milestones/*/approve", map[string]any{"milestoneId": ids["milestone"]}},
	} {
		asked := first.call(write.tool, write.arguments, tokenHeader, sandbox.DemoToken)
		next := asked.next(t)
		if next.Action != tool.ConfirmWithHuman {
			t.Fatalf("%s: %s", write.tool, asked.text)
		}
		confirmed := maps.Clone(write.arguments)
		maps.Copy(confirmed, next.Arguments)
		done := first.call(write.tool, confirmed, tokenHeader, sandbox.DemoToken)
		again := second.call(write.tool, confirmed, tokenHeader, sandbox.DemoToken)
		sent := 0
		for _, each := range slices.Concat(first.api.seen(), second.api.seen()) {
			if route := regexp.MustCompile(`(contract|milestone)_\d+`).ReplaceAllString(each, "*"); route == write.route {
				sent++
			}
		}
		if sent != 1 || done.isError {
			t.Errorf("%s: sent %d times\n%s\n%s", write.tool, sent, done.text, again.text)
		}
		if next := again.next(t); next.Action == tool.ConfirmWithHuman && !strings.Contains(next.Note, "has changed since the human saw it") {
			t.Errorf("%s: the second replica doesn't say why it asks again: %s", write.tool, again.text)
		}
	}
}

// hired posts a job, hires the first who applies, and returns the ids of the conversation, the contract and its milestone.
func hired(t *testing.T, s *endpoint, clock *standInClock) (ids map[string]string) {
	t.Helper()
	say := func(name string, arguments any) answer {
		got := s.call(name, arguments, tokenHeader, sandbox.DemoToken)
		if got.isError {
			t.Fatalf("%s: %s", name, got.text)
		}
		return got
	}
	follow(t, say, tool.CreateDraft, map[string]any{"description": demo.SampleDescription, "askHuman": false})
	clock.advance(time.Minute)
	find := func(got answer, pattern string) string {
		found := regexp.MustCompile(pattern).FindString(string(got.structured))
		if found == "" {
			t.Fatalf("no %s in %s", pattern, got.text)
		}
		return found
	}
	jobID := find(say(tool.ListJobs, map[string]any{"status": "OPEN"}), `job_\d+`)
	proposal := find(say(tool.ListProposals, map[string]any{"jobId": jobID}), `proposal_job_\d+_\d+`)
	terms := map[string]any{"proposalId": proposal, "amountUsd": 300, "dueDate": "2100-01-01", "name": "First"}
	var hire struct{ Approval struct{ ID string } }
	if err := json.Unmarshal(say(tool.HireProposal, terms).structured, &hire); err != nil {
		t.Fatal(err)
	}
	contract := find(say(tool.GetApproval, map[string]any{"approvalId": hire.Approval.ID}), `contract_\d+`)
	shown := say(tool.GetContract, map[string]any{"contractId": contract})
	return map[string]string{"contract": contract, "conversation": find(shown, `conversation_\d+`), "milestone": find(shown, `milestone_\d+`)}
}

// TestSecretsInArgumentsAreRefused: what others could read must not have a key in it, and no one is asked about it. Words about keys
// stay as they are.
func TestSecretsInArgumentsAreRefused(t *testing.T) {
	t.Parallel()
	box := sandbox.New(sandbox.Config{})
	s := startHTTPWith(t, box.Transport(), func(c *opentrainmcp.HTTPConfig) { c.Confirm, c.Toolsets = opentrainmcp.Auto, []string{"all"} })
	for secret, refused := range map[string]bool{
		"ot_pat_0123456789ab_secret": true, "whsec_0123456789": true, sandbox.DemoToken: true, "ot_pat_...": false, "ot_pat_c3f9********bd21": false,
	} {
		for name, arguments := range map[string]map[string]any{
			tool.CreateDraft: {"description": "We need 3 people. The key is " + secret}, tool.SendMessage: {"conversationId": "v", "content": secret},
		} {
			before := len(s.api.seen())
			got := s.call(name, arguments, tokenHeader, sandbox.DemoToken)
			if said := strings.Contains(got.text, "contain an API token or a webhook secret"); said != refused || refused && len(s.api.seen()) > before {
				t.Errorf("%s with %s: %s", name, secret, got.text)
			}
		}
	}
	if got := s.call(tool.ListJobs, map[string]any{}); !strings.Contains(got.text, "Send a token") {
		t.Error(got.text)
	}
}

// TestShortTokensAreNoSecrets: a made-up token that is a part of many words changes no words, and keeps no call from OpenTrain.
func TestShortTokensAreNoSecrets(t *testing.T) {
	t.Parallel()
	s := startHTTPWith(t, sandbox.New(sandbox.Config{}).Transport(), nil)
	for _, token := range []string{"e", "next"} {
		got := s.call(tool.CreateDraft, map[string]any{"description": "Everyone boxes the next texts"}, tokenHeader, token)
		if !got.isError || strings.Contains(got.text, "[redacted]") || !strings.Contains(got.text, "OpenTrain rejected the API token") {
			t.Errorf("%s: %s", token, got.text)
		}
	}
}
