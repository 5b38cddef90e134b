package opentrain_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"opentrain-mcp/opentrain"
)

// TestEndpointsAreCalled: every call sends the method, path, query and body of the API's pages, once, with the token.
func TestEndpointsAreCalled(t *testing.T) {
	for name, e := range endpoints() {
		s := &stub{body: e.answer}
		if strings.HasPrefix(e.request, "POST") {
			s.status = 201
		}
		client, ctx := serve(t, s)
		if _, err := e.make(ctx, client); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := strings.Replace(e.request, " /", " /api/public/v1/", 1)
		if got := s.request.Method + " " + s.request.RequestURI; got != want || string(s.sent) != e.body || s.calls != 1 {
			t.Errorf("%s: %d calls, %s %s\nwant %s %s", name, s.calls, got, s.sent, want, e.body)
		}
		header := s.request.Header
		isJSON := header.Get("Content-Type") == "application/json"
		if header.Get("Authorization") != "Bearer "+secret || header.Get("Accept") != "application/json" || isJSON != (e.body != "") {
			t.Errorf("%s: %v", name, header)
		}
		if e.body == "" && (s.request.ContentLength != 0 || len(s.request.TransferEncoding) > 0) {
			t.Errorf("%s: a body of %d, %v", name, s.request.ContentLength, s.request.TransferEncoding)
		}
	}
}

// TestEndpointsWithoutOptions: what isn't set isn't sent.
func TestEndpointsWithoutOptions(t *testing.T) {
	s := &stub{body: `{"items":[],"proposals":[],"conversations":[],"messages":[],"contracts":[],"entries":[],"events":[],
		"approval":{"id":"a"},"milestone":{"id":"m"},"token":"ot_pat_n"}`}
	client, ctx := serve(t, s)
	for want, call := range map[string]func() error{
		"GET /jobs/x/proposals ": func() error {
			_, err := client.ListProposals(ctx, "x", opentrain.ProposalQuery{})
			return err
		},
		"GET /messages ": func() error {
			_, err := client.ListConversations(ctx, opentrain.ConversationQuery{})
			return err
		},
		"GET /messages?conversationId=x ": func() error {
			_, err := client.ListMessages(ctx, "x", opentrain.MessageQuery{})
			return err
		},
		"GET /contracts ":      func() error { _, err := client.ListContracts(ctx, opentrain.ContractQuery{}); return err },
		"GET /credits/ledger ": func() error { _, err := client.ListLedger(ctx, opentrain.PageQuery{}); return err },
		"GET /updates ":        func() error { _, err := client.PollUpdates(ctx, opentrain.PageQuery{}); return err },
		"POST /tokens {}":      func() error { _, err := client.CreateToken(ctx, opentrain.TokenRequest{}); return err },
		`POST /contracts/x/milestones {"description":"D"}`: func() error {
			_, err := client.CreateMilestone(ctx, "x", opentrain.NewMilestone{Description: "D"})
			return err
		},
		`POST /proposals/x/hire {"flag":true,"milestone":{"amount":1}}`: func() error {
			extra := opentrain.Fields{"flag": json.RawMessage("true"), "milestone": json.RawMessage("2")}
			_, err := client.HireProposal(ctx, "x", opentrain.HireRequest{Milestone: opentrain.HireMilestone{AmountUSD: 1}, Extra: extra})
			return err
		},
	} {
		if err := call(); err != nil {
			t.Errorf("%s: %v", want, err)
		}
		path := strings.TrimPrefix(s.request.RequestURI, "/api/public/v1")
		if got := s.request.Method + " " + path + " " + string(s.sent); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// TestEndpointsAndIDs: an ID stays one segment of the path, or nothing is sent. Words that are endpoints of jobs are IDs
// elsewhere.
func TestEndpointsAndIDs(t *testing.T) {
	for name, e := range endpoints() {
		if !e.takesID() {
			continue
		}
		s := &stub{body: e.answer}
		client, ctx := serve(t, s)
		for _, id := range []string{"", " ", ".", "..", "../tokens", "a/b", `a\b`, "%2e%2e", "a\nb", "a\x00", strings.Repeat("x", 257)} {
			if _, err := e.call(ctx, client, id); asError(t, err).Code != opentrain.CodeInvalidArgument || s.calls > 0 {
				t.Errorf("%s with %.20q: %v", name, id, err)
			}
		}
		for id, escaped := range map[string]string{"a b?c=d#e": "a%20b%3Fc=d%23e", "é": "%C3%A9", "...": "...", "mine": "mine"} {
			_, err := e.call(ctx, client, id)
			if id == "mine" && strings.Contains(e.request, "/jobs/") {
				if asError(t, err).Code != opentrain.CodeInvalidArgument {
					t.Errorf("%s with %q: %v", name, id, err)
				}
				continue
			}
			_, want, _ := strings.Cut(strings.Replace(e.request, "/x", "/"+escaped, 1), " ")
			if err != nil || s.request.RequestURI != "/api/public/v1"+want {
				t.Errorf("%s with %q went to %s (%v)", name, id, s.request.RequestURI, err)
			}
		}
	}
	s := &stub{body: `{"conversations":[]}`}
	client, ctx := serve(t, s)
	if _, err := client.ListMessages(ctx, " ", opentrain.MessageQuery{}); asError(t, err).Code != opentrain.CodeInvalidArgument || s.calls > 0 {
		t.Error(err)
	}
	if _, err := client.GetApproval(ctx, "."); err == nil || err.Error() != `opentrain: INVALID_ARGUMENT: approvalId "." is not an id` {
		t.Error(err)
	}
}

// TestEndpointErrors: the API's errors come with their details, after one request, and nothing is sent without a token.
func TestEndpointErrors(t *testing.T) {
	for name, e := range endpoints() {
		for status, code := range map[int]opentrain.Code{
			400: opentrain.CodeBadRequest, 401: opentrain.CodeUnauthorized, 403: opentrain.CodeForbidden, 404: opentrain.CodeNotFound,
			409: opentrain.CodeConflict, 429: opentrain.CodeRateLimited, 500: opentrain.CodeInternal,
		} {
			s := &stub{status: status, body: fmt.Sprintf(`{"error":"No %s.","code":"%s","details":{"reason":"why"}}`, secret, code)}
			client, ctx := serve(t, s)
			if _, err := e.make(t.Context(), client); asError(t, err).Code != opentrain.CodeNoToken || s.calls > 0 {
				t.Errorf("%s without a token: %v", name, err)
			}
			value, err := e.make(ctx, client)
			failure := asError(t, err)
			if failure.Code != code || failure.Status != status || failure.Message != "No [token]." ||
				string(failure.Details) != `{"reason":"why"}` || failure.NotSent || s.calls != 1 {
				t.Errorf("%s: %d calls, %v, %+v", name, s.calls, value, failure)
			}
		}
	}
}

// TestEndpointRetries: reads and writes that the API makes idempotent are repeated after a temporary failure. Other writes
// are repeated only if they were not sent.
func TestEndpointRetries(t *testing.T) {
	for name, e := range endpoints() {
		for _, fault := range []string{lost, "502", "503", "504", "429 1", "429", "500"} {
			temporary := fault != "429" && fault != "500"
			retries(t, name+" after "+fault, e, temporary && e.kind != once, fault)
		}
		retries(t, name+" that was not sent", e, true, refused)
	}
}

func retries(t *testing.T, name string, e endpoint, repeats bool, fault string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		api := newScript(always(e.answer), fault)
		client, err := opentrain.New(opentrain.Config{Transport: api})
		if err != nil {
			t.Fatal(err)
		}
		_, err = e.make(opentrain.WithToken(t.Context(), secret), client)
		attempts := 1
		if repeats {
			attempts = 2
		}
		if len(api.attempts) != attempts || (err == nil) != repeats {
			t.Errorf("%s: sent at %v, %v", name, api.attempts, err)
		}
		if err != nil && e.kind == once && !opentrain.MayHaveChanged(err) && fault[0] != '4' {
			t.Errorf("%s: %+v says that nothing changed", name, err)
		}
		for _, body := range api.bodies {
			if body != e.body {
				t.Errorf("%s: sent %q", name, body)
			}
		}
	})
}

// TestRetriesOfAHireAreChecked: a check before a retry can stop it.
func TestRetriesOfAHireAreChecked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := errors.New("not wanted anymore")
		api := newScript(always(requestedSample), lost)
		client, err := opentrain.New(opentrain.Config{Transport: api})
		if err != nil {
			t.Fatal(err)
		}
		ctx := opentrain.WithRetryCheck(opentrain.WithToken(t.Context(), secret), func(context.Context) error { return stop })
		if _, err := client.HireProposal(ctx, "p", opentrain.HireRequest{}); !errors.Is(err, stop) || len(api.attempts) != 1 {
			t.Errorf("sent at %v, %v", api.attempts, err)
		}
	})
}

// TestReadsOfTheAccountAreNotShared: what only the caller may see isn't cached for others, whatever the header says.
func TestReadsOfTheAccountAreNotShared(t *testing.T) {
	for name, e := range endpoints() {
		s := &stub{body: e.answer, header: cacheable("s-maxage=300")}
		client, ctx := serve(t, s)
		for range 2 {
			if _, err := e.make(ctx, client); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if s.calls != 2 {
			t.Errorf("%s: %d calls", name, s.calls)
		}
	}
}
