package opentrain_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"opentrain-mcp/opentrain"
	"opentrain-mcp/opentrain/sandbox"
)

// employer is a client of a sandbox, with a live job that AI trainers have applied to.
type employer struct {
	*opentrain.Client
	t   *testing.T
	box *sandbox.Sandbox
	now time.Time
	job string
}

func newEmployer(t *testing.T, cfg sandbox.Config) (*employer, context.Context) {
	t.Helper()
	e := &employer{t: t, now: time.Date(2026, 6, 10, 9, 0, 0, 0, time.UTC)}
	cfg.Now = func() time.Time { return e.now }
	e.box = sandbox.New(cfg)
	var err error
	if e.Client, err = opentrain.New(opentrain.Config{Transport: e.box.Transport()}); err != nil {
		t.Fatal(err)
	}
	ctx := opentrain.WithToken(t.Context(), sandbox.DemoToken)
	e.job = publishOne(ctx, t, e.Client)
	e.now = e.now.Add(time.Minute)
	return e, ctx
}

// publishOne publishes a job.
func publishOne(ctx context.Context, t *testing.T, c *opentrain.Client) string {
	t.Helper()
	report := need(c.CreateDraft(ctx, opentrain.DraftSource{
		Text: "Entry-level annotators for bounding boxes on 2,500 street photos, $12 per hour.",
	}))(t)
	need(c.PublishJob(ctx, report.JobID))(t)
	return report.JobID
}

// need is a value that must come without an error.
func need[T any](value *T, err error) func(*testing.T) *T {
	return func(t *testing.T) *T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// confirm presses the button on the page of an approval or a checkout.
func (e *employer) confirm(page, button string) {
	e.t.Helper()
	req, _ := http.NewRequest(http.MethodPost, page, strings.NewReader(url.Values{"decision": {button}}.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := e.box.Transport().RoundTrip(req)
	if err != nil || resp.StatusCode != http.StatusSeeOther {
		e.t.Fatal(resp, err)
	}
	_ = resp.Body.Close()
}

func check(t *testing.T, what string, correct bool, got any) {
	t.Helper()
	if !correct {
		t.Errorf("%s: %+v", what, got)
	}
}

// TestHiringOnTheSandbox goes from applicants to a paid milestone and the end of a contract, on both forms of the pages.
func TestHiringOnTheSandbox(t *testing.T) {
	for _, variant := range []sandbox.Variant{sandbox.Guide, sandbox.Reference} {
		e, ctx := newEmployer(t, sandbox.Config{Variant: variant})
		first := need(e.ListProposals(ctx, e.job, opentrain.ProposalQuery{Limit: 2, Status: opentrain.ProposalUnreviewed}))(t)
		rest := need(e.ListProposals(ctx, e.job, opentrain.ProposalQuery{Cursor: first.NextCursor}))(t)
		check(t, "pages", len(first.Items) == 2 && len(rest.Items) == 1 && rest.NextCursor == "", first)
		id := first.Items[0].ID
		proposal := need(e.GetProposal(ctx, id))(t)
		check(t, "proposal", proposal.Candidate.DisplayName != "" && *proposal.Bid.AmountUSD > 0 && proposal.Metrics.MatchScore != "" &&
			proposal.Verification.Location.Status == "PASSED" && proposal.Verification.Identity.Verified != nil, proposal)
		interview := need(e.GetInterview(ctx, id))(t)
		check(t, "interview", len(interview.Messages) == 6 && interview.Score == proposal.AIInterview.Score, interview)
		person := need(e.GetFreelancer(ctx, proposal.Candidate.ID))(t)
		check(t, "profile", person.ProfileSlug == proposal.Candidate.ProfileSlug && *person.HourlyRateUSD == *proposal.Bid.AmountUSD &&
			len(person.Languages) > 0 && len(person.Reviews) == 1 && len(person.LabelExperience) == 1, person)

		started := need(e.StartConversation(ctx, id))(t)
		sent := need(e.SendMessage(ctx, started.ConversationID, "Can you start on Monday?"))(t)
		e.now = e.now.Add(time.Minute)
		messages := need(e.ListMessages(ctx, started.ConversationID, opentrain.MessageQuery{Direction: "newer"}))(t)
		check(t, "messages", len(messages.Items) == 2 && messages.Items[0].ID == sent.ID && !messages.Items[1].IsFromViewer, messages)
		conversations := need(e.ListConversations(ctx, opentrain.ConversationQuery{UnreadOnly: true, Filter: "proposal"}))(t)
		check(t, "conversations", len(conversations.Items) == 1 && conversations.Items[0].NeedsReplyCount == 1, conversations)

		terms := opentrain.HireRequest{Milestone: opentrain.HireMilestone{Name: "Pilot", AmountUSD: 100}}
		approval := need(e.HireProposal(ctx, id, terms))(t)
		check(t, "same", need(e.HireProposal(ctx, id, terms))(t).ID == approval.ID && approval.Message != "", approval)
		e.confirm(approval.ApprovalURL, "confirmed")
		approval = need(e.GetApproval(ctx, approval.ID))(t)
		check(t, "hired", approval.Status == opentrain.ApprovalConfirmed && approval.Result.Hired && approval.ResolvedAt != "", approval)

		contract := need(e.GetContract(ctx, approval.Result.ContractID))(t)
		check(t, "contract", contract.Status == opentrain.ContractActive && contract.Budget.State == "OK" && contract.Budget.ActiveMilestone != nil &&
			*contract.Milestones[0].AmountUSD == 100 && contract.JobDMConversationID == started.ConversationID, contract)
		check(t, "of the proposal", need(e.GetProposal(ctx, id))(t).Contract.ID == contract.ID, nil)
		second := need(e.CreateMilestone(ctx, contract.ID, opentrain.NewMilestone{Description: "More", Volume: 2, DueDate: "2026-07-15"}))(t)
		check(t, "milestone", second.Status == opentrain.MilestoneNotFunded && *second.AmountUSD == 2**contract.RateUSD, second)
		fund := need(e.RequestMilestoneFunding(ctx, second.ID))(t)
		pending := need(e.ListPendingPayments(ctx))(t)
		check(t, "pending", len(pending.Items) == 1 && pending.Items[0].Milestone.ID == second.ID && pending.Items[0].Job.ID == e.job, pending)
		e.confirm(fund.ApprovalURL, "confirmed")
		check(t, "invoice", need(e.GetApproval(ctx, fund.ID))(t).Result.InvoiceID == pending.Items[0].ID, fund)
		pay := need(e.RequestMilestoneApproval(ctx, second.ID))(t)
		e.confirm(pay.ApprovalURL, "declined")
		check(t, "declined", need(e.GetApproval(ctx, pay.ID))(t).Status == opentrain.ApprovalDeclined, pay)
		end := need(e.EndContract(ctx, contract.ID))(t)
		e.confirm(end.Approval.ApprovalURL, "confirmed")
		ended := need(e.ListContracts(ctx, opentrain.ContractQuery{JobID: e.job, Status: opentrain.ContractEnded}))(t)
		check(t, "ended", len(ended.Items) == 1 && ended.Items[0].EndDate != "", ended)
		_, err := e.EndContract(ctx, contract.ID)
		var failure *opentrain.Error
		check(t, "twice", errors.As(err, &failure) && failure.Code == opentrain.CodeConflict, err)
	}
}

// TestAccountOnTheSandbox tops up, reads the feed, and manages webhooks, tokens and the team.
func TestAccountOnTheSandbox(t *testing.T) {
	e, ctx := newEmployer(t, sandbox.Config{NoPaymentMethod: true, Deliver: true})
	checkout := need(e.CreateTopUp(ctx, 50))(t)
	e.confirm(checkout.CheckoutURL, "pay")
	check(t, "paid", need(e.GetTopUp(ctx, checkout.TopUpID))(t).Status == opentrain.TopUpCompleted, checkout)
	balance, ledger := need(e.Credits(ctx))(t), need(e.ListLedger(ctx, opentrain.PageQuery{Limit: 1}))(t)
	check(t, "balance", *balance.AvailableCents == 5000 && len(balance.RecentEntries) == 1, balance)
	check(t, "ledger", ledger.Items[0].TopUpID == checkout.TopUpID && *ledger.Items[0].AmountCents == 5000, ledger)
	_, err := e.HireProposal(ctx, "proposal_"+e.job+"_1", opentrain.HireRequest{Milestone: opentrain.HireMilestone{Name: "x", AmountUSD: 40}})
	var failure *opentrain.Error
	check(t, "too little", errors.As(err, &failure) && strings.Contains(string(failure.Details), "payment_method_required"), err)

	first := need(e.PollUpdates(ctx, opentrain.PageQuery{Limit: 2}))(t)
	next := need(e.PollUpdates(ctx, opentrain.PageQuery{Cursor: string(first.NextCursor)}))(t)
	check(t, "feed", len(first.Events) == 2 && first.HasMore && len(next.Events) == 1 && !next.HasMore && next.Events[0].JobID == e.job, next)

	var header http.Header
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		header = r.Header
		body, _ = io.ReadAll(r.Body)
	}))
	defer server.Close()
	hook := need(e.CreateWebhook(ctx, server.URL, []string{opentrain.EventMessageReceived}))(t)
	check(t, "webhook", need(e.GetWebhook(ctx, hook.Webhook.ID))(t).Status == opentrain.WebhookActive, hook)
	need(e.SendMessage(ctx, need(e.StartConversation(ctx, "proposal_"+e.job+"_1"))(t).ConversationID, "Hello"))(t)
	e.now = e.now.Add(time.Minute)
	check(t, "webhooks", len(need(e.ListWebhooks(ctx))(t).Items) == 1, nil)
	e.box.Settle()
	err = opentrain.VerifyWebhook(hook.Secret.Reveal(), header.Get(opentrain.WebhookSignatureHeader), body, e.now)
	check(t, "signature", err == nil && header.Get(opentrain.WebhookEventHeader) == opentrain.EventMessageReceived && header.Get(opentrain.WebhookDeliveryHeader) != "", err)
	check(t, "deleted", need(e.DeleteWebhook(ctx, hook.Webhook.ID))(t).Deleted, nil)

	made := need(e.CreateToken(ctx, opentrain.TokenRequest{Name: "Robot", Scopes: []string{"jobs:read"}}))(t)
	robot := opentrain.WithToken(t.Context(), made.Token.Reveal())
	check(t, "token", need(e.Me(robot))(t).Token.ID == made.Metadata.ID, made)
	check(t, "tokens", len(need(e.ListTokens(ctx))(t).Items) == 2, nil)
	check(t, "revoked", need(e.RevokeTokenByID(ctx, made.Metadata.ID))(t).Status == opentrain.TokenRevoked, nil)
	invited := need(e.InviteTeamMember(ctx, "ada@example.org"))(t)
	check(t, "team", invited.Status == opentrain.InviteCreated && len(need(e.GetTeam(ctx))(t).Invites) == 1, invited)
}
