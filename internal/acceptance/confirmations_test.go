package acceptance_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/demo"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain/sandbox"
)

// TestPublishingWantsAYes: without a confirmation, nothing is published. The answer
// shows what would become public and carries the confirmation.
func TestPublishingWantsAYes(t *testing.T) {
	for carrier := range carriers() {
		t.Run(carrier, func(t *testing.T) {
			a := startAsking(t, carrier, sandbox.Guide, nil, nil)
			a.ready(t)
			got := call(t, a.host, "opentrain_publish", job())
			next := got.next(t)
			shown := shownFields(t, next)
			if got.isError || next.Action != tool.ConfirmWithHuman || shown["experienceLevel"] != "EXPERT" || next.Show.DraftURL == "" ||
				!strings.Contains(next.Note, "20 jobs a day") || next.Otherwise != "opentrain_patch_draft" ||
				!strings.Contains(string(got.structured), `"published":false`) {
				t.Errorf("%s\n%s", got.text, got.structured)
			}
			if a.published() != 0 {
				t.Error("published")
			}
			if got := call(t, a.host, next.Tool, next.Arguments); !strings.Contains(got.text, "is live.") || a.published() != 1 {
				t.Errorf("%s", got.text)
			}
			edit := patch("headcount", "12")
			got = call(t, a.host, "opentrain_update_job", edit)
			next = got.next(t)
			if next.Action != tool.ConfirmWithHuman || !strings.Contains(string(got.structured), `"applied":false`) ||
				a.count("PATCH", "/jobs/") != 0 {
				t.Errorf("%s", got.text)
			}
			if got := call(t, a.host, next.Tool, next.Arguments); !strings.Contains(string(got.structured), `"applied":true`) ||
				a.count("PATCH", "/jobs/") != 1 {
				t.Errorf("%s", got.text)
			}
		})
	}
}

func TestPublishConfirmOff(t *testing.T) {
	a := startAsking(t, "stdio, 2025-11-25", sandbox.Guide, fills, func(c *opentrainmcp.HTTPConfig) { c.Confirm = opentrainmcp.Off })
	call(t, a.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
	forms := len(a.human.seen())
	if got := call(t, a.host, "opentrain_publish", job()); !strings.Contains(got.text, "is live.") ||
		len(a.human.seen()) != forms {
		t.Errorf("%s", got.text)
	}
}

// TestOnlyItsOwnConfirmationCounts: a confirmation that was changed in any byte, or
// that belongs to another job, tool or edit, publishes nothing. The answer holds a new
// confirmation.
func TestOnlyItsOwnConfirmationCounts(t *testing.T) {
	a := startAsking(t, "stdio, 2025-11-25", sandbox.Guide, nil, nil)
	next := a.ready(t)
	token, _ := next.Arguments["confirmationToken"].(string)
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	tampered := []string{"", " ", token + "A", token[1:], token[:len(token)-1], strings.ToUpper(token), strings.Repeat("A", len(token))}
	for i := range token {
		other := alphabet[(strings.IndexByte(alphabet, token[i])+1)%len(alphabet)]
		tampered = append(tampered, token[:i]+string(other)+token[i+1:])
	}
	for _, bad := range tampered {
		got := call(t, a.host, "opentrain_publish", map[string]any{"jobId": "job_1", "confirmationToken": bad})
		if fresh := got.next(t); got.isError || fresh.Action != tool.ConfirmWithHuman || fresh.Arguments["confirmationToken"] == bad {
			t.Fatalf("%q: %s", bad, got.text)
		}
	}
	// Of another job, and of an edit.
	call(t, a.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription + " Again.", "askHuman": false})
	for _, arguments := range []map[string]any{{"jobId": "job_2", "confirmationToken": token}} {
		call(t, a.host, "opentrain_publish", arguments)
	}
	call(t, a.host, "opentrain_update_job", map[string]any{"jobId": "job_1", "fields": map[string]any{"headcount": 1},
		"confirmationToken": token})
	if a.published() != 0 || a.count("POST", "/jobs/") != 0 || a.count("PATCH", "/jobs/") != 0 {
		t.Fatalf("%v", a.api.seen())
	}
	if got := call(t, a.host, next.Tool, next.Arguments); a.published() != 1 {
		t.Fatalf("the valid confirmation does not work: %s", got.text)
	}
	// Of other fields.
	got := call(t, a.host, "opentrain_update_job", patch("headcount", 1))
	edit := got.next(t).Arguments
	edit["fields"] = map[string]any{"headcount": 2}
	if got := call(t, a.host, "opentrain_update_job", edit); a.count("PATCH", "/jobs/") != 0 {
		t.Errorf("%s", got.text)
	}
}

// TestChangeVoidsConfirmation: a confirmation from before a change does not publish the
// changed draft.
func TestChangeVoidsConfirmation(t *testing.T) {
	a := startAsking(t, "stdio, 2025-11-25", sandbox.Guide, nil, nil)
	before := a.ready(t)
	after := call(t, a.host, "opentrain_patch_draft", patch("headcount", 99)).next(t)
	got := call(t, a.host, before.Tool, before.Arguments)
	shown := shownFields(t, got.next(t))
	if a.published() != 0 || got.next(t).Action != tool.ConfirmWithHuman || shown["headcount"] != 99.0 {
		t.Errorf("%s", got.text)
	}
	if got := call(t, a.host, after.Tool, after.Arguments); a.published() != 1 {
		t.Errorf("%s", got.text)
	}
}

// TestStrangersVoidNothing: a call by another account does not void a confirmation.
func TestStrangersVoidNothing(t *testing.T) {
	t.Parallel()
	s := startHTTP(t, employers(2), func(c *opentrainmcp.HTTPConfig) { c.Confirm = opentrainmcp.Auto })
	mine, theirs := as(0), as(1)
	s.call("opentrain_create_draft", map[string]any{"description": demo.SampleDescription}, mine...)
	ready := s.call("opentrain_patch_draft", completing(), mine...)
	next := ready.next(t)
	if got := s.call("opentrain_patch_draft", patch("headcount", 1),
		theirs...); got.failure.Code != "NOT_FOUND" {
		t.Errorf("%+v", got)
	}
	if got := s.call("opentrain_patch_draft", patch("headcount", -1),
		mine...); !got.isError {
		t.Errorf("%+v", got)
	}
	if got := s.call(next.Tool, next.Arguments, mine...); !strings.Contains(got.text, "is live.") {
		t.Errorf("%s", got.text)
	}
}

// TestBlockedEditVoidsAnEarlierConfirmation: a live edit that the content check blocks is
// applied and makes the job a draft again. A confirmation from before the edit does not
// publish that draft.
func TestBlockedEditVoidsAnEarlierConfirmation(t *testing.T) {
	for _, variant := range []sandbox.Variant{sandbox.Guide, sandbox.Reference} { // a report, and HTTP 409
		t.Run(string(variant), func(t *testing.T) {
			s := startAsking(t, "stdio, "+legacy, variant, nil, nil)
			next := s.ready(t)
			call(t, s.host, next.Tool, next.Arguments)
			earlier := call(t, s.host, "opentrain_publish", job()).next(t)
			if earlier.Action != tool.ConfirmWithHuman || earlier.Arguments["confirmationToken"] == nil {
				t.Fatalf("no confirmation: %+v", earlier)
			}
			edit := call(t, s.host, "opentrain_update_job", patch("jobTitle", "Scam test phrase")).next(t)
			blocked := call(t, s.host, edit.Tool, edit.Arguments)
			if got := string(blocked.structured); !strings.Contains(got, `"applied":true`) || !strings.Contains(got, `"status":"DRAFT"`) {
				t.Fatalf("the edit was not blocked: %s %s", blocked.text, got)
			}
			published := s.published()
			got := call(t, s.host, earlier.Tool, earlier.Arguments)
			if s.published() != published || got.isError || got.next(t).Action != tool.ConfirmWithHuman {
				t.Errorf("the earlier confirmation was accepted: %s", got.text)
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
