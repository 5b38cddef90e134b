package account_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"opentrain-mcp/internal/account"
	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/credential"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/opentrain/sandbox"
)

// home is a machine: its configuration folder, and the API that its programs call.
type home struct {
	t      *testing.T
	config string
	box    http.RoundTripper
	before func(*http.Request) *http.Response // answers in the API's place unless it returns nil
	after  func(*http.Request)                // happens when the API has answered

	calls atomic.Int32
}

func newHome(t *testing.T, cfg sandbox.Config) *home {
	t.Helper()
	return &home{t: t, config: t.TempDir(), box: sandbox.New(cfg).Transport()}
}

// RoundTrip implements http.RoundTripper.
func (h *home) RoundTrip(r *http.Request) (*http.Response, error) {
	h.calls.Add(1)
	if h.before != nil {
		if response := h.before(r); response != nil {
			return response, nil
		}
	}
	response, err := h.box.RoundTrip(r)
	if h.after != nil {
		h.after(r)
	}
	return response, err
}

// answer is a response of an API.
func answer(r *http.Request, status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r,
	}
}

func (h *home) path() string { return filepath.Join(h.config, "opentrain", "cli.json") }

// program is a program on the machine with some variables set, at a base URL.
func (h *home) program(baseURL string, variables ...string) *account.Account {
	h.t.Helper()
	api, err := opentrain.New(opentrain.Config{BaseURL: baseURL, Transport: h, PublicReadBudget: -1})
	if err != nil {
		h.t.Fatal(err)
	}
	variables = append(variables, "XDG_CONFIG_HOME", h.config)
	return account.New(api, credential.Source{Getenv: func(name string) string {
		for i := 0; i < len(variables); i += 2 {
			if variables[i] == name {
				return variables[i+1]
			}
		}
		return ""
	}})
}

func (h *home) write(text string) {
	h.t.Helper()
	if err := os.MkdirAll(filepath.Dir(h.path()), 0o700); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(h.path(), []byte(text), 0o644); err != nil {
		h.t.Fatal(err)
	}
}

// saved are the members of the file.
func (h *home) saved() map[string]any {
	h.t.Helper()
	data, err := os.ReadFile(h.path())
	var members map[string]any
	if err == nil {
		err = json.Unmarshal(data, &members)
	}
	if err != nil {
		h.t.Fatalf("%v: %s", err, data)
	}
	return members
}

// left are the files beside the file.
func (h *home) left() string {
	h.t.Helper()
	entries, err := os.ReadDir(filepath.Dir(h.path()))
	if err != nil {
		h.t.Fatal(err)
	}
	names := ""
	for _, entry := range entries {
		names += entry.Name() + " "
	}
	return strings.TrimSpace(names)
}

func registered(t *testing.T, a *account.Account) account.Registered {
	t.Helper()
	made, err := a.Register(t.Context(), opentrain.AgentProfile{AgentName: "Test", OrganizationName: "Acme"}, false)
	if err != nil || made.Unsaved != "" {
		t.Fatal(made, err)
	}
	return made
}

// claiming begins a claim of a new account.
func claiming(t *testing.T, a *account.Account) account.Attempt {
	t.Helper()
	registered(t, a)
	attempt, err := a.StartClaim(t.Context(), "owner@example.org")
	if err != nil || len(attempt.Code) != 6 || !strings.Contains(attempt.URL, "/claim?token=ot_cat_") {
		t.Fatal(attempt, err)
	}
	return attempt
}

// reason is the reason of a problem, 0 for any other error.
func reason(err error) account.Reason {
	if problem, ok := errors.AsType[*account.Problem](err); ok {
		return problem.Reason
	}
	return 0
}

func works(t *testing.T, h *home, token string) bool {
	t.Helper()
	api, err := opentrain.New(opentrain.Config{Transport: h})
	if err != nil {
		t.Fatal(err)
	}
	_, err = api.Me(opentrain.WithToken(t.Context(), token))
	return err == nil
}

func TestRegisterAndClaim(t *testing.T) {
	h := newHome(t, sandbox.Config{ClaimAfter: 1})
	a, other := h.program(""), h.program("")
	if token := a.Token(); token != (caller.Token{Registers: true}) {
		t.Errorf("%+v", token)
	}
	made := registered(t, a)
	if len(made.Scopes) != 6 || time.Until(made.ClaimBy) > 25*time.Hour || time.Until(made.ClaimBy) < 23*time.Hour {
		t.Errorf("%+v", made)
	}
	first := other.Token()
	if first != a.Token() || !first.Claims || first.Registers || !works(t, h, first.Value) || first.From != "the file "+h.path() {
		t.Errorf("%+v", first)
	}
	if got := h.saved(); got["apiToken"] != first.Value || got["baseUrl"] != opentrain.DefaultBaseURL || got["claimToken"] == nil || len(got) != 3 {
		t.Errorf("%v", got)
	}
	if info, err := os.Stat(h.path()); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if _, err := a.Register(t.Context(), opentrain.AgentProfile{}, false); reason(err) != account.AlreadySaved {
		t.Error(err)
	}
	if _, err := a.StartClaim(t.Context(), "owner@example.org"); err != nil {
		t.Fatal(err)
	}
	// The other program finishes what this one began.
	claim, err := other.CheckClaim(t.Context())
	if err != nil || claim.State != account.Claimed || len(claim.Scopes) != 9 || claim.Before {
		t.Fatal(claim, err)
	}
	last := a.Token()
	if last.Claims || last.Value == first.Value || !works(t, h, last.Value) || works(t, h, first.Value) || h.saved()["claimToken"] != nil {
		t.Errorf("%+v", last)
	}
	if claim, err := a.CheckClaim(t.Context()); err != nil || claim.State != account.Claimed || !claim.Before {
		t.Error(claim, err)
	}
	if _, err := a.StartClaim(t.Context(), "x@example.org"); reason(err) != account.NoClaim {
		t.Error(err)
	}
	if got := h.left(); got != "cli.json cli.json.lock" {
		t.Error(got)
	}
	// By force there is another account.
	if _, err := a.Register(t.Context(), opentrain.AgentProfile{}, true); err != nil || other.Token().Value == last.Value {
		t.Error(err)
	}
}

func TestOtherMembersAreKept(t *testing.T) {
	h := newHome(t, sandbox.Config{})
	h.write("\ufeff" + `{"theme":{"dark":true},"apiToken":"","n":9007199254740993,"list":[1,"<a>"]}`)
	registered(t, h.program(""))
	data, err := os.ReadFile(h.path())
	if err != nil || !strings.Contains(string(data), "9007199254740993") {
		t.Errorf("%s %v", data, err)
	}
	if got := h.saved(); fmt.Sprint(got["theme"]) != "map[dark:true]" || fmt.Sprint(got["list"]) != "[1 <a>]" || got["apiToken"] == "" {
		t.Errorf("%v", got)
	}
	if err := h.program("").Logout(t.Context(), false, true); err != nil || len(h.saved()) != 3 {
		t.Error(err, h.saved())
	}
}

// TestTheTokenIsSetElsewhere: a variable or a token file decides, and the shared file stays as it is.
func TestTheTokenIsSetElsewhere(t *testing.T) {
	h := newHome(t, sandbox.Config{})
	a := h.program("", "OT_API_TOKEN", "ot_pat_elsewhere")
	if token := a.Token(); token.Value != "ot_pat_elsewhere" || token.Registers || token.Claims {
		t.Errorf("%+v", token)
	}
	_, registering := a.Register(t.Context(), opentrain.AgentProfile{}, true)
	_, starting := a.StartClaim(t.Context(), "owner@example.org")
	_, checking := a.CheckClaim(t.Context())
	_, pasting := a.UseToken(t.Context(), sandbox.DemoToken, true)
	for _, err := range []error{registering, starting, checking, pasting, a.MayRegister(t.Context(), true)} {
		if reason(err) != account.SetElsewhere || !strings.Contains(err.Error(), "the OT_API_TOKEN environment variable") {
			t.Error(err)
		}
	}
	if _, err := os.Stat(h.path()); err == nil || h.calls.Load() != 0 {
		t.Error("something was done")
	}
}

// TestAFileForAnotherAddress: neither its token nor its claim token is sent to this one.
func TestAFileForAnotherAddress(t *testing.T) {
	h := newHome(t, sandbox.Config{})
	h.write(`{"apiToken":"ot_pat_1","claimToken":"ot_clm_1","baseUrl":"https://staging.example"}`)
	a := h.program("")
	if token := a.Token(); token.Value != "" || token.Registers || token.Claims || !strings.Contains(token.Problem, "is for a different baseUrl (https://staging.example)") {
		t.Errorf("%+v", token)
	}
	_, starting := a.StartClaim(t.Context(), "owner@example.org")
	_, checking := a.CheckClaim(t.Context())
	for _, err := range []error{starting, checking, a.Logout(t.Context(), true, true)} {
		if reason(err) != account.Unusable || !strings.Contains(err.Error(), "https://staging.example") {
			t.Error(err)
		}
	}
	if _, err := a.Register(t.Context(), opentrain.AgentProfile{}, false); reason(err) != account.AlreadySaved || h.calls.Load() != 0 {
		t.Error(err)
	}
	if same := h.program("HTTPS://Staging.example:443/api/public/v1/").Token(); same.Value != "ot_pat_1" {
		t.Errorf("%+v", same)
	}
}

// TestFilesThatCannotBeWritten: nothing is sent, because the answer would be lost.
func TestFilesThatCannotBeWritten(t *testing.T) {
	for name, spoil := range map[string]func(h *home) error{
		"the folder is a file": func(h *home) error { return os.WriteFile(filepath.Dir(h.path()), nil, 0o600) },
		"the file is a folder": func(h *home) error { return os.MkdirAll(h.path(), 0o700) },
		"read-only": func(h *home) error {
			h.write(`{"apiToken":"ot_pat_1","claimToken":"ot_clm_1"}`)
			return os.Chmod(h.path(), 0o400)
		},
		"not JSON": func(h *home) error { h.write(`{"apiToken":`); return nil },
		"a number": func(h *home) error { h.write(`{"apiToken":1}`); return nil },
		"a list":   func(h *home) error { h.write(`[]`); return nil },
		"a circle": func(h *home) error {
			h.write("")
			return errors.Join(os.Remove(h.path()), os.Symlink(h.path(), h.path()))
		},
		"the next file is a folder": func(h *home) error {
			h.write(`{"claimToken":"ot_clm_1"}`)
			return os.MkdirAll(filepath.Join(h.path()+".new", "x"), 0o700)
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHome(t, sandbox.Config{})
			if err := spoil(h); err != nil {
				t.Skip(err)
			}
			a := h.program("")
			_, registering := a.Register(t.Context(), opentrain.AgentProfile{}, true)
			_, checking := a.CheckClaim(t.Context())
			_, pasting := a.UseToken(t.Context(), sandbox.DemoToken, true)
			for _, err := range []error{registering, checking, pasting, a.MayRegister(t.Context(), true)} {
				if reason(err) != account.Unusable || !strings.Contains(err.Error(), h.path()) {
					t.Error(err)
				}
			}
			if h.calls.Load() != 0 {
				t.Error("something was sent")
			}
		})
	}
	a := account.New(must(opentrain.New(opentrain.Config{})), credential.Source{Getenv: func(name string) string {
		return map[string]string{"XDG_CONFIG_HOME": "${XDG_CONFIG_HOME}"}[name]
	}})
	const problem = "XDG_CONFIG_HOME contains a placeholder that the host didn't expand: ${XDG_CONFIG_HOME}. Correct it, or remove it."
	token := a.Token()
	_, errSecret := a.NewSecretFile("x")
	if _, err := a.Register(t.Context(), opentrain.AgentProfile{}, false); reason(err) != account.Unusable || err.Error() != problem ||
		errSecret == nil || errSecret.Error() != problem || token.Problem != problem || token.Registers {
		t.Error(err, errSecret, token)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// TestSymbolicLinks: the file that a link names is replaced, and the link stays, also when the file isn't there yet, and when the
// link is in a linked folder: its ".." is where the folder really is.
func TestSymbolicLinks(t *testing.T) {
	for _, linked := range []bool{false, true} {
		for _, content := range []string{"", `{"apiToken":"","kept":true}`} {
			h := newHome(t, sandbox.Config{})
			folder := filepath.Dir(h.path())
			if linked {
				folder = filepath.Join(h.config, "data", "deep", "opentrain")
			}
			real := filepath.Join(filepath.Dir(folder), "dotfiles", "cli.json")
			err := errors.Join(os.MkdirAll(filepath.Dir(real), 0o700), os.MkdirAll(folder, 0o700),
				os.Symlink(filepath.Join("..", "dotfiles", "cli.json"), filepath.Join(folder, "cli.json")))
			if linked {
				err = errors.Join(err, os.Symlink(folder, filepath.Dir(h.path())))
			}
			if err != nil {
				t.Skip(err)
			}
			if content != "" {
				if err := os.WriteFile(real, []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			a := h.program("")
			registered(t, a)
			info, err := os.Lstat(h.path())
			if err != nil || info.Mode()&os.ModeSymlink == 0 || a.Token().Value == "" || (content != "") != (h.saved()["kept"] == true) {
				t.Error(info, err, h.saved())
			}
			if info, err := os.Lstat(real); err != nil || !info.Mode().IsRegular() {
				t.Error(info, err)
			}
		}
	}
}
