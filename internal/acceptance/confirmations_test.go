package acceptance_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/demo"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain/sandbox"
)

// TestConfirmedToolsWantAYes: without a confirmation, nothing is done. The answer shows what would be done and carries
// the confirmation, which counts with unchanged arguments.
func TestConfirmedToolsWantAYes(t *testing.T) {
	for carrier := range carriers() {
		for _, c := range confirmedTools() {
			t.Run(carrier+", "+c.tool, func(t *testing.T) {
				s := startAsking(t, carrier, sandbox.Guide, nil, nil)
				c.prepare(t, s)
				got := call(t, s.host, c.tool, c.arguments)
				next := c.asks(t, s, got)
				for _, part := range c.shown {
					if shown := jsonOf(t, next.Show); !strings.Contains(shown, part) || !strings.Contains(got.text, part) {
						t.Errorf("%q is not shown: %s\n%s", part, shown, got.text)
					}
				}
				for name, value := range c.arguments {
					if fmt.Sprint(next.Arguments[name]) != fmt.Sprint(value) {
						t.Errorf("%s is %v", name, next.Arguments[name])
					}
				}
				c.isDone(t, s, call(t, s.host, next.Tool, next.Arguments))
			})
		}
	}
}

// TestReportsConfirm: the report on a finished draft holds the same step as opentrain_publish.
func TestReportsConfirm(t *testing.T) {
	publish := confirmedTools()[0]
	s := startAsking(t, "stdio, "+legacy, sandbox.Guide, nil, nil)
	next := s.ready(t)
	if shown := shownFields(t, next); shown["experienceLevel"] != "EXPERT" || next.Show.DraftURL == "" ||
		!strings.HasPrefix(next.Otherwise, publish.otherwise) {
		t.Errorf("%+v", next)
	}
	again := publish.asks(t, s, call(t, s.host, "opentrain_publish", job()))
	if jsonOf(t, again.Show) != jsonOf(t, next.Show) || again.Note != next.Note || again.Otherwise != next.Otherwise {
		t.Errorf("%+v\n%+v", again, next)
	}
	publish.isDone(t, s, call(t, s.host, next.Tool, next.Arguments))
}

// TestConfirmOff: no yes is asked for, with or without forms. Questions about a draft still come in forms.
func TestConfirmOff(t *testing.T) {
	for _, c := range confirmedTools() {
		for name, answer := range map[string]respond{"forms": fills, "no forms": nil} {
			s := startAsking(t, "stdio, 2025-11-25", sandbox.Guide, answer, func(cfg *opentrainmcp.HTTPConfig) { cfg.Confirm = opentrainmcp.Off })
			call(t, s.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
			forms := len(s.human.seen())
			if (forms == 0) != (answer == nil) {
				t.Errorf("%s: %d forms", name, forms)
			}
			report := call(t, s.host, "opentrain_patch_draft", completing())
			if token := confirmationIn(report); token != "" {
				t.Errorf("%s: a confirmation: %s", name, report.text)
			}
			if c.live {
				call(t, s.host, "opentrain_publish", job())
			}
			c.isDone(t, s, call(t, s.host, c.tool, c.arguments))
			if len(s.human.seen()) != forms {
				t.Errorf("%s: a form asks for a yes", c.tool)
			}
		}
	}
}

// TestOnlyItsOwnConfirmationCounts: a confirmation that was changed in any byte, or that belongs to another tool, job or
// other arguments, does nothing. The answer says so and holds a new confirmation.
func TestOnlyItsOwnConfirmationCounts(t *testing.T) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for _, c := range confirmedTools() {
		t.Run(c.tool, func(t *testing.T) {
			s := startAsking(t, "stdio, 2025-11-25", sandbox.Guide, nil, nil)
			c.prepare(t, s)
			next := c.asks(t, s, call(t, s.host, c.tool, c.arguments))
			token, _ := next.Arguments["confirmationToken"].(string)
			bad := []string{" ", token + "A", token[1:], token[:len(token)-1], strings.ToUpper(token), strings.Repeat("A", len(token))}
			for i := range token {
				other := alphabet[(strings.IndexByte(alphabet, token[i])+1)%len(alphabet)]
				bad = append(bad, token[:i]+string(other)+token[i+1:])
			}
			for _, other := range confirmedTools() {
				if other.live == c.live && other.tool != c.tool {
					bad = append(bad, confirmationIn(call(t, s.host, other.tool, other.arguments)))
				}
			}
			for name, value := range map[string]any{"fields": map[string]any{"pricePerHour": 26}, "freelancerId": sandbox.FreelancerAlsoAvailable} {
				if c.arguments[name] != nil {
					bad = append(bad, confirmationIn(call(t, s.host, c.tool, job(name, value))))
				}
			}
			call(t, s.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription + " Again."})
			report := call(t, s.host, "opentrain_patch_draft",
				map[string]any{"jobId": "job_2", "fields": map[string]any{"experienceLevel": "EXPERT", "dataVolumeUnit": "NUMBER_OF_FILES"}})
			bad = append(bad, confirmationIn(report))
			for _, token := range bad {
				if token == "" {
					t.Fatal("no confirmation to try")
				}
				got := call(t, s.host, c.tool, c.with("confirmationToken", token))
				if fresh := c.asks(t, s, got); confirmationIn(got) == token || !strings.HasPrefix(fresh.Note, "This confirmationToken isn't valid") {
					t.Fatalf("%q: %s", token, got.text)
				}
			}
			c.isDone(t, s, call(t, s.host, next.Tool, next.Arguments))
		})
	}
}

// TestChangeVoidsConfirmation: a confirmation from before a change of the job does nothing, one from after it counts.
func TestChangeVoidsConfirmation(t *testing.T) {
	for _, c := range confirmedTools() {
		t.Run(c.tool, func(t *testing.T) {
			s := startAsking(t, "stdio, 2025-11-25", sandbox.Guide, nil, nil)
			c.prepare(t, s)
			before := c.asks(t, s, call(t, s.host, c.tool, c.arguments))
			c.change(t, s)
			got := call(t, s.host, before.Tool, before.Arguments)
			after := got.next(t)
			if c.acted(s) != c.changes() || after.Action != tool.ConfirmWithHuman ||
				!strings.HasPrefix(after.Note, "The job has changed since the human saw it.") {
				t.Errorf("%s", got.text)
			}
			if c.tool == "opentrain_publish" && shownFields(t, after)["headcount"] != 99.0 {
				t.Errorf("the change is not shown: %s", got.text)
			}
			if got := call(t, s.host, after.Tool, after.Arguments); !strings.Contains(string(got.structured), c.done) ||
				c.acted(s) != c.changes()+1 {
				t.Errorf("%s", got.text)
			}
		})
	}
}

// TestPatchAfterTheReportVoidsItsConfirmation: only the last report on a draft confirms it.
func TestPatchAfterTheReportVoidsItsConfirmation(t *testing.T) {
	s := startAsking(t, "stdio, 2025-11-25", sandbox.Guide, nil, nil)
	before := s.ready(t)
	after := call(t, s.host, "opentrain_patch_draft", patch("headcount", 99)).next(t)
	got := call(t, s.host, before.Tool, before.Arguments)
	if s.published() != 0 || got.next(t).Action != tool.ConfirmWithHuman || shownFields(t, got.next(t))["headcount"] != 99.0 {
		t.Errorf("%s", got.text)
	}
	if got := call(t, s.host, after.Tool, after.Arguments); s.published() != 1 {
		t.Errorf("%s", got.text)
	}
}

// TestStrangersVoidNothing: calls by another account don't void a confirmation, however they end. Nor does a change of
// the caller's own that the API refused.
func TestStrangersVoidNothing(t *testing.T) {
	t.Parallel()
	for _, c := range confirmedTools() {
		t.Run(c.tool, func(t *testing.T) {
			t.Parallel()
			lost := false // the answers to a stranger
			api := sandboxWithFault(sandbox.New(sandbox.Config{Accounts: employers(2)}), func(r *http.Request) http.Handler {
				if lost && r.Method != http.MethodGet && r.Header.Get("Authorization") == "Bearer "+employer(1).Token {
					return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
				}
				return nil
			})
			s := startHTTPWith(t, api, func(cfg *opentrainmcp.HTTPConfig) { cfg.Confirm = opentrainmcp.Auto })
			mine, theirs := as(0), as(1)
			s.call("opentrain_create_draft", map[string]any{"description": demo.SampleDescription}, mine...)
			next := s.call("opentrain_patch_draft", completing(), mine...).next(t)
			if c.live {
				s.call(next.Tool, next.Arguments, mine...)
				next = s.call(c.tool, c.arguments, mine...).next(t)
			}
			for _, lost = range []bool{false, true} {
				for _, other := range confirmedTools() {
					s.call(other.tool, other.arguments, theirs...)
					s.call(other.tool, other.with("confirmationToken", next.Arguments["confirmationToken"]), theirs...)
				}
				if got := s.call("opentrain_patch_draft", patch("headcount", 1), theirs...); !got.isError {
					t.Errorf("a stranger changes a draft: %+v", got)
				}
			}
			if got := s.call("opentrain_patch_draft", patch("jobDescription", " "), mine...); !got.isError {
				t.Errorf("%+v", got)
			}
			got := s.call(next.Tool, next.Arguments, mine...)
			acted := 0
			for _, request := range s.api.seen() {
				if request == c.request {
					acted++
				}
			}
			if !strings.Contains(string(got.structured), c.done) || acted != 1 {
				t.Errorf("acted %d times: %s", acted, got.text)
			}
		})
	}
}

// TestBlockedEditVoidsAnEarlierConfirmation: a live edit that the content check blocks is
// applied and makes the job a draft again. No confirmation from before the edit counts for
// that draft.
func TestBlockedEditVoidsAnEarlierConfirmation(t *testing.T) {
	for _, variant := range []sandbox.Variant{sandbox.Guide, sandbox.Reference} { // a report, and HTTP 409
		t.Run(string(variant), func(t *testing.T) {
			s := startAsking(t, "stdio, "+legacy, variant, nil, nil)
			publish := s.ready(t)
			call(t, s.host, publish.Tool, publish.Arguments)
			closing := call(t, s.host, "opentrain_close_job", job()).next(t)
			edit := call(t, s.host, "opentrain_update_job", patch("jobTitle", "Scam test phrase")).next(t)
			blocked := call(t, s.host, edit.Tool, edit.Arguments)
			if got := string(blocked.structured); !strings.Contains(got, `"applied":true`) || !strings.Contains(got, `"status":"DRAFT"`) {
				t.Fatalf("the edit was not blocked: %s %s", blocked.text, got)
			}
			for _, earlier := range []tool.Next{publish, closing} {
				got := call(t, s.host, earlier.Tool, earlier.Arguments)
				if next := got.next(t); got.isError || next.Action != tool.ConfirmWithHuman || next.Tool != earlier.Tool ||
					!strings.Contains(got.text, "Scam test phrase") {
					t.Errorf("the earlier confirmation was accepted: %s", got.text)
				}
			}
			if s.published() != 1 || s.count("POST", "/jobs/job_1/close") != 0 {
				t.Errorf("%v", s.api.seen())
			}
		})
	}
}

// TestConfirmationIgnoresTheOrderOfKeys: the same fields with their nested keys in another
// order keep the confirmation. Other values do not.
func TestConfirmationIgnoresTheOrderOfKeys(t *testing.T) {
	s := startAsking(t, "stdio, "+legacy, sandbox.Guide, nil, nil)
	next := s.ready(t)
	call(t, s.host, next.Tool, next.Arguments)
	asked := call(t, s.host, "opentrain_update_job", json.RawMessage(
		`{"jobId":"job_1","fields":{"headcount":4,"budgetRange":{"min":1000,"max":2000}}}`)).next(t)
	token, _ := asked.Arguments["confirmationToken"].(string)
	if token == "" {
		t.Fatalf("no confirmation: %+v", asked)
	}
	edit := func(fields string) answer {
		return call(t, s.host, "opentrain_update_job", json.RawMessage(
			fmt.Sprintf(`{"confirmationToken":%q,"fields":%s,"jobId":"job_1"}`, token, fields)))
	}
	got := edit(`{"budgetRange":{"max":2000,"min":1001},"headcount":4}`)
	if got.isError || got.next(t).Action != tool.ConfirmWithHuman || s.count("PATCH", "/jobs/") != 0 {
		t.Errorf("other values keep the confirmation: %s", got.text)
	}
	if got := edit(`{"budgetRange":{"max":2000,"min":1000},"headcount":4}`); s.count("PATCH", "/jobs/") != 1 {
		t.Errorf("another order of keys loses the confirmation: %s", got.text)
	}
}
