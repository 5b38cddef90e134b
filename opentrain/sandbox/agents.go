package sandbox

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"strings"
	"time"
)

// Agents get an account of their own, and a human claims it (developers/api-reference/agent-auth). That a human has half an
// hour for an attempt and an agent polls every five seconds is what the page's sample shows.
const (
	claimWindow   = 24 * time.Hour
	claimLifetime = 30 * time.Minute
	claimInterval = 5 * time.Second
	claimGrant    = "urn:opentrain:agent-auth:grant-type:claim"

	maxAgentBody = 2 << 10
	maxAgents    = 10_000 // our assumption: beyond it, registering fails with rate_limit_exceeded
)

// agents are the accounts that agents have registered. Sandbox.mu guards them.
type agents struct {
	registered []*registration
}

// registration is an account that an agent has registered, and its way to a human.
type registration struct {
	account    *account
	id         string
	agentName  string
	claimToken string
	expires    time.Time

	attempt struct { // the last one
		token, code, email string
		expires            time.Time
	}
	polls     int // since the attempt began
	polled    time.Time
	claimed   bool
	delivered bool // the token of the claimed account
}

// oauthError is an error of these endpoints. It becomes {"error", "error_description"}.
type oauthError struct {
	status            int
	code, description string
}

func invalidRequest(description string) *oauthError {
	return &oauthError{http.StatusBadRequest, "invalid_request", description}
}

// accountOf returns the account that a token belongs to, or nil.
func (s *Sandbox) accountOf(token string) *account {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, now := s.accounts[token], s.cfg.Now()
	if a == nil || a.key.status(now) != contractActive {
		return nil
	}
	a.key.lastUsed = now
	return a
}

// preClaimScopes are the scopes that a new account's token has, and claimedScopes those that a claimed account's token has
// (developers/concepts/scopes-and-capabilities).
func preClaimScopes() []string {
	return []string{"jobs:read", "jobs:write", "proposals:read", "messages:read", "payments:read", "team:read"}
}

func claimedScopes() []string {
	return append(preClaimScopes(), "proposals:write", "messages:write", "team:write")
}

// addAgents adds the endpoints for agents and the claim page.
func (s *Sandbox) addAgents(mux *http.ServeMux) {
	for path, endpoint := range map[string]func(*http.Request) (any, *oauthError){
		"/identity": s.registerAgent, "/identity/claim": s.startClaim, "/oauth/token": s.claimedToken, "/oauth/revoke": s.revoke,
	} {
		mux.HandleFunc("/api/agent"+path, func(w http.ResponseWriter, r *http.Request) {
			answer, failure := any(nil), &oauthError{http.StatusMethodNotAllowed, "invalid_request", "Use POST."}
			if r.Method == http.MethodPost {
				r.Body = http.MaxBytesReader(w, r.Body, maxAgentBody)
				answer, failure = endpoint(r)
			}
			if failure != nil {
				answer = object{"error": failure.code, "error_description": failure.description}
				(&reply{status: failure.status, body: answer}).write(w)
				return
			}
			ok(answer).write(w)
		})
	}
	mux.HandleFunc("/claim", s.claimPage)
}

// registerAgent is POST /api/agent/identity.
func (s *Sandbox) registerAgent(r *http.Request) (any, *oauthError) {
	var body struct {
		Type         *string `json:"identity_type"`
		AgentName    string  `json:"agent_name"`
		Organization string  `json:"organization_name"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil && !errors.Is(err, io.EOF) {
		return nil, invalidRequest("The body must be a JSON object.")
	}
	if body.Type != nil && *body.Type != "anonymous" {
		return nil, &oauthError{http.StatusBadRequest, "unsupported_identity_type", "Only anonymous is supported."}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.agents.registered) >= maxAgents {
		return nil, &oauthError{http.StatusTooManyRequests, "rate_limit_exceeded", "Too many agents have registered."}
	}
	name, scopes := cmp.Or(body.Organization, fmt.Sprintf("Agent account %d", s.lastAccount+1)), preClaimScopes()
	made := s.newAccount(Account{Token: newSecret("ot_pat_"), Name: name, Scopes: scopes}, s.cfg.Now())
	reg := &registration{
		account: made, id: fmt.Sprintf("reg_%d", made.number), agentName: body.AgentName,
		claimToken: newSecret("ot_clm_"), expires: s.cfg.Now().Add(claimWindow),
	}
	s.accounts[reg.account.Token] = reg.account
	s.agents.registered = append(s.agents.registered, reg)
	return object{
		"identity_type": "anonymous", "registration_id": reg.id,
		"access_token": reg.account.Token, "token_type": "bearer", "scopes": scopes,
		"claim_token": reg.claimToken, "claim_token_expires_at": timestamp(reg.expires),
		"claim_endpoint": s.cfg.AppURL + "/api/agent/identity/claim", "token_endpoint": s.cfg.AppURL + "/api/agent/oauth/token",
		"grant_type": claimGrant,
	}, nil
}

// startClaim is POST /api/agent/identity/claim. A new attempt replaces the one before.
func (s *Sandbox) startClaim(r *http.Request) (any, *oauthError) {
	var body struct {
		ClaimToken string `json:"claim_token"`
		Email      string `json:"email"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return nil, invalidRequest("The body must be a JSON object with claim_token and email.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	reg := s.agents.find(func(reg *registration) bool { return reg.claimToken == body.ClaimToken })
	local, domain, _ := strings.Cut(body.Email, "@")
	switch {
	case reg == nil || reg.claimed:
		return nil, invalidRequest("Unknown claim token.")
	case !s.cfg.Now().Before(reg.expires):
		return nil, invalidRequest("The claim window has closed.")
	case local == "" || !strings.Contains(domain, ".") || strings.ContainsAny(body.Email, " \t\r\n<>"):
		return nil, invalidRequest("The email address is not valid.")
	case s.emailTaken(body.Email):
		return nil, invalidRequest("email_already_registered: this email has an OpenTrain account.")
	}
	code, _ := rand.Int(rand.Reader, big.NewInt(1_000_000)) // never fails
	reg.attempt.token, reg.attempt.code = newSecret("ot_cat_"), fmt.Sprintf("%06d", code)
	reg.attempt.email, reg.attempt.expires = body.Email, s.cfg.Now().Add(claimLifetime)
	reg.polls = 0
	return object{
		"user_code": reg.attempt.code, "verification_uri": s.cfg.AppURL + "/claim?token=" + reg.attempt.token,
		"expires_in": claimLifetime.Seconds(), "interval": claimInterval.Seconds(), "email_sent": false,
	}, nil
}

// emailTaken reports whether an email has an account. The caller holds s.mu.
func (s *Sandbox) emailTaken(email string) bool {
	for n := range s.lastAccount { // an account whose tokens are all revoked is still there
		if other := (account{number: n + 1}); strings.EqualFold(email, other.email()) {
			return true
		}
	}
	return s.agents.find(func(reg *registration) bool { return reg.claimed && strings.EqualFold(reg.attempt.email, email) }) != nil
}

// claimedToken is POST /api/agent/oauth/token.
func (s *Sandbox) claimedToken(r *http.Request) (any, *oauthError) {
	if err := r.ParseForm(); err != nil {
		return nil, invalidRequest("The body must be form-encoded.")
	}
	claimToken := r.PostForm.Get("claim_token")
	if grant := r.PostForm.Get("grant_type"); grant != claimGrant {
		return nil, &oauthError{http.StatusBadRequest, "unsupported_grant_type", "Use " + claimGrant + "."}
	}
	if claimToken == "" {
		return nil, invalidRequest("claim_token is missing.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	reg := s.agents.find(func(reg *registration) bool { return reg.claimToken == claimToken })
	switch now := s.cfg.Now(); {
	case reg == nil || reg.delivered:
		return nil, &oauthError{http.StatusBadRequest, "invalid_grant", "The claim token is unknown, or its token was already delivered."}
	case !reg.claimed && !now.Before(reg.expires):
		return nil, &oauthError{http.StatusBadRequest, "expired_token", "The claim window has closed. Register again."}
	case !reg.polled.IsZero() && now.Sub(reg.polled) < claimInterval:
		reg.polled = now
		return nil, &oauthError{http.StatusBadRequest, "slow_down", "You poll too often."}
	default:
		reg.polled = now
	}
	if reg.attempt.token != "" {
		reg.polls++
	}
	if !reg.claimed && s.cfg.ClaimAfter > 0 && reg.polls >= s.cfg.ClaimAfter {
		s.claim(reg)
	}
	if !reg.claimed {
		return nil, &oauthError{http.StatusBadRequest, "authorization_pending", "No human has claimed the account yet."}
	}
	reg.delivered = true
	return object{"access_token": reg.account.Token, "token_type": "bearer", "scopes": reg.account.Scopes}, nil
}

// claim makes an account a human's. It gets a new token, and the one before is revoked. The caller holds s.mu.
func (s *Sandbox) claim(reg *registration) {
	before := reg.account
	claimed := *before // requests in progress read the one before
	claimed.Token, claimed.Scopes, claimed.Claimed = newSecret("ot_pat_"), claimedScopes(), true
	claimed.claimer = reg.attempt.email
	for _, j := range s.jobs {
		if j.owner.books == before.books {
			j.owner = &claimed
		}
	}
	for _, k := range before.books.tokens {
		s.drop(k.secret)
	}
	claimed.key = s.newToken(&claimed, s.newRecord(claimed.books, "token", s.cfg.Now()), "Sandbox token")
	s.accounts[claimed.Token] = &claimed
	reg.account, reg.claimed = &claimed, true
}

// revoke is POST /api/agent/oauth/revoke. It answers alike for unknown tokens (RFC 7009).
func (s *Sandbox) revoke(r *http.Request) (any, *oauthError) {
	if err := r.ParseForm(); err != nil || r.PostForm.Get("token") == "" {
		return nil, invalidRequest("token is missing.")
	}
	if r.PostForm.Get("token") == DemoToken {
		return nil, invalidRequest("The sandbox's own token can't be revoked.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(r.PostForm.Get("token"))
	return struct{}{}, nil
}

func (a *agents) find(is func(*registration) bool) *registration {
	for _, reg := range a.registered {
		if is(reg) {
			return reg
		}
	}
	return nil
}

// newSecret returns a token with the given prefix, in the form ot_pat_<public id>_<secret>.
func newSecret(prefix string) string {
	return prefix + strings.ToLower(rand.Text()[:12]) + "_" + rand.Text()
}

// claimPage is the page where a human claims an account with the code. The real one also has them sign in.
func (s *Sandbox) claimPage(w http.ResponseWriter, r *http.Request) {
	token, sent, code := r.URL.Query().Get("token"), r.Method == http.MethodPost, ""
	if sent {
		r.Body = http.MaxBytesReader(w, r.Body, maxAgentBody)
		code = strings.TrimSpace(r.PostFormValue("code"))
	}
	p := s.locked(func() page { return s.claimByCode(token, code, sent) })
	if sent {
		p.afterForm(w, r)
		return
	}
	p.write(w, "'self'")
}

// claimByCode returns the page for an attempt's token, after it has claimed the account if the code is right. The caller holds s.mu.
func (s *Sandbox) claimByCode(token, code string, sent bool) page {
	reg := s.agents.find(func(reg *registration) bool { return reg.attempt.token == token })
	switch {
	case token == "":
		return page{Problem: "Open the link that your agent shows to you. It has one after it has started the claim."}
	case reg == nil:
		return page{Problem: "This link isn't valid. The agent may have started the claim again."}
	}
	if sent && !reg.claimed && code == reg.attempt.code && s.cfg.Now().Before(reg.attempt.expires) && s.cfg.Now().Before(reg.expires) {
		s.claim(reg)
	}
	shown := page{Title: "Claim an agent's account", State: "Pending", Rows: [][2]string{
		{"Account", reg.account.Name}, {"Agent", cmp.Or(reg.agentName, "It gave no name")}, {"Your email", reg.attempt.email}}}
	switch {
	case reg.claimed:
		shown.State, shown.Note = "Claimed", "The account is claimed. You can close this page and go back to your agent."
	case !s.cfg.Now().Before(reg.attempt.expires), !s.cfg.Now().Before(reg.expires):
		shown.State, shown.Note, shown.code = "Expired", "This link has expired. Ask the agent for a new one.", http.StatusGone
	default:
		shown.Note = "An AI agent has registered this account. To make it yours, enter the code that the agent shows to you."
		shown.About = "The link expires " + reg.attempt.expires.UTC().Format(minutes)
		shown.AsksCode = true
		if sent {
			shown.Warning, shown.code = "That's not the code. Try again.", http.StatusForbidden
		}
	}
	return shown
}
