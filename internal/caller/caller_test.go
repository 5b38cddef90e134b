package caller_test

import (
	"context"
	"strings"
	"testing"

	"opentrain-mcp/internal/caller"
)

// TestCallerHoldsNoToken: the token tells callers apart, but a caller doesn't hold it.
func TestCallerHoldsNoToken(t *testing.T) {
	token := caller.Token{Value: "ot_pat_secret", From: "the test", Problem: "None."}
	alice, bob := token.Caller(), caller.Token{Value: "ot_pat_other"}.Caller()
	if alice.ID == bob.ID || len(alice.ID) != 64 || strings.Contains(alice.ID, "secret") {
		t.Errorf("%q and %q", alice.ID, bob.ID)
	}
	if alice.TokenSource != "the test" || alice.TokenProblem != "None." {
		t.Errorf("%+v", alice)
	}
	if anonymous := (caller.Token{}).Caller(); anonymous.ID != "" {
		t.Errorf("an anonymous caller is %q", anonymous.ID)
	}
}

func TestRequestTravelsInTheContext(t *testing.T) {
	if got := caller.From(context.Background()); got.Transport != caller.Unknown || got.ID != "" {
		t.Errorf("without a request: %+v", got)
	}
	r := &caller.Request{Transport: caller.SSE, ID: "r"}
	if got := caller.From(caller.With(context.Background(), r)); got != r {
		t.Errorf("%+v", got)
	}
}

func TestRateKey(t *testing.T) {
	for _, test := range []struct {
		request caller.Request
		want    string
	}{
		{caller.Request{Owner: "o", Address: "a"}, "token o"},
		{caller.Request{Owner: "o", Address: "a", Shared: true}, "address a"},
		{caller.Request{Address: "a"}, "address a"},
	} {
		if got := test.request.RateKey(); got != test.want {
			t.Errorf("%+v: %q, want %q", test.request, got, test.want)
		}
	}
}

// TestNarrowingOnlyTakesAway: no second header brings back what the first removed.
func TestNarrowingOnlyTakesAway(t *testing.T) {
	first := caller.Restriction{Header: "First", Tools: []string{"search", "publish"}}
	second := caller.Restriction{Header: "Second", Tools: []string{"search", "list"}}
	for _, test := range []struct {
		name      string
		narrowing caller.Narrowing
		excluded  string // by which header
	}{
		{"nothing", nil, ""},
		{"one header", caller.Narrowing{first}, "list: First"},
		{"two headers", caller.Narrowing{first, second}, "publish: Second, list: First"},
		{"in another order", caller.Narrowing{second, first}, "publish: Second, list: First"},
		{"an empty list", caller.Narrowing{{Header: "None"}}, "search: None, publish: None, list: None"},
	} {
		var excluded []string
		for _, name := range []string{"search", "publish", "list"} {
			if header, _, is := test.narrowing.Excludes(name); is {
				excluded = append(excluded, name+": "+header)
			}
		}
		if got := strings.Join(excluded, ", "); got != test.excluded {
			t.Errorf("%s: %s", test.name, got)
		}
	}
}
