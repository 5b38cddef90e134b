package sandbox_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"opentrain-mcp/opentrain/sandbox"
)

// kinds are the types of events.
func kinds(events any) (all []string) {
	for _, e := range list(events) {
		all = append(all, str(dig(e, "type")))
	}
	return all
}

func TestUpdates(t *testing.T) {
	l := newLive(t, sandbox.Config{}, nil)
	empty := l.want(200, "GET", "/updates?cursor=2000", nil)
	equal(t, "empty", empty, object{"events": []any{}, "nextCursor": "2000", "hasMore": false})
	first := l.want(200, "GET", "/updates?limit=2", nil)
	equal(t, "page", []any{kinds(first["events"]), first["nextCursor"], first["hasMore"]}, []any{[]string{"proposal.received", "proposal.received"}, "1003", true})
	equal(t, "event", dig(first, "events", 0), object{"id": "1001", "type": "proposal.received", "apiVersion": "v1", "createdAt": "2026-06-10T09:00:03.000Z",
		"resourceId": l.proposal(1), "jobId": l.job, "data": object{"proposalId": l.proposal(1), "jobId": l.job}})
	rest := l.want(200, "GET", "/updates?cursor=1003", nil)
	equal(t, "rest", []any{len(list(rest["events"])), rest["nextCursor"], rest["hasMore"]}, []any{1, "1004", false})

	_, milestone := l.hired()
	id := str(l.want(200, "POST", "/proposals/"+l.proposal(1)+"/conversation", nil)["conversationId"])
	l.want(201, "POST", "/messages", object{"conversationId": id, "content": "Hi"})
	l.want(202, "POST", "/milestones/"+milestone+"/approve", nil)
	l.clock.add(3 * time.Second)
	all := []string{"approval.confirmed", "proposal.status_changed", "contract.created", "milestone.status_changed", "payment.pending", "message.received"}
	equal(t, "all", kinds(l.want(200, "GET", "/updates?cursor=1004", nil)["events"]), all)
	// A token sees the events of its scopes only.
	for scope, want := range map[string]string{"messages:read": "message.received", "proposals:read": "proposal.status_changed",
		"payments:read": "approval.confirmed contract.created milestone.status_changed payment.pending"} {
		token := str(l.want(201, "POST", "/tokens", object{"scopes": []string{scope}})["token"])
		got := l.as(token).want(200, "GET", "/updates?cursor=1004", nil)
		equal(t, scope, kinds(got["events"]), strings.Fields(want))
	}
}

// receiver is a webhook's server.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	got    []*http.Request
	bodies []string
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{status: 204}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.got, r.bodies = append(r.got, request), append(r.bodies, string(body))
		if r.status == 302 {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(r.status)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// subscribe makes a webhook for the applications to a job that is published then.
func subscribe(t *testing.T, cfg sandbox.Config, url string) (l live, hook, secret string) {
	t.Helper()
	clock := newClock()
	cfg.Now = clock.Now
	l = live{newAPI(t, cfg), clock, ""}
	made := l.want(201, "POST", "/webhooks", object{"url": url, "eventTypes": []string{"proposal.received", "message.received", "proposal.received"}})
	equal(t, "types", dig(made, "webhook", "eventTypes"), []string{"message.received", "proposal.received"})
	l.job = l.publishNew("Boxes")
	return l, str(dig(made, "webhook", "id")), str(made["secret"])
}

// wait passes time and delivers.
func (l live) wait(d time.Duration) {
	l.clock.add(d)
	l.want(200, "GET", "/auth/me", nil)
	l.box.Settle()
}

func TestDeliveries(t *testing.T) {
	r := newReceiver(t)
	l, hook, secret := subscribe(t, sandbox.Config{Deliver: true}, r.URL+"/hook?x=1")
	l.wait(3 * time.Second)
	if len(r.got) != 1 {
		t.Fatalf("%d deliveries", len(r.got))
	}
	header, body := r.got[0].Header, r.bodies[0]
	seconds := fmt.Sprint(l.clock.Now().Unix())
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(seconds + "." + body))
	for name, want := range map[string]string{"Content-Type": "application/json", "User-Agent": "OpenTrain-Webhooks/1.0",
		"X-Opentrain-Event": "proposal.received", "X-Opentrain-Signature": "t=" + seconds + ",v1=" + hex.EncodeToString(mac.Sum(nil))} {
		equal(t, name, header.Get(name), want)
	}
	equal(t, "address", r.got[0].URL.String(), "/hook?x=1")
	event := dig(l.want(200, "GET", "/updates", nil), "events", 0)
	if !strings.Contains(body, `"id":"`+str(dig(event, "id"))+`"`) || strings.Contains(body, secret) {
		t.Error(body)
	}
	l.want(200, "DELETE", "/webhooks/"+hook, nil)
	l.wait(time.Hour)
	equal(t, "after the end", len(r.got), 1)
}

// TestDeliveriesAreRepeated: 5 attempts with backoff and the same id; then the webhook is off for good.
func TestDeliveriesAreRepeated(t *testing.T) {
	r := newReceiver(t)
	r.answer(302) // a redirect isn't followed
	l, hook, _ := subscribe(t, sandbox.Config{Deliver: true}, r.URL)
	l.wait(3 * time.Second)
	l.want(200, "POST", "/jobs/"+l.job+"/close", nil) // no one else applies
	attempts := 1
	for _, d := range []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour} {
		equal(t, "before", len(r.got), attempts)
		l.wait(d - time.Second)
		equal(t, "too early", len(r.got), attempts)
		equal(t, "status", dig(l.want(200, "GET", "/webhooks/"+hook, nil), "webhook", "status"), "ACTIVE")
		l.wait(time.Second)
		attempts++
	}
	equal(t, "attempts", len(r.got), 5)
	for _, request := range r.got {
		equal(t, "id", request.Header.Get("X-Opentrain-Delivery"), r.got[0].Header.Get("X-Opentrain-Delivery"))
	}
	off := obj(dig(l.want(200, "GET", "/webhooks", nil), "webhooks", 0))
	equal(t, "off", []any{off["status"], off["disabledReason"], off["disabledAt"] != nil}, []any{"DISABLED", "Disabled after repeated delivery failures", true})
	l.publishNew("More boxes")
	l.wait(time.Hour)
	equal(t, "afterwards", len(r.got), 5)
}

// TestDeliveriesStayHere: only with the switch, and only to this machine.
func TestDeliveriesStayHere(t *testing.T) {
	r := newReceiver(t)
	l, _, _ := subscribe(t, sandbox.Config{}, r.URL)
	l.wait(time.Minute)
	equal(t, "without the switch", len(r.got), 0)
	l, hook, _ := subscribe(t, sandbox.Config{Deliver: true}, "https://192.0.2.1/")
	l.wait(time.Minute)
	equal(t, "elsewhere", dig(l.want(200, "GET", "/webhooks/"+hook, nil), "webhook", "status"), "ACTIVE")
	gone := newReceiver(t)
	gone.Close()
	l, hook, _ = subscribe(t, sandbox.Config{Deliver: true}, gone.URL)
	for range 6 {
		l.wait(2 * time.Hour)
	}
	equal(t, "nobody there", dig(l.want(200, "GET", "/webhooks/"+hook, nil), "webhook", "status"), "DISABLED")
}

// TestDeliveriesWithoutRequests: with the real time, no one has to ask.
func TestDeliveriesWithoutRequests(t *testing.T) {
	came := make(chan string, 3)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { came <- r.Header.Get("X-Opentrain-Event") }))
	defer server.Close()
	a := newAPI(t, sandbox.Config{Deliver: true, Pace: time.Millisecond})
	a.want(201, "POST", "/webhooks", object{"url": server.URL, "eventTypes": []string{"proposal.received"}})
	a.publishNew("Boxes")
	for range 3 {
		select {
		case kind := <-came:
			equal(t, "event", kind, "proposal.received")
		case <-time.After(time.Minute):
			t.Fatal("nothing came")
		}
	}
	a.box.Settle()
}

func TestWebhookLimit(t *testing.T) {
	a := newAPI(t, sandbox.Config{})
	hook := object{"url": "http://localhost:1/", "eventTypes": []string{"approval.confirmed"}}
	for range 10 {
		a.want(201, "POST", "/webhooks", hook)
	}
	hooks := list(a.want(200, "GET", "/webhooks", nil)["webhooks"])
	equal(t, "newest first", []any{len(hooks), dig(hooks, 9, "id")}, []any{10, "webhook_1"})
	equal(t, "limit", dig(a.want(409, "POST", "/webhooks", hook), "details", "limit"), 10)
	equal(t, "deleted", a.want(200, "DELETE", "/webhooks/"+str(dig(hooks, 0, "id")), nil)["deleted"], true)
	a.want(404, "DELETE", "/webhooks/"+str(dig(hooks, 0, "id")), nil)
	narrow := str(a.want(201, "POST", "/tokens", object{"scopes": []string{"webhooks:manage"}})["token"])
	equal(t, "scope of the events", dig(a.as(narrow).want(403, "POST", "/webhooks", hook), "details", "requiredScopes"), []string{"payments:read"})
	a.want(201, "POST", "/webhooks", hook)
}

func TestTokensOfAccounts(t *testing.T) {
	clock := newClock()
	a := newAPI(t, sandbox.Config{Now: clock.Now, Accounts: []sandbox.Account{writer("ot_pat_one_secret"), writer("two")}})
	made := a.want(201, "POST", "/tokens", object{"name": "Robot", "expiresAt": "2026-06-10T10:00:00Z"})
	record := obj(made["metadata"])
	token := str(made["token"])
	equal(t, "record", []any{record["name"], record["scopes"], record["status"], record["lastUsedAt"], record["expiresAt"], made["tokenType"]},
		[]any{"Robot", []string{"jobs:write"}, "active", nil, "2026-06-10T10:00:00.000Z", "bearer"})
	equal(t, "preview", record["preview"], token[:11]+"********"+token[len(token)-4:])
	robot := a.as(token)
	id := robot.publishNew("Boxes")
	equal(t, "jobs are the account's", ids(a.want(200, "GET", "/jobs/mine", nil)), []string{id})
	equal(t, "who", dig(robot.want(200, "GET", "/auth/me", nil), "token", "id"), record["id"])
	tokens := list(a.want(200, "GET", "/tokens", nil)["tokens"])
	equal(t, "all", []any{len(tokens), dig(tokens, 0, "lastUsedAt"), dig(tokens, 1, "name")}, []any{2, "2026-06-10T09:00:00.000Z", "Sandbox token"})
	equal(t, "unknown scopes", dig(a.want(400, "POST", "/tokens", object{"scopes": []string{"jobs:eat", "jobs:read"}}), "details", "unknownScopes"), []string{"jobs:eat"})
	equal(t, "no escalation", dig(a.want(403, "POST", "/tokens", object{"scopes": []string{"team:read"}}), "details", "requiredScopes"), []string{"team:read"})
	narrow := obj(a.want(201, "POST", "/tokens", object{"scopes": []string{"jobs:read"}}))
	a.as(str(narrow["token"])).want(403, "POST", "/job-drafts", object{})
	equal(t, "revoked", dig(a.want(200, "DELETE", "/tokens/"+str(dig(narrow, "metadata", "id")), nil), "token", "status"), "revoked")
	a.as(str(narrow["token"])).want(401, "GET", "/auth/me", nil)
	a.as("two").want(404, "DELETE", "/tokens/"+str(record["id"]), nil)
	equal(t, "unknown", a.want(404, "DELETE", "/tokens/tok_none", nil)["details"], object{"tokenId": "tok_none"})
	for range 23 {
		a.want(201, "POST", "/tokens", object{"scopes": nil})
	}
	equal(t, "limit", dig(a.want(409, "POST", "/tokens", object{}), "details", "limit"), 25)
	clock.add(time.Hour)
	robot.want(401, "GET", "/auth/me", nil)
	a.want(201, "POST", "/tokens", object{}) // the expired one doesn't count
	own := str(dig(a.want(200, "GET", "/auth/me", nil), "token", "id"))
	equal(t, "own", dig(a.want(200, "DELETE", "/tokens/"+own, nil), "token", "status"), "revoked")
	a.want(401, "GET", "/auth/me", nil)
	demo := newAPI(t, sandbox.Config{})
	demo.reasonOf(t, "demo_token", "DELETE", "/tokens/tok_1", nil)
}

func (a api) reasonOf(t *testing.T, want, method, path string, body any) {
	t.Helper()
	equal(t, path, dig(a.want(409, method, path, body), "details", "reason"), want)
}

// TestTokensEndWithTheClaim: all tokens from before are revoked, and what they made stays.
func TestTokensEndWithTheClaim(t *testing.T) {
	clock := newClock()
	a := newAPI(t, sandbox.Config{Now: clock.Now, ClaimAfter: 1})
	made := a.agent(200, "/identity", "{}")
	agent := a.as(str(made["access_token"]))
	second := a.as(str(agent.want(201, "POST", "/tokens", object{})["token"]))
	id := second.publishNew("Boxes")
	clock.add(time.Minute)
	a.agent(200, "/identity/claim", object{"claim_token": made["claim_token"], "email": "ada@example.org"})
	claimed := a.as(str(a.agent(200, "/oauth/token", poll(made["claim_token"]))["access_token"]))
	agent.want(401, "GET", "/auth/me", nil)
	second.want(401, "GET", "/auth/me", nil)
	equal(t, "jobs", ids(claimed.want(200, "GET", "/jobs/mine", nil)), []string{id})
	body := object{"milestone": object{"name": "x", "amount": 1}}
	claimed.want(202, "POST", "/proposals/proposal_"+id+"_1/hire", body)
	equal(t, "tokens", len(list(claimed.want(200, "GET", "/tokens", nil)["tokens"])), 3)
}

func TestTeam(t *testing.T) {
	clock := newClock()
	a := newAPI(t, sandbox.Config{Now: clock.Now})
	team := obj(a.want(200, "GET", "/team", nil)["team"])
	equal(t, "owner", []any{dig(team, "members", 0, "role"), dig(team, "members", 0, "email"), dig(team, "organization", "id"), team["invites"]},
		[]any{"OWNER", "user_1@example.com", "org_1", []any{}})
	for range 2 { // the second time changes nothing
		got := a.want(200, "POST", "/team/invites", object{"email": "Ada@example.org"})
		equal(t, "invited", []any{got["status"], got["email"], len(list(dig(got, "team", "invites"))), dig(got, "team", "invites", 0, "expiresAt")},
			[]any{"invite_created", "ada@example.org", 1, "2026-06-17T09:00:00.000Z"})
	}
	a.agent(200, "/identity", "{}")
	for _, want := range []string{"member_added", "already_member"} {
		got := a.want(200, "POST", "/team/invites", object{"email": "user_2@example.com"})
		equal(t, "member", []any{got["status"], dig(got, "team", "members", 1, "role")}, []any{want, "MEMBER"})
	}
	equal(t, "oneself", a.want(200, "POST", "/team/invites", object{"email": "user_1@example.com"})["status"], "already_member")
	a.reasonOf(t, "invite_email_send_failed", "POST", "/team/invites", object{"email": "bob" + sandbox.UndeliverableDomain})
}
