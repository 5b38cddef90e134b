package acceptance_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/opentrain/sandbox"
)

func readResource(t *testing.T, host *client.Client, uri string) (string, error) {
	t.Helper()
	var request mcp.ReadResourceRequest
	request.Params.URI = uri
	result, err := host.ReadResource(t.Context(), request)
	if err != nil {
		return "", err
	}
	content, ok := result.Contents[0].(mcp.TextResourceContents)
	if !ok || content.URI != uri {
		t.Fatalf("got %+v", result)
	}
	return content.Text, nil
}

func TestResources(t *testing.T) {
	s := start(t, sandbox.Guide)
	listed, err := s.host.ListResources(t.Context(), mcp.ListResourcesRequest{})
	if err != nil || len(listed.Resources) != 1 {
		t.Errorf("%+v, %v", listed, err)
	}
	templates, err := s.host.ListResourceTemplates(t.Context(), mcp.ListResourceTemplatesRequest{})
	if err != nil || len(templates.ResourceTemplates) != 2 {
		t.Errorf("%+v, %v", templates, err)
	}
	for uri, want := range map[string][]string{
		"opentrain://fields": {"| `experienceLevel` | enum | EXPERT, ENTRY_LEVEL, INTERMEDIATE, ANY_EXPERIENCE_LEVEL |",
			"| `ndaRequired` |"},
		"opentrain://fields/experienceLevel": {"one of EXPERT", `{"fields":{"experienceLevel":"<answer>"}`},
		"opentrain://fields/languages":       {"Type: array", `{"fields":{"languages":"<answer>"}`},
		"opentrain://fields/ndaRequired":     {"# ndaRequired"},
		"opentrain://jobs/market_001":        {"Job market_001 is live", "Description:\n> "},
	} {
		text, err := readResource(t, s.host, uri)
		for _, part := range want {
			if !strings.Contains(text, part) {
				t.Errorf("%s: %q is not in\n%s (%v)", uri, part, text, err)
			}
		}
	}
	for uri, want := range map[string]string{
		"opentrain://fields/nope": "There is no field", "opentrain://jobs/none": "There is no live job", "opentrain://jobs/..": "There is no live job",
		"opentrain://jobs/%2e%2e%2ftokens": "", "opentrain://jobs/a/b": "", "opentrain://nope": "",
	} {
		if text, err := readResource(t, s.host, uri); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %s, %v", uri, text, err)
		}
	}
	for _, made := range s.api.seen() {
		if !slices.Contains([]string{"GET /api/public/v1/job-drafts/capabilities", "GET /api/public/v1/jobs/market_001",
			"GET /api/public/v1/jobs/none"}, made) {
			t.Errorf("%s reached the API", made)
		}
	}
}

// TestResourceErrorsAreShort: errors of resources are short and cleaned, whatever the
// API says.
func TestResourceErrorsAreShort(t *testing.T) {
	body, err := json.Marshal(map[string]string{"error": "a\u202e" + strings.Repeat("x", 9000), "code": "BAD_REQUEST"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := readResource(t, on(t, http.StatusBadRequest, string(body)).host, "opentrain://jobs/j"); err == nil ||
		len(err.Error()) > 600 || strings.Contains(err.Error(), "\u202e") {
		t.Errorf("got %.700v", err)
	}
}

// TestFieldReferenceWithoutAToken: the field reference needs no token.
func TestFieldReferenceWithoutAToken(t *testing.T) {
	s := startWith(t, answering(503, ""), func(cfg *opentrainmcp.Config) { cfg.Token = nil })
	text, err := readResource(t, s.host, "opentrain://fields")
	if err != nil || strings.Count(text, "\n| `") != 26 || len(s.api.seen()) != 0 {
		t.Errorf("%v after %v:\n%s", err, s.api.seen(), text)
	}
}

// TestFieldReferenceMatchesTheTool: every key in the reference is also in the tool
// definitions, where models read it.
func TestFieldReferenceMatchesTheTool(t *testing.T) {
	s := startWith(t, answering(503, ""), func(cfg *opentrainmcp.Config) { cfg.Token = nil })
	text, err := readResource(t, s.host, "opentrain://fields")
	if err != nil {
		t.Fatal(err)
	}
	definitions := string(listed(t))
	for line := range strings.Lines(text) {
		if key, _, found := strings.Cut(strings.TrimPrefix(line, "| `"), "` |"); found && !strings.Contains(definitions, key) {
			t.Errorf("%s is not in the definition of opentrain_patch_draft", key)
		}
	}
}

// TestIncompleteKeyListHidesNoField: an incomplete list of keys from the API hides no
// field from the reference.
func TestIncompleteKeyListHidesNoField(t *testing.T) {
	s := on(t, http.StatusOK, `{"capabilities":{},"draft":{"updateKeys":["jobTitle","brandNew","..."]}}`)
	text, err := readResource(t, s.host, "opentrain://fields")
	for _, key := range []string{"`jobTitle`", "`brandNew`", "`budgetRange`", "`pricePerHour`"} {
		if err != nil || strings.Count(text, key) != 1 {
			t.Errorf("%s: %v\n%s", key, err, text)
		}
	}
}
