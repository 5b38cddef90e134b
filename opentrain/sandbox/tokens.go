package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"
)

const (
	maxTokensOfAccount = 25 // developers/api-reference/tokens/create
	maxTokenName       = 120
)

// apiToken is what an account knows of a token.
type apiToken struct {
	record
	name, preview              string
	scopes                     []string
	expires, revoked, lastUsed time.Time
}

func (k *apiToken) status(now time.Time) string {
	switch {
	case !k.revoked.IsZero():
		return "revoked"
	case !k.expires.IsZero() && !now.Before(k.expires):
		return expired
	}
	return contractActive
}

func (k *apiToken) show(now time.Time) object {
	return object{"id": k.id, "name": k.name, "preview": k.preview, "scopes": k.scopes, "status": k.status(now), "organizationId": nil,
		"createdAt": timestamp(k.created), "lastUsedAt": timeOrNull(k.lastUsed), "expiresAt": timeOrNull(k.expires),
		"revokedAt": timeOrNull(k.revoked)}
}

// newAccount returns an account with its books and the record of its token.
func (s *Sandbox) newAccount(a Account) *account {
	s.lastAccount++
	b := &books{}
	made := &account{Account: a, number: s.lastAccount, byKey: map[string]*job{}, books: b}
	made.key = s.newToken(made, fmt.Sprintf("tok_%d", made.number), "Sandbox token", s.cfg.Now())
	return made
}

// newToken adds the record of an account's token.
func (s *Sandbox) newToken(a *account, id, name string, at time.Time) *apiToken {
	preview := "********"
	if n := len(a.Token); n >= len("ot_pat_")+8 {
		preview = a.Token[:len("ot_pat_")+4] + preview + a.Token[n-4:]
	}
	k := &apiToken{record: record{id, a.books, at, at}, name: name, preview: preview, scopes: append([]string{}, a.Scopes...)}
	a.books.tokens = append(a.books.tokens, k)
	s.records[id] = k
	return k
}

// drop ends a token. The caller holds s.mu.
func (s *Sandbox) drop(token string) {
	if a := s.accounts[token]; a != nil {
		a.key.revoked = s.cfg.Now()
		delete(s.accounts, token)
	}
}

// listTokens is GET /tokens (developers/api-reference/tokens/list).
func (s *Sandbox) listTokens(c *call) *reply {
	list, now := []object{}, s.cfg.Now()
	for _, k := range slices.Backward(c.account.books.tokens) {
		list = append(list, k.show(now))
	}
	return ok(object{"tokens": list})
}

// createToken is POST /tokens (developers/api-reference/tokens/create). The pages don't say how a 26th is refused.
func (s *Sandbox) createToken(c *call) *reply {
	b, now, scopes := c.account.books, s.cfg.Now(), c.account.Scopes
	set, issues := s.read(c.body, nil, param{key: "name", optional: true}, param{key: "expiresAt", optional: true})
	if raw := c.body["scopes"]; len(raw) > 0 && json.Unmarshal(raw, &scopes) != nil {
		issues = append(issues, wrongType("array", raw).at("scopes")...)
	}
	name, active, unknown := set.text("name"), 0, []string{}
	expires, valid := readTime(set.text("expiresAt"))
	switch {
	case utf8.RuneCountInString(name) > maxTokenName:
		issues = append(issues, custom("name must have at most %d characters.", maxTokenName).at("name")...)
	case set.has("expiresAt") && (!valid || !expires.After(now)):
		issues = append(issues, custom("expiresAt must be a time in the future.").at("expiresAt")...)
	case name == "":
		name = "API token"
	}
	if issues != nil {
		return invalid(issues)
	}
	for _, scope := range scopes {
		if !slices.Contains(allScopes(), scope) {
			unknown = append(unknown, scope)
		} else if !c.account.granted(scope) {
			return c.account.lacks(scope)
		}
	}
	for _, k := range b.tokens {
		if k.status(now) == contractActive {
			active++
		}
	}
	switch {
	case len(unknown) > 0:
		return badRequest("There are unknown scopes.", object{"unknownScopes": unknown, "supportedScopes": allScopes()})
	case active >= maxTokensOfAccount:
		return conflict("token_limit_reached", fmt.Sprintf("An account can have %d active tokens.", maxTokensOfAccount), "limit", maxTokensOfAccount)
	}
	if failure := s.charge(b, name); failure != nil {
		return failure
	}
	made := *c.account
	made.Token, made.Scopes = newSecret("ot_pat_"), scopes
	s.numbered++
	made.key = s.newToken(&made, fmt.Sprintf("token_%d", s.numbered), name, now)
	made.key.expires = expires
	s.accounts[made.Token] = &made
	return &reply{status: http.StatusCreated, body: object{"token": made.Token, "tokenType": "bearer", "metadata": made.key.show(now)}}
}

// revokeToken is DELETE /tokens/{tokenId} (developers/api-reference/tokens/revoke). The demo token stays: everyone uses it.
func (s *Sandbox) revokeToken(_ *call, k *apiToken) *reply {
	for token, a := range s.accounts {
		if a.key == k && token == DemoToken {
			return conflict("demo_token", "The sandbox's own token can't be revoked.", "tokenId", k.id)
		}
		if a.key == k {
			s.drop(token)
		}
	}
	return ok(object{"token": k.show(s.cfg.Now())})
}

// allScopes are the scopes that a token can have (developers/concepts/scopes-and-capabilities).
func allScopes() []string { return append(claimedScopes(), "payments:write", "webhooks:manage") }
