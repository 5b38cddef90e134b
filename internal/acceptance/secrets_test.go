package acceptance_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/opentrain/sandbox"
)

// TestNoOutputShowsTheToken runs calls that succeed and fail, with a debug log, and
// looks for the token in all output.
func TestNoOutputShowsTheToken(t *testing.T) {
	t.Parallel()
	const token = "ot_pat_do_not_show_me"
	accounts := []sandbox.Account{{Token: token, Scopes: []string{"jobs:read"}, Claimed: true}}
	api := "OPENTRAIN_API_BASE_URL=" + serveSandbox(t, sandbox.Config{Accounts: accounts})
	for name, env := range map[string][]string{
		"good":        {api, "OT_API_TOKEN=" + token},
		"wrong":       {api, "OT_API_TOKEN=" + token + "x"},
		"malformed":   {api, `OT_API_TOKEN="` + token + `"`},
		"unreachable": {"OPENTRAIN_API_BASE_URL=http://127.0.0.1:1", "OT_API_TOKEN=" + token},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := run(t, environment(t, append(env, "OPENTRAIN_MCP_LOG_LEVEL=debug")...))
			p.send(hello)
			out := string(p.receive().Result)
			for i, tool := range []string{"opentrain_list_jobs", "opentrain_search_jobs", "opentrain_create_draft"} {
				arguments := map[string]any{}
				if tool == "opentrain_create_draft" {
					arguments["description"] = "x"
				}
				p.send(rpc(i+2, tool, arguments))
			}
			for range 3 {
				out += string(p.receive().Result)
			}
			p.stdin.Close()
			if err := p.end(); err != nil {
				t.Error(err)
			}
			if out += p.stderr.String(); strings.Contains(out, token) {
				t.Errorf("the token is in\n%s", out)
			}
		})
	}
}

// TestEchoedTokenIsNotShown: the token stays hidden when the API repeats the request's header, also with characters in it that
// cleaning takes out.
func TestEchoedTokenIsNotShown(t *testing.T) {
	const token = "ot_pat_echoed_secret"
	for _, status := range []int{400, 401, 403, 409, 200, -400, -401, -403, -409, -200} {
		pieces := status < 0
		status = max(status, -status)
		api := roundTripper(func(r *http.Request) (*http.Response, error) {
			sent := r.Header.Get("Authorization")
			if pieces {
				sent = strings.ReplaceAll(sent, "pat_echoed", "pat_ech\u200boed")
			}
			body := fmt.Sprintf(`{"error":"bad %s","code":"CONFLICT","requestId":%q,"details":{"h":%q},"status":"OPEN","warnings":[%q],"jobUrl":%q}`,
				sent, sent, sent, sent, sent)
			return answering(status, body).RoundTrip(r)
		})
		s := startWith(t, api, func(cfg *opentrainmcp.Config) { cfg.Token = fixed(token) })
		got := call(t, s.host, "opentrain_publish", job())
		meta, err := json.Marshal(got.failure)
		if all := got.text + string(got.structured) + string(meta) + s.log.String(); err != nil || strings.Contains(all, token) {
			t.Errorf("%d: %s", status, all)
		}
	}
}

// TestArgumentsAreNotLogged: the log never contains arguments, not even invalid ones.
func TestArgumentsAreNotLogged(t *testing.T) {
	s := on(t, http.StatusOK, `{"jobId":"j"}`)
	call(t, s.host, "opentrain_patch_draft", patch("pricePerHour", "SECRET"))
	call(t, s.host, "opentrain_create_draft", map[string]any{"description": "SECRET"})
	if log := s.log.String(); strings.Contains(log, "SECRET") || !strings.Contains(log, "fields.pricePerHour") {
		t.Errorf("the log:\n%s", log)
	}
}

// TestEscapedEchoIsNotShown: an API that echoes the token with JSON escapes, or in
// X-Request-Id, puts it neither into a result nor into the log.
func TestEscapedEchoIsNotShown(t *testing.T) {
	t.Parallel()
	const token = "ot_pat_echoed/secret_1"
	escapes := map[string]string{
		"slashes":     strings.ReplaceAll(token, "/", `\/`),
		"underscores": strings.ReplaceAll(token, "_", `\u005f`),
		"every letter": regexp.MustCompile(`.`).ReplaceAllStringFunc(token, func(c string) string {
			return fmt.Sprintf(`\u%04x`, c[0])
		}),
	}
	bodies := map[int]string{
		200: `{"jobId":"job_1","status":"OPEN","warnings":["%[1]s"],"jobUrl":"https://x/%[1]s"}`,
		409: `{"error":"No: %[1]s","code":"CONFLICT","requestId":"%[1]s","details":{"%[1]s":"%[1]s"}}`,
		502: `<html>%[1]s</html>`,
	}
	for name, escaped := range escapes {
		for status, body := range bodies {
			t.Run(fmt.Sprintf("%s, HTTP %d", name, status), func(t *testing.T) {
				t.Parallel()
				api := roundTripper(func(r *http.Request) (*http.Response, error) {
					answer, err := answering(status, fmt.Sprintf(body, escaped)).RoundTrip(r)
					answer.Header.Set("X-Request-Id", "r-"+token)
					return answer, err
				})
				s := startHTTPWith(t, api, nil)
				shown := ""
				for _, tool := range []string{"opentrain_publish", "opentrain_close_job"} {
					got := s.do("POST", "/mcp", rpc(1, tool, job()), tokenHeader, token)
					if got.status != http.StatusOK || len(s.api.seen()) == 0 {
						t.Fatalf("%d %s", got.status, got.body)
					}
					shown += got.body
				}
				shown += s.log.String()
				for _, form := range []string{token, escaped} {
					if strings.Contains(shown, form) {
						t.Errorf("the token is in\n%s", shown)
					}
				}
			})
		}
	}
}
