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

// stub serves one answer and remembers the last request.
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
	s.sent, _ = io.ReadAll(r.Body) // a short body fails the test that looks at it
	for name, values := range s.header {
		w.Header()[name] = values
	}
	if s.status != 0 {
		w.WriteHeader(s.status)
	}
	io.WriteString(w, s.body) //nolint:errcheck // the client sees a short answer
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
		t.Errorf("the error shows the token: %v", err)
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

func TestDescriptionTravelsByteForByte(t *testing.T) {
	for name, text := range map[string]string{
		"emoji": "👩‍💻 label 🚗🚙 <b>& \"quotes\"", "right to left": "نحتاج إلى \u200f10 أشخاص", "line ends": "a\r\nb\nc\td\u2028e",
		"long": strings.Repeat("😀", opentrain.MaxDescription),
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
				t.Errorf("the API received another source")
			}
			if got := s.request; got.Header.Get("Authorization") != "Bearer "+secret || got.Header.Get("User-Agent") != "test/1" || got.URL.Path != "/api/public/v1/job-drafts" {
				t.Errorf("%s %s with %v", got.Method, got.URL, got.Header)
			}
		})
	}
}

func TestEveryCallReachesItsEndpoint(t *testing.T) {
	s := &stub{body: `{"id":"j","jobId":"j","status":"OPEN","jobs":[],"changes":[],"categories":[],"proposalId":"p","capabilities":{},"actor":{"userId":"u"}}`}
	client, ctx := serve(t, s)
	for want, call := range map[string]func() error{
		"PATCH /api/public/v1/job-drafts/j":      func() error { _, err := client.UpdateDraft(ctx, "j", opentrain.Fields{}); return err },
		"POST /api/public/v1/jobs/a%20b/publish": func() error { _, err := client.PublishJob(ctx, "a b"); return err },
		"GET /api/public/v1/jobs/mine?cursor=c&limit=5&status=OPEN": func() error {
			_, err := client.ListOwnJobs(ctx, opentrain.OwnJobQuery{Status: "OPEN", Limit: 5, Cursor: "c"})
			return err
		},
		"GET /api/public/v1/jobs?category=Image+Annotation&country=US&cursor=c%26d&language=Spanish&limit=7&payType=PAY_PER_HOUR&q=%3Cx%3E+%26+y": func() error {
			_, err := client.SearchJobs(ctx, opentrain.JobQuery{Text: "<x> & y", Category: "Image Annotation", Language: "Spanish", Country: "US", PayType: "PAY_PER_HOUR", Limit: 7, Cursor: "c&d"})
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
		if bare := s.request.Method != http.MethodPatch && !strings.HasSuffix(want, "/invites"); bare && (s.request.ContentLength != 0 || len(s.request.TransferEncoding) > 0) {
			t.Errorf("%s: sent a body, length %d, %v", want, s.request.ContentLength, s.request.TransferEncoding)
		}
		public := strings.HasPrefix(want, "GET /api/public/v1/jobs") && !strings.Contains(want, "/mine")
		if sent := s.request.Header.Get("Authorization"); (sent == "") != public {
			t.Errorf("%s: Authorization %q", want, sent)
		}
	}
}

func TestNoIDReachesAnotherEndpoint(t *testing.T) {
	s := &stub{body: `{"jobId":"j"}`}
	client, ctx := serve(t, s)
	for _, id := range []string{"", "  ", ".", "..", "mine", "facets", "changes", "capabilities", "../tokens", "a/b?x=1", "%2e%2e", `a\b`, "a\nb", strings.Repeat("x", 10_000), "a\x00"} {
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
	for id, path := range map[string]string{"a?b=c": "/api/public/v1/jobs/a%3Fb=c/publish", "a#b": "/api/public/v1/jobs/a%23b/publish", "é": "/api/public/v1/jobs/%C3%A9/publish", "...": "/api/public/v1/jobs/.../publish"} {
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

func TestAnswersThatAreErrors(t *testing.T) {
	for _, test := range []struct {
		name string
		stub stub
		want opentrain.Error
	}{
		{"envelope", stub{status: 403, body: `{"error":"No.","code":"FORBIDDEN","requestId":"r1","details":{"reason":"x"}}`},
			opentrain.Error{Status: 403, Code: opentrain.CodeForbidden, Message: "No.", RequestID: "r1", Details: json.RawMessage(`{"reason":"x"}`)}},
		{"no code", stub{status: 404, body: `{"error":"gone"}`}, opentrain.Error{Status: 404, Code: opentrain.CodeNotFound, Message: "gone"}},
		{"no code, server fault", stub{status: 503, body: `{"error":"busy"}`}, opentrain.Error{Status: 503, Code: opentrain.CodeInternal, Message: "busy"}},
		{"unknown code", stub{status: 418, body: `{"error":"tea","code":"TEAPOT"}`}, opentrain.Error{Status: 418, Code: "TEAPOT", Message: "tea"}},
		{"details of another form", stub{status: 400, body: `{"error":"x","code":"BAD_REQUEST","details":"text"}`}, opentrain.Error{Status: 400, Code: opentrain.CodeBadRequest, Message: "x"}},
		{"request id in the header", stub{status: 409, header: http.Header{"X-Request-Id": {"h1"}}, body: `{"error":"x","code":"CONFLICT"}`},
			opentrain.Error{Status: 409, Code: opentrain.CodeConflict, Message: "x", RequestID: "h1"}},
		{"retry after", stub{status: 429, header: http.Header{"Retry-After": {"7"}}, body: `{"error":"slow","code":"RATE_LIMITED"}`},
			opentrain.Error{Status: 429, Code: opentrain.CodeRateLimited, Message: "slow", RetryAfter: 7 * time.Second}},
		{"retry after a date long past", stub{status: 429, header: http.Header{"Retry-After": {"Mon, 02 Jan 2006 15:04:05 GMT"}}, body: `{"error":"slow","code":"RATE_LIMITED"}`},
			opentrain.Error{Status: 429, Code: opentrain.CodeRateLimited, Message: "slow"}},
		{"web page", stub{status: 502, header: http.Header{"Content-Type": {"text/html"}}, body: `<html>Bad gateway`},
			opentrain.Error{Status: 502, Code: opentrain.CodeBadResponse, Message: "a web page came back instead of OpenTrain's JSON (HTTP 502); a proxy may have answered"}},
		{"web page for a limit", stub{status: 429, header: http.Header{"Content-Type": {"text/html"}, "Retry-After": {"9"}}, body: `<html>Slow down`},
			opentrain.Error{Status: 429, Code: opentrain.CodeRateLimited, RetryAfter: 9 * time.Second, Message: "a web page came back instead of OpenTrain's JSON (HTTP 429); a proxy may have answered"}},
		{"text for a bad token", stub{status: 401, body: `Unauthorized`}, opentrain.Error{Status: 401, Code: opentrain.CodeUnauthorized, Message: "the answer is not OpenTrain's JSON (HTTP 401)"}},
		{"empty", stub{status: 500}, opentrain.Error{Status: 500, Code: opentrain.CodeBadResponse, Message: "the answer is empty (HTTP 500)"}},
		{"redirect", stub{status: 302, header: http.Header{"Location": {"http://evil.example/"}}},
			opentrain.Error{Status: 302, Code: opentrain.CodeBadResponse, Message: "the server answered with a redirect (HTTP 302), which is not followed"}},
		{"web page with status 200", stub{header: http.Header{"Content-Type": {"text/html"}}, body: `<html>Log in`},
			opentrain.Error{Status: 200, Code: opentrain.CodeBadResponse, Message: "a web page came back instead of OpenTrain's JSON (HTTP 200); a proxy may have answered"}},
		{"empty with status 200", stub{}, opentrain.Error{Status: 200, Code: opentrain.CodeBadResponse, Message: "the answer is empty (HTTP 200)"}},
		{"broken JSON", stub{body: `{"jobId":`}, opentrain.Error{Status: 200, Code: opentrain.CodeBadResponse, Message: "the answer is not OpenTrain's JSON (HTTP 200)"}},
		{"no job id", stub{body: `{"status":"DRAFT"}`}, opentrain.Error{Status: 200, Code: opentrain.CodeBadResponse, Message: "the answer does not hold a jobId"}},
		{"too large", stub{body: `{"jobId":"` + strings.Repeat("x", 9<<20) + `"}`}, opentrain.Error{Status: 200, Code: opentrain.CodeBadResponse, Message: "the answer is larger than 8 MiB"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			client, ctx := serve(t, &test.stub)
			_, err := client.CreateDraft(ctx, opentrain.DraftSource{Text: "x"})
			got := asError(t, err)
			if got.Status != test.want.Status || got.Code != test.want.Code || got.Message != test.want.Message ||
				got.RequestID != test.want.RequestID || string(got.Details) != string(test.want.Details) || got.RetryAfter != test.want.RetryAfter {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
			if test.stub.calls != 1 {
				t.Errorf("%d calls were made", test.stub.calls)
			}
		})
	}
}

// TestOutageIsNoEmptyList: whatever answers in the API's place, it is not
// taken for "no jobs".
func TestOutageIsNoEmptyList(t *testing.T) {
	for _, body := range []string{`{}`, `{"jobs":null}`, `{"jobs":"none"}`, `{"message":"ok"}`, `[]`, `null`} {
		client, ctx := serve(t, &stub{body: body})
		_, search := client.SearchJobs(ctx, opentrain.JobQuery{})
		_, mine := client.ListOwnJobs(ctx, opentrain.OwnJobQuery{})
		_, get := client.GetJob(ctx, "j")
		_, facets := client.Facets(ctx)
		_, changes := client.ListChanges(ctx, time.Time{})
		_, me := client.Me(ctx)
		_, capabilities := client.Capabilities(ctx)
		_, edit := client.UpdateJob(ctx, "j", nil)
		_, closing := client.CloseJob(ctx, "j")
		_, invite := client.InviteTrainer(ctx, "j", "f")
		for _, err := range []error{search, mine, get, facets, changes, me, capabilities, edit, closing, invite} {
			if e := asError(t, err); e.Code != opentrain.CodeBadResponse {
				t.Errorf("%s: %v", body, err)
			}
		}
	}
}

func TestFailuresWithoutAnAnswer(t *testing.T) {
	refused := httptest.NewServer(http.NotFoundHandler())
	refused.Close()
	broken := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer broken.Close()
	arrived := make(chan struct{}, 1)
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { arrived <- struct{}{}; <-r.Context().Done() }))
	defer silent.Close()

	call := func(ctx context.Context, base string) *opentrain.Error {
		t.Helper()
		client, err := opentrain.New(opentrain.Config{BaseURL: base})
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.PublishJob(opentrain.WithToken(ctx, secret), "job_1")
		return asError(t, err)
	}
	if e := call(t.Context(), refused.URL); e.Code != opentrain.CodeNetwork || !e.NotSent {
		t.Errorf("refused: %+v", e)
	}
	if e := call(t.Context(), broken.URL); e.Code != opentrain.CodeNetwork || e.NotSent {
		t.Errorf("broken: %+v", e)
	}
	late, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if e := call(late, silent.URL); e.Code != opentrain.CodeTimeout || e.NotSent {
		t.Errorf("silent: %+v", e)
	}
	<-arrived
	cancelled, stop := context.WithCancel(t.Context())
	go func() { <-arrived; stop() }()
	if e := call(cancelled, silent.URL); e.Code != opentrain.CodeNetwork || !errors.Is(e, context.Canceled) {
		t.Errorf("cancelled: %+v", e)
	}
}

func TestErrorsMatchByCode(t *testing.T) {
	client, ctx := serve(t, &stub{status: 404, body: `{"error":"x","code":"NOT_FOUND"}`})
	_, err := client.PublishJob(ctx, "job_1")
	if !errors.Is(err, &opentrain.Error{Code: opentrain.CodeNotFound}) || errors.Is(err, &opentrain.Error{Code: opentrain.CodeConflict}) {
		t.Error(err)
	}
	if got := err.Error(); got != "opentrain: NOT_FOUND (HTTP 404): x" {
		t.Error(got)
	}
}

// TestClosedJob: a job that is public no longer is answered with a 404 of its
// own form; any other 404 is a failure.
func TestClosedJob(t *testing.T) {
	client, ctx := serve(t, &stub{status: 404, body: `{"id":"j","status":"closed"}`})
	if job, err := client.GetJob(ctx, "j"); err != nil || job.ID != "j" || job.Status != opentrain.StatusClosed {
		t.Errorf("got %+v, %v", job, err)
	}
	for body, code := range map[string]opentrain.Code{
		`{"error":"No such job","code":"NOT_FOUND"}`: opentrain.CodeNotFound, `<html>`: opentrain.CodeBadResponse, ``: opentrain.CodeBadResponse, `{"message":"no route"}`: opentrain.CodeBadResponse,
	} {
		client, ctx := serve(t, &stub{status: 404, body: body})
		if _, err := client.GetJob(ctx, "j"); asError(t, err).Code != code {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// TestImportsTravelUntouched: the documented shape of each format.
func TestImportsTravelUntouched(t *testing.T) {
	for want, source := range map[string]opentrain.DraftSource{
		`{"source":{"type":"text","text":"T","externalId":"e","idempotencyKey":"k"}}`:                         {Text: "T", ExternalID: "e", IdempotencyKey: "k"},
		`{"format":"opentrain_canonical","job":{"rateAmount":18.50,"a<b":9007199254740993},"externalId":"e"}`: {Format: opentrain.FormatCanonical, Job: json.RawMessage(`{"rateAmount":18.50,"a<b":9007199254740993}`), ExternalID: "e"},
		`{"format":"schema_org_job_posting","jsonLd":{"@type":"JobPosting","@id":"x"}}`:                       {Format: opentrain.FormatSchemaOrg, JSONLD: json.RawMessage(`{"@type":"JobPosting","@id":"x"}`)},
		`{"format":"indeed_xml","xml":"<job>\n<![CDATA[a & b]]></job>","idempotencyKey":"k"}`:                 {Format: opentrain.FormatIndeedXML, XML: "<job>\n<![CDATA[a & b]]></job>", IdempotencyKey: "k"},
		`{"format":"hr_xml","xml":"<PositionOpening/>"}`:                                                      {Format: opentrain.FormatHRXML, XML: "<PositionOpening/>"},
	} {
		s := &stub{body: `{"jobId":"j"}`}
		client, ctx := serve(t, s)
		if _, err := client.CreateDraft(ctx, source); err != nil || string(s.sent) != want {
			t.Errorf("sent %s (%v)\nwant %s", s.sent, err, want)
		}
	}
}
