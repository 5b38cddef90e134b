package tools_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// office is an API with webhooks, tokens and a team. A test sets how it answers the write.
type office struct {
	status   int    // of the write; 0 is 200
	body     string // of the write
	err      error  // of the write: its answer is lost
	scopes   string // of the token; "" for all
	features string // of the account; "" for all
	team     string // after the write; "" for the one before
	webhooks string // "" for one
	own      string // the id of the token in use
	writes   []string
	sent     string
}

const (
	webhookSecret = "whsec_TopSecret0123456789"
	teamOf        = `{"team":{"organization":{"id":"o1","name":"Acme"},"members":[{"userId":"u1","role":"OWNER","name":"Ada","email":"ada@example.com"}],` +
		`"invites":[{"id":"i1","email":"old@example.com","createdAt":"2026-06-01T12:00:00Z"}%s]}}`
)

func (o *office) RoundTrip(r *http.Request) (*http.Response, error) {
	path, status, body := strings.TrimPrefix(r.URL.Path, "/api/public/v1"), http.StatusOK, ""
	team := strings.Replace(teamOf, "%s", "", 1)
	hook := `{"id":"w1","url":"https://example.com/hook","eventTypes":["message.received"],"status":"ACTIVE","createdAt":"2026-06-01T12:00:00Z"}`
	switch route := r.Method + " " + path; {
	case r.Method != http.MethodGet:
		o.writes = append(o.writes, route)
		if r.Body != nil {
			data, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			o.sent = string(data)
		}
		if o.err != nil {
			return nil, o.err
		}
		if status = http.StatusOK; o.status != 0 {
			status = o.status
		}
		body = o.body
	case path == "/auth/me":
		scopes := `["webhooks:manage","proposals:read","messages:read","payments:read","team:write"]`
		if o.scopes != "" {
			scopes = o.scopes
		}
		body = `{"actor":{"userId":"u"},"token":{"id":"` + o.own + `","scopes":` + scopes + `}}`
	case path == "/job-drafts/capabilities":
		body = `{"capabilities":{` + o.features + `},"draft":{}}`
	case path == "/webhooks":
		if body = `{"webhooks":[` + hook + `]}`; o.webhooks != "" {
			body = o.webhooks
		}
	case path == "/webhooks/w1":
		body = `{"webhook":` + hook + `}`
	case path == "/tokens":
		body = `{"tokens":[{"id":"t0","name":"Gone","preview":"ot_pat_a***aaaa","status":"revoked"},` +
			`{"id":"t1","name":"CI <b>","preview":"ot_pat_c3f9********bd21","status":"active","scopes":["jobs:read"],"lastUsedAt":"2026-06-01T12:00:00Z"},` +
			`{"id":"t2","name":"New","preview":"ot_pat_whole","status":"active","scopes":[]}]}`
	case path == "/team":
		if body = team; len(o.writes) > 0 && o.team != "" {
			body = strings.Replace(teamOf, "%s", o.team, 1)
		}
	default:
		status, body = http.StatusNotFound, `{"error":"No.","code":"NOT_FOUND"}`
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Request: r, Body: io.NopCloser(strings.NewReader(body))}, nil
}

// write is a tool that changes something, with arguments that work and what the API answers then.
type write struct {
	name, args, answer, claimed string
	look                        string // the tool that shows what became of a lost write
}

func writes() []write {
	return []write{
		{tool.CreateWebhook, `{"url":"https://example.com/hook","eventTypes":["message.received"]}`, `{"webhook":{"id":"w2","url":"https://example.com/hook",` +
			`"eventTypes":["message.received"],"status":"ACTIVE"},"secret":"` + webhookSecret + `","message":"Save ` + webhookSecret + `"}`, "", tool.ListWebhooks},
		{tool.DeleteWebhook, `{"webhookId":"w1"}`, `{"webhook":{"id":"w1"},"deleted":true}`, "", tool.ListWebhooks},
		{tool.RevokeToken, `{"tokenId":"t1"}`, `{"token":{"id":"t1","status":"revoked"}}`, "", tool.ListTokens},
		{tool.InviteTeamMember, `{"email":"bob@example.com"}`, `{"ok":true,"status":"invite_created","email":"bob@example.com"}`, "", tool.GetTeam},
	}
}

// confirmed calls a tool with the yes of a human, and returns what was shown to them.
func (s served) confirmed(t *testing.T, name, args string) (shown tool.Next, result tool.Result, failure *tool.Failure) {
	t.Helper()
	shown = s.next(t, strings.TrimPrefix(name, "opentrain_"), args)
	if shown.Action != tool.ConfirmWithHuman || shown.Tool != name {
		t.Fatalf("%s doesn't ask first: %+v", name, shown)
	}
	s.asksTheSame(t, shown, args)
	again, err := json.Marshal(shown.Arguments)
	if err != nil {
		t.Fatal(err)
	}
	result, _, failure = s.run(t.Context(), t, tool.Call{Caller: alice}, name, string(again))
	return shown, result, failure
}

// asksTheSame checks that the human reads what a yes does in the conversation as in the form, and that the note is for the model alone.
func (s served) asksTheSame(t *testing.T, shown tool.Next, args string) {
	t.Helper()
	_, ask, failure := s.run(t.Context(), t, tool.Call{Caller: alice, CanAsk: true}, shown.Tool, args)
	if failure != nil || ask == nil {
		t.Fatalf("%s shows no form: %v", shown.Tool, failure)
	}
	prompt := strings.Replace(ask.Fields[0].Prompt, "Check this box to approve.", ask.Fields[0].Label, 1)
	if shown.Question != prompt || strings.HasSuffix(prompt, "?") || shown.Note != "" {
		t.Errorf("%s asks %q with the note %q, and in a form %q", shown.Tool, shown.Question, shown.Note, prompt)
	}
}

// TestWritesAskAndAreDoneOnce: each asks first, is done once with a yes, and a yes counts once.
func TestWritesAskAndAreDoneOnce(t *testing.T) {
	for _, w := range writes() {
		api, config := &office{body: w.answer, own: "mine"}, t.TempDir()
		all := serve(t, api, setup{confirm: true, config: config})
		shown, result, failure := all.confirmed(t, w.name, w.args)
		if failure != nil || len(api.writes) != 1 || result.Effect.Outcome == "" || strings.HasPrefix(result.Effect.Outcome, "not") || result.Effect.Subject == "" {
			t.Errorf("%s: %v, %v, %+v", w.name, failure, api.writes, result.Effect)
		}
		again, err := json.Marshal(shown.Arguments)
		if err != nil {
			t.Fatal(err)
		}
		if next := all.next(t, strings.TrimPrefix(w.name, "opentrain_"), string(again)); len(api.writes) != 1 || next.Action == "" {
			t.Errorf("%s: done twice with one yes: %v", w.name, api.writes)
		}
		declined, _, failure := all.run(t.Context(), t, tool.Call{Caller: alice, State: json.RawMessage(`"x"`), Form: tool.FormDeclined}, w.name, w.args)
		if failure != nil || len(api.writes) != 1 || !strings.Contains(declined.Text, "The human didn't approve this.") || !strings.HasPrefix(declined.Effect.Outcome, "not") {
			t.Errorf("%s: %v %s", w.name, failure, declined.Text)
		}
		_, form, failure := all.run(t.Context(), t, tool.Call{Caller: alice, CanAsk: true}, w.name, w.args)
		if failure != nil || form == nil || len(api.writes) != 1 {
			t.Errorf("%s shows no form: %v", w.name, failure)
		}
		everything := result.Text + string(result.Structured) + form.Message
		if strings.Contains(everything, "TopSecret") || strings.Contains(everything, "<b>") {
			t.Errorf("%s: %s", w.name, everything)
		}
		noFilesBut(t, config, w.name == tool.CreateWebhook)
	}
}

// noFilesBut checks the files that are left: none, or one with the secret.
func noFilesBut(t *testing.T, config string, secret bool) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(config, "opentrain", "*"))
	if err != nil || len(files) > 1 || (len(files) == 1) != secret {
		t.Fatalf("%v, %v", files, err)
	}
	if !secret {
		return
	}
	data, err := os.ReadFile(files[0])
	info, errInfo := os.Stat(files[0])
	if err != nil || errInfo != nil || string(data) != webhookSecret+"\n" || info.Mode().Perm() != 0o600 {
		t.Errorf("%q, %v, %v", data, info, err)
	}
}

// TestWritesThatFail: whatever goes wrong is said in words, nothing is done twice, and the next step leads on.
func TestWritesThatFail(t *testing.T) {
	refused := func(code, details string) string {
		return `{"error":"It can't be done.","code":"` + code + `","requestId":"r1","details":` + details + `}`
	}
	unknown, nothing := "It's unclear whether", "Nothing was changed."
	for name, test := range map[string]struct {
		api   office
		words string
		next  func(w write) string // the tool of the next step
	}{
		"lost answer":  {office{err: errors.New("connection reset")}, unknown, func(w write) string { return w.look }},
		"502":          {office{status: 502, body: "<html>"}, unknown, func(w write) string { return w.look }},
		"half":         {office{status: 201, body: `{"ok":true}`}, unknown, func(w write) string { return w.look }},
		"500":          {office{status: 500, body: refused("INTERNAL_ERROR", "{}")}, unknown, func(w write) string { return w.look }},
		"409":          {office{status: 409, body: refused("CONFLICT", "{}")}, unknown, func(w write) string { return w.look }},
		"409, reason":  {office{status: 409, body: refused("CONFLICT", `{"reason":"not_today"}`)}, nothing, func(w write) string { return w.look }},
		"gone":         {office{status: 404, body: refused("NOT_FOUND", `{}`)}, nothing, func(w write) string { return w.look }},
		"unclaimed":    {office{status: 403, body: refused("FORBIDDEN", `{"reason":"account_claim_required"}`)}, nothing, func(write) string { return "" }},
		"no teams":     {office{status: 403, body: refused("FORBIDDEN", `{"reason":"teams_not_enabled"}`)}, nothing, func(write) string { return "" }},
		"scope":        {office{status: 403, body: refused("FORBIDDEN", `{"requiredScopes":["x:y"],"grantedScopes":[]}`)}, nothing, func(write) string { return "" }},
		"feature":      {office{status: 403, body: refused("FORBIDDEN", `{"featureKey":"public_api_x"}`)}, nothing, func(write) string { return "" }},
		"rate limited": {office{status: 429, body: refused("RATE_LIMITED", `{}`)}, nothing, func(w write) string { return w.name }},
		"bad request":  {office{status: 400, body: refused("BAD_REQUEST", `{"issues":[{"path":["email"],"message":"bad"}]}`)}, nothing, func(w write) string { return w.name }},
	} {
		for _, w := range writes() {
			api, config := test.api, t.TempDir()
			api.own = "mine"
			all := serve(t, &api, setup{confirm: true, config: config})
			shown, _, failure := all.confirmed(t, w.name, w.args)
			if failure == nil {
				t.Fatalf("%s, %s: no failure", name, w.name)
			}
			words := failure.Text()
			if len(api.writes) != 1 || strings.Count(words, unknown)+strings.Count(words, nothing) != 1 || !strings.Contains(words, test.words) {
				t.Errorf("%s, %s: %v\n%s", name, w.name, api.writes, words)
			}
			if next := failure.Next; next.Tool != test.next(w) {
				t.Errorf("%s, %s: %+v", name, w.name, next)
			}
			checkLeads(t, all, name+", "+w.name, failure)
			noFilesBut(t, config, false)
			again, err := json.Marshal(shown.Arguments)
			if err != nil {
				t.Fatal(err)
			}
			if test.words == unknown { // the yes was for one try
				if next := all.next(t, strings.TrimPrefix(w.name, "opentrain_"), string(again)); !strings.Contains(next.Note, "This yes was used before") || len(api.writes) != 1 {
					t.Errorf("%s, %s: tried again without a yes: %v", name, w.name, api.writes)
				}
			}
		}
	}
}

// TestNobodyIsAskedInVain: no human is asked about what can't happen.
func TestNobodyIsAskedInVain(t *testing.T) {
	hooks := `{"webhooks":[` + strings.Repeat(`{"id":"w","url":"https://x.example","status":"ACTIVE"},`, 9) + `{"id":"w","status":"%s"}]}`
	url := func(url string) string { return `{"url":"` + url + `","eventTypes":["message.received"]}` }
	for name, test := range map[string]struct {
		api        office
		tool, args string
		want       string
	}{
		"no scope":               {office{scopes: `["jobs:read"]`}, tool.CreateWebhook, "", "lacks the webhooks:manage scope"},
		"no scope of the event":  {office{scopes: `["webhooks:manage"]`}, tool.CreateWebhook, "", "lacks the messages:read scope"},
		"no webhooks":            {office{features: `"webhooks":false`}, tool.CreateWebhook, "", "The feature public_api_webhooks is not enabled"},
		"no webhooks to delete":  {office{features: `"webhooks":false`}, tool.DeleteWebhook, "", "The feature public_api_webhooks is not enabled"},
		"no scope to delete":     {office{scopes: `["jobs:read"]`}, tool.DeleteWebhook, "", "lacks the webhooks:manage scope"},
		"no scope to invite":     {office{scopes: `["team:read"]`}, tool.InviteTeamMember, "", "lacks the team:write scope"},
		"no team":                {office{features: `"team":false`}, tool.InviteTeamMember, "", "The feature public_api_team is not enabled"},
		"too many webhooks":      {office{webhooks: strings.Replace(hooks, "%s", "ACTIVE", 1)}, tool.CreateWebhook, "", "already has 10 active webhooks"},
		"unknown webhook":        {office{}, tool.DeleteWebhook, `{"webhookId":"w9"}`, "This account has no webhook with that id. Nothing was changed."},
		"unknown token":          {office{}, tool.RevokeToken, `{"tokenId":"t9"}`, "This account has no API token with that id. Nothing was changed."},
		"a name, not an address": {office{}, tool.InviteTeamMember, `{"email":"Bob <bob@example.com>"}`, "is not an email address"},
		"no address":             {office{}, tool.InviteTeamMember, `{"email":"bob"}`, "is not an email address"},
		"http":                   {office{}, tool.CreateWebhook, url("http://example.com/"), "must start with https://"},
		"not loopback":           {office{}, tool.CreateWebhook, url("http://127.0.0.1.example.com/"), "must start with https://"},
		"no web address":         {office{}, tool.CreateWebhook, url("ftp://localhost/"), "must start with https://"},
		"no host":                {office{}, tool.CreateWebhook, url("https:///hook"), "is not a web address"},
		"hidden":                 {office{}, tool.CreateWebhook, url("https://example.com/\u200b"), "is not a web address"},
		"no event":               {office{}, tool.CreateWebhook, `{"url":"https://example.com","eventTypes":["job.closed"]}`, "is not one of: proposal.received"},
	} {
		if test.args == "" {
			test.args = writes()[slices.IndexFunc(writes(), func(w write) bool { return w.name == test.tool })].args
		}
		config := t.TempDir()
		all := serve(t, &test.api, setup{confirm: true, config: config})
		_, form, failure := all.run(t.Context(), t, tool.Call{Caller: alice, CanAsk: true}, test.tool, test.args)
		if failure == nil || form != nil || len(test.api.writes) != 0 || !strings.Contains(failure.Text(), test.want) {
			t.Errorf("%s: %+v, %v", name, form, failure)
			continue
		}
		checkLeads(t, all, name, failure)
		noFilesBut(t, config, false)
	}
	for _, address := range []string{"http://localhost:8000/hook", "http://127.0.0.1/", "http://[::1]:9/x", "https://example.com"} {
		api := office{webhooks: strings.Replace(hooks, "%s", "DISABLED", 1)}
		if _, form, failure := serve(t, &api, setup{confirm: true, config: t.TempDir()}).run(t.Context(), t, tool.Call{Caller: alice, CanAsk: true},
			tool.CreateWebhook, url(address)); failure != nil || form == nil {
			t.Errorf("%s: %v", address, failure)
		}
	}
}

// TestAllProblemsOfAWebhookAtOnce: those of its address, and those of its events.
func TestAllProblemsOfAWebhookAtOnce(t *testing.T) {
	_, _, failure := serve(t, &office{}, setup{config: t.TempDir()}).run(t.Context(), t, tool.Call{Caller: alice}, tool.CreateWebhook,
		`{"url":"ftp://example.com/h","eventTypes":["nope"]}`)
	if failure == nil {
		t.Fatal("no failure")
	}
	wants(t, failure.Text(), "- url must start with https://", `- eventTypes[0]: "nope" is not one of: proposal.received`)
}

// TestAddressesThatOpenTrainCannotReach are warned of before a yes, unless the API is here too.
func TestAddressesThatOpenTrainCannotReach(t *testing.T) {
	const warning = "Warning: Only this machine or its network can reach this address, so OpenTrain's events can't arrive there."
	for base, warns := range map[string]bool{"": true, "http://127.0.0.1:8090": false, "http://localhost": false, "https://sandbox.invalid": false} {
		for address, local := range map[string]bool{
			"https://localhost/h": true, "https://127.0.0.1/h": true, "http://[::1]:8000/h": true, "https://192.168.1.5/h": true,
			"https://example.com/h": false,
		} {
			asked, next := serve(t, &office{}, setup{confirm: true, config: t.TempDir(), base: base}).answer(t, tool.CreateWebhook,
				`{"url":"`+address+`","eventTypes":["message.received"]}`)
			if next.Action != tool.ConfirmWithHuman || strings.Contains(asked.Text, warning) != (warns && local) {
				t.Errorf("API %q: %s", base, asked.Text)
			}
		}
	}
}

// TestSecretsNeedAFile: one that can't be written is found out before the webhook is made.
func TestSecretsNeedAFile(t *testing.T) {
	config := t.TempDir()
	if err := os.WriteFile(filepath.Join(config, "opentrain"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	w := writes()[0]
	for _, asks := range []bool{true, false} {
		api := &office{body: w.answer}
		_, form, failure := serve(t, api, setup{confirm: asks, config: config}).run(t.Context(), t, tool.Call{Caller: alice, CanAsk: true}, w.name, w.args)
		if failure == nil || form != nil || len(api.writes) != 0 || failure.Code != opentrain.CodeForbidden ||
			!strings.Contains(failure.Text(), "can't be written: not a directory. Nothing was changed.") {
			t.Errorf("%v, %v", failure, api.writes)
		}
	}
	for answer, want := range map[string]string{
		`{"webhook":{"id":"w2","url":"https://x.example","status":"ACTIVE"},"message":"` + webhookSecret + `"}`: "OpenTrain sent no secret with it.",
	} {
		api, empty := &office{body: answer}, t.TempDir()
		all := serve(t, api, setup{config: empty})
		next := all.next(t, "create_webhook", w.args)
		if !strings.Contains(next.Problem, want) || next.Tool != tool.DeleteWebhook || next.Arguments["webhookId"] != "w2" {
			t.Errorf("%+v", next)
		}
		noFilesBut(t, empty, false)
	}
}

// TestEveryWriteHasAnOutcome: the log of what was changed doesn't depend on OpenTrain's words, which may be blank.
func TestEveryWriteHasAnOutcome(t *testing.T) {
	api := owner{&script{answers: map[string]string{"POST /jobs/j/close": `{"jobId":"j","status":" "}`}}, "OPEN", ""}
	closed, failure := call(t, api, setup{}, alice, tool.CloseJob, `{"jobId":"j"}`)
	if failure != nil || closed.Effect != (tool.Effect{JobID: "j", Outcome: "closed"}) {
		t.Errorf("%v, %+v", failure, closed.Effect)
	}
	for _, w := range writes() {
		blank := &office{body: strings.Replace(w.answer, "invite_created", " ", 1), own: "mine"}
		_, result, failure := serve(t, blank, setup{confirm: true, config: t.TempDir()}).confirmed(t, w.name, w.args)
		if failure != nil || result.Effect.Outcome == "" || strings.HasPrefix(result.Effect.Outcome, "not") {
			t.Errorf("%s: %v, %+v\n%s", w.name, failure, result.Effect, result.Text)
		}
	}
	held := `{"jobId":"j","status":" ","moderation":{"decision":"BLOCK","reasons":["Too short"]}}`
	api = owner{&script{answers: map[string]string{"POST /jobs/j/publish": held}}, "DRAFT", ""}
	if result, failure := call(t, api, setup{}, alice, tool.Publish, `{"jobId":"j"}`); failure != nil || result.Effect.Outcome == "" {
		t.Errorf("%v, %+v\n%s", failure, result.Effect, result.Text)
	}
}
