package sandbox_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"opentrain-mcp/opentrain/sandbox"
)

// gate is an endpoint and what it needs.
type gate struct{ method, path, scope, feature, claim string }

func gates() []gate {
	const hiring, messaging, payments = "public_api_hiring", "public_api_messaging_writes", "public_api_payments_write"
	const credits, hooks, team = "public_api_credits", "public_api_webhooks", "public_api_team"
	return []gate{
		{"GET", "/jobs/{job}/proposals", "proposals:read", "", ""},
		{"GET", "/proposals/{proposal}", "proposals:read", "", ""},
		{"GET", "/proposals/{proposal}/interview", "proposals:read", "", ""},
		{"POST", "/proposals/{proposal}/hire", "proposals:write", hiring, "hire AI trainers"},
		{"POST", "/proposals/{proposal}/conversation", "messages:write", messaging, "start conversations"},
		{"GET", "/freelancers/{proposal}", "proposals:read", "", ""},
		{"GET", "/messages", "messages:read", "", ""},
		{"POST", "/messages", "messages:write", messaging, "send messages"},
		{"GET", "/contracts", "payments:read", "", ""},
		{"GET", "/contracts/{contract}", "payments:read", "", ""},
		{"POST", "/contracts/{contract}/milestones", "payments:write", payments, "create milestones"},
		{"POST", "/contracts/{contract}/end", "payments:write", payments, "end contracts"},
		{"POST", "/milestones/{milestone}/fund", "payments:write", payments, "fund milestones"},
		{"POST", "/milestones/{milestone}/approve", "payments:write", payments, "approve milestones"},
		{"GET", "/approvals/{approval}", "payments:read", "", ""},
		{"GET", "/credits", "payments:read", credits, ""},
		{"GET", "/credits/ledger", "payments:read", credits, ""},
		{"POST", "/credits/top-ups", "payments:write", credits, "create credit top-ups"},
		{"GET", "/credits/top-ups/{topup}", "payments:read", credits, ""},
		{"GET", "/payments/pending", "payments:read", "", ""},
		{"GET", "/webhooks", "webhooks:manage", hooks, ""},
		{"POST", "/webhooks", "webhooks:manage", hooks, ""},
		{"GET", "/webhooks/{webhook}", "webhooks:manage", hooks, ""},
		{"DELETE", "/webhooks/{webhook}", "webhooks:manage", hooks, ""},
		{"GET", "/team", "team:read", team, ""},
		{"POST", "/team/invites", "team:write", team, "invite team members"},
	}
}

// TestGates: each endpoint refuses a token without its scope, an account without its feature, and an unclaimed account; the owner
// passes, and another account never reads or changes what isn't its own.
func TestGates(t *testing.T) {
	all := []string{"jobs:write", "proposals:write", "messages:write", "payments:write", "team:write", "webhooks:manage"}
	features := []string{}
	for _, g := range gates() {
		features = append(features, g.feature)
	}
	l := newLive(t, sandbox.Config{Accounts: []sandbox.Account{
		{Token: "owner", Name: "Owner", Claimed: true, Scopes: all},
		{Token: "other", Name: "Other", Claimed: true, Scopes: all},
		{Token: "unclaimed", Name: "Unclaimed", Scopes: all},
		{Token: "none", Name: "None", Claimed: true, Scopes: []string{"jobs:read"}},
		{Token: "off", Name: "Off", Claimed: true, Scopes: all, Disabled: features},
		{Token: "alone", Name: "Alone", Claimed: true, Scopes: all, Disabled: []string{"teams"}},
	}}, nil)
	contract, milestone := l.hired()
	approval := str(l.ask(202, 2, 10)["id"])
	topUp := str(l.want(201, "POST", "/credits/top-ups", object{"amountUsd": 10})["topUpId"])
	hook := str(dig(l.want(201, "POST", "/webhooks", object{"url": "https://example.com", "eventTypes": []string{"message.received"}}), "webhook", "id"))
	fill := strings.NewReplacer("{job}", l.job, "{proposal}", l.proposal(1), "{contract}", contract, "{milestone}", milestone,
		"{approval}", approval, "{topup}", topUp, "{webhook}", hook)
	unknown := strings.NewReplacer("{job}", "x", "{proposal}", "x", "{contract}", "x", "{milestone}", "x", "{approval}", "x", "{topup}", "x", "{webhook}", "x")
	for _, g := range gates() {
		path, what := fill.Replace(g.path), g.method+" "+g.path
		l.as("wrong").want(401, g.method, path, object{})
		got := l.as("none").want(403, g.method, path, object{})
		equal(t, what, got["details"], object{"requiredScopes": []string{g.scope}, "grantedScopes": []string{"jobs:read"}})
		if g.feature != "" {
			equal(t, what, l.as("off").want(403, g.method, path, object{})["details"], object{"featureKey": g.feature, "mode": "ALLOWLIST"})
		}
		if g.claim != "" {
			equal(t, what, l.as("unclaimed").want(403, g.method, path, object{})["details"],
				object{"reason": "account_claim_required", "action": g.claim, "claimUrl": "https://app.opentrain.ai/claim"})
		}
		if path != g.path && !strings.Contains(path, "/freelancers/") {
			foreign := 404
			if strings.Contains(g.path, "{proposal}") || strings.Contains(g.path, "{job}") {
				foreign = 403
			}
			l.as("other").want(foreign, g.method, path, object{})
			l.want(404, g.method, unknown.Replace(g.path), object{})
			if g.method == "GET" {
				l.want(200, g.method, path, nil)
			}
		}
	}
	equal(t, "teams", l.as("alone").want(403, "GET", "/team", nil)["details"], object{"reason": "teams_not_enabled"})
	l.as("other").want(403, "GET", "/contracts?jobId="+l.job, nil)
	l.want(404, "GET", "/contracts?jobId=none", nil)
	equal(t, "status", l.want(400, "GET", "/contracts?status=paused", nil)["details"], object{"field": "status"})
	l.want(404, "GET", "/freelancers/nobody", nil)
	for _, path := range []string{"/approvals/x", "/webhooks/x", "/credits/top-ups/x"} {
		resource := map[string]string{"/approvals/x": "approvals", "/webhooks/x": "webhooks", "/credits/top-ups/x": "credit-top-ups"}[path]
		equal(t, path, dig(l.want(404, "GET", path, nil), "details", "resource"), resource)
	}
	equal(t, "other's feed", l.as("other").want(200, "GET", "/updates", nil), object{"events": []any{}, "nextCursor": nil, "hasMore": false})
	equal(t, "scopes of the feed", len(list(dig(l.as("none").want(403, "GET", "/updates", nil), "details", "requiredScopes"))), 3)
}

// TestBadBodies: what is wrong is named.
func TestBadBodies(t *testing.T) {
	l := newLive(t, sandbox.Config{}, nil)
	hire := "/proposals/" + l.proposal(1) + "/hire"
	conversation := str(l.want(200, "POST", "/proposals/"+l.proposal(1)+"/conversation", nil)["conversationId"])
	long := strings.Repeat("é", 10_001)
	for _, tc := range []struct {
		path string
		body object
		at   []any
	}{
		{hire, object{}, []any{"milestone"}},
		{hire, object{"milestone": nil}, []any{"milestone"}},
		{hire, object{"milestone": 1}, []any{"milestone"}},
		{hire, object{"milestone": object{"name": "x"}}, []any{"milestone", "amount"}},
		{hire, object{"milestone": object{"name": "x", "amount": 0}}, []any{"milestone", "amount"}},
		{hire, object{"milestone": object{"name": "x", "amount": "300"}}, []any{"milestone", "amount"}},
		{hire, object{"milestone": object{"name": "x", "amount": 2e6}}, []any{"milestone", "amount"}},
		{hire, object{"milestone": object{"amount": 300}}, []any{"milestone", "name"}},
		{hire, object{"milestone": object{"name": " ", "amount": 300}}, []any{"milestone", "name"}},
		{hire, object{"milestone": object{"name": "x", "amount": 300, "dueDate": "soon"}}, []any{"milestone", "dueDate"}},
		{"/messages", object{"content": "x"}, []any{"conversationId"}},
		{"/messages", object{"conversationId": conversation}, []any{"content"}},
		{"/messages", object{"conversationId": conversation, "content": ""}, []any{"content"}},
		{"/messages", object{"conversationId": conversation, "content": long}, []any{"content"}},
		{"/webhooks", object{"eventTypes": []string{"message.received"}}, []any{"url"}},
		{"/webhooks", object{"url": "http://example.com", "eventTypes": []string{"message.received"}}, []any{"url"}},
		{"/webhooks", object{"url": "ftp://localhost", "eventTypes": []string{"message.received"}}, []any{"url"}},
		{"/webhooks", object{"url": "https://x/" + long, "eventTypes": []string{"message.received"}}, []any{"url"}},
		{"/webhooks", object{"url": "https://example.com"}, []any{"eventTypes"}},
		{"/webhooks", object{"url": "https://example.com", "eventTypes": []string{}}, []any{"eventTypes"}},
		{"/webhooks", object{"url": "https://example.com", "eventTypes": []string{"job.posted"}}, []any{"eventTypes"}},
		{"/tokens", object{"name": long}, []any{"name"}},
		{"/tokens", object{"scopes": "all"}, []any{"scopes"}},
		{"/tokens", object{"expiresAt": "2026-06-10T09:00:10Z"}, []any{"expiresAt"}},
		{"/tokens", object{"expiresAt": "soon"}, []any{"expiresAt"}},
		{"/team/invites", object{}, []any{"email"}},
	} {
		equal(t, fmt.Sprintf("%s %.80v", tc.path, tc.body), dig(l.want(400, "POST", tc.path, tc.body), "details", "issues", 0, "path"), tc.at)
	}
	l.want(404, "POST", "/messages", object{"conversationId": "none", "content": "x"})
	l.want(404, "GET", "/messages?conversationId=none", nil)
	for _, query := range []string{"direction=sideways", "filter=x", "unreadOnly=yes", "limit=0", "limit=101", "cursor=none"} {
		l.want(400, "GET", "/messages?"+query, nil)
	}
	for _, query := range []string{"limit=0", "limit=201", "cursor=x", "cursor=-1"} {
		l.want(400, "GET", "/updates?"+query, nil)
	}
	equal(t, "email", l.want(400, "POST", "/team/invites", object{"email": "Ada <ada@example.org>"})["details"], object{"email": "Ada <ada@example.org>"})
}

func TestMessages(t *testing.T) {
	l := newLive(t, sandbox.Config{}, nil)
	open := "/proposals/" + l.proposal(1) + "/conversation"
	made := l.want(200, "POST", open, nil)
	id := str(made["conversationId"])
	equal(t, "made", made, object{"ok": true, "conversationId": id, "proposalId": l.proposal(1), "jobId": l.job, "created": true})
	equal(t, "again", l.want(200, "POST", open, nil)["created"], false)
	l.want(200, "POST", "/proposals/"+l.proposal(2)+"/conversation", nil)
	sent := obj(l.want(201, "POST", "/messages", object{"conversationId": id, "content": "Hello?"})["message"])
	equal(t, "sent", []any{sent["content"], sent["isFromViewer"], sent["senderUserId"]}, []any{"Hello?", true, "user_1"})
	all := "/messages?conversationId=" + id
	equal(t, "no answer yet", len(list(l.want(200, "GET", all, nil)["messages"])), 1)
	equal(t, "nothing unread", l.want(200, "GET", "/messages?unreadOnly=1", nil)["conversations"], []any{})
	l.clock.add(3 * time.Second)
	page := l.want(200, "GET", all+"&limit=1", nil)
	answer := obj(dig(page, "messages", 0))
	equal(t, "answer", []any{answer["isFromViewer"], answer["senderUserId"]}, []any{false, "freelancer_" + l.job + "_1"})
	equal(t, "older", dig(l.want(200, "GET", all+"&cursor="+str(page["nextCursor"]), nil), "messages", 0, "id"), sent["id"])
	page = l.want(200, "GET", all+"&direction=newer&limit=1", nil)
	equal(t, "oldest", dig(page, "messages", 0, "id"), sent["id"])
	equal(t, "newer", dig(l.want(200, "GET", all+"&direction=newer&cursor="+str(page["nextCursor"]), nil), "messages", 0, "id"), answer["id"])
	conversations := l.want(200, "GET", "/messages?limit=1&filter=proposal", nil)
	first := obj(dig(conversations, "conversations", 0))
	equal(t, "latest first", []any{first["id"], first["unreadCount"], first["needsReplyCount"], dig(first, "lastMessage", "id"), first["bucket"]},
		[]any{id, 1, 1, answer["id"], "proposal"})
	second := l.want(200, "GET", "/messages?limit=1&cursor="+str(conversations["nextCursor"]), nil)
	equal(t, "without messages", dig(second, "conversations", 0, "lastMessage"), nil)
	equal(t, "unread", len(list(l.want(200, "GET", "/messages?unreadOnly=true&filter=all", nil)["conversations"])), 1)
	equal(t, "none of jobs", l.want(200, "GET", "/messages?filter=job", nil)["conversations"], []any{})
	l.want(200, "POST", "/jobs/"+l.job+"/close", nil)
	equal(t, "closed", l.want(200, "POST", open, nil)["created"], false)
	l.reason("proposal_not_ready_for_messaging", "/proposals/"+l.proposal(3)+"/conversation")
}

// TestMemory: what strangers store is counted in bytes, for an account and in all.
func TestMemory(t *testing.T) {
	l := newLive(t, sandbox.Config{}, nil)
	id := str(l.want(200, "POST", "/proposals/"+l.proposal(1)+"/conversation", nil)["conversationId"])
	text, sent := strings.Repeat("\U0001f600", 10_000), 0
	for ; ; sent++ {
		resp, got := l.do("POST", "/messages", object{"conversationId": id, "content": text})
		if resp.StatusCode == http.StatusConflict {
			equal(t, "limit", dig(got, "details", "maxBytesOfAccount"), 4<<20)
			break
		}
		equal(t, "status", resp.StatusCode, 201)
	}
	if sent < 50 || sent > 105 {
		t.Errorf("%d messages of 40,000 bytes", sent)
	}
	for l.box.HasRoom() { // small things too
		l.want(201, "POST", "/credits/top-ups", object{"amountUsd": 10})
	}
	for _, path := range []string{"/proposals/" + l.proposal(2) + "/conversation", "/credits/top-ups", "/tokens", "/webhooks", "/team/invites",
		"/proposals/" + l.proposal(2) + "/hire", "/jobs/" + l.job + "/invites"} {
		l.want(409, "POST", path, object{"amountUsd": 10, "email": "ada@example.org", "url": "https://example.com", "eventTypes": []string{"message.received"},
			"milestone": object{"name": "x", "amount": 1}, "freelancerId": sandbox.FreelancerAvailable})
	}
	l.want(200, "GET", "/messages?limit=100&conversationId="+id, nil)
	job := l.publishNew("No one applies")
	l.clock.add(time.Minute)
	equal(t, "applicants", l.want(200, "GET", "/jobs/"+job+"/proposals", nil)["proposals"], []any{})
}
