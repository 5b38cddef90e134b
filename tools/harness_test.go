package tools_test

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	local "opentrain-mcp/internal/account"
	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/credential"
	"opentrain-mcp/internal/draft"
	"opentrain-mcp/internal/seal"
	"opentrain-mcp/internal/store"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/tools"
)

// setup configures the tools of a test. The zero value asks for no confirmations.
type setup struct {
	confirm bool
	box     *seal.Box
	store   store.Store // that replicas share
	now     func() time.Time
	help    string
	base    string // of the API, "" for the default
	config  string // the folder with the settings of the person at this machine; "" where callers bring their own
}

// served are the tools of one server in a test.
type served struct {
	tools     map[string]tool.Tool
	runner    tool.Runner
	resources []tool.Resource
}

// serve makes the tools for an API behind a transport.
func serve(t *testing.T, transport http.RoundTripper, s setup) served {
	t.Helper()
	api, err := opentrain.New(opentrain.Config{Transport: transport, BaseURL: s.base})
	if err != nil {
		t.Fatal(err)
	}
	if s.box == nil {
		if s.box, err = seal.New(); err != nil {
			t.Fatal(err)
		}
	}
	if s.now == nil {
		s.now = time.Now
	}
	accounts := tool.NewAccounts(api)
	shared, replicated := s.store, s.store != nil
	if !replicated {
		shared = store.InMemory(s.now)
	}
	desk := draft.NewDesk(api, accounts, confirm.New(!s.confirm, s.box, shared), shared, replicated, s.now)
	all := served{tools: map[string]tool.Tool{}, runner: tool.Runner{Accounts: accounts, TokenHelp: s.help}}
	var person *local.Account
	if s.config != "" {
		person = local.New(api, credential.Source{Getenv: func(name string) string {
			return map[string]string{"XDG_CONFIG_HOME": s.config}[name]
		}})
	}
	for _, set := range tools.Sets(desk, person) {
		all.resources = append(all.resources, set.Resources...)
		for _, made := range set.Tools {
			all.tools[made.Name] = made
		}
	}
	return all
}

// run runs a tool for a caller, whose token is in the context.
func (s served) run(ctx context.Context, t *testing.T, call tool.Call, name, args string) (tool.Result, *tool.Ask, *tool.Failure) {
	t.Helper()
	found, ok := s.tools[name]
	if !ok {
		t.Fatalf("no tool %s", name)
	}
	if call.Caller.ID != "" {
		ctx = opentrain.WithToken(ctx, "ot_pat_"+call.Caller.ID)
	}
	return s.runner.Run(ctx, &found, call, json.RawMessage(args))
}

// owner is an API on which the caller has one job, j. What isn't about the list of their jobs goes to the transport.
type owner struct {
	http.RoundTripper
	status string // of the job
	title  string // as JSON has it; "" is T
}

func (o owner) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, "/jobs/mine") {
		return o.RoundTripper.RoundTrip(r)
	}
	jobs := ""
	if wanted := r.URL.Query().Get("status"); wanted == "" || wanted == o.status {
		jobs = `{"id":"j","title":"` + cmp.Or(o.title, "T") + `","status":"` + o.status + `","updatedAt":"2026-06-01T12:00:00Z"}`
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(`{"jobs":[` + jobs + `]}`)), Request: r}, nil
}

// owning puts an API behind a list with a draft, for a tool that looks for its job there first.
func owning(api http.RoundTripper, name string) http.RoundTripper {
	if name == tool.Publish {
		return owner{RoundTripper: api, status: opentrain.StatusDraft}
	}
	return api
}

// call runs one tool against an upstream, and expects no form.
func call(t *testing.T, u http.RoundTripper, s setup, by caller.Caller, name, args string) (tool.Result, *tool.Failure) {
	t.Helper()
	result, ask, failure := serve(t, u, s).run(t.Context(), t, tool.Call{Caller: by}, name, args)
	if ask != nil {
		t.Fatalf("%s asks %+v", name, ask)
	}
	return result, failure
}
