package account_test

import (
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"

	"opentrain-mcp/internal/account"
	"opentrain-mcp/internal/caller"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/opentrain/sandbox"
)

func TestPastedTokens(t *testing.T) {
	h := newHome(t, sandbox.Config{})
	a := h.program("")
	if _, err := a.UseToken(t.Context(), "ot_pat a", false); reason(err) != account.Invalid || strings.Contains(err.Error(), "ot_pat") {
		t.Error(err)
	}
	if _, err := a.UseToken(t.Context(), "ot_pat_wrong", false); !errors.Is(err, &opentrain.Error{Code: opentrain.CodeUnauthorized}) || a.Token().Value != "" {
		t.Error(err)
	}
	me, err := a.UseToken(t.Context(), sandbox.DemoToken, false)
	if err != nil || me.Actor.FullName != "Sandbox Demo" || a.Token().Value != sandbox.DemoToken {
		t.Error(me, err)
	}
	if _, err := a.UseToken(t.Context(), sandbox.DemoToken, false); err != nil { // the same again
		t.Error(err)
	}
	if _, err := a.UseToken(t.Context(), "ot_pat_other", false); reason(err) != account.AlreadySaved {
		t.Error(err)
	}
}

func TestLogout(t *testing.T) {
	h := newHome(t, sandbox.Config{ClaimAfter: 1})
	a := h.program("")
	if err := a.Logout(t.Context(), true, true); reason(err) != account.NotRegistered {
		t.Error(err)
	}
	claiming(t, a)
	if err := a.Logout(t.Context(), true, false); reason(err) != account.Unclaimed || a.Token().Value == "" {
		t.Error(err)
	}
	if _, err := a.CheckClaim(t.Context()); err != nil {
		t.Fatal(err)
	}
	token := a.Token().Value
	h.before = func(r *http.Request) *http.Response {
		return answer(r, http.StatusInternalServerError, `{"error":"server_error"}`)
	}
	if err := a.Logout(t.Context(), true, false); err == nil || a.Token().Value != token {
		t.Error(err) // it isn't revoked, so it isn't forgotten
	}
	h.before = nil
	if err := a.Logout(t.Context(), true, false); err != nil || !a.Token().Registers || works(t, h, token) || h.left() != "cli.json.lock" {
		t.Error(err, h.left())
	}
	if _, err := a.UseToken(t.Context(), sandbox.DemoToken, false); err != nil {
		t.Fatal(err)
	}
	if err := a.Logout(t.Context(), false, false); err != nil || a.Token().Value != "" || !works(t, h, sandbox.DemoToken) {
		t.Error(err)
	}
}

// TestInProcess: nothing is on disk, and another account than the one to begin with needs force.
func TestInProcess(t *testing.T) {
	h := newHome(t, sandbox.Config{ClaimAfter: 2})
	t.Setenv("HOME", h.config)
	t.Setenv("XDG_CONFIG_HOME", h.config)
	first := caller.Token{Value: sandbox.DemoToken, From: "the sandbox"}
	synctest.Test(t, func(t *testing.T) {
		a := account.InProcess(must(opentrain.New(opentrain.Config{Transport: h})), first)
		if a.Token() != first || !a.InSandbox() || h.program("").InSandbox() || a.BaseURL() != opentrain.DefaultBaseURL {
			t.Errorf("%+v", a.Token())
		}
		if err := a.MayRegister(t.Context(), false); reason(err) != account.AlreadySaved {
			t.Error(err)
		}
		if _, err := a.Register(t.Context(), opentrain.AgentProfile{AgentName: "Test"}, true); err != nil {
			t.Fatal(err)
		}
		if _, err := a.StartClaim(t.Context(), "owner@example.org"); err != nil {
			t.Fatal(err)
		}
		before := a.Token()
		for _, want := range []account.ClaimState{account.Pending, account.Claimed} {
			if claim, err := a.CheckClaim(t.Context()); err != nil || claim.State != want {
				t.Error(claim, err)
			}
		}
		if after := a.Token(); !before.Claims || after.Claims || after.Value == before.Value || !works(t, h, after.Value) {
			t.Errorf("%+v, then %+v", before, after)
		}
	})
	if entries, err := os.ReadDir(h.config); err != nil || len(entries) != 0 {
		t.Error(entries, err)
	}
	empty := account.InProcess(must(opentrain.New(opentrain.Config{Transport: h})), caller.Token{})
	if token := empty.Token(); !token.Registers || empty.Place() != "this process" {
		t.Errorf("%+v", token)
	}
}

// TestUnsafeClaims: what OpenTrain answers can't make the file unreadable, or a page that isn't safe out of it.
func TestUnsafeClaims(t *testing.T) {
	for _, link := range []string{"http://evil.example/", "https://evil.example/" + strings.Repeat("x", 100_000)} {
		h := newHome(t, sandbox.Config{})
		a := h.program("")
		registered(t, a)
		h.before = func(r *http.Request) *http.Response {
			return answer(r, http.StatusOK, `{"user_code":"`+strings.Repeat("1", 100_000)+`","verification_uri":"`+link+`"}`)
		}
		if _, err := a.StartClaim(t.Context(), "owner@example.org"); err != nil || a.Token().Value == "" || !a.Attempt().Open() || a.Attempt().URL != "" {
			t.Error(err, a.Token().Problem, a.Attempt())
		}
	}
}
