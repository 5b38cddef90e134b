package sandbox_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"opentrain-mcp/opentrain/sandbox"
)

// agent calls the endpoints for agents. A body is JSON, or a form.
func (a api) agent(status int, path string, body any) object {
	a.t.Helper()
	var reader io.Reader
	kind := "application/json"
	switch b := body.(type) {
	case url.Values:
		reader, kind = strings.NewReader(b.Encode()), "application/x-www-form-urlencoded"
	case string:
		reader = strings.NewReader(b)
	default:
		data, err := json.Marshal(b)
		if err != nil {
			a.t.Fatal(err)
		}
		reader = strings.NewReader(string(data))
	}
	req, err := http.NewRequest(http.MethodPost, "https://api.test/api/agent"+path, reader)
	if err != nil {
		a.t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	resp, err := a.box.Transport().RoundTrip(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer object
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode != status {
		a.t.Fatalf("%s = %d, want %d: %v %v", path, resp.StatusCode, status, answer, err)
	}
	return answer
}

// failsAs fails the test unless a call fails with a code of OAuth.
func (a api) failsAs(code string, status int, path string, body any) {
	a.t.Helper()
	if got := a.agent(status, path, body); got["error"] != code || str(got["error_description"]) == "" {
		a.t.Errorf("%s: %v, want %s", path, got, code)
	}
}

const claimGrant = "urn:opentrain:agent-auth:grant-type:claim"

func poll(claimToken any) url.Values {
	return url.Values{"grant_type": {claimGrant}, "claim_token": {str(claimToken)}}
}

func TestAgentsRegister(t *testing.T) {
	clock := newClock()
	a := newAPI(t, sandbox.Config{Now: clock.Now})
	for _, body := range []any{"", "{}", object{"identity_type": "anonymous", "agent_name": "Ada", "organization_name": "Acme"}} {
		made := a.agent(200, "/identity", body)
		equal(t, "scopes", made["scopes"], []string{"jobs:read", "jobs:write", "proposals:read", "messages:read", "payments:read", "team:read"})
		equal(t, "expires", made["claim_token_expires_at"], "2026-06-11T09:00:00.000Z")
		equal(t, "endpoint", made["claim_endpoint"], "https://app.opentrain.ai/api/agent/identity/claim")
		equal(t, "grant", made["grant_type"], claimGrant)
		me := a.as(str(made["access_token"])).want(200, "GET", "/auth/me", nil)
		if body != "" && body != "{}" {
			equal(t, "name", dig(me, "actor", "fullName"), "Acme")
		}
		if !strings.HasPrefix(str(made["access_token"]), "ot_pat_") || !strings.HasPrefix(str(made["claim_token"]), "ot_clm_") {
			t.Error(made)
		}
	}
	a.failsAs("unsupported_identity_type", 400, "/identity", object{"identity_type": "google"})
	a.failsAs("invalid_request", 400, "/identity", "[")
	req, _ := http.NewRequest(http.MethodGet, "https://api.test/api/agent/identity", nil)
	if resp, err := a.box.Transport().RoundTrip(req); err != nil || resp.StatusCode != http.StatusMethodNotAllowed {
		t.Error(resp, err)
	}
}

// TestUnclaimedAccounts: three jobs a day, and nothing that needs a human.
func TestUnclaimedAccounts(t *testing.T) {
	a := newAPI(t, sandbox.Config{})
	made := a.agent(200, "/identity", "{}")
	agent := a.as(str(made["access_token"]))
	id := ""
	for n := range 3 {
		id = agent.publishNew(fmt.Sprintf("Label dogs %d", n))
	}
	draft := str(agent.create(readyText)["jobId"])
	limited := agent.want(429, "POST", "/jobs/"+draft+"/publish", nil)
	equal(t, "limit", limited["details"], object{"limit": 3, "windowHours": 24})
	refused := agent.want(403, "POST", "/jobs/"+id+"/invites", object{"freelancerId": sandbox.FreelancerAvailable})
	equal(t, "reason", refused["details"], object{"reason": "account_claim_required", "action": "invite AI trainers", "claimUrl": "https://app.opentrain.ai/claim"})
	newAPI(t, sandbox.Config{}).failsAs("invalid_grant", 400, "/oauth/token", poll(made["claim_token"])) // another sandbox
}

func TestClaims(t *testing.T) {
	clock := newClock()
	a := newAPI(t, sandbox.Config{Now: clock.Now, ClaimAfter: 2})
	made := a.agent(200, "/identity", "{}")
	agent := a.as(str(made["access_token"]))
	id := agent.publishNew("Label dogs")
	a.failsAs("authorization_pending", 400, "/oauth/token", poll(made["claim_token"])) // it hasn't begun
	start := func(email string) object { return object{"claim_token": made["claim_token"], "email": email} }
	for _, email := range []string{"", "ada", "@example.org", "ada@example", "a b@example.org", "user_1@example.com", "USER_2@example.com"} {
		a.failsAs("invalid_request", 400, "/identity/claim", start(email))
	}
	a.failsAs("invalid_request", 400, "/identity/claim", object{"claim_token": "ot_clm_wrong", "email": "ada@example.org"})
	a.failsAs("invalid_request", 400, "/identity/claim", "no JSON")
	started := a.agent(200, "/identity/claim", start("ada@example.org"))
	equal(t, "times", []any{started["expires_in"], started["interval"]}, []int{1800, 5})
	if len(str(started["user_code"])) != 6 || !strings.HasPrefix(str(started["verification_uri"]), "https://app.opentrain.ai/claim?token=ot_cat_") {
		t.Error(started)
	}
	a.failsAs("slow_down", 400, "/oauth/token", poll(made["claim_token"]))
	clock.add(5 * time.Second)
	a.failsAs("authorization_pending", 400, "/oauth/token", poll(made["claim_token"]))
	agent.want(200, "GET", "/auth/me", nil)
	clock.add(5 * time.Second)
	granted := a.agent(200, "/oauth/token", poll(made["claim_token"]))
	equal(t, "scopes", len(list(granted["scopes"])), 9)
	equal(t, "email", dig(a.as(str(granted["access_token"])).want(200, "GET", "/auth/me", nil), "actor", "email"), "ada@example.org")
	agent.want(401, "GET", "/auth/me", nil)
	claimed := a.as(str(granted["access_token"]))
	equal(t, "jobs", ids(claimed.want(200, "GET", "/jobs/mine", nil)), []string{id})
	claimed.want(201, "POST", "/jobs/"+id+"/invites", object{"freelancerId": sandbox.FreelancerAvailable})
	clock.add(5 * time.Second)
	a.failsAs("invalid_grant", 400, "/oauth/token", poll(made["claim_token"]))
	a.failsAs("invalid_request", 400, "/identity/claim", start("ada@example.org"))
	other := a.agent(200, "/identity", "{}")
	a.failsAs("invalid_request", 400, "/identity/claim", object{"claim_token": other["claim_token"], "email": "ADA@example.org"}) // taken
	a.failsAs("invalid_request", 400, "/oauth/token", poll(""))
	a.failsAs("unsupported_grant_type", 400, "/oauth/token", url.Values{"claim_token": {"x"}})
	late := a.agent(200, "/identity/claim", object{"claim_token": other["claim_token"], "email": "eve@example.org"})
	clock.add(30 * time.Minute)
	a.wantPage(410, str(late["verification_uri"]), "Claim an agent's account", "eve@example.org", "This link has expired.")
	clock.add(24 * time.Hour)
	a.failsAs("expired_token", 400, "/oauth/token", poll(other["claim_token"]))
	a.failsAs("invalid_request", 400, "/identity/claim", object{"claim_token": other["claim_token"], "email": "eve@example.org"})
	a.as(str(other["access_token"])).want(200, "GET", "/auth/me", nil)
	for range 2 {
		a.agent(200, "/oauth/revoke", url.Values{"token": {str(other["access_token"])}})
	}
	a.as(str(other["access_token"])).want(401, "GET", "/auth/me", nil)
	a.failsAs("invalid_request", 400, "/oauth/revoke", url.Values{})
}

// TestRevokedTokens: a token that revokes itself is refused everywhere, and the account has no second beginning.
func TestRevokedTokens(t *testing.T) {
	clock := newClock()
	a := newAPI(t, sandbox.Config{Now: clock.Now, ClaimAfter: 1})
	for _, claimed := range []bool{false, true} {
		made := a.agent(200, "/identity", "{}")
		agent, email := a.as(str(made["access_token"])), fmt.Sprintf("ada%v@example.org", claimed)
		if claimed {
			clock.add(time.Minute)
			a.agent(200, "/identity/claim", object{"claim_token": made["claim_token"], "email": email})
			agent = a.as(str(a.agent(200, "/oauth/token", poll(made["claim_token"]))["access_token"]))
		}
		me := agent.want(200, "GET", "/auth/me", nil)
		own := "/tokens/" + str(dig(me, "token", "id"))
		equal(t, "status", dig(agent.want(200, "DELETE", own, nil), "token", "status"), "revoked")
		for _, r := range append(sandbox.PrivateRoutes(), [2]string{"DELETE", own}) {
			equal(t, r[1], agent.want(401, r[0], r[1], object{})["code"], "UNAUTHORIZED")
		}
		agent.want(200, "GET", "/jobs", nil) // public
		again := a.agent(200, "/identity", "{}")
		if other := a.as(str(again["access_token"])).want(200, "GET", "/auth/me", nil); dig(other, "actor", "userId") == dig(me, "actor", "userId") {
			t.Error("the account was registered again")
		}
		for _, taken := range []any{dig(me, "actor", "email"), email}[:map[bool]int{false: 1, true: 2}[claimed]] {
			a.failsAs("invalid_request", 400, "/identity/claim", object{"claim_token": again["claim_token"], "email": taken})
		}
		if claimed {
			a.failsAs("invalid_grant", 400, "/oauth/token", poll(made["claim_token"]))
			a.failsAs("invalid_request", 400, "/identity/claim", object{"claim_token": made["claim_token"], "email": "bob@example.org"})
			continue
		}
		clock.add(time.Minute) // its claim token still lets a human have the account, with a new token
		a.agent(200, "/identity/claim", object{"claim_token": made["claim_token"], "email": "eve@example.org"})
		heir := a.as(str(a.agent(200, "/oauth/token", poll(made["claim_token"]))["access_token"]))
		equal(t, "account", dig(heir.want(200, "GET", "/auth/me", nil), "actor", "userId"), dig(me, "actor", "userId"))
		agent.want(401, "GET", "/auth/me", nil)
	}
}
