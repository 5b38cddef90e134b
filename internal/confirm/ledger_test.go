package confirm_test

import (
	"testing"
	"time"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/seal"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

var alice, bob = caller.Caller{ID: "alice"}, caller.Caller{ID: "bob"}

// clock is a time that only the test moves.
type clock struct{ now time.Time }

func (c *clock) tell() time.Time { return c.now }

func newConfirmer(t *testing.T, off bool) (*confirm.Confirmer, *clock) {
	t.Helper()
	box, err := seal.New()
	if err != nil {
		t.Fatal(err)
	}
	c := &clock{time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)}
	return confirm.New(off, box, c.tell), c
}

// TestLedger: a change counts if it took effect or may have. The API answers a blocked live edit with CONFLICT but
// applies it.
func TestLedger(t *testing.T) {
	for name, test := range map[string]struct {
		err     error
		changed bool
	}{
		"success":           {nil, true},
		"blocked edit":      {&opentrain.Error{Code: opentrain.CodeConflict, Status: 409}, true},
		"server error":      {&opentrain.Error{Code: opentrain.CodeInternal, Status: 500}, true},
		"lost answer":       {&opentrain.Error{Code: opentrain.CodeNetwork}, true},
		"page of a proxy":   {&opentrain.Error{Code: opentrain.CodeBadResponse, Status: 404}, true},
		"never sent":        {&opentrain.Error{Code: opentrain.CodeNetwork, NotSent: true}, false},
		"invalid":           {&opentrain.Error{Code: opentrain.CodeBadRequest, Status: 400}, false},
		"not the caller's":  {&opentrain.Error{Code: opentrain.CodeNotFound, Status: 404}, false},
		"too many requests": {&opentrain.Error{Code: opentrain.CodeRateLimited, Status: 429}, false},
	} {
		c, clock := newConfirmer(t, false)
		issued := clock.now
		end := c.Ledger.Begin(alice, "j")
		if !c.Ledger.ChangedSince(alice, "j", issued) {
			t.Errorf("%s: the change isn't pending", name)
		}
		if c.Ledger.ChangedSince(bob, "j", issued) {
			t.Errorf("%s: a stranger's pending change counts", name)
		}
		clock.now = clock.now.Add(time.Second)
		if end(test.err) {
			t.Errorf("%s: overtaken by nothing", name)
		}
		if got := c.Ledger.ChangedSince(alice, "j", issued); got != test.changed {
			t.Errorf("%s: changed %v", name, got)
		}
		if c.Ledger.ChangedSince(alice, "other", issued) || c.Ledger.ChangedSince(alice, "j", clock.now) {
			t.Errorf("%s: another job, or a later time", name)
		}
	}
}

// TestOvertaken: when two changes overlap, the report on the one that ends last may be out of date.
func TestOvertaken(t *testing.T) {
	c, _ := newConfirmer(t, false)
	first := c.Ledger.Begin(alice, "j")
	second := c.Ledger.Begin(alice, "j")
	if second(nil) || !first(nil) {
		t.Error("the wrong change was overtaken")
	}
}

// TestConfirmationIgnoresFieldOrder at every depth. Other fields need another confirmation.
func TestConfirmationIgnoresFieldOrder(t *testing.T) {
	c, _ := newConfirmer(t, false)
	request := func(fields string) confirm.Intent {
		return confirm.Intent{
			Tool: tool.UpdateJob, JobID: "j", Fields: opentrain.Fields{"questions": []byte(fields)},
			Preview: func() tool.Preview { return tool.Preview{JobID: "j"} },
		}
	}
	_, next := c.Check(tool.Call{Caller: alice}, request(`[{"q":"Why?","options":{"a":1,"b":2}}]`))
	if next == nil {
		t.Fatal("nothing was asked")
	}
	token, ok := next.Arguments["confirmationToken"].(string)
	if !ok {
		t.Fatalf("%v", next.Arguments)
	}
	for fields, confirmed := range map[string]bool{
		`[ {"options":{"b":2,"a":1}, "q":"Why?"} ]`:  true,
		`[{"q":"Why?","options":{"a":2,"b":1}}]`:     false,
		`[{"q":"Why not?","options":{"a":1,"b":2}}]`: false,
	} {
		again := request(fields)
		again.Token = token
		if _, next := c.Check(tool.Call{Caller: alice}, again); (next == nil) != confirmed {
			t.Errorf("%s: confirmed %v", fields, next == nil)
		}
	}
}
