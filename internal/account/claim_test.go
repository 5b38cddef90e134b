package account_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"opentrain-mcp/internal/account"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/opentrain/sandbox"
)

// TestManyPrograms: what many programs do at once makes one account, and its token is delivered to all of them.
func TestManyPrograms(t *testing.T) {
	h := newHome(t, sandbox.Config{ClaimAfter: 1})
	var all sync.WaitGroup
	var made, refused, claimed, before atomic.Int32
	for range 12 {
		all.Go(func() {
			switch _, err := h.program("").Register(t.Context(), opentrain.AgentProfile{}, false); {
			case err == nil:
				made.Add(1)
			case reason(err) == account.AlreadySaved:
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if _, err := h.program("").StartClaim(t.Context(), "owner@example.org"); err != nil {
		t.Fatal(err)
	}
	for range 12 {
		all.Go(func() {
			a := h.program("")
			claim, err := a.CheckClaim(t.Context())
			switch {
			case err != nil || claim.State != account.Claimed || !works(t, h, a.Token().Value):
				t.Error(claim, err)
			case claim.Before:
				before.Add(1)
			default:
				claimed.Add(1)
			}
		})
	}
	all.Wait()
	if made.Load() != 1 || refused.Load() != 11 || claimed.Load() != 1 || before.Load() != 11 {
		t.Error(made.Load(), refused.Load(), claimed.Load(), before.Load())
	}
}

// TestCanceledClaims: a call that is canceled while OpenTrain answers keeps the token.
func TestCanceledClaims(t *testing.T) {
	h := newHome(t, sandbox.Config{ClaimAfter: 1})
	a := h.program("")
	ctx, cancel := context.WithCancel(t.Context())
	h.before = func(*http.Request) *http.Response { cancel(); return nil }
	if _, err := a.Register(ctx, opentrain.AgentProfile{}, false); err != nil || a.Token().Value == "" {
		t.Fatal(err)
	}
	first := a.Token().Value
	if _, err := a.StartClaim(t.Context(), "owner@example.org"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	if claim, err := a.CheckClaim(ctx); err != nil || claim.State != account.Claimed || a.Token().Value == first {
		t.Error(claim, err)
	}
	calls := h.calls.Load()
	if _, err := a.Register(ctx, opentrain.AgentProfile{}, true); reason(err) != account.Busy || h.calls.Load() != calls {
		t.Error(err) // it was canceled before
	}
}

// arriving is a context that tells when a call first looks at it.
type arriving struct {
	context.Context
	arrived func()
}

func (a arriving) Err() error { a.arrived(); return a.Context.Err() }

// TestTheLastLinkIsShown: a call that waits while another program starts the claim again shows the new link, not the one that no longer
// works.
func TestTheLastLinkIsShown(t *testing.T) {
	h := newHome(t, sandbox.Config{ClaimAfter: 3})
	claiming(t, h.program(""))
	waits := make(chan struct{})
	checked := make(chan account.Claim, 1)
	h.before = func(*http.Request) *http.Response { // the other program holds the file now
		h.before = nil
		go func() {
			claim, err := h.program("").CheckClaim(arriving{t.Context(), sync.OnceFunc(func() { close(waits) })})
			if err != nil {
				t.Error(err)
			}
			checked <- claim
		}()
		<-waits
		return nil
	}
	again, err := h.program("").StartClaim(t.Context(), "other@example.org")
	if err != nil {
		t.Fatal(err)
	}
	if claim := <-checked; claim.State != account.Pending || claim.Attempt == nil || claim.Attempt.URL != again.URL {
		t.Errorf("%+v %+v instead of %s", claim, claim.Attempt, again.URL)
	}
}

// TestATokenThatCannotBeSaved: the file can't be replaced anymore when the token comes. This process keeps the token, and
// saves it as soon as that works.
func TestATokenThatCannotBeSaved(t *testing.T) {
	h := newHome(t, sandbox.Config{ClaimAfter: 1})
	a := h.program("")
	claiming(t, a)
	block := func() error {
		return errors.Join(os.Remove(h.path()), os.MkdirAll(filepath.Join(h.path(), "x"), 0o700))
	}
	h.after = func(r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/oauth/token") {
			if err := block(); err != nil {
				t.Error(err)
			}
		}
	}
	claim, err := a.CheckClaim(t.Context())
	if err != nil || claim.State != account.Claimed || !strings.Contains(claim.Unsaved, "can't be written") {
		t.Fatal(claim, err)
	}
	token := a.Token()
	if token.Value == "" || !works(t, h, token.Value) || token.From != "this process" {
		t.Errorf("%+v", token)
	}
	h.after = nil
	if _, err := a.CheckClaim(t.Context()); reason(err) != account.Unusable {
		t.Error(err)
	}
	if err := os.RemoveAll(h.path()); err != nil {
		t.Fatal(err)
	}
	if claim, err := a.CheckClaim(t.Context()); err != nil || claim.State != account.Claimed || h.saved()["apiToken"] != token.Value {
		t.Error(claim, err)
	}
	if a.Token() != h.program("").Token() {
		t.Errorf("%+v", a.Token())
	}
}

// TestAProcessThatEnds: one that ends between writing the new file and replacing the old one has left the only copy of the
// token. What is older than the file, or not complete, doesn't count.
func TestAProcessThatEnds(t *testing.T) {
	for name, test := range map[string]struct {
		left string
		age  time.Duration
		want string
	}{
		"complete":   {`{"apiToken":"ot_pat_new"}`, -time.Minute, "ot_pat_new"},
		"not cut":    {`{"apiToken":"ot_pat_new"}` + "\n" + strings.Repeat(" ", 4000), -time.Minute, "ot_pat_new"},
		"older":      {`{"apiToken":"ot_pat_new"}`, time.Minute, "ot_pat_old"},
		"incomplete": {`{"apiToken":"ot_pat_new"`, -time.Minute, "ot_pat_old"},
		"reserved":   {strings.Repeat(" ", 4096), -time.Minute, "ot_pat_old"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHome(t, sandbox.Config{})
			h.write(`{"apiToken":"ot_pat_old","claimToken":"ot_clm_old"}`)
			at := time.Now().Add(-test.age)
			if err := errors.Join(os.WriteFile(h.path()+".new", []byte(test.left), 0o600), os.Chtimes(h.path()+".new", at, at)); err != nil {
				t.Fatal(err)
			}
			a := h.program("")
			claim, err := a.CheckClaim(t.Context())
			if test.want == "ot_pat_new" && (err != nil || claim.State != account.Claimed) || a.Token().Value != test.want || h.left() != "cli.json cli.json.lock" {
				t.Error(claim, err, a.Token().Value, h.left())
			}
		})
	}
}

// TestPolling: polls keep the interval, also when OpenTrain makes it longer, and whoever asks.
func TestPolling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t, sandbox.Config{})
		var polls []time.Duration
		start := time.Now()
		h.before = func(r *http.Request) *http.Response {
			if strings.HasSuffix(r.URL.Path, "/oauth/token") {
				polls = append(polls, time.Since(start))
			}
			return nil
		}
		a, other := h.program(""), h.program("")
		claiming(t, a)
		for range 2 {
			if claim, err := a.CheckClaim(t.Context()); err != nil || claim.State != account.Pending || claim.Attempt == nil || claim.Wait != 5*time.Second {
				t.Error(claim, err)
			}
		}
		if claim, err := other.CheckClaim(t.Context()); err != nil || claim.Wait != 10*time.Second { // slow_down
			t.Error(claim, err)
		}
		brief, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if claim, err := other.CheckClaim(brief); err != nil || claim.State != account.Pending || claim.Wait != 10*time.Second {
			t.Error(claim, err) // no time to wait
		}
		canceled, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if claim, err := other.CheckClaim(canceled); err != nil || claim.State != account.Pending || time.Since(start) != 6*time.Second {
			t.Error(claim, err)
		}
		if claim, err := other.CheckClaim(t.Context()); err != nil || claim.State != account.Pending {
			t.Error(claim, err)
		}
		if want := fmt.Sprint([]time.Duration{0, 5 * time.Second, 5 * time.Second, 15 * time.Second}); fmt.Sprint(polls) != want {
			t.Errorf("polls at %v, want %v", polls, want)
		}
	})
}

// TestPollingGoesOn: a failure that may pass makes the interval longer and ends nothing.
func TestPollingGoesOn(t *testing.T) {
	for status, passes := range map[int]bool{
		http.StatusBadGateway: true, http.StatusServiceUnavailable: true, http.StatusTooManyRequests: true, http.StatusBadRequest: false,
	} {
		synctest.Test(t, func(t *testing.T) {
			h := newHome(t, sandbox.Config{ClaimAfter: 1})
			a := h.program("")
			claiming(t, a)
			h.before = func(r *http.Request) *http.Response { return answer(r, status, `{"error":"access_denied"}`) }
			start := time.Now()
			claim, err := a.CheckClaim(t.Context())
			if account.MayPass(err) != passes || err == nil || claim.State != account.Pending {
				t.Errorf("%d: %+v, %v", status, claim, err)
			}
			h.before = nil
			wait := 5 * time.Second
			if passes {
				wait *= 2
			}
			if claim, err := a.CheckClaim(t.Context()); err != nil || claim.State != account.Claimed || time.Since(start) != wait {
				t.Errorf("%d: %+v, %v after %s", status, claim, err, time.Since(start))
			}
		})
	}
}

// TestTheClaimWindowCloses: after a day the account can't be claimed, but it still works.
func TestTheClaimWindowCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t, sandbox.Config{})
		a := h.program("")
		claiming(t, a)
		<-time.After(25 * time.Hour)
		if claim, err := a.CheckClaim(t.Context()); err != nil || claim.State != account.Expired {
			t.Error(claim, err)
		}
		if _, err := a.StartClaim(t.Context(), "x@example.org"); err == nil || !strings.Contains(err.Error(), "window") {
			t.Error(err)
		}
		if !works(t, h, a.Token().Value) {
			t.Error("the token doesn't work")
		}
	})
}

// TestTheTokenWentElsewhere: OpenTrain has delivered it to a program that doesn't know the lock.
func TestTheTokenWentElsewhere(t *testing.T) {
	for saves, want := range map[bool]account.ClaimState{true: account.Claimed, false: account.Delivered} {
		h := newHome(t, sandbox.Config{})
		a := h.program("")
		claiming(t, a)
		h.before = func(r *http.Request) *http.Response {
			if saves {
				h.write(`{"apiToken":"ot_pat_by_another_program"}`)
			}
			return answer(r, http.StatusBadRequest, `{"error":"invalid_grant"}`)
		}
		if claim, err := a.CheckClaim(t.Context()); err != nil || claim.State != want || saves && a.Token().Value != "ot_pat_by_another_program" {
			t.Error(claim, err)
		}
	}
}

// TestHostileAnswers: what can't be a token isn't saved, absurd times are bounded, and no secret is in an error.
func TestHostileAnswers(t *testing.T) {
	for _, body := range []string{
		`{"access_token":"ot_pat_a\nX-Evil: 1"}`, `{"access_token":"ot_pat_a","claim_token":"a b"}`, `{"access_token":""}`, `{"access_token":7}`, `[]`,
		`<html>`, `{"access_token":"` + strings.Repeat("x", 600) + `"}`, ``,
	} {
		h := newHome(t, sandbox.Config{})
		h.before = func(r *http.Request) *http.Response { return answer(r, http.StatusOK, body) }
		a := h.program("")
		if _, err := a.Register(t.Context(), opentrain.AgentProfile{}, false); !errors.Is(err, &opentrain.Error{Code: opentrain.CodeBadResponse}) || a.Token().Value != "" {
			t.Errorf("%.80s: %v", body, err)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t, sandbox.Config{})
		a := h.program("")
		registered(t, a)
		claimToken, _ := h.saved()["claimToken"].(string)
		h.before = func(r *http.Request) *http.Response {
			if strings.HasSuffix(r.URL.Path, "/claim") {
				return answer(r, http.StatusOK, `{"user_code":"1","verification_uri":"x","expires_in":1e300,"interval":1e300,"email_sent":"yes"}`)
			}
			return answer(r, http.StatusBadRequest, `{"error":"authorization_pending","error_description":"`+claimToken+`"}`)
		}
		attempt, err := a.StartClaim(t.Context(), "owner@example.org")
		if err != nil || time.Until(attempt.Expires) > 25*time.Hour || attempt.EmailSent {
			t.Error(attempt, err)
		}
		if claim, err := a.CheckClaim(t.Context()); err != nil || claim.Wait > 5*time.Minute {
			t.Error(claim, err)
		}
		h.before = func(r *http.Request) *http.Response {
			return answer(r, http.StatusBadRequest, `{"error":"nonsense","error_description":"ot_pat_leaked_1, `+claimToken+`"}`)
		}
		for range 2 {
			_, err := a.StartClaim(t.Context(), "owner@example.org")
			if err == nil || strings.Contains(err.Error(), claimToken) || strings.Contains(err.Error(), "leaked") {
				t.Error(err)
			}
		}
	})
}

// TestOpenClaims: another program on the machine goes on with an open claim. It ends with the claim, with the account and with the
// token, and never belongs to another account.
func TestOpenClaims(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t, sandbox.Config{ClaimAfter: 1})
		h.write(`{"theirs":{"a":1}}`)
		begun := claiming(t, h.program(""))
		other := h.program("")
		same := func(a *account.Account) bool {
			attempt := a.Attempt()
			return attempt != nil && attempt.URL == begun.URL && attempt.Code == begun.Code && attempt.Email == begun.Email &&
				attempt.Expires.Equal(begun.Expires)
		}
		if !same(other) || !other.Attempt().Open() || !other.Token().Claiming || fmt.Sprint(h.saved()["theirs"]) != "map[a:1]" {
			t.Errorf("%+v %v", other.Attempt(), h.saved())
		}
		token, _ := h.saved()["apiToken"].(string)
		if _, err := other.UseToken(t.Context(), token, false); err != nil || !same(other) { // the same again
			t.Error(err, other.Attempt())
		}
		<-time.After(31 * time.Minute)
		if !same(other) || other.Attempt().Open() || other.Token().Claiming {
			t.Errorf("%+v", other.Attempt())
		}
		saved := h.saved()
		saved["claimToken"] = "ot_clm_by_another_tool"
		data, err := json.Marshal(saved)
		if err != nil {
			t.Fatal(err)
		}
		h.write(string(data))
		if other.Attempt() != nil {
			t.Errorf("%+v", other.Attempt())
		}
		for _, change := range []func() error{
			func() error { return other.Logout(t.Context(), false, true) },
			func() error { _, err := other.Register(t.Context(), opentrain.AgentProfile{}, true); return err },
			func() error { _, err := other.CheckClaim(t.Context()); return err },
		} {
			h.write(`{"theirs":{"a":1}}`)
			claiming(t, other)
			if err := change(); err != nil || other.Attempt() != nil || h.saved()["openClaim"] != nil || h.saved()["theirs"] == nil {
				t.Error(err, other.Attempt(), h.saved())
			}
		}
	})
}
