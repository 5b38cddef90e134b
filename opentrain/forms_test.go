package opentrain_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"opentrain-mcp/opentrain"
)

// TestScoresStayAsTheyCame: the pages disagree on scales and spellings. Nothing is rescaled or rewritten.
func TestScoresStayAsTheyCame(t *testing.T) {
	for scores, want := range map[string]string{
		`"interviewScore":86,"matchScore":0.91`:      "86 0.91",
		`"interviewScore":8.60,"matchScore":87`:      "8.60 87",
		`"interviewScore":"8.6","matchScore":null`:   "8.6 ",
		`"interviewScore":0,"matchScore":1e400`:      "0 1e400",
		`"interviewScore":"high","matchScore":false`: " ",
	} {
		body := `{"proposal":{"id":"p","metrics":{` + scores + `},"aiInterview":{` + strings.ReplaceAll(scores, "interviewScore", "score") + `}}}`
		client, ctx := serve(t, &stub{body: body})
		proposal, err := client.GetProposal(ctx, "p")
		if err != nil {
			t.Fatal(err)
		}
		got := proposal.Metrics.InterviewScore.String() + " " + proposal.Metrics.MatchScore.String()
		if got != want || proposal.AIInterview.Score != proposal.Metrics.InterviewScore {
			t.Errorf("%s: %q, %q", scores, got, proposal.AIInterview.Score)
		}
		if unread := proposal.Metrics.Unknown; want == " " && string(unread["interviewScore"]) != `"high"` {
			t.Errorf("%s: %v", scores, unread)
		}
	}
}

// TestGuidesCandidate: the form of the guide, with a country that is a code and a unit in lower case
// (developers/guides/evaluate-candidates).
func TestGuidesCandidate(t *testing.T) {
	client, ctx := serve(t, &stub{body: `{"proposal":{"id":"p","status":{"raw":"SHORTLISTED","label":"Shortlisted"},
		"bid":{"amountUsd":42,"unit":"per_hour","labelerHourlyRateUsd":55},
		"candidate":{"id":"f","lastNameInitial":"R.","country":"USA","talentType":"Individual"},"contract":{"id":"c","other":1}}}`})
	p, err := client.GetProposal(ctx, "p")
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintln(p.Status.Raw, *p.Bid.AmountUSD, p.Bid.Unit, *p.Bid.LabelerHourlyRateUSD, p.Candidate.LastNameInitial, p.Candidate.Country,
		p.Candidate.CountryCode, p.Candidate.TalentType, p.Candidate.ReviewCount == nil, p.Contract.ID, p.Metrics == nil, p.Verification == nil)
	if got != "SHORTLISTED 42 per_hour 55 R. USA  Individual true c true true\n" {
		t.Error(got)
	}
	if string(p.Contract.Unknown["other"]) != "1" {
		t.Errorf("%+v", p.Contract)
	}
}

// TestResultsWithoutWrapper: a result may also be the response itself.
func TestResultsWithoutWrapper(t *testing.T) {
	for body, id := range map[string]string{
		approvalSample: "a", requestedSample: "a", `{"approval":{"id":"b"},"id":"other","more":1}`: "b", `{"id":"c","approval":7}`: "c",
	} {
		client, ctx := serve(t, &stub{status: 202, body: body})
		if approval, err := client.RequestMilestoneFunding(ctx, "m"); err != nil || approval.ID != id {
			t.Errorf("%s: %+v, %v", body, approval, err)
		}
	}
}

// TestApprovalResults: a confirmed approval says what happened. Some pages leave members out.
func TestApprovalResults(t *testing.T) {
	for result, want := range map[string]string{
		`{"hired":true,"contractId":"c","jobId":"j","freelancerUserId":"f"}`: "true c j f    false",
		`{"invoiceId":"i"}`:                           "false    i   false",
		`{"invoiceId":"i","paymentIntentId":"pi"}`:    "false    i pi  false",
		`{"invoiceId":"i","payoutTransactionId":"p"}`: "false    i  p false",
		`{"contractEnded":true}`:                      "false       true",
	} {
		client, ctx := serve(t, &stub{body: `{"approval":{"id":"a","status":"confirmed","result":` + result + `}}`})
		approval, err := client.GetApproval(ctx, "a")
		if err != nil {
			t.Fatal(err)
		}
		r := approval.Result
		ids := strings.Join([]string{r.ContractID, r.JobID, r.FreelancerUserID, r.InvoiceID, r.PaymentIntentID, r.PayoutTransactionID}, " ")
		if got := fmt.Sprint(r.Hired, " ", ids, " ", r.ContractEnded); got != want {
			t.Errorf("%s: %q, want %q", result, got, want)
		}
	}
}

// TestEndsOfAContract: a contract ends at once, or when a human confirms it.
func TestEndsOfAContract(t *testing.T) {
	client, ctx := serve(t, &stub{body: `{"ok":true,"contractId":"c","status":"ended"}`})
	if end, err := client.EndContract(ctx, "c"); err != nil || end.Status != opentrain.ContractEnded || end.Approval != nil {
		t.Errorf("%+v, %v", end, err)
	}
	client, ctx = serve(t, &stub{status: 202, body: requestedSample})
	if end, err := client.EndContract(ctx, "c"); err != nil || end.Approval.ID != "a" || end.Status != "" || end.Message == "" {
		t.Errorf("%+v, %v", end, err)
	}
}

// TestMessagesUnderAnyName: no page names the member that has the messages.
func TestMessagesUnderAnyName(t *testing.T) {
	for body, want := range map[string]string{
		`{"messages":[{"id":"n"}],"nextCursor":"c"}`:              "1 c",
		`{"messages":[],"others":[1]}`:                            "0 ",
		`{"items":[{"id":"n"},{"id":"o"}],"conversation":{}}`:     "2 ",
		`{"entries":[],"nextCursor":null}`:                        "0 ",
		`{"entries":[],"others":[]}`:                              "error",
		`{"conversation":{"messages":[{"id":"n"}]},"limit":"20"}`: "error",
	} {
		client, ctx := serve(t, &stub{body: body})
		got := "error"
		if page, err := client.ListMessages(ctx, "v", opentrain.MessageQuery{}); err == nil {
			got = fmt.Sprint(len(page.Items), " ", page.NextCursor)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
	client, ctx := serve(t, &stub{body: `{"rows":[]}`})
	if page, err := client.ListProposals(ctx, "j", opentrain.ProposalQuery{}); err == nil {
		t.Errorf("another list for proposals: %+v", page)
	}
}

// TestCursorOfUpdates: the cursor comes back, also when it is a number, and when nothing happened.
func TestCursorOfUpdates(t *testing.T) {
	for body, want := range map[string]string{
		`{"events":[{"id":"1042"}],"nextCursor":"1043","hasMore":true}`: "[1042] 1043 true",
		`{"events":[{"id":1042}],"nextCursor":1043}`:                    "[1042] 1043 false",
		`{"events":[],"nextCursor":"7"}`:                                "[] 7 false",
		`{"events":[],"nextCursor":null}`:                               "[] 7 false",
		`{"events":[],"nextCursor":{"odd":1}}`:                          "[] 7 false",
		`{"events":[{"id":12345678901234567890}]}`:                      "[12345678901234567890] 7 false",
	} {
		client, ctx := serve(t, &stub{body: body})
		updates, err := client.PollUpdates(ctx, opentrain.PageQuery{Cursor: "7"})
		if err != nil {
			t.Fatal(err)
		}
		ids := []opentrain.EventID{}
		for _, event := range updates.Events {
			ids = append(ids, event.ID)
		}
		if got := fmt.Sprintf("%v %s %v", ids, updates.NextCursor, updates.HasMore); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
}

// TestOddEntries: entries of an unexpected type don't hide the others, and the list is kept as it came.
func TestOddEntries(t *testing.T) {
	client, ctx := serve(t, &stub{body: `{"contracts":[7,{"id":"c","milestones":[[],{"id":"m"}]},"x"]}`})
	page, err := client.ListContracts(ctx, opentrain.ContractQuery{})
	if err != nil || len(page.Items) != 1 || len(page.Items[0].Milestones) != 1 || page.Items[0].Milestones[0].ID != "m" {
		t.Fatalf("%+v, %v", page, err)
	}
	if got := string(page.Items[0].Unknown["milestones"]); got != `[[],{"id":"m"}]` || page.Unknown["items"] == nil {
		t.Errorf("%s, %v", got, page.Unknown)
	}
}

// TestSecretsAreNotShown: a secret is in a result, and nowhere in what can be printed of it.
func TestSecretsAreNotShown(t *testing.T) {
	body := `{"token":"ot_pat_new/1+x=","tokenType":"bearer","metadata":{"id":"t","other":"is ot_pat_new/1+x=, yes"},
		"webhook":{"id":"w","secret":"whsec_abc/1+x="},"secret":"whsec_abc/1+x=","ot_pat_new":{"a":["\"whsec_abc-d\""]}}`
	client, ctx := serve(t, &stub{body: body})
	token, err := client.CreateToken(ctx, opentrain.TokenRequest{})
	if err != nil || token.Token.Reveal() != "ot_pat_new/1+x=" {
		t.Fatal(err)
	}
	webhook, err := client.CreateWebhook(ctx, "https://x.example", nil)
	if err != nil || webhook.Secret.Reveal() != "whsec_abc/1+x=" {
		t.Fatal(err)
	}
	if string(token.Metadata.Unknown["other"]) != `"is [token], yes"` || string(webhook.Unknown["[token]"]) != `{"a":["\"[token]\""]}` {
		t.Errorf("%s, %s", token.Metadata.Unknown, webhook.Unknown)
	}
	type hidden struct{ secret opentrain.Secret }
	var shown bytes.Buffer
	for _, value := range []any{token, *token, webhook, token.Token, &webhook.Secret, hidden{token.Token}, []hidden{{webhook.Secret}}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			fmt.Fprintf(&shown, verb+"\n", value)
		}
		slog.New(slog.NewTextHandler(&shown, nil)).Info("x", "value", value)
		slog.New(slog.NewJSONHandler(&shown, nil)).Info("x", "value", value)
		shown.WriteString(encodeJSON(t, value))
	}
	fmt.Fprintf(&shown, "%+v %+v", token.Unknown, webhook.Webhook.Unknown)
	hex := fmt.Sprintf("%x", "whsec_abc")
	for _, part := range []string{"new/1", "abc/1", "abc-d", "ot_pat_", "whsec_", hex, strings.ToUpper(hex)} {
		if strings.Contains(shown.String(), part) {
			t.Errorf("%s is in %s", part, shown.String())
		}
	}
	if got := fmt.Sprint(token.Token) + encodeJSON(t, webhook.Secret); got != `[secret]"[secret]"` || (opentrain.Secret{}).Reveal() != "" {
		t.Error(got)
	}
	var odd opentrain.Secret
	if json.Unmarshal([]byte(`7`), &odd) == nil || odd.Reveal() != "" {
		t.Error("a number is no secret")
	}
}
