package acceptance_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/tool"
)

// TestMissingScopeAsksNobody: a token without the scope of a call is named before a human is asked and before anything
// about the job is read. Once the token has the scope, the same server asks.
func TestMissingScopeAsksNobody(t *testing.T) {
	t.Parallel()
	for name, answerForm := range answerForms() {
		for client, asks := range map[string]respond{"no forms": nil, "forms": answers("cancel", nil)} {
			t.Run(name+", "+client, func(t *testing.T) {
				for toolName, arguments := range possibleCalls(newDuo(answerForm)) {
					api := newDuo(answerForm)
					api.token(alice[1], "alice", "jobs:read", "proposals:read")
					arguments["jobId"] = made(api, "alice", map[bool]string{true: "DRAFT", false: "OPEN"}[toolName == tool.Publish], signs())
					s := &formHost{endpoint: inside(t, api, nil), answer: asks}
					scope := map[bool]string{true: "proposals:write", false: "jobs:write"}[toolName == tool.InviteTrainer]
					got := s.call(toolName, arguments)
					details, err := json.Marshal(got.failure.Details)
					if want := `{"grantedScopes":["jobs:read","proposals:read"],"requiredScopes":["` + scope + `"]}`; err != nil || string(details) != want {
						t.Errorf("%s: details %s (%v)", toolName, details, err)
					}
					if got.failure.Code != "FORBIDDEN" || len(s.forms) != 0 || !leadsOn(t, s, got) ||
						!strings.Contains(got.text, "lacks the "+scope+" scope; it has jobs:read, proposals:read. Nothing was changed.") {
						t.Errorf("%s, %d forms: %s", toolName, len(s.forms), got.text)
					}
					for _, r := range api.requests() {
						if r.route != "GET /auth/me" && r.route != "GET /job-drafts/capabilities" {
							t.Errorf("%s: sent %s", toolName, r.route)
						}
					}
					api.token(alice[1], "alice", "jobs:write", "proposals:write")
					if got := s.call(toolName, arguments); got.isError || got.next(t).Action != tool.ConfirmWithHuman || (len(s.forms) == 1) != (asks != nil) {
						t.Errorf("%s, granted, %d forms: %s", toolName, len(s.forms), got.text)
					}
				}
			})
		}
	}
}

// TestScopeOfGetDraft: it saves the title, so it needs the scope to write, but not where access is read-only.
func TestScopeOfGetDraft(t *testing.T) {
	t.Parallel()
	for access, want := range map[string]string{
		"full": "lacks the jobs:write scope; it has jobs:read.", "read-only server": "Street signs", "read-only header": "Street signs",
	} {
		api := newDuo(guideForm)
		api.token(alice[1], "alice", "jobs:read")
		id := made(api, "alice", "DRAFT", signs())
		s := inside(t, api, func(c *opentrainmcp.HTTPConfig) { c.ReadOnly = access == "read-only server" })
		headers := slices.Clone(alice)
		if access == "read-only header" {
			headers = append(headers, "X-MCP-Readonly", "true")
		}
		got := s.call(tool.GetDraft, map[string]any{"jobId": id}, headers...)
		if full := access == "full"; got.isError != full || !strings.Contains(got.text, want) {
			t.Errorf("%s: %s", access, got.text)
		}
		for _, r := range api.requests() {
			if r.method != "GET" || access == "full" && strings.HasPrefix(r.route, "GET /jobs") {
				t.Errorf("%s: sent %s", access, r.route)
			}
		}
	}
}
