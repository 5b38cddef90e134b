package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const maxTokensOfAccount, maxTokenName = 25, 120 // developers/api-reference/tokens/create

// apiToken is what an account knows of a token.
type apiToken struct {
	record
	secret, name               string
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
	preview := "********"
	if n := len(k.secret); n >= len("ot_pat_")+8 {
		preview = k.secret[:len("ot_pat_")+4] + preview + k.secret[n-4:]
	}
	return object{"id": k.id, "name": k.name, "preview": preview, "scopes": k.scopes, "status": k.status(now), "organizationId": nil,
		"createdAt": timestamp(k.created), "lastUsedAt": timeOrNull(k.lastUsed), "expiresAt": timeOrNull(k.expires),
		"revokedAt": timeOrNull(k.revoked)}
}

// newAccount returns an account with its books and the record of its token.
func (s *Sandbox) newAccount(a Account, at time.Time) *account {
	s.lastAccount++
	made := &account{Account: a, number: s.lastAccount, byKey: map[string]*job{}, books: &books{name: a.Name}}
	made.key = s.newToken(made, record{fmt.Sprintf("tok_%d", made.number), made.books, at, at}, "Sandbox token")
	return made
}

// newToken adds the record of an account's token.
func (s *Sandbox) newToken(a *account, r record, name string) *apiToken {
	k := &apiToken{record: r, secret: a.Token, name: name, scopes: append([]string{}, a.Scopes...)}
	a.books.tokens, s.records[k.id] = append(a.books.tokens, k), k
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
	now := s.cfg.Now()
	return ok(object{"tokens": newest(c.account.books.tokens, func(k *apiToken) object { return k.show(now) })})
}

// createToken is POST /tokens (developers/api-reference/tokens/create). The pages don't say how a 26th is refused.
func (s *Sandbox) createToken(c *call) *reply {
	b, now, scopes := c.account.books, s.cfg.Now(), slices.Clone(c.account.Scopes)
	set, issues := s.read(c.body, nil, "name?", "expiresAt?")
	if raw := c.body["scopes"]; len(raw) > 0 && typeOf(raw) != "null" && json.Unmarshal(raw, &scopes) != nil {
		issues = append(issues, wrongType("array", raw).at("scopes")...)
	}
	name := cmp.Or(set.text("name"), "API token")
	expires, valid := readTime(set.text("expiresAt"))
	unknown := slices.DeleteFunc(slices.Clone(scopes), func(scope string) bool { return slices.Contains(allScopes(), scope) })
	lacking := slices.DeleteFunc(slices.Clone(scopes), c.account.granted)
	active := slices.DeleteFunc(slices.Clone(b.tokens), func(k *apiToken) bool { return k.status(now) != contractActive })
	switch {
	case issues != nil:
		return invalid(issues)
	case utf8.RuneCountInString(name) > maxTokenName:
		return invalid(tooLong(maxTokenName).at("name"))
	case set.has("expiresAt") && (!valid || !expires.After(now)):
		return invalid(custom("expiresAt must be a time in the future.").at("expiresAt"))
	case len(unknown) > 0:
		return badRequest("There are unknown scopes.", object{"unknownScopes": unknown, "supportedScopes": allScopes()})
	case len(lacking) > 0:
		return c.account.lacks(lacking[0])
	case len(active) >= maxTokensOfAccount:
		message := fmt.Sprintf("An account can have %d active tokens.", maxTokensOfAccount)
		return conflict("token_limit_reached", message, "limit", maxTokensOfAccount)
	}
	made := *c.account
	made.Token, made.Scopes = newSecret("ot_pat_"), scopes
	made.key = s.newToken(&made, s.newRecord(b, "token", now), name)
	made.key.expires = expires
	s.accounts[made.Token] = &made
	return &reply{status: http.StatusCreated, body: object{"token": made.Token, "tokenType": "bearer", "metadata": made.key.show(now)}}
}

// revokeToken is DELETE /tokens/{tokenId} (developers/api-reference/tokens/revoke). The demo token stays: everyone uses it.
func (s *Sandbox) revokeToken(_ *call, k *apiToken) *reply {
	if k.secret == DemoToken {
		return conflict("demo_token", "The sandbox's own token can't be revoked.", "tokenId", k.id)
	}
	s.drop(k.secret)
	return ok(object{"token": k.show(s.cfg.Now())})
}

// allScopes are the scopes that a token can have (developers/concepts/scopes-and-capabilities).
func allScopes() []string { return append(claimedScopes(), "payments:write", "webhooks:manage") }

// UndeliverableDomain is the end of email addresses that get no invitation: 409 invite_email_send_failed.
const UndeliverableDomain = "@undeliverable.example"

func (a *account) user() string { return fmt.Sprintf("user_%d", a.number) }

func (a *account) email() string { return cmp.Or(a.claimer, a.user()+"@example.com") }

// showTeam shows the people of an account in the form of GET /team.
func (a *account) showTeam() object {
	owner := object{"userId": a.user(), "role": "OWNER", "name": a.Name, "email": a.email(), "joinedAt": timestamp(a.books.tokens[0].created)}
	return object{"organization": object{"id": fmt.Sprintf("org_%d", a.number), "name": a.Name, "ownerUserId": a.user(), "ownerName": a.Name},
		"members": append([]object{owner}, a.books.members...), "invites": append([]object{}, a.books.invites...)}
}

// getTeam is GET /team (developers/api-reference/team/list).
func (s *Sandbox) getTeam(c *call) *reply { return ok(object{"team": c.account.showTeam()}) }

// inviteMember is POST /team/invites (developers/api-reference/team/invite).
func (s *Sandbox) inviteMember(c *call) *reply {
	a, b, now := c.account, c.account.books, s.cfg.Now()
	set, issues := s.read(c.body, nil, "email")
	email := strings.ToLower(set.text("email"))
	parsed, err := mail.ParseAddress(email)
	same := func(m object) bool { return m["email"] == email }
	status := "invite_created"
	switch {
	case issues != nil:
		return invalid(issues)
	case err != nil || parsed.Address != email || len(email) > 254:
		return badRequest("This is no email address.", object{"email": set.text("email")})
	case strings.HasSuffix(email, UndeliverableDomain):
		return conflict("invite_email_send_failed", "The invitation couldn't be sent.", "email", email)
	case strings.EqualFold(email, a.email()) || slices.ContainsFunc(b.members, same):
		status = "already_member"
	case slices.ContainsFunc(b.invites, same):
	case s.emailTaken(email):
		status = "member_added"
		b.members = append(b.members, object{"userId": s.newRecord(b, "invite", now).id, "role": "MEMBER", "name": email, "email": email,
			"joinedAt": timestamp(now)})
	default:
		b.invites = append(b.invites, object{"id": s.newRecord(b, "invite", now).id, "email": email, "createdAt": timestamp(now),
			"expiresAt": timestamp(now.AddDate(0, 0, 7))})
	}
	return ok(object{"ok": true, "status": status, "email": email, "team": a.showTeam()})
}
