package opentrain_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"opentrain-mcp/opentrain"
)

const secret = "ot_pat_test_secret"

// stub is an API with one response. It keeps the last request.
type stub struct {
	status  int
	header  http.Header
	body    string
	request *http.Request
	sent    []byte
	calls   int
}

func (s *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.calls++
	s.request = r
	s.sent, _ = io.ReadAll(r.Body) // tests that use the body notice a short one
	for name, values := range s.header {
		w.Header()[name] = values
	}
	if s.status != 0 {
		w.WriteHeader(s.status)
	}
	io.WriteString(w, s.body) //nolint:errcheck // the client sees a short response
}

func serve(t *testing.T, s *stub) (*opentrain.Client, context.Context) {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	client, err := opentrain.New(opentrain.Config{BaseURL: server.URL, UserAgent: "test/1"})
	if err != nil {
		t.Fatal(err)
	}
	return client, opentrain.WithToken(t.Context(), secret)
}

func asError(t *testing.T, err error) *opentrain.Error {
	t.Helper()
	var e *opentrain.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an *opentrain.Error", err)
	}
	if strings.Contains(err.Error(), secret) {
		t.Errorf("the error contains the token: %v", err)
	}
	return e
}

func TestBaseURLs(t *testing.T) {
	for base, works := range map[string]bool{
		"": true, "https://app.opentrain.ai": true, "https://app.opentrain.ai/": true, "https://x.example/api/public/v1/": true,
		"http://127.0.0.1:8090": true, "http://localhost:1": true, "http://[::1]:1": true,
		"http://app.opentrain.ai": false, "http://127.0.0.1.evil.example": false, "ftp://x": false, "app.opentrain.ai": false,
		"https://user:pw@x.example": false, "https://x.example?token=1": false, "https://": false, "://": false,
	} {
		if _, err := opentrain.New(opentrain.Config{BaseURL: base}); (err == nil) != works {
			t.Errorf("base URL %q: %v", base, err)
		}
	}
}

// TestWrongBaseURLsStaySecret: an error names a wrong base URL without what may be a secret in it.
func TestWrongBaseURLsStaySecret(t *testing.T) {
	for base, shown := range map[string]string{
		"ftp://user:HUSH@h.example": `"ftp://h.example"`, "https://h.example/%zz?token=HUSH": "isn't an address such as", "ftp://h.example/a?b=HUSH#HUSH": `"ftp://h.example/a"`,
		"ot_pat_HUSH": "what is set isn't an address such as", "user:HUSH@h.example": "isn't an address", "https://user:HUSH@h example": "isn't an address",
		"https://user:HUSH@h.example": "", "https://h.example?token=HUSH": "", "http://h.example/x": `"http://h.example/x"`, "http://[HUSH]/": "isn't an address",
		"https://user:HUSH@": "isn't an address", "https://HUSH/x@h.example": "user name", "http://HUSH/x@h.example": "user name",
		"ftp://HUSH/x@h.example": "(hidden)", "ftp://HUSH#x@h.example": "(hidden)", "https:user:HUSH@h": "isn't an address", "//user:HUSH@h.example/": `"//h.example/"`,
	} {
		_, err := opentrain.New(opentrain.Config{BaseURL: base})
		if err == nil || strings.Contains(err.Error(), "HUSH") || !strings.Contains(err.Error(), shown) {
			t.Errorf("%s: %v", base, err)
		}
	}
}

func TestDescriptionTravelsByteForByte(t *testing.T) {
	for name, text := range map[string]string{
		"emoji": "👩‍💻 label 🚗🚙 <b>& \"quotes\"", "right to left": "نحتاج إلى \u200f10 أشخاص",
		"line ends": "a\r\nb\nc\td\u2028e", "long": strings.Repeat("😀", opentrain.MaxDescription),
	} {
		t.Run(name, func(t *testing.T) {
			s := &stub{body: `{"ok":true,"jobId":"job_1","status":"DRAFT","validation":{}}`}
			client, ctx := serve(t, s)
			if _, err := client.CreateDraft(ctx, opentrain.DraftSource{Text: text, ExternalID: "e", IdempotencyKey: "k"}); err != nil {
				t.Fatal(err)
			}
			var body struct {
				Source struct{ Type, Text, ExternalID, IdempotencyKey string }
			}
			if err := json.Unmarshal(s.sent, &body); err != nil {
				t.Fatal(err)
			}
			if got := body.Source; got.Text != text || got.Type != "text" || got.ExternalID != "e" || got.IdempotencyKey != "k" {
				t.Errorf("the API received a different source: %+v", got)
			}
			if got := s.request; got.Header.Get("Authorization") != "Bearer "+secret || got.Header.Get("User-Agent") != "test/1" ||
				got.URL.Path != "/api/public/v1/job-drafts" {
				t.Errorf("%s %s with %v", got.Method, got.URL, got.Header)
			}
		})
	}
}

func TestEveryCallReachesItsEndpoint(t *testing.T) {
	s := &stub{body: `{"id":"j","jobId":"j","status":"OPEN","jobs":[],"changes":[],"categories":[],"proposalId":"p",
		"capabilities":{},"actor":{"userId":"u"}}`}
	client, ctx := serve(t, s)
	for want, call := range map[string]func() error{
		"PATCH /api/public/v1/job-drafts/j":      func() error { _, err := client.UpdateDraft(ctx, "j", opentrain.Fields{}); return err },
		"POST /api/public/v1/jobs/a%20b/publish": func() error { _, err := client.PublishJob(ctx, "a b"); return err },
		"GET /api/public/v1/jobs/mine?cursor=c&limit=5&status=OPEN": func() error {
			_, err := client.ListOwnJobs(ctx, opentrain.OwnJobQuery{Status: "OPEN", Limit: 5, Cursor: "c"})
			return err
		},
		"GET /api/public/v1/jobs?category=Image+Annotation&country=US&cursor=c%26d&language=Spanish&limit=7" +
			"&payType=PAY_PER_HOUR&q=%3Cx%3E+%26+y": func() error {
			_, err := client.SearchJobs(ctx, opentrain.JobQuery{
				Text: "<x> & y", Category: "Image Annotation", Language: "Spanish", Country: "US", PayType: "PAY_PER_HOUR",
				Limit: 7, Cursor: "c&d",
			})
			return err
		},
		"GET /api/public/v1/jobs/j%3F":               func() error { _, err := client.GetJob(ctx, "j?"); return err },
		"GET /api/public/v1/jobs/facets":             func() error { _, err := client.Facets(ctx); return err },
		"PATCH /api/public/v1/jobs/j":                func() error { _, err := client.UpdateJob(ctx, "j", opentrain.Fields{}); return err },
		"POST /api/public/v1/jobs/j/close":           func() error { _, err := client.CloseJob(ctx, "j"); return err },
		"POST /api/public/v1/jobs/j/invites":         func() error { _, err := client.InviteTrainer(ctx, "j", "f"); return err },
		"GET /api/public/v1/auth/me":                 func() error { _, err := client.Me(ctx); return err },
		"GET /api/public/v1/job-drafts/capabilities": func() error { _, err := client.Capabilities(ctx); return err },
		"GET /api/public/v1/jobs/changes?since=2026-06-01T00%3A00%3A00.5Z": func() error {
			_, err := client.ListChanges(ctx, time.Date(2026, 6, 1, 2, 0, 0, 5e8, time.FixedZone("", 7200)))
			return err
		},
	} {
		if err := call(); err != nil {
			t.Errorf("%s: %v", want, err)
			continue
		}
		if got := s.request.Method + " " + s.request.RequestURI; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		noBody := s.request.Method != http.MethodPatch && !strings.HasSuffix(want, "/invites")
		if noBody && (s.request.ContentLength != 0 || len(s.request.TransferEncoding) > 0) {
			t.Errorf("%s: sent a body, length %d, %v", want, s.request.ContentLength, s.request.TransferEncoding)
		}
		public := strings.HasPrefix(want, "GET /api/public/v1/jobs") && !strings.Contains(want, "/mine")
		if sent := s.request.Header.Get("Authorization"); (sent == "") != public {
			t.Errorf("%s: Authorization %q", want, sent)
		}
	}
}

func TestIDsStayOnePathSegment(t *testing.T) {
	s := &stub{body: `{"jobId":"j"}`}
	client, ctx := serve(t, s)
	for _, id := range []string{
		"", "  ", ".", "..", "mine", "facets", "changes", "capabilities", "../tokens", "a/b?x=1", "%2e%2e", `a\b`, "a\nb",
		strings.Repeat("x", 10_000), "a\x00",
	} {
		_, patch := client.UpdateDraft(ctx, id, nil)
		_, publish := client.PublishJob(ctx, id)
		_, get := client.GetJob(ctx, id)
		_, update := client.UpdateJob(ctx, id, nil)
		_, closing := client.CloseJob(ctx, id)
		_, invite := client.InviteTrainer(ctx, id, "f")
		for _, err := range []error{patch, publish, get, update, closing, invite} {
			if e := asError(t, err); e.Code != opentrain.CodeInvalidArgument || !e.NotSent {
				t.Errorf("%.20q: %v", id, err)
			}
		}
	}
	if s.calls != 0 {
		t.Errorf("%d calls went out", s.calls)
	}
	for id, escaped := range map[string]string{"a?b=c": "a%3Fb=c", "a#b": "a%23b", "é": "%C3%A9", "...": "..."} {
		path := "/api/public/v1/jobs/" + escaped + "/publish"
		if _, err := client.PublishJob(ctx, id); err != nil || s.request.RequestURI != path {
			t.Errorf("%q went to %s (%v)", id, s.request.RequestURI, err)
		}
	}
}

func TestWithoutTokenNothingIsSent(t *testing.T) {
	s := &stub{body: `{"jobs":[]}`}
	client, _ := serve(t, s)
	_, create := client.CreateDraft(t.Context(), opentrain.DraftSource{Text: "x"})
	_, list := client.ListOwnJobs(t.Context(), opentrain.OwnJobQuery{})
	for _, err := range []error{create, list} {
		if e := asError(t, err); e.Code != opentrain.CodeNoToken || !e.NotSent {
			t.Error(err)
		}
	}
	if s.calls != 0 {
		t.Errorf("%d calls went out", s.calls)
	}
	if _, err := client.SearchJobs(t.Context(), opentrain.JobQuery{}); err != nil {
		t.Errorf("a public read needs no token: %v", err)
	}
}

// TestClosedJob: the API answers with a special 404 for a job that is no longer public. Any other 404 is an
// error.
func TestClosedJob(t *testing.T) {
	client, ctx := serve(t, &stub{status: 404, body: `{"id":"j","status":"closed"}`})
	if job, err := client.GetJob(ctx, "j"); err != nil || job.ID != "j" || job.Status != opentrain.StatusClosed {
		t.Errorf("got %+v, %v", job, err)
	}
	for body, code := range map[string]opentrain.Code{
		`{"error":"No such job","code":"NOT_FOUND"}`: opentrain.CodeNotFound, `<html>`: opentrain.CodeBadResponse,
		``: opentrain.CodeBadResponse, `{"message":"no route"}`: opentrain.CodeBadResponse,
	} {
		client, ctx := serve(t, &stub{status: 404, body: body})
		if _, err := client.GetJob(ctx, "j"); asError(t, err).Code != code {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// TestImportsTravelUntouched: each format is sent in its documented shape, and its content is sent byte for
// byte.
func TestImportsTravelUntouched(t *testing.T) {
	const xml = "<job>\n<![CDATA[a & b]]></job>"
	for want, source := range map[string]opentrain.DraftSource{
		`{"source":{"type":"text","text":"T","externalId":"e","idempotencyKey":"k"}}`: {
			Text: "T", ExternalID: "e", IdempotencyKey: "k",
		},
		`{"format":"opentrain_canonical","job":{"rateAmount":18.50,"a<b":9007199254740993},"externalId":"e"}`: {
			Format: opentrain.FormatCanonical, Job: json.RawMessage(`{"rateAmount":18.50,"a<b":9007199254740993}`), ExternalID: "e",
		},
		`{"format":"schema_org_job_posting","jsonLd":{"@type":"JobPosting","@id":"x"}}`: {
			Format: opentrain.FormatSchemaOrg, JSONLD: json.RawMessage(`{"@type":"JobPosting","@id":"x"}`),
		},
		`{"format":"indeed_xml","xml":"<job>\n<![CDATA[a & b]]></job>","idempotencyKey":"k"}`: {
			Format: opentrain.FormatIndeedXML, XML: xml, IdempotencyKey: "k",
		},
		`{"format":"hr_xml","xml":"<PositionOpening/>"}`: {Format: opentrain.FormatHRXML, XML: "<PositionOpening/>"},
	} {
		s := &stub{body: `{"jobId":"j"}`}
		client, ctx := serve(t, s)
		if _, err := client.CreateDraft(ctx, source); err != nil || string(s.sent) != want {
			t.Errorf("sent %s (%v)\nwant %s", s.sent, err, want)
		}
	}
}
