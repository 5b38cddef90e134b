package opentrain

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-resty/resty/v2"
)

const (
	// DefaultBaseURL is the app's origin (developers/api-reference/overview).
	DefaultBaseURL = "https://app.opentrain.ai"

	apiPath = "/api/public/v1"

	// maxAnswer bounds how much of an answer is read, in bytes.
	maxAnswer = 8 << 20
	// maxID bounds an id in a path, in characters. The API's public job ids
	// have at most 64 (developers/api-reference/jobs/get).
	maxID = 64
)

// Config sets up a Client. The zero value talks to DefaultBaseURL.
type Config struct {
	// BaseURL is the origin of the app, without /api/public/v1. Plain http is
	// accepted for loopback addresses only, since a token travels with it.
	BaseURL string
	// Transport carries the requests; nil means one with the system's CA
	// certificates and the usual proxy variables.
	Transport http.RoundTripper
	// UserAgent is sent with every request; "" means "opentrain-go".
	UserAgent string
	// PublicReadBudget is how many requests without a token are made in a
	// minute at most; 0 means DefaultPublicReadBudget, below 0 is no limit. All
	// clients behind one address share what the API allows.
	PublicReadBudget int
	// MaxConcurrent is how many requests are under way at once at most; 0
	// means DefaultMaxConcurrent.
	MaxConcurrent int
}

// Client calls the API. It keeps answers to public reads for as long as the API
// allows, nothing else, and nothing about callers. It is safe for concurrent use.
type Client struct {
	http    *resty.Client
	baseURL string
	public  *publicReads
}

// New makes a Client. It fails on a base URL that cannot be used and does not
// touch the network.
func New(cfg Config) (*Client, error) {
	base, err := parseBaseURL(cfg.BaseURL)
	if err != nil {
		return nil, err
	}
	transport := cfg.Transport
	if transport == nil {
		transport = DefaultTransport()
	}
	agent := cfg.UserAgent
	if agent == "" {
		agent = "opentrain-go"
	}
	http := resty.NewWithClient(&http.Client{
		Transport: newPaced(transport, cfg.PublicReadBudget, cfg.MaxConcurrent),
		// A redirect is an answer, not an instruction: the token goes to the
		// configured host only.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}).
		SetHeader("User-Agent", agent).
		SetHeader("Accept", "application/json").
		SetResponseBodyLimit(maxAnswer).
		SetContentLength(true). // else a call without a body goes out as an empty chunked one
		SetRetryCount(maxAttempts - 1).
		SetRetryAfter(pause).
		SetRetryMaxWaitTime(longestPause).
		SetLogger(silent{})
	return &Client{http: http, baseURL: base, public: newPublicReads()}, nil
}

// DefaultTransport returns a new transport that keeps enough idle connections
// for many concurrent callers of one host.
func DefaultTransport() *http.Transport {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment}
	if standard, ok := http.DefaultTransport.(*http.Transport); ok {
		transport = standard.Clone()
	}
	transport.MaxIdleConnsPerHost = DefaultMaxConcurrent
	transport.MaxIdleConns = 0 // one host is all there is
	return transport
}

// silent keeps resty from writing URLs to standard error.
type silent struct{}

func (silent) Errorf(string, ...any) {}
func (silent) Warnf(string, ...any)  {}
func (silent) Debugf(string, ...any) {}

// parseBaseURL checks a base URL and returns it with the API's path.
func parseBaseURL(raw string) (string, error) {
	if raw == "" {
		raw = DefaultBaseURL
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil, u.Host == "", u.Scheme != "https" && u.Scheme != "http":
		return "", fmt.Errorf("base URL %q: want an address such as %s", raw, DefaultBaseURL)
	case u.User != nil, u.RawQuery != "", u.Fragment != "":
		return "", errors.New("base URL: user names, queries and fragments are not accepted")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return "", fmt.Errorf("base URL %q: plain http would send the token unencrypted; use https", raw)
	}
	path := strings.TrimSuffix(strings.TrimRight(u.EscapedPath(), "/"), apiPath)
	return u.Scheme + "://" + u.Host + path + apiPath, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// request is one API call.
type request struct {
	method string
	path   string // escaped, below apiPath; see jobPath
	query  url.Values
	body   any  // encoded as JSON unless nil
	public bool // needs no token, and none is sent
	keyed  bool // carries an idempotency key: it may arrive twice without harm
	// closed404: the 404 of a job that is public no longer is an answer too.
	closed404 bool
	// changes: what everyone sees may be another after it.
	changes bool
}

// answer is an answer of the API, whatever its status.
type answer struct {
	status int
	header http.Header
	body   []byte
	shared *decoded // of an answer that several callers get; nil for others
}

// call makes one API call and decodes the answer into out, a pointer to a struct.
func (c *Client) call(ctx context.Context, req request, out any) error {
	if !req.public && TokenFrom(ctx) == "" {
		return &Error{Code: CodeNoToken, Message: "this call needs an OpenTrain API token", NotSent: true}
	}
	var got answer
	var err error
	if req.public {
		got, err = c.public.read(ctx, req.path+"?"+req.query.Encode(), func(ctx context.Context) (answer, error) { return c.exchange(ctx, req) })
	} else {
		got, err = c.exchange(ctx, req)
	}
	if req.changes && mayHaveChanged(got, err) {
		c.public.forget()
	}
	if err != nil {
		return err
	}
	closed := req.closed404 && got.status == http.StatusNotFound && tellsClosed(got.body)
	if (got.status < 200 || got.status > 299) && !closed {
		return answerError(got.status, got.header, got.body)
	}
	if err := got.decode(out); err != nil {
		return badResponse(got, err)
	}
	return nil
}

// mayHaveChanged reports whether a write took effect, or may have. A conflict
// counts: a live edit that the content check blocks is answered with one, and
// takes the job off the marketplace.
func mayHaveChanged(got answer, err error) bool {
	var failure *Error
	if errors.As(err, &failure) {
		return !failure.NotSent
	}
	return got.status < 400 || got.status == http.StatusConflict || got.status >= 500
}

// exchange sends a request, again where that helps and does no harm.
func (c *Client) exchange(ctx context.Context, req request) (answer, error) {
	attempts := attempts{repeatable: req.method == http.MethodGet || req.keyed}
	r := c.http.R().SetContext(ctx).AddRetryCondition(attempts.again).SetHeaders(traceFrom(ctx).header())
	if !req.public {
		r.SetAuthToken(TokenFrom(ctx))
	}
	if req.body != nil {
		body, err := encode(req.body)
		if err != nil {
			return answer{}, invalidArgument("the request cannot be written as JSON: %v", err)
		}
		r.SetHeader("Content-Type", "application/json").SetBody(body)
	}
	got, err := r.SetQueryParamsFromValues(req.query).Execute(req.method, c.baseURL+req.path)
	if errors.Is(err, resty.ErrResponseBodyTooLarge) {
		return answer{}, &Error{Code: CodeBadResponse, Status: got.StatusCode(), Message: ErrTooLarge.Error(), cause: ErrTooLarge}
	}
	if err != nil {
		failure := isBusy(err)
		if failure == nil {
			failure = transportError(ctx, err)
		}
		failure.NotSent = failure.NotSent && !attempts.arrived
		return answer{}, failure
	}
	body := got.Body()
	if !req.public {
		body = withoutToken(body, TokenFrom(ctx))
	}
	return answer{status: got.StatusCode(), header: got.Header(), body: body}, nil
}

// withoutToken takes the caller's token out of an answer: whatever the API
// repeats of a request is shown to a model.
func withoutToken(body []byte, token string) []byte {
	const least = 8 // what is shorter is no token, and may stand anywhere
	if len(token) < least {
		return body
	}
	return bytes.ReplaceAll(body, []byte(token), []byte("[token]"))
}

func badResponse(got answer, cause error) *Error {
	return &Error{
		Code: CodeBadResponse, Status: got.status, RequestID: got.header.Get("X-Request-Id"),
		Message: describeForeignAnswer(got.status, got.header, len(got.body) == 0), cause: cause,
	}
}

// encode writes JSON without escaping <, > and &, so that a description
// travels as it was written.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// idPath puts a job's id into a path below the given collection. An id that could
// lead to another endpoint is refused.
func idPath(collection, id, rest string) (string, error) {
	switch {
	case strings.TrimSpace(id) == "":
		return "", invalidArgument("jobId is empty")
	case slices.Contains([]string{".", "..", "mine", "facets", "changes", "capabilities"}, id): // paths of their own
		return "", invalidArgument("jobId %q is not an id", id)
	case utf8.RuneCountInString(id) > maxID:
		return "", invalidArgument("jobId is longer than %d characters", maxID)
	case strings.ContainsFunc(id, func(r rune) bool { return r == '/' || r == '\\' || r == '%' || unicode.IsControl(r) }):
		return "", invalidArgument("jobId %q has characters that no id has", id)
	}
	return collection + "/" + url.PathEscape(id) + rest, nil
}
