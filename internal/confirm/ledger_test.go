package confirm_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/seal"
	"opentrain-mcp/internal/store"
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
	return confirm.New(off, box, store.InMemory(c.tell)), c
}

// TestLedger: a change counts if it took effect or may have. The API answers a blocked live edit with CONFLICT but
// applies it. An unknown outcome counts for the caller alone: strangers can't change someone's job.
func TestLedger(t *testing.T) {
	for name, test := range map[string]struct {
		err          error
		mine, theirs bool
	}{
		"success":           {nil, true, true},
		"blocked edit":      {&opentrain.Error{Code: opentrain.CodeConflict, Status: 409}, true, false},
		"server error":      {&opentrain.Error{Code: opentrain.CodeInternal, Status: 500}, true, false},
		"lost answer":       {&opentrain.Error{Code: opentrain.CodeNetwork}, true, false},
		"page of a proxy":   {&opentrain.Error{Code: opentrain.CodeBadResponse, Status: 404}, true, false},
		"never sent":        {&opentrain.Error{Code: opentrain.CodeNetwork, NotSent: true}, false, false},
		"invalid":           {&opentrain.Error{Code: opentrain.CodeBadRequest, Status: 400}, false, false},
		"not the caller's":  {&opentrain.Error{Code: opentrain.CodeNotFound, Status: 404}, false, false},
		"too many requests": {&opentrain.Error{Code: opentrain.CodeRateLimited, Status: 429}, false, false},
	} {
		c, clock := newConfirmer(t, false)
		issued := c.Ledger.Now()
		clock.now = clock.now.Add(time.Second)
		c.Ledger.Record(alice, "j", test.err)
		if got := c.Ledger.ChangedSince(alice, "j", issued); got != test.mine {
			t.Errorf("%s: changed for the caller: %v", name, got)
		}
		if got := c.Ledger.ChangedSince(bob, "j", issued); got != test.theirs {
			t.Errorf("%s: changed for someone else: %v", name, got)
		}
		if c.Ledger.ChangedSince(alice, "other", issued) || c.Ledger.ChangedSince(alice, "j", c.Ledger.Now()) {
			t.Errorf("%s: another job, or a later time", name)
		}
	}
}

// TestLock: one caller's calls on one job wait for each other, and a call that is given up says why.
func TestLock(t *testing.T) {
	c, _ := newConfirmer(t, false)
	unlock, err := c.Ledger.Lock(t.Context(), alice, "j")
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Ledger.Lock(ended, alice, "j"); !errors.Is(err, &opentrain.Error{Code: opentrain.CodeBusy}) {
		t.Errorf("held: %v", err)
	}
	for name, by := range map[string]caller.Caller{"other": alice, "j": bob} {
		free, err := c.Ledger.Lock(ended, by, name) // no one holds these
		if err != nil {
			t.Fatal(err)
		}
		free()
	}
	entered := make(chan func())
	go func() {
		next, err := c.Ledger.Lock(context.Background(), alice, "j")
		if err != nil {
			t.Error(err)
		}
		entered <- next
	}()
	unlock()
	(<-entered)()
}

// TestMoments: the time of a job decides whether it is still what a human saw.
func TestMoments(t *testing.T) {
	c, clock := newConfirmer(t, false)
	at := func(seconds float64) time.Time { return clock.now.Add(time.Duration(seconds * float64(time.Second))) }
	exact, rough := confirm.Moment{Time: at(0)}, confirm.Moment{Time: at(0), Rough: true}
	for _, test := range []struct {
		moment  confirm.Moment
		changed float64
		want    bool
	}{
		{exact, -1, true}, {exact, 0, true}, {exact, 0.001, false}, {rough, 2, true}, {rough, 2.001, false},
	} {
		if got := c.Ledger.Unchanged(alice, "j", confirm.View{Moment: test.moment}, at(test.changed)); got != test.want {
			t.Errorf("%+v: %v", test, got)
		}
	}
	as := func(seconds float64, content uint64) confirm.View {
		return confirm.View{Moment: confirm.Moment{Time: at(seconds)}, Content: content, Whole: true}
	}
	seen := as(0, 1)
	// Two saves in a row moved the time and changed nothing.
	c.Ledger.RecordSave(alice, "j", at(0), as(5, 1))
	c.Ledger.RecordSave(alice, "j", at(5), as(9, 1))
	for changed, want := range map[float64]bool{9: true, 10: false} {
		if got := c.Ledger.Unchanged(alice, "j", seen, at(changed)); got != want {
			t.Errorf("saved, then changed at %v: %v", changed, got)
		}
	}
	if c.Ledger.Unchanged(bob, "j", seen, at(9)) || c.Ledger.Unchanged(alice, "j", confirm.View{Moment: confirm.Moment{Time: at(-1)}}, at(9)) {
		t.Error("someone else, or a view from before the change")
	}
	// Someone else changed the job between our look and our save.
	if c.Ledger.Unchanged(alice, "j", as(0, 2), at(9)) {
		t.Error("another content counts as the same")
	}
	// A change between two saves is no save.
	c.Ledger.RecordSave(alice, "j", at(12), as(13, 1))
	if c.Ledger.Unchanged(alice, "j", seen, at(13)) {
		t.Error("the change between the saves is lost")
	}
}

// TestConfirmationIgnoresFieldOrder at every depth. Other fields need another confirmation.
func TestConfirmationIgnoresFieldOrder(t *testing.T) {
	c, _ := newConfirmer(t, false)
	intent := func(fields string) confirm.Intent {
		return confirm.Intent{
			Tool: tool.UpdateJob, JobID: "j",
			Arguments: map[string]any{"fields": opentrain.Fields{"questions": json.RawMessage(fields)}},
		}
	}
	seen := confirm.View{Moment: confirm.Moment{Time: time.UnixMicro(17), Rough: true}, Content: 1 << 63, Again: 2}
	token := c.Token(alice, intent(`[{"q":"Why?","options":{"a":1,"b":2}}]`), seen)
	for fields, confirmed := range map[string]bool{
		`[ {"options":{"b":2,"a":1}, "q":"Why?"} ]`:  true,
		`[{"q":"Why?","options":{"a":2,"b":1}}]`:     false,
		`[{"q":"Why not?","options":{"a":1,"b":2}}]`: false,
	} {
		again := intent(fields)
		again.ConfirmationToken = token
		answer := c.Read(tool.Call{Caller: alice}, &again)
		if answer.Yes != confirmed || confirmed && answer.View != seen || !confirmed && answer.Why == "" {
			t.Errorf("%s: %+v", fields, answer)
		}
	}
}

// mute is a store that doesn't say whether a yes was used.
type mute struct{ store.Store }

func (mute) Claim(store.Point, string, time.Duration, ...string) (claimed, known bool) {
	return false, false
}

// TestSpend: a yes counts once; who is asked again hears whether it was used, or whether that isn't known.
func TestSpend(t *testing.T) {
	box, err := seal.New()
	if err != nil {
		t.Fatal(err)
	}
	memory := store.InMemory(time.Now)
	for name, test := range map[string]struct {
		store store.Store
		why   []string // of each call
	}{
		"known":   {memory, []string{"", "This yes was used before, and that call may have worked."}},
		"unknown": {mute{memory}, []string{"This server no longer knows what has changed since the human was asked."}},
	} {
		c := confirm.New(false, box, test.store)
		intent := confirm.Intent{Tool: tool.InviteTrainer, JobID: "j"}
		intent.ConfirmationToken = c.Token(alice, intent, confirm.View{})
		call := tool.Call{Caller: alice}
		for i, want := range test.why {
			unlock, err := c.Ledger.Lock(t.Context(), alice, "j")
			if err != nil {
				t.Fatal(err)
			}
			answer := c.Spend(call, intent, c.Read(call, &intent))
			if answer.Why != want || answer.Yes != (want == "") {
				t.Errorf("%s, call %d: %+v", name, i, answer)
			}
			c.Ledger.RecordUse(alice, "j", nil)
			unlock()
		}
		if c.Ledger.ChangedSince(alice, "j", store.Point{}) {
			t.Errorf("%s: the job counts as changed", name)
		}
	}
}

// TestDeclinedFormIsOver: after a no, the same form can't be answered with a yes. Another question can.
func TestDeclinedFormIsOver(t *testing.T) {
	c, clock := newConfirmer(t, false)
	intent := confirm.Intent{Tool: tool.Publish, JobID: "j", Question: "Publish?"}
	ask := func(by caller.Caller) tool.Call {
		asked, _ := c.Ask(tool.Call{Caller: by, CanAsk: true}, intent, tool.Preview{}, confirm.View{}, "")
		if asked == nil {
			t.Fatal("no form")
		}
		return tool.Call{Caller: by, State: asked.State, Form: tool.FormAnswered, Answers: map[string]json.RawMessage{"confirm": []byte("true")}}
	}
	yes, others := ask(alice), ask(bob)
	no := yes
	no.Form = tool.FormDeclined
	if got := c.Read(no, &intent); got.Declined == nil {
		t.Errorf("declined: %+v", got)
	}
	if got := c.Read(yes, &intent); got.Yes || got.Why == "" {
		t.Errorf("answered again: %+v", got)
	}
	clock.now = clock.now.Add(time.Second)
	for name, call := range map[string]tool.Call{"someone else": others, "asked again": ask(alice)} {
		if got := c.Read(call, &intent); !got.Yes {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestFormAnswers: only a tick is a yes, and only a box without a tick is a no. Any other answer leads to the conversation.
func TestFormAnswers(t *testing.T) {
	for answer, want := range map[string]string{
		"true": "yes", "false": "no", "null": "no", "": "no", `"true"`: "asked again", `"yes"`: "asked again", `"no"`: "asked again", "1": "asked again",
	} {
		c, _ := newConfirmer(t, false)
		intent := confirm.Intent{Tool: tool.Publish, JobID: "j", Question: "Publish?"}
		asked, _ := c.Ask(tool.Call{Caller: alice, CanAsk: true}, intent, tool.Preview{}, confirm.View{}, "")
		call := tool.Call{Caller: alice, State: asked.State, Form: tool.FormAnswered, Answers: map[string]json.RawMessage{"confirm": []byte(answer)}}
		read := c.Read(call, &intent)
		got := map[bool]string{true: "yes"}[read.Yes]
		switch {
		case read.Declined != nil:
			got += "no"
		case read.Why != "":
			got += "asked again"
		}
		if got != want {
			t.Errorf("%q is %q, not %q", answer, got, want)
		}
	}
}

// TestOneOfTwoQuestions: of two yeses to the same question at two replicas, the second one doesn't count once the first has changed
// something, even if it was read before.
func TestOneOfTwoQuestions(t *testing.T) {
	box, err := seal.New()
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now()
	shared := store.InMemory(func() time.Time { at = at.Add(time.Millisecond); return at })
	call := tool.Call{Caller: caller.Caller{ID: "alice"}}
	intent := confirm.Intent{Tool: tool.CreateMilestone, Subject: "contract c1", Arguments: map[string]any{"x": 1}}
	var replicas [2]*confirm.Confirmer
	var intents [2]confirm.Intent
	var answers [2]confirm.Answer
	for i := range replicas {
		replicas[i], intents[i] = confirm.New(false, box, shared), intent
		intents[i].ConfirmationToken = replicas[i].Token(call.Caller, intent, confirm.View{})
		unlock, err := replicas[i].Ledger.Lock(t.Context(), call.Caller, intent.Subject)
		if err != nil {
			t.Fatal(err)
		}
		defer unlock()
	}
	for i, c := range replicas {
		answers[i] = c.Read(call, &intents[i])
	}
	first := replicas[0].Spend(call, intents[0], answers[0])
	replicas[0].Ledger.Record(call.Caller, intent.Subject, nil)
	if second := replicas[1].Spend(call, intents[1], answers[1]); !first.Yes || second.Yes {
		t.Errorf("the first counts: %v; the second: %v", first.Yes, second.Yes)
	}
}

// TestApprovalsAreBounded by what they hold, not by how many there are.
func TestApprovalsAreBounded(t *testing.T) {
	c, _ := newConfirmer(t, false)
	long := []string{strings.Repeat("x", 12_000)}
	for i := range 1000 {
		c.Approvals.Add(alice, confirm.Intent{Tool: tool.HireProposal, Subject: fmt.Sprint("proposal ", i)}, confirm.Asked{ID: fmt.Sprint("a", i), About: long})
	}
	if n := len(c.Approvals.All(alice)); n < 100 || n > 400 {
		t.Errorf("%d of 12 KB each are kept", n)
	}
	if _, found := c.Approvals.Of(alice, tool.HireProposal, "proposal 999"); !found {
		t.Error("the newest isn't kept")
	}
}
