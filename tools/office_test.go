package tools_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/tool"
)

// TestWhatIsShownBeforeAYes says what changes, and what it means.
func TestWhatIsShownBeforeAYes(t *testing.T) {
	for name, test := range map[string]struct {
		api        office
		by         caller.Caller
		tool, args string
		want       []string
		not        string
	}{
		"webhook": {office{}, alice, tool.CreateWebhook, `{"url":"https://example.com/hook","eventTypes":["payment.pending","message.received","payment.pending"]}`,
			[]string{"Send events to https://example.com/hook", "Events: message.received, payment.pending",
				"There is already a webhook with this address: w1 (active), for message.received"}, ""},
		"deletion": {office{}, alice, tool.DeleteWebhook, `{"webhookId":"w1"}`,
			[]string{"Delete the webhook w1 (active) that sends to https://example.com/hook", "can't be brought back"}, ""},
		"token": {office{own: "mine"}, alice, tool.RevokeToken, `{"tokenId":"t1"}`,
			[]string{"Revoke the API token CI ‹b> (id t1, ot_pat_c3f9********bd21), active", "Last used 2026-06-01T12:00:00Z"}, "this server"},
		"own token": {office{own: "t1"}, caller.Caller{ID: "alice", Claims: true}, tool.RevokeToken, `{"tokenId":"t1"}`,
			[]string{"This server itself uses this token: revoking it ends the server's access to OpenTrain.", "no one can use it again"}, ""},
		"perhaps own": {office{}, alice, tool.RevokeToken, `{"tokenId":"t2"}`,
			[]string{"New (id t2), active", "Never used", "OpenTrain doesn't say which token this server uses"}, "whole"},
		"invitation": {office{}, alice, tool.InviteTeamMember, `{"email":"bob@example.com"}`,
			[]string{"Invite bob@example.com to the team of “Acme”", "it's added to the team at once"}, "already"},
		"again": {office{}, alice, tool.InviteTeamMember, `{"email":"old@example.com"}`,
			[]string{"already has a pending invitation, since 2026-06-01T12:00:00Z"}, ""},
	} {
		all := serve(t, &test.api, setup{confirm: true, config: t.TempDir()})
		_, form, failure := all.run(t.Context(), t, tool.Call{Caller: test.by, CanAsk: true}, test.tool, test.args)
		result, _, failureInChat := all.run(t.Context(), t, tool.Call{Caller: test.by}, test.tool, test.args)
		if failure != nil || form == nil || failureInChat != nil {
			t.Fatalf("%s: %v, %v", name, failure, failureInChat)
		}
		words := form.Message + form.Fields[0].Prompt
		for _, want := range test.want {
			if !strings.Contains(words, want) || !strings.Contains(result.Text, want) {
				t.Errorf("%s: %q is not in\n%s\nor\n%s", name, want, words, result.Text)
			}
		}
		if test.not != "" && strings.Contains(words+result.Text, test.not) {
			t.Errorf("%s: %q is in\n%s", name, test.not, result.Text)
		}
	}
}

// TestWhatBecameOfIt is said in words.
func TestWhatBecameOfIt(t *testing.T) {
	invited := func(status string) office { return office{body: `{"ok":true,"status":"` + status + `"}`} }
	for name, test := range map[string]struct {
		api        office
		tool, args string
		want       string
		action     tool.Action
		writes     int
	}{
		"invited":        {invited("invite_created"), tool.InviteTeamMember, `{"email":"bob@example.com"}`, "OpenTrain emailed an invitation to bob@example.com.", tool.Done, 1},
		"added":          {invited("member_added"), tool.InviteTeamMember, `{"email":"bob@example.com"}`, "is in the team now", tool.Done, 1},
		"there":          {invited("already_member"), tool.InviteTeamMember, `{"email":"bob@example.com"}`, "bob@example.com is already in the team.", tool.Done, 1},
		"there before":   {office{}, tool.InviteTeamMember, `{"email":"Ada@Example.com"}`, "is already in the team.", tool.Done, 0},
		"otherwise":      {invited("on_hold"), tool.InviteTeamMember, `{"email":"bob@example.com"}`, "OpenTrain says: on_hold.", tool.Done, 1},
		"revoked":        {office{own: "x", body: `{"token":{"id":"t1"}}`}, tool.RevokeToken, `{"tokenId":"t1"}`, "API token t1 was revoked.", tool.Done, 1},
		"revoked before": {office{}, tool.RevokeToken, `{"tokenId":"t0"}`, "was already revoked", tool.Done, 0},
		"deleted":        {office{body: `{"webhook":{"id":"w1"}}`}, tool.DeleteWebhook, `{"webhookId":"w1"}`, "Webhook w1 was deleted.", tool.Done, 1},
	} {
		result, failure := call(t, &test.api, setup{}, alice, test.tool, test.args)
		if failure != nil || !strings.Contains(result.Text, test.want) || !strings.Contains(result.Text, "Next: "+string(test.action)) || len(test.api.writes) != test.writes {
			t.Errorf("%s: %v, %v\n%s", name, failure, test.api.writes, result.Text)
		}
	}
}

// TestOwnTokenIsRevokedOnlyWithAYes: without confirmations no one would hear that the server loses its access.
func TestOwnTokenIsRevokedOnlyWithAYes(t *testing.T) {
	for _, own := range []string{"t1", ""} { // or OpenTrain doesn't say which it is
		api := &office{own: own, body: `{"token":{"id":"t1"}}`}
		_, failure := call(t, api, setup{}, alice, tool.RevokeToken, `{"tokenId":"t1"}`)
		if failure == nil || len(api.writes) != 0 || !strings.Contains(failure.Text(), "Nothing was changed.") || failure.Next.By != "human" {
			t.Errorf("%q: %v, %v", own, failure, api.writes)
		}
	}
	api := &office{own: "t1", body: `{"token":{"id":"t1"}}`}
	_, result, failure := serve(t, api, setup{confirm: true}).confirmed(t, tool.RevokeToken, `{"tokenId":"t1"}`)
	if failure != nil || len(api.writes) != 1 || !strings.Contains(result.Text, "This server has lost its access to OpenTrain") {
		t.Errorf("%v, %v: %s", failure, api.writes, result.Text)
	}
}

// TestInvitationWithoutAnEmail: what a failed email has changed is looked up.
func TestInvitationWithoutAnEmail(t *testing.T) {
	const failed = `{"error":"No email.","code":"CONFLICT","requestId":"r7","details":{"reason":"invite_email_send_failed"}}`
	for name, test := range map[string]struct{ email, team, want string }{
		"nothing":      {"bob@example.com", "", "There is no invitation: nothing was changed."},
		"there anyway": {"bob@example.com", `,{"id":"i2","email":"bob@example.com"}`, "The team lists an invitation anyway, but no email was sent."},
		"from before":  {"old@example.com", "", "The earlier invitation is still there. No new email was sent."},
	} {
		api := &office{status: 409, body: failed, team: test.team}
		_, failure := call(t, api, setup{}, alice, tool.InviteTeamMember, `{"email":"`+test.email+`"}`)
		if failure == nil || !strings.Contains(failure.Text(), test.want) || failure.Status != 409 || failure.RequestID != "r7" || len(api.writes) != 1 {
			t.Errorf("%s: %v", name, failure)
		}
	}
}

// TestListsOfTheOffice are complete in both forms, and go on with a cursor.
func TestListsOfTheOffice(t *testing.T) {
	for name, wants := range map[string][]string{
		tool.ListTokens:   {"3 tokens on this page, active ones first.", "1. Token (id t1) · ot_pat_c3f9********bd21 · active · last used 2026-06-01T12:00:00Z · this server uses it", "> CI ‹b>", "never used"},
		tool.ListWebhooks: {"1 webhook.\n", "1. Webhook (id w1)", "Address: https://example.com/hook", "Status: Active"},
		tool.GetWebhook:   {"Webhook (id w1)", "Events: message.received", "Created: 2026-06-01T12:00:00Z"},
		tool.GetTeam:      {"The team has 1 member and 1 open invitation.", "> Acme", "1. Owner (id u1)", "> Ada · ada@example.com", "2. Invited (id i1) · since 2026-06-01T12:00:00Z"},
	} {
		args := `{}`
		if name == tool.GetWebhook {
			args = `{"webhookId":"w1"}`
		}
		result, failure := call(t, &office{own: "t1"}, setup{}, alice, name, args)
		if failure != nil {
			t.Fatalf("%s: %v", name, failure)
		}
		for _, want := range wants {
			if !strings.Contains(result.Text, want) {
				t.Errorf("%s: %q is not in\n%s", name, want, result.Text)
			}
		}
		if strings.Contains(result.Text+string(result.Structured), "ot_pat_whole") {
			t.Errorf("%s shows a token", name)
		}
	}
	var tokens, members []string
	for i := range 25 {
		tokens = append(tokens, fmt.Sprintf(`{"id":"t%d","status":"active","name":%q,"scopes":["%[2]s"]}`, i, strings.Repeat("n", 200)))
		members = append(members, fmt.Sprintf(`{"userId":"u%d","name":%q}`, i, strings.Repeat("n", 500)))
	}
	api := &routes{bodies: map[string]string{
		"GET /tokens": `{"tokens":[` + strings.Join(tokens, ",") + `]}`, "GET /team": `{"team":{"members":[` + strings.Join(members, ",") + `]}}`,
		"GET /webhooks": `{"webhooks":[` + strings.Repeat(`{"id":"w","status":"DISABLED","disabledReason":"Too\u200b many","url":"`+strings.Repeat("u", 3000)+`"},`, 24) + `{"id":"w"}]}`,
	}}
	all := serve(t, api, setup{})
	for _, name := range []string{tool.ListTokens, tool.GetTeam} {
		seen, args := 0, `{}`
		for args != "" {
			result, _, failure := all.run(t.Context(), t, tool.Call{Caller: alice}, name, args)
			var out struct {
				Tokens, People []any
				NextCursor     string
			}
			if failure != nil || json.Unmarshal(result.Structured, &out) != nil || max(len(result.Text), len(result.Structured)) > 20_000 {
				t.Fatalf("%s: %v, %d characters", name, failure, len(result.Text))
			}
			if seen += len(slices.Concat(out.Tokens, out.People)); out.NextCursor == "" {
				break
			}
			args = fmt.Sprintf(`{"cursor":%q}`, out.NextCursor)
		}
		if seen != 25 {
			t.Errorf("%s: %d of 25", name, seen)
		}
		if _, _, failure := all.run(t.Context(), t, tool.Call{Caller: alice}, name, `{"cursor":"x"}`); failure == nil || !strings.Contains(failure.Text(), "isn't valid") {
			t.Errorf("%s: %v", name, failure)
		}
	}
	result, _, failure := all.run(t.Context(), t, tool.Call{Caller: alice}, tool.ListWebhooks, `{}`)
	if failure != nil || max(len(result.Text), len(result.Structured)) > 20_000 || !strings.Contains(result.Text, "Left out: 15 older webhooks") ||
		!strings.Contains(result.Text, "A disabled webhook can't be enabled again.") {
		t.Errorf("%v\n%.2000s", failure, result.Text)
	}
	for name, empty := range map[string]string{tool.ListTokens: `{"tokens":[]}`, tool.ListWebhooks: `{"webhooks":[]}`} {
		if result, failure := call(t, &upstream{body: empty}, setup{}, alice, name, `{}`); failure != nil || !strings.Contains(result.Text, " no ") {
			t.Errorf("%s: %v %s", name, failure, result.Text)
		}
	}
}
