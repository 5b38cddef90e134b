package tool_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// scoped is an API that knows one token, with these scopes as a JSON list.
type scoped string

func (s scoped) RoundTrip(r *http.Request) (*http.Response, error) {
	body := `{"actor":{"userId":"u"},"token":{"id":"t","scopes":` + string(s) + `}}`
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// TestScopes: a scope to write includes the one to read of the same resource, and nothing else.
func TestScopes(t *testing.T) {
	for _, test := range []struct {
		granted, scope string
		allowed        bool
	}{
		{`["jobs:write"]`, "jobs:write", true},
		{`["jobs:write"]`, "jobs:read", true},
		{`["jobs:read"]`, "jobs:read", true},
		{`["jobs:read"]`, "jobs:write", false},
		{`["team:read","proposals:write"]`, "jobs:read", false},
		{`["webhooks:write"]`, "webhooks:manage", false},
		{`[]`, "jobs:read", false},
		{`[]`, "", true},
		{`null`, "jobs:write", true},
	} {
		api, err := opentrain.New(opentrain.Config{Transport: scoped(test.granted)})
		if err != nil {
			t.Fatal(err)
		}
		err = tool.NewAccounts(api).RequireScope(opentrain.WithToken(t.Context(), "ot_pat_x"), caller.Caller{ID: "alice"}, test.scope)
		if (err == nil) != test.allowed || err != nil && !errors.Is(err, &opentrain.Error{Code: opentrain.CodeForbidden}) {
			t.Errorf("%s, %q: %v", test.granted, test.scope, err)
		}
	}
}
