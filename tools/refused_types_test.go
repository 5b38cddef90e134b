package tools_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// typed is an account whose field ndaRequired is a boolean and whose field pages is a number, as it says when it refuses others.
type typed struct{ account }

func (a *typed) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPatch {
		return a.account.RoundTrip(r)
	}
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var issues []string
	for key, expected := range map[string]string{"ndaRequired": "boolean", "pages": "number", "plan": "object"} {
		if strings.Contains(string(data), `"`+key+`":"`) {
			issues = append(issues, fmt.Sprintf(`{"code":"invalid_type","path":[%q],"expected":%q,"received":"string","message":"m"}`, key, expected))
		}
	}
	if len(issues) > 0 {
		body := `{"error":"e","code":"BAD_REQUEST","details":{"issues":[` + strings.Join(issues, ",") + `]}}`
		return &http.Response{StatusCode: http.StatusBadRequest, Header: http.Header{}, Request: r, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
	r.Body = io.NopCloser(bytes.NewReader(data))
	return a.account.RoundTrip(r)
}

// TestTypesThatARefusalNames: a human's yes is sent as true once the API says that the field is a boolean.
func TestTypesThatARefusalNames(t *testing.T) {
	for fields, want := range map[string]struct{ sent, says string }{
		`{"ndaRequired":"yes"}`:                     {`{"ndaRequired":true}`, ""},
		`{"ndaRequired":"No."}`:                     {`{"ndaRequired":false}`, ""},
		`{"ndaRequired":"yes","pages":"5k"}`:        {`{"ndaRequired":true,"pages":5000}`, `fields.pages: "5k" was read as 5000`},
		`{"ndaRequired":true,"subjectMatter":"no"}`: {`{"ndaRequired":true,"subjectMatter":"no"}`, ""},
		`{"ndaRequired":"maybe"}`:                   {"", "must be a boolean; send true or false"},
		`{"pages":"yes"}`:                           {"", "must be a number"},
		`{"plan":"yes"}`:                            {"", "must be an object"},
		`{"plan":"yes","ndaRequired":"yes"}`:        {"", "must be a boolean"},
	} {
		a := &typed{account{capabilities: `{"capabilities":{"draftUpdate":true},"draft":{}}`, job: opentrain.StatusDraft}}
		result, _, failure := serve(t, a, setup{}).run(context.Background(), t, tool.Call{Caller: caller.Caller{ID: "alice"}},
			"opentrain_patch_draft", fmt.Sprintf(patchOf, fields))
		text := result.Text
		if failure != nil {
			text = failure.Text()
		}
		if (want.sent == "") != (failure != nil) || a.body != want.sent || !strings.Contains(text, want.says) {
			t.Errorf("%s: sent %s\n%s", fields, a.body, text)
		}
	}
}
