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
}

// Client calls the API. It keeps no state about callers and is safe for
// concurrent use.
type Client struct {
	http    *resty.Client
	baseURL string
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
		Transport: transport,
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
	return &Client{http: http, baseURL: base}, nil
}

// DefaultTransport returns a new transport that keeps enough idle connections
// for many concurrent callers of one host.
func DefaultTransport() *http.Transport {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment}
	if standard, ok := http.DefaultTransport.(*http.Transport); ok {
		transport = standard.Clone()
	}
	transport.MaxIdleConnsPerHost = 64
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
}

// call makes one API call and decodes the answer into out, a pointer to a struct.
func (c *Client) call(ctx context.Context, req request, out any) error {
	attempts := attempts{repeatable: req.method == http.MethodGet || req.keyed}
	r := c.http.R().SetContext(ctx).AddRetryCondition(attempts.again)
	if !req.public {
		token := TokenFrom(ctx)
		if token == "" {
			return &Error{Code: CodeNoToken, Message: "this call needs an OpenTrain API token", NotSent: true}
		}
		r.SetAuthToken(token)
	}
	if req.body != nil {
		body, err := encode(req.body)
		if err != nil {
			return invalidArgument("the request cannot be written as JSON: %v", err)
		}
		r.SetHeader("Content-Type", "application/json").SetBody(body)
	}
	answer, err := r.SetQueryParamsFromValues(req.query).Execute(req.method, c.baseURL+req.path)
	if errors.Is(err, resty.ErrResponseBodyTooLarge) {
		return &Error{Code: CodeBadResponse, Status: answer.StatusCode(), Message: ErrTooLarge.Error(), cause: ErrTooLarge}
	}
	if err != nil {
		failure := transportError(ctx, err)
		failure.NotSent = failure.NotSent && !attempts.arrived
		return failure
	}
	body := answer.Body()
	if !req.public {
		body = withoutToken(body, TokenFrom(ctx))
	}
	closed := req.closed404 && answer.StatusCode() == http.StatusNotFound && tellsClosed(body)
	if !answer.IsSuccess() && !closed {
		return answerError(answer.StatusCode(), answer.Header(), body)
	}
	if err := decodeLenient(body, out); err != nil {
		return badResponse(answer, err)
	}
	return nil
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

func badResponse(answer *resty.Response, cause error) *Error {
	return &Error{
		Code: CodeBadResponse, Status: answer.StatusCode(), RequestID: answer.Header().Get("X-Request-Id"),
		Message: describeForeignAnswer(answer.StatusCode(), answer.Header(), len(answer.Body()) == 0), cause: cause,
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
